// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup.controllers and cgroup.subtree_control: which controllers reach where.
 * pids stands for the threaded controllers, memory for the domain ones.
 */
#include "suite.h"

FIXTURE(core_control)
{
	struct cgroup a, b;
};
FIXTURE_SETUP(core_control)
{
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
}
NO_TEARDOWN(core_control)

/* The controllers given, in the tree of the fixture, which is then made anew. */
static void renew(struct cgroup *a, struct cgroup *b, const char *const *controllers)
{
	for (; *controllers; controllers++)
		need_controller(*controllers);
	cgroup_remove(b);
	cgroup_remove(a);
	*a = cgroup_make("a");
	*b = cgroup_make_in(a, "b");
}
#define NEED(...) renew(&self->a, &self->b, (const char *const[]) { __VA_ARGS__, NULL })

static int try_control(const struct cgroup *cg, const char *text)
{
	return cgroup_try_write(cg, "cgroup.subtree_control", "%s", text);
}

static char *control(const struct cgroup *cg)
{
	return cgroup_read(cg, "cgroup.subtree_control");
}

TEST_F(core_control, subtree_starts_empty)
{
	char text[16];

	EXPECT_EQ(0, cgroup_try_read(&self->a, "cgroup.subtree_control", text, sizeof(text)));
	if (!try_controller("pids"))
		return;
	NEED("pids");
	EXPECT_EQ(0, cgroup_try_read(&self->a, "cgroup.subtree_control", text, sizeof(text)));
	EXPECT_EQ(0, cgroup_try_read(&self->b, "cgroup.subtree_control", text, sizeof(text)));
	EXPECT_EQ(0, cgroup_try_read(&self->b, "cgroup.controllers", text, sizeof(text)));
}

TEST_F(core_control, controllers_mirror_parent)
{
	struct cgroup own = cgroup_own();

	EXPECT_STREQ(control(&own), cgroup_read(&self->a, "cgroup.controllers"));
	EXPECT_STREQ("", cgroup_read(&self->b, "cgroup.controllers"));
	if (!try_controller("pids") || !try_controller("memory"))
		return;
	NEED("pids", "memory");
	EXPECT_STREQ(control(&own), cgroup_read(&self->a, "cgroup.controllers"));
	EXPECT_OK(try_control(&self->a, "+memory +pids"));
	EXPECT_STREQ(control(&self->a), cgroup_read(&self->b, "cgroup.controllers"));
	EXPECT_TRUE(text_has_word(control(&self->a), "memory"));
	EXPECT_TRUE(text_has_word(control(&self->a), "pids"));
	EXPECT_OK(try_control(&self->a, "-memory"));
	EXPECT_STREQ("pids", control(&self->a));
	EXPECT_STREQ("pids", cgroup_read(&self->b, "cgroup.controllers"));
	/* A threaded cgroup gets only what is threaded. */
	EXPECT_OK(try_control(&self->a, "-pids"));
	struct cgroup domain = cgroup_make("domain"), thread = cgroup_make_in(&domain, "thread");

	EXPECT_OK(cgroup_try_write(&thread, "cgroup.type", "threaded"));
	EXPECT_OK(try_control(&domain, "+pids"));
	EXPECT_STREQ("pids", cgroup_read(&thread, "cgroup.controllers"));
}

TEST_F(core_control, enable_creates_files)
{
	struct cgroup later;

	NEED("pids", "memory");
	EXPECT_FALSE(cgroup_has(&self->b, "pids.max"));
	EXPECT_OK(try_control(&self->a, "+pids"));
	EXPECT_STREQ("max", cgroup_read(&self->b, "pids.max"));
	EXPECT_EQ(0, cgroup_number(&self->b, "pids.current"));
	EXPECT_FALSE(cgroup_has(&self->b, "memory.max"));
	EXPECT_OK(try_control(&self->a, "+memory"));
	EXPECT_STREQ("max", cgroup_read(&self->b, "memory.max"));
	EXPECT_STREQ("0", cgroup_read(&self->b, "memory.min"));
	later = cgroup_make_in(&self->a, "later");
	EXPECT_STREQ("max", cgroup_read(&later, "pids.max"));
	EXPECT_STREQ("max", cgroup_read(&later, "memory.max"));
}

TEST_F(core_control, disable_removes_files)
{
	NEED("pids");
	EXPECT_OK(try_control(&self->a, "+pids"));
	cgroup_write(&self->b, "pids.max", "7");
	EXPECT_OK(try_control(&self->a, "-pids"));
	EXPECT_FALSE(cgroup_has(&self->b, "pids.max"));
	EXPECT_FALSE(cgroup_has(&self->b, "pids.current"));
	EXPECT_OK(try_control(&self->a, "+pids"));
	EXPECT_STREQ("max", cgroup_read(&self->b, "pids.max"));
}

