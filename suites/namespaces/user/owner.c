// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: who owns them, and what rights that gives where. */
#include "user.h"

#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

AREA(user);

TEST_F(user, parent_is_creator_ns)
{
	struct child outer;

	CHILD (&outer, .flags = CLONE_NEWUSER) {
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWUSER) {
			child_send(&outer, getpid());
			child_sleep();
		}
		/* Its maker sees it as well. */
		int parent = ASSERT_OK(ioctl(ns_open(inner.pid, "user"), NS_GET_PARENT));
		EXPECT_EQ(ns_id(0, "user"), ns_fd_id(parent));
		child_sleep();
	}
	pid_t inner = child_recv_pid(&outer);
	int parent = ASSERT_OK(ioctl(ns_open(inner, "user"), NS_GET_PARENT));

	EXPECT_EQ(ns_id(outer.pid, "user"), ns_fd_id(parent));
	int grandparent = ASSERT_OK(ioctl(parent, NS_GET_PARENT));
	EXPECT_EQ(ns_id(0, "user"), ns_fd_id(grandparent));
	EXPECT_EQ(CLONE_NEWUSER, ioctl(grandparent, NS_GET_NSTYPE));
	child_kill(&outer);
}

static uid_t owner_of(int fd)
{
	uid_t uid = -1;

	MUST(ioctl(fd, NS_GET_OWNER_UID, &uid));
	return uid;
}

