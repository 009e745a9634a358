// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: signals to PID 1, from inside and outside, and what they say of the sender. */
#include "suite.h"

#include <mqueue.h>
#include <sys/resource.h>

AREA(pid);

static volatile sig_atomic_t got_signal, got_pid, got_value, got_code;

static void note_sender(int sig, siginfo_t *info, void *context __attribute__((unused)))
{
	got_pid = info->si_pid;
	got_value = info->si_value.sival_int;
	got_code = info->si_code;
	got_signal = sig;
}

static void handle(int sig)
{
	struct sigaction act = { .sa_sigaction = note_sender, .sa_flags = SA_SIGINFO };

	got_signal = 0;
	got_pid = got_value = got_code = -1;
	MUST(sigaction(sig, &act, NULL));
}

static const int unhandled[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGABRT, SIGFPE,
				 SIGUSR1, SIGSEGV, SIGPIPE, SIGALRM, SIGTERM, SIGTSTP,
				 SIGXCPU, SIGTTIN, SIGSYS,  SIGIO,   40 };
#define UNHANDLED (int)(sizeof(unhandled) / sizeof(unhandled[0]))

/* Every way to send one; all say it went well. */
static void send_all_ways(pid_t pid, int sig)
{
	int pidfd = MUST(sys_pidfd_open(pid, 0));

	EXPECT_OK(kill(pid, sig));
	EXPECT_OK(syscall(SYS_tgkill, pid, pid, sig));
	EXPECT_OK(syscall(SYS_tkill, pid, sig));
	EXPECT_OK(sigqueue(pid, sig, (union sigval) { .sival_int = 1 }));
	EXPECT_OK(sys_pidfd_send_signal(pidfd, sig, NULL, 0));
	close(pidfd);
}

static void attack_init(void)
{
	send_all_ways(1, SIGKILL);
	send_all_ways(1, SIGSTOP);
	for (int i = 0; i < UNHANDLED; i++)
		send_all_ways(1, unhandled[i]);
}

/* By a member, by one that came from outside, and by itself. */
TEST_F(pid, init_ignores_unhandled_signals)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		IN_CHILD ()
			attack_init();
		attack_init();
		child_meet(&init);
		child_meet(&init);
		IN_CHILD (.flags = CLONE_NEWPID)
			IN_CHILD ()
				attack_init();
	}
	child_meet(&init);
	IN_CHILD () {
		MUST(setns(init.pidfd, CLONE_NEWPID));
		IN_CHILD ()
			attack_init();
	}
	child_meet(&init);
	child_wait(&init);
	EXPECT_EQ(0, init.status);
}

TEST_F(pid, init_handled_signal_delivered)
{
	static const int handled[] = { SIGTERM, SIGUSR1, SIGSEGV };

	IN_CHILD (.flags = CLONE_NEWPID)
		for (int i = 0; i < 3; i++)
			for (int queued = 0; queued < 2; queued++) {
				struct child member;
				int sig = handled[i];

				handle(sig);
				CHILD (&member) {
					union sigval value = { .sival_int = 4711 };

					EXPECT_OK(queued ? sigqueue(1, sig, value) : kill(1, sig));
				}
				child_wait(&member);
				EXPECT_EQ(sig, got_signal);
				EXPECT_EQ(member.pid, got_pid);
				EXPECT_EQ(queued ? SI_QUEUE : SI_USER, got_code);
				if (queued)
					EXPECT_EQ(4711, got_value);
				signal(sig, SIG_DFL);
			}
}

static bool is_pending(int sig)
{
	sigset_t set;

	MUST(sigpending(&set));
	return sigismember(&set, sig);
}

TEST_F(pid, init_blocked_signal_pending)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGUSR1);
		MUST(sigprocmask(SIG_BLOCK, &set, NULL));
		IN_CHILD () {
			EXPECT_OK(kill(1, SIGTERM));
			EXPECT_OK(kill(1, SIGUSR1));
		}
		EXPECT_TRUE(is_pending(SIGTERM));
		EXPECT_TRUE(is_pending(SIGUSR1));
		/* What is queued can be waited for ... */
		sigset_t one;

		sigemptyset(&one);
		sigaddset(&one, SIGUSR1);
		EXPECT_EQ(SIGUSR1, sigwaitinfo(&one, NULL));
		/* ... and what is not vanishes. */
		EXPECT_OK(kill(1, SIGTERM));
		MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
		EXPECT_FALSE(is_pending(SIGTERM));
		EXPECT_FALSE(is_pending(SIGUSR1));
	}
}

TEST_F(pid, init_ancestor_unhandled_ignored)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWPID) {
			child_send(&init, proc_self("/proc"));
			for (;;)
				child_meet(&inner);
		}
		for (;;) {
			child_recv(&init);
			child_meet(&inner);
			child_send(&init, 0);
		}
	}
	pid_t inner = child_recv_pid(&init);
	for (int i = 0; i < UNHANDLED; i++) {
		send_all_ways(init.pid, unhandled[i]);
		send_all_ways(inner, unhandled[i]);
		/* Both still answer. */
		child_meet(&init);
	}
	child_kill(&init);
	EXPECT_EQ(SIGKILL, init.status);
}

