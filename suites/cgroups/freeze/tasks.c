// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.freeze: tasks stop where they are, and can still be killed, moved, traced. */
#include "suite.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>

FIXTURE(freeze)
{
	struct cgroup a, b;
	atomic_long *p; /* turned by child */
	struct child child;
};
FIXTURE_SETUP(freeze)
{
	self->a = cgroup_make("a");
	self->b = cgroup_make("b");
	need_cgroup_file(&self->a, "cgroup.freeze");
	self->p = progress_make();
}
NO_TEARDOWN(freeze)

static int64_t frozen(const struct cgroup *cg)
{
	return cgroup_key(cg, "cgroup.events", "frozen");
}

static void freeze_wait(const struct cgroup *cg)
{
	cgroup_write(cg, "cgroup.freeze", "1");
	ASSERT_SOON(frozen(cg) == 1);
}

static void thaw(const struct cgroup *cg)
{
	cgroup_write(cg, "cgroup.freeze", "0");
	EXPECT_EQ(0, frozen(cg));
}

/* The fixture's child, at work in a cgroup. */
static void start(struct child *c, const struct cgroup *cg, atomic_long *p)
{
	CHILD (c, .cgroup = cg)
		progress_run(p);
	ASSERT_TRUE(progress_moves(p));
}

/* The cgroup and all below it stop, their neighbours do not. */
TEST_F(freeze, stops_processes)
{
	struct cgroup below = cgroup_make_in(&self->a, "below");
	atomic_long *lower = progress_make(), *other = progress_make();
	struct child in_lower, in_other;

	start(&self->child, &self->a, self->p);
	start(&in_lower, &below, lower);
	start(&in_other, &self->b, other);
	freeze_wait(&self->a);
	EXPECT_SOON(frozen(&below) == 1);
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_TRUE(progress_stands(lower));
	EXPECT_EQ(0, frozen(&self->b));
	EXPECT_TRUE(progress_moves(other));
	thaw(&self->a);
	EXPECT_TRUE(progress_moves(self->p));
	EXPECT_TRUE(progress_moves(lower));
}

/*
 * It may be a moment behind: a task counts as frozen just before it gives up the CPU,
 * and what it used may be counted only then.
 */
static bool usage_stands(const struct cgroup *cg, atomic_long *p)
{
	int64_t before = burn_usage(cg);

	EXPECT_TRUE(progress_stands(p));
	return burn_usage(cg) == before;
}

TEST_F(freeze, no_progress)
{
	start(&self->child, &self->a, self->p);
	freeze_wait(&self->a);
	int64_t before = 0;
	EXPECT_SOON(usage_stands(&self->a, self->p) && (before = burn_usage(&self->a)) > 0);
	thaw(&self->a);
	EXPECT_SOON(burn_usage(&self->a) > before);
}

/* What the waiting child saw; it writes it once its wait is over. */
struct waits {
	atomic_int read_result, sleep_result, signals;
};

static struct waits *waits;

static void count_signal(int sig __attribute__((unused)))
{
	atomic_fetch_add(&waits->signals, 1);
}

static void map_waits(void)
{
	waits = mmap(NULL, sizeof(*waits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ASSERT_TRUE(waits != MAP_FAILED);
	waits->read_result = waits->sleep_result = -1;
}

/* In nanosleep(2) for so long, seen to be unless it was over before we looked. */
static void start_sleeper(struct child *c, const struct cgroup *cg, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	waits->sleep_result = -1;
	CHILD (c, .cgroup = cg) {
		child_send(c, 0);
		waits->sleep_result = nanosleep(&t, NULL) ? errno : 0;
	}
	child_recv(c);
	ASSERT_SOON(proc_state(c->pid) == 'S' || waits->sleep_result >= 0);
}

/* Asleep and then frozen: the longer it sleeps, the later we may come to freeze it. */
static void freeze_asleep(struct child *sleeper, const struct cgroup *cg)
{
	for (int ms = 300;; ms *= 2) {
		start_sleeper(sleeper, cg, ms);
		freeze_wait(cg);
		if (waits->sleep_result)
			return;
		ASSERT_GT(8000, ms);
		thaw(cg);
		child_wait(sleeper);
	}
}

/* A read(2) and a nanosleep(2) that a freeze interrupts go on as if nothing had been. */
TEST_F(freeze, thaw_resumes)
{
	int line[2];
	struct child sleeper;

	map_waits();
	MUST(pipe(line));
	CHILD (&self->child, .cgroup = &self->a) {
		char byte;

		for (int sig = 1; sig < 32; sig++)
			signal(sig, count_signal);
		child_send(&self->child, 0);
		ssize_t n = read(line[0], &byte, 1);
		waits->read_result = n < 0 ? errno : byte;
	}
	child_recv(&self->child);
	ASSERT_SOON(proc_state(self->child.pid) == 'S');
	freeze_asleep(&sleeper, &self->a);
	for (int i = 0; i < 2; i++) {
		thaw(&self->a);
		freeze_wait(&self->a);
	}
	thaw(&self->a);
	EXPECT_TRUE(child_alive(&self->child));
	MUST(write(line[1], "x", 1));
	child_wait(&self->child);
	child_wait(&sleeper);
	EXPECT_EQ('x', waits->read_result);
	EXPECT_EQ(0, waits->sleep_result);
	EXPECT_EQ(0, waits->signals);
}

TEST_F(freeze, sigkill_works)
{
	start(&self->child, &self->a, self->p);
	freeze_wait(&self->a);
	MUST(kill(self->child.pid, SIGKILL));
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&self->child)));
	EXPECT_SOON(cgroup_key(&self->a, "cgroup.events", "populated") == 0);
	EXPECT_SOON(frozen(&self->a) == 1); /* on its way out a task is not frozen for a moment */
	thaw(&self->a);
	if (!cgroup_has(&self->a, "cgroup.kill"))
		return;
	start(&self->child, &self->a, self->p);
	freeze_wait(&self->a);
	cgroup_write(&self->a, "cgroup.kill", "1");
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&self->child)));
	EXPECT_SOON(frozen(&self->a) == 1);
}

