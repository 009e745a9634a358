// SPDX-License-Identifier: GPL-2.0-only
/* The tree as JSON: shares, calls, and times only as show.c tells them. */
#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "trace.h"

#define NONE SIZE_MAX

static json_t *stages(const struct trace *t, size_t parent, bool system);

static json_t *stage_json(const struct trace *t, size_t i)
{
	const struct stage *s = &t->stages[i];
	double whole = stage_share(t, i), part = s->total > 0 ? whole / s->total : 0,
	       mean = s->calls ? s->total / (double)s->calls : 0, scale = time_scale(t);
	json_t *o = json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "name", s->name, "group",
			      s->group ?: "", "share", whole, "own", s->own * part, "blocked",
			      s->blocked * part, "own_blocked", s->own_blocked * part);

	if (s->counted)
		json_object_set_new(o, "calls", json_integer((json_int_t)s->calls));
	if (s->samples)
		json_object_set_new(o, "samples", json_integer((json_int_t)s->samples));
	if (s->counted && mean > 0) {
		json_object_set_new(o, "p50_per_mean", json_real(stage_percentile(s, 0.5) / mean));
		json_object_set_new(o, "p99_per_mean", json_real(stage_percentile(s, 0.99) / mean));
	}
	if (scale > 0)
		json_object_set_new(o, "ns_per_operation",
				    json_real(s->total * scale / (double)t->cost.operations));
	json_object_set_new(o, "stages", stages(t, i, s->system));
	return o;
}

static json_t *stages(const struct trace *t, size_t parent, bool system)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++)
		if (t->stages[i].parent == parent && t->stages[i].system == system)
			json_array_append_new(list, stage_json(t, i));
	return list;
}

static json_t *functions_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < STAGES; i++) {
		const struct function *f = &functions[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "name",
						      f->name, "group", f->group, "backend",
						      backend_names[f->backend], "symbol",
						      f->symbol, "why", f->why));
	}
	return list;
}

static json_t *blocked_json(const struct trace *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_places; i++) {
		const struct place *p = &t->places[i];
		json_t *frames;

		if (!p->blocked || t->stages[p->stage].system)
			continue;
		frames = json_array();
		for (size_t k = 0; k < p->frames.n; k++)
			json_array_append_new(frames, json_string(p->frames.v[k]));
		json_array_append_new(list, json_pack("{s:s, s:f, s:I, s:o}", "stage",
						      t->stages[p->stage].name, "share",
						      t->traced > 0 ? p->ns / t->traced : 0.0,
						      "times", (json_int_t)p->n, "stack", frames));
	}
	return list;
}

static json_t *losses_json(const struct trace *t)
{
	static const char *const names[LOSSES] = { "depth", "return", "stage",
						   "stack", "place",  "task" };
	json_t *o = json_object();

	for (size_t i = 0; i < LOSSES; i++)
		json_object_set_new(o, names[i], json_integer((json_int_t)t->losses[i]));
	return o;
}

static json_t *cost_json(const struct trace *t)
{
	json_t *o = json_object();

	if (t->emulated)
		return o;
	json_object_set_new(o, "pair_ns", json_real(t->cost.pair_ns));
	if (t->cost.unprobed > 0 && t->cost.probed > 0) {
		json_object_set_new(o, "ratio", json_real(t->cost.probed / t->cost.unprobed));
		json_object_set_new(o, "unprobed_ns", json_real(t->cost.unprobed));
	}
	return o;
}

int json_write(const struct trace *t)
{
	static const char *const modes[] = { "", "probes", "sampling", "syscalls" };
	struct utsname u;
	json_t *o;
	char *data;
	int ret;

	uname(&u);
	o = json_pack("{s:s, s:s, s:b, s:s*, s:I, s:I, s:i, s:o, s:o, s:o, s:o, s:o, s:o}",
		      "kernel", u.release, "mode", modes[t->mode], "emulated", t->emulated,
		      "operation", t->o.operation, "operations", (json_int_t)t->cost.operations,
		      "samples", (json_int_t)t->samples, "status", t->status, "cost", cost_json(t),
		      "lost", losses_json(t), "stages", stages(t, NONE, false), "system",
		      stages(t, NONE, true), "blocked", blocked_json(t), "functions",
		      functions_json());
	data = o ? json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
	if (!data)
		errx(EXIT_UNUSABLE, "no memory for the JSON");
	ret = text_to(t->o.json, data, strlen(data));
	json_decref(o);
	free(data);
	return ret;
}
