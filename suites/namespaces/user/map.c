// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: what the map files take, and how they translate. */
#include "user.h"

AREA(user);

static const char *const files[] = { "uid_map", "gid_map", "projid_map" };

/* In a fresh namespace each. */
static void expect_map(const char *file, const char *text, int wanted)
{
	struct child c;

	start_unmapped(&c);
	int ret = try_map(&c, file, text), e = errno;
	char *now = read_map(&c, file);

	atomic_fetch_add(&verdict->checks, 1);
	if (wanted && (!ret || e != wanted))
		check_failed(HERE, "\"%s\" to %s: wanted %s, %s", text, file, errno_name(wanted),
			     ret ? errno_name(e) : "was accepted");
	else if (!wanted && ret)
		check_failed(HERE, "\"%s\" to %s: %s", text, file, errno_name(e));
	EXPECT_EQ(wanted ? 0 : 1, *now != '\0');
	child_kill(&c);
}

TEST_F(user, map_empty_at_birth)
{
	IN_CHILD () {
		struct child c;

		become_ordinary();
		start_unmapped(&c);
		for (int i = 0; i < 3; i++)
			EXPECT_STREQ("", read_map(&c, files[i]));
		child_kill(&c);
		MUST(unshare(CLONE_NEWUSER));
		for (int i = 0; i < 3; i++)
			EXPECT_STREQ("", file_read("/proc/self/%s", files[i]));
	}
}

TEST_F(user, map_init)
{
	for (int i = 0; i < 3; i++) {
		char *path = text_format("/proc/self/%s", files[i]);

		EXPECT_TRUE(map_reads(file_read("%s", path), 0, 0, 4294967295U));
		EXPECT_ERRNO(EPERM, file_try_write(path, "0 0 4294967295"));
		EXPECT_TRUE(map_reads(file_read("%s", path), 0, 0, 4294967295U));
	}
}

TEST_F(user, map_write_once)
{
	IN_CHILD () {
		struct child c;

		become_ordinary();
		char *lines[] = { text_format("0 %u 1", geteuid()),
				  text_format("0 %u 1", getegid()), "0 0 1" };
		start_unmapped(&c);
		MUST(try_map(&c, "setgroups", "deny"));
		for (int i = 0; i < 3; i++) {
			/* Projects have no owner; but in an inner namespace they may not be mapped.
			 */
			if (try_map(&c, files[i], lines[i]) && i == 2)
				break;
			char *before = read_map(&c, files[i]);

			EXPECT_STRNE("", before);
			EXPECT_ERRNO(EPERM, try_map(&c, files[i], lines[i]));
			EXPECT_ERRNO(EPERM, try_map(&c, files[i], "1 1 1"));
			EXPECT_STREQ(before, read_map(&c, files[i]));
		}
		child_kill(&c);
	}
}

TEST_F(user, map_failed_write_retry)
{
	IN_CHILD () {
		struct child c;

		become_ordinary();
		start_unmapped(&c);
		EXPECT_ERRNO(EINVAL, try_map(&c, "uid_map", "0 0"));
		EXPECT_STREQ("", read_map(&c, "uid_map"));
		EXPECT_ERRNO(EPERM, try_map(&c, "uid_map", text_format("0 %u 2", geteuid())));
		EXPECT_STREQ("", read_map(&c, "uid_map"));
		EXPECT_OK(try_map(&c, "uid_map", text_format("0 %u 1", geteuid())));
		EXPECT_TRUE(map_reads(read_map(&c, "uid_map"), 0, geteuid(), 1));
		/* And gid_map, for want of "deny". */
		if (!strcmp(read_map(&c, "setgroups"), "allow"))
			EXPECT_ERRNO(EPERM,
				     try_map(&c, "gid_map", text_format("0 %u 1", getegid())));
		MUST(try_map(&c, "setgroups", "deny"));
		EXPECT_OK(try_map(&c, "gid_map", text_format("0 %u 1", getegid())));
		child_kill(&c);
	}
}

TEST_F(user, map_write_position_einval)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *text = malloc(page + 1);

	/* Blanks behind the last field are none. */
	memset(text, ' ', page + 1);
	memcpy(text, "0 700000 1", 10);
	for (int i = 0; i < 3; i++) {
		struct child c;

		start_unmapped(&c);
		int fd =
			MUST(open(text_format("/proc/%d/%s", c.pid, files[i]), O_RDWR | O_CLOEXEC));
		MUST(lseek(fd, 1, SEEK_SET));
		EXPECT_ERRNO(EINVAL, write(fd, "0 700000 1", 10));
		MUST(lseek(fd, 0, SEEK_SET));
		EXPECT_ERRNO(EINVAL, write(fd, text, page));
		EXPECT_ERRNO(EINVAL, write(fd, text, page + 1));
		EXPECT_STREQ("", read_map(&c, files[i]));
		EXPECT_EQ(page - 1, write(fd, text, page - 1));
		EXPECT_TRUE(map_reads(read_map(&c, files[i]), 0, 700000, 1));
		child_kill(&c);
	}
}

enum { EXTENTS = 340 };

/*
 * What the I-th of N ids is mapped to: none beside the next, and in another order, so
 * that what is sorted for the one direction is not for the other (CVE-2018-18955).
 */
