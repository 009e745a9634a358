// SPDX-License-Identifier: GPL-2.0-only
/* The files and folders that the parts of the VM read and make. */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void free_buffer(struct buffer *b)
{
	free(b->data);
}

char *cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache)
		return text("%s/bulkhead", cache);
	return text("%s/.cache/bulkhead", home && *home ? home : "/root");
}

struct buffer file_read(const char *path)
{
	struct buffer b = {};
	CLEAN(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		err(EXIT_NO_GUEST, "%s", path);
	b.data = malloc((size_t)st.st_size + 1);
	if (!b.data)
		err(EXIT_NO_GUEST, "%s", path);
	while (b.size < (size_t)st.st_size) {
		ssize_t n = read(fd, b.data + b.size, (size_t)st.st_size - b.size);

		if (n < 0)
			err(EXIT_NO_GUEST, "%s", path);
		if (!n)
			break;
		b.size += (size_t)n;
	}
	b.data[b.size] = '\0';
	return b;
}

/* As mkdir -p does. */
int folder_make(const char *path)
{
	CLEAN(free_text) char *part = text("%s", path);

	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return *part && mkdir(part, 0777) && errno != EEXIST ? -errno : 0;
}
