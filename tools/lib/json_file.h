/* SPDX-License-Identifier: GPL-2.0-only */
/* Results in JSON, which come from anywhere. */
#ifndef BULKHEAD_JSON_FILE_H
#define BULKHEAD_JSON_FILE_H

#include <jansson.h>

/* The root of the file; what is none, or larger than results can be: one line, exit 2. */
json_t *json_file_read(const char *path);
/* Takes ROOT over; "-" is the output.  0 or -errno. */
int json_file_write(json_t *root, const char *path);

#endif
