// SPDX-License-Identifier: GPL-2.0-only
/* hyperfine's format, which its own scripts read, and more keys. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_file.h"
#include "machine.h"
#include "measure.h"
#include "report.h"
#include "slopes.h"

static json_t *number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *pair(struct interval i)
{
	return json_pack("[f, f]", i.low, i.high);
}

static json_t *batches(const struct samples *s)
{
	json_t *list = json_array();
	size_t from = 0;

	for (size_t i = 0; i < s->n_batches; i++) {
		json_array_append_new(list, json_integer((json_int_t)(s->ends[i] - from)));
		from = s->ends[i];
	}
	return list;
}

json_t *result_json(const char *command, const struct samples *samples, double user, double system)
{
	const struct summary s = samples_summary(samples);
	json_t *o = json_object(), *times = json_array(), *codes = json_array();
	const struct {
		const char *key;
		double value;
	} numbers[] = {
		{ "mean", s.mean },	{ "stddev", s.n > 1 ? s.stddev : NAN },
		{ "median", s.median }, { "user", user },
		{ "system", system },	{ "min", s.min },
		{ "max", s.max },	{ "p10", s.p10 },
		{ "p90", s.p90 },	{ "p99", s.p99 },
		{ "slow", s.slow },	{ "noise", s.noise },
	};

	json_object_set_new(o, "command", json_string(command));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_set_new(o, numbers[i].key, number_or_null(numbers[i].value));
	for (size_t i = 0; i < s.n; i++) {
		json_array_append_new(times, json_real(samples->v[i]));
		json_array_append_new(codes, json_integer(0));
	}
	json_object_set_new(o, "times", times);
	json_object_set_new(o, "exit_codes", codes);
	json_object_set_new(o, "p10_interval", pair(s.p10_interval));
	json_object_set_new(o, "median_interval", pair(s.median_interval));
	json_object_set_new(o, "batches", batches(samples));
	json_object_set_new(o, "parameters", json_object());
	return o;
}

json_t *report_json(json_t *results)
{
	char written[32];
	time_t t = time(NULL);
	struct tm tm;

	strftime(written, sizeof(written), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	return json_pack("{s:o, s:s, s:o, s:b, s:s}", "results", results, "format",
			 "bulkhead-bench-1", "machine", machine_json(), "emulated",
			 machine_emulated(), "written", written);
}

static json_t *result(const struct measurement *m, const struct measured *d)
{
	json_t *o = result_json(d->name, &d->samples, d->user, d->system);

	if (d->op->n || d->op->family)
		json_object_set_new(json_object_get(o, "parameters"), "n",
				    json_sprintf("%ld", d->op->n));
	json_object_set_new(o, "what", json_string(d->what));
	json_object_set_new(o, "scheduler", json_string(d->fifo ? "fifo" : "other"));
	if (d->fifo_why)
		json_object_set_new(o, "scheduler_why", json_string(d->fifo_why));
	json_object_set_new(o, "mode", json_string(m->o->idle ? "spaced" : "hot"));
	json_object_set_new(o, "took", json_real(d->took));
	if (d->unsettled)
		json_object_set_new(o, "unsettled", json_true());
	return o;
}

static json_t *experiments_json(const struct measurement *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n_labs; i++) {
		const struct lab *l = &m->labs[i];
		json_t *figures = json_array(), *o;

		for (size_t k = 0; k < l->n; k++)
			json_array_append_new(
				figures, json_pack("{s:s, s:s, s:o, s:o}", "what", l->v[k].what,
						   "unit", l->v[k].unit, "published",
						   number_or_null(l->v[k].published), "here",
						   number_or_null(l->v[k].ours)));
		o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:f, s:b}", "name", l->experiment->name,
			      "shows", l->experiment->shows, "source", l->experiment->source,
			      "differs", l->experiment->differs, "figures", figures, "seconds",
			      l->took, "quick", l->quick);
		if (l->error)
			json_object_set_new(o, "error", json_string(l->error));
		json_array_append_new(list, o);
	}
	return list;
}

int json_write(const struct measurement *m, const char *path)
{
	json_t *results = json_array(), *missing = json_array(), *root;
	struct family *families;
	size_t n;

	for (size_t i = 0; i < m->n; i++) {
		const struct measured *d = &m->v[i];

		if (d->samples.n)
			json_array_append_new(results, result(m, d));
		if (d->error)
			json_array_append_new(missing, json_pack("{s:s, s:s, s:b}", "command",
								 d->name, "why", d->error,
								 "unsupported", d->unsupported));
	}
	root = report_json(results);
	json_object_set_new(root, "not_measured", missing);
	families = families_find(m, &n);
	families_json(families, n, root);
	families_free(families, n);
	json_object_set_new(root, "experiments", experiments_json(m));
	json_object_set_new(root, "cpu", json_integer(m->cpu));
	json_object_set_new(root, "cpus_awake", json_boolean(m->awake >= 0));
	json_object_set_new(root, "disturbed", number_or_null(measure_disturbed(m)));
	json_object_set_new(root, "waited", json_real(m->waited));
	json_object_set_new(root, "seconds", json_real(m->took));
	return json_file_write(root, path);
}
