// SPDX-License-Identifier: GPL-2.0-only
/* Small files of /proc, /sys and cgroups, whole. */
#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FORMAT(path, fmt)                                \
	do {                                             \
		va_list ap_;                             \
		va_start(ap_, fmt);                      \
		vsnprintf(path, sizeof(path), fmt, ap_); \
		va_end(ap_);                             \
	} while (0)

static int log_fd = -1;
static bool telling;

/* An interface file of a cgroup, and how it was opened: a line of the log. */
static void tell(int fd, const char *path, int flags)
{
	static const char *const modes[] = { "r", "w", "rw" };
	struct statfs fs;
	struct stat st;
	bool v2;

	if (fstatfs(fd, &fs) || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
	if (v2 || fs.f_type == CGROUP_SUPER_MAGIC)
		dprintf(log_fd, "%s\t%s\t%s\t%s\n", verdict->name, v2 ? "v2" : "v1", basename(path),
			modes[flags & O_ACCMODE]);
}

/* Before the first fork, and the first test that may do less than we. */
void file_prepare(void)
{
	const char *to = getenv("BULKHEAD_FILE_LOG");
	int fd = to ? open(to, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 500);
	close(fd);
}

void file_tell(bool on)
{
	telling = on;
}

int file_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC), saved = errno;

	if (fd >= 0 && telling && log_fd >= 0)
		tell(fd, path, flags);
	errno = saved;
	return fd;
}

ssize_t file_try_read(const char *path, char *text, size_t size)
{
	int fd = file_open(path, O_RDONLY), saved;
	size_t n = 0;
	ssize_t got = -1;

	if (fd < 0)
		return -1;
	while (n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0)
		n += got;
	saved = errno;
	close(fd);
	errno = saved;
	text[n] = '\0';
	return got < 0 ? -1 : (ssize_t)n;
}

/* Grows until the file fits: some of them have megabytes. */
static char *read_whole(const char *path)
{
	for (size_t size = 8192;; size *= 4) {
		char *text = malloc(size);
		ssize_t n = file_try_read(path, text, size);

		if (n >= 0 && (size_t)n < size - 1)
			return text;
		free(text);
		if (n < 0)
			return NULL;
	}
}

char *file_read_at(struct here h, const char *fmt, ...)
{
	char path[PATH_MAX], *text;

	FORMAT(path, fmt);
	text = read_whole(path);
	if (!text)
		check_setup_failed(h, "read %s: %s", path, errno_name(errno));
	size_t n = strlen(text);
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return text;
}

int file_try_write_n(const char *path, const void *data, size_t n)
{
	int fd = file_open(path, O_WRONLY), saved;

	if (fd < 0)
		return -1;
	ssize_t done = write(fd, data, n);
	saved = errno;
	close(fd);
	errno = done >= 0 ? EIO : saved;
	return done == (ssize_t)n ? 0 : -1;
}

int file_try_write(const char *path, const char *text)
{
	return file_try_write_n(path, text, strlen(text));
}

void file_write_at(struct here h, const char *path, const char *fmt, ...)
{
	char text[8192];

	FORMAT(text, fmt);
	if (file_try_write(path, text))
		check_setup_failed(h, "write \"%s\" to %s: %s", text, path, errno_name(errno));
}

int64_t file_number_at(struct here h, const char *fmt, ...)
{
	char path[PATH_MAX], text[64], *end;

	FORMAT(path, fmt);
	if (file_try_read(path, text, sizeof(text)) < 0)
		check_setup_failed(h, "read %s: %s", path, errno_name(errno));
	int64_t number = strtoll(text, &end, 10);
	if (end == text || (*end && *end != '\n'))
		check_setup_failed(h, "%s: wanted a number, read \"%s\"", path, text);
	return number;
}

int64_t file_number_of_at(struct here h, int fd)
{
	char text[64] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		check_setup_failed(h, "pread: %s", errno_name(errno));
	return strtoll(text, NULL, 10);
}

char *text_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
		if (strncmp(line, key, n) || !strchr(" \t:=", line[n]) || !line[n])
			continue;
		line += n + strspn(line + n, " \t:=");
		return strndup(line, strcspn(line, "\n"));
	}
	return NULL;
}

bool text_has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (; text; text = (text = strchr(text, '\n')) ? text + 1 : NULL)
		if (!strncmp(text, line, n) && (!text[n] || text[n] == '\n'))
			return true;
	return false;
}

bool text_has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (;;) {
		text += strspn(text, " \t\n");
		size_t m = strcspn(text, " \t\n");

		if (!m)
			return false;
		if (m == n && !strncmp(text, word, n))
			return true;
		text += m;
	}
}

int text_lines(const char *text)
{
	int lines = 0;

	for (; *text; text++)
		lines += *text == '\n' || !text[1];
	return lines;
}

char *text_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	return text;
}

char *proc_status_at(struct here h, pid_t pid, const char *key)
{
	char *text = pid ? file_read_at(h, "/proc/%d/status", pid)
			 : file_read_at(h, "/proc/thread-self/status");
	char *value = text_value(text, key);

	free(text);
	if (!value)
		check_setup_failed(h, "/proc/%d/status has no %s", pid, key);
	return value;
}

char proc_state(pid_t pid)
{
	char path[64], text[1024], *paren;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_try_read(path, text, sizeof(text)) < 0 || !(paren = strrchr(text, ')')))
		return 0;
	return paren[2];
}

int file_try_open(const char *path, int flags)
{
	int fd = file_open(path, flags);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}
