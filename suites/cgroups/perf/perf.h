/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of cgroups: perf_event_open(2) of the task clock. */
#ifndef PERF_PERF_H
#define PERF_PERF_H

#include "suite.h"

#include <linux/perf_event.h>

static inline int perf_try_open(int cgroup, int cpu, int group, unsigned long flags)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};

	return syscall(SYS_perf_event_open, &attr, cgroup, cpu, group, flags);
}

/* Its value, in ns. */
static inline int64_t perf_count(int fd)
{
	int64_t value;

	ASSERT_EQ(8, read(fd, &value, 8));
	return value;
}

#endif
