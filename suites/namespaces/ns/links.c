// SPDX-License-Identifier: GPL-2.0-only
/* The links of /proc/PID/ns and the files behind them, for each type. */
#include "suite.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

AREA_OF_TYPES(ns);

#define TYPE (&ns_types[variant->type])

static char *link_path(pid_t pid, const char *file)
{
	return text_format("/proc/%d/ns/%s", pid, file);
}

static char *link_text(pid_t pid, const char *file)
{
	char text[64] = "";

	MUST(readlink(link_path(pid, file), text, sizeof(text) - 1));
	return strdup(text);
}

/* For rows without needs: the owner of a user namespace may make the other types. */
static void start_any_member(struct child *c, enum ns_index type)
{
	need_unprivileged_userns();
	ns_start_member(c, type, CLONE_NEWUSER);
}

TEST_F(ns, proc_link_format)
{
	const char *files[] = { TYPE->name, TYPE->file };
	struct child c;

	for (int i = 0; i < 2; i++) {
		struct stat st;

		MUST(stat(link_path(getpid(), files[i]), &st));
		EXPECT_STREQ(text_format("%s:[%ju]", TYPE->name, (uintmax_t)st.st_ino),
			     link_text(getpid(), files[i]));
		EXPECT_TRUE(S_ISREG(st.st_mode));
		MUST(lstat(link_path(getpid(), files[i]), &st));
		EXPECT_TRUE(S_ISLNK(st.st_mode));
	}
	start_any_member(&c, variant->type);
	EXPECT_STREQ(text_format("%s:[%ju]", TYPE->name, (uintmax_t)ns_id(c.pid, TYPE->name)),
		     link_text(c.pid, TYPE->name));
	EXPECT_STRNE(link_text(getpid(), TYPE->name), link_text(c.pid, TYPE->name));
	/* What is followed is the namespace that the text names. */
	EXPECT_EQ(ns_id(c.pid, TYPE->name), ns_fd_id(ns_open(c.pid, TYPE->name)));
	child_kill(&c);
}

static struct stat stat_of(pid_t pid, const char *file)
{
	struct stat st;

	MUST(stat(link_path(pid, file), &st));
	return st;
}

static void expect_same(bool same, pid_t pid, const char *file)
{
	struct stat own = stat_of(getpid(), file), other = stat_of(pid, file);

	EXPECT_EQ(own.st_dev, other.st_dev);
	if (same)
		EXPECT_EQ(own.st_ino, other.st_ino);
	else
		EXPECT_NE(own.st_ino, other.st_ino);
}

TEST_F(ns, same_ns_same_dev_ino)
{
	struct child plain, member, second;

	CHILD (&plain)
		child_sleep();
	expect_same(true, plain.pid, TYPE->name);
	expect_same(true, plain.pid, TYPE->file);
	start_any_member(&member, variant->type);
	start_any_member(&second, variant->type);
	expect_same(false, member.pid, TYPE->name);
	expect_same(false, member.pid, TYPE->file);
	EXPECT_NE(ns_id(member.pid, TYPE->name), ns_id(second.pid, TYPE->name));
	/* A number is no other type's either. */
	struct ns_set set = ns_set_of(member.pid);

	for (int i = 0; i < NS_COUNT; i++)
		if (i != (int)variant->type)
			EXPECT_NE(set.id[variant->type], set.id[i]);
	expect_same(true, plain.pid, TYPE->name);
	child_kill(&member);
	child_kill(&second);
	child_kill(&plain);
}

/* A thread of the kernel is in the initial namespaces, whatever container we are in. */
static pid_t kernel_thread(void)
{
	char text[4096];

	if (file_try_read("/proc/2/stat", text, sizeof(text)) < 0 ||
	    !(proc_stat("/proc", 2, 9) & 0x00200000))
		check_skip("not permitted: to see kernel threads (/proc/2)");
	return 2;
}

static bool have_unique_ids(void)
{
	uint64_t id;

	return !ioctl(ns_open(0, "user"), SYS_NS_GET_ID, &id);
}

TEST_F(ns, init_inums_fixed)
{
	static const uint64_t last_digits[NS_COUNT] = {
		[NS_USER] = 37, [NS_MNT] = 32, [NS_PID] = 36,  [NS_NET] = 33,
		[NS_IPC] = 39,	[NS_UTS] = 38, [NS_TIME] = 34, [NS_CGROUP] = 35,
	};
	pid_t pid = kernel_thread();
	char c;

	/* Where that is forbidden, old kernels succeed with no text at all. */
	if (readlink(link_path(pid, TYPE->name), &c, 1) <= 0)
		check_skip("not permitted: to look into kernel threads");
	if ((variant->type == NS_NET || variant->type == NS_MNT) && !have_unique_ids())
		check_skip(
			"not supported: fixed numbers of net and mnt, which came with NS_GET_ID");
	EXPECT_EQ(4026531800 + last_digits[variant->type], ns_id(pid, TYPE->name));
}

static void expect_unreadable(pid_t pid, const char *file)
{
	char text[64], *path = link_path(pid, file);
	struct stat st;

	/* Then the link leads nowhere: it is no leak, but not what was promised. */
	if (!readlink(path, text, sizeof(text)))
		check_defect("links of processes that one may not look into are empty and can "
			     "be opened, where EACCES is due (seen in 5.10.262)");
	EXPECT_ERRNO(EACCES, readlink(path, text, sizeof(text)));
	EXPECT_ERRNO(EACCES, open(path, O_RDONLY));
	EXPECT_ERRNO(EACCES, open(path, O_PATH));
	EXPECT_ERRNO(EACCES, stat(path, &st));
	EXPECT_OK(lstat(path, &st));
}

