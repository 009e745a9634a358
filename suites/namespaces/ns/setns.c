// SPDX-License-Identifier: GPL-2.0-only
/* setns(2) by descriptor and by pidfd, for each type. */
#include "suite.h"

#include <sys/ioctl.h>

AREA_OF_TYPES(ns);

#define TYPE (&ns_types[variant->type])

/* What a call has changed since then must be just these. */
#define EXPECT_NS_CHANGED(flags, before)                           \
	do {                                                       \
		struct ns_set now_ = ns_set_of(0);                 \
		EXPECT_EQ((flags), ns_set_changes(before, &now_)); \
	} while (0)

static unsigned long all_flags(void)
{
	unsigned long flags = 0;
	struct ns_set own = ns_set_of(0);

	FOR_EACH_NS (t)
		if (own.id[t - ns_types])
			flags |= t->flag;
	return flags;
}

TEST_F(ns, setns_bad_fd)
{
	int closed = MUST(dup(0)), path, sockets[2];
	int others[] = { MUST(open("/dev/null", O_RDONLY)), MUST(open("/proc/self/ns", O_RDONLY)),
			 MUST(open("/proc/self/status", O_RDONLY)), -1 };

	close(closed);
	path = MUST(open(text_format("/proc/self/ns/%s", TYPE->name), O_PATH));
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	others[3] = sockets[0];
	const int flags[] = { 0, TYPE->flag };
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EBADF, setns(closed, flags[i]));
		EXPECT_ERRNO(EBADF, setns(-1, flags[i]));
		EXPECT_ERRNO(EBADF, setns(AT_FDCWD, flags[i]));
		EXPECT_ERRNO(EBADF, setns(path, flags[i]));
		for (int j = 0; j < 4; j++)
			EXPECT_ERRNO(EINVAL, setns(others[j], flags[i]));
	}
}

/* Even where the right one would not be permitted. */
TEST_F(ns, setns_wrong_type_einval)
{
	int fd = ns_open(0, TYPE->name);
	struct ns_set before = ns_set_of(0);

	FOR_EACH_NS (t) {
		if (t == TYPE)
			continue;
		EXPECT_ERRNO(EINVAL, setns(fd, t->flag));
		EXPECT_ERRNO(EINVAL, setns(fd, TYPE->flag | t->flag));
	}
	EXPECT_ERRNO(EINVAL, setns(fd, all_flags()));
	EXPECT_ERRNO(EINVAL, setns(fd, TYPE->flag | CLONE_VM));
	EXPECT_ERRNO(EINVAL, setns(fd, TYPE->flag | 1));
	EXPECT_ERRNO(EINVAL, setns(fd, CLONE_FS));
	EXPECT_ERRNO(EINVAL, setns(fd, -1));
	EXPECT_NS_CHANGED(0, &before);
}

TEST_F(ns, setns_type_zero_any)
{
	struct child c;
	struct ns_set before = ns_set_of(0);

	ns_start_member(&c, variant->type, 0);
	int fd = ns_open(c.pid, TYPE->name);

	IN_CHILD () {
		EXPECT_OK(setns(fd, 0));
		EXPECT_EQ(ns_id(c.pid, TYPE->file), ns_id(0, TYPE->file));
		struct ns_set now = ns_set_of(0);
		EXPECT_EQ(TYPE->flag, ns_set_changes(&before, &now) & TYPE->flag);
		EXPECT_EQ(0, ns_set_changes(&before, &now) & ~TYPE->flag);
	}
	child_kill(&c);
}

/* A parent reached by ioctl(2), which must be below the caller's own. */
static void expect_parent_joined(const struct ns_type *t)
{
	struct child outer;

	CHILD (&outer, .flags = t->flag) {
		struct child inner;

		CHILD (&inner, .flags = t->flag) {
			child_send_fd(&inner, ns_open(0, t->name));
			child_sleep();
		}
		child_send_fd(&outer, child_recv_fd(&inner));
		child_sleep();
	}
	int parent = ASSERT_OK(ioctl(child_recv_fd(&outer), NS_GET_PARENT));
	IN_CHILD () {
		EXPECT_OK(setns(parent, t->flag));
		EXPECT_EQ(ns_id(outer.pid, t->file), ns_id(0, t->file));
	}
	child_kill(&outer);
}

TEST_F(ns, setns_ioctl_derived_fd)
{
	struct child c;

	ns_start_member(&c, variant->type, CLONE_NEWUSER);
	int fd = ns_open(c.pid, TYPE->name);
	uint64_t user = ns_id(c.pid, "user");

	if (variant->type == NS_USER || variant->type == NS_PID)
		expect_parent_joined(TYPE);
	if (variant->type != NS_USER)
		IN_CHILD () {
			EXPECT_OK(setns(ASSERT_OK(ioctl(fd, NS_GET_USERNS)), CLONE_NEWUSER));
			EXPECT_EQ(user, ns_id(0, "user"));
			EXPECT_OK(setns(fd, TYPE->flag));
		}
	int by_pidfd = ns_pidfd_get(c.pidfd, TYPE->name);

	if (by_pidfd < 0 && (errno == ENOTTY || errno == EINVAL))
		check_skip(
			"not supported: PIDFD_GET_*_NAMESPACE (since 6.11); the other ioctls held");
	IN_CHILD () {
		EXPECT_OK(setns(by_pidfd, TYPE->flag));
		EXPECT_EQ(ns_id(c.pid, TYPE->file), ns_id(0, TYPE->file));
	}
	child_kill(&c);
}

