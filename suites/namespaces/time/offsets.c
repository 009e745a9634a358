// SPDX-License-Identifier: GPL-2.0-only
/* Time namespaces: /proc/PID/timens_offsets, what it takes and from whom. */
#include "timens.h"

AREA(time);

#define FILE_NAME "/proc/self/timens_offsets"

static int try_set(const char *text)
{
	return file_try_write(FILE_NAME, text);
}

static bool make_fresh(void)
{
	need_ns(NS_TIME);
	ns_unshare(CLONE_NEWTIME);
	return true;
}

/* In a process with a fresh namespace for its children. */
#define IN_MAKER()  \
	IN_CHILD () \
		for (bool fresh_ = make_fresh(); fresh_; fresh_ = false)

/* The initial one shows to everybody what it is. */
TEST_F(time, offsets_init)
{
	need_ns(NS_TIME);
	char *text = file_read(FILE_NAME), name[2][10];
	long long s[2] = { -1, -1 };
	long ns[2] = { -1, -1 };

	EXPECT_EQ(2, text_lines(text));
	EXPECT_EQ(6, sscanf(text, "%9s %lld %ld %9s %lld %ld", name[0], &s[0], &ns[0], name[1],
			    &s[1], &ns[1]));
	EXPECT_STREQ("monotonic", name[0]);
	EXPECT_STREQ("boottime", name[1]);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0, s[i]);
		EXPECT_EQ(0, ns[i]);
	}
	EXPECT_STREQ(text, file_read("/proc/1/timens_offsets"));
}

TEST_F(time, offsets_show_children)
{
	IN_MAKER () {
		struct child c;

		EXPECT_OFFSETS(0, 0);
		EXPECT_OK(try_set("monotonic 7 1\nboottime 8 2\n"));
		EXPECT_OFFSETS(7 * NS_PER_S + 1, 8 * NS_PER_S + 2);
		CHILD (&c) {
			EXPECT_OFFSETS(7 * NS_PER_S + 1, 8 * NS_PER_S + 2);
			ns_unshare(CLONE_NEWTIME);
			/* Written from outside, by its pid. */
			child_meet(&c);
			child_meet(&c);
			EXPECT_OFFSETS(9 * NS_PER_S, 8 * NS_PER_S + 2);
		}
		child_meet(&c);
		EXPECT_OK(file_try_write(text_format("/proc/%d/timens_offsets", c.pid),
					 "monotonic 9 0"));
		EXPECT_EQ(9 * NS_PER_S, offsets_of(c.pid).monotonic);
		EXPECT_OFFSETS(7 * NS_PER_S + 1, 8 * NS_PER_S + 2);
		child_meet(&c);
		child_wait(&c);
	}
}

TEST_F(time, offsets_inherited)
{
	IN_MAKER () {
		MUST(try_set("monotonic 7 1\nboottime -1 2\n"));
		MUST(unshare(CLONE_NEWTIME));
		EXPECT_OFFSETS(7 * NS_PER_S + 1, -NS_PER_S + 2);
		IN_CHILD () {
			EXPECT_OFFSETS(7 * NS_PER_S + 1, -NS_PER_S + 2);
			MUST(unshare(CLONE_NEWTIME));
			EXPECT_OFFSETS(7 * NS_PER_S + 1, -NS_PER_S + 2);
		}
	}
}

TEST_F(time, offsets_rewrite_before_first)
{
	IN_MAKER () {
		struct child c;

		for (int i = 1; i < 5; i++) {
			EXPECT_OK(try_set(text_format("monotonic %d000 0", i)));
			EXPECT_OFFSETS(i * 1000 * NS_PER_S, 0);
		}
		EXPECT_OK(try_set("boottime 3 0"));
		EXPECT_OFFSETS(4000 * NS_PER_S, 3 * NS_PER_S);
		CHILD (&c)
			child_serve_clocks(&c);
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC, 4000 * NS_PER_S);
		EXPECT_SHIFT(&c, CLOCK_BOOTTIME, 3 * NS_PER_S);
		child_send(&c, -1);
		child_wait(&c);
	}
}

static void expect_frozen(int opened_before)
{
	struct offsets before = offsets_of(0);

	EXPECT_ERRNO(EACCES, try_set("monotonic 1 0"));
	EXPECT_ERRNO(EACCES, try_set("boottime 1 0"));
	if (opened_before >= 0)
		EXPECT_ERRNO(EACCES, write(opened_before, "monotonic 1 0", 13));
	EXPECT_OFFSETS(before.monotonic, before.boottime);
}

