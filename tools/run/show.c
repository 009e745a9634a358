// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told while the run goes on: KTAP, or for a terminal what went wrong
 * and, at the end, a table by area; and a line of progress where somebody is
 * looking.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR	  24
#define REDRAW	  0.1 /* seconds */
#define LABEL_MAX 40

static enum { QUIET, KTAP, TABLE } mode;
static bool progress;
static double drawn;

static struct tally {
	char *name;
	size_t verdicts[VERDICTS];
	double seconds;
} * areas;
static size_t n_areas;

static void clear_line(void)
{
	if (progress)
		fputs("\r\033[K", stderr);
}

/* Told first, so that a report without its end still says where it comes from. */
static void tell_meta(const struct run *run)
{
	const struct meta *m = &run->meta;
	CLEAN(free_text) char *v2 = words_join(&m->controllers, " ");
	CLEAN(free_text) char *v1 = words_join(&m->v1, " ");

	printf("# kernel %s, configuration %s\n", m->release, m->config_hash ?: "not known");
	printf("# cgroups %s, v2 controllers: %s", m->layout, *v2 ? v2 : "none");
	if (*v1)
		printf(", v1: %s", v1);
	if (run->place.why)
		printf("; no cgroup of our own: %s", run->place.why);
	printf("\n# %d CPUs, limits times %.2f, %s\n", m->cpus, run->scale,
	       run->o.disposable ? "a disposable machine" : "a machine that is to stay as it is");
}

void show_begin(const struct run *run)
{
	mode = reports_own_output(run) ? QUIET : isatty(STDOUT_FILENO) ? TABLE : KTAP;
	progress = isatty(STDERR_FILENO);
	if (mode == KTAP)
		ktap_begin(run);
	if (mode != QUIET)
		tell_meta(run);
	fflush(stdout);
}

static size_t count_tests(const struct run *run, size_t *told)
{
	size_t all = 0;

	*told = 0;
	for (size_t i = 0; i < run->n; i++)
		for (size_t t = 0; t < run->programs[i].n; t++) {
			all += run->programs[i].results[t].wanted;
			*told += run->programs[i].results[t].reported;
		}
	return all;
}

void show_progress(const struct run *run, const char *running)
{
	size_t told, all, filled;
	struct counts c;

	if (!progress || now() < drawn + REDRAW)
		return;
	drawn = now();
	all = count_tests(run, &told);
	filled = all ? told * BAR / all : 0;
	c = run_counts(run);
	fprintf(stderr, "\r[%.*s%*s] %zu/%zu %zu broken  %.*s\033[K", (int)filled,
		"########################", (int)(BAR - filled), "", told, all, c.verdicts[BROKEN],
		LABEL_MAX, running ?: "");
}

static struct tally *tally_of(const char *promise)
{
	CLEAN(free_text) char *name = promise_area(promise);

	for (size_t i = 0; i < n_areas; i++)
		if (!strcmp(areas[i].name, name))
			return &areas[i];
	areas = grow(areas, n_areas, sizeof(*areas));
	areas[n_areas].name = text("%s", name);
	return &areas[n_areas++];
}

static const char *colour(const char *code)
{
	const char *no = getenv("NO_COLOR");

	return no && *no ? "" : code;
}

static void tell_result(const struct run *run, const struct result *r)
{
	static const char *const codes[VERDICTS] = { "\033[31m", "\033[32m", "\033[31m", "\033[33m",
						     "\033[35m" };
	bool bad = r->verdict == BROKEN || r->verdict == LOST;

	if (!bad && !run->o.verbose && !r->unexpected)
		return;
	printf("%s%-8s%s %s", colour(codes[r->verdict]), verdict_names[r->verdict],
	       colour("\033[0m"), r->name);
	if (r->reason)
		printf(": %s", r->reason);
	printf("%s%s\n", r->unexpected ? " (unexpected)" : "",
	       r->suspicious ? " (suspicious)" : "");
	for (size_t i = 0; i < r->notes.n; i++)
		printf("         %s\n", r->notes.v[i]);
	if (bad && r->row)
		printf("         promised: %s\n", r->row->text);
}

static void table_program(const struct run *run, const struct program *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct result *r = &p->results[i];
		struct tally *t;

		if (!r->wanted)
			continue;
		t = tally_of(r->promise);
		t->verdicts[r->verdict]++;
		t->seconds += r->seconds;
		tell_result(run, r);
	}
	for (size_t i = 0; i < p->n_problems; i++)
		printf("%s%-8s%s %s: %s\n", colour("\033[31m"), p->problems[i].kind,
		       colour("\033[0m"), p->name, p->problems[i].text);
	fflush(stdout);
}

void show_program(const struct run *run, const struct program *p, size_t number)
{
	clear_line();
	if (mode == KTAP)
		ktap_program(run, p, number);
	else if (mode == TABLE)
		table_program(run, p);
}

static void tell_row(const char *name, const size_t *v, double seconds)
{
	printf("%-18s %6zu %6zu %6zu %6zu %8.1f\n", name, v[HELD], v[BROKEN] + v[LOST], v[DEFECT],
	       v[SKIPPED], seconds);
}

/* Each reason once, with how many tests it kept from running. */
static void tell_skips(const struct run *run)
{
	struct words reasons = {};
	size_t *counts = NULL;

	for (size_t i = 0; i < run->n; i++)
		for (size_t t = 0; t < run->programs[i].n; t++) {
			const struct result *r = &run->programs[i].results[t];
			size_t k = 0;

			if (!r->wanted || r->verdict != SKIPPED)
				continue;
			while (k < reasons.n && strcmp(reasons.v[k], r->reason ?: ""))
				k++;
			if (k == reasons.n) {
				counts = grow(counts, k, sizeof(*counts));
				words_add(&reasons, "%s", r->reason ?: "");
			}
			counts[k]++;
		}
	if (reasons.n)
		printf("\nskipped:\n");
	for (size_t i = 0; i < reasons.n; i++)
		printf("%6zu  %s\n", counts[i], reasons.v[i]);
	words_free(&reasons);
	free(counts);
}

static void table_end(const struct run *run)
{
	struct counts c = run_counts(run);

	printf("\n%-18s %6s %6s %6s %6s %8s\n", "area", "held", "broken", "defect", "skip",
	       "seconds");
	for (size_t i = 0; i < n_areas; i++)
		tell_row(areas[i].name, areas[i].verdicts, areas[i].seconds);
	tell_row("all", c.verdicts, run->seconds);
	tell_skips(run);
	if (c.suspicious)
		printf("%zu skips are suspicious: this kernel and machine should have what they "
		       "need (-v names them)\n",
		       c.suspicious);
	if (c.problems)
		printf("%zu problems with programs, told above\n", c.problems);
}

static void tell_taint(const struct run *run)
{
	CLEAN(free_text) char *what = taint_text(run->taint, taint_read());

	if (what)
		printf("# the kernel has complained meanwhile, see its log: %s\n", what);
}

void show_end(const struct run *run)
{
	clear_line();
	if (mode != QUIET)
		tell_taint(run);
	if (mode == KTAP)
		ktap_end(run);
	else if (mode == TABLE)
		table_end(run);
	fflush(stdout);
	for (size_t i = 0; i < n_areas; i++)
		free(areas[i].name);
	free(areas);
}
