// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a process get anywhere?  A counter in shared memory that it turns, and
 * that stands still exactly while it executes no instruction.
 */
#ifndef SUITE_PROGRESS_H
#define SUITE_PROGRESS_H

#include "check.h"

/* Shared by all processes made from now on; goes with the test. */
atomic_long *progress_make(void);
/* Turn it until killed. */
void progress_run(atomic_long *p) __attribute__((noreturn));
/* Does it move, within the usual limit? */
bool progress_moves(atomic_long *p);
/*
 * Does it stand for 30 ms, in which a running process turns it a thousand
 * times even on a loaded machine?  A miss could only hide a fault, never
 * invent one.
 */
bool progress_stands(atomic_long *p);

#endif
