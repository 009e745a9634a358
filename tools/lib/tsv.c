// SPDX-License-Identifier: GPL-2.0-only
#include "tsv.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* The columns of a line, in place; how many. */
static size_t columns(char *line, char **v, size_t max)
{
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n < max && line) {
		v[n++] = line;
		line = strchr(line, '\t');
		if (line)
			*line++ = '\0';
	}
	return line ? max + 1 : n;
}

void tsv_read(const char *path, size_t want, void (*take)(void *, char **, const char *, int),
	      void *to)
{
	CLEAN(close_file) FILE *f = fopen(path, "re");
	CLEAN(free_text) char *line = NULL;
	char *v[TSV_COLUMNS_MAX];
	size_t room = 0;

	if (!f || getline(&line, &room, f) < 0)
		err(EXIT_UNUSABLE, "%s", path);
	for (int at = 2; getline(&line, &room, f) > 0; at++) {
		if (columns(line, v, want) != want)
			errx(EXIT_UNUSABLE, "%s:%d: %zu columns are expected", path, at, want);
		take(to, v, path, at);
	}
}
