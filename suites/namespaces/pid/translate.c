// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: system calls that take or give pids, and what they make of foreign ones. */
#include "suite.h"

#include <linux/kcmp.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

AREA(pid);

enum probe {
	P_KILL,
	P_TKILL,
	P_TGKILL,
	P_SIGQUEUE,
	P_GETPGID,
	P_SETPGID,
	P_GETSID,
	P_GETAFFINITY,
	P_SETAFFINITY,
	P_GETSCHEDULER,
	P_GETPARAM,
	P_GETATTR,
	P_RR_INTERVAL,
	P_GETPRIORITY,
	P_SETPRIORITY,
	P_IOPRIO_GET,
	P_PRLIMIT,
	P_PIDFD_OPEN,
	P_VM_READV,
	P_VM_WRITEV,
	P_PTRACE,
	P_CAPGET,
	P_ROBUST_LIST,
	P_MOVE_PAGES,
	P_KCMP,
	P_KILL_GROUP,
	P_COUNT,
};

static long probe_by_number(enum probe p, pid_t pid, char *buf)
{
	struct iovec iov = { buf, 1 };
	siginfo_t info = { .si_code = SI_QUEUE };
	struct rlimit limit;
	size_t length;
	void *head;
	struct __user_cap_header_struct caps = { _LINUX_CAPABILITY_VERSION_3, pid };

	switch (p) {
	case P_KILL:
		return kill(pid, 0);
	case P_TKILL:
		return syscall(SYS_tkill, pid, 0);
	case P_TGKILL:
		return syscall(SYS_tgkill, pid, pid, 0);
	case P_SIGQUEUE:
		return syscall(SYS_rt_sigqueueinfo, pid, 0, &info);
	case P_GETPGID:
		return getpgid(pid);
	case P_SETPGID:
		return setpgid(pid, pid);
	case P_GETSID:
		return getsid(pid);
	case P_GETAFFINITY:
		return syscall(SYS_sched_getaffinity, pid, 1024, buf);
	case P_SETAFFINITY:
		return syscall(SYS_sched_setaffinity, pid, 1024, buf);
	case P_GETSCHEDULER:
		return sched_getscheduler(pid);
	case P_GETPARAM:
		return syscall(SYS_sched_getparam, pid, buf);
	case P_GETATTR:
		return syscall(SYS_sched_getattr, pid, buf, 48, 0);
	case P_RR_INTERVAL:
		return syscall(SYS_sched_rr_get_interval, pid, buf);
	case P_GETPRIORITY:
		return syscall(SYS_getpriority, PRIO_PROCESS, pid);
	case P_SETPRIORITY:
		return setpriority(PRIO_PROCESS, pid, 0);
	case P_IOPRIO_GET:
		return syscall(SYS_ioprio_get, 1, pid);
	case P_PRLIMIT:
		return prlimit(pid, RLIMIT_CORE, NULL, &limit);
	case P_PIDFD_OPEN:
		return sys_pidfd_open(pid, 0);
	case P_VM_READV:
		return process_vm_readv(pid, &iov, 1, &iov, 1, 0);
	case P_VM_WRITEV:
		return process_vm_writev(pid, &iov, 1, &iov, 1, 0);
	case P_PTRACE:
		return ptrace(PTRACE_SEIZE, pid, 0, 0);
	case P_CAPGET:
		return syscall(SYS_capget, &caps, buf);
	case P_ROBUST_LIST:
		return syscall(SYS_get_robust_list, pid, &head, &length);
	case P_MOVE_PAGES:
		return syscall(SYS_move_pages, pid, 0, NULL, NULL, NULL, 0);
	case P_KCMP:
		return syscall(SYS_kcmp, pid, pid, KCMP_VM, 0, 0);
	case P_KILL_GROUP:
		return kill(-pid, 0);
	default:
		abort();
	}
}

static void expect_esrch(pid_t pid)
{
	static char buf[1024];

	/* A mask that allows every CPU, in case it were set on somebody. */
	memset(buf, 0xff, sizeof(buf));
	for (enum probe p = 0; p < P_COUNT; p++) {
		long ret = (errno = 0, probe_by_number(p, pid, buf));
		int e = errno;

		if (ret < 0 && e == ENOSYS)
			continue;
		atomic_fetch_add(&verdict->checks, 1);
		if (ret >= 0 || e != ESRCH)
			check_failed(HERE, "system call %d of the list on invisible pid %d: %s", p,
				     pid, ret >= 0 ? "succeeded" : errno_name(e));
	}
	EXPECT_ERRNO(ECHILD, waitpid(pid, NULL, WNOHANG));
}

