// SPDX-License-Identifier: GPL-2.0-only
/* Cgroup namespaces, as the cgroup document tells of them. */
#include "suite.h"

#include <pthread.h>

FIXTURE(core_cgroupns)
{
	struct cgroup a, b, other; /* b below a; other beside a */
};
FIXTURE_SETUP(core_cgroupns)
{
	need_ns(NS_CGROUP);
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->other = cgroup_make("other");
}
NO_TEARDOWN(core_cgroupns)

/* A process in a namespace of its own whose root is the cgroup, until killed. */
static void start_rooted(struct child *c, const struct cgroup *root)
{
	CHILD (c) {
		cgroup_add(root, 0);
		ns_unshare(CLONE_NEWCGROUP);
		child_send(c, 0);
		child_sleep();
	}
	child_recv(c);
}

TEST_F(core_cgroupns, needs_cap_sys_admin)
{
	ns_promise_create_priv(NS_CGROUP);
}

TEST_F(core_cgroupns, limit_enospc)
{
	ns_promise_limit_enospc(NS_CGROUP);
}

TEST_F(core_cgroupns, setns_needs_both_caps)
{
	ns_promise_setns_eperm(NS_CGROUP);
}

TEST_F(core_cgroupns, own_root_path)
{
	struct child c;

	start_rooted(&c, &self->a);
	EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(c.pid));
	child_kill(&c);
	IN_CHILD () {
		cgroup_add(&self->a, 0);
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_STREQ("/", cgroup_of(0));
		cgroup_add(&self->b, 0);
		EXPECT_STREQ("/b", cgroup_of(0));
	}
}

/* Moved from outside: with nsdelegate the border holds for those within. */
TEST_F(core_cgroupns, root_fixed_at_creation)
{
	struct child c;

	CHILD (&c, .cgroup = &self->b) {
		ns_unshare(CLONE_NEWCGROUP);
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ("/..", cgroup_of(0));
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ("/../../other", cgroup_of(0));
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ("/", cgroup_of(0));
	}
	const struct cgroup *stations[] = { &self->a, &self->other, &self->b };
	for (int i = 0; i < 3; i++) {
		child_meet(&c);
		cgroup_add(stations[i], c.pid);
		child_meet(&c);
	}
	child_wait(&c);
}

TEST_F(core_cgroupns, outside_shown_with_dotdot)
{
	struct child in_other, in_a;

	CHILD (&in_other, .cgroup = &self->other)
		child_sleep();
	CHILD (&in_a, .cgroup = &self->a)
		child_sleep();
	IN_CHILD () {
		cgroup_add(&self->b, 0);
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_STREQ("/../../other", cgroup_of(in_other.pid));
		EXPECT_STREQ("/..", cgroup_of(in_a.pid));
	}
}

TEST_F(core_cgroupns, setns_no_move)
{
	struct child c;

	start_rooted(&c, &self->a);
	int fd = ns_open(c.pid, "cgroup");

	IN_CHILD () {
		cgroup_add(&self->other, 0);
		EXPECT_OK(setns(fd, CLONE_NEWCGROUP));
		EXPECT_STREQ("/../other", cgroup_of(0));
		EXPECT_TRUE(cgroup_contains(&self->other, getpid()));
	}
	EXPECT_STREQ("", cgroup_read(&self->other, "cgroup.procs"));
}

static void *unshare_in_thread(void *path)
{
	ns_unshare(CLONE_NEWCGROUP);
	*(char **)path = cgroup_of(0);
	return NULL;
}

TEST_F(core_cgroupns, unshare_is_per_thread)
{
	IN_CHILD () {
		pthread_t thread;
		char *path = NULL;

		cgroup_add(&self->a, 0);
		ASSERT_EQ(0, pthread_create(&thread, NULL, unshare_in_thread, &path));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_STREQ("/", path);
		EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(0));
	}
}

/* Field 4 of the last cgroup2 line of the reader's mountinfo. */
static char *mount_root_of(const char *point)
{
	char *text = file_read("/proc/self/mountinfo"), root[PATH_MAX], at[PATH_MAX], *found = NULL;

	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		if (sscanf(line, "%*d %*d %*s %4095s %4095s", root, at) == 2 && !strcmp(at, point))
			found = strdup(root);
	return found;
}

TEST_F(core_cgroupns, mountinfo_root)
{
	IN_CHILD () {
		char *dir = temp_dir();

		cgroup_add(&self->b, 0);
		ns_unshare(CLONE_NEWCGROUP | CLONE_NEWNS);
		mount_make("cgroup2", dir, "cgroup2", 0, NULL);
		EXPECT_STREQ("/", mount_root_of(dir));
		/* The hierarchy's own root is as far up as b lies deep. */
		char *outer = mount_root_of(cgroup_mount()), *name = cgroup_name(&self->b);
		int depth = 0;

		for (char *p = name; *p; p++)
			depth += *p == '/';
		EXPECT_EQ(3 * depth, strlen(outer));
		EXPECT_TRUE(!strncmp(outer, "/..", 3));
	}
}

TEST_F(core_cgroupns, kept_alive_by_mount)
{
	struct child c;
	char *link, *pin;

	start_rooted(&c, &self->b);
	link = text_format("/proc/%d/ns/cgroup", c.pid);
	pin = mount_pin(link);
	child_kill(&c);
	struct cgroup *places[] = { &self->b, &self->other };
	static const char *const paths[] = { "/", "/../../other" };
	for (int i = 0; i < 2; i++)
		IN_CHILD (.cgroup = places[i]) {
			int fd = MUST(open(pin, O_RDONLY | O_CLOEXEC));

			EXPECT_OK(setns(fd, CLONE_NEWCGROUP));
			EXPECT_STREQ(paths[i], cgroup_of(0));
		}
	MUST(umount(pin));
	EXPECT_OK(access(self->b.path, F_OK));
	EXPECT_SOON(!rmdir(self->b.path));
}

SUITE_MAIN()
