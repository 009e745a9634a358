// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: the life and death of PID 1. */
#include "suite.h"

#include <linux/reboot.h>
#include <pthread.h>

AREA(pid);

TEST_F(pid, init_is_1)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_EQ(1, getpid());
		for (int i = 2; i < 5; i++)
			IN_CHILD ()
				EXPECT_EQ(i, getpid());
		IN_CHILD (.flags = CLONE_NEWPID) {
			EXPECT_EQ(1, getpid());
			for (int i = 2; i < 5; i++)
				IN_CHILD () {
					EXPECT_EQ(i, getpid());
					EXPECT_EQ(i, sys_gettid());
				}
		}
		IN_CHILD ()
			EXPECT_EQ(9, getpid());
	}
}

TEST_F(pid, init_getppid_0)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		EXPECT_EQ(0, getppid());
		IN_CHILD ()
			EXPECT_EQ(1, getppid());
		child_meet(&init);
		child_sleep();
	}
	child_meet(&init);
	IN_CHILD () {
		MUST(setns(init.pidfd, CLONE_NEWPID));
		IN_CHILD () {
			pid_t me = getpid();

			EXPECT_EQ(0, getppid());
			IN_CHILD ()
				EXPECT_EQ(me, getppid());
		}
	}
	child_kill(&init);
}

TEST_F(pid, init_session)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_EQ(0, getsid(0));
		EXPECT_EQ(0, getpgrp());
		IN_CHILD () {
			EXPECT_EQ(0, getsid(0));
			EXPECT_EQ(0, getpgrp());
		}
		EXPECT_EQ(1, ASSERT_OK(setsid()));
		EXPECT_EQ(1, getsid(0));
		EXPECT_EQ(1, getpgrp());
		IN_CHILD () {
			EXPECT_EQ(1, getsid(0));
			EXPECT_EQ(1, getpgid(0));
		}
	}
}

/* The three stay where they were, whatever becomes of the children. */
TEST_F(pid, getpid_after_setns)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID)
		child_sleep();
	IN_CHILD () {
		const pid_t ids[] = { getpid(), sys_gettid(), getppid() };

		for (int i = 0; i < 2; i++)
			IN_CHILD () {
				pid_t me = getpid();

				if (i)
					MUST(setns(init.pidfd, CLONE_NEWPID));
				else
					MUST(unshare(CLONE_NEWPID));
				EXPECT_EQ(me, getpid());
				EXPECT_EQ(me, sys_gettid());
				EXPECT_EQ(ids[0], getppid());
				EXPECT_EQ(me, proc_self("/proc"));
			}
		EXPECT_EQ(ids[0], getpid());
		EXPECT_EQ(ids[1], sys_gettid());
		EXPECT_EQ(ids[2], getppid());
	}
	child_kill(&init);
}

static pid_t clone_brother(void)
{
	pid_t pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0L, 0L, 0L, 0L);

	if (!pid)
		_exit(0);
	return pid;
}

TEST_F(pid, init_clone_parent_einval)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct sys_clone_args args = { .flags = CLONE_PARENT };

		EXPECT_ERRNO(EINVAL, clone_brother());
		EXPECT_ERRNO(EINVAL, sys_clone3(&args, sizeof(args)));
		/* Others may, and the brother is init's to wait for. */
		IN_CHILD ()
			EXPECT_OK(clone_brother());
		EXPECT_OK(waitpid(-1, NULL, 0));
	}
}

/* Members of every kind; each tells the pid it has outside. */
enum { MEMBERS = 5 };

