// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracer's programs.  Each task that is traced has a stack of the stages it
 * is in; what a stage took is added, when it is left, to its node in the tree of
 * stages, on this CPU.  Time in which the task did not run is taken from the
 * scheduler's switches.  Only what is asked for is loaded: every program is "?".
 */
#include "core.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"
#include "state.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline void *css_callback(struct cgroup_subsys_state *css)
{
	struct cgroup_subsys *ss = BPF_CORE_READ(css, ss);
	void *online = BPF_CORE_READ(ss, css_online);

	return online ?: BPF_CORE_READ(ss, css_alloc);
}

/* Two ways into each function and two out of it; which, is decided where they are loaded. */
#define WAYS(symbol, in, out)      \
	SEC("?fentry/" #symbol)    \
	int fe_##symbol(void *ctx) \
	{                          \
		return in;         \
	}                          \
	SEC("?fexit/" #symbol)     \
	int fx_##symbol(void *ctx) \
	{                          \
		return out;        \
	}                          \
	SEC("?kprobe/" #symbol)    \
	int kp_##symbol(void *ctx) \
	{                          \
		return in;         \
	}                          \
	SEC("?kretprobe/" #symbol) \
	int kr_##symbol(void *ctx) \
	{                          \
		return out;        \
	}

#define STAGE(symbol, later, group) \
	WAYS(symbol, enter(STAGE_##symbol, 0, false), leave(STAGE_##symbol))
#define SYSTEM(symbol, later, group) \
	WAYS(symbol, enter(STAGE_##symbol, 0, true), leave(STAGE_##symbol))
#define KEYED(symbol, later, group, type, key)                     \
	SEC("?fentry/" #symbol)                                    \
	int BPF_PROG(fe_##symbol, type *arg)                       \
	{                                                          \
		return enter(STAGE_##symbol, (__u64)(key), false); \
	}                                                          \
	SEC("?fexit/" #symbol)                                     \
	int fx_##symbol(void *ctx)                                 \
	{                                                          \
		return leave(STAGE_##symbol);                      \
	}                                                          \
	SEC("?kprobe/" #symbol)                                    \
	int BPF_KPROBE(kp_##symbol, type *arg)                     \
	{                                                          \
		return enter(STAGE_##symbol, (__u64)(key), false); \
	}                                                          \
	SEC("?kretprobe/" #symbol)                                 \
	int kr_##symbol(void *ctx)                                 \
	{                                                          \
		return leave(STAGE_##symbol);                      \
	}

#include "functions.h"

/* System calls that are roots: which argument has their flags, 0: none. */
enum { NO_ROOT, PLAIN, FLAGS_1, FLAGS_2, CLONE_ARGS, FILE_1 };

const volatile __u8 syscalls[512];

static __noinline __u64 name_key(const unsigned char *name)
{
	struct label l = {};
	__u64 hash = 14695981039346656037ULL;

	if (bpf_probe_read_kernel_str(l.name, sizeof(l.name), name) <= 0)
		return 0;
	for (int i = 0; i < NAME_MAX_; i++)
		hash = (hash ^ (__u8)l.name[i]) * 1099511628211ULL;
	hash &= 0xffffffffffffULL;
	if (!bpf_map_lookup_elem(&labels, &hash))
		bpf_map_update_elem(&labels, &hash, &l, BPF_NOEXIST);
	return hash;
}

/* A cgroup's file, or an id map: the only writes of interest.  0: any other file. */
static __always_inline __u64 file_key(unsigned int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;
	unsigned long magic;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
	if (magic != CGROUP_SUPER_MAGIC && magic != CGROUP2_SUPER_MAGIC &&
	    magic != PROC_SUPER_MAGIC)
		return 0;
	return name_key(BPF_CORE_READ(file, f_path.dentry, d_name.name));
}

static __always_inline __u64 clone_flags(const void *args)
{
	__u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), args);
	return flags;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(on_sys_enter, struct pt_regs *regs, long nr)
{
	__u8 form = (unsigned long)nr < sizeof(syscalls) ? syscalls[nr & 511] : NO_ROOT;
	struct state *s = state_now(false);
	__u64 rest = 0;

	if (!s)
		s = adopt(regs, nr);
	/* What was entered and not left: a child's way out of clone, an exit of another thread. */
	if (s && s->depth)
		abandon(s);
	if (!s || !active || form == NO_ROOT)
		return 0;
	if (form == FLAGS_1)
		rest = BPF_CORE_READ(regs, di);
	else if (form == FLAGS_2)
		rest = BPF_CORE_READ(regs, si);
	else if (form == CLONE_ARGS)
		rest = clone_flags((void *)BPF_CORE_READ(regs, di));
	else if (form == FILE_1)
		rest = file_key(BPF_CORE_READ(regs, di));
	if (form == FILE_1 && !rest)
		return 0;
	return push(s, STAGE_SYSCALL, SYSCALL_KEY(nr, rest));
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(on_sys_exit)
{
	return leave(STAGE_SYSCALL);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct state *s = state_of(parent, false), *c;

	if (!s || !s->mine)
		return 0;
	c = state_of(child, true);
	if (c)
		c->mine = 1;
	return 0;
}

/* Task storage goes by itself; the others do not. */
SEC("?tp_btf/sched_process_free")
int BPF_PROG(on_free, struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, pid);

	slot_release(address_of(task));
	if (!have_storage)
		bpf_map_delete_elem(&tasks, &pid);
	return 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct state *s = state_of(prev, false);
	__u64 now = bpf_ktime_get_ns();

	if (s && s->depth && s->depth <= FRAMES)
		switch_out(ctx, s, prev, preempt, now);
	s = state_of(next, false);
	if (s && s->off_at)
		switch_in(s, now);
	return 0;
}

const volatile __u64 period; /* ns between samples */

SEC("?perf_event")
int on_sample(void *ctx)
{
	struct state *s = state_now(false);
	struct spot spot = { .kind = SPOT_SAMPLE };

	if (!active || !(__u32)bpf_get_current_pid_tgid())
		return 0;
	if (s && s->mine && s->depth && s->depth <= FRAMES) {
		spot.node = frame_at(s, s->depth - 1)->node;
	} else if (!s || !s->mine) {
		if (!is_kernel_thread())
			return 0;
		spot.system = 1;
	} else {
		return 0;
	}
	__sync_fetch_and_add(&samples, 1);
	spot.stack = stack_key(ctx, 0, true);
	if (spot.stack)
		spend(&spot, period);
	return 0;
}

/* What entering and leaving a stage costs: on a stage of its own, which is not shown. */
__u64 calibration_ns;

SEC("?raw_tp")
int calibrate(void *ctx)
{
	struct state *s = state_now(true);
	__u64 start;

	if (!s)
		return 1;
	/* In the midst of something, or nothing is done. */
	s->depth = 1;
	start = bpf_ktime_get_ns();
	for (int i = 0; i < CALIBRATION_PAIRS; i++) {
		enter(CALIBRATION_STAGE, 0, false);
		leave(CALIBRATION_STAGE);
	}
	calibration_ns = bpf_ktime_get_ns() - start;
	s->depth = 0;
	return 0;
}
