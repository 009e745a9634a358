// SPDX-License-Identifier: GPL-2.0-only
/* What experiments are made with: workers, crowds, spans. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "worker.h"

#define BATCH	      25
#define COST_SECONDS  2.0
#define QUICK_SECONDS 0.5
#define BATCHES_LEAST 3
#define READY_NAP     2000	     /* us */
#define STOP_LATENCY  200	     /* ms */
#define READY_LIMIT   60000000000ull /* ns */

const struct experiment *experiment_find(const char *name)
{
	for (size_t i = 0; i < n_experiments; i++)
		if (!strcmp(experiments[i].name, name))
			return &experiments[i];
	return NULL;
}

void lab_run(struct lab *lab, const struct experiment *e, const struct place *place,
	     const struct options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	*lab = (struct lab) { .experiment = e,
			      .place = place,
			      .quick = o->quick,
			      .cpus = cpus > 0 ? (unsigned int)cpus : 1,
			      .took = now() };
	quiet_begin(&lab->quiet, place);
	e->run(lab);
	quiet_end(&lab->quiet);
	lab->took = now() - lab->took;
}

void lab_free(struct lab *lab)
{
	for (size_t i = 0; i < lab->n; i++)
		free(lab->v[i].what);
	free(lab->v);
	free(lab->error);
}

void lab_figure(struct lab *lab, const char *what, const char *unit, double published, double ours)
{
	lab->v = grow(lab->v, lab->n, sizeof(*lab->v));
	lab->v[lab->n++] = (struct figure) {
		.what = text("%s", what), .unit = unit, .published = published, .ours = ours
	};
}

static void fail(struct lab *lab, const char *what, const char *why)
{
	if (!lab->error)
		lab->error = text("%s: %s", what, why);
}

struct summary lab_cost(struct lab *lab, const char *operation)
{
	const struct op *op = op_find(operation);
	const struct setting s = { .cpu = cpu_last(), .fifo = true };
	struct request q = { .n = BATCH, .warm = op->wait_ms ? 0 : 3 };
	struct samples samples = {};
	struct summary m = {};
	struct worker w;
	struct reply r;
	double until;

	if (lab->error || stop_signal)
		return m;
	worker_start(&w, op, lab->place, &s, &r);
	if (op->wait_ms > 1 || op->flags & OP_SLEEPS)
		q.n = 3;
	until = now() + (lab->quick ? QUICK_SECONDS : COST_SECONDS);
	while (!r.error && !stop_signal && (now() < until || samples.n_batches < BATCHES_LEAST)) {
		if (worker_batch(&w, &q, &r))
			break;
		for (unsigned int i = 0; i < q.n; i++)
			samples_add(&samples, (double)w.ns[i] * 1e-9);
		samples_end_batch(&samples);
		quiet_await(&lab->quiet, op);
	}
	if (r.error)
		fail(lab, operation, r.why);
	worker_end(&w);
	quiet_await(&lab->quiet, op);
	m = samples_summary(&samples);
	samples_free(&samples);
	return m;
}

/* Many processes that begin at once; in shared memory. */
struct crowd {
	unsigned int ready;
	int gate[2];	   /* a pipe: its end is the beginning for all */
	uint64_t until;	   /* 0: EACH times */
	unsigned int each; /* 0: until then */
	int error;
	char why[256];
	unsigned long done;
	uint64_t ns[];
};

