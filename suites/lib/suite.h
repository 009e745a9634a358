// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one header of a test program.  It brings the kernel's kselftest harness
 * (FIXTURE, FIXTURE_SETUP, FIXTURE_VARIANT, TEST_F) and the suites' library,
 * and puts the library around every test: needs, cgroups, mounts, processes.
 *
 *	#include "suite.h"
 *
 *	AREA(uts);				// a fixture without data
 *
 *	// uts.hostname-isolated
 *	TEST_F(uts, hostname_isolated) { ... }
 *
 *	SUITE_MAIN()				// or SUITE_MAIN(.alone = true)
 *
 * A fixture is named after the area of the contract ("core-limits" is
 * core_limits) and a test after the promise.  FIXTURE_TEARDOWN is not needed.
 */
#ifndef SUITE_H
#define SUITE_H

#include "kselftest_harness.h"

/* The harness's FIXTURE_SETUP and FIXTURE_TEARDOWN define global functions. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#include "burn.h"
#include "cgroup.h"
#include "check.h"
#include "child.h"
#include "cred.h"
#include "file.h"
#include "hog.h"
#include "kconfig.h"
#include "mount.h"
#include "mountinfo.h"
#include "need.h"
#include "net.h"
#include "ns.h"
#include "ns_promise.h"
#include "peercred.h"
#include "proc.h"
#include "progress.h"
#include "sys.h"
#include "sys_mount.h"
#include "wait.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* A fixture with nothing in it, and none but the library's set-up. */
#define AREA(name)             \
	FIXTURE(name) {};      \
	FIXTURE_SETUP(name)    \
	{                      \
	}                      \
	FIXTURE_TEARDOWN(name) \
	{                      \
	}
/* For fixtures with data or variants: the library tears down. */
#define NO_TEARDOWN(name)      \
	FIXTURE_TEARDOWN(name) \
	{                      \
	}
/* Each test once for each namespace type, variant->type. */
#define AREA_OF_TYPES(name)             \
	FIXTURE(name) {};               \
	FIXTURE_VARIANT(name)           \
	{                               \
		enum ns_index type;     \
	};                              \
	NS_VARIANTS(name)               \
	FIXTURE_SETUP(name)             \
	{                               \
		need_ns(variant->type); \
	}                               \
	NO_TEARDOWN(name)

/* Properties of a program. */
struct suite_opts {
	bool alone; /* measures time: nothing else may run meanwhile */
};

typedef void suite_test_fn(struct __test_metadata *, struct __fixture_variant_metadata *);

#define SUITE_TESTS_MAX 256
static struct {
	struct __test_metadata *test;
	struct __fixture_metadata *fixture;
	suite_test_fn *run;
} suite_tests[SUITE_TESTS_MAX];
static int suite_test_count;

static void suite_test_name(char name[256], const struct __fixture_metadata *f,
			    const struct __fixture_variant_metadata *v,
			    const struct __test_metadata *t)
{
	bool variant = v && v->name && v->name[0];

	snprintf(name, 256, "%s%s%s.%s", f->name, variant ? "." : "", variant ? v->name : "",
		 t->name);
}

/* What the verdict says becomes what the harness says. */
static void suite_judge(struct __test_metadata *t)
{
	bool passed = t->exit_code == KSFT_PASS;

	if (atomic_load(&verdict->failed)) {
		t->exit_code = KSFT_FAIL;
	} else if (atomic_load(&verdict->skipped) || atomic_load(&verdict->defect)) {
		t->exit_code = atomic_load(&verdict->skipped) ? KSFT_SKIP : KSFT_XFAIL;
		snprintf(t->results->reason, sizeof(t->results->reason), "%s", verdict->reason);
	} else if (passed && !atomic_load(&verdict->checks)) {
		check_note("the test ended without a single check");
		t->exit_code = KSFT_FAIL;
	}
}

/* Stands in for each test's own function, in the process that the harness forked for it. */
static void suite_run(struct __test_metadata *t, struct __fixture_variant_metadata *v)
{
	char name[256];
	int i = 0;

	while (suite_tests[i].test != t)
		i++;
	suite_test_name(name, suite_tests[i].fixture, v, t);
	check_begin(name);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (need_all(need_of(suite_tests[i].fixture->name, t->name))) {
		cgroup_begin_test(name);
		mount_begin_test();
		file_tell(true);
		suite_tests[i].run(t, v);
		file_tell(false);
		child_reap_all();
		cgroup_end_test();
	}
	suite_judge(t);
}

static void suite_list(const struct suite_opts *o)
{
	struct __fixture_variant_metadata none = { .name = "" }, *v;

	for (int i = 0; i < suite_test_count; i++)
		for (v = suite_tests[i].fixture->variant ?: &none; v; v = v->next) {
			char name[256];
			const char *needs =
				need_of(suite_tests[i].fixture->name, suite_tests[i].test->name);

			suite_test_name(name, suite_tests[i].fixture, v, suite_tests[i].test);
			printf("%s\t%d\t%s\t%s\n", name, suite_tests[i].test->timeout,
			       o->alone ? "alone" : "-", needs[0] ? needs : "-");
		}
}

/* Find all tests of the program and put ourselves in front of each. */
static void suite_adopt(void)
{
	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next)
		for (struct __test_metadata *t = f->tests; t; t = t->next) {
			if (suite_test_count == SUITE_TESTS_MAX)
				abort();
			suite_tests[suite_test_count].test = t;
			suite_tests[suite_test_count].fixture = f;
			suite_tests[suite_test_count++].run = t->fn;
			t->fn = suite_run;
		}
}

static int suite_main(int argc, char **argv, const struct suite_opts *o)
{
	int ret;

	check_prepare();
	file_prepare();
	ret = helper_main(argc, argv);
	if (ret >= 0)
		return ret;
	suite_adopt();
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		suite_list(o);
		return 0;
	}
	for (int i = 0; i < suite_test_count; i++)
		suite_tests[i].test->timeout *= wait_scale();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cgroup_prepare();
	atexit(cgroup_finish);
	return test_harness_run(argc, argv);
}

#define SUITE_MAIN(...)                                                              \
	int main(int argc, char **argv)                                              \
	{                                                                            \
		return suite_main(argc, argv, &(struct suite_opts) { __VA_ARGS__ }); \
	}

#endif
