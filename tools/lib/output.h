/* SPDX-License-Identifier: GPL-2.0-only */
/* A program whose output is wanted: it goes to a file without a name, so nobody waits for us. */
#ifndef BULKHEAD_OUTPUT_H
#define BULKHEAD_OUTPUT_H

#include "text.h"

struct output {
	pid_t pid;
	FILE *from; /* to be closed by who called output_end */
};

/* It is told to end when we die.  What cannot be begun ends the program with one line. */
struct output output_start(const struct words *argv);
/* Waits; from is at its beginning.  The exit status, or 128 and the signal. */
int output_end(struct output *o);

#endif
