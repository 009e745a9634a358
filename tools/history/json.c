// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <math.h>

#include "history.h"
#include "json_file.h"

static json_t *string_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *sources_json(const struct history *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->n_sources; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:o}", "path", h->sources[i].path,
						"kernel", string_or_null(h->sources[i].kernel),
						"started", string_or_null(h->sources[i].started)));
	return list;
}

static json_t *series_json(const struct history *h, const struct series *s)
{
	json_t *values = json_array(), *changes = json_array();

	for (size_t i = 0; i < h->n_sources; i++)
		json_array_append_new(values, isnan(s->v[i]) ? json_null() : json_real(s->v[i]));
	for (size_t k = 0; k < s->n_changes; k++) {
		const struct change *c = &s->changes[k];

		json_array_append_new(changes, json_pack("{s:I, s:f, s:f, s:f, s:f}", "at",
							 (json_int_t)s->source[c->at], "before",
							 c->before, "after", c->after, "change",
							 change_of(c), "p", c->p));
	}
	return json_pack("{s:o, s:o}", "values", values, "changes", changes);
}

int history_json(const struct history *h, const char *path)
{
	json_t *root = json_object(), *all = json_object();

	json_object_set_new(root, "format", json_string("bulkhead-history-1"));
	json_object_set_new(root, "unit", json_string(h->instructions ? "instructions" : "s"));
	json_object_set_new(root, "results", sources_json(h));
	for (size_t i = 0; i < h->n; i++)
		json_object_set_new(all, h->v[i].name, series_json(h, &h->v[i]));
	json_object_set_new(root, "benchmarks", all);
	return json_file_write(root, path);
}
