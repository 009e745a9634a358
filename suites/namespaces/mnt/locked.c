// SPDX-License-Identifier: GPL-2.0-only
/* What the less privileged may not do to the mounts that they have inherited. */
#include "suite.h"

AREA(mnt);

static bool is_mounted(const char *point)
{
	struct mountinfo m;

	return mountinfo_find(0, point, &m);
}

/*
 * Two user namespaces, so that anybody can run it: the outer one makes mounts,
 * the inner one gets them.
 */
#define OUTER() IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS)
#define INNER() IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS)

/* A tmpfs with folders a and b, and another one on a. */
static char *make_tree(void)
{
	char *top = mount_tmpfs(), *a = text_format("%s/a", top);

	MUST(mkdir(a, 0755));
	MUST(mkdir(text_format("%s/b", top), 0755));
	mount_make("tmpfs", a, "tmpfs", 0, NULL);
	return top;
}

static int move(const char *from, const char *to)
{
	return move_mount(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Neither umounted nor moved, in any of the ways there are. */
static void expect_stuck(const char *point)
{
	char *to = temp_dir();

	EXPECT_ERRNO(EINVAL, umount(point));
	EXPECT_ERRNO(EINVAL, umount2(point, MNT_DETACH));
	EXPECT_ERRNO(EINVAL, mount(point, to, NULL, MS_MOVE, NULL));
	EXPECT_ERRNO(EINVAL, move(point, to));
	EXPECT_TRUE(is_mounted(point));
	EXPECT_FALSE(is_mounted(to));
}

TEST_F(mnt, lesspriv_shared_to_slave)
{
	char *top = mount_tmpfs(), *a = text_format("%s/a", top), *b = text_format("%s/b", top);
	struct child c;

	MUST(mkdir(a, 0755));
	MUST(mkdir(b, 0755));
	mount_make(NULL, top, NULL, MS_SHARED, NULL);
	int group = mountinfo_of(0, top).shared;

	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNS) {
		EXPECT_STREQ(text_format("master:%d", group), mountinfo_of(0, top).tags);
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ(text_format("master:%d", mountinfo_of(getppid(), a).shared),
			     mountinfo_of(0, a).tags);
		/* Shared or not, nothing leads back. */
		mount_make(NULL, top, NULL, MS_SHARED, NULL);
		mount_make("tmpfs", b, "tmpfs", 0, NULL);
		EXPECT_EQ(group, mountinfo_of(0, top).master);
		EXPECT_NE(group, mountinfo_of(0, top).shared);
		child_meet(&c);
		child_meet(&c);
		EXPECT_FALSE(is_mounted(a));
	}
	child_meet(&c);
	mount_make("tmpfs", a, "tmpfs", 0, NULL);
	child_meet(&c);
	child_meet(&c);
	EXPECT_FALSE(is_mounted(b));
	EXPECT_EQ(group, mountinfo_of(0, top).shared);
	EXPECT_OK(umount(a));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(mnt, locked_einval)
{
	need_unprivileged_userns();
	OUTER()
	{
		mount_own_root();
		char *top = make_tree(), *a = text_format("%s/a", top);

		INNER()
		{
			expect_stuck(a);
			expect_stuck(top);
			expect_stuck("/proc");
			EXPECT_ERRNO(EINVAL, sys_pivot_root(a, a));
			/* A second copy does not help. */
			ns_unshare(CLONE_NEWNS);
			expect_stuck(a);
			char *own = mount_tmpfs();
			EXPECT_OK(umount(own));
		}
		/* Here they are not locked. */
		EXPECT_OK(umount(a));
		EXPECT_OK(umount(top));
	}
}

TEST_F(mnt, locked_bind_nonrec_einval)
{
	need_unprivileged_userns();
	OUTER()
	{
		mount_own_root();
		char *top = make_tree();

		INNER()
		{
			char *copy = temp_dir(), *deep;

			EXPECT_ERRNO(EINVAL, mount(top, copy, NULL, MS_BIND, NULL));
			EXPECT_ERRNO(EINVAL, open_tree(AT_FDCWD, top, OPEN_TREE_CLONE));
			EXPECT_FALSE(is_mounted(copy));
			/* Nothing is hidden by a mount below this folder. */
			EXPECT_OK(mount(text_format("%s/b", top), copy, NULL, MS_BIND, NULL));
			EXPECT_OK(umount(copy));
			EXPECT_OK(mount(top, copy, NULL, MS_BIND | MS_REC, NULL));
			deep = text_format("%s/a", copy);
			expect_stuck(deep);
			EXPECT_ERRNO(EINVAL, mount(copy, temp_dir(), NULL, MS_BIND, NULL));
			EXPECT_OK(umount2(copy, MNT_DETACH));
		}
		EXPECT_OK(mount(top, temp_dir(), NULL, MS_BIND, NULL));
	}
}

TEST_F(mnt, locked_stack_ok)
{
	need_unprivileged_userns();
	OUTER()
	{
		mount_own_root();
		char *top = make_tree(), *a = text_format("%s/a", top);
		int id;

		INNER()
		{
			id = mountinfo_of(0, a).id;
			EXPECT_OK(mount("tmpfs", a, "tmpfs", 0, NULL));
			EXPECT_NE(id, mountinfo_of(0, a).id);
			EXPECT_OK(umount(a));
			EXPECT_EQ(id, mountinfo_of(0, a).id);
			EXPECT_OK(mount(text_format("%s/b", top), a, NULL, MS_BIND, NULL));
			EXPECT_OK(umount2(a, MNT_DETACH));
			EXPECT_EQ(id, mountinfo_of(0, a).id);
			expect_stuck(a);
		}
	}
}

TEST_F(mnt, locked_unit)
{
	char *shared = mount_tmpfs(), *point = text_format("%s/point", shared);
	char *tree = make_tree(), *a = text_format("%s/a", point);
	struct child c;

	MUST(mkdir(point, 0755));
	mount_make(NULL, shared, NULL, MS_SHARED, NULL);
	for (int with_umount = 0; with_umount < 2; with_umount++) {
		CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNS) {
			child_meet(&c);
			child_meet(&c);
			ASSERT_TRUE(is_mounted(point) && is_mounted(a));
			expect_stuck(a);
			EXPECT_OK(umount2(point, MNT_DETACH));
			EXPECT_FALSE(is_mounted(point));
			EXPECT_FALSE(is_mounted(a));
		}
		child_meet(&c);
		mount_make(tree, point, NULL, MS_BIND | MS_REC, NULL);
		child_meet(&c);
		child_wait(&c);
		EXPECT_TRUE(is_mounted(a));
		MUST(umount2(point, MNT_DETACH));
	}
}

static int remount(const char *point, unsigned long flags)
{
	return mount(NULL, point, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

static int clear_attr(const char *point, uint64_t flags)
{
	struct mount_attr attr = { .attr_clr = flags };

	return mount_setattr(AT_FDCWD, point, 0, &attr, sizeof(attr));
}

TEST_F(mnt, locked_flags_eperm)
{
	static const struct {
		unsigned long flag;
		uint64_t attr;
	} flags[] = { { MS_RDONLY, MOUNT_ATTR_RDONLY },
		      { MS_NOSUID, MOUNT_ATTR_NOSUID },
		      { MS_NOEXEC, MOUNT_ATTR_NOEXEC },
		      { MS_NODEV, MOUNT_ATTR_NODEV } };
	const unsigned long all = MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV;
	char *point[5];
	bool setattr = clear_attr("/proc", 0) == 0;

	for (int i = 0; i < 5; i++) {
		point[i] = mount_tmpfs();
		MUST(remount(point[i], i < 4 ? flags[i].flag : all));
	}
	INNER()
	{
		for (int copy = 0; copy < 2; copy++) {
			for (int i = 0; i < 4; i++) {
				char *before = mountinfo_of(0, point[i]).options;

				EXPECT_ERRNO(EPERM, remount(point[i], 0));
				EXPECT_ERRNO(EPERM, remount(point[i], all & ~flags[i].flag));
				EXPECT_ERRNO(EPERM, remount(point[4], all & ~flags[i].flag));
				if (setattr)
					EXPECT_ERRNO(EPERM, clear_attr(point[i], flags[i].attr));
				if (setattr)
					EXPECT_ERRNO(EPERM, clear_attr(point[4], flags[i].attr));
				EXPECT_OK(remount(point[i], flags[i].flag));
				EXPECT_STREQ(before, mountinfo_of(0, point[i]).options);
			}
			/* Nor in a bind mount of it, or in the next copy of the namespace. */
			char *bind = temp_dir();
			MUST(mount(point[4], bind, NULL, MS_BIND, NULL));
			EXPECT_ERRNO(EPERM, remount(bind, 0));
			ns_unshare(CLONE_NEWNS);
		}
		char *own = mount_tmpfs();
		EXPECT_OK(remount(own, all));
		EXPECT_OK(remount(own, 0));
	}
	EXPECT_OK(remount(point[4], 0));
}

TEST_F(mnt, locked_atime_eperm)
{
	need_unprivileged_userns();
	OUTER()
	{
		mount_own_root();
		char *top = make_tree(), *second = mount_tmpfs();

		MUST(remount(second, MS_NOATIME));
		INNER()
		{
			struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOATIME,
						   .attr_clr = MOUNT_ATTR__ATIME };

			EXPECT_ERRNO(EPERM, remount(top, MS_NOATIME));
			EXPECT_ERRNO(EPERM, remount(top, MS_STRICTATIME));
			EXPECT_ERRNO(EPERM, remount(top, MS_NODIRATIME | MS_RELATIME));
			EXPECT_ERRNO(EPERM, remount(second, MS_RELATIME));
			EXPECT_ERRNO(EPERM, remount(second, MS_STRICTATIME));
			if (mount_setattr(AT_FDCWD, top, 0, &attr, sizeof(attr)) && errno != ENOSYS)
				EXPECT_EQ(EPERM, errno);
			EXPECT_STREQ("rw,relatime", mountinfo_of(0, top).options);
			EXPECT_STREQ("rw,noatime", mountinfo_of(0, second).options);
			EXPECT_OK(remount(top, MS_RDONLY));
			EXPECT_OK(remount(top, MS_RDONLY | MS_NOSUID));
			EXPECT_OK(remount(top, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
			EXPECT_STREQ("ro,nosuid,nodev,noexec,relatime",
				     mountinfo_of(0, top).options);
			/* What one has added, one may take away. */
			EXPECT_OK(remount(top, 0));
			EXPECT_OK(remount(second, MS_NOATIME | MS_NOEXEC));
		}
	}
}

TEST_F(mnt, locked_root_pivot_ok)
{
	need_unprivileged_userns();
	OUTER()
	{
		mount_own_root();
		INNER()
		{
			char *top = mount_tmpfs(), *old = text_format("%s/old", top);

			MUST(mkdir(old, 0755));
			EXPECT_ERRNO(EINVAL, umount2("/", MNT_DETACH));
			EXPECT_OK(sys_pivot_root(top, old));
			EXPECT_OK(chdir("/"));
			EXPECT_OK(access("/old/proc", F_OK));
			EXPECT_ERRNO(EINVAL, umount2("/", MNT_DETACH));
			EXPECT_ERRNO(EINVAL, umount2("/", 0));
			EXPECT_OK(umount2("/old", MNT_DETACH));
			EXPECT_ERRNO(ENOENT, access("/old/proc", F_OK));
			EXPECT_ERRNO(EINVAL, umount2("/", MNT_DETACH));
		}
	}
}

/* A tmpfs that is nowhere yet. */
static int new_tmpfs(void)
{
	int fs = MUST(fsopen("tmpfs", FSOPEN_CLOEXEC));

	MUST(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	return MUST(fsmount(fs, FSMOUNT_CLOEXEC, 0));
}

static int put_beneath(int fd, const char *point, unsigned int flags)
{
	return move_mount(fd, "", AT_FDCWD, point,
			  MOVE_MOUNT_F_EMPTY_PATH | SYS_MOVE_MOUNT_BENEATH | flags);
}

static void need_beneath(void)
{
	if (move_mount(-1, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH | SYS_MOVE_MOUNT_BENEATH) &&
	    errno == EINVAL)
		check_skip("not supported: MOVE_MOUNT_BENEATH");
}

TEST_F(mnt, locked_beneath_transfers_lock)
{
	need_unprivileged_userns();
	OUTER()
	{
		need_beneath();
		mount_own_root();
		char *top = make_tree(), *a = text_format("%s/a", top);

		INNER()
		{
			int below = new_tmpfs(), first = mountinfo_of(0, a).id;

			if (put_beneath(below, a, 0)) {
				EXPECT_EQ(EINVAL, errno);
				EXPECT_EQ(first, mountinfo_of(0, a).id);
				expect_stuck(a);
				check_skip("not supported: MOVE_MOUNT_BENEATH of a locked mount");
			}
			EXPECT_EQ(first, mountinfo_of(0, a).id);
			EXPECT_OK(umount(a));
			EXPECT_TRUE(is_mounted(a));
			EXPECT_NE(first, mountinfo_of(0, a).id);
			expect_stuck(a);
		}
	}
}

TEST_F(mnt, beneath)
{
	need_beneath();
	char *top = make_tree(), *a = text_format("%s/a", top), *b = text_format("%s/b", top);
	int first = mountinfo_of(0, a).id, fd = new_tmpfs();
	struct mountinfo m;

	EXPECT_ERRNO(EINVAL, put_beneath(fd, b, 0)); /* nothing is mounted there */
	EXPECT_ERRNO(EINVAL, put_beneath(fd, a, MOVE_MOUNT_SET_GROUP));
	EXPECT_EQ(1, mountinfo_count(0, a));
	EXPECT_OK(mknodat(fd, "mark", S_IFREG | 0600, 0));
	EXPECT_OK(put_beneath(fd, a, 0));
	m = mountinfo_of(0, a);
	EXPECT_EQ(first, m.id);
	EXPECT_EQ(2, mountinfo_count(0, a));
	EXPECT_ERRNO(ENOENT, access(text_format("%s/mark", a), F_OK));
	EXPECT_OK(umount(a));
	EXPECT_OK(access(text_format("%s/mark", a), F_OK));
	EXPECT_EQ(m.parent, mountinfo_of(0, a).id);
	EXPECT_EQ(mountinfo_of(0, top).id, mountinfo_of(0, a).parent);
	/* From another place, but not from above. */
	char *other = mount_tmpfs();
	EXPECT_OK(move_mount(AT_FDCWD, other, AT_FDCWD, a, SYS_MOVE_MOUNT_BENEATH));
	EXPECT_FALSE(is_mounted(other));
	MUST(mkdir(text_format("%s/in", a), 0755));
	mount_make("tmpfs", text_format("%s/in", a), "tmpfs", 0, NULL);
	EXPECT_ERRNO(EINVAL, move_mount(AT_FDCWD, text_format("%s/in", a), AT_FDCWD, a,
					SYS_MOVE_MOUNT_BENEATH));
	/* Nor where it would propagate to the very mount that it goes beneath. */
	mount_make(NULL, top, NULL, MS_SHARED, NULL);
	mount_make(b, b, NULL, MS_BIND, NULL);
	EXPECT_EQ(mountinfo_of(0, top).shared, mountinfo_of(0, b).shared);
	EXPECT_ERRNO(EINVAL, put_beneath(new_tmpfs(), b, 0));
	mount_make(NULL, b, NULL, MS_PRIVATE, NULL);
	EXPECT_OK(put_beneath(new_tmpfs(), b, 0));
}

SUITE_MAIN()
