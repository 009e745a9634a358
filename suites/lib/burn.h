// SPDX-License-Identifier: GPL-2.0-only
/* Processes that use CPU time, and how much of it a cgroup got. */
#ifndef SUITE_BURN_H
#define SUITE_BURN_H

#include "cgroup.h"
#include "child.h"

#include <sched.h>

/* A child that spins in the cgroup, bound to one CPU of those allowed (0, 1...; -1: not bound). */
#define burn_start(c, cg, cpu) burn_start_at(HERE, c, cg, cpu)
void burn_start_at(struct here h, struct child *c, const struct cgroup *cg, int cpu);
/*
 * The CPUs that this process may use, but those that are isolated (isolcpus=): nothing
 * moves a task away from these, and after a CPU was offline they are allowed to all.
 */
void burn_cpus(cpu_set_t *set);
/* The number of the n-th of them; skips where there are fewer. */
int burn_cpu(int n);
/* Bind the caller to that one. */
void burn_bind(int n);
/* Use so much CPU time oneself. */
void burn_self(int ms);
/* CPU time of the process so far, by its own clock. */
int64_t burn_own_ns(void);

/* usage_usec of the cgroup. */
#define burn_usage(cg) burn_usage_at(HERE, cg)
int64_t burn_usage_at(struct here h, const struct cgroup *cg);
/* Wait until the cgroup has used so much more, within the limit. */
bool burn_until(const struct cgroup *cg, int64_t more_usec, double seconds);

#endif
