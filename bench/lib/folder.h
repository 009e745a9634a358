/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders that are walked and taken away. */
#ifndef BENCH_FOLDER_H
#define BENCH_FOLDER_H

#include <stdbool.h>

/* As rm -r does, never into another file system. */
bool folder_end(const char *path);
/* FN for each folder in DIR. */
void folder_each(const char *dir, void (*fn)(const char *path));
/* SIGKILL for each process that DIR's FILE lists. */
void folder_kill_listed(const char *dir, const char *file);

#endif
