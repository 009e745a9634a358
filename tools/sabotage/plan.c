// SPDX-License-Identifier: GPL-2.0-only
/* Which rows are run on which tests: where they apply, in the areas that should care. */
#include "plan.h"
#include "tsv.h"

#include <err.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static void add_program(struct plan *p, const struct program *program)
{
	for (size_t i = 0; i < program->n; i++) {
		struct test *t;

		p->tests = grow(p->tests, p->n_tests, sizeof(*p->tests));
		t = &p->tests[p->n_tests++];
		t->name = text("%s", program->results[i].name);
		t->promise = text("%s", program->results[i].promise);
		t->area = promise_area(program->results[i].promise);
		t->alone = program->alone;
	}
}

static void take_untraceable(void *to, char **v, const char *file, int line)
{
	struct test *t = test_find(to, v[0]);

	if (!t)
		errx(EXIT_UNUSABLE, "%s:%d: no test %s", file, line, v[0]);
	t->untraceable = text("%s", v[1]);
}

static void take_excuse(void *to, char **v, const char *file, int line)
{
	struct plan *p = to;

	for (size_t r = 0; r < p->table.n; r++)
		if (!strcmp(p->table.rows[r].id, v[0])) {
			p->table.rows[r].excuse = text("%s", v[1]);
			return;
		}
	errx(EXIT_UNUSABLE, "%s:%d: no sabotage %s", file, line, v[0]);
}

static void read_reasons(struct plan *p)
{
	CLEAN(free_text) char *tests = text("%s/untraceable.tsv", p->folder);
	CLEAN(free_text) char *rows = text("%s/excused.tsv", p->folder);

	tsv_read(tests, 2, take_untraceable, p);
	tsv_read(rows, 2, take_excuse, p);
}

void plan_tests(struct plan *p)
{
	struct programs all = programs_find(p->folder, 60);

	for (size_t i = 0; i < all.n; i++)
		add_program(p, &all.v[i]);
	programs_free(&all);
	p->bites = calloc(p->n_tests * p->table.n, sizeof(*p->bites));
	p->cells = calloc(p->n_tests * p->table.n, sizeof(*p->cells));
	if (!p->bites || !p->cells)
		err(EXIT_UNUSABLE, "no memory");
	read_reasons(p);
}

struct test *test_find(struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_tests; i++)
		if (!strcmp(p->tests[i].name, name))
			return &p->tests[i];
	return NULL;
}

static void take_bite(struct plan *p, const char *id, const char *name)
{
	struct test *test = test_find(p, name);

	for (size_t r = 0; test && r < p->table.n; r++)
		if (!strcmp(p->table.rows[r].id, id))
			p->bites[cell_of(p, r, (size_t)(test - p->tests))] = true;
}

void plan_bites(struct plan *p, const char *file)
{
	CLEAN(free_text) char *all = file_text(file);
	struct words lines = words_split(all ?: "", "\n");

	for (size_t i = 0; i < lines.n; i++) {
		char *tab = strchr(lines.v[i], '\t');

		if (!tab)
			continue;
		*tab = '\0';
		take_bite(p, lines.v[i], tab + 1);
	}
	words_free(&lines);
}

/* "core" is core-tree, too; "ns.listns-*" are promises. */
bool row_cares(const struct row *row, const struct test *t)
{
	struct words areas = words_split(row->areas, ",");
	bool cares = false;

	for (size_t i = 0; i < areas.n; i++) {
		size_t n = strlen(areas.v[i]);

		cares |= !fnmatch(areas.v[i], t->area, 0) || !fnmatch(areas.v[i], t->promise, 0) ||
			 (!strncmp(areas.v[i], t->area, n) && t->area[n] == '-');
	}
	words_free(&areas);
	return cares;
}

bool plan_has(const struct plan *p, size_t row, size_t test)
{
	const struct test *t = &p->tests[test];

	return p->wanted[row] && t->held && p->bites[cell_of(p, row, test)] &&
	       (p->o.all_areas || row_cares(&p->table.rows[row], t));
}
