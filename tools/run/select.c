// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tests run: what fits a pattern and none of those excluded.  A pattern is an area (uts), a
 * family of areas (core for core-limits and so on), a folder or program of the suites (cgroups,
 * cgroups/core/tree), an id of the contract, a test's own name, or a glob over
 * any of these.
 */
#include "run.h"

#include <err.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool is_below(const char *s, const char *folder, char separator)
{
	size_t n = strlen(folder);

	return !strncmp(s, folder, n) && (!s[n] || s[n] == separator);
}

static bool fits_program(const struct program *p, const char *pattern)
{
	return is_below(p->name, pattern, '/') || !fnmatch(pattern, p->name, 0);
}

static bool fits_test(const struct result *r, const char *pattern)
{
	CLEAN(free_text) char *area = promise_area(r->promise);
	CLEAN(free_text) char *fixture = text("%.*s", (int)strcspn(r->name, "."), r->name);

	return is_below(area, pattern, '-') || !strcmp(fixture, pattern) ||
	       !fnmatch(pattern, area, 0) || !fnmatch(pattern, r->promise, 0) ||
	       !fnmatch(pattern, r->name, 0);
}

static size_t select_in(struct program *p, const char *pattern, bool wanted)
{
	bool all = fits_program(p, pattern);
	size_t n = all && p->n_problems; /* one that could not be listed */

	if (n)
		p->done = wanted;
	for (size_t i = 0; i < p->n; i++)
		if (all || fits_test(&p->results[i], pattern)) {
			p->results[i].wanted = wanted;
			n++;
		}
	return n;
}

static void select_by(struct run *run, const char *pattern, bool wanted)
{
	const struct promise *row;
	size_t n = 0;

	for (size_t i = 0; i < run->n; i++)
		n += select_in(&run->programs[i], pattern, wanted);
	if (n)
		return;
	row = contract_find(&run->contract, pattern);
	if (row && row->excuse)
		errx(EXIT_UNUSABLE, "%s has no test: %s", pattern, row->excuse);
	if (row)
		errx(EXIT_UNUSABLE, "%s has no test yet", pattern);
	errx(EXIT_UNUSABLE, "no test fits '%s': \"bulkhead run --list\" lists them", pattern);
}

static void select_everything(struct run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		struct program *p = &run->programs[i];

		p->done = p->n_problems;
		for (size_t t = 0; t < p->n; t++)
			p->results[t].wanted = true;
	}
}

static bool is_wanted(const struct program *p)
{
	if (p->done)
		return true;
	for (size_t i = 0; i < p->n; i++)
		if (p->results[i].wanted)
			return true;
	return false;
}

/* What may run beside others first, then what must be alone: one wait between. */
static int by_company(const void *a, const void *b)
{
	const struct program *p = a, *q = b;
	bool p_alone = p->alone || p->whole, q_alone = q->alone || q->whole;

	return p_alone != q_alone ? p_alone - q_alone : strcmp(p->name, q->name);
}

void select_tests(struct run *run)
{
	size_t n = 0;

	if (!*run->o.patterns)
		select_everything(run);
	for (char **pattern = run->o.patterns; *pattern; pattern++)
		select_by(run, *pattern, true);
	for (size_t i = 0; i < run->o.excluded.n; i++)
		select_by(run, run->o.excluded.v[i], false);
	for (size_t i = 0; i < run->n; i++) {
		struct program *p = &run->programs[i];

		/* Tests that would change the machine skip on one that is to stay as it is. */
		p->whole &= run->o.disposable;
		if (is_wanted(p))
			run->programs[n++] = *p;
		else
			program_free(p);
	}
	run->n = n;
	qsort(run->programs, n, sizeof(*run->programs), by_company);
}