TEST_F(freeze, signals_wait)
{
	map_waits();
	CHILD (&self->child, .cgroup = &self->a) {
		signal(SIGUSR1, count_signal);
		progress_run(self->p);
	}
	ASSERT_TRUE(progress_moves(self->p));
	freeze_wait(&self->a);
	MUST(kill(self->child.pid, SIGUSR1));
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_EQ(0, waits->signals);
	EXPECT_EQ(1, frozen(&self->a));
	thaw(&self->a);
	EXPECT_SOON(waits->signals == 1);
	EXPECT_TRUE(progress_moves(self->p));
}

TEST_F(freeze, stopped_task_counts)
{
	start(&self->child, &self->a, self->p);
	MUST(kill(self->child.pid, SIGSTOP));
	ASSERT_SOON(proc_state(self->child.pid) == 'T');
	freeze_wait(&self->a);
	thaw(&self->a);
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_EQ('T', proc_state(self->child.pid));
	freeze_wait(&self->a);
	MUST(kill(self->child.pid, SIGCONT));
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_SOON(frozen(&self->a) == 1);
	thaw(&self->a);
	EXPECT_TRUE(progress_moves(self->p));
}

TEST_F(freeze, migrate_out_runs)
{
	start(&self->child, &self->a, self->p);
	freeze_wait(&self->a);
	cgroup_add(&self->b, self->child.pid);
	EXPECT_TRUE(progress_moves(self->p));
	EXPECT_EQ(1, frozen(&self->a));
	EXPECT_EQ(0, frozen(&self->b));
}

TEST_F(freeze, migrate_into_frozen)
{
	freeze_wait(&self->b);
	start(&self->child, &self->a, self->p);
	cgroup_add(&self->b, self->child.pid);
	ASSERT_SOON(frozen(&self->b) == 1);
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_TRUE(cgroup_contains(&self->b, self->child.pid));
	thaw(&self->b);
	EXPECT_TRUE(progress_moves(self->p));
}

TEST_F(freeze, migrate_between_frozen)
{
	start(&self->child, &self->a, self->p);
	freeze_wait(&self->a);
	freeze_wait(&self->b);
	cgroup_add(&self->b, self->child.pid);
	EXPECT_EQ(1, frozen(&self->a));
	EXPECT_EQ(1, frozen(&self->b));
	EXPECT_TRUE(progress_stands(self->p));
	thaw(&self->a);
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_EQ(1, frozen(&self->b));
	thaw(&self->b);
	EXPECT_TRUE(progress_moves(self->p));
}

/* Forks as fast as it can, each child turns the counter and ends. */
static void fork_forever(atomic_long *p)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		atomic_fetch_add(p, 1);
		if (!fork())
			_exit(0);
	}
}

TEST_F(freeze, fork_race)
{
	struct child forkers[4];

	for (int i = 0; i < 4; i++)
		CHILD (&forkers[i], .cgroup = &self->a)
			fork_forever(self->p);
	for (int round = 0; round < 10; round++) {
		ASSERT_TRUE(progress_moves(self->p));
		freeze_wait(&self->a);
		char *procs = cgroup_read(&self->a, "cgroup.procs");
		EXPECT_TRUE(progress_stands(self->p));
		EXPECT_STREQ(procs, cgroup_read(&self->a, "cgroup.procs"));
		EXPECT_EQ(1, frozen(&self->a));
		thaw(&self->a);
	}
}

