// SPDX-License-Identifier: GPL-2.0-only
/* What grows with what is there already: namespaces, depth, descriptors, memory, threads. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "keep.h"
#include "kinds.h"
#include "op.h"
#include "text.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define MIB   (1024 * 1024)
#define TRUE  "/bin/true"
#define STACK (64 * 1024)

static int prepare_existing(struct fixture *x)
{
	return x->op->n ? keep_namespaces(x, x->op->ns, x->op->n) : 0;
}

static int run_clone(struct fixture *x)
{
	long pid = clone_exit(x->op->ns | CLONE_VM | CLONE_VFORK, NO_CGROUP);

	return pid < 0 || child_wait((pid_t)pid) < 0 ? op_fail(x, "clone3") : 0;
}

static int run_fork(struct fixture *x)
{
	long pid = clone_exit(0, NO_CGROUP);

	return pid < 0 || child_wait((pid_t)pid) < 0 ? op_fail(x, "clone3") : 0;
}

/* Our children, not we ourselves, are that deep: so it is from where we are. */
static int prepare_deep(struct fixture *x)
{
	int pid;

	if (!x->op->n)
		return 0;
	pid = keep_pid_chain(x, x->op->n);
	if (pid < 0)
		return pid;
	if (fixture_keep(x, ns_open(pid, "pid")) < 0 || setns(x->fd[0], CLONE_NEWPID))
		return op_fail(x, "setns to PID namespace %ld", x->op->n);
	return 0;
}

static int prepare_fds(struct fixture *x)
{
	int fd;

	keep_raise_limit();
	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return op_fail(x, "%ld descriptors", x->op->n);
	} while (fd + 1 < x->op->n);
	x->size = (size_t)fd + 1;
	return 0;
}

/* Every page written, small pages: what a fork has to copy the tables of. */
static int prepare_memory(struct fixture *x)
{
	if (!x->op->n)
		return 0;
	x->size = (size_t)x->op->n * MIB;
	x->memory = mmap(NULL, x->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (x->memory == MAP_FAILED) {
		x->memory = NULL;
		return op_fail(x, "%ld MiB of memory", x->op->n);
	}
	madvise(x->memory, x->size, MADV_NOHUGEPAGE);
	/* Before 5.14 page by page, a fault for each. */
	if (madvise(x->memory, x->size, MADV_POPULATE_WRITE))
		memset(x->memory, 1, x->size);
	return 0;
}

static void teardown_memory(struct fixture *x)
{
	if (x->memory)
		munmap(x->memory, x->size);
	x->memory = NULL;
}

/* Beside ourselves; they end with the process. */
static int prepare_threads(struct fixture *x)
{
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	for (long i = 1; i < x->op->n; i++)
		if ((errno = pthread_create(&t, &small, child_sleep_on, NULL)))
			return op_fail(x, "thread %ld", i);
	return 0;
}

static int await_true(struct fixture *x, pid_t pid)
{
	int status = child_wait(pid);

	errno = ENOEXEC;
	return status ? op_fail(x, TRUE " ended with status %d", status) : 0;
}

static int run_spawn(struct fixture *x)
{
	char *argv[] = { (char *)TRUE, NULL }, *env[] = { NULL };
	pid_t pid;

	errno = posix_spawn(&pid, TRUE, NULL, NULL, argv, env);
	return errno ? op_fail(x, TRUE) : await_true(x, pid);
}

static int run_fork_exec(struct fixture *x)
{
	pid_t pid = fork();

	if (pid < 0)
		return op_fail(x, "fork");
	if (!pid) {
		char *argv[] = { (char *)TRUE, NULL }, *env[] = { NULL };

		execve(TRUE, argv, env);
		_exit(127);
	}
	return await_true(x, pid);
}

static void add_existing(void)
{
	static const struct {
		const char *type;
		const char *name, *what;
	} types[] = {
		{ "net", "clone.net.vfork.existing%ld", "clone3 of a net namespace beside %ld" },
		{ "mnt", "clone.mnt.vfork.existing%ld", "clone3 of a mnt namespace beside %ld" },
		{ "ipc", "clone.ipc.vfork.existing%ld", "clone3 of an ipc namespace beside %ld" },
		{ "uts", "clone.uts.vfork.existing%ld", "clone3 of a uts namespace beside %ld" },
	};
	static const long existing[] = { 0, 100, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		for (size_t k = 0; k < n_kinds; k++) {
			unsigned int slow = kinds[k].flags & CLONE_NEWNET ? OP_SLOW : 0;

			if (!strcmp(kinds[k].name, types[i].type))
				op_add_sizes((struct op) { .name = types[i].name,
							   .what = types[i].what,
							   .ns = kinds[k].flags,
							   .flags = OP_ALONE | slow |
								    kind_loose(&kinds[k]),
							   .prepare = prepare_existing,
							   .run = run_clone },
					     existing, ARRAY_SIZE(existing));
		}
}

/* Beside the others what a machine of this size hardly notices. */
static void add_memory_of(struct op op)
{
	static const long sizes[] = { 0, 64, 256, 1024 };
	long room = sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024); /* MiB */

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		op.flags = sizes[i] > room / 64 ? OP_ALONE : 0;
		op_add_sizes(op, &sizes[i], 1);
	}
}

static void add_memory(void)
{
	struct op op = {
		.name = "clone.none.fork.rss%ldMiB",
		.what = "clone3 copying page tables, exit and wait, by a parent of %ld MiB",
		.prepare = prepare_memory,
		.run = run_fork,
		.teardown = teardown_memory,
	};

	add_memory_of(op);
	op.name = "exec.true.fork.rss%ldMiB";
	op.what = "fork, exec of true and wait, by a parent of %ld MiB";
	op.run = run_fork_exec;
	add_memory_of(op);
	op.name = "exec.true.spawn.rss%ldMiB";
	op.what = "posix_spawn of true and wait, by a parent of %ld MiB";
	op.run = run_spawn;
	add_memory_of(op);
}

void ops_add_scale(void)
{
	static const long depths[] = { 0, 4, 8, 16, 31 }, fds[] = { 4, 256, 1024, 4096 },
			  threads[] = { 1, 8, 64, 256 };
	struct op op = { .run = run_clone };

	add_existing();
	op.name = "clone.none.vfork.piddepth%ld";
	op.what = "clone3 sharing memory, exit and wait, %ld PID namespaces down";
	op.prepare = prepare_deep;
	op_add_sizes(op, depths, ARRAY_SIZE(depths));
	op.name = "clone.none.vfork.fds%ld";
	op.what = "clone3 sharing memory, exit and wait, by a parent of %ld descriptors";
	op.prepare = prepare_fds;
	op_add_sizes(op, fds, ARRAY_SIZE(fds));
	op.name = "clone.none.vfork.threads%ld";
	op.what = "clone3 sharing memory, exit and wait, by a parent of %ld threads";
	op.prepare = prepare_threads;
	op_add_sizes(op, threads, ARRAY_SIZE(threads));
	add_memory();
}
