// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: which one a process and its children live in, and setns(2). */
#include "suite.h"

AREA(pid);

/* The PID 1 of a namespace, there until killed. */
static void start_init(struct child *c)
{
	CHILD (c, .flags = CLONE_NEWPID)
		child_sleep();
}

/* Join, and live on elsewhere only in one's children. */
static void expect_joined(int fd, int flags, uint64_t target)
{
	IN_CHILD () {
		uint64_t own = ns_id(0, "pid");
		pid_t me = getpid();

		EXPECT_OK(setns(fd, flags));
		EXPECT_EQ(me, getpid());
		EXPECT_EQ(own, ns_id(0, "pid"));
		EXPECT_EQ(target, ns_id(0, "pid_for_children"));
		IN_CHILD () {
			EXPECT_EQ(target, ns_id(0, "pid"));
			EXPECT_EQ(target, ns_id(0, "pid_for_children"));
			EXPECT_LE(2, getpid());
			EXPECT_GE(3, getpid());
		}
		EXPECT_EQ(own, ns_id(0, "pid"));
	}
}

TEST_F(pid, setns_fd)
{
	struct child c;

	start_init(&c);
	int fd = ns_open(c.pid, "pid");
	expect_joined(fd, CLONE_NEWPID, ns_fd_id(fd));
	expect_joined(fd, 0, ns_fd_id(fd));
	child_kill(&c);
}

TEST_F(pid, setns_pidfd)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWPID) {
		struct child inner;

		MUST(unshare(CLONE_NEWPID));
		CHILD (&inner)
			child_sleep();
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	EXPECT_NE(ns_id(c.pid, "pid"), ns_id(c.pid, "pid_for_children"));
	expect_joined(c.pidfd, CLONE_NEWPID, ns_id(c.pid, "pid"));
	child_kill(&c);
}

TEST_F(pid, setns_eperm)
{
	ns_promise_setns_eperm(NS_PID);
}

/* One may go down, never up or aside. */
TEST_F(pid, setns_ancestor_einval)
{
	struct child sibling;

	IN_CHILD (.flags = CLONE_NEWPID) {
		int grandparent = ns_open(0, "pid"), grandparent_pidfd = MUST(sys_pidfd_open(1, 0));

		IN_CHILD (.flags = CLONE_NEWPID) {
			int parent = ns_open(0, "pid");

			start_init(&sibling);
			IN_CHILD (.flags = CLONE_NEWPID) {
				uint64_t own = ns_id(0, "pid");

				EXPECT_ERRNO(EINVAL, setns(grandparent, CLONE_NEWPID));
				EXPECT_ERRNO(EINVAL, setns(grandparent_pidfd, CLONE_NEWPID));
				EXPECT_ERRNO(EINVAL, setns(parent, CLONE_NEWPID));
				EXPECT_ERRNO(EINVAL, setns(parent, 0));
				EXPECT_ERRNO(EINVAL, setns(sibling.pidfd, CLONE_NEWPID));
				EXPECT_EQ(own, ns_id(0, "pid_for_children"));
			}
			child_kill(&sibling);
		}
	}
}

TEST_F(pid, setns_grandchild)
{
	struct child outer;

	CHILD (&outer, .flags = CLONE_NEWPID) {
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWPID) {
			child_send(&outer, proc_self("/proc"));
			child_sleep();
		}
		child_sleep();
	}
	int fd = ns_open(child_recv(&outer), "pid");
	IN_CHILD () {
		struct child c;

		EXPECT_OK(setns(fd, CLONE_NEWPID));
		CHILD (&c) {
			EXPECT_EQ(2, getpid());
			child_meet(&c);
			child_meet(&c);
		}
		child_meet(&c);
		/* Its number here, in the middle (after 1 and 2 there), and at its home. */
		char *want = text_format("%d\t3\t2", c.pid), *seen = proc_status(c.pid, "NSpid");
		size_t longer = strlen(seen) - strlen(want);

		EXPECT_STREQ(want, strlen(seen) > strlen(want) ? seen + longer : seen);
		child_meet(&c);
		child_wait(&c);
	}
	child_kill(&outer);
}

HELPER(pid_membership)
{
	EXPECT_EQ(strtoull(argv[1], NULL, 10), ns_id(0, "pid"));
	EXPECT_EQ(atoi(argv[2]), getpid());
	return 0;
}

static void exec_membership(void)
{
	char *id = text_format("%ju", (uintmax_t)ns_id(0, "pid"));
	char *pid = text_format("%d", getpid());

	helper_exec("pid_membership", id, pid, NULL);
}

