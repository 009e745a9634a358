// SPDX-License-Identifier: GPL-2.0-only
/* Time namespaces: how they are made and entered. */
#include "timens.h"

#include <pthread.h>

AREA(time);

#define OFFSETS	  "monotonic 100000 0\nboottime 200000 0\n"
#define MONOTONIC (100000 * NS_PER_S)
#define BOOTTIME  (200000 * NS_PER_S)

TEST_F(time, create_unshare)
{
	need_ns(NS_TIME);
	IN_CHILD () {
		uint64_t own = ns_id(0, "time");
		int64_t before = clock_ns(CLOCK_MONOTONIC, BY_SYSCALL);

		EXPECT_EQ(own, ns_id(0, "time_for_children"));
		EXPECT_OK(unshare(CLONE_NEWTIME));
		EXPECT_EQ(own, ns_id(0, "time"));
		EXPECT_NE(own, ns_id(0, "time_for_children"));
		MUST(file_try_write("/proc/self/timens_offsets", OFFSETS));
		/* Its own clocks go on as they did. */
		EXPECT_LT(clock_ns(CLOCK_MONOTONIC, BY_SYSCALL) - before, MONOTONIC / 2);
		EXPECT_LT(clock_ns(CLOCK_MONOTONIC, BY_VDSO) - before, MONOTONIC / 2);
	}
}

TEST_F(time, create_clone3)
{
	need_ns(NS_TIME);
	uint64_t outer = ns_id(0, "time");

	IN_CHILD (.flags = CLONE_NEWTIME) {
		EXPECT_NE(outer, ns_id(0, "time"));
		EXPECT_EQ(ns_id(0, "time"), ns_id(0, "time_for_children"));
		EXPECT_OFFSETS(0, 0);
	}
	EXPECT_EQ(outer, ns_id(0, "time_for_children"));
	/* With the offsets of its maker, which are those of the maker's children. */
	IN_CHILD () {
		offsets_make(OFFSETS);
		uint64_t mine = ns_id(0, "time_for_children");
		struct child c;

		CHILD (&c, .flags = CLONE_NEWTIME) {
			EXPECT_NE(outer, ns_id(0, "time"));
			EXPECT_NE(mine, ns_id(0, "time"));
			EXPECT_OFFSETS(MONOTONIC, BOOTTIME);
			child_serve_clocks(&c);
		}
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC, MONOTONIC);
		EXPECT_SHIFT(&c, CLOCK_BOOTTIME, BOOTTIME);
		child_send(&c, -1);
		child_wait(&c);
	}
}

