// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree as text.  Times of a run with probes are the probes' as well, so none
 * is told as it was taken: shares are, and times only as those shares of what
 * the same took without probes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define NONE SIZE_MAX
#define FEW  200 /* samples: a share of 10 % is then 10 +- 4 % */

static const char *const mode_names[] = { "", "function probes", "sampling", "system calls only" };

double time_scale(const struct trace *t)
{
	if (t->emulated || t->cost.unprobed <= 0 || t->cost.probed <= 0)
		return 0;
	return t->cost.unprobed / t->cost.probed;
}

/* "-" for what sampling cannot know. */
static void cell(FILE *to, bool known, int digits, double v)
{
	if (known)
		fprintf(to, "%8.*f", digits, v);
	else
		fprintf(to, "%8s", "-");
}

static void show_stage(const struct trace *t, size_t i, unsigned int depth, FILE *to)
{
	const struct stage *s = &t->stages[i];
	double scale = time_scale(t), each = (double)t->cost.operations, whole = stage_share(t, i),
	       mean = s->calls ? s->total / (double)s->calls : 0,
	       unit = scale > 0	 ? scale / 1e3
		      : mean > 0 ? 1 / mean
				 : 0;
	double part = s->total > 0 ? whole / s->total : 0;

	cell(to, s->counted, 0, (double)s->calls);
	fprintf(to, " %6.1f %6.1f %7.1f", 100 * whole, 100 * s->own * part,
		100 * s->blocked * part);
	if (scale > 0)
		fprintf(to, " %8.2f %8.2f", s->total * scale / each / 1e3,
			s->own * scale / each / 1e3);
	fputc(' ', to);
	cell(to, s->counted && s->calls, 2, stage_percentile(s, 0.5) * unit);
	fputc(' ', to);
	cell(to, s->counted && s->calls, 2, stage_percentile(s, 0.99) * unit);
	fprintf(to, "  %*s%s\n", (int)depth * 2, "", s->name);
}

struct by_total {
	size_t i;
	double total;
};

static int compare(const void *a, const void *b)
{
	const struct by_total *x = a, *y = b;

	return x->total < y->total ? 1 : x->total > y->total ? -1 : x->i > y->i;
}

static void show_children(const struct trace *t, size_t parent, bool system, unsigned int depth,
			  FILE *to)
{
	struct by_total *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->stages[i].parent != parent || t->stages[i].system != system)
			continue;
		if (stage_waits(&t->stages[i]) && !t->o.verbose)
			continue;
		/* What is less than can be seen is shown on request. */
		if (!t->o.verbose && stage_share(t, i) < 0.0005 && depth > 0)
			continue;
		list = grow(list, n, sizeof(*list));
		list[n++] = (struct by_total) { i, t->stages[i].total };
	}
	if (n)
		qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++) {
		show_stage(t, list[i].i, depth, to);
		show_children(t, list[i].i, system, depth + 1, to);
	}
	free(list);
}

static void show_head(const struct trace *t, FILE *to)
{
	double scale = time_scale(t);

	fprintf(to, "%8s %6s %6s %7s", "calls", "total%", "own%", "blocked");
	if (scale > 0)
		fprintf(to, " %8s %8s", "us/op", "own us");
	fprintf(to, " %8s %8s  stage\n", scale > 0 ? "p50 us" : "p50/mean",
		scale > 0 ? "p99 us" : "p99/mean");
}

static bool has_system(const struct trace *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->stages[i].system)
			return true;
	return false;
}

static bool in_wait(const struct trace *t, size_t i)
{
	while (t->stages[i].parent != NONE)
		i = t->stages[i].parent;
	return stage_waits(&t->stages[i]);
}

static void show_blocked(const struct trace *t, FILE *to)
{
	double all = 0;
	struct by_total *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < t->n_places; i++) {
		const struct place *p = &t->places[i];

		if (!p->blocked || t->stages[p->stage].system || in_wait(t, p->stage))
			continue;
		all += p->ns;
		list = grow(list, n, sizeof(*list));
		list[n++] = (struct by_total) { i, p->ns };
	}
	if (n)
		qsort(list, n, sizeof(*list), compare);
	if (all > 0)
		fprintf(to, "\nblocked: %.1f %% of the time traced; where:\n",
			100 * all / t->traced);
	for (size_t i = 0; i < n && (i < 10 || t->o.verbose); i++) {
		const struct place *p = &t->places[list[i].i];
		CLEAN(free_text) char *frames = words_join(&p->frames, " > ");

		if (p->ns < all * 0.005 && !t->o.verbose)
			break;
		fprintf(to, "  %5.1f %% %6llu times in %s: %s\n", 100 * p->ns / all,
			(unsigned long long)p->n, t->stages[p->stage].name, frames);
	}
	free(list);
}

