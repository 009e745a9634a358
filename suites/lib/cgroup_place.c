// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a test's cgroups are: found or made at the start of the program, one
 * directory a test, swept at its end.
 *
 * The runner gives a directory in BULKHEAD_CGROUP and starts the program in its
 * child "self".  Started by hand, the program makes such a pair below its own
 * cgroup and removes it at the end.
 */
#include "cgroup.h"
#include "file.h"
#include "kconfig.h"
#include "mount.h"
#include "wait.h"

#include <dirent.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* v2: the directory of this program; v1: of this test, one a controller. */
static struct cgroup base = { .version = 2 };
static struct cgroup own = { .version = 2 };
static pid_t owner;	    /* who made the base, and so removes it */
static char home[PATH_MAX]; /* where we came from, to go back at the end */
static char absence[PATH_MAX + 128] = "no cgroup2 is mounted"; /* why there is no base */
/* Made in any process of the test, and swept by the first of them. */
#define V1_MAX 64
static struct {
	atomic_int count;
	struct cgroup made[V1_MAX];
	/* Of a root that was mounted: with what, behind a first byte that is not NUL. */
	char options[V1_MAX][512];
	atomic_int hierarchies; /* how many there were before */
} * v1;

/* The mount point of a file system type with an option; NULL: none. */
static char *find_mount(const char *type, const char *option)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	char *dir = NULL;

	while (mounts && !dir && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, type) && (!option || hasmntopt(m, option)))
			dir = strdup(m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return dir;
}

const char *cgroup_mount(void)
{
	static char *dir;

	if (!dir)
		dir = find_mount("cgroup2", NULL);
	return dir;
}

bool cgroup_mount_option(const char *name)
{
	char *dir = find_mount("cgroup2", name);
	bool found = dir != NULL;

	free(dir);
	return found;
}

char *cgroup_mount_flags(void)
{
	char *flags = calloc(1, 512), *feature, *save;
	char *all = file_read("/sys/kernel/cgroup/features");

	for (feature = strtok_r(all, "\n", &save); feature; feature = strtok_r(NULL, "\n", &save))
		if (cgroup_mount_option(feature))
			snprintf(flags + strlen(flags), 512 - strlen(flags), "%s%s",
				 *flags ? "," : "", feature);
	free(all);
	return flags;
}

void need_cgroup_feature(const char *name)
{
	char *all = file_read("/sys/kernel/cgroup/features");
	bool found = text_has_line(all, name);

	free(all);
	if (!found)
		check_skip("not supported: the mount option %s", name);
}

void cgroup_set_mount_flags_at(struct here h, const char *flags)
{
	char *dir = temp_dir_at(h);

	mount_make_at(h, "cgroup2", dir, "cgroup2", 0, flags);
	if (umount2(dir, MNT_DETACH))
		check_setup_failed(h, "umount %s: %s", dir, errno_name(errno));
	free(dir);
}

/* A base of our own, with this process in its leaf. */
static int try_base(struct cgroup *self)
{
	struct cgroup parent = { .version = 2 };
	char name[32];

	strcpy(parent.path, home);
	snprintf(name, sizeof(name), "bulkhead.%d", owner);
	if (cgroup_try_make(&parent, name, &base))
		return -1;
	if (!cgroup_try_make(&base, "self", self) && !cgroup_try_write(self, "cgroup.procs", "0"))
		return 0;
	int saved = errno;
	rmdir(self->path);
	rmdir(base.path);
	errno = saved;
	return -1;
}

/* When no runner has given one. */
static void make_base(void)
{
	struct cgroup self;
	char *at = cgroup_of(0);

	owner = getpid();
	snprintf(home, sizeof(home), "%s%s", cgroup_mount(), strcmp(at, "/") ? at : "");
	free(at);
	if (try_base(&self)) {
		snprintf(absence, sizeof(absence), "below %s: %s", home, errno_name(errno));
		base.path[0] = '\0';
	}
}

void cgroup_prepare(void)
{
	const char *given = getenv("BULKHEAD_CGROUP");

	if (given)
		snprintf(base.path, sizeof(base.path), "%s", given);
	else if (cgroup_mount())
		make_base();
}

static void sweep(const char *path);

static void sweep_below(const char *path)
{
	struct dirent *e;
	DIR *dir = opendir(path);

	while (dir && (e = readdir(dir))) {
		char child[PATH_MAX];

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if (snprintf(child, sizeof(child), "%s/%s", path, e->d_name) < (int)sizeof(child))
			sweep(child);
	}
	if (dir)
		closedir(dir);
}

