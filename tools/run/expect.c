// SPDX-License-Identifier: GPL-2.0-only
/*
 * Skips: those that a list allows (--expect), and those that are suspicious,
 * because this kernel is new enough and the machine has what the row needs.
 */
#include "run.h"

#include <ctype.h>
#include <err.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* "ID-or-glob[<TAB>text of the reason]" lines; "#" begins a comment line. */
void expect_read(struct run *run)
{
	CLEAN(close_file) FILE *f = NULL;
	char *line = NULL, *tab;
	size_t room = 0;

	if (!run->o.expect)
		return;
	f = fopen(run->o.expect, "re");
	if (!f)
		err(EXIT_UNUSABLE, "%s", run->o.expect);
	for (int at = 1; getline(&line, &room, f) > 0; at++) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		tab = strchr(line, '\t');
		if (tab)
			*tab++ = '\0';
		if (!*line || strchr(line, ' ') || (tab && (!*tab || strchr(tab, '\t'))))
			errx(EXIT_UNUSABLE,
			     "%s:%d: an id or glob is expected, or it, a tab and a text",
			     run->o.expect, at);
		run->expected = grow(run->expected, run->n_expected, sizeof(*run->expected));
		run->expected[run->n_expected].pattern = text("%s", line);
		run->expected[run->n_expected++].reason = text("%s", tab ?: "");
	}
	if (ferror(f))
		err(EXIT_UNUSABLE, "%s", run->o.expect);
	free(line);
}

void expect_free(struct run *run)
{
	for (size_t i = 0; i < run->n_expected; i++) {
		free(run->expected[i].pattern);
		free(run->expected[i].reason);
	}
	free(run->expected);
}

static bool is_expected(const struct run *run, const struct result *r)
{
	for (size_t i = 0; i < run->n_expected; i++) {
		const char *pattern = run->expected[i].pattern;

		if ((!fnmatch(pattern, r->promise, 0) || !fnmatch(pattern, r->name, 0)) &&
		    strstr(r->reason ?: "", run->expected[i].reason))
			return true;
	}
	return false;
}

/*
 * Is the kernel surely of this version or later?  "-": old; "<=7.3": there in
 * 7.3, if not before; ">6.12": nobody has looked in which.
 */
static bool kernel_has(const struct run *run, const char *since)
{
	unsigned int want[2] = { 0, 0 }, have[2] = { 0, 0 };

	if (!strncmp(since, "<=", 2))
		since += 2;
	if (*since == '>')
		return false;
	if (sscanf(since, "%u.%u", &want[0], &want[1]) < 1)
		return true;
	sscanf(run->meta.release, "%u.%u", &have[0], &have[1]);
	return have[0] != want[0] ? have[0] > want[0] : have[1] >= want[1];
}

/* The word behind PREFIX in the reason, or NULL. */
static char *word_after(const char *reason, const char *prefix)
{
	const char *at = strstr(reason, prefix);

	if (!at)
		return NULL;
	at += strlen(prefix);
	return text("%.*s", (int)strcspn(at, " ;:"), at);
}

/* "no cpu controller in", "no v1 hierarchy with cpu". */
static bool controller_explains(const struct run *run, const char *reason)
{
	CLEAN(free_text) char *v1 = word_after(reason, "no v1 hierarchy with ");
	CLEAN(free_text) char *v2 = NULL;
	const char *at = strstr(reason, " controller in ");

	if (at) {
		const char *begin = at;

		while (begin > reason && begin[-1] != ' ')
			begin--;
		v2 = text("%.*s", (int)(at - begin), begin);
	}
	return (v1 && !words_have(&run->meta.v1, v1)) ||
	       (v2 && !words_have(&run->meta.controllers, v2));
}

static bool config_explains(const struct run *run, const char *reason)
{
	const char *at = strstr(reason, "CONFIG_");
	CLEAN(free_text) char *name = NULL;

	if (!at)
		return false;
	name = text("%.*s", (int)strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"), at);
	return meta_option(&run->meta, name) == 0;
}

/* "(since 6.11)": a part of what the row is about is newer than the row. */
static bool version_explains(const struct run *run, const char *reason)
{
	CLEAN(free_text) char *since = NULL;
	const char *at = strstr(reason, "(since ");

	if (!at)
		return false;
	at += strlen("(since ");
	since = text("%.*s", (int)strspn(at, "0123456789."), at);
	return *since && !kernel_has(run, since);
}

static bool boot_explains(const char *reason)
{
	CLEAN(free_text) char *word = word_after(reason, "booted with ");
	CLEAN(free_text) char *line = word && *word ? file_text("/proc/cmdline") : NULL;

	return line && !strstr(line, word);
}

static bool is_suspicious(const struct run *run, const struct result *r)
{
	const char *reason = r->reason ?: "";

	if (!r->row || !strncmp(reason, "not permitted", 13) || !kernel_has(run, r->row->since))
		return false;
	return needs_met(run, r->row->needs) && !controller_explains(run, reason) &&
	       !config_explains(run, reason) && !version_explains(run, reason) &&
	       !boot_explains(reason);
}

void judge_skips(const struct run *run, struct program *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct result *r = &p->results[i];

		if (!r->wanted || r->verdict != SKIPPED || !r->reported)
			continue;
		r->unexpected = run->o.expect && !is_expected(run, r);
		r->suspicious = is_suspicious(run, r);
	}
}
