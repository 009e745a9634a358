// SPDX-License-Identifier: GPL-2.0-only
/* pivot_root(2): what it needs, and whom it moves. */
#include "suite.h"

AREA(mnt);

/* A tmpfs to be the root, with folders old and proc, and a file to know it by. */
static char *make_root(void)
{
	char *root = mount_tmpfs();

	MUST(mkdir(text_format("%s/old", root), 0755));
	MUST(mkdir(text_format("%s/proc", root), 0755));
	MUST(mknod(text_format("%s/mark", root), S_IFREG | 0600, 0));
	return root;
}

/* In a namespace of its own, whose root can be pivoted on any machine. */
#define WITH_OWN_ROOT() IN_CHILD (.flags = CLONE_NEWNS)

/* A member that tells, when asked, whether its root and its cwd are the new ones. */
static void start_witness(struct child *c, uint64_t flags, const char *cwd, const char *root)
{
	CHILD (c, .flags = flags) {
		if (cwd)
			MUST(chdir(cwd));
		if (root)
			MUST(chroot(root));
		child_meet(c);
		child_recv(c);
		child_send(c, access("/mark", F_OK) == 0);
		child_send(c, access("mark", F_OK) == 0);
	}
	child_meet(c);
}

static void expect_witness(struct child *c, const char *who, bool root, bool cwd)
{
	child_send(c, 0);
	bool seen_root = child_recv(c), seen_cwd = child_recv(c);

	EXPECT_EQ(root, seen_root);
	EXPECT_EQ(cwd, seen_cwd);
	if (root != seen_root || cwd != seen_cwd)
		check_note("that was the process %s", who);
	child_wait(c);
}

TEST_F(mnt, pivot_root_moves_procs)
{
	WITH_OWN_ROOT()
	{
		struct child at_root, elsewhere, chrooted, other_ns, sharing;
		char *root, *place;

		mount_own_root();
		root = make_root();
		place = temp_dir();
		start_witness(&at_root, 0, "/", NULL);
		start_witness(&elsewhere, 0, place, NULL);
		start_witness(&chrooted, 0, place, place);
		start_witness(&other_ns, CLONE_NEWNS, "/", NULL);
		start_witness(&sharing, CLONE_FS, "/", NULL);
		EXPECT_OK(sys_pivot_root(root, text_format("%s/old", root)));
		EXPECT_OK(access("/mark", F_OK));
		EXPECT_OK(access("mark", F_OK));
		EXPECT_OK(access("/old/proc/self", F_OK));
		expect_witness(&at_root, "in the old root", true, true);
		expect_witness(&elsewhere, "with a cwd elsewhere", true, false);
		expect_witness(&chrooted, "in a root of its own", false, false);
		expect_witness(&other_ns, "in another namespace", false, false);
		expect_witness(&sharing, "that shares root and cwd", true, true);
	}
	EXPECT_ERRNO(ENOENT, access("/mark", F_OK));
}

TEST_F(mnt, pivot_root_busy)
{
	WITH_OWN_ROOT()
	{
		mount_own_root();
		char *root = make_root(), *old = text_format("%s/old", root);
		char *file = text_format("%s/mark", root);

		EXPECT_ERRNO(EBUSY, sys_pivot_root("/", old));
		EXPECT_ERRNO(EBUSY, sys_pivot_root("/", "/"));
		EXPECT_ERRNO(EBUSY, sys_pivot_root(root, "/"));
		EXPECT_ERRNO(ENOTDIR, sys_pivot_root(file, old));
		EXPECT_ERRNO(ENOTDIR, sys_pivot_root(root, file));
		EXPECT_ERRNO(ENOENT, sys_pivot_root(text_format("%s/none", root), old));
		EXPECT_ERRNO(ENOENT, sys_pivot_root(root, text_format("%s/none", root)));
		EXPECT_ERRNO(ENOENT, access("/mark", F_OK));
		EXPECT_OK(sys_pivot_root(root, old));
	}
}

/* One thing is wrong at a time, and then nothing is. */
TEST_F(mnt, pivot_root_einval)
{
	WITH_OWN_ROOT()
	{
		mount_own_root();
		char *base = mount_tmpfs(), *root = text_format("%s/root", base);
		char *old = text_format("%s/old", root), *aside = make_root();

		MUST(mkdir(root, 0755));
		mount_make("tmpfs", root, "tmpfs", 0, NULL);
		MUST(mkdir(old, 0755));
		/* The parents of both roots, and the place for the old one. */
		mount_make(NULL, base, NULL, MS_SHARED, NULL);
		EXPECT_ERRNO(EINVAL, sys_pivot_root(root, old));
		mount_make(NULL, base, NULL, MS_PRIVATE, NULL);
		mount_make(NULL, root, NULL, MS_SHARED, NULL);
		EXPECT_ERRNO(EINVAL, sys_pivot_root(root, old));
		mount_make(NULL, root, NULL, MS_PRIVATE, NULL);
		IN_CHILD (.flags = CLONE_NEWNS) {
			/* The current root's parent: a root within a shared mount. */
			mount_make(NULL, base, NULL, MS_SHARED, NULL);
			char *inner = text_format("%s/inner", root);

			MUST(mkdir(inner, 0755));
			mount_make("tmpfs", inner, "tmpfs", 0, NULL);
			mount_make(NULL, root, NULL, MS_PRIVATE | MS_REC, NULL);
			MUST(mkdir(text_format("%s/old", inner), 0755));
			MUST(chroot(root));
			MUST(chdir("/"));
			EXPECT_ERRNO(EINVAL, sys_pivot_root("/inner", "/inner/old"));
		}
		/* No mount point; not below; a root that is a folder. */
		EXPECT_ERRNO(EINVAL, sys_pivot_root(old, old));
		EXPECT_ERRNO(EINVAL, sys_pivot_root(root, text_format("%s/old", aside)));
		IN_CHILD () {
			MUST(mkdir(text_format("%s/plain", base), 0755));
			char *new = text_format("%s/plain/new", base);

			MUST(mkdir(new, 0755));
			mount_make("tmpfs", new, "tmpfs", 0, NULL);
			MUST(mkdir(text_format("%s/old", new), 0755));
			MUST(chroot(text_format("%s/plain", base)));
			MUST(chdir("/"));
			EXPECT_ERRNO(EINVAL, sys_pivot_root("/new", "/new/old"));
		}
		EXPECT_OK(sys_pivot_root(root, old));
	}
}

TEST_F(mnt, pivot_root_dot_dot)
{
	WITH_OWN_ROOT()
	{
		mount_own_root();
		char *root = make_root();

		mount_make("/proc", text_format("%s/proc", root), NULL, MS_BIND | MS_REC, NULL);
		MUST(chdir(root));
		EXPECT_OK(sys_pivot_root(".", "."));
		/* The old root now lies upon the new one, and "." still leads below it. */
		EXPECT_OK(umount2(".", MNT_DETACH));
		EXPECT_OK(chdir("/"));
		EXPECT_OK(access("/mark", F_OK));
		EXPECT_ERRNO(ENOENT, access("/usr", F_OK));
		EXPECT_EQ(1 + mountinfo_count(0, "/proc"), mountinfo_count(0, ""));
		EXPECT_STREQ("tmpfs", mountinfo_of(0, "/").type);
	}
}

SUITE_MAIN()
