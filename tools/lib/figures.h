/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results of benchmarks, read: hyperfine's JSON, and the keys that bulkhead bench
 * adds.  And when one of two is worse.
 */
#ifndef BULKHEAD_FIGURES_H
#define BULKHEAD_FIGURES_H

#include <jansson.h>
#include <stdbool.h>

#include "stats.h"

struct figure {
	const char *name; /* the benchmark's */
	struct samples samples;
	struct summary summary;
};

struct figures {
	const char *path;
	json_t *root;
	const char *kernel, *cpu, *started; /* NULL: not told */
	long cpus;
	bool emulated;
	double disturbed; /* the part of its batches on a slowed CPU; NAN: not told */
	bool awake;	  /* measured while idle CPUs were kept from sleeping */
	struct figure *v;
	size_t n;
};

/* Whatever is wrong with the file: one line, and exit 2. */
struct figures figures_read(const char *path);
/* From its root, which is taken over; without the summaries, whose intervals take long. */
struct figures figures_of(const char *path, json_t *root);
void figures_free(struct figures *f);
/* So much that nothing follows from them. */
bool figures_disturbed(const struct figures *f);
const struct figure *figures_find(const struct figures *f, const char *name);

enum verdict_of_two { TWO_SAME, TWO_BETTER, TWO_WORSE, TWO_INCONCLUSIVE };
extern const char *const two_names[];

struct two {
	enum verdict_of_two verdict;
	double change; /* of p10: .1 is 10 % more */
	struct interval interval;
	double threshold;	  /* what p10 has to move by */
	double p_worse, p_better; /* Mann-Whitney on the least of each batch */
	double slow_a, slow_b;	  /* beyond STATS_SLOW times the larger p10 */
	double p_slow;		  /* that B has more of them */
	bool slow_worse;	  /* that is why it is worse */
};

/*
 * Worse only where the ranks say so with p < .01 and p10 has moved by more than
 * FLOOR and than the noise of the two themselves; or where the slow ones are more.
 * Inconclusive where the noise is so large that twice the floor could be missed.
 */
struct two two_judge(const struct figure *a, const struct figure *b, double floor);
/* Whatever was found, these samples cannot tell. */
void two_withdraw(struct two *t);

#endif
