// SPDX-License-Identifier: GPL-2.0-only
/* Counts as JSON, written and read again as a baseline. */
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_file.h"
#include "path.h"

#define LARGEST (1L << 53) /* what is still whole in every reader of JSON */

static json_t *count_json(const struct count *c)
{
	json_t *seeds = json_array();

	for (unsigned int i = 0; i < c->n; i++)
		json_array_append_new(seeds, json_integer((json_int_t)c->by_seed[i]));
	return json_pack("{s:I, s:I, s:b, s:o}", "instructions", (json_int_t)c->instructions,
			 "spread", (json_int_t)c->spread, "sleeps", c->sleeps, "seeds", seeds);
}

static json_t *result_json(const struct result *r)
{
	json_t *operations = json_object(), *absent = json_object();

	for (size_t i = 0; i < r->n; i++) {
		const struct count *c = &r->counts[i];

		if (c->n == r->seeds)
			json_object_set_new(operations, c->name, count_json(c));
		else
			json_object_set_new(absent, c->name,
					    json_string(c->why ?: "not in every boot"));
	}
	return json_pack("{s:s, s:s, s:s*, s:i, s:i, s:o, s:o}", "kernel", r->kernel, "cpu", r->cpu,
			 "build", r->build, "seeds", (int)r->seeds, "samples", (int)r->samples,
			 "operations", operations, "absent", absent);
}

/* One kernel as it is, two as {"kernels":[...]}. */
int results_write(const char *path, const struct result *results, size_t n)
{
	json_t *top, *list = json_array();
	int error;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, result_json(&results[i]));
	top = n == 1 ? json_incref(json_array_get(list, 0)) : json_pack("{s:O}", "kernels", list);
	json_decref(list);
	error = json_file_write(top, path);
	if (error)
		warnx("%s: %s", path, strerror(-error));
	return error;
}

static bool whole(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= LARGEST;
}

static void read_operation(struct result *r, const char *path, const char *name, const json_t *o)
{
	const json_t *instructions = json_object_get(o, "instructions"),
		     *spread = json_object_get(o, "spread");
	struct count *c;

	if (!whole(instructions) || !whole(spread))
		errx(EXIT_UNUSABLE,
		     "%s: %s: \"instructions\" and \"spread\" as whole numbers are expected", path,
		     name);
	c = result_add(r, name);
	c->instructions = (uint64_t)json_integer_value(instructions);
	c->spread = (uint64_t)json_integer_value(spread);
	c->sleeps = json_is_true(json_object_get(o, "sleeps"));
	c->n = 1;
}

struct result result_read(const char *path)
{
	json_t *top = json_file_read(path), *operations;
	const char *kernel, *cpu, *build;
	struct result r = {};

	kernel = json_string_value(json_object_get(top, "kernel"));
	cpu = json_string_value(json_object_get(top, "cpu"));
	build = json_string_value(json_object_get(top, "build"));
	operations = json_object_get(top, "operations");
	if (!kernel || !cpu || !json_is_object(operations))
		errx(EXIT_UNUSABLE,
		     "%s: a result of \"bulkhead pathlength --json\" of one kernel "
		     "(\"kernel\", \"cpu\", \"operations\") is expected",
		     path);
	r.kernel = text("%s", kernel);
	r.cpu = text("%s", cpu);
	r.build = build ? text("%s", build) : NULL;
	for (void *i = json_object_iter(operations); i; i = json_object_iter_next(operations, i))
		read_operation(&r, path, json_object_iter_key(i), json_object_iter_value(i));
	json_decref(top);
	return r;
}
