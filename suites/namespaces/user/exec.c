// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: what set-id bits and file capabilities give, and to whom they give nothing. */
#include "user.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>

AREA(user);

/* This program once more, as a file with an owner and a mode of its own. */
static char *copy_program(const char *dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	char *path = text_format("%s/%s", dir, name);
	int from = MUST(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	int to = MUST(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0700));
	struct stat st;

	MUST(fstat(from, &st));
	for (off_t left = st.st_size; left > 0;)
		left -= MUST(sendfile(to, from, NULL, left));
	MUST(fchown(to, uid, gid));
	MUST(fchmod(to, mode));
	close(from);
	close(to);
	return path;
}

static char *open_dir(void)
{
	char *dir = mount_tmpfs();

	MUST(chmod(dir, 0755));
	return dir;
}

/* After the execve: euid, egid, and whether CAP_NET_RAW is effective. */
HELPER(user_is)
{
	EXPECT_EQ(atoi(argv[1]), (int)geteuid());
	EXPECT_EQ(atoi(argv[2]), (int)getegid());
	EXPECT_EQ(atoi(argv[3]), (int)(caps("CapEff") >> CAP_NET_RAW & 1));
	return 0;
}

static void exec_fd(int fd, uid_t uid, gid_t gid, bool net_raw)
{
	char *argv[] = { "program",
			 "--helper",
			 "user_is",
			 text_format("%u", uid),
			 text_format("%u", gid),
			 net_raw ? "1" : "0",
			 NULL };

	fexecve(fd, argv, environ);
	check_setup_failed(HERE, "fexecve: %s", errno_name(errno));
}

/* Executes the file, which then should find itself to be so. */
static void exec_file(const char *path, uid_t uid, gid_t gid, bool net_raw)
{
	exec_fd(MUST(open(path, O_PATH)), uid, gid, net_raw);
}

TEST_F(user, suid_mapped)
{
	char *dir = open_dir();
	char *both = copy_program(dir, "both", FIRST_ID + 3, FIRST_ID + 4, 06755);
	char *user = copy_program(dir, "user", FIRST_ID + 3, FIRST_ID + 4, 04755);
	char *root = copy_program(dir, "root", FIRST_ID, FIRST_ID, 04755);

	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(1, 2);
		exec_file(both, 3, 4, false);
	}
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(1, 2);
		exec_file(user, 3, 2, false);
	}
	/* To the root of the namespace, with what he has there. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(1, 2);
		exec_file(root, 0, 2, true);
	}
	EXPECT_OK(access(both, X_OK));
}

TEST_F(user, suid_unmapped_ignored)
{
	char *dir = open_dir();
	char *files[] = {
		copy_program(dir, "none", 5, 5, 06755),
		copy_program(dir, "uid", FIRST_ID + 3, 5, 06755),
		copy_program(dir, "gid", 5, FIRST_ID + 4, 06755),
		copy_program(dir, "root", 0, 0, 06755),
	};

	for (int i = 0; i < 4; i++)
		IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
			become_inner(1, 2);
			EXPECT_OK(access(files[i], X_OK));
			exec_file(files[i], 1, 2, false);
		}
}

#ifndef SYS_fsopen
#define SYS_fsopen   430
#define SYS_fsconfig 431
#define SYS_fsmount  432
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif

/* A tmpfs whose superblock is a user namespace's, but mounted here. */
static char *mount_foreign(struct child *c, const char *map)
{
	char *dir = temp_dir();

	CHILD (c, .flags = CLONE_NEWUSER | CLONE_NEWNS, .map = map) {
		become_inner(0, 0);
		int fs = MUST(syscall(SYS_fsopen, "tmpfs", 1));

		MUST(syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0));
		child_send_fd(c, MUST(syscall(SYS_fsmount, fs, 1, 0)));
		child_sleep();
	}
	int fd = child_recv_fd(c);
	MUST(syscall(SYS_move_mount, fd, "", AT_FDCWD, dir, 4));
	MUST(chmod(dir, 0755));
	return dir;
}

