/* SPDX-License-Identifier: GPL-2.0-only */
/* What sizes do: families of operations that differ in a number alone. */
#ifndef BENCH_SLOPES_H
#define BENCH_SLOPES_H

#include <jansson.h>

#include "measure.h"

struct family {
	const char *name; /* with * for the number */
	bool pauses;	  /* the number is a pause: no line, but perhaps a cliff */
	size_t n;
	double *x;
	const struct samples **samples;
	const struct measured **measured;
	struct fit fit; /* of p10 in seconds; not for pauses */
	size_t cliff;	/* between this one and the next the median grows most, by */
	double height;
};

/* Those of which at least two sizes were measured. */
struct family *families_find(const struct measurement *m, size_t *n);
void families_free(struct family *v, size_t n);
void families_tell(const struct family *v, size_t n, FILE *to);
/* "slopes" and "pauses" of the report. */
void families_json(const struct family *v, size_t n, json_t *root);

#endif
