// SPDX-License-Identifier: GPL-2.0-only
/* The model of results. */
#include "result.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_HEAD   30
#define NOTES_TAIL   30
#define PROBLEMS_MAX 20

const char *const verdict_names[VERDICTS] = { "lost", "held", "broken", "skipped", "defect" };

struct result *result_find(struct program *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->results[i].name, name))
			return &p->results[i];
	return NULL;
}

void problem_add(struct program *p, const char *kind, const char *format, ...)
{
	struct problem *problem;
	va_list ap;
	char line[4096];

	if (p->n_problems >= PROBLEMS_MAX)
		return;
	p->problems = grow(p->problems, p->n_problems, sizeof(*p->problems));
	problem = &p->problems[p->n_problems++];
	problem->kind = kind;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	text_clean(line);
	problem->text = text("%s", line);
}

/* Of many lines the middle says least. */
static void add_line(struct words *notes, size_t *lost, const char *line)
{
	if (notes->n == NOTES_HEAD + NOTES_TAIL) {
		char **oldest = notes->v + NOTES_HEAD;

		free(*oldest);
		memmove(oldest, oldest + 1, sizeof(*oldest) * NOTES_TAIL);
		notes->n--;
		(*lost)++;
	}
	words_add(notes, "%s", line);
}

void note_add(struct program *p, struct result *r, const char *line)
{
	add_line(r ? &r->notes : &p->notes, r ? &r->notes_lost : &p->notes_lost, line);
}

static void tell_lost(struct words *notes, size_t lost)
{
	char *last;

	if (!lost)
		return;
	words_add(notes, "... %zu lines left out", lost);
	last = notes->v[notes->n - 1];
	memmove(notes->v + NOTES_HEAD + 1, notes->v + NOTES_HEAD,
		sizeof(*notes->v) * (notes->n - NOTES_HEAD - 1));
	notes->v[NOTES_HEAD] = last;
}

void notes_close(struct program *p)
{
	for (size_t i = 0; i < p->n; i++)
		tell_lost(&p->results[i].notes, p->results[i].notes_lost);
	tell_lost(&p->notes, p->notes_lost);
}

void count_program(struct counts *c, const struct program *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct result *r = &p->results[i];

		if (!r->wanted)
			continue;
		c->verdicts[r->verdict]++;
		c->unexpected += r->unexpected;
		c->suspicious += r->suspicious;
	}
	c->problems += p->n_problems;
}

bool program_ok(const struct program *p)
{
	struct counts c = {};

	count_program(&c, p);
	return !c.verdicts[BROKEN] && !c.verdicts[LOST] && !c.problems && !c.unexpected;
}

struct program *program_copy(const struct program *p)
{
	struct program *copy = grow(NULL, 0, sizeof(*copy));

	copy->path = text("%s", p->path);
	copy->name = text("%s", p->name);
	copy->results = grow(NULL, p->n, sizeof(*copy->results));
	for (size_t i = 0; i < p->n; i++)
		copy->results[i] = (struct result) {
			.name = text("%s", p->results[i].name),
			.promise = text("%s", p->results[i].promise),
			.needs = text("%s", p->results[i].needs),
			.limit = p->results[i].limit,
			.wanted = p->results[i].wanted,
		};
	copy->n = p->n;
	return copy;
}

void program_free(struct program *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct result *r = &p->results[i];

		free(r->name);
		free(r->promise);
		free(r->needs);
		free(r->reason);
		words_free(&r->notes);
	}
	for (size_t i = 0; i < p->n_problems; i++)
		free(p->problems[i].text);
	free(p->problems);
	free(p->results);
	free(p->path);
	free(p->name);
	words_free(&p->notes);
}

static bool is_test_name(const char *s)
{
	const char *dot = strchr(s, '.');

	return dot && dot > s && dot[1] &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")];
}

static bool take_line(struct program *p, char *line)
{
	char *limit = strchr(line, '\t'), *marks, *needs, *end;
	struct result *r;

	if (!limit || !(marks = strchr(limit + 1, '\t')) || !(needs = strchr(marks + 1, '\t')))
		return false;
	*limit++ = *marks++ = *needs++ = '\0';
	if (!is_test_name(line) || result_find(p, line))
		return false;
	p->results = grow(p->results, p->n, sizeof(*p->results));
	r = &p->results[p->n];
	r->limit = (unsigned int)strtoul(limit, &end, 10);
	if (end == limit || *end || r->limit > 86400)
		return false;
	r->name = text("%s", line);
	r->promise = promise_id(line);
	r->needs = text("%s", needs);
	p->n++;
	for (char *save, *m = strtok_r(marks, ",", &save); m; m = strtok_r(NULL, ",", &save))
		p->alone |= !strcmp(m, "alone");
	for (char *save, *m = strtok_r(needs, ",", &save); m; m = strtok_r(NULL, ",", &save))
		p->whole |= !strcmp(m, "vm");
	return true;
}

bool listing_parse(struct program *p, char *listing)
{
	size_t before = p->n;

	for (char *save, *line = strtok_r(listing, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!take_line(p, line))
			return false;
	return p->n > before;
}
