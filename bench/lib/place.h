/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a benchmark lives: a cgroup and a folder of its own, both locked while it
 * lives.  One that can be locked belongs to a benchmark that was killed, and the
 * next one sweeps it up.  Everything else (namespaces, mounts, processes) dies
 * with the processes.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include <stdbool.h>

#define PLACE_PREFIX "bulkhead-bench."

/* What a killed one's last process may take to be gone, the largest that is measured. */
#define DEATH_LIMIT 1	 /* seconds */
#define DEATH_NAP   2000 /* us, between two looks */

struct place {
	char *tag;    /* bulkhead-bench.PID.RANDOM */
	char *mount;  /* of a cgroup2, or NULL */
	char *cgroup; /* our folder below it, or NULL: why says why */
	char *why;
	char *temp;    /* a folder on a disk or tmpfs */
	int cgroup_fd; /* of the folder in which our own processes are, or -1 */
	int locks[2];
};

/* Sweeps, then makes.  That there is no cgroup is no error; no folder is: -errno. */
int place_make(struct place *p);
/* Kills what is left in the cgroup; false: something could not be removed. */
bool place_remove(struct place *p);

/*
 * All controllers that can be had for the cgroups below ours, as a list with blanks;
 * NULL: there are none, errno says why.  Where nobody has enabled any at the root of
 * the hierarchy, that is done as well, and undone by the end (or the next sweep).
 */
char *place_controllers_begin(const struct place *p);
void place_controllers_end(const struct place *p);

/* A cgroup's file: 0 or -errno. */
int cgroup_put(const char *dir, const char *file, const char *value);
/* Waits for KEY of a flat keyed file to have that value: 0 or -errno (ETIMEDOUT). */
int cgroup_await(const char *dir, const char *file, const char *key, long value, long ms);
/* Kills all below, waits for them and removes the folders, within SECONDS. */
bool cgroup_end(const char *dir, double seconds);

#endif
