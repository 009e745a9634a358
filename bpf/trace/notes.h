/* SPDX-License-Identifier: GPL-2.0-only */
/* What --events tells, as it comes from the kernel. */
#ifndef BULKHEAD_TRACE_NOTES_H
#define BULKHEAD_TRACE_NOTES_H

#include <linux/types.h>

/* Types of namespaces, in the order of their words; the last two are those of children to come. */
enum ns_slot { NS_UTS, NS_IPC, NS_MNT, NS_PID, NS_NET, NS_TIME, NS_CGROUP, NS_USER, NS_SLOTS };

enum note_kind {
	NOTE_NS_JOINED, /* or made: told apart where it is seen first */
	NOTE_NS_GONE,
	NOTE_CG_MKDIR,
	NOTE_CG_RMDIR,
	NOTE_CG_RELEASE,
	NOTE_CG_RENAME,
	NOTE_CG_ATTACH,
	NOTE_CG_POPULATED,
	NOTE_CG_EMPTY,
	NOTE_CG_FREEZE,
	NOTE_CG_UNFREEZE,
	NOTE_CG_FROZEN,
	NOTE_CG_THAWED,
	NOTE_CG_KILL,
	NOTE_OOM,
	NOTE_VICTIM,
	NOTE_THROTTLED,
	NOTE_UNTHROTTLED,
	NOTE_KINDS
};

#define NOTE_PATH 128

struct note {
	__u64 ns;  /* CLOCK_MONOTONIC */
	__u64 id;  /* of a cgroup; inode number of a namespace */
	__u64 was; /* the namespace before */
	__u32 kind;
	__u32 slot; /* enum ns_slot */
	__u32 pid, tgid;
	__u32 target; /* pid that it is done to, 0: none */
	__u32 made;   /* the namespace is new: by its caller's flags */
	char comm[16];
	char path[NOTE_PATH]; /* of a cgroup */
};

#endif
