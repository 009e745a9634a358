// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runtimes that are installed, through hyperfine.  crun before 1.9 takes a hybrid
 * layout whose cgroup2 has controllers for one that it cannot use; in a mount
 * namespace where a tmpfs hides that mount it works, and nobody else sees the tmpfs.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "start.h"

#define ROUND 5 /* starts in one go */

extern char **environ;

/* @: the worker's bundle; =: the place's folder; !: the program that does nothing. */
static const struct {
	const char *name, *program, *command;
	bool hide_unified;
} known[] = {
	{ "true", "true", "!", false },
	{ "unshare", "unshare", "unshare -f -p -n -i -u -C --mount-proc !", false },
	{ "bwrap", "bwrap", "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc !", false },
	{ "crun-no-cgroup", "crun",
	  "crun --root =/crun --cgroup-manager=disabled run -b @ bulkhead-%d", true },
	{ "crun", "crun", "crun --root =/crun run -b @ bulkhead-%d", true },
	{ "runc", "runc", "runc --root =/runc run -b @ bulkhead-%d", false },
	{ "nspawn", "systemd-nspawn",
	  "systemd-nspawn -q --register=no --keep-unit --console=pipe -M bulkhead-%d -D @/rootfs "
	  "/true",
	  false },
	{ "youki", "youki", "youki --root =/youki run -b @ bulkhead-%d", false },
};

static bool installed(const char *program)
{
	struct words folders = words_split(getenv("PATH") ?: "", ":");
	bool found = false;

	for (size_t i = 0; !found && i < folders.n; i++) {
		CLEAN(free_text) char *path = text("%s/%s", folders.v[i], program);

		found = !access(path, X_OK);
	}
	words_free(&folders);
	return found;
}

static bool wanted(const char *name, char *const *names)
{
	for (char *const *n = names; *n; n++)
		if (!strcmp(*n, name))
			return true;
	return !*names;
}

static struct words fill_in(const char *command, const struct place *place)
{
	CLEAN(free_text) char *own = own_folder();
	struct words raw = words_split(command, " "), argv = {};

	for (size_t i = 0; i < raw.n; i++) {
		const char *w = raw.v[i];

		if (*w == '@')
			words_add(&argv, "%s/bundle.%%d%s", place->temp, w + 1);
		else if (*w == '=')
			words_add(&argv, "%s%s", place->temp, w + 1);
		else if (!strcmp(w, "!"))
			words_add(&argv, "%s/bench-true", own);
		else
			words_add(&argv, "%s", w);
	}
	words_free(&raw);
	return argv;
}

void runtimes_check(char *const *names)
{
	for (char *const *name = names; *name; name++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && strcmp(known[i].name, *name))
			i++;
		if (i == ARRAY_SIZE(known))
			errx(EXIT_UNUSABLE,
			     "no runtime '%.80s' is known: true, unshare, bwrap, "
			     "crun-no-cgroup, crun, runc, nspawn, youki",
			     *name);
	}
}

/* A hybrid layout whose cgroup2 has controllers. */
static bool to_be_hidden(const struct place *place)
{
	CLEAN(free_text) char *list = text("%s/cgroup.controllers", place->mount ?: "");
	CLEAN(free_text) char *controllers = file_text(list);
	CLEAN(free_text) char *mounts = file_text("/proc/self/mounts");

	return mounts && strstr(mounts, " cgroup ") && place->mount && controllers &&
	       controllers[0] && controllers[0] != '\n';
}

struct runtime *runtimes_find(const struct place *place, char *const *names, size_t *n)
{
	struct runtime *v = NULL;

	*n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!wanted(known[i].name, names) || (!*names && !installed(known[i].program)))
			continue;
		v = grow(v, *n, sizeof(*v));
		v[*n] = (struct runtime) { .name = known[i].name,
					   .argv = fill_in(known[i].command, place),
					   .hide_unified =
						   known[i].hide_unified && to_be_hidden(place) };
		if (!installed(known[i].program))
			v[*n].error = text("%s is not installed", known[i].program);
		++*n;
	}
	return v;
}

/* In this process alone. */
static int hide(const struct place *place)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount("tmpfs", place->mount, "tmpfs", 0, NULL);
}

/* With the worker's number in place of %d. */
static char **numbered(const struct runtime *r, unsigned int worker)
{
	char **argv = grow(NULL, r->argv.n, sizeof(*argv));

	for (size_t i = 0; i < r->argv.n; i++) {
		const char *w = r->argv.v[i], *hole = strstr(w, "%d");

		argv[i] = hole ? text("%.*s%u%s", (int)(hole - w), w, worker, hole + 2)
			       : text("%s", w);
	}
	argv[r->argv.n] = NULL;
	return argv;
}

static char *quoted(char *const *argv)
{
	struct words w = {};
	char *all;

	for (; *argv; argv++)
		words_add(&w, "'%s'", *argv);
	all = words_join(&w, " ");
	words_free(&w);
	return all;
}

