// SPDX-License-Identifier: GPL-2.0-only
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"
#include "kinds.h"
#include "place.h"

void keep_raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

static const char *file_of(uint64_t type)
{
	for (size_t i = 1; i < n_single_kinds; i++)
		if (kinds[i].flags == type)
			return kinds[i].file;
	return "";
}

/* Tells errno, 0 when all is well, and stays. */
static void keep(uint64_t type, long n, int tell)
{
	int error = 0;

	keep_raise_limit();
	for (long i = 0; !error && i < n; i++)
		if (unshare((int)type) || ns_open(getpid(), file_of(type)) < 0)
			error = errno;
	if (write(tell, &error, sizeof(error)) != sizeof(error))
		_exit(1);
	for (;;)
		pause();
}

/* The first number that comes, or -1: nobody has sent one. */
static int hear_number(int fd)
{
	int n;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : -1;
}

int keep_namespaces(struct fixture *x, uint64_t type, long n)
{
	int told[2], error;

	if (pipe2(told, O_CLOEXEC))
		return op_fail(x, "pipe");
	x->keeper = child_fork(0, NO_CGROUP);
	if (!x->keeper)
		keep(type, n, told[1]);
	close(told[1]);
	error = x->keeper < 0 ? errno : hear_number(told[0]);
	close(told[0]);
	errno = error < 0 ? ECHILD : error;
	return error ? op_fail(x, "%ld %s namespaces", n, file_of(type)) : 0;
}

/* The innermost tells its number as our /proc has it. */
static void nest(long depth, int tell)
{
	while (depth--) {
		pid_t pid = child_fork(CLONE_NEWPID, NO_CGROUP);

		if (pid < 0)
			_exit(1);
		if (pid) {
			close(tell);
			child_wait(pid);
			_exit(1);
		}
	}
	char self[32] = "";
	int pid = readlink("/proc/self", self, sizeof(self) - 1) < 0 ? -1 : atoi(self);

	if (write(tell, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	for (;;)
		pause();
}

int keep_pid_chain(struct fixture *x, long depth)
{
	int told[2], pid;

	if (pipe2(told, O_CLOEXEC))
		return op_fail(x, "pipe");
	x->keeper = child_fork(0, NO_CGROUP);
	if (!x->keeper) {
		close(told[0]);
		nest(depth, told[1]);
	}
	close(told[1]);
	pid = x->keeper < 0 ? -1 : hear_number(told[0]);
	close(told[0]);
	errno = ECHILD;
	return pid > 0 ? pid : op_fail(x, "%ld PID namespaces within each other", depth);
}

int keep_mount_room(struct fixture *x)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return op_fail(x, "a mount namespace");
	snprintf(x->dir, sizeof(x->dir), "%s", x->place->temp);
	if (mount("bulkhead", x->dir, "tmpfs", 0, "mode=755"))
		return op_fail(x, "a tmpfs at %s", x->dir);
	if (chdir(x->dir))
		return op_fail(x, "%s", x->dir);
	return 0;
}
