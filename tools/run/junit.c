// SPDX-License-Identifier: GPL-2.0-only
/* The results as JUnit XML: a suite a program, a case a test. */
#include "run.h"

#include <stdlib.h>

/* All text has been through text_clean: what XML cannot carry is gone. */
static void put_attribute(FILE *to, const char *name, const char *value)
{
	fprintf(to, " %s=\"", name);
	put_markup(to, value);
	fputc('"', to);
}

static void put_notes(FILE *to, const struct result *r)
{
	for (size_t i = 0; i < r->notes.n; i++) {
		put_markup(to, r->notes.v[i]);
		fputc('\n', to);
	}
}

static void put_failure(FILE *to, const struct result *r)
{
	const char *element = r->verdict == LOST ? "error" : "failure";
	const char *first = r->reason ?: r->notes.n ? r->notes.v[0] : "failed";

	fprintf(to, "<%s", element);
	put_attribute(to, "message", r->reason ?: first);
	put_attribute(to, "type", verdict_names[r->verdict]);
	fputc('>', to);
	put_notes(to, r);
	if (r->row) {
		fputs("promised: ", to);
		put_markup(to, r->row->text);
	}
	fprintf(to, "</%s>", element);
}

static void put_case(FILE *to, const struct program *p, const struct result *r)
{
	fputs("    <testcase", to);
	put_attribute(to, "name", r->name);
	put_attribute(to, "classname", p->name);
	fprintf(to, " time=\"%.3f\">", r->seconds);
	if (r->verdict == BROKEN || r->verdict == LOST) {
		put_failure(to, r);
	} else if (r->verdict == SKIPPED || r->verdict == DEFECT) {
		CLEAN(free_text)
		char *why =
			text("%s%s", r->verdict == DEFECT ? "known defect: " : "", r->reason ?: "");

		fputs("<skipped", to);
		put_attribute(to, "message", why);
		fputs("/>", to);
	}
	if (r->notes.n && r->verdict != BROKEN && r->verdict != LOST) {
		fputs("<system-out>", to);
		put_notes(to, r);
		fputs("</system-out>", to);
	}
	fputs("</testcase>\n", to);
}

/* What is wrong with the program itself is a case of its own. */
static void put_problems(FILE *to, const struct program *p)
{
	fputs("    <testcase", to);
	put_attribute(to, "name", p->name);
	put_attribute(to, "classname", p->name);
	fprintf(to, " time=\"%.3f\"><error", p->seconds);
	put_attribute(to, "message", p->problems[0].text);
	put_attribute(to, "type", p->problems[0].kind);
	fputc('>', to);
	for (size_t i = 0; i < p->n_problems; i++) {
		put_markup(to, p->problems[i].text);
		fputc('\n', to);
	}
	fputs("</error></testcase>\n", to);
}

static void put_suite(FILE *to, const struct run *run, const struct program *p)
{
	struct counts c = {};
	size_t *v = c.verdicts, n = 0;

	count_program(&c, p);
	for (size_t i = 0; i < VERDICTS; i++)
		n += v[i];
	fputs("  <testsuite", to);
	put_attribute(to, "name", p->name);
	fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
		n + !!p->n_problems, v[BROKEN], v[LOST] + !!p->n_problems, v[SKIPPED] + v[DEFECT],
		p->seconds);
	fprintf(to, " timestamp=\"%.19s\" hostname=\"localhost\">\n    <properties>\n",
		run->meta.started);
	fputs("      <property name=\"kernel\"", to);
	put_attribute(to, "value", run->meta.release);
	fputs("/>\n      <property name=\"cgroup_layout\"", to);
	put_attribute(to, "value", run->meta.layout);
	fprintf(to, "/>\n      <property name=\"cpus\" value=\"%d\"/>\n", run->meta.cpus);
	fprintf(to, "      <property name=\"config_hash\" value=\"%s\"/>\n    </properties>\n",
		run->meta.config_hash ?: "");
	for (size_t i = 0; i < p->n; i++)
		if (p->results[i].wanted)
			put_case(to, p, &p->results[i]);
	if (p->n_problems)
		put_problems(to, p);
	fputs("    <system-out/>\n    <system-err/>\n  </testsuite>\n", to);
}

void write_junit(const struct run *run, FILE *to)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to);
	for (size_t i = 0; i < run->n; i++)
		put_suite(to, run, &run->programs[i]);
	fputs("</testsuites>\n", to);
}