/*
 * By PTRACE_SEIZE and PTRACE_INTERRUPT: the SIGSTOP of PTRACE_ATTACH is a
 * signal as any other and waits for the thaw.
 */
TEST_F(freeze, ptrace_attach_to_frozen)
{
	struct user_regs_struct regs;
	int status;

	start(&self->child, &self->a, self->p);
	freeze_wait(&self->a);
	EXPECT_OK(ptrace(PTRACE_SEIZE, self->child.pid, 0, 0));
	EXPECT_OK(ptrace(PTRACE_INTERRUPT, self->child.pid, 0, 0));
	ASSERT_EQ(self->child.pid, waitpid(self->child.pid, &status, __WALL));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_OK(ptrace(PTRACE_GETREGS, self->child.pid, 0, &regs));
	EXPECT_EQ(1, frozen(&self->a));
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_OK(ptrace(PTRACE_DETACH, self->child.pid, 0, 0));
	EXPECT_SOON(frozen(&self->a) == 1);
	EXPECT_TRUE(progress_stands(self->p));
	thaw(&self->a);
	EXPECT_TRUE(progress_moves(self->p));
}

TEST_F(freeze, ptraced_task_freezes)
{
	struct user_regs_struct regs;
	int status;

	start(&self->child, &self->a, self->p);
	MUST(ptrace(PTRACE_SEIZE, self->child.pid, 0, 0));
	MUST(ptrace(PTRACE_INTERRUPT, self->child.pid, 0, 0));
	ASSERT_EQ(self->child.pid, waitpid(self->child.pid, &status, __WALL));
	freeze_wait(&self->a);
	EXPECT_OK(ptrace(PTRACE_GETREGS, self->child.pid, 0, &regs));
	EXPECT_OK(ptrace(PTRACE_SETREGS, self->child.pid, 0, &regs));
	EXPECT_OK(ptrace(PTRACE_CONT, self->child.pid, 0, 0));
	EXPECT_SOON(frozen(&self->a) == 1);
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_OK(ptrace(PTRACE_INTERRUPT, self->child.pid, 0, 0));
	ASSERT_EQ(self->child.pid, waitpid(self->child.pid, &status, __WALL));
	thaw(&self->a);
	EXPECT_OK(ptrace(PTRACE_DETACH, self->child.pid, 0, 0));
	EXPECT_TRUE(progress_moves(self->p));
}

/* Two threads in two threaded cgroups; each turns a counter. */
static atomic_long *thread_counter;
static atomic_int thread_id;

static void *turn(void *unused __attribute__((unused)))
{
	thread_id = sys_gettid();
	progress_run(thread_counter);
}

TEST_F(freeze, threaded_cgroup)
{
	struct cgroup one = cgroup_make_in(&self->a, "one"), two = cgroup_make_in(&self->a, "two");

	thread_counter = progress_make();
	cgroup_write(&one, "cgroup.type", "threaded");
	cgroup_write(&two, "cgroup.type", "threaded");
	CHILD (&self->child, .cgroup = &one) {
		pthread_t thread;

		ASSERT_EQ(0, pthread_create(&thread, NULL, turn, NULL));
		ASSERT_SOON(thread_id != 0);
		cgroup_write(&two, "cgroup.threads", "%d", thread_id);
		child_send(&self->child, 0);
		progress_run(self->p);
	}
	child_recv(&self->child);
	for (int i = 0; i < 2; i++) {
		atomic_long *stands = i ? thread_counter : self->p;
		atomic_long *moves = i ? self->p : thread_counter;

		freeze_wait(i ? &two : &one);
		EXPECT_TRUE(progress_stands(stands));
		EXPECT_TRUE(progress_moves(moves));
		EXPECT_EQ(0, frozen(&self->a));
		thaw(i ? &two : &one);
		EXPECT_TRUE(progress_moves(stands));
	}
}

/* vfork(2) holds the parent until the child is through, which is frozen. */
TEST_F(freeze, vfork_parent)
{
	CHILD (&self->child, .cgroup = &self->a) {
		if (!vfork())
			progress_run(self->p);
	}
	ASSERT_TRUE(progress_moves(self->p));
	freeze_wait(&self->a);
	EXPECT_TRUE(progress_stands(self->p));
	EXPECT_EQ(2, text_lines(cgroup_read(&self->a, "cgroup.procs")));
	thaw(&self->a);
	EXPECT_TRUE(progress_moves(self->p));
}

SUITE_MAIN()
