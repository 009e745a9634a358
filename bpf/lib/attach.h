/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel lets us attach to, found out by doing it. */
#ifndef BULKHEAD_ATTACH_H
#define BULKHEAD_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

struct btf;

/* libbpf keeps quiet; its last warning stands in refusal() until forgotten. */
void libbpf_quiet(void);
const char *refusal(void);
void refusal_forget(void);

/* The kernel's own types, read once; NULL with errno. */
struct btf *kernel_btf(void);
bool kernel_has_function(const char *function);

/*
 * Loads, and where WITH_ATTACH attaches, an empty fentry (or fexit) program on
 * a function: 0, -ENOENT where BTF has no such function (inlined, or of another
 * name), or what the kernel said.
 */
int fentry_try(const char *function, bool on_exit, bool with_attach);

/* 0, -ENOTSUP on a kernel without kprobes, -ENOENT where it knows no such symbol. */
int kprobe_try(const char *function);

/* Does the tracepoint take a pointer as its Nth argument?  false also where there is none. */
bool tracepoint_has_pointer(const char *tracepoint, unsigned int nth);

/* The capabilities that tracing needs and the caller has not: "CAP_BPF and CAP_PERFMON", or "". */
const char *missing_rights(void);

#endif