/* Before 6.2 the execve did not enter. */
HELPER(time_frozen)
{
	if (ns_id(0, "time") != ns_id(0, "time_for_children") && !sys_known(SYS_KNOWN_6_5))
		return 0;
	expect_frozen(-1);
	return 0;
}

TEST_F(time, offsets_frozen_eacces)
{
	need_ns(NS_TIME);
	expect_frozen(-1); /* the initial one, or whatever this is a member of */
	IN_MAKER () {
		int fd = MUST(open(FILE_NAME, O_WRONLY | O_CLOEXEC));

		MUST(try_set("monotonic 7 0"));
		IN_CHILD ()
			expect_frozen(-1);
		expect_frozen(fd);
		/* A new one can be written again. */
		MUST(unshare(CLONE_NEWTIME));
		EXPECT_OK(try_set("monotonic 8 0"));
	}
	IN_MAKER () {
		EXPECT_OK(setns(ns_open(0, "time_for_children"), CLONE_NEWTIME));
		expect_frozen(-1);
	}
	IN_MAKER ()
		helper_exec("time_frozen", NULL);
}

TEST_F(time, offsets_eperm)
{
	IN_MAKER () {
		int entitled = MUST(open(FILE_NAME, O_WRONLY | O_CLOEXEC));

		/* With all capabilities, but not where the time namespace belongs. */
		IN_CHILD () {
			ns_unshare(CLONE_NEWTIME);
			ns_unshare(CLONE_NEWUSER);
			EXPECT_TRUE(cred_has(CAP_SYS_TIME));
			EXPECT_ERRNO(EPERM, try_set("monotonic 5 0"));
			EXPECT_OFFSETS(0, 0);
		}
		MUST(unshare(CLONE_NEWTIME));
		cred_drop(CAP_SYS_TIME);
		EXPECT_ERRNO(EPERM, try_set("monotonic 5 0"));
		EXPECT_OFFSETS(0, 0);
		/* Who opened counts. */
		EXPECT_OK(write(entitled, "monotonic 6 0", 13));
		EXPECT_OFFSETS(6 * NS_PER_S, 0);
	}
	/* The reverse: opened without, written with. */
	IN_CHILD () {
		struct child c;

		CHILD (&c) {
			int target = child_recv(&c);

			cred_drop(CAP_SYS_TIME);
			char *path = text_format("/proc/%d/timens_offsets", target);
			child_send_fd(&c, MUST(open(path, O_WRONLY | O_CLOEXEC)));
		}
		ns_unshare(CLONE_NEWTIME);
		child_send(&c, getpid());
		int fd = child_recv_fd(&c);
		EXPECT_ERRNO(EPERM, write(fd, "monotonic 5 0", 13));
		EXPECT_OFFSETS(0, 0);
		child_wait(&c);
	}
}

TEST_F(time, offsets_clock_names)
{
	static const char *const bad[] = {
		"realtime 1 0",	  "tai 1 0",	   "Monotonic 1 0", "mono 1 0",
		"monotonicx 1 0", "boottimes 1 0", "0 1 0",	    "2 1 0",
		"3 1 0",	  "4 1 0",	   "8 1 0",	    "11 1 0",
		"-1 1 0",	  "01x 1 0",	   "monotonic",	    "monotonic 1",
		"monotonic x 0",  "monotonic 1 x", "1 0 monotonic", "monotonic_raw 1 0"
	};

	IN_MAKER () {
		EXPECT_OK(try_set("monotonic 1 0"));
		EXPECT_OFFSETS(1 * NS_PER_S, 0);
		EXPECT_OK(try_set("boottime 2 0"));
		EXPECT_OFFSETS(1 * NS_PER_S, 2 * NS_PER_S);
		EXPECT_OK(try_set("1 3 0"));
		EXPECT_OFFSETS(3 * NS_PER_S, 2 * NS_PER_S);
		EXPECT_OK(try_set("7 4 0\n"));
		EXPECT_OFFSETS(3 * NS_PER_S, 4 * NS_PER_S);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			int ret = try_set(bad[i]), e = errno;

			atomic_fetch_add(&verdict->checks, 1);
			if (!ret || e != EINVAL)
				check_failed(HERE, "\"%s\" wanted EINVAL, %s", bad[i],
					     ret ? errno_name(e) : "was accepted");
		}
		EXPECT_OFFSETS(3 * NS_PER_S, 4 * NS_PER_S);
	}
}

