/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables: a header line, then rows of as many columns, a tab between two. */
#ifndef BULKHEAD_TSV_H
#define BULKHEAD_TSV_H

#include <stddef.h>

#define TSV_COLUMNS_MAX 8

/*
 * TAKE gets the columns of each row, and where it is.  A file that cannot be read and
 * a row of other than WANT columns are told, and exit 2.
 */
void tsv_read(const char *path, size_t want,
	      void (*take)(void *to, char **columns, const char *path, int line), void *to);

#endif
