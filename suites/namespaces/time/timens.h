// SPDX-License-Identifier: GPL-2.0-only
/* Offsets and clocks, for the tests of time namespaces. */
#ifndef TIMENS_H
#define TIMENS_H

#include "suite.h"

#include <time.h>

#define NS_PER_S 1000000000LL

/* Both ways to ask: the vDSO's code has the offsets in a page of its own. */
enum way { BY_VDSO, BY_SYSCALL };

static inline int64_t to_ns(const struct timespec *t)
{
	return t->tv_sec * NS_PER_S + t->tv_nsec;
}

static inline struct timespec from_ns(int64_t ns)
{
	return (struct timespec) { ns / NS_PER_S, ns % NS_PER_S };
}

static inline int64_t clock_ns(clockid_t clock, enum way way)
{
	struct timespec t = { 0 };

	if (way == BY_VDSO)
		MUST(clock_gettime(clock, &t));
	else
		MUST(syscall(SYS_clock_gettime, clock, &t));
	if (t.tv_nsec < 0 || t.tv_nsec >= NS_PER_S)
		check_failed(HERE, "clock %d has %ld nanoseconds", clock, t.tv_nsec);
	return to_ns(&t);
}

static inline bool clock_exists(clockid_t clock)
{
	struct timespec t;

	return !clock_gettime(clock, &t);
}

/* A new namespace for the children, with these offsets. */
static inline void offsets_make(const char *text)
{
	need_ns(NS_TIME);
	ns_unshare(CLONE_NEWTIME);
	file_write("/proc/self/timens_offsets", "%s", text);
}

/* What /proc/PID/timens_offsets says, in nanoseconds; pid 0 is the caller. */
struct offsets {
	int64_t monotonic, boottime;
};

static inline struct offsets offsets_of(pid_t pid)
{
	long long s[2];
	long ns[2];
	char *text = pid ? file_read("/proc/%d/timens_offsets", pid)
			 : file_read("/proc/self/timens_offsets");

	if (text_lines(text) != 2 || sscanf(text, "monotonic %lld %ld\nboottime %lld %ld", &s[0],
					    &ns[0], &s[1], &ns[1]) != 4)
		check_setup_failed(HERE, "timens_offsets reads \"%s\"", text);
	free(text);
	return (struct offsets) { s[0] * NS_PER_S + ns[0], s[1] * NS_PER_S + ns[1] };
}

#define EXPECT_OFFSETS(mono, boot)                 \
	do {                                       \
		struct offsets o_ = offsets_of(0); \
		EXPECT_EQ((mono), o_.monotonic);   \
		EXPECT_EQ((boot), o_.boottime);    \
	} while (0)

/*
 * A process elsewhere that answers what time it is: child_serve_clocks() in
 * it, and EXPECT_SHIFT() here, which asks this side's clock before and after.
 */
static inline void child_serve_clocks(struct child *c)
{
	for (;;) {
		int64_t question = child_recv(c);

		if (question < 0)
			return;
		child_send(c, clock_ns(question / 2, question % 2));
	}
}

static inline void expect_shift(struct here h, struct child *c, clockid_t clock, enum way way,
				int64_t shift)
{
	int64_t before = clock_ns(clock, way);

	child_send(c, clock * 2 + way);
	int64_t there = child_recv(c), after = clock_ns(clock, way);

	atomic_fetch_add(&verdict->checks, 1);
	if (there < before + shift || there > after + shift)
		check_failed(h,
			     "clock %d by %s: wanted this side's %jd to %jd ns and %jd more, saw "
			     "%jd (%jd ns beside)",
			     clock, way ? "system call" : "vDSO", (intmax_t)before, (intmax_t)after,
			     (intmax_t)shift, (intmax_t)there,
			     (intmax_t)(there - shift - (there < before + shift ? before : after)));
}
#define EXPECT_SHIFT(c, clock, shift)                            \
	do {                                                     \
		expect_shift(HERE, c, clock, BY_VDSO, shift);    \
		expect_shift(HERE, c, clock, BY_SYSCALL, shift); \
	} while (0)

#endif
