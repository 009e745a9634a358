// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run can be killed at any moment, so what it is about to do is written down
 * before: its tag, its folder, and the machine as it was.  The file is locked
 * while the run lives; a file that can be locked is a dead run's, and the next
 * run puts things right.
 */
#include "state.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Later than that somebody else may have changed a setting on purpose. */
#define SETTINGS_AGE 3600

static int state_fd = -1;
static char *state_path;

static char *state_folder(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *dir = geteuid() ? runtime && *runtime ? text("%s/bulkhead", runtime)
						    : text("/tmp/bulkhead-%u", geteuid())
			      : text("/run/bulkhead");
	struct stat st;

	mkdir(dir, 0700);
	/* In /tmp it could be somebody else's. */
	if (!lstat(dir, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    !(st.st_mode & 022))
		return dir;
	free(dir);
	return NULL;
}

/* This boot, and the namespaces whose settings we see. */
static char *whereabouts(void)
{
	static const char *const namespaces[] = { "net", "uts", "ipc", "user", "pid" };
	CLEAN(free_text) char *boot = file_text("/proc/sys/kernel/random/boot_id");
	char *all = text("%.36s", boot ?: "");

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		CLEAN(free_text) char *path = text("/proc/self/ns/%s", namespaces[i]);
		CLEAN(free_text) char *before = all;
		char link[64] = "";

		if (readlink(path, link, sizeof(link) - 1) < 0)
			link[0] = '\0';
		all = text("%s %s", before, link);
	}
	return all;
}

static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++)
		if (*s == '\n')
			fputs("\\n", f);
		else if (*s == '\t')
			fputs("\\t", f);
		else if (*s == '\\')
			fputs("\\\\", f);
		else
			fputc(*s, f);
}

static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			*to++ = *s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static void put_state(FILE *f, const struct run *run, const struct machine *before)
{
	CLEAN(free_text) char *where = whereabouts();

	fprintf(f, "where\t%s\ntag\t%s\ntemp\t%s\n", where, run->place.tag, run->place.temp);
	for (size_t k = 0; k < KINDS; k++)
		for (size_t i = 0; i < before->facts[k].n; i++) {
			fprintf(f, "fact %zu\t", k);
			put_escaped(f, before->facts[k].v[i].key);
			fputc('\t', f);
			put_escaped(f, before->facts[k].v[i].value);
			fputc('\n', f);
		}
	fputs("end\t\n", f);
}

/* Another run may take the file for a dead one's until it is locked. */
static int open_locked(const char *path)
{
	struct stat st;

	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0)
			return -1;
		if (!flock(fd, LOCK_EX) && !fstat(fd, &st) && st.st_nlink)
			return fd;
		close(fd);
	}
}

void state_begin(const struct run *run, const struct machine *before)
{
	CLEAN(free_text) char *dir = state_folder();
	CLEAN(close_file) FILE *f = NULL;

	if (!dir)
		return;
	state_path = text("%s/%s", dir, run->place.tag);
	state_fd = open_locked(state_path);
	if (state_fd >= 0)
		f = fdopen(dup(state_fd), "w");
	if (!f) {
		warn("%s: a run that is killed will not be swept up after", state_path);
		return;
	}
	put_state(f, run, before);
}

void state_end(void)
{
	if (state_fd < 0)
		return;
	unlink(state_path);
	close(state_fd);
	free(state_path);
}

/* A dead run. */
struct dead {
	char *where, *tag, *temp;
	struct machine before;
	bool whole;
};

static void take_line(struct dead *d, char *line)
{
	char *value = strchr(line, '\t'), *second;
	unsigned long kind;

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "where"))
		d->where = text("%s", value);
	else if (!strcmp(line, "tag"))
		d->tag = text("%s", value);
	else if (!strcmp(line, "temp"))
		d->temp = text("%s", value);
	else if (!strcmp(line, "end"))
		d->whole = true;
	if (strncmp(line, "fact ", 5) || !(second = strchr(value, '\t')))
		return;
	*second++ = '\0';
	kind = strtoul(line + 5, NULL, 10);
	unescape(value);
	unescape(second);
	if (kind < KINDS)
		fact_add(&d->before.facts[kind], value, second);
}

static void kill_all(const char *tag)
{
	double end = now() + 10;
	struct words left = owned_processes(tag);

	while (left.n && now() < end) {
		owned_kill(tag);
		usleep(2000);
		words_free(&left);
		left = owned_processes(tag);
	}
	for (size_t i = 0; i < left.n; i++)
		warnx("process %s of the killed run %s does not die", left.v[i], tag);
	words_free(&left);
}

static void sweep_settings(const struct run *run, struct dead *d, time_t age)
{
	struct machine after;
	struct changes c;

	for (size_t k = 0; k < KINDS; k++)
		facts_sort(&d->before.facts[k]);
	after = machine_read_again(run, &d->before);
	c = machine_compare(&d->before, &after);
	for (size_t i = 0; i < c.n; i++) {
		bool setting = c.v[i].kind == SYSCTLS || c.v[i].kind == CONTROLS;

		/* Its mounts were its own, and are gone with it. */
		if (c.v[i].kind == MOUNTS || c.v[i].what == REMOVED ||
		    (!run->o.disposable && (!setting || age > SETTINGS_AGE)))
			continue;
		CLEAN(free_text) char *what = change_text(&c.v[i]);
		CLEAN(free_text) char *done = change_undo(run, &c.v[i]);

		warnx("left by the killed run %s: %s; %s", d->tag, what, done);
	}
	changes_free(&c);
	machine_free(&after);
}

static void sweep(const struct run *run, struct dead *d, time_t age)
{
	CLEAN(free_text) char *where = whereabouts();
	const char *folder = strrchr(d->temp, '/');
	struct words cgroups;

	if (strncmp(d->where, where, 36)) /* another boot: nothing of it lives */
		return;
	kill_all(d->tag);
	cgroups = owned_cgroups(d->tag);
	for (size_t i = 0; i < cgroups.n; i++)
		if (!cgroup_remove(cgroups.v[i], 10))
			warnx("%s, of a run that was killed, cannot be removed", cgroups.v[i]);
	words_free(&cgroups);
	if (folder && !strncmp(folder + 1, d->tag, strlen(d->tag)))
		folder_remove(d->temp);
	if (!strcmp(d->where, where))
		sweep_settings(run, d, age);
}

static void sweep_file(const struct run *run, const char *path)
{
	CLEAN(close_fd) int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct dead d = {};
	struct stat st;
	char *line = NULL;
	size_t room = 0;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) || !st.st_nlink)
		return;
	CLEAN(close_file) FILE *f = fdopen(dup(fd), "r");

	while (f && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		take_line(&d, line);
	}
	/* Not whole: it was killed before it had done anything. */
	if (d.whole && d.where && d.tag && d.temp)
		sweep(run, &d, time(NULL) - st.st_mtime);
	unlink(path);
	free(line);
	free(d.where);
	free(d.tag);
	free(d.temp);
	machine_free(&d.before);
}

void state_sweep(const struct run *run)
{
	CLEAN(free_text) char *dir = state_folder();
	CLEAN(free_text) char *pattern = text("%s/bulkhead.*", dir ?: "");
	glob_t found;

	if (!dir || glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		sweep_file(run, found.gl_pathv[i]);
	globfree(&found);
}
