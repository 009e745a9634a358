// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.procs and /proc/PID/cgroup: who is where, and moving. */
#include "suite.h"

#include <sched.h>

FIXTURE(core_procs)
{
	struct cgroup a, b;
};
FIXTURE_SETUP(core_procs)
{
	self->a = cgroup_make("a");
	self->b = cgroup_make("b");
}
NO_TEARDOWN(core_procs)

static void start(struct child *c, const struct cgroup *cg)
{
	CHILD (c, .cgroup = cg)
		child_sleep();
}

static void expect_in(const struct cgroup *cg, pid_t pid)
{
	EXPECT_STREQ(cgroup_name(cg), cgroup_of(pid));
	EXPECT_TRUE(cgroup_contains(cg, pid));
}

TEST_F(core_procs, write_moves_process)
{
	struct child c;

	start(&c, &self->a);
	expect_in(&self->a, c.pid);
	cgroup_add(&self->b, c.pid);
	expect_in(&self->b, c.pid);
	EXPECT_FALSE(cgroup_contains(&self->a, c.pid));
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.procs"));
}

TEST_F(core_procs, children_stay)
{
	struct child parent;
	pid_t old;

	CHILD (&parent, .cgroup = &self->a) {
		struct child c;

		start(&c, NULL);
		child_send(&parent, c.pid);
		child_recv(&parent);
		start(&c, NULL);
		child_send(&parent, c.pid);
		child_sleep();
	}
	old = child_recv(&parent);
	cgroup_add(&self->b, parent.pid);
	expect_in(&self->a, old);
	expect_in(&self->b, parent.pid);
	child_send(&parent, 0);
	expect_in(&self->b, child_recv(&parent));
}

TEST_F(core_procs, zero_means_self)
{
	IN_CHILD (.cgroup = &self->a) {
		cgroup_write(&self->b, "cgroup.procs", "0");
		expect_in(&self->b, getpid());
		EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.procs"));
	}
}

static char *task_cgroup(pid_t pid, pid_t tid)
{
	char *text = file_read("/proc/%d/task/%d/cgroup", pid, tid);

	return strdup(text_value(text, "0") + strspn(text_value(text, "0"), ":"));
}

TEST_F(core_procs, any_tid_moves_all_threads)
{
	struct child c;
	pid_t tid[2];

	CHILD (&c, .cgroup = &self->a) {
		child_send(&c, child_thread());
		child_send(&c, child_thread());
		child_sleep();
	}
	tid[0] = child_recv(&c);
	tid[1] = child_recv(&c);
	cgroup_write(&self->b, "cgroup.procs", "%d", tid[1]);
	for (int i = 0; i < 2; i++)
		EXPECT_STREQ(cgroup_name(&self->b), task_cgroup(c.pid, tid[i]));
	EXPECT_STREQ(cgroup_name(&self->b), task_cgroup(c.pid, c.pid));
	expect_in(&self->b, c.pid);
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.threads"));
	EXPECT_EQ(3, text_lines(cgroup_read(&self->b, "cgroup.threads")));
}

/* By process, each once, whatever number of threads it has. */
TEST_F(core_procs, lists_members)
{
	struct child c[5];

	for (int i = 0; i < 5; i++) {
		CHILD (&c[i], .cgroup = &self->a) {
			child_send(&c[i], child_thread());
			child_sleep();
		}
		pid_t tid = child_recv(&c[i]);

		EXPECT_FALSE(cgroup_contains(&self->a, tid));
	}
	for (int i = 0; i < 5; i++)
		EXPECT_TRUE(cgroup_contains(&self->a, c[i].pid));
	EXPECT_EQ(5, text_lines(cgroup_read(&self->a, "cgroup.procs")));
	child_kill(&c[2]);
	EXPECT_SOON(text_lines(cgroup_read(&self->a, "cgroup.procs")) == 4);
	EXPECT_FALSE(cgroup_contains(&self->a, c[2].pid));
}

TEST_F(core_procs, zombie_hidden)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a)
		break;
	child_dead(&c);
	EXPECT_SOON(!cgroup_contains(&self->a, c.pid));
	EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(c.pid));
	cgroup_try_write(&self->b, "cgroup.procs", "%d", c.pid);
	EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(c.pid));
	EXPECT_FALSE(cgroup_contains(&self->b, c.pid));
	child_wait(&c);
}

TEST_F(core_procs, garbage_einval)
{
	struct child c;
	char *two;

	start(&c, &self->a);
	two = text_format("%d %d", c.pid, c.pid);
	const char *const bad[] = { "x", "\n", " ", "-1", "1x", two };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->b, "cgroup.procs", "%s", bad[i]));
	expect_in(&self->a, c.pid);
	EXPECT_STREQ("", cgroup_read(&self->b, "cgroup.procs"));
}

