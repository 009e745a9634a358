// SPDX-License-Identifier: GPL-2.0-only
/* The tree as folded stacks, a line a stack: what flame graphs are made from. */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trace.h"

#define NONE SIZE_MAX

/* All of it, or nothing; "-" is the output, and what is no plain file is written to as it is. */
int text_to(const char *path, const char *data, size_t size)
{
	struct stat st;
	FILE *f;
	int error;

	if (strcmp(path, "-") && (stat(path, &st) || S_ISREG(st.st_mode))) {
		error = file_replace(path, data, size);
		if (error)
			warnx("%s: %s", path, strerror(-error));
		return error;
	}
	f = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!f || fwrite(data, 1, size, f) != size || (f == stdout ? fflush(f) : fclose(f))) {
		warn("%s", path);
		return -1;
	}
	return 0;
}

static void print_path(const struct trace *t, size_t i, FILE *to)
{
	const struct stage *s = &t->stages[i];

	if (s->parent != NONE) {
		print_path(t, s->parent, to);
		fputc(';', to);
	} else if (s->system) {
		fputs("system-wide;", to);
	}
	fputs(s->name, to);
}

/* In thousandths of a percent of what was traced: a probed run's times are not to be told. */
static double unit(const struct trace *t)
{
	return t->traced > 0 ? 1e5 / t->traced : 0;
}

static void print_place(const struct trace *t, const struct place *p, FILE *to)
{
	long amount = lround(p->ns * unit(t));

	if (!amount)
		return;
	print_path(t, p->stage, to);
	for (size_t i = 0; i < p->frames.n; i++)
		fprintf(to, ";%s", p->frames.v[i]);
	fprintf(to, "%s %ld\n", p->blocked ? ";[blocked]" : "", amount);
}

/* A stage's own time, but for what its places tell more exactly. */
static void print_stage(const struct trace *t, size_t i, FILE *to)
{
	double own = t->stages[i].own;
	long amount;

	for (size_t p = 0; p < t->n_places; p++)
		if (t->places[p].stage == i)
			own -= t->places[p].ns;
	amount = lround(own * unit(t));
	if (amount <= 0)
		return;
	print_path(t, i, to);
	fprintf(to, " %ld\n", amount);
}

int folded_write(const struct trace *t)
{
	char *data;
	size_t size;
	FILE *f = open_memstream(&data, &size);
	int ret;

	if (!f)
		err(EXIT_UNUSABLE, "no memory");
	for (size_t i = 0; i < t->n; i++)
		print_stage(t, i, f);
	for (size_t i = 0; i < t->n_places; i++)
		print_place(t, &t->places[i], f);
	fclose(f);
	ret = text_to(t->o.folded, data, size);
	free(data);
	return ret;
}
