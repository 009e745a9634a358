/* SPDX-License-Identifier: GPL-2.0-only */
/* What starting a container costs: each step of our own launcher, and each runtime. */
#ifndef BENCH_START_H
#define BENCH_START_H

#include "bench.h"
#include "stats.h"

struct step {
	const char *name;
	int (*run)(void); /* in the child: 0, or -1 with errno */
};

/* From the clone to the end of the exec'd program, and the cgroup's removal. */
#define STEPS_MAX 24

struct launcher {
	const struct place *place;
	char *rootfs;
	bool user; /* with a user namespace */
	size_t n_steps;
	const char *names[STEPS_MAX];
	struct samples steps[STEPS_MAX], total; /* seconds */
	char *error;
};

struct runtime {
	const char *name;
	struct words argv; /* %d: the number of the worker */
	bool hide_unified; /* it takes a hybrid layout for none: see runtimes.c */
	char *error;
	struct samples times;
	double user, system; /* seconds of CPU time of one start */
	struct rate {
		unsigned int workers;
		double rate; /* starts per second; 0: it failed */
		char *why;
	} * rates;
	size_t n_rates;
};

/* A root file system and an OCI bundle around it, in the place's folder, for that worker. */
void bundle_make(const struct place *place, unsigned int worker);
char *bundle_path(const struct place *place, unsigned int worker);
/* Cgroups that runtimes of dead benchmarks have left, in whichever hierarchy. */
void bundle_sweep(void);

/* That many starts; l->error is the reason if there are fewer. */
void launcher_measure(struct launcher *l, const struct place *place, unsigned int runs);
void launcher_free(struct launcher *l);

/* A name that is not known is an error of the command line. */
void runtimes_check(char *const *names);
/* What is installed of NAMES (all, if there are none). */
struct runtime *runtimes_find(const struct place *place, char *const *names, size_t *n);
void runtimes_free(struct runtime *v, size_t n);
/* RUNS starts through hyperfine, in short shuffled rounds. */
void runtimes_measure(const struct place *place, struct runtime *v, size_t n, unsigned int runs);
/* Starts per second of W workers at once, EACH of each; 0: it failed, *why (to be freed) says so.
 */
double runtime_rate(const struct place *place, const struct runtime *r, unsigned int workers,
		    unsigned int each, char **why);

int start_main(const struct options *o, char *const *names);

#endif
