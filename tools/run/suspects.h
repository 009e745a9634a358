/* SPDX-License-Identifier: GPL-2.0-only */
/* Which program has changed the machine. */
#ifndef BULKHEAD_SUSPECTS_H
#define BULKHEAD_SUSPECTS_H

#include "machine.h"

struct suspects {
	struct run *run;
	struct machine before;
	double compared, cost; /* when, and how long it took */
	bool draining;	       /* nothing new may start: it is to be found out who it was */
	struct words unsolved;
};

void suspects_begin(struct suspects *s, struct run *run);
/* A program has ended; ACTIVE others still run. */
void suspects_look(struct suspects *s, struct program *ended, size_t active);
/* The next one to run once more, alone; NULL: none, go on. */
struct program *suspects_trial(struct suspects *s);
void suspects_end(struct suspects *s);

#endif
