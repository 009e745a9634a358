/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children as the measurements need them: cloned by clone3 itself, and dead as
 * soon as their parent is.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

#define NO_CGROUP (-1)

/* clone3 of FLAGS into the cgroup of that descriptor: as fork returns, or -1. */
long sys_clone3(uint64_t flags, int cgroup);

/*
 * clone3 whose child leaves at once and touches no memory and no stack, so that
 * it may share ours (CLONE_VM | CLONE_VFORK): the pid, or -1 with errno.
 */
long clone_exit(uint64_t flags, int cgroup);

/* Waits until that child has ended: its wait status, or -1 with errno. */
int child_wait(pid_t pid);

/*
 * A child that dies with us; 0 in the child.  It is dead to signals that would
 * have ended us politely: only its parent decides.
 */
pid_t child_fork(uint64_t flags, int cgroup);

/* A child of these new namespaces that waits for its end: its pid, or -1. */
pid_t child_hold(uint64_t flags, int cgroup);

/* Kills and reaps what is not 0, which it then is. */
void child_end(pid_t *pid);

/* The body of a thread that only is there; it ends with the process. */
void *child_sleep_on(void *unused);

int sys_pidfd_open(pid_t pid);

/* Tells the parent, in one byte, that the child is ready; or waits for that. */
int pipe_tell(int fd);
int pipe_hear(int fd);

#endif
