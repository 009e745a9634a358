// SPDX-License-Identifier: GPL-2.0-only
/* What a process sees of mounts: its own namespace, by mountinfo and its kin. */
#include "suite.h"

#include <sys/ioctl.h>
#include <sys/sysmacros.h>

AREA(mnt);

static void change(const char *point, unsigned long flags)
{
	mount_make(NULL, point, NULL, flags, NULL);
}

static bool is_mounted(const char *point)
{
	struct mountinfo m;

	return mountinfo_find(0, point, &m);
}

/* A process in a copy, with a tmpfs of its own on the folder. */
static void start_mounted(struct child *c, const char *dir)
{
	CHILD (c, .flags = CLONE_NEWNS) {
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(mnt, isolation_private)
{
	char *top = mount_tmpfs(), *a = text_format("%s/a", top), *b = text_format("%s/b", top);
	struct child c;

	MUST(mkdir(a, 0755));
	MUST(mkdir(b, 0755));
	CHILD (&c, .flags = CLONE_NEWNS) {
		mount_make("tmpfs", a, "tmpfs", 0, NULL);
		MUST(mknod(text_format("%s/mark", a), S_IFREG | 0600, 0));
		child_meet(&c);
		child_meet(&c);
		EXPECT_FALSE(is_mounted(b));
		EXPECT_ERRNO(ENOENT, access(text_format("%s/mark", b), F_OK));
		EXPECT_TRUE(is_mounted(top)); /* gone only over there */
		EXPECT_TRUE(is_mounted(a));
	}
	child_meet(&c);
	EXPECT_FALSE(is_mounted(a));
	EXPECT_ERRNO(ENOENT, access(text_format("%s/mark", a), F_OK));
	mount_make("tmpfs", b, "tmpfs", 0, NULL);
	MUST(mknod(text_format("%s/mark", b), S_IFREG | 0600, 0));
	MUST(umount(b));
	mount_make("tmpfs", b, "tmpfs", 0, NULL);
	MUST(umount2(top, MNT_DETACH));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(mnt, isolation_procfiles)
{
	static const char *const files[] = { "mounts", "mountinfo", "mountstats" };
	char *dir = temp_dir();
	struct child c, plain;

	start_mounted(&c, dir);
	CHILD (&plain)
		child_sleep();
	for (int i = 0; i < 3; i++) {
		char *other = file_read("/proc/%d/%s", c.pid, files[i]);
		char *own = file_read("/proc/%d/%s", getpid(), files[i]);

		EXPECT_TRUE(strstr(other, dir));
		EXPECT_FALSE(strstr(own, dir));
		EXPECT_STREQ(own, file_read("/proc/%d/%s", plain.pid, files[i]));
		EXPECT_STREQ(own, file_read("/proc/self/%s", files[i]));
		EXPECT_STRNE(own, other);
	}
	/* It is PID's, not the reader's. */
	IN_CHILD () {
		MUST(setns(c.pidfd, CLONE_NEWNS));
		EXPECT_FALSE(strstr(file_read("/proc/%d/mountinfo", getppid()), dir));
		EXPECT_TRUE(strstr(file_read("/proc/%d/mountinfo", getpid()), dir));
	}
	child_kill(&plain);
	child_kill(&c);
}

TEST_F(mnt, copy_keeps_propagation)
{
	char *shared = mount_tmpfs(), *slave = temp_dir(), *both = temp_dir(),
	     *private = mount_tmpfs();
	char *const points[] = { shared, slave, both, private };
	char *tags[4];

	change(shared, MS_SHARED);
	mount_make(shared, slave, NULL, MS_BIND, NULL);
	change(slave, MS_SLAVE);
	mount_make(shared, both, NULL, MS_BIND, NULL);
	change(both, MS_SLAVE);
	change(both, MS_SHARED);
	for (int i = 0; i < 4; i++)
		tags[i] = mountinfo_of(0, points[i]).tags;
	for (int by_unshare = 0; by_unshare < 2; by_unshare++)
		IN_CHILD (.flags = by_unshare ? 0 : CLONE_NEWNS) {
			if (by_unshare)
				ns_unshare(CLONE_NEWNS);
			for (int i = 0; i < 4; i++)
				EXPECT_STREQ(tags[i], mountinfo_of(0, points[i]).tags);
		}
	for (int i = 0; i < 4; i++)
		EXPECT_STREQ(tags[i], mountinfo_of(0, points[i]).tags);
	EXPECT_STREQ("", tags[3]);
	EXPECT_TRUE(strstr(tags[2], "shared:") && strstr(tags[2], "master:"));
}

/* 6.17 lost the flag on the way; what came with listns(2) has it again. */
static bool loses_unbindable(const char *top)
{
	uint64_t id;
	struct child c;
	bool lost;

	CHILD (&c, .flags = CLONE_NEWNS)
		child_send(&c, !mountinfo_of(0, top).unbindable);
	lost = child_recv(&c);
	child_wait(&c);
	return lost && !ns_have_listns() && !ioctl(ns_open(0, "mnt"), SYS_NS_GET_ID, &id);
}

TEST_F(mnt, copy_keeps_unbindable)
{
	char *top = mount_tmpfs();

	change(top, MS_UNBINDABLE);
	if (loses_unbindable(top))
		check_defect("unbindable mounts are bindable in a copied mount namespace "
			     "(seen in 6.18)");
	for (int more = 0; more < 2; more++)
		IN_CHILD (.flags = CLONE_NEWNS | (more ? CLONE_NEWUSER : 0)) {
			EXPECT_STREQ("unbindable", mountinfo_of(0, top).tags);
			EXPECT_ERRNO(EINVAL, mount(top, temp_dir(), NULL, MS_BIND, NULL));
		}
	EXPECT_STREQ("unbindable", mountinfo_of(0, top).tags);
}

TEST_F(mnt, mountinfo_fields)
{
	char *top = mount_tmpfs(), *odd = text_format("%s/a b\tc\nd\\e", top), *copy = temp_dir();
	char *escaped = text_format("%s/a\\040b\\011c\\012d\\134e", top);
	struct mountinfo parent = mountinfo_of(0, top), m;
	struct stat st;

	MUST(mkdir(odd, 0755));
	mount_make("my source\\", odd, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME,
		   "size=64k,mode=0700");
	m = mountinfo_of(0, escaped);
	MUST(stat(odd, &st));
	EXPECT_EQ(parent.id, m.parent);
	EXPECT_NE(parent.id, m.id);
	EXPECT_EQ(major(st.st_dev), m.major);
	EXPECT_EQ(minor(st.st_dev), m.minor);
	EXPECT_STREQ("/", m.root);
	EXPECT_STREQ("rw,nosuid,nodev,noexec,noatime", m.options);
	EXPECT_STREQ("", m.tags);
	EXPECT_STREQ("tmpfs", m.type);
	EXPECT_STREQ("my\\040source\\134", m.source);
	EXPECT_EQ(0, strncmp(m.super, "rw,size=64k", 11));
	/* What is the mount's and what the file system's. */
	MUST(mkdir(text_format("%s/folder", odd), 0755));
	mount_make(text_format("%s/folder", odd), copy, NULL, MS_BIND, NULL);
	mount_make(NULL, copy, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	EXPECT_STREQ("/folder", mountinfo_of(0, copy).root);
	EXPECT_EQ(m.minor, mountinfo_of(0, copy).minor);
	EXPECT_EQ(0, strncmp(mountinfo_of(0, copy).options, "ro", 2));
	EXPECT_EQ(0, strncmp(mountinfo_of(0, copy).super, "rw", 2));
	EXPECT_STREQ("rw,nosuid,nodev,noexec,noatime", mountinfo_of(0, escaped).options);
	/* The last member, and the last folder, of each kind of tag. */
	change(copy, MS_SHARED);
	m = mountinfo_of(0, copy);
	EXPECT_STREQ(text_format("shared:%d", m.shared), m.tags);
	IN_CHILD (.flags = CLONE_NEWNS) {
		change(copy, MS_SLAVE);
		EXPECT_STREQ(text_format("master:%d", m.shared), mountinfo_of(0, copy).tags);
	}
	change(copy, MS_UNBINDABLE);
	EXPECT_STREQ("unbindable", mountinfo_of(0, copy).tags);
	/* A folder that is removed while its bind mount is there. */
	MUST(rmdir(text_format("%s/folder", odd)));
	EXPECT_STREQ("/folder//deleted", mountinfo_of(0, copy).root);
}

TEST_F(mnt, mountinfo_chroot_filter)
{
	char *root = mount_tmpfs(), *inside = text_format("%s/inside", root),
	     *outside = mount_tmpfs();
	struct child c;

	MUST(mkdir(inside, 0755));
	mount_make("tmpfs", inside, "tmpfs", 0, NULL);
	CHILD (&c) {
		MUST(chroot(root));
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	EXPECT_EQ(mountinfo_of(0, inside).id, mountinfo_of(c.pid, "/inside").id);
	EXPECT_EQ(mountinfo_of(0, root).id, mountinfo_of(c.pid, "/").id);
	EXPECT_EQ(2, mountinfo_count(c.pid, ""));
	char *mounts = file_read("/proc/%d/mounts", c.pid);
	EXPECT_EQ(2, text_lines(mounts));
	EXPECT_TRUE(strstr(mounts, " /inside tmpfs "));
	EXPECT_FALSE(strstr(mounts, outside));
	EXPECT_TRUE(is_mounted(outside));
	child_kill(&c);
}

static int ids_of(pid_t pid, int *ids, int max)
{
	char *text = file_read("/proc/%d/mountinfo", pid);
	int n = 0;

	for (char *line = text; line && n < max;
	     line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		n += sscanf(line, "%d", &ids[n]) == 1;
	return n;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

TEST_F(mnt, mountinfo_unique_ids)
{
	static int ids[8192];
	struct child c[3];
	int n = ids_of(getpid(), ids, 2048), all = n;

	for (int i = 0; i < 3; i++) {
		start_mounted(&c[i], temp_dir());
		int more = ids_of(c[i].pid, ids + all, 2048);

		EXPECT_EQ(n + 1, more);
		all += more;
	}
	qsort(ids, all, sizeof(ids[0]), by_number);
	for (int i = 1; i < all; i++)
		EXPECT_LT(ids[i - 1], ids[i]);
	for (int i = 0; i < 3; i++)
		child_kill(&c[i]);
}

static int change_pending(int fd)
{
	return poll_one(fd, POLLPRI, 0) & (POLLPRI | POLLERR);
}

TEST_F(mnt, mountinfo_poll)
{
	static const char *const files[] = { "mountinfo", "mounts" };
	char *dir = temp_dir(), *second = temp_dir();
	struct child c;

	for (int i = 0; i < 2; i++) {
		int fd = MUST(open(text_format("/proc/self/%s", files[i]), O_RDONLY));

		EXPECT_EQ(0, change_pending(fd));
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		EXPECT_EQ(POLLPRI | POLLERR, change_pending(fd));
		EXPECT_EQ(0, change_pending(fd)); /* told once */
		MUST(mount(dir, second, NULL, MS_MOVE, NULL));
		EXPECT_EQ(POLLPRI | POLLERR, change_pending(fd));
		MUST(umount(second));
		EXPECT_EQ(POLLPRI | POLLERR, change_pending(fd));
		start_mounted(&c, dir);
		EXPECT_EQ(0, change_pending(fd));
		/* The other one's file tells of its own changes, and of those only. */
		int other = MUST(open(text_format("/proc/%d/%s", c.pid, files[i]), O_RDONLY));
		EXPECT_EQ(0, change_pending(other));
		mount_make("tmpfs", second, "tmpfs", 0, NULL);
		EXPECT_EQ(0, change_pending(other));
		EXPECT_EQ(POLLPRI | POLLERR, change_pending(fd));
		MUST(umount(second));
		EXPECT_EQ(POLLPRI | POLLERR, change_pending(fd));
		IN_CHILD () {
			MUST(setns(c.pidfd, CLONE_NEWNS));
			MUST(umount(dir));
		}
		EXPECT_EQ(POLLPRI | POLLERR, change_pending(other));
		EXPECT_EQ(0, change_pending(fd));
		child_kill(&c);
	}
}

TEST_F(mnt, mountinfo_fd_keeps_ns)
{
	char *dir = temp_dir(), *text = calloc(1, 65536);
	struct child c;

	CHILD (&c) {
		child_meet(&c);
		child_meet(&c);
		ns_unshare(CLONE_NEWNS);
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	int fd = MUST(open(text_format("/proc/%d/mountinfo", c.pid), O_RDONLY));
	int late = MUST(open(text_format("/proc/%d/mountinfo", c.pid), O_RDONLY));
	child_meet(&c);
	child_meet(&c);
	char *before = file_read("/proc/self/mountinfo");
	MUST(read(fd, text, strlen(before)));
	EXPECT_STREQ(before, text);
	EXPECT_TRUE(strstr(file_read("/proc/%d/mountinfo", c.pid), dir));
	/* Also when there is nobody any more. */
	child_kill(&c);
	memset(text, 0, 65536);
	MUST(read(late, text, strlen(before)));
	EXPECT_STREQ(before, text);
}

TEST_F(mnt, access_other_ns_by_fd)
{
	char *dir = temp_dir();
	struct child c;

	start_mounted(&c, dir);
	IN_CHILD () {
		int home = ns_open(0, "mnt");

		MUST(setns(c.pidfd, CLONE_NEWNS));
		int fd = MUST(open(dir, O_RDONLY | O_DIRECTORY));
		MUST(setns(home, CLONE_NEWNS));
		EXPECT_OK(mknodat(fd, "mark", S_IFREG | 0600, 0));
		EXPECT_OK(openat(fd, "mark", O_RDWR));
		EXPECT_ERRNO(ENOENT, access(text_format("%s/mark", dir), F_OK));
		/* Upwards it goes through the mounts over there. */
		EXPECT_OK(faccessat(fd, text_format("../%s/mark", strrchr(dir, '/')), F_OK, 0));
		EXPECT_OK(access(text_format("/proc/%d/root%s/mark", c.pid, dir), F_OK));
		EXPECT_OK(fchdir(fd));
		EXPECT_OK(access("mark", F_OK));
	}
	child_kill(&c);
}

SUITE_MAIN()
