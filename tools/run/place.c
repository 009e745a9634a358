// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a run lives: the cgroup bulkhead.PID below our own one, in it one for
 * each program, and a folder for temporary files.  Nothing outside of these
 * changes, but for the root's subtree_control on a disposable machine.
 */
#include "run.h"

#include <err.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the names in what must be one name. */
static char *flat_name(const char *name)
{
	char *flat = text("%s", name);

	for (char *c = flat; *c; c++)
		*c = *c == '/' ? '-' : *c;
	return flat;
}

/* All controllers for all: only where the machine is there to be changed. */
static void enable_in_root(struct place *place)
{
	CLEAN(free_text) char *file = text("%s/cgroup.subtree_control", place->mount);
	CLEAN(free_text) char *list = text("%s/cgroup.controllers", place->mount);
	CLEAN(free_text) char *controllers = file_text(list);

	place->root_control = file_text(file);
	if (controllers && place->root_control)
		cgroup_enable(place->mount, controllers);
}

static void make_base(struct run *run)
{
	struct place *place = &run->place;
	CLEAN(free_text) char *own = own_cgroup();

	place->mount = cgroup2_mount();
	if (!place->mount) {
		place->why = text("no cgroup2 is mounted");
		return;
	}
	if (run->o.disposable)
		enable_in_root(place);
	place->base = text("%s%s/%s", place->mount, run->o.disposable ? "" : own, place->tag);
	if (mkdir(place->base, 0755)) {
		place->why = text("mkdir %s: %s", place->base, strerror(errno));
		free(place->base);
		place->base = NULL;
		return;
	}
	CLEAN(free_text) char *list = text("%s/cgroup.controllers", place->base);

	place->controllers = file_text(list);
	cgroup_enable(place->base, place->controllers ?: "");
}

/* The names, which are written down before anything bears them. */
void place_name(struct run *run)
{
	struct place *place = &run->place;
	unsigned int salt;
	const char *temp = getenv("TMPDIR");

	place->tag = text("bulkhead.%d", getpid());
	if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
		err(EXIT_UNUSABLE, "getrandom");
	place->temp = text("%s/%s.%08x", temp && *temp == '/' ? temp : "/tmp", place->tag, salt);
}

void place_begin(struct run *run)
{
	struct place *place = &run->place;

	make_base(run);
	if (mkdir(place->temp, 0755) || chmod(place->temp, 0755))
		err(EXIT_UNUSABLE, "%s", place->temp);
}

static bool restore_root(const struct place *place)
{
	CLEAN(free_text) char *file = text("%s/cgroup.subtree_control", place->mount);
	int error = place->root_control ? controllers_restore(file, place->root_control) : 0;

	if (error)
		warnx("%s: %s", file, strerror(-error));
	return !error;
}

bool place_end(struct run *run)
{
	const struct place *place = &run->place;
	bool all = true;

	if (place->base && !cgroup_remove(place->base, 10 * run->scale)) {
		warnx("%s: cannot be removed", place->base);
		all = false;
	}
	all &= restore_root(place);
	if (!folder_remove(place->temp)) {
		warnx("%s: cannot be removed", place->temp);
		all = false;
	}
	return all;
}

void place_free(struct place *place)
{
	free(place->tag);
	free(place->mount);
	free(place->base);
	free(place->why);
	free(place->controllers);
	free(place->temp);
	free(place->root_control);
}

/*
 * A program is run a second time where its first folder is still there: a mount that it
 * left is undone later than it ends, a cgroup with a task that cannot die never is.
 */
static char *folder_for(const char *parent, const struct program *p)
{
	CLEAN(free_text) char *flat = flat_name(p->name);
	char *dir = text("%s/%s", parent, flat);

	for (unsigned int turn = 2; mkdir(dir, 0755); turn++) {
		if (errno != EEXIST)
			err(EXIT_UNUSABLE, "mkdir %s", dir);
		free(dir);
		dir = text("%s/%s.%u", parent, flat, turn);
	}
	return dir;
}

char *place_cgroup(const struct run *run, const struct program *p)
{
	char *dir;

	if (!run->place.base)
		return NULL;
	dir = folder_for(run->place.base, p);
	CLEAN(free_text) char *self = text("%s/self", dir);

	cgroup_enable(dir, run->place.controllers ?: "");
	if (mkdir(self, 0755))
		err(EXIT_UNUSABLE, "mkdir %s", self);
	return dir;
}

char *place_temp(const struct run *run, const struct program *p)
{
	return folder_for(run->place.temp, p);
}

/* As rm -r does, but never into another file system. */
bool folder_remove(const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_DP)
			rmdir(e->fts_accpath);
		else if (e->fts_info != FTS_D)
			unlink(e->fts_accpath);
	if (fts)
		fts_close(fts);
	return access(path, F_OK) != 0;
}
