/* SPDX-License-Identifier: GPL-2.0-only */
/* The matrix: promises x kernels, and what is told about it. */
#ifndef BULKHEAD_MATRIX_H
#define BULKHEAD_MATRIX_H

#include "vm.h"

#include <jansson.h>
#include <stdint.h>

/* DEFECT: broken in a way that is known and understood. */
enum state { MISSING, SKIPPED, HELD, DEFECT, BROKEN, STATES };

/* One promise on one kernel; its worst where it has several variants. */
struct cell {
	enum state state;
	bool suspicious; /* skipped, though this kernel should have it */
	char *reason;
};

struct promise {
	char *id, *area;
	struct cell *cells; /* one a column */
};

struct column {
	char *name; /* short, for a head of a table */
	char *release;
	char *died;	       /* why there are no results, or NULL */
	struct words problems; /* of programs as a whole */
	json_t *results;       /* what "bulkhead run --json" wrote */
};

struct area {
	const char *name;
	unsigned int (*counts)[STATES]; /* one a column */
};

struct matrix {
	struct column *columns;
	size_t n_columns;
	struct promise *promises;
	size_t n_promises;
	struct area *areas;
	size_t n_areas;
	struct area total;
};

extern const char *const state_names[STATES];

/* results.c */
char *kernel_short_name(const char *release);
bool results_read(struct column *c, const char *path);
void matrix_fill(struct matrix *m, const char *contract, char **areas);
extern const char counts_legend[];
char *counts_text(const unsigned int counts[STATES]);
ssize_t promise_differs(const struct matrix *m, const struct promise *p);

/* collect.c: run what the cache does not have. */
struct collect {
	struct words kernels, options;
	char **areas;
	unsigned int at_once; /* guests */
	bool fresh;
};

/* cache.c */
uint64_t cache_build(void);
char *cache_path(const struct collect *what, const struct kernel *k, uint64_t build);
void cache_sweep(const char *path);

void collect(const struct collect *what, struct matrix *m);

/* text.c, web.c */
void write_text(const struct matrix *m, FILE *to);
void write_json(const struct matrix *m, FILE *to);
void write_markdown(const struct matrix *m, FILE *to);
void write_html(const struct matrix *m, FILE *to);

#endif