TEST_F(user, owner_is_creator_euid)
{
	struct child maker;

	CHILD (&maker) {
		struct child c;

		MUST(setresgid(OTHER_GID, OTHER_GID, OTHER_GID));
		MUST(setresuid(OTHER_UID + 1, OTHER_UID, OTHER_UID + 2));
		MUST(prctl(PR_SET_DUMPABLE, 1));
		need_unprivileged_userns();
		CHILD (&c, .flags = CLONE_NEWUSER)
			child_sleep();
		child_send_fd(&maker, ns_open(c.pid, "user"));
		child_recv(&maker);
		child_kill(&c);
	}
	int fd = child_recv_fd(&maker);

	EXPECT_EQ(OTHER_UID, owner_of(fd));
	/* In the numbers of who asks. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = text_format("5 %d 1", OTHER_UID))
		EXPECT_EQ(5, owner_of(fd));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN)
		EXPECT_EQ(file_number("/proc/sys/kernel/overflowuid"), owner_of(fd));
	uid_t uid;
	EXPECT_ERRNO(EINVAL, ioctl(ns_open(0, "uts"), NS_GET_OWNER_UID, &uid));
	child_send(&maker, 0);
	child_wait(&maker);
}

TEST_F(user, ns_get_parent_eperm)
{
	int outer_uts = ns_open(0, "uts"), outer = ns_open(0, "user");

	IN_CHILD (.flags = CLONE_NEWUSER) {
		int own = ns_open(0, "user");

		EXPECT_ERRNO(EPERM, ioctl(own, NS_GET_PARENT));
		EXPECT_ERRNO(EPERM, ioctl(own, NS_GET_USERNS));
		EXPECT_ERRNO(EPERM, ioctl(outer, NS_GET_PARENT));
		EXPECT_ERRNO(EPERM, ioctl(outer_uts, NS_GET_USERNS));
		MUST(unshare(CLONE_NEWUTS));
		int owner = ASSERT_OK(ioctl(ns_open(0, "uts"), NS_GET_USERNS));
		EXPECT_EQ(ns_fd_id(own), ns_fd_id(owner));
	}
}

/*
 * One above and one below, the upper one not the caller's own where that can
 * be had: then only the capability counts, and not the owner.
 */
TEST_F(user, cap_descends)
{
	struct child outer;
	const bool initial = cred_is_initial();

	CHILD (&outer) {
		if (initial)
			become_ordinary();
		IN_CHILD (.flags = CLONE_NEWUSER) {
			struct child inner;

			CHILD (&inner, .flags = CLONE_NEWUSER | CLONE_NEWUTS) {
				child_send(&outer, getpid());
				child_sleep();
			}
			child_recv(&outer);
			child_kill(&inner);
		}
	}
	pid_t pid = child_recv_pid(&outer);
	int uts = ns_open(pid, "uts");
	IN_CHILD () {
		EXPECT_OK(setns(uts, CLONE_NEWUTS));
		EXPECT_OK(sethostname("descended", 9));
	}
	EXPECT_OK(kill(pid, 0));
	IN_CHILD ()
		EXPECT_OK(setns(ns_open(pid, "user"), CLONE_NEWUSER));
	if (initial)
		IN_CHILD () {
			cred_drop(CAP_SYS_ADMIN);
			EXPECT_ERRNO(EPERM, setns(uts, CLONE_NEWUTS));
			EXPECT_ERRNO(EPERM, setns(ns_open(pid, "user"), CLONE_NEWUSER));
		}
	child_send(&outer, 0);
	child_wait(&outer);
}

TEST_F(user, cap_not_sideways)
{
	const bool initial = cred_is_initial();
	struct child target;

	CHILD (&target, .flags = CLONE_NEWUSER | CLONE_NEWUTS, .map = initial ? TEN : NULL) {
		if (initial)
			become_inner(0, 0);
		child_meet(&target);
		child_sleep();
	}
	child_meet(&target);
	int uts = ns_open(target.pid, "uts"), user = ns_open(target.pid, "user");
	IN_CHILD (.flags = CLONE_NEWUSER, .map = initial ? OTHER_TEN : NULL) {
		if (initial)
			become_inner(0, 0);
		EXPECT_ALL_CAPS();
		EXPECT_ERRNO(EPERM, setns(uts, CLONE_NEWUTS));
		EXPECT_ERRNO(EPERM, setns(user, CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, setns(target.pidfd, CLONE_NEWUTS));
		EXPECT_ERRNO(EPERM, ptrace(PTRACE_SEIZE, target.pid, 0L, 0L));
		if (initial) {
			EXPECT_ERRNO(EPERM, kill(target.pid, 0));
			EXPECT_ERRNO(EPERM, kill(target.pid, SIGKILL));
			EXPECT_ERRNO(EPERM, setpriority(PRIO_PROCESS, target.pid, 5));
		}
	}
	EXPECT_TRUE(child_alive(&target));
	child_kill(&target);
}

/*
 * A namespace of OTHER_UID, in which 0 is that user and 1 is OTHER_UID + 1, and
 * a member with the inner uid 1; there until *maker is told.
 */
struct owned {
	struct child maker;
	pid_t member;
	int fd;
};

static void start_owned(struct owned *o)
{
	CHILD (&o->maker) {
		struct child c;

		cred_become(OTHER_UID, OTHER_GID);
		need_unprivileged_userns();
		CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWUTS, .unmapped = true) {
			child_recv(&c);
			become_inner(1, 1);
			child_send(&o->maker, getpid());
			child_sleep();
		}
		child_send(&o->maker, c.pid);
		child_recv(&o->maker);
		child_send(&c, 0);
		child_recv(&o->maker);
		child_kill(&c);
	}
	pid_t pid = child_recv_pid(&o->maker);

	file_write(text_format("/proc/%d/uid_map", pid), "0 %d 2", OTHER_UID);
	file_write(text_format("/proc/%d/gid_map", pid), "0 %d 2", OTHER_GID);
	child_send(&o->maker, 0);
	o->member = child_recv_pid(&o->maker);
	o->fd = ns_open(o->member, "user");
}

static void end_owned(struct owned *o)
{
	child_send(&o->maker, 0);
	child_wait(&o->maker);
}

TEST_F(user, owner_has_all_caps)
{
	struct owned o;

	start_owned(&o);
	int uts = ns_open(o.member, "uts");
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_EQ(0, caps("CapEff"));
		EXPECT_OK(setns(o.fd, CLONE_NEWUSER));
		EXPECT_ALL_CAPS();
		EXPECT_OK(setns(uts, CLONE_NEWUTS));
		EXPECT_OK(sethostname("owner", 5));
		EXPECT_OK(setresuid(1, 1, 1));
	}
	/* Neither another user, even one who is mapped, nor the owner's group. */
	IN_CHILD () {
		cred_become(OTHER_UID + 1, OTHER_GID);
		EXPECT_ERRNO(EPERM, setns(o.fd, CLONE_NEWUSER));
	}
	/* The effective one. */
	IN_CHILD () {
		MUST(setresuid(OTHER_UID, OTHER_UID + 5, OTHER_UID));
		EXPECT_ERRNO(EPERM, setns(o.fd, CLONE_NEWUSER));
	}
	IN_CHILD () {
		MUST(setresuid(OTHER_UID + 5, OTHER_UID, OTHER_UID + 5));
		EXPECT_OK(setns(o.fd, CLONE_NEWUSER));
	}
	end_owned(&o);
}

/* One more level, made by the inner uid 1. */
static int make_below(struct owned *o)
{
	struct child c;

	CHILD (&c) {
		MUST(setns(o->fd, CLONE_NEWUSER));
		become_inner(1, 1);
		MUST(unshare(CLONE_NEWUSER));
		child_send_fd(&c, ns_open(0, "user"));
	}
	int fd = child_recv_fd(&c);
	child_wait(&c);
	return fd;
}

