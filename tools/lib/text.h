/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts, lists of words and whole files: what the tools share. */
#ifndef BULKHEAD_TEXT_H
#define BULKHEAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* The command line or the machine is unusable. */
#define EXIT_UNUSABLE 2

#define CLEAN(fn)     __attribute__((cleanup(fn)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A list of words that owns them; v ends with NULL once there is one. */
struct words {
	char **v;
	size_t n;
};

void free_text(char **p);
void close_file(FILE **f);
void close_fd(int *fd);

/* No memory ends the program. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
void words_add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool words_have(const struct words *w, const char *word);
void words_free(struct words *w);
/* What split at any of the separators gives, empty pieces left out. */
struct words words_split(const char *s, const char *separators);
char *words_join(const struct words *w, const char *between);
char *text_room(char *s, size_t size); /* realloc */
/* Room for one more of SIZE bytes, zeroed. */
void *grow(void *array, size_t n, size_t size);

/* UTF-8 without control characters, whatever came in: fit for any report. */
void text_clean(char *s);
/* As text of XML or HTML, within an attribute as well. */
void put_markup(FILE *to, const char *s);

/* All of a file, also one of /proc; NULL with errno. */
char *file_text(const char *path);
/* One write(2) into a file that exists: 0 or -errno. */
int file_put(const char *path, const char *value);
/* All of it under its name, or nothing: written aside first. 0 or -errno. */
int file_replace(const char *path, const char *data, size_t size);

/* The folder this program lies in: its data lies beside it. */
char *own_folder(void);
/* A whole number between two others, or one line and exit 2. */
unsigned int number(const char *arg, const char *option, unsigned long min, unsigned long max);

/* Where the v2 hierarchy is mounted, NULL: nowhere. */
char *cgroup2_mount(void);

double now(void); /* seconds, monotonic */

#endif
