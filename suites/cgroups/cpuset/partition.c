// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuset.cpus.partition: CPUs of one's own.  Partitions are made of CPUs that
 * their parent partition gives away, at the top the root of the hierarchy: all
 * cgroups down to the test's become remote or local partitions' ancestors, so
 * these tests work where the test's own directory can hold exclusive CPUs.
 */
#include "partition.h"

#include <sys/inotify.h>

FIXTURE(cpuset)
{
	struct cgroup a, b; /* below the root of the hierarchy, as partitions want it */
	char cpu[2][16];
};

FIXTURE_SETUP(cpuset)
{
	partition_need();
	self->a = partition_top("a");
	self->b = partition_top("b");
	for (int i = 0; i < 2; i++)
		snprintf(self->cpu[i], sizeof(self->cpu[i]), "%d", burn_cpu(i));
}
FIXTURE_TEARDOWN(cpuset)
{
	EXPECT_SOON(!rmdir(self->a.path) || errno == ENOENT);
	EXPECT_SOON(!rmdir(self->b.path) || errno == ENOENT);
}

TEST_F(cpuset, partition_values)
{
	static const char *const bad[] = { "x", "1", "roots", "root invalid", "" };

	EXPECT_STREQ("member", partition_state(&self->a));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (*bad[i])
			check_errno(HERE, bad[i], EINVAL, partition_try(&self->a, bad[i]));
	EXPECT_STREQ("member", partition_state(&self->a));
	EXPECT_OK(partition_try(&self->a, "member"));
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_STREQ("root", partition_state(&self->a));
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_STREQ("member", partition_state(&self->a));
}

/* Taken from the parent and all siblings, and their tasks. */
TEST_F(cpuset, partition_root_takes_cpus)
{
	char *before = partition_root_effective();
	struct child c;

	CHILD (&c, .cgroup = &self->b)
		child_sleep();
	EXPECT_STREQ(before, proc_status(c.pid, "Cpus_allowed_list"));
	partition_make(&self->a, self->cpu[1]);
	EXPECT_STREQ(self->cpu[1], cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_STRNE(before, partition_root_effective());
	EXPECT_FALSE(strstr(partition_root_effective(), self->cpu[1]));
	EXPECT_STREQ(partition_root_effective(), cgroup_read(&self->b, "cpuset.cpus.effective"));
	EXPECT_SOON(!strcmp(partition_root_effective(), proc_status(c.pid, "Cpus_allowed_list")));
	cgroup_add(&self->a, c.pid);
	EXPECT_STREQ(self->cpu[1], proc_status(c.pid, "Cpus_allowed_list"));
	child_kill(&c);
}

TEST_F(cpuset, partition_member_returns_cpus)
{
	char *before = partition_root_effective();

	partition_make(&self->a, self->cpu[1]);
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_STREQ(before, partition_root_effective());
	partition_make(&self->a, self->cpu[1]);
	ASSERT_SOON(!rmdir(self->a.path));
	EXPECT_SOON(!strcmp(before, partition_root_effective()));
}

TEST_F(cpuset, partition_transitions)
{
	static const char *const way[] = { "root",     "isolated", "root", "member",
					   "isolated", "member",   "root", "member" };

	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	if (partition_try(&self->a, "isolated") && errno == EINVAL)
		check_skip("not supported: isolated partitions");
	EXPECT_STREQ("isolated", partition_state(&self->a));
	for (size_t i = 0; i < ARRAY_SIZE(way); i++) {
		EXPECT_OK(partition_try(&self->a, way[i]));
		EXPECT_STREQ(way[i], partition_state(&self->a));
	}
}

static bool keeps_invalid(const struct cgroup *cg)
{
	/* Kernels before 6.1 refuse the write instead. */
	return !partition_try(cg, "root");
}

TEST_F(cpuset, partition_reason_empty)
{
	if (!keeps_invalid(&self->a))
		check_skip("not supported: partitions that are invalid with a reason");
	EXPECT_TRUE(!strncmp(partition_state(&self->a), "root invalid (", 14));
	EXPECT_TRUE(strstr(partition_state(&self->a), "empty"));
}

TEST_F(cpuset, partition_write_never_fails_on_state)
{
	if (!keeps_invalid(&self->a))
		check_skip("not supported: partitions that are invalid with a reason");
	EXPECT_TRUE(!strncmp(partition_state(&self->a), "root invalid (", 14));
	EXPECT_OK(partition_try(&self->a, "isolated"));
	EXPECT_TRUE(!strncmp(partition_state(&self->a), "isolated invalid (", 18));
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_STREQ("member", partition_state(&self->a));
}

/* The one that comes later does not get what the other holds. */
TEST_F(cpuset, partition_siblings_exclusive)
{
	partition_make(&self->a, self->cpu[1]);
	if (!cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->cpu[1]))
		EXPECT_OK(partition_try(&self->b, "root"));
	bool a = !strcmp(partition_state(&self->a), "root"),
	     b = !strcmp(partition_state(&self->b), "root");

	EXPECT_FALSE(a && b); /* up to 6.12 the wish alone makes the first one invalid */
	if (a) {
		EXPECT_STREQ(self->cpu[1], cgroup_read(&self->a, "cpuset.cpus.effective"));
		EXPECT_FALSE(strstr(cgroup_read(&self->b, "cpuset.cpus.effective"), self->cpu[1]));
	}
	if (b)
		EXPECT_FALSE(strstr(cgroup_read(&self->a, "cpuset.cpus.effective"), self->cpu[1]));
}

