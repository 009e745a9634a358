// SPDX-License-Identifier: GPL-2.0-only
/* Time namespaces: which clocks and files show another time, and how much. */
#include "timens.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

AREA(time);

#define OFFSETS	  "monotonic 100000 123456789\nboottime 300000 987654321\n"
#define MONOTONIC (100000 * NS_PER_S + 123456789)
#define BOOTTIME  (300000 * NS_PER_S + 987654321)

/* A member that answers, of a namespace with these offsets. */
static void start_member(struct child *c, const char *offsets)
{
	CHILD (c) {
		struct child member;

		offsets_make(offsets);
		CHILD (&member)
			child_serve_clocks(c);
		child_wait(&member);
	}
}

static void end_member(struct child *c)
{
	child_send(c, -1);
	child_wait(c);
}

TEST_F(time, monotonic_shift)
{
	static const char *const offsets[] = { OFFSETS, "monotonic 0 1", "monotonic -1 0",
					       "monotonic 4000000000 0" };
	static const int64_t shifts[] = { MONOTONIC, 1, -NS_PER_S, 4000000000 * NS_PER_S };

	for (int i = 0; i < 4; i++) {
		struct child c;

		start_member(&c, offsets[i]);
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC, shifts[i]);
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC_RAW, shifts[i]);
		EXPECT_SHIFT(&c, CLOCK_MONOTONIC_COARSE, shifts[i]);
		end_member(&c);
	}
}

TEST_F(time, boottime_shift)
{
	static const char *const offsets[] = { OFFSETS, "boottime 0 1", "boottime -1 0" };
	static const int64_t shifts[] = { BOOTTIME, 1, -NS_PER_S };

	for (int i = 0; i < 3; i++) {
		struct child c;

		start_member(&c, offsets[i]);
		EXPECT_SHIFT(&c, CLOCK_BOOTTIME, shifts[i]);
		/* Without a real-time clock there are no alarms. */
		if (clock_exists(CLOCK_BOOTTIME_ALARM))
			EXPECT_SHIFT(&c, CLOCK_BOOTTIME_ALARM, shifts[i]);
		end_member(&c);
	}
}

TEST_F(time, offsets_independent)
{
	struct child c;

	start_member(&c, "monotonic 100000 0");
	EXPECT_SHIFT(&c, CLOCK_MONOTONIC, 100000 * NS_PER_S);
	EXPECT_SHIFT(&c, CLOCK_BOOTTIME, 0);
	end_member(&c);
	start_member(&c, "boottime 100000 0");
	EXPECT_SHIFT(&c, CLOCK_BOOTTIME, 100000 * NS_PER_S);
	EXPECT_SHIFT(&c, CLOCK_MONOTONIC, 0);
	EXPECT_SHIFT(&c, CLOCK_MONOTONIC_RAW, 0);
	EXPECT_SHIFT(&c, CLOCK_MONOTONIC_COARSE, 0);
	end_member(&c);
}

/* Of a member that has hardly run yet. */
static void expect_cpu_clocks(void)
{
	const int64_t much = 1000 * NS_PER_S;

	for (enum way way = BY_VDSO; way <= BY_SYSCALL; way++) {
		EXPECT_LT(clock_ns(CLOCK_PROCESS_CPUTIME_ID, way), much);
		EXPECT_LT(clock_ns(CLOCK_THREAD_CPUTIME_ID, way), much);
	}
	struct timespec t;
	clockid_t own;
	EXPECT_EQ(0, clock_getcpuclockid(0, &own));
	EXPECT_OK(clock_gettime(own, &t));
	EXPECT_LT(to_ns(&t), much);
}

TEST_F(time, realtime_unshifted)
{
	static const clockid_t same[] = { CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI,
					  CLOCK_REALTIME_ALARM };
	struct child c;

	start_member(&c, OFFSETS);
	for (int i = 0; i < 4; i++)
		if (clock_exists(same[i]))
			EXPECT_SHIFT(&c, same[i], 0);
	end_member(&c);
	IN_CHILD () {
		offsets_make(OFFSETS);
		IN_CHILD ()
			expect_cpu_clocks();
	}
}

