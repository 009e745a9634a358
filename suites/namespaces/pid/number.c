// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: which numbers are given out, and who may choose. */
#include "suite.h"

AREA(pid);

#define LAST_PID "/proc/sys/kernel/ns_last_pid"
#define PID_MAX	 "/proc/sys/kernel/pid_max"

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

static void need_last_pid(void)
{
	need_file(LAST_PID, "ns_last_pid (CONFIG_CHECKPOINT_RESTORE)");
}

/* The pid that the next fork gives. */
static pid_t next_pid(void)
{
	pid_t pid = MUST(fork());

	if (!pid)
		_exit(0);
	MUST(waitpid(pid, NULL, 0));
	return pid;
}

TEST_F(pid, ns_last_pid)
{
	need_last_pid();
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child taken;

		EXPECT_EQ(1, file_number(LAST_PID));
		EXPECT_EQ(2, next_pid());
		EXPECT_EQ(2, file_number(LAST_PID));
		EXPECT_OK(file_try_write(LAST_PID, "20"));
		EXPECT_EQ(20, file_number(LAST_PID));
		EXPECT_EQ(21, next_pid());
		IN_CHILD (.flags = CLONE_NEWPID) {
			EXPECT_EQ(1, file_number(LAST_PID));
			EXPECT_OK(file_try_write(LAST_PID, "99"));
			EXPECT_EQ(100, next_pid());
		}
		EXPECT_EQ(24, next_pid()); /* after 22, and 23 that came as 100 below */
		EXPECT_OK(file_try_write(LAST_PID, "30"));
		CHILD (&taken)
			child_sleep();
		EXPECT_EQ(31, taken.pid);
		EXPECT_OK(file_try_write(LAST_PID, "29"));
		EXPECT_EQ(30, next_pid());
		EXPECT_EQ(32, next_pid());
		EXPECT_OK(file_try_write(LAST_PID, "30"));
		EXPECT_EQ(32, next_pid());
		child_kill(&taken);
	}
}

TEST_F(pid, ns_last_pid_errors)
{
	need_last_pid();
	IN_CHILD (.flags = CLONE_NEWPID) {
		char *max = text_format("%ju", (uintmax_t)file_number(PID_MAX));
		char *over = text_format("%ju", (uintmax_t)file_number(PID_MAX) + 1);

		MUST(file_try_write(LAST_PID, "10"));
		EXPECT_ERRNO(EINVAL, file_try_write(LAST_PID, "-1"));
		EXPECT_ERRNO(EINVAL, file_try_write(LAST_PID, over));
		EXPECT_EQ(10, file_number(LAST_PID));
		EXPECT_OK(file_try_write(LAST_PID, max));
		EXPECT_OK(file_try_write(LAST_PID, "0"));
		MUST(file_try_write(LAST_PID, "10"));
		/* A right below the owner is none. */
		IN_CHILD (.flags = CLONE_NEWUSER)
			EXPECT_ERRNO(EPERM, file_try_write(LAST_PID, "100"));
		cred_drop(CAP_SYS_ADMIN);
		if (cred_has(CAP_CHECKPOINT_RESTORE)) {
			EXPECT_OK(file_try_write(LAST_PID, "12"));
			cred_drop(CAP_CHECKPOINT_RESTORE);
		}
		EXPECT_ERRNO(EPERM, file_try_write(LAST_PID, "100"));
		EXPECT_LT(file_number(LAST_PID), 20);
	}
}

/*
 * Before it was per namespace it was the machine's: nothing may be written
 * there then.  It is per namespace where a new one does not start with ours, or
 * lets its owner write.
 */
static void need_own_pid_max(void)
{
	int64_t outside = file_number(PID_MAX);
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWPID, .map = cred_foreign_map()) {
		MUST(setresuid(0, 0, 0));
		int fd = open(PID_MAX, O_WRONLY | O_CLOEXEC);

		child_send(&c, fd >= 0 || file_number(PID_MAX) != outside);
	}
	need_working(child_recv(&c), SYS_KNOWN_6_15, "kernel.pid_max per pid namespace");
	child_wait(&c);
}