static void show_losses(const struct trace *t, FILE *to)
{
	static const char *const names[LOSSES] = { "nested too deeply",	  "never seen to return",
						   "no room for a stage", "no room for a stack",
						   "no room for a place", "no room for a task" };
	uint64_t all = 0;

	for (size_t i = 0; i < LOSSES; i++)
		all += t->losses[i];
	fprintf(to, "lost: %llu events", (unsigned long long)all);
	for (size_t i = 0; i < LOSSES; i++)
		if (t->losses[i])
			fprintf(to, ", %llu %s", (unsigned long long)t->losses[i], names[i]);
	fputc('\n', to);
}

static uint64_t events_of(const struct trace *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->stages[i].calls;
	return n;
}

static void show_cost(const struct trace *t, FILE *to)
{
	double events = (double)events_of(t);

	if (t->emulated) {
		fprintf(to, "cost: not told, this machine is emulated and so is its time\n");
		return;
	}
	fprintf(to, "cost: ");
	if (t->cost.unprobed > 0)
		fprintf(to, "%.2f times with probes (%.1f us without, %.1f with)",
			t->cost.probed / t->cost.unprobed, t->cost.unprobed / 1e3,
			t->cost.probed / 1e3);
	else if (t->traced > 0)
		fprintf(to, "about %.1f %% of the time traced, by calibration (--cost measures it)",
			100 * events * t->cost.pair_ns / t->traced);
	if (t->cost.unprobed_other > 0)
		fprintf(to, "; without once more %+.1f %%",
			200 * (t->cost.unprobed_other - t->cost.unprobed) / t->cost.unprobed);
	fprintf(to, "; entering and leaving a stage %.0f ns\n", t->cost.pair_ns);
}

/* How far what the samples say and what the clock says are apart. */
static void show_coverage(const struct trace *t, FILE *to)
{
	double cpu = 0, sampled = 0;

	if (t->mode != MODE_SAMPLING)
		return;
	for (size_t i = 0; i < t->n; i++) {
		const struct stage *s = &t->stages[i];

		if (s->parent != NONE || s->system)
			continue;
		cpu += s->total - s->blocked - s->preempted;
		sampled += (double)s->samples * 1e9 / t->o.frequency;
	}
	fprintf(to,
		"samples: %llu, %.0f a second and CPU; of the CPU time measured they see %.1f %%\n",
		(unsigned long long)t->samples, (double)t->o.frequency,
		cpu > 0 ? 100 * sampled / cpu : 0);
}

static void show_absent(const struct trace *t, FILE *to)
{
	struct words absent = {};

	for (size_t i = 0; i < STAGES; i++)
		if (functions[i].backend == NOT_TRACED && t->mode != MODE_SYSCALLS &&
		    strncmp(functions[i].why, "not in --", 9))
			words_add(&absent, "%s", functions[i].name);
	if (absent.n) {
		CLEAN(free_text) char *names = words_join(&absent, " ");

		fprintf(to, "not traced (--functions tells why): %s\n", names);
	}
	words_free(&absent);
}

void show_text(const struct trace *t, FILE *to)
{
	fprintf(to, "by %s: fentry %zu, kprobe %zu, sampling %zu, not traced %zu of %d functions\n",
		mode_names[t->mode], functions_with(FENTRY), functions_with(KPROBE),
		functions_with(SAMPLED), functions_with(NOT_TRACED), STAGES);
	if (t->why_not_better)
		fprintf(to, "no better: %s\n", t->why_not_better);
	if (t->o.operation)
		fprintf(to, "%s: %llu operations\n", t->o.operation,
			(unsigned long long)t->cost.operations);
	fputc('\n', to);
	show_head(t, to);
	show_children(t, NONE, false, 0, to);
	if (has_system(t)) {
		fprintf(to, "\nsystem-wide, by kernel threads, whoever caused it:\n");
		show_head(t, to);
		show_children(t, NONE, true, 0, to);
	}
	show_blocked(t, to);
	fputc('\n', to);
	show_coverage(t, to);
	show_losses(t, to);
	show_absent(t, to);
	show_cost(t, to);
}

void show_functions(FILE *to)
{
	for (size_t i = 0; i < STAGES; i++) {
		const struct function *f = &functions[i];

		fprintf(to, "%-8s %-10s %s%s%s%s%s%s\n", f->group, backend_names[f->backend],
			f->name, f->symbol && f->symbol != f->name ? " as " : "",
			f->symbol && f->symbol != f->name ? f->symbol : "", f->why ? " (" : "",
			f->why ?: "", f->why ? ")" : "");
	}
}
