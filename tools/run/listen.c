// SPDX-License-Identifier: GPL-2.0-only
/* What a program says, as it says it: results, notes, and what should not be there. */
#include "run.h"

#include "ktap.h"

#include <stdlib.h>
#include <string.h>

/* Between tests, and before the first: nothing but the harness runs. */
#define PAUSE_LIMIT 30
/* The harness has a limit of its own, and says more about what it ended. */
#define TEST_GRACE  10

double limit_of(const struct job *j)
{
	double scale = j->run->scale;

	if (!j->at)
		return PAUSE_LIMIT * scale;
	if (j->run->o.timeout)
		return j->run->o.timeout;
	return (j->at->limit * 1.2 + TEST_GRACE) * scale;
}

static void next_deadline(struct job *j)
{
	j->since = now();
	j->deadline = j->since + limit_of(j);
}

static void take_plan(struct job *j, const struct ktap_line *l)
{
	if (j->planned)
		problem_add(j->p, "rubbish", "a second plan: 1..%ld", l->number);
	j->planned = true;
	j->plan = l->number;
}

static void take_start(struct job *j, const struct ktap_line *l)
{
	j->at = result_find(j->p, l->name);
	next_deadline(j);
}

static void judge(struct result *r, const struct ktap_line *l)
{
	if (!l->ok)
		r->verdict = BROKEN;
	else if (l->directive == KTAP_SKIP)
		r->verdict = SKIPPED;
	else if (l->directive == KTAP_XFAIL)
		r->verdict = DEFECT;
	else
		r->verdict = HELD;
	if (l->reason && *l->reason)
		r->reason = text("%s", l->reason);
}

static void take_result(struct job *j, const struct ktap_line *l)
{
	struct result *r = result_find(j->p, l->name);

	if (!r || !r->wanted) {
		problem_add(j->p, "rubbish", "a result for a test that is not there: '%s'",
			    l->name);
	} else if (r->reported) {
		problem_add(j->p, "rubbish", "a second result for %s", l->name);
		r->verdict = l->ok ? r->verdict : BROKEN;
	} else {
		r->reported = true;
		r->seconds = now() - j->since;
		judge(r, l);
	}
	j->at = NULL;
	next_deadline(j);
	if (!l->ok && j->run->o.fail_fast)
		j->run->stopped = true;
}

void listen_line(struct job *j, char *line, bool errors)
{
	struct ktap_line l;

	text_clean(line);
	if (j->stopped) /* its last words are those of one that is being killed */
		return;
	l = ktap_parse(line);
	if (errors && l.kind != KTAP_CHATTER) {
		/* The harness's own log goes there; a result never does. */
		note_add(j->p, j->at, l.kind == KTAP_NOTE ? l.reason : line);
		return;
	}
	switch (l.kind) {
	case KTAP_PLAN:
		take_plan(j, &l);
		break;
	case KTAP_START:
		take_start(j, &l);
		break;
	case KTAP_RESULT:
		take_result(j, &l);
		break;
	case KTAP_NOTE:
	case KTAP_RUBBISH:
		note_add(j->p, j->at, l.reason);
		break;
	case KTAP_VERSION:
	case KTAP_CHATTER:
		break;
	}
}
