// SPDX-License-Identifier: GPL-2.0-only
/* BPF programs of a few instructions for cgroups, made and attached by bpf(2) itself. */
#ifndef CGROUP_BPF_PROG_H
#define CGROUP_BPF_PROG_H

#include "suite.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/resource.h>

#define DEVICE BPF_CGROUP_DEVICE
/* Minor numbers of /dev/null and /dev/zero; the major one is 1. */
enum { NUL = 3, ZERO = 5 };

#define INSN(op, dest, source, offset, immediate)                                      \
	(struct bpf_insn)                                                              \
	{                                                                              \
		.code = (op), .dst_reg = (dest), .src_reg = (source), .off = (offset), \
		.imm = (immediate)                                                     \
	}
/* r0 = n; exit */
#define RETURN(n) \
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, n), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* to = the 32 bits of the context at an offset */
#define LOAD(to, at)		  INSN(BPF_LDX | BPF_MEM | BPF_W, to, 1, at, 0)
/* if reg != n, go over some instructions */
#define SKIP_UNLESS(reg, n, over) INSN(BPF_JMP | BPF_JNE | BPF_K, reg, 0, over, n)

static inline int sys_bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* A descriptor of the program; -1 and errno. */
static inline int prog_try_load(int type, int attach_type, const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach_type,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t) "GPL",
	};
	int fd;

	/* The verifier may be interrupted by signals, and asks to be called again. */
	do {
		fd = sys_bpf(BPF_PROG_LOAD, &attr);
	} while (fd < 0 && errno == EAGAIN);
	return fd;
}

#define prog_load(type, attach_type, insns) \
	prog_load_at(HERE, type, attach_type, insns, ARRAY_SIZE(insns))
static inline int prog_load_at(struct here h, int type, int attach_type,
			       const struct bpf_insn *insns, size_t n)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int fd;

	/* What programs were charged to before there was a cgroup for it (5.11). */
	setrlimit(RLIMIT_MEMLOCK, &all);
	fd = prog_try_load(type, attach_type, insns, n);
	if (fd < 0 && errno == EPERM)
		check_skip("not permitted: bpf(2)");
	if (fd < 0 && errno == EINVAL && kernel_option("CONFIG_CGROUP_BPF") == 0)
		check_skip("not supported: BPF programs of cgroups (CONFIG_CGROUP_BPF)");
	if (fd < 0)
		check_setup_failed(h, "loading a BPF program: %s", errno_name(errno));
	return fd;
}

/* One that always says the same: 0 refuses, 1 allows. */
static inline int prog_constant(int type, int attach_type, int verdict_)
{
	const struct bpf_insn insns[] = { RETURN(verdict_) };

	return prog_load(type, attach_type, insns);
}

/* A device program that refuses one character device. */
static inline int prog_refuse(int major_, int minor_)
{
	const struct bpf_insn insns[] = {
		LOAD(2, 4), LOAD(3, 8), SKIP_UNLESS(2, major_, 3), SKIP_UNLESS(3, minor_, 2),
		RETURN(0),  RETURN(1),
	};

	return prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns);
}

static inline int prog_try_attach(const struct cgroup *cg, int prog, int type, int flags)
{
	int dir = cgroup_dir(cg), ret, e;
	union bpf_attr attr = {
		.target_fd = dir, .attach_bpf_fd = prog, .attach_type = type, .attach_flags = flags
	};

	ret = sys_bpf(BPF_PROG_ATTACH, &attr);
	e = errno;
	close(dir);
	errno = e;
	return ret;
}

static inline int prog_try_detach(const struct cgroup *cg, int prog, int type)
{
	int dir = cgroup_dir(cg), ret, e;
	union bpf_attr attr = { .target_fd = dir, .attach_bpf_fd = prog, .attach_type = type };

	ret = sys_bpf(BPF_PROG_DETACH, &attr);
	e = errno;
	close(dir);
	errno = e;
	return ret;
}

/* In a member of the cgroup, born there: 0 or the errno of opening the device. */
static inline int open_errno_in(const struct cgroup *cg, const char *path, int flags)
{
	struct child c;

	CHILD (&c, .cgroup = cg)
		child_send(&c, file_try_open(path, flags) ? errno : 0);
	int e = child_recv(&c);
	child_wait(&c);
	return e;
}

#endif
