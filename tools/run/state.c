// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run can be killed at any moment, so what it is about to do is written down
 * before: its tag, its folder, and the machine as it was.  The file is locked
 * while the run lives; a file that can be locked is a dead run's, and the next
 * run puts things right.
 *
 * The lock is one of fcntl's, which children do not inherit.  With flock() a
 * child that SIGKILL finds before its execve, moving to its cgroup, would hold
 * it until the kernel's grace period is over, and the next run be too early.
 * But it is lost with any descriptor of the file that we close.
 */
#include "state.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Later than that somebody else may have changed a setting on purpose. */
#define SETTINGS_AGE 3600
#define SWEEP_LIMIT  5 /* seconds for what does not want to die */

static FILE *state_file;
static char *state_dir, *state_path;

/* 0 or -1; how: F_SETLK, or F_SETLKW to wait for it. */
static int lock_file(int fd, int how)
{
	struct flock whole = { .l_type = F_WRLCK };

	return fcntl(fd, how, &whole);
}

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

static char *boot_id(void)
{
	CLEAN(free_text) char *id = file_text("/proc/sys/kernel/random/boot_id");

	return text("%.36s", id ?: "");
}

static char *namespace_links(const char *const *names, size_t n)
{
	struct words links = {};
	char *all;

	for (size_t i = 0; i < n; i++) {
		CLEAN(free_text) char *path = text("/proc/self/ns/%s", names[i]);
		char link[64] = "";

		if (readlink(path, link, sizeof(link) - 1) < 0)
			link[0] = '\0';
		words_add(&links, "%s", link);
	}
	all = words_join(&links, " ");
	words_free(&links);
	return all;
}

/* Those whose settings we see. */
static char *settings_view(void)
{
	static const char *const names[] = { "net", "uts", "ipc", "user" };

	return namespace_links(names, ARRAY_SIZE(names));
}

/* What processes and cgroups we see: who sees others cannot sweep. */
static char *world_view(void)
{
	static const char *const names[] = { "pid", "user", "cgroup" };
	CLEAN(free_text) char *links = namespace_links(names, ARRAY_SIZE(names));
	CLEAN(free_text) char *mount = cgroup2_mount();
	struct stat st = {};

	if (mount && stat(mount, &st))
		st.st_dev = 0;
	return text("%s %lx", links, (unsigned long)st.st_dev);
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
	CLEAN(free_text) char *boot = boot_id();
	CLEAN(free_text) char *world = world_view();
	CLEAN(free_text) char *settings = settings_view();

	fprintf(f, "boot\t%s\nworld\t%s\nsettings\t%s\n", boot, world, settings);
	fprintf(f, "tag\t%s\ntemp\t%s\n", run->place.tag, run->place.temp);
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

/* Whether the folder is, or could be made. */
static bool there_again(void)
{
	CLEAN(free_text) char *dir = state_folder();

	return dir;
}

/*
 * Another run may take the new file for a dead one's until it is locked, and the folder
 * for one that nobody needs until there is a file in it.
 */
static FILE *open_locked(const char *path)
{
	struct stat st;

	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0 && errno == ENOENT && there_again())
			continue;
		if (fd < 0)
			return NULL;
		if (!lock_file(fd, F_SETLKW) && !fstat(fd, &st) && st.st_nlink)
			return fdopen(fd, "w");
		close(fd);
	}
}

void state_begin(const struct run *run, const struct machine *before)
{
	state_dir = state_folder();
	if (!state_dir)
		return;
	/* As the folder is called: in another pid namespace there may be one with our tag. */
	state_path = text("%s/%s", state_dir, strrchr(run->place.temp, '/') + 1);
	state_file = open_locked(state_path);
	if (state_file)
		put_state(state_file, run, before);
	if (!state_file || fflush(state_file))
		warn("%s: a run that is killed will not be swept up after", state_path);
}

void state_end(void)
{
	if (!state_file)
		return;
	unlink(state_path);
	/* In /run it is at its place, and may be what a sandbox has mounted something on. */
	if (geteuid())
		rmdir(state_dir); /* unless another run is on */
	fclose(state_file);
	free(state_path);
	free(state_dir);
}

/* A dead run. */
struct dead {
	char *boot, *world, *settings, *tag, *temp;
	struct machine before;
	bool whole;
};

static void take_line(struct dead *d, char *line)
{
	const struct {
		const char *name;
		char **where;
	} names[] = { { "boot", &d->boot },
		      { "world", &d->world },
		      { "settings", &d->settings },
		      { "tag", &d->tag },
		      { "temp", &d->temp } };
	char *value = strchr(line, '\t'), *second;
	unsigned long kind;

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "end"))
		d->whole = true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(line, names[i].name) && !*names[i].where)
			*names[i].where = text("%s", value);
	if (strncmp(line, "fact ", 5) || !(second = strchr(value, '\t')))
		return;
	*second++ = '\0';
	kind = strtoul(line + 5, NULL, 10);
	unescape(value);
	unescape(second);
	if (kind < KINDS)
		fact_add(&d->before.facts[kind], value, second);
}

static bool kill_all(const char *tag)
{
	double end = now() + SWEEP_LIMIT;
	struct words left = owned_processes(tag);
	bool all;

	while (left.n && now() < end) {
		owned_kill(tag);
		usleep(2000);
		words_free(&left);
		left = owned_processes(tag);
	}
	all = !left.n;
	words_free(&left);
	return all;
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

static bool sweep_cgroups(const char *tag)
{
	struct words cgroups = owned_cgroups(tag);
	bool all = true;

	for (size_t i = 0; i < cgroups.n; i++)
		all &= cgroup_remove(cgroups.v[i], SWEEP_LIMIT);
	words_free(&cgroups);
	return all;
}

/* False: it is not done, and perhaps not to be done from where we are. */
static bool sweep(const struct run *run, struct dead *d, time_t age)
{
	CLEAN(free_text) char *boot = boot_id();
	CLEAN(free_text) char *world = world_view();
	CLEAN(free_text) char *settings = settings_view();
	const char *folder = strrchr(d->temp, '/');

	if (strcmp(d->boot, boot)) /* nothing of it lives */
		return true;
	if (strcmp(d->world, world))
		return false;
	if (!kill_all(d->tag) || !sweep_cgroups(d->tag)) {
		warnx("not all that the killed run %s has left can be removed", d->tag);
		return false;
	}
	if (folder && !strncmp(folder + 1, d->tag, strlen(d->tag)))
		folder_remove(d->temp);
	if (!strcmp(d->settings, settings))
		sweep_settings(run, d, age);
	return true;
}

static void read_dead(struct dead *d, FILE *f)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		take_line(d, line);
	}
	free(line);
	/* Killed while it wrote this, it had done nothing yet. */
	d->whole &= d->boot && d->world && d->settings && d->tag && d->temp;
}

static void sweep_file(const struct run *run, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	CLEAN(close_file) FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct dead d = {};
	struct stat st;

	if (!f || lock_file(fd, F_SETLK) || fstat(fd, &st) || !st.st_nlink)
		return;
	read_dead(&d, f);
	if (!d.whole || sweep(run, &d, time(NULL) - st.st_mtime))
		unlink(path);
	free(d.boot);
	free(d.world);
	free(d.settings);
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
