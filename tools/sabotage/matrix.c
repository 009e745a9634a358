// SPDX-License-Identifier: GPL-2.0-only
/*
 * All rows on the tests that they apply to.  Before it two runs of everything:
 * one that shows what holds under a tracer that alters nothing, and one that
 * shows where each row would apply, so that only that has to be run.
 */
#include "plan.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that hangs has noticed; one that has others beside it may be slower for that. */
#define TEST_LIMIT 8 /* seconds */
#define SLOWER	   6

struct item {
	size_t row;
	bool alone;
	pid_t pid;
	char *json;
};

struct items {
	struct item *v;
	size_t n;
};

static void take_baseline(void *arg, const struct outcome *o)
{
	struct plan *p = arg;
	struct test *t = test_find(p, o->test);

	if (!t)
		return;
	t->seconds = o->seconds;
	t->held = !strcmp(o->result, "held");
	t->why = t->held ? NULL : text("%s", o->result);
}

/*
 * Not those that hold under no tracer: some wait long for what it keeps from them.  That
 * they are not held here keeps them out of the runs by name, too.
 */
static void add_patterns(const struct plan *p, struct sandbox *s)
{
	for (size_t i = 0; i < p->n_tests; i++)
		if (p->tests[i].untraceable)
			words_add(&s->args, "-x%s", p->tests[i].name);
	for (char **a = p->o.patterns; *a; a++)
		words_add(&s->args, "%s", *a);
}

static int run_all(struct plan *p, const char *row, const char *json, const char *bites)
{
	struct sandbox s = { .row = row, .json = json, .bites = bites, .jobs = p->o.jobs };
	int status;

	add_patterns(p, &s);
	waitpid(sandbox_start(p, &s), &status, 0);
	words_free(&s.args);
	if (access(json, R_OK)) {
		CLEAN(free_text) char *path = text("%s.out", json);
		CLEAN(free_text) char *said = file_text(path);

		errx(EXIT_UNUSABLE, "bulkhead run has not come to an end: %s", said ?: "");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNUSABLE;
}

static void add_item(struct plan *p, struct items *items, size_t row, bool alone)
{
	bool any = false;

	for (size_t i = 0; i < p->n_tests; i++)
		any |= plan_has(p, row, i) && p->tests[i].alone == alone;
	if (!any)
		return;
	items->v = grow(items->v, items->n, sizeof(*items->v));
	items->v[items->n++] = (struct item) {
		.row = row,
		.alone = alone,
		.json = text("%s/%s%s", p->work, p->table.rows[row].id, alone ? ".alone" : ""),
	};
}

static void start(struct plan *p, struct item *item)
{
	struct sandbox s = { .row = p->table.rows[item->row].id,
			     .json = item->json,
			     .jobs = 1,
			     .impatient = !p->o.disposable };
	double longest = 0;

	for (size_t i = 0; i < p->n_tests; i++)
		if (plan_has(p, item->row, i) && p->tests[i].alone == item->alone) {
			words_add(&s.args, "%s", p->tests[i].name);
			if (p->tests[i].seconds > longest)
				longest = p->tests[i].seconds;
		}
	s.timeout = TEST_LIMIT + (unsigned int)(SLOWER * longest);
	item->pid = sandbox_start(p, &s);
	words_free(&s.args);
}

struct taking {
	struct plan *p;
	size_t row;
};

static void take_result(void *arg, const struct outcome *o)
{
	struct taking *t = arg;
	struct test *test = test_find(t->p, o->test);
	size_t i = test ? (size_t)(test - t->p->tests) : 0;
	bool noticed = !strcmp(o->result, "broken") || !strcmp(o->result, "lost");

	/* A pattern fits the variants of a test, too: those that were not meant do not count. */
	if (!test || !plan_has(t->p, t->row, i))
		return;
	t->p->cells[cell_of(t->p, t->row, i)] = noticed ? NOTICED : PASSED;
	test->fails |= noticed;
}

static void finish(struct plan *p, struct item *item)
{
	struct taking t = { p, item->row };

	item->pid = -1;
	if (!results_read(item->json, take_result, &t))
		warnx("%s: bulkhead run has not come to an end: %s.out",
		      p->table.rows[item->row].id, item->json);
}

static void run_items(struct plan *p, struct items *items, bool alone, unsigned int jobs)
{
	size_t next = 0, active = 0;
	int status;
	pid_t pid;

	for (;;) {
		for (; next < items->n && active < jobs; next++)
			if (items->v[next].alone == alone) {
				start(p, &items->v[next]);
				active++;
			}
		if (!active)
			return;
		pid = wait(&status);
		for (size_t i = 0; i < items->n; i++)
			if (items->v[i].pid == pid) {
				finish(p, &items->v[i]);
				active--;
			}
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%zu of %zu ", next, items->n);
	}
}

void matrix_run(struct plan *p)
{
	CLEAN(free_text) char *base = text("%s/baseline", p->work);
	CLEAN(free_text) char *dry = text("%s/dry", p->work);
	CLEAN(free_text) char *bites = text("%s/bites", p->work);
	struct items items = {};

	run_all(p, "none", base, NULL);
	if (!results_read(base, take_baseline, p))
		errx(EXIT_UNUSABLE, "no test can be run");
	run_all(p, "all", dry, bites);
	plan_bites(p, bites);
	for (size_t r = 0; r < p->table.n; r++) {
		add_item(p, &items, r, false);
		add_item(p, &items, r, true);
	}
	for (size_t r = 0; r < p->table.n; r++)
		for (size_t i = 0; i < p->n_tests; i++)
			p->tests[i].reached |= plan_has(p, r, i);
	run_items(p, &items, false, 3 * p->o.jobs);
	run_items(p, &items, true, 1);
	for (size_t i = 0; i < items.n; i++)
		free(items.v[i].json);
	free(items.v);
}

static void take_difference(void *arg, const struct outcome *o)
{
	struct plan *p = arg;
	struct test *t = test_find(p, o->test);

	if (!t || !strcmp(t->why ?: "held", o->result))
		return;
	printf("%s: %s without the tracer, %s under one that alters nothing\n", o->test,
	       t->why ?: "held", o->result);
	t->fails = true;
}

/* The same run without a tracer and under one that alters nothing. */
int none_run(struct plan *p)
{
	CLEAN(free_text) char *plain = text("%s/plain", p->work);
	CLEAN(free_text) char *traced = text("%s/traced", p->work);
	double start_of = now(), between, end;
	size_t differ = 0, held = 0;

	run_all(p, NULL, plain, NULL);
	between = now();
	run_all(p, "none", traced, NULL);
	end = now();
	results_read(plain, take_baseline, p);
	results_read(traced, take_difference, p);
	for (size_t i = 0; i < p->n_tests; i++) {
		differ += p->tests[i].fails;
		held += p->tests[i].held;
	}
	printf("# %zu held without the tracer, %zu verdicts differ under it; %.1f s and %.1f s, "
	       "%.2f times\n",
	       held, differ, between - start_of, end - between,
	       (end - between) / (between - start_of));
	return differ ? 1 : 0;
}
