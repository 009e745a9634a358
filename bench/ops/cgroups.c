// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups made, removed, frozen, killed; among many, deep down, with controllers. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "dirs.h"
#include "op.h"
#include "place.h"
#include "text.h"

#define EVENT_LIMIT  10000 /* ms */
#define MOVING_LIMIT 100   /* ms, where it cannot be seen */
#define MOVING_NAP   50	   /* us */
/*
 * A cgroup's events are told at most each 10 ms, rounded up to ticks
 * (CGROUP_FILE_NOTIFY_MIN_INTV); whoever comes sooner measures that timer.
 */
#define EVENT_PAUSE  20000 /* us: two ticks of the slowest clock */

/* Enters x->dir's folder as x->fd[0], so that paths are short. */
static int open_dir(struct fixture *x)
{
	if (fixture_keep(x, open(x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return op_fail(x, "%s", x->dir);
	return 0;
}

static int prepare_dir(struct fixture *x)
{
	int ret = dirs_begin(x);

	return ret ?: open_dir(x);
}

static int make_next(struct fixture *x)
{
	char name[32];

	snprintf(name, sizeof(name), "c%lu", x->made);
	if (mkdirat(x->fd[0], name, 0755))
		return op_fail(x, "mkdir of a cgroup");
	x->made++;
	return 0;
}

static int remove_next(struct fixture *x)
{
	char name[32];

	snprintf(name, sizeof(name), "c%lu", x->used);
	if (unlinkat(x->fd[0], name, AT_REMOVEDIR))
		return op_fail(x, "rmdir of a cgroup");
	x->used++;
	return 0;
}

static int remove_rest(struct fixture *x)
{
	int ret = 0;

	while (!ret && x->used < x->made)
		ret = remove_next(x);
	return ret;
}

static int prepare_siblings(struct fixture *x)
{
	int ret = prepare_dir(x);
	char name[32];

	for (long i = 0; !ret && i < x->op->n; i++) {
		snprintf(name, sizeof(name), "s%ld", i);
		ret = mkdirat(x->fd[0], name, 0755) ? op_fail(x, "cgroup %ld", i) : 0;
	}
	return ret;
}

static int prepare_deep(struct fixture *x)
{
	int ret = dirs_begin(x);

	if (!ret)
		ret = dirs_deepen(x, x->op->n);
	return ret ?: open_dir(x);
}

/* "+a +b" or "-a -b" of what the folder may have; NULL: nothing. */
static char *all_controllers(const struct fixture *x, char sign)
{
	CLEAN(free_text) char *path = text("%s/cgroup.controllers", x->dir);
	CLEAN(free_text) char *list = file_text(path);
	struct words w = words_split(list ?: "", " \n"), signs = {};
	char *all = NULL;

	for (size_t i = 0; i < w.n; i++)
		words_add(&signs, "%c%s", sign, w.v[i]);
	if (w.n)
		all = words_join(&signs, " ");
	words_free(&w);
	words_free(&signs);
	return all;
}

static int prepare_switch(struct fixture *x)
{
	int ret = prepare_dir(x);

	CLEAN(free_text) char *list = ret ? NULL : place_controllers_begin(x->place);

	if (ret)
		return ret;
	if (!list)
		return op_fail(x, "no controller can be had for cgroups below %s",
			       x->place->cgroup);
	x->memory = all_controllers(x, '+');
	return x->memory ? 0 : op_fail(x, "cgroup.controllers of %s", x->dir);
}

static int run_enable(struct fixture *x)
{
	int ret = cgroup_put(x->dir, "cgroup.subtree_control", x->memory);

	errno = -ret;
	return ret ? op_fail(x, "cgroup.subtree_control") : 0;
}

static int undo_enable(struct fixture *x)
{
	CLEAN(free_text) char *off = all_controllers(x, '-');
	int ret = cgroup_put(x->dir, "cgroup.subtree_control", off ?: "");

	errno = -ret;
	return ret ? op_fail(x, "cgroup.subtree_control") : 0;
}

static int prepare_controllers(struct fixture *x)
{
	int ret = prepare_switch(x);

	return ret ?: run_enable(x);
}

static void teardown_switch(struct fixture *x)
{
	dirs_end(x);
	if (x->place->cgroup)
		place_controllers_end(x->place);
	free(x->memory);
	x->memory = NULL;
}

/* Waits for a line of cgroup.events, x->fd[0], as a manager would. */
static int wait_event(struct fixture *x, const char *line)
{
	struct pollfd p = { .fd = x->fd[0], .events = POLLPRI };
	char all[128];

	for (;;) {
		ssize_t n = pread(x->fd[0], all, sizeof(all) - 1, 0);

		if (n < 0)
			return op_fail(x, "cgroup.events");
		all[n] = '\0';
		if (strstr(all, line))
			return 0;
		if (poll(&p, 1, EVENT_LIMIT) == 0) {
			errno = ETIMEDOUT;
			return op_fail(x, "'%s' in cgroup.events", line);
		}
	}
}

static int put_one(struct fixture *x, size_t fd, const char *value)
{
	return pwrite(x->fd[fd], value, 1, 0) == 1 ? 0 : op_fail(x, "write of '%s'", value);
}

/* op.n processes in the cgroup: they sleep, and die with us. */
static int fill(struct fixture *x)
{
	if (x->op->n > FIXTURE_AHEAD) {
		errno = E2BIG;
		return op_fail(x, "%ld processes", x->op->n);
	}
	for (long i = 0; i < x->op->n; i++) {
		x->ahead[i] = child_hold(0, x->fd[1]);
		if (x->ahead[i] < 0)
			return op_fail(x, "clone3 into the cgroup");
	}
	return 0;
}

static int reap_all(struct fixture *x)
{
	for (long i = 0; i < x->op->n && i < FIXTURE_AHEAD; i++)
		child_end(&x->ahead[i]);
	return 0;
}

/* The cgroup NAME below x->dir: its events, its folder, and what is written. */
static int open_events(struct fixture *x, const char *name, const char *control)
{
	int ret = dirs_open(x, name, "cgroup.events", O_RDONLY);

	if (!ret)
		ret = dirs_open(x, name, ".", O_PATH | O_DIRECTORY);
	return ret ?: dirs_open(x, name, control, O_WRONLY);
}

static int prepare_freeze(struct fixture *x)
{
	int ret = dirs_begin(x);

	if (!ret)
		ret = open_events(x, ".", "cgroup.freeze");
	return ret ?: fill(x);
}

/* Twice: the thaw's event was itself held up by the freeze's. */
static int pause_events(struct fixture *x)
{
	(void)x;
	nap_us(2 * EVENT_PAUSE);
	return 0;
}

static int freeze(struct fixture *x)
{
	int ret = put_one(x, 2, "1");

	return ret ?: wait_event(x, "frozen 1");
}

static int thaw(struct fixture *x)
{
	int ret = put_one(x, 2, "0");

	return ret ?: wait_event(x, "frozen 0");
}

/* Before a thaw: by looking, which the pause between two events does not hold up. */
static int freeze_unseen(struct fixture *x)
{
	int ret = put_one(x, 2, "1"), error;

	if (ret)
		return ret;
	error = cgroup_await(x->dir, "cgroup.events", "frozen", 1, EVENT_LIMIT);
	if (!error)
		return 0;
	errno = -error;
	return op_fail(x, "'frozen 1' in cgroup.events");
}

/* Where it sleeps: in the freezer, elsewhere, or (running, or nobody may know) nowhere. */
static enum { NOWHERE, FREEZER, ELSEWHERE } sleeps_where(pid_t pid)
{
	CLEAN(free_text) char *path = text("/proc/%d/wchan", pid);
	CLEAN(free_text) char *where = file_text(path);

	if (!where || !*where || !strcmp(where, "0"))
		return NOWHERE;
	return strstr(where, "get_signal") || strstr(where, "freezer") ? FREEZER : ELSEWHERE;
}

/*
 * cgroup.events says "frozen 0" before anybody has moved, and who has not is frozen
 * again at no cost at all: so until each is back where it slept before.
 */
static int await_moving(struct fixture *x)
{
	uint64_t begin = clock_ns();

	for (long i = 0; i < x->op->n; i++)
		for (;;) {
			uint64_t ms = (clock_ns() - begin) / 1000000u;
			int where = sleeps_where(x->ahead[i]);

			if (where == ELSEWHERE || (where == NOWHERE && ms > MOVING_LIMIT))
				break;
			if (ms > EVENT_LIMIT) {
				errno = ETIMEDOUT;
				return op_fail(x, "process %d moves", x->ahead[i]);
			}
			nap_us(MOVING_NAP);
		}
	return 0;
}

static int thaw_all(struct fixture *x)
{
	int ret = thaw(x);

	return ret ?: await_moving(x);
}

/*
 * A new cgroup for each sample, as a manager has one for each container.  It has to
 * be new: 6.18 kills at once what is cloned from outside into a cgroup that was killed
 * before (seen there; 6.12 and 7.3 do not).
 */
static int before_kill(struct fixture *x)
{
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "c%lu", x->made++);
	ret = dirs_make(x, name);
	if (!ret)
		ret = open_events(x, name, "cgroup.kill");
	if (!ret)
		ret = fill(x);
	nap_us(EVENT_PAUSE); /* "populated 1" has just been told */
	return ret;
}

static int undo_kill(struct fixture *x)
{
	CLEAN(free_text) char *path = text("%s/c%lu", x->dir, x->made - 1);

	reap_all(x);
	while (x->n_fds)
		close(x->fd[--x->n_fds]);
	while (rmdir(path))
		if (errno != EBUSY)
			return op_fail(x, "rmdir %s", path);
	return 0;
}

static int run_kill(struct fixture *x)
{
	int ret = put_one(x, 2, "1");

	return ret ?: wait_event(x, "populated 0");
}

static void teardown_filled(struct fixture *x)
{
	if (x->n_fds > 2)
		put_one(x, 2, "0"); /* the frozen do die, but they shall be seen to */
	reap_all(x);
	dirs_end(x);
}

/* What a container manager does around a container, process included. */
static int run_life(struct fixture *x)
{
	int ret = make_next(x);
	char name[32];
	int dir, kill_fd;
	pid_t pid;

	if (ret)
		return ret;
	snprintf(name, sizeof(name), "c%lu", x->used);
	dir = openat(x->fd[0], name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid = child_fork(0, dir);
	if (!pid)
		for (;;)
			pause();
	kill_fd = openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (pid < 0 || kill_fd < 0 || write(kill_fd, "1", 1) != 1)
		ret = op_fail(x, "the process in the cgroup");
	close(kill_fd);
	close(dir);
	if (ret)
		child_end(&pid);
	else
		child_wait(pid);
	/* Populated until the last of the exit is done. */
	while (!ret && (ret = remove_next(x)) == -EBUSY)
		ret = 0;
	return ret;
}

static const long processes[] = { 1, 10, 100 };

static void add_members(void)
{
	const struct op freezes = {
		.name = "cgroup.freeze.procs%ld",
		.what = "cgroup.freeze written until %ld processes are frozen",
		.flags = OP_SLEEPS | OP_SLOW,
		.prepare = prepare_freeze,
		.before = pause_events,
		.run = freeze,
		.undo = thaw_all,
		.teardown = teardown_filled,
	};
	struct op thaws = freezes, kills = freezes;

	thaws.name = "cgroup.thaw.procs%ld";
	thaws.what = "cgroup.freeze written until %ld processes run again";
	thaws.flags = OP_SLEEPS;
	thaws.before = freeze_unseen;
	thaws.run = thaw;
	thaws.undo = await_moving;
	kills.name = "cgroup.kill.procs%ld";
	kills.what = "cgroup.kill written until %ld processes are dead";
	kills.flags |= OP_LOOSE;
	kills.prepare = dirs_begin;
	kills.before = before_kill;
	kills.run = run_kill;
	kills.undo = undo_kill;
	kills.teardown = dirs_end;
	op_add_sizes(freezes, processes, ARRAY_SIZE(processes));
	op_add_sizes(thaws, processes, ARRAY_SIZE(processes));
	op_add_sizes(kills, processes, ARRAY_SIZE(processes));
}

static void add_sizes(struct op create)
{
	static const long siblings[] = { 10, 100, 1000, 10000 }, depths[] = { 1, 8, 32, 128 };

	create.name = "cgroup.create.depth%ld";
	create.what = "mkdir of a cgroup %ld deep";
	create.prepare = prepare_deep;
	create.flags |= OP_LASTING; /* a grace period for each, one after the other */
	op_add_sizes(create, depths, ARRAY_SIZE(depths));
	create.name = "cgroup.create.cgroups%ld";
	create.what = "mkdir of a cgroup beside %ld others";
	create.prepare = prepare_siblings;
	create.flags ^= OP_LASTING | OP_ALONE;
	op_add_sizes(create, siblings, ARRAY_SIZE(siblings));
}

void ops_add_cgroups(void)
{
	struct op create = {
		.name = "cgroup.create",
		.what = "mkdir of a cgroup, no controller enabled",
		.flags = OP_LOOSE | OP_AHEAD,
		.prepare = prepare_dir,
		.run = make_next,
		.undo = remove_rest,
		.teardown = dirs_end,
	};
	struct op other = create;

	op_add(create);
	other.name = "cgroup.create.controllers";
	other.what = "mkdir of a cgroup with all controllers that can be had";
	other.prepare = prepare_controllers;
	other.flags |= OP_ALONE; /* the controllers are enabled for the others, too */
	other.teardown = teardown_switch;
	op_add(other);
	other = create;
	other.name = "cgroup.destroy";
	other.what = "rmdir of an empty cgroup";
	other.before = make_next;
	other.run = remove_next;
	other.undo = NULL;
	op_add(other);
	op_add((struct op) {
		.name = "cgroup.enable",
		.what = "all controllers that can be had written to cgroup.subtree_control",
		.flags = OP_SLEEPS | OP_ALONE,
		.prepare = prepare_switch,
		.run = run_enable,
		.undo = undo_enable,
		.teardown = teardown_switch,
	});
	op_add((struct op) {
		.name = "cgroup.life",
		.what = "mkdir, clone3 into it, cgroup.kill, wait, rmdir",
		.flags = OP_SLEEPS | OP_LOOSE,
		.prepare = prepare_dir,
		.run = run_life,
		.teardown = dirs_end,
	});
	add_members();
	add_sizes(create);
}
