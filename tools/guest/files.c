// SPDX-License-Identifier: GPL-2.0-only
/* The files that come back to the host. */
#include "guest.h"

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t root;

static int file_send(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char *data;
	int fd;

	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	if (strchr(path, '\n')) {
		tell("note a file with a line feed in its name stays behind\n");
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	data = !st->st_size ? NULL : mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd < 0 || data == MAP_FAILED) {
		tell("note %s cannot be read\n", path);
	} else {
		tell("file %o %zu %s\n", st->st_mode & 0777, (size_t)st->st_size, path + root);
		if (data)
			tell_data(data, (size_t)st->st_size);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

void files_send(const char *folder)
{
	root = strlen(folder) + 1;
	nftw(folder, file_send, 16, FTW_PHYS);
}
