// SPDX-License-Identifier: GPL-2.0-only
#include "divisive.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "text.h"

#define WEAKER 10 /* Hunter's first pass: what may still become a change */

struct search {
	const double *v;
	size_t n;
	const struct divisive *how;
	gsl_rng *rng;
	double *room; /* of n values */
	double *sums; /* for the longest stretch that is looked at: two windows */
	size_t *at;   /* candidates, in order */
	size_t n_at;
};

/* The energy statistic of M and N values from the sums of distances, each pair once. */
static double statistic(double left, double right, double across, double m, double n)
{
	double energy = 2 * across / (m * n) - 2 * left / (m * (m - 1)) - 2 * right / (n * (n - 1));

	return m * n / (m + n) * energy;
}

/* sums[i][j]: of the distances of the first i values to the first j. */
static void sum_distances(const double *v, size_t n, double *sums)
{
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= n; j++) {
			double *at = sums + i * (n + 1) + j;

			*at = !i || !j
				      ? 0
				      : at[-1] + at[-(ptrdiff_t)(n + 1)] - at[-(ptrdiff_t)(n + 2)] +
						fabs(v[i - 1] - v[j - 1]);
		}
}

/*
 * The largest statistic of all places to cut, and which that is: what is before it
 * against what follows, which need not reach to the end where BUMPS are looked for.
 */
static double best_cut(struct search *s, const double *v, size_t n, bool bumps, size_t *at)
{
	double best = 0;

	sum_distances(v, n, s->sums);
	for (size_t m = DIVISIVE_LEAST; m + DIVISIVE_LEAST <= n; m++) {
		const double *row = s->sums + m * (n + 1);

		for (size_t to = bumps ? m + DIVISIVE_LEAST : n; to <= n; to++) {
			double right = s->sums[to * (n + 1) + to] - 2 * row[to] + row[m];
			double q = statistic(row[m] / 2, right / 2, row[to] - row[m], (double)m,
					     (double)(to - m));

			if (q > best) {
				best = q;
				*at = m;
			}
		}
	}
	return best;
}

/*
 * How often a shuffled series has as good a cut.  Counting ends when it is more than
 * LIMIT for sure: what is returned then is only known to be larger.
 */
static double chance(struct search *s, const double *v, size_t n, bool bumps, double q,
		     double limit)
{
	size_t rounds = (size_t)ceil(2 / limit), as_good = 1, any;

	memcpy(s->room, v, n * sizeof(*v));
	for (size_t i = 1; i < rounds; i++) {
		gsl_ran_shuffle(s->rng, s->room, n, sizeof(*s->room));
		as_good += best_cut(s, s->room, n, bumps, &any) >= q * (1 - 1e-9);
		if ((double)as_good > limit * (double)rounds)
			return (double)as_good / (double)i;
	}
	return (double)as_good / (double)rounds;
}

/* The place and its p, or SIZE_MAX where there is none that is good enough. */
static size_t cut(struct search *s, size_t from, size_t to, double limit, double *p)
{
	size_t at = 0;
	double q;

	if (to - from < 2 * DIVISIVE_LEAST)
		return SIZE_MAX;
	q = best_cut(s, s->v + from, to - from, true, &at);
	if (!at)
		return SIZE_MAX;
	*p = chance(s, s->v + from, to - from, true, q, limit);
	return *p <= limit ? from + at : SIZE_MAX;
}

static void candidate(struct search *s, size_t at)
{
	size_t i = s->n_at;

	for (size_t k = 0; k < s->n_at; k++)
		if (s->at[k] == at)
			return;
	s->at = grow(s->at, s->n_at++, sizeof(*s->at));
	for (; i && s->at[i - 1] > at; i--)
		s->at[i] = s->at[i - 1];
	s->at[i] = at;
}

static void split(struct search *s, size_t from, size_t to)
{
	double p;
	size_t at = cut(s, from, to, WEAKER * s->how->p, &p);

	if (at == SIZE_MAX)
		return;
	candidate(s, at);
	split(s, from, at);
	split(s, at, to);
}

static void split_in_windows(struct search *s)
{
	for (size_t from = 0; from < s->n; from += s->how->window / 2) {
		size_t to = from + s->how->window < s->n ? from + s->how->window : s->n;

		split(s, from, to);
		if (to == s->n)
			break;
	}
}

static void drop(struct search *s, size_t i)
{
	memmove(s->at + i, s->at + i + 1, (--s->n_at - i) * sizeof(*s->at));
}

/* The I-th candidate between its neighbours, or as much of that as a window. */
static struct change judge(struct search *s, size_t i)
{
	size_t from = i ? s->at[i - 1] : 0, to = i + 1 < s->n_at ? s->at[i + 1] : s->n;
	struct change c = { .at = s->at[i], .p = 1 };
	size_t best;
	double q;

	c.before = stats_quantile(s->v + from, c.at - from, .5);
	c.after = stats_quantile(s->v + c.at, to - c.at, .5);
	if (c.at - from > s->how->window)
		from = c.at - s->how->window;
	if (to - c.at > s->how->window)
		to = c.at + s->how->window;
	if (to - from >= 2 * DIVISIVE_LEAST) {
		q = best_cut(s, s->v + from, to - from, false, &best);
		c.p = chance(s, s->v + from, to - from, false, q, s->how->p);
	}
	return c;
}

/* The least believable goes first: what it parted may make its neighbours clearer. */
static bool drop_worst(struct search *s)
{
	size_t worst = SIZE_MAX;
	double p = 0;

	for (size_t i = 0; i < s->n_at; i++) {
		struct change c = judge(s, i);
		bool small = !(fabs(c.after - c.before) > s->how->floor * fabs(c.before));
		double bad = small ? 2 : c.p > s->how->p ? c.p : 0;

		if (bad > p) {
			p = bad;
			worst = i;
		}
	}
	if (worst == SIZE_MAX)
		return false;
	drop(s, worst);
	return true;
}

struct change *divisive_find(const double *v, size_t n, const struct divisive *how, size_t *found)
{
	struct search s = { .v = v, .n = n, .how = how, .rng = gsl_rng_alloc(gsl_rng_mt19937) };
	struct change *changes = NULL;
	size_t side = n < 2 * how->window ? n : 2 * how->window;

	s.room = grow(NULL, n, sizeof(*s.room));
	s.sums = grow(NULL, (side + 1) * (side + 1), sizeof(*s.sums));
	split_in_windows(&s);
	while (drop_worst(&s))
		;
	for (size_t i = 0; i < s.n_at; i++) {
		changes = grow(changes, i, sizeof(*changes));
		changes[i] = judge(&s, i);
	}
	*found = s.n_at;
	gsl_rng_free(s.rng);
	free(s.room);
	free(s.sums);
	free(s.at);
	return changes;
}
