// SPDX-License-Identifier: GPL-2.0-only
/* PIDFD_GET_*_NAMESPACE (6.11): namespaces by way of a process, without procfs. */
#include "suite.h"

#include <sys/ioctl.h>

FIXTURE(ns) {};
FIXTURE_VARIANT(ns)
{
	enum ns_index type;
	const char *link;
};
#define LINK_VARIANT(name, index) FIXTURE_VARIANT_ADD(ns, name) { .type = index, .link = #name };
LINK_VARIANT(user, NS_USER)
LINK_VARIANT(mnt, NS_MNT)
LINK_VARIANT(pid, NS_PID)
LINK_VARIANT(pid_for_children, NS_PID)
LINK_VARIANT(net, NS_NET)
LINK_VARIANT(ipc, NS_IPC)
LINK_VARIANT(uts, NS_UTS)
LINK_VARIANT(time, NS_TIME)
LINK_VARIANT(time_for_children, NS_TIME)
LINK_VARIANT(cgroup, NS_CGROUP)
FIXTURE_SETUP(ns)
{
	need_ns(variant->type);
	int pidfd = MUST(sys_pidfd_open(getpid(), 0));
	int fd = ns_pidfd_get(pidfd, variant->link);

	if (fd < 0 && errno == ENOTTY)
		check_skip("not supported: PIDFD_GET_*_NAMESPACE (since 6.11)");
	close(fd);
	close(pidfd);
}
NO_TEARDOWN(ns)

/* Of a process whose children go elsewhere: the two links differ. */
static void start_divided(struct child *c)
{
	CHILD (c, .flags = CLONE_NEWUSER) {
		struct child first;

		FOR_EACH_NS (t)
			if (t->flag != CLONE_NEWUSER &&
			    !access(text_format("/proc/self/ns/%s", t->name), F_OK))
				ns_unshare(t->flag);
		CHILD (&first)
			child_sleep();
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(ns, pidfd_get_ns_all)
{
	struct child c;
	int own = MUST(sys_pidfd_open(getpid(), 0)), fd;
	uint64_t id = ns_id(0, variant->link);

	fd = ASSERT_OK(ns_pidfd_get(own, variant->link));
	EXPECT_EQ(id, ns_fd_id(fd));
	EXPECT_EQ(ns_types[variant->type].flag, ioctl(fd, NS_GET_NSTYPE));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(fd, F_GETFL) & O_ACCMODE);
	need_unprivileged_userns();
	start_divided(&c);
	fd = ASSERT_OK(ns_pidfd_get(c.pidfd, variant->link));
	EXPECT_EQ(ns_id(c.pid, variant->link), ns_fd_id(fd));
	if (strcmp(variant->link, "pid") && strcmp(variant->link, "time"))
		EXPECT_NE(id, ns_fd_id(fd));
	else
		EXPECT_EQ(id, ns_fd_id(fd));
	/* A folder without anything is all that one sees. */
	IN_CHILD (.flags = CLONE_NEWUSER) {
		MUST(chroot(temp_dir()));
		EXPECT_ERRNO(ENOENT, open("/proc", O_PATH));
		EXPECT_OK(ns_pidfd_get(MUST(sys_pidfd_open(getpid(), 0)), variant->link));
	}
	child_kill(&c);
}

static void expect_no_argument(int pidfd)
{
	for (int i = 1; i <= 10; i++)
		EXPECT_ERRNO(EINVAL, ioctl(pidfd, _IO(0xff, i), 1));
}

TEST_F(ns, pidfd_get_ns_errors)
{
	struct child plain, closed, dead;
	int pidfd;

	CHILD (&plain)
		child_sleep();
	expect_no_argument(plain.pidfd);
	IN_CHILD () {
		pidfd = MUST(sys_pidfd_open(getppid(), 0));
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, ns_pidfd_get(pidfd, variant->link));
		EXPECT_ERRNO(EACCES, ns_pidfd_get(plain.pidfd, variant->link));
		CHILD (&closed) {
			MUST(prctl(PR_SET_DUMPABLE, 0));
			child_meet(&closed);
			child_sleep();
		}
		child_meet(&closed);
		EXPECT_ERRNO(EACCES, ns_pidfd_get(closed.pidfd, variant->link));
		child_kill(&closed);
	}
	IN_CHILD (.flags = CLONE_NEWUSER)
		EXPECT_ERRNO(EACCES, ns_pidfd_get(plain.pidfd, variant->link));
	EXPECT_OK(ns_pidfd_get(plain.pidfd, variant->link));
	CHILD (&dead)
		break;
	child_dead(&dead);
	pidfd = MUST(dup(dead.pidfd));
	EXPECT_ERRNO(ESRCH, ns_pidfd_get(pidfd, variant->link));
	child_wait(&dead);
	EXPECT_ERRNO(ESRCH, ns_pidfd_get(pidfd, variant->link));
	child_kill(&plain);
}

SUITE_MAIN()