TEST_F(time, offsets_nsec_einval)
{
	IN_MAKER () {
		EXPECT_OK(try_set("monotonic 1 999999999"));
		EXPECT_OFFSETS(2 * NS_PER_S - 1, 0);
		EXPECT_ERRNO(EINVAL, try_set("monotonic 1 1000000000"));
		EXPECT_ERRNO(EINVAL, try_set("boottime 1 1000000000"));
		EXPECT_ERRNO(EINVAL, try_set("monotonic 0 4000000000"));
		EXPECT_ERRNO(EINVAL, try_set("monotonic 1 -1"));
		EXPECT_OFFSETS(2 * NS_PER_S - 1, 0);
	}
}

static const struct {
	const char *name;
	clockid_t clock;
} clocks[] = { { "monotonic", CLOCK_MONOTONIC }, { "boottime", CLOCK_BOOTTIME } };

/* Five seconds before zero; once more where it took those to say so, and it was none. */
static int try_below_zero(int i)
{
	int64_t back;
	int ret;

	do {
		MUST(try_set(text_format("%s 0 0", clocks[i].name)));
		back = clock_ns(clocks[i].clock, BY_SYSCALL) / NS_PER_S + 5;
		ret = try_set(text_format("%s %jd 0", clocks[i].name, (intmax_t)-back));
	} while (!ret && clock_ns(clocks[i].clock, BY_SYSCALL) / NS_PER_S >= back);
	return ret;
}

/* To the second: the clock at zero is as far back as it goes. */
TEST_F(time, offsets_negative_range)
{
	for (int i = 0; i < 2; i++)
		IN_MAKER () {
			const char *name = clocks[i].name;
			int64_t now = clock_ns(clocks[i].clock, BY_SYSCALL) / NS_PER_S;
			struct child c;

			EXPECT_ERRNO(ERANGE, try_below_zero(i));
			EXPECT_ERRNO(ERANGE, try_set(text_format("%s -1000000000 0", name)));
			EXPECT_ERRNO(ERANGE, try_set(text_format("%s -9223372037 0", name)));
			EXPECT_ERRNO(ERANGE,
				     try_set(text_format("%s -9223372036854775808 0", name)));
			EXPECT_OFFSETS(0, 0);
			EXPECT_OK(try_set(text_format("%s %jd 0", name, (intmax_t)-now)));
			CHILD (&c)
				child_serve_clocks(&c);
			EXPECT_SHIFT(&c, clocks[i].clock, -now * NS_PER_S);
			child_send(&c, -1);
			child_wait(&c);
		}
}

/* Half of what a 64 bit count of nanoseconds can hold. */
TEST_F(time, offsets_big_range)
{
	const int64_t half = INT64_MAX / NS_PER_S / 2;

	for (int i = 0; i < 2; i++)
		IN_MAKER () {
			const char *name = clocks[i].name;
			int64_t left = half - clock_ns(clocks[i].clock, BY_SYSCALL) / NS_PER_S;

			EXPECT_ERRNO(ERANGE,
				     try_set(text_format("%s %jd 0", name, (intmax_t)left + 5)));
			EXPECT_ERRNO(ERANGE, try_set(text_format("%s 9223372036 0", name)));
			EXPECT_ERRNO(ERANGE, try_set(text_format("%s 9223372037 0", name)));
			EXPECT_ERRNO(ERANGE,
				     try_set(text_format("%s 9223372036854775807 0", name)));
			EXPECT_OFFSETS(0, 0);
			EXPECT_OK(try_set(text_format("%s %jd 0", name, (intmax_t)left - 600)));
		}
}

