// SPDX-License-Identifier: GPL-2.0-only
/* Between mount namespaces: mount points of others, and how many there may be. */
#include "suite.h"

#include <sys/ioctl.h>

AREA(mnt);

static bool is_mounted(const char *point)
{
	struct mountinfo m;

	return mountinfo_find(0, point, &m);
}

static char *make_file(const char *dir, const char *name)
{
	char *path = text_format("%s/%s", dir, name);

	MUST(mknod(path, S_IFREG | 0600, 0));
	return path;
}

static char *make_dir(const char *dir, const char *name)
{
	char *path = text_format("%s/%s", dir, name);

	MUST(mkdir(path, 0755));
	return path;
}

TEST_F(mnt, rmdir_mountpoint_other_ns)
{
	char *top = mount_tmpfs(), *dir = make_dir(top, "dir"), *old = make_dir(top, "old");
	char *file = make_file(top, "file"), *source = make_file(top, "source");
	char *victim = make_dir(top, "victim");
	struct child c;

	CHILD (&c, .flags = CLONE_NEWNS) {
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		make_dir(dir, "deep");
		mount_make("tmpfs", text_format("%s/deep", dir), "tmpfs", 0, NULL);
		mount_make("tmpfs", old, "tmpfs", 0, NULL);
		mount_make("tmpfs", victim, "tmpfs", 0, NULL);
		mount_make(source, file, NULL, MS_BIND, NULL);
		EXPECT_EQ(6, mountinfo_count(0, top));
		child_meet(&c);
		child_meet(&c);
		EXPECT_EQ(3, mountinfo_count(0, top));
		EXPECT_ERRNO(ENOENT, access(dir, F_OK));
		EXPECT_ERRNO(ENOENT, access(file, F_OK));
		int id = mountinfo_of(0, old).id;
		child_meet(&c);
		child_meet(&c);
		/* A new name takes the mount along; a name overwritten loses its own. */
		EXPECT_EQ(2, mountinfo_count(0, top));
		EXPECT_EQ(id, mountinfo_of(0, victim).id);
	}
	child_meet(&c);
	EXPECT_OK(rmdir(dir));
	EXPECT_OK(unlink(file));
	child_meet(&c);
	child_meet(&c);
	EXPECT_OK(rename(old, text_format("%s/new", top)));
	EXPECT_OK(rename(text_format("%s/new", top), victim));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(mnt, rmdir_mountpoint_own_ns_ebusy)
{
	char *top = mount_tmpfs(), *dir = make_dir(top, "dir"), *other = make_dir(top, "other");
	char *file = make_file(top, "file"), *source = make_file(top, "source");

	mount_make("tmpfs", dir, "tmpfs", 0, NULL);
	mount_make(source, file, NULL, MS_BIND, NULL);
	EXPECT_ERRNO(EBUSY, rmdir(dir));
	EXPECT_ERRNO(EBUSY, unlink(file));
	EXPECT_ERRNO(EBUSY, rename(dir, text_format("%s/new", top)));
	EXPECT_ERRNO(EBUSY, rename(other, dir));
	EXPECT_ERRNO(EBUSY, rename(file, text_format("%s/new", top)));
	EXPECT_ERRNO(EBUSY, rename(source, file));
	EXPECT_TRUE(is_mounted(dir) && is_mounted(file));
	/* The source of a bind mount is no mount point, nor is anything when it is over. */
	EXPECT_OK(unlink(source));
	EXPECT_OK(umount(file));
	EXPECT_OK(unlink(file));
	EXPECT_OK(umount(dir));
	EXPECT_OK(rename(other, dir));
}

TEST_F(mnt, other_ns_einval)
{
	char *dir = temp_dir(), *far, *there, *here = temp_dir();
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	struct child c;

	CHILD (&c, .flags = CLONE_NEWNS) {
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		make_dir(dir, "old");
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	far = text_format("/proc/%d/root%s", c.pid, dir);
	int fd = MUST(open(far, O_PATH));
	there = text_format("/proc/self/fd/%d", fd);
	EXPECT_OK(access(text_format("%s/old", far), F_OK));
	const char *const ways[] = { far, there };
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EINVAL, umount2(ways[i], 0));
		EXPECT_ERRNO(EINVAL, umount2(ways[i], MNT_DETACH));
		EXPECT_ERRNO(EINVAL, mount(ways[i], here, NULL, MS_BIND, NULL));
		EXPECT_ERRNO(EINVAL, mount(ways[i], here, NULL, MS_BIND | MS_REC, NULL));
		EXPECT_ERRNO(EINVAL, mount(ways[i], here, NULL, MS_MOVE, NULL));
		EXPECT_ERRNO(EINVAL, mount("tmpfs", ways[i], "tmpfs", 0, NULL));
		EXPECT_ERRNO(EINVAL, mount(here, ways[i], NULL, MS_BIND, NULL));
		EXPECT_ERRNO(EINVAL, open_tree(AT_FDCWD, ways[i], OPEN_TREE_CLONE));
		EXPECT_ERRNO(EINVAL, open_tree(AT_FDCWD, ways[i], OPEN_TREE_CLONE | AT_RECURSIVE));
		EXPECT_ERRNO(EINVAL,
			     mount(NULL, ways[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
		EXPECT_ERRNO(EINVAL, sys_pivot_root(ways[i], text_format("%s/old", ways[i])));
		if (!mount_setattr(AT_FDCWD, ways[i], 0, &attr, sizeof(attr)) || errno != ENOSYS)
			EXPECT_ERRNO(EINVAL,
				     mount_setattr(AT_FDCWD, ways[i], 0, &attr, sizeof(attr)));
	}
	EXPECT_FALSE(is_mounted(here));
	struct mountinfo m = mountinfo_of(c.pid, dir);
	EXPECT_STREQ("rw,relatime", m.options);
	EXPECT_EQ(1, mountinfo_count(c.pid, dir));
	child_kill(&c);
}

TEST_F(mnt, mntns_loop)
{
	char *dir = temp_dir(), *point = make_file(dir, "point"), *pins = mount_tmpfs();
	char *pin = make_file(pins, "pin"), *link;
	struct child younger;

	EXPECT_ERRNO(EINVAL, mount("/proc/self/ns/mnt", point, NULL, MS_BIND, NULL));
	EXPECT_ERRNO(EINVAL, mount("/proc/self/ns/mnt", point, NULL, MS_BIND | MS_REC, NULL));
	ns_start_member(&younger, NS_MNT, 0);
	link = text_format("/proc/%d/ns/mnt", younger.pid);
	EXPECT_OK(mount(link, pin, NULL, MS_BIND, NULL));
	int own = ns_open(0, "mnt");
	IN_CHILD () {
		int tree = MUST(open_tree(AT_FDCWD, pins, OPEN_TREE_CLONE | AT_RECURSIVE));
		bool copied =
			ioctl(MUST(openat(tree, "pin", O_RDONLY)), NS_GET_NSTYPE) == CLONE_NEWNS;

		MUST(setns(younger.pidfd, CLONE_NEWNS));
		/* Older, and its own. */
		EXPECT_ERRNO(EINVAL, mount(text_format("/proc/self/fd/%d", own), point, NULL,
					   MS_BIND, NULL));
		EXPECT_ERRNO(EINVAL, mount("/proc/self/ns/mnt", point, NULL, MS_BIND, NULL));
		/* By way of a tree that carries it. */
		if (copied)
			EXPECT_ERRNO(ELOOP,
				     move_mount(tree, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH));
		EXPECT_ERRNO(EINVAL, mount(text_format("/proc/self/fd/%d", tree), dir, NULL,
					   MS_BIND | MS_REC, NULL));
		EXPECT_FALSE(is_mounted(dir));
	}
	child_kill(&younger);
}

TEST_F(mnt, bind_mntns_not_copied)
{
	struct child mnt, uts;

	ns_start_member(&mnt, NS_MNT, 0);
	ns_start_member(&uts, NS_UTS, 0);
	char *mnt_pin = mount_pin(text_format("/proc/%d/ns/mnt", mnt.pid));
	char *uts_pin = mount_pin(text_format("/proc/%d/ns/uts", uts.pid));

	for (int by_unshare = 0; by_unshare < 2; by_unshare++)
		IN_CHILD (.flags = by_unshare ? 0 : CLONE_NEWNS) {
			if (by_unshare)
				ns_unshare(CLONE_NEWNS);
			EXPECT_FALSE(is_mounted(mnt_pin));
			EXPECT_TRUE(is_mounted(uts_pin));
		}
	EXPECT_TRUE(is_mounted(mnt_pin));
	child_kill(&mnt);
	child_kill(&uts);
}

#define MOUNT_MAX "/proc/sys/fs/mount-max"

/* tmpfs upon tmpfs until there may be no more; how many, up to 1000. */
static int fill(const char *point)
{
	int n = 0;

	while (n < 1000 && !mount("tmpfs", point, "tmpfs", 0, NULL))
		n++;
	if (n < 1000)
		EXPECT_EQ(ENOSPC, errno);
	return n;
}

TEST_F(mnt, mount_max)
{
	int64_t before = file_number(MOUNT_MAX), max;
	struct child c;

	EXPECT_ERRNO(EINVAL, file_try_write(MOUNT_MAX, "0"));
	EXPECT_ERRNO(EINVAL, file_try_write(MOUNT_MAX, "-1"));
	EXPECT_EQ(before, file_number(MOUNT_MAX));
	CHILD (&c, .flags = CLONE_NEWNS) {
		char *point = mount_tmpfs(), *other = mount_tmpfs();

		max = mountinfo_count(0, "") + 50;
		file_write(MOUNT_MAX, "%jd", (intmax_t)max);
		int n = fill(point), all = mountinfo_count(0, "");

		EXPECT_LT(0, n);
		EXPECT_LE(all, max);
		EXPECT_EQ(n + 1, mountinfo_count(0, point));
		EXPECT_ERRNO(ENOSPC, mount(point, other, NULL, MS_BIND, NULL));
		/* Up to it and not one more; and none is lost when it is lowered. */
		file_write(MOUNT_MAX, "%jd", (intmax_t)max + 2);
		EXPECT_EQ(2, fill(point));
		file_write(MOUNT_MAX, "1");
		EXPECT_EQ(all + 2, mountinfo_count(0, ""));
		EXPECT_ERRNO(ENOSPC, mount("tmpfs", point, "tmpfs", 0, NULL));
		EXPECT_OK(umount(point));
		/* A tree goes as a whole or not at all. */
		make_dir(other, "a");
		file_write(MOUNT_MAX, "%jd", (intmax_t)max + 3);
		MUST(mount("tmpfs", text_format("%s/a", other), "tmpfs", 0, NULL));
		all = mountinfo_count(0, "");
		EXPECT_ERRNO(ENOSPC, mount(other, temp_dir(), NULL, MS_BIND | MS_REC, NULL));
		EXPECT_EQ(all, mountinfo_count(0, ""));
		EXPECT_OK(mount(other, temp_dir(), NULL, MS_BIND, NULL));
	}
	int status = child_reap(&c);

	file_write(MOUNT_MAX, "%jd", (intmax_t)before);
	EXPECT_EQ(0, status);
}

TEST_F(mnt, mount_max_propagation)
{
	int64_t before = file_number(MOUNT_MAX);
	char *shared = mount_tmpfs(), *a = make_dir(shared, "a"), *peer = temp_dir();
	struct child full, outer;

	mount_make(NULL, shared, NULL, MS_SHARED, NULL);
	mount_make(shared, peer, NULL, MS_BIND, NULL);
	CHILD (&outer) {
		CHILD (&full, .flags = CLONE_NEWNS) {
			char *point = mount_tmpfs();

			file_write(MOUNT_MAX, "%d", mountinfo_count(0, "") + 50);
			EXPECT_LT(10, fill(point));
			child_meet(&full);
			child_meet(&full);
			EXPECT_FALSE(is_mounted(a));
			EXPECT_OK(umount(point));
			EXPECT_OK(umount(point));
			child_meet(&full);
			child_meet(&full);
			EXPECT_TRUE(is_mounted(a));
		}
		child_meet(&full);
		int all = mountinfo_count(0, "");

		EXPECT_ERRNO(ENOSPC, mount("tmpfs", a, "tmpfs", 0, NULL));
		EXPECT_EQ(all, mountinfo_count(0, ""));
		EXPECT_FALSE(is_mounted(a) || is_mounted(text_format("%s/a", peer)));
		/* Here alone there is room. */
		EXPECT_OK(mount("tmpfs", temp_dir(), "tmpfs", 0, NULL));
		child_meet(&full);
		child_meet(&full);
		EXPECT_OK(mount("tmpfs", a, "tmpfs", 0, NULL));
		child_meet(&full);
		child_wait(&full);
	}
	int status = child_reap(&outer);

	file_write(MOUNT_MAX, "%jd", (intmax_t)before);
	EXPECT_EQ(0, status);
}

SUITE_MAIN()
