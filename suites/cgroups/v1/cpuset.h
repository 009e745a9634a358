// SPDX-License-Identifier: GPL-2.0-only
/* Cpusets of v1, and CPUs that go away below them. */
#ifndef V1_CPUSET_H
#define V1_CPUSET_H

#include "v1.h"

static inline void configure(const struct cgroup *cg, const char *cpus, const char *mems)
{
	cgroup_write(cg, "cpuset.cpus", "%s", cpus);
	cgroup_write(cg, "cpuset.mems", "%s", mems);
}

static inline char *cpus(const struct cgroup *cg)
{
	return cgroup_read(cg, "cpuset.cpus");
}

/* The file that takes a CPU away and gives it back, where that can be done. */
static inline char *cpu_switch(const char *cpu)
{
	char *file = text_format("/sys/devices/system/cpu/cpu%s/online", cpu);

	need_disposable();
	need_file(file, "a CPU that can go offline (CONFIG_HOTPLUG_CPU)");
	if (file_try_write(file, "0") || file_try_write(file, "1"))
		check_skip("not supported: switching CPU %s off and on: %s", cpu,
			   errno_name(errno));
	return file;
}

#endif
