// SPDX-License-Identifier: GPL-2.0-only
/* The freezer of cgroup v1. */
#include "v1.h"

FIXTURE(v1_freezer)
{
	struct cgroup a, b; /* b below a */
};
FIXTURE_SETUP(v1_freezer)
{
	self->a = cgroup_v1_make("freezer", "a");
	self->b = v1_below(&self->a, "b");
}
NO_TEARDOWN(v1_freezer)

static bool reads(const struct cgroup *cg, const char *state)
{
	return !strcmp(cgroup_read(cg, "freezer.state"), state);
}

static void runner(struct child *c, const struct cgroup *cg, atomic_long *p)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		progress_run(p);
	}
	ASSERT_SOON(cgroup_contains(cg, c->pid));
	ASSERT_TRUE(progress_moves(p));
}

TEST_F(v1_freezer, states)
{
	static const char *const bad[] = { "FREEZING", "frozen", "1", "x" };
	atomic_long *p = progress_make();
	struct child c;

	EXPECT_STREQ("THAWED", cgroup_read(&self->a, "freezer.state"));
	runner(&c, &self->b, p);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->b, "freezer.state", "%s", bad[i]));
	EXPECT_OK(cgroup_try_write(&self->b, "freezer.state", "FROZEN"));
	EXPECT_SOON(reads(&self->b, "FROZEN"));
	EXPECT_TRUE(progress_stands(p));
	EXPECT_STREQ("THAWED", cgroup_read(&self->a, "freezer.state"));
	EXPECT_OK(cgroup_try_write(&self->b, "freezer.state", "THAWED"));
	EXPECT_STREQ("THAWED", cgroup_read(&self->b, "freezer.state"));
	EXPECT_TRUE(progress_moves(p));
	/* The hierarchy's root has no such file. */
	EXPECT_ERRNO(ENOENT,
		     access(text_format("%s/freezer.state", v1_root(&self->a, "freezer")), F_OK));
	child_kill(&c);
}

TEST_F(v1_freezer, hierarchical)
{
	atomic_long *p = progress_make();
	struct child c;

	runner(&c, &self->b, p);
	cgroup_write(&self->a, "freezer.state", "FROZEN");
	EXPECT_SOON(reads(&self->a, "FROZEN"));
	EXPECT_SOON(reads(&self->b, "FROZEN"));
	EXPECT_TRUE(progress_stands(p));
	EXPECT_EQ(1, cgroup_number(&self->a, "freezer.self_freezing"));
	EXPECT_EQ(0, cgroup_number(&self->a, "freezer.parent_freezing"));
	EXPECT_EQ(0, cgroup_number(&self->b, "freezer.self_freezing"));
	EXPECT_EQ(1, cgroup_number(&self->b, "freezer.parent_freezing"));
	cgroup_write(&self->b, "freezer.state", "THAWED");
	EXPECT_STREQ("FROZEN", cgroup_read(&self->b, "freezer.state"));
	EXPECT_TRUE(progress_stands(p));
	/* Asked for here as well, it outlasts the parent's. */
	cgroup_write(&self->b, "freezer.state", "FROZEN");
	EXPECT_EQ(1, cgroup_number(&self->b, "freezer.self_freezing"));
	cgroup_write(&self->a, "freezer.state", "THAWED");
	EXPECT_EQ(0, cgroup_number(&self->b, "freezer.parent_freezing"));
	EXPECT_STREQ("FROZEN", cgroup_read(&self->b, "freezer.state"));
	EXPECT_TRUE(progress_stands(p));
	cgroup_write(&self->b, "freezer.state", "THAWED");
	EXPECT_TRUE(progress_moves(p));
	child_kill(&c);
}

TEST_F(v1_freezer, kill_waits_for_thaw)
{
	atomic_long *p = progress_make();
	struct child c;

	runner(&c, &self->b, p);
	cgroup_write(&self->b, "freezer.state", "FROZEN");
	ASSERT_SOON(reads(&self->b, "FROZEN"));
	MUST(kill(c.pid, SIGKILL));
	EXPECT_TRUE(progress_stands(p));
	EXPECT_TRUE(child_alive(&c));
	EXPECT_TRUE(cgroup_contains(&self->b, c.pid));
	cgroup_write(&self->b, "freezer.state", "THAWED");
	int status = child_reap(&c);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(v1_freezer, move_in_and_out)
{
	atomic_long *p = progress_make();
	struct cgroup other = v1_below(&self->a, "other");
	struct child c;

	runner(&c, &other, p);
	cgroup_write(&self->b, "freezer.state", "FROZEN");
	ASSERT_SOON(reads(&self->b, "FROZEN"));
	EXPECT_TRUE(progress_moves(p));
	cgroup_add(&self->b, c.pid);
	EXPECT_SOON(reads(&self->b, "FROZEN"));
	EXPECT_TRUE(progress_stands(p));
	cgroup_add(&other, c.pid);
	EXPECT_TRUE(progress_moves(p));
	EXPECT_STREQ("FROZEN", cgroup_read(&self->b, "freezer.state"));
	cgroup_write(&self->b, "freezer.state", "THAWED");
	child_kill(&c);
}

SUITE_MAIN()
