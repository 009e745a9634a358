// SPDX-License-Identifier: GPL-2.0-only
/*
 * --events: namespaces and cgroups as they come and go.  There is no tracepoint
 * for namespaces: what a task is in is compared before and after the system calls
 * that may change it, and a child is compared with its parent.
 */
#include "core.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "notes.h"

char LICENSE[] SEC("license") = "GPL";

const volatile bool victim_is_task = true;
const volatile bool followed; /* only a command and its children */
const volatile int nr_unshare, nr_setns, nr_prctl;
const volatile __u64 token;

__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} notes SEC(".maps");

struct namespaces {
	__u32 inum[NS_SLOTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct namespaces);
} before SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} mine SEC(".maps");

static __always_inline bool is_mine(__u32 pid)
{
	return !followed || bpf_map_lookup_elem(&mine, &pid);
}

static __always_inline struct note *note_new(enum note_kind kind)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct note *n;

	if (kind != NOTE_VICTIM && kind != NOTE_NS_GONE && !is_mine((__u32)id))
		return NULL;
	n = bpf_ringbuf_reserve(&notes, sizeof(*n), 0);
	if (!n) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	__builtin_memset(n, 0, sizeof(*n));
	n->ns = bpf_ktime_get_ns();
	n->kind = kind;
	n->pid = (__u32)id;
	n->tgid = id >> 32;
	bpf_get_current_comm(n->comm, sizeof(n->comm));
	return n;
}

#define INUM(field) BPF_CORE_READ(p, field, ns.inum)

static __always_inline void namespaces_of(struct task_struct *task, struct namespaces *all)
{
	struct nsproxy *p = BPF_CORE_READ(task, nsproxy);

	all->inum[NS_UTS] = INUM(uts_ns);
	all->inum[NS_IPC] = INUM(ipc_ns);
	all->inum[NS_MNT] = INUM(mnt_ns);
	all->inum[NS_PID] = INUM(pid_ns_for_children);
	all->inum[NS_NET] = INUM(net_ns);
	all->inum[NS_TIME] = INUM(time_ns_for_children);
	all->inum[NS_CGROUP] = INUM(cgroup_ns);
	all->inum[NS_USER] = BPF_CORE_READ(task, real_cred, user_ns, ns.inum);
}

static __always_inline void compare(const struct namespaces *was, const struct namespaces *now,
				    bool made, __u32 target)
{
	for (int i = 0; i < NS_SLOTS; i++) {
		struct note *n;

		if (was->inum[i] == now->inum[i] || !now->inum[i])
			continue;
		n = note_new(NOTE_NS_JOINED);
		if (!n)
			return;
		n->slot = i;
		n->was = was->inum[i];
		n->id = now->inum[i];
		n->made = made;
		n->target = target;
		bpf_ringbuf_submit(n, 0);
	}
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(ev_enter, struct pt_regs *regs, long nr)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	struct namespaces all = {};
	__u8 one = 1;

	if (followed && nr == nr_prctl && BPF_CORE_READ(regs, si) == token)
		bpf_map_update_elem(&mine, &pid, &one, BPF_ANY);
	if ((nr != nr_unshare && nr != nr_setns) || !is_mine(pid))
		return 0;
	namespaces_of((void *)bpf_get_current_task(), &all);
	bpf_map_update_elem(&before, &pid, &all, BPF_ANY);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(ev_exit, struct pt_regs *regs, long ret)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	struct namespaces *was = bpf_map_lookup_elem(&before, &pid), now = {};

	if (!was)
		return 0;
	if (!ret) {
		namespaces_of((void *)bpf_get_current_task(), &now);
		compare(was, &now, BPF_CORE_READ(regs, orig_ax) == (unsigned long)nr_unshare, 0);
	}
	bpf_map_delete_elem(&before, &pid);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(ev_fork, struct task_struct *parent, struct task_struct *child)
{
	struct namespaces was = {}, now = {};
	__u32 pid = BPF_CORE_READ(child, pid), ppid = BPF_CORE_READ(parent, pid);
	__u8 one = 1;

	if (!is_mine(ppid))
		return 0;
	if (followed)
		bpf_map_update_elem(&mine, &pid, &one, BPF_ANY);
	namespaces_of(parent, &was);
	namespaces_of(child, &now);
	compare(&was, &now, true, pid);
	return 0;
}

SEC("?tp_btf/sched_process_free")
int BPF_PROG(ev_free, struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, pid);

	bpf_map_delete_elem(&mine, &pid);
	bpf_map_delete_elem(&before, &pid);
	return 0;
}

