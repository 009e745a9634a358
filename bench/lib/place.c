// SPDX-License-Identifier: GPL-2.0-only
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "text.h"

#define END_LIMIT 20  /* seconds; 10,000 cgroups take one */
#define AWAIT_NAP 100 /* us */

static const char *temp_folder(void)
{
	const char *temp = getenv("TMPDIR");

	return temp && *temp == '/' ? temp : "/tmp";
}

/* A descriptor that holds the lock, or -1: it is another's. */
static int lock_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Of a dead benchmark's, whose last processes may take a moment to die and hold it as
 * long.  From another pid namespace a living one looks dead, but keeps its lock.
 */
static int lock_dead(const char *path)
{
	pid_t owner = atoi(strrchr(path, '/') + 1 + strlen(PLACE_PREFIX));
	uint64_t end = clock_ns() + DEATH_LIMIT * 1000000000ull;
	int lock;

	while ((lock = lock_folder(path)) < 0 && clock_ns() < end && kill(owner, 0) &&
	       errno == ESRCH)
		nap_us(DEATH_NAP);
	return lock;
}

/* That controllers are enabled because of us is written down as folders in ours. */
#define BORROWED "root-controllers"
#define ENABLED	 "own-controllers"

/* "+a" or "-a" for each of the words, one by one: not all of them may be had. */
static void switch_each(const char *dir, const char *list, char sign)
{
	struct words w = words_split(list ?: "", " \n");

	for (size_t i = 0; i < w.n; i++) {
		CLEAN(free_text) char *one = text("%c%s", sign, w.v[i]);

		cgroup_put(dir, "cgroup.subtree_control", one);
	}
	words_free(&w);
}

static char *list_in(const char *dir, const char *file)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, file);
	char *all = file_text(path);

	if (all)
		all[strcspn(all, "\n")] = '\0';
	return all;
}

static char *parent_of(const char *path)
{
	return text("%.*s", (int)(strrchr(path, '/') - path), path);
}

char *place_controllers_begin(const struct place *p)
{
	CLEAN(free_text) char *parent = parent_of(p->cgroup);
	CLEAN(free_text) char *may = list_in(parent, "cgroup.controllers");
	CLEAN(free_text) char *has = list_in(parent, "cgroup.subtree_control");
	CLEAN(free_text) char *borrowed = text("%s/" BORROWED, p->cgroup);
	CLEAN(free_text) char *enabled = text("%s/" ENABLED, p->cgroup);
	CLEAN(free_text) char *ours = NULL;
	char *list = list_in(p->cgroup, "cgroup.subtree_control");

	if (list && *list)
		return list; /* somebody else's work, and to stay */
	free(list);
	if (has && !*has && may && *may && !mkdir(borrowed, 0755))
		switch_each(parent, may, '+');
	ours = list_in(p->cgroup, "cgroup.controllers");
	if (!mkdir(enabled, 0755))
		switch_each(p->cgroup, ours, '+');
	list = list_in(p->cgroup, "cgroup.subtree_control");
	if (list && *list)
		return list;
	free(list);
	errno = EOPNOTSUPP;
	return NULL;
}

/* What the mark is about, if it is there, is undone. */
static void undo_marked(const struct place *p, const char *mark, const char *dir)
{
	CLEAN(free_text) char *path = text("%s/%s", p->cgroup, mark);
	CLEAN(free_text) char *list = list_in(dir, "cgroup.subtree_control");

	if (!rmdir(path))
		switch_each(dir, list, '-');
}

void place_controllers_end(const struct place *p)
{
	CLEAN(free_text) char *parent = parent_of(p->cgroup);

	undo_marked(p, ENABLED, p->cgroup);
	undo_marked(p, BORROWED, parent);
}

/* A benchmark's; what it has borrowed goes back when nobody below has it any more. */
static bool end_place(const char *cgroup, double seconds)
{
	CLEAN(free_text) char *borrowed = text("%s/" BORROWED, cgroup);
	CLEAN(free_text) char *parent = parent_of(cgroup);
	CLEAN(free_text) char *list = list_in(parent, "cgroup.subtree_control");
	bool back = !access(borrowed, F_OK), gone = cgroup_end(cgroup, seconds);

	if (back)
		switch_each(parent, list, '-');
	return gone;
}

static bool end_folder(const char *path, double seconds)
{
	(void)seconds;
	return folder_end(path);
}

/* What dead benchmarks have left in DIR. */
static void sweep(const char *dir, bool (*end)(const char *path, double seconds))
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		CLEAN(free_text) char *path = NULL;
		struct stat st;
		int lock;

		if (strncmp(e->d_name, PLACE_PREFIX, strlen(PLACE_PREFIX)))
			continue;
		path = text("%s/%s", dir, e->d_name);
		/* In /tmp it could be somebody else's trap. */
		if (lstat(path, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
			continue;
		lock = lock_dead(path);
		if (lock < 0)
			continue;
		end(path, END_LIMIT);
		close(lock);
	}
	if (d)
		closedir(d);
}

