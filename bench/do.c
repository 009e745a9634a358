// SPDX-License-Identifier: GPL-2.0-only
/*
 * --do: an operation exactly N times and unmeasured, for tracers and counters.
 * With --sync the other side opens and closes the window: 'r' when all is prepared,
 * then a byte is awaited; 'd' when it is done, then a byte is awaited again.  Children
 * that an operation needs for itself are made before the window, up to AHEAD of them,
 * and end after it.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "child.h"
#include "clock.h"

#define AHEAD	     FIXTURE_AHEAD
#define STOP_LATENCY 200 /* ms */

struct window {
	int go[2], done[2], end[2]; /* pipes of the children; they end at end's EOF */
	pid_t children[AHEAD];
	unsigned int n;
};

/* Says C, and waits for the other side's byte. */
static int meet(int fd, char c)
{
	ssize_t n;

	if (fd < 0)
		return 0;
	n = write(fd, &c, 1);
	while (n == 1 && (n = read(fd, &c, 1)) < 0 && errno == EINTR && !stop_signal)
		n = 1;
	if (n == 1)
		return 0;
	warnx("--sync %d: the other side is gone", fd);
	return -EPIPE;
}

static void pause_of(const struct fixture *x)
{
	if (x->op->wait_ms)
		nap_us(x->op->wait_ms * 1000);
}

/* One child, one operation; what went wrong is told by the errno. */
static void child_run(struct fixture *x, struct window *w)
{
	int error;

	close(w->go[1]);
	close(w->end[1]);
	error = op_before(x);
	if (!error && pipe_hear(w->go[0]))
		_exit(1);
	error = error ?: op_run(x);
	if (write(w->done[1], &error, sizeof(error)) != sizeof(error))
		_exit(1);
	pipe_hear(w->end[0]);
	_exit(0);
}

static int window_child(struct fixture *x, struct window *w)
{
	pid_t pid = child_fork(0, NO_CGROUP);

	if (!pid)
		child_run(x, w);
	if (pid < 0)
		return op_fail(x, "clone3");
	w->children[w->n++] = pid;
	return 0;
}

/* One of the waiting ones does it. */
static int window_step(struct fixture *x, struct window *w)
{
	int error;

	pause_of(x);
	if (pipe_tell(w->go[1]) || read(w->done[0], &error, sizeof(error)) != sizeof(error))
		return op_fail(x, "a child");
	errno = -error;
	return error ? op_fail(x, "%s in a fresh child", x->op->name) : 0;
}

static void window_end(struct window *w)
{
	close(w->end[1]);
	for (unsigned int i = 0; i < w->n; i++)
		child_wait(w->children[i]);
	w->n = 0;
}

/* The one that held the place before has done its part. */
static int window_late(struct fixture *x, struct window *w, unsigned int place)
{
	child_end(&w->children[place]);
	w->children[place] = child_fork(0, NO_CGROUP);
	if (!w->children[place])
		child_run(x, w);
	return w->children[place] < 0 ? op_fail(x, "clone3") : 0;
}

/* More than can be made ahead are made as they are needed, each after the last. */
static int do_fresh(struct fixture *x, const struct options *o)
{
	struct window w = {};
	int ret = 0;

	if (pipe(w.go) || pipe(w.done) || pipe(w.end))
		return op_fail(x, "pipe");
	while (!ret && w.n < o->count && w.n < AHEAD)
		ret = window_child(x, &w);
	ret = ret ?: meet(o->sync, 'r');
	for (unsigned int i = 0; !ret && !stop_signal && i < o->count; i++) {
		if (i >= AHEAD)
			ret = window_late(x, &w, i % AHEAD);
		ret = ret ?: window_step(x, &w);
	}
	ret = ret ?: meet(o->sync, 'd');
	window_end(&w);
	return ret;
}

static int do_here(struct fixture *x, const struct options *o)
{
	bool ahead = x->op->flags & OP_AHEAD && o->count <= AHEAD;
	int ret = 0;

	for (unsigned int i = 0; !ret && ahead && i < o->count; i++)
		ret = op_before(x);
	ret = ret ?: meet(o->sync, 'r');
	for (unsigned int i = 0; !ret && !stop_signal && i < o->count; i++) {
		if (!ahead)
			ret = op_before(x);
		pause_of(x);
		ret = ret ?: op_run(x);
		if (!ret && !ahead)
			ret = op_undo(x);
	}
	ret = ret ?: meet(o->sync, 'd');
	if (ahead)
		op_undo(x);
	return ret;
}

/* In a child of ours, so that whatever it becomes, we can tidy up. */
static int do_prepared(const struct options *o, const struct op *op, const struct place *place)
{
	struct fixture x;
	int ret;

	fixture_init(&x, op, place);
	ret = op_prepare(&x);
	if (!ret)
		ret = op->flags & OP_FRESH ? do_fresh(&x, o) : do_here(&x, o);
	if (ret && *x.why)
		warnx("%s: %s", op->name, x.why);
	op_teardown(&x);
	return ret ? 1 : 0;
}

/* Its wait status; told to stop, it is killed. */
static int child_watch(pid_t pid)
{
	struct pollfd p = { .fd = sys_pidfd_open(pid), .events = POLLIN };

	while (!stop_signal && poll(&p, 1, STOP_LATENCY) <= 0)
		;
	close(p.fd);
	if (stop_signal)
		kill(pid, SIGKILL);
	return child_wait(pid);
}

int do_operation(const struct options *o)
{
	const struct op *op = op_find(o->todo);
	struct place place;
	int status;
	pid_t pid;

	if (!op)
		errx(EXIT_UNUSABLE, "no operation '%s': \"bulkhead bench --list\" has them",
		     o->todo);
	if (place_make(&place))
		err(EXIT_UNUSABLE, "a folder for temporary files");
	pid = child_fork(0, place.cgroup_fd >= 0 ? place.cgroup_fd : NO_CGROUP);
	if (!pid)
		_exit(do_prepared(o, op, &place));
	if (pid < 0)
		err(EXIT_UNUSABLE, "clone3");
	if (o->sync >= 0)
		close(o->sync);
	status = child_watch(pid);
	if (!place_remove(&place))
		return 1;
	return stop_signal ? 128 + stop_signal : status ? 1 : 0;
}