/* A process outside, in a group and session of its own, and one in a sibling namespace. */
TEST_F(pid, syscalls_invisible_esrch)
{
	struct child outside, sibling;
	pid_t me = getpid();

	CHILD (&outside) {
		setsid();
		child_meet(&outside);
		child_sleep();
	}
	child_meet(&outside);
	CHILD (&sibling, .flags = CLONE_NEWPID)
		child_sleep();
	if (outside.pid < 10)
		check_skip("not supported: a test with a pid above 10");
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_ERRNO(ESRCH, kill(me, 0));
		expect_esrch(outside.pid);
		expect_esrch(sibling.pid);
		/* The same numbers that the sibling has inside its own. */
		for (int i = 2; i < 5; i++)
			expect_esrch(i);
	}
	EXPECT_OK(kill(outside.pid, 0));
	EXPECT_EQ(outside.pid, getpgid(outside.pid));
	EXPECT_OK(kill(sibling.pid, 0));
	child_kill(&outside);
	child_kill(&sibling);
}

/* What waitpid, waitid and SIGCHLD say of a child that is PID 1 elsewhere. */
static void expect_waited_by_number(bool by_waitid)
{
	sigset_t set;
	siginfo_t info = { 0 };
	struct child c;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	CHILD (&c, .flags = CLONE_NEWPID)
		EXPECT_EQ(1, getpid());
	MUST(sigwaitinfo(&set, &info));
	EXPECT_EQ(c.pid, info.si_pid);
	EXPECT_EQ(CLD_EXITED, info.si_code);
	info.si_pid = 0;
	if (by_waitid) {
		EXPECT_OK(waitid(P_PID, c.pid, &info, WEXITED));
		EXPECT_EQ(c.pid, info.si_pid);
	} else {
		EXPECT_EQ(c.pid, waitpid(-1, NULL, 0));
	}
}

TEST_F(pid, wait_outer_pid)
{
	for (int by_waitid = 0; by_waitid < 2; by_waitid++) {
		IN_CHILD ()
			expect_waited_by_number(by_waitid);
		IN_CHILD (.flags = CLONE_NEWPID) {
			for (int i = 0; i < 3; i++)
				IN_CHILD ()
					EXPECT_EQ(2 + i, getpid());
			expect_waited_by_number(by_waitid);
		}
	}
}

static int nice_of(pid_t pid)
{
	errno = 0;
	int nice = getpriority(PRIO_PROCESS, pid);

	if (nice < 0 && errno)
		check_setup_failed(HERE, "getpriority %d: %s", pid, errno_name(errno));
	return nice;
}

TEST_F(pid, prio_user_scope)
{
	IN_CHILD () {
		struct child witness;

		/* As somebody of whom nobody else is, where that can be had. */
		if (cred_is_initial())
			cred_become(OTHER_UID, OTHER_GID);
		need_unprivileged_userns();
		int before = nice_of(0);
		uid_t uid = getuid();

		CHILD (&witness)
			child_sleep();
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWPID, .map = cred_foreign_map()) {
			struct child member;

			CHILD (&member)
				child_sleep();
			EXPECT_OK(setpriority(PRIO_USER, getuid(), before + 4));
			EXPECT_EQ(before + 4, nice_of(0));
			EXPECT_EQ(before + 4, nice_of(member.pid));
			/* The best of all that are seen: not those outside. */
			EXPECT_EQ(before + 4, getpriority(PRIO_USER, getuid()));
			child_kill(&member);
		}
		EXPECT_EQ(before, nice_of(0));
		EXPECT_EQ(before, nice_of(witness.pid));
		EXPECT_GE(before, getpriority(PRIO_USER, uid));
		child_kill(&witness);
	}
}

