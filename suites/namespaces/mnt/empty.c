// SPDX-License-Identifier: GPL-2.0-only
/* Mount namespaces that start with nothing, or with one new file system (7.1). */
#include "suite.h"

#include <dirent.h>
#include <sys/ioctl.h>

AREA(mnt);

static int fsmount_ns(unsigned int flags)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), saved;

	if (fs < 0)
		return -1;
	MUST(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	int ns = fsmount(fs, flags, MOUNT_ATTR_NOSUID);
	saved = errno;
	close(fs);
	errno = saved;
	return ns;
}

TEST_F(mnt, fsmount_ns)
{
	uint64_t own = ns_id(0, "mnt");
	char *before = file_read("/proc/self/mountinfo");
	struct sys_mnt_ns_info info;
	int ns;

	/* An unknown flag is EINVAL, whatever the descriptor. */
	if (fsmount(-1, SYS_FSMOUNT_NAMESPACE, 0) && errno == EINVAL)
		check_skip("not supported: FSMOUNT_NAMESPACE");
	ns = ASSERT_OK(fsmount_ns(SYS_FSMOUNT_NAMESPACE | FSMOUNT_CLOEXEC));
	EXPECT_EQ(CLONE_NEWNS, ioctl(ns, NS_GET_NSTYPE));
	EXPECT_EQ(FD_CLOEXEC, fcntl(ns, F_GETFD));
	EXPECT_EQ(ns_id(0, "user"), ns_fd_id(MUST(ioctl(ns, NS_GET_USERNS))));
	EXPECT_OK(ioctl(ns, SYS_NS_MNT_GET_INFO, &info));
	EXPECT_EQ(1, info.nr_mounts);
	EXPECT_EQ(own, ns_id(0, "mnt"));
	EXPECT_STREQ(before, file_read("/proc/self/mountinfo"));
	struct child c;

	CHILD (&c) {
		EXPECT_OK(setns(ns, CLONE_NEWNS));
		EXPECT_ERRNO(ENOENT, access("/proc", F_OK));
		EXPECT_OK(mknod("/mark", S_IFREG | 0600, 0));
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	EXPECT_EQ(ns_fd_id(ns), ns_id(c.pid, "mnt"));
	EXPECT_STREQ("tmpfs", mountinfo_of(c.pid, "/").type);
	EXPECT_TRUE(strstr(mountinfo_of(c.pid, "/").options, "nosuid"));
	child_kill(&c);
	/* In a user namespace, with rights there; the file system too is its own. */
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS) {
		ns = ASSERT_OK(fsmount_ns(SYS_FSMOUNT_NAMESPACE));
		EXPECT_EQ(ns_id(0, "user"), ns_fd_id(MUST(ioctl(ns, NS_GET_USERNS))));
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, fsmount(-1, SYS_FSMOUNT_NAMESPACE, 0));
		EXPECT_ERRNO(EPERM, fsmount_ns(SYS_FSMOUNT_NAMESPACE));
	}
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (!dir)
		return -1;
	for (struct dirent *e; (e = readdir(dir));)
		n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	closedir(dir);
	return n;
}

/* From within, where there is no /proc to ask. */
static void expect_empty(void)
{
	EXPECT_EQ(0, entries("/"));
	EXPECT_EQ(0, entries("."));
	EXPECT_ERRNO(ENOENT, access("/proc", F_OK));
	EXPECT_EQ(-1, mkdir("/new", 0755));
	EXPECT_EQ(-1, mknod("/new", S_IFREG | 0600, 0));
	EXPECT_EQ(0, entries("/"));
}

static void expect_one_mount(pid_t pid)
{
	struct sys_mnt_ns_info info;

	EXPECT_EQ(1, mountinfo_count(pid, ""));
	EXPECT_STREQ("/", mountinfo_of(pid, "/").root);
	EXPECT_OK(ioctl(ns_open(pid, "mnt"), SYS_NS_MNT_GET_INFO, &info));
	EXPECT_EQ(0, info.nr_mounts);
}

static void need_empty(void)
{
	struct child c;
	int status;

	CHILD (&c)
		_exit(unshare(SYS_UNSHARE_EMPTY_MNTNS) && errno == EINVAL);
	status = child_reap(&c);
	if (WEXITSTATUS(status))
		check_skip("not supported: UNSHARE_EMPTY_MNTNS");
}

TEST_F(mnt, empty_unshare)
{
	uint64_t own = ns_id(0, "mnt");
	struct child c;

	need_empty();
	for (int with_newns = 0; with_newns < 2; with_newns++) {
		CHILD (&c) {
			EXPECT_OK(
				unshare(SYS_UNSHARE_EMPTY_MNTNS | (with_newns ? CLONE_NEWNS : 0)));
			expect_empty();
			child_meet(&c);
			child_meet(&c);
			/* Something to live in may be put upon it. */
			EXPECT_OK(mount("tmpfs", "/", "tmpfs", 0, NULL));
			int top = ASSERT_OK(open("/..", O_RDONLY | O_DIRECTORY));
			EXPECT_OK(fchdir(top));
			EXPECT_OK(chroot("."));
			EXPECT_OK(mkdir("/new", 0755));
			EXPECT_EQ(1, entries("/"));
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		expect_one_mount(c.pid);
		EXPECT_NE(own, ns_id(c.pid, "mnt"));
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ("tmpfs", mountinfo_of(c.pid, "/").type);
		child_kill(&c);
	}
	EXPECT_OK(access("/proc/self", F_OK));
	EXPECT_EQ(own, ns_id(0, "mnt"));
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, unshare(SYS_UNSHARE_EMPTY_MNTNS));
		EXPECT_EQ(own, ns_id(0, "mnt"));
	}
	IN_CHILD () {
		cred_drop_all();
		EXPECT_OK(unshare(SYS_UNSHARE_EMPTY_MNTNS | CLONE_NEWUSER));
		expect_empty();
	}
}

TEST_F(mnt, empty_clone3)
{
	uint64_t own = ns_id(0, "mnt");
	char *before = file_read("/proc/self/mountinfo");
	struct child c;

	need_empty();
	for (int i = 0; i < 3; i++) {
		static const uint64_t with[] = { 0, CLONE_NEWNS, CLONE_NEWUSER };

		CHILD (&c, .flags = SYS_CLONE_EMPTY_MNTNS | with[i]) {
			expect_empty();
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		expect_one_mount(c.pid);
		EXPECT_NE(own, ns_id(c.pid, "mnt"));
		child_kill(&c);
	}
	EXPECT_STREQ(before, file_read("/proc/self/mountinfo"));
	EXPECT_EQ(own, ns_id(0, "mnt"));
	EXPECT_ERRNO(EINVAL, child_try_start(&c, .flags = SYS_CLONE_EMPTY_MNTNS | CLONE_FS));
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, child_try_start(&c, .flags = SYS_CLONE_EMPTY_MNTNS));
	}
}

SUITE_MAIN()
