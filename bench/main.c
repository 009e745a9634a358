// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead bench: what namespaces, cgroups and container starts cost. */
#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "awake.h"
#include "experiments/lab.h"
#include "machine.h"
#include "measure.h"
#include "page.h"
#include "slopes.h"
#include "start/start.h"

#define EXIT_NOTHING 4
#define STEP_STARTS  30

static int list_operations(void)
{
	for (size_t i = 0; i < ops_count(); i++)
		printf("%s\t%s\n", op_at(i)->name, op_at(i)->what);
	for (size_t i = 0; i < n_experiments; i++)
		printf("%s\texperiment: %s; %s\n", experiments[i].name, experiments[i].shows,
		       experiments[i].source);
	if (fflush(stdout))
		err(EXIT_UNUSABLE, "the output cannot be written");
	return 0;
}

static void choose(struct measurement *m, const struct op *op)
{
	struct measured *d;

	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].op == op)
			return;
	m->v = grow(m->v, m->n, sizeof(*m->v));
	d = &m->v[m->n++];
	d->op = op;
	d->what = (char *)op->what;
	d->name = m->o->idle ? text("%s@%ums", op->name, m->o->idle) : text("%s", op->name);
}

/* A name, a glob, or the beginning of names: clone, cgroup.migrate. */
static bool fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (!strncmp(pattern, name, n) && name[n] == '.')
		return true;
	return !fnmatch(pattern, name, 0);
}

static void choose_experiment(struct measurement *m, const struct experiment *e)
{
	for (size_t i = 0; i < m->n_labs; i++)
		if (m->labs[i].experiment == e)
			return;
	m->labs = grow(m->labs, m->n_labs, sizeof(*m->labs));
	m->labs[m->n_labs++].experiment = e;
}

static void choose_by(struct measurement *m, const char *pattern)
{
	const struct op *exact = op_find(pattern);
	size_t before = m->n;

	if (exact) {
		choose(m, exact);
		return;
	}
	if (experiment_find(pattern)) {
		choose_experiment(m, experiment_find(pattern));
		return;
	}
	for (size_t i = 0; i < ops_count(); i++)
		if (fits(pattern, op_at(i)->name))
			choose(m, op_at(i));
	if (m->n == before)
		errx(EXIT_UNUSABLE,
		     "no operation or experiment '%.80s': \"bulkhead bench --list\" has them",
		     pattern);
}

static int write_reports(const struct measurement *m, const struct launcher *l)
{
	const struct options *o = m->o;
	int ret = o->json ? report_verdict(o->json, json_write(m, o->json)) : 0;

	return ret ?: o->html ? report_verdict(o->html, page_write(m, l, o->html)) : 0;
}

static void tell_awake(const struct measurement *m, FILE *to)
{
	if (m->awake >= 0)
		fputs("# idle CPUs are kept awake\n", to);
	else if (m->awake == -ECANCELED)
		fputs("# idle CPUs sleep, as always\n", to);
	else
		fprintf(to, "# idle CPUs sleep: what has to wake them has several levels (%s)\n",
			m->awake == -ENODEV ? "no cpuidle driver" : strerror(-m->awake));
}

static void tell(const struct measurement *m, FILE *to)
{
	size_t n;
	struct family *families = families_find(m, &n);

	machine_tell(to);
	tell_awake(m, to);
	if (m->n)
		table_print(m, to);
	families_tell(families, n, to);
	families_free(families, n);
	for (size_t i = 0; i < m->n_labs; i++)
		lab_tell(&m->labs[i], to);
}

static int verdict(const struct measurement *m)
{
	size_t measured = 0;
	bool bad = false;

	for (size_t i = 0; i < m->n_labs; i++) {
		measured += m->labs[i].n > 0;
		bad |= m->labs[i].error != NULL;
	}

	for (size_t i = 0; i < m->n; i++) {
		measured += m->v[i].samples.n > 0;
		bad |= m->v[i].error && !m->v[i].unsupported;
	}
	return bad ? 1 : measured ? 0 : EXIT_NOTHING;
}

/* One of a series of sizes, neither its first nor its last. */
static bool in_between(size_t i)
{
	const char *family = op_at(i)->family;

	return family && !op_at(i)->wait_ms && i && i + 1 < ops_count() && op_at(i - 1)->family &&
	       op_at(i + 1)->family && !strcmp(op_at(i - 1)->family, family) &&
	       !strcmp(op_at(i + 1)->family, family);
}

static int measure(const struct options *o)
{
	struct measurement m = { .o = o };
	struct launcher l = {};
	int ret = 0;

	for (char **name = o->names; *name; name++)
		choose_by(&m, *name);
	for (size_t i = 0; !*o->names && i < ops_count(); i++)
		if (o->quick && in_between(i))
			m.left_out++;
		else
			choose(&m, op_at(i));
	check_reports(o);
	if (place_make(&m.place))
		err(EXIT_UNUSABLE, "a folder for temporary files");
	m.awake = o->let_idle || o->idle ? -ECANCELED : awake_begin();
	if (m.n)
		measure_all(&m);
	for (size_t i = 0; i < m.n_labs && !stop_signal; i++) {
		progress_say(m.labs[i].experiment->name);
		lab_run(&m.labs[i], m.labs[i].experiment, &m.place, o);
	}
	awake_end(m.awake);
	/* The page of all operations shows the steps of a start as well. */
	if (o->html && !*o->names)
		launcher_measure(&l, &m.place, STEP_STARTS);
	progress_clear();
	if (!place_remove(&m.place))
		ret = 1;
	if (!stop_signal) {
		tell(&m, table_file(o));
		ret = ret ?: write_reports(&m, &l);
		ret = ret ?: verdict(&m);
	}
	measure_free(&m);
	launcher_free(&l);
	return stop_signal ? 128 + stop_signal : ret;
}

int main(int argc, char **argv)
{
	struct options o;

	options_parse(&o, argc, argv);
	ops_init();
	stop_catch();
	if (o.list)
		return list_operations();
	if (o.todo)
		return do_operation(&o);
	if (o.serve)
		return serve(&o);
	if (*o.names && !strcmp(*o.names, "start"))
		return start_main(&o, o.names + 1);
	return measure(&o);
}
