// SPDX-License-Identifier: GPL-2.0-only
/* Who may mount and umount at all. */
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

TEST_F(mnt, force_umount_eperm)
{
	char *point = temp_dir(), *own;

	OUTER()
	{
		char *foreign = make_tree(), *bind = temp_dir();

		INNER()
		{
			MUST(mount(text_format("%s/b", foreign), bind, NULL, MS_BIND, NULL));
			EXPECT_ERRNO(EPERM, umount2(bind, MNT_FORCE));
			EXPECT_ERRNO(EPERM, umount2(bind, MNT_FORCE | MNT_DETACH));
			EXPECT_TRUE(is_mounted(bind));
			EXPECT_OK(umount2(bind, 0));
			own = mount_tmpfs();
			EXPECT_OK(umount2(own, MNT_FORCE));
		}
	}
	mount_make("tmpfs", point, "tmpfs", 0, NULL);
	EXPECT_OK(umount2(point, MNT_FORCE));
}

TEST_F(mnt, umount_root_lesspriv_einval)
{
	need_unprivileged_userns();
	OUTER()
	{
		mount_own_root();
		INNER()
		{
			char *options = mountinfo_of(0, "/").options;

			EXPECT_ERRNO(EINVAL, umount2("/", 0));
			EXPECT_STREQ(options, mountinfo_of(0, "/").options);
			EXPECT_OK(access("/proc/self", F_OK));
		}
	}
}

static void expect_all_eperm(const char *dir)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	EXPECT_ERRNO(EPERM, mount("tmpfs", dir, "tmpfs", 0, NULL));
	EXPECT_ERRNO(EPERM, mount("/proc", dir, NULL, MS_BIND, NULL));
	EXPECT_ERRNO(EPERM, mount("/proc", dir, NULL, MS_MOVE, NULL));
	EXPECT_ERRNO(EPERM, mount(NULL, "/", NULL, MS_PRIVATE, NULL));
	EXPECT_ERRNO(EPERM, mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	EXPECT_ERRNO(EPERM, umount2("/proc", 0));
	EXPECT_ERRNO(EPERM, umount2("/proc", MNT_DETACH));
	EXPECT_ERRNO(EPERM, sys_pivot_root(dir, dir));
	EXPECT_ERRNO(EPERM, open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE));
	EXPECT_ERRNO(EPERM, fsopen("tmpfs", 0));
	EXPECT_ERRNO(EPERM, fspick(AT_FDCWD, "/proc", 0));
	EXPECT_ERRNO(EPERM, fsmount(-1, 0, 0));
	EXPECT_ERRNO(EPERM, move_mount(AT_FDCWD, "/proc", AT_FDCWD, dir, 0));
	if (mount_setattr(AT_FDCWD, "/proc", 0, &attr, sizeof(attr)) == 0 || errno != ENOSYS)
		EXPECT_ERRNO(EPERM, mount_setattr(AT_FDCWD, "/proc", 0, &attr, sizeof(attr)));
	EXPECT_OK(open_tree(AT_FDCWD, dir, 0));
}

TEST_F(mnt, mount_eperm_unprivileged)
{
	char *dir = temp_dir();

	IN_CHILD () {
		cred_drop_all();
		expect_all_eperm(dir);
	}
	IN_CHILD () {
		cred_drop_all(); /* nor have they it by root's id alone */
		MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		expect_all_eperm(dir);
	}
	need_unprivileged_userns();
	/* All capabilities, but not over these mounts. */
	IN_CHILD (.flags = CLONE_NEWUSER)
		expect_all_eperm(dir);
	OUTER()
	{
		cred_drop(CAP_SYS_ADMIN);
		expect_all_eperm(dir);
	}
	rmdir(dir);
}

SUITE_MAIN()
