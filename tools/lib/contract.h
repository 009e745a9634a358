/* SPDX-License-Identifier: GPL-2.0-only */
/* The contract: what the kernel promises, a row a promise, and what is excused. */
#ifndef BULKHEAD_CONTRACT_H
#define BULKHEAD_CONTRACT_H

#include "text.h"

struct promise {
	char *id, *since, *needs, *text;
	char *excuse; /* why nothing can test it, or NULL */
};

struct contract {
	struct promise *rows; /* in the order of the files */
	size_t n;
	size_t *by_id;
};

/* From the *.tsv of a folder; a malformed line is told, and exit 2. */
struct contract contract_read(const char *folder);
void contract_free(struct contract *c);
struct promise *contract_find(const struct contract *c, const char *id);
/* "core-limits.depth-eagain" of the test core_limits.depth_eagain or
 * core_limits.VARIANT.depth_eagain. */
char *promise_id(const char *test);
/* "core-limits" of "core-limits.depth-eagain". */
char *promise_area(const char *id);

#endif
