// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct clone_args clone_args_of(uint64_t flags, int cgroup)
{
	struct clone_args a = { .flags = flags, .exit_signal = SIGCHLD };

	if (cgroup != NO_CGROUP) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)cgroup;
	}
	return a;
}

long sys_clone3(uint64_t flags, int cgroup)
{
	struct clone_args a = clone_args_of(flags, cgroup);

	return syscall(SYS_clone3, &a, sizeof(a));
}

#if defined(__x86_64__)
long clone_exit(uint64_t flags, int cgroup)
{
	struct clone_args a = clone_args_of(flags, cgroup);
	long ret = SYS_clone3;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "+a"(ret)
			 : "D"(&a), "S"(sizeof(a)), [exit] "i"(SYS_exit_group)
			 : "rcx", "r11", "cc", "memory");
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
#elif defined(__aarch64__)
long clone_exit(uint64_t flags, int cgroup)
{
	struct clone_args a = clone_args_of(flags, cgroup);
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)&a;
	register long x1 __asm__("x1") = sizeof(a);

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc #0\n"
			 "1:"
			 : "+r"(x0), "+r"(x8)
			 : "r"(x1), [exit] "i"(SYS_exit_group)
			 : "cc", "memory");
	if (x0 >= 0)
		return x0;
	errno = (int)-x0;
	return -1;
}
#else
#error "clone_exit is not written for this architecture yet"
#endif

int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

pid_t child_fork(uint64_t flags, int cgroup)
{
	pid_t parent = getpid(), seen;
	pid_t pid = (pid_t)sys_clone3(flags, cgroup);

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	seen = getppid();
	/* Died before it was asked to tell us?  0: it is in another PID namespace. */
	if (seen && seen != parent)
		_exit(1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	return 0;
}

int pipe_tell(int fd)
{
	return write(fd, "r", 1) == 1 ? 0 : -1;
}

int pipe_hear(int fd)
{
	char c;
	ssize_t n;

	while ((n = read(fd, &c, 1)) < 0 && errno == EINTR)
		;
	if (!n)
		errno = EPIPE;
	return n == 1 ? 0 : -1;
}

pid_t child_hold(uint64_t flags, int cgroup)
{
	int ready[2];
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = child_fork(flags, cgroup);
	if (!pid) {
		close(ready[0]);
		/* In another PID namespace, only this says that the parent is gone. */
		if (pipe_tell(ready[1]))
			_exit(1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid > 0 && pipe_hear(ready[0])) {
		child_end(&pid);
		errno = ECHILD;
		pid = -1;
	}
	close(ready[0]);
	return pid;
}

void child_end(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		child_wait(*pid);
	}
	*pid = 0;
}

void *child_sleep_on(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

int sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}
