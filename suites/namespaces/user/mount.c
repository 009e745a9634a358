// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: what their root may mount, and what not. */
#include "user.h"

#include <mntent.h>

AREA(user);

#define MINE (CLONE_NEWUSER | CLONE_NEWNS)

/* Known without loading anything. */
static bool has_filesystem(const char *type)
{
	return text_has_word(file_read("/proc/filesystems"), type);
}

static int try_mount(const char *type, const char *data)
{
	return mount(type, temp_dir(), type, 0, data);
}

static void expect_overlay(void)
{
	char *dir = mount_tmpfs();
	const char *const parts[] = { "lower", "upper", "work" };

	for (int i = 0; i < 3; i++)
		MUST(mkdir(text_format("%s/%s", dir, parts[i]), 0755));
	char *data =
		text_format("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir);
	EXPECT_OK(try_mount("overlay", data));
}

static void expect_fuse(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		check_note("no fuse to test with: /dev/fuse: %s", errno_name(errno));
		return;
	}
	EXPECT_OK(try_mount("fuse", text_format("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)));
	close(fd);
}

TEST_F(user, mount_allowed_types)
{
	bool overlay = has_filesystem("overlay") && sys_known(SYS_KNOWN_5_11);
	bool fuse = has_filesystem("fuse");

	IN_CHILD (.flags = MINE) {
		char *dir = temp_dir();

		EXPECT_OK(try_mount("tmpfs", NULL));
		EXPECT_OK(try_mount("ramfs", NULL));
		if (has_filesystem("devpts"))
			EXPECT_OK(try_mount("devpts", "newinstance"));
		EXPECT_OK(mount("/", dir, NULL, MS_BIND | MS_REC, NULL));
		EXPECT_OK(umount2(dir, MNT_DETACH));
		if (overlay)
			expect_overlay();
		if (fuse)
			expect_fuse();
	}
}

/* All that are known here and are not meant for this: with a device, and without. */
TEST_F(user, mount_blockfs_eperm)
{
	static const char *const types[] = {
		"ext4",	      "ext3",	  "ext2",      "xfs",	   "btrfs",    "vfat",
		"iso9660",    "squashfs", "f2fs",      "udf",	   "minix",    "erofs",
		"fuseblk",    "debugfs",  "tracefs",   "configfs", "pstore",   "devtmpfs",
		"securityfs", "autofs",	  "hugetlbfs", "nfs",	   "efivarfs", "selinuxfs",
	};
	int tried = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(char *); i++) {
		if (!has_filesystem(types[i]))
			continue;
		tried++;
		IN_CHILD (.flags = MINE | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC) {
			int ret = try_mount(types[i], NULL), e = errno;

			atomic_fetch_add(&verdict->checks, 1);
			if (!ret || e != EPERM)
				check_failed(HERE, "mount of %s: wanted EPERM, %s", types[i],
					     ret ? errno_name(e) : "was done");
		}
	}
	if (!tried)
		check_skip("not supported: no file system that needs a device");
}

TEST_F(user, mount_without_mntns_eperm)
{
	char *dir = mount_tmpfs(), *other = temp_dir();

	IN_CHILD (.flags = CLONE_NEWUSER) {
		EXPECT_ALL_CAPS();
		EXPECT_ERRNO(EPERM, try_mount("tmpfs", NULL));
		EXPECT_ERRNO(EPERM, mount(dir, other, NULL, MS_BIND, NULL));
		EXPECT_ERRNO(EPERM, mount(dir, other, NULL, MS_MOVE, NULL));
		EXPECT_ERRNO(EPERM, mount(NULL, dir, NULL, MS_PRIVATE, NULL));
		EXPECT_ERRNO(EPERM, mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL));
		EXPECT_ERRNO(EPERM, umount2(dir, MNT_DETACH));
		EXPECT_ERRNO(EPERM, umount2(dir, 0));
		EXPECT_ERRNO(EPERM, sys_pivot_root(dir, dir));
		MUST(unshare(CLONE_NEWNS));
		EXPECT_OK(try_mount("tmpfs", NULL));
	}
}

/*
 * Each with its namespace from above, then with one of its own.  Not in the
 * initial cgroup namespace, where a mount could change the machine's hierarchy.
 */
TEST_F(user, mount_needs_ns_owner)
{
	static const struct {
		const char *type;
		uint64_t flag;
	} cases[] = { { "proc", CLONE_NEWPID },
		      { "sysfs", CLONE_NEWNET },
		      { "mqueue", CLONE_NEWIPC },
		      { "cgroup2", CLONE_NEWCGROUP } };

	for (int i = 0; i < 4; i++) {
		const char *type = cases[i].type;

		if (!has_filesystem(type))
			continue;
		IN_CHILD (.flags = cases[i].flag) {
			IN_CHILD (.flags = MINE)
				EXPECT_ERRNO(EPERM, try_mount(type, NULL));
			IN_CHILD (.flags = MINE | cases[i].flag)
				EXPECT_OK(try_mount(type, NULL));
			IN_CHILD (.flags = MINE | cases[i].flag) {
				cred_drop(CAP_SYS_ADMIN);
				EXPECT_ERRNO(EPERM, try_mount(type, NULL));
			}
		}
	}
}

/* Each mounted instance of the type, of the caller's own mount namespace. */
static void for_each_mount(const char *type, void (*act)(const char *dir))
{
	FILE *f = setmntent("/proc/self/mounts", "r");

	if (!f)
		check_setup_failed(HERE, "/proc/self/mounts: %s", errno_name(errno));
	for (struct mntent *m; (m = getmntent(f));)
		if (!strcmp(m->mnt_type, type))
			act(m->mnt_dir);
	endmntent(f);
}

static void cover_tty(const char *dir)
{
	char *part = text_format("%s/tty", dir);

	if (!access(part, F_OK))
		mount_make("tmpfs", part, "tmpfs", 0, NULL);
}

static void cover_kernel(const char *dir)
{
	char *part = text_format("%s/kernel", dir);

	if (!access(part, F_OK))
		mount_make("tmpfs", part, "tmpfs", 0, NULL);
}

/* Covered by somebody with more rights; then also by oneself, which does not count. */
static void expect_revealing(const char *type, uint64_t flag, void (*cover)(const char *dir))
{
	IN_CHILD (.flags = CLONE_NEWNS | flag) {
		IN_CHILD (.flags = MINE | flag)
			EXPECT_OK(try_mount(type, NULL));
		for_each_mount(type, cover);
		IN_CHILD (.flags = MINE | flag) {
			EXPECT_ERRNO(EPERM, try_mount(type, NULL));
			EXPECT_ERRNO(EPERM, mount(type, temp_dir(), type, MS_RDONLY, NULL));
		}
	}
}

TEST_F(user, mount_proc_too_revealing)
{
	expect_revealing("proc", CLONE_NEWPID, cover_tty);
	expect_revealing("sysfs", CLONE_NEWNET, cover_kernel);
}

static void make_read_only(const char *dir)
{
	mount_make(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
}

/* Without maps, for which the library would have to write to the procfs. */
static void expect_kept_ro(const char *type, uint64_t flag)
{
	IN_CHILD (.flags = CLONE_NEWNS | flag) {
		for_each_mount(type, make_read_only);
		IN_CHILD (.flags = MINE | flag, .unmapped = true) {
			EXPECT_ERRNO(EPERM, try_mount(type, NULL));
			EXPECT_OK(mount(type, temp_dir(), type, MS_RDONLY, NULL));
		}
	}
}

TEST_F(user, mount_proc_keeps_ro)
{
	expect_kept_ro("proc", CLONE_NEWPID);
	expect_kept_ro("sysfs", CLONE_NEWNET);
}

TEST_F(user, mount_proc_subset_pid_free)
{
	IN_CHILD (.flags = CLONE_NEWNS | CLONE_NEWPID) {
		for_each_mount("proc", cover_tty);
		IN_CHILD (.flags = MINE | CLONE_NEWPID) {
			char *dir = temp_dir();

			EXPECT_ERRNO(EPERM, try_mount("proc", NULL));
			int ret = mount("proc", dir, "proc", 0, "subset=pid"), e = errno;
			need_working(!ret || e != EPERM, SYS_KNOWN_7_3,
				     "subset=pid beside a covered procfs");
			errno = e;
			EXPECT_EQ(0, ret);
			EXPECT_STREQ("1", proc_list(dir));
			EXPECT_ERRNO(ENOENT, access(text_format("%s/tty", dir), F_OK));
			EXPECT_ERRNO(ENOENT, access(text_format("%s/meminfo", dir), F_OK));
		}
	}
}

#define MAGIC "bulkhead-magic"

/* The shell, to which the file that asks for it is a command that does not exist. */
static void register_format(const char *dir, const char *name, const char *flags, int wanted)
{
	char *rule = text_format(":%s:M::" MAGIC "::/bin/sh:%s", name, flags);
	char *file = text_format("%s/register", dir);

	if (wanted)
		EXPECT_ERRNO(wanted, file_try_write(file, rule));
	else
		EXPECT_OK(file_try_write(file, rule));
}

static char *mount_binfmt(void)
{
	char *dir = temp_dir();

	if (mount("binfmt_misc", dir, "binfmt_misc", 0, NULL)) {
		need_working(errno != EPERM, SYS_KNOWN_6_10, "binfmt_misc in user namespaces");
		check_failed(HERE, "mount of binfmt_misc: %s", errno_name(errno));
		check_stop();
	}
	return dir;
}

static bool runs(const char *path)
{
	struct child c;

	CHILD (&c) {
		execl(path, path, NULL);
		_exit(errno == ENOEXEC ? 99 : 98);
	}
	int status = child_reap(&c);
	return WIFEXITED(status) && WEXITSTATUS(status) != 99;
}

/* Interpreters that stay open for good ("F") are counted, where that is known. */
static void expect_limit(const char *formats)
{
	const char *knob = "/proc/sys/user/max_binfmt_misc_interpreters";

	if (access(knob, F_OK))
		return;
	file_write(knob, "2");
	register_format(formats, "first", "F", 0);
	register_format(formats, "second", "F", 0);
	register_format(formats, "third", "F", ENOSPC);
	register_format(formats, "plain", "", 0);
	MUST(file_try_write(text_format("%s/second", formats), "-1"));
	register_format(formats, "third", "F", 0);
	for (const char *const *n = (const char *const[]) { "first", "third", "plain", NULL }; *n;
	     n++)
		MUST(file_try_write(text_format("%s/%s", formats, *n), "-1"));
}

TEST_F(user, binfmt_misc_per_ns)
{
	if (!has_filesystem("binfmt_misc"))
		check_skip("not supported: binfmt_misc (CONFIG_BINFMT_MISC, or its module)");
	char *dir = mount_tmpfs(), *script = text_format("%s/script", dir);
	int fd = MUST(open(script, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));

	MUST(write(fd, MAGIC "\n", strlen(MAGIC) + 1));
	close(fd);
	IN_CHILD (.flags = MINE) {
		char *formats = mount_binfmt();

		EXPECT_FALSE(runs(script));
		register_format(formats, "bulkhead", "", 0);
		EXPECT_OK(access(text_format("%s/bulkhead", formats), F_OK));
		EXPECT_TRUE(runs(script));
		expect_limit(formats);
		/* Another namespace has others, or inherits until it has its own. */
		IN_CHILD (.flags = MINE) {
			EXPECT_TRUE(runs(script));
			char *own = mount_binfmt();

			EXPECT_ERRNO(ENOENT, access(text_format("%s/bulkhead", own), F_OK));
			EXPECT_FALSE(runs(script));
		}
		EXPECT_TRUE(runs(script));
	}
	EXPECT_FALSE(runs(script));
}

SUITE_MAIN()
