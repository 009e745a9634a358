// SPDX-License-Identifier: GPL-2.0-only
/* From the results of several kernels and the contract to one matrix. */
#include "matrix.h"

#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

const char *const state_names[STATES] = { "missing", "skipped", "held", "defect", "broken" };
const char counts_legend[] = "held/broken/defect/skipped/missing";

char *kernel_short_name(const char *release)
{
	static const char *const ends[] = { "+", "-cloud", "-amd64" };
	size_t n = strlen(release);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *end = strstr(release, ends[i]);

		if (end && (size_t)(end - release) < n)
			n = (size_t)(end - release);
	}
	return text("%.*s", (int)n, release);
}

static void problem_add(struct column *c, const char *program, const json_t *problem)
{
	const char *kind = json_string_value(json_object_get(problem, "kind"));
	const char *what = json_string_value(json_object_get(problem, "text"));

	words_add(&c->problems, "%s: %s: %s", program, kind ?: "?", what ?: "?");
}

/* What is wrong with a program as a whole: it leaked, crashed, printed rubbish. */
static void problems_read(struct column *c, const json_t *programs)
{
	for (size_t i = 0; i < json_array_size(programs); i++) {
		const json_t *program = json_array_get(programs, i);
		const char *name = json_string_value(json_object_get(program, "name"));
		const json_t *problems = json_object_get(program, "problems");

		for (size_t k = 0; k < json_array_size(problems); k++)
			problem_add(c, name ?: "?", json_array_get(problems, k));
	}
}

bool results_read(struct column *c, const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error), *list;
	const char *release;

	if (!root) {
		warnx("%s:%d: %s", path, error.line, error.text);
		return false;
	}
	list = json_object_get(root, "results");
	release = json_string_value(json_object_get(root, "kernel"));
	if (!json_is_array(list) || !release) {
		warnx("%s: not what \"bulkhead run --json\" writes: \"kernel\" and \"results\"",
		      path);
		json_decref(root);
		return false;
	}
	c->results = json_incref(list);
	problems_read(c, json_object_get(root, "programs"));
	if (!c->release)
		c->release = text("%s", release);
	json_decref(root);
	return true;
}

/* As "bulkhead run" takes them: areas, ids and patterns of either. */
static bool wanted(const char *id, char **words)
{
	CLEAN(free_text) char *area = text("%.*s", (int)strcspn(id, "."), id);
	bool any = !*words;

	for (; *words && !any; words++)
		any = !fnmatch(*words, area, 0) || !fnmatch(*words, id, 0);
	return any;
}

static struct promise *promise_find(struct matrix *m, const char *id)
{
	for (size_t i = 0; i < m->n_promises; i++)
		if (!strcmp(m->promises[i].id, id))
			return &m->promises[i];
	return NULL;
}

static struct promise *promise_add(struct matrix *m, const char *id)
{
	struct promise *p;

	m->promises = grow(m->promises, m->n_promises, sizeof(*m->promises));
	p = &m->promises[m->n_promises++];
	p->id = text("%s", id);
	p->area = text("%.*s", (int)strcspn(id, "."), id);
	p->cells = calloc(m->n_columns, sizeof(*p->cells));
	if (!p->cells)
		err(EXIT_NO_GUEST, "no memory");
	return p;
}

/* The first words of the lines of a list, those that are ids. */
static struct words ids_read(const char *folder, const char *list, bool must)
{
	CLEAN(free_text) char *path = text("%s/%s.tsv", folder, list);
	CLEAN(close_file) FILE *f = fopen(path, "re");
	struct words ids = {};
	char *line = NULL;
	size_t room = 0;

	if (!f && must)
		err(EXIT_NO_GUEST, "%s", path);
	while (f && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\t\n")] = '\0';
		if (strchr(line, '.'))
			words_add(&ids, "%s", line);
	}
	free(line);
	return ids;
}

/* What is excused is not missing: no program can test it, or another row's test does. */
static void read_contract(struct matrix *m, const char *folder, char **areas)
{
	static const char *const lists[] = { "namespaces", "cgroups" };
	struct words excused = ids_read(folder, "excused", false);

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct words ids = ids_read(folder, lists[i], true);

		for (size_t k = 0; k < ids.n; k++)
			if (wanted(ids.v[k], areas) && !words_have(&excused, ids.v[k]) &&
			    !promise_find(m, ids.v[k]))
				promise_add(m, ids.v[k]);
	}
}

