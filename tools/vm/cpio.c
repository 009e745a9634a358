// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cpio archive in the newc format, as the kernel unpacks its initramfs.  It
 * is made in memory, so that nothing is left on a disk whoever kills us.
 */
#include "vm.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct cpio {
	int fd;
	unsigned int inode;
	struct words names;
};

static void put(struct cpio *c, const void *data, size_t size)
{
	const char *from = data;

	while (size) {
		ssize_t n = write(c->fd, from, size);

		if (n < 0)
			err(EXIT_NO_GUEST, "the guest's files");
		from += n;
		size -= (size_t)n;
	}
}

static void pad(struct cpio *c, size_t written)
{
	put(c, "\0\0\0", -written & 3);
}

static void header(struct cpio *c, const char *path, mode_t mode, size_t size)
{
	const char *name = path + (*path == '/');
	char head[128];
	int n = snprintf(head, sizeof(head),
			 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ++c->inode,
			 mode, 0, 0, 1, 0, (unsigned int)size, 0, 0, 0, 0,
			 (unsigned int)strlen(name) + 1, 0);

	put(c, head, (size_t)n);
	put(c, name, strlen(name) + 1);
	pad(c, (size_t)n + strlen(name) + 1);
}

bool cpio_has(const struct cpio *c, const char *path)
{
	return words_have(&c->names, path);
}

void cpio_folder(struct cpio *c, const char *path, mode_t mode)
{
	CLEAN(free_text) char *up = text("%s", path);
	char *slash = strrchr(up, '/');

	if (!*path || !strcmp(path, "/") || cpio_has(c, path))
		return;
	*slash = '\0';
	cpio_folder(c, up, 0755);
	words_add(&c->names, "%s", path);
	header(c, path, S_IFDIR | mode, 0);
}

/* The folder above PATH, and the name taken; false when it already is. */
static bool claim(struct cpio *c, const char *path)
{
	CLEAN(free_text) char *up = text("%s", path);

	if (cpio_has(c, path))
		return false;
	*strrchr(up, '/') = '\0';
	cpio_folder(c, up, 0755);
	words_add(&c->names, "%s", path);
	return true;
}

void cpio_link(struct cpio *c, const char *path, const char *target)
{
	if (!claim(c, path))
		return;
	header(c, path, S_IFLNK | 0777, strlen(target));
	put(c, target, strlen(target));
	pad(c, strlen(target));
}

void cpio_data(struct cpio *c, const char *path, mode_t mode, const void *data, size_t size)
{
	if (!claim(c, path))
		return;
	header(c, path, S_IFREG | mode, size);
	put(c, data, size);
	pad(c, size);
}

void cpio_file(struct cpio *c, const char *path, const char *from)
{
	CLEAN(close_fd) int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		err(EXIT_NO_GUEST, "%s", from);
	if (!claim(c, path))
		return; // cppcheck-suppress resourceLeak; CLEAN closes it
	header(c, path, S_IFREG | (st.st_mode & 07777), (size_t)st.st_size);
	for (off_t left = st.st_size; left > 0; left -= n) {
		n = sendfile(c->fd, fd, NULL, (size_t)left);
		if (n <= 0)
			err(EXIT_NO_GUEST, "%s", from);
	}
	pad(c, (size_t)st.st_size);
}

struct cpio *cpio_begin(void)
{
	struct cpio *c = calloc(1, sizeof(*c));

	if (!c)
		err(EXIT_NO_GUEST, "no memory");
	c->fd = memfd_create("initramfs", MFD_CLOEXEC);
	if (c->fd < 0)
		err(EXIT_NO_GUEST, "memory for the guest's files");
	return c;
}

int cpio_end(struct cpio *c)
{
	int fd = c->fd;

	header(c, "TRAILER!!!", 0, 0);
	words_free(&c->names);
	free(c);
	return fd;
}
