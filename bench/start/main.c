// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead bench start. */
#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_file.h"
#include "machine.h"
#include "page.h"
#include "report.h"
#include "start.h"

#define RATE_EACH 10 /* starts of each worker, at most */

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

static void measure_rates(const struct place *place, struct runtime *r, unsigned int workers,
			  unsigned int runs)
{
	for (unsigned int w = 1; !r->error && w <= workers && !stop_signal; w *= 2) {
		struct rate *rate;

		r->rates = grow(r->rates, r->n_rates, sizeof(*r->rates));
		rate = &r->rates[r->n_rates++];
		rate->workers = w;
		rate->rate =
			runtime_rate(place, r, w, runs < RATE_EACH ? runs : RATE_EACH, &rate->why);
	}
}

static void tell_runtime(const struct runtime *r, double floor, FILE *to)
{
	struct summary m = samples_summary(&r->times);

	if (r->error) {
		fprintf(to, "%-16s not measured: %s\n", r->name, r->error);
		return;
	}
	fprintf(to, "%-16s %9.2f %9.2f %9.2f %9.2f ", r->name, m.min * 1e3, m.p10 * 1e3,
		m.median * 1e3, m.p90 * 1e3);
	if (floor > 0)
		fprintf(to, "%9.1f ", m.p10 / floor);
	else
		fprintf(to, "%9s ", "-");
	for (size_t i = 0; i < r->n_rates; i++)
		if (r->rates[i].why)
			fprintf(to, " %7s", "FAILED");
		else
			fprintf(to, " %7.1f", r->rates[i].rate);
	fputc('\n', to);
	for (size_t i = 0; i < r->n_rates; i++)
		if (r->rates[i].why)
			fprintf(to, "  with %u at once: %s\n", r->rates[i].workers,
				r->rates[i].why);
	if (r->hide_unified)
		fputs("  (a tmpfs hides a hybrid layout's cgroup2 from it)\n", to);
}

static void tell_runtimes(const struct launcher *l, const struct runtime *v, size_t n, FILE *to)
{
	double floor = l->total.n ? samples_summary(&l->total).p10 : 0;

	fprintf(to, "\n%-16s %9s %9s %9s %9s %9s  starts/s with", "runtime, ms", "min", "p10",
		"median", "p90", "x floor");
	for (size_t i = 0; n && i < v[0].n_rates; i++)
		fprintf(to, "%s %u", i ? "," : "", v[0].rates[i].workers);
	fputs(" at once\n", to);
	for (size_t i = 0; i < n; i++)
		tell_runtime(&v[i], floor, to);
}

static json_t *rates_json(const struct runtime *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_rates; i++) {
		const struct rate *rate = &r->rates[i];
		json_t *o = json_pack("{s:i, s:f}", "workers", (int)rate->workers, "per_second",
				      rate->rate);

		if (rate->why)
			json_object_set_new(o, "why", json_string(rate->why));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *runtime_json(const struct runtime *r)
{
	CLEAN(free_text) char *name = text("start.%s", r->name);
	json_t *o = result_json(name, &r->times, r->user, r->system);

	json_object_set_new(o, "rates", rates_json(r));
	json_object_set_new(o, "hidden_cgroup2", json_boolean(r->hide_unified));
	return o;
}

static int write_json(const char *path, const struct launcher *l, const struct runtime *v, size_t n)
{
	json_t *results = json_array(), *missing = json_array(), *root;

	if (l->total.n)
		json_array_append_new(results, result_json("start", &l->total, NAN, NAN));
	for (size_t i = 0; i < l->n_steps; i++) {
		CLEAN(free_text) char *name = text("start: %s", l->names[i]);

		if (l->steps[i].n)
			json_array_append_new(results, result_json(name, &l->steps[i], NAN, NAN));
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i].times.n)
			json_array_append_new(results, runtime_json(&v[i]));
		if (v[i].error)
			json_array_append_new(missing, json_pack("{s:s, s:s}", "command", v[i].name,
								 "why", v[i].error));
	}
	root = report_json(results);
	json_object_set_new(root, "not_measured", missing);
	return json_file_write(root, path);
}

struct start_results {
	const struct launcher *l;
	const struct runtime *v;
	size_t n;
};

static void tell_all(const void *what, FILE *to)
{
	const struct start_results *t = what;

	machine_tell(to);
	tell_steps(t->l, to);
	tell_runtimes(t->l, t->v, t->n, to);
}

static int write_page(const char *path, const struct start_results *t)
{
	struct box *boxes = NULL;
	size_t n = 0;
	struct page p;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].times.n) {
			boxes = grow(boxes, n, sizeof(*boxes));
			boxes[n++] = (struct box) { t->v[i].name, &t->v[i].times };
		}
	page_begin(&p, "bulkhead bench start");
	page_heading(&p, "The steps of a container's start");
	if (t->l->total.n)
		page_steps(&p, t->l);
	page_heading(&p, "Runtimes");
	if (n)
		page_boxes(&p, "runtimes", boxes, n);
	page_text(&p, tell_all, t);
	free(boxes);
	return page_end(&p, path);
}

static int write_reports(const struct options *o, const struct start_results *t)
{
	int ret = o->json ? report_verdict(o->json, write_json(o->json, t->l, t->v, t->n)) : 0;

	return ret ?: o->html ? report_verdict(o->html, write_page(o->html, t)) : 0;
}

/* Something that should work failed: 1. */
static int verdict(const struct launcher *l, const struct runtime *v, size_t n)
{
	bool bad = l->error;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i].n_rates; k++)
			bad |= v[i].rates[k].why != NULL;
	return bad;
}

int start_main(const struct options *o, char *const *names)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int workers = o->workers ?: cpus > 0 ? (unsigned int)cpus : 1;
	struct place place;
	struct launcher l;
	struct runtime *v;
	size_t n;
	int ret;

	runtimes_check(names);
	check_reports(o);
	if (place_make(&place))
		err(EXIT_UNUSABLE, "a folder for temporary files");
	bundle_sweep();
	for (unsigned int w = 0; w < workers; w++)
		bundle_make(&place, w);
	v = runtimes_find(&place, names, &n);
	launcher_measure(&l, &place, o->runs);
	runtimes_measure(&place, v, n, o->runs);
	for (size_t i = 0; i < n; i++)
		measure_rates(&place, &v[i], workers, o->runs);
	ret = place_remove(&place) ? 0 : 1;
	if (!stop_signal) {
		struct start_results t = { &l, v, n };

		tell_all(&t, table_file(o));
		ret = write_reports(o, &t) ?: ret ?: verdict(&l, v, n);
	}
	runtimes_free(v, n);
	launcher_free(&l);
	return stop_signal ? 128 + stop_signal : ret;
}
