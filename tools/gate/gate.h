/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead gate: A and B interleaved in one run, and a verdict. */
#ifndef BULKHEAD_GATE_H
#define BULKHEAD_GATE_H

#include <stdbool.h>
#include <stdio.h>

#include "figures.h"

#define EXIT_INCONCLUSIVE 3

struct options {
	const char *side[2]; /* a command before each batch, or to be timed; NULL: none */
	bool aa, commands, verbose;
	double floor, inject; /* fractions; inject: B's operations take so much longer */
	double time;	      /* seconds an operation, at most */
	unsigned int repeat;
	const char *json;
	char **names;
};

void options_parse(struct options *o, int argc, char **argv);

/* Where samples come from: bulkhead bench --serve, or commands timed here. */
struct source {
	pid_t pid;
	FILE *to, *from;
};

/* What cannot go on ends the program with one line. */
void source_begin(struct source *s, const struct options *o);
void source_end(struct source *s);
/* N samples of that side, as a batch; DELAY in ns is spent in the window of each. */
void source_batch(struct source *s, const struct options *o, const char *name, int side,
		  unsigned int n, unsigned int delay, struct samples *to);

#endif
