/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics of samples that come in batches, on GSL.  Samples of one batch resemble
 * each other more than those of different ones, so whatever is resampled or ranked
 * here is a batch, not a sample.  Needs -lgsl -lgslcblas -lm.
 */
#ifndef BULKHEAD_STATS_H
#define BULKHEAD_STATS_H

#include <stddef.h>

struct samples {
	double *v; /* in the order in which they were taken */
	size_t n;
	size_t *ends; /* of each batch: the number of samples up to its end */
	size_t n_batches;
};

struct interval {
	double low, high;
};

struct summary {
	size_t n;
	double mean, stddev; /* of a single sample: stddev is 0 */
	double min, p10, median, p90, p99, max;
	double slow; /* the fraction beyond STATS_SLOW times p10 */
	struct interval p10_interval, median_interval; /* 95 %, by bootstrap over batches */
	double noise; /* of two halves of the same: their p10 differ by up to that, 95 % */
};

#define STATS_SLOW 2.0

/*
 * Where a CPU was slower than its best for a larger part of the time than that, p10 no
 * longer tells of one state of it, and differs from run to run by a tenth to a half.
 */
#define STATS_DISTURBED .65

void samples_add(struct samples *s, double v);
void samples_end_batch(struct samples *s);
void samples_free(struct samples *s);

struct summary samples_summary(const struct samples *s);
/* Between the nearest ranks, linearly; of an array that need not be sorted. */
double stats_quantile(const double *v, size_t n, double p);
/* The least of each batch; as many as there are batches, to be freed. */
double *samples_minima(const struct samples *s);
double samples_slow(const struct samples *s, double beyond); /* fraction */
/* Of each batch, likewise to be freed. */
double *samples_slow_batches(const struct samples *s, double beyond);

/*
 * The chance to see Y so much larger than X, or more so, where there is no
 * difference: Mann-Whitney's U, normal approximation, ties and continuity corrected.
 */
double stats_mann_whitney(const double *x, size_t n, const double *y, size_t m);
/* Likewise of K2 in N2 against K1 in N1: Fisher's exact test. */
double stats_fisher(size_t k1, size_t n1, size_t k2, size_t n2);
/* Of quantile P of B to that of A, less one: 95 %, by bootstrap over batches. */
struct interval stats_change(const struct samples *a, const struct samples *b, double p);

/* Quantile P as a line over X, by least squares. */
struct fit {
	double at_zero, slope, r2;
	struct interval slope_interval; /* 95 %, by bootstrap over the batches of each */
};

/* Of N >= 2 lots of samples; X[i] belongs to S[i], and not all X are the same. */
struct fit stats_fit(const double *x, const struct samples *const *s, size_t n, double p);

#endif
