/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of the suites, found beside the tools, and the tests each says it has. */
#ifndef BULKHEAD_PROGRAMS_H
#define BULKHEAD_PROGRAMS_H

#include "result.h"

struct programs {
	struct program *v;
	size_t n;
};

/*
 * FOLDER is that of the tools; LIMIT in seconds for one --list.  A program that
 * cannot be listed has a problem that says why.  None at all ends the caller.
 */
struct programs programs_find(const char *folder, double limit);
void programs_free(struct programs *all);

#endif