static int lower_of(int i, int n)
{
	return 10000 + 2 * (i * 13 % n);
}

/* One id a line, in no order. */
static char *many_lines(int n)
{
	char *text = calloc(n + 1, 16), *at = text;

	for (int i = 0; i < n; i++)
		at += sprintf(at, "%d %d 1\n", i * 7 % n, lower_of(i * 7 % n, n));
	return text;
}

/* The file system uid, as /proc/PID/status has it for the reader: the fourth. */
static unsigned int fsuid_of(pid_t pid)
{
	unsigned int fsuid = -2;

	sscanf(proc_status(pid, "Uid"), "%*u %*u %*u %u", &fsuid);
	return fsuid;
}

static unsigned int fsgid_of(pid_t pid)
{
	unsigned int fsgid = -2;

	sscanf(proc_status(pid, "Gid"), "%*u %*u %*u %u", &fsgid);
	return fsgid;
}

/* Every id, in from here and out to there. */
static void expect_translations(struct child *c)
{
	for (int i = 0; i < EXTENTS; i++) {
		child_recv(c);
		EXPECT_EQ(lower_of(i, EXTENTS), fsuid_of(c->pid));
		EXPECT_EQ(lower_of(i, EXTENTS), fsgid_of(c->pid));
		child_send(c, 0);
	}
}

TEST_F(user, map_340_lines)
{
	char *most = many_lines(EXTENTS), *more = many_lines(EXTENTS + 1);
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true) {
		child_recv(&c);
		for (int i = 0; i < EXTENTS; i++) {
			syscall(SYS_setfsuid, i);
			syscall(SYS_setfsgid, i);
			EXPECT_EQ(i, fsuid_of(0));
			EXPECT_EQ(i, fsgid_of(0));
			child_meet(&c);
		}
		/* What lies between them is nobody's. */
		syscall(SYS_setfsuid, EXTENTS);
		EXPECT_EQ(EXTENTS - 1, fsuid_of(0));
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EINVAL, try_map(&c, files[i], more));
		EXPECT_STREQ("", read_map(&c, files[i]));
		EXPECT_OK(try_map(&c, files[i], most));
		EXPECT_EQ(EXTENTS, text_lines(read_map(&c, files[i])));
	}
	child_send(&c, 0);
	expect_translations(&c);
	child_wait(&c);
	expect_map("projid_map", most, 0);
	expect_map("projid_map", more, EINVAL);
	/* A handful is stored in another way. */
	expect_map("uid_map", many_lines(5), 0);
	expect_map("uid_map", many_lines(6), 0);
}

TEST_F(user, map_overlap_einval)
{
	static const char *const overlapping[] = {
		"0 700000 10\n9 710000 1",   "0 700000 10\n0 710000 1",
		"5 710000 10\n0 700000 6",   "0 700000 10\n10 700009 1",
		"0 700000 10\n10 700000 1",  "20 700005 10\n0 700000 6",
		"0 700000 10\n0 700000 10",  "0 700000 100\n40 710000 5",
		"40 710000 5\n0 700000 100", "0 700000 1\n1 710000 1\n0 720000 1",
		"0 700000 5\n10 699999 3",
	};
	static const char *const adjacent[] = {
		"0 700000 10\n10 710000 1",
		"10 710000 10\n0 700000 10",
		"0 700000 10\n10 700010 10",
		"0 700010 10\n10 700000 10",
	};

	for (int f = 0; f < 3; f++) {
		for (size_t i = 0; i < sizeof(overlapping) / sizeof(char *); i++)
			expect_map(files[f], overlapping[i], EINVAL);
		for (size_t i = 0; i < sizeof(adjacent) / sizeof(char *); i++)
			expect_map(files[f], adjacent[i], 0);
	}
}

TEST_F(user, map_accepted_forms)
{
	static const char *const good[] = {
		"0 700000 1",	       "0 700000 1\n",	 "100 700100 10\n0 700000 10\n50 700050 10",
		"  0\t700000   1  \n", "0 0 4294967295", "4294967294 700000 1",
		"0 4294967294 1",      "00 0700000 01",
	};

	for (int f = 0; f < 3; f++)
		for (size_t i = 0; i < sizeof(good) / sizeof(char *); i++)
			expect_map(files[f], good[i], 0);
}

TEST_F(user, map_syntax_einval)
{
	static const char *const bad[] = {
		"0 700000 0",
		"0 700000",
		"0",
		"0 700000 1 1",
		"0 700000 1 x",
		"a 700000 1",
		"0 b 1",
		"0 700000 c",
		"0x0 700000 1",
		"-1 700000 1",
		"0 -1 1",
		"0 700000 -1",
		"4294967295 700000 1",
		"0 4294967295 1",
		"1 700000 4294967295",
		"0 700000 4294967295",
		"4294967290 700000 10",
		"0 700000 1\n1",
		"0 700000 1\n1 710000 0",
		"0,700000,1",
		"0 700000 1x",
		"\n",
		"\n0 700000 1",
	};

	for (int f = 0; f < 3; f++)
		for (size_t i = 0; i < sizeof(bad) / sizeof(char *); i++)
			expect_map(files[f], bad[i], EINVAL);
}

SUITE_MAIN()
