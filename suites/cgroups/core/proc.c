// SPDX-License-Identifier: GPL-2.0-only
/* What /proc tells of cgroups. */
#include "suite.h"

AREA(core_proc);

TEST_F(core_proc, v2_line)
{
	char *text = file_read("/proc/self/cgroup"), *line = text;
	int lines = 0;

	if (!cgroup_mount())
		check_skip("not supported: no cgroup2 is mounted");
	while (line) {
		if (!strncmp(line, "0:", 2)) {
			lines++;
			EXPECT_TRUE(!strncmp(line, "0::/", 4));
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	EXPECT_EQ(1, lines);
	struct cgroup a = cgroup_make("a");

	IN_CHILD (.cgroup = &a)
		EXPECT_STREQ(cgroup_name(&a), cgroup_of(0));
}

TEST_F(core_proc, deleted_suffix)
{
	struct cgroup a = cgroup_make("a"), b = cgroup_make("b");
	struct child c;
	char *name = cgroup_name(&a);

	CHILD (&c, .cgroup = &a)
		break;
	child_dead(&c);
	EXPECT_STREQ(name, cgroup_of(c.pid));
	ASSERT_SOON(!rmdir(a.path) || errno != EBUSY);
	EXPECT_STREQ(text_format("%s (deleted)", name), cgroup_of(c.pid));
	/* A new cgroup of that name is not the old one. */
	a = cgroup_make("a");
	EXPECT_STREQ(text_format("%s (deleted)", name), cgroup_of(c.pid));
	child_wait(&c);
	cgroup_remove(&b);
}

/* name, hierarchy, number, enabled; tabs between. */
TEST_F(core_proc, cgroups_file)
{
	char *text = file_read("/proc/cgroups"), *save, *line, name[32], again[128];
	int rows = 0, hierarchy, groups, enabled, v2 = 0;

	line = strtok_r(text, "\n", &save);
	EXPECT_STREQ("#subsys_name\thierarchy\tnum_cgroups\tenabled", line);
	while ((line = strtok_r(NULL, "\n", &save))) {
		rows++;
		ASSERT_EQ(4, sscanf(line, "%31s %d %d %d", name, &hierarchy, &groups, &enabled));
		snprintf(again, sizeof(again), "%s\t%d\t%d\t%d", name, hierarchy, groups, enabled);
		EXPECT_STREQ(again, line);
		EXPECT_TRUE(enabled == 0 || enabled == 1);
		EXPECT_LE(0, hierarchy);
		v2 += hierarchy == 0;
		/* Bound to v1 is what /proc/self/cgroup lists with that number, and only that. */
		char *own = file_read("/proc/self/cgroup"), *at = text_format("\n%d:", hierarchy);

		if (hierarchy)
			EXPECT_TRUE(strstr(text_format("\n%s", own), at));
	}
	EXPECT_LT(0, rows);
	if (cgroup_mount()) {
		char root[PATH_MAX + 32];

		snprintf(root, sizeof(root), "%s/cgroup.controllers", cgroup_mount());
		if (*file_read("%s", root))
			EXPECT_LT(0, v2);
	}
}

/* A controller built without its v1 half is on v2 all the same, but not in the table. */
TEST_F(core_proc, cgroups_only_v1)
{
	static const struct {
		const char *controller, *option;
	} v1[] = { { "memory", "CONFIG_MEMCG_V1" }, { "cpuset", "CONFIG_CPUSETS_V1" } };
	char *table = file_read("/proc/cgroups"), *line = file_read("/proc/cmdline");
	int checked = 0;

	if (strstr(line, "cgroup_v1_proc"))
		check_skip("not supported: cgroup_v1_proc is on the kernel's command line");
	for (size_t i = 0; i < ARRAY_SIZE(v1); i++) {
		int built = kernel_option(v1[i].option);

		if (built < 0)
			continue;
		checked++;
		if (!built && text_value(table, v1[i].controller))
			check_skip("not supported: /proc/cgroups without what has no v1 files");
		EXPECT_EQ(built, text_value(table, v1[i].controller) != NULL);
	}
	if (!checked)
		check_skip("not supported: a kernel whose configuration knows CONFIG_MEMCG_V1");
}

TEST_F(core_proc, cpuset_file)
{
	char path[] = "/proc/self/cpuset";
	struct cgroup a;

	if (access(path, F_OK))
		check_skip("not supported: /proc/PID/cpuset (CONFIG_PROC_PID_CPUSET)");
	EXPECT_EQ('/', file_read("%s", path)[0]);
	if (!try_controller("cpuset"))
		return;
	a = cgroup_make("a");
	IN_CHILD (.cgroup = &a) {
		EXPECT_STREQ(cgroup_name(&a), file_read("%s", path));
		struct cgroup b = cgroup_make_in(&a, "b");

		/* b has no cpuset of its own: a's supplies it. */
		cgroup_write(&b, "cgroup.procs", "0");
		EXPECT_STREQ(cgroup_name(&a), file_read("%s", path));
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_STREQ("/..", file_read("%s", path));
	}
}

SUITE_MAIN()