/* The tracer sees its tracee fork in a namespace below: number by number of its own. */
TEST_F(pid, ptrace_eventmsg_translated)
{
	static const int options[] = { PTRACE_O_TRACEFORK, PTRACE_O_TRACEVFORK,
				       PTRACE_O_TRACECLONE };

	for (int i = 0; i < 3; i++) {
		struct child init;
		unsigned long message = 0;
		int status;

		CHILD (&init, .flags = CLONE_NEWPID) {
			child_meet(&init);
			long flags[] = { SIGCHLD, CLONE_VFORK | CLONE_VM | SIGCHLD, 0 };
			char stack[4096];

			if (!syscall(SYS_clone, flags[i],
				     i == 1 ? stack + sizeof(stack) - 64 : NULL, 0L, 0L, 0L))
				_exit(0);
			_exit(0);
		}
		EXPECT_OK(ptrace(PTRACE_SEIZE, init.pid, 0L, (long)options[i]));
		child_meet(&init);
		MUST(waitpid(init.pid, &status, __WALL));
		EXPECT_EQ(SIGTRAP | (i + 1) << 8, status >> 8);
		EXPECT_OK(ptrace(PTRACE_GETEVENTMSG, init.pid, 0L, &message));
		/* The new one is traced as well, so there is a second opinion. */
		pid_t seen = MUST(waitpid(-1, &status, __WALL));
		EXPECT_EQ(seen, message);
		EXPECT_NE(2, message);
		/* An init goes after all others, and this one is ours to reap. */
		MUST(kill(init.pid, SIGKILL));
		MUST(waitpid(seen, &status, __WALL));
		child_reap(&init);
	}
}

static int last_pid(const char *proc)
{
	char *text = file_read("%s/loadavg", proc);

	return atoi(strrchr(text, ' '));
}

/* That of the reader's namespace, whatever procfs it is read through. */
TEST_F(pid, loadavg_last_pid)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		char *proc = mount_proc();

		EXPECT_EQ(1, last_pid("/proc"));
		for (int i = 2; i < 6; i++) {
			IN_CHILD ()
				EXPECT_EQ(i, last_pid("/proc"));
			EXPECT_EQ(i, last_pid(proc));
		}
		IN_CHILD (.flags = CLONE_NEWPID)
			EXPECT_EQ(1, last_pid("/proc"));
		EXPECT_EQ(6, last_pid("/proc"));
	}
}

static void expect_procs(struct cgroup *cg, const char *file)
{
	pid_t outside = getpid();

	cgroup_add(cg, 0);
	IN_CHILD (.flags = CLONE_NEWPID) {
		/* Who has ended is listed until the CPU has left him, even if reaped. */
		EXPECT_SOON(text_lines(cgroup_read(cg, file)) == 2);
		char *text = cgroup_read(cg, file);

		EXPECT_TRUE(text_has_line(text, "0"));
		EXPECT_TRUE(text_has_line(text, "1"));
		IN_CHILD ()
			EXPECT_TRUE(text_has_line(cgroup_read(cg, file), "2"));
		EXPECT_ERRNO(ESRCH, cgroup_try_write(cg, file, "%d", outside));
		EXPECT_OK(cgroup_try_write(cg, file, "1"));
		EXPECT_OK(cgroup_try_write(cg, file, "0"));
	}
	char *own = text_format("%d", outside);
	EXPECT_TRUE(text_has_line(cgroup_read(cg, file), own));
	EXPECT_SOON(!text_has_line(cgroup_read(cg, file), "0"));
}

TEST_F(pid, cgroup_procs_translated)
{
	need_cgroup();
	struct cgroup cg = cgroup_make("a");

	IN_CHILD ()
		expect_procs(&cg, "cgroup.procs");
	IN_CHILD ()
		expect_procs(&cg, "cgroup.threads");
}

/* Files named by the four ids of the process that dumped. */
static void crash_in(const char *dir)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child c;

		MUST(setrlimit(RLIMIT_CORE, &(struct rlimit) { RLIM_INFINITY, RLIM_INFINITY }));
		MUST(prctl(PR_SET_DUMPABLE, 1));
		CHILD (&c) {
			child_send(&c, proc_self("/proc"));
			child_recv(&c);
			__builtin_trap();
		}
		pid_t outer = child_recv_pid(&c);
		child_send(&c, 0);
		int status = child_reap(&c);
		EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
		char *name = text_format("%s/core.2.2.%d.%d", dir, outer, outer);
		EXPECT_OK(access(name, F_OK));
	}
}

TEST_F(pid, core_pattern_pids)
{
	const char *knob = "/proc/sys/kernel/core_pattern";
	char *old = file_read("%s", knob), *dir = temp_dir();

	file_write(knob, "%s/core.%%p.%%i.%%P.%%I", dir);
	/* The old pattern comes back however this ends. */
	struct child c;
	CHILD (&c)
		crash_in(dir);
	child_dead(&c);
	file_write(knob, "%s", old);
	child_wait(&c);
}

SUITE_MAIN()
