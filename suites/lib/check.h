// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks: what a test may claim, in any process and thread of it.
 *
 * The harness's own EXPECT_* know only the process they were written for and
 * say nothing of errno.  These write to a verdict that all processes of a test
 * share, so a failure in a child, or in a helper five calls down, fails the
 * test.  EXPECT_* go on, ASSERT_* end the process (and with it the test).
 *
 * A failed line reads   # FILE:LINE: what was promised: what was seen (ERRNO)
 */
#ifndef SUITE_CHECK_H
#define SUITE_CHECK_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Where in the test a library call was made: a helper that fails says this. */
struct here {
	const char *file;
	int line;
};
#define HERE ((struct here) { __FILE__, __LINE__ })

/* How a process of a test ends when it cannot go on; exit statuses. */
enum { TEST_FAILED = 1, TEST_DEFECT = 2, TEST_SKIPPED = 4, CHILD_SKIPPED = 98, CHILD_FAILED = 99 };

/* One for the running test, shared by all its processes. */
struct verdict {
	atomic_int checks; /* how many were made: a test without any has tested nothing */
	atomic_int failed;
	atomic_int skipped;
	pid_t test;	/* the process that runs the test's body, in its own pid namespace */
	char name[256]; /* fixture.variant.test */
	atomic_int defect;
	char reason[512]; /* of the skip or the defect */
};
extern struct verdict *verdict;

/* Set in processes made by the test: how an ASSERT ends them differs. */
extern bool check_in_child;

void check_prepare(void);
void check_begin(const char *name);

