// SPDX-License-Identifier: GPL-2.0-only
/* The results as JSON: what the matrix and the gates read. */
#include "run.h"

#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

/* Milliseconds are as much as a line through a pipe can tell. */
static json_t *seconds(double s)
{
	return json_real((double)(long long)(s * 1e4 + 0.5) / 1e4);
}

static json_t *strings(const struct words *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(list, json_string(w->v[i]));
	return list;
}

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static json_t *result(const struct program *p, const struct result *r)
{
	CLEAN(free_text) char *area = promise_area(r->promise);
	json_t *o = json_object();

	set_text(o, "name", r->name);
	set_text(o, "promise", r->promise);
	set_text(o, "area", area);
	set_text(o, "program", p->name);
	set_text(o, "result", verdict_names[r->verdict]);
	json_object_set_new(o, "seconds", seconds(r->seconds));
	set_text(o, "reason", r->reason);
	if (r->row)
		set_text(o, "promised", r->row->text);
	if (r->suspicious)
		json_object_set_new(o, "suspicious", json_true());
	if (r->unexpected)
		json_object_set_new(o, "unexpected", json_true());
	if (r->notes.n)
		json_object_set_new(o, "notes", strings(&r->notes));
	return o;
}

static json_t *program(const struct program *p)
{
	json_t *o = json_object(), *problems = json_array();

	set_text(o, "name", p->name);
	json_object_set_new(o, "ok", json_boolean(program_ok(p)));
	json_object_set_new(o, "seconds", seconds(p->seconds));
	for (size_t i = 0; i < p->n_problems; i++)
		json_array_append_new(problems, json_pack("{s:s, s:s}", "kind", p->problems[i].kind,
							  "text", p->problems[i].text));
	json_object_set_new(o, "problems", problems);
	if (p->notes.n)
		json_object_set_new(o, "notes", strings(&p->notes));
	return o;
}

static json_t *summary(const struct run *run)
{
	json_t *o = json_object();
	struct counts c = run_counts(run);

	for (size_t i = 0; i < VERDICTS; i++)
		json_object_set_new(o, verdict_names[i], json_integer((json_int_t)c.verdicts[i]));
	json_object_set_new(o, "unexpected", json_integer((json_int_t)c.unexpected));
	json_object_set_new(o, "suspicious", json_integer((json_int_t)c.suspicious));
	json_object_set_new(o, "problems", json_integer((json_int_t)c.problems));
	return o;
}

static void set_meta(json_t *o, const struct run *run)
{
	const struct meta *m = &run->meta;

	set_text(o, "kernel", m->release);
	set_text(o, "kernel_version", m->version);
	set_text(o, "machine", m->machine);
	set_text(o, "config", m->config_path);
	set_text(o, "config_hash", m->config_hash);
	set_text(o, "cgroup_layout", m->layout);
	json_object_set_new(o, "controllers", strings(&m->controllers));
	json_object_set_new(o, "v1_controllers", strings(&m->v1));
	set_text(o, "no_cgroup", run->place.why);
	json_object_set_new(o, "cpus", json_integer(m->cpus));
	json_object_set_new(o, "scale", seconds(run->scale));
	json_object_set_new(o, "uid", json_integer(geteuid()));
	json_object_set_new(o, "disposable", json_boolean(run->o.disposable));
	json_object_set_new(o, "jobs", json_integer(run->o.jobs));
	set_text(o, "started", m->started);
	json_object_set_new(o, "seconds", seconds(run->seconds));
}

void write_json(const struct run *run, FILE *to)
{
	json_t *root = json_object(), *programs = json_array(), *results = json_array();

	json_object_set_new(root, "format", json_string("bulkhead-run-1"));
	set_meta(root, run);
	json_object_set_new(root, "summary", summary(run));
	for (size_t i = 0; i < run->n; i++) {
		const struct program *p = &run->programs[i];

		json_array_append_new(programs, program(p));
		for (size_t t = 0; t < p->n; t++)
			if (p->results[t].wanted)
				json_array_append_new(results, result(p, &p->results[t]));
	}
	json_object_set_new(root, "programs", programs);
	json_object_set_new(root, "results", results);
	if (json_dumpf(root, to, JSON_INDENT(1) | JSON_REAL_PRECISION(9)))
		errx(EXIT_UNUSABLE, "no memory");
	fputc('\n', to);
	json_decref(root);
}
