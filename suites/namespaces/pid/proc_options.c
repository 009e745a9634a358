// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: what the options of a procfs hide of its namespace. */
#include "suite.h"

#include <ctype.h>
#include <dirent.h>

AREA(pid);

static char *proc_with(const char *options)
{
	char *dir = temp_dir();

	mount_make("proc", dir, "proc", 0, options);
	return dir;
}

/* Names in a procfs that are neither a process nor a link to the reader's own. */
static int count_others(const char *proc)
{
	struct dirent *e;
	DIR *dir = opendir(proc);
	int n = 0;

	if (!dir)
		check_setup_failed(HERE, "opendir %s: %s", proc, errno_name(errno));
	while ((e = readdir(dir)))
		n += !isdigit(e->d_name[0]) && e->d_name[0] != '.' && strcmp(e->d_name, "self") &&
		     strcmp(e->d_name, "thread-self");
	closedir(dir);
	return n;
}

TEST_F(pid, proc_subset_pid)
{
	IN_CHILD (.flags = CLONE_NEWNS | CLONE_NEWPID) {
		char *all = proc_with(NULL), *pids = proc_with("subset=pid");

		EXPECT_LT(10, count_others(all));
		EXPECT_EQ(0, count_others(pids));
		EXPECT_STREQ("1", proc_list(pids));
		EXPECT_EQ(1, proc_self(pids));
		EXPECT_OK(access(text_format("%s/1/status", pids), R_OK));
		static const char *const others[] = { "meminfo", "sys", "sys/kernel/hostname",
						      "net", "mounts" };
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			EXPECT_OK(access(text_format("%s/%s", all, others[i]), F_OK));
			EXPECT_ERRNO(ENOENT, access(text_format("%s/%s", pids, others[i]), F_OK));
		}
		EXPECT_TRUE(strstr(file_read("%s/self/mounts", pids), ",subset=pid"));
	}
}

/* The reader is 3, the other process 2. */
static void expect_seen(const char *proc, const char *list, int errno_of_others)
{
	EXPECT_STREQ(list, proc_list(proc));
	EXPECT_OK(access(text_format("%s/3/status", proc), F_OK));
	if (errno_of_others)
		EXPECT_ERRNO(errno_of_others, access(text_format("%s/2/status", proc), F_OK));
	else
		EXPECT_OK(access(text_format("%s/2/status", proc), F_OK));
}

/* Mounts of one namespace, each with an option of its own. */
TEST_F(pid, proc_hidepid)
{
	IN_CHILD (.flags = CLONE_NEWNS | CLONE_NEWPID) {
		char *all = proc_with(NULL), *noaccess = proc_with("hidepid=1"),
		     *invisible = proc_with("hidepid=2"), *ptraceable = proc_with("hidepid=4"),
		     *group = proc_with(text_format("hidepid=2,gid=%d", OTHER_GID)),
		     *group_noaccess = proc_with(text_format("hidepid=1,gid=%d", OTHER_GID)),
		     *other_group = proc_with("hidepid=2,gid=7"),
		     *group_ptraceable = proc_with(text_format("hidepid=4,gid=%d", OTHER_GID));
		struct child other;

		CHILD (&other)
			child_sleep();
		EXPECT_EQ(2, other.pid);
		IN_CHILD () {
			cred_become(OTHER_UID, OTHER_GID);
			MUST(prctl(PR_SET_DUMPABLE, 1));
			expect_seen(all, "1 2 3", 0);
			expect_seen(noaccess, "1 2 3", EPERM);
			expect_seen(invisible, "3", ENOENT);
			expect_seen(ptraceable, "3", ENOENT);
			expect_seen(group, "1 2 3", 0);
			expect_seen(group_noaccess, "1 2 3", 0);
			expect_seen(other_group, "3", ENOENT);
			expect_seen(group_ptraceable, "3", ENOENT);
		}
		/*
		 * The administrator sees them all; last, since what 4 hides fails
		 * with EPERM instead of ENOENT once somebody's look has cached it.
		 */
		EXPECT_STREQ("1 2", proc_list(noaccess));
		EXPECT_STREQ("1 2", proc_list(invisible));
		EXPECT_STREQ("1 2", proc_list(ptraceable));
		child_kill(&other);
	}
}

SUITE_MAIN()
