/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead gate: A and B interleaved in one run, and a verdict. */
#ifndef BULKHEAD_GATE_H
#define BULKHEAD_GATE_H

#include <stdbool.h>
#include <stdio.h>

#include "figures.h"

#define EXIT_INCONCLUSIVE 3

struct options {
	const char *side[2];   /* a command before each batch, or to be timed; NULL: none */
	const char *kernel[2]; /* to be booted in turn, or NULL */
	bool emulated;	       /* to try that out: no times, and so no verdict */
	unsigned int boots;    /* of each kernel before the first verdict */
	bool aa, commands, verbose;
	double floor, inject; /* fractions; inject: B's operations take so much longer */
	double time;	      /* seconds an operation, at most; of a boot: in each */
	unsigned int repeat;
	const char *json;
	char **names;
};

/* An operation, and what is known of it. */
struct gated {
	const char *name;
	struct figure sides[2];
	struct two two;
	unsigned int batch, delay;
	double until;
};

void gated_forget(struct gated *g); /* the samples */
/* Its verdict, from the samples. */
void gated_judge(struct gated *g, double floor);
/* Worse at the first look?  Then it is forgotten, for a fresh one to confirm. */
bool gated_doubt(struct gated *g, const struct options *o);
void gated_confirm(struct gated *g);
void gated_tell(const struct gated *g, const char *what);
json_t *gated_json(const struct gated *g);
/* Do the ranks and the size of the change contradict each other? */
bool two_ambiguous(const struct two *t);

/* kernels.c: two kernels, whose boots take turns; it tells all of them. */
void kernels_gate(const struct options *o, struct gated *v, size_t n);

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
