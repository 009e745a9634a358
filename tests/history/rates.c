// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often "bulkhead history" tells a change where there is none, and finds the one
 * that there is: series with a noise of 2 % a night, normal or with the heavy tails of
 * Student's t with two degrees of freedom.  make build/tests/history/rates, run it.
 */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "divisive.h"

#define NIGHTS_MAX 200
#define NOISE	   .02
#define NEAR	   2 /* a change that is told so many nights off is found */

static const struct trial {
	size_t nights, after; /* after: nights on the new level */
	double step;
	unsigned int series;
} trials[] = {
	{ 60, 0, 0, 500 },   { 200, 0, 0, 100 },  { 60, 20, .05, 200 }, { 60, 5, .05, 200 },
	{ 60, 3, .10, 200 }, { 30, 3, .10, 200 }, { 14, 7, .10, 200 },
};

static double noise(gsl_rng *rng, bool heavy)
{
	return NOISE * (heavy ? gsl_ran_tdist(rng, 2) : gsl_ran_gaussian(rng, 1));
}

static void try(gsl_rng *rng, const struct trial *t, bool heavy)
{
	static const struct divisive how = { .p = .001, .floor = .02, .window = 60 };
	unsigned int told = 0, found = 0;

	for (unsigned int i = 0; i < t->series; i++) {
		double v[NIGHTS_MAX];
		size_t at = t->nights - t->after, n;
		bool hit = false;

		for (size_t k = 0; k < t->nights; k++)
			v[k] = (k < at ? 1 : 1 + t->step) * (1 + noise(rng, heavy));
		struct change *c = divisive_find(v, t->nights, &how, &n);

		for (size_t k = 0; k < n; k++)
			hit |= t->after && c[k].at + NEAR >= at && c[k].at <= at + NEAR;
		told += n > 0;
		found += hit;
		free(c);
	}
	printf("%-6s %3zu nights, %+3.0f %% in the last %2zu: told in %3u, found in %3u of %u\n",
	       heavy ? "heavy" : "normal", t->nights, t->step * 100, t->after, told, found,
	       t->series);
}

int main(void)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus);

	for (int heavy = 0; heavy < 2; heavy++)
		for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++)
			try(rng, &trials[i], heavy);
	gsl_rng_free(rng);
	return 0;
}