TEST_F(cpuset, exclusive_sibling_conflict)
{
	need_cgroup_file(&self->a, "cpuset.cpus.exclusive");
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus.exclusive", "%s", self->cpu[1]));
	EXPECT_ERRNO(EINVAL,
		     cgroup_try_write(&self->b, "cpuset.cpus.exclusive", "%s", self->cpu[1]));
	EXPECT_STREQ("", cgroup_read(&self->b, "cpuset.cpus.exclusive"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus.exclusive", "\n"));
	EXPECT_OK(cgroup_try_write(&self->b, "cpuset.cpus.exclusive", "%s", self->cpu[1]));
}

TEST_F(cpuset, exclusive_effective)
{
	struct cgroup below;

	need_cgroup_file(&self->a, "cpuset.cpus.exclusive.effective");
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.cpus.exclusive.effective"));
	cgroup_write(&self->a, "cpuset.cpus.exclusive", "%s", self->cpu[1]);
	EXPECT_STREQ(self->cpu[1], cgroup_read(&self->a, "cpuset.cpus.exclusive.effective"));
	below = partition_below(&self->a);
	EXPECT_STREQ("", cgroup_read(&below, "cpuset.cpus.exclusive.effective"));
	cgroup_write(&below, "cpuset.cpus.exclusive", "%s,%s", self->cpu[0], self->cpu[1]);
	EXPECT_STREQ(self->cpu[1], cgroup_read(&below, "cpuset.cpus.exclusive.effective"));
	cgroup_remove(&below);
}

TEST_F(cpuset, isolated_file)
{
	char *path = text_format("%s/cpuset.cpus.isolated", cgroup_mount());

	need_file(path, "the list of isolated CPUs");
	char *before = file_read("%s", path);

	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	ASSERT_OK(partition_try(&self->a, "isolated"));
	ASSERT_STREQ("isolated", partition_state(&self->a));
	EXPECT_TRUE(strstr(file_read("%s", path), self->cpu[1]));
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_STREQ(before, file_read("%s", path));
	EXPECT_OK(partition_try(&self->a, "isolated"));
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_STREQ(before, file_read("%s", path));
}

TEST_F(cpuset, partition_notify)
{
	int fd = cgroup_open(&self->a, "cpuset.cpus.partition", O_RDONLY);
	char text[256];

	MUST(read(fd, text, sizeof(text)));
	if (poll_one(fd, POLLPRI, 0) & POLLPRI)
		check_skip("not supported: notices of cpuset.cpus.partition");
	partition_make(&self->a, self->cpu[1]);
	if (!(poll_one(fd, POLLPRI, wait_limit_ms(2)) & POLLPRI) &&
	    !cgroup_has(&self->a, "cgroup.kill"))
		check_skip("not supported: notices of cpuset.cpus.partition");
	EXPECT_TRUE(poll_one(fd, POLLPRI, wait_limit_ms(2)) & POLLPRI);
	MUST(pread(fd, text, sizeof(text), 0));
	EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & POLLPRI);
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_TRUE(poll_one(fd, POLLPRI, wait_limit_ms(2)) & POLLPRI);
}

/* A child that is local to a partition falls with it, and rises again. */
TEST_F(cpuset, partition_children_invalidated)
{
	struct cgroup below;

	if (!keeps_invalid(&self->b))
		check_skip("not supported: partitions that are invalid with a reason");
	MUST(partition_try(&self->b, "member"));
	partition_make(&self->a, self->cpu[1]);
	below = partition_below(&self->a);
	partition_make(&below, self->cpu[1]);
	/* a has no tasks of its own, so it may give away its last CPU. */
	EXPECT_STREQ("root", partition_state(&self->a));
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_TRUE(!strncmp(partition_state(&below), "root invalid (", 14));
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_STREQ("root", partition_state(&below));
	cgroup_remove(&below);
}

SUITE_MAIN(.alone = true)
