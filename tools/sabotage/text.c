// SPDX-License-Identifier: GPL-2.0-only
/* What a file shows instead of what it has. */
#include "trace.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static struct memo *memo_find(struct tracer *t, const struct step *s, const char *name)
{
	for (size_t i = 0; i < t->n_memos; i++)
		if ((!s || t->memos[i].step == s) && !strcmp(t->memos[i].name, name))
			return &t->memos[i];
	return NULL;
}

void memo_put(struct tracer *t, const struct step *s, const char *name, const char *shown)
{
	struct memo *m = memo_find(t, s, name);
	size_t n = strcspn(shown, "\n");

	if (!m) {
		t->memos = grow(t->memos, t->n_memos, sizeof(*t->memos));
		m = &t->memos[t->n_memos++];
		m->name = text("%s", name);
		m->step = s;
	}
	free(m->text);
	m->text = s->action == STALE ? text("%s", shown) : text("%.*s\n", (int)n, shown);
}

const char *memo_get(struct tracer *t, const struct step *s, const char *name)
{
	const struct memo *m = memo_find(t, s, name);

	return m ? m->text : NULL;
}

/* Where the number is: the first one, or the one behind a key; NULL: there is none. */
static const char *find_number(const char *s, const char *key)
{
	size_t n = key ? strlen(key) : 0;

	if (!key)
		return strpbrk(s, "0123456789");
	for (; s; s = (s = strchr(s, '\n')) ? s + 1 : NULL) {
		const char *word = s;

		/* "key 1" lines, or "name key=1 key=2". */
		for (; word; word = (word = strpbrk(word, " \n")) && *word == ' ' ? word + 1 : NULL)
			if (!strncmp(word, key, n) && strchr(" =", word[n]) && word[n] &&
			    isdigit((unsigned char)word[n + 1]))
				return word + n + 1;
	}
	return NULL;
}

char *number_changed(const char *s, const char *key, enum operation op, int64_t value)
{
	const char *at = find_number(s, key);
	char *end;

	if (!at)
		return NULL;
	value = operate((int64_t)strtoull(at, &end, 10), op, value);
	if (value < 0)
		value = 0;
	return text("%.*s%lld%s", (int)(at - s), s, (long long)value, end);
}

static char *replaced(const char *s, const char *what, const char *by)
{
	struct words parts = {};
	const char *at;
	char *all;

	while ((at = strstr(s, what))) {
		words_add(&parts, "%.*s", (int)(at - s), s);
		s = at + strlen(what);
	}
	words_add(&parts, "%s", s);
	all = words_join(&parts, by);
	words_free(&parts);
	return all;
}

static char *without_lines(const char *s, const char *glob)
{
	CLEAN(free_text) char *copy = text("%s", s);
	struct words left = {};
	char *save, *all;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (fnmatch(glob, line, 0))
			words_add(&left, "%s\n", line);
	all = words_join(&left, "");
	words_free(&left);
	return all;
}

/* The same file as we see it; /proc/self's name says whose it was. */
static char *seen_outside(struct task *k)
{
	const char *name = k->name, *rest;
	CLEAN(free_text) char *path = NULL;

	if (!strncmp(name, "/proc/", 6) && isdigit((unsigned char)name[6])) {
		rest = strchr(name + 6, '/');
		path = text("/proc/%d%s", k->pid, rest ?: "");
		return file_text(path);
	}
	return file_text(name);
}

static char *stale_text(struct tracer *t, struct task *k, const struct step *s, const char *seen)
{
	const char *first = memo_get(t, s, k->name);

	if (first)
		return text("%s", first);
	memo_put(t, s, k->name, seen);
	return NULL;
}

char *text_instead(struct tracer *t, struct task *k, const struct step *s, const char *seen)
{
	const char *told;

	switch (s->action) {
	case NUMBER:
		return number_changed(seen, NULL, s->op, s->value);
	case KEY:
		return number_changed(seen, s->word, s->op, s->value);
	case TEXT:
		return text("%s", s->word);
	case REPLACE:
		return strstr(seen, s->word) ? replaced(seen, s->word, s->other) : NULL;
	case HIDE:
		return without_lines(seen, s->word);
	case OUTER:
		return seen_outside(k);
	case STALE:
		return stale_text(t, k, s, seen);
	case TOLD:
		told = memo_get(t, NULL, k->name);
		return told ? text("%s", told) : NULL;
	default:
		return NULL;
	}
}
