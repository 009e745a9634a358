// SPDX-License-Identifier: GPL-2.0-only
/* Making namespaces by clone(2), clone3(2) and unshare(2), whatever their types. */
#include "suite.h"

#include <dirent.h>
#include <sys/ioctl.h>

AREA(ns);

static unsigned long all_flags(void)
{
	unsigned long flags = 0;
	struct ns_set own = ns_set_of(0);

	FOR_EACH_NS (t)
		if (own.id[t - ns_types])
			flags |= t->flag;
	return flags;
}

#define EXPECT_NS_UNCHANGED(before)                          \
	do {                                                 \
		struct ns_set now_ = ns_set_of(0);           \
		EXPECT_EQ(0, ns_set_changes(before, &now_)); \
	} while (0)

static const struct {
	const char *link;
	unsigned long flag; /* of the type whose option brings the link */
	const char *option;
} links[] = {
	{ "cgroup", CLONE_NEWCGROUP, "CONFIG_CGROUPS" },
	{ "ipc", CLONE_NEWIPC, "CONFIG_IPC_NS" },
	{ "mnt", CLONE_NEWNS, NULL },
	{ "net", CLONE_NEWNET, "CONFIG_NET_NS" },
	{ "pid", CLONE_NEWPID, "CONFIG_PID_NS" },
	{ "pid_for_children", CLONE_NEWPID, "CONFIG_PID_NS" },
	{ "time", CLONE_NEWTIME, "CONFIG_TIME_NS" },
	{ "time_for_children", CLONE_NEWTIME, "CONFIG_TIME_NS" },
	{ "user", CLONE_NEWUSER, "CONFIG_USER_NS" },
	{ "uts", CLONE_NEWUTS, "CONFIG_UTS_NS" },
};
#define LINKS (sizeof(links) / sizeof(links[0]))

/* By its configuration, else by whether it makes such a namespace. */
static bool kernel_has(int i)
{
	int option = links[i].option ? kernel_option(links[i].option) : 1, status;

	if (option >= 0)
		return option;
	pid_t pid = fork();
	if (!pid)
		_exit(unshare(CLONE_NEWUSER | links[i].flag) && errno == EINVAL);
	MUST(pid);
	MUST(waitpid(pid, &status, 0));
	return !status;
}

static void expect_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	int seen[LINKS] = { 0 };

	ASSERT_TRUE(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		size_t i = 0;

		if (e->d_name[0] == '.')
			continue;
		while (i < LINKS && strcmp(e->d_name, links[i].link))
			i++;
		if (i == LINKS)
			check_failed(HERE, "%s: a link called \"%s\"", folder, e->d_name);
		else
			seen[i]++;
		EXPECT_EQ(DT_LNK, e->d_type);
	}
	closedir(dir);
	for (size_t i = 0; i < LINKS; i++)
		if (seen[i] != kernel_has(i))
			check_failed(HERE, "%s/%s: %d times", folder, links[i].link, seen[i]);
}

TEST_F(ns, proc_dir_entries)
{
	expect_entries("/proc/self/ns");
	expect_entries("/proc/thread-self/ns");
	IN_CHILD ()
		expect_entries(text_format("/proc/%d/ns", getppid()));
}

TEST_F(ns, unshare_zero_noop)
{
	struct ns_set before = ns_set_of(0);

	EXPECT_OK(unshare(0));
	EXPECT_NS_UNCHANGED(&before);
	IN_CHILD () {
		cred_drop_all();
		EXPECT_OK(unshare(0));
		EXPECT_NS_UNCHANGED(&before);
	}
}

