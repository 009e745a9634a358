// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes put into cgroups.  The first write of cgroup.procs after a pause waits
 * for an RCU grace period, the next ones ride in its window: so the pause before is
 * a part of the operation, and of its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "dirs.h"
#include "op.h"
#include "place.h"
#include "text.h"

static int put_pid(struct fixture *x, int fd, pid_t pid)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%d", pid);

	return pwrite(fd, digits, (size_t)n, 0) == n ? 0 : op_fail(x, "write of cgroup.procs");
}

/* Two cgroups: fd 0 and 1 are their cgroup.procs, 2 is the first one's folder. */
static int prepare_two(struct fixture *x)
{
	int ret = dirs_begin(x);

	if (!ret)
		ret = dirs_make(x, "a");
	if (!ret)
		ret = dirs_make(x, "b");
	if (!ret)
		ret = dirs_open(x, "a", "cgroup.procs", O_WRONLY);
	if (!ret)
		ret = dirs_open(x, "b", "cgroup.procs", O_WRONLY);
	return ret ?: dirs_open(x, "a", ".", O_PATH | O_DIRECTORY);
}

static int hold_in_first(struct fixture *x)
{
	x->pid = child_hold(0, x->fd[2]);
	if (x->pid > 0)
		return 0;
	x->pid = 0;
	return op_fail(x, "clone3 into a cgroup");
}

static int prepare_migrate(struct fixture *x)
{
	int ret = prepare_two(x);

	return ret ?: hold_in_first(x);
}

/* To and fro. */
static int run_migrate(struct fixture *x)
{
	return put_pid(x, x->fd[++x->used & 1], x->pid);
}

static int run_stay(struct fixture *x)
{
	return put_pid(x, x->fd[0], x->pid);
}

/* A process of op.n threads, in the first cgroup. */
static int prepare_threads(struct fixture *x)
{
	int ready[2], ret = prepare_two(x);

	if (ret)
		return ret;
	if (pipe2(ready, O_CLOEXEC))
		return op_fail(x, "pipe");
	x->pid = child_fork(0, x->fd[2]);
	if (!x->pid) {
		pthread_attr_t small;
		pthread_t t;

		pthread_attr_init(&small);
		pthread_attr_setstacksize(&small, 64 * 1024);
		for (long i = 1; i < x->op->n; i++)
			if (pthread_create(&t, &small, child_sleep_on, NULL))
				_exit(1);
		pipe_tell(ready[1]);
		child_sleep_on(NULL);
	}
	close(ready[1]);
	if (x->pid < 0 || pipe_hear(ready[0]))
		ret = op_fail(x, "a process of %ld threads", x->op->n);
	close(ready[0]);
	return ret;
}

static int prepare_among(struct fixture *x)
{
	int ret = prepare_migrate(x);
	char name[32];

	for (long i = 2; !ret && i < x->op->n; i++) {
		snprintf(name, sizeof(name), "s%ld", i);
		ret = dirs_make(x, name);
	}
	return ret;
}

/* A process that waits outside, to be attached. */
static int before_attach(struct fixture *x)
{
	pid_t *next = &x->ahead[x->made % FIXTURE_AHEAD];

	*next = child_hold(0, NO_CGROUP);
	if (*next < 0)
		return op_fail(x, "clone3");
	x->made++;
	return 0;
}

static int run_attach(struct fixture *x)
{
	return put_pid(x, x->fd[0], x->ahead[x->used++ % FIXTURE_AHEAD]);
}

static int undo_attach(struct fixture *x)
{
	for (size_t i = 0; i < FIXTURE_AHEAD && i < x->made; i++)
		child_end(&x->ahead[i]);
	x->made = x->used = 0;
	return 0;
}

static int run_into(struct fixture *x)
{
	long pid = clone_exit(CLONE_VM | CLONE_VFORK, x->fd[2]);

	if (pid < 0 || child_wait((pid_t)pid) < 0)
		return op_fail(x, "clone3 into a cgroup");
	return 0;
}

/* Until a process is at work inside: it is let go when it is there, and ends. */
static int place_process(struct fixture *x, int cgroup)
{
	int go[2], ret = 0;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return op_fail(x, "pipe");
	pid = child_fork(0, cgroup);
	if (!pid) {
		close(go[1]);
		pipe_hear(go[0]);
		_exit(0);
	}
	if (pid < 0)
		ret = op_fail(x, "clone3");
	else if (cgroup == NO_CGROUP)
		ret = put_pid(x, x->fd[0], pid);
	close(go[1]);
	close(go[0]);
	if (pid > 0)
		child_wait(pid);
	return ret;
}

