// SPDX-License-Identifier: GPL-2.0-only
/* The boots: a guest for each seed, and what guest-path says in it. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hash.h"
#include "output.h"
#include "path.h"

#define LIMIT_S "1200"

static struct words command(const struct options *o, const char *kernel, unsigned int seed)
{
	CLEAN(free_text) char *folder = own_folder();
	struct words argv = {};

	words_add(&argv, "%s/bulkhead-vm", folder);
	words_add(&argv, "-k");
	words_add(&argv, "%s", kernel);
	words_add(&argv, "--seed");
	words_add(&argv, "%u", seed);
	/* Wherever we are: a folder more in the guest is a path longer there. */
	words_add(&argv, "-C");
	words_add(&argv, "/");
	words_add(&argv, "--cpu");
	words_add(&argv, "%s", o->cpu);
	words_add(&argv, "-t");
	words_add(&argv, LIMIT_S);
	if (o->cgroup) {
		words_add(&argv, "--cgroup");
		words_add(&argv, "%s", o->cgroup);
	}
	if (o->modules) {
		words_add(&argv, "-m");
		words_add(&argv, "%s", o->modules);
	}
	words_add(&argv, "-f");
	words_add(&argv, "%s/guest-path:/guest-path", folder);
	words_add(&argv, "--");
	words_add(&argv, "/guest-path");
	words_add(&argv, "%u", o->samples);
	words_add(&argv, "%u", o->around ? seed : 0);
	for (size_t i = 0; o->patterns[i]; i++)
		words_add(&argv, "%s", o->patterns[i]);
	return argv;
}

static struct output boot_start(const struct options *o, const char *kernel, unsigned int seed)
{
	struct words argv = command(o, kernel, seed);
	struct output b = output_start(&argv);

	words_free(&argv);
	return b;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* "N N N ..."; false: it is anything else. */
static bool take_samples(struct count *c, unsigned int seed, const char *text)
{
	struct words all = words_split(text, " ");
	uint64_t *v = calloc(all.n + 1, sizeof(*v));
	bool good = v && all.n;

	for (size_t i = 0; good && i < all.n; i++) {
		char *end;

		errno = 0;
		v[i] = strtoull(all.v[i], &end, 10);
		good = !*end && !errno && *all.v[i] != '-';
	}
	if (good) {
		qsort(v, all.n, sizeof(*v), compare);
		c->by_seed[c->n] = v[all.n / 2];
		c->within[c->n] = v[all.n * 9 / 10] - v[all.n / 10];
		c->n++;
	}
	(void)seed;
	free(v);
	words_free(&all);
	return good;
}

static bool take_line(struct result *r, unsigned int seed, char *line)
{
	char *name = strsep(&line, "\t"), *slept, *end;
	struct count *c;

	if (!line)
		return false;
	if (!strcmp(name, "kernel")) {
		if (!r->kernel)
			r->kernel = text("%s", line);
		return !strcmp(r->kernel, line);
	}
	slept = strsep(&line, "\t");
	if (!line)
		return false;
	c = result_find(r, name) ?: result_add(r, name);
	if (!strcmp(slept, "!")) {
		free(c->why);
		c->why = text("%s", line);
		return true;
	}
	c->sleeps |= strtoul(slept, &end, 10) > 0;
	return !*end && take_samples(c, seed, line);
}

static void boot_end(struct output *b, struct result *r, const char *kernel, unsigned int seed)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int status = output_end(b);

	if (status)
		errx(EXIT_UNUSABLE, "%s: the guest with seed %u ended with %d", kernel, seed,
		     status);
	while ((n = getline(&line, &room, b->from)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!take_line(r, seed, line))
			errx(EXIT_UNUSABLE, "%s: the guest with seed %u said what is no count",
			     kernel, seed);
	}
	free(line);
	fclose(b->from);
}

struct count *result_find(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->counts[i].name, name))
			return &r->counts[i];
	return NULL;
}

struct count *result_add(struct result *r, const char *name)
{
	r->counts = grow(r->counts, r->n, sizeof(*r->counts));
	r->counts[r->n].name = text("%s", name);
	return &r->counts[r->n++];
}

/* The middle of the boots, and how far they lie apart. */
void result_finish(struct result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct count *c = &r->counts[i];
		uint64_t sorted[SEEDS_MAX];

		if (!c->n)
			continue;
		memcpy(sorted, c->by_seed, sizeof(sorted));
		qsort(sorted, c->n, sizeof(*sorted), compare);
		c->instructions = sorted[c->n / 2];
		c->spread = sorted[c->n - 1] - sorted[0];
	}
}

/* A kernel is fetched once, not by every guest. */
static void fetch(const char *kernel)
{
	CLEAN(free_text) char *folder = own_folder();
	CLEAN(free_text) char *path = text("%s/bulkhead-kernel", folder);
	pid_t pid;
	int status;

	if (strspn(kernel, "0123456789") == 0 || strchr(kernel, '/'))
		return;
	pid = fork();
	if (pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
			_exit(127);
		execl(path, path, kernel, NULL);
		err(127, "%s", path);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		errx(EXIT_UNUSABLE, "kernel %s cannot be had", kernel);
}

/* What the guest's programs are: their size makes a difference to some paths. */
static char *build_of_guest(void)
{
	static const char *const names[] = { "guest-path", "guest-init" };
	CLEAN(free_text) char *folder = own_folder();
	uint64_t hash = HASH_BEGIN;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEAN(free_text) char *path = text("%s/%s", folder, names[i]);
		CLEAN(close_file) FILE *f = fopen(path, "re");
		char part[1 << 16];
		size_t n;

		if (!f)
			err(EXIT_UNUSABLE, "%s", path);
		while ((n = fread(part, 1, sizeof(part), f)) > 0)
			hash = hash_add(hash, part, n);
		if (ferror(f))
			errx(EXIT_UNUSABLE, "%s: it cannot be read", path);
	}
	return text("%016llx", (unsigned long long)hash);
}

struct result result_measure(const struct options *o, const char *kernel)
{
	struct result r = { .cpu = text("%s", o->cpu), .seeds = o->seeds, .samples = o->samples };
	struct output boots[SEEDS_MAX];
	unsigned int started = 0;

	fetch(kernel);
	r.build = build_of_guest();
	for (unsigned int seed = 1; seed <= o->seeds; seed++) {
		for (; started < o->seeds && started < seed - 1 + o->jobs; started++)
			boots[started] = boot_start(o, kernel, started + 1);
		boot_end(&boots[seed - 1], &r, kernel, seed);
	}
	if (!r.kernel)
		errx(EXIT_UNUSABLE, "%s: the guests said nothing", kernel);
	result_finish(&r);
	return r;
}