static void expect_change(struct child *c, int wanted, int code)
{
	siginfo_t info = { 0 };

	EXPECT_OK(waitid(P_PID, c->pid, &info, wanted));
	EXPECT_EQ(code, info.si_code);
}

/* Of the namespace's own parent, and of one two levels up. */
TEST_F(pid, init_ancestor_kill_stop)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWPID) {
			child_send(&init, proc_self("/proc"));
			child_meet(&inner);
			child_sleep();
		}
		child_meet(&inner);
		child_meet(&init);
		int status = child_reap(&inner);
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		child_meet(&init);
		child_sleep();
	}
	pid_t inner = child_recv_pid(&init);
	EXPECT_OK(kill(init.pid, SIGSTOP));
	expect_change(&init, WSTOPPED, CLD_STOPPED);
	EXPECT_EQ('T', proc_state(init.pid));
	EXPECT_OK(kill(init.pid, SIGCONT));
	expect_change(&init, WCONTINUED, CLD_CONTINUED);
	child_meet(&init);
	EXPECT_OK(kill(inner, SIGSTOP));
	EXPECT_SOON(proc_state(inner) == 'T');
	EXPECT_OK(kill(inner, SIGKILL));
	child_meet(&init);
	EXPECT_OK(kill(init.pid, SIGKILL));
	EXPECT_EQ(SIGKILL, child_reap(&init));
}

TEST_F(pid, init_ancestor_handled_sipid_0)
{
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		for (int i = 0; i < 2; i++) {
			handle(SIGTERM);
			child_meet(&init);
			child_recv(&init); /* sent */
			EXPECT_EQ(SIGTERM, got_signal);
			EXPECT_EQ(0, got_pid);
			EXPECT_EQ(i ? SI_QUEUE : SI_USER, got_code);
			if (i)
				EXPECT_EQ(77, got_value);
		}
	}
	child_meet(&init);
	EXPECT_OK(kill(init.pid, SIGTERM));
	child_send(&init, 0);
	child_meet(&init);
	EXPECT_OK(sigqueue(init.pid, SIGTERM, (union sigval) { .sival_int = 77 }));
	child_send(&init, 0);
	child_wait(&init);
}

static void fault(int how)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
	if (how == 1)
		signal(SIGSEGV, SIG_IGN);
	if (how == 2) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGSEGV);
		sigprocmask(SIG_BLOCK, &set, NULL);
	}
	if (how == 3)
		__builtin_trap();
	volatile uintptr_t nowhere = 8;
	*(volatile int *)nowhere = 0;
}