/* Flags of clone(2) that unshare(2) has no use for, and bits that are no flags. */
TEST_F(ns, unshare_unknown_flag_einval)
{
	static const unsigned long bad[] = {
		0x1,
		0x2,
		0x4,
		0x8,
		0x10,
		0x20,
		0x40,
		CLONE_PIDFD,
		CLONE_PTRACE,
		CLONE_VFORK,
		CLONE_PARENT,
		CLONE_SETTLS,
		CLONE_CHILD_CLEARTID,
		CLONE_UNTRACED,
		CLONE_CHILD_SETTID,
		CLONE_IO,
		1UL << 48,
		1UL << 63,
	};
	struct ns_set before = ns_set_of(0);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		IN_CHILD () {
			unsigned long with[] = { 0, CLONE_NEWUTS, CLONE_NEWUSER,
						 CLONE_NEWUSER | CLONE_NEWNS };

			for (int j = 0; j < 4; j++)
				if (!syscall(SYS_unshare, bad[i] | with[j]) || errno != EINVAL)
					check_failed(HERE, "unshare(%#lx): wanted EINVAL, seen %s",
						     bad[i] | with[j], errno_name(errno));
			EXPECT_NS_UNCHANGED(&before);
		}
}

/* "Unknown" is what no kernel of today has, far from the flags in use. */
TEST_F(ns, clone3_bad_flags_einval)
{
	uint64_t bad[] = { 1ULL << 63, 1ULL << 62, 1ULL << 57, 1ULL << 50, 0x00400000, 0x1, 0x2,
			   0x4,	       0x8,	   0x10,       0x11,	   0x20,       0x40 };
	struct sys_clone_args args[2] = { { .exit_signal = SIGCHLD } };
	int status;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		args[0].flags = bad[i];
		EXPECT_ERRNO(EINVAL, sys_clone3(args, sizeof(args[0])));
		args[0].flags = bad[i] | CLONE_NEWUSER;
		EXPECT_ERRNO(EINVAL, sys_clone3(args, sizeof(args[0])));
	}
	args[0].flags = 0;
	EXPECT_ERRNO(EINVAL, sys_clone3(args, 63));
	EXPECT_ERRNO(EINVAL, sys_clone3(args, 0));
	EXPECT_ERRNO(E2BIG, sys_clone3(args, 65536));
	args[0].exit_signal = 0x100 | SIGCHLD;
	EXPECT_ERRNO(EINVAL, sys_clone3(args, sizeof(args[0])));
	args[0].exit_signal = SIGCHLD;
	args[1].flags = 1;
	EXPECT_ERRNO(E2BIG, sys_clone3(args, sizeof(args)));
	args[1].flags = 0;
	/* A longer structure of zeros is one of the future, asking for nothing new. */
	fflush(NULL);
	pid_t pid = ASSERT_OK(sys_clone3(args, sizeof(args)));
	if (!pid)
		_exit(0);
	MUST(waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* One of them cannot be made: none is, and none of the others is charged for. */
static void expect_all_or_nothing(const struct ns_type *failing, unsigned long flags)
{
	IN_CHILD (.flags = CLONE_NEWUSER) {
		struct ns_set before = ns_set_of(0);
		struct child c;
		char *cwd;

		FOR_EACH_NS (t)
			ns_set_limit(t - ns_types, t != failing);
		MUST(chdir("/proc"));
		EXPECT_ERRNO(ENOSPC, unshare(flags));
		EXPECT_NS_UNCHANGED(&before);
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
		EXPECT_TRUE((cwd = getcwd(NULL, 0)) && !strcmp(cwd, "/proc"));
		EXPECT_ERRNO(ENOSPC, child_try_start(&c, .flags = flags, .unmapped = true));
		EXPECT_NS_UNCHANGED(&before);
		/* The net namespace is given back by a worker. */
		EXPECT_SOON(!unshare(flags & ~failing->flag & ~CLONE_NEWUSER));
		struct ns_set after = ns_set_of(0);
		EXPECT_EQ(flags & ~failing->flag & ~CLONE_NEWUSER, ns_set_changes(&before, &after));
	}
}

TEST_F(ns, unshare_combined_atomic)
{
	unsigned long flags = all_flags() & ~CLONE_NEWUSER;

	FOR_EACH_NS (t)
		if (flags & t->flag)
			expect_all_or_nothing(t, flags);
	expect_all_or_nothing(&ns_types[NS_USER], flags | CLONE_NEWUSER);
}

/* The owner of each is the user namespace made in the same call. */
static void expect_owned(uint64_t user)
{
	FOR_EACH_NS (t) {
		char *path = text_format("/proc/thread-self/ns/%s", t->name);

		if (t->flag == CLONE_NEWUSER || access(path, F_OK))
			continue;
		int owner = ioctl(MUST(open(path, O_RDONLY)), NS_GET_USERNS);
		if (owner < 0)
			check_failed(HERE, "NS_GET_USERNS of the new %s namespace: %s", t->name,
				     errno_name(errno));
		else
			EXPECT_EQ(user, ns_fd_id(owner));
	}
}

TEST_F(ns, userns_created_first)
{
	unsigned long flags = all_flags();
	struct ns_set before = ns_set_of(0);

	IN_CHILD () {
		cred_drop_all();
		FOR_EACH_NS (t)
			if (t->flag != CLONE_NEWUSER && (flags & t->flag))
				EXPECT_ERRNO(EPERM, unshare(t->flag));
		EXPECT_OK(unshare(flags));
		IN_CHILD () {
			struct ns_set now = ns_set_of(0);

			EXPECT_EQ(flags, ns_set_changes(&before, &now));
			expect_owned(now.id[NS_USER]);
		}
	}
	IN_CHILD () {
		struct child c;

		cred_drop_all();
		EXPECT_OK(child_try_start(&c, .flags = flags, .unmapped = true));
		if (c.inside) {
			struct ns_set now = ns_set_of(0);

			EXPECT_EQ(flags, ns_set_changes(&before, &now));
			expect_owned(now.id[NS_USER]);
			child_exit(&c);
		}
		child_wait(&c);
	}
}

#define KNOB "/proc/sys/kernel/unprivileged_userns_clone"

static int try_userns(void)
{
	struct child c;

	if (child_try_start(&c, .flags = CLONE_NEWUSER, .unmapped = true))
		return -1;
	if (c.inside)
		child_exit(&c);
	child_wait(&c);
	return 0;
}

TEST_F(ns, debian_userns_clone_sysctl)
{
	if (access(KNOB, F_OK))
		check_skip("not supported: %s, which only Debian's kernels have", KNOB);
	int64_t before = file_number(KNOB);

	for (int on = 0; on < 2; on++) {
		file_write(KNOB, "%d", on);
		struct child c;

		CHILD (&c) {
			EXPECT_OK(try_userns());
			/* Root of a user namespace is not the administrator that may. */
			IN_CHILD (.flags = CLONE_NEWUSER)
				EXPECT_EQ(on ? 0 : -1, try_userns());
			cred_become(OTHER_UID, OTHER_GID);
			if (on)
				EXPECT_OK(try_userns());
			else
				EXPECT_ERRNO(EPERM, try_userns());
			if (!on)
				EXPECT_ERRNO(EPERM, unshare(CLONE_NEWUSER));
			if (!on)
				EXPECT_ERRNO(EPERM, unshare(CLONE_NEWUSER | CLONE_NEWUTS));
			else
				EXPECT_OK(unshare(CLONE_NEWUSER | CLONE_NEWUTS));
		}
		child_reap(&c);
		file_write(KNOB, "%jd", (intmax_t)before);
		EXPECT_EQ(0, c.status);
	}
}

TEST_F(ns, lifetime_procfs_outlives_pidns)
{
	char *dir = temp_dir();
	struct child init;

	CHILD (&init, .flags = CLONE_NEWPID) {
		mount_make("proc", dir, "proc", 0, NULL);
		child_meet(&init);
		child_sleep();
	}
	child_meet(&init);
	EXPECT_STREQ("1", proc_list(dir));
	child_kill(&init);
	EXPECT_STREQ("", proc_list(dir));
	EXPECT_LT(0, strlen(file_read("%s/uptime", dir)));
	EXPECT_LT(0, strlen(file_read("%s/sys/kernel/osrelease", dir)));
	EXPECT_ERRNO(ENOENT, open(text_format("%s/1/status", dir), O_RDONLY));
	char text[64];
	EXPECT_ERRNO(ENOENT, readlink(text_format("%s/self", dir), text, sizeof(text)));
	EXPECT_OK(umount(dir));
}

SUITE_MAIN()