TEST_F(core_control, enable_unavailable_enoent)
{
	NEED("pids");
	/* It is not enabled in a, so b does not have it to give. */
	EXPECT_ERRNO(ENOENT, try_control(&self->b, "+pids"));
	EXPECT_OK(try_control(&self->a, "+pids"));
	EXPECT_OK(try_control(&self->b, "+pids"));
}

TEST_F(core_control, disable_in_use_ebusy)
{
	NEED("pids");
	EXPECT_OK(try_control(&self->a, "+pids"));
	EXPECT_OK(try_control(&self->b, "+pids"));
	EXPECT_ERRNO(EBUSY, try_control(&self->a, "-pids"));
	EXPECT_STREQ("pids", control(&self->a));
	EXPECT_TRUE(cgroup_has(&self->b, "pids.max"));
	EXPECT_OK(try_control(&self->b, "-pids"));
	EXPECT_OK(try_control(&self->a, "-pids"));
}

TEST_F(core_control, all_or_nothing)
{
	NEED("pids", "memory");
	EXPECT_ERRNO(EINVAL, try_control(&self->a, "+pids +nosuch"));
	EXPECT_STREQ("", control(&self->a));
	EXPECT_ERRNO(ENOENT, try_control(&self->b, "+pids +memory"));
	EXPECT_OK(try_control(&self->a, "+pids"));
	EXPECT_ERRNO(ENOENT, try_control(&self->b, "+pids +memory"));
	EXPECT_STREQ("", control(&self->b));
	EXPECT_OK(try_control(&self->b, "+pids"));
	EXPECT_ERRNO(EBUSY, try_control(&self->a, "+memory -pids"));
	EXPECT_STREQ("pids", control(&self->a));
	EXPECT_FALSE(cgroup_has(&self->b, "memory.max"));
}

TEST_F(core_control, last_token_wins)
{
	NEED("pids");
	EXPECT_OK(try_control(&self->a, "+pids -pids"));
	EXPECT_STREQ("", control(&self->a));
	EXPECT_OK(try_control(&self->a, "-pids +pids"));
	EXPECT_STREQ("pids", control(&self->a));
}

TEST_F(core_control, unknown_name_einval)
{
	static const char *const bad[] = { "+nosuch", "pids",	"memory", "++pids", "+",
					   "-",	      "+ pids", "*pids",  "+PIDS",  "+perf_event_",
					   "+devices" };

	NEED("pids");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL, try_control(&self->a, bad[i]));
	EXPECT_STREQ("", control(&self->a));
}

TEST_F(core_control, idempotent)
{
	struct child c;

	NEED("memory");
	EXPECT_OK(try_control(&self->a, "-memory"));
	EXPECT_OK(try_control(&self->a, "+memory"));
	EXPECT_OK(try_control(&self->a, "+memory"));
	EXPECT_STREQ("memory", control(&self->a));
	EXPECT_OK(try_control(&self->b, "-memory"));
	/* b has a member and could not enable it; to leave it off is no change. */
	CHILD (&c, .cgroup = &self->b)
		child_sleep();
	EXPECT_ERRNO(EBUSY, try_control(&self->b, "+memory"));
	EXPECT_OK(try_control(&self->b, "-memory"));
	/* An empty write is one of nothing. */
	EXPECT_OK(try_control(&self->a, " "));
	EXPECT_STREQ("memory", control(&self->a));
}

TEST_F(core_control, internal_process_ebusy)
{
	struct child c;

	NEED("memory");
	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	EXPECT_ERRNO(EBUSY, try_control(&self->a, "+memory"));
	EXPECT_STREQ("", control(&self->a));
	EXPECT_FALSE(cgroup_has(&self->b, "memory.max"));
	child_kill(&c);
	/* Reaped, which on newer kernels is not yet gone. */
	EXPECT_SOON(cgroup_key(&self->a, "cgroup.events", "populated") == 0);
	EXPECT_OK(try_control(&self->a, "+memory"));
}

TEST_F(core_control, procs_into_distributing_ebusy)
{
	struct child c;

	NEED("memory");
	CHILD (&c)
		child_sleep();
	EXPECT_OK(try_control(&self->a, "+memory"));
	EXPECT_ERRNO(EBUSY, cgroup_try_write(&self->a, "cgroup.procs", "%d", c.pid));
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.procs"));
	EXPECT_OK(cgroup_try_write(&self->b, "cgroup.procs", "%d", c.pid));
}

TEST_F(core_control, children_without_controllers_ok)
{
	struct child c;
	struct cgroup more;

	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	EXPECT_OK(cgroup_try_make(&self->a, "more", &more));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	EXPECT_OK(cgroup_try_write(&more, "cgroup.procs", "%d", c.pid));
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.procs", "%d", c.pid));
}

