// SPDX-License-Identifier: GPL-2.0-only
/* The steps of a row: "write (NAME) data=[0-9]* => lie-put max". */
#include "sabotage.h"

#include <stdlib.h>
#include <string.h>

/* One step while it is read. */
struct parse {
	struct words words;
	size_t at;
	struct step step;
	const char *error;
};

static const struct {
	const char *name, *calls;
} groups[] = {
	{ "clones", "clone,clone3,unshare" },
	{ "read", "read,pread64" },
	{ "write", "write,pwrite64" },
	{ "poll", "poll,ppoll" },
};

/* Words between blanks; "..." holds them together, with \n, \t, \" and \\ in it. */
static bool split(const char *s, size_t length, struct words *to)
{
	const char *end = s + length;

	for (;;) {
		char *word = text_room(NULL, length + 1), *w = word;
		bool quoted = false, any = false;

		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		for (; s < end && (quoted || (*s != ' ' && *s != '\t')); s++) {
			any = true;
			if (*s == '"') {
				quoted = !quoted;
			} else if (quoted && *s == '\\' && s + 1 < end) {
				s++;
				*w++ = *s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
			} else {
				*w++ = *s;
			}
		}
		*w = '\0';
		if (any)
			words_add(to, "%s", word);
		free(word);
		if (quoted || !any)
			return !quoted;
	}
}

static const char *next(struct parse *p)
{
	if (p->at < p->words.n)
		return p->words.v[p->at++];
	p->error = p->error ?: "it ends too early";
	return "";
}

static int64_t next_value(struct parse *p)
{
	int64_t value = 0;

	if (!value_parse(next(p), &value))
		p->error = p->error ?: "a number or the name of one is expected";
	return value;
}

static void add_call(struct parse *p, const char *name)
{
	const struct call *call = call_find(name);

	if (!call) {
		p->error = p->error ?: "there is no such call";
		return;
	}
	p->step.calls = grow(p->step.calls, p->step.n_calls, sizeof(*p->step.calls));
	p->step.calls[p->step.n_calls++] = call;
}

static void take_calls(struct parse *p)
{
	struct words names = words_split(next(p), ",");

	for (size_t i = 0; i < names.n; i++) {
		const char *all = names.v[i];

		for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
			if (!strcmp(groups[g].name, all))
				all = groups[g].calls;
		struct words calls = words_split(all, ",");

		for (size_t c = 0; c < calls.n; c++)
			add_call(p, calls.v[c]);
		words_free(&calls);
	}
	words_free(&names);
}

/* "arg1" or "[1+16/4]"; what follows, or NULL. */
static const char *take_place(const char *s, struct spot *at)
{
	char *end;

	*at = (struct spot) {};
	if (!strncmp(s, "arg", 3) && s[3] >= '0' && s[3] <= '5') {
		at->arg = s[3] - '0';
		return s + 4;
	}
	if (*s != '[')
		return NULL;
	at->arg = (int)strtol(s + 1, &end, 10);
	if (*end != '+')
		return NULL;
	at->offset = (int)strtol(end + 1, &end, 0);
	if (*end != '/')
		return NULL;
	at->size = (int)strtol(end + 1, &end, 10);
	if (*end != ']' || !strchr("\1\2\4\10", at->size) || at->arg < 0 || at->arg > 5)
		return NULL;
	return end + 1;
}

static const char *take_relation(const char *s, enum relation *rel)
{
	static const struct {
		const char *sign;
		enum relation rel;
	} signs[] = { { "!=", IS_NOT }, { "=", IS }, { "&", HAS }, { ">", ABOVE }, { "<", BELOW } };

	for (size_t i = 0; s && i < ARRAY_SIZE(signs); i++)
		if (!strncmp(s, signs[i].sign, strlen(signs[i].sign))) {
			*rel = signs[i].rel;
			return s + strlen(signs[i].sign);
		}
	return NULL;
}

