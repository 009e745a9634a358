// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the kernel complained?  A warning or an oops leaves its bit in
 * kernel.tainted (admin-guide/tainted-kernels.rst).  Nobody can put that back, and
 * it is the kernel's doing and not a test's: so it is told, and is no leak.
 */
#include "run.h"

#include <stdlib.h>

static const struct {
	int bit;
	const char *what;
} complaints[] = {
	{ 5, "bad page (B)" },
	{ 7, "oops (D)" },
	{ 9, "warning (W)" },
	{ 14, "lockup (L)" },
};

unsigned long taint_read(void)
{
	CLEAN(free_text) char *value = file_text("/proc/sys/kernel/tainted");

	return value ? strtoul(value, NULL, 10) : 0;
}

char *taint_text(unsigned long before, unsigned long after)
{
	CLEAN(words_free) struct words new = {};

	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++)
		if (after & ~before & 1UL << complaints[i].bit)
			words_add(&new, "%s", complaints[i].what);
	return new.n ? words_join(&new, ", ") : NULL;
}
