/* SPDX-License-Identifier: GPL-2.0-only */
/* Keepers: processes that hold many namespaces, so that the measured one need not. */
#ifndef BENCH_KEEP_H
#define BENCH_KEEP_H

#include "op.h"

/* x->keeper holds N namespaces of that type, made one from the other. */
int keep_namespaces(struct fixture *x, uint64_t type, long n);
/* x->keeper is the outermost of DEPTH PID namespaces; the pid of the innermost. */
int keep_pid_chain(struct fixture *x, long depth);
/* As many descriptors as the hard limit has. */
void keep_raise_limit(void);
/* Into a mount namespace with a tmpfs at the benchmark's folder, nothing shared. */
int keep_mount_room(struct fixture *x);

#endif
