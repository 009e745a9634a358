// SPDX-License-Identifier: GPL-2.0-only
/* Users, maps and capabilities, for the tests of user namespaces. */
#ifndef USER_H
#define USER_H

#include "suite.h"

#include <grp.h>

/* Ids outside that are nobody's, and a map of ten of them from 0 on. */
#define FIRST_ID  700000
#define TEN	  "0 700000 10"
#define OTHER_TEN "0 710000 10"

/* Somebody without any right, for the rest of the process. */
static inline void become_ordinary(void)
{
	if (cred_is_initial() && !geteuid())
		cred_become(OTHER_UID, OTHER_GID);
	else
		cred_drop_all();
	need_unprivileged_userns();
}

/* uid and gid of the namespace that the process is in, all three of each, no groups. */
static inline void become_inner(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) && errno != EPERM)
		check_setup_failed(HERE, "setgroups: %s", errno_name(errno));
	MUST(setresgid(gid, gid, gid));
	MUST(setresuid(uid, uid, uid));
	MUST(prctl(PR_SET_DUMPABLE, 1));
}

/* All capabilities that this kernel knows. */
static inline uint64_t all_caps(void)
{
	return (2ULL << file_number("/proc/sys/kernel/cap_last_cap")) - 1;
}

/* "CapEff" and so on of the caller. */
static inline uint64_t caps(const char *key)
{
	return strtoull(proc_status(0, key), NULL, 16);
}

#define EXPECT_ALL_CAPS()                              \
	do {                                           \
		EXPECT_EQ(all_caps(), caps("CapEff")); \
		EXPECT_EQ(all_caps(), caps("CapPrm")); \
		EXPECT_EQ(all_caps(), caps("CapBnd")); \
		EXPECT_EQ(0, caps("CapInh"));          \
		EXPECT_EQ(0, caps("CapAmb"));          \
	} while (0)

/* A process in a namespace without maps, there until killed. */
static inline void start_unmapped(struct child *c)
{
	CHILD (c, .flags = CLONE_NEWUSER, .unmapped = true)
		child_sleep();
}

static inline int try_map(struct child *c, const char *file, const char *text)
{
	return file_try_write(text_format("/proc/%d/%s", proc_pid(c->pidfd), file), text);
}

static inline char *read_map(struct child *c, const char *file)
{
	return file_read("/proc/%d/%s", proc_pid(c->pidfd), file);
}

/* The numbers of a one-line map, as the caller is shown them. */
static inline bool map_reads(const char *text, uint32_t inside, uint32_t outside, uint32_t count)
{
	unsigned int i, o, n;

	return sscanf(text, "%u %u %u", &i, &o, &n) == 3 && i == inside && o == outside &&
	       n == count;
}

#endif
