// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-worker: one operation, prepared and timed, in a process that has little else.
 * Static and small: what a fork copies here is the worker's, and none of the libraries
 * that the rest of the benchmark stands on.
 *
 * Started by worker_start() with the operation, the CPU, the scheduler and the place
 * (tag, mount, cgroup, why there is none, folder), a socket for requests and replies,
 * and the memory that the samples go to.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "place.h"
#include "text.h"
#include "worker.h"

#define YARD_CALLS 20

static int schedule(int policy, int priority)
{
	struct sched_param p = { .sched_priority = priority };

	return sched_setscheduler(0, policy, &p) ? -errno : 0;
}

static void stay_busy(unsigned int ns)
{
	uint64_t end = clock_ns() + ns;

	while (ns && clock_ns() < end)
		;
}

/* The pause is before the preparation as well: nothing in between may warm up. */
static int sample_here(struct fixture *x, const struct request *q, uint64_t *ns)
{
	uint64_t begin, end;
	int ret = op_before(x);

	if (ret)
		return ret;
	if (x->op->wait_ms + q->idle_ms)
		nap_us((x->op->wait_ms + (long)q->idle_ms) * 1000);
	begin = clock_ns();
	ret = op_run(x);
	stay_busy(q->delay_ns);
	end = clock_ns();
	if (!ret)
		ret = op_undo(x);
	*ns = end - begin;
	return ret;
}

static int sample_fresh(struct fixture *x, const struct request *q, uint64_t *ns, struct told *told)
{
	pid_t pid = child_fork(0, NO_CGROUP);

	if (pid < 0)
		return op_fail(x, "clone3");
	if (!pid) {
		told->error = sample_here(x, q, ns);
		if (told->error)
			memcpy(told->why, x->why, sizeof(x->why));
		_exit(0);
	}
	if (child_wait(pid)) {
		errno = ECHILD;
		return op_fail(x, "the child of the sample has died");
	}
	if (told->error)
		memcpy(x->why, told->why, sizeof(x->why));
	return told->error;
}

static double seconds(const struct timeval *a, const struct timeval *b)
{
	return (double)(a->tv_sec + b->tv_sec) + (double)(a->tv_usec + b->tv_usec) / 1e6;
}

/* Ours and our dead children's until now, SIGN times. */
static void add_cpu_time(struct reply *r, double sign)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	r->user += sign * seconds(&self.ru_utime, &children.ru_utime);
	r->system += sign * seconds(&self.ru_stime, &children.ru_stime);
}

/*
 * A yardstick for how fast the CPU is just now, among the same neighbours: the same
 * work each time, through the kernel's entry, which a busy sibling slows most.  The
 * first is to warm up.
 */
static uint64_t yard_ns(void)
{
	uint64_t begin = 0;

	for (int turn = 0; turn < 2; turn++) {
		begin = clock_ns();
		for (int i = 0; i < YARD_CALLS; i++)
			syscall(SYS_getppid);
	}
	return clock_ns() - begin;
}

/* Neighbours take turns of milliseconds: the next quiet one is worth waiting for. */
static uint64_t await_quiet(const struct request *q)
{
	uint64_t begin = clock_ns(), end = begin + q->patience_us * 1000ull;

	while (clock_ns() < end && yard_ns() > q->yard_ns)
		;
	return clock_ns() - begin;
}

static int sample(struct fixture *x, const struct request *q, uint64_t *ns, struct told *told)
{
	return x->op->flags & OP_FRESH ? sample_fresh(x, q, ns, told) : sample_here(x, q, ns);
}

static int batch(struct fixture *x, const struct request *q, uint64_t *ns, struct reply *r)
{
	struct told *told = (struct told *)(void *)(ns + BATCH_MAX);
	int ret = 0;

	told->error = 0;
	for (unsigned int i = 0; !ret && i < q->warm; i++)
		ret = sample(x, q, ns, told);
	r->waited_ns = !ret && q->yard_ns ? await_quiet(q) : 0;
	r->user = r->system = 0;
	add_cpu_time(r, -1);
	for (unsigned int i = 0; !ret && i < q->n && i < BATCH_MAX; i++)
		ret = sample(x, q, &ns[i], told);
	add_cpu_time(r, 1);
	return ret;
}

