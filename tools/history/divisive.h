/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a series changes its level: E-divisive (Matteson and James, "A nonparametric
 * approach for multiple change point analysis", JASA 2014), which compares distances
 * within and across two stretches and so asks for no distribution.  As in Hunter
 * (Fleming and others, ICPE 2023; now Apache Otava) a long series is searched in
 * windows that overlap, with a weaker limit first, and then every change has to hold
 * between its neighbours.  The significance is Matteson's: of random permutations,
 * here always the same ones, so that the same series has the same changes.
 */
#ifndef BULKHEAD_DIVISIVE_H
#define BULKHEAD_DIVISIVE_H

#include <stddef.h>

#define DIVISIVE_LEAST 3 /* so many values make a level */

struct divisive {
	double p;      /* a change as clear comes by chance so often, at most */
	double floor;  /* and moves the median by more than that: .02 is 2 % */
	size_t window; /* values */
};

struct change {
	size_t at;	      /* the first value of the new level */
	double before, after; /* medians of the stretches between the changes */
	double p;
};

/* In their order, to be freed; the number in *N. */
struct change *divisive_find(const double *v, size_t n, const struct divisive *how, size_t *found);

#endif