/* A call between two readings of the vDSO is between them in time. */
static void expect_agreement(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW,
					    CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME };

	for (int i = 0; i < 5; i++)
		for (int n = 0; n < 3; n++) {
			int64_t before = clock_ns(clocks[i], BY_VDSO);
			int64_t called = clock_ns(clocks[i], BY_SYSCALL);
			int64_t after = clock_ns(clocks[i], BY_VDSO);

			EXPECT_LE(before, called);
			EXPECT_LE(called, after);
		}
}

static int make_pinned(const char *offsets)
{
	struct child c;

	CHILD (&c) {
		offsets_make(offsets);
		child_send_fd(&c, ns_open(0, "time_for_children"));
	}
	int fd = child_recv_fd(&c);
	child_wait(&c);
	return fd;
}

TEST_F(time, vdso_equals_syscall)
{
	int first = make_pinned(OFFSETS), second = make_pinned("monotonic 900000 0");

	expect_agreement();
	IN_CHILD () {
		/* From one to the next in the same memory, whose vDSO page must follow. */
		for (int i = 0; i < 3; i++) {
			EXPECT_OK(setns(first, CLONE_NEWTIME));
			int64_t here = clock_ns(CLOCK_MONOTONIC, BY_VDSO);

			expect_agreement();
			EXPECT_OK(setns(second, CLONE_NEWTIME));
			expect_agreement();
			EXPECT_GT(clock_ns(CLOCK_MONOTONIC, BY_VDSO), here + 700000 * NS_PER_S);
			IN_CHILD ()
				expect_agreement();
		}
	}
	IN_CHILD () {
		offsets_make(OFFSETS);
		expect_agreement();
		IN_CHILD ()
			expect_agreement();
		expect_agreement();
	}
}

TEST_F(time, parent_unaffected)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW };
	struct child before, beside;
	int64_t then[3];

	CHILD (&before)
		child_serve_clocks(&before);
	for (int i = 0; i < 3; i++)
		then[i] = clock_ns(clocks[i], BY_SYSCALL);
	char *uptime = file_read("/proc/uptime");

	CHILD (&beside) {
		offsets_make(OFFSETS);
		IN_CHILD ()
			expect_agreement();
		/* The maker itself stays in its old time. */
		child_serve_clocks(&beside);
	}
	for (int i = 0; i < 3; i++) {
		EXPECT_SHIFT(&before, clocks[i], 0);
		EXPECT_SHIFT(&beside, clocks[i], 0);
		for (enum way way = BY_VDSO; way <= BY_SYSCALL; way++)
			EXPECT_LT(clock_ns(clocks[i], way), then[i] + 3600 * NS_PER_S);
	}
	EXPECT_LT(atof(file_read("/proc/uptime")), atof(uptime) + 3600);
	child_send(&beside, -1);
	child_wait(&beside);
	child_send(&before, -1);
	child_wait(&before);
}

/* Sums of nanoseconds beyond a second, both ways; clock_ns() looks at each of them. */
TEST_F(time, nsec_carry)
{
	static const struct {
		const char *text;
		int64_t shift;
	} cases[] = {
		{ "monotonic 0 999999999\nboottime 0 999999999", NS_PER_S - 1 },
		{ "monotonic -1 1\nboottime -1 1", -NS_PER_S + 1 },
		{ "monotonic -1 999999999\nboottime -1 999999999", -1 },
		{ "monotonic 10 500000000\nboottime 10 500000000", 10 * NS_PER_S + 500000000 },
	};

	for (int i = 0; i < 4; i++) {
		struct child c;

		start_member(&c, cases[i].text);
		for (int n = 0; n < 50; n++) {
			EXPECT_SHIFT(&c, CLOCK_MONOTONIC, cases[i].shift);
			EXPECT_SHIFT(&c, CLOCK_BOOTTIME, cases[i].shift);
			sleep_ms(1);
		}
		end_member(&c);
	}
}

