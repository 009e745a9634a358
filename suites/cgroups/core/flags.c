// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flags of the cgroup2 mount, and controllers that move to v1 and back.
 * They belong to the whole machine: only where it is disposable, and alone.
 */
#include "suite.h"

AREA(core_mount);
AREA(core_delegation);

TEST_F(core_mount, remount_replaces_flags)
{
	char *before = cgroup_mount_flags(), *dir = temp_dir();

	cgroup_set_mount_flags("nsdelegate");
	EXPECT_STREQ("nsdelegate", cgroup_mount_flags());
	cgroup_set_mount_flags("");
	EXPECT_STREQ("", cgroup_mount_flags());
	mount_make("cgroup2", dir, "cgroup2", 0, "nsdelegate");
	EXPECT_STREQ("nsdelegate", cgroup_mount_flags());
	EXPECT_OK(mount(NULL, dir, NULL, MS_REMOUNT, "memory_recursiveprot"));
	EXPECT_FALSE(cgroup_mount_option("nsdelegate"));
	EXPECT_TRUE(cgroup_mount_option("memory_recursiveprot"));
	EXPECT_OK(mount(NULL, dir, NULL, MS_REMOUNT, ""));
	EXPECT_STREQ("", cgroup_mount_flags());
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

/* Set and cleared with the machine at work. */
TEST_F(core_mount, favordynmods_toggle)
{
	char *before = cgroup_mount_flags();
	struct cgroup a = cgroup_make("a"), b = cgroup_make("b");

	need_cgroup_feature("favordynmods");
	for (int on = 1; on >= 0; on--) {
		struct child c;

		cgroup_set_mount_flags(on ? "favordynmods" : "");
		EXPECT_EQ(on, cgroup_mount_option("favordynmods"));
		for (int i = 0; i < 10; i++) {
			CHILD (&c, .cgroup = &a)
				child_sleep();
			EXPECT_OK(cgroup_try_write(&b, "cgroup.procs", "%d", c.pid));
			EXPECT_TRUE(cgroup_contains(&b, c.pid));
			child_kill(&c);
			EXPECT_SOON(cgroup_key(&b, "cgroup.events", "populated") == 0);
		}
		if (try_controller("pids"))
			EXPECT_OK(cgroup_try_write(&a, "cgroup.subtree_control", "+pids"));
		cgroup_try_write(&a, "cgroup.subtree_control", "-pids");
	}
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

TEST_F(core_delegation, nsdelegate_off_permits)
{
	struct cgroup outside = cgroup_make("outside"), d = cgroup_make("d");
	char *before = cgroup_mount_flags();

	cgroup_set_mount_flags("");
	EXPECT_FALSE(cgroup_mount_option("nsdelegate"));
	IN_CHILD () {
		struct child c;

		cgroup_add(&d, 0);
		ns_unshare(CLONE_NEWCGROUP);
		CHILD (&c)
			child_sleep();
		EXPECT_OK(cgroup_try_write(&d, "cgroup.max.depth", "3"));
		EXPECT_OK(cgroup_try_write(&outside, "cgroup.procs", "%d", c.pid));
		EXPECT_TRUE(cgroup_contains(&outside, c.pid));
	}
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

TEST_F(core_mount, pids_localevents)
{
	char *before = cgroup_mount_flags();

	need_cgroup_feature("pids_localevents");
	need_controller("pids");
	for (int local = 0; local < 2; local++) {
		struct cgroup a = cgroup_make("a"), b;

		cgroup_enable(&a, "pids");
		b = cgroup_make_in(&a, "b");
		cgroup_set_mount_flags(local ? "pids_localevents" : "");
		cgroup_write(&a, "pids.max", "1");
		IN_CHILD (.cgroup = &b) {
			EXPECT_EQ(-1, fork());
			EXPECT_EQ(EAGAIN, errno);
		}
		EXPECT_EQ(!local, cgroup_key(&a, "pids.events", "max"));
		EXPECT_EQ(local, cgroup_key(&b, "pids.events", "max"));
		EXPECT_SOON(!rmdir(b.path));
		EXPECT_SOON(!rmdir(a.path));
	}
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

/* The directories from the root of the hierarchy down to the test's own. */
struct chain {
	struct cgroup cg[16];
	bool had[16];
	int n;
};

static void chain_find(struct chain *c, const char *controller)
{
	struct cgroup own = cgroup_own();
	size_t at = strlen(cgroup_mount());

	for (c->n = 0; c->n < 16; c->n++) {
		struct cgroup *cg = &c->cg[c->n];

		*cg = own;
		cg->path[at] = '\0';
		c->had[c->n] = text_has_word(cgroup_read(cg, "cgroup.subtree_control"), controller);
		if (at == strlen(own.path))
			break;
		at += 1 + strcspn(own.path + at + 1, "/");
	}
	c->n++;
}

/* Bottom up off, or top down on as it was. */
static void chain_set(struct chain *c, const char *controller, bool on)
{
	for (int i = 0; i < c->n; i++) {
		int k = on ? i : c->n - 1 - i;

		if (c->had[k])
			cgroup_write(&c->cg[k], "cgroup.subtree_control", "%c%s", on ? '+' : '-',
				     controller);
	}
}

/* rdma, else misc: what nothing else on the machine uses. */
static const char *spare_controller(void)
{
	struct cgroup root = cgroup_root();
	char *have = cgroup_read(&root, "cgroup.controllers");

	if (strstr(file_read("/proc/cmdline"), "cgroup_no_v1"))
		check_skip("not permitted: v1 hierarchies (cgroup_no_v1 on the command line)");
	if (text_has_word(have, "rdma"))
		return "rdma";
	if (text_has_word(have, "misc"))
		return "misc";
	check_skip("not supported: neither rdma nor misc is on v2");
}

/* A controller that is on v1 is not on v2, and comes back some time after. */
TEST_F(core_mount, controller_in_one_place)
{
	const char *name = spare_controller();
	char *dir = temp_dir();
	struct chain chain;

	chain_find(&chain, name);
	chain_set(&chain, name, false);
	ASSERT_SOON(!mount("cgroup", dir, "cgroup", 0, name));
	EXPECT_FALSE(text_has_word(cgroup_read(&chain.cg[0], "cgroup.controllers"), name));
	EXPECT_ERRNO(ENOENT, cgroup_try_write(&chain.cg[0], "cgroup.subtree_control", "+%s", name));
	MUST(umount(dir));
	EXPECT_SOON(text_has_word(cgroup_read(&chain.cg[0], "cgroup.controllers"), name));
	chain_set(&chain, name, true);
}

TEST_F(core_mount, v1_busy_controller_ebusy)
{
	const char *name = spare_controller();
	char *dir = temp_dir();
	struct chain chain;
	struct cgroup a;

	need_controller(name);
	chain_find(&chain, name);
	a = cgroup_make("a");
	EXPECT_ERRNO(EBUSY, mount("cgroup", dir, "cgroup", 0, name));
	cgroup_remove(&a);
	chain_set(&chain, name, false);
	EXPECT_SOON(!mount("cgroup", dir, "cgroup", 0, name));
	MUST(umount(dir));
	EXPECT_SOON(text_has_word(cgroup_read(&chain.cg[0], "cgroup.controllers"), name));
	chain_set(&chain, name, true);
}

SUITE_MAIN(.alone = true)