/* Our own cgroup below the mount point, as /proc has it. */
static char *own_folder_of(const char *mount)
{
	CLEAN(free_text) char *all = file_text("/proc/self/cgroup");
	char *line = all && !strncmp(all, "0::", 3) ? all : all ? strstr(all, "\n0::") : NULL;

	if (!line)
		return text("%s", mount);
	line += *line == '\n';
	line[strcspn(line, "\n")] = '\0';
	/* Outside of our cgroup namespace: as far in as we can see. */
	if (!strcmp(line + 3, "/") || strstr(line, "/.."))
		return text("%s", mount);
	return text("%s%s", mount, line + 3);
}

static int make_locked(const char *path, int *lock)
{
	/* Somebody who sweeps just now may take the new, not yet locked one. */
	for (int i = 0; i < 10; i++) {
		struct stat st;

		if (mkdir(path, 0755))
			return -errno;
		*lock = lock_folder(path);
		if (*lock >= 0 && !stat(path, &st))
			return 0;
		if (*lock >= 0)
			close(*lock);
	}
	return -EBUSY;
}

/* Ours for the operations, and "self" in it for our own processes. */
static int make_cgroup(struct place *p)
{
	CLEAN(free_text) char *own = NULL, *self = NULL;
	int error;

	p->mount = cgroup2_mount();
	if (!p->mount) {
		p->why = text("no cgroup2 is mounted");
		return -ENOENT;
	}
	own = own_folder_of(p->mount);
	sweep(own, end_place);
	p->cgroup = text("%s/%s", own, p->tag);
	self = text("%s/self", p->cgroup);
	error = make_locked(p->cgroup, &p->locks[0]);
	if (!error && mkdir(self, 0755))
		error = -errno;
	if (!error && (p->cgroup_fd = open(self, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		error = -errno;
	if (error) {
		p->why = text("%s: %s", p->cgroup, strerror(-error));
		rmdir(self);
		rmdir(p->cgroup);
		free(p->cgroup);
		p->cgroup = NULL;
	}
	return error;
}

int place_make(struct place *p)
{
	const char *temp = temp_folder();
	unsigned int salt;
	int error;

	*p = (struct place) { .cgroup_fd = -1, .locks = { -1, -1 } };
	if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
		return -errno;
	p->tag = text(PLACE_PREFIX "%d.%08x", getpid(), salt);
	sweep(temp, end_folder);
	p->temp = text("%s/%s", temp, p->tag);
	error = make_locked(p->temp, &p->locks[1]);
	if (error) {
		free(p->temp);
		p->temp = NULL;
		return error;
	}
	make_cgroup(p);
	return 0;
}

bool place_remove(struct place *p)
{
	bool all = true;

	if (p->cgroup)
		all = end_place(p->cgroup, END_LIMIT);
	if (p->temp)
		all &= folder_end(p->temp);
	for (size_t i = 0; i < ARRAY_SIZE(p->locks); i++)
		close_fd(&p->locks[i]);
	close_fd(&p->cgroup_fd);
	free(p->tag);
	free(p->mount);
	free(p->cgroup);
	free(p->why);
	free(p->temp);
	*p = (struct place) { .cgroup_fd = -1, .locks = { -1, -1 } };
	return all;
}

int cgroup_put(const char *dir, const char *file, const char *value)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, file);

	return file_put(path, value);
}

/* Whether KEY of a flat keyed file has that value; -errno. */
static int has_value(const char *dir, const char *file, const char *key, long value)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, file);
	CLEAN(free_text) char *all = file_text(path);
	size_t n = strlen(key);

	if (!all)
		return -errno;
	for (char *line = all; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		if (!strncmp(line, key, n) && line[n] == ' ')
			return strtol(line + n, NULL, 10) == value;
	return -ENOENT;
}

int cgroup_await(const char *dir, const char *file, const char *key, long value, long ms)
{
	uint64_t end = clock_ns() + (uint64_t)ms * 1000000u;
	int there;

	while (!(there = has_value(dir, file, key, value)) && clock_ns() < end)
		nap_us(AWAIT_NAP);
	return there < 0 ? there : there ? 0 : -ETIMEDOUT;
}

static void kill_below(const char *dir)
{
	if (!cgroup_put(dir, "cgroup.kill", "1"))
		return;
	/* Before cgroup.kill (5.14). */
	cgroup_put(dir, "cgroup.freeze", "0");
	folder_each(dir, kill_below);
	folder_kill_listed(dir, "cgroup.procs");
}

static void remove_below(const char *dir)
{
	folder_each(dir, remove_below);
	rmdir(dir);
}

/* A dying process keeps its cgroup for a moment. */
bool cgroup_end(const char *dir, double seconds)
{
	double end = now() + seconds;

	for (useconds_t nap = 100;; nap = nap < 20000 ? nap * 2 : nap) {
		kill_below(dir);
		remove_below(dir);
		if (access(dir, F_OK))
			return true;
		if (now() > end)
			return false;
		usleep(nap);
	}
}
