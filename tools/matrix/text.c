// SPDX-License-Identifier: GPL-2.0-only
/* The matrix as text for a terminal, and as JSON for programs. */
#include "matrix.h"

#include <string.h>

#define NAME_WIDTH 14

static void head(const struct matrix *m, FILE *to)
{
	fprintf(to, "%-34s", counts_legend);
	for (size_t i = 0; i < m->n_columns; i++)
		fprintf(to, " %*s", NAME_WIDTH, m->columns[i].name);
	fputc('\n', to);
}

static void counts(const struct matrix *m, const struct area *a, FILE *to)
{
	fprintf(to, "%-34s", a->name);
	for (size_t i = 0; i < m->n_columns; i++) {
		CLEAN(free_text) char *cell = counts_text(a->counts[i]);

		fprintf(to, " %*s", NAME_WIDTH, m->columns[i].died ? "died" : cell);
	}
	fputc('\n', to);
}

static const char *state_text(const struct cell *cell)
{
	return cell->suspicious ? "skipped?" : state_names[cell->state];
}

static void difference(const struct matrix *m, const struct promise *p, size_t first, FILE *to)
{
	const struct cell *last = NULL;

	fprintf(to, "%s: differs from %s on\n", p->id, m->columns[first].name);
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct cell *cell = &p->cells[i];

		if (m->columns[i].died)
			continue;
		/* A run of kernels that say the same is told once. */
		if (last && last->state == cell->state &&
		    !strcmp(last->reason ?: "", cell->reason ?: ""))
			continue;
		fprintf(to, "    %-*s %s%s%s\n", NAME_WIDTH, m->columns[i].name, state_text(cell),
			cell->reason && *cell->reason ? ": " : "", cell->reason ?: "");
		last = cell;
	}
}

static bool broken_everywhere(const struct matrix *m, const struct promise *p)
{
	size_t broken = 0;

	for (size_t i = 0; i < m->n_columns; i++) {
		if (m->columns[i].died)
			continue;
		if (p->cells[i].state != BROKEN)
			return false;
		broken++;
	}
	return broken > 0;
}

void write_text(const struct matrix *m, FILE *to)
{
	size_t n = 0;

	head(m, to);
	for (size_t a = 0; a < m->n_areas; a++)
		counts(m, &m->areas[a], to);
	counts(m, &m->total, to);
	for (size_t i = 0; i < m->n_columns; i++)
		if (m->columns[i].died)
			fprintf(to, "%s: no results: %s\n", m->columns[i].name, m->columns[i].died);
	for (size_t i = 0; i < m->n_columns; i++)
		for (size_t p = 0; p < m->columns[i].problems.n; p++)
			fprintf(to, "%s: %s\n", m->columns[i].name, m->columns[i].problems.v[p]);
	for (size_t i = 0; i < m->n_promises; i++) {
		ssize_t first = promise_differs(m, &m->promises[i]);

		if (first < 0)
			continue;
		fputs(n++ ? "" : "\nWhere kernels differ:\n", to);
		difference(m, &m->promises[i], (size_t)first, to);
	}
	for (size_t i = 0, k = 0; i < m->n_promises; i++) {
		if (!broken_everywhere(m, &m->promises[i]))
			continue;
		fputs(k++ ? "" : "\nBroken on all of them:\n", to);
		fprintf(to, "    %s\n", m->promises[i].id);
	}
}

static json_t *counts_json(const struct matrix *m, size_t column)
{
	json_t *areas = json_object();

	for (size_t a = 0; a < m->n_areas; a++) {
		const unsigned int *n = m->areas[a].counts[column];
		json_t *each = json_object();

		for (size_t s = 0; s < STATES; s++)
			json_object_set_new(each, state_names[s], json_integer(n[s]));
		json_object_set_new(areas, m->areas[a].name, each);
	}
	return areas;
}

static json_t *problems_json(const struct column *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->problems.n; i++)
		json_array_append_new(list, json_string(c->problems.v[i]));
	return list;
}

static json_t *kernels_json(const struct matrix *m)
{
	json_t *kernels = json_array();

	for (size_t i = 0; i < m->n_columns; i++) {
		const struct column *c = &m->columns[i];
		json_t *each = json_pack("{s:s, s:s}", "name", c->name, "kernel", c->release);

		json_object_set_new(each, "problems", problems_json(c));
		if (c->died)
			json_object_set_new(each, "died", json_string(c->died));
		else
			json_object_set_new(each, "areas", counts_json(m, i));
		json_array_append_new(kernels, each);
	}
	return kernels;
}

static json_t *promise_json(const struct matrix *m, const struct promise *p)
{
	json_t *each = json_pack("{s:s, s:[]}", "id", p->id, "states");
	ssize_t first = promise_differs(m, p);

	for (size_t i = 0; i < m->n_columns; i++) {
		const struct cell *cell = &p->cells[i];
		json_t *state = json_pack("{s:s}", "state",
					  m->columns[i].died ? "died" : state_names[cell->state]);

		if (cell->reason && *cell->reason)
			json_object_set_new(state, "reason", json_string(cell->reason));
		if (cell->suspicious)
			json_object_set_new(state, "suspicious", json_true());
		json_array_append_new(json_object_get(each, "states"), state);
	}
	if (first >= 0)
		json_object_set_new(each, "differs_from", json_string(m->columns[first].release));
	return each;
}

void write_json(const struct matrix *m, FILE *to)
{
	json_t *promises = json_array(), *root;

	for (size_t i = 0; i < m->n_promises; i++)
		json_array_append_new(promises, promise_json(m, &m->promises[i]));
	root = json_pack("{s:o, s:o}", "kernels", kernels_json(m), "promises", promises);
	json_dumpf(root, to, JSON_INDENT(1));
	fputc('\n', to);
	json_decref(root);
}