/* The promise did not hold. */
void check_failed(struct here h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Something before the promise could not be brought about; ends the test. */
void check_setup_failed(struct here h, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* What the test needs is missing: "not supported: ..." or "not permitted: ...". */
void check_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/*
 * The promise is broken in a way that is known and understood: a defect of the
 * kernel, reported as "# XFAIL" with this text.  Only behind a check of the
 * defect's own signature, never of a version.
 */
void check_defect(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* End this process because of what the verdict already says. */
void check_stop(void) __attribute__((noreturn));
/* A line of explanation in the report. */
void check_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "EPERM", or "0" for no error. */
const char *errno_name(int e);

void check_compare(struct here h, bool ok, const char *what, intmax_t want, intmax_t seen);
void check_strings(struct here h, bool equal, const char *what, const char *want, const char *seen);
intmax_t check_ok(struct here h, const char *what, intmax_t ret);
void check_errno(struct here h, const char *what, int want, intmax_t ret);

/* The text of an argument is taken before macros in it are expanded: by EXPECT_ itself. */
#define CHECK_COMPARE_(want, op, seen, text, fatal)                          \
	do {                                                                 \
		intmax_t want_ = (intmax_t)(want), seen_ = (intmax_t)(seen); \
		check_compare(HERE, want_ op seen_, text, want_, seen_);     \
		if ((fatal) && !(want_ op seen_))                            \
			check_stop();                                        \
	} while (0)
#define CHECK_STRINGS_(want, seen, text, equal, fatal)                   \
	do {                                                             \
		int before_ = atomic_load(&verdict->failed);             \
		check_strings(HERE, equal, text, want, seen);            \
		if ((fatal) && before_ != atomic_load(&verdict->failed)) \
			check_stop();                                    \
	} while (0)
#define CHECK_TRUE_(cond, text, fatal)                          \
	do {                                                    \
		bool ok_ = (cond);                              \
		atomic_fetch_add(&verdict->checks, 1);          \
		if (!ok_)                                       \
			check_failed(HERE, "%s: not so", text); \
		if (!ok_ && (fatal))                            \
			check_stop();                           \
	} while (0)

#undef EXPECT_EQ
#undef EXPECT_NE
#undef EXPECT_LT
#undef EXPECT_LE
#undef EXPECT_GT
#undef EXPECT_GE
#undef EXPECT_TRUE
#undef EXPECT_FALSE
#undef EXPECT_STREQ
#undef EXPECT_STRNE
#undef ASSERT_EQ
#undef ASSERT_NE
#undef ASSERT_LT
#undef ASSERT_LE
#undef ASSERT_GT
#undef ASSERT_GE
#undef ASSERT_TRUE
#undef ASSERT_FALSE
#undef ASSERT_STREQ
#undef ASSERT_STRNE

/* EXPECT_EQ(want, seen) and so on, in this order. */
#define EXPECT_EQ(want, seen)	 CHECK_COMPARE_(want, ==, seen, #want " == " #seen, 0)
#define EXPECT_NE(want, seen)	 CHECK_COMPARE_(want, !=, seen, #want " != " #seen, 0)
#define EXPECT_LT(want, seen)	 CHECK_COMPARE_(want, <, seen, #want " < " #seen, 0)
#define EXPECT_LE(want, seen)	 CHECK_COMPARE_(want, <=, seen, #want " <= " #seen, 0)
#define EXPECT_GT(want, seen)	 CHECK_COMPARE_(want, >, seen, #want " > " #seen, 0)
#define EXPECT_GE(want, seen)	 CHECK_COMPARE_(want, >=, seen, #want " >= " #seen, 0)
#define EXPECT_TRUE(cond)	 CHECK_TRUE_(cond, #cond, 0)
#define EXPECT_FALSE(cond)	 CHECK_TRUE_(!(cond), "!(" #cond ")", 0)
#define EXPECT_STREQ(want, seen) CHECK_STRINGS_(want, seen, #seen, true, 0)
#define EXPECT_STRNE(want, seen) CHECK_STRINGS_(want, seen, #seen, false, 0)
#define ASSERT_EQ(want, seen)	 CHECK_COMPARE_(want, ==, seen, #want " == " #seen, 1)
#define ASSERT_NE(want, seen)	 CHECK_COMPARE_(want, !=, seen, #want " != " #seen, 1)
#define ASSERT_LT(want, seen)	 CHECK_COMPARE_(want, <, seen, #want " < " #seen, 1)
#define ASSERT_LE(want, seen)	 CHECK_COMPARE_(want, <=, seen, #want " <= " #seen, 1)
#define ASSERT_GT(want, seen)	 CHECK_COMPARE_(want, >, seen, #want " > " #seen, 1)
#define ASSERT_GE(want, seen)	 CHECK_COMPARE_(want, >=, seen, #want " >= " #seen, 1)
#define ASSERT_TRUE(cond)	 CHECK_TRUE_(cond, #cond, 1)
#define ASSERT_FALSE(cond)	 CHECK_TRUE_(!(cond), "!(" #cond ")", 1)
#define ASSERT_STREQ(want, seen) CHECK_STRINGS_(want, seen, #seen, true, 1)
#define ASSERT_STRNE(want, seen) CHECK_STRINGS_(want, seen, #seen, false, 1)

/* The call returns -1 and sets errno on failure, as system calls do. */
#define EXPECT_OK(call) ((void)check_ok(HERE, #call, (intmax_t)(call)))
/* Also gives the call's result: int fd = ASSERT_OK(open(...)). */
#define ASSERT_OK(call)                                                  \
	({                                                               \
		intmax_t ret_ = check_ok(HERE, #call, (intmax_t)(call)); \
		if (ret_ < 0)                                            \
			check_stop();                                    \
		ret_;                                                    \
	})
/* The call fails with just this errno. */
#define EXPECT_ERRNO(want, call) check_errno(HERE, #call, want, (errno = 0, (intmax_t)(call)))

/* Set-up: not what is tested, but nothing can be tested without it. */
#define MUST(call)                                                                    \
	({                                                                            \
		intmax_t ret_ = (intmax_t)(call);                                     \
		if (ret_ < 0)                                                         \
			check_setup_failed(HERE, "%s: %s", #call, errno_name(errno)); \
		ret_;                                                                 \
	})

#endif
