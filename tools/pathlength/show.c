// SPDX-License-Identifier: GPL-2.0-only
/* Counts as tables. */
#include <stdlib.h>
#include <string.h>

#include "path.h"

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void show_one(const struct result *r)
{
	size_t absent = 0;

	printf("path length in instructions; Linux %s, CPU %s, %u boots, the median of %u "
	       "samples\n\n",
	       r->kernel, r->cpu, r->seeds, r->samples);
	printf("%12s %10s %7s  operation\n", "instructions", "spread", "%");
	for (size_t i = 0; i < r->n; i++) {
		const struct count *c = &r->counts[i];

		if (!c->n) {
			absent++;
			continue;
		}
		printf("%12llu %10llu %7.2f  %s%s\n", (unsigned long long)c->instructions,
		       (unsigned long long)c->spread, share(c->spread, c->instructions), c->name,
		       c->sleeps ? " (sleeps: waits for timers are in it)" : "");
	}
	if (absent)
		printf("\n");
	for (size_t i = 0; i < r->n; i++)
		if (!r->counts[i].n)
			printf("not counted: %s: %s\n", r->counts[i].name, r->counts[i].why ?: "?");
}

/* What can differ without a cause: where boots of one kernel lie apart. */
static uint64_t floor_of(const struct count *a, const struct count *b)
{
	return a->spread > b->spread ? a->spread : b->spread;
}

static bool grew(const struct count *a, const struct count *b, double gate)
{
	double change = (double)b->instructions - (double)a->instructions;

	return gate >= 0 && change > gate * (double)a->instructions &&
	       change > (double)floor_of(a, b) && !a->sleeps && !b->sleeps;
}

void show_two(const struct result *a, const struct result *b, double gate, struct words *list,
	      FILE *to)
{
	size_t n = 0;

	fprintf(to, "path length in instructions; CPU %s; floor: the spread over the boots\n\n",
		a->cpu);
	fprintf(to, "%12.12s %12.12s %9s %7s  operation\n", a->kernel, b->kernel, "change%",
		"floor%");
	for (size_t i = 0; i < b->n; i++) {
		const struct count *now = &b->counts[i], *then = result_find(a, now->name);
		double change;
		bool bad;

		if (!then || !then->n || !now->n)
			continue;
		n++;
		change = (double)now->instructions - (double)then->instructions;
		bad = grew(then, now, gate);
		if (bad)
			words_add(list, "%s", now->name);
		fprintf(to, "%12llu %12llu %+9.2f %7.2f  %s%s%s\n",
			(unsigned long long)then->instructions,
			(unsigned long long)now->instructions,
			then->instructions ? 100 * change / (double)then->instructions : 0,
			share(floor_of(then, now), then->instructions), now->name,
			bad ? "  GREW" : "",
			then->sleeps || now->sleeps ? "  (sleeps, not judged)" : "");
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct count *now = result_find(b, a->counts[i].name);

		if (a->counts[i].n && now && !now->n)
			fprintf(to, "not counted on %s: %s: %s\n", b->kernel, now->name,
				now->why ?: "?");
	}
	if (gate >= 0)
		fprintf(to, "\n%zu of %zu operations grew by more than %g %% and their floor\n",
			list->n, n, 100 * gate);
}
