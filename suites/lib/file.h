// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small files of /proc, /sys and cgroups, whole.
 *
 * A plain name fails the test when the call fails, with the path and errno;
 * a _try_ name returns -1 with errno, for EXPECT_ERRNO and EXPECT_OK.
 */
#ifndef SUITE_FILE_H
#define SUITE_FILE_H

#include "check.h"

#include <stddef.h>

/* The text without its last newline; malloc'ed. path is a format. */
#define file_read(...) file_read_at(HERE, __VA_ARGS__)
char *file_read_at(struct here h, const char *path, ...) __attribute__((format(printf, 2, 3)));
/* Up to size-1 bytes, with a NUL; how many, or -1. */
ssize_t file_try_read(const char *path, char *text, size_t size);

/* One write(2) of the whole text. */
#define file_write(path, ...) file_write_at(HERE, path, __VA_ARGS__)
void file_write_at(struct here h, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* 0, or -1 with the errno of open(2) or write(2); EIO for a short write. */
int file_try_write(const char *path, const char *text);
int file_try_write_n(const char *path, const void *data, size_t n);

/*
 * open(2), close-on-exec; -1 with errno.  Of an interface file of a cgroup it is told
 * to "bulkhead run --files", in the file that BULKHEAD_FILE_LOG names.
 */
int file_open(const char *path, int flags);
void file_prepare(void);
/* What the library does before and after a test is not the test's. */
void file_tell(bool on);
/* open(2) and close(2); 0, or -1 with errno. */
int file_try_open(const char *path, int flags);

/* The number in a file that holds just one. */
#define file_number(...) file_number_at(HERE, __VA_ARGS__)
int64_t file_number_at(struct here h, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* Likewise of a descriptor, read from its beginning. */
#define file_number_of(fd) file_number_of_at(HERE, fd)
int64_t file_number_of_at(struct here h, int fd);

/* What follows "key" and white space or a colon on a line of the text; malloc'ed, NULL: none. */
char *text_value(const char *text, const char *key);
/* Is this one of the lines of the text? */
bool text_has_line(const char *text, const char *line);
/* Is this one of its words (between white space)? */
bool text_has_word(const char *text, const char *word);
/* How many lines it has. */
int text_lines(const char *text);

/* A formatted string; malloc'ed. */
char *text_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Field of /proc/PID/status ("NSpid"), malloc'ed; pid 0 is the caller. */
#define proc_status(pid, key) proc_status_at(HERE, pid, key)
char *proc_status_at(struct here h, pid_t pid, const char *key);
/* The state letter of /proc/PID/stat; 0 when there is no such process. */
char proc_state(pid_t pid);

#endif
