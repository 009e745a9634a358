// SPDX-License-Identifier: GPL-2.0-only
/* The tree of cgroup v2: mkdir, rmdir, names, and what is refused in it. */
#include "suite.h"

#include <dirent.h>
#include <pthread.h>

FIXTURE(core_tree)
{
	struct cgroup a;
};
FIXTURE_SETUP(core_tree)
{
	self->a = cgroup_make("a");
}
NO_TEARDOWN(core_tree)

static const char *const core_files[] = {
	"cgroup.type",
	"cgroup.procs",
	"cgroup.threads",
	"cgroup.controllers",
	"cgroup.subtree_control",
	"cgroup.events",
	"cgroup.max.descendants",
	"cgroup.max.depth",
	"cgroup.stat",
};

static struct stat status_of(const struct cgroup *cg, const char *file)
{
	char path[PATH_MAX + 256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", cg->path, file);
	MUST(lstat(path, &st));
	return st;
}

TEST_F(core_tree, mkdir_creates_cgroup)
{
	struct cgroup b;

	ASSERT_OK(cgroup_try_make(&self->a, "b", &b));
	for (size_t i = 0; i < ARRAY_SIZE(core_files); i++)
		if (!cgroup_has(&b, core_files[i]))
			check_failed(HERE, "a new cgroup has no %s", core_files[i]);
	EXPECT_STREQ("", cgroup_read(&b, "cgroup.procs"));
	EXPECT_STREQ("", cgroup_read(&b, "cgroup.threads"));
	EXPECT_EQ(0, cgroup_key(&b, "cgroup.events", "populated"));
	EXPECT_STREQ("domain", cgroup_read(&b, "cgroup.type"));
	EXPECT_EQ(0, cgroup_key(&b, "cgroup.stat", "nr_descendants"));
	EXPECT_EQ(1, cgroup_key(&self->a, "cgroup.stat", "nr_descendants"));
	/* Controllers that the parent enables bring their files, others do not. */
	EXPECT_FALSE(cgroup_has(&b, "pids.max"));
	EXPECT_FALSE(cgroup_has(&b, "memory.max"));
}

TEST_F(core_tree, mkdir_name_collision_eexist)
{
	struct cgroup b;

	MUST(cgroup_try_make(&self->a, "b", &b));
	EXPECT_ERRNO(EEXIST, cgroup_try_make(&self->a, "b", &b));
	for (size_t i = 0; i < ARRAY_SIZE(core_files); i++)
		EXPECT_ERRNO(EEXIST, cgroup_try_make(&self->a, core_files[i], &b));
	EXPECT_EQ(1, cgroup_key(&self->a, "cgroup.stat", "nr_descendants"));
}

TEST_F(core_tree, mkdir_newline_einval)
{
	static const char *const names[] = { "\n", "a\n", "\nb", "a\nb" };
	struct cgroup b;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_ERRNO(EINVAL, cgroup_try_make(&self->a, names[i], &b));
	EXPECT_EQ(0, cgroup_key(&self->a, "cgroup.stat", "nr_descendants"));
}

TEST_F(core_tree, mkdir_long_name)
{
	char name[256], *line;
	struct cgroup b;

	memset(name, 'n', 255);
	memcpy(name, "\001 \t\"\\\377:,", 8);
	name[255] = '\0';
	ASSERT_OK(cgroup_try_make(&self->a, name, &b));
	IN_CHILD (.cgroup = &b) {
		line = cgroup_of(0);
		EXPECT_STREQ(name, strrchr(line, '/') + 1);
	}
	EXPECT_OK(rmdir(b.path));
}

TEST_F(core_tree, name_reuse)
{
	struct cgroup b = cgroup_make_in(&self->a, "b"), c = cgroup_make_in(&b, "c");
	ino_t b_id = status_of(&b, ".").st_ino, c_id = status_of(&c, ".").st_ino;

	cgroup_write(&b, "cgroup.max.depth", "7");
	cgroup_write(&c, "cgroup.max.descendants", "7");
	IN_CHILD (.cgroup = &c)
		EXPECT_TRUE(cgroup_contains(&c, getpid()));
	for (int i = 0; i < 20; i++) {
		cgroup_remove(&c);
		cgroup_remove(&b);
		ASSERT_OK(cgroup_try_make(&self->a, "b", &b));
		ASSERT_OK(cgroup_try_make(&b, "c", &c));
		EXPECT_STREQ("max", cgroup_read(&b, "cgroup.max.depth"));
		EXPECT_STREQ("max", cgroup_read(&c, "cgroup.max.descendants"));
		EXPECT_EQ(0, cgroup_key(&c, "cpu.stat", "usage_usec"));
		EXPECT_NE(b_id, status_of(&b, ".").st_ino);
		EXPECT_NE(c_id, status_of(&c, ".").st_ino);
	}
}

/* Creating a file: EACCES or EPERM, and nothing else. */
static void expect_forbidden(const char *what, int ret)
{
	int e = errno;

	EXPECT_EQ(-1, ret);
	EXPECT_TRUE(e == EACCES || e == EPERM);
	if (e != EACCES && e != EPERM)
		check_note("%s: %s", what, errno_name(e));
}

TEST_F(core_tree, no_regular_files)
{
	char file[PATH_MAX + 32], procs[PATH_MAX + 32];

	snprintf(file, sizeof(file), "%s/file", self->a.path);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", self->a.path);
	expect_forbidden("creat", open(file, O_CREAT | O_WRONLY | O_EXCL, 0644));
	expect_forbidden("mknod", mknod(file, S_IFREG | 0644, 0));
	expect_forbidden("symlink", symlink("/", file));
	expect_forbidden("link", link(procs, file));
	expect_forbidden("unlink", unlink(procs));
	EXPECT_ERRNO(ENOENT, access(file, F_OK));
	EXPECT_OK(access(procs, F_OK));
}

TEST_F(core_tree, rename_refused)
{
	struct cgroup b = cgroup_make_in(&self->a, "b");
	char other[PATH_MAX + 32];

	snprintf(other, sizeof(other), "%s/other", self->a.path);
	EXPECT_ERRNO(EPERM, rename(b.path, other));
	EXPECT_OK(access(b.path, F_OK));
	EXPECT_ERRNO(ENOENT, access(other, F_OK));
}

TEST_F(core_tree, rmdir_with_child_ebusy)
{
	struct cgroup b = cgroup_make_in(&self->a, "b");

	EXPECT_ERRNO(EBUSY, rmdir(self->a.path));
	EXPECT_OK(rmdir(b.path));
	EXPECT_OK(rmdir(self->a.path));
}

TEST_F(core_tree, rmdir_with_process_ebusy)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	EXPECT_ERRNO(EBUSY, rmdir(self->a.path));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	child_kill(&c);
	EXPECT_OK(rmdir(self->a.path));
}

