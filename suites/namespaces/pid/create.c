// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: how they are made, how often, and by whom. */
#include "suite.h"

#include <pthread.h>

AREA(pid);

/* The plain old system call, with no stack: a fork. */
static pid_t legacy_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);
}

static int exit_status_of(pid_t pid)
{
	int status;

	MUST(waitpid(pid, &status, __WALL));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(pid, create)
{
	uint64_t own = ns_id(0, "pid");
	pid_t me = getpid();

	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_EQ(1, getpid());
		EXPECT_EQ(1, sys_gettid());
		EXPECT_NE(own, ns_id(0, "pid"));
		EXPECT_EQ(ns_id(0, "pid"), ns_id(0, "pid_for_children"));
	}
	pid_t pid = ASSERT_OK(legacy_clone(CLONE_NEWPID));
	if (!pid)
		_exit(getpid() == 1 ? 11 : 1);
	EXPECT_EQ(11, exit_status_of(pid));

	EXPECT_OK(unshare(CLONE_NEWPID));
	EXPECT_EQ(me, getpid());
	EXPECT_EQ(own, ns_id(0, "pid"));
	IN_CHILD () {
		EXPECT_EQ(1, getpid());
		EXPECT_NE(own, ns_id(0, "pid"));
	}
}

TEST_F(pid, create_priv)
{
	ns_promise_create_priv(NS_PID);
}

TEST_F(pid, limit_enospc)
{
	ns_promise_limit_enospc(NS_PID);
}

/*
 * Tells each level that can be made below the caller's, and -1 when there is no more;
 * the last one refuses with what it should.
 */
static void nest(struct child *top, int depth)
{
	struct child c;

	if (child_try_start(&c, .flags = CLONE_NEWPID)) {
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_ERRNO(ENOSPC, unshare(CLONE_NEWPID));
		EXPECT_ERRNO(ENOSPC, legacy_clone(CLONE_NEWPID));
		IN_CHILD ()
			EXPECT_EQ(2, getpid());
		child_send(top, -1);
		return;
	}
	if (c.inside) {
		EXPECT_EQ(1, getpid());
		child_send(top, depth + 1);
		if (depth < 40)
			nest(top, depth + 1);
		else
			child_send(top, -1);
		child_exit(&c);
	}
	child_wait_long(&c);
}

/* A container knows neither its own level nor, so, how many are left. */
TEST_F(pid, nesting_limit_enospc)
{
	bool initial = proc_is_initial_pidns();
	struct child c;
	int levels = 0;

	CHILD (&c)
		nest(&c, 0);
	for (int one; (one = child_recv(&c)) >= 0;)
		levels = one;
	if (initial)
		EXPECT_EQ(32, levels);
	EXPECT_LE(levels, 32);
	child_wait_long(&c);
}

static void expect_einval(void)
{
	struct child c;

	EXPECT_ERRNO(EINVAL, unshare(CLONE_NEWPID));
	EXPECT_ERRNO(EINVAL, legacy_clone(CLONE_NEWPID));
	EXPECT_ERRNO(EINVAL, child_try_start(&c, .flags = CLONE_NEWPID));
}

TEST_F(pid, unshare_twice_einval)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child other;
		int own = ns_open(0, "pid");

		CHILD (&other, .flags = CLONE_NEWPID)
			child_sleep();
		IN_CHILD () {
			EXPECT_OK(unshare(CLONE_NEWPID));
			expect_einval();
			EXPECT_OK(setns(own, CLONE_NEWPID));
			EXPECT_OK(unshare(CLONE_NEWPID));
			expect_einval();
		}
		IN_CHILD () {
			EXPECT_OK(setns(other.pidfd, CLONE_NEWPID));
			expect_einval();
			EXPECT_OK(setns(own, CLONE_NEWPID));
			IN_CHILD (.flags = CLONE_NEWPID)
				EXPECT_EQ(1, getpid());
			EXPECT_OK(unshare(CLONE_NEWPID));
			IN_CHILD ()
				EXPECT_EQ(1, getpid());
		}
		child_kill(&other);
	}
}

