/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of namespaces, and the sets that containers are made of. */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

#include "op.h"

struct kind {
	const char *name;
	const char *what;
	uint64_t flags;	     /* CLONE_NEW* */
	const char *file;    /* below /proc/PID/ns; NULL: a set */
	const char *setting; /* X of user.max_X_namespaces; NULL: a set, or none */
};

/* "none" first, then the types, then the sets. */
extern const struct kind kinds[];
extern const size_t n_kinds, n_single_kinds;

/* What takes time to be gone after its last user has. */
#define NS_LOOSE (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUSER)
/* What a container has. */
#define NS_CONTAINER \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static inline unsigned int kind_loose(const struct kind *k)
{
	return k->flags & NS_LOOSE ? OP_LOOSE : 0;
}

/* A descriptor of a process's namespace, or -1. */
int ns_open(int pid, const char *file);

#endif
