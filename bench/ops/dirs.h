/* SPDX-License-Identifier: GPL-2.0-only */
/* Cgroups for the operations, below the folder of the benchmark. */
#ifndef BENCH_DIRS_H
#define BENCH_DIRS_H

#include "op.h"

/* x->dir: a cgroup named after the operation and this process. */
int dirs_begin(struct fixture *x);
/* Whoever is below is killed, and all folders go. */
void dirs_end(struct fixture *x);
/* A child of x->dir. */
int dirs_make(struct fixture *x, const char *name);
/* A file of a child, opened; kept in the fixture. */
int dirs_open(struct fixture *x, const char *name, const char *file, int flags);
/* Cgroups within each other, x->dir the innermost. */
int dirs_deepen(struct fixture *x, long depth);

#endif
