/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations: a table of what can be measured, traced or counted, each under
 * one name, OP.TYPE[.HOW].  To use one from another program:
 *
 *	struct place place;
 *	struct fixture x;
 *
 *	ops_init();                          once
 *	place_make(&place);                  a cgroup of our own, swept up if we die
 *	fixture_init(&x, op_find("unshare.uts"), &place);
 *	if (op_prepare(&x))                  in the process that will measure, or whose
 *		errx(2, "%s", x.why);        children will
 *	for each sample, in this process, or in a fresh child of it (always so for
 *	OP_FRESH, whose operation changes its caller):
 *		if (op_before(&x)) ...       not measured
 *		t0 = clock; ret = op_run(&x); t1 = clock;
 *		op_undo(&x);                 not measured; needless in a child that exits
 *	op_teardown(&x);
 *	place_remove(&place);
 *
 * All calls return 0 or -errno with a sentence in x.why.  before, run and undo of one
 * sample are called in one process; every operation can be measured in fresh
 * children, also those that do not need it, except OP_CARRIES.
 */
#ifndef BENCH_OP_H
#define BENCH_OP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum op_flags {
	/* It changes its caller for good: every sample in a fresh child. */
	OP_FRESH = 1,
	/* It waits for kernel threads, which SCHED_FIFO on their CPU would starve. */
	OP_SLEEPS = 2,
	/* It leaves what the kernel takes away later: to settle before the next batch. */
	OP_LOOSE = 4,
	/* A point of a slope: what it prepares weighs on others, so it is measured alone. */
	OP_ALONE = 8,
	/* before may be called N times ahead of N runs, and one undo does for all. */
	OP_AHEAD = 16,
	/* A sample begins where the one before has ended: never in fresh children. */
	OP_CARRIES = 32,
	/* One call is OP_INNER of them: too short for the clock. */
	OP_MANY = 64,
	/* A sample, or what is around it, takes tens of milliseconds: it gets more time. */
	OP_SLOW = 128,
	/* What it has prepared takes long to be gone: prepared once for all samples. */
	OP_LASTING = 256,
};

#define OP_INNER      1000
#define FIXTURE_FDS   8
#define FIXTURE_AHEAD 1024 /* runs that before may be ahead of */

struct fixture;

struct op {
	const char *name; /* OP.TYPE[.HOW] */
	const char *what; /* a sentence for people */
	unsigned int flags;
	uint64_t ns;	    /* CLONE_NEW* of the type or set, 0: none */
	long n;		    /* its parameter: how many, how deep, MiB */
	const char *family; /* its name with * for that number; NULL: it has none */
	long wait_ms;	    /* idle before each sample; part of the operation's meaning */
	int (*prepare)(struct fixture *x);
	int (*before)(struct fixture *x);
	int (*run)(struct fixture *x);
	int (*undo)(struct fixture *x);
	void (*teardown)(struct fixture *x);
};

/* What an operation works on.  Made by prepare, of no meaning to others. */
struct fixture {
	const struct op *op;
	const struct place *place;
	char why[256]; /* of the last call that failed */
	int fd[FIXTURE_FDS];
	size_t n_fds;
	pid_t pid;		  /* the process that is moved, entered or waited for */
	pid_t keeper;		  /* keeps many things alive; killed by teardown */
	unsigned long made, used; /* serial numbers: the next to make, to use */
	pid_t ahead[FIXTURE_AHEAD];
	char dir[PATH_MAX];
	void *memory;
	size_t size;
};

/* The table.  A name with another number than those listed is made on the fly. */
void ops_init(void);
size_t ops_count(void);
const struct op *op_at(size_t i);
const struct op *op_find(const char *name); /* NULL: there is none of that name */

void fixture_init(struct fixture *x, const struct op *op, const struct place *place);
int op_prepare(struct fixture *x);
int op_before(struct fixture *x);
int op_undo(struct fixture *x);
void op_teardown(struct fixture *x);

static inline int op_run(struct fixture *x)
{
	return x->op->run(x);
}

/* For the files of operations: they add to the table, and tell what went wrong. */
void op_add(struct op op);
/* The name and the sentence are formats of op.n. */
void op_add_sizes(struct op op, const long *sizes, size_t n);
int op_fail(struct fixture *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fixture_keep(struct fixture *x, int fd); /* closed by teardown; the index or -errno */

void ops_add_floor(void);
void ops_add_namespaces(void);
void ops_add_gone(void);
void ops_add_scale(void);
void ops_add_cgroups(void);
void ops_add_placing(void);
void ops_add_mounts(void);

#endif