TEST_F(ns, setns_pidfd_errors)
{
	struct child living, dead;

	ns_start_member(&living, variant->type, 0);
	EXPECT_ERRNO(EINVAL, setns(living.pidfd, 0));
	EXPECT_ERRNO(EINVAL, setns(living.pidfd, CLONE_VM));
	EXPECT_ERRNO(EINVAL, setns(living.pidfd, TYPE->flag | CLONE_FS));
	EXPECT_ERRNO(EINVAL, setns(living.pidfd, TYPE->flag | 1));
	EXPECT_ERRNO(EINVAL, setns(living.pidfd, -1));
	IN_CHILD () {
		struct ns_set before = ns_set_of(0);
		pid_t parent = getppid();
		int pidfd = MUST(sys_pidfd_open(parent, 0));

		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, setns(pidfd, TYPE->flag));
		EXPECT_ERRNO(EPERM, setns(living.pidfd, TYPE->flag));
		EXPECT_NS_CHANGED(0, &before);
	}
	CHILD (&dead, .flags = TYPE->flag)
		break;
	child_dead(&dead);
	int pidfd = MUST(dup(dead.pidfd));
	EXPECT_ERRNO(ESRCH, setns(pidfd, TYPE->flag));
	child_wait(&dead);
	EXPECT_ERRNO(ESRCH, setns(pidfd, TYPE->flag));
	child_kill(&living);
}

TEST_F(ns, setns_own_ns_ok)
{
	IN_CHILD (.flags = CLONE_NEWUSER | TYPE->flag) {
		struct ns_set before = ns_set_of(0);
		int fd = ns_open(0, TYPE->name), pidfd = MUST(sys_pidfd_open(getpid(), 0));
		int fds[] = { fd, pidfd };

		for (int i = 0; i < 2; i++)
			if (variant->type == NS_USER)
				EXPECT_ERRNO(EINVAL, setns(fds[i], CLONE_NEWUSER));
			else
				EXPECT_OK(setns(fds[i], TYPE->flag));
		EXPECT_NS_CHANGED(0, &before);
	}
}

/* All that a member of new namespaces of every type has, and we join some. */
TEST_F(ns, setns_pidfd_many)
{
	unsigned long all = all_flags() & ~CLONE_NEWUSER;
	struct ns_set before = ns_set_of(0);
	struct child c;

	if (variant->type == NS_USER)
		all |= CLONE_NEWUSER;
	ns_start_member(&c, variant->type, all);
	FOR_EACH_NS (t) {
		unsigned long flags = TYPE->flag | (t->flag & all);

		IN_CHILD () {
			EXPECT_OK(setns(c.pidfd, flags));
			EXPECT_NS_CHANGED(flags, &before);
		}
		if (flags == all || variant->type == NS_USER)
			continue;
		IN_CHILD () {
			EXPECT_OK(setns(c.pidfd, all & ~flags));
			EXPECT_NS_CHANGED(all & ~flags, &before);
		}
	}
	IN_CHILD () {
		EXPECT_OK(setns(c.pidfd, all));
		EXPECT_NS_CHANGED(all, &before);
		FOR_EACH_NS (t)
			if (all & t->flag)
				EXPECT_EQ(ns_id(c.pid, t->file), ns_id(0, t->file));
	}
	child_kill(&c);
}

/*
 * The target's namespace of our type is ours to join, but of the others it has
 * those of the outer user namespace, whoever comes first in the kernel's order.
 */
TEST_F(ns, setns_pidfd_atomic)
{
	unsigned long all = all_flags() & ~CLONE_NEWUSER;

	IN_CHILD (.flags = CLONE_NEWUSER) {
		struct ns_set before = ns_set_of(0);
		struct child target;

		ns_start_member(&target, variant->type, 0);
		MUST(chdir("/proc"));
		FOR_EACH_NS (t) {
			if (t == TYPE || t->flag == CLONE_NEWUSER || !(all & t->flag))
				continue;
			EXPECT_ERRNO(EPERM, setns(target.pidfd, TYPE->flag | t->flag));
			EXPECT_NS_CHANGED(0, &before);
		}
		if (variant->type != NS_USER)
			EXPECT_ERRNO(EINVAL, setns(target.pidfd, TYPE->flag | CLONE_NEWUSER));
		EXPECT_NS_CHANGED(0, &before);
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
		EXPECT_STREQ("/proc", getcwd(NULL, 0));
		EXPECT_OK(setns(target.pidfd, TYPE->flag));
		EXPECT_NS_CHANGED(TYPE->flag, &before);
		child_kill(&target);
	}
}

TEST_F(ns, setns_pidfd_userns_first)
{
	struct child target;

	IN_CHILD () {
		struct ns_set before = ns_set_of(0);

		ns_start_member(&target, variant->type, CLONE_NEWUSER);
		/* The maker of a user namespace has all rights in it, none at home. */
		cred_drop_all();
		if (variant->type != NS_USER) {
			EXPECT_ERRNO(EPERM, setns(target.pidfd, TYPE->flag));
			EXPECT_NS_CHANGED(0, &before);
		}
		EXPECT_OK(setns(target.pidfd, TYPE->flag | CLONE_NEWUSER));
		EXPECT_NS_CHANGED(TYPE->flag | CLONE_NEWUSER, &before);
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
	}
}

SUITE_MAIN()
