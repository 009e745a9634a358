// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate.  Batches of A and B in shuffled pairs; more only where it is ambiguous;
 * and what looks worse is measured once more from the start, by new processes.
 */
#include <err.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "json_file.h"
#include "text.h"

#define BATCH	   10
#define PAIRS	   20 /* at least, for a verdict */
#define PAIRS_MORE 20
#define PAIRS_MOST 100
#define BATCH_LONG .05 /* seconds: of what takes longer, fewer */

/* How many to a batch, and what B is to be slowed by. */
static void calibrate(struct source *s, const struct options *o, struct gated *g)
{
	struct samples probe = {};
	double start = now(), each;

	source_batch(s, o, g->name, 0, 1, 0, &probe);
	start = now();
	source_batch(s, o, g->name, 0, 3, 0, &probe);
	each = (now() - start) / 3;
	g->batch = each > BATCH_LONG / BATCH ? 3 : BATCH;
	if (o->inject > 0 && g->batch == BATCH)
		for (int i = 0; i < 10; i++)
			source_batch(s, o, g->name, 0, BATCH, 0, &probe);
	g->delay = (unsigned int)(stats_quantile(probe.v, probe.n, .1) * o->inject * 1e9);
	samples_free(&probe);
}

static void measure(struct source *s, const struct options *o, struct gated *g, unsigned int pairs)
{
	for (unsigned int i = 0; i < pairs && now() < g->until; i++) {
		int first = (int)(random() & 1);

		for (int k = 0; k < 2; k++) {
			int side = first ^ k;

			source_batch(s, o, g->name, side, g->batch, side ? g->delay : 0,
				     &g->sides[side].samples);
		}
	}
	gated_judge(g, o->floor);
}

static void judge(const struct options *o, struct gated *g)
{
	struct source s;
	unsigned int pairs = PAIRS;

	source_begin(&s, o);
	calibrate(&s, o, g);
	measure(&s, o, g, PAIRS);
	while (two_ambiguous(&g->two) && pairs < PAIRS_MOST && now() < g->until) {
		measure(&s, o, g, PAIRS_MORE);
		pairs += PAIRS_MORE;
	}
	source_end(&s);
}

/* Regressed only if a second look by fresh processes says so as well. */
static void gate(const struct options *o, struct gated *g)
{
	g->until = now() + o->time;
	judge(o, g);
	if (gated_doubt(g, o)) {
		g->until = now() + o->time;
		judge(o, g);
		gated_confirm(g);
	}
	gated_tell(g, "");
	gated_forget(g);
}

static void write_json(const struct options *o, json_t *list)
{
	json_t *root = json_pack("{s:s, s:o}", "format", "bulkhead-gate-1", "gates", list);
	int error = json_file_write(root, o->json);

	if (error)
		errx(EXIT_UNUSABLE, "%s: %s", o->json, strerror(-error));
}

static void tell_rates(const struct options *o, const size_t *counts)
{
	size_t all = 0;

	for (size_t i = 0; i < 4; i++)
		all += counts[i];
	printf("# %zu gates: %zu same, %zu better, %zu worse, %zu inconclusive\n", all,
	       counts[TWO_SAME], counts[TWO_BETTER], counts[TWO_WORSE], counts[TWO_INCONCLUSIVE]);
	if (o->inject > 0)
		printf("# found: %.1f %% of %zu, %+.0f %% injected\n",
		       100. * (double)counts[TWO_WORSE] / (double)all, all, o->inject * 100);
	else if (o->aa)
		printf("# false alarms: %.1f %% of %zu\n",
		       100. * (double)counts[TWO_WORSE] / (double)all, all);
}

int main(int argc, char **argv)
{
	static char *whole[] = { (char *)"commands", NULL };
	json_t *list = json_array();
	size_t counts[4] = {}, n = 0;
	struct options o;
	struct gated *v = NULL;

	options_parse(&o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	srandom((unsigned int)(now() * 1e6));
	if (o.commands)
		o.names = whole;
	for (unsigned int i = 0; i < o.repeat; i++)
		for (char *const *name = o.names; *name; name++) {
			v = grow(v, n, sizeof(*v));
			v[n++].name = *name;
		}
	if (o.kernel[0])
		kernels_gate(&o, v, n);
	for (size_t i = 0; i < n; i++) {
		if (!o.kernel[0])
			gate(&o, &v[i]);
		counts[v[i].two.verdict]++;
		json_array_append_new(list, gated_json(&v[i]));
	}
	free(v);
	tell_rates(&o, counts);
	if (o.json)
		write_json(&o, list);
	else
		json_decref(list);
	if (fflush(stdout))
		err(EXIT_UNUSABLE, "the output cannot be written");
	return counts[TWO_WORSE] ? 1 : counts[TWO_INCONCLUSIVE] ? EXIT_INCONCLUSIVE : 0;
}
