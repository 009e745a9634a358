// SPDX-License-Identifier: GPL-2.0-only
/* What is on the page of a measurement. */
#include <stdlib.h>
#include <string.h>

#include "experiments/lab.h"
#include "machine.h"
#include "measure.h"
#include "page.h"

static void tell_machine(const void *unused, FILE *to)
{
	(void)unused;
	machine_tell(to);
}

static void tell_table(const void *what, FILE *to)
{
	table_print(what, to);
}

struct told_families {
	const struct family *v;
	size_t n;
};

static void tell_families(const void *what, FILE *to)
{
	const struct told_families *f = what;

	families_tell(f->v, f->n, to);
}

static void tell_lab(const void *what, FILE *to)
{
	lab_tell(what, to);
}

/* Up to the first dot: clone, unshare, cgroup. */
static size_t kind_length(const char *name)
{
	return strcspn(name, ".");
}

static bool same_kind(const char *a, const char *b)
{
	size_t n = kind_length(a);

	return n == kind_length(b) && !strncmp(a, b, n);
}

static void boxes_of(struct page *p, const struct measurement *m, const char *first)
{
	CLEAN(free_text) char *title = text("%.*s", (int)kind_length(first), first);
	struct box *v = NULL;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].samples.n && same_kind(m->v[i].name, first)) {
			v = grow(v, n, sizeof(*v));
			v[n++] = (struct box) { m->v[i].name, &m->v[i].samples };
		}
	page_boxes(p, title, v, n);
	free(v);
}

static bool is_first(const struct measurement *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (m->v[i].samples.n && same_kind(m->v[i].name, m->v[at].name))
			return false;
	return m->v[at].samples.n > 0;
}

static void slopes(struct page *p, const struct measurement *m)
{
	struct told_families f;
	struct family *v = families_find(m, &f.n);

	f.v = v;
	if (f.n)
		page_heading(p, "What sizes and pauses do");
	for (size_t i = 0; i < f.n; i++)
		page_family(p, &v[i]);
	if (f.n)
		page_text(p, tell_families, &f);
	families_free(v, f.n);
}

int page_write(const struct measurement *m, const struct launcher *l, const char *path)
{
	struct page p;

	page_begin(&p, "bulkhead bench");
	page_text(&p, tell_machine, NULL);
	if (m->n)
		page_heading(&p, "Operations");
	for (size_t i = 0; i < m->n; i++)
		if (is_first(m, i))
			boxes_of(&p, m, m->v[i].name);
	slopes(&p, m);
	if (l && l->total.n) {
		page_heading(&p, "The steps of a container's start");
		page_steps(&p, l);
	}
	if (m->n_labs)
		page_heading(&p, "Experiments of the literature");
	for (size_t i = 0; i < m->n_labs; i++)
		page_text(&p, tell_lab, &m->labs[i]);
	if (m->n) {
		page_heading(&p, "All figures");
		page_text(&p, tell_table, m);
	}
	return page_end(&p, path);
}
