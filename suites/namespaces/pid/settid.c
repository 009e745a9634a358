// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: numbers chosen for a child with clone3's set_tid, level by level. */
#include "suite.h"

AREA(pid);

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

#define LIST(...)           \
	(const pid_t[])     \
	{                   \
		__VA_ARGS__ \
	}
#define TIDS(...) .set_tid = LIST(__VA_ARGS__), .set_tid_size = sizeof(LIST(__VA_ARGS__)) / 4

/* The call alone, for what the kernel makes of odd arguments. */
static pid_t try_set_tid(const pid_t *tids, size_t n)
{
	struct sys_clone_args args = { .exit_signal = SIGCHLD,
				       .set_tid = (uintptr_t)tids,
				       .set_tid_size = n };
	pid_t pid = sys_clone3(&args, sizeof(args));

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid;
}

TEST_F(pid, set_tid)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		char *outer = mount_proc();

		IN_CHILD (TIDS(4242)) {
			EXPECT_EQ(4242, getpid());
			EXPECT_EQ(4242, sys_gettid());
		}
		EXPECT_EQ(77, try_set_tid(LIST(77), 1));
		/* Innermost first. */
		IN_CHILD (.flags = CLONE_NEWPID, TIDS(1, 31)) {
			EXPECT_EQ(1, getpid());
			EXPECT_EQ(31, proc_self(outer));
			IN_CHILD (TIDS(55)) {
				EXPECT_EQ(55, getpid());
				EXPECT_NE(55, proc_self(outer));
			}
			IN_CHILD (TIDS(42, 43)) {
				EXPECT_EQ(42, getpid());
				EXPECT_EQ(43, proc_self(outer));
			}
			char *middle = mount_proc();
			IN_CHILD (.flags = CLONE_NEWPID, TIDS(1, 61, 62)) {
				EXPECT_EQ(1, getpid());
				EXPECT_EQ(61, proc_self(middle));
				EXPECT_EQ(62, proc_self(outer));
			}
		}
	}
}

TEST_F(pid, set_tid_eexist)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child c, other;

		CHILD (&c, TIDS(50))
			child_sleep();
		EXPECT_ERRNO(EEXIST, child_try_start(&other, TIDS(50)));
		EXPECT_ERRNO(EEXIST, child_try_start(&other, TIDS(1)));
		EXPECT_ERRNO(EEXIST, child_try_start(&other, .flags = CLONE_NEWPID, TIDS(1, 50)));
		IN_CHILD (.flags = CLONE_NEWPID, TIDS(1, 51)) {
			EXPECT_ERRNO(EEXIST, child_try_start(&other, TIDS(7, 50)));
			/* Free here, and 7 was not used up by the try. */
			IN_CHILD (TIDS(50, 52))
				EXPECT_EQ(50, getpid());
			IN_CHILD (TIDS(7))
				EXPECT_EQ(7, getpid());
		}
		child_kill(&c);
		IN_CHILD (TIDS(50))
			EXPECT_EQ(50, getpid());
	}
}

TEST_F(pid, set_tid_einval)
{
	bool initial = proc_is_initial_pidns();
	pid_t max = file_number("/proc/sys/kernel/pid_max"), many[33];

	for (int i = 0; i < 33; i++)
		many[i] = 1000 + i;
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_ERRNO(EINVAL, try_set_tid(LIST(0), 1));
		EXPECT_ERRNO(EINVAL, try_set_tid(LIST(-1), 1));
		EXPECT_ERRNO(EINVAL, try_set_tid(LIST(50, 0), 2));
		pid_t own_max = file_number("/proc/sys/kernel/pid_max");
		EXPECT_ERRNO(EINVAL, try_set_tid(&own_max, 1));
		own_max--;
		EXPECT_EQ(own_max, try_set_tid(&own_max, 1));
		EXPECT_ERRNO(EINVAL, try_set_tid(LIST(50, max), 2));
		EXPECT_ERRNO(EINVAL, try_set_tid(NULL, 1));
		EXPECT_ERRNO(EINVAL, try_set_tid(LIST(50), 0));
		EXPECT_ERRNO(EINVAL, try_set_tid(many, 33));
		EXPECT_ERRNO(EFAULT, try_set_tid((const pid_t *)8, 1));
		/* This is level 1: it has two. */
		if (initial)
			EXPECT_ERRNO(EINVAL, try_set_tid(many, 3));
		EXPECT_EQ(50, try_set_tid(LIST(50), 1));
	}
}

/* The level above belongs to somebody else: its numbers cannot be had. */
TEST_F(pid, set_tid_eperm)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		IN_CHILD (.flags = CLONE_NEWUSER)
			EXPECT_ERRNO(EPERM, try_set_tid(LIST(50), 1));
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWPID) {
			EXPECT_EQ(50, try_set_tid(LIST(50), 1));
			EXPECT_ERRNO(EPERM, try_set_tid(LIST(50, 60), 2));
			IN_CHILD (.flags = CLONE_NEWPID) {
				EXPECT_EQ(51, try_set_tid(LIST(51, 61), 2));
				EXPECT_ERRNO(EPERM, try_set_tid(LIST(52, 62, 72), 3));
			}
		}
		cred_drop(CAP_SYS_ADMIN);
		if (cred_has(CAP_CHECKPOINT_RESTORE)) {
			EXPECT_EQ(53, try_set_tid(LIST(53), 1));
			cred_drop(CAP_CHECKPOINT_RESTORE);
		}
		EXPECT_ERRNO(EPERM, try_set_tid(LIST(54), 1));
	}
}

SUITE_MAIN()
