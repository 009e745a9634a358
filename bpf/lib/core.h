/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types as far as our BPF programs read them.  The names count, not
 * the order: libbpf finds the members in the running kernel's BTF (CO-RE).  A
 * type that changed has a flavour, TYPE___WHEN; a member that is not in every
 * kernel is looked for with bpf_core_field_exists().
 */
#ifndef BULKHEAD_CORE_H
#define BULKHEAD_CORE_H

/* bpf_tracing.h is then to take registers by the kernel's names, not by user space's. */
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <stdbool.h>

#define PF_KTHREAD	    0x00200000
#define CGROUP_SUPER_MAGIC  0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270
#define PROC_SUPER_MAGIC    0x9fa0

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
	const char *name;
};

struct cgroup;
struct net;

struct cgroup_subsys {
	void *css_alloc, *css_online;
	const char *name;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
	int id;
};

struct task_cputime {
	unsigned long long sum_exec_runtime;
};

struct cgroup_base_stat {
	struct task_cputime cputime;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
	struct cgroup_base_stat bstat;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
};

struct task_group {
	struct cgroup_subsys_state css;
};

struct cfs_rq {
	struct task_group *tg;
};

struct pernet_operations {
	void *init, *exit, *exit_batch;
};

struct ns_common {
	unsigned int inum;
};

struct uts_namespace {
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct time_namespace {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct user_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns;
	struct time_namespace *time_ns_for_children;
	struct cgroup_namespace *cgroup_ns;
};

struct cred {
	struct user_namespace *user_ns;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	int pid, tgid;
	struct task_struct *real_parent;
	const struct cred *real_cred;
	char comm[16];
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	struct files_struct *files;
};

/* Before 5.14. */
struct task_struct___state {
	long state;
};

struct pt_regs {
	unsigned long di, si, dx, cx, r8, r9, ax, orig_ax, ip, sp;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
};

#pragma clang attribute pop

#endif
