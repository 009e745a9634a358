// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eight namespace types, one table; and their descriptors and ids.
 */
#ifndef SUITE_NS_H
#define SUITE_NS_H

#include "check.h"
#include "child.h"

enum ns_index { NS_USER, NS_MNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_TIME, NS_CGROUP, NS_COUNT };

struct ns_type {
	const char *name;   /* "uts": of /proc/PID/ns/uts and the link's text */
	const char *file;   /* the link that setns(2) takes and that new children get */
	unsigned long flag; /* CLONE_NEWUTS */
	const char *limit;  /* /proc/sys/user/... */
	bool children;	    /* unshare(2) changes only the children's: pid and time */
};
extern const struct ns_type ns_types[NS_COUNT];

#define FOR_EACH_NS(t) for (const struct ns_type *t = ns_types; t < ns_types + NS_COUNT; t++)

/*
 * A variant for each type: in the fixture's FIXTURE_VARIANT put
 * "enum ns_index type;" and after it NS_VARIANTS(fixture); AREA_OF_TYPES has both.
 */
#define NS_VARIANT_(fixture, type_name, index) \
	FIXTURE_VARIANT_ADD(fixture, type_name) { .type = index };
#define NS_VARIANTS(fixture)                \
	NS_VARIANT_(fixture, user, NS_USER) \
	NS_VARIANT_(fixture, mnt, NS_MNT)   \
	NS_VARIANT_(fixture, pid, NS_PID)   \
	NS_VARIANT_(fixture, net, NS_NET)   \
	NS_VARIANT_(fixture, ipc, NS_IPC)   \
	NS_VARIANT_(fixture, uts, NS_UTS)   \
	NS_VARIANT_(fixture, time, NS_TIME) \
	NS_VARIANT_(fixture, cgroup, NS_CGROUP)

/* Descriptor of /proc/PID/ns/FILE; pid 0 is the calling thread. O_CLOEXEC. */
#define ns_open(pid, file) ns_open_at(HERE, pid, file)
int ns_open_at(struct here h, pid_t pid, const char *file);
/* Its inode number, which is what says whether two are the same. */
#define ns_id(pid, file) ns_id_at(HERE, pid, file)
uint64_t ns_id_at(struct here h, pid_t pid, const char *file);
#define ns_fd_id(fd) ns_fd_id_at(HERE, fd)
uint64_t ns_fd_id_at(struct here h, int fd);

/*
 * What NS_GET_ID (6.18) says; skips the test where there is no such ioctl.  It
 * also is the number in file handles of namespaces and in listns(2).
 */
#define ns_unique_id(fd) ns_unique_id_at(HERE, fd)
uint64_t ns_unique_id_at(struct here h, int fd);
/* Is there listns(2) (6.19), and with it ids that are fixed or valid all over the machine? */
bool ns_have_listns(void);
/*
 * Is it only to the administrator, in the initial pid namespace, that all
 * namespaces show?  Nothing says so but a flag of the same release (7.0).
 */
bool ns_have_strict_view(void);
/* PIDFD_GET_X_NAMESPACE (6.11) for the link's name ("pid_for_children"); -1 and errno. */
int ns_pidfd_get(int pidfd, const char *file);

/*
 * A process in a new namespace of the type, there until killed: what flags
 * name besides, it has new, too.
 */
#define ns_start_member(c, type, flags) ns_start_member_at(HERE, c, type, flags)
void ns_start_member_at(struct here h, struct child *c, enum ns_index type, uint64_t flags);

/* One more of the type, held by a child until that is killed; -1 and errno where it is refused. */
int ns_try_hold(struct child *c, const struct ns_type *t);
/* The same, and gone again. */
int ns_try_make(const struct ns_type *t);

/* The ids of all links of a process, to see what a call has changed; pid 0 is the caller. */
struct ns_set {
	uint64_t id[NS_COUNT]; /* by ns_type.file: where new children go */
	uint64_t pid, time;    /* where it is itself */
};
#define ns_set_of(pid) ns_set_of_at(HERE, pid)
struct ns_set ns_set_of_at(struct here h, pid_t pid);
/* Which of them differ, as CLONE_NEW* flags. */
unsigned long ns_set_changes(const struct ns_set *a, const struct ns_set *b);

/* unshare(2) and setns(2); failing is failed set-up. */
#define ns_unshare(flags) ns_unshare_at(HERE, flags)
void ns_unshare_at(struct here h, int flags);
#define ns_join(fd, flags) ns_join_at(HERE, fd, flags)
void ns_join_at(struct here h, int fd, int flags);

/* Does this kernel have the type at all?  Skips the test with the option's name. */
void need_ns(enum ns_index type);
/* The initial pid namespace, the only one from which all namespaces show. */
void need_all_ns_seen(void);

/* The deepest call chain of limit tests: set user.max_X_namespaces in the own user ns. */
#define ns_set_limit(type, n) ns_set_limit_at(HERE, type, n)
void ns_set_limit_at(struct here h, enum ns_index type, int n);

#endif
