// SPDX-License-Identifier: GPL-2.0-only
/* Experiments about namespaces: how fast, beside how many, until they are gone. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "keep.h"
#include "kinds.h"
#include "lab.h"
#include "start/start.h"

#define RATE_SECONDS 3.0
#define QUICK_RATE   0.5
#define US	     1e6
#define MS	     1e3
#define LOOP	     1000
#define STARTS	     30

extern char **environ;

static double rate_seconds(const struct lab *lab)
{
	return lab->quick ? QUICK_RATE : RATE_SECONDS;
}

void experiment_netns_rate(struct lab *lab)
{
	const struct op *with = op_find("clone.container.vfork");
	const struct op *without = op_find("clone.hostnet.vfork");
	const struct op *net = op_find("clone.net.vfork");
	double seconds = rate_seconds(lab), a, b;

	a = lab_rate(lab, with, lab->cpus, seconds);
	b = lab_rate(lab, without, lab->cpus, seconds);
	lab_figure(lab, "containers with a network namespace", "/s", 200, a);
	lab_figure(lab, "the same with its network code trimmed", "/s", 400, NAN);
	lab_figure(lab, "containers without", "/s", 900, b);
	lab_figure(lab, "without / with", "", 900.0 / 200, b / a);
	lab_figure(lab, "network namespaces alone", "/s", UNPUBLISHED,
		   lab_rate(lab, net, lab->cpus, seconds));
}

static void by_existing(struct lab *lab, const char *type)
{
	static const int existing[] = { 0, 100, 1000 };
	double first = NAN, last = NAN;

	for (size_t i = 0; i < ARRAY_SIZE(existing); i++) {
		CLEAN(free_text) char *op = text("clone.%s.vfork.existing%d", type, existing[i]);
		CLEAN(free_text) char *what = text("p10 of one beside %d others", existing[i]);

		last = lab_cost(lab, op).p10;
		if (!i)
			first = last;
		lab_figure(lab, what, "us", UNPUBLISHED, last * US);
	}
	lab_figure(lab, "beside 1000 / beside none", "", UNPUBLISHED, last / first);
}

void experiment_netns_count(struct lab *lab)
{
	by_existing(lab, "net");
}

void experiment_mntns_count(struct lab *lab)
{
	by_existing(lab, "mnt");
}

void experiment_net_share(struct lab *lab)
{
	double with = lab_cost(lab, "clone.container.vfork").p10;
	double without = lab_cost(lab, "clone.hostnet.vfork").p10;
	struct launcher l;
	double whole, lo = 0;

	launcher_measure(&l, lab->place, STARTS);
	if (l.error && !lab->error)
		lab->error = text("%s", l.error);
	whole = samples_summary(&l.total).p10;
	for (size_t i = 0; i < l.n_steps; i++)
		if (!strcmp(l.names[i], "lo up"))
			lo = samples_summary(&l.steps[i]).p10;
	lab_figure(lab, "start of our launcher, p10", "us", UNPUBLISHED, whole * US);
	lab_figure(lab, "of this the network namespace", "us", UNPUBLISHED, (with - without) * US);
	lab_figure(lab, "of this lo up", "us", UNPUBLISHED, lo * US);
	lab_figure(lab, "share of the network", "%", 84, 100 * (with - without + lo) / whole);
	launcher_free(&l);
}

void experiment_fork_exec(struct lab *lab)
{
	struct summary fork = lab_cost(lab, "exec.true.fork.rss0MiB");
	struct summary spawn = lab_cost(lab, "exec.true.spawn.rss0MiB");

	lab_figure(lab, "fork, exec of true and wait, median", "ms", 1, fork.median * MS);
	lab_figure(lab, "posix_spawn of true and wait, median", "ms", UNPUBLISHED,
		   spawn.median * MS);
}

static int span_run(struct fixture *x, struct span *span)
{
	int ret = op_before(x);

	span->begin = clock_ns();
	ret = ret ?: op_run(x);
	span->end = clock_ns();
	return ret;
}

void experiment_batch_gone(struct lab *lab)
{
	double t;

	keep_raise_limit(); /* a descriptor holds each */
	t = lab_span(lab, op_find(lab->quick ? "gone.net.batch500" : "gone.net.batch4000"),
		     span_run);
	if (lab->quick) {
		lab_figure(lab, "500 network namespaces gone", "s", UNPUBLISHED, t);
		return;
	}
	lab_figure(lab, "4000 network namespaces gone, before batching", "s", 420, NAN);
	lab_figure(lab, "4000 network namespaces gone", "s", 44, t);
	lab_figure(lab, "of one", "us", 44 * US / 4000, t * US / 4000);
}

/* unshare -n of a program that does nothing, one after the other, as a shell would. */
static int netns_loop(struct fixture *x, struct span *span)
{
	CLEAN(free_text) char *own = own_folder();
	CLEAN(free_text) char *program = text("%s/bench-true", own);
	char *argv[] = { (char *)"unshare", (char *)"-n", program, NULL };

	span->begin = clock_ns();
	for (long i = 0; i < x->op->n; i++) {
		pid_t pid;
		int status;

		errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
		if (errno)
			return op_fail(x, "unshare");
		status = child_wait(pid);
		errno = ECHILD;
		if (status)
			return op_fail(x, "unshare -n ended with status %d", status);
	}
	span->end = clock_ns();
	return 0;
}

void experiment_netns_loop(struct lab *lab)
{
	const struct op op = { .name = "unshare -n",
			       .ns = CLONE_NEWNET,
			       .flags = OP_LOOSE,
			       .n = lab->quick ? LOOP / 10 : LOOP };
	double t = lab_span(lab, &op, netns_loop);

	lab_figure(lab,
		   lab->quick ? "1000 times unshare -n, ten times a hundred"
			      : "1000 times unshare -n",
		   "s", 2.6, t * LOOP / (double)op.n);
}

static int ipc_loop(struct fixture *x, struct span *span)
{
	span->begin = clock_ns();
	for (int i = 0; i < LOOP; i++)
		if (unshare(CLONE_NEWIPC))
			return op_fail(x, "unshare(CLONE_NEWIPC), number %d", i);
	span->end = clock_ns();
	return 0;
}

void experiment_ipc_loop(struct lab *lab)
{
	const struct op op = { .name = "unshare", .ns = CLONE_NEWIPC, .flags = OP_LOOSE };
	double t = lab_span(lab, &op, ipc_loop);

	lab_figure(lab, "1000 times unshare(CLONE_NEWIPC), before", "s", 8.05, NAN);
	lab_figure(lab, "1000 times unshare(CLONE_NEWIPC)", "s", 0.03, t);
}
