/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead bench: what its files share. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "op.h"
#include "place.h"
#include "text.h"

struct options {
	char **names; /* operations and globs, or start and its runtimes; NULL-terminated */
	bool list, quick, serve;
	const char *todo; /* --do */
	unsigned int count;
	int sync;	   /* a descriptor, or -1 */
	double time;	   /* seconds for all; 0: as the mode has it */
	unsigned int idle; /* ms before each operation: spaced mode */
	int cpu;	   /* to be pinned to; -1: the last allowed one */
	bool no_fifo;
	bool let_idle; /* CPUs sleep as they always do */
	const char *json, *html;
	unsigned int workers, runs; /* start */
};

void options_parse(struct options *o, int argc, char **argv);

/* Set by SIGINT, SIGTERM, SIGHUP; everything long looks at it. */
extern volatile int stop_signal;
void stop_catch(void);

/* Before time is spent on a report that cannot be written there. */
void check_reports(const struct options *o);
/* Where tables go: to the output, unless a report does. */
FILE *table_file(const struct options *o);
/* Tells the error (-errno) of a report; an exit status. */
int report_verdict(const char *path, int error);

/* Performs an operation exactly N times, for tracers: an exit status. */
int do_operation(const struct options *o);
/* Batches on request of another program: an exit status. */
int serve(const struct options *o);

#endif