TEST_F(time, create_not_by_legacy_clone)
{
	need_ns(NS_TIME);
	uint64_t outer = ns_id(0, "time");
	pid_t pid = syscall(SYS_clone, CLONE_NEWTIME | SIGCHLD, 0L, 0L, 0L, 0L);
	int status = -1;

	if (!pid)
		_exit(ns_id(0, "time") == outer && ns_id(0, "time_for_children") == outer ? 0 : 1);
	if (pid < 0) {
		EXPECT_EQ(EINVAL, errno);
	} else {
		MUST(waitpid(pid, &status, __WALL));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(outer, ns_id(0, "time_for_children"));
}

TEST_F(time, create_priv)
{
	ns_promise_create_priv(NS_TIME);
}

TEST_F(time, limit_enospc)
{
	need_ns(NS_TIME);
	need_file("/proc/sys/user/max_time_namespaces", "a limit of time namespaces");
	ns_promise_limit_enospc(NS_TIME);
}

TEST_F(time, setns_eperm)
{
	ns_promise_setns_eperm(NS_TIME);
}

TEST_F(time, inherit_fork_exec)
{
	ns_promise_inherit(NS_TIME);
}

/* A member of a namespace with the offsets, and the unsharer that is none. */
struct pair {
	struct child maker, member;
	pid_t member_pid;
};

static void start_pair(struct pair *p, const char *offsets)
{
	CHILD (&p->maker) {
		offsets_make(offsets);
		CHILD (&p->member) {
			child_send(&p->maker, getpid());
			child_serve_clocks(&p->maker);
		}
		child_wait(&p->member);
	}
	p->member_pid = child_recv_pid(&p->maker);
}

/* Ask the member, which answers on its maker's line. */
static void expect_pair_shift(struct pair *p)
{
	EXPECT_SHIFT(&p->maker, CLOCK_MONOTONIC, MONOTONIC);
	EXPECT_SHIFT(&p->maker, CLOCK_BOOTTIME, BOOTTIME);
}

static void end_pair(struct pair *p)
{
	child_send(&p->maker, -1);
	child_wait(&p->maker);
}

/* Joins, and answers then. */
static void expect_joined(int fd, int flags, uint64_t id)
{
	struct child c;

	CHILD (&c) {
		EXPECT_OK(setns(fd, flags));
		EXPECT_EQ(id, ns_id(0, "time"));
		EXPECT_EQ(id, ns_id(0, "time_for_children"));
		child_serve_clocks(&c);
		IN_CHILD ()
			EXPECT_EQ(id, ns_id(0, "time"));
	}
	EXPECT_SHIFT(&c, CLOCK_MONOTONIC, MONOTONIC);
	EXPECT_SHIFT(&c, CLOCK_BOOTTIME, BOOTTIME);
	child_send(&c, -1);
	child_wait(&c);
}

TEST_F(time, setns_join)
{
	struct pair p;

	start_pair(&p, OFFSETS);
	int by_member = ns_open(p.member_pid, "time");
	uint64_t id = ns_fd_id(by_member);

	expect_pair_shift(&p);
	expect_joined(by_member, CLONE_NEWTIME, id);
	expect_joined(by_member, 0, id);
	expect_joined(ns_open(p.maker.pid, "time_for_children"), CLONE_NEWTIME, id);
	expect_joined(MUST(sys_pidfd_open(p.member_pid, 0)), CLONE_NEWTIME, id);
	/* The maker lives elsewhere than its children. */
	IN_CHILD () {
		uint64_t own = ns_id(0, "time");

		if (!setns(p.maker.pidfd, CLONE_NEWTIME)) {
			EXPECT_EQ(own, ns_id(0, "time"));
			EXPECT_EQ(own, ns_id(0, "time_for_children"));
		} else {
			EXPECT_EQ(EPERM,
				  errno); /* the machine's own, for somebody without rights */
		}
	}
	end_pair(&p);
}

TEST_F(time, setns_multithreaded_eusers)
{
	struct pair p;

	start_pair(&p, OFFSETS);
	int fd = ns_open(p.member_pid, "time");
	IN_CHILD () {
		uint64_t own = ns_id(0, "time");

		child_thread();
		EXPECT_ERRNO(EUSERS, setns(fd, CLONE_NEWTIME));
		EXPECT_EQ(own, ns_id(0, "time"));
		EXPECT_EQ(own, ns_id(0, "time_for_children"));
	}
	end_pair(&p);
}

/* What a thread should find: the namespace and the time of before. */
struct place {
	uint64_t ns;
	int64_t monotonic;
};

static void *look_around(void *arg)
{
	const struct place *old = arg;

	EXPECT_EQ(old->ns, ns_id(0, "time"));
	for (enum way way = BY_VDSO; way <= BY_SYSCALL; way++)
		EXPECT_LT(clock_ns(CLOCK_MONOTONIC, way), old->monotonic + MONOTONIC / 2);
	return NULL;
}

/*
 * Before 6.2 nobody could share memory with the maker of a namespace that is
 * for its children.
 */
static void skip_if_exclusive(int error)
{
	need_working(error != EINVAL, SYS_KNOWN_6_5, "sharing memory after unshare(CLONE_NEWTIME)");
}

TEST_F(time, threads)
{
	need_ns(NS_TIME);
	IN_CHILD () {
		pthread_t thread;
		struct place old = { ns_id(0, "time"), clock_ns(CLOCK_MONOTONIC, BY_SYSCALL) };

		child_thread();
		EXPECT_OK(unshare(CLONE_NEWTIME));
		EXPECT_NE(old.ns, ns_id(0, "time_for_children"));
		MUST(file_try_write("/proc/self/timens_offsets", OFFSETS));
		int error = pthread_create(&thread, NULL, look_around, &old);
		skip_if_exclusive(error);
		ASSERT_EQ(0, error);
		pthread_join(thread, NULL);
		look_around(&old);
	}
}

TEST_F(time, fork_enters)
{
	need_ns(NS_TIME);
	IN_CHILD () {
		uint64_t own = ns_id(0, "time");

		offsets_make(OFFSETS);
		uint64_t next = ns_id(0, "time_for_children");
		struct child c;

		CHILD (&c) {
			EXPECT_EQ(next, ns_id(0, "time"));
			EXPECT_EQ(next, ns_id(0, "time_for_children"));
			child_serve_clocks(&c);
		}
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC, MONOTONIC);
		EXPECT_SHIFT(&c, CLOCK_BOOTTIME, BOOTTIME);
		EXPECT_EQ(own, ns_id(0, "time"));
		child_send(&c, -1);
		child_wait(&c);
	}
}

