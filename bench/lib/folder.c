// SPDX-License-Identifier: GPL-2.0-only
#include "folder.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define WALK_FDS 16

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	remove(path);
	return 0;
}

bool folder_end(const char *path)
{
	nftw(path, take_away, WALK_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return access(path, F_OK) != 0;
}

/* Names first: what FN removes would disturb the reading. */
void folder_each(const char *dir, void (*fn)(const char *path))
{
	struct words names = {};
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.') {
			/* words_add one by one would be quadratic in 10,000 cgroups. */
			if (!(names.n & (names.n + 1)))
				names.v = (char **)(void *)text_room(
					(char *)names.v, (names.n + 1) * 2 * sizeof(*names.v));
			names.v[names.n++] = text("%s/%s", dir, e->d_name);
		}
	if (d)
		closedir(d);
	for (size_t i = 0; i < names.n; i++)
		fn(names.v[i]);
	words_free(&names);
}

void folder_kill_listed(const char *dir, const char *file)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, file);
	CLEAN(free_text) char *pids = file_text(path);

	for (char *save, *pid = strtok_r(pids ?: "", "\n", &save); pid;
	     pid = strtok_r(NULL, "\n", &save))
		if (atoi(pid) > 1)
			kill(atoi(pid), SIGKILL);
}
