// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead bench start. */
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "start.h"

#define RATE_EACH 10 /* starts of each worker */

static void tell_steps(const struct launcher *l, FILE *to)
{
	double sum = 0, whole;

	if (l->error) {
		fprintf(to, "launcher: FAILED: %s\n", l->error);
		return;
	}
	whole = samples_summary(&l->total).mean;
	fprintf(to, "\n%-44s %10s %10s %10s %10s\n", "step of our own launcher, us", "mean", "p10",
		"median", "p90");
	for (size_t i = 0; i <= l->n_steps; i++) {
		const struct samples *s = i < l->n_steps ? &l->steps[i] : &l->total;
		struct summary m = samples_summary(s);

		sum += i < l->n_steps ? m.mean : 0;
		fprintf(to, "%-44s %10.1f %10.1f %10.1f %10.1f\n",
			i < l->n_steps ? l->names[i] : "all", m.mean * 1e6, m.p10 * 1e6,
			m.median * 1e6, m.p90 * 1e6);
	}
	fprintf(to, "# the steps add up to %.1f %% of the whole; %s a user namespace; %zu starts\n",
		100 * sum / whole, l->user ? "with" : "without (proc could not be mounted in one)",
		l->total.n);
}

static void tell_runtimes(const struct launcher *l, const struct runtime *v, size_t n,
			  unsigned int workers, FILE *to)
{
	double floor = samples_summary(&l->total).p10;

	fprintf(to, "\n%-16s %9s %9s %9s %9s", "runtime, ms", "min", "p10", "median", "p90");
	fprintf(to, " %9s  starts/s with 1..%u workers\n", "x floor", workers);
	for (size_t i = 0; i < n && !stop_signal; i++) {
		struct summary m = samples_summary(&v[i].times);

		if (v[i].error) {
			fprintf(to, "%-16s not measured: %s\n", v[i].name, v[i].error);
			continue;
		}
		fprintf(to, "%-16s %9.2f %9.2f %9.2f %9.2f %9.1f ", v[i].name, m.min * 1e3,
			m.p10 * 1e3, m.median * 1e3, m.p90 * 1e3, floor > 0 ? m.p10 / floor : 0);
		for (unsigned int w = 1; w <= workers && !stop_signal; w *= 2)
			fprintf(to, " %7.1f", runtime_rate(&v[i], w, RATE_EACH));
		fputc('\n', to);
		if (v[i].hide_unified)
			fputs("                 (a tmpfs hides a hybrid layout's cgroup2 from "
			      "it)\n",
			      to);
	}
}

static json_t *times_of(const char *name, const struct samples *s)
{
	struct summary m = samples_summary(s);
	json_t *times = json_array(), *codes = json_array();

	for (size_t i = 0; i < s->n; i++) {
		json_array_append_new(times, json_real(s->v[i]));
		json_array_append_new(codes, json_integer(0));
	}
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:{}}", "command",
			 name, "mean", m.mean, "stddev", m.stddev, "median", m.median, "min", m.min,
			 "max", m.max, "p10", m.p10, "p90", m.p90, "p99", m.p99, "times", times,
			 "exit_codes", codes, "parameters");
}

static int write_json(const char *path, const struct launcher *l, const struct runtime *v, size_t n)
{
	json_t *results = json_array(), *root;
	CLEAN(free_text) char *data = NULL;

	json_array_append_new(results, times_of("start", &l->total));
	for (size_t i = 0; i < l->n_steps; i++) {
		CLEAN(free_text) char *name = text("start: %s", l->names[i]);

		if (l->steps[i].n)
			json_array_append_new(results, times_of(name, &l->steps[i]));
	}
	for (size_t i = 0; i < n; i++) {
		CLEAN(free_text) char *name = text("start.%s", v[i].name);

		if (v[i].times.n)
			json_array_append_new(results, times_of(name, &v[i].times));
	}
	root = json_pack("{s:o, s:s, s:o, s:b}", "results", results, "format", "bulkhead-bench-1",
			 "machine", machine_json(), "emulated", machine_emulated());
	data = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	json_decref(root);
	if (!data)
		return -ENOMEM;
	if (!strcmp(path, "-"))
		return puts(data) < 0 ? -EIO : 0;
	return file_replace(path, data, strlen(data));
}

int start_main(const struct options *o, char *const *names)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	FILE *to = o->json && !strcmp(o->json, "-") ? stderr : stdout;
	struct place place;
	struct launcher l;
	struct runtime *v;
	char *bundle;
	size_t n;
	int error = 0;

	if (place_make(&place))
		err(EXIT_UNUSABLE, "a folder for temporary files");
	bundle = bundle_make(&place);
	v = runtimes_find(&place, bundle, names, &n);
	launcher_begin(&l, &place, bundle);
	for (unsigned int i = 0; i < o->runs && !l.error && !stop_signal; i++)
		launcher_run(&l);
	runtimes_measure(&place, v, n, o->runs);
	if (!stop_signal) {
		machine_tell(to);
		tell_steps(&l, to);
		tell_runtimes(&l, v, n, o->workers ?: (unsigned int)(cpus > 0 ? cpus : 1), to);
	}
	if (!stop_signal && o->json && (error = write_json(o->json, &l, v, n)))
		warnx("%s: %s", o->json, strerror(-error));
	error = error ? EXIT_UNUSABLE : l.error ? 1 : 0;
	if (!place_remove(&place))
		error = 1;
	launcher_free(&l);
	free(bundle);
	return stop_signal ? 128 + stop_signal : error;
}
