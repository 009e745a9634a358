// SPDX-License-Identifier: GPL-2.0-only
/* What CI systems read that are fond of lines or of plain JSON: SQUAD, KCIDB, LAVA. */
#include "run.h"

#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define EXCERPT_MAX 16384 /* KCIDB's */

typedef void result_fn(void *to, const struct program *p, const struct result *r);

static void for_results(const struct run *run, void *to, result_fn *fn)
{
	for (size_t i = 0; i < run->n; i++)
		for (size_t t = 0; t < run->programs[i].n; t++)
			if (run->programs[i].results[t].wanted)
				fn(to, &run->programs[i], &run->programs[i].results[t]);
}

static void dump(json_t *root, FILE *to)
{
	if (json_dumpf(root, to, JSON_INDENT(1) | JSON_REAL_PRECISION(9)))
		errx(EXIT_UNUSABLE, "no memory");
	fputc('\n', to);
	json_decref(root);
}

/* A program that crashed or leaked is a failed test of its own. */
static void for_problems(const struct run *run, json_t *o)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->programs[i].n_problems) {
			CLEAN(free_text) char *key = text("bulkhead/%s", run->programs[i].name);

			json_object_set_new(o, key, json_string("fail"));
		}
}

static void squad_test(void *to, const struct program *p, const struct result *r)
{
	static const char *const words[VERDICTS] = { "fail", "pass", "fail", "skip", "xfail" };
	CLEAN(free_text) char *key = text("%s/%s", p->name, r->name);

	json_object_set_new(to, key, json_string(words[r->verdict]));
}

void write_squad(const struct run *run, FILE *to)
{
	json_t *root = json_object();

	for_results(run, root, squad_test);
	for_problems(run, root);
	dump(root, to);
}

static void squad_metric(void *to, const struct program *p, const struct result *r)
{
	CLEAN(free_text) char *key = text("%s/%s.seconds", p->name, r->name);

	if (r->verdict != SKIPPED && r->verdict != LOST)
		json_object_set_new(to, key, json_real(r->seconds));
}

void write_squad_metrics(const struct run *run, FILE *to)
{
	json_t *root = json_object();

	for_results(run, root, squad_metric);
	dump(root, to);
}

static char *excerpt(const struct result *r)
{
	CLEAN(free_text) char *all = words_join(&r->notes, "\n");
	char *cut = text("%s%s%s", r->reason ?: "", r->reason && *all ? "\n" : "", all);

	if (strlen(cut) > EXCERPT_MAX) {
		size_t n = EXCERPT_MAX;

		while ((cut[n] & 0xc0) == 0x80) /* not through the middle of a character */
			n--;
		cut[n] = '\0';
	}
	return cut;
}

static void kcidb_test(void *to, const struct program *p, const struct result *r)
{
	static const char *const words[VERDICTS] = { "ERROR", "PASS", "FAIL", "SKIP", "FAIL" };
	CLEAN(free_text) char *log = excerpt(r);
	CLEAN(free_text) char *path = text("bulkhead.%s", r->name);
	json_t *o, *list = json_object_get(to, "tests");
	const char *origin = "bulkhead";
	CLEAN(free_text)
	char *id = text("%s:%s-%s", origin, json_string_value(json_object_get(to, "run")), r->name);

	(void)p;
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f}", "build_id",
		      json_string_value(json_object_get(to, "build")), "id", id, "origin", origin,
		      "path", path, "status", words[r->verdict], "start_time",
		      json_string_value(json_object_get(to, "started")), "duration", r->seconds);
	if (*log)
		json_object_set_new(o, "log_excerpt", json_string(log));
	json_object_set_new(o, "number", json_pack("{s:f, s:s}", "value", r->seconds, "unit", "s"));
	if (r->row)
		json_object_set_new(o, "comment", json_string(r->row->text));
	json_array_append_new(list, o);
}

void write_kcidb(const struct run *run, FILE *to)
{
	CLEAN(free_text) char *id = text("%s-%s", run->meta.started, run->place.tag);
	CLEAN(free_text) char *build = text("bulkhead:%s", run->meta.release);
	json_t *root =
		json_pack("{s:{s:i, s:i}, s:[], s:s, s:s, s:s}", "version", "major", 5, "minor", 3,
			  "tests", "run", id, "build", build, "started", run->meta.started);

	for_results(run, root, kcidb_test);
	json_object_del(root, "run");
	json_object_del(root, "build");
	json_object_del(root, "started");
	dump(root, to);
}

static void lava_test(void *to, const struct program *p, const struct result *r)
{
	static const char *const words[VERDICTS] = { "fail", "pass", "fail", "skip", "pass" };

	(void)p;
	fprintf(to,
		"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=%s RESULT=%s MEASUREMENT=%.4f UNITS=seconds>\n",
		r->name, words[r->verdict], r->seconds);
}

void write_lava(const struct run *run, FILE *to)
{
	for_results(run, to, lava_test);
	for (size_t i = 0; i < run->n; i++)
		if (run->programs[i].n_problems)
			fprintf(to, "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=%s RESULT=fail>\n",
				run->programs[i].name);
}
