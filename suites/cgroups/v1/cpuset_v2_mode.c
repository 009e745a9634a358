// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuset mounted with cpuset_v2_mode, which takes a controller that no other
 * hierarchy has: one that is mounted keeps the mode it began with.
 */
#include "cpuset.h"

AREA(v1_cpuset);

static struct cgroup mount_v2_mode(void)
{
	struct cgroup root;
	struct mountinfo m;

	if (v1_hierarchy_of("cpuset") > 0)
		check_skip("not permitted: cpuset, which another hierarchy has taken");
	int ret = cgroup_v1_try_mount(&root, "cgroup", "cpuset,cpuset_v2_mode"), e = errno;
	const char *absence = controller_v1_absence("cpuset");
	if (ret && *absence)
		check_skip("not supported: cpuset on v1%s", absence);
	if (ret && e == EBUSY)
		check_skip("not permitted: cpuset, which cgroups of v2 use");
	errno = e;
	MUST(ret);
	m = mountinfo_of(0, root.path);
	EXPECT_TRUE(strstr(m.super, "cpuset_v2_mode"));
	return root;
}

static bool effective_is(const struct cgroup *cg, const char *want)
{
	return !strcmp(want, cgroup_read(cg, "cpuset.effective_cpus"));
}

/* What was asked for stays, and comes back with the CPU; the tasks stay as well. */
TEST_F(v1_cpuset, v2_mode)
{
	struct cgroup root = mount_v2_mode(), a = v1_below(&root, "a"), b = v1_below(&a, "b");
	char *all = cpus(&root), *mems = cgroup_read(&root, "cpuset.mems"), one[16], zero[16];
	struct child c;

	snprintf(zero, sizeof(zero), "%d", burn_cpu(0));
	snprintf(one, sizeof(one), "%d", burn_cpu(1));
	char *both = text_format("%s,%s", zero, one), *online = cpu_switch(one);
	configure(&a, both, mems);
	both = cpus(&a);
	configure(&b, one, mems);
	v1_start(&c, &b);
	EXPECT_TRUE(effective_is(&a, both));
	EXPECT_TRUE(effective_is(&b, one));
	file_write(online, "0");
	EXPECT_SOON(effective_is(&a, zero));
	EXPECT_SOON(effective_is(&b, zero));
	EXPECT_STREQ(both, cpus(&a));
	EXPECT_STREQ(one, cpus(&b));
	EXPECT_TRUE(cgroup_contains(&b, c.pid));
	EXPECT_SOON(!strcmp(zero, proc_status(c.pid, "Cpus_allowed_list")));
	file_write(online, "1");
	EXPECT_SOON(effective_is(&a, both));
	EXPECT_SOON(effective_is(&b, one));
	EXPECT_STREQ(one, cpus(&b));
	EXPECT_SOON(!strcmp(one, proc_status(c.pid, "Cpus_allowed_list")));
	EXPECT_STREQ(mems, cgroup_read(&b, "cpuset.effective_mems"));
	EXPECT_SOON(!strcmp(all, cpus(&root)));
}

SUITE_MAIN(.alone = true)
