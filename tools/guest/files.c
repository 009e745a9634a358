// SPDX-License-Identifier: GPL-2.0-only
/* The files that come back to the host. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t root;

static void send_data(const char *path, unsigned int mode, size_t size)
{
	char *data = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		tell("note %s: %s\n", path, strerror(errno));
		return;
	}
	if (size)
		data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED) {
		tell("note %s: %s\n", path, strerror(errno));
		return;
	}
	tell("file %o %zu %s\n", mode & 0777, size, path + root);
	tell_data(data, size);
}

static int file_send(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	if (strchr(path, '\n'))
		tell("note a file with a line feed in its name stays behind\n");
	else
		send_data(path, st->st_mode, (size_t)st->st_size);
	return 0;
}

void files_send(const char *folder)
{
	root = strlen(folder) + 1;
	nftw(folder, file_send, 16, FTW_PHYS);
}
