// SPDX-License-Identifier: GPL-2.0-only
#include "stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define RESAMPLES 400
#define SPLITS	  200

void samples_add(struct samples *s, double v)
{
	/* Room is doubled. */
	if (!(s->n & (s->n - 1)))
		s->v = grow(s->v, s->n ? s->n * 2 - 1 : 0, sizeof(*s->v));
	s->v[s->n++] = v;
}

void samples_end_batch(struct samples *s)
{
	if (s->n == (s->n_batches ? s->ends[s->n_batches - 1] : 0))
		return;
	s->ends = grow(s->ends, s->n_batches, sizeof(*s->ends));
	s->ends[s->n_batches++] = s->n;
}

void samples_free(struct samples *s)
{
	free(s->v);
	free(s->ends);
	*s = (struct samples) {};
}

static double *sorted_copy(const double *v, size_t n)
{
	double *copy = (double *)(void *)text_room(NULL, n * sizeof(*copy) + 1);

	if (n)
		memcpy(copy, v, n * sizeof(*copy));
	gsl_sort(copy, 1, n);
	return copy;
}

double stats_quantile(const double *v, size_t n, double p)
{
	double *sorted = sorted_copy(v, n);
	double q = n ? gsl_stats_quantile_from_sorted_data(sorted, 1, n, p) : NAN;

	free(sorted);
	return q;
}

static double *room_for_batches(const struct samples *s)
{
	return (double *)(void *)text_room(NULL, s->n_batches * sizeof(double) + 1);
}

double *samples_minima(const struct samples *s)
{
	double *minima = room_for_batches(s);
	size_t from = 0;

	for (size_t i = 0; i < s->n_batches; i++) {
		minima[i] = gsl_stats_min(s->v + from, 1, s->ends[i] - from);
		from = s->ends[i];
	}
	return minima;
}

static double slow_part(const double *v, size_t n, double beyond)
{
	size_t slow = 0;

	for (size_t i = 0; i < n; i++)
		slow += v[i] > beyond;
	return n ? (double)slow / (double)n : 0;
}

double samples_slow(const struct samples *s, double beyond)
{
	return slow_part(s->v, s->n, beyond);
}

double *samples_slow_batches(const struct samples *s, double beyond)
{
	double *parts = room_for_batches(s);
	size_t from = 0;

	for (size_t i = 0; i < s->n_batches; i++) {
		parts[i] = slow_part(s->v + from, s->ends[i] - from, beyond);
		from = s->ends[i];
	}
	return parts;
}

/*
 * Batches drawn from some samples.  The samples are sorted once: a quantile of what
 * was drawn is then found by counting, instead of sorting it for each drawing.
 */
struct draw {
	gsl_rng *rng;
	size_t n, n_batches;
	size_t *order;	      /* of the samples, ascending */
	size_t *batch;	      /* of each sample in that order */
	unsigned int *times;  /* that a batch was drawn */
	const double *values; /* of the samples, in their own order */
	const size_t *ends;
};

/* The same seed for all: the same samples have the same interval. */
static void draw_afresh(struct draw *d)
{
	gsl_rng_set(d->rng, gsl_rng_default_seed);
}

static struct draw draw_begin(const struct samples *s)
{
	struct draw d = { .rng = gsl_rng_alloc(gsl_rng_mt19937),
			  .n = s->n_batches ? s->ends[s->n_batches - 1] : 0,
			  .n_batches = s->n_batches,
			  .values = s->v,
			  .ends = s->ends };
	size_t *batch = grow(NULL, d.n, sizeof(*batch));

	for (size_t i = 0, b = 0; i < d.n; i++) {
		b += i == d.ends[b];
		batch[i] = b;
	}
	d.order = grow(NULL, d.n, sizeof(*d.order));
	d.batch = grow(NULL, d.n, sizeof(*d.batch));
	d.times = grow(NULL, d.n_batches, sizeof(*d.times));
	gsl_sort_index(d.order, d.values, 1, d.n);
	for (size_t i = 0; i < d.n; i++)
		d.batch[i] = batch[d.order[i]];
	free(batch);
	return d;
}

