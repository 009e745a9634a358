/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is it quiet?  Namespaces and cgroups go long after their last user has: a probe
 * tells when those before it are gone, as no fixed sleep could.
 */
#ifndef BENCH_QUIET_H
#define BENCH_QUIET_H

#include "op.h"

struct quiet {
	pid_t pid; /* of the probe; 0: there can be none */
	int socket;
	const struct place *place;
};

void quiet_begin(struct quiet *q, const struct place *place);
/* After that operation: false, it could not be found out. */
bool quiet_await(struct quiet *q, const struct op *op);
void quiet_end(struct quiet *q);

#endif
