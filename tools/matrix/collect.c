// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results of each kernel: from the cache, where the same build has run
 * there with the same options, else from a guest.
 */
#include "matrix.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KERNELS_MAX 64

/* A run of the suites in a guest. */
struct guest_run {
	const char *kernel;
	struct column *column;
	char *json, *log;
	FILE *errors;
	pid_t pid;
	int ktap;
	bool line_begins;
	unsigned int tests, broken;
};

struct runs {
	struct guest_run *v;
	size_t n, started;
};

static _Noreturn void become(char **argv, int out, int errors, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	execv(argv[0], argv);
	err(127, "%s", argv[0]);
}

static struct words command(const struct collect *what, const struct guest_run *r)
{
	CLEAN(free_text) char *dir = own_folder();
	struct words argv = {};

	words_add(&argv, "%s/bulkhead-run-vm", dir);
	words_add(&argv, "-k");
	words_add(&argv, "%s", r->kernel);
	words_add(&argv, "--json");
	words_add(&argv, "%s", r->json);
	for (size_t i = 0; i < what->options.n; i++)
		words_add(&argv, "%s", what->options.v[i]);
	words_add(&argv, "--");
	for (char **a = what->areas; *a; a++)
		words_add(&argv, "%s", *a);
	return argv;
}

static void run_start(const struct collect *what, struct guest_run *r)
{
	struct words argv = command(what, r);
	pid_t self = getpid();
	int pipefd[2];

	r->errors = fopen(r->log, "we+");
	if (!r->errors)
		err(EXIT_NO_GUEST, "%s", r->log);
	if (pipe2(pipefd, O_CLOEXEC) || (r->pid = fork()) < 0)
		err(EXIT_NO_GUEST, "%s", argv.v[0]);
	if (!r->pid)
		become(argv.v, pipefd[1], fileno(r->errors), self);
	close(pipefd[1]);
	r->ktap = pipefd[0];
	r->line_begins = true;
}

/* The guest's own words, told now and kept beside the results; the last of them. */
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

static void run_end(struct guest_run *r)
{
	int status, code;

	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	close(r->ktap);
	r->ktap = -1;
	r->column->died = last_words(r->errors, code);
	fclose(r->errors);
	if (code == EXIT_NO_GUEST || code == EXIT_LIMIT || access(r->json, R_OK)) {
		unlink(r->json);
		unlink(r->log);
		return;
	}
	free(r->column->died);
	r->column->died = NULL;
}

/* "ok ..." and "not ok ..." lines, for whoever waits. */
static void count(struct guest_run *r, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n') {
			r->line_begins = true;
		} else if (r->line_begins && data[i] != ' ') {
			r->line_begins = false;
			r->tests += data[i] == 'o' || data[i] == 'n';
			r->broken += data[i] == 'n';
		}
	}
}

static void show_progress(const struct runs *runs)
{
	if (!isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	for (size_t i = 0; i < runs->started; i++)
		if (runs->v[i].ktap >= 0)
			fprintf(stderr, "%s: %u tests, %u not ok  ", runs->v[i].column->name,
				runs->v[i].tests, runs->v[i].broken);
}

/* Read what has come from the runs that are under way; how many have ended. */
static size_t runs_read(struct runs *runs)
{
	struct pollfd p[KERNELS_MAX];
	char data[4096];
	size_t ended = 0;

	for (size_t i = 0; i < runs->started; i++)
		p[i] = (struct pollfd) { .fd = runs->v[i].ktap, .events = POLLIN };
	if (poll(p, runs->started, -1) < 0 && errno != EINTR)
		err(EXIT_NO_GUEST, "poll");
	for (size_t i = 0; i < runs->started; i++) {
		ssize_t n = p[i].revents ? read(p[i].fd, data, sizeof(data)) : -1;

		if (n > 0)
			count(&runs->v[i], data, (size_t)n);
		if (n == 0) {
			run_end(&runs->v[i]);
			ended++;
		}
	}
	show_progress(runs);
	return ended;
}

static void run_all(const struct collect *what, struct runs *runs)
{
	size_t under_way = 0;

	while (runs->started < runs->n || under_way) {
		while (under_way < what->at_once && runs->started < runs->n) {
			run_start(what, &runs->v[runs->started++]);
			under_way++;
		}
		under_way -= runs_read(runs);
	}
}

/* Where the results of one kernel are, or will be. */
static char *prepare(const struct collect *what, const char *kernel, uint64_t build,
		     struct column *c)
{
	struct kernel k = {};
	char *path;

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
	return path;
}

void collect(const struct collect *what, struct matrix *m)
{
	uint64_t build = cache_build();
	char *paths[KERNELS_MAX];
	struct runs runs = {};

	if (what->kernels.n > KERNELS_MAX)
		errx(EXIT_NO_GUEST, "%zu kernels: no more than %d", what->kernels.n, KERNELS_MAX);
	m->n_columns = what->kernels.n;
	m->columns = calloc(m->n_columns, sizeof(*m->columns));
	runs.v = calloc(m->n_columns, sizeof(*runs.v));
	if (!m->columns || !runs.v)
		err(EXIT_NO_GUEST, "no memory");
	for (size_t i = 0; i < m->n_columns; i++) {
		paths[i] = prepare(what, what->kernels.v[i], build, &m->columns[i]);
		if (access(paths[i], R_OK))
			runs.v[runs.n++] = (struct guest_run) {
				.kernel = what->kernels.v[i],
				.column = &m->columns[i],
				.json = paths[i],
				.log = text("%.*s.log", (int)strlen(paths[i]) - 5, paths[i]),
			};
	}
	run_all(what, &runs);
	for (size_t i = 0; i < m->n_columns; i++) {
		if (m->columns[i].died || results_read(&m->columns[i], paths[i]))
			continue;
		unlink(paths[i]);
		m->columns[i].died = text("no results");
	}
}
