/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead contract: its parts. */
#ifndef BULKHEAD_COVER_H
#define BULKHEAD_COVER_H

#include "contract.h"
#include "programs.h"

struct area {
	char *name;
	size_t promises, tested, excused;
};

struct cover {
	struct contract contract;
	struct programs programs;
	const char **fixtures; /* by row: the fixture of its tests, NULL: no test */
	struct area *areas, total;
	size_t n_areas;
	size_t wrong; /* what --check found */
};

/* A complaint: a line on standard error, and --check fails. */
void wrong(struct cover *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* files.c: the interface files of cgroups and what opens them, from two tables of LISTS. */
void files_print(struct cover *c, const char *lists);
void files_check(struct cover *c, const char *lists);

#endif
