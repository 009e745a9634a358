// SPDX-License-Identifier: GPL-2.0-only
/* Processes that use memory, and files whose pages come from storage. */
#include "hog.h"
#include "wait.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

void hog_touch_again(char *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 4096)
		((volatile char *)at)[i] = 1; /* only a write: a read would fault as well */
}

char *hog_touch(size_t bytes)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, bytes, MADV_NOHUGEPAGE);
	hog_touch_again(at, bytes);
	return at;
}

/* On the scratch disk every file is a stretch of its own. */
static struct stretch {
	int fd;
	off_t base, bytes;
} stretches[16];
static int stretch_count;

/*
 * A stretch that no other program has, for as long as the descriptor is open:
 * a page that two of them read is charged to one.
 */
static off_t stretch_take(struct here h, int fd, size_t bytes)
{
	off_t size = lseek(fd, 0, SEEK_END);

	for (struct wait_loop w = wait_loop_start(60);;) {
		for (off_t at = 0; at + (off_t)bytes <= size; at += 8 * MB) {
			struct flock lock = { .l_type = F_WRLCK, .l_start = at, .l_len = bytes };

			if (!fcntl(fd, F_OFD_SETLK, &lock))
				return at;
			if (errno != EAGAIN && errno != EACCES)
				check_setup_failed(h, "a lock on the disk: %s", errno_name(errno));
		}
		if (!wait_loop_again(&w))
			check_setup_failed(h, "no %zu bytes of the disk are free", bytes);
	}
}

/* Of another file than the disk: from its start, and all of it (0 bytes). */
static struct stretch stretch_of(int fd)
{
	for (int i = stretch_count - 1; i >= 0; i--)
		if (stretches[i].fd == fd)
			return stretches[i];
	return (struct stretch) { .fd = fd };
}

void hog_read_at(struct here h, int fd, size_t bytes)
{
	static char block[65536];

	for (size_t at = 0; at < bytes; at += sizeof(block))
		if (pread(fd, block, sizeof(block), stretch_of(fd).base + at) != sizeof(block))
			check_setup_failed(h, "read of storage: %s", errno_name(errno));
}

void hog_start_at(struct here h, struct child *c, const struct cgroup *cg, size_t bytes)
{
	child_start_at(h, c, (struct child_opts) { .cgroup = cg });
	if (c->inside) {
		if (!hog_touch(bytes))
			check_setup_failed(h, "mmap: %s", errno_name(errno));
		child_send_at(h, c, 0);
		child_sleep();
	}
	child_recv_at(h, c);
}

int hog_run_at(struct here h, const struct cgroup *cg, size_t bytes)
{
	struct child c;

	child_start_at(h, &c, (struct child_opts) { .cgroup = cg });
	if (c.inside) {
		hog_touch(bytes);
		child_exit(&c);
	}
	return child_reap_at(h, &c);
}

static bool is_memory(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) || st.f_type == TMPFS_MAGIC || st.f_type == RAMFS_MAGIC;
}

off_t storage_offset(int fd)
{
	return stretch_of(fd).base;
}

size_t storage_cached(int fd)
{
	struct stretch s = stretch_of(fd);
	off_t size = s.bytes ?: lseek(fd, 0, SEEK_END);
	size_t pages = (size + 4095) / 4096, n = 0;
	unsigned char *in = calloc(1, pages + 1);
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, s.base);

	if (at != MAP_FAILED && !mincore(at, size, in))
		for (size_t i = 0; i < pages; i++)
			n += in[i] & 1;
	if (at != MAP_FAILED)
		munmap(at, size);
	free(in);
	return n * 4096;
}

/* Again while some stay: one that is on its way to a list cannot be dropped just then. */
void storage_drop(int fd)
{
	struct stretch s = stretch_of(fd);

	for (struct wait_loop w = wait_loop_start(5);;) {
		fsync(fd);
		posix_fadvise(fd, s.base, s.bytes, POSIX_FADV_DONTNEED);
		if (!storage_cached(fd) || !wait_loop_again(&w))
			break;
	}
}

static void fill(struct here h, int fd, size_t bytes)
{
	static char block[65536];

	memset(block, 'b', sizeof(block));
	for (size_t at = 0; at < bytes; at += sizeof(block))
		if (pwrite(fd, block, sizeof(block), stretch_of(fd).base + at) != sizeof(block))
			check_setup_failed(h, "write to storage: %s", errno_name(errno));
}

int storage_open_at(struct here h, size_t bytes)
{
	const char *disk = getenv("BULKHEAD_DISK");
	int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && is_memory(fd)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0 && disk && (fd = open(disk, O_RDWR | O_CLOEXEC)) >= 0 && stretch_count < 16) {
		stretches[stretch_count].fd = fd;
		stretches[stretch_count].bytes = bytes;
		stretches[stretch_count++].base = stretch_take(h, fd, bytes);
	}
	if (fd < 0)
		check_skip("not supported: storage: /var/tmp is in memory and no disk was given");
	fill(h, fd, bytes);
	storage_drop(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM); /* no more than what is asked for */
	return fd;
}

struct cgroup memory_parent_at(struct here h)
{
	struct cgroup p;

	need_controller("memory");
	p = cgroup_make_at(h, NULL, "p");
	cgroup_write_at(h, &p, "cgroup.subtree_control", "+memory");
	return p;
}