static void become_stubborn(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void start_members(struct child *init)
{
	struct child c[3], inner;

	for (int i = 0; i < 3; i++)
		CHILD (&c[i]) {
			if (i == 1)
				setsid();
			if (i == 2)
				become_stubborn();
			child_send(init, proc_self("/proc"));
			child_sleep();
		}
	CHILD (&inner, .flags = CLONE_NEWPID) {
		CHILD (&c[0]) {
			setsid();
			child_send(init, proc_self("/proc"));
			child_sleep();
		}
		child_send(init, proc_self("/proc"));
		child_sleep();
	}
}

static void expect_all_dead(struct child *init, bool by_kill)
{
	struct child injected;
	int fds[MEMBERS];
	pid_t pids[MEMBERS];

	CHILD (init, .flags = CLONE_NEWPID) {
		start_members(init);
		child_recv(init);
	}
	for (int i = 0; i < MEMBERS; i++) {
		pids[i] = child_recv_pid(init);
		fds[i] = MUST(sys_pidfd_open(pids[i], 0));
	}
	MUST(setns(init->pidfd, CLONE_NEWPID));
	CHILD (&injected) {
		setsid();
		child_meet(&injected);
		child_sleep();
	}
	child_meet(&injected);
	if (by_kill)
		MUST(kill(init->pid, SIGKILL));
	else
		child_send(init, 0);
	int status = child_reap(&injected);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = child_reap(init);
	EXPECT_EQ(by_kill ? SIGKILL : 0, status);
	for (int i = 0; i < MEMBERS; i++) {
		EXPECT_EQ(POLLIN, poll_one(fds[i], POLLIN, wait_limit_ms(10)) & POLLIN);
		EXPECT_ERRNO(ESRCH, kill(pids[i], 0));
	}
}

TEST_F(pid, init_death_kills_all)
{
	for (int by_kill = 0; by_kill < 2; by_kill++)
		IN_CHILD () {
			struct child init;

			expect_all_dead(&init, by_kill);
		}
}

/* An outer parent that is slow to reap its own keeps the init from being reaped. */
TEST_F(pid, init_death_reaped_last)
{
	struct child init, injected, members[20];

	CHILD (&init, .flags = CLONE_NEWPID) {
		for (int i = 0; i < 20; i++)
			CHILD (&members[i]) {
				child_send(&init, proc_self("/proc"));
				child_sleep();
			}
		child_sleep();
	}
	for (int i = 0; i < 20; i++)
		members[i].pid = child_recv_pid(&init);
	MUST(setns(init.pidfd, CLONE_NEWPID));
	CHILD (&injected)
		child_sleep();
	MUST(kill(init.pid, SIGKILL));
	child_dead(&injected);
	EXPECT_SOON(kill(members[19].pid, 0) && errno == ESRCH);
	EXPECT_EQ(0, poll_one(init.pidfd, POLLIN, 50));
	EXPECT_TRUE(child_alive(&init));
	child_reap(&injected);
	child_reap(&init);
	for (int i = 0; i < 20; i++)
		EXPECT_ERRNO(ESRCH, kill(members[i].pid, 0));
}

/* Of init only this thread is left: it forks, and orphans still come to it. */
static void *outlive_leader(void *arg)
{
	struct child *c = arg, orphan;
	pid_t leader = proc_self("/proc");
	int gone[2];
	char byte;

	MUST(pipe2(gone, O_CLOEXEC));
	EXPECT_SOON(proc_state(leader) == 'Z');
	IN_CHILD ()
		CHILD (&orphan) {
			MUST(read(gone[0], &byte, 1));
			EXPECT_EQ(1, getppid());
			child_meet(c);
		}
	MUST(write(gone[1], "x", 1));
	EXPECT_OK(waitpid(-1, NULL, __WALL));
	child_meet(c);
	child_sleep();
}

TEST_F(pid, init_multithreaded_leader_exit)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		pthread_t thread;

		ASSERT_EQ(0, pthread_create(&thread, NULL, outlive_leader, &init));
		syscall(SYS_exit, 0);
	}
	child_meet(&init);
	child_meet(&init);
	EXPECT_TRUE(child_alive(&init));
	child_kill(&init);
	EXPECT_EQ(SIGKILL, init.status);
}

/* After the execve: PID 1 as before, and proof against all of its own. */
HELPER(pid_init_role)
{
	EXPECT_EQ(1, getpid());
	EXPECT_OK(kill(1, SIGKILL));
	EXPECT_OK(kill(1, SIGTERM));
	pid_t pid = fork();
	if (!pid)
		_exit(getppid() == 1 && !kill(1, SIGKILL) ? 0 : 1);
	int status = -1;
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	return 0;
}

TEST_F(pid, init_exec_keeps_role)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_EQ(1, getpid());
		helper_exec("pid_init_role", NULL);
	}
}

static long sys_reboot(unsigned int cmd)
{
	return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, cmd, "bulkhead");
}

/* What follows would reboot the machine if the namespace were not another one. */
static void must_be_inside(uint64_t outer)
{
	ASSERT_EQ(1, getpid());
	ASSERT_NE(outer, ns_id(0, "pid"));
}

TEST_F(pid, reboot_kills_init)
{
	static const struct {
		unsigned int cmd;
		int signal;
	} cases[] = {
		{ LINUX_REBOOT_CMD_RESTART, SIGHUP },
		{ LINUX_REBOOT_CMD_RESTART2, SIGHUP },
		{ LINUX_REBOOT_CMD_HALT, SIGINT },
		{ LINUX_REBOOT_CMD_POWER_OFF, SIGINT },
	};
	uint64_t outer = ns_id(0, "pid");
	struct child c;

	for (int i = 0; i < 8; i++) {
		bool by_member = i & 1;

		CHILD (&c, .flags = CLONE_NEWPID) {
			must_be_inside(outer);
			if (by_member && fork())
				child_sleep();
			sys_reboot(cases[i / 2].cmd);
			check_failed(HERE, "reboot came back: %s", errno_name(errno));
		}
		int status = child_reap(&c);
		ASSERT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(cases[i / 2].signal, WTERMSIG(status));
	}
}

TEST_F(pid, reboot_errors)
{
	static const unsigned int others[] = { LINUX_REBOOT_CMD_CAD_ON, LINUX_REBOOT_CMD_CAD_OFF,
					       LINUX_REBOOT_CMD_SW_SUSPEND, 0x12345u };
	uint64_t outer = ns_id(0, "pid");

	IN_CHILD (.flags = CLONE_NEWPID) {
		must_be_inside(outer);
		for (int i = 0; i < 4; i++)
			EXPECT_ERRNO(EINVAL, sys_reboot(others[i]));
		EXPECT_ERRNO(EINVAL,
			     syscall(SYS_reboot, 1, 2, LINUX_REBOOT_CMD_RESTART, "bulkhead"));
		/* A right in a user namespace below the owner is none. */
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_ERRNO(EPERM, sys_reboot(LINUX_REBOOT_CMD_RESTART));
			EXPECT_ERRNO(EPERM, sys_reboot(LINUX_REBOOT_CMD_CAD_ON));
		}
		cred_drop(CAP_SYS_BOOT);
		EXPECT_ERRNO(EPERM, sys_reboot(LINUX_REBOOT_CMD_HALT));
		EXPECT_ERRNO(EPERM, sys_reboot(LINUX_REBOOT_CMD_CAD_ON));
	}
}

SUITE_MAIN()
