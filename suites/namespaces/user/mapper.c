// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: who may map which ids, who sees what, and setgroups. */
#include "user.h"

AREA(user);

/* What is not in the parent's map cannot be in the child's. */
TEST_F(user, map_unmapped_parent_eperm)
{
	static const char *const files[] = { "uid_map", "gid_map" };

	for (int i = 0; i < 2; i++)
		IN_CHILD (.flags = CLONE_NEWUSER) {
			struct child c;

			start_unmapped(&c);
			EXPECT_ERRNO(EPERM, try_map(&c, files[i], "0 1 1"));
			EXPECT_ERRNO(EPERM, try_map(&c, files[i], "0 0 2"));
			EXPECT_ERRNO(EPERM, try_map(&c, files[i], "0 0 1\n1 1 1"));
			EXPECT_ERRNO(EPERM, try_map(&c, files[i], "0 4294967294 1"));
			EXPECT_STREQ("", read_map(&c, files[i]));
			if (i)
				MUST(try_map(&c, "setgroups", "deny"));
			EXPECT_OK(try_map(&c, files[i], "7 0 1"));
			child_kill(&c);
		}
}

TEST_F(user, map_writer_other_ns_eperm)
{
	struct child middle, target;

	CHILD (&middle, .flags = CLONE_NEWUSER) {
		CHILD (&target, .flags = CLONE_NEWUSER, .unmapped = true) {
			child_send(&middle, getpid());
			child_recv(&target);
			/* It may itself, but only what is its own. */
			EXPECT_ERRNO(EPERM, file_try_write("/proc/self/uid_map", "0 0 2"));
			EXPECT_OK(file_try_write("/proc/self/uid_map", "0 0 1"));
		}
		child_recv(&middle);
		child_send(&target, 0);
		child_wait(&target);
	}
	pid_t pid = child_recv_pid(&middle);
	char *map = text_format("/proc/%d/uid_map", pid);

	/* From two levels up, with all capabilities there are; and from beside. */
	EXPECT_ERRNO(EPERM, file_try_write(map, "0 0 1"));
	IN_CHILD (.flags = CLONE_NEWUSER)
		EXPECT_TRUE(file_try_write(map, "0 0 1") && (errno == EPERM || errno == EACCES));
	child_send(&middle, 0);
	child_wait(&middle);
}

/*
 * A member whose files are an ordinary user's, in a namespace that is root's:
 * then the user can open the map, but has no rights over it.
 */
static void start_foreign(struct child *c)
{
	CHILD (c, .flags = CLONE_NEWUSER, .unmapped = true) {
		child_recv(c);
		MUST(setresuid(0, 0, 0));
		MUST(prctl(PR_SET_DUMPABLE, 1));
		child_meet(c);
		child_sleep();
	}
	MUST(try_map(c, "uid_map", text_format("0 %d 10", OTHER_UID)));
	child_send(c, 0);
	child_meet(c);
}

TEST_F(user, map_opener_needs_cap)
{
	struct child c, opener;
	char *path;

	start_foreign(&c);
	path = text_format("/proc/%d/gid_map", c.pid);
	CHILD (&opener) {
		cred_become(OTHER_UID, OTHER_GID);
		child_send_fd(&opener, MUST(open(path, O_WRONLY | O_CLOEXEC)));
	}
	int fd = child_recv_fd(&opener);
	child_wait(&opener);
	EXPECT_ERRNO(EPERM, write(fd, "0 700000 10", 11));
	EXPECT_STREQ("", read_map(&c, "gid_map"));
	/* The reverse: opened with the right, written without. */
	fd = MUST(open(path, O_WRONLY | O_CLOEXEC));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, write(fd, "0 700000 10", 11));
	}
	EXPECT_STREQ("", read_map(&c, "gid_map"));
	EXPECT_OK(write(fd, "0 700000 10", 11));
	child_kill(&c);
}

/*
 * Whoever owns the namespace may open its map, but what is written there is limited by
 * the opener's rights to the ids, also where the writer has them (CVE-2013-1959).
 */
