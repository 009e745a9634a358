// SPDX-License-Identifier: GPL-2.0-only
/* Reading the contract. */
#include "contract.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tsv.h"

static const char *const lists[] = { "namespaces.tsv", "cgroups.tsv" };

static bool is_id(const char *s)
{
	const char *dot = strchr(s, '.');

	return dot && dot > s && dot[1] && !strchr(dot + 1, '.') &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.")];
}

static void take_row(struct contract *c, char **v)
{
	struct promise *p;

	c->rows = grow(c->rows, c->n, sizeof(*c->rows));
	p = &c->rows[c->n++];
	p->id = text("%s", v[0]);
	p->since = text("%s", v[1]);
	p->needs = text("%s", v[2]);
	p->text = text("%s", v[4]);
}

static void expect_id(const char *s, const char *path, int at)
{
	if (!is_id(s))
		errx(EXIT_UNUSABLE, "%s:%d: an id like area.promise is expected, not '%s'", path,
		     at, s);
}

static void take_promise(void *to, char **v, const char *path, int at)
{
	expect_id(v[0], path, at);
	take_row(to, v);
}

static void take_excuse(void *to, char **v, const char *path, int at)
{
	struct promise *p;

	expect_id(v[0], path, at);
	p = contract_find(to, v[0]);
	if (!p)
		errx(EXIT_UNUSABLE, "%s:%d: %s is on no row of the contract", path, at, v[0]);
	if (p->excuse)
		errx(EXIT_UNUSABLE, "%s:%d: %s is excused twice", path, at, v[0]);
	if (!*v[1])
		errx(EXIT_UNUSABLE, "%s:%d: a reason is expected", path, at);
	p->excuse = text("%s", v[1]);
}

static int by_id(const void *a, const void *b, void *c)
{
	const struct promise *rows = ((struct contract *)c)->rows;

	return strcmp(rows[*(const size_t *)a].id, rows[*(const size_t *)b].id);
}

static void sort(struct contract *c, const char *folder)
{
	c->by_id = calloc(c->n ?: 1, sizeof(*c->by_id));
	if (!c->by_id)
		err(EXIT_UNUSABLE, "no memory");
	for (size_t i = 0; i < c->n; i++)
		c->by_id[i] = i;
	qsort_r(c->by_id, c->n, sizeof(*c->by_id), by_id, c);
	for (size_t i = 1; i < c->n; i++)
		if (!strcmp(c->rows[c->by_id[i - 1]].id, c->rows[c->by_id[i]].id))
			errx(EXIT_UNUSABLE, "%s: %s is on two rows", folder,
			     c->rows[c->by_id[i]].id);
}

struct contract contract_read(const char *folder)
{
	struct contract c = {};
	CLEAN(free_text) char *excused = text("%s/excused.tsv", folder);

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		CLEAN(free_text) char *path = text("%s/%s", folder, lists[i]);

		tsv_read(path, 5, take_promise, &c);
	}
	sort(&c, folder);
	tsv_read(excused, 2, take_excuse, &c);
	return c;
}

void contract_free(struct contract *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->rows[i].id);
		free(c->rows[i].since);
		free(c->rows[i].needs);
		free(c->rows[i].text);
		free(c->rows[i].excuse);
	}
	free(c->rows);
	free(c->by_id);
	*c = (struct contract) {};
}

struct promise *contract_find(const struct contract *c, const char *id)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct promise *p = &c->rows[c->by_id[middle]];
		int order = strcmp(id, p->id);

		if (!order)
			return p;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

char *promise_id(const char *test)
{
	const char *last = strrchr(test, '.');
	char *id = text("%.*s%s", (int)strcspn(test, "."), test, last ?: "");

	for (char *c = id; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return id;
}

char *promise_area(const char *id)
{
	return text("%.*s", (int)strcspn(id, "."), id);
}
