// SPDX-License-Identifier: GPL-2.0-only
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "place.h"

#define BATCH_LIMIT 120000 /* ms */
#define SOCKET	    0	   /* where the worker has it */

/* One more than the samples: what a fresh child tells. */
struct told {
	int error;
	char why[sizeof(((struct fixture *)NULL)->why)];
};

#define SHARED (BATCH_MAX * sizeof(uint64_t) + sizeof(struct told))

int cpu_last(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return -1;
}

int cpu_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

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

static double cpu_seconds(bool user)
{
	struct rusage self, children;
	const struct timeval *a = user ? &self.ru_utime : &self.ru_stime;
	const struct timeval *b = user ? &children.ru_utime : &children.ru_stime;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return (double)(a->tv_sec + b->tv_sec) + (double)(a->tv_usec + b->tv_usec) / 1e6;
}

static int batch(struct fixture *x, const struct request *q, uint64_t *ns)
{
	struct told *told = (struct told *)(void *)(ns + BATCH_MAX);
	int ret = 0;

	told->error = 0;
	for (unsigned int i = 0; !ret && i < q->warm + q->n && i < BATCH_MAX; i++) {
		uint64_t *to = &ns[i < q->warm ? 0 : i - q->warm];

		ret = x->op->flags & OP_FRESH ? sample_fresh(x, q, to, told)
					      : sample_here(x, q, to);
	}
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
	error = batch(x, &once, ns);
	if (error && r->fifo) {
		snprintf(r->fifo_why, sizeof(r->fifo_why), "%.100s", x->why);
		schedule(SCHED_OTHER, 0);
		r->fifo = false;
		error = batch(x, &once, ns);
	}
	reply_error(r, x, error);
}

static void serve(struct fixture *x, uint64_t *ns, struct reply *r)
{
	struct request q;

	while (recv(SOCKET, &q, sizeof(q), 0) == sizeof(q)) {
		r->user = cpu_seconds(true);
		r->system = cpu_seconds(false);
		reply_error(r, x, batch(x, &q, ns));
		r->user = cpu_seconds(true) - r->user;
		r->system = cpu_seconds(false) - r->system;
		if (send(SOCKET, r, sizeof(*r), MSG_NOSIGNAL) != sizeof(*r))
			break;
	}
}

static int work(const struct op *op, const struct place *place, const struct setting *s, int socket,
		uint64_t *ns)
{
	static struct fixture x;
	struct reply r = {};
	int error;

	if (dup2(socket, SOCKET) < 0)
		return 1;
	close_range(SOCKET + 1, ~0U, 0); /* before 5.9 they stay */
	if (s->cpu >= 0)
		cpu_pin(s->cpu);
	if (!(op->flags & OP_FRESH))
		madvise(ns, SHARED, MADV_DONTFORK);
	fixture_init(&x, op, place);
	error = op_prepare(&x);
	if (error)
		reply_error(&r, &x, error);
	else
		first_try(&x, s, ns, &r);
	if (send(SOCKET, &r, sizeof(r), MSG_NOSIGNAL) == sizeof(r) && !r.error)
		serve(&x, ns, &r);
	schedule(SCHED_OTHER, 0);
	op_teardown(&x);
	return 0;
}

static int hear(struct worker *w, struct reply *r)
{
	struct pollfd p = { .fd = w->socket, .events = POLLIN };
	int n;

	while ((n = poll(&p, 1, BATCH_LIMIT)) < 0 && errno == EINTR)
		;
	if (n > 0 && recv(w->socket, r, sizeof(*r), 0) == sizeof(*r))
		return r->error;
	*r = (struct reply) { .error = n ? -ECHILD : -ETIMEDOUT };
	snprintf(r->why, sizeof(r->why), n ? "its process has died" : "no end within %d s",
		 BATCH_LIMIT / 1000);
	child_end(&w->pid);
	return r->error;
}

int worker_start(struct worker *w, const struct op *op, const struct place *place,
		 const struct setting *s, struct reply *r)
{
	int pair[2];

	*w = (struct worker) { .op = op, .socket = -1 };
	*r = (struct reply) {};
	w->ns = mmap(NULL, SHARED, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->ns == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		r->error = -errno;
		snprintf(r->why, sizeof(r->why), "%s", strerror(errno));
		return r->error;
	}
	w->socket = pair[0];
	w->pid = child_fork(0, place->cgroup_fd >= 0 ? place->cgroup_fd : NO_CGROUP);
	if (!w->pid)
		_exit(work(op, place, s, pair[1], w->ns));
	close(pair[1]);
	/* Every mapping costs a fork: the next worker is to have its own alone. */
	madvise(w->ns, SHARED, MADV_DONTFORK);
	return hear(w, r);
}

int worker_batch(struct worker *w, const struct request *q, struct reply *r)
{
	if (w->pid <= 0 || send(w->socket, q, sizeof(*q), MSG_NOSIGNAL) != sizeof(*q)) {
		*r = (struct reply) { .error = -ECHILD };
		snprintf(r->why, sizeof(r->why), "its process has died");
		return r->error;
	}
	return hear(w, r);
}

void worker_end(struct worker *w)
{
	if (w->socket >= 0)
		close(w->socket);
	if (w->pid > 0)
		child_wait(w->pid);
	if (w->ns && w->ns != MAP_FAILED)
		munmap(w->ns, SHARED);
	*w = (struct worker) { .socket = -1 };
}
