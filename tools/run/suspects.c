// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine is compared when a program has ended.  If only that one has run
 * since it was last found unchanged, a change is its doing.  If others have run
 * beside it, all are waited for, the change is put back, and each is run once
 * more, alone, until one does it again.
 *
 * A comparison costs time; they are made so seldom that they take less than a
 * tenth of it, and the results wait for them.
 */
#include "suspects.h"

#include <stdlib.h>

#define SHARE 10

void suspects_begin(struct suspects *s, struct run *run)
{
	double start = now();

	s->run = run;
	s->before = machine_read(run);
	s->compared = now();
	s->cost = (s->compared - start) / 3; /* sysctls were read twice, and searched for */
}

/* Their results are final, but for those that still run. */
static void acquit(struct suspects *s)
{
	for (size_t i = 0; i < s->run->n; i++) {
		struct program *p = &s->run->programs[i];

		if (p->ended) {
			p->ran = false;
			p->done |= !p->suspected;
		}
	}
	s->draining = false;
}

static size_t count_suspects(const struct suspects *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->run->n; i++)
		n += s->run->programs[i].ran;
	return n;
}

static void blame(struct suspects *s, struct program *p, const struct changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		CLEAN(free_text) char *what = change_text(&c->v[i]);
		CLEAN(free_text) char *done = change_undo(s->run, &c->v[i]);

		if (p)
			problem_add(p, "leaked", "left behind: %s; %s", what, done);
		else
			words_add(&s->unsolved, "%s; %s", what, done);
	}
}

/* What could not be put back is not to be told of again. */
static void compare_anew(struct suspects *s)
{
	struct machine m = machine_read_again(s->run, &s->before);

	machine_free(&s->before);
	s->before = m;
}

static void suspect_all(struct suspects *s)
{
	for (size_t i = 0; i < s->run->n; i++)
		s->run->programs[i].suspected |= s->run->programs[i].ran;
}

static void judge(struct suspects *s, struct program *ended, size_t active, struct changes *c)
{
	if (!c->n) {
		acquit(s);
		return;
	}
	if (ended->suspected || count_suspects(s) == 1) {
		blame(s, ended, c);
		if (ended->suspected)
			words_free(&s->unsolved);
	} else if (active) {
		s->draining = true;
		return;
	} else {
		blame(s, NULL, c);
		suspect_all(s);
	}
	compare_anew(s);
	acquit(s);
}

void suspects_look(struct suspects *s, struct program *ended, size_t active)
{
	double start = now();
	bool last = true;
	struct machine after;
	struct changes c;

	for (size_t i = 0; i < s->run->n; i++)
		last &= s->run->programs[i].ended || s->run->programs[i].done;
	if (!last && !s->draining && !ended->suspected && !ended->whole && !s->run->stopped &&
	    start - s->compared < s->cost * SHARE)
		return;
	after = machine_read_again(s->run, &s->before);
	c = machine_compare(&s->before, &after);
	judge(s, ended, active, &c);
	changes_free(&c);
	machine_free(&after);
	s->compared = now();
	s->cost = s->compared - start;
}

/* Nobody did it again: then it is told of all that could have. */
static void leave_unsolved(struct suspects *s)
{
	for (size_t i = 0; i < s->run->n; i++) {
		struct program *p = &s->run->programs[i];

		for (size_t k = 0; p->suspected && k < s->unsolved.n; k++)
			problem_add(p, "leaked", "left behind, by this or by one beside it: %s",
				    s->unsolved.v[k]);
	}
	words_free(&s->unsolved);
}

struct program *suspects_trial(struct suspects *s)
{
	for (size_t i = 0; s->unsolved.n && !s->run->stopped && i < s->run->n; i++)
		if (s->run->programs[i].suspected && !s->run->programs[i].tried)
			return &s->run->programs[i];
	leave_unsolved(s);
	for (size_t i = 0; i < s->run->n; i++) {
		struct program *p = &s->run->programs[i];

		p->suspected = p->tried = false;
		p->done |= p->ended && !p->ran;
	}
	return NULL;
}

void suspects_end(struct suspects *s)
{
	machine_free(&s->before);
	words_free(&s->unsolved);
}