/* Also when it ignores or blocks the signal: there is nowhere to go on. */
TEST_F(pid, init_fatal_fault_kills)
{
	struct child c;

	for (int how = 0; how < 4; how++) {
		CHILD (&c, .flags = CLONE_NEWPID)
			fault(how);
		int status = child_reap(&c);
		ASSERT_TRUE(WIFSIGNALED(status));
		if (how == 3)
			EXPECT_TRUE(WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
		else
			EXPECT_EQ(SIGSEGV, WTERMSIG(status));
	}
}

/* A parent that dies at once, and its init, which becomes the test's child. */
static int start_orphaned_init(int pdeathsig, struct child *line)
{
	struct child parent;

	CHILD (&parent) {
		CHILD (line, .flags = CLONE_NEWPID) {
			MUST(prctl(PR_SET_PDEATHSIG, pdeathsig));
			child_meet(line);
			child_sleep();
		}
		child_meet(line);
		child_send(&parent, line->pid);
	}
	pid_t pid = child_recv_pid(&parent);
	int pidfd = MUST(sys_pidfd_open(pid, 0));
	child_wait(&parent);
	return pidfd;
}

TEST_F(pid, init_pdeathsig)
{
	struct child line;
	siginfo_t info = { 0 };

	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
	int killed = start_orphaned_init(SIGKILL, &line);

	EXPECT_EQ(POLLIN, poll_one(killed, POLLIN, wait_limit_ms(10)) & POLLIN);
	EXPECT_OK(waitid(P_ALL, 0, &info, WEXITED));
	EXPECT_EQ(CLD_KILLED, info.si_code);
	EXPECT_EQ(SIGKILL, info.si_status);
	/* One that it does not handle it is proof against. */
	int spared = start_orphaned_init(SIGTERM, &line);
	EXPECT_EQ(0, poll_one(spared, POLLIN, 50));
	EXPECT_OK(sys_pidfd_send_signal(spared, SIGKILL, NULL, 0));
}

/* One of the processes of kill_minus1; tells its outer pid. */
static void stand_by(struct child *top, struct child *c, uint64_t flags)
{
	CHILD (c, .flags = flags) {
		child_send(top, proc_self("/proc"));
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

/* As PID 1: what a member sends to all is not pending here. */
static void expect_init_spared(void)
{
	struct child other;
	sigset_t set, pending;

	CHILD (&other)
		child_sleep();
	MUST(sigemptyset(&set));
	MUST(sigaddset(&set, SIGUSR1));
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	IN_CHILD ()
		EXPECT_OK(kill(-1, SIGUSR1));
	int status = child_reap(&other);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	MUST(sigpending(&pending));
	EXPECT_FALSE(sigismember(&pending, SIGUSR1));
	MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
}

/*
 * In a namespace of its own, so that nobody else can be hit; and even should
 * that be none, not without having looked.
 */
TEST_F(pid, kill_minus1)
{
	uint64_t outside = ns_id(0, "pid");
	struct child top, hit[4], bystander;
	int fds[4];

	CHILD (&bystander)
		child_sleep();
	CHILD (&top, .flags = CLONE_NEWPID) {
		ASSERT_EQ(1, getpid());
		ASSERT_NE(outside, ns_id(0, "pid"));
		expect_init_spared();
		stand_by(&top, &hit[0], 0);
		stand_by(&top, &hit[1], 0);
		CHILD (&hit[2], .flags = CLONE_NEWPID) {
			stand_by(&top, &hit[3], 0);
			child_send(&top, proc_self("/proc"));
			child_meet(&hit[2]);
			child_sleep();
		}
		child_meet(&hit[2]);
		child_meet(&top);
		IN_CHILD ()
			EXPECT_OK(kill(-1, SIGKILL));
		child_meet(&top);
		/* Init itself hits neither itself nor anybody: there is nobody left. */
		for (int i = 0; i < 3; i++)
			child_reap(&hit[i]);
		EXPECT_ERRNO(ESRCH, kill(-1, SIGKILL));
		child_meet(&top);
	}
	for (int i = 0; i < 4; i++)
		fds[i] = MUST(sys_pidfd_open(child_recv_pid(&top), 0));
	child_meet(&top);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(POLLIN, poll_one(fds[i], POLLIN, wait_limit_ms(10)) & POLLIN);
	child_meet(&top);
	EXPECT_TRUE(child_alive(&top));
	EXPECT_TRUE(child_alive(&bystander));
	child_meet(&top);
	child_wait(&top);
	child_kill(&bystander);
}

/* A queue's notice comes from the process that sent, wherever that is. */
static void expect_mq_sender(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct child sender;

	MUST(unshare(CLONE_NEWIPC));
	mqd_t mq = mq_open("/bulkhead", O_CREAT | O_RDWR, 0600, &attr);
	if (mq == (mqd_t)-1 && errno == ENOSYS)
		return;
	event.sigev_value.sival_int = 99;
	MUST(mq_notify(mq, &event));
	handle(SIGUSR1);
	CHILD (&sender, .flags = CLONE_NEWPID)
		EXPECT_OK(mq_send(mq, "x", 1, 0));
	child_wait(&sender);
	EXPECT_EQ(SIGUSR1, got_signal);
	EXPECT_EQ(sender.pid, got_pid);
	EXPECT_EQ(SI_MESGQ, got_code);
	EXPECT_EQ(99, got_value);
}

TEST_F(pid, siginfo_translated)
{
	struct child target;

	/* Two members of one namespace. */
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child sender;

		handle(SIGUSR1);
		CHILD (&sender)
			EXPECT_OK(sigqueue(1, SIGUSR1, (union sigval) { .sival_int = 5 }));
		child_wait(&sender);
		EXPECT_EQ(SIGUSR1, got_signal);
		EXPECT_EQ(2, got_pid);
		EXPECT_EQ(SI_QUEUE, got_code);
		EXPECT_EQ(5, got_value);
	}
	/* From above, to a member that is no init. */
	CHILD (&target, .flags = CLONE_NEWPID)
		IN_CHILD () {
			for (int i = 0; i < 3; i++) {
				handle(SIGUSR1);
				child_send(&target, proc_self("/proc"));
				child_recv(&target); /* sent */
				EXPECT_EQ(SIGUSR1, got_signal);
				EXPECT_EQ(0, got_pid);
				EXPECT_EQ(((int[]) { SI_USER, SI_QUEUE, SI_TKILL })[i], got_code);
				if (i == 1)
					EXPECT_EQ(6, got_value);
			}
		}
	EXPECT_OK(kill(child_recv_pid(&target), SIGUSR1));
	child_send(&target, 0);
	EXPECT_OK(sigqueue(child_recv_pid(&target), SIGUSR1, (union sigval) { .sival_int = 6 }));
	child_send(&target, 0);
	pid_t pid = child_recv_pid(&target);
	EXPECT_OK(syscall(SYS_tgkill, pid, pid, SIGUSR1));
	child_send(&target, 0);
	child_wait(&target);
	/* From below. */
	IN_CHILD ()
		expect_mq_sender();
}

SUITE_MAIN()
