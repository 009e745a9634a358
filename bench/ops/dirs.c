// SPDX-License-Identifier: GPL-2.0-only
#include "dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "text.h"

#define END_LIMIT 20 /* seconds */

int dirs_begin(struct fixture *x)
{
	if (!x->place->cgroup) {
		errno = ENOENT;
		return op_fail(x, "no cgroup of our own (%s)", x->place->why ?: "none");
	}
	snprintf(x->dir, sizeof(x->dir), "%s/%s.%d", x->place->cgroup, x->op->name, getpid());
	return mkdir(x->dir, 0755) ? op_fail(x, "mkdir %s", x->dir) : 0;
}

/* Whichever of them is the innermost. */
void dirs_end(struct fixture *x)
{
	CLEAN(free_text)
	char *top = text("%s/%s.%d", x->place->cgroup ?: "", x->op->name, getpid());

	if (x->place->cgroup)
		cgroup_end(top, END_LIMIT);
}

int dirs_make(struct fixture *x, const char *name)
{
	CLEAN(free_text) char *path = text("%s/%s", x->dir, name);

	return mkdir(path, 0755) ? op_fail(x, "mkdir %s", path) : 0;
}

int dirs_open(struct fixture *x, const char *name, const char *file, int flags)
{
	CLEAN(free_text) char *path = text("%s/%s/%s", x->dir, name, file);

	return fixture_keep(x, open(path, flags | O_CLOEXEC)) < 0 ? op_fail(x, "%s", path) : 0;
}

int dirs_deepen(struct fixture *x, long depth)
{
	for (long i = 0; i < depth; i++) {
		size_t n = strlen(x->dir);

		if (n + 3 > sizeof(x->dir)) {
			errno = ENAMETOOLONG;
			return op_fail(x, "cgroup %ld deep", i);
		}
		strcpy(x->dir + n, "/d");
		if (mkdir(x->dir, 0755))
			return op_fail(x, "mkdir of cgroup %ld deep", i);
	}
	return 0;
}
