// SPDX-License-Identifier: GPL-2.0-only
/* Processes that use memory, and files whose pages come from storage. */
#ifndef SUITE_HOG_H
#define SUITE_HOG_H

#include "cgroup.h"
#include "child.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#define MB (1024L * 1024)

/* Map and touch so much anonymous memory; NULL with errno when mmap fails. */
char *hog_touch(size_t bytes);
/* Touch every page again. */
void hog_touch_again(char *at, size_t bytes);
/* Read so many bytes through the page cache, from the start. */
#define hog_read(fd, bytes) hog_read_at(HERE, fd, bytes)
void hog_read_at(struct here h, int fd, size_t bytes);

/* A child in the cgroup that holds so much anonymous memory until killed. */
#define hog_start(c, cg, bytes) hog_start_at(HERE, c, cg, bytes)
void hog_start_at(struct here h, struct child *c, const struct cgroup *cg, size_t bytes);
/* One that only tries to; its wait status. */
#define hog_run(cg, bytes) hog_run_at(HERE, cg, bytes)
int hog_run_at(struct here h, const struct cgroup *cg, size_t bytes);

/* What an OOM kill looks like from outside. */
#define EXPECT_OOM_KILLED(status)                                                  \
	do {                                                                       \
		int status_ = (status);                                            \
		EXPECT_TRUE(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL); \
	} while (0)

/*
 * So many bytes of a file whose pages can be dropped and read again, none of
 * them cached: in /var/tmp, or on the scratch disk where that is in memory.
 * Skips where there is neither.
 */
#define storage_open(bytes) storage_open_at(HERE, bytes)
int storage_open_at(struct here h, size_t bytes);
/* Write back and drop what is cached of it. */
void storage_drop(int fd);
/* Where in the file they begin, for mmap(2). */
off_t storage_offset(int fd);
/* How many bytes of it are cached. */
size_t storage_cached(int fd);

/* A v2 cgroup with the memory controller whose children have it too: "p" in the test's own. */
#define memory_parent() memory_parent_at(HERE)
struct cgroup memory_parent_at(struct here h);

#endif
