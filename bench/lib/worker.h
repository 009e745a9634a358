/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A worker: the process in which one operation is prepared and timed, a small program
 * of its own (worker/main.c).  It is pinned, has few descriptors (each costs a fork
 * 16 ns) and little memory, and does a batch when asked to.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include "op.h"

#define BATCH_MAX 4096

#define WORKER_PROGRAM "bench-worker"
#define WORKER_NO_EXEC 127
/* Its descriptors. */
#define WORKER_SOCKET  0
#define WORKER_SHARED  1

/* What a fresh child tells, behind the samples. */
struct told {
	int error;
	char why[sizeof(((struct fixture *)NULL)->why)];
};

#define WORKER_SIZE (BATCH_MAX * sizeof(uint64_t) + sizeof(struct told))

struct setting {
	int cpu;   /* pinned to; -1: not */
	bool fifo; /* SCHED_FIFO where that works and does no harm */
};

struct request {
	unsigned int n, warm;  /* samples; operations before them that are not timed */
	unsigned int idle_ms;  /* before each, beside the operation's own pause */
	unsigned int delay_ns; /* busy inside of the window, after the operation */
	/* Until the yardstick is no longer than that, the samples wait, for so long. */
	unsigned int yard_ns, patience_us;
};

struct reply {
	int error; /* 0 or -errno */
	char why[256];
	bool fifo;	     /* what it ran under */
	char fifo_why[128];  /* it was wanted and could not be had */
	double user, system; /* seconds of CPU time, of the samples and what belongs to each */
	uint64_t yard_ns;    /* of a fixed piece of work, right after the samples */
	uint64_t waited_ns;  /* for a quiet CPU */
};

struct worker {
	const struct op *op;
	pid_t pid;
	int socket;
	uint64_t *ns; /* the samples of the last batch */
};

/* Prepares and tries it once: 0 or -errno, told in the reply. */
int worker_start(struct worker *w, const struct op *op, const struct place *place,
		 const struct setting *s, struct reply *r);
/* As worker_start; a worker that dies or hangs is an error. */
int worker_batch(struct worker *w, const struct request *q, struct reply *r);
/* Has it torn down what it has prepared, and waits for it. */
void worker_end(struct worker *w);

/* The last CPU we may run on: interrupts prefer the first. */
int cpu_last(void);
int cpu_pin(int cpu); /* 0 or -errno */

#endif