TEST_F(core_tree, rmdir_zombies_allowed)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a)
		break;
	child_dead(&c);
	EXPECT_EQ('Z', proc_state(c.pid));
	EXPECT_SOON(cgroup_key(&self->a, "cgroup.events", "populated") == 0);
	EXPECT_OK(rmdir(self->a.path));
	child_wait(&c);
}

static void *outlive_leader(void *line)
{
	char byte;

	MUST(read(*(int *)line, &byte, 1));
	_exit(0);
}

TEST_F(core_tree, rmdir_live_thread_of_dead_leader)
{
	int line[2];
	struct child c;

	MUST(pipe(line));
	CHILD (&c, .cgroup = &self->a) {
		pthread_t thread;

		ASSERT_EQ(0, pthread_create(&thread, NULL, outlive_leader, line));
		syscall(SYS_exit, 0);
	}
	ASSERT_SOON(proc_state(c.pid) == 'Z');
	EXPECT_ERRNO(EBUSY, rmdir(self->a.path));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	EXPECT_EQ(1, cgroup_key(&self->a, "cgroup.events", "populated"));
	MUST(write(line[1], "x", 1));
	child_wait(&c);
	EXPECT_OK(rmdir(self->a.path));
}

/* Readable while it lives, dead with it, and no hindrance. */
TEST_F(core_tree, rmdir_open_fd)
{
	int fds[] = { cgroup_open(&self->a, "cgroup.procs", O_RDWR),
		      cgroup_open(&self->a, "cgroup.events", O_RDONLY),
		      cgroup_open(&self->a, "cgroup.max.depth", O_RDWR) };
	int dir = cgroup_dir(&self->a);
	char text[64];

	EXPECT_OK(read(fds[1], text, sizeof(text)));
	EXPECT_OK(rmdir(self->a.path));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_ERRNO(ENODEV, pread(fds[i], text, sizeof(text), 0));
	EXPECT_ERRNO(ENODEV, write(fds[0], "0", 1));
	EXPECT_ERRNO(ENODEV, write(fds[2], "1", 1));
	EXPECT_ERRNO(ENOENT, openat(dir, "cgroup.procs", O_RDONLY));
	EXPECT_ERRNO(ENOENT, mkdirat(dir, "child", 0755));
}

/* No second try is needed, though the tasks are still on their way out. */
TEST_F(core_tree, rmdir_right_after_populated_0)
{
	for (int round = 0; round < 30; round++) {
		struct cgroup b = cgroup_make_in(&self->a, "b");
		struct child c[4];
		int events = cgroup_open(&b, "cgroup.events", O_RDONLY);

		for (int i = 0; i < 4; i++)
			CHILD (&c[i], .cgroup = &b)
				child_sleep();
		for (int i = 0; i < 4; i++)
			MUST(kill(c[i].pid, SIGKILL));
		ASSERT_SOON(!*cgroup_read(&b, "cgroup.procs"));
		EXPECT_OK(rmdir(b.path));
		close(events);
		for (int i = 0; i < 4; i++)
			child_reap(&c[i]);
	}
}