static void draw_end(struct draw *d)
{
	gsl_rng_free(d->rng);
	free(d->order);
	free(d->batch);
	free(d->times);
}

/* Of the samples of the batches drawn, each as often as its batch. */
static double drawn_quantile(const struct draw *d, double p)
{
	size_t n = 0, below = 0, i = 0, rank;
	double at, low;

	for (size_t b = 0; b < d->n_batches; b++)
		n += d->times[b] * (d->ends[b] - (b ? d->ends[b - 1] : 0));
	if (!n)
		return NAN;
	/* Between the nearest ranks, as GSL does it. */
	at = p * (double)(n - 1);
	rank = (size_t)at;
	while ((below += d->times[d->batch[i]]) <= rank)
		i++;
	low = d->values[d->order[i]];
	if (rank + 1 == n || below > rank + 1)
		return low;
	do
		i++;
	while (!d->times[d->batch[i]]);
	return low + (at - (double)rank) * (d->values[d->order[i]] - low);
}

/* A quantile of as many batches, drawn with replacement. */
static double draw_quantile(struct draw *d, double p)
{
	memset(d->times, 0, d->n_batches * sizeof(*d->times));
	for (size_t i = 0; i < d->n_batches; i++)
		d->times[gsl_rng_uniform_int(d->rng, d->n_batches)]++;
	return drawn_quantile(d, p);
}

static struct interval bounds(double *estimates)
{
	gsl_sort(estimates, 1, RESAMPLES);
	return (struct interval) {
		gsl_stats_quantile_from_sorted_data(estimates, 1, RESAMPLES, .025),
		gsl_stats_quantile_from_sorted_data(estimates, 1, RESAMPLES, .975),
	};
}

static struct interval bootstrap(struct draw *d, double p)
{
	double estimates[RESAMPLES];

	draw_afresh(d);
	for (size_t i = 0; i < RESAMPLES; i++)
		estimates[i] = draw_quantile(d, p);
	return bounds(estimates);
}

struct interval stats_change(const struct samples *a, const struct samples *b, double p)
{
	struct draw da = draw_begin(a), db = draw_begin(b);
	double estimates[RESAMPLES];

	for (size_t i = 0; i < RESAMPLES; i++)
		estimates[i] = draw_quantile(&db, p) / draw_quantile(&da, p) - 1;
	draw_end(&da);
	draw_end(&db);
	return bounds(estimates);
}

struct fit stats_fit(const double *x, const struct samples *const *s, size_t n, double p)
{
	struct draw *d = grow(NULL, n, sizeof(*d));
	double *y = grow(NULL, n, sizeof(*y)), estimates[RESAMPLES];
	double c00, c01, c11, zero, rest;
	struct fit f;

	for (size_t i = 0; i < n; i++) {
		d[i] = draw_begin(s[i]);
		y[i] = stats_quantile(s[i]->v, s[i]->n, p);
	}
	gsl_fit_linear(x, 1, y, 1, n, &f.at_zero, &f.slope, &c00, &c01, &c11, &rest);
	f.r2 = 1 - rest / gsl_stats_tss(y, 1, n);
	for (size_t i = 0; i < RESAMPLES; i++) {
		for (size_t k = 0; k < n; k++)
			y[k] = draw_quantile(&d[k], p);
		gsl_fit_linear(x, 1, y, 1, n, &zero, &estimates[i], &c00, &c01, &c11, &rest);
	}
	f.slope_interval = bounds(estimates);
	for (size_t i = 0; i < n; i++)
		draw_end(&d[i]);
	free(d);
	free(y);
	return f;
}