TEST_F(core_control, threaded_controller_with_members)
{
	struct child c;

	NEED("pids");
	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	EXPECT_STREQ("domain", cgroup_read(&self->a, "cgroup.type"));
	EXPECT_OK(try_control(&self->a, "+pids"));
	EXPECT_STREQ("domain threaded", cgroup_read(&self->a, "cgroup.type"));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	EXPECT_TRUE(cgroup_has(&self->b, "pids.max"));
}

/* Enabled in a but not in b: what c's processes use is a's to limit. */
TEST_F(core_control, effective_ancestor_governs)
{
	struct cgroup c;
	struct child child;

	NEED("pids");
	EXPECT_OK(try_control(&self->a, "+pids"));
	c = cgroup_make_in(&self->b, "c");
	EXPECT_FALSE(cgroup_has(&c, "pids.max"));
	EXPECT_EQ(0, cgroup_number(&self->b, "pids.current"));
	CHILD (&child, .cgroup = &c) {
		child_meet(&child);
		errno = 0;
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		EXPECT_EQ(-1, pid);
		EXPECT_EQ(EAGAIN, errno);
	}
	EXPECT_EQ(1, cgroup_number(&self->b, "pids.current"));
	cgroup_write(&self->b, "pids.max", "1");
	child_meet(&child);
	child_wait(&child);
	EXPECT_EQ(0, cgroup_number(&self->b, "pids.current"));
}

TEST_F(core_control, dependency_hidden)
{
	NEED("io", "memory");
	EXPECT_OK(try_control(&self->a, "+io"));
	EXPECT_STREQ("io", cgroup_read(&self->b, "cgroup.controllers"));
	EXPECT_TRUE(cgroup_has(&self->b, "io.stat"));
	EXPECT_FALSE(cgroup_has(&self->b, "memory.current"));
	EXPECT_FALSE(cgroup_has(&self->b, "memory.max"));
}

/* /proc/cgroups knows what is bound to v1 (hierarchy above 0) or disabled. */
TEST_F(core_control, root_controllers)
{
	static const struct {
		const char *v2, *v1, *option;
	} all[] = { { "cpuset", "cpuset", "CONFIG_CPUSETS" },
		    { "cpu", "cpu", "CONFIG_CGROUP_SCHED" },
		    { "io", "blkio", "CONFIG_BLK_CGROUP" },
		    { "memory", "memory", "CONFIG_MEMCG" },
		    { "hugetlb", "hugetlb", "CONFIG_CGROUP_HUGETLB" },
		    { "pids", "pids", "CONFIG_CGROUP_PIDS" },
		    { "rdma", "rdma", "CONFIG_CGROUP_RDMA" },
		    { "misc", "misc", "CONFIG_CGROUP_MISC" } };
	struct cgroup root = need_cgroup_root();
	char *have = cgroup_read(&root, "cgroup.controllers"), *table = file_read("/proc/cgroups");

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		char *row = text_value(table, all[i].v1);
		int hierarchy = 0, groups, enabled = 1;

		if (row)
			sscanf(row, "%d %d %d", &hierarchy, &groups, &enabled);
		else if (kernel_option(all[i].option) != 1)
			hierarchy = 1; /* not compiled in */
		if (text_has_word(have, all[i].v2) != (enabled && !hierarchy))
			check_note("%s: /proc/cgroups says \"%s\"", all[i].v2, row ?: "nothing");
		EXPECT_EQ(enabled && !hierarchy, text_has_word(have, all[i].v2));
	}
	EXPECT_FALSE(text_has_word(have, "perf_event"));
}

TEST_F(core_control, perf_event_not_switchable)
{
	struct cgroup root = need_cgroup_root();

	/* Where it is compiled out, or on v1, it is as unknown as any other name. */
	char *row = text_value(file_read("/proc/cgroups"), "perf_event");

	if (!row || atoi(row))
		check_skip("not supported: perf_event on v2: %s", controller_absence("perf_event"));
	EXPECT_ERRNO(ENOENT, try_control(&root, "+perf_event"));
	EXPECT_ERRNO(ENOENT, try_control(&self->a, "+perf_event"));
	EXPECT_FALSE(text_has_word(control(&root), "perf_event"));
}

/* Processes in it, and domain controllers on at the same time. */
TEST_F(core_control, root_exempt)
{
	struct cgroup root = need_cgroup_root();
	struct child c;

	need_controller("memory");
	EXPECT_TRUE(text_has_word(control(&root), "memory"));
	CHILD (&c) {
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	EXPECT_OK(cgroup_try_write(&root, "cgroup.procs", "%d", c.pid));
	EXPECT_TRUE(cgroup_contains(&root, c.pid));
	EXPECT_STREQ("/", cgroup_of(c.pid));
	EXPECT_OK(try_control(&root, "+memory"));
}

SUITE_MAIN()
