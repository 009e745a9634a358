// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: making and joining them. */
#include "user.h"

#include <linux/nsfs.h>
#include <pthread.h>

AREA(user);

/* The plain old system call, with no stack; the child leaves at once. */
static int legacy_clone(unsigned long flags)
{
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, __WALL);
	return pid;
}

TEST_F(user, create)
{
	IN_CHILD () {
		become_ordinary();
		uint64_t own = ns_id(0, "user");

		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_NE(own, ns_id(0, "user"));
			EXPECT_EQ(0, getuid());
			EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
		}
		pid_t pid = ASSERT_OK(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0L, 0L, 0L, 0L));
		if (!pid)
			_exit(ns_id(0, "user") != own && cred_has(CAP_SYS_ADMIN) ? 11 : 1);
		int status = -1;
		MUST(waitpid(pid, &status, 0));
		EXPECT_EQ(11, WEXITSTATUS(status));
		/* The maker stays, and stays what it is. */
		EXPECT_EQ(own, ns_id(0, "user"));
		EXPECT_FALSE(cred_has(CAP_SYS_ADMIN));
		EXPECT_OK(unshare(CLONE_NEWUSER));
		EXPECT_NE(own, ns_id(0, "user"));
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
	}
}

static void start_member(struct child *c, const char *map)
{
	CHILD (c, .flags = CLONE_NEWUSER, .map = map)
		child_sleep();
}

TEST_F(user, setns_join)
{
	struct child outer;

	CHILD (&outer, .flags = CLONE_NEWUSER) {
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWUSER) {
			child_send(&outer, getpid());
			child_sleep();
		}
		child_sleep();
	}
	pid_t inner = child_recv_pid(&outer);
	int fds[] = { ns_open(outer.pid, "user"), outer.pidfd, ns_open(inner, "user"),
		      MUST(sys_pidfd_open(inner, 0)) };
	for (int i = 0; i < 4; i++)
		IN_CHILD () {
			EXPECT_OK(setns(fds[i], CLONE_NEWUSER));
			EXPECT_EQ(ns_id(i < 2 ? outer.pid : inner, "user"), ns_id(0, "user"));
			EXPECT_ALL_CAPS();
			EXPECT_EQ(0, geteuid());
		}
	child_kill(&outer);
}

/* Not up, not aside, and not with no right there. */
TEST_F(user, setns_eperm)
{
	struct child sibling;
	int initial = ns_open(0, "user"), me = MUST(sys_pidfd_open(getpid(), 0));

	start_member(&sibling, TEN);
	int aside = ns_open(sibling.pid, "user");
	IN_CHILD (.flags = CLONE_NEWUSER) {
		int parent = ns_open(0, "user");

		EXPECT_ERRNO(EPERM, setns(initial, CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, setns(initial, 0));
		EXPECT_ERRNO(EPERM, setns(me, CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, setns(aside, CLONE_NEWUSER));
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_ERRNO(EPERM, setns(initial, CLONE_NEWUSER));
			EXPECT_ERRNO(EPERM, setns(parent, CLONE_NEWUSER));
			EXPECT_ERRNO(EPERM, setns(aside, CLONE_NEWUSER));
		}
	}
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, setns(aside, CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, setns(sibling.pidfd, CLONE_NEWUSER));
	}
	child_kill(&sibling);
}

TEST_F(user, setns_same_einval)
{
	IN_CHILD (.flags = CLONE_NEWUSER) {
		int own = ns_open(0, "user"), me = MUST(sys_pidfd_open(getpid(), 0));

		EXPECT_ERRNO(EINVAL, setns(own, CLONE_NEWUSER));
		cred_drop_all();
		EXPECT_ERRNO(EINVAL, setns(own, CLONE_NEWUSER));
		EXPECT_ERRNO(EINVAL, setns(own, 0));
		EXPECT_ERRNO(EINVAL, setns(me, CLONE_NEWUSER));
		EXPECT_EQ(0, caps("CapEff"));
		EXPECT_EQ(0, caps("CapPrm"));
	}
}

