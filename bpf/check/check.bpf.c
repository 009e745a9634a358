// SPDX-License-Identifier: GPL-2.0-only
/* The witnesses: see check.h.  Each program is loaded only where it is asked for. */
#include "core.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.h"

char LICENSE[] SEC("license") = "GPL";

/* The argument of oom:mark_victim: a pid before 6.1, or so; then a task. */
const volatile bool victim_is_task = true;
const volatile __u32 refused_type, refused_major, refused_minor;

__u64 lost, asked, n_victims;
__u32 victims[WITNESS_KEPT];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WITNESS_CGROUPS);
	__type(key, __u64);
	__type(value, struct witness_counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct witness_counts);
} nothing SEC(".maps");

static __always_inline int count(__u64 id, enum witness_event event)
{
	struct witness_counts *c = bpf_map_lookup_elem(&counts, &id), *zero;
	__u32 first = 0;

	if (!c) {
		zero = bpf_map_lookup_elem(&nothing, &first);
		if (!zero)
			return 0;
		bpf_map_update_elem(&counts, &id, zero, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&counts, &id);
	}
	if (c)
		__sync_fetch_and_add(&c->n[event], 1);
	else
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

static __always_inline __u64 cgroup_id(void *cgroup)
{
	return BPF_CORE_READ((struct cgroup *)cgroup, kn, id);
}

#define TRACEPOINT(name, event)                                     \
	SEC("?raw_tp/cgroup_" #name)                                \
	int on_##name(struct bpf_raw_tracepoint_args *c)            \
	{                                                           \
		return count(cgroup_id((void *)c->args[0]), event); \
	}

TRACEPOINT(mkdir, WITNESS_MKDIR)
TRACEPOINT(rmdir, WITNESS_RMDIR)
TRACEPOINT(release, WITNESS_RELEASE)
TRACEPOINT(rename, WITNESS_RENAME)
TRACEPOINT(attach_task, WITNESS_ATTACH)
TRACEPOINT(freeze, WITNESS_FREEZE)
TRACEPOINT(unfreeze, WITNESS_UNFREEZE)

SEC("?raw_tp/cgroup_notify_populated")
int on_populated(struct bpf_raw_tracepoint_args *c)
{
	return count(cgroup_id((void *)c->args[0]),
		     (__u32)c->args[2] ? WITNESS_POPULATED : WITNESS_EMPTY);
}

SEC("?raw_tp/cgroup_notify_frozen")
int on_frozen(struct bpf_raw_tracepoint_args *c)
{
	return count(cgroup_id((void *)c->args[0]),
		     (__u32)c->args[2] ? WITNESS_FROZEN : WITNESS_THAWED);
}

/* The kernel holds oom_lock here: no two at once, so no atomic fetch, which 5.10 has not. */
SEC("?raw_tp/mark_victim")
int on_victim(struct bpf_raw_tracepoint_args *c)
{
	__u64 n = n_victims;
	__u32 pid = (__u32)c->args[0];

	if (victim_is_task)
		pid = BPF_CORE_READ((struct task_struct *)c->args[0], tgid);
	if (n < WITNESS_KEPT)
		victims[n] = pid;
	n_victims = n + 1;
	return count(0, WITNESS_VICTIM);
}

/* A function of one argument, by either way in. */
#define FUNCTION(name, event, type, id)             \
	SEC("?fentry/" #name)                       \
	int BPF_PROG(fe_##name, struct type *arg)   \
	{                                           \
		return count(id, event);            \
	}                                           \
	SEC("?kprobe/" #name)                       \
	int BPF_KPROBE(kp_##name, struct type *arg) \
	{                                           \
		return count(id, event);            \
	}

FUNCTION(mem_cgroup_out_of_memory, WITNESS_OOM, mem_cgroup, BPF_CORE_READ(arg, css.cgroup, kn, id))
FUNCTION(throttle_cfs_rq, WITNESS_THROTTLED, cfs_rq, BPF_CORE_READ(arg, tg, css.cgroup, kn, id))
FUNCTION(unthrottle_cfs_rq, WITNESS_UNTHROTTLED, cfs_rq, BPF_CORE_READ(arg, tg, css.cgroup, kn, id))

SEC("?cgroup/dev")
int gate(struct bpf_cgroup_dev_ctx *c)
{
	__sync_fetch_and_add(&asked, 1);
	return (c->access_type & 0xffff) != refused_type || c->major != refused_major ||
	       c->minor != refused_minor;
}

SEC("?iter/cgroup")
int walk(struct bpf_iter__cgroup *c)
{
	struct cgroup *cgroup = c->cgroup;
	__u64 id;

	if (!cgroup)
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	bpf_seq_write(c->meta->seq, &id, sizeof(id));
	return 0;
}

extern void css_rstat_flush(struct cgroup_subsys_state *css) __ksym __weak;
extern void cgroup_rstat_flush(struct cgroup *cgroup) __ksym __weak;

static __always_inline int usage(struct bpf_iter__cgroup *c, struct cgroup *cgroup)
{
	__u64 ns = BPF_CORE_READ(cgroup, bstat.cputime.sum_exec_runtime);

	bpf_seq_write(c->meta->seq, &ns, sizeof(ns));
	return 0;
}

/* Two, since before 6.4 a program cannot ask whether there is such a function. */
SEC("?iter.s/cgroup")
int usage_css(struct bpf_iter__cgroup *c)
{
	struct cgroup *cgroup = c->cgroup;

	if (!cgroup)
		return 0;
	css_rstat_flush(&cgroup->self);
	return usage(c, cgroup);
}

SEC("?iter.s/cgroup")
int usage_cgroup(struct bpf_iter__cgroup *c)
{
	struct cgroup *cgroup = c->cgroup;

	if (!cgroup)
		return 0;
	cgroup_rstat_flush(cgroup);
	return usage(c, cgroup);
}
