/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead pathlength: instructions of the kernel for each operation. */
#ifndef BULKHEAD_PATH_H
#define BULKHEAD_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

#define SEEDS_MAX 32

struct options {
	const char *kernels[2];
	unsigned int n_kernels;
	char **patterns;
	unsigned int seeds, samples, jobs;
	const char *cpu, *cgroup, *modules;
	const char *json, *baseline;
	double gate; /* a share, below 0: none */
	bool list, verbose;
	bool around; /* with each seed something else lies around */
};

/* What a boot found of an operation, or of all boots together. */
struct count {
	char *name;
	char *why;		     /* it could not be done, or NULL */
	uint64_t by_seed[SEEDS_MAX]; /* the median of each boot */
	uint64_t within[SEEDS_MAX]; /* between the samples of a boot, from the 10th to the 90th % */
	unsigned int n;		    /* boots that have it */
	bool sleeps;		    /* samples in which it did not only run */
	uint64_t instructions, spread; /* median over the boots; largest less least */
};

struct result {
	char *kernel; /* its release */
	char *cpu;
	char *build; /* of the programs in the guest, by their bytes; NULL: not known */
	unsigned int seeds, samples;
	struct count *counts; /* by the order of the operations */
	size_t n;
};

void options_parse(struct options *o, int argc, char **argv);

/* Boots KERNEL with each seed; errors end the program. */
struct result result_measure(const struct options *o, const char *kernel);
struct count *result_find(const struct result *r, const char *name);
struct count *result_add(struct result *r, const char *name);
void result_finish(struct result *r);

/* json.c: reading tells what is wrong and ends the program with 2. */
struct result result_read(const char *path);
int results_write(const char *path, const struct result *results, size_t n);

/* show.c */
void show_one(const struct result *r);
/*
 * A table of the operations of both, in which those are marked that grew beyond the
 * gate (below 0: none is judged) and their floor; their names are added to GREW.
 */
void show_two(const struct result *a, const struct result *b, double gate, struct words *grew,
	      FILE *to);

#endif
