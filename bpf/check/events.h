/* SPDX-License-Identifier: GPL-2.0-only */
/* What a witness can see; read by its BPF programs as well, so without any other header. */
#ifndef BULKHEAD_WITNESS_EVENTS_H
#define BULKHEAD_WITNESS_EVENTS_H

/* What can be seen, each counted for every cgroup of the machine. */
enum witness_event {
	/* tracepoints cgroup:* */
	WITNESS_MKDIR,
	WITNESS_RMDIR,
	WITNESS_RELEASE, /* its last reference is gone */
	WITNESS_RENAME,
	WITNESS_ATTACH, /* a task was moved to it, or a whole process: once a task */
	WITNESS_POPULATED,
	WITNESS_EMPTY,
	WITNESS_FREEZE, /* asked for; UNFREEZE likewise */
	WITNESS_UNFREEZE,
	WITNESS_FROZEN, /* all its tasks are; THAWED: no longer */
	WITNESS_THAWED,
	/* tracepoint oom:mark_victim; of no cgroup (id 0), see witness_victims() */
	WITNESS_VICTIM,
	/* functions, by fentry or kprobe */
	WITNESS_OOM,	     /* mem_cgroup_out_of_memory() for this cgroup */
	WITNESS_THROTTLED,   /* a CPU's run queue of it ran out of quota; not nr_throttled, */
	WITNESS_UNTHROTTLED, /* which counts periods */
	WITNESS_EVENTS
};

/* Room that the kernel side has. */
#define WITNESS_SLOTS	16 /* WITNESS_EVENTS, at least */
#define WITNESS_CGROUPS 4096
#define WITNESS_KEPT	64 /* victims */

struct witness_counts {
	unsigned long long n[WITNESS_SLOTS];
};

#endif
