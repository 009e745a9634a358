// SPDX-License-Identifier: GPL-2.0-only
/* The report as KTAP 1: a subtest block for each program. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

void ktap_begin(const struct run *run)
{
	printf("KTAP version 1\n1..%zu\n", run->n);
	fflush(stdout);
}

static void put_notes(const struct words *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		printf("  # %s\n", notes->v[i]);
}

/* "#" begins a directive in KTAP, wherever it stands behind a name. */
static void put_reason(const char *directive, const char *reason)
{
	printf(" # %s %s", directive, reason ?: "");
}

static void put_result(const struct result *r, size_t number)
{
	bool ok = r->verdict != BROKEN && r->verdict != LOST;

	put_notes(&r->notes);
	if (!ok && r->reason)
		printf("  # %s: %s\n", r->name, r->reason);
	if (!ok && r->row)
		printf("  # promised: %s\n", r->row->text);
	if (r->suspicious)
		printf("  # suspicious skip: since %s, and nothing is seen to be missing\n",
		       r->row->since);
	if (r->unexpected)
		printf("  # unexpected skip\n");
	printf("  %s %zu %s", ok ? "ok" : "not ok", number, r->name);
	if (r->verdict == SKIPPED)
		put_reason("SKIP", r->reason);
	else if (r->verdict == DEFECT)
		put_reason("XFAIL", r->reason);
	else
		printf(" # %.0f ms", r->seconds * 1000);
	putchar('\n');
}

void ktap_program(const struct run *run, const struct program *p, size_t number)
{
	struct counts c = {};
	size_t n = 0, wanted = 0;

	(void)run;
	for (size_t i = 0; i < p->n; i++)
		wanted += p->results[i].wanted;
	if (wanted)
		printf("  KTAP version 1\n  # Subtest: %s\n  1..%zu\n", p->name, wanted);
	for (size_t i = 0; i < p->n; i++)
		if (p->results[i].wanted)
			put_result(&p->results[i], ++n);
	put_notes(&p->notes);
	for (size_t i = 0; i < p->n_problems; i++)
		printf("  # %s: %s\n", p->name, p->problems[i].text);
	count_program(&c, p);
	printf("%s %zu %s", program_ok(p) ? "ok" : "not ok", number, p->name);
	if (wanted && c.verdicts[SKIPPED] == wanted && program_ok(p))
		put_reason("SKIP", "all of its tests were");
	else
		printf(" # %.0f ms", p->seconds * 1000);
	putchar('\n');
	fflush(stdout);
}

void ktap_end(const struct run *run)
{
	struct counts c = run_counts(run);

	printf("# %zu held, %zu broken, %zu lost, %zu skipped", c.verdicts[HELD],
	       c.verdicts[BROKEN], c.verdicts[LOST], c.verdicts[SKIPPED]);
	if (c.unexpected)
		printf(" (%zu unexpected)", c.unexpected);
	if (c.suspicious)
		printf(" (%zu suspicious)", c.suspicious);
	printf(", %zu known defects, %zu problems; %.1f s\n", c.verdicts[DEFECT], c.problems,
	       run->seconds);
	fflush(stdout);
}
