// SPDX-License-Identifier: GPL-2.0-only
/* After the end of a program: what was lost, and what is wrong with the program itself. */
#include "run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* How the harness ends; 2 is its word for a defect that is known. */
static bool is_usual(int status)
{
	return status == 0 || status == 1 || status == 2 || status == 4;
}

static char *how_it_ended(const struct job *j)
{
	if (WIFSIGNALED(j->status))
		return text("the program was killed by %s (SIG%s)", strsignal(WTERMSIG(j->status)),
			    sigabbrev_np(WTERMSIG(j->status)) ?: "?");
	return text("the program ended with status %d", WEXITSTATUS(j->status));
}

/* Those without a result: the one that ran when it happened, and those after it. */
static void judge_lost(struct job *j)
{
	CLEAN(free_text) char *ended = how_it_ended(j);

	for (size_t i = 0; i < j->p->n; i++) {
		struct result *r = &j->p->results[i];

		if (!r->wanted || r->reported)
			continue;
		if (r == j->at && !r->reason)
			r->seconds = now() - j->since;
		if (r->reason)
			r->seconds = limit_of(j);
		else if (j->stopped)
			r->reason = text("not run: the program was ended before");
		else
			r->reason = text("no result: %s", ended);
	}
}

static void judge_stopped(struct job *j)
{
	const char *why = j->run->interrupted ? "interrupted" : "--fail-fast";

	for (size_t i = 0; i < j->p->n; i++) {
		struct result *r = &j->p->results[i];

		if (r->wanted && !r->reported) {
			r->verdict = SKIPPED;
			r->reason = text("not run: %s", why);
		}
	}
}

static size_t count_wanted(const struct program *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->results[i].wanted;
	return n;
}

static void judge_program(struct job *j)
{
	CLEAN(free_text) char *ended = how_it_ended(j);
	struct counts c = {};
	bool failed;

	count_program(&c, j->p);
	failed = c.verdicts[BROKEN] > 0;
	if (!j->planned)
		problem_add(j->p, "rubbish", "no plan");
	else if (j->plan != (long)count_wanted(j->p))
		problem_add(j->p, "rubbish", "a plan of %ld tests, where %zu were asked for",
			    j->plan, count_wanted(j->p));
	if (!WIFEXITED(j->status) || !is_usual(WEXITSTATUS(j->status)))
		problem_add(j->p, "crashed", "%s", ended);
	else if (WEXITSTATUS(j->status) == 1 && !failed && !c.verdicts[LOST])
		problem_add(j->p, "crashed", "%s, though no test failed", ended);
}

void job_judge(struct job *j)
{
	if (j->run->stopped && j->stopped) {
		judge_stopped(j);
		return;
	}
	judge_lost(j);
	judge_skips(j->run, j->p);
	notes_close(j->p);
	if (!j->stopped)
		judge_program(j);
}
