// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuset.cpus.partition: CPUs of one's own.  Partitions are made of CPUs that
 * their parent partition gives away, at the top the root of the hierarchy: all
 * cgroups down to the test's become remote or local partitions' ancestors, so
 * these tests work where the test's own directory can hold exclusive CPUs.
 */
#include "suite.h"

#include <sched.h>
#include <sys/inotify.h>

FIXTURE(cpuset)
{
	struct cgroup a, b; /* below the root of the hierarchy, as partitions want it */
	char cpu[2][16];
};

static struct cgroup make_top(const char *name)
{
	struct cgroup root = { .version = 2 }, cg;

	snprintf(root.path, sizeof(root.path), "%s", cgroup_mount());
	if (cgroup_has(&root, "cgroup.events"))
		check_skip(
			"not permitted: the root of the hierarchy (a cgroup namespace hides it)");
	name = text_format("%s.partition-%s", getenv("BULKHEAD_TAG") ?: "bulkhead", name);
	if (cgroup_try_make(&root, name, &cg) && errno == EEXIST) {
		/* What a failed test has left. */
		cgroup_try_write(&cg, "cpuset.cpus.partition", "member");
		ASSERT_SOON(!rmdir(cg.path));
		MUST(cgroup_try_make(&root, name, &cg));
	}
	return cg;
}

static int cpus_allowed(void)
{
	cpu_set_t set;

	MUST(sched_getaffinity(0, sizeof(set), &set));
	return CPU_COUNT(&set);
}

FIXTURE_SETUP(cpuset)
{
	need_disposable(); /* a partition takes CPUs from everybody else */
	need_controller("cpuset");
	struct cgroup probe = cgroup_make("probe");

	/* Before that one, other cgroups' tasks did not get back what a partition had taken. */
	need_cgroup_file(&probe, "cpuset.cpus.exclusive");
	self->a = make_top("a");
	self->b = make_top("b");
	SOON(cpus_allowed() > 1); /* those of the test before come back a moment later */
	for (int i = 0; i < 2; i++)
		snprintf(self->cpu[i], sizeof(self->cpu[i]), "%d", burn_cpu(i));
}
FIXTURE_TEARDOWN(cpuset)
{
	EXPECT_SOON(!rmdir(self->a.path) || errno == ENOENT);
	EXPECT_SOON(!rmdir(self->b.path) || errno == ENOENT);
}

static char *state(const struct cgroup *cg)
{
	return cgroup_read(cg, "cpuset.cpus.partition");
}

static int try_state(const struct cgroup *cg, const char *want)
{
	return cgroup_try_write(cg, "cpuset.cpus.partition", "%s", want);
}

static char *root_effective(void)
{
	return file_read("%s/cpuset.cpus.effective", cgroup_mount());
}

/* A valid partition of the second CPU. */
static void make_partition(const struct cgroup *cg, const char *cpu)
{
	cgroup_write(cg, "cpuset.cpus", "%s", cpu);
	ASSERT_OK(try_state(cg, "root"));
	ASSERT_STREQ("root", state(cg));
}

TEST_F(cpuset, partition_values)
{
	static const char *const bad[] = { "x", "1", "roots", "root invalid", "" };

	EXPECT_STREQ("member", state(&self->a));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (*bad[i])
			check_errno(HERE, bad[i], EINVAL, try_state(&self->a, bad[i]));
	EXPECT_STREQ("member", state(&self->a));
	EXPECT_OK(try_state(&self->a, "member"));
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	EXPECT_OK(try_state(&self->a, "root"));
	EXPECT_STREQ("root", state(&self->a));
	EXPECT_OK(try_state(&self->a, "member"));
	EXPECT_STREQ("member", state(&self->a));
}

