// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroup namespaces and what belongs to the whole machine: mount options, new v1
 * hierarchies, release agents.  A kernel that lets this through changes the
 * machine, so it has to be a disposable one; and alone.
 */
#include "suite.h"

#include <fcntl.h>

AREA(cgroup);

TEST_F(cgroup, options_init_only)
{
	char *before = cgroup_mount_flags(), *dir = temp_dir();
	struct cgroup a = cgroup_make("a");

	for (int on = 0; on < 2; on++) {
		cgroup_set_mount_flags(on ? "nsdelegate" : "");
		IN_CHILD (.flags = CLONE_NEWNS, .cgroup = &a) {
			ns_unshare(CLONE_NEWCGROUP);
			EXPECT_OK(mount("cgroup2", dir, "cgroup2", 0, on ? "" : "nsdelegate"));
			EXPECT_EQ(on, cgroup_mount_option("nsdelegate"));
			EXPECT_OK(mount(NULL, dir, NULL, MS_REMOUNT, on ? "" : "nsdelegate"));
			EXPECT_EQ(on, cgroup_mount_option("nsdelegate"));
		}
		EXPECT_EQ(on, cgroup_mount_option("nsdelegate"));
	}
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

/* An fd is as strong as the namespace it was opened in, whoever writes to it. */
TEST_F(cgroup, nsdelegate_opener_ns)
{
	char *before = cgroup_mount_flags();
	struct cgroup d = cgroup_make("d"), outside = cgroup_make("outside");
	struct child c, mover;

	cgroup_set_mount_flags("nsdelegate");
	CHILD (&mover, .cgroup = &d)
		child_sleep();
	CHILD (&c, .cgroup = &d) {
		int outer = cgroup_open(&d, "cgroup.max.depth", O_WRONLY),
		    procs = cgroup_open(&outside, "cgroup.procs", O_WRONLY);

		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_ERRNO(EPERM, cgroup_try_write(&d, "cgroup.max.depth", "5"));
		EXPECT_EQ(1, write(outer, "7", 1));
		char *pid = text_format("%d", mover.pid);
		EXPECT_ERRNO(ENOENT, cgroup_try_write(&outside, "cgroup.procs", "%s", pid));
		EXPECT_EQ(strlen(pid), write(procs, pid, strlen(pid)));
		child_send_fd(&c, cgroup_open(&d, "cgroup.max.depth", O_WRONLY));
		child_meet(&c);
	}
	int inner = child_recv_fd(&c);
	EXPECT_EQ(7, cgroup_number(&d, "cgroup.max.depth"));
	EXPECT_TRUE(cgroup_contains(&outside, mover.pid));
	EXPECT_ERRNO(EPERM, write(inner, "9", 1));
	EXPECT_EQ(7, cgroup_number(&d, "cgroup.max.depth"));
	EXPECT_OK(cgroup_try_write(&d, "cgroup.max.depth", "9"));
	child_meet(&c);
	child_wait(&c);
	child_kill(&mover);
	cgroup_set_mount_flags(before);
}

/* A named v1 hierarchy that goes when its last mount and cgroup have gone. */
#define NAMED "none,name=bulkhead-border"

TEST_F(cgroup, v1_new_hierarchy_eperm)
{
	char *dir = temp_dir();

	if (mount("cgroup", dir, "cgroup", 0, NAMED))
		check_skip("not supported: v1 hierarchies (%s)", errno_name(errno));
	MUST(umount(dir));
	IN_CHILD (.flags = CLONE_NEWNS) {
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_ERRNO(EPERM, mount("cgroup", dir, "cgroup", 0, NAMED));
		EXPECT_ERRNO(EPERM, mount("cgroup", dir, "cgroup", 0, "none,name=bulkhead-new"));
	}
	mount_make("cgroup", dir, "cgroup", 0, NAMED);
	IN_CHILD (.flags = CLONE_NEWNS) {
		char *inner = temp_dir();

		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_OK(mount("cgroup", inner, "cgroup", 0, NAMED));
		EXPECT_OK(access(text_format("%s/cgroup.procs", inner), F_OK));
	}
	MUST(umount(dir));
}

/* CVE-2022-0492: root of a user namespace of its own set a program that root of the machine runs.
 */
TEST_F(cgroup, release_agent_eperm)
{
	char *dir = temp_dir();

	if (mount("cgroup", dir, "cgroup", 0, NAMED))
		check_skip("not supported: v1 hierarchies (%s)", errno_name(errno));
	char *agent = text_format("%s/release_agent", dir);
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) {
		char *inner = temp_dir(), *file = text_format("%s/release_agent", inner);

		MUST(mount("cgroup", inner, "cgroup", 0, NAMED));
		EXPECT_ERRNO(EPERM, file_try_write(file, "/bin/false"));
		EXPECT_ERRNO(EPERM, file_try_write(agent, "/bin/false"));
		EXPECT_ERRNO(EINVAL, mount(NULL, inner, NULL, MS_REMOUNT,
					   NAMED ",release_agent=/bin/false"));
	}
	EXPECT_STREQ("", file_read("%s", agent));
	/* Nor does it take another user namespace: without CAP_SYS_ADMIN. */
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, file_try_write(agent, "/bin/false"));
	}
	EXPECT_STREQ("", file_read("%s", agent));
	EXPECT_OK(file_try_write(agent, "/bin/true"));
	EXPECT_STREQ("/bin/true", file_read("%s", agent));
	MUST(file_try_write(agent, ""));
	MUST(umount(dir));
}

SUITE_MAIN(.alone = true)
