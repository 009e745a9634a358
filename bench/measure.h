/* SPDX-License-Identifier: GPL-2.0-only */
/* Measurements: many operations, interleaved, each in a worker of its own. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench.h"
#include "experiments/lab.h"
#include "stats.h"
#include "worker.h"

struct measured {
	const struct op *op;
	char *name, *what; /* of what it is measured as */
	struct worker worker;
	bool running, fifo, unsettled;
	char *error;	  /* why there are no samples, or no more */
	bool unsupported; /* the kernel or the machine has it not, or forbids it */
	char *fifo_why;
	struct samples samples; /* seconds */
	double user, system;	/* CPU seconds of an operation, prepared and undone */
	double cost;		/* seconds a sample takes, all in all */
	double settling;	/* and a batch, until it is quiet again */
	double took;		/* seconds, from its preparation to its end */
	double credit;		/* seconds it may still take */
	double starting;	/* seconds that a new worker takes */
	double since;		/* seconds spent with the present one */
	unsigned int visits;	/* in so many phases; 0: not known yet */
	struct summary summary;
};

struct measurement {
	const struct options *o;
	struct place place;
	struct measured *v;
	size_t n;
	struct lab *labs; /* experiments */
	size_t n_labs;
	size_t left_out;      /* operations that --quick has not chosen */
	double limit;	      /* seconds for all */
	int awake;	      /* what keeps, or kept, idle CPUs from sleeping; -errno: they do */
	struct samples yards; /* the yardstick after each batch, ns */
	double yard_quiet;    /* what it has to be below for the CPU to be quiet; 0: not known */
	double waited;	      /* seconds for that */
	double began, took;
	int cpu;
};

void measure_all(struct measurement *m);
/* The part of the batches after which the CPU was slow; NAN: they are too few to tell. */
double measure_disturbed(const struct measurement *m);
void measure_free(struct measurement *m);

/* While it goes on: a line with a bar and the time left, on a terminal. */
void progress_show(const struct measurement *m, const char *what);
void progress_clear(void);
void progress_say(const char *what);

void table_print(const struct measurement *m, FILE *to);
/* 0 or -errno; "-" is the output. */
int json_write(const struct measurement *m, const char *path);

#endif
