// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups of the running test, v2 and v1 through one interface.
 *
 * Every test has a v2 directory of its own; what is made in it is killed and
 * removed when the test ends, however it ends.  Source: cgroup-v2.rst.
 */
#ifndef SUITE_CGROUP_H
#define SUITE_CGROUP_H

#include "check.h"

#include <limits.h>

struct cgroup {
	int version;	     /* 1 or 2 */
	char path[PATH_MAX]; /* absolute, in the file system */
};

/* Why there is no writable v2 hierarchy; NULL when there is one. */
const char *cgroup_absence(void);
/* Skips the test for that reason. */
void need_cgroup(void);
/*
 * The v2 controller is available to cgroups made by cgroup_make(): enables it
 * all the way down.  Skips the test, saying where the chain broke.
 */
void need_controller(const char *name);
/*
 * The same for the part of a test that is about a controller, behind checks
 * that were about none: false, with a note in the report, where it is missing.
 */
bool try_controller(const char *name);
/* Is a controller bound to v1, compiled out, disabled?  A phrase for messages; static. */
const char *controller_absence(const char *name);

/* The test's own directory; it has no processes. */
#define cgroup_own() cgroup_own_at(HERE)
struct cgroup cgroup_own_at(struct here h);
/* The top of the cgroup2 mount. */
struct cgroup cgroup_root(void);
/* The root of the hierarchy; skips where it is not seen: no mount, or a cgroup namespace. */
struct cgroup need_cgroup_root(void);
/* A new cgroup in the test's own directory, or in another one. */
#define cgroup_make(name)	     cgroup_make_at(HERE, NULL, name)
#define cgroup_make_in(parent, name) cgroup_make_at(HERE, parent, name)
struct cgroup cgroup_make_at(struct here h, const struct cgroup *parent, const char *name);
/* mkdir(2) alone, for EXPECT_ERRNO; *cg is filled in either way. */
int cgroup_try_make(const struct cgroup *parent, const char *name, struct cgroup *cg);
/* rmdir(2); failing is failed set-up. */
#define cgroup_remove(cg) cgroup_remove_at(HERE, cg)
void cgroup_remove_at(struct here h, const struct cgroup *cg);

/* A cgroup of a v1 hierarchy, below the test's own; skips where it is not mounted. */
#define cgroup_v1_make(controller, name) cgroup_v1_make_at(HERE, controller, name)
struct cgroup cgroup_v1_make_at(struct here h, const char *controller, const char *name);
/*
 * mount(2) of the type ("cgroup") on a fresh folder, for tests that need "vm".  What is made
 * below is removed, and the hierarchy with it, when the test ends.  0, or -1 with errno.
 */
#define cgroup_v1_try_mount(root, type, options) cgroup_v1_try_mount_at(HERE, root, type, options)
int cgroup_v1_try_mount_at(struct here h, struct cgroup *root, const char *type,
			   const char *options);
/* Failing is failed set-up, and a skip where v1 hierarchies with names are switched off. */
#define cgroup_v1_mount(options) cgroup_v1_mount_at(HERE, options)
struct cgroup cgroup_v1_mount_at(struct here h, const char *options);
/* Why the controller cannot be on v1, for messages: " (CONFIG_MEMCG_V1 is not set)", or "". */
const char *controller_v1_absence(const char *name);

/* Interface files; as in file.h, only _try_ versions return on failure. */
#define cgroup_read(cg, file) cgroup_read_at(HERE, cg, file)
char *cgroup_read_at(struct here h, const struct cgroup *cg, const char *file);
#define cgroup_write(cg, file, ...) cgroup_write_at(HERE, cg, file, __VA_ARGS__)
void cgroup_write_at(struct here h, const struct cgroup *cg, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int cgroup_try_write(const struct cgroup *cg, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
ssize_t cgroup_try_read(const struct cgroup *cg, const char *file, char *text, size_t size);
/* Number in a single-value file; "max" is INT64_MAX. */
#define cgroup_number(cg, file) cgroup_number_at(HERE, cg, file)
int64_t cgroup_number_at(struct here h, const struct cgroup *cg, const char *file);
/* Number behind a key of a flat keyed file; a missing key fails the set-up. */
#define cgroup_key(cg, file, key) cgroup_key_at(HERE, cg, file, key)
int64_t cgroup_key_at(struct here h, const struct cgroup *cg, const char *file, const char *key);
bool cgroup_has(const struct cgroup *cg, const char *file);
/* Skips the test when the cgroup does not have the file. */
void need_cgroup_file(const struct cgroup *cg, const char *file);
/* open(2) of a file, or of the directory with O_PATH; O_CLOEXEC is added. */
#define cgroup_open(cg, file, flags) cgroup_open_at(HERE, cg, file, flags)
int cgroup_open_at(struct here h, const struct cgroup *cg, const char *file, int flags);
#define cgroup_dir(cg) cgroup_dir_at(HERE, cg)
int cgroup_dir_at(struct here h, const struct cgroup *cg);

/* Move a process there (0: the caller); failing is failed set-up. */
#define cgroup_add(cg, pid)	 cgroup_write(cg, "cgroup.procs", "%d", pid)
/* Is the pid among cgroup.procs? */
#define cgroup_contains(cg, pid) cgroup_contains_at(HERE, cg, pid)
bool cgroup_contains_at(struct here h, const struct cgroup *cg, pid_t pid);
/* What /proc/PID/cgroup says of the v2 hierarchy, after "0::"; pid 0: caller; malloc'ed. */
#define cgroup_of(pid) cgroup_of_at(HERE, pid)
char *cgroup_of_at(struct here h, pid_t pid);
/* The path of the cgroup as /proc/PID/cgroup of the initial namespace has it; malloc'ed. */
char *cgroup_name(const struct cgroup *cg);
/* Where the v2 hierarchy is mounted, NULL if nowhere. */
const char *cgroup_mount(void);

/* Is a flag of the hierarchy on ("nsdelegate")? */
bool cgroup_mount_option(const char *name);
/*
 * All that are on, "nsdelegate,memory_recursiveprot", as a mount takes them;
 * malloc'ed.  A mount in the initial cgroup namespace sets exactly those it
 * names, for the whole machine: tests that do so need "vm", and put them back.
 */
char *cgroup_mount_flags(void);
#define cgroup_set_mount_flags(flags) cgroup_set_mount_flags_at(HERE, flags)
void cgroup_set_mount_flags_at(struct here h, const char *flags);

/* Skips the test when the kernel has no such flag. */
void need_cgroup_feature(const char *name);

/* Turn controllers on for the children: cgroup_enable(&cg, "cpu"). */
#define cgroup_enable(cg, controller) cgroup_write(cg, "cgroup.subtree_control", "+%s", controller)

/* For the main program: find or make the place for all tests, and remove it. */
void cgroup_prepare(void);
void cgroup_finish(void);
/* Around one test: make and sweep its directories. */
void cgroup_begin_test(const char *name);
void cgroup_end_test(void);

#endif