/* Taken from the parent and all siblings, and their tasks. */
TEST_F(cpuset, partition_root_takes_cpus)
{
	char *before = root_effective();
	struct child c;

	CHILD (&c, .cgroup = &self->b)
		child_sleep();
	EXPECT_STREQ(before, proc_status(c.pid, "Cpus_allowed_list"));
	make_partition(&self->a, self->cpu[1]);
	EXPECT_STREQ(self->cpu[1], cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_STRNE(before, root_effective());
	EXPECT_FALSE(strstr(root_effective(), self->cpu[1]));
	EXPECT_STREQ(root_effective(), cgroup_read(&self->b, "cpuset.cpus.effective"));
	EXPECT_SOON(!strcmp(root_effective(), proc_status(c.pid, "Cpus_allowed_list")));
	cgroup_add(&self->a, c.pid);
	EXPECT_STREQ(self->cpu[1], proc_status(c.pid, "Cpus_allowed_list"));
	child_kill(&c);
}

TEST_F(cpuset, partition_member_returns_cpus)
{
	char *before = root_effective();

	make_partition(&self->a, self->cpu[1]);
	EXPECT_OK(try_state(&self->a, "member"));
	EXPECT_STREQ(before, root_effective());
	make_partition(&self->a, self->cpu[1]);
	ASSERT_SOON(!rmdir(self->a.path));
	EXPECT_SOON(!strcmp(before, root_effective()));
}

TEST_F(cpuset, partition_transitions)
{
	static const char *const way[] = { "root",     "isolated", "root", "member",
					   "isolated", "member",   "root", "member" };

	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	if (try_state(&self->a, "isolated") && errno == EINVAL)
		check_skip("not supported: isolated partitions");
	EXPECT_STREQ("isolated", state(&self->a));
	for (size_t i = 0; i < ARRAY_SIZE(way); i++) {
		EXPECT_OK(try_state(&self->a, way[i]));
		EXPECT_STREQ(way[i], state(&self->a));
	}
}

static bool keeps_invalid(const struct cgroup *cg)
{
	/* Kernels before 6.1 refuse the write instead. */
	return !try_state(cg, "root");
}

TEST_F(cpuset, partition_reason_empty)
{
	if (!keeps_invalid(&self->a))
		check_skip("not supported: partitions that are invalid with a reason");
	EXPECT_TRUE(!strncmp(state(&self->a), "root invalid (", 14));
	EXPECT_TRUE(strstr(state(&self->a), "empty"));
}

TEST_F(cpuset, partition_write_never_fails_on_state)
{
	if (!keeps_invalid(&self->a))
		check_skip("not supported: partitions that are invalid with a reason");
	EXPECT_TRUE(!strncmp(state(&self->a), "root invalid (", 14));
	EXPECT_OK(try_state(&self->a, "isolated"));
	EXPECT_TRUE(!strncmp(state(&self->a), "isolated invalid (", 18));
	EXPECT_OK(try_state(&self->a, "member"));
	EXPECT_STREQ("member", state(&self->a));
}

/* The one that comes later does not get what the other holds. */
TEST_F(cpuset, partition_siblings_exclusive)
{
	make_partition(&self->a, self->cpu[1]);
	if (!cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->cpu[1]))
		EXPECT_OK(try_state(&self->b, "root"));
	bool a = !strcmp(state(&self->a), "root"), b = !strcmp(state(&self->b), "root");

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
	cgroup_write(&self->a, "cgroup.subtree_control", "+cpuset");
	below = cgroup_make_in(&self->a, "below");
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
	ASSERT_OK(try_state(&self->a, "isolated"));
	ASSERT_STREQ("isolated", state(&self->a));
	EXPECT_TRUE(strstr(file_read("%s", path), self->cpu[1]));
	EXPECT_OK(try_state(&self->a, "root"));
	EXPECT_STREQ(before, file_read("%s", path));
	EXPECT_OK(try_state(&self->a, "isolated"));
	EXPECT_OK(try_state(&self->a, "member"));
	EXPECT_STREQ(before, file_read("%s", path));
}

TEST_F(cpuset, partition_notify)
{
	int fd = cgroup_open(&self->a, "cpuset.cpus.partition", O_RDONLY);
	char text[256];

	MUST(read(fd, text, sizeof(text)));
	if (poll_one(fd, POLLPRI, 0) & POLLPRI)
		check_skip("not supported: notices of cpuset.cpus.partition");
	make_partition(&self->a, self->cpu[1]);
	if (!(poll_one(fd, POLLPRI, wait_limit_ms(2)) & POLLPRI) &&
	    !cgroup_has(&self->a, "cgroup.kill"))
		check_skip("not supported: notices of cpuset.cpus.partition");
	EXPECT_TRUE(poll_one(fd, POLLPRI, wait_limit_ms(2)) & POLLPRI);
	MUST(pread(fd, text, sizeof(text), 0));
	EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & POLLPRI);
	EXPECT_OK(try_state(&self->a, "member"));
	EXPECT_TRUE(poll_one(fd, POLLPRI, wait_limit_ms(2)) & POLLPRI);
}

/* A child that is local to a partition falls with it, and rises again. */
TEST_F(cpuset, partition_children_invalidated)
{
	struct cgroup below;

	if (!keeps_invalid(&self->b))
		check_skip("not supported: partitions that are invalid with a reason");
	MUST(try_state(&self->b, "member"));
	make_partition(&self->a, self->cpu[1]);
	cgroup_write(&self->a, "cgroup.subtree_control", "+cpuset");
	below = cgroup_make_in(&self->a, "below");
	make_partition(&below, self->cpu[1]);
	/* a has no tasks of its own, so it may give away its last CPU. */
	EXPECT_STREQ("root", state(&self->a));
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_OK(try_state(&self->a, "member"));
	EXPECT_TRUE(!strncmp(state(&below), "root invalid (", 14));
	EXPECT_OK(try_state(&self->a, "root"));
	EXPECT_STREQ("root", state(&below));
	cgroup_remove(&below);
}

SUITE_MAIN(.alone = true)