/* A process of this user namespace inside a pid namespace of another one. */
TEST_F(pid, unshare_foreign_owner_einval)
{
	struct child owned;

	CHILD (&owned, .flags = CLONE_NEWUSER | CLONE_NEWPID)
		child_sleep();
	int user = ns_open(owned.pid, "user");
	IN_CHILD () {
		MUST(setns(owned.pidfd, CLONE_NEWPID));
		IN_CHILD () {
			expect_einval();
			EXPECT_ERRNO(EINVAL, unshare(CLONE_NEWUSER | CLONE_NEWPID));
			/* In the owning user namespace it may, and its children inherit. */
			MUST(setns(user, CLONE_NEWUSER));
			IN_CHILD (.flags = CLONE_NEWPID)
				EXPECT_EQ(1, getpid());
			EXPECT_OK(unshare(CLONE_NEWUSER | CLONE_NEWPID));
		}
	}
	child_kill(&owned);
}

static void *end_at_once(void *none)
{
	return none;
}

TEST_F(pid, unshare_threads_ok)
{
	IN_CHILD () {
		child_thread();
		EXPECT_OK(unshare(CLONE_NEWPID));
		IN_CHILD ()
			EXPECT_EQ(1, getpid());
	}
}

TEST_F(pid, thread_einval)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		const unsigned long thread_flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
		struct sys_clone_args args = { .flags = thread_flags | CLONE_NEWPID };
		struct child other;
		int own = ns_open(0, "pid");

		CHILD (&other, .flags = CLONE_NEWPID)
			child_sleep();
		EXPECT_ERRNO(EINVAL,
			     syscall(SYS_clone, thread_flags | CLONE_NEWPID, 0L, 0L, 0L, 0L));
		EXPECT_ERRNO(EINVAL, sys_clone3(&args, sizeof(args)));
		for (int joined = 0; joined < 2; joined++)
			IN_CHILD () {
				pthread_t thread;

				if (joined)
					MUST(setns(other.pidfd, CLONE_NEWPID));
				else
					MUST(unshare(CLONE_NEWPID));
				EXPECT_EQ(EINVAL, pthread_create(&thread, NULL, end_at_once, NULL));
				MUST(setns(own, CLONE_NEWPID));
				EXPECT_EQ(0, pthread_create(&thread, NULL, end_at_once, NULL));
			}
		child_kill(&other);
	}
}

static volatile pid_t shared_pid;

static int tell_pid(void *none __attribute__((unused)))
{
	shared_pid = getpid();
	return 0;
}

/*
 * The end of an init makes it ignore SIGCHLD, and so do all that share its
 * handlers: waitpid(2) may find nobody left, but comes back when it is over.
 */
TEST_F(pid, clone_vm_parent_allowed)
{
	static const int flags[] = { CLONE_VM, CLONE_VM | CLONE_SIGHAND };
	static char stack[65536] __attribute__((aligned(16)));
	struct child c;

	for (int i = 0; i < 2; i++)
		IN_CHILD () {
			pid_t pid = ASSERT_OK(clone(tell_pid, stack + sizeof(stack),
						    flags[i] | CLONE_NEWPID | SIGCHLD, NULL));
			waitpid(pid, NULL, __WALL);
			EXPECT_EQ(1, shared_pid);
		}
	/* A brother of its maker, so it is ours to wait for. */
	CHILD (&c) {
		pid_t pid = legacy_clone(CLONE_NEWPID | CLONE_PARENT);

		if (!pid)
			_exit(getpid() == 1 ? 12 : 1);
		child_send(&c, ASSERT_OK(pid));
	}
	EXPECT_EQ(12, exit_status_of(child_recv(&c)));
	child_wait(&c);
}

/* What clone3(2) may choose for the first process is 1 and nothing else. */
TEST_F(pid, first_child_must_be_1)
{
	const pid_t one = 1, two = 2;
	struct child c;

	EXPECT_ERRNO(EINVAL, child_try_start(&c, .flags = CLONE_NEWPID, .set_tid = &two,
					     .set_tid_size = 1));
	IN_CHILD (.flags = CLONE_NEWPID, .set_tid = &one, .set_tid_size = 1)
		EXPECT_EQ(1, getpid());
	IN_CHILD () {
		MUST(unshare(CLONE_NEWPID));
		EXPECT_ERRNO(EINVAL, child_try_start(&c, .set_tid = &two, .set_tid_size = 1));
		CHILD (&c, .set_tid = &one, .set_tid_size = 1) {
			EXPECT_EQ(1, getpid());
			child_sleep();
		}
		IN_CHILD (.set_tid = &two, .set_tid_size = 1)
			EXPECT_EQ(2, getpid());
		child_kill(&c);
	}
}

SUITE_MAIN()
