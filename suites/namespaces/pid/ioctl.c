// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: the ioctls of their descriptors. */
#include "suite.h"

#include <linux/nsfs.h>
#include <pthread.h>
#include <sys/ioctl.h>

AREA(pid);

#ifndef NS_GET_PID_FROM_PIDNS
#define NS_GET_PID_FROM_PIDNS  _IOR(NSIO, 0x6, int)
#define NS_GET_TGID_FROM_PIDNS _IOR(NSIO, 0x7, int)
#define NS_GET_PID_IN_PIDNS    _IOR(NSIO, 0x8, int)
#define NS_GET_TGID_IN_PIDNS   _IOR(NSIO, 0x9, int)
#endif

static void expect_parent(int fd, uint64_t want)
{
	int parent = ASSERT_OK(ioctl(fd, NS_GET_PARENT));

	EXPECT_EQ(want, ns_fd_id(parent));
	EXPECT_EQ(CLONE_NEWPID, ioctl(parent, NS_GET_NSTYPE));
	close(parent);
}

TEST_F(pid, ns_get_parent)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		uint64_t top = ns_id(0, "pid");
		int top_fd = ns_open(0, "pid");

		IN_CHILD (.flags = CLONE_NEWPID) {
			int own = ns_open(0, "pid");
			uint64_t middle = ns_fd_id(own);

			/* Its maker's namespace is out of its own sight. */
			EXPECT_ERRNO(EPERM, ioctl(own, NS_GET_PARENT));
			EXPECT_ERRNO(EPERM, ioctl(top_fd, NS_GET_PARENT));
			IN_CHILD (.flags = CLONE_NEWPID) {
				EXPECT_ERRNO(EPERM, ioctl(own, NS_GET_PARENT));
				EXPECT_ERRNO(EPERM, ioctl(ns_open(0, "pid"), NS_GET_PARENT));
			}
			struct child c;
			CHILD (&c, .flags = CLONE_NEWPID)
				child_sleep();
			expect_parent(ns_open(proc_pid(c.pidfd), "pid"), middle);
			child_kill(&c);
		}
		struct child c;
		CHILD (&c, .flags = CLONE_NEWPID) {
			struct child inner;

			CHILD (&inner, .flags = CLONE_NEWPID) {
				child_send(&c, proc_self("/proc"));
				child_sleep();
			}
			child_sleep();
		}
		int fd = ns_open(child_recv_pid(&c), "pid");
		expect_parent(fd, ns_id(proc_pid(c.pidfd), "pid"));
		expect_parent(ioctl(fd, NS_GET_PARENT), top);
		child_kill(&c);
	}
}

static const unsigned long translations[] = { NS_GET_PID_FROM_PIDNS, NS_GET_TGID_FROM_PIDNS,
					      NS_GET_PID_IN_PIDNS, NS_GET_TGID_IN_PIDNS };

static void need_translation(void)
{
	need_working(ioctl(ns_open(0, "pid"), NS_GET_PID_IN_PIDNS, getpid()) >= 0 ||
			     (errno != ENOTTY && errno != EINVAL),
		     SYS_KNOWN_6_13, "NS_GET_PID_IN_PIDNS");
}

static void *run_thread(void *line)
{
	child_send(line, sys_gettid());
	child_sleep();
}

TEST_F(pid, ioctl_pid_translate)
{
	struct child c;

	need_translation();
	CHILD (&c, .flags = CLONE_NEWPID) {
		struct child member;

		CHILD (&member) {
			/* A thread, so that the two kinds of id differ. */
			pthread_t thread;

			ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, &c));
			child_sleep();
		}
		child_sleep();
	}
	pid_t tid = child_recv_pid(&c);
	int fd = ns_open(proc_pid(c.pidfd), "pid");

	EXPECT_EQ(3, tid);
	EXPECT_EQ(c.pid, ioctl(fd, NS_GET_PID_FROM_PIDNS, 1));
	EXPECT_EQ(c.pid, ioctl(fd, NS_GET_TGID_FROM_PIDNS, 1));
	EXPECT_EQ(1, ioctl(fd, NS_GET_PID_IN_PIDNS, c.pid));
	EXPECT_EQ(1, ioctl(fd, NS_GET_TGID_IN_PIDNS, c.pid));
	pid_t member = ASSERT_OK(ioctl(fd, NS_GET_PID_FROM_PIDNS, 2));
	pid_t thread = ASSERT_OK(ioctl(fd, NS_GET_PID_FROM_PIDNS, 3));
	EXPECT_NE(member, thread);
	EXPECT_EQ(member, ioctl(fd, NS_GET_TGID_FROM_PIDNS, 3));
	EXPECT_EQ(3, ioctl(fd, NS_GET_PID_IN_PIDNS, thread));
	EXPECT_EQ(2, ioctl(fd, NS_GET_TGID_IN_PIDNS, thread));
	EXPECT_EQ(2, ioctl(fd, NS_GET_PID_IN_PIDNS, member));
	child_kill(&c);
}

TEST_F(pid, ioctl_pid_errors)
{
	struct child c;
	int uts = ns_open(0, "uts"), own = ns_open(0, "pid");

	need_translation();
	CHILD (&c, .flags = CLONE_NEWPID) {
		/* Above, and unknown to it. */
		EXPECT_ERRNO(ESRCH, ioctl(own, NS_GET_PID_FROM_PIDNS, child_recv(&c)));
	}
	child_send(&c, getpid());
	child_wait(&c);
	CHILD (&c, .flags = CLONE_NEWPID)
		child_sleep();
	int fd = ns_open(proc_pid(c.pidfd), "pid");
	if (!sys_known(SYS_KNOWN_6_19) && ioctl(fd, translations[0], 4194303) && errno == ENOTTY) {
		child_kill(&c);
		check_defect("of an id that nobody has the translating ioctls say ENOTTY (6.18)");
	}
	for (int i = 0; i < 4; i++) {
		EXPECT_ERRNO(EINVAL, ioctl(uts, translations[i], 1));
		EXPECT_ERRNO(ESRCH, ioctl(fd, translations[i], 0));
		EXPECT_ERRNO(ESRCH, ioctl(fd, translations[i], 4194303));
		/* Not in there: the caller, or a second process. */
		EXPECT_ERRNO(ESRCH, ioctl(fd, translations[i], i < 2 ? 2 : getpid()));
	}
	child_kill(&c);
}

SUITE_MAIN()
