// SPDX-License-Identifier: GPL-2.0-only
/* Cgroup namespaces: whose view is it, and what does it show? */
#include "suite.h"

#include <fcntl.h>

FIXTURE(cgroup)
{
	struct cgroup a, b, other; /* b below a; other beside a */
};
FIXTURE_SETUP(cgroup)
{
	need_ns(NS_CGROUP);
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->other = cgroup_make("other");
}
NO_TEARDOWN(cgroup)

/* What a cgroup file of /proc has on the line of that hierarchy ("0::", "7:cpu:"); malloc'ed. */
static char *path_in(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at ? strndup(at + strlen(line), strcspn(at + strlen(line), "\n")) : NULL;
}

/* The lines of all hierarchies end in "/" for who is at the root of all of them. */
static bool all_at_root(const char *text)
{
	int lines = 0, roots = 0;

	for (const char *c = text; *c; c++) {
		lines += *c == '\n' || !c[1];
		roots += c[0] == ':' && c[1] == '/' && (c[2] == '\n' || !c[2]);
	}
	return lines && lines == roots;
}

TEST_F(cgroup, create)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWCGROUP, .cgroup = &self->a) {
		EXPECT_TRUE(all_at_root(file_read("/proc/self/cgroup")));
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	EXPECT_NE(ns_id(0, "cgroup"), ns_id(c.pid, "cgroup"));
	EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(c.pid));
	child_kill(&c);
	IN_CHILD (.cgroup = &self->a) {
		uint64_t before = ns_id(0, "cgroup");
		EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(0));
		EXPECT_OK(unshare(CLONE_NEWCGROUP));
		EXPECT_NE(before, ns_id(0, "cgroup"));
		EXPECT_TRUE(all_at_root(file_read("/proc/self/cgroup")));
		/* A namespace in a namespace: rooted where its maker is. */
		cgroup_add(&self->b, 0);
		EXPECT_STREQ("/b", cgroup_of(0));
		EXPECT_OK(unshare(CLONE_NEWCGROUP));
		EXPECT_STREQ("/", cgroup_of(0));
	}
}

HELPER(view_after_exec)
{
	EXPECT_STREQ("/b", cgroup_of(0));
	EXPECT_EQ(strtoull(argv[1], NULL, 10), ns_id(0, "cgroup"));
	return 0;
}

TEST_F(cgroup, inherit_fork_exec)
{
	IN_CHILD (.cgroup = &self->a) {
		ns_unshare(CLONE_NEWCGROUP);
		uint64_t id = ns_id(0, "cgroup");
		cgroup_add(&self->b, 0);
		IN_CHILD () {
			EXPECT_EQ(id, ns_id(0, "cgroup"));
			EXPECT_STREQ("/b", cgroup_of(0));
			IN_CHILD ()
				EXPECT_EQ(id, ns_id(0, "cgroup"));
			helper_exec("view_after_exec", text_format("%ju", (uintmax_t)id), NULL);
		}
	}
}

TEST_F(cgroup, pinned_by_fd_or_bind)
{
	struct child c;
	char *pin;
	int fd;

	CHILD (&c, .flags = CLONE_NEWCGROUP, .cgroup = &self->b)
		child_sleep();
	uint64_t id = ns_id(c.pid, "cgroup");
	fd = ns_open(c.pid, "cgroup");
	pin = mount_pin(text_format("/proc/%d/ns/cgroup", c.pid));
	child_kill(&c);
	for (int by_path = 0; by_path < 2; by_path++) {
		if (by_path)
			fd = MUST(open(pin, O_RDONLY | O_CLOEXEC));
		IN_CHILD (.cgroup = &self->other) {
			EXPECT_OK(setns(fd, CLONE_NEWCGROUP));
			EXPECT_EQ(id, ns_id(0, "cgroup"));
			EXPECT_STREQ("/../../other", cgroup_of(0));
		}
		IN_CHILD (.cgroup = &self->b) {
			EXPECT_OK(setns(fd, CLONE_NEWCGROUP));
			EXPECT_STREQ("/", cgroup_of(0));
		}
		close(fd);
	}
}

/* The file is opened outside, and read by somebody who is inside by then. */
TEST_F(cgroup, view_of_reader)
{
	struct child c, outer;

	CHILD (&outer, .cgroup = &self->other)
		child_sleep();
	CHILD (&c, .cgroup = &self->a) {
		char text[4096];
		int fd =
			MUST(open(text_format("/proc/%d/cgroup", outer.pid), O_RDONLY | O_CLOEXEC));
		ssize_t n;

		ns_unshare(CLONE_NEWCGROUP);
		n = MUST(read(fd, text, sizeof(text) - 1));
		text[n] = '\0';
		EXPECT_STREQ("/../other", path_in(text, "0::"));
		EXPECT_STREQ("/../other", cgroup_of(outer.pid));
		child_send_fd(&c, MUST(open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC)));
		child_meet(&c);
	}
	char text[4096];
	int fd = child_recv_fd(&c);
	ssize_t n = MUST(read(fd, text, sizeof(text) - 1));
	text[n] = '\0';
	EXPECT_STREQ(cgroup_name(&self->a), path_in(text, "0::"));
	EXPECT_STREQ(cgroup_name(&self->other), cgroup_of(outer.pid));
	child_meet(&c);
	child_wait(&c);
	child_kill(&outer);
}

