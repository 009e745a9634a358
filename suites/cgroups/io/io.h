/* SPDX-License-Identifier: GPL-2.0-only */
/* The scratch disk, what a cgroup has moved to and from it, and the root's files. */
#ifndef IO_IO_H
#define IO_IO_H

#include "suite.h"

#include <sys/sysmacros.h>

/* Of fixtures with "unsigned int major, minor". */
#define DEVICE self->major, self->minor

/* The scratch disk's numbers; 0: none. */
static inline void io_disk(unsigned int *major, unsigned int *minor)
{
	const char *disk = getenv("BULKHEAD_DISK");
	struct stat st;

	*major = *minor = 0;
	if (!disk)
		return;
	MUST(stat(disk, &st));
	*major = major(st.st_rdev);
	*minor = minor(st.st_rdev);
}

/* Requests of so many bytes each to a descriptor with O_DIRECT; how many ns they took. */
static inline int64_t io_transfer_on(int fd, int count, size_t size, bool writing)
{
	int64_t start;
	void *block;

	ASSERT_EQ(0, posix_memalign(&block, 4096, size));
	memset(block, 'b', size);
	start = now_ns();
	for (int i = 0; i < count; i++)
		MUST(writing ? pwrite(fd, block, size, i * size)
			     : pread(fd, block, size, i * size));
	start = now_ns() - start;
	free(block);
	return start;
}

static inline int64_t io_transfer(int count, size_t size, bool writing)
{
	int fd = MUST(open(need_disk(), (writing ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC));
	int64_t took = io_transfer_on(fd, count, size, writing);

	close(fd);
	return took;
}

/* Which scheduler a queue/scheduler file says is chosen; malloc'ed. */
static inline char *io_scheduler(const char *file)
{
	char *chosen = strchr(file_read("%s", file), '[');

	return chosen ? strndup(chosen + 1, strcspn(chosen + 1, "]")) : strdup("none");
}

/* key of the disk's line in io.stat; -1: no line or no key. */
static inline int64_t io_stat_key(const struct cgroup *cg, unsigned int major, unsigned int minor,
				  const char *key)
{
	char *device = text_format("%u:%u", major, minor);
	char *line = strstr(text_format("\n%s", cgroup_read(cg, "io.stat")),
			    text_format("\n%s ", device));
	char *at, *want = text_format(" %s=", key);

	if (!line)
		return -1;
	line++;
	line[strcspn(line, "\n")] = '\0';
	at = strstr(line, want);
	return at ? strtoll(at + strlen(want), NULL, 10) : -1;
}
#define STAT(cg, key) io_stat_key(cg, DEVICE, key)

#endif
