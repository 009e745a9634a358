// SPDX-License-Identifier: GPL-2.0-only
/* Mount namespaces: how they are made, joined and destroyed. */
#include "suite.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>

AREA(mnt);

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a process has mounted where, in alphabetical order: a copy is made in another one. */
static char *points_of(pid_t pid)
{
	char *text = file_read("/proc/%d/mountinfo", pid), *lines[512], *list;
	size_t n = 0, room = 2 * strlen(text) + 1;
	struct mountinfo m;

	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
		ASSERT_TRUE(mountinfo_parse(line, &m));
		ASSERT_LT(n, 512);
		lines[n++] = text_format("%s %s %s\n", m.point, m.root, m.type);
	}
	qsort(lines, n, sizeof(lines[0]), by_text);
	list = calloc(1, room);
	for (size_t i = 0; i < n; i++)
		strcat(list, lines[i]);
	return list;
}

static bool has_mount_id(pid_t pid, int id)
{
	char *text = file_read("/proc/%d/mountinfo", pid);
	int one;

	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		if (sscanf(line, "%d", &one) == 1 && one == id)
			return true;
	return false;
}

static void expect_copy(const char *dir, const struct mountinfo *original, const struct stat *cwd)
{
	struct mountinfo copy = mountinfo_of(getpid(), dir);
	struct stat st;

	EXPECT_NE(original->id, copy.id);
	EXPECT_NE(original->parent, copy.parent);
	EXPECT_STREQ(original->root, copy.root);
	EXPECT_EQ(original->minor, copy.minor);
	EXPECT_TRUE(has_mount_id(getppid(), original->id));
	EXPECT_FALSE(has_mount_id(getpid(), original->id));
	EXPECT_FALSE(has_mount_id(getppid(), copy.id));
	EXPECT_STREQ(text_format("%s/below", dir), getcwd(NULL, 0));
	MUST(stat(".", &st));
	EXPECT_EQ(cwd->st_ino, st.st_ino);
	EXPECT_EQ(cwd->st_dev, st.st_dev);
	EXPECT_STREQ(points_of(getppid()), points_of(getpid()));
	/* The working directory is in the copy: what happens there happens here only. */
	if (mkdir("point", 0755))
		EXPECT_EQ(EEXIST, errno);
	mount_make("tmpfs", "point", "tmpfs", 0, NULL);
	EXPECT_EQ(2, mountinfo_count(getpid(), dir));
	EXPECT_EQ(1, mountinfo_count(getppid(), dir));
}

TEST_F(mnt, create)
{
	char *dir = mount_tmpfs();
	struct stat cwd;

	MUST(mkdir(text_format("%s/below", dir), 0755));
	MUST(chdir(text_format("%s/below", dir)));
	MUST(stat(".", &cwd));
	struct mountinfo original = mountinfo_of(0, dir);
	uint64_t id = ns_id(0, "mnt");

	IN_CHILD (.flags = CLONE_NEWNS) {
		EXPECT_NE(id, ns_id(0, "mnt"));
		expect_copy(dir, &original, &cwd);
	}
	IN_CHILD () {
		EXPECT_OK(unshare(CLONE_NEWNS));
		EXPECT_NE(id, ns_id(0, "mnt"));
		expect_copy(dir, &original, &cwd);
	}
	EXPECT_EQ(id, ns_id(0, "mnt"));
}

TEST_F(mnt, create_priv)
{
	ns_promise_create_priv(NS_MNT);
}

TEST_F(mnt, limit_enospc)
{
	ns_promise_limit_enospc(NS_MNT);
}