/* One of them moves in one v1 hierarchy, which is the only view that changes. */
TEST_F(cgroup, v1_hierarchies_too)
{
	static const char *const any[] = { "freezer", "cpuacct", "pids",  "cpu",
					   "memory",  "devices", "blkio", "net_cls" };
	char *before = file_read("/proc/self/cgroup"), *name = NULL, line[64] = "";
	struct cgroup v1;

	for (int i = 0; i < 8 && !line[0]; i++)
		for (char *at = before; at; at = (at = strchr(at, '\n')) ? at + 1 : NULL) {
			char *names = strchr(at, ':') + 1;

			if (strncmp(at, "0::", 3) && !strncmp(names, any[i], strlen(any[i])) &&
			    names[strlen(any[i])] == ':') {
				name = strdup(any[i]);
				snprintf(line, sizeof(line), ":%s:", any[i]);
			}
		}
	if (!line[0])
		check_skip("not supported: no v1 hierarchy with one controller is mounted");
	v1 = cgroup_v1_make(name, "root");
	IN_CHILD () {
		char *home = path_in(file_read("/proc/self/cgroup"), line);

		cgroup_add(&v1, 0);
		char *outside = path_in(file_read("/proc/self/cgroup"), line);
		EXPECT_STRNE(home, outside);
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_TRUE(all_at_root(file_read("/proc/self/cgroup")));
		/* The parent is not in that cgroup, but at the same place everywhere else. */
		char *parent = file_read("/proc/%d/cgroup", getppid());
		EXPECT_STREQ("/..", path_in(parent, line));
		EXPECT_STREQ("/", path_in(parent, "0::"));
		char *dir = temp_dir();
		mount_make("cgroup", dir, "cgroup", 0, name);
		EXPECT_TRUE(text_has_line(file_read("%s/cgroup.procs", dir),
					  text_format("%d", getpid())));
		EXPECT_FALSE(text_has_line(file_read("%s/cgroup.procs", dir),
					   text_format("%d", getppid())));
	}
}

TEST_F(cgroup, mount_shows_nsroot)
{
	struct child in_other;

	CHILD (&in_other, .cgroup = &self->other)
		child_sleep();
	IN_CHILD (.flags = CLONE_NEWNS, .cgroup = &self->a) {
		char *dir = temp_dir();
		struct stat top, a;

		ns_unshare(CLONE_NEWCGROUP);
		mount_make("cgroup2", dir, "cgroup2", 0, cgroup_mount_flags());
		MUST(stat(dir, &top));
		MUST(stat(self->a.path, &a));
		EXPECT_EQ(a.st_ino, top.st_ino);
		EXPECT_OK(access(text_format("%s/b", dir), F_OK));
		EXPECT_ERRNO(ENOENT, access(text_format("%s/other", dir), F_OK));
		EXPECT_TRUE(text_has_line(file_read("%s/cgroup.procs", dir),
					  text_format("%d", getpid())));
		/* ".." of a mount's root is where it is mounted, not the cgroup above. */
		MUST(chdir(dir));
		EXPECT_ERRNO(ENOENT, access("../other", F_OK));
		/* cgroup.events is in every cgroup but the hierarchy's own root. */
		EXPECT_OK(access(text_format("%s/cgroup.events", dir), F_OK));
	}
	child_kill(&in_other);
}

TEST_F(cgroup, root_removable)
{
	struct child c;

	CHILD (&c, .cgroup = &self->b) {
		ns_unshare(CLONE_NEWCGROUP);
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ("/../../other", cgroup_of(0));
		child_meet(&c);
	}
	child_meet(&c);
	EXPECT_ERRNO(EBUSY, rmdir(self->b.path));
	cgroup_add(&self->other, c.pid);
	EXPECT_OK(rmdir(self->b.path));
	EXPECT_ERRNO(ENOENT, access(self->b.path, F_OK));
	child_meet(&c);
	child_meet(&c);
	child_wait(&c);
}

TEST_F(cgroup, dead_ns_cgroups_stay)
{
	struct child maker, stays;
	char *home = cgroup_name(&self->b);

	CHILD (&stays, .cgroup = &self->b)
		child_sleep();
	CHILD (&maker, .flags = CLONE_NEWCGROUP, .cgroup = &self->a) {
		MUST(mkdir(text_format("%s/inner", self->a.path), 0755));
		child_send(&maker, ns_id(0, "cgroup"));
		child_meet(&maker);
	}
	uint64_t id = child_recv(&maker);
	EXPECT_NE(id, ns_id(0, "cgroup"));
	child_meet(&maker);
	child_wait(&maker);
	EXPECT_OK(access(text_format("%s/inner", self->a.path), F_OK));
	EXPECT_TRUE(cgroup_contains(&self->b, stays.pid));
	EXPECT_STREQ(home, cgroup_of(stays.pid));
	EXPECT_TRUE(child_alive(&stays));
	child_kill(&stays);
}

TEST_F(cgroup, zombie_path)
{
	struct child c;

	CHILD (&c, .cgroup = &self->b)
		child_meet(&c);
	IN_CHILD (.cgroup = &self->a) {
		struct child zombie;

		ns_unshare(CLONE_NEWCGROUP);
		CHILD (&zombie, .cgroup = &self->b)
			break;
		child_dead(&zombie);
		EXPECT_STREQ("/b", cgroup_of(zombie.pid));
		child_wait(&zombie);
	}
	child_meet(&c);
	child_dead(&c);
	EXPECT_STREQ(cgroup_name(&self->b), cgroup_of(c.pid));
	ASSERT_SOON(!rmdir(self->b.path));
	EXPECT_STREQ(text_format("%s (deleted)", cgroup_name(&self->b)), cgroup_of(c.pid));
	IN_CHILD (.cgroup = &self->a) {
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_STREQ("/b (deleted)", cgroup_of(c.pid));
	}
	child_wait(&c);
}

SUITE_MAIN()
