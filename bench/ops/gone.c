// SPDX-License-Identifier: GPL-2.0-only
/*
 * Until a namespace is truly gone.  Its end is asynchronous and nobody tells it; but
 * in a user namespace that may have one of a type, the next can only be made when
 * the last is no more.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "child.h"
#include "clock.h"
#include "kinds.h"
#include "op.h"
#include "text.h"
#include "userns.h"

#define GONE_LIMIT 60000000000ull /* ns */
#define NAP_US	   20

static const struct kind *kind_of(const struct op *op)
{
	for (size_t i = 1; i < n_single_kinds; i++)
		if (kinds[i].flags == op->ns)
			return &kinds[i];
	return &kinds[0];
}

static int prepare_gone(struct fixture *x)
{
	int ret = userns_enter();

	if (!ret)
		ret = userns_limit(kind_of(x->op)->setting, 1);
	if (ret) {
		errno = -ret;
		return op_fail(x, "a user namespace with one %s namespace", kind_of(x->op)->name);
	}
	prctl(PR_SET_TIMERSLACK, 1);
	return 0;
}

/* One that has just lost its last user: what run has made, or the very first. */
static int before_gone(struct fixture *x)
{
	if (!x->pid) {
		long pid = clone_exit(x->op->ns | CLONE_VM | CLONE_VFORK, NO_CGROUP);

		if (pid < 0)
			return op_fail(x, "clone3(%#llx)", (unsigned long long)x->op->ns);
		x->pid = (pid_t)pid;
	}
	child_wait(x->pid);
	x->pid = 0;
	return 0;
}

static int run_gone(struct fixture *x)
{
	uint64_t end = clock_ns() + GONE_LIMIT;

	for (;;) {
		long pid = clone_exit(x->op->ns | CLONE_VM | CLONE_VFORK, NO_CGROUP);

		if (pid >= 0) {
			x->pid = (pid_t)pid;
			return 0;
		}
		/* EUSERS: user namespaces before 4.9 and nested ones. */
		if ((errno != ENOSPC && errno != EUSERS) || clock_ns() > end)
			return op_fail(x, "the next %s namespace", kind_of(x->op)->name);
		nap_us(NAP_US);
	}
}

/* A batch: op.n namespaces held by descriptors, which are closed one after the other. */
static int prepare_batch(struct fixture *x)
{
	int ret = userns_enter();

	if (ret) {
		errno = -ret;
		return op_fail(x, "a user namespace");
	}
	x->size = (size_t)x->op->n * sizeof(int);
	x->memory = malloc(x->size ?: 1);
	/* One to come back to: from the one we have come from we are locked out. */
	if (!x->memory || unshare(CLONE_NEWNET) || fixture_keep(x, ns_open(getpid(), "net")) < 0)
		return op_fail(x, "a network namespace");
	prctl(PR_SET_TIMERSLACK, 1);
	return 0;
}

static int before_batch(struct fixture *x)
{
	int *fds = x->memory, ret = userns_limit("net", x->op->n + 2);

	for (long i = 0; !ret && i < x->op->n; i++) {
		/* Each lives by its descriptor alone, once we have gone on to the next. */
		if (unshare(CLONE_NEWNET) || (fds[i] = ns_open(getpid(), "net")) < 0)
			return op_fail(x, "network namespace %ld", i);
	}
	if (!ret)
		ret = userns_limit("net", 2);
	if (!ret && setns(x->fd[0], CLONE_NEWNET))
		return op_fail(x, "setns, back");
	errno = -ret;
	return ret ? op_fail(x, "user.max_net_namespaces") : 0;
}

static int run_batch(struct fixture *x)
{
	int *fds = x->memory, ret;

	for (long i = 0; i < x->op->n; i++)
		close(fds[i]);
	ret = run_gone(x);
	if (!ret) {
		child_wait(x->pid);
		x->pid = 0;
	}
	return ret;
}

static void teardown_batch(struct fixture *x)
{
	free(x->memory);
	x->memory = NULL;
}

void ops_add_gone(void)
{
	static const long batches[] = { 10, 100, 500 };

	for (size_t i = 1; i < n_single_kinds; i++)
		op_add((struct op) {
			.name = text("gone.%s", kinds[i].name),
			.what = text("from the wait for its last process until %s is gone",
				     kinds[i].what),
			.ns = kinds[i].flags,
			.flags = OP_SLEEPS | OP_CARRIES |
				 (kind_loose(&kinds[i]) ? OP_LOOSE | OP_SLOW : 0),
			.prepare = prepare_gone,
			.before = before_gone,
			.run = run_gone,
		});
	op_add_sizes(
		(struct op) {
			.name = "gone.net.batch%ld",
			.what = "from the close of %ld network namespaces until all are gone",
			.ns = CLONE_NEWNET,
			.flags = OP_SLEEPS | OP_CARRIES | OP_LOOSE | OP_ALONE | OP_SLOW,
			.prepare = prepare_batch,
			.before = before_batch,
			.run = run_batch,
			.teardown = teardown_batch,
		},
		batches, ARRAY_SIZE(batches));
}