/* Hundredths of a second that the machine is up, and that it was idle. */
static int64_t uptime(bool idle)
{
	double up, slack;

	if (sscanf(file_read("/proc/uptime"), "%lf %lf", &up, &slack) != 2)
		check_setup_failed(HERE, "/proc/uptime has no two numbers");
	return (idle ? slack : up) * 100 + 0.5;
}

TEST_F(time, proc_uptime)
{
	for (int idle = 0; idle < 2; idle++)
		IN_CHILD () {
			struct child c;

			offsets_make("monotonic 5000 0\nboottime 300000 0");
			CHILD (&c) {
				child_recv(&c);
				child_send(&c, uptime(idle));
			}
			int64_t shift = idle ? 0 : 300000 * 100, before = uptime(idle);
			child_send(&c, 0);
			int64_t there = child_recv(&c), after = uptime(idle);
			/* What a CPU idles while its tasks wait for a disk counts not always. */
			int slack = idle ? 1000 * 100 : 0;

			EXPECT_LE(before + shift - slack, there);
			EXPECT_LE(there, after + shift + slack);
			child_wait(&c);
		}
}

static int64_t sysinfo_uptime(void)
{
	struct sysinfo info;

	MUST(sysinfo(&info));
	return info.uptime;
}

TEST_F(time, sysinfo_uptime)
{
	IN_CHILD () {
		struct child c;

		offsets_make("monotonic 5000 0\nboottime 300000 0");
		CHILD (&c) {
			child_recv(&c);
			child_send(&c, sysinfo_uptime());
		}
		int64_t before = sysinfo_uptime();
		child_send(&c, 0);
		int64_t there = child_recv(&c);
		EXPECT_LE(before + 300000, there);
		EXPECT_LE(there, sysinfo_uptime() + 300000);
		child_wait(&c);
	}
}

static int64_t btime(void)
{
	return strtoll(text_value(file_read("/proc/stat"), "btime"), NULL, 10);
}

/* The offset came into these two files with 5.11. */
static void skip_if_unshifted(bool unshifted)
{
	need_working(!unshifted, SYS_KNOWN_5_11,
		     "the boottime offset in /proc/stat and /proc/PID/stat");
}

/* The moment of boot is a difference of two clocks, one of which is adjusted now and then. */
TEST_F(time, proc_btime)
{
	IN_CHILD () {
		int64_t outside = btime();

		offsets_make("monotonic 5000 0\nboottime 300000 0");
		EXPECT_LE(llabs(btime() - outside), 1);
		IN_CHILD () {
			skip_if_unshifted(llabs(btime() - outside) <= 1);
			EXPECT_LE(llabs(btime() + 300000 - outside), 1);
			int64_t before = clock_ns(CLOCK_REALTIME, BY_SYSCALL) / NS_PER_S;
			int64_t now = btime() + uptime(false) / 100;
			EXPECT_LE(before - 2, now);
			EXPECT_LE(now, clock_ns(CLOCK_REALTIME, BY_SYSCALL) / NS_PER_S + 2);
		}
	}
}

TEST_F(time, proc_starttime)
{
	IN_CHILD () {
		const int64_t ticks = sysconf(_SC_CLK_TCK);
		pid_t me = proc_self("/proc");
		int64_t own = proc_stat("/proc", 0, 22), first = proc_stat("/proc", 1, 22);

		offsets_make("monotonic 5000 0\nboottime 300000 0");
		EXPECT_EQ(own, proc_stat("/proc", 0, 22));
		IN_CHILD () {
			skip_if_unshifted(own == proc_stat("/proc", me, 22));
			/* Whoever it is about, the reader's offset counts. */
			EXPECT_EQ(own + 300000 * ticks, proc_stat("/proc", me, 22));
			EXPECT_EQ(first + 300000 * ticks, proc_stat("/proc", 1, 22));
			EXPECT_LE(own + 300000 * ticks, proc_stat("/proc", 0, 22));
			EXPECT_LE(proc_stat("/proc", 0, 22), uptime(false) * ticks / 100 + 1);
		}
	}
}

SUITE_MAIN()