static __always_inline int cgroup_note(enum note_kind kind, void *cgroup, const char *path,
				       struct task_struct *task)
{
	struct note *n = note_new(kind);

	if (!n)
		return 0;
	n->id = BPF_CORE_READ((struct cgroup *)cgroup, kn, id);
	if (path)
		bpf_probe_read_kernel_str(n->path, sizeof(n->path), path);
	if (task)
		n->target = BPF_CORE_READ(task, pid);
	bpf_ringbuf_submit(n, 0);
	return 0;
}

#define CGROUP_NOTE(name, kind)                                                               \
	SEC("?raw_tp/cgroup_" #name)                                                          \
	int ev_##name(struct bpf_raw_tracepoint_args *c)                                      \
	{                                                                                     \
		return cgroup_note(kind, (void *)c->args[0], (const char *)c->args[1], NULL); \
	}

CGROUP_NOTE(mkdir, NOTE_CG_MKDIR)
CGROUP_NOTE(rmdir, NOTE_CG_RMDIR)
CGROUP_NOTE(release, NOTE_CG_RELEASE)
CGROUP_NOTE(rename, NOTE_CG_RENAME)
CGROUP_NOTE(freeze, NOTE_CG_FREEZE)
CGROUP_NOTE(unfreeze, NOTE_CG_UNFREEZE)

SEC("?raw_tp/cgroup_attach_task")
int ev_attach(struct bpf_raw_tracepoint_args *c)
{
	return cgroup_note(NOTE_CG_ATTACH, (void *)c->args[0], (const char *)c->args[1],
			   (struct task_struct *)c->args[2]);
}

SEC("?raw_tp/cgroup_notify_populated")
int ev_populated(struct bpf_raw_tracepoint_args *c)
{
	return cgroup_note((__u32)c->args[2] ? NOTE_CG_POPULATED : NOTE_CG_EMPTY,
			   (void *)c->args[0], (const char *)c->args[1], NULL);
}

SEC("?raw_tp/cgroup_notify_frozen")
int ev_frozen(struct bpf_raw_tracepoint_args *c)
{
	return cgroup_note((__u32)c->args[2] ? NOTE_CG_FROZEN : NOTE_CG_THAWED, (void *)c->args[0],
			   (const char *)c->args[1], NULL);
}

SEC("?raw_tp/mark_victim")
int ev_victim(struct bpf_raw_tracepoint_args *c)
{
	__u32 pid = (__u32)c->args[0];
	struct note *n;

	if (victim_is_task)
		pid = BPF_CORE_READ((struct task_struct *)c->args[0], tgid);
	if (!is_mine(pid))
		return 0;
	n = note_new(NOTE_VICTIM);
	if (!n)
		return 0;
	n->target = pid;
	bpf_ringbuf_submit(n, 0);
	return 0;
}

/* Whatever type it is of: all give their inode number back. */
static __always_inline int gone(__u32 inum)
{
	struct note *n = note_new(NOTE_NS_GONE);

	if (!n)
		return 0;
	n->id = inum;
	bpf_ringbuf_submit(n, 0);
	return 0;
}

SEC("?fentry/proc_free_inum")
int BPF_PROG(fe_proc_free_inum, unsigned int inum)
{
	return gone(inum);
}

SEC("?kprobe/proc_free_inum")
int BPF_KPROBE(kp_proc_free_inum, unsigned int inum)
{
	return gone(inum);
}

/* Functions, where they can be attached to: what ends, and what has no tracepoint. */
#define FUNCTION_NOTE(name, type, statement)        \
	SEC("?fentry/" #name)                       \
	int BPF_PROG(fe_##name, struct type *arg)   \
	{                                           \
		return statement;                   \
	}                                           \
	SEC("?kprobe/" #name)                       \
	int BPF_KPROBE(kp_##name, struct type *arg) \
	{                                           \
		return statement;                   \
	}

FUNCTION_NOTE(mem_cgroup_out_of_memory, mem_cgroup,
	      cgroup_note(NOTE_OOM, BPF_CORE_READ(arg, css.cgroup), NULL, NULL))
FUNCTION_NOTE(throttle_cfs_rq, cfs_rq,
	      cgroup_note(NOTE_THROTTLED, BPF_CORE_READ(arg, tg, css.cgroup), NULL, NULL))
FUNCTION_NOTE(unthrottle_cfs_rq, cfs_rq,
	      cgroup_note(NOTE_UNTHROTTLED, BPF_CORE_READ(arg, tg, css.cgroup), NULL, NULL))
FUNCTION_NOTE(__cgroup_kill, cgroup, cgroup_note(NOTE_CG_KILL, arg, NULL, NULL))
