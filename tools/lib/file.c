// SPDX-License-Identifier: GPL-2.0-only
/* Whole files: read in one go, written in one write or aside and renamed. */
#include "text.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A page beyond which files of /proc do not go in one read is no limit here. */
char *file_text(const char *path)
{
	CLEAN(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t room = 4096, size = 0;
	char *data;
	ssize_t n;

	if (fd < 0)
		return NULL;
	data = text_room(NULL, room);
	while ((n = read(fd, data + size, room - size - 1)) != 0) {
		if (n < 0) {
			int error = errno;

			free(data);
			errno = error;
			return NULL;
		}
		size += (size_t)n;
		if (room - size < 2048)
			data = text_room(data, room *= 2);
	}
	data[size] = '\0';
	return data;
}

int file_put(const char *path, const char *value)
{
	CLEAN(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t size = strlen(value);

	if (fd < 0)
		return -errno;
	errno = EIO; /* for a write that is only done in part */
	return write(fd, value, size) == (ssize_t)size ? 0 : -errno;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int file_replace(const char *path, const char *data, size_t size)
{
	CLEAN(free_text) char *aside = text("%s.%d~", path, getpid());
	int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, size);
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(aside, path))
		ret = -errno;
	if (ret)
		unlink(aside);
	return ret;
}

char *cgroup2_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	char *dir = NULL;

	while (mounts && !dir && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			dir = text("%s", m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return dir;
}