/* What is "lost" is not held either; the reason tells them apart. */
static enum state state_of(const char *result)
{
	for (size_t i = 0; i < STATES; i++)
		if (!strcmp(result, state_names[i]))
			return (enum state)i;
	return BROKEN;
}

/* What the run gives as the reason, else the first thing that the test said. */
static char *reason_of(const char *word, enum state state, const json_t *result)
{
	const char *reason = json_string_value(json_object_get(result, "reason"));
	const json_t *notes = json_object_get(result, "notes");

	if (!reason && state == BROKEN)
		reason = json_string_value(json_array_get(notes, 0));
	if (strcmp(word, state_names[state]))
		return text("%s%s%s", word, reason ? ": " : "", reason ?: "");
	return text("%s", reason ?: "");
}

/* Several variants of one promise: the worst of them is told. */
static void cell_take(struct cell *cell, const json_t *result)
{
	const char *word = json_string_value(json_object_get(result, "result")) ?: "no result";
	enum state state = state_of(word);

	if (state < cell->state)
		return;
	if (state > cell->state || !cell->reason) {
		free(cell->reason);
		cell->reason = reason_of(word, state, result);
	}
	cell->suspicious =
		state == SKIPPED && ((cell->suspicious && cell->state == SKIPPED) ||
				     json_is_true(json_object_get(result, "suspicious")));
	cell->state = state;
}

static void fill_column(struct matrix *m, size_t column, char **areas)
{
	const json_t *results = m->columns[column].results;

	for (size_t i = 0; i < json_array_size(results); i++) {
		const json_t *result = json_array_get(results, i);
		const char *id = json_string_value(json_object_get(result, "promise"));
		struct promise *p = id ? promise_find(m, id) : NULL;

		if (id && !p && wanted(id, areas))
			p = promise_add(m, id);
		if (p)
			cell_take(&p->cells[column], result);
	}
}

static void area_begin(const struct matrix *m, struct area *a, const char *name)
{
	a->name = name;
	a->counts = calloc(m->n_columns, sizeof(*a->counts));
	if (!a->counts)
		err(EXIT_NO_GUEST, "no memory");
}

static struct area *area_find(struct matrix *m, const char *name)
{
	for (size_t i = 0; i < m->n_areas; i++)
		if (!strcmp(m->areas[i].name, name))
			return &m->areas[i];
	m->areas = grow(m->areas, m->n_areas, sizeof(*m->areas));
	area_begin(m, &m->areas[m->n_areas], name);
	return &m->areas[m->n_areas++];
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(((const struct column *)a)->release, ((const struct column *)b)->release);
}

/* CONTRACT is the folder of the lists; they tell what has no test yet. */
void matrix_fill(struct matrix *m, const char *contract, char **areas)
{
	read_contract(m, contract, areas);
	qsort(m->columns, m->n_columns, sizeof(*m->columns), by_version);
	area_begin(m, &m->total, "all");
	for (size_t i = 0; i < m->n_columns; i++)
		fill_column(m, i, areas);
	for (size_t i = 0; i < m->n_promises; i++) {
		struct area *a = area_find(m, m->promises[i].area);

		for (size_t c = 0; c < m->n_columns; c++) {
			a->counts[c][m->promises[i].cells[c].state]++;
			m->total.counts[c][m->promises[i].cells[c].state]++;
		}
	}
}

char *counts_text(const unsigned int counts[STATES])
{
	return text("%u/%u/%u/%u/%u", counts[HELD], counts[BROKEN], counts[DEFECT], counts[SKIPPED],
		    counts[MISSING]);
}

/* The first column that differs from the one before it with results; -1: none. */
ssize_t promise_differs(const struct matrix *m, const struct promise *p)
{
	ssize_t before = -1;

	for (size_t i = 0; i < m->n_columns; i++) {
		if (m->columns[i].died)
			continue;
		if (before >= 0 && p->cells[i].state != p->cells[before].state)
			return (ssize_t)i;
		before = (ssize_t)i;
	}
	return -1;
}