TEST_F(user, map_opener_limits_ids)
{
	static const char *const maps[] = { "uid_map", "gid_map" };

	for (int i = 0; i < 2; i++) {
		struct child opener;

		CHILD (&opener) {
			struct child c;

			become_ordinary();
			start_unmapped(&c);
			child_send_fd(&opener, MUST(open(text_format("/proc/%d/%s", c.pid, maps[i]),
							 O_RDWR | O_CLOEXEC)));
			child_meet(&opener);
			EXPECT_STREQ("", read_map(&c, maps[i]));
			child_kill(&c);
		}
		int fd = child_recv_fd(&opener);
		EXPECT_ERRNO(EPERM, write(fd, "0 700000 10", 11));
		EXPECT_ERRNO(EPERM, write(fd, "0 700000 1", 10));
		child_meet(&opener);
		child_wait(&opener);
		close(fd);
	}
}

TEST_F(user, map_unprivileged_single)
{
	IN_CHILD () {
		struct child c;

		become_ordinary();
		uid_t uid = geteuid();

		start_unmapped(&c);
		EXPECT_ERRNO(EPERM, try_map(&c, "uid_map", text_format("0 %u 2", uid)));
		EXPECT_ERRNO(EPERM, try_map(&c, "uid_map", text_format("0 %u 1", uid + 1)));
		EXPECT_ERRNO(EPERM, try_map(&c, "uid_map", "0 4294967294 1"));
		EXPECT_ERRNO(EPERM,
			     try_map(&c, "uid_map", text_format("0 %u 1\n1 %u 1", uid, uid + 1)));
		EXPECT_STREQ("", read_map(&c, "uid_map"));
		EXPECT_OK(try_map(&c, "uid_map", text_format("77 %u 1", uid)));
		MUST(try_map(&c, "setgroups", "deny"));
		EXPECT_ERRNO(EPERM, try_map(&c, "gid_map", text_format("0 %u 1", getegid() + 1)));
		EXPECT_ERRNO(EPERM, try_map(&c, "gid_map", text_format("0 %u 2", getegid())));
		EXPECT_OK(try_map(&c, "gid_map", text_format("77 %u 1", getegid())));
		child_kill(&c);
	}
	if (!cred_is_initial() || geteuid())
		return;
	/* Only the owner: not who is the member's user by now, without rights. */
	struct child c;
	start_foreign(&c);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, try_map(&c, "gid_map", text_format("0 %u 1", OTHER_GID)));
	}
	child_kill(&c);
}

TEST_F(user, gidmap_needs_setgroups_deny)
{
	IN_CHILD () {
		struct child c;

		become_ordinary();
		start_unmapped(&c);
		char *line = text_format("0 %u 1", getegid());
		if (strcmp(read_map(&c, "setgroups"), "allow"))
			check_skip("not permitted: setgroups is denied here already");
		EXPECT_ERRNO(EPERM, try_map(&c, "gid_map", line));
		EXPECT_STREQ("", read_map(&c, "gid_map"));
		EXPECT_OK(try_map(&c, "setgroups", "deny"));
		EXPECT_OK(try_map(&c, "gid_map", line));
		child_kill(&c);
	}
}

TEST_F(user, map_privileged_arbitrary)
{
	const char *lines = "0 700000 10\n1000 1000 5\n4000000000 5 1";
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true) {
		gid_t groups[] = { 3, 1004, 4000000000U };

		child_recv(&c);
		EXPECT_STREQ("allow", file_read("/proc/self/setgroups"));
		EXPECT_OK(setgroups(3, groups));
		EXPECT_OK(setresgid(9, 1000, 4000000000U));
		EXPECT_OK(setresuid(9, 1000, 4000000000U));
		child_meet(&c);
		child_meet(&c);
	}
	EXPECT_OK(try_map(&c, "uid_map", lines));
	EXPECT_OK(try_map(&c, "gid_map", lines));
	child_send(&c, 0);
	child_meet(&c);
	EXPECT_STREQ("700009\t1000\t5\t1000", proc_status(c.pid, "Uid"));
	EXPECT_STREQ("700009\t1000\t5\t1000", proc_status(c.pid, "Gid"));
	child_meet(&c);
	child_wait(&c);
	/* With the capability for one of the two that one only. */
	IN_CHILD () {
		start_unmapped(&c);
		cred_drop(CAP_SETUID);
		EXPECT_ERRNO(EPERM, try_map(&c, "uid_map", TEN));
		EXPECT_OK(try_map(&c, "gid_map", TEN));
		child_kill(&c);
		start_unmapped(&c);
		cred_drop(CAP_SETGID);
		EXPECT_ERRNO(EPERM, try_map(&c, "gid_map", TEN));
		child_kill(&c);
	}
}

