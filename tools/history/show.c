// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "history.h"

#define NARROW 1e6 /* seconds are shown as microseconds */

/* Where it began: the kernels where they differ, else the dates, else the files. */
static void show_where(const struct history *h, const struct series *s, const struct change *c)
{
	const struct source *a = change_last_before(h, s, c), *b = change_first_with(h, s, c);

	printf("%s", b->started && h->by_date ? b->started : b->path);
	if (a->kernel && b->kernel && strcmp(a->kernel, b->kernel))
		printf("  kernel %s -> %s", a->kernel, b->kernel);
	if (b->started && h->by_date)
		printf("  (%s)", b->path);
	putchar('\n');
}

static void show_head(const struct history *h, const struct options *o)
{
	const struct source *first = &h->sources[0], *last = &h->sources[h->n_sources - 1];

	printf("# %zu results of %zu benchmarks, ", h->n_sources, h->n);
	if (h->by_date)
		printf("%s to %s", first->started, last->started);
	else
		printf("in the order of the arguments, %s to %s", first->path, last->path);
	if (first->kernel && last->kernel)
		printf(", kernel %s to %s", first->kernel, last->kernel);
	if (h->instructions)
		printf("\n# instructions; ");
	else
		printf("\n# p%.0f in us; ", o->quantile * 100);
	printf("changes of more than %.0f %%, each by chance once in %.0f\n", o->search.floor * 100,
	       1 / o->search.p);
}

static bool is_fresh(const struct history *h, const struct options *o, const struct series *s,
		     const struct change *c)
{
	return o->fresh && s->source[c->at] + o->fresh >= h->n_sources && change_of(c) > 0;
}

static void show_change(const struct history *h, const struct options *o, const struct series *s,
			const struct change *c)
{
	double unit = h->instructions ? 1 : NARROW;

	printf("%12.5g -> %-12.5g %+7.1f%%  p %.4f  %-32s %s", c->before * unit, c->after * unit,
	       change_of(c) * 100, c->p, s->name, is_fresh(h, o, s, c) ? "FRESH " : "");
	show_where(h, s, c);
}

size_t history_fresh(const struct history *h, const struct options *o)
{
	size_t fresh = 0;

	for (size_t i = 0; i < h->n; i++)
		for (size_t k = 0; k < h->v[i].n_changes; k++)
			fresh += is_fresh(h, o, &h->v[i], &h->v[i].changes[k]);
	return fresh;
}

void history_show(const struct history *h, const struct options *o)
{
	size_t changes = 0, series = 0;

	show_head(h, o);
	for (size_t i = 0; i < h->n; i++) {
		series += h->v[i].n_changes > 0;
		changes += h->v[i].n_changes;
		for (size_t k = 0; k < h->v[i].n_changes; k++)
			show_change(h, o, &h->v[i], &h->v[i].changes[k]);
	}
	printf("# %zu changes in %zu of %zu benchmarks", changes, series, h->n);
	if (o->fresh)
		printf(", %zu to the worse within the last %u results", history_fresh(h, o),
		       o->fresh);
	putchar('\n');
}
