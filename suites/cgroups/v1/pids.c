// SPDX-License-Identifier: GPL-2.0-only
/* The pids controller on v1. */
#include "v1.h"

AREA(v1_pids);

TEST_F(v1_pids, same_as_v2)
{
	struct cgroup a = cgroup_v1_make("pids", "a"), b = v1_below(&a, "b");

	EXPECT_STREQ("max", cgroup_read(&a, "pids.max"));
	EXPECT_EQ(0, cgroup_number(&a, "pids.current"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "pids.max", "-1"));
	EXPECT_OK(cgroup_try_write(&b, "pids.max", "1"));
	IN_CHILD () {
		cgroup_add(&b, 0);
		EXPECT_EQ(1, cgroup_number(&b, "pids.current"));
		EXPECT_EQ(1, cgroup_number(&a, "pids.current"));
		EXPECT_EQ(EAGAIN, child_fork_errno());
		EXPECT_EQ(1, cgroup_key(&b, "pids.events", "max"));
		EXPECT_EQ(0, cgroup_key(&a, "pids.events", "max"));
		cgroup_write(&b, "pids.max", "2");
		EXPECT_EQ(0, child_fork_errno());
		/* An ancestor's limit, counted where the fork was refused. */
		cgroup_write(&a, "pids.max", "1");
		EXPECT_EQ(EAGAIN, child_fork_errno());
		EXPECT_EQ(2, cgroup_key(&b, "pids.events", "max"));
		EXPECT_EQ(0, cgroup_key(&a, "pids.events", "max"));
		cgroup_write(&a, "pids.max", "max");
		cgroup_write(&b, "pids.max", "max");
		EXPECT_EQ(0, child_fork_errno());
	}
	EXPECT_SOON(cgroup_number(&a, "pids.current") == 0);
	if (cgroup_has(&b, "pids.peak"))
		EXPECT_EQ(2, cgroup_number(&b, "pids.peak"));
}

SUITE_MAIN()