/* Of its own map; the right to do so dates from the moment of making. */
static int map_self(bool setfcap)
{
	struct child c;

	CHILD (&c) {
		if (!setfcap)
			cred_drop(CAP_SETFCAP);
		MUST(unshare(CLONE_NEWUSER));
		child_send(&c, file_try_write("/proc/self/uid_map", "0 0 1") ? errno : 0);
	}
	int e = child_recv(&c);
	child_wait(&c);
	return e;
}

TEST_F(user, map_root_needs_setfcap)
{
	struct child c;

	EXPECT_EQ(0, map_self(true));
	start_unmapped(&c);
	EXPECT_OK(try_map(&c, "uid_map", "0 0 1"));
	child_kill(&c);
	IN_CHILD () {
		cred_drop(CAP_SETFCAP);
		start_unmapped(&c);
		int ret = try_map(&c, "uid_map", "0 0 10"), e = errno;
		need_working(ret, SYS_KNOWN_5_12, "CAP_SETFCAP to map uid 0");
		EXPECT_EQ(EPERM, e);
		EXPECT_ERRNO(EPERM, try_map(&c, "uid_map", "0 700000 10\n20 0 1"));
		EXPECT_OK(try_map(&c, "uid_map", "0 1 10"));
		/* Groups have no such meaning. */
		EXPECT_OK(try_map(&c, "gid_map", "0 0 10"));
		child_kill(&c);
	}
	EXPECT_EQ(EPERM, map_self(false));
}

TEST_F(user, projid_no_cap)
{
	IN_CHILD () {
		struct child c;

		become_ordinary();
		start_unmapped(&c);
		int ret = try_map(&c, "projid_map", "0 5000 100");
		/* All are mapped in the initial namespace, in others none as a rule. */
		if (!map_reads(file_read("/proc/self/projid_map"), 0, 0, 4294967295U)) {
			EXPECT_EQ(-1, ret);
			child_kill(&c);
			break;
		}
		EXPECT_EQ(0, ret);
		EXPECT_TRUE(map_reads(read_map(&c, "projid_map"), 0, 5000, 100));
		child_kill(&c);
		/* By a member as well, and there only within those. */
		MUST(unshare(CLONE_NEWUSER));
		cred_drop_all();
		EXPECT_OK(file_try_write("/proc/self/projid_map", "0 5000 100"));
	}
	IN_CHILD (.flags = CLONE_NEWUSER) {
		struct child c;

		start_unmapped(&c);
		EXPECT_ERRNO(EPERM, try_map(&c, "projid_map", "0 0 1"));
		EXPECT_ERRNO(EPERM, try_map(&c, "projid_map", "0 5000 1"));
		child_kill(&c);
	}
}

TEST_F(user, map_view)
{
	struct child outer;

	CHILD (&outer, .flags = CLONE_NEWUSER, .map = "5 0 1") {
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWUSER, .map = "3 5 1") {
			child_send(&outer, getpid());
			/* Its own map it sees as its parent does. */
			EXPECT_TRUE(map_reads(file_read("/proc/self/uid_map"), 3, 5, 1));
			EXPECT_TRUE(map_reads(file_read("/proc/self/gid_map"), 3, 5, 1));
			child_sleep();
		}
		child_recv(&outer);
		EXPECT_TRUE(map_reads(read_map(&inner, "uid_map"), 3, 5, 1));
		EXPECT_TRUE(map_reads(file_read("/proc/self/uid_map"), 5, 0, 1));
		child_meet(&outer);
		child_kill(&inner);
	}
	pid_t inner = child_recv_pid(&outer);
	char *map = text_format("/proc/%d/uid_map", inner);

	EXPECT_TRUE(map_reads(file_read("%s", map), 3, 0, 1));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "8 0 1")
		EXPECT_TRUE(map_reads(file_read("%s", map), 3, 8, 1));
	IN_CHILD (.flags = CLONE_NEWUSER, .unmapped = true)
		EXPECT_TRUE(map_reads(file_read("%s", map), 3, 4294967295U, 1));
	/* Who opened counts. */
	int fd = MUST(open(map, O_RDONLY | O_CLOEXEC));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "8 0 1") {
		char text[100] = "";

		MUST(read(fd, text, sizeof(text) - 1));
		EXPECT_TRUE(map_reads(text, 3, 0, 1));
	}
	child_send(&outer, 0);
	child_meet(&outer);
	child_wait(&outer);
}