TEST_F(user, owner_scope)
{
	struct owned o;

	start_owned(&o);
	int below = make_below(&o);
	EXPECT_EQ(OTHER_UID + 1, owner_of(below));
	/* All the way down ... */
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_OK(setns(below, CLONE_NEWUSER));
		EXPECT_ALL_CAPS();
	}
	/* ... but from the next level above alone: not from where this is. */
	IN_CHILD () {
		cred_become(OTHER_UID + 1, OTHER_GID);
		EXPECT_ERRNO(EPERM, setns(below, CLONE_NEWUSER));
	}
	IN_CHILD () {
		MUST(setns(o.fd, CLONE_NEWUSER));
		become_inner(1, 1);
		cred_drop_all();
		EXPECT_OK(setns(below, CLONE_NEWUSER));
	}
	/* Nor is the same user in another namespace its owner. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = text_format("0 %d 2", OTHER_UID)) {
		become_inner(0, 0);
		EXPECT_ERRNO(EPERM, setns(o.fd, CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, setns(below, CLONE_NEWUSER));
	}
	end_owned(&o);
}

/* Everything that the new user namespace does not own is out of reach for its root. */
TEST_F(user, cap_on_owned_ns)
{
	char *dir = temp_dir();

	IN_CHILD (.flags = CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC)
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_ALL_CAPS();
			EXPECT_ERRNO(EPERM, sethostname("x", 1));
			EXPECT_ERRNO(EPERM, mount("tmpfs", dir, "tmpfs", 0, NULL));
			EXPECT_ERRNO(EPERM, socket(AF_INET, SOCK_RAW, 1));
			EXPECT_ERRNO(EPERM, socket(AF_PACKET, SOCK_RAW, 0));
			EXPECT_ERRNO(EPERM, mount("mqueue", dir, "mqueue", 0, NULL));
			MUST(unshare(CLONE_NEWUTS));
			EXPECT_OK(sethostname("x", 1));
			MUST(unshare(CLONE_NEWNET));
			EXPECT_OK(socket(AF_INET, SOCK_RAW, 1));
			EXPECT_ERRNO(EPERM, mount("tmpfs", dir, "tmpfs", 0, NULL));
			MUST(unshare(CLONE_NEWNS));
			EXPECT_OK(mount("tmpfs", dir, "tmpfs", 0, NULL));
			EXPECT_ERRNO(EPERM, mount("mqueue", dir, "mqueue", 0, NULL));
			MUST(unshare(CLONE_NEWIPC));
			EXPECT_OK(mount("mqueue", dir, "mqueue", 0, NULL));
		}
}

static void expect_owner_traces(void)
{
	struct owned o;

	start_owned(&o);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_OK(ptrace(PTRACE_SEIZE, o.member, 0L, 0L));
	}
	IN_CHILD () {
		cred_become(OTHER_UID + 7, OTHER_GID);
		EXPECT_ERRNO(EPERM, ptrace(PTRACE_SEIZE, o.member, 0L, 0L));
	}
	end_owned(&o);
}

/* A member has no rights over those above, not even over one with the same uid. */
TEST_F(user, ptrace_scope)
{
	struct child outside, inside;

	CHILD (&outside)
		child_sleep();
	CHILD (&inside, .flags = CLONE_NEWUSER)
		child_sleep();
	IN_CHILD (.flags = CLONE_NEWUSER, .map = cred_foreign_map()) {
		EXPECT_ERRNO(EPERM, ptrace(PTRACE_SEIZE, outside.pid, 0L, 0L));
		EXPECT_ERRNO(EPERM, ptrace(PTRACE_ATTACH, outside.pid, 0L, 0L));
		EXPECT_ERRNO(EACCES, open(text_format("/proc/%d/mem", outside.pid), O_RDONLY));
	}
	EXPECT_OK(ptrace(PTRACE_SEIZE, inside.pid, 0L, 0L));
	if (cred_is_initial())
		expect_owner_traces();
	child_kill(&outside);
	child_kill(&inside);
}

TEST_F(user, kill_owner_any_uid)
{
	struct owned o;

	start_owned(&o);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_OK(kill(o.member, 0));
		EXPECT_OK(kill(o.member, SIGCONT));
	}
	IN_CHILD () {
		cred_become(OTHER_UID + 7, OTHER_GID);
		EXPECT_ERRNO(EPERM, kill(o.member, 0));
		EXPECT_ERRNO(EPERM, kill(o.member, SIGKILL));
	}
	end_owned(&o);
}

TEST_F(user, setns_nondumpable)
{
	struct owned o;
	struct child own;
	int signal;

	start_owned(&o);
	CHILD (&own, .flags = CLONE_NEWUSER)
		child_sleep();
	for (int foreign = 0; foreign < 2; foreign++)
		IN_CHILD () {
			MUST(prctl(PR_SET_DUMPABLE, 1));
			MUST(prctl(PR_SET_PDEATHSIG, SIGTERM));
			MUST(setns(foreign ? o.fd : ns_open(own.pid, "user"), CLONE_NEWUSER));
			MUST(prctl(PR_GET_PDEATHSIG, &signal));
			EXPECT_EQ(foreign ? 0 : SIGTERM, signal);
			EXPECT_EQ(foreign ? file_number("/proc/sys/fs/suid_dumpable") : 1,
				  prctl(PR_GET_DUMPABLE));
		}
	child_kill(&own);
	end_owned(&o);
}

SUITE_MAIN()
