// SPDX-License-Identifier: GPL-2.0-only
/*
 * --files: which interface files of cgroups each test opened.  The programs append
 * to a file in the run's folder; its descriptor outlives the folder.
 */
#include "run.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void files_begin(struct run *run)
{
	CLEAN(free_text) char *path = text("%s/files", run->place.temp);

	unsetenv("BULKHEAD_FILE_LOG");
	if (!run->o.files)
		return;
	run->files_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (run->files_fd < 0)
		err(EXIT_UNUSABLE, "%s", path);
	setenv("BULKHEAD_FILE_LOG", path, 1);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void write_files(const struct run *run, FILE *to)
{
	FILE *from = fdopen(dup(run->files_fd), "r");
	CLEAN(words_free) struct words lines = {};
	CLEAN(free_text) char *line = NULL;
	size_t size = 0;

	if (!from)
		err(EXIT_UNUSABLE, "what the tests told of files");
	rewind(from);
	while (getline(&line, &size, from) > 0)
		words_add(&lines, "%s", line);
	fclose(from);
	qsort(lines.v, lines.n, sizeof(*lines.v), by_text);
	for (size_t i = 0; i < lines.n; i++)
		if (!i || strcmp(lines.v[i], lines.v[i - 1]))
			fputs(lines.v[i], to);
}