static int new_tmpfs(void)
{
	int fs = MUST(fsopen("tmpfs", FSOPEN_CLOEXEC));

	MUST(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	int fd = fsmount(fs, FSMOUNT_CLOEXEC, 0), saved = errno;

	close(fs);
	errno = saved;
	return fd;
}

static int clone_tree(const char *path)
{
	return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

TEST_F(mnt, limit_counts_detached_trees)
{
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS) {
		char *dir = mount_tmpfs();
		int fd, by_fsmount;

		ns_set_limit(NS_MNT, 1);
		EXPECT_ERRNO(ENOSPC, clone_tree(dir));
		EXPECT_ERRNO(ENOSPC, new_tmpfs());
		EXPECT_OK(open_tree(AT_FDCWD, dir, OPEN_TREE_CLOEXEC));
		ns_set_limit(NS_MNT, 2);
		fd = ASSERT_OK(clone_tree(dir));
		EXPECT_ERRNO(ENOSPC, clone_tree(dir));
		EXPECT_ERRNO(ENOSPC, unshare(CLONE_NEWNS));
		close(fd);
		EXPECT_SOON((by_fsmount = new_tmpfs()) >= 0);
		EXPECT_ERRNO(ENOSPC, clone_tree(dir));
		close(by_fsmount);
		EXPECT_SOON(!unshare(CLONE_NEWNS));
	}
}

TEST_F(mnt, clone_fs_einval)
{
	struct child c;

	EXPECT_ERRNO(EINVAL, child_try_start(&c, .flags = CLONE_NEWNS | CLONE_FS));
	EXPECT_ERRNO(EINVAL, syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0L, 0L, 0L, 0L));
	IN_CHILD (.flags = CLONE_FS)
		EXPECT_EQ(ns_id(getppid(), "mnt"), ns_id(0, "mnt"));
}

static char *cwd_of(pid_t pid)
{
	char text[PATH_MAX] = "";

	MUST(readlink(text_format("/proc/%d/cwd", pid), text, sizeof(text) - 1));
	return strdup(text);
}