/* A map of all that these tests use, so that only whose superblock it is differs. */
#define WIDE "0 0 1000000"

TEST_F(user, suid_foreign_sb_ignored)
{
	struct child c;
	char *theirs = mount_foreign(&c, WIDE), *ours = open_dir();
	char *foreign = copy_program(theirs, "f", OTHER_UID, OTHER_GID, 06755);
	char *own = copy_program(ours, "f", OTHER_UID, OTHER_GID, 06755);

	IN_CHILD () {
		become_inner(FIRST_ID, FIRST_ID);
		exec_file(foreign, FIRST_ID, FIRST_ID, false);
	}
	IN_CHILD () {
		become_inner(FIRST_ID, FIRST_ID);
		exec_file(own, OTHER_UID, OTHER_GID, false);
	}
	/* For those who live there, and in their own mounts, they count. */
	IN_CHILD () {
		MUST(setns(c.pidfd, CLONE_NEWUSER));
		become_inner(FIRST_ID, FIRST_ID);
		exec_file(foreign, OTHER_UID, OTHER_GID, false);
	}
	EXPECT_TRUE(child_alive(&c));
	child_kill(&c);
}

TEST_F(user, suid_foreign_mntns_ignored)
{
	struct child c;
	char *ours = open_dir();
	int own = MUST(open(copy_program(ours, "f", OTHER_UID, OTHER_GID, 06755), O_PATH));

	CHILD (&c, .flags = CLONE_NEWNS) {
		char *dir = open_dir();

		child_send_fd(&c, MUST(open(copy_program(dir, "f", OTHER_UID, OTHER_GID, 06755),
					    O_PATH | O_CLOEXEC)));
		child_sleep();
	}
	int foreign = child_recv_fd(&c);
	IN_CHILD () {
		become_inner(FIRST_ID, FIRST_ID);
		exec_fd(foreign, FIRST_ID, FIRST_ID, false);
	}
	IN_CHILD () {
		become_inner(FIRST_ID, FIRST_ID);
		exec_fd(own, OTHER_UID, OTHER_GID, false);
	}
	/* There it is one's own. */
	IN_CHILD () {
		MUST(setns(c.pidfd, CLONE_NEWNS));
		become_inner(FIRST_ID, FIRST_ID);
		exec_fd(foreign, OTHER_UID, OTHER_GID, false);
	}
	EXPECT_TRUE(child_alive(&c));
	child_kill(&c);
}

/* security.capability, revisions 2 and 3, with CAP_NET_RAW permitted and effective. */
struct file_caps {
	uint32_t magic;
	struct {
		uint32_t permitted, inheritable;
	} data[2];
	uint32_t rootid;
};
enum { V2_SIZE = 20, V3_SIZE = 24, V2 = 0x02000001, V3 = 0x03000001 };
#define NAME "security.capability"

static int set_caps(const char *path, uint32_t magic, uint32_t rootid)
{
	struct file_caps c = { magic, { { 1u << CAP_NET_RAW, 0 } }, rootid };

	return setxattr(path, NAME, &c, magic == V2 ? V2_SIZE : V3_SIZE, 0);
}

static void expect_file_caps(const char *path, uint32_t magic, uint32_t rootid)
{
	struct file_caps c = { 0 };

	EXPECT_EQ(magic == V2 ? V2_SIZE : V3_SIZE, getxattr(path, NAME, &c, sizeof(c)));
	EXPECT_EQ(magic, c.magic);
	EXPECT_EQ(1u << CAP_NET_RAW, c.data[0].permitted);
	if (magic == V3)
		EXPECT_EQ(rootid, c.rootid);
}