TEST_F(time, offsets_two_lines)
{
	const char *two = "monotonic 1 0\nboottime 2 0\n";
	const char *three = "boottime 4 0\nmonotonic 3 0\nmonotonic 9 0\n";

	IN_MAKER () {
		int fd = MUST(open(FILE_NAME, O_WRONLY | O_CLOEXEC));

		EXPECT_EQ(strlen(two), write(fd, two, strlen(two)));
		EXPECT_OFFSETS(1 * NS_PER_S, 2 * NS_PER_S);
		fd = MUST(open(FILE_NAME, O_WRONLY | O_CLOEXEC));
		EXPECT_EQ(strlen("boottime 4 0\nmonotonic 3 0\n"), write(fd, three, strlen(three)));
		EXPECT_OFFSETS(3 * NS_PER_S, 4 * NS_PER_S);
		/* The last line may go without its end; of two for a clock the last holds. */
		EXPECT_OK(try_set("monotonic 5 0\nboottime 6 0"));
		EXPECT_OFFSETS(5 * NS_PER_S, 6 * NS_PER_S);
		EXPECT_OK(try_set("monotonic 7 0\nmonotonic 8 0\n"));
		EXPECT_OFFSETS(8 * NS_PER_S, 6 * NS_PER_S);
	}
}

TEST_F(time, offsets_atomic)
{
	IN_MAKER () {
		MUST(try_set("monotonic 1 1\nboottime 2 2"));
		EXPECT_ERRNO(ERANGE, try_set("monotonic 5 0\nboottime -1000000000 0"));
		EXPECT_OFFSETS(NS_PER_S + 1, 2 * NS_PER_S + 2);
		EXPECT_ERRNO(ERANGE, try_set("monotonic -1000000000 0\nboottime 5 0"));
		EXPECT_OFFSETS(NS_PER_S + 1, 2 * NS_PER_S + 2);
		EXPECT_ERRNO(EINVAL, try_set("monotonic 5 0\nboottime 5 1000000000"));
		EXPECT_OFFSETS(NS_PER_S + 1, 2 * NS_PER_S + 2);
		EXPECT_ERRNO(EINVAL, try_set("boottime 5 0\nrealtime 5 0"));
		EXPECT_OFFSETS(NS_PER_S + 1, 2 * NS_PER_S + 2);
	}
}

TEST_F(time, offsets_pos_einval)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *big = malloc(page + 1);

	/* A good line, and another one of mostly blanks. */
	memset(big, ' ', page + 1);
	memcpy(big, "monotonic 5 0\nboottime 0", 24);
	memcpy(big + page - 3, "0\n", 2);
	IN_MAKER () {
		int fd = MUST(open(FILE_NAME, O_WRONLY | O_CLOEXEC));

		EXPECT_ERRNO(EINVAL, write(fd, big, page));
		EXPECT_ERRNO(EINVAL, write(fd, big, page + 1));
		EXPECT_OFFSETS(0, 0);
		EXPECT_OK(write(fd, big, page - 1));
		EXPECT_OFFSETS(5 * NS_PER_S, 0);
		EXPECT_EQ(1, lseek(fd, 1, SEEK_SET));
		EXPECT_ERRNO(EINVAL, write(fd, "monotonic 6 0", 13));
		EXPECT_OFFSETS(5 * NS_PER_S, 0);
		EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
		EXPECT_OK(write(fd, "monotonic 7 0", 13));
		EXPECT_OFFSETS(7 * NS_PER_S, 0);
	}
}

/* What a member sets counts from the machine's clock, not from its own. */
TEST_F(time, nested)
{
	IN_MAKER () {
		struct child c;

		MUST(try_set("monotonic 10000 0\nboottime 20000 5"));
		CHILD (&c) {
			struct child inner;

			offsets_make("monotonic 500 0");
			EXPECT_OFFSETS(500 * NS_PER_S, 20000 * NS_PER_S + 5);
			CHILD (&inner)
				child_serve_clocks(&c);
			child_wait(&inner);
			/* From where it is, time goes backwards. */
			child_serve_clocks(&c);
			CHILD (&inner)
				child_serve_clocks(&inner);
			EXPECT_SHIFT(&inner, CLOCK_MONOTONIC, -9500 * NS_PER_S);
			EXPECT_SHIFT(&inner, CLOCK_BOOTTIME, 0);
			child_send(&inner, -1);
			child_wait(&inner);
		}
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC, 500 * NS_PER_S);
		EXPECT_SHIFT(&c, CLOCK_BOOTTIME, 20000 * NS_PER_S + 5);
		child_send(&c, -1);
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC, 10000 * NS_PER_S);
		child_send(&c, -1);
		child_wait(&c);
	}
}

SUITE_MAIN()