static void exec_hyperfine(const struct place *place, const struct runtime *r, unsigned int n,
			   const char *export, const char *said)
{
	CLEAN(free_text) char *command = quoted(numbered(r, 0));
	CLEAN(free_text) char *count = text("%u", n);
	int out = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (r->hide_unified && hide(place)) {
		dprintf(out, "a tmpfs over %s: %s\n", place->mount, strerror(errno));
		_exit(1);
	}
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execlp("hyperfine", "hyperfine", "-N", "--style", "none", "-w", "1", "-r", count, "-n",
	       r->name, "--export-json", export, command, NULL);
	dprintf(STDERR_FILENO, "hyperfine: %s\n", strerror(errno));
	_exit(127);
}

/* The first line that tells anything. */
static char *reason(const char *said)
{
	CLEAN(free_text) char *all = file_text(said);
	char *line = all ? all + strspn(all, " \n") : NULL;

	if (!line || !*line)
		return text("it failed and said nothing");
	line[strcspn(line, "\n")] = '\0';
	text_clean(line);
	return text("%.200s", line);
}

static void take(struct runtime *r, const char *export, const char *said)
{
	json_t *root = json_load_file(export, 0, NULL);
	const json_t *result = json_array_get(json_object_get(root, "results"), 0);
	const json_t *times = json_object_get(result, "times");
	double n = (double)json_array_size(times), all = n + (double)r->times.n;

	for (size_t i = 0; i < json_array_size(times); i++)
		samples_add(&r->times, json_number_value(json_array_get(times, i)));
	samples_end_batch(&r->times);
	if (n > 0) {
		double user = json_number_value(json_object_get(result, "user"));
		double system = json_number_value(json_object_get(result, "system"));

		r->user += (user - r->user) * n / all;
		r->system += (system - r->system) * n / all;
	}
	if (!json_array_size(times))
		r->error = reason(said);
	json_decref(root);
	unlink(export);
}

/* What a runtime says when it fails is seen only without hyperfine between. */
static char *try_alone(const struct place *place, const struct runtime *r)
{
	CLEAN(free_text) char *said = text("%s/said", place->temp);
	pid_t pid = child_fork(0, NO_CGROUP);
	int status;

	if (!pid) {
		char **argv = numbered(r, 0);
		int out = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (r->hide_unified && hide(place))
			_exit(1);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	status = pid < 0 ? -1 : child_wait(pid);
	return status ? reason(said) : NULL;
}

static void round_of(const struct place *place, struct runtime *r, unsigned int n)
{
	CLEAN(free_text) char *export = text("%s/hyperfine.json", place->temp);
	CLEAN(free_text) char *said = text("%s/said", place->temp);
	pid_t pid = child_fork(0, NO_CGROUP);

	if (!pid)
		exec_hyperfine(place, r, n, export, said);
	if (pid > 0)
		child_wait(pid);
	take(r, export, said);
}

void runtimes_measure(const struct place *place, struct runtime *v, size_t n, unsigned int runs)
{
	for (size_t i = 0; i < n && !stop_signal; i++)
		if (!v[i].error)
			v[i].error = try_alone(place, &v[i]);
	for (unsigned int done = 0; done < runs; done += ROUND) {
		size_t first = (size_t)random() % (n ?: 1);

		for (size_t k = 0; k < n && !stop_signal; k++) {
			struct runtime *r = &v[(first + k) % n];

			if (!r->error)
				round_of(place, r, runs - done < ROUND ? runs - done : ROUND);
		}
	}
}

static int repeat(const struct place *place, const struct runtime *r, unsigned int worker,
		  unsigned int each, const char *said)
{
	char **argv = numbered(r, worker);
	posix_spawn_file_actions_t output;
	int bad = 0;

	posix_spawn_file_actions_init(&output);
	posix_spawn_file_actions_addopen(&output, STDOUT_FILENO, said, O_WRONLY | O_CREAT | O_TRUNC,
					 0600);
	posix_spawn_file_actions_adddup2(&output, STDOUT_FILENO, STDERR_FILENO);
	if (r->hide_unified && hide(place))
		return 1;
	for (unsigned int i = 0; i < each && !bad; i++) {
		pid_t pid;

		bad = posix_spawnp(&pid, argv[0], &output, NULL, argv, environ) || child_wait(pid);
	}
	return bad;
}

double runtime_rate(const struct place *place, const struct runtime *r, unsigned int workers,
		    unsigned int each, char **why)
{
	pid_t *pids = grow(NULL, workers, sizeof(*pids));
	double start = now(), took;

	*why = NULL;
	for (unsigned int w = 0; w < workers; w++) {
		CLEAN(free_text) char *said = text("%s/said.%u", place->temp, w);

		pids[w] = child_fork(0, NO_CGROUP);
		if (!pids[w])
			_exit(repeat(place, r, w, each, said) ? 1 : 0);
	}
	for (unsigned int w = 0; w < workers; w++) {
		CLEAN(free_text) char *said = text("%s/said.%u", place->temp, w);

		if ((pids[w] < 0 || child_wait(pids[w])) && !*why)
			*why = reason(said);
	}
	took = now() - start;
	free(pids);
	return *why ? 0 : workers * each / took;
}

void runtimes_free(struct runtime *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		words_free(&v[i].argv);
		samples_free(&v[i].times);
		free(v[i].error);
		for (size_t k = 0; k < v[i].n_rates; k++)
			free(v[i].rates[k].why);
		free(v[i].rates);
	}
	free(v);
}
