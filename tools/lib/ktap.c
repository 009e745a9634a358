// SPDX-License-Identifier: GPL-2.0-only
/* KTAP, a line at a time. */
#include "ktap.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What follows PREFIX in S, or NULL. */
static char *after(char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) ? NULL : s + n;
}

static char *skip_spaces(char *s)
{
	return s + strspn(s, " \t");
}

static void cut_spaces(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
}

/* "# SKIP why", from behind the "#". */
static void parse_directive(struct ktap_line *l, char *s)
{
	static const struct {
		const char *word;
		enum ktap_directive directive;
	} words[] = { { "SKIP", KTAP_SKIP }, { "XFAIL", KTAP_XFAIL } };

	s = skip_spaces(s);
	l->directive = KTAP_OTHER;
	l->reason = s;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char *rest = after(s, words[i].word);

		if (rest && (!*rest || isspace((unsigned char)*rest))) {
			l->directive = words[i].directive;
			l->reason = skip_spaces(rest);
		}
	}
}

/* "3 name # SKIP why" and "3 - name": what comes after "ok". */
static bool parse_result(struct ktap_line *l, char *s)
{
	char *end, *hash;

	if (!isdigit((unsigned char)*s))
		return false;
	l->number = strtol(s, &end, 10);
	if (*end && !isspace((unsigned char)*end))
		return false;
	s = skip_spaces(end);
	if (s[0] == '-' && s[1] == ' ')
		s = skip_spaces(s + 1);
	hash = strstr(s, " # ");
	if (hash) {
		*hash = '\0';
		parse_directive(l, hash + 3);
	}
	cut_spaces(s);
	l->name = s;
	l->kind = KTAP_RESULT;
	return true;
}

/* What the harness says beside the results. */
static void parse_comment(struct ktap_line *l, char *s)
{
	static const char *const chatter[] = { "Starting ", "PASSED: ", "FAILED: ", "Totals: " };
	static const char *const verdicts[] = { "OK  ", "FAIL  ", "SKIP  ", "XFAIL  ", "XPASS  " };
	char *word = skip_spaces(s), *run = after(word, "RUN  ");

	l->kind = KTAP_NOTE;
	l->reason = *s == ' ' ? s + 1 : s;
	if (word - s >= 2 && run) {
		l->kind = KTAP_START;
		run = skip_spaces(run);
		run[strcspn(run, " \t")] = '\0';
		l->name = run;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(chatter); i++)
		if (after(word, chatter[i]))
			l->kind = KTAP_CHATTER;
	for (size_t i = 0; word - s >= 6 && i < ARRAY_SIZE(verdicts); i++)
		if (after(word, verdicts[i]))
			l->kind = KTAP_CHATTER;
	if (isdigit((unsigned char)*word) && strstr(word, " skipped test(s) detected."))
		l->kind = KTAP_CHATTER;
}

struct ktap_line ktap_parse(char *line)
{
	struct ktap_line l = { .kind = KTAP_RUBBISH };
	char *rest;

	if ((rest = after(line, "TAP version ")) || (rest = after(line, "KTAP version "))) {
		l.kind = KTAP_VERSION;
	} else if ((rest = after(line, "1..")) && isdigit((unsigned char)*rest)) {
		l.number = strtol(rest, &rest, 10);
		rest = skip_spaces(rest);
		if (!*rest || *rest == '#')
			l.kind = KTAP_PLAN;
	} else if ((rest = after(line, "ok "))) {
		l.ok = true;
		parse_result(&l, rest);
	} else if ((rest = after(line, "not ok "))) {
		parse_result(&l, rest);
	} else if (*line == '#') {
		parse_comment(&l, line + 1);
	}
	if (l.kind == KTAP_RUBBISH)
		l.reason = line;
	return l;
}