static void crowd_error(struct crowd *c, const struct fixture *x, int error)
{
	int none = 0;

	if (__atomic_compare_exchange_n(&c->error, &none, error ?: -EIO, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		memcpy(c->why, x->why, sizeof(c->why));
}

static int crowd_work(struct fixture *x, struct crowd *c, unsigned int number)
{
	unsigned int n = 0;
	int ret = 0;

	close(c->gate[1]);
	pipe_hear(c->gate[0]);
	while (!ret && (c->each ? n < c->each : clock_ns() < c->until)) {
		uint64_t begin;

		ret = op_before(x);
		begin = clock_ns();
		ret = ret ?: op_run(x);
		if (c->each)
			c->ns[number * c->each + n] = clock_ns() - begin;
		ret = ret ?: op_undo(x);
		n += !ret;
	}
	__atomic_fetch_add(&c->done, n, __ATOMIC_SEQ_CST);
	return ret;
}

static void crowd_member(const struct lab *lab, const struct op *op, struct crowd *c,
			 unsigned int number)
{
	struct fixture *x = grow(NULL, 0, sizeof(*x));
	int ret;

	fixture_init(x, op, lab->place);
	ret = op_prepare(x);
	if (ret)
		crowd_error(c, x, ret);
	__atomic_fetch_add(&c->ready, 1, __ATOMIC_SEQ_CST);
	if (!ret && (ret = crowd_work(x, c, number)))
		crowd_error(c, x, ret);
	op_teardown(x);
	_exit(0);
}

static void crowd_start(struct crowd *c, unsigned int n, double seconds)
{
	uint64_t limit = clock_ns() + READY_LIMIT;

	while (__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE) < n && clock_ns() < limit &&
	       !stop_signal)
		nap_us(READY_NAP);
	c->until = clock_ns() + (uint64_t)(seconds * 1e9);
	close(c->gate[1]);
}

/* Told to stop, nobody goes on: what they have made is the place's, and ends with it. */
static bool await_or_kill(pid_t pid)
{
	struct pollfd p = { .fd = sys_pidfd_open(pid), .events = POLLIN };

	while (!stop_signal && poll(&p, 1, STOP_LATENCY) <= 0)
		;
	close(p.fd);
	if (stop_signal)
		kill(pid, SIGKILL);
	return child_wait(pid) == 0;
}

static struct crowd *crowd_run(struct lab *lab, const struct op *op, unsigned int n,
			       unsigned int each, double seconds, double *took)
{
	size_t size = sizeof(struct crowd) + (size_t)n * each * sizeof(uint64_t);
	struct crowd *c =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t *pids = grow(NULL, n, sizeof(*pids));
	double begin;

	if (c == MAP_FAILED || pipe2(c->gate, O_CLOEXEC)) {
		fail(lab, op->name, strerror(errno));
		free(pids);
		return NULL;
	}
	c->each = each;
	for (unsigned int i = 0; i < n; i++) {
		pids[i] = child_fork(0, lab->place->cgroup_fd >= 0 ? lab->place->cgroup_fd
								   : NO_CGROUP);
		if (!pids[i])
			crowd_member(lab, op, c, i);
		if (pids[i] < 0)
			__atomic_fetch_add(&c->ready, 1, __ATOMIC_SEQ_CST);
	}
	crowd_start(c, n, seconds);
	begin = now();
	for (unsigned int i = 0; i < n; i++)
		if (pids[i] < 0 || !await_or_kill(pids[i]))
			fail(lab, op->name, "a process of the crowd has died");
	*took = now() - begin;
	close(c->gate[0]);
	free(pids);
	if (c->error)
		fail(lab, op->name, *c->why ? c->why : strerror(-c->error));
	quiet_await(&lab->quiet, op);
	return c;
}

double lab_rate(struct lab *lab, const struct op *op, unsigned int n, double seconds)
{
	struct crowd *c;
	double rate, took;

	if (lab->error || stop_signal || !(c = crowd_run(lab, op, n, 0, seconds, &took)))
		return NAN;
	rate = lab->error ? NAN : (double)c->done / seconds;
	munmap(c, sizeof(*c));
	return rate;
}

struct samples lab_storm(struct lab *lab, const struct op *op, unsigned int n, unsigned int each)
{
	struct samples samples = {};
	struct crowd *c;
	double took;

	if (lab->error || stop_signal || !(c = crowd_run(lab, op, n, each, 0, &took)))
		return samples;
	for (size_t i = 0; !lab->error && i < (size_t)n * each; i++) {
		samples_add(&samples, (double)c->ns[i] * 1e-9);
		if (!((i + 1) % each))
			samples_end_batch(&samples);
	}
	munmap(c, sizeof(*c) + (size_t)n * each * sizeof(uint64_t));
	return samples;
}

/* What a process of its own tells. */
struct told_span {
	struct span span;
	int error;
	char why[256];
};

static void span_child(const struct lab *lab, const struct op *op, struct told_span *t,
		       int (*fn)(struct fixture *x, struct span *span))
{
	struct fixture *x = grow(NULL, 0, sizeof(*x));

	fixture_init(x, op, lab->place);
	t->error = op_prepare(x);
	if (!t->error)
		t->error = fn(x, &t->span);
	if (t->error)
		memcpy(t->why, x->why, sizeof(t->why));
	op_teardown(x);
	_exit(0);
}

double lab_span(struct lab *lab, const struct op *op,
		int (*fn)(struct fixture *x, struct span *span))
{
	struct told_span *t;
	double seconds = NAN;
	pid_t pid;

	if (lab->error || stop_signal)
		return NAN;
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return NAN;
	pid = child_fork(0, lab->place->cgroup_fd >= 0 ? lab->place->cgroup_fd : NO_CGROUP);
	if (!pid)
		span_child(lab, op, t, fn);
	if (pid < 0 || !await_or_kill(pid))
		fail(lab, op->name, "its process has died");
	else if (t->error)
		fail(lab, op->name, *t->why ? t->why : strerror(-t->error));
	else
		seconds = (double)(t->span.end - t->span.begin) * 1e-9;
	munmap(t, sizeof(*t));
	quiet_await(&lab->quiet, op);
	return seconds;
}