static bool take_number_condition(const char *word, struct condition *c)
{
	const char *rest = take_place(word, &c->at);

	if (rest) {
		c->of = c->at.size ? OF_MEMORY : OF_ARG;
	} else if (!strncmp(word, "ret", 3) && strchr("=!<>&", word[3])) {
		c->of = OF_RETURN;
		rest = word + 3;
	} else {
		return false;
	}
	rest = take_relation(rest, &c->rel);
	if (rest && c->of == OF_RETURN && (!strcmp(rest, "ok") || !strcmp(rest, "fail"))) {
		c->rel = *rest == 'o' ? ABOVE : BELOW;
		c->value = *rest == 'o' ? -1 : 0;
		return true;
	}
	return rest && value_parse(rest, &c->value);
}

static const char *const types[] = { "user", "pid", "net", "mnt", "ipc", "uts", "time", "cgroup" };

static bool take_word_condition(const char *word, struct condition *c)
{
	static const struct {
		const char *name;
		enum subject of;
	} subjects[] = { { "data=", OF_DATA }, { "type=", OF_TYPE } };

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		if (!strncmp(word, subjects[i].name, strlen(subjects[i].name))) {
			c->of = subjects[i].of;
			c->word = text("%s", word + strlen(subjects[i].name));
			return true;
		}
	if (!strncmp(word, "euid=", 5) || !strncmp(word, "ack=", 4)) {
		c->of = *word == 'e' ? OF_EUID : OF_ACK;
		return value_parse(strchr(word, '=') + 1, &c->value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t n = strlen(types[i]);

		if (strncmp(word, types[i], n) || word[n] != '=')
			continue;
		c->of = OF_INSIDE;
		c->word = text("%s", types[i]);
		c->value = !strcmp(word + n + 1, "inner");
		return c->value || !strcmp(word + n + 1, "outer");
	}
	c->of = OF_NAME;
	c->word = text("%s", word);
	return !strpbrk(word, "=<>");
}

static void take_condition(struct parse *p, const char *word)
{
	struct step *s = &p->step;
	struct condition *c;

	s->conditions = grow(s->conditions, s->n_conditions, sizeof(*s->conditions));
	c = &s->conditions[s->n_conditions++];
	if (!take_number_condition(word, c) && !c->word && !take_word_condition(word, c))
		p->error = p->error ?: "a condition is expected";
	s->after |= c->of == OF_RETURN || c->of == OF_ACK;
}

static const struct {
	const char *sign;
	enum operation op;
} operations[] = {
	{ "+=", PLUS }, { "-=", MINUS }, { "*=", TIMES },
	{ "|=", OR },	{ "&~", CLEAR }, { "=", SET },
};

/* "+=" and "3", or in one word "+=3". */
static void take_operation(struct parse *p)
{
	const char *word = next(p);

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		size_t n = strlen(operations[i].sign);

		if (strncmp(word, operations[i].sign, n))
			continue;
		p->step.op = operations[i].op;
		if (!word[n])
			p->step.value = next_value(p);
		else if (!value_parse(word + n, &p->step.value))
			p->error = p->error ?: "a number is expected";
		return;
	}
	p->error = p->error ?: "one of = += -= *= |= &~ is expected";
}

enum takes { NOTHING, VALUE, ANSWER, OPERATION, WORD, TWO_WORDS, WORD_OPERATION };

static const struct {
	const char *name;
	enum action action;
	enum takes takes;
	bool after;
} actions[] = {
	{ "drop", DROP, VALUE, false },	       { "skip", SKIP, ANSWER, false },
	{ "ret", RETURN, ANSWER, true },       { "put", PUT, WORD, false },
	{ "add", ADD, VALUE, false },	       { "lie", LIE, NOTHING, false },
	{ "lie-put", LIE_PUT, WORD, false },   { "lie-add", LIE_ADD, VALUE, false },
	{ "outer", OUTER, NOTHING, false },    { "late", LATE, VALUE, false },
	{ "number", NUMBER, OPERATION, true }, { "key", KEY, WORD_OPERATION, true },
	{ "text", TEXT, WORD, true },	       { "replace", REPLACE, TWO_WORDS, true },
	{ "hide", HIDE, WORD, true },	       { "stale", STALE, NOTHING, true },
	{ "mute", MUTE, NOTHING, true },       { "swallow", SWALLOW, NOTHING, false },
	{ "ack", ACK, VALUE, true },	       { "novdso", NOVDSO, NOTHING, false },
};

