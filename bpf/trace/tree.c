// SPDX-License-Identifier: GPL-2.0-only
/* The tree of stages: put together, and what follows from it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define NONE SIZE_MAX

size_t tree_add(struct trace *t, size_t parent, const char *name, bool system)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->stages[i].parent == parent && t->stages[i].system == system &&
		    !strcmp(t->stages[i].name, name))
			return i;
	t->stages = grow(t->stages, t->n, sizeof(*t->stages));
	t->stages[t->n] =
		(struct stage) { .name = text("%s", name), .parent = parent, .system = system };
	return t->n++;
}

/* A sampled stage has the time of what is in it; a counted one was measured as a whole. */
static void add_up_samples(struct trace *t)
{
	/* Children always come after their parents. */
	for (size_t i = t->n; i-- > 0;) {
		struct stage *s = &t->stages[i], *p;

		if (s->parent == NONE)
			continue;
		p = &t->stages[s->parent];
		if (!s->counted && !p->counted) {
			p->total += s->total;
			p->blocked += s->blocked;
		}
		p->samples += s->samples;
	}
}

/*
 * Below a system call what was sampled on a CPU is a share of what was measured;
 * how well the two agree is told (show_coverage).
 */
static void fit_samples(struct trace *t)
{
	double *factor = calloc(t->n + 1, sizeof(*factor));

	if (!factor)
		return;
	for (size_t i = 0; i < t->n; i++) {
		struct stage *s = &t->stages[i];
		double cpu, sampled = (double)s->samples * 1e9 / t->o.frequency;

		if (s->counted && s->parent == NONE) {
			cpu = s->total - s->blocked - s->preempted;
			factor[i] = sampled > 0 && cpu > 0 ? cpu / sampled : 1;
			continue;
		}
		factor[i] = s->parent == NONE ? 1 : factor[s->parent];
		if (!s->counted)
			s->total = s->blocked + (s->total - s->blocked) * factor[i];
	}
	free(factor);
}

/* Waiting for a child is the child's time, not its parent's. */
bool stage_waits(const struct stage *s)
{
	return s->parent == NONE && (!strcmp(s->name, "wait4()") || !strcmp(s->name, "waitid()"));
}

void tree_finish(struct trace *t)
{
	add_up_samples(t);
	if (t->mode == MODE_SAMPLING)
		fit_samples(t);
	for (size_t i = 0; i < t->n; i++) {
		t->stages[i].own = t->stages[i].total;
		t->stages[i].own_blocked = t->stages[i].blocked;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct stage *s = &t->stages[i];

		if (s->parent == NONE) {
			t->traced += s->system || stage_waits(s) ? 0 : s->total;
			continue;
		}
		t->stages[s->parent].own -= s->total;
		t->stages[s->parent].own_blocked -= s->blocked;
	}
}

double stage_share(const struct trace *t, size_t i)
{
	size_t root = i;
	double all = 0;

	while (t->stages[root].parent != NONE)
		root = t->stages[root].parent;
	if (!t->stages[root].system)
		return t->traced > 0 ? t->stages[i].total / t->traced : 0;
	for (size_t s = 0; s < t->n; s++)
		all += t->stages[s].system && t->stages[s].parent == NONE ? t->stages[s].total : 0;
	return all > 0 ? t->stages[i].total / all : 0;
}

/* Where bucket B of the histogram begins; see bucket_of() in state.bpf.h. */
static double bucket_start(unsigned int b)
{
	return b < 4 ? b : ldexp(1 + (b % 4) / 4.0, (int)(b / 4) + 1);
}

/* In ns, by the place within the bucket; the buckets are a quarter of an octave wide. */
double stage_percentile(const struct stage *s, double p)
{
	double want = p * (double)s->calls, seen = 0;

	for (unsigned int b = 0; b < BUCKETS; b++) {
		double start = bucket_start(b);

		if (s->hist[b] && seen + s->hist[b] >= want)
			return start + (bucket_start(b + 1) - start) * (want - seen) / s->hist[b];
		seen += s->hist[b];
	}
	return 0;
}