/* Kill what is in a tree, thaw it, remove it bottom up. */
static void sweep(const char *path)
{
	struct cgroup cg = { .version = 2 };

	if (access(path, F_OK))
		return;
	snprintf(cg.path, sizeof(cg.path), "%s", path);
	cgroup_try_write(&cg, "cgroup.kill", "1");
	cgroup_try_write(&cg, "cgroup.freeze", "0");
	cgroup_try_write(&cg, "freezer.state", "THAWED");
	sweep_below(path);
	SOON(!rmdir(path) || errno != EBUSY);
}

/*
 * A hierarchy outlives its last mount while it has children, and the last trace
 * of these goes a while after rmdir(2): a remount, that is refused as long.
 */
static int count_hierarchies(void)
{
	char *text = file_read("/proc/self/cgroup");
	int n = text_lines(text);

	free(text);
	return n;
}

static void sweep_mount(const char *path, const char *options)
{
	sweep_below(path);
	SOON(!mount(NULL, path, NULL, MS_REMOUNT, options) || errno != EBUSY);
	umount2(path, MNT_DETACH);
}

void cgroup_finish(void)
{
	struct cgroup back = { .version = 2 };

	if (owner != getpid() || !base.path[0])
		return;
	strcpy(back.path, home);
	cgroup_try_write(&back, "cgroup.procs", "0");
	sweep(base.path);
}

/* The prefix is there because "pids.peak" is a test, but also a file. */
void cgroup_begin_test(const char *name)
{
	char dir[300];

	own.path[0] = '\0';
	v1 = mmap(NULL, sizeof(*v1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v1 == MAP_FAILED)
		check_setup_failed(HERE, "mmap: %s", errno_name(errno));
	snprintf(dir, sizeof(dir), "test-%.240s", name);
	if (base.path[0])
		cgroup_try_make(&base, dir, &own); /* whoever needs it will be told */
}

void cgroup_end_test(void)
{
	if (own.path[0])
		sweep(own.path);
	/* Those below others come after them. */
	for (int i = atomic_load(&v1->count); i-- > 0;)
		if (i < V1_MAX && v1->options[i][0])
			sweep_mount(v1->made[i].path, v1->options[i] + 1);
		else if (i < V1_MAX)
			sweep(v1->made[i].path);
	int before = atomic_load(&v1->hierarchies);
	/* And these are there a moment longer than their last mount. */
	if (before)
		SOON(count_hierarchies() <= before);
}

const char *cgroup_absence(void)
{
	return base.path[0] ? NULL : absence;
}

void need_cgroup(void)
{
	if (cgroup_absence())
		check_skip("not permitted: a cgroup2 subtree of our own: %s", absence);
}

struct cgroup cgroup_root(void)
{
	struct cgroup root = { .version = 2 };

	snprintf(root.path, sizeof(root.path), "%s", cgroup_mount());
	return root;
}

struct cgroup need_cgroup_root(void)
{
	struct cgroup root;

	if (!cgroup_mount())
		check_skip("not supported: no cgroup2 is mounted");
	root = cgroup_root();
	if (cgroup_has(&root, "cgroup.events"))
		check_skip(
			"not permitted: the root of the hierarchy (a cgroup namespace hides it)");
	return root;
}

struct cgroup cgroup_own_at(struct here h)
{
	need_cgroup();
	if (access(own.path, F_OK))
		check_setup_failed(h, "the test's cgroup %s: %s", own.path, errno_name(errno));
	return own;
}

const char *controller_absence(const char *name)
{
	static char text[128];
	char *table = file_read("/proc/cgroups");
	char *row = text_value(table, strcmp(name, "io") ? name : "blkio");
	int hierarchy = 0, groups, enabled = 0;

	if (!row)
		snprintf(text, sizeof(text), "it is not compiled in");
	else if (sscanf(row, "%d %d %d", &hierarchy, &groups, &enabled) == 3 && !enabled)
		snprintf(text, sizeof(text), "it is disabled on the kernel's command line");
	else if (hierarchy)
		snprintf(text, sizeof(text), "it is bound to v1 hierarchy %d", hierarchy);
	else
		snprintf(text, sizeof(text), "it is not enabled for this subtree");
	free(table);
	free(row);
	return text;
}

/* Where the chain breaks; NULL when the controller is there for the test's cgroups. */
static const char *enable_all(const char *name)
{
	static char why[PATH_MAX + 256];
	struct cgroup test = cgroup_own();
	const struct cgroup *chain[] = { &base, &test };

	for (int i = 0; i < 2; i++) {
		char *have = cgroup_read(chain[i], "cgroup.controllers");
		bool there = text_has_word(have, name);

		free(have);
		if (!there) {
			snprintf(why, sizeof(why), "no %s controller in %s: %s", name,
				 chain[i]->path, controller_absence(name));
			return why;
		}
		cgroup_write(chain[i], "cgroup.subtree_control", "+%s", name);
	}
	return NULL;
}

void need_controller(const char *name)
{
	const char *why = enable_all(name);

	if (why)
		check_skip("not supported: %s", why);
}

bool try_controller(const char *name)
{
	const char *why = enable_all(name);

	if (why)
		check_note("partly tested: %s", why);
	return !why;
}

const char *controller_v1_absence(const char *name)
{
	static const struct {
		const char *controller, *option;
	} parts[] = { { "memory", "CONFIG_MEMCG_V1" }, { "cpuset", "CONFIG_CPUSETS_V1" } };
	static char text[192];

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(name, parts[i].controller) && !kernel_option(parts[i].option)) {
			snprintf(text, sizeof(text), " (%s is not set)", parts[i].option);
			return text;
		}
	char *row = text_value(file_read("/proc/cgroups"), name);

	if (!row)
		snprintf(text, sizeof(text), " (%s)", controller_absence(name));
	return text;
}

