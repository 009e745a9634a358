/* SPDX-License-Identifier: GPL-2.0-only */
/* What a task is in the middle of, and where it goes to when that ends. */
#ifndef BULKHEAD_TRACE_STATE_H
#define BULKHEAD_TRACE_STATE_H

/* Set before loading. */
const volatile bool have_storage = true;
const volatile bool by_cgroup; /* tasks below the cgroup in the map are ours */
const volatile __u64 token;    /* by which the command makes itself known */
const volatile int prctl_nr = -1;
const volatile __u8 log2_of[64]; /* of (1 << N) * LOG2_KEY >> 58 it is N */

/* Set while running: whether what is entered counts, for the command and for kernel threads. */
__u32 active, active_system;
__u64 losses[LOSSES];
__u64 samples;

struct frame {
	__u64 node, parent, key;
	__u64 since, blocked, preempted; /* the task's own, when it was entered */
	__u32 stage, system;
};

struct state {
	__u32 mine; /* the command's, or a child's */
	__u32 depth;
	__u64 blocked, preempted; /* so far, ns */
	__u64 off_at;		  /* when it stopped running, 0: it runs */
	__u64 off_stack;
	__u32 off_preempted, system;
	struct frame frames[FRAMES];
};

/*
 * Where the state of a task is: in the slot that its address says, unless another task
 * has that; then in the task's storage, or where a kernel has no such thing under its
 * pid.  Looking into an array costs a fraction of either.  Who owns a slot is settled
 * in a hash, by who is first.
 */
struct slot {
	__u64 owner; /* the task's address; 0: nobody's */
	struct state state;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} owners SEC(".maps");

bool crowded; /* there are states that are in no slot */

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct state);
} storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TASKS);
	__type(key, __u32);
	__type(value, struct state);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

/*
 * A node has the first free one of the slots that its id begins at.  Who owns a
 * slot is settled here, once; each CPU's statistics repeat it, because looking
 * into an array costs a fraction of looking into a hash.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, NODES);
	__type(key, __u32);
	__type(value, struct node);
} nodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NODES);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS);
	__type(key, __u64);
	__type(value, struct stack);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SPOTS);
	__type(key, struct spot);
	__type(value, struct spent);
} spots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LABELS);
	__type(key, __u64);
	__type(value, struct label);
} labels SEC(".maps");

/* A state to begin with under a pid, too large for a program's stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct state);
} zeroes SEC(".maps");

/* A stack being read: one for the sampler, which interrupts the other. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct stack);
} reading SEC(".maps");

static __always_inline void lose(enum loss why)
{
	__sync_fetch_and_add(&losses[why], 1);
}

static __always_inline __u32 slot_index(__u64 task)
{
	return (task >> 6 ^ task >> 16) & (SLOTS - 1);
}

static __always_inline struct slot *slot_owned(__u64 task)
{
	__u32 i = slot_index(task);
	struct slot *slot = bpf_map_lookup_elem(&slots, &i);

	return slot && slot->owner == task ? slot : NULL;
}

static __always_inline struct state *slot_claim(__u64 task)
{
	__u32 i = slot_index(task);
	struct slot *slot = bpf_map_lookup_elem(&slots, &i);

	if (!slot || bpf_map_update_elem(&owners, &i, &task, BPF_NOEXIST))
		return NULL;
	slot->state.mine = slot->state.depth = slot->state.system = 0;
	slot->state.blocked = slot->state.preempted = slot->state.off_at = 0;
	slot->owner = task;
	return &slot->state;
}

static __always_inline void slot_release(__u64 task)
{
	__u32 i = slot_index(task);
	struct slot *slot = slot_owned(task);

	if (!slot)
		return;
	slot->owner = 0;
	bpf_map_delete_elem(&owners, &i);
}

static __always_inline struct state *state_by_pid(__u32 pid, bool create)
{
	struct state *s = bpf_map_lookup_elem(&tasks, &pid);
	__u32 first = 0;
	struct state *zero;

	if (s || !create)
		return s;
	zero = bpf_map_lookup_elem(&zeroes, &first);
	if (!zero)
		return NULL;
	bpf_map_update_elem(&tasks, &pid, zero, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&tasks, &pid);
	if (!s)
		lose(LOST_TASK);
	return s;
}

static __always_inline struct state *state_elsewhere(struct task_struct *task, bool create)
{
	if (have_storage)
		return bpf_task_storage_get(&storage, task, NULL,
					    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	return state_by_pid(BPF_CORE_READ(task, pid), create);
}

/* A task as the number that a slot is found by: no arithmetic is allowed with the pointer. */
static __always_inline __u64 address_of(struct task_struct *task)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &task);
	return address;
}

