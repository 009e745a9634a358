// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups, of v2 and v1: where we are, what is in a tree, and its end. */
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *own_cgroup(void)
{
	CLEAN(free_text) char *all = file_text("/proc/self/cgroup");
	char *line = all && !strncmp(all, "0::", 3) ? all : all ? strstr(all, "\n0::") : NULL;

	if (!line)
		return text("%s", "");
	line += *line == '\n';
	line[strcspn(line, "\n")] = '\0';
	return text("%s", strcmp(line + 3, "/") ? line + 3 : "");
}

static char *read_in(const char *dir, const char *file)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, file);

	return file_text(path);
}

static int write_in(const char *dir, const char *file, const char *value)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, file);

	return file_put(path, value);
}

/* 1 or 0; -1: the cgroup is gone, or is one that cannot tell (v1, a root). */
int cgroup_populated(const char *dir)
{
	CLEAN(free_text) char *events = read_in(dir, "cgroup.events");
	const char *word = events ? strstr(events, "populated ") : NULL;

	return word ? word[10] == '1' : -1;
}

/* Before cgroup.kill (5.14), and in v1. */
static void kill_members(const char *dir)
{
	CLEAN(free_text) char *pids = read_in(dir, "cgroup.procs");

	for (char *save, *pid = strtok_r(pids ?: "", "\n", &save); pid;
	     pid = strtok_r(NULL, "\n", &save))
		if (atoi(pid) > 0)
			kill(atoi(pid), SIGKILL);
}

/* For each child of a cgroup. */
static void for_children(const char *dir, void (*fn)(const char *child))
{
	struct words children = {};

	cgroup_children(dir, &children);
	for (size_t i = 0; i < children.n; i++)
		fn(children.v[i]);
	words_free(&children);
}

/* Whatever has stopped them, so that they can die. */
static void kill_below(const char *dir)
{
	kill_members(dir);
	write_in(dir, "cgroup.freeze", "0");
	write_in(dir, "freezer.state", "THAWED");
	for_children(dir, kill_below);
}

void cgroup_kill(const char *dir)
{
	if (write_in(dir, "cgroup.kill", "1"))
		kill_below(dir);
}

static void remove_below(const char *dir)
{
	for_children(dir, remove_below);
	rmdir(dir);
}

/* A dying process keeps its cgroup for a moment. */
bool cgroup_remove(const char *dir, double limit)
{
	double end = now() + limit;

	cgroup_kill(dir);
	for (useconds_t pause = 100;; pause = pause < 20000 ? pause * 2 : pause) {
		remove_below(dir);
		if (access(dir, F_OK))
			return true;
		if (now() > end)
			return false;
		usleep(pause);
		kill_below(dir);
	}
}

/* One by one: some cannot be had with others, or while real-time tasks run. */
void cgroup_enable(const char *dir, const char *controllers)
{
	struct words w = words_split(controllers, " \n");

	for (size_t i = 0; i < w.n; i++) {
		CLEAN(free_text) char *plus = text("+%s", w.v[i]);

		write_in(dir, "cgroup.subtree_control", plus);
	}
	words_free(&w);
}

static int switch_all(const char *file, const struct words *these, const struct words *but,
		      const char *sign)
{
	int ret = 0;

	for (size_t i = 0; i < these->n; i++) {
		CLEAN(free_text) char *word = text("%s%s", sign, these->v[i]);

		int error = words_have(but, these->v[i]) ? 0 : file_put(file, word);

		ret = error ? error : ret;
	}
	return ret;
}

/* A subtree_control as it was: only what is different is touched. */
int controllers_restore(const char *file, const char *value)
{
	CLEAN(free_text) char *now_there = file_text(file);
	struct words before = words_split(value, " \n");
	struct words after = words_split(now_there ?: "", " \n");
	int off = switch_all(file, &after, &before, "-");
	int on = switch_all(file, &before, &after, "+");

	words_free(&before);
	words_free(&after);
	return off ? off : on;
}

void cgroup_children(const char *dir, struct words *to)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			words_add(to, "%s/%s", dir, e->d_name);
	if (d)
		closedir(d);
}

void cgroup_processes(const char *dir, struct words *to)
{
	CLEAN(free_text) char *pids = read_in(dir, "cgroup.procs");
	struct words children = {};

	for (char *save, *pid = strtok_r(pids ?: "", "\n", &save); pid;
	     pid = strtok_r(NULL, "\n", &save))
		process_name(pid, to);
	cgroup_children(dir, &children);
	for (size_t i = 0; i < children.n; i++)
		cgroup_processes(children.v[i], to);
	words_free(&children);
}