static int next_place(struct here h)
{
	int place = atomic_fetch_add(&v1->count, 1);

	if (place >= V1_MAX)
		check_setup_failed(h, "more than %d v1 cgroups", V1_MAX);
	return place;
}

int cgroup_v1_try_mount_at(struct here h, struct cgroup *root, const char *type,
			   const char *options)
{
	char *dir = temp_dir_at(h);
	int place;

	*root = (struct cgroup) { .version = 1 };
	snprintf(root->path, sizeof(root->path), "%s", dir);
	free(dir);
	if (!atomic_load(&v1->hierarchies))
		atomic_store(&v1->hierarchies, count_hierarchies());
	if (mount("cgroup", root->path, type, 0, options))
		return -1;
	place = next_place(h);
	v1->made[place] = *root;
	snprintf(v1->options[place], sizeof(v1->options[place]), " %s", options ?: "");
	return 0;
}

struct cgroup cgroup_v1_mount_at(struct here h, const char *options)
{
	struct cgroup root;

	if (!cgroup_v1_try_mount_at(h, &root, "cgroup", options))
		return root;
	if (errno == ENODEV || errno == ENOENT)
		check_skip("not supported: a v1 hierarchy \"%s\" (%s; cgroup_no_v1=named)", options,
			   errno_name(errno));
	check_setup_failed(h, "mount a v1 hierarchy \"%s\": %s", options, errno_name(errno));
}

struct cgroup cgroup_v1_make_at(struct here h, const char *controller, const char *name)
{
	char *mount = find_mount("cgroup", controller), *text, *line;
	const char *tag = getenv("BULKHEAD_TAG");
	char at[PATH_MAX] = "";

	if (!mount)
		check_skip("not supported: no v1 hierarchy with %s is mounted%s", controller,
			   controller_v1_absence(controller));
	text = file_read_at(h, "/proc/self/cgroup");
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *names = strchr(line, ':') + 1, *path = strchr(names, ':');

		*path++ = '\0';
		for (char *n = names; n; n = (n = strchr(n, ',')) ? n + 1 : NULL)
			if (!strncmp(n, controller, strlen(controller)) &&
			    strchr(",", n[strlen(controller)]))
				snprintf(at, sizeof(at), "%s", strcmp(path, "/") ? path : "");
	}
	struct cgroup parent = { .version = 1 }, cg;

	snprintf(parent.path, sizeof(parent.path), "%s%s", mount, at);
	line = text_format("%s.%d.%s", tag ?: "bulkhead", getpid(), name);
	int place = next_place(h);
	if (cgroup_try_make(&parent, line, &cg))
		check_setup_failed(h, "mkdir %s: %s", cg.path, errno_name(errno));
	v1->made[place] = cg;
	free(text);
	free(line);
	free(mount);
	return cg;
}

char *cgroup_name(const struct cgroup *cg)
{
	return strdup(cg->path + strlen(cgroup_mount() ?: ""));
}
