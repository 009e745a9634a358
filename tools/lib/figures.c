// SPDX-License-Identifier: GPL-2.0-only
#include "figures.h"

#include <err.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "json_file.h"
#include "text.h"

#define BATCH	   10 /* of a file that knows no batches */
#define P_RANKS	   .01
#define P_SLOW	   .001
#define SLOW_FLOOR .1 /* so much more of all are slow */

const char *const two_names[] = { "same", "better", "worse", "inconclusive" };

static const char *string_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void bad(const char *path, size_t i, const char *what)
{
	errx(EXIT_UNUSABLE, "%s: result %zu: %s", path, i + 1, what);
}

static void read_times(struct figure *f, const json_t *times, const char *path, size_t i)
{
	size_t n = json_array_size(times);

	if (!n)
		bad(path, i, "an array 'times' of seconds is expected");
	for (size_t k = 0; k < n; k++) {
		const json_t *t = json_array_get(times, k);
		double v = json_number_value(t);

		if (!json_is_number(t) || !isfinite(v) || v <= 0)
			bad(path, i, "'times' has something that is no time");
		samples_add(&f->samples, v);
		f->samples.n_batches = 0;
	}
}

static void split(struct samples *s, const json_t *batches, const char *path, size_t i)
{
	size_t all = s->n, n = json_array_size(batches), at = 0;

	for (size_t k = 0; k < n; k++) {
		json_int_t size = json_integer_value(json_array_get(batches, k));

		if (size <= 0 || (size_t)size > all - at)
			bad(path, i, "'batches' does not fit 'times'");
		at += (size_t)size;
		s->n = at;
		samples_end_batch(s);
	}
	if (n && at != all)
		bad(path, i, "'batches' does not fit 'times'");
	while (!n && at < all) {
		at = at + BATCH < all ? at + BATCH : all;
		s->n = at;
		samples_end_batch(s);
	}
}

static void read_result(struct figures *f, const json_t *r, size_t i)
{
	struct figure *g;
	const char *name = string_at(r, "command");

	if (!name)
		bad(f->path, i, "an object with a 'command' is expected");
	if (figures_find(f, name))
		bad(f->path, i, "that command is there twice");
	f->v = grow(f->v, f->n, sizeof(*f->v));
	g = &f->v[f->n++];
	g->name = name;
	read_times(g, json_object_get(r, "times"), f->path, i);
	split(&g->samples, json_object_get(r, "batches"), f->path, i);
}

struct figures figures_of(const char *path, json_t *root)
{
	struct figures f = { .path = path, .root = root };
	const json_t *results = json_object_get(f.root, "results");
	const json_t *machine = json_object_get(f.root, "machine");
	const json_t *disturbed = json_object_get(f.root, "disturbed");

	if (!json_array_size(results))
		errx(EXIT_UNUSABLE, "%s: no benchmark's results: an array 'results' is expected",
		     path);
	f.kernel = string_at(machine, "kernel");
	f.cpu = string_at(machine, "cpu");
	f.cpus = (long)json_integer_value(json_object_get(machine, "cpus"));
	f.started = string_at(f.root, "started");
	f.emulated = json_is_true(json_object_get(f.root, "emulated"));
	f.disturbed = json_is_number(disturbed) ? json_number_value(disturbed) : NAN;
	f.awake = json_is_true(json_object_get(f.root, "cpus_awake"));
	for (size_t i = 0; i < json_array_size(results); i++)
		read_result(&f, json_array_get(results, i), i);
	return f;
}

struct figures figures_read(const char *path)
{
	struct figures f = figures_of(path, json_file_read(path));

	for (size_t i = 0; i < f.n; i++)
		f.v[i].summary = samples_summary(&f.v[i].samples);
	return f;
}

void figures_free(struct figures *f)
{
	for (size_t i = 0; i < f->n; i++)
		samples_free(&f->v[i].samples);
	free_text((char **)(void *)&f->v);
	json_decref(f->root);
	*f = (struct figures) {};
}

bool figures_disturbed(const struct figures *f)
{
	return f->disturbed > STATS_DISTURBED;
}

const struct figure *figures_find(const struct figures *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].name, name))
			return &f->v[i];
	return NULL;
}

/* The chance that Y, a number a batch of B's, is so much larger than A's X; both are freed. */
static double p_larger(const struct figure *a, double *x, const struct figure *b, double *y)
{
	double p = stats_mann_whitney(x, a->samples.n_batches, y, b->samples.n_batches);

	free(x);
	free(y);
	return p;
}

static void judge_ranks(struct two *t, const struct figure *a, const struct figure *b)
{
	t->p_worse = p_larger(a, samples_minima(&a->samples), b, samples_minima(&b->samples));
	t->p_better = p_larger(b, samples_minima(&b->samples), a, samples_minima(&a->samples));
}

static size_t slow_of(const struct figure *f, double fraction)
{
	return (size_t)(fraction * (double)f->samples.n + .5);
}

/*
 * A second mode has its own gate: p10 does not see it.  More of the samples are slow
 * (Fisher), and more in the batches by their ranks: in a neighbour's turn on the CPU
 * all of a few batches are slow.
 */
static void judge_slow(struct two *t, const struct figure *a, const struct figure *b)
{
	double beyond = STATS_SLOW * fmax(a->summary.p10, b->summary.p10);

	t->slow_a = samples_slow(&a->samples, beyond);
	t->slow_b = samples_slow(&b->samples, beyond);
	t->p_slow = fmax(stats_fisher(slow_of(a, t->slow_a), a->samples.n, slow_of(b, t->slow_b),
				      b->samples.n),
			 p_larger(a, samples_slow_batches(&a->samples, beyond), b,
				  samples_slow_batches(&b->samples, beyond)));
	t->slow_worse = t->p_slow < P_SLOW && t->slow_b - t->slow_a > SLOW_FLOOR;
}

void two_withdraw(struct two *t)
{
	t->verdict = TWO_INCONCLUSIVE;
	t->slow_worse = false;
}

struct two two_judge(const struct figure *a, const struct figure *b, double floor)
{
	struct two t = { .change = b->summary.p10 / a->summary.p10 - 1 };
	double noise = fmax(a->summary.noise, b->summary.noise);

	t.interval = stats_change(&a->samples, &b->samples, .1);
	/* Of halves, and to 95 %: twice what the whole typically has, and more. */
	t.threshold = fmax(floor, noise);
	judge_ranks(&t, a, b);
	judge_slow(&t, a, b);
	if (isnan(a->summary.noise) || isnan(b->summary.noise))
		two_withdraw(&t);
	else if (t.slow_worse || (t.p_worse < P_RANKS && t.change > t.threshold))
		t.verdict = TWO_WORSE;
	else if (t.p_better < P_RANKS && -t.change > t.threshold)
		t.verdict = TWO_BETTER;
	else
		t.verdict = t.threshold > 2 * floor || t.interval.high > 2 * floor
				    ? TWO_INCONCLUSIVE
				    : TWO_SAME;
	return t;
}
