// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface files of cgroups, and which promises' tests read and write each:
 * cgroup-files.tsv says which files there are, file-tests.tsv what was seen to open
 * them ("bulkhead run --files", put together by ci/renew-files).
 */
#include "cover.h"
#include "tsv.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
	char *hierarchy, *controller, *name, *access; /* v2, memory, memory.max, rw */
	char *read, *written;			      /* promises, "-": none */
	char *excuse;				      /* why one of them is none, or "-" */
};

struct files {
	struct cover *cover;
	struct file *v;
	size_t n;
};

static void add(struct files *all, char **v, const char *name)
{
	all->v = grow(all->v, all->n, sizeof(*all->v));
	all->v[all->n++] = (struct file) { .hierarchy = text("%s", v[0]),
					   .controller = text("%s", v[1]),
					   .name = text("%s", name),
					   .access = text("%s", v[5]) };
}

/* "x.{a,b}[_more]" is four files, "-" is none. */
static void take_file(void *to, char **v, const char *path, int at)
{
	char *open = strchr(v[2], '{'), *close = open ? strchr(open, '}') : NULL;
	struct words parts;

	if (!strcmp(v[2], "-"))
		return;
	if (!open) {
		add(to, v, v[2]);
		return;
	}
	if (!close)
		errx(EXIT_UNUSABLE, "%s:%d: a } is expected", path, at);
	*open = *close = '\0';
	parts = words_split(open + 1, ",");
	for (size_t i = 0; i < parts.n; i++) {
		const char *rest = close + 1;
		CLEAN(free_text)
		char *name = text("%s%s%s", v[2], parts.v[i], *rest == '[' ? "" : rest);
		CLEAN(free_text)
		char *longer = text("%s%.*s", name, (int)strcspn(rest + 1, "]"), rest + 1);

		add(to, v, name);
		if (*rest == '[')
			add(to, v, longer);
	}
	words_free(&parts);
}

static struct file *find(struct files *all, const char *hierarchy, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->v[i].hierarchy, hierarchy) && !strcmp(all->v[i].name, name))
			return &all->v[i];
	return NULL;
}

static void take_tests(void *to, char **v, const char *path, int at)
{
	struct files *all = to;
	struct file *f = find(all, v[0], v[1]);

	if (!f)
		errx(EXIT_UNUSABLE, "%s:%d: %s has no file %s", path, at, v[0], v[1]);
	if (f->read)
		errx(EXIT_UNUSABLE, "%s:%d: %s of %s is there twice", path, at, v[1], v[0]);
	f->read = text("%s", v[2]);
	f->written = text("%s", v[3]);
	f->excuse = text("%s", v[4]);
}

static struct files files_of(struct cover *c, const char *lists)
{
	CLEAN(free_text) char *names = text("%s/cgroup-files.tsv", lists);
	CLEAN(free_text) char *tests = text("%s/file-tests.tsv", lists);
	struct files all = { .cover = c };

	tsv_read(names, 7, take_file, &all);
	tsv_read(tests, 5, take_tests, &all);
	return all;
}

static void files_free(struct files *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct file *f = &all->v[i];

		free(f->hierarchy);
		free(f->controller);
		free(f->name);
		free(f->access);
		free(f->read);
		free(f->written);
		free(f->excuse);
	}
	free(all->v);
}

static bool none(const char *promises)
{
	return !promises || !strcmp(promises, "-");
}

/* What it can be done to, and no test does. */
static bool is_hole(const struct file *f)
{
	return (strchr(f->access, 'r') && none(f->read)) ||
	       (f->access[0] == 'w' && none(f->written)) ||
	       (!strcmp(f->access, "rw") && none(f->written));
}

void files_print(struct cover *c, const char *lists)
{
	CLEAN(files_free) struct files all = files_of(c, lists);
	size_t tested = 0, excused = 0;

	printf("%-3s %-36s %-2s  %s\n", "", "file", "", "read by; written by");
	for (size_t i = 0; i < all.n; i++) {
		const struct file *f = &all.v[i];
		bool hole = is_hole(f);

		tested += !hole;
		excused += hole && !none(f->excuse);
		printf("%-3s %-36s %-2s  %s; %s", f->hierarchy, f->name, f->access, f->read ?: "-",
		       f->written ?: "-");
		if (hole)
			printf("  (%s)", none(f->excuse) ? "MISSING" : f->excuse);
		putchar('\n');
	}
	printf("%zu files: %zu tested, %zu excused, %zu missing\n", all.n, tested, excused,
	       all.n - tested - excused);
}

static void check_promises(struct cover *c, const struct file *f, const char *promises)
{
	struct words ids = words_split(none(promises) ? "" : promises, " ");

	for (size_t i = 0; i < ids.n; i++) {
		const struct promise *p = contract_find(&c->contract, ids.v[i]);

		if (!p)
			wrong(c, "%s: %s is on no row of the contract", f->name, ids.v[i]);
		else if (!c->fixtures[p - c->contract.rows])
			wrong(c, "%s: %s has no test", f->name, ids.v[i]);
	}
	words_free(&ids);
}

void files_check(struct cover *c, const char *lists)
{
	CLEAN(files_free) struct files all = files_of(c, lists);

	for (size_t i = 0; i < all.n; i++) {
		const struct file *f = &all.v[i];

		if (is_hole(f) && none(f->excuse))
			wrong(c, "%s of %s (%s) has neither tests nor an excuse", f->name,
			      f->hierarchy, f->access);
		if (!is_hole(f) && !none(f->excuse))
			wrong(c, "%s of %s has tests and an excuse", f->name, f->hierarchy);
		check_promises(c, f, f->read);
		check_promises(c, f, f->written);
	}
}
