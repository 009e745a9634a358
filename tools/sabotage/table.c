// SPDX-License-Identifier: GPL-2.0-only
/* The table of sabotages: id, areas, what is broken, how; tabs between them. */
#include "sabotage.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_id(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.")] && strchr(s, '.');
}

static _Noreturn void bad(const char *file, size_t line, const char *what)
{
	errx(EXIT_UNUSABLE, "%s:%zu: %s", file, line, what);
}

static void take_row(struct sabotages *s, const char *file, size_t line, char *at)
{
	struct words w = words_split(at, "\t");
	struct row *row;
	const char *error;

	if (w.n != 4)
		bad(file, line,
		    "id, areas, what is broken and how are expected, tabs between them");
	if (!is_id(w.v[0]))
		bad(file, line, "an id like \"uts.create-ignored\" is expected");
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->rows[i].id, w.v[0]))
			bad(file, line, "the id is there already");
	s->rows = grow(s->rows, s->n, sizeof(*s->rows));
	row = &s->rows[s->n];
	row->id = text("%s", w.v[0]);
	row->areas = text("%s", w.v[1]);
	row->broken = text("%s", w.v[2]);
	row->how = text("%s", w.v[3]);
	error = steps_parse(s, s->n, row->how);
	if (error)
		bad(file, line, error);
	s->n++;
	words_free(&w);
}

struct sabotages sabotages_read(const char *file)
{
	CLEAN(free_text) char *all = file_text(file);
	struct sabotages s = {};
	size_t line = 0;

	if (!all)
		err(EXIT_UNUSABLE, "%s", file);
	for (char *at = all, *end; at && *at; at = end) {
		end = strchr(at, '\n');
		if (end)
			*end++ = '\0';
		line++;
		if (*at && *at != '#')
			take_row(&s, file, line, at);
	}
	if (!s.n)
		errx(EXIT_UNUSABLE, "%s: no sabotages", file);
	return s;
}

void sabotages_free(struct sabotages *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->rows[i].id);
		free(s->rows[i].areas);
		free(s->rows[i].broken);
		free(s->rows[i].how);
		free(s->rows[i].excuse);
	}
	for (size_t i = 0; i < s->n_steps; i++)
		step_free(&s->steps[i]);
	free(s->rows);
	free(s->steps);
}
