// SPDX-License-Identifier: GPL-2.0-only
/* Words, texts, files and folders: what the other parts of the VM share. */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 1, 0))) static char *text_of(const char *format, va_list ap)
{
	char *s;

	if (vasprintf(&s, format, ap) < 0)
		err(EXIT_NO_GUEST, "no memory");
	return s;
}

char *text(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	char *s = text_of(format, ap);

	va_end(ap);
	return s;
}

void words_add(struct words *w, const char *format, ...)
{
	va_list ap;

	w->v = reallocarray(w->v, w->n + 2, sizeof(*w->v));
	if (!w->v)
		err(EXIT_NO_GUEST, "no memory");
	va_start(ap, format);
	w->v[w->n++] = text_of(format, ap);
	va_end(ap);
	w->v[w->n] = NULL;
}

bool words_have(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->v[i], word))
			return true;
	return false;
}

void free_text(char **p)
{
	free(*p);
}

void free_buffer(struct buffer *b)
{
	free(b->data);
}

void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* The folder this program lies in: its data lies beside it. */
char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		err(EXIT_NO_GUEST, "/proc/self/exe");
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return text("%s", path);
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

/* All of it under its name, or nothing: written aside first. */
int file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	CLEAN(free_text) char *aside = text("%s.%d~", path, getpid());
	CLEAN(close_fd) int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	int error;

	if (fd < 0)
		return -errno;
	if (write(fd, data, size) == (ssize_t)size && !rename(aside, path))
		return 0;
	error = errno ?: ENOSPC;
	unlink(aside);
	return -error;
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
