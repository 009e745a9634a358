// SPDX-License-Identifier: GPL-2.0-only
/* Lists of facts, and what is different between two of them. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

void fact_add(struct facts *f, const char *key, const char *value)
{
	/* Room is doubled: there are more than a thousand sysctls. */
	if (!(f->n & (f->n - 1)))
		f->v = grow(f->v, f->n ? f->n * 2 - 1 : 0, sizeof(*f->v));
	f->v[f->n++] = (struct fact) { text("%s", key), text("%s", value) };
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct fact *)a)->key, ((const struct fact *)b)->key);
}

void facts_sort(struct facts *f)
{
	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), by_key);
}

struct fact *fact_find(const struct facts *f, const char *key)
{
	struct fact wanted = { .key = (char *)key };

	return f->n ? bsearch(&wanted, f->v, f->n, sizeof(*f->v), by_key) : NULL;
}

void facts_free(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].key);
		free(f->v[i].value);
	}
	free(f->v);
	*f = (struct facts) {};
}

void machine_free(struct machine *m)
{
	for (size_t i = 0; i < KINDS; i++)
		facts_free(&m->facts[i]);
}

static void change_add(struct changes *c, enum kind kind, enum change_what what,
		       const struct fact *before, const struct fact *after)
{
	c->v = grow(c->v, c->n, sizeof(*c->v));
	c->v[c->n++] = (struct change) {
		.kind = kind,
		.what = what,
		.key = text("%s", before ? before->key : after->key),
		.before = text("%s", before ? before->value : ""),
		.after = text("%s", after ? after->value : ""),
	};
}

/* Both lists are sorted: side by side. */
static void compare_kind(struct changes *c, enum kind kind, const struct facts *before,
			 const struct facts *after)
{
	size_t b = 0, a = 0;

	while (b < before->n || a < after->n) {
		int order = b == before->n  ? 1
			    : a == after->n ? -1
					    : strcmp(before->v[b].key, after->v[a].key);

		if (order > 0) {
			change_add(c, kind, ADDED, NULL, &after->v[a++]);
		} else if (order < 0) {
			change_add(c, kind, REMOVED, &before->v[b++], NULL);
		} else {
			if (strcmp(before->v[b].value, after->v[a].value))
				change_add(c, kind, CHANGED, &before->v[b], &after->v[a]);
			b++, a++;
		}
	}
}

struct changes machine_compare(const struct machine *before, const struct machine *after)
{
	struct changes c = {};

	for (enum kind k = 0; k < KINDS; k++)
		compare_kind(&c, k, &before->facts[k], &after->facts[k]);
	return c;
}

void changes_free(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].key);
		free(c->v[i].before);
		free(c->v[i].after);
	}
	free(c->v);
	*c = (struct changes) {};
}
