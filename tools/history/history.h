/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead history: results of many nights, and where their level changed. */
#ifndef BULKHEAD_HISTORY_H
#define BULKHEAD_HISTORY_H

#include <stdbool.h>

#include "divisive.h"
#include "text.h"

struct options {
	double quantile; /* of the samples of a result: what is followed */
	struct divisive search;
	unsigned int fresh; /* a worse level that began within so many results fails */
	char **patterns;    /* --only, NULL: all */
	size_t n_patterns;
	const char *json, *plot; /* files, or NULL */
	bool other_machine;
	char **files;
	size_t n_files;
};

struct source {
	const char *path;
	char *kernel, *started; /* NULL: not told */
	char *machine;		/* "" where it is not told: fits any */
};

/* One benchmark over all results. */
struct series {
	char *name;
	double *v;	/* seconds or instructions, NAN where a result does not have it */
	double *dense;	/* those that are there */
	size_t *source; /* of each dense one */
	size_t n;
	struct change *changes; /* their "at" is a place among the dense ones */
	size_t n_changes;
};

struct history {
	bool instructions; /* of path lengths; else times in seconds */
	bool by_date;	   /* the results' own dates, not the order of the arguments */
	struct source *sources;
	size_t n_sources;
	struct series *v;
	size_t n;
};

void options_parse(struct options *o, int argc, char **argv);

/* Reads all files and finds the changes; whatever is wrong: one line and exit 2. */
struct history history_read(const struct options *o);
void history_free(struct history *h);
/* Larger is worse. */
double change_of(const struct change *c);
/* Of a change: the results before and with it. */
const struct source *change_last_before(const struct history *h, const struct series *s,
					const struct change *c);
const struct source *change_first_with(const struct history *h, const struct series *s,
				       const struct change *c);

/* show.c: the table, and how many changes to the worse are fresh. */
void history_show(const struct history *h, const struct options *o);
size_t history_fresh(const struct history *h, const struct options *o);
/* json.c, plot.c: 0 or -errno; the plot says itself what gnuplot complains about. */
int history_json(const struct history *h, const char *path);
int history_plot(const struct history *h, const char *path);

#endif
