// SPDX-License-Identifier: GPL-2.0-only
/* Counting by cgroup: perf_event_open(2) with PERF_FLAG_PID_CGROUP. */
#include "perf.h"

FIXTURE(perf)
{
	struct cgroup a, b, other; /* b below a */
	int cpu;
};

FIXTURE_SETUP(perf)
{
	char *row = text_value(file_read("/proc/cgroups"), "perf_event");

	if (row && atoi(row))
		check_skip("not supported: perf_event on v2: %s", controller_absence("perf_event"));
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->other = cgroup_make("other");
	self->cpu = burn_cpu(0);
	int fd = perf_try_open(cgroup_dir(&self->a), self->cpu, -1, PERF_FLAG_PID_CGROUP);

	if (fd < 0 && (errno == ENOSYS || errno == EACCES || errno == EPERM))
		check_skip("not permitted: perf_event_open (%s; kernel.perf_event_paranoid)",
			   errno_name(errno));
	if (fd < 0 && errno == EINVAL && !row)
		check_skip("not supported: CONFIG_CGROUP_PERF");
	MUST(fd);
	close(fd);
}
NO_TEARDOWN(perf)

static int open_counter(const struct cgroup *cg, int cpu)
{
	return MUST(perf_try_open(cgroup_dir(cg), cpu, -1, PERF_FLAG_PID_CGROUP));
}

/* Members and those below, on the one CPU; nobody else. */
TEST_F(perf, cgroup_filter)
{
	int fd = open_counter(&self->a, self->cpu);
	struct child c;

	burn_start(&c, &self->other, 0);
	EXPECT_TRUE(burn_until(&self->other, 100000, 10));
	EXPECT_EQ(0, perf_count(fd));
	child_kill(&c);
	burn_start(&c, &self->b, 0);
	EXPECT_SOON(perf_count(fd) > 50000000);
	int64_t counted = perf_count(fd);
	EXPECT_GE(burn_usage(&self->b) * 1000 + 50000000, counted);
}

TEST_F(perf, implicit_on_v2)
{
	struct cgroup own = cgroup_own();
	int fd = open_counter(&self->b, self->cpu);
	struct child c;

	EXPECT_FALSE(text_has_word(cgroup_read(&own, "cgroup.subtree_control"), "perf_event"));
	EXPECT_FALSE(text_has_word(cgroup_read(&self->a, "cgroup.controllers"), "perf_event"));
	burn_start(&c, &self->b, 0);
	EXPECT_SOON(perf_count(fd) > 20000000);
}

TEST_F(perf, cgroup_migration)
{
	int fd = open_counter(&self->a, self->cpu);
	struct child c;
	int64_t at_leave;

	burn_start(&c, &self->other, 0);
	EXPECT_TRUE(burn_until(&self->other, 50000, 10));
	EXPECT_EQ(0, perf_count(fd));
	cgroup_add(&self->a, c.pid);
	EXPECT_SOON(perf_count(fd) > 20000000);
	cgroup_add(&self->other, c.pid);
	at_leave = perf_count(fd);
	EXPECT_TRUE(burn_until(&self->other, 100000, 10));
	EXPECT_EQ(at_leave, perf_count(fd));
	child_kill(&c);
	cgroup_remove(&self->b);
	EXPECT_SOON(!rmdir(self->a.path));
	EXPECT_EQ(at_leave, perf_count(fd));
}

TEST_F(perf, cgroup_bad_args)
{
	int dir = cgroup_dir(&self->a), file = cgroup_open(&self->a, "cgroup.procs", O_RDONLY);
	int leader = open_counter(&self->other, self->cpu);
	int same = open_counter(&self->a, self->cpu);

	EXPECT_ERRNO(EINVAL, perf_try_open(-1, self->cpu, -1, PERF_FLAG_PID_CGROUP));
	EXPECT_ERRNO(EINVAL, perf_try_open(dir, -1, -1, PERF_FLAG_PID_CGROUP));
	EXPECT_ERRNO(EINVAL, perf_try_open(dir, self->cpu, leader, PERF_FLAG_PID_CGROUP));
	EXPECT_OK(perf_try_open(dir, self->cpu, same, PERF_FLAG_PID_CGROUP));
	EXPECT_ERRNO(EBADF, perf_try_open(file, self->cpu, -1, PERF_FLAG_PID_CGROUP));
	EXPECT_ERRNO(EBADF, perf_try_open(MUST(open("/tmp", O_RDONLY)), self->cpu, -1,
					  PERF_FLAG_PID_CGROUP));
}

/* It asks nothing of subtree_control, so no v2 cgroup keeps it from a hierarchy of v1. */
TEST_F(perf, can_move_to_v1)
{
	char *dir = temp_dir();

	if (strstr(file_read("/proc/cmdline"), "cgroup_no_v1"))
		check_skip("not permitted: v1 hierarchies (cgroup_no_v1 on the command line)");
	EXPECT_FALSE(strstr(file_read("/proc/self/cgroup"), ":perf_event:"));
	ASSERT_OK(mount("cgroup", dir, "cgroup", 0, "perf_event"));
	EXPECT_TRUE(strstr(file_read("/proc/self/cgroup"), ":perf_event:"));
	EXPECT_FALSE(access(self->b.path, F_OK));
	MUST(umount(dir));
	EXPECT_SOON(!strstr(file_read("/proc/self/cgroup"), ":perf_event:"));
	int fd = -1;

	/* And back it comes. */
	EXPECT_SOON((fd = perf_try_open(cgroup_dir(&self->a), self->cpu, -1,
					PERF_FLAG_PID_CGROUP)) >= 0);
}

SUITE_MAIN(.alone = true)