TEST_F(user, setns_shared_state_einval)
{
	struct child c;

	start_member(&c, NULL);
	int fd = ns_open(c.pid, "user");
	IN_CHILD () {
		child_thread();
		EXPECT_ERRNO(EINVAL, setns(fd, CLONE_NEWUSER));
		EXPECT_ERRNO(EINVAL, setns(c.pidfd, CLONE_NEWUSER));
		/* It is the thread, and not only the root directory that they share. */
		MUST(unshare(CLONE_FS));
		EXPECT_ERRNO(EINVAL, setns(fd, CLONE_NEWUSER));
	}
	IN_CHILD (.flags = CLONE_FS) {
		EXPECT_ERRNO(EINVAL, setns(fd, CLONE_NEWUSER));
		/* On its own again it may. */
		MUST(unshare(CLONE_FS));
		EXPECT_OK(setns(fd, CLONE_NEWUSER));
	}
	child_kill(&c);
}

static void *end_at_once(void *none)
{
	return none;
}

TEST_F(user, unshare_multithreaded_einval)
{
	IN_CHILD () {
		uint64_t own = ns_id(0, "user");

		become_ordinary();
		child_thread();
		EXPECT_ERRNO(EINVAL, unshare(CLONE_NEWUSER));
		EXPECT_EQ(own, ns_id(0, "user"));
	}
	IN_CHILD () {
		pthread_t thread;

		become_ordinary();
		ASSERT_EQ(0, pthread_create(&thread, NULL, end_at_once, NULL));
		pthread_join(thread, NULL);
		/* join comes back a moment before the thread has left. */
		EXPECT_SOON(!unshare(CLONE_NEWUSER));
	}
}

TEST_F(user, unshare_unshares_fs)
{
	IN_CHILD () {
		struct child c;
		char *dir;

		become_ordinary();
		MUST(chdir("/"));
		umask(022);
		CHILD (&c, .flags = CLONE_FS) {
			umask(027);
			child_meet(&c);
			child_meet(&c);
			EXPECT_OK(unshare(CLONE_NEWUSER));
			umask(077);
			MUST(chdir("/proc"));
		}
		child_meet(&c);
		/* They did share. */
		EXPECT_EQ(027, umask(027));
		child_meet(&c);
		child_wait(&c);
		EXPECT_EQ(027, umask(022));
		dir = getcwd(NULL, 0);
		EXPECT_STREQ("/", dir);
	}
}

TEST_F(user, clone_flags_einval)
{
	static const unsigned long flags[] = { CLONE_FS, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM };

	IN_CHILD () {
		become_ordinary();
		for (int i = 0; i < 2; i++) {
			struct sys_clone_args args = { .flags = CLONE_NEWUSER | flags[i] };

			EXPECT_ERRNO(EINVAL, legacy_clone(CLONE_NEWUSER | flags[i]));
			EXPECT_ERRNO(EINVAL, sys_clone3(&args, sizeof(args)));
		}
		EXPECT_OK(legacy_clone(CLONE_NEWUSER));
	}
}

TEST_F(user, clone_parent_allowed)
{
	struct child c;
	int status = -1;
	uint64_t own = ns_id(0, "user");

	CHILD (&c) {
		become_ordinary();
		pid_t pid =
			syscall(SYS_clone, CLONE_NEWUSER | CLONE_PARENT | SIGCHLD, 0L, 0L, 0L, 0L);
		if (!pid)
			_exit(ns_id(0, "user") != own ? 12 : 1);
		child_send(&c, ASSERT_OK(pid));
	}
	MUST(waitpid(child_recv_pid(&c), &status, 0));
	EXPECT_EQ(12, WEXITSTATUS(status));
	child_wait(&c);
}

TEST_F(user, inherit_fork_exec)
{
	ns_promise_inherit(NS_USER);
}

/* Tells each level that can be made below the caller's, and -1 when there is no more. */
static void nest(struct child *top, int depth)
{
	struct child c;

	if (child_try_start(&c, .flags = CLONE_NEWUSER)) {
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_ERRNO(ENOSPC, unshare(CLONE_NEWUSER));
		EXPECT_ERRNO(ENOSPC, legacy_clone(CLONE_NEWUSER));
		child_send(top, -1);
		return;
	}
	if (c.inside) {
		child_send(top, depth + 1);
		if (depth < 40)
			nest(top, depth + 1);
		else
			child_send(top, -1);
		child_exit(&c);
	}
	child_wait_long(&c);
}

