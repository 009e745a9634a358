/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead sabotage: which rows run on which tests, and what came of it. */
#ifndef BULKHEAD_PLAN_H
#define BULKHEAD_PLAN_H

#include "programs.h"
#include "sabotage.h"

struct test {
	char *name, *promise, *area;
	bool alone;	   /* measures time */
	bool held;	   /* without a sabotage */
	bool reached;	   /* some row applies to it */
	bool fails;	   /* under some row */
	char *why;	   /* it is not held: "broken", "skipped" */
	double seconds;	   /* without a sabotage */
	char *untraceable; /* why it cannot hold under any tracer, or NULL */
};

enum cell { NOT_RUN, PASSED, NOTICED };

struct wishes {
	const char *json;
	bool disposable, list, all_areas;
	unsigned int jobs;
	char **ids, **patterns;
};

struct plan {
	struct wishes o;
	struct sabotages table;
	char *folder; /* of the program */
	char *work;   /* for what the runs say */
	bool *wanted; /* rows */
	struct test *tests;
	size_t n_tests;
	bool *bites;	      /* row x test */
	unsigned char *cells; /* row x test */
	double seconds;
};

static inline size_t cell_of(const struct plan *p, size_t row, size_t test)
{
	return row * p->n_tests + test;
}

/* plan.c */
void plan_tests(struct plan *p);
void plan_bites(struct plan *p, const char *file);
struct test *test_find(struct plan *p, const char *name);
bool row_cares(const struct row *row, const struct test *t);
/* Will the row be run on the test? */
bool plan_has(const struct plan *p, size_t row, size_t test);

/* results.c: what "bulkhead run --json" has written; false: there is nothing. */
struct outcome {
	const char *test, *result;
	double seconds;
};
bool results_read(const char *file, void (*take)(void *arg, const struct outcome *o), void *arg);

/* sandbox.c: "bulkhead run" in namespaces of its own; its pid. */
struct sandbox {
	const char *row; /* for the tracer; NULL: none */
	const char *bites;
	const char *json;
	struct words args;
	unsigned int jobs, timeout;
	bool impatient;
};
pid_t sandbox_start(const struct plan *p, const struct sandbox *s);
void sandbox_sweep(void);
void sandbox_end(void);

/* matrix.c */
void matrix_run(struct plan *p);
int none_run(struct plan *p);

/* report.c: the exit status */
int report(struct plan *p);

#endif
