/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tracer's BPF programs and its C side share. */
#ifndef BULKHEAD_TRACE_SHARED_H
#define BULKHEAD_TRACE_SHARED_H

#include <linux/types.h>

enum stage_id {
#define STAGE(symbol, later, group)	       STAGE_##symbol,
#define SYSTEM(symbol, later, group)	       STAGE_##symbol,
#define KEYED(symbol, later, group, type, key) STAGE_##symbol,
#include "functions.h"
#undef STAGE
#undef SYSTEM
#undef KEYED
	STAGES,
	/* Roots that are no functions; the key has the rest. */
	STAGE_SYSCALL = 1000,
};

/* The key of a system call: its number, and flags or the hash of a file's name. */
#define SYSCALL_KEY(nr, rest) ((__u64)(nr) << 48 | ((rest)&0xffffffffffffULL))

#define FRAMES	  32   /* nested stages */
#define NODES	  2048 /* a power of two */
#define PROBES	  8    /* slots that are tried for a node */
#define SLOTS	  1024 /* a power of two: for what is known of tasks */
#define TASKS	  4096 /* at once that find no slot, where there is no task storage */
#define STACKS	  16384
#define SPOTS	  32768
#define STACK_MAX 48
#define NAME_MAX_ 32
#define LABELS	  256

/* How the command makes itself known: prctl(PRCTL_TOKEN, token). */
#define PRCTL_TOKEN 0x42756c6b

#define CALIBRATION_PAIRS 64
#define CALIBRATION_STAGE 999

/* Durations, in four buckets an octave: 0-3 ns, 4 ns, 5 ns ... */
#define BUCKETS	 160
/* Each six bits in a row of it are different ones (a de Bruijn sequence). */
#define LOG2_KEY 0x0218a392cd3d5dbfULL

/* Where in the tree of stages: a node is named by a hash of the way there. */
struct node {
	__u64 id;
	__u64 parent; /* its id; 0: a root */
	__u64 key;
	__u32 stage;
	__u32 system; /* done by a kernel thread */
};

struct stats {
	__u64 id;			 /* of the node; 0: none yet on this CPU */
	__u64 total, blocked, preempted; /* ns */
	__u32 hist[BUCKETS];
};

enum spot_kind { SPOT_SAMPLE, SPOT_BLOCKED };

/* A stack in which time was spent, in a node. */
struct spot {
	__u64 node; /* 0: none */
	__u64 stack;
	__u32 kind;
	__u32 system;
};

struct spent {
	__u64 n, ns;
};

struct stack {
	__u64 ip[STACK_MAX]; /* innermost first, 0 after the last */
};

struct label {
	char name[NAME_MAX_];
};

/* Why an event was not counted. */
enum loss {
	LOST_DEPTH,  /* more than FRAMES nested */
	LOST_RETURN, /* a function entered that was never seen to return */
	LOST_NODE,
	LOST_STACK,
	LOST_SPOT,
	LOST_TASK,
	LOSSES
};

#endif