/* Whoever is in one already has so many fewer left. */
TEST_F(user, nesting_limit_enospc)
{
	bool initial = cred_is_initial();
	struct child c;
	int levels = 0;

	CHILD (&c)
		nest(&c, 0);
	for (int one; (one = child_recv(&c)) >= 0;)
		levels = one;
	if (initial)
		EXPECT_EQ(33, levels);
	else
		EXPECT_LE(levels, 32);
	EXPECT_LE(20, levels);
	child_wait_long(&c);
}

TEST_F(user, limit_enospc)
{
	ns_promise_limit_enospc(NS_USER);
	/* What is made below counts above, whatever the limit is there. */
	IN_CHILD (.flags = CLONE_NEWUSER) {
		ns_set_limit(NS_USER, 2);
		IN_CHILD (.flags = CLONE_NEWUSER) {
			struct child c;

			EXPECT_LT(2, file_number("/proc/sys/user/max_user_namespaces"));
			CHILD (&c, .flags = CLONE_NEWUSER)
				child_sleep();
			EXPECT_ERRNO(ENOSPC, unshare(CLONE_NEWUSER));
			child_kill(&c);
			EXPECT_SOON(legacy_clone(CLONE_NEWUSER) > 0);
		}
	}
}

TEST_F(user, create_chroot_eperm)
{
	char *dir = mount_tmpfs();

	MUST(mkdir(text_format("%s/root", dir), 0755));
	IN_CHILD () {
		/* The root of the mount namespace, though asked for again. */
		MUST(chroot("/"));
		EXPECT_OK(legacy_clone(CLONE_NEWUSER));
		MUST(chroot(dir));
		EXPECT_ERRNO(EPERM, legacy_clone(CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, unshare(CLONE_NEWUSER));
		MUST(chroot("/root"));
		EXPECT_ERRNO(EPERM, unshare(CLONE_NEWUSER));
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, legacy_clone(CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, unshare(CLONE_NEWUSER));
	}
}

static void expect_no_nesting(void)
{
	EXPECT_ERRNO(EPERM, legacy_clone(CLONE_NEWUSER));
	EXPECT_ERRNO(EPERM, unshare(CLONE_NEWUSER));
}

/* Without any map, and with either of the two. */
TEST_F(user, create_unmapped_euid_eperm)
{
	static const char *const files[] = { NULL, "uid_map", "gid_map" };

	for (int i = 0; i < 3; i++) {
		struct child c;

		CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true) {
			child_recv(&c);
			expect_no_nesting();
			child_meet(&c);
			child_meet(&c);
			if (i == 1)
				EXPECT_OK(unshare(CLONE_NEWUSER));
		}
		if (files[i])
			MUST(try_map(&c, files[i], "0 0 1"));
		child_send(&c, 0);
		child_meet(&c);
		if (i == 1)
			MUST(try_map(&c, "gid_map", "0 0 1"));
		child_meet(&c);
		child_wait(&c);
	}
}

TEST_F(user, pinned_by_fd_or_bind)
{
	struct child c;

	start_member(&c, "5 0 1");
	int fd = ns_open(c.pid, "user");
	char *link = text_format("/proc/%d/ns/user", c.pid), *pin = mount_pin(link);
	uint64_t id = ns_fd_id(fd);

	child_kill(&c);
	int bound = MUST(open(pin, O_RDONLY | O_CLOEXEC));
	for (int by_bind = 0; by_bind < 2; by_bind++)
		IN_CHILD () {
			EXPECT_OK(setns(by_bind ? bound : fd, CLONE_NEWUSER));
			EXPECT_EQ(id, ns_id(0, "user"));
			EXPECT_EQ(5, getuid());
			EXPECT_TRUE(map_reads(file_read("/proc/self/uid_map"), 5, 0, 1));
			EXPECT_TRUE(map_reads(file_read("/proc/self/gid_map"), 5, 0, 1));
		}
}

SUITE_MAIN()
