// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results of each kernel: from the cache, where the same build has run
 * there with the same options, else from a guest.
 */
#include "matrix.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEEP_DAYS 30

/* FNV-1a: to tell builds apart, not to withstand anyone. */
static uint64_t hash_add(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static uint64_t hash_file(uint64_t hash, const char *path)
{
	CLEAN(free_buffer) struct buffer b = file_read(path);

	hash = hash_add(hash, path, strlen(path));
	return hash_add(hash, b.data, b.size);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Whatever in the build can change a result. */
static uint64_t hash_build(void)
{
	CLEAN(free_text) char *dir = own_folder();
	CLEAN(free_text) char *suites = text("%s/suites", dir);
	CLEAN(free_text) char *contract = text("%s/contract", dir);
	CLEAN(free_text) char *run = text("%s/bulkhead-run", dir);
	CLEAN(free_text) char *vm = text("%s/bulkhead-run-vm", dir);
	CLEAN(free_text) char *init = text("%s/guest-init", dir);
	char *const roots[] = { suites, contract, run, vm, init, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	uint64_t hash = 0xcbf29ce484222325;
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_F &&
		    (e->fts_statp->st_mode & 0111 || strstr(e->fts_name, ".tsv")))
			hash = hash_file(hash, e->fts_path);
	if (fts)
		fts_close(fts);
	return hash;
}

static char *cache_path(const struct collect *what, const struct kernel *k, uint64_t build)
{
	CLEAN(free_text) char *cache = cache_folder();
	uint64_t hash = hash_file(build, k->image);

	if (k->config)
		hash = hash_file(hash, k->config);
	for (size_t i = 0; i < what->options.n; i++)
		hash = hash_add(hash, what->options.v[i], strlen(what->options.v[i]) + 1);
	for (char **a = what->areas; *a; a++)
		hash = hash_add(hash, *a, strlen(*a) + 1);
	return text("%s/matrix/%s-%016llx.json", cache, k->release, (unsigned long long)hash);
}

/* Results that nobody has asked for in a month. */
static void cache_sweep(const char *path)
{
	CLEAN(free_text) char *dir = text("%.*s", (int)(strrchr(path, '/') - path), path);
	char *const roots[] = { dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_F &&
		    e->fts_statp->st_mtime < time(NULL) - KEEP_DAYS * 24L * 3600)
			unlink(e->fts_path);
	if (fts)
		fts_close(fts);
}

static _Noreturn void become(char **argv, int out, int errors, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	execv(argv[0], argv);
	err(127, "%s", argv[0]);
}

/* Count what comes by, for whoever waits at a terminal. */
static void watch(int fd, const char *name)
{
	CLEAN(close_file) FILE *ktap = fdopen(fd, "re");
	char *line = NULL;
	size_t room = 0;
	unsigned int tests = 0, broken = 0;

	while (ktap && getline(&line, &room, ktap) > 0) {
		const char *word = line + strspn(line, " ");

		broken += !strncmp(word, "not ok ", 7);
		tests += !strncmp(word, "not ok ", 7) || !strncmp(word, "ok ", 3);
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%s: %u tests, %u not ok ", name, tests, broken);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	free(line);
}

static int run(const struct collect *what, const char *kernel, const char *json, int errors)
{
	CLEAN(free_text) char *dir = own_folder();
	struct words argv = {};
	int pipefd[2], status;
	pid_t pid, self = getpid();

	words_add(&argv, "%s/bulkhead-run-vm", dir);
	words_add(&argv, "-k");
	words_add(&argv, "%s", kernel);
	words_add(&argv, "--json");
	words_add(&argv, "%s", json);
	for (size_t i = 0; i < what->options.n; i++)
		words_add(&argv, "%s", what->options.v[i]);
	words_add(&argv, "--");
	for (char **a = what->areas; *a; a++)
		words_add(&argv, "%s", *a);
	if (pipe2(pipefd, O_CLOEXEC) || (pid = fork()) < 0)
		err(EXIT_NO_GUEST, "%s", argv.v[0]);
	if (!pid)
		become(argv.v, pipefd[1], errors, self);
	close(pipefd[1]);
	watch(pipefd[0], kernel);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *last_words(FILE *errors, int status)
{
	char line[512], *last = text("exit status %d", status);

	rewind(errors);
	while (fgets(line, sizeof(line), errors)) {
		fputs(line, stderr);
		if (strncmp(line, "bulkhead-run-vm: ", 17))
			continue;
		line[strcspn(line, "\n")] = '\0';
		free(last);
		last = text("%s", line + 17);
	}
	return last;
}

/* What the guest said on its errors is told, and kept beside the results. */
static void run_and_keep(const struct collect *what, const char *kernel, const char *path,
			 struct column *c)
{
	CLEAN(free_text) char *log = text("%.*s.log", (int)strlen(path) - 5, path);
	CLEAN(close_file) FILE *errors = fopen(log, "we+");
	int status;

	if (!errors)
		err(EXIT_NO_GUEST, "%s", log);
	status = run(what, kernel, path, fileno(errors));
	c->died = last_words(errors, status);
	if (status == EXIT_NO_GUEST || status == EXIT_LIMIT || access(path, R_OK)) {
		unlink(path);
		unlink(log);
		return;
	}
	free(c->died);
	c->died = NULL;
}

static void collect_one(const struct collect *what, const char *kernel, uint64_t build,
			struct column *c)
{
	CLEAN(free_text) char *path = NULL;
	struct kernel k = {};

	kernel_find(kernel, NULL, &k);
	path = cache_path(what, &k, build);
	CLEAN(free_text) char *dir = text("%.*s", (int)(strrchr(path, '/') - path), path);

	if (folder_make(dir))
		err(EXIT_NO_GUEST, "%s", dir);
	cache_sweep(path);
	c->release = k.release;
	c->name = kernel_short_name(k.release);
	if (what->fresh)
		unlink(path);
	if (access(path, R_OK))
		run_and_keep(what, kernel, path, c);
	if (!c->died && !results_read(c, path)) {
		unlink(path);
		c->died = text("no results");
	}
}

void collect(const struct collect *what, struct matrix *m)
{
	uint64_t build = hash_build();

	m->n_columns = what->kernels.n;
	m->columns = calloc(m->n_columns, sizeof(*m->columns));
	if (!m->columns)
		err(EXIT_NO_GUEST, "no memory");
	for (size_t i = 0; i < m->n_columns; i++)
		collect_one(what, what->kernels.v[i], build, &m->columns[i]);
}
