/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Experiments of the literature, repeated here: the set-up of the source as far as one
 * machine allows, its number beside ours, and what differs.
 */
#ifndef BENCH_EXPERIMENTS_LAB_H
#define BENCH_EXPERIMENTS_LAB_H

#include <math.h>

#include "bench.h"
#include "quiet.h"
#include "stats.h"

#define UNPUBLISHED NAN /* the source has no such number */

struct figure {
	char *what;
	const char *unit;
	double published, ours;
};

struct experiment;

struct lab {
	const struct experiment *experiment;
	const struct place *place;
	bool quick;
	unsigned int cpus;
	struct quiet quiet;
	struct figure *v;
	size_t n;
	char *error; /* why it ended early */
	double took;
};

struct experiment {
	const char *name, *shows, *source, *differs;
	void (*run)(struct lab *lab);
};

extern const struct experiment experiments[];
extern const size_t n_experiments;
const struct experiment *experiment_find(const char *name);

/* Runs it in our place; whatever it makes is gone when it returns. */
void lab_run(struct lab *lab, const struct experiment *e, const struct place *place,
	     const struct options *o);
void lab_free(struct lab *lab);
void lab_tell(const struct lab *lab, FILE *to);

/* For the experiments.  After an error nothing more is measured: figures are NAN. */
void lab_figure(struct lab *lab, const char *what, const char *unit, double published, double ours);
/* An operation of the list, in a worker: all zero, if it failed. */
struct summary lab_cost(struct lab *lab, const char *operation);
/* Operations per second of N processes at once, each with what it prepares itself. */
double lab_rate(struct lab *lab, const struct op *op, unsigned int n, double seconds);
/* N processes at once, EACH times: seconds of every operation. */
struct samples lab_storm(struct lab *lab, const struct op *op, unsigned int n, unsigned int each);
/*
 * Seconds of what FN does in a process of its own; it sets BEGIN and END (clock_ns) around
 * what is to be timed, and returns 0 or -errno, told in x->why.
 */
struct span {
	uint64_t begin, end;
};
double lab_span(struct lab *lab, const struct op *op,
		int (*fn)(struct fixture *x, struct span *span));

void experiment_netns_rate(struct lab *lab);
void experiment_netns_count(struct lab *lab);
void experiment_mntns_count(struct lab *lab);
void experiment_net_share(struct lab *lab);
void experiment_fork_exec(struct lab *lab);
void experiment_batch_gone(struct lab *lab);
void experiment_netns_loop(struct lab *lab);
void experiment_ipc_loop(struct lab *lab);
void experiment_umount_storm(struct lab *lab);
void experiment_mount_storm(struct lab *lab);
void experiment_cgroup_reuse(struct lab *lab);
void experiment_cgroup_storm(struct lab *lab);
void experiment_into_vs_write(struct lab *lab);
void experiment_migrate_gap(struct lab *lab);
void experiment_under_fork(struct lab *lab);
void experiment_crun(struct lab *lab);

#endif