TEST_F(pid, membership_fixed)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child other;
		int own = ns_open(0, "pid");

		start_init(&other);
		IN_CHILD () {
			uint64_t id = ns_id(0, "pid");

			MUST(unshare(CLONE_NEWPID));
			EXPECT_EQ(id, ns_id(0, "pid"));
			IN_CHILD ()
				EXPECT_NE(id, ns_id(0, "pid"));
			EXPECT_EQ(id, ns_id(0, "pid"));
			MUST(setns(own, CLONE_NEWPID));
			EXPECT_EQ(id, ns_id(0, "pid"));
			MUST(setns(other.pidfd, CLONE_NEWPID));
			EXPECT_EQ(id, ns_id(0, "pid"));
			exec_membership();
		}
		child_kill(&other);
	}
}

TEST_F(pid, inherit_fork_exec)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		uint64_t id = ns_id(0, "pid");

		IN_CHILD () {
			EXPECT_EQ(id, ns_id(0, "pid"));
			EXPECT_EQ(2, getpid());
			exec_membership();
		}
		/* The children's own children, and what unshare(2) set for them. */
		MUST(unshare(CLONE_NEWPID));
		IN_CHILD () {
			uint64_t inner = ns_id(0, "pid");

			EXPECT_NE(id, inner);
			IN_CHILD ()
				EXPECT_EQ(inner, ns_id(0, "pid"));
		}
		exec_membership();
	}
}

/* The link of a namespace that has no process yet; skips where that has no target. */
static int open_unborn(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid_for_children", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	need_working(fd >= 0 || errno != ENOENT, SYS_KNOWN_7_3,
		     "pid_for_children before the first child");
	return ASSERT_OK(fd);
}

TEST_F(pid, for_children_link_immediate)
{
	IN_CHILD () {
		uint64_t own = ns_id(0, "pid");

		MUST(unshare(CLONE_NEWPID));
		int fd = open_unborn(proc_self("/proc"));
		uint64_t promised = ns_fd_id(fd);

		EXPECT_NE(own, promised);
		EXPECT_EQ(promised, ns_id(0, "pid_for_children"));
		EXPECT_EQ(own, ns_id(0, "pid"));
		IN_CHILD ()
			EXPECT_EQ(promised, ns_id(0, "pid"));
	}
}

TEST_F(pid, init_by_setns_sibling)
{
	struct child unsharer;

	CHILD (&unsharer) {
		MUST(unshare(CLONE_NEWPID));
		child_meet(&unsharer);
		child_meet(&unsharer);
		IN_CHILD ()
			EXPECT_EQ(2, getpid());
	}
	child_meet(&unsharer);
	int fd = open_unborn(unsharer.pid);
	IN_CHILD () {
		struct child first;

		EXPECT_OK(setns(fd, CLONE_NEWPID));
		CHILD (&first) {
			EXPECT_EQ(1, getpid());
			EXPECT_EQ(ns_fd_id(fd), ns_id(0, "pid"));
			child_meet(&first);
			child_sleep();
		}
		child_meet(&first);
		child_meet(&unsharer);
		EXPECT_EQ(POLLIN, poll_one(unsharer.pidfd, POLLIN, wait_limit_ms(10)) & POLLIN);
		child_kill(&first);
	}
	child_wait(&unsharer);
}

TEST_F(pid, pinned_by_fd_or_bind)
{
	struct child c;

	start_init(&c);
	int fd = ns_open(c.pid, "pid");
	char *link = text_format("/proc/%d/ns/pid", c.pid), *pin = mount_pin(link);

	child_kill(&c);
	int bound = MUST(open(pin, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(ns_fd_id(fd), ns_fd_id(bound));
	for (int by_bind = 0; by_bind < 2; by_bind++)
		IN_CHILD () {
			EXPECT_OK(setns(by_bind ? bound : fd, CLONE_NEWPID));
			EXPECT_EQ(ns_fd_id(fd), ns_id(0, "pid_for_children"));
		}
}

static void expect_no_forks(void)
{
	struct child c;

	EXPECT_ERRNO(ENOMEM, fork());
	EXPECT_ERRNO(ENOMEM, child_try_start(&c));
}

TEST_F(pid, dead_ns_enomem)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child c;
		int own = ns_open(0, "pid");

		start_init(&c);
		int fd = ns_open(proc_pid(c.pidfd), "pid");
		child_kill(&c);
		IN_CHILD () {
			EXPECT_OK(setns(fd, CLONE_NEWPID));
			expect_no_forks();
			EXPECT_OK(setns(own, CLONE_NEWPID));
			IN_CHILD ()
				EXPECT_NE(1, getpid());
		}
		IN_CHILD () {
			EXPECT_OK(unshare(CLONE_NEWPID));
			IN_CHILD ()
				EXPECT_EQ(1, getpid());
			expect_no_forks();
		}
	}
}

SUITE_MAIN()