TEST_F(core_procs, no_such_pid_esrch)
{
	struct child c;

	start(&c, &self->a);
	child_kill(&c);
	EXPECT_ERRNO(ESRCH, cgroup_try_write(&self->b, "cgroup.procs", "%d", c.pid));
	EXPECT_ERRNO(ESRCH, cgroup_try_write(&self->b, "cgroup.procs", "%d", 0x3fffffff));
}

TEST_F(core_procs, dying_cgroup_refuses)
{
	int fd = cgroup_open(&self->b, "cgroup.procs", O_WRONLY);
	struct child c;
	char pid[16];

	start(&c, &self->a);
	snprintf(pid, sizeof(pid), "%d", c.pid);
	cgroup_remove(&self->b);
	EXPECT_ERRNO(ENODEV, write(fd, pid, strlen(pid)));
	expect_in(&self->a, c.pid);
}

/* kthreadd, and one bound to a CPU. */
TEST_F(core_procs, kthread_einval)
{
	int found = 0;

	need_initial_pidns("to name kernel threads");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cgroup.procs", "2"));
	for (pid_t pid = 3; pid < 100; pid++) {
		char path[32], comm[32];

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		if (file_try_read(path, comm, sizeof(comm)) < 0)
			continue;
		if (strncmp(comm, "migration/", 10) && strncmp(comm, "ksoftirqd/", 10))
			continue;
		EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cgroup.procs", "%d", pid));
		found++;
	}
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.procs"));
	if (!found)
		check_note("no kernel thread with a fixed affinity is visible");
}

TEST_F(core_procs, pidns_translation)
{
	struct child outside, init;

	start(&outside, &self->a);
	CHILD (&init, .flags = CLONE_NEWPID) {
		struct child c;

		start(&c, NULL);
		EXPECT_OK(cgroup_try_write(&self->a, "cgroup.procs", "%d", c.pid));
		char *procs = cgroup_read(&self->a, "cgroup.procs"), pid[16];

		snprintf(pid, sizeof(pid), "%d", c.pid);
		EXPECT_TRUE(text_has_line(procs, pid));
		EXPECT_TRUE(text_has_line(procs, "0"));
		EXPECT_EQ(2, text_lines(procs));
		EXPECT_ERRNO(ESRCH, cgroup_try_write(&self->b, "cgroup.procs", "%d", outside.pid));
		child_send(&init, c.pid);
		child_sleep();
	}
	pid_t inner = child_recv(&init);

	EXPECT_EQ(2, text_lines(cgroup_read(&self->a, "cgroup.procs")));
	EXPECT_FALSE(cgroup_contains(&self->a, inner));
	expect_in(&self->a, outside.pid);
}

static void fork_exec_exit(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;)
		if (!fork()) {
			if (getpid() % 4 == 0)
				execl("/proc/self/exe", "suite", "--helper", "nothing", NULL);
			_exit(0);
		}
}

HELPER(nothing)
{
	return 0;
}

/* Whoever lives at the end is in exactly one of the two. */
TEST_F(core_procs, concurrent_migration)
{
	struct child forker[3], mover;

	for (int i = 0; i < 3; i++)
		CHILD (&forker[i], .cgroup = &self->a)
			fork_exec_exit();
	/* A move may wait for a grace period: the limit is for six of them, not for all. */
	CHILD (&mover) {
		int64_t end = now_ns() + 10000000000LL;

		for (int i = 0; i < 100 && now_ns() < end; i++) {
			for (int k = 0; k < 6; k++)
				cgroup_add(k < 3 ? &self->b : &self->a, forker[k % 3].pid);
			child_send(&mover, i);
		}
		child_send(&mover, -1);
	}
	while (child_recv(&mover) >= 0)
		;
	child_wait(&mover);
	for (int k = 0; k < 3; k++) {
		MUST(kill(forker[k].pid, SIGSTOP));
		ASSERT_SOON(proc_state(forker[k].pid) == 'T');
	}
	for (int k = 0; k < 3; k++) {
		EXPECT_EQ(1, cgroup_contains(&self->a, forker[k].pid) +
				     cgroup_contains(&self->b, forker[k].pid));
		expect_in(&self->a, forker[k].pid);
	}
	EXPECT_SOON(text_lines(cgroup_read(&self->a, "cgroup.procs")) >= 3);
	for (int k = 0; k < 3; k++)
		child_kill(&forker[k]);
	/* And nobody was lost: all children end, and both cgroups fall empty. */
	EXPECT_SOON(cgroup_key(&self->a, "cgroup.events", "populated") == 0);
	EXPECT_SOON(cgroup_key(&self->b, "cgroup.events", "populated") == 0);
}

SUITE_MAIN()