TEST_F(mnt, unshare_implies_fs)
{
	char *first = temp_dir(), *second = temp_dir();
	struct child c;

	CHILD (&c, .flags = CLONE_FS) {
		MUST(chdir(first));
		child_meet(&c);
		child_meet(&c);
		EXPECT_OK(unshare(CLONE_NEWNS));
		EXPECT_STREQ(first, getcwd(NULL, 0));
		MUST(chdir(second));
		umask(0123);
		MUST(chroot(second));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	umask(022);
	EXPECT_STREQ(first, cwd_of(getpid()));
	child_meet(&c);
	child_meet(&c);
	EXPECT_STREQ(first, cwd_of(getpid()));
	EXPECT_STREQ(second, cwd_of(c.pid));
	EXPECT_OK(access(second, F_OK)); /* our root is not his */
	EXPECT_EQ(022, umask(022));
	child_meet(&c);
	child_wait(&c);
}

/* A process with a mount of its own on the folder, and a file "mark" there. */
static void start_marked(struct child *c, const char *dir)
{
	CHILD (c, .flags = CLONE_NEWNS) {
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		MUST(mknod(text_format("%s/mark", dir), S_IFREG | 0644, 0));
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(mnt, setns_join)
{
	char *dir = temp_dir(), *mark = text_format("%s/mark", dir);
	struct child c;

	start_marked(&c, dir);
	int fd = ns_open(c.pid, "mnt");
	for (int by_pidfd = 0; by_pidfd < 2; by_pidfd++)
		IN_CHILD () {
			MUST(chdir(dir));
			EXPECT_ERRNO(ENOENT, access(mark, F_OK));
			EXPECT_OK(setns(by_pidfd ? c.pidfd : fd, CLONE_NEWNS));
			EXPECT_STREQ("/", getcwd(NULL, 0));
			EXPECT_OK(access(mark, F_OK));
			EXPECT_EQ(ns_id(c.pid, "mnt"), ns_id(0, "mnt"));
			struct stat cwd, root;
			MUST(stat(".", &cwd));
			MUST(stat(text_format("/proc/%d/root", c.pid), &root));
			EXPECT_EQ(root.st_ino, cwd.st_ino);
		}
	EXPECT_ERRNO(ENOENT, access(mark, F_OK));
	child_kill(&c);
}

TEST_F(mnt, setns_needs_caps_eperm)
{
	struct child c;

	ns_promise_setns_eperm(NS_MNT);
	start_marked(&c, temp_dir());
	int fd = ns_open(c.pid, "mnt");
	IN_CHILD () {
		cred_drop(CAP_SYS_CHROOT);
		EXPECT_ERRNO(EPERM, setns(fd, CLONE_NEWNS));
		EXPECT_ERRNO(EPERM, setns(c.pidfd, CLONE_NEWNS));
	}
	child_kill(&c);
}

TEST_F(mnt, setns_shared_fs_einval)
{
	struct child target, partner;

	start_marked(&target, temp_dir());
	int fd = ns_open(target.pid, "mnt");
	IN_CHILD () {
		uint64_t own = ns_id(0, "mnt");

		CHILD (&partner, .flags = CLONE_FS)
			child_sleep();
		EXPECT_ERRNO(EINVAL, setns(fd, CLONE_NEWNS));
		EXPECT_ERRNO(EINVAL, setns(target.pidfd, CLONE_NEWNS));
		EXPECT_EQ(own, ns_id(0, "mnt"));
		child_kill(&partner);
		EXPECT_OK(setns(fd, CLONE_NEWNS));
	}
	IN_CHILD () {
		child_thread();
		EXPECT_ERRNO(EINVAL, setns(fd, CLONE_NEWNS));
		MUST(unshare(CLONE_FS));
		EXPECT_OK(setns(fd, CLONE_NEWNS));
	}
	child_kill(&target);
}

TEST_F(mnt, setns_root)
{
	char *dir = temp_dir();
	struct child c;

	/* Its first root lies below what it has put on top. */
	CHILD (&c, .flags = CLONE_NEWNS) {
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		MUST(mknod(text_format("%s/mark", dir), S_IFREG | 0644, 0));
		mount_make(dir, "/", NULL, MS_BIND, NULL);
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	int fd = ns_open(c.pid, "mnt");
	for (int i = 0; i < 2; i++)
		IN_CHILD () {
			if (i)
				MUST(chroot(dir));
			EXPECT_ERRNO(ENOENT, access("/mark", F_OK));
			EXPECT_OK(setns(fd, CLONE_NEWNS));
			EXPECT_OK(access("/mark", F_OK));
			EXPECT_OK(access("mark", F_OK));
		}
	child_kill(&c);
}

TEST_F(mnt, inherit_fork_exec)
{
	ns_promise_inherit(NS_MNT);
}

TEST_F(mnt, pinned_by_fd_or_bind)
{
	char *dir = temp_dir(), *mark = text_format("%s/mark", dir);
	struct child c;

	ns_promise_pinned(NS_MNT);
	start_marked(&c, dir);
	int fd = ns_open(c.pid, "mnt");
	child_kill(&c);
	IN_CHILD () {
		EXPECT_OK(setns(fd, CLONE_NEWNS));
		EXPECT_OK(access(mark, F_OK));
	}
}

TEST_F(mnt, last_exit_unmounts)
{
	char *dir = temp_dir(), *shared = mount_tmpfs();
	int events = MUST(inotify_init1(IN_CLOEXEC));
	struct inotify_event event;
	struct child c;

	mount_make(NULL, shared, NULL, MS_SHARED, NULL);
	start_marked(&c, dir);
	EXPECT_EQ(mountinfo_of(0, shared).shared, mountinfo_of(c.pid, shared).shared);
	MUST(inotify_add_watch(events, text_format("/proc/%d/root%s/mark", c.pid, dir), IN_OPEN));
	int fd = ns_open(c.pid, "mnt");
	child_kill(&c);
	EXPECT_EQ(0, poll_one(events, POLLIN, 0));
	close(fd);
	/* Its file systems end, */
	ASSERT_TRUE(poll_one(events, POLLIN, wait_limit_ms(10)));
	EXPECT_EQ(sizeof(event), read(events, &event, sizeof(event)));
	EXPECT_EQ(IN_UNMOUNT, event.mask & IN_UNMOUNT);
	/* and the group has one member: with two, it would now have a master. */
	EXPECT_OK(mount(NULL, shared, NULL, MS_SLAVE, NULL));
	EXPECT_STREQ("", mountinfo_of(0, shared).tags);
}

SUITE_MAIN()
