// SPDX-License-Identifier: GPL-2.0-only
/* Trees that are in no mount namespace, and namespaces made of trees. */
#include "suite.h"

#include <sys/ioctl.h>

AREA(mnt);

static bool is_mounted(const char *point)
{
	struct mountinfo m;

	return mountinfo_find(0, point, &m);
}

/* A tmpfs with a file "mark", and a folder "sub" on which is another one. */
static char *make_tree(void)
{
	char *top = mount_tmpfs(), *sub = text_format("%s/sub", top);

	MUST(mknod(text_format("%s/mark", top), S_IFREG | 0600, 0));
	MUST(mkdir(sub, 0755));
	mount_make("tmpfs", sub, "tmpfs", 0, NULL);
	MUST(mknod(text_format("%s/deep", sub), S_IFREG | 0600, 0));
	return top;
}

#define CLONE_TREE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)

static int attach(int tree, const char *point)
{
	return move_mount(tree, "", AT_FDCWD, point, MOVE_MOUNT_F_EMPTY_PATH);
}

/* What a descriptor of the root of a tree reaches, "/" as its name or not. */
static bool reaches(int tree, const char *name)
{
	return !faccessat(tree, name, F_OK, 0);
}

TEST_F(mnt, detached_invisible)
{
	char *top = make_tree(), *before = file_read("/proc/self/mountinfo");
	int tree = ASSERT_OK(open_tree(AT_FDCWD, top, CLONE_TREE));

	EXPECT_STREQ(before, file_read("/proc/self/mountinfo"));
	EXPECT_TRUE(reaches(tree, "mark"));
	EXPECT_TRUE(reaches(tree, "sub/deep"));
	EXPECT_EQ(FD_CLOEXEC, fcntl(tree, F_GETFD));
	/* It is another mount: what is mounted on the original does not show in it. */
	mount_make("tmpfs", text_format("%s/sub", top), "tmpfs", 0, NULL);
	EXPECT_TRUE(reaches(tree, "sub/deep"));
	MUST(umount(text_format("%s/sub", top)));
	int alone = ASSERT_OK(open_tree(AT_FDCWD, top, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	EXPECT_FALSE(reaches(alone, "sub/deep"));
	/* With the last descriptor the tree falls apart. */
	int sub = MUST(openat(tree, "sub", O_PATH | O_DIRECTORY));
	EXPECT_TRUE(reaches(sub, "../mark"));
	close(tree);
	EXPECT_FALSE(reaches(sub, "../mark"));
	EXPECT_TRUE(reaches(sub, "deep"));
	EXPECT_STREQ(before, file_read("/proc/self/mountinfo"));
}

TEST_F(mnt, detached_attach)
{
	char *top = make_tree(), *point = temp_dir();
	int tree = ASSERT_OK(open_tree(AT_FDCWD, top, CLONE_TREE));

	EXPECT_FALSE(is_mounted(point));
	EXPECT_OK(attach(tree, point));
	EXPECT_EQ(2, mountinfo_count(0, point));
	close(tree);
	EXPECT_EQ(2, mountinfo_count(0, point));
	EXPECT_OK(access(text_format("%s/sub/deep", point), F_OK));
	EXPECT_OK(umount2(point, MNT_DETACH));
	/* Once is enough. */
	tree = ASSERT_OK(open_tree(AT_FDCWD, top, CLONE_TREE));
	EXPECT_OK(attach(tree, point));
	EXPECT_OK(attach(tree, temp_dir())); /* moves it on */
	EXPECT_FALSE(is_mounted(point));
	/* Not what is inside a tree, and not a tree into itself. */
	tree = ASSERT_OK(open_tree(AT_FDCWD, top, CLONE_TREE));
	EXPECT_ERRNO(EINVAL, move_mount(tree, "sub", AT_FDCWD, point, 0));
	EXPECT_EQ(-1, move_mount(tree, "", tree, "sub", MOVE_MOUNT_F_EMPTY_PATH));
	EXPECT_FALSE(is_mounted(point));
}

/* The newer rules let trees be built before they are attached. */
static bool can_build_trees(const char *top)
{
	int tree = MUST(open_tree(AT_FDCWD, top, CLONE_TREE));
	int copy = open_tree(tree, "", CLONE_TREE | AT_EMPTY_PATH);

	close(tree);
	if (copy >= 0)
		close(copy);
	return copy >= 0;
}

TEST_F(mnt, detached_fd_other_ns_einval)
{
	char *top = make_tree();
	int tree;

	if (!can_build_trees(top))
		check_skip("not supported: copies of detached trees");
	tree = MUST(open_tree(AT_FDCWD, top, CLONE_TREE));
	int more = MUST(open_tree(AT_FDCWD, top, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	EXPECT_OK(move_mount(more, "", tree, "sub", MOVE_MOUNT_F_EMPTY_PATH));
	EXPECT_FALSE(reaches(tree, "sub/deep"));
	EXPECT_TRUE(reaches(tree, "sub/mark"));
	IN_CHILD (.flags = CLONE_NEWNS) {
		EXPECT_TRUE(reaches(tree, "mark"));
		EXPECT_ERRNO(EINVAL, open_tree(tree, "", CLONE_TREE | AT_EMPTY_PATH));
		EXPECT_ERRNO(EINVAL, open_tree(tree, "sub", CLONE_TREE));
		EXPECT_ERRNO(EINVAL, mount("tmpfs", text_format("/proc/self/fd/%d/sub", tree),
					   "tmpfs", 0, NULL));
		int own = MUST(open_tree(AT_FDCWD, top, CLONE_TREE));
		EXPECT_ERRNO(EINVAL, move_mount(own, "", tree, "sub", MOVE_MOUNT_F_EMPTY_PATH));
	}
	EXPECT_OK(open_tree(tree, "", CLONE_TREE | AT_EMPTY_PATH));
}

TEST_F(mnt, detached_handover)
{
	char *top = make_tree(), *point = temp_dir();
	struct child c;

	CHILD (&c, .flags = CLONE_NEWNS) {
		int tree = child_recv_fd(&c);

		EXPECT_OK(attach(tree, point));
		EXPECT_EQ(2, mountinfo_count(0, point));
		EXPECT_OK(access(text_format("%s/sub/deep", point), F_OK));
		child_meet(&c);
	}
	int tree = MUST(open_tree(AT_FDCWD, top, CLONE_TREE));
	child_send_fd(&c, tree);
	close(tree);
	child_meet(&c);
	EXPECT_FALSE(is_mounted(point));
	child_wait(&c);
}

static int tree_ns(const char *path, unsigned int flags)
{
	return open_tree(AT_FDCWD, path, SYS_OPEN_TREE_NAMESPACE | OPEN_TREE_CLOEXEC | flags);
}

static void need_tree_ns(void)
{
	if (!ns_have_strict_view())
		check_skip("not supported: OPEN_TREE_NAMESPACE");
}

static uint32_t mounts_of(int ns)
{
	struct sys_mnt_ns_info info;

	MUST(ioctl(ns, SYS_NS_MNT_GET_INFO, &info));
	return info.nr_mounts;
}

TEST_F(mnt, open_tree_ns)
{
	char *top = make_tree();
	uint64_t own = ns_id(0, "mnt");
	int ns;

	need_tree_ns();
	char *before = file_read("/proc/self/mountinfo");
	for (int rec = 0; rec < 2; rec++) {
		ns = ASSERT_OK(tree_ns(top, rec ? AT_RECURSIVE : 0));
		EXPECT_EQ(CLONE_NEWNS, ioctl(ns, NS_GET_NSTYPE));
		EXPECT_EQ(FD_CLOEXEC, fcntl(ns, F_GETFD));
		EXPECT_EQ(rec ? 2 : 1, mounts_of(ns));
		EXPECT_NE(own, ns_fd_id(ns));
		EXPECT_EQ(own, ns_id(0, "mnt"));
		EXPECT_EQ(ns_id(0, "user"), ns_fd_id(MUST(ioctl(ns, NS_GET_USERNS))));
		IN_CHILD () {
			EXPECT_OK(setns(ns, CLONE_NEWNS));
			EXPECT_OK(access("/mark", F_OK));
			EXPECT_OK(access("mark", F_OK));
			EXPECT_ERRNO(ENOENT, access("/proc", F_OK));
			EXPECT_EQ(rec, access("/sub/deep", F_OK) == 0);
			EXPECT_STREQ("/", getcwd(NULL, 0));
		}
	}
	EXPECT_STREQ(before, file_read("/proc/self/mountinfo"));
	EXPECT_OK(access("/proc/self", F_OK));
	EXPECT_ERRNO(EINVAL, tree_ns(top, OPEN_TREE_CLONE));
}

TEST_F(mnt, open_tree_ns_eperm)
{
	char *dir = temp_dir();

	need_tree_ns();
	IN_CHILD () {
		cred_drop_all();
		EXPECT_ERRNO(EPERM, tree_ns(dir, 0));
		EXPECT_ERRNO(EPERM, tree_ns(dir, AT_RECURSIVE));
	}
	need_unprivileged_userns();
	/* Rights in one's own user namespace will do, without any over the mounts. */
	IN_CHILD (.flags = CLONE_NEWUSER) {
		int ns = ASSERT_OK(tree_ns(dir, AT_RECURSIVE));

		EXPECT_EQ(ns_id(0, "user"), ns_fd_id(MUST(ioctl(ns, NS_GET_USERNS))));
		EXPECT_OK(setns(ns, CLONE_NEWNS));
		EXPECT_ERRNO(ENOENT, access("/proc", F_OK));
	}
	IN_CHILD (.flags = CLONE_NEWUSER) {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, tree_ns(dir, AT_RECURSIVE));
	}
	rmdir(dir);
}

TEST_F(mnt, open_tree_ns_foreign)
{
	need_tree_ns();
	need_unprivileged_userns();
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS) {
		mount_own_root();
		char *top = make_tree(), *sub = text_format("%s/sub", top);

		mount_make("/proc", text_format("%s/sub", top), NULL, MS_BIND | MS_REC, NULL);
		mount_make(NULL, top, NULL, MS_SHARED | MS_REC, NULL);
		int group = mountinfo_of(0, top).shared;
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_ERRNO(EINVAL, tree_ns(top, 0));
			int ns = ASSERT_OK(tree_ns(top, AT_RECURSIVE));

			EXPECT_OK(setns(ns, CLONE_NEWNS));
			EXPECT_OK(access("/mark", F_OK));
			EXPECT_ERRNO(EINVAL, umount2("/sub", 0));
			EXPECT_ERRNO(EINVAL, umount2("/sub", MNT_DETACH));
			EXPECT_ERRNO(EINVAL, umount2("/", MNT_DETACH));
			struct mountinfo m;
			char *text = file_read("/sub/self/mountinfo");
			ASSERT_TRUE(mountinfo_parse(strtok(text, "\n"), &m));
			EXPECT_STREQ(text_format("master:%d", group), m.tags);
		}
		EXPECT_TRUE(is_mounted(sub));
	}
}

TEST_F(mnt, open_tree_ns_notdir)
{
	char *top = make_tree(), *mark = text_format("%s/mark", top);

	need_tree_ns();
	EXPECT_ERRNO(ENOTDIR, tree_ns(mark, 0));
	EXPECT_ERRNO(ENOTDIR, tree_ns(mark, AT_RECURSIVE));
	mount_make(mark, mark, NULL, MS_BIND, NULL);
	EXPECT_ERRNO(ENOTDIR, tree_ns(mark, 0));
	EXPECT_OK(tree_ns(top, 0));
}

TEST_F(mnt, open_tree_ns_unbindable_einval)
{
	char *top = make_tree(), *sub = text_format("%s/sub", top);

	need_tree_ns();
	mount_make(NULL, sub, NULL, MS_UNBINDABLE, NULL);
	EXPECT_ERRNO(EINVAL, tree_ns(sub, 0));
	EXPECT_ERRNO(EINVAL, tree_ns(sub, AT_RECURSIVE));
	int ns = ASSERT_OK(tree_ns(top, AT_RECURSIVE));
	EXPECT_EQ(1, mounts_of(ns));
	IN_CHILD () {
		EXPECT_OK(setns(ns, CLONE_NEWNS));
		EXPECT_ERRNO(ENOENT, access("/sub/deep", F_OK));
		EXPECT_OK(access("/mark", F_OK));
	}
	mount_make(NULL, top, NULL, MS_UNBINDABLE, NULL);
	EXPECT_ERRNO(EINVAL, tree_ns(top, AT_RECURSIVE));
}

SUITE_MAIN()
