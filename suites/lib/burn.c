// SPDX-License-Identifier: GPL-2.0-only
/* Processes that use CPU time, and how much of it a cgroup got. */
#include "burn.h"
#include "file.h"
#include "wait.h"

#include <stdio.h>
#include <string.h>

/* LIST is "2,4-6", or ends early: what the kernel writes. */
static void remove_cpus(cpu_set_t *set, const char *list)
{
	int first, last;

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		switch (sscanf(at, "%d-%d", &first, &last)) {
		case 1:
			last = first;
			/* fall through */
		case 2:
			for (int cpu = first; cpu <= last; cpu++)
				CPU_CLR(cpu, set);
		}
	}
}

void burn_cpus(cpu_set_t *set)
{
	char isolated[4096];

	MUST(sched_getaffinity(0, sizeof(*set), set));
	if (file_try_read("/sys/devices/system/cpu/isolated", isolated, sizeof(isolated)) > 0)
		remove_cpus(set, isolated);
}

int burn_cpu(int n)
{
	cpu_set_t set;

	burn_cpus(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && !n--)
			return cpu;
	check_skip("not supported: 2cpus: too few CPUs may be used");
}

void burn_bind(int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(burn_cpu(n), &set);
	MUST(sched_setaffinity(0, sizeof(set), &set));
}

void burn_start_at(struct here h, struct child *c, const struct cgroup *cg, int cpu)
{
	child_start_at(h, c, (struct child_opts) { .cgroup = cg });
	if (!c->inside) {
		child_recv_at(h, c);
		return;
	}
	if (cpu >= 0)
		burn_bind(cpu);
	child_send_at(h, c, 0);
	child_spin();
}

int64_t burn_own_ns(void)
{
	struct timespec t;

	MUST(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void burn_self(int ms)
{
	int64_t end = burn_own_ns() + ms * 1000000LL;

	while (burn_own_ns() < end)
		for (volatile int i = 0; i < 1000; i++)
			;
}

int64_t burn_usage_at(struct here h, const struct cgroup *cg)
{
	return cgroup_key_at(h, cg, "cpu.stat", "usage_usec");
}

bool burn_until(const struct cgroup *cg, int64_t more_usec, double seconds)
{
	int64_t goal = burn_usage(cg) + more_usec;

	for (struct wait_loop w = wait_loop_start(seconds); burn_usage(cg) < goal;)
		if (!wait_loop_again(&w))
			return false;
	return true;
}
