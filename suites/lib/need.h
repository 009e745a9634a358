// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a promise needs, found by probing.  The needs column of the contract is
 * compiled in and seen to before each test; the functions are for what only
 * the test itself can know.  Each skips with "not supported: ..." (the kernel
 * or machine has it not) or "not permitted: ..." (somebody forbids it).
 */
#ifndef SUITE_NEED_H
#define SUITE_NEED_H

#include "check.h"

/* Of the promise that a test is about ("fixture", "test"): the needs column, "" if on no row. */
const char *need_of(const char *fixture, const char *test);

/*
 * Sees to each word of a needs column; false, with the reason in the verdict,
 * when one is missing.  "userns" makes an unprivileged caller root in a new
 * user namespace.
 */
bool need_all(const char *needs);

/* Machine-wide state may change. */
void need_disposable(void);
/* The same for the part of a test that changes it. */
bool need_is_disposable(void);
/* A loaded or built-in module. */
void need_module(const char *name);
/* The caller, without capabilities, may make user namespaces; tried in a child. */
void need_unprivileged_userns(void);
/* The initial pid namespace; what says what it is needed for ("to see all namespaces"). */
void need_initial_pidns(const char *what);
/* CAP_* effective. */
void need_cap(int cap, const char *name);
/* A file that exists; what says what it stands for. */
void need_file(const char *path, const char *what);
/*
 * What shows by nothing but working: where it does not, that is a skip on a
 * kernel that has not even the system call given (SYS_KNOWN_6_13), and else a
 * failure, since what came earlier than that call should be there.  The skip
 * tells the version in the call's name.
 */
#define need_working(works, newer_call, what) \
	need_working_at(HERE, works, newer_call, #newer_call, what)
void need_working_at(struct here h, bool works, long newer_call, const char *its_name,
		     const char *what);
/* The scratch block device; its path. */
const char *need_disk(void);

#endif