static int run_place_write(struct fixture *x)
{
	return place_process(x, NO_CGROUP);
}

static int run_place_clone(struct fixture *x)
{
	return place_process(x, x->fd[2]);
}

/* Ourselves op.n cgroups deep; what we clone is so, too. */
static int prepare_inside(struct fixture *x)
{
	int ret = dirs_begin(x);

	if (!ret)
		ret = dirs_deepen(x, x->op->n);
	if (!ret && (ret = cgroup_put(x->dir, "cgroup.procs", "0"))) {
		errno = -ret;
		ret = op_fail(x, "cgroup.procs");
	}
	return ret;
}

static int run_clone(struct fixture *x)
{
	long pid = clone_exit(CLONE_VM | CLONE_VFORK, NO_CGROUP);

	return pid < 0 || child_wait((pid_t)pid) < 0 ? op_fail(x, "clone3") : 0;
}

/* Out again first: the end of a cgroup kills who is in it. */
static void teardown_inside(struct fixture *x)
{
	if (x->place->cgroup) {
		CLEAN(free_text) char *self = text("%s/self", x->place->cgroup);

		cgroup_put(self, "cgroup.procs", "0");
	}
	dirs_end(x);
}

/* Those of negative wait have their number as pause. */
static const struct {
	struct op op;
	long sizes[6];
	size_t n;
} paused[] = {
	{ { .name = "cgroup.migrate.gap%ldms",
	    .what = "cgroup.procs written after a pause of %ld ms: a process moved",
	    .prepare = prepare_migrate,
	    .run = run_migrate },
	  { 0, 1, 5, 20, 50, 100 },
	  6 },
	{ { .name = "cgroup.migrate.noop.gap%ldms",
	    .what = "cgroup.procs written after a pause of %ld ms: the process is there already",
	    .prepare = prepare_migrate,
	    .run = run_stay },
	  { 0, 50 },
	  2 },
	{ { .name = "cgroup.place.write.gap%ldms",
	    .what = "after a pause of %ld ms: fork, cgroup.procs written, exit, wait",
	    .prepare = prepare_two,
	    .run = run_place_write },
	  { 0, 50 },
	  2 },
	{ { .name = "cgroup.place.clone.gap%ldms",
	    .what = "after a pause of %ld ms: clone3 into the cgroup, exit, wait",
	    .prepare = prepare_two,
	    .run = run_place_clone },
	  { 0, 50 },
	  2 },
};

static void add_sizes(void)
{
	static const long threads[] = { 1, 8, 64, 256 }, cgroups[] = { 10, 100, 1000, 10000 },
			  depths[] = { 0, 1, 8, 32, 128 };
	struct op migrate = {
		.name = "cgroup.migrate.threads%ld",
		.what = "cgroup.procs written without pause: a process of %ld threads moved",
		.flags = OP_ALONE | OP_SLEEPS,
		.prepare = prepare_threads,
		.run = run_migrate,
		.teardown = dirs_end,
	};

	op_add_sizes(migrate, threads, ARRAY_SIZE(threads));
	migrate.name = "cgroup.migrate.cgroups%ld";
	migrate.what = "cgroup.procs written without pause: a process moved among %ld cgroups";
	migrate.prepare = prepare_among;
	op_add_sizes(migrate, cgroups, ARRAY_SIZE(cgroups));
	op_add_sizes(
		(struct op) {
			.name = "clone.none.vfork.cgdepth%ld",
			.what = "clone3 sharing memory, exit and wait, %ld cgroups deep",
			.flags = OP_LASTING,
			.prepare = prepare_inside,
			.run = run_clone,
			.teardown = teardown_inside,
		},
		depths, ARRAY_SIZE(depths));
}

void ops_add_placing(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(paused); i++) {
		struct op op = paused[i].op;

		op.flags = OP_SLEEPS;
		op.wait_ms = -1;
		op.teardown = dirs_end;
		op_add_sizes(op, paused[i].sizes, paused[i].n);
	}
	op_add((struct op) {
		.name = "cgroup.attach.write",
		.what = "cgroup.procs written, just after another: a waiting process moved in",
		.flags = OP_SLEEPS | OP_AHEAD,
		.prepare = prepare_two,
		.before = before_attach,
		.run = run_attach,
		.undo = undo_attach,
		.teardown = dirs_end,
	});
	op_add((struct op) {
		.name = "cgroup.attach.clone",
		.what = "clone3 into a cgroup, sharing memory, exit and wait",
		.prepare = prepare_two,
		.run = run_into,
		.teardown = dirs_end,
	});
	add_sizes();
}