/* After the execve: in the namespace that was there for the children, clocks and all. */
HELPER(time_exec)
{
	int64_t floor = strtoll(argv[2], NULL, 10);

	EXPECT_EQ(strtoull(argv[1], NULL, 10), ns_id(0, "time"));
	EXPECT_EQ(strtoull(argv[1], NULL, 10), ns_id(0, "time_for_children"));
	for (enum way way = BY_VDSO; way <= BY_SYSCALL; way++) {
		EXPECT_LE(floor, clock_ns(CLOCK_MONOTONIC, way));
		EXPECT_GT(floor + 3600 * NS_PER_S, clock_ns(CLOCK_MONOTONIC, way));
	}
	return 0;
}

static void exec_after_unshare(void)
{
	char *id = text_format("%ju", (uintmax_t)ns_id(0, "time_for_children"));
	int64_t now = clock_ns(CLOCK_MONOTONIC, BY_SYSCALL);
	char *floor = text_format("%jd", (intmax_t)(now + MONOTONIC));

	helper_exec("time_exec", id, floor, NULL);
}

static int exec_now(void *none __attribute__((unused)))
{
	exec_after_unshare();
	return 0;
}

static int tell_ns(void *id)
{
	*(uint64_t *)id = ns_id(0, "time");
	return 0;
}

static int clone_and_wait(int (*run)(void *), void *arg, int flags)
{
	static char stack[262144] __attribute__((aligned(16)));
	int status = -1;

	flags |= CLONE_VM | CLONE_VFORK | SIGCHLD;
	pid_t pid = clone(run, stack + sizeof(stack), flags, arg);

	if (pid < 0)
		return -1;
	MUST(waitpid(pid, &status, 0));
	return status;
}

/* Which came together with entering by execve. */
static void need_time_exec(void)
{
	need_ns(NS_TIME);
	IN_CHILD () {
		uint64_t seen;

		MUST(unshare(CLONE_NEWTIME));
		if (clone_and_wait(tell_ns, &seen, 0) < 0)
			skip_if_exclusive(errno);
	}
}

TEST_F(time, vfork_stays_until_exec)
{
	need_time_exec();
	IN_CHILD () {
		uint64_t own = ns_id(0, "time"), seen = 0;

		offsets_make(OFFSETS);
		EXPECT_EQ(0, clone_and_wait(tell_ns, &seen, 0));
		EXPECT_EQ(own, seen);
		/* Nor does it with new namespaces of other types. */
		EXPECT_EQ(0, clone_and_wait(tell_ns, &seen, CLONE_NEWUTS));
		EXPECT_EQ(own, seen);
		EXPECT_EQ(0, clone_and_wait(exec_now, NULL, 0));
		EXPECT_EQ(own, ns_id(0, "time"));
	}
}

TEST_F(time, exec_enters)
{
	need_time_exec();
	IN_CHILD () {
		uint64_t own = ns_id(0, "time");

		offsets_make(OFFSETS);
		EXPECT_EQ(own, ns_id(0, "time"));
		exec_after_unshare();
	}
}

TEST_F(time, unshare_again_ok)
{
	need_ns(NS_TIME);
	IN_CHILD () {
		uint64_t first, second, own = ns_id(0, "time");

		offsets_make(OFFSETS);
		first = ns_id(0, "time_for_children");
		EXPECT_OK(unshare(CLONE_NEWTIME));
		second = ns_id(0, "time_for_children");
		EXPECT_NE(first, second);
		EXPECT_EQ(own, ns_id(0, "time"));
		EXPECT_OFFSETS(MONOTONIC, BOOTTIME);
		EXPECT_OK(file_try_write("/proc/self/timens_offsets", "monotonic 5 0"));
		EXPECT_OK(unshare(CLONE_NEWTIME));
		EXPECT_OFFSETS(5 * NS_PER_S, BOOTTIME);
		IN_CHILD ()
			EXPECT_OFFSETS(5 * NS_PER_S, BOOTTIME);
	}
}

TEST_F(time, pinned_by_fd_or_bind)
{
	struct pair p;

	start_pair(&p, OFFSETS);
	int fd = ns_open(p.member_pid, "time");
	uint64_t id = ns_fd_id(fd);
	char *link = text_format("/proc/%d/ns/time", p.member_pid), *pin = mount_pin(link);

	end_pair(&p);
	expect_joined(fd, CLONE_NEWTIME, id);
	expect_joined(MUST(open(pin, O_RDONLY | O_CLOEXEC)), CLONE_NEWTIME, id);
}

SUITE_MAIN()