/* The least that is taken: it grows with the number of CPUs that there may be. */
static int least_pid_max(void)
{
	char *cpus = file_read("/sys/devices/system/cpu/possible");
	int last = atoi(strrchr(cpus, '-') ? strrchr(cpus, '-') + 1 : cpus);

	return 8 * (last + 1) > 301 ? 8 * (last + 1) : 301;
}

static void set_pid_max(int max)
{
	file_write(PID_MAX, "%d", max);
}

TEST_F(pid, pid_max_per_ns)
{
	int64_t outside = file_number(PID_MAX);

	need_own_pid_max();
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWPID, .map = cred_foreign_map()) {
		MUST(setresuid(0, 0, 0));
		EXPECT_EQ(4194304, file_number(PID_MAX));
		EXPECT_OK(file_try_write(PID_MAX, "4000"));
		EXPECT_EQ(4000, file_number(PID_MAX));
		IN_CHILD (.flags = CLONE_NEWPID) {
			EXPECT_EQ(4194304, file_number(PID_MAX));
			EXPECT_OK(file_try_write(PID_MAX, "5000"));
			EXPECT_EQ(5000, file_number(PID_MAX));
		}
		EXPECT_EQ(4000, file_number(PID_MAX));
	}
	/* Not by others in it. */
	if (cred_is_initial())
		IN_CHILD (.flags = CLONE_NEWPID)
			IN_CHILD () {
				cred_become(OTHER_UID, OTHER_GID);
				EXPECT_ERRNO(EACCES, file_try_write(PID_MAX, "6000"));
				EXPECT_EQ(4194304, file_number(PID_MAX));
			}
	EXPECT_EQ(outside, file_number(PID_MAX));
}

/* Sleepers until no more can be made; how many that were, the greatest of their pids. */
static int fill(pid_t *greatest, pid_t *least)
{
	int n = 0;
	pid_t pid;

	*greatest = 0;
	*least = INT_MAX;
	while (n < 20000 && (pid = fork()) > 0) {
		n++;
		*greatest = pid > *greatest ? pid : *greatest;
		*least = pid < *least ? pid : *least;
	}
	if (!pid)
		child_sleep();
	EXPECT_EQ(EAGAIN, errno);
	return n;
}

/* Only from the last few numbers, so that it does not take long. */
static void skip_to(pid_t last)
{
	if (file_try_write(LAST_PID, text_format("%d", last)))
		while (next_pid() < last)
			;
}

/* The namespace is used up from 300 to its limit; what is freed can be had again. */
static void expect_used_up(int max)
{
	pid_t greatest, least;

	skip_to(max - 6);
	EXPECT_EQ(max - 300, fill(&greatest, &least));
	EXPECT_EQ(max - 1, greatest);
	EXPECT_EQ(300, least);
	EXPECT_ERRNO(EAGAIN, fork());
	MUST(kill(310, SIGKILL));
	MUST(waitpid(310, NULL, 0));
	EXPECT_EQ(310, next_pid());
}

TEST_F(pid, pid_max_enforced)
{
	int max = least_pid_max() + 19;
	struct child outer;

	need_own_pid_max();
	IN_CHILD (.flags = CLONE_NEWPID) {
		set_pid_max(max);
		expect_used_up(max);
	}
	/* What an ancestor lacks no descendant can have. */
	CHILD (&outer, .flags = CLONE_NEWPID) {
		struct child inner;

		set_pid_max(max);
		CHILD (&inner, .flags = CLONE_NEWPID) {
			pid_t greatest, least;

			EXPECT_EQ(4194304, file_number(PID_MAX));
			/* All above but the ancestor's 1 and this one's 2. */
			EXPECT_EQ(max - 3, fill(&greatest, &least));
			EXPECT_ERRNO(EAGAIN, fork());
			MUST(kill(2, SIGKILL));
			MUST(waitpid(2, NULL, 0));
			/* It was 3 outside, and below 300 is not given out twice. */
			EXPECT_ERRNO(EAGAIN, fork());
			MUST(kill(greatest, SIGKILL));
			MUST(waitpid(greatest, NULL, 0));
			EXPECT_LT(greatest, next_pid());
		}
		child_wait_long(&inner);
	}
	child_wait_long(&outer);
}

