/* SPDX-License-Identifier: GPL-2.0-only */
/* A user namespace whose counts of namespaces can be limited. */
#ifndef BENCH_USERNS_H
#define BENCH_USERNS_H

#include "op.h"

/* Into a new one, with root mapped: 0 or -errno.  PR_SET_PDEATHSIG is kept. */
int userns_enter(void);
/* user.max_TYPE_namespaces of the one we are in: 0 or -errno. */
int userns_limit(const char *type, long limit);

#endif