/* The same user may look into his own process, but not into one that may not be dumped. */
TEST_F(ns, proc_link_unreadable_eacces)
{
	struct child open_one, closed;
	bool root = !geteuid() && cred_is_initial();

	if (root)
		IN_CHILD () {
			pid_t parent = getppid();

			cred_become(OTHER_UID, OTHER_GID);
			expect_unreadable(parent, TYPE->name);
			expect_unreadable(parent, TYPE->file);
		}
	IN_CHILD () {
		if (root)
			cred_become(OTHER_UID, OTHER_GID);
		CHILD (&open_one)
			child_sleep();
		CHILD (&closed) {
			MUST(prctl(PR_SET_DUMPABLE, 0));
			child_meet(&closed);
			child_sleep();
		}
		child_meet(&closed);
		cred_drop_all();
		MUST(prctl(PR_SET_DUMPABLE, 1));
		EXPECT_EQ(ns_id(0, TYPE->name), ns_id(open_one.pid, TYPE->name));
		expect_unreadable(closed.pid, TYPE->name);
		expect_unreadable(closed.pid, TYPE->file);
		EXPECT_ERRNO(ENOENT, open("/proc/2147483647/ns/user", O_RDONLY));
	}
	/* All capabilities in a user namespace below are none here. */
	need_unprivileged_userns();
	IN_CHILD (.flags = CLONE_NEWUSER)
		expect_unreadable(getppid(), TYPE->name);
}

TEST_F(ns, proc_link_zombie_enoent)
{
	bool stays = variant->type == NS_USER || variant->type == NS_PID;
	char text[64], *path;
	struct child c;

	CHILD (&c)
		break;
	child_dead(&c);
	path = link_path(c.pid, TYPE->name);
	if (stays) {
		EXPECT_OK(readlink(path, text, sizeof(text)));
		EXPECT_EQ(ns_id(0, TYPE->name), ns_id(c.pid, TYPE->name));
	} else {
		EXPECT_ERRNO(ENOENT, readlink(path, text, sizeof(text)));
		EXPECT_ERRNO(ENOENT, open(path, O_RDONLY));
	}
	if (TYPE->children) {
		path = link_path(c.pid, TYPE->file);
		EXPECT_ERRNO(ENOENT, readlink(path, text, sizeof(text)));
		EXPECT_ERRNO(ENOENT, open(path, O_RDONLY));
	}
	child_wait(&c);
	EXPECT_ERRNO(ENOENT, readlink(link_path(c.pid, TYPE->name), text, sizeof(text)));
}

TEST_F(ns, nsfs_magic)
{
	struct statfs fs;

	EXPECT_OK(fstatfs(ns_open(0, TYPE->name), &fs));
	EXPECT_EQ(NSFS_MAGIC, fs.f_type);
	EXPECT_OK(fstatfs(ns_open(0, TYPE->file), &fs));
	EXPECT_EQ(NSFS_MAGIC, fs.f_type);
	EXPECT_OK(statfs(link_path(getpid(), TYPE->name), &fs));
	EXPECT_EQ(NSFS_MAGIC, fs.f_type);
}

TEST_F(ns, bind_mount_mountinfo)
{
	struct child c;
	struct mountinfo m;

	ns_start_member(&c, variant->type, 0);
	const char *files[] = { TYPE->name, TYPE->file };
	for (int i = 0; i < 2; i++) {
		m = mountinfo_of(0, mount_pin(link_path(c.pid, files[i])));
		EXPECT_STREQ("nsfs", m.type);
		EXPECT_STREQ(link_text(c.pid, files[i]), m.root);
	}
	child_kill(&c);
	EXPECT_STREQ(m.root, mountinfo_of(0, m.point).root);
}

TEST_F(ns, bind_mount_reopen)
{
	struct child c;

	ns_start_member(&c, variant->type, 0);
	uint64_t id = ns_id(c.pid, TYPE->name);
	char *pin = mount_pin(link_path(c.pid, TYPE->name));
	/* While it lives and when it is gone. */
	for (int dead = 0; dead < 2; dead++) {
		IN_CHILD () {
			int fd = ASSERT_OK(open(pin, O_RDONLY | O_CLOEXEC));

			EXPECT_EQ(id, ns_fd_id(fd));
			EXPECT_EQ(TYPE->flag, ioctl(fd, NS_GET_NSTYPE));
			EXPECT_OK(setns(fd, TYPE->flag));
			if (!TYPE->children)
				EXPECT_EQ(id, ns_id(0, TYPE->name));
			else if (!dead)
				EXPECT_EQ(id, ns_id(0, TYPE->file));
		}
		if (!dead)
			child_kill(&c);
	}
	EXPECT_OK(umount(pin));
}

TEST_F(ns, fd_passing)
{
	struct child c;

	CHILD (&c, .flags = TYPE->flag) {
		child_send_fd(&c, ns_open(0, TYPE->name));
		child_send(&c, ns_id(0, TYPE->name));
		child_meet(&c);
	}
	int fd = child_recv_fd(&c);
	uint64_t id = child_recv(&c);

	for (int dead = 0; dead < 2; dead++) {
		EXPECT_EQ(id, ns_fd_id(fd));
		EXPECT_EQ(TYPE->flag, ioctl(fd, NS_GET_NSTYPE));
		int owner = ASSERT_OK(ioctl(fd, NS_GET_USERNS));
		EXPECT_EQ(ns_id(0, "user"), ns_fd_id(owner));
		IN_CHILD () {
			EXPECT_OK(setns(fd, TYPE->flag));
			if (!TYPE->children || !dead)
				EXPECT_EQ(id, ns_id(0, TYPE->file));
		}
		if (!dead) {
			child_meet(&c);
			child_wait(&c);
		}
	}
}

SUITE_MAIN()