TEST_F(pid, pid_max_minimum)
{
	int least = least_pid_max();

	need_own_pid_max();
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_ERRNO(EINVAL, file_try_write(PID_MAX, text_format("%d", least - 1)));
		EXPECT_ERRNO(EINVAL, file_try_write(PID_MAX, "4194305"));
		EXPECT_ERRNO(EINVAL, file_try_write(PID_MAX, "0"));
		EXPECT_ERRNO(EINVAL, file_try_write(PID_MAX, "-1"));
		EXPECT_EQ(4194304, file_number(PID_MAX));
		EXPECT_OK(file_try_write(PID_MAX, text_format("%d", least)));
		EXPECT_EQ(least, file_number(PID_MAX));
		EXPECT_OK(file_try_write(PID_MAX, "4194304"));
	}
}

/* The limit is the namespace's own, or on older kernels the machine's: it is only read. */
TEST_F(pid, pid_wrap_300)
{
	need_last_pid();
	IN_CHILD (.flags = CLONE_NEWPID) {
		int max = file_number(PID_MAX);

		MUST(file_try_write(LAST_PID, text_format("%d", max - 3)));
		EXPECT_EQ(max - 2, next_pid());
		EXPECT_EQ(max - 1, next_pid());
		EXPECT_EQ(300, next_pid());
		EXPECT_EQ(301, next_pid());
		/* Below 300 there are numbers for those who have not come so far yet. */
		MUST(file_try_write(LAST_PID, "1"));
		EXPECT_EQ(2, next_pid());
	}
}

#define NOEXEC "/proc/sys/vm/memfd_noexec"

static int memfd_mode(unsigned int flags)
{
	struct stat st;
	int fd = syscall(SYS_memfd_create, "bulkhead", flags);

	if (fd < 0)
		return -errno;
	MUST(fstat(fd, &st));
	close(fd);
	return st.st_mode & 0111;
}

/* 0: executable unless asked otherwise; 1: not; 2: never. */
static void expect_noexec(int scope)
{
	enum { EXEC = 0x10, NOEXEC_SEAL = 8 };

	EXPECT_EQ(scope, file_number(NOEXEC));
	EXPECT_EQ(0, memfd_mode(NOEXEC_SEAL));
	EXPECT_EQ(scope ? 0 : 0111, memfd_mode(0));
	EXPECT_EQ(scope == 2 ? -EACCES : 0111, memfd_mode(EXEC));
}

/* What a namespace began with stays when the one above goes back. */
static void expect_noexec_inherited(void)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWPID) {
		child_meet(&c);
		child_meet(&c);
		expect_noexec(1);
	}
	child_meet(&c);
	EXPECT_OK(file_try_write(NOEXEC, "0"));
	expect_noexec(0);
	child_meet(&c);
	child_wait(&c);
	EXPECT_OK(file_try_write(NOEXEC, "1"));
}

TEST_F(pid, memfd_noexec)
{
	need_file(NOEXEC, "vm.memfd_noexec");
	int outside = file_number(NOEXEC);

	if (outside)
		check_skip("not permitted: %s is %d already", NOEXEC, outside);
	IN_CHILD (.flags = CLONE_NEWPID) {
		expect_noexec(0);
		EXPECT_OK(file_try_write(NOEXEC, "1"));
		expect_noexec(1);
		EXPECT_ERRNO(EINVAL, file_try_write(NOEXEC, "3"));
		IN_CHILD (.flags = CLONE_NEWPID) {
			expect_noexec(1);
			EXPECT_ERRNO(EINVAL, file_try_write(NOEXEC, "0"));
			expect_noexec(1);
			EXPECT_OK(file_try_write(NOEXEC, "2"));
			expect_noexec(2);
		}
		expect_noexec(1);
		expect_noexec_inherited();
		IN_CHILD (.flags = CLONE_NEWUSER)
			EXPECT_ERRNO(EPERM, file_try_write(NOEXEC, "2"));
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, file_try_write(NOEXEC, "2"));
		expect_noexec(1);
	}
	expect_noexec(0);
}

SUITE_MAIN()