static void take_operands(struct parse *p, enum takes takes)
{
	struct step *s = &p->step;

	if (takes == WORD || takes == TWO_WORDS || takes == WORD_OPERATION)
		s->word = text("%s", next(p));
	if (takes == TWO_WORDS)
		s->other = text("%s", next(p));
	if (takes == OPERATION || takes == WORD_OPERATION)
		take_operation(p);
	if (takes == ANSWER && p->at < p->words.n && !strcmp(p->words.v[p->at], "len")) {
		s->value = INT64_MIN; /* as many bytes as were asked for */
		p->at++;
	} else if (takes == ANSWER && p->at < p->words.n && *p->words.v[p->at] == '+') {
		s->op = PLUS;
		if (!value_parse(next(p) + 1, &s->value))
			p->error = p->error ?: "a number is expected";
	} else if (takes == VALUE || takes == ANSWER) {
		s->value = next_value(p);
	}
}

/* "[0+16/8] &~ 1" before the call, "out [2+12/4] = 0" after it. */
static bool take_change(struct parse *p, const char *word)
{
	bool out = !strcmp(word, "out");
	const char *rest = take_place(out ? next(p) : word, &p->step.at);

	if (!rest)
		return false;
	p->step.action = out ? RESULT : CHANGE;
	p->step.after |= out;
	if (*rest)
		p->error = p->error ?: "a blank is expected";
	take_operation(p);
	return true;
}

static void take_action(struct parse *p)
{
	const char *word = next(p);

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].name, word)) {
			p->step.action = actions[i].action;
			p->step.after |= actions[i].after;
			take_operands(p, actions[i].takes);
			return;
		}
	if (!take_change(p, word))
		p->error = p->error ?: "there is no such action";
}

static void parse_step(struct parse *p)
{
	const char *word;

	take_calls(p);
	while (!p->error && strcmp(word = next(p), "=>"))
		if (*word)
			take_condition(p, word);
	if (!p->error)
		take_action(p);
	if (!p->error && p->at < p->words.n)
		p->error = "there are words too many";
}

static void add(struct sabotages *s, const struct step *step)
{
	s->steps = grow(s->steps, s->n_steps, sizeof(*s->steps));
	s->steps[s->n_steps++] = *step;
}

/* A lie is believed when the file shows it. */
static void add_told(struct sabotages *s, const struct step *lie)
{
	struct step told = { .action = TOLD, .after = true, .row = lie->row };

	told.calls = grow(NULL, 1, sizeof(*told.calls));
	told.calls[told.n_calls++] = call_find("read");
	told.calls[told.n_calls++] = call_find("pread64");
	for (size_t i = 0; i < lie->n_conditions; i++)
		if (lie->conditions[i].of == OF_NAME) {
			told.conditions =
				grow(told.conditions, told.n_conditions, sizeof(*told.conditions));
			told.conditions[told.n_conditions] = lie->conditions[i];
			told.conditions[told.n_conditions++].word =
				text("%s", lie->conditions[i].word);
		}
	add(s, &told);
}

void step_free(struct step *s)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		free(s->conditions[i].word);
	free(s->conditions);
	free(s->calls);
	free(s->word);
	free(s->other);
}

/* The length of the first step of a list: a semicolon between quotes is a part of it. */
static size_t step_length(const char *s)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n] && (quoted || s[n] != ';'); n++)
		quoted ^= s[n] == '"';
	return n;
}

const char *steps_parse(struct sabotages *s, size_t row, const char *how)
{
	const char *error = NULL;

	while (!error) {
		struct parse p = { .step = { .row = row } };
		size_t n = step_length(how);

		if (split(how, n, &p.words))
			parse_step(&p);
		else
			p.error = "a quotation does not end";
		words_free(&p.words);
		error = p.error;
		if (error) {
			step_free(&p.step);
			return error;
		}
		add(s, &p.step);
		if (p.step.action == LIE || p.step.action == LIE_PUT || p.step.action == LIE_ADD)
			add_told(s, &p.step);
		how += n;
		if (!*how++)
			return NULL;
	}
	return error;
}
