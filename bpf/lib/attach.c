// SPDX-License-Identifier: GPL-2.0-only
/* What this kernel lets us attach to. */
#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"

static char said[512];

__attribute__((format(printf, 2, 0))) static int keep(enum libbpf_print_level level,
						      const char *format, va_list ap)
{
	/* The advice on memlock that follows EPERM misleads; the first line is the fact. */
	if (level == LIBBPF_WARN && !*said)
		vsnprintf(said, sizeof(said), format, ap);
	return 0;
}

void libbpf_quiet(void)
{
	libbpf_set_print(keep);
}

const char *refusal(void)
{
	said[strcspn(said, "\n")] = '\0';
	return strncmp(said, "libbpf: ", 8) ? said : said + 8;
}

void refusal_forget(void)
{
	*said = '\0';
}

struct btf *kernel_btf(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

bool kernel_has_function(const char *function)
{
	return kernel_btf() && btf__find_by_name_kind(kernel_btf(), function, BTF_KIND_FUNC) > 0;
}

int fentry_try(const char *function, bool on_exit, bool with_attach)
{
	static const struct bpf_insn empty[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, /* r0 = 0 */
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = on_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY);
	int id, fd, link, ret = 0;

	if (!kernel_btf())
		return -errno;
	id = btf__find_by_name_kind(kernel_btf(), function, BTF_KIND_FUNC);
	if (id <= 0)
		return -ENOENT;
	opts.attach_btf_id = (unsigned int)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "try", "GPL", empty, 2, &opts);
	if (fd < 0)
		return fd;
	if (with_attach) {
		link = bpf_raw_tracepoint_open(NULL, fd);
		ret = link < 0 ? link : 0;
		if (link >= 0)
			close(link);
	}
	close(fd);
	return ret;
}

static int kprobe_type(void)
{
	FILE *f = fopen(KPROBE_TYPE, "re");
	int type = -ENOTSUP;

	if (!f)
		return -ENOTSUP;
	if (fscanf(f, "%d", &type) != 1)
		type = -EIO;
	fclose(f);
	return type;
}

int kprobe_try(const char *function)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int type = kprobe_type(), fd;

	if (type < 0)
		return type;
	attr.type = (unsigned int)type;
	attr.config1 = (unsigned long)function;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

bool tracepoint_has_pointer(const char *tracepoint, unsigned int nth)
{
	char name[96];
	const struct btf_type *t;
	struct btf *btf = kernel_btf();
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) : -ENOENT;
	if (id < 0)
		return false;
	/* A pointer to a function whose first argument is the hook's own data. */
	t = btf__type_by_id(btf, btf__type_by_id(btf, (unsigned int)id)->type);
	if (!btf_is_ptr(t))
		return false;
	t = btf__type_by_id(btf, t->type);
	if (!btf_is_func_proto(t) || btf_vlen(t) <= nth + 1)
		return false;
	return btf_is_ptr(btf__type_by_id(btf, btf_params(t)[nth + 1].type));
}

static bool has(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return caps && !cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) && value == CAP_SET;
}

const char *missing_rights(void)
{
	cap_t caps = cap_get_proc();
	bool all = has(caps, CAP_SYS_ADMIN), bpf = all || has(caps, CAP_BPF),
	     perf = all || has(caps, CAP_PERFMON);

	cap_free(caps);
	return bpf && perf ? ""
	       : bpf	   ? "CAP_PERFMON"
	       : perf	   ? "CAP_BPF"
			   : "CAP_BPF and CAP_PERFMON";
}
