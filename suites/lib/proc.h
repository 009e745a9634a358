// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a procfs says of processes.  Each procfs has a pid namespace of its own
 * that it speaks for, so these take the folder it is mounted on.
 */
#ifndef SUITE_PROC_H
#define SUITE_PROC_H

#include "check.h"

/* The caller's pid there, by its "self" link; 0 when it is not visible there. */
pid_t proc_self(const char *proc);
/*
 * The pid that /proc has for what a pidfd refers to, which is another one than
 * the caller's own when it lives below the namespace of /proc; 0: not there.
 */
#define proc_pid(pidfd) proc_pid_at(HERE, pidfd)
pid_t proc_pid_at(struct here h, int pidfd);
/* All pids listed there, in ascending order: "1 2 7"; malloc'ed. */
#define proc_list(proc) proc_list_at(HERE, proc)
char *proc_list_at(struct here h, const char *proc);
/* Field of PROC/PID/stat, by the number that proc(5) gives it, 4 or more; pid 0 is the caller. */
#define proc_stat(proc, pid, field) proc_stat_at(HERE, proc, pid, field)
int64_t proc_stat_at(struct here h, const char *proc, pid_t pid, int field);
/* Is the caller in the one pid namespace that has none above it? */
bool proc_is_initial_pidns(void);

#endif
