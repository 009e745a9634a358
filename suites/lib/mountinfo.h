// SPDX-License-Identifier: GPL-2.0-only
/* Lines of /proc/PID/mountinfo, field by field.  Source: proc(5). */
#ifndef SUITE_MOUNTINFO_H
#define SUITE_MOUNTINFO_H

#include "check.h"

/* Texts are malloc'ed and as they stand in the file, with \040 for a blank. */
struct mountinfo {
	int id, parent;
	unsigned int major, minor;
	char *root, *point, *options;
	int shared, master, from; /* peer groups of the tags; 0: no such tag */
	bool unbindable;
	char *tags; /* all of them, "shared:3 master:2"; "" for none */
	char *type, *source, *super;
};

/* One line; false where it is not made as it should be. */
bool mountinfo_parse(const char *line, struct mountinfo *m);
/*
 * The topmost mount at a mount point, as the process sees it (0: the caller);
 * false where there is none.
 */
#define mountinfo_find(pid, point, m) mountinfo_find_at(HERE, pid, point, m)
bool mountinfo_find_at(struct here h, pid_t pid, const char *point, struct mountinfo *m);
/* The same, but it fails the test's set-up when there is none. */
#define mountinfo_of(pid, point) mountinfo_of_at(HERE, pid, point)
struct mountinfo mountinfo_of_at(struct here h, pid_t pid, const char *point);
/* How many mounts are at or below the folder. */
#define mountinfo_count(pid, folder) mountinfo_count_at(HERE, pid, folder)
int mountinfo_count_at(struct here h, pid_t pid, const char *folder);

#endif