/* By the bits alone: readable ones are 0444, writable ones 0200 more. */
TEST_F(core_tree, file_modes)
{
	static const struct {
		const char *file;
		mode_t mode;
	} modes[] = {
		{ "cgroup.procs", 0644 },
		{ "cgroup.threads", 0644 },
		{ "cgroup.subtree_control", 0644 },
		{ "cgroup.max.depth", 0644 },
		{ "cgroup.max.descendants", 0644 },
		{ "cgroup.type", 0644 },
		{ "cgroup.freeze", 0644 },
		{ "cgroup.controllers", 0444 },
		{ "cgroup.events", 0444 },
		{ "cgroup.stat", 0444 },
		{ "cgroup.stat.local", 0444 },
		{ "cpu.stat", 0444 },
		{ "cpu.stat.local", 0444 },
		{ "cgroup.kill", 0200 },
		{ "cgroup.pressure", 0644 },
		{ "cpu.pressure", 0644 },
		{ "memory.pressure", 0644 },
		{ "io.pressure", 0644 },
		{ "memory.reclaim", 0200 },
		{ "memory.current", 0444 },
		{ "memory.max", 0644 },
		{ "memory.stat", 0444 },
		{ "pids.max", 0644 },
		{ "pids.current", 0444 },
		{ "pids.events", 0444 },
		{ "cpu.max", 0644 },
		{ "cpu.weight", 0644 },
		{ "io.max", 0644 },
		{ "io.stat", 0444 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!cgroup_has(&self->a, modes[i].file))
			continue;
		if (status_of(&self->a, modes[i].file).st_mode != (S_IFREG | modes[i].mode))
			check_failed(HERE, "%s: wanted mode %o", modes[i].file, modes[i].mode);
		EXPECT_EQ(S_IFREG | modes[i].mode, status_of(&self->a, modes[i].file).st_mode);
	}
	EXPECT_EQ(S_IFDIR | 0755, status_of(&self->a, ".").st_mode);
}

/* memory.max is no file yet, so a child may be called so; then it stands in the way. */
TEST_F(core_tree, late_file_collision)
{
	struct cgroup b, c;

	need_controller("pids");
	b = cgroup_make_in(&self->a, "b");
	c = cgroup_make_in(&b, "pids.max");
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.subtree_control"));
	EXPECT_ERRNO(EEXIST, cgroup_try_write(&self->a, "cgroup.subtree_control", "+pids"));
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.subtree_control"));
	EXPECT_FALSE(cgroup_has(&b, "pids.current"));
	cgroup_remove(&c);
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.subtree_control", "+pids"));
	EXPECT_TRUE(cgroup_has(&b, "pids.current"));
}

static const struct {
	const char *file, *where;
} files[] = {
#include "files.inc"
};

/* SIZE in the table's names stands for a size of huge pages. */
static bool file_matches(const char *pattern, const char *file)
{
	const char *size = strstr(pattern, "SIZE");

	if (!size)
		return !strcmp(pattern, file);
	size_t tail = strlen(size + 4), n = strlen(file), head = size - pattern;

	return n > head + tail && !strncmp(pattern, file, head) &&
	       !strcmp(size + 4, file + n - tail) && !strchr(file + head, '.') == !*(size + 4);
}

static const char *where_of(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (file_matches(files[i].file, file))
			return files[i].where;
	return NULL;
}

/* Every file of a directory stands in the table, and there for this kind of cgroup. */
static void expect_files(const struct cgroup *cg, const char *kind)
{
	DIR *dir = opendir(cg->path);
	struct dirent *e;

	ASSERT_TRUE(dir);
	while ((e = readdir(dir))) {
		const char *where = where_of(e->d_name);

		if (e->d_type != DT_REG || !strncmp(e->d_name, ".__DEBUG__", 10))
			continue;
		if (!where)
			check_note("%s is a file this contract does not know", e->d_name);
		else if (strcmp(where, "both") && strcmp(where, kind))
			check_failed(HERE, "a %s cgroup has %s", kind, e->d_name);
	}
	closedir(dir);
}

TEST_F(core_tree, root_file_set)
{
	struct cgroup root = need_cgroup_root();

	expect_files(&root, "root");
	expect_files(&self->a, "non-root");
	for (size_t i = 0; i < ARRAY_SIZE(core_files); i++) {
		const char *where = where_of(core_files[i]);

		EXPECT_TRUE(cgroup_has(&self->a, core_files[i]) == !!strcmp(where, "root"));
		EXPECT_TRUE(cgroup_has(&root, core_files[i]) == !!strcmp(where, "non-root"));
	}
	EXPECT_FALSE(cgroup_has(&root, "cgroup.freeze"));
	EXPECT_FALSE(cgroup_has(&root, "cgroup.kill"));
}

SUITE_MAIN()