TEST_F(user, setgroups_value)
{
	char *own = file_read("/proc/self/setgroups");
	struct child c;

	if (cred_is_initial())
		EXPECT_STREQ("allow", own);
	start_unmapped(&c);
	EXPECT_STREQ(own, read_map(&c, "setgroups"));
	MUST(try_map(&c, "setgroups", "deny"));
	EXPECT_STREQ("deny", read_map(&c, "setgroups"));
	EXPECT_STREQ(own, file_read("/proc/self/setgroups"));
	child_kill(&c);
	IN_CHILD (.flags = CLONE_NEWUSER) {
		EXPECT_STREQ("deny", file_read("/proc/self/setgroups"));
		start_unmapped(&c);
		EXPECT_STREQ("deny", read_map(&c, "setgroups"));
		EXPECT_ERRNO(EPERM, try_map(&c, "setgroups", "allow"));
		child_kill(&c);
	}
}

/* And after it, where it is allowed, it works. */
TEST_F(user, setgroups_before_gidmap_eperm)
{
	bool allowed = !strcmp("allow", file_read("/proc/self/setgroups"));
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true) {
		EXPECT_TRUE(cred_has(CAP_SETGID));
		EXPECT_ERRNO(EPERM, setgroups(0, NULL));
		child_meet(&c);
		child_meet(&c);
		EXPECT_ERRNO(EPERM, setgroups(0, NULL));
		child_meet(&c);
		child_meet(&c);
		if (allowed)
			EXPECT_OK(setgroups(0, NULL));
		else
			EXPECT_ERRNO(EPERM, setgroups(0, NULL));
	}
	child_meet(&c);
	MUST(try_map(&c, "uid_map", "0 0 1"));
	child_meet(&c);
	child_meet(&c);
	MUST(try_map(&c, "gid_map", "0 0 1"));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(user, setgroups_deny_eperm)
{
	IN_CHILD (.flags = CLONE_NEWUSER) {
		gid_t own = 0;

		EXPECT_STREQ("deny", file_read("/proc/self/setgroups"));
		EXPECT_TRUE(cred_has(CAP_SETGID));
		EXPECT_ERRNO(EPERM, setgroups(0, NULL));
		EXPECT_ERRNO(EPERM, setgroups(1, &own));
		IN_CHILD (.flags = CLONE_NEWUSER)
			EXPECT_ERRNO(EPERM, setgroups(0, NULL));
	}
}

TEST_F(user, setgroups_no_reversal)
{
	struct child c;

	start_unmapped(&c);
	EXPECT_OK(try_map(&c, "setgroups", "allow"));
	EXPECT_OK(try_map(&c, "setgroups", "deny"));
	EXPECT_ERRNO(EPERM, try_map(&c, "setgroups", "allow"));
	EXPECT_OK(try_map(&c, "setgroups", "deny"));
	EXPECT_STREQ("deny", read_map(&c, "setgroups"));
	child_kill(&c);
	start_unmapped(&c);
	MUST(try_map(&c, "gid_map", TEN));
	EXPECT_ERRNO(EPERM, try_map(&c, "setgroups", "deny"));
	EXPECT_OK(try_map(&c, "setgroups", "allow"));
	EXPECT_STREQ("allow", read_map(&c, "setgroups"));
	child_kill(&c);
}

TEST_F(user, setgroups_write_errors)
{
	static const char *const bad[] = { "maybe",	"Deny",	      "denyx",
					   "allowed",	"deny allow", "deny    ",
					   "allow  \n", "1",	      "d" };
	struct child c;

	start_unmapped(&c);
	char *path = text_format("/proc/%d/setgroups", c.pid);
	for (size_t i = 0; i < sizeof(bad) / sizeof(char *); i++)
		EXPECT_ERRNO(EINVAL, file_try_write(path, bad[i]));
	int fd = MUST(open(path, O_WRONLY | O_CLOEXEC));
	MUST(lseek(fd, 1, SEEK_SET));
	EXPECT_ERRNO(EINVAL, write(fd, "deny", 4));
	EXPECT_STREQ("allow", read_map(&c, "setgroups"));
	EXPECT_OK(file_try_write(path, "deny\n"));
	child_kill(&c);
	/* A member without the right, to which the file belongs all the same. */
	IN_CHILD (.flags = CLONE_NEWUSER) {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EACCES, open("/proc/self/setgroups", O_WRONLY));
		EXPECT_OK(open("/proc/self/setgroups", O_RDONLY));
	}
}

SUITE_MAIN()