/* How much two halves of the same batches differ, taken apart at random. */
static double halves_noise(struct draw *d)
{
	double differences[SPLITS];
	size_t half = d->n_batches / 2, *shuffled;

	if (half < 2)
		return NAN;
	draw_afresh(d);
	shuffled = grow(NULL, d->n_batches, sizeof(*shuffled));
	for (size_t i = 0; i < d->n_batches; i++)
		shuffled[i] = i;
	for (size_t i = 0; i < SPLITS; i++) {
		double a, b;

		gsl_ran_shuffle(d->rng, shuffled, d->n_batches, sizeof(*shuffled));
		for (size_t k = 0; k < d->n_batches; k++)
			d->times[shuffled[k]] = k < half;
		a = drawn_quantile(d, .1);
		for (size_t k = 0; k < d->n_batches; k++)
			d->times[k] = !d->times[k];
		b = drawn_quantile(d, .1);
		differences[i] = a > b ? a / b - 1 : b / a - 1;
	}
	free(shuffled);
	return stats_quantile(differences, SPLITS, .95);
}

struct summary samples_summary(const struct samples *s)
{
	struct summary m = { .n = s->n };
	struct draw d;
	double *v;

	if (!s->n)
		return m;
	v = sorted_copy(s->v, s->n);
	m.mean = gsl_stats_mean(v, 1, s->n);
	m.stddev = s->n > 1 ? gsl_stats_sd_m(v, 1, s->n, m.mean) : 0;
	m.min = v[0];
	m.max = v[s->n - 1];
	m.p10 = gsl_stats_quantile_from_sorted_data(v, 1, s->n, .1);
	m.median = gsl_stats_quantile_from_sorted_data(v, 1, s->n, .5);
	m.p90 = gsl_stats_quantile_from_sorted_data(v, 1, s->n, .9);
	m.p99 = gsl_stats_quantile_from_sorted_data(v, 1, s->n, .99);
	free(v);
	m.slow = samples_slow(s, STATS_SLOW * m.p10);
	d = draw_begin(s);
	m.p10_interval = bootstrap(&d, .1);
	m.median_interval = bootstrap(&d, .5);
	m.noise = halves_noise(&d);
	draw_end(&d);
	return m;
}

/* The ranks of Y among both, ties sharing theirs; *TIES: the sum of t^3 - t. */
static double rank_sum(const double *all, const size_t *order, size_t n, size_t total, double *ties)
{
	double sum = 0;

	*ties = 0;
	for (size_t i = 0, j; i < total; i = j) {
		double t;

		for (j = i + 1; j < total && all[order[j]] <= all[order[i]];)
			j++;
		t = (double)(j - i);
		*ties += t * t * t - t;
		for (size_t k = i; k < j; k++)
			if (order[k] >= n)
				sum += (double)(i + j + 1) / 2;
	}
	return sum;
}

double stats_mann_whitney(const double *x, size_t n, const double *y, size_t m)
{
	size_t total = n + m, *order;
	double *all, ties, u, variance, t = (double)total, nm = (double)n * (double)m;

	if (!n || !m)
		return 1;
	all = grow(NULL, total, sizeof(*all));
	order = grow(NULL, total, sizeof(*order));
	memcpy(all, x, n * sizeof(*all));
	memcpy(all + n, y, m * sizeof(*all));
	gsl_sort_index(order, all, 1, total);
	u = rank_sum(all, order, n, total, &ties) - (double)m * (double)(m + 1) / 2;
	free(all);
	free(order);
	variance = nm / 12 * (t + 1 - ties / (t * (t - 1)));
	return variance > 0 ? gsl_cdf_ugaussian_Q((u - nm / 2 - .5) / sqrt(variance)) : 1;
}

double stats_fisher(size_t k1, size_t n1, size_t k2, size_t n2)
{
	if (!k2)
		return 1;
	return gsl_cdf_hypergeometric_Q((unsigned int)k2 - 1, (unsigned int)(k1 + k2),
					(unsigned int)(n1 + n2 - k1 - k2), (unsigned int)n2);
}
