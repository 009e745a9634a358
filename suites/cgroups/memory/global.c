// SPDX-License-Identifier: GPL-2.0-only
/* What the system-wide OOM killer and pressure on sockets leave in memory.events. */
#include "suite.h"

FIXTURE(memory)
{
	struct cgroup p, a;
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
}
NO_TEARDOWN(memory)

/* Called by hand: the machine's memory need not be used up for it. */
TEST_F(memory, events_global_oom_counts)
{
	struct child c;

	need_file("/proc/sysrq-trigger", "SysRq (CONFIG_MAGIC_SYSRQ)");
	CHILD (&c, .cgroup = &self->a) {
		/* Chosen before everybody else on the machine. */
		file_write("/proc/self/oom_score_adj", "1000");
		MUST(hog_touch(16 * MB) ? 0 : -1);
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	file_write("/proc/sysrq-trigger", "f");
	EXPECT_OOM_KILLED(child_reap(&c));
	EXPECT_SOON(cgroup_key(&self->a, "memory.events", "oom_kill") == 1);
	EXPECT_EQ(1, cgroup_key(&self->p, "memory.events", "oom_kill"));
	EXPECT_EQ(0, cgroup_key(&self->a, "memory.events", "max"));
	EXPECT_EQ(0, cgroup_key(&self->a, "memory.events", "oom"));
}

SUITE_MAIN(.alone = true)
