// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest-path - how long an operation takes on a clock that advances 1 ns an
 * instruction: so many instructions it has.  Only of sense in such a guest, where
 * "bulkhead pathlength" runs it.
 *
 *	guest-path SAMPLES AROUND PATTERN...
 *
 * AROUND is how much else is to lie around, 0 nothing.
 * Says "kernel<TAB>RELEASE", and of each operation that a pattern fits
 * "NAME<TAB>SLEPT<TAB>SAMPLE...", SLEPT being how many of them did not only run,
 * or "NAME<TAB>!<TAB>why it cannot be done".
 */
#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "op.h"
#include "place.h"
#include "text.h"

/* Without a name in a pattern: no operation that waits, and none that needs so many. */
#define MANY	  100
#define MANY_MIB  1
#define PAUSE_US  30000
#define MAX_COUNT 10000

/* Of what is to lie around. */
#define AROUND_PAGES 29
#define AROUND_PIPES 7
#define AROUND_TYPES (CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET)
#define AROUND_MOST  32

struct sample {
	uint64_t ns;
	uint32_t slept;
	int error;
	char why[256];
};

static bool is_wanted(const struct op *op, char **patterns)
{
	for (; *patterns; patterns++) {
		if (!strcmp(*patterns, op->name))
			return true;
		if (!fnmatch(*patterns, op->name, 0) && !op->wait_ms && !(op->flags & OP_CARRIES) &&
		    op->n <= (strstr(op->name, "MiB") ? MANY_MIB : MANY))
			return true;
	}
	return false;
}

static long voluntary_switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_nvcsw;
}

/* Two reads of the clock, one after the other: what is in every sample. */
static uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 50; i++) {
		uint64_t a = clock_ns(), b = clock_ns();

		if (b - a < least)
			least = b - a;
	}
	return least;
}

/* In a child whose memory is all there, so that no page is faulted in on the way. */
static void take(struct fixture *x, struct sample *s)
{
	uint64_t start, cost, end;
	long slept;

	if (mlockall(MCL_CURRENT)) {
		s->error = -errno;
		snprintf(s->why, sizeof(s->why), "mlockall: %s", strerror(errno));
		return;
	}
	cost = clock_cost();
	s->error = op_before(x);
	if (!s->error) {
		slept = voluntary_switches();
		start = clock_ns();
		s->error = op_run(x);
		end = clock_ns();
		s->ns = (end - start - cost) / (x->op->flags & OP_MANY ? OP_INNER : 1);
		s->slept = x->op->flags & OP_SLEEPS && voluntary_switches() != slept;
		op_undo(x);
	}
	if (s->error)
		snprintf(s->why, sizeof(s->why), "%s", x->why);
}

static void sample_in_child(struct fixture *x, struct sample *s)
{
	int ends[2], status;
	pid_t pid;

	memset(s, 0, sizeof(*s));
	/* Time passes by itself while nothing runs: the kernel has done what it had put off. */
	nap_us(PAUSE_US);
	if (pipe(ends))
		err(2, "pipe");
	pid = child_fork(0, NO_CGROUP);
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		close(ends[0]);
		take(x, s);
		_exit(write(ends[1], s, sizeof(*s)) != sizeof(*s));
	}
	close(ends[1]);
	if (read(ends[0], s, sizeof(*s)) != sizeof(*s)) {
		s->error = -ECHILD;
		snprintf(s->why, sizeof(s->why), "the child died");
	}
	close(ends[0]);
	status = child_wait(pid);
	if (!s->error && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		s->error = -ECHILD;
		snprintf(s->why, sizeof(s->why), "the child ended with %#x", (unsigned int)status);
	}
}

static void count(const struct op *op, const struct place *place, unsigned int samples)
{
	uint64_t *all = calloc(samples, sizeof(*all));
	struct sample s = {};
	struct fixture x;
	unsigned int slept = 0;
	int error;

	if (!all)
		err(2, "no memory");
	fixture_init(&x, op, place);
	error = op_prepare(&x);
	/* One more, which is not counted: what the first of all has to make is not its own. */
	for (unsigned int i = 0; !error && i <= samples; i++) {
		sample_in_child(&x, &s);
		error = s.error;
		if (!i)
			continue;
		all[i - 1] = s.ns;
		slept += s.slept;
	}
	if (error) {
		printf("%s\t!\t%s\n", op->name, *s.why ? s.why : x.why);
	} else {
		printf("%s\t%u\t", op->name, slept);
		for (unsigned int i = 0; i < samples; i++)
			printf("%s%llu", i ? " " : "", (unsigned long long)all[i]);
		putchar('\n');
	}
	fflush(stdout);
	op_teardown(&x);
	free(all);
}

/* What an operation prepares may change its process for good: each has one of its own. */
static void count_apart(const struct op *op, const struct place *place, unsigned int samples)
{
	pid_t pid = child_fork(0, NO_CGROUP);
	int status;

	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		/* Mounts that it leaves are not to be the next one's. */
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			err(2, "a mount namespace");
		count(op, place, samples);
		_exit(0);
	}
	status = child_wait(pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(2, "%s: its process ended with %#x", op->name, (unsigned int)status);
}

/* The guest is ours: what its cgroups can have, they get. */
static void enable_controllers(const char *folder)
{
	CLEAN(free_text) char *path = text("%s/cgroup.controllers", folder);
	CLEAN(free_text) char *all = file_text(path);
	CLEAN(words_free) struct words names = words_split(all ?: "", " \n");

	for (size_t i = 0; i < names.n; i++) {
		CLEAN(free_text) char *one = text("+%s", names.v[i]);

		cgroup_put(folder, "cgroup.subtree_control", one);
	}
}

/*
 * How long a path is depends a little on what lies around: which slab has room, where a
 * page table begins, which list has one more.  So a patch that only adds an object, or
 * another build of this program, can look as if it had lengthened a path elsewhere.
 */
static void lie_around(unsigned int n)
{
	size_t size = (size_t)n * AROUND_PAGES * (size_t)getpagesize();
	pid_t pid;
	int unused[2];

	if (!n)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (child_hold(AROUND_TYPES, NO_CGROUP) < 0)
			err(2, "a process to lie around");
	pid = child_fork(0, NO_CGROUP);
	if (pid < 0)
		err(2, "a process to lie around");
	if (pid)
		return;
	for (unsigned int i = 0; i < n * AROUND_PIPES; i++)
		if (pipe(unused))
			err(2, "a pipe to lie around");
	if (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		err(2, "memory to lie around");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	long samples = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long around = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	struct place place = {};
	struct utsname u;

	if (argc < 4 || samples < 1 || samples > MAX_COUNT || around < 0 || around > AROUND_MOST)
		errx(2, "usage: guest-path SAMPLES AROUND PATTERN...");
	ops_init();
	if (!strcmp(argv[3], "--list")) {
		for (size_t i = 0; i < ops_count(); i++)
			if (is_wanted(op_at(i), argv + 4))
				printf("%s\t%s\n", op_at(i)->name, op_at(i)->what);
		return 0;
	}
	CLEAN(free_text) char *root = cgroup2_mount();

	if (root)
		enable_controllers(root);
	if (place_make(&place))
		errx(2, "%s", place.why ?: "no place");
	if (place.cgroup)
		enable_controllers(place.cgroup);
	lie_around((unsigned int)around);
	uname(&u);
	printf("kernel\t%s\n", u.release);
	fflush(stdout);
	for (size_t i = 0; i < ops_count(); i++)
		if (is_wanted(op_at(i), argv + 3))
			count_apart(op_at(i), &place, (unsigned int)samples);
	return !place_remove(&place);
}
