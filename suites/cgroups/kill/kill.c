// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.kill: one write ends everything in a cgroup and below it, and nothing else. */
#include "suite.h"

FIXTURE(kill)
{
	struct cgroup a, below, beside;
};
FIXTURE_SETUP(kill)
{
	self->a = cgroup_make("a");
	self->below = cgroup_make_in(&self->a, "below");
	self->beside = cgroup_make("beside");
	need_cgroup_file(&self->a, "cgroup.kill");
}
NO_TEARDOWN(kill)

/* Placed by a write: what a clone into the cgroup does after a kill is a test of its own. */
static void start(struct child *c, const struct cgroup *cg)
{
	CHILD (c) {
		if (cg)
			cgroup_add(cg, 0);
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_IGN);
		child_send(c, 0);
		child_sleep();
	}
	child_recv(c);
}

static void kill_all(const struct cgroup *cg)
{
	cgroup_write(cg, "cgroup.kill", "1");
}

static int64_t populated(const struct cgroup *cg)
{
	return cgroup_key(cg, "cgroup.events", "populated");
}

TEST_F(kill, kills_all)
{
	struct child in_a, in_below, in_beside, above, writer;

	start(&in_a, &self->a);
	start(&in_below, &self->below);
	start(&in_beside, &self->beside);
	start(&above, NULL);
	CHILD (&writer, .cgroup = &self->a) {
		kill_all(&self->a);
		for (;;) /* the signal is there before user space is again */
			child_send(&writer, 0);
	}
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&writer)));
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&in_a)));
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&in_below)));
	EXPECT_SOON(populated(&self->a) == 0);
	EXPECT_TRUE(child_alive(&in_beside));
	EXPECT_TRUE(child_alive(&above));
	EXPECT_EQ(1, populated(&self->beside));
	/* From a descendant's file only the descendant. */
	start(&in_a, &self->a);
	start(&in_below, &self->below);
	kill_all(&self->below);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&in_below)));
	EXPECT_TRUE(child_alive(&in_a));
	EXPECT_TRUE(child_alive(&in_beside));
}

TEST_F(kill, only_1)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = { { "0", ERANGE },
		    { "2", ERANGE },
		    { "-1", ERANGE },
		    { "x", EINVAL },
		    { "1 1", EINVAL } };
	struct child c;

	start(&c, &self->a);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i].text, bad[i].error,
			    cgroup_try_write(&self->a, "cgroup.kill", "%s", bad[i].text));
	EXPECT_TRUE(child_alive(&c));
	kill_all(&self->a);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
}

TEST_F(kill, cgroup_usable_after)
{
	struct child c, grandchild;
	atomic_long *p = progress_make(), *q = progress_make();

	start(&c, &self->a);
	kill_all(&self->a);
	child_reap(&c);
	CHILD (&c) {
		cgroup_add(&self->a, 0);
		CHILD (&grandchild)
			progress_run(q);
		progress_run(p);
	}
	EXPECT_TRUE(progress_moves(p));
	EXPECT_TRUE(progress_moves(q));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	EXPECT_EQ(2, text_lines(cgroup_read(&self->a, "cgroup.procs")));
	kill_all(&self->a);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
	EXPECT_SOON(populated(&self->a) == 0);
	EXPECT_TRUE(progress_stands(q));
}

/* A kill of the past concerns nobody who is cloned into the cgroup now. */
TEST_F(kill, clone_into_after_kill)
{
	struct child c;
	int status;

	kill_all(&self->a);
	CHILD (&c, .cgroup = &self->a)
		break;
	status = child_reap(&c);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		check_defect("a clone3 into a cgroup that was killed before is killed at birth: "
			     "the kill count is compared with that of the caller's cgroup");
	EXPECT_EQ(0, status);
}

/*
 * Chains of processes: each forks the next one and goes, as fast as it can.  Only so many, the
 * last of which stay: who kills them may be late, and the dead are kept until the test ends.
 */
static void bomb(atomic_long *p)
{
	enum { MOST = 2000 };

	for (int i = 0; i < 20; i++)
		if (!fork())
			break;
	do
		atomic_fetch_add(p, 1);
	while (atomic_load(p) < MOST && !fork());
	while (atomic_load(p) >= MOST)
		pause();
	_exit(0);
}

TEST_F(kill, forkbomb)
{
	for (int round = 0; round < 5; round++) {
		atomic_long *p = progress_make();
		struct child c;

		CHILD (&c) {
			cgroup_add(&self->below, 0);
			bomb(p);
		}
		ASSERT_SOON(atomic_load(p) > 100);
		kill_all(&self->a);
		ASSERT_SOON(populated(&self->a) == 0);
		EXPECT_STREQ("", cgroup_read(&self->below, "cgroup.procs"));
		EXPECT_TRUE(progress_stands(p));
		child_reap(&c);
	}
}

/*
 * A child that is being cloned into the cgroup belongs to it or does not
 * exist: if it is there when the write has returned, it came after it.
 */
TEST_F(kill, clone_into_race)
{
	struct child killer;

	CHILD (&killer)
		for (;;)
			kill_all(&self->a);
	for (int round = 0; round < 200; round++) {
		struct child c;

		CHILD (&c, .cgroup = &self->a)
			child_sleep();
		/* Sooner or later the killer meets it; half a child would stay. */
		EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
	}
	child_kill(&killer);
	EXPECT_SOON(populated(&self->a) == 0);
	start(&killer, &self->a);
	EXPECT_TRUE(cgroup_contains(&self->a, killer.pid));
}

/* The right to write the file is all that is asked. */
TEST_F(kill, delegatee_may_kill_foreign_uid)
{
	char path[PATH_MAX + 16];
	struct child c;

	if (geteuid() || !cred_is_initial())
		check_skip("not permitted: root, for processes of another uid");
	start(&c, &self->a);
	snprintf(path, sizeof(path), "%s/cgroup.kill", self->a.path);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->a, "cgroup.kill", "1"));
	}
	EXPECT_TRUE(child_alive(&c));
	MUST(chown(path, OTHER_UID, OTHER_GID));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, kill(c.pid, SIGKILL));
		EXPECT_OK(cgroup_try_write(&self->a, "cgroup.kill", "1"));
	}
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
}

TEST_F(kill, pid1_of_pidns)
{
	struct child init, outside;

	CHILD (&init, .flags = CLONE_NEWPID, .cgroup = &self->below) {
		struct child member;

		CHILD (&member)
			child_sleep();
		/* It has left the cgroup, but not the namespace. */
		cgroup_add(&self->beside, member.pid);
		child_send(&init, 0);
		child_sleep();
	}
	start(&outside, &self->beside);
	child_recv(&init);
	EXPECT_EQ(2, text_lines(cgroup_read(&self->beside, "cgroup.procs")));
	kill_all(&self->a);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&init)));
	EXPECT_EQ(1, text_lines(cgroup_read(&self->beside, "cgroup.procs")));
	EXPECT_TRUE(child_alive(&outside));
}

TEST_F(kill, threaded_eopnotsupp)
{
	struct child c;

	cgroup_write(&self->below, "cgroup.type", "threaded");
	start(&c, &self->a);
	cgroup_write(&self->below, "cgroup.threads", "%d", c.pid);
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&self->below, "cgroup.kill", "1"));
	EXPECT_TRUE(child_alive(&c));
	kill_all(&self->a);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
}

SUITE_MAIN()
