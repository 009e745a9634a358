/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partitions are made of CPUs that their parent partition gives away, at the
 * top the root of the hierarchy: so cgroups a and b lie right below it.
 */
#ifndef CPUSET_PARTITION_H
#define CPUSET_PARTITION_H

#include "suite.h"

#include <sched.h>

static inline char *partition_state(const struct cgroup *cg)
{
	return cgroup_read(cg, "cpuset.cpus.partition");
}

static inline int partition_try(const struct cgroup *cg, const char *want)
{
	return cgroup_try_write(cg, "cpuset.cpus.partition", "%s", want);
}

/* The cgroup and all that is named "below" in it: what a test makes, or a failed one has left. */
static inline void partition_clear(const struct cgroup *cg)
{
	struct cgroup lower = { .version = 2 };

	if (snprintf(lower.path, sizeof(lower.path), "%s/below", cg->path) <
		    (int)sizeof(lower.path) &&
	    !access(lower.path, F_OK))
		partition_clear(&lower);
	partition_try(cg, "member");
	EXPECT_SOON(!rmdir(cg->path) || errno == ENOENT);
}

static inline struct cgroup partition_top(const char *name)
{
	struct cgroup root = need_cgroup_root(), cg;

	name = text_format("%s.partition-%s", getenv("BULKHEAD_TAG") ?: "bulkhead", name);
	if (cgroup_try_make(&root, name, &cg) && errno == EEXIST) {
		partition_clear(&cg);
		MUST(cgroup_try_make(&root, name, &cg));
	}
	return cg;
}

static inline int partition_cpus_allowed(void)
{
	cpu_set_t set;

	burn_cpus(&set);
	return CPU_COUNT(&set);
}

/* For a fixture's set-up: a partition takes CPUs from everybody else. */
static inline void partition_need(void)
{
	need_disposable();
	need_controller("cpuset");
	struct cgroup probe = cgroup_make("probe");

	/* Before that one, other cgroups' tasks did not get back what a partition had taken. */
	need_cgroup_file(&probe, "cpuset.cpus.exclusive");
	SOON(partition_cpus_allowed() > 1); /* those of the test before come a moment later */
}

static inline char *partition_root_effective(void)
{
	return file_read("%s/cpuset.cpus.effective", cgroup_mount());
}

static inline void partition_make(const struct cgroup *cg, const char *cpus)
{
	cgroup_write(cg, "cpuset.cpus", "%s", cpus);
	ASSERT_OK(partition_try(cg, "root"));
	ASSERT_STREQ("root", partition_state(cg));
}

/* A child with the controller, named so that partition_clear() finds it. */
static inline struct cgroup partition_below(const struct cgroup *cg)
{
	cgroup_write(cg, "cgroup.subtree_control", "+cpuset");
	return cgroup_make_in(cg, "below");
}

#endif