static __always_inline struct state *state_of(struct task_struct *task, bool create)
{
	__u64 address = address_of(task);
	struct slot *slot = slot_owned(address);
	struct state *s = NULL;

	if (slot)
		return &slot->state;
	if (crowded)
		s = state_elsewhere(task, false);
	if (s || !create)
		return s;
	s = slot_claim(address);
	if (s)
		return s;
	crowded = true;
	return state_elsewhere(task, true);
}

/* As state_of() the task that runs, but without a look into any memory. */
static __always_inline struct state *state_now(bool create)
{
	struct slot *slot = slot_owned(bpf_get_current_task());

	if (slot)
		return &slot->state;
	if (!create && !crowded)
		return NULL;
	return state_of(have_storage ? bpf_get_current_task_btf() : (void *)bpf_get_current_task(),
			create);
}

static __always_inline bool is_kernel_thread(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

/* The command says who it is by a prctl that the kernel refuses; or it is in the cgroup. */
static __always_inline struct state *adopt(struct pt_regs *regs, long nr)
{
	struct state *s;

	if (by_cgroup) {
		if (bpf_current_task_under_cgroup(&cgroups, 0) != 1)
			return NULL;
	} else if (nr != prctl_nr || BPF_CORE_READ(regs, si) != token ||
		   BPF_CORE_READ(regs, di) != PRCTL_TOKEN) {
		return NULL;
	}
	s = state_now(true);
	if (s)
		s->mine = 1;
	return s;
}

/* Bounded where the verifier sees it: the compiler, which knows the bound, would leave it out. */
static __always_inline struct frame *frame_at(struct state *s, __u64 i)
{
	asm volatile("" : "+r"(i));
	return &s->frames[i & (FRAMES - 1)];
}

static __always_inline __u64 mix(__u64 h, __u64 v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static __always_inline int push(struct state *s, __u32 stage, __u64 key)
{
	__u32 depth = s->depth;
	struct frame *f;
	__u64 parent;

	if (depth >= FRAMES) {
		lose(LOST_DEPTH);
		return 0;
	}
	parent = depth ? frame_at(s, depth - 1)->node : s->system;
	f = frame_at(s, depth);
	f->node = mix(mix(parent + 1, stage), key) | 1;
	f->parent = depth ? parent : 0;
	f->key = key;
	f->stage = stage;
	f->system = s->system;
	f->blocked = s->blocked;
	f->preempted = s->preempted;
	s->depth = depth + 1;
	f->since = bpf_ktime_get_ns();
	return 0;
}

/* A stage by which kernel threads begin work for others has SYSTEM. */
static __always_inline int enter(__u32 stage, __u64 key, bool system)
{
	struct state *s = state_now(false);

	if (s && s->depth)
		return push(s, stage, key);
	if (s && s->mine && active)
		return push(s, stage, key);
	if (!system || !active_system || (s && s->mine) || !is_kernel_thread())
		return 0;
	if (!s)
		s = state_now(true);
	if (!s)
		return 0;
	s->system = 1;
	return push(s, stage, key);
}

/*
 * 4 buckets an octave: the two bits below the highest one.  Without a branch, each
 * of which would double what the verifier has to go through: the highest bit alone
 * is what is shifted in LOG2_KEY, and so names its own place.
 */
static __always_inline __u32 bucket_of(__u64 v)
{
	__u64 x = v | 4, log; /* at least: two bits lie below it */

	x |= x >> 1;
	x |= x >> 2;
	x |= x >> 4;
	x |= x >> 8;
	x |= x >> 16;
	x |= x >> 32;
	log = log2_of[(x - (x >> 1)) * LOG2_KEY >> 58];
	log = (log - 1) * 4 + (v >> (log - 2) & 3);
	return log < BUCKETS ? log : BUCKETS - 1;
}

static __always_inline __u32 slot_of(__u64 id, __u32 probe)
{
	return ((id >> 1) + probe) & (NODES - 1);
}

static __always_inline struct stats *stats_known(__u64 id, __u32 probe)
{
	__u32 slot = slot_of(id, probe);
	struct stats *st = bpf_map_lookup_elem(&stats, &slot);

	return st && st->id == id ? st : NULL;
}

/* New on this CPU, and perhaps on all. */
static __noinline struct stats *stats_new(struct frame *f)
{
	struct node n = { .id = f->node,
			  .parent = f->parent,
			  .key = f->key,
			  .stage = f->stage,
			  .system = f->system };

	/* To the verifier of 5.10 a loop over what is spilled has no end. */
#pragma unroll
	for (__u32 probe = 0; probe < PROBES; probe++) {
		__u32 slot = slot_of(n.id, probe);
		struct node *owner;
		struct stats *st;

		bpf_map_update_elem(&nodes, &slot, &n, BPF_NOEXIST);
		owner = bpf_map_lookup_elem(&nodes, &slot);
		if (!owner || owner->id != n.id)
			continue;
		st = bpf_map_lookup_elem(&stats, &slot);
		if (st)
			st->id = n.id;
		return st;
	}
	return NULL;
}

static __always_inline void record(struct state *s, struct frame *f, __u64 now)
{
	__u64 id = f->node, ns = now - f->since, blocked = s->blocked - f->blocked,
	      preempted = s->preempted - f->preempted;
	struct stats *st = stats_known(id, 0) ?: stats_known(id, 1) ?: stats_new(f);

	if (!st) {
		lose(LOST_NODE);
		return;
	}
	__sync_fetch_and_add(&st->total, ns);
	if (blocked)
		__sync_fetch_and_add(&st->blocked, blocked);
	if (preempted)
		__sync_fetch_and_add(&st->preempted, preempted);
	__sync_fetch_and_add(&st->hist[bucket_of(ns)], 1);
}

static __always_inline int leave(__u32 stage)
{
	__u64 now = bpf_ktime_get_ns();
	struct state *s = state_now(false);
	struct frame *f;
	__u32 depth;

	if (!s || !s->depth || s->depth > FRAMES)
		return 0;
	depth = s->depth - 1;
	f = frame_at(s, depth);
	/* Above it there may be one whose return was missed. */
	if (f->stage != stage) {
		if (!depth)
			return 0;
		f = frame_at(s, --depth);
		if (f->stage != stage)
			return 0;
		lose(LOST_RETURN);
	}
	s->depth = depth;
	record(s, f, now);
	return 0;
}

static __always_inline void abandon(struct state *s)
{
	__sync_fetch_and_add(&losses[LOST_RETURN], s->depth);
	s->depth = 0;
	s->off_at = 0;
}

/* The name of the stack we are on: a hash, under which it is kept; 0: none. */
static __always_inline __u64 stack_key(void *ctx, __u64 skip, bool sampler)
{
	__u32 which = sampler;
	struct stack *stack = bpf_map_lookup_elem(&reading, &which);
	__u64 hash = 0xcbf29ce484222325ULL;
	long size;

	if (!stack)
		return 0;
	size = bpf_get_stack(ctx, stack->ip, sizeof(stack->ip), skip);
	if (size <= 0) /* in user space */
		return 0;
	for (int i = 0; i < STACK_MAX; i++) {
		if (i * 8 >= size)
			stack->ip[i] = 0;
		hash = mix(hash, stack->ip[i]);
	}
	if (!bpf_map_lookup_elem(&stacks, &hash) &&
	    bpf_map_update_elem(&stacks, &hash, stack, BPF_ANY)) {
		lose(LOST_STACK);
		return 0;
	}
	return hash;
}

static __always_inline void spend(struct spot *spot, __u64 ns)
{
	struct spent *spent = bpf_map_lookup_elem(&spots, spot), zero = {};

	if (!spent) {
		bpf_map_update_elem(&spots, spot, &zero, BPF_NOEXIST);
		spent = bpf_map_lookup_elem(&spots, spot);
	}
	if (!spent) {
		lose(LOST_SPOT);
		return;
	}
	__sync_fetch_and_add(&spent->n, 1);
	__sync_fetch_and_add(&spent->ns, ns);
}

static __always_inline bool is_running(struct task_struct *task)
{
	struct task_struct___state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return !BPF_CORE_READ(task, __state);
	return !BPF_CORE_READ(old, state);
}

static __always_inline void switch_out(void *ctx, struct state *s, struct task_struct *task,
				       bool preempt, __u64 now)
{
	s->off_at = now;
	s->off_preempted = preempt || is_running(task);
	s->off_stack = s->off_preempted ? 0 : stack_key(ctx, 0, false);
}

static __always_inline void switch_in(struct state *s, __u64 now)
{
	struct spot spot = { .stack = s->off_stack, .kind = SPOT_BLOCKED, .system = s->system };
	__u32 depth = s->depth;
	__u64 ns = now - s->off_at;

	s->off_at = 0;
	if (s->off_preempted) {
		s->preempted += ns;
		return;
	}
	s->blocked += ns;
	if (!depth || depth > FRAMES)
		return;
	spot.node = frame_at(s, depth - 1)->node;
	spend(&spot, ns);
}

#endif
