// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the machine have what a row of the contract needs?  Asked only of rows
 * whose test was skipped: the tests probe for themselves.
 */
#include "run.h"

#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_root(const struct run *run, const char *arg)
{
	(void)run, (void)arg;
	return geteuid() == 0;
}

static bool has_userns(const struct run *run, const char *arg)
{
	int status;
	pid_t pid = fork();

	(void)run, (void)arg;
	if (!pid)
		_exit(unshare(CLONE_NEWUSER) != 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && !status;
}

static bool has_delegated(const struct run *run, const char *arg)
{
	(void)arg;
	return run->place.base != NULL;
}

static bool has_vm(const struct run *run, const char *arg)
{
	(void)arg;
	return run->o.disposable;
}

static bool has_2cpus(const struct run *run, const char *arg)
{
	(void)arg;
	return run->meta.cpus >= 2;
}

static bool has_3cpus(const struct run *run, const char *arg)
{
	(void)arg;
	return run->meta.cpus >= 3;
}

static bool has_numa(const struct run *run, const char *arg)
{
	(void)run, (void)arg;
	return !access("/sys/devices/system/node/node1", F_OK);
}

static bool has_hugepages(const struct run *run, const char *arg)
{
	CLEAN(free_text)
	char *n = file_text("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");

	(void)run, (void)arg;
	return n && atoi(n) > 0;
}

static bool has_swap(const struct run *run, const char *arg)
{
	CLEAN(free_text) char *swaps = file_text("/proc/swaps");
	const char *second = swaps ? strchr(swaps, '\n') : NULL;

	(void)run, (void)arg;
	return second && second[1];
}

static bool has_disk(const struct run *run, const char *arg)
{
	(void)run, (void)arg;
	return getenv("BULKHEAD_DISK") != NULL;
}

static bool has_gpu(const struct run *run, const char *arg)
{
	glob_t found;

	(void)run, (void)arg;
	if (glob("/sys/class/drm/card*", 0, NULL, &found))
		return false;
	globfree(&found);
	return true;
}

/* Somebody who hands out misc resources: SEV, TDX. */
static bool has_misc(const struct run *run, const char *arg)
{
	CLEAN(free_text) char *path = text("%s/misc.capacity", run->place.mount ?: "");
	CLEAN(free_text) char *capacity = file_text(path);

	(void)arg;
	return capacity && *capacity;
}

static bool has_module(const struct run *run, const char *arg)
{
	CLEAN(free_text) char *path = text("/sys/module/%s", arg ?: "");

	(void)run;
	return !access(path, F_OK);
}

static const struct {
	const char *word;
	bool (*has)(const struct run *run, const char *arg);
} needs[] = {
	{ "root", has_root },
	{ "userns", has_userns },
	{ "delegated", has_delegated },
	{ "vm", has_vm },
	{ "2cpus", has_2cpus },
	{ "3cpus", has_3cpus },
	{ "numa", has_numa },
	{ "hugepages", has_hugepages },
	{ "swap", has_swap },
	{ "disk", has_disk },
	{ "gpu", has_gpu },
	{ "misc", has_misc },
	{ "module", has_module },
};

static bool is_met(const struct run *run, const char *word)
{
	const char *arg = strchr(word, ':');
	size_t n = strcspn(word, ":");

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (strlen(needs[i].word) == n && !strncmp(needs[i].word, word, n))
			return needs[i].has(run, arg ? arg + 1 : NULL);
	return !strcmp(word, "-");
}

bool needs_met(const struct run *run, const char *words)
{
	struct words w = words_split(words, ",");
	bool all = true;

	for (size_t i = 0; i < w.n; i++)
		all = all && is_met(run, w.v[i]);
	words_free(&w);
	return all;
}
