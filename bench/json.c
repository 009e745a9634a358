// SPDX-License-Identifier: GPL-2.0-only
/* hyperfine's format, which its own scripts read, and more keys. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine.h"
#include "measure.h"

static json_t *number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *pair(struct interval i)
{
	return json_pack("[f, f]", i.low, i.high);
}

static void set_hyperfine(json_t *o, const struct measured *d)
{
	const struct summary *s = &d->summary;
	json_t *times = json_array(), *codes = json_array();

	json_object_set_new(o, "command", json_string(d->name));
	json_object_set_new(o, "mean", json_real(s->mean));
	json_object_set_new(o, "stddev", s->n > 1 ? json_real(s->stddev) : json_null());
	json_object_set_new(o, "median", json_real(s->median));
	json_object_set_new(o, "user", json_real(d->user));
	json_object_set_new(o, "system", json_real(d->system));
	json_object_set_new(o, "min", json_real(s->min));
	json_object_set_new(o, "max", json_real(s->max));
	for (size_t i = 0; i < s->n; i++) {
		json_array_append_new(times, json_real(d->samples.v[i]));
		json_array_append_new(codes, json_integer(0));
	}
	json_object_set_new(o, "times", times);
	json_object_set_new(o, "exit_codes", codes);
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

static json_t *parameters(const struct measured *d)
{
	json_t *o = json_object();

	if (d->op && d->op->n)
		json_object_set_new(o, "n", json_sprintf("%ld", d->op->n));
	return o;
}

static json_t *result(const struct measurement *m, const struct measured *d)
{
	const struct summary *s = &d->summary;
	json_t *o = json_object();

	set_hyperfine(o, d);
	json_object_set_new(o, "parameters", parameters(d));
	json_object_set_new(o, "what", json_string(d->what));
	json_object_set_new(o, "p10", json_real(s->p10));
	json_object_set_new(o, "p90", json_real(s->p90));
	json_object_set_new(o, "p99", json_real(s->p99));
	json_object_set_new(o, "p10_interval", pair(s->p10_interval));
	json_object_set_new(o, "median_interval", pair(s->median_interval));
	json_object_set_new(o, "slow", json_real(s->slow));
	json_object_set_new(o, "noise", number_or_null(s->noise));
	json_object_set_new(o, "batches", batches(&d->samples));
	json_object_set_new(o, "scheduler", json_string(d->fifo ? "fifo" : "other"));
	if (d->fifo_why)
		json_object_set_new(o, "scheduler_why", json_string(d->fifo_why));
	json_object_set_new(o, "mode", json_string(m->o->idle ? "spaced" : "hot"));
	if (d->unsettled)
		json_object_set_new(o, "unsettled", json_true());
	return o;
}

static json_t *all(const struct measurement *m)
{
	json_t *root = json_object(), *results = json_array(), *missing = json_array();
	char started[32];
	time_t t = time(NULL) - (time_t)m->took;
	struct tm tm;

	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	for (size_t i = 0; i < m->n; i++) {
		const struct measured *d = &m->v[i];

		if (d->samples.n)
			json_array_append_new(results, result(m, d));
		if (d->error)
			json_array_append_new(missing, json_pack("{s:s, s:s, s:b}", "command",
								 d->name, "why", d->error,
								 "unsupported", d->unsupported));
	}
	json_object_set_new(root, "results", results);
	json_object_set_new(root, "format", json_string("bulkhead-bench-1"));
	json_object_set_new(root, "not_measured", missing);
	json_object_set_new(root, "machine", machine_json());
	json_object_set_new(root, "emulated", json_boolean(machine_emulated()));
	json_object_set_new(root, "cpu", json_integer(m->cpu));
	json_object_set_new(root, "started", json_string(started));
	json_object_set_new(root, "seconds", json_real(m->took));
	return root;
}

int json_write(const struct measurement *m, const char *path)
{
	json_t *root = all(m);
	CLEAN(free_text) char *data = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	int ret = -ENOMEM;

	json_decref(root);
	if (data && !strcmp(path, "-"))
		ret = puts(data) < 0 || fflush(stdout) ? -EIO : 0;
	else if (data)
		ret = file_replace(path, data, strlen(data));
	return ret;
}