static void reply_error(struct reply *r, const struct fixture *x, int error)
{
	r->error = error;
	if (error)
		snprintf(r->why, sizeof(r->why), "%.200s", *x->why ? x->why : strerror(-error));
}

/*
 * Realtime where it works: there may be none for us, and none in a cgroup
 * (RT_GROUP_SCHED), which only the operation itself finds out.
 */
static void first_try(struct fixture *x, const struct setting *s, uint64_t *ns, struct reply *r)
{
	const struct request once = { .n = 1 };
	int error = 0;

	if (s->fifo && !(x->op->flags & OP_SLEEPS)) {
		error = schedule(SCHED_FIFO, 1);
		r->fifo = !error;
		if (error)
			snprintf(r->fifo_why, sizeof(r->fifo_why), "%s", strerror(-error));
	}
	error = batch(x, &once, ns, r);
	if (error && r->fifo) {
		snprintf(r->fifo_why, sizeof(r->fifo_why), "%.100s", x->why);
		schedule(SCHED_OTHER, 0);
		r->fifo = false;
		error = batch(x, &once, ns, r);
	}
	reply_error(r, x, error);
}

/*
 * Realtime for a batch at a time: where realtime is shared out to cgroups, nobody gets
 * the cpu controller below one that has such a process in it.
 */
static void serve(struct fixture *x, uint64_t *ns, struct reply *r)
{
	struct request q;

	while (recv(WORKER_SOCKET, &q, sizeof(q), 0) == sizeof(q)) {
		r->fifo = r->fifo && !schedule(SCHED_FIFO, 1);
		reply_error(r, x, batch(x, &q, ns, r));
		r->yard_ns = yard_ns();
		if (r->fifo)
			schedule(SCHED_OTHER, 0);
		if (send(WORKER_SOCKET, r, sizeof(*r), MSG_NOSIGNAL) != sizeof(*r))
			break;
	}
}

static int work(const struct op *op, const struct place *place, const struct setting *s,
		uint64_t *ns)
{
	static struct fixture x;
	struct reply r = {};
	int error;

	if (s->cpu >= 0)
		cpu_pin(s->cpu);
	if (!(op->flags & OP_FRESH))
		madvise(ns, WORKER_SIZE, MADV_DONTFORK);
	fixture_init(&x, op, place);
	error = op_prepare(&x);
	if (error)
		reply_error(&r, &x, error);
	else
		first_try(&x, s, ns, &r);
	schedule(SCHED_OTHER, 0);
	if (send(WORKER_SOCKET, &r, sizeof(r), MSG_NOSIGNAL) == sizeof(r) && !r.error)
		serve(&x, ns, &r);
	op_teardown(&x);
	return 0;
}

static char *unless_empty(char *s)
{
	return *s ? s : NULL;
}

int main(int argc, char **argv)
{
	struct place place = { .cgroup_fd = -1, .locks = { -1, -1 } };
	struct setting s;
	const struct op *op;
	uint64_t *ns;

	if (argc != 9)
		return 2;
	ops_init();
	op = op_find(argv[1]);
	s = (struct setting) { .cpu = atoi(argv[2]), .fifo = !strcmp(argv[3], "fifo") };
	place.tag = argv[4];
	place.mount = unless_empty(argv[5]);
	place.cgroup = unless_empty(argv[6]);
	place.why = unless_empty(argv[7]);
	place.temp = argv[8];
	ns = mmap(NULL, WORKER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_SHARED, 0);
	if (!op || ns == MAP_FAILED)
		return 2;
	close_range(WORKER_SOCKET + 1, ~0U, 0); /* before 5.9 they stay */
	return work(op, &place, &s, ns);
}
