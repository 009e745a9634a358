// SPDX-License-Identifier: GPL-2.0-only
/* Which rows are run on which tests: where they apply, in the areas that should care. */
#include "plan.h"

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

/* "TEST<TAB>WHY" lines. */
static void read_untraceable(struct plan *p)
{
	CLEAN(free_text) char *file = text("%s/untraceable.tsv", p->folder);
	CLEAN(free_text) char *all = file_text(file);
	struct words lines = words_split(all ?: "", "\n");

	if (!all)
		err(EXIT_UNUSABLE, "%s", file);
	for (size_t i = 0; i < lines.n; i++) {
		char *tab = strchr(lines.v[i], '\t');
		struct test *t;

		if (*lines.v[i] == '#')
			continue;
		if (!tab)
			errx(EXIT_UNUSABLE, "%s: a test, a tab and a reason are expected: %s", file,
			     lines.v[i]);
		*tab = '\0';
		t = test_find(p, lines.v[i]);
		if (!t)
			errx(EXIT_UNUSABLE, "%s: no test %s", file, lines.v[i]);
		t->untraceable = text("%s", tab + 1);
	}
	words_free(&lines);
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
	read_untraceable(p);
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
