// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known to be a run's: processes with its tag in their environment,
 * wherever they have gone, and cgroups with its tag in their name, in whatever
 * hierarchy.
 */
#include "machine.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <mntent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENVIRON_MAX (256 * 1024)

static bool bears(const char *name, const char *tag)
{
	size_t n = strlen(tag);

	return !strncmp(name, tag, n) && (!name[n] || name[n] == '.');
}

/* DATA ends with a NUL of ours; its strings are ended by NULs. */
static bool environ_bears(const char *data, size_t size, const char *tag)
{
	static const char name[] = "BULKHEAD_TAG=";

	for (const char *s = data; s < data + size; s += strlen(s) + 1)
		if (!strncmp(s, name, sizeof(name) - 1))
			return bears(s + sizeof(name) - 1, tag);
	return false;
}

static bool process_bears(int proc, const char *pid, const char *tag, char *room)
{
	CLEAN(free_text) char *name = text("%s/environ", pid);
	CLEAN(close_fd) int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	ssize_t n, size = 0;

	if (fd < 0)
		return false;
	while (size < ENVIRON_MAX - 1 &&
	       (n = read(fd, room + size, (size_t)(ENVIRON_MAX - 1 - size))) > 0)
		size += n;
	room[size] = '\0';
	return size && environ_bears(room, (size_t)size, tag);
}

static void for_processes(void (*fn)(int proc, const char *pid, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid())
			fn(dirfd(proc), e->d_name, arg);
	if (proc)
		closedir(proc);
}

void process_name(const char *pid, struct words *to)
{
	CLEAN(free_text) char *name = NULL;
	CLEAN(free_text) char *path = text("/proc/%s/comm", pid);
	CLEAN(free_text) char *comm = file_text(path);

	if (comm)
		comm[strcspn(comm, "\n")] = '\0';
	name = text("%s (%s)", pid, comm ?: "?");
	if (!words_have(to, name))
		words_add(to, "%s", name);
}

struct owned {
	const char *tag;
	struct words found;
	bool kill;
	char room[ENVIRON_MAX];
};

static void look_at(int proc, const char *pid, void *arg)
{
	struct owned *o = arg;

	if (!process_bears(proc, pid, o->tag, o->room))
		return;
	if (o->kill)
		kill(atoi(pid), SIGKILL);
	else
		process_name(pid, &o->found);
}

static struct words look_for_owned(const char *tag, bool kill_them)
{
	struct owned *o = grow(NULL, 0, sizeof(*o));
	struct words found;

	o->tag = tag;
	o->kill = kill_them;
	for_processes(look_at, o);
	found = o->found;
	free(o);
	return found;
}

struct words owned_processes(const char *tag)
{
	return look_for_owned(tag, false);
}

void owned_kill(const char *tag)
{
	look_for_owned(tag, true);
}

/* Alive, and a child of ours. */
static bool is_our_child(int proc, const char *pid)
{
	char data[1024] = "", state, *end;
	CLEAN(free_text) char *name = text("%s/stat", pid);
	CLEAN(close_fd) int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	int parent;

	if (fd < 0 || read(fd, data, sizeof(data) - 1) <= 0 || !(end = strrchr(data, ')')))
		return false;
	return sscanf(end + 1, " %c %d", &state, &parent) == 2 && parent == getpid() &&
	       state != 'Z' && state != 'X';
}

static bool in_our_cgroup(const struct run *run, const char *pid)
{
	CLEAN(free_text) char *path = text("/proc/%s/cgroup", pid);
	CLEAN(free_text) char *all = file_text(path);
	CLEAN(free_text) char *name = text("/%s/", run->place.tag);

	return run->place.base && all && strstr(all, name);
}

struct orphans {
	const struct run *run;
	struct facts *to;
};

static void look_at_child(int proc, const char *pid, void *arg)
{
	struct orphans *o = arg;
	struct words names = {}, owned;

	if (!is_our_child(proc, pid) || in_our_cgroup(o->run, pid))
		return;
	owned = owned_processes(o->run->place.tag);
	process_name(pid, &names);
	if (!words_have(&owned, names.v[0]))
		fact_add(o->to, names.v[0], "");
	words_free(&owned);
	words_free(&names);
}

void orphans(const struct run *run, struct facts *f)
{
	struct orphans o = { run, f };

	for_processes(look_at_child, &o);
}

static struct words hierarchies(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct words dirs = {};
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || !strcmp(m->mnt_type, "cgroup"))
			words_add(&dirs, "%s", m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return dirs;
}

/* FN says whether to go on below a cgroup. */
static void walk(bool (*fn)(const FTSENT *e, void *arg), void *arg)
{
	struct words dirs = hierarchies();
	FTS *fts = dirs.n ? fts_open(dirs.v, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_D && e->fts_level > 0 && !fn(e, arg))
			fts_set(fts, e, FTS_SKIP);
	if (fts)
		fts_close(fts);
	words_free(&dirs);
}

struct search {
	const char *tag;
	struct words found;
};

static bool look_for(const FTSENT *e, void *arg)
{
	struct search *s = arg;

	if (!bears(e->fts_name, s->tag))
		return true;
	words_add(&s->found, "%s", e->fts_path);
	return false;
}

struct words owned_cgroups(const char *tag)
{
	struct search s = { .tag = tag };

	walk(look_for, &s);
	return s.found;
}

/* Service managers and container engines come and go with theirs at any time. */
static bool is_managed(const char *name)
{
	static const char *const ends[] = { ".slice", ".scope",	 ".service",
					    ".mount", ".socket", ".swap" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(ends); i++)
		if (!strcmp(dot, ends[i]))
			return true;
	return !strcmp(name, "docker") || !strcmp(name, "kubepods") ||
	       !strncmp(name, "bulkhead.", 9);
}

static bool note_foreign(const FTSENT *e, void *arg)
{
	if (is_managed(e->fts_name))
		return false;
	fact_add(arg, e->fts_path, "");
	return true;
}

void foreign_cgroups(const struct run *run, struct facts *f)
{
	if (run->o.disposable)
		walk(note_foreign, f);
}