TEST_F(user, fcaps_v3_xattr)
{
	char *dir = mount_tmpfs(), *path = text_format("%s/f", dir);

	close(MUST(open(path, O_CREAT | O_RDWR, 0755)));
	IN_CHILD (.flags = CLONE_NEWUSER) {
		int ret = set_caps(path, V2, 0);

		if (ret && errno == EOPNOTSUPP)
			check_skip("not supported: security.* on tmpfs (CONFIG_TMPFS_XATTR)");
		EXPECT_EQ(0, ret);
		expect_file_caps(path, V2, 0);
	}
	/* For whom that root is another number, it is one. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "5 0 1") {
		expect_file_caps(path, V3, 5);
		/* It has no root of its own that could be meant. */
		EXPECT_ERRNO(EINVAL, set_caps(path, V2, 0));
	}
	if (!cred_is_initial())
		return;
	MUST(removexattr(path, NAME));
	/* Its owner is nobody there: CAP_SETFCAP of the namespace is none over it. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		EXPECT_ERRNO(EPERM, set_caps(path, V2, 0));
		EXPECT_ERRNO(EPERM, set_caps(path, V3, FIRST_ID));
	}
	MUST(chown(path, FIRST_ID, FIRST_ID));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		IN_CHILD () {
			cred_drop(CAP_SETFCAP);
			EXPECT_ERRNO(EPERM, set_caps(path, V2, 0));
			EXPECT_ERRNO(EPERM, set_caps(path, V3, 3));
		}
		EXPECT_ERRNO(ENODATA, getxattr(path, NAME, NULL, 0));
		EXPECT_OK(set_caps(path, V2, 0));
		expect_file_caps(path, V2, 0);
		/* Also for another root that is mapped, and for none that is not. */
		EXPECT_OK(set_caps(path, V3, 3));
		expect_file_caps(path, V3, 3);
		EXPECT_ERRNO(EINVAL, set_caps(path, V3, 10));
		EXPECT_OK(set_caps(path, V2, 0));
	}
	expect_file_caps(path, V3, FIRST_ID);
}

/* In a namespace with the map, as an ordinary user of it. */
static void expect_gets(const char *path, const char *map, bool net_raw)
{
	IN_CHILD (.flags = CLONE_NEWUSER, .map = map) {
		become_inner(1, 1);
		exec_file(path, 1, 1, net_raw);
	}
}

TEST_F(user, fcaps_v3_exec_scope)
{
	char *dir = open_dir(), *path = copy_program(dir, "f", 0, 0, 0755);

	if (set_caps(path, V3, FIRST_ID) && errno == EOPNOTSUPP)
		check_skip("not supported: security.* on tmpfs (CONFIG_TMPFS_XATTR)");
	expect_file_caps(path, V3, FIRST_ID);
	expect_gets(path, TEN, true);
	expect_gets(path, OTHER_TEN, false);
	expect_gets(path, "0 700001 1\n1 700000 1", false);
	IN_CHILD () {
		become_inner(OTHER_UID, OTHER_GID);
		exec_file(path, OTHER_UID, OTHER_GID, false);
	}
	/* One level down, where that root has another number. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		expect_gets(path, "0 5 1\n1 1 1", true);
	}
	EXPECT_OK(access(path, X_OK));
}

TEST_F(user, fcaps_v2_ignored_foreign_sb)
{
	struct child c;
	char *theirs = mount_foreign(&c, WIDE), *ours = open_dir();
	char *foreign = copy_program(theirs, "f", 0, 0, 0755);
	char *own = copy_program(ours, "f", 0, 0, 0755);

	if (set_caps(own, V2, 0) && errno == EOPNOTSUPP)
		check_skip("not supported: security.* on tmpfs (CONFIG_TMPFS_XATTR)");
	EXPECT_OK(set_caps(foreign, V2, 0));
	IN_CHILD () {
		become_inner(OTHER_UID, OTHER_GID);
		exec_file(own, OTHER_UID, OTHER_GID, true);
	}
	IN_CHILD () {
		become_inner(OTHER_UID, OTHER_GID);
		exec_file(foreign, OTHER_UID, OTHER_GID, false);
	}
	child_kill(&c);
}

SUITE_MAIN()
