// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: who adopts whose children. */
#include "suite.h"

AREA(pid);

/* A child of a child that is gone: true in that one, but not before. */
static bool fork_orphan(void)
{
	int gone[2];
	char byte;

	MUST(pipe2(gone, O_CLOEXEC));
	pid_t parent = MUST(fork());
	if (!parent) {
		check_in_child = true;
		if (MUST(fork()))
			_exit(0);
		MUST(read(gone[0], &byte, 1));
		return true;
	}
	MUST(waitpid(parent, NULL, 0));
	MUST(write(gone[1], "x", 1));
	close(gone[0]);
	close(gone[1]);
	return false;
}

/* It reports the parent it got, and ends with 3. */
static void make_orphan(struct child *told, pid_t wanted)
{
	if (!fork_orphan())
		return;
	EXPECT_EQ(wanted, getppid());
	child_send(told, getpid());
	child_recv(told);
	_exit(3);
}

static void expect_waitable(pid_t pid)
{
	int status = 0;

	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

/* The test's own process is a subreaper outside, which it must not come to. */
TEST_F(pid, orphan_to_init)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		make_orphan(&init, 1);
		expect_waitable(3);
		/* One level further down it is that level's init. */
		IN_CHILD (.flags = CLONE_NEWPID) {
			make_orphan(&init, 1);
			expect_waitable(3);
		}
	}
	EXPECT_EQ(3, child_recv(&init));
	child_send(&init, 0);
	EXPECT_EQ(3, child_recv(&init));
	child_send(&init, 0);
	child_wait(&init);
}

TEST_F(pid, orphan_of_injector)
{
	struct child init, injector;

	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHILD (&init, .flags = CLONE_NEWPID)
		child_sleep();
	CHILD (&injector) {
		MUST(setns(init.pidfd, CLONE_NEWPID));
		if (!fork()) {
			check_in_child = true;
			EXPECT_EQ(0, getppid());
			child_send(&injector, proc_self("/proc"));
			child_recv(&injector);
			/* Had the init adopted it, this would be 1. */
			EXPECT_EQ(0, getppid());
			_exit(3);
		}
	}
	pid_t pid = child_recv(&injector);
	child_dead(&injector);
	child_send(&injector, 0);
	/* It has come to this process, the subreaper of its late parent. */
	expect_waitable(pid);
	child_wait(&injector);
	child_kill(&init);
}

TEST_F(pid, subreaper_in_ns)
{
	struct child init;

	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHILD (&init, .flags = CLONE_NEWPID) {
		IN_CHILD () {
			MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
			make_orphan(&init, getpid());
			expect_waitable(4);
			/* An inner namespace has its own init for that. */
			IN_CHILD (.flags = CLONE_NEWPID) {
				make_orphan(&init, 1);
				expect_waitable(3);
			}
		}
		/* When it is gone again, init is next. */
		make_orphan(&init, 1);
		EXPECT_OK(waitpid(-1, NULL, 0));
	}
	for (int i = 0; i < 3; i++) {
		child_recv(&init);
		child_send(&init, 0);
	}
	child_wait(&init);
}

TEST_F(pid, init_zombie_reaping_needed)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		for (int ignored = 0; ignored < 2; ignored++) {
			if (fork_orphan()) {
				EXPECT_EQ(1, getppid());
				child_send(&init, proc_self("/proc"));
				child_sleep();
			}
			if (ignored)
				signal(SIGCHLD, SIG_IGN);
			child_recv(&init);
			if (!ignored)
				EXPECT_EQ(3, waitpid(-1, NULL, 0));
			child_meet(&init);
		}
		child_recv(&init);
	}
	pid_t pid = child_recv_pid(&init);
	MUST(kill(pid, SIGKILL));
	EXPECT_SOON(proc_state(pid) == 'Z');
	EXPECT_OK(kill(pid, 0));
	child_send(&init, 0);
	child_meet(&init);
	EXPECT_ERRNO(ESRCH, kill(pid, 0));

	pid = child_recv_pid(&init);
	child_send(&init, 0);
	child_meet(&init);
	MUST(kill(pid, SIGKILL));
	EXPECT_SOON(kill(pid, 0) && errno == ESRCH);
	child_send(&init, 0);
	child_wait(&init);
}

SUITE_MAIN()
