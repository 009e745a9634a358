// SPDX-License-Identifier: GPL-2.0-only
/* Experiments about cgroups: made anew or used again, in a crowd, placed, moved. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "dirs.h"
#include "lab.h"

#define RATE_SECONDS 3.0
#define QUICK_RATE   0.5
#define MS	     1e3
#define US	     1e6
#define CROWD	     400
#define CROWD_EACH   5

static int prepare_folder(struct fixture *x)
{
	int ret = dirs_begin(x);

	if (!ret && fixture_keep(x, open(x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		ret = op_fail(x, "%s", x->dir);
	return ret;
}

/* A cgroup, a process that was born and has died in it, and none again. */
static int run_new(struct fixture *x)
{
	int dir = -1;
	long pid = -1;

	if (mkdirat(x->fd[0], "new", 0755))
		return op_fail(x, "mkdir of a cgroup");
	dir = openat(x->fd[0], "new", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		pid = clone_exit(CLONE_VM | CLONE_VFORK, dir);
	close(dir);
	if (pid < 0 || child_wait((pid_t)pid) < 0)
		return op_fail(x, "clone3 into a cgroup");
	while (unlinkat(x->fd[0], "new", AT_REMOVEDIR))
		if (errno != EBUSY)
			return op_fail(x, "rmdir of a cgroup");
	return 0;
}

void experiment_cgroup_reuse(struct lab *lab)
{
	const struct op fresh = { .name = "storm.new",
				  .flags = OP_LOOSE,
				  .prepare = prepare_folder,
				  .run = run_new,
				  .teardown = dirs_end };
	const struct op *reuse = op_find("cgroup.attach.clone");
	double seconds = lab->quick ? QUICK_RATE : RATE_SECONDS;
	double a = lab_rate(lab, &fresh, lab->cpus, seconds);
	double b = lab_rate(lab, reuse, lab->cpus, seconds);

	lab_figure(lab, "processes, each in a cgroup of its own", "/s", UNPUBLISHED, a);
	lab_figure(lab, "processes in a cgroup that is used again", "/s", UNPUBLISHED, b);
	lab_figure(lab, "used again / new", "", UNPUBLISHED, b / a);
}

static int run_mkdir(struct fixture *x)
{
	char name[32];

	snprintf(name, sizeof(name), "c%lu", x->made++);
	return mkdirat(x->fd[0], name, 0755) ? op_fail(x, "mkdir of a cgroup") : 0;
}

void experiment_cgroup_storm(struct lab *lab)
{
	const struct op op = { .name = "storm.mkdir",
			       .flags = OP_LOOSE,
			       .prepare = prepare_folder,
			       .run = run_mkdir,
			       .teardown = dirs_end };
	unsigned int n = lab->quick ? CROWD / 4 : CROWD;
	CLEAN(free_text) char *what = text("the slowest mkdir, %u at once", n);
	struct samples one = lab_storm(lab, &op, 1, 100), all = lab_storm(lab, &op, n, CROWD_EACH);
	struct summary alone = samples_summary(&one), crowd = samples_summary(&all);

	lab_figure(lab, "mkdir of a cgroup alone, median", "us", UNPUBLISHED, alone.median * US);
	lab_figure(lab, "in the crowd, median", "us", UNPUBLISHED, crowd.median * US);
	lab_figure(lab, "in the crowd, p99", "ms", UNPUBLISHED, crowd.p99 * MS);
	lab_figure(lab, what, "ms", lab->quick ? UNPUBLISHED : 900, crowd.max * MS);
	samples_free(&one);
	samples_free(&all);
}

void experiment_into_vs_write(struct lab *lab)
{
	double written = lab_cost(lab, "cgroup.place.write.gap50ms").median;
	double cloned = lab_cost(lab, "cgroup.place.clone.gap50ms").median;

	lab_figure(lab, "fork, cgroup.procs written, median", "ms", 55.6, written * MS);
	lab_figure(lab, "clone3 into the cgroup, median", "ms", 26.5, cloned * MS);
	lab_figure(lab, "written / cloned", "", 55.6 / 26.5, written / cloned);
}

void experiment_migrate_gap(struct lab *lab)
{
	static const int gaps[] = { 0, 1, 5, 20, 50, 100 };
	double first = NAN, last = NAN;

	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		CLEAN(free_text) char *op = text("cgroup.migrate.gap%dms", gaps[i]);
		CLEAN(free_text) char *what = text("moved after %d ms, median", gaps[i]);

		last = lab_cost(lab, op).median;
		if (!i)
			first = last;
		lab_figure(lab, what, "us", UNPUBLISHED, last * US);
	}
	lab_figure(lab, "after 100 ms / without pause", "", UNPUBLISHED, last / first);
}

/* Forks as fast as it can until it is killed. */
static pid_t fork_on(const struct lab *lab)
{
	pid_t pid = child_fork(0, lab->place->cgroup_fd >= 0 ? lab->place->cgroup_fd : NO_CGROUP);

	if (pid)
		return pid;
	for (;;) {
		long child = clone_exit(CLONE_VM | CLONE_VFORK, NO_CGROUP);

		if (child > 0)
			child_wait((pid_t)child);
	}
}

void experiment_under_fork(struct lab *lab)
{
	double idle = lab_cost(lab, "cgroup.migrate.gap50ms").median, busy;
	pid_t *pids = grow(NULL, lab->cpus, sizeof(*pids));

	for (unsigned int i = 0; i < lab->cpus; i++)
		pids[i] = fork_on(lab);
	busy = lab_cost(lab, "cgroup.migrate.gap50ms").median;
	for (unsigned int i = 0; i < lab->cpus; i++)
		child_end(&pids[i]);
	free(pids);
	lab_figure(lab, "moved after 50 ms, median", "ms", UNPUBLISHED, idle * MS);
	lab_figure(lab, "the same while every CPU forks, median", "ms", 7.6, busy * MS);
	lab_figure(lab, "the same with favordynmods, median", "ms", 0.4, NAN);
}
