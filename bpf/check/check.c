// SPDX-License-Identifier: GPL-2.0-only
/* The witnesses' C side: what is asked for is loaded and attached, all or nothing. */
#include "check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "bpf/check/check.skel.h"

_Static_assert(WITNESS_EVENTS <= WITNESS_SLOTS, "a slot for each event");

struct witness {
	struct check_bpf *bpf;
};

struct witness_gate {
	struct check_bpf *bpf;
	struct bpf_link *link;
};

/* Which program sees what: a tracepoint's by its name, a function's as fe_NAME or kp_NAME. */
static const struct source {
	const char *program;
	bool function;
	unsigned int events;
} sources[] = {
	{ "on_mkdir", false, 1u << WITNESS_MKDIR },
	{ "on_rmdir", false, 1u << WITNESS_RMDIR },
	{ "on_release", false, 1u << WITNESS_RELEASE },
	{ "on_rename", false, 1u << WITNESS_RENAME },
	{ "on_attach_task", false, 1u << WITNESS_ATTACH },
	{ "on_populated", false, 1u << WITNESS_POPULATED | 1u << WITNESS_EMPTY },
	{ "on_freeze", false, 1u << WITNESS_FREEZE },
	{ "on_unfreeze", false, 1u << WITNESS_UNFREEZE },
	{ "on_frozen", false, 1u << WITNESS_FROZEN | 1u << WITNESS_THAWED },
	{ "on_victim", false, 1u << WITNESS_VICTIM },
	{ "mem_cgroup_out_of_memory", true, 1u << WITNESS_OOM },
	{ "throttle_cfs_rq", true, 1u << WITNESS_THROTTLED },
	{ "unthrottle_cfs_rq", true, 1u << WITNESS_UNTHROTTLED },
};

#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))

static int refuse(int error, char *why, const char *what)
{
	const char *rights = missing_rights(), *more = refusal();

	if (error == -EPERM && *rights)
		snprintf(why, WITNESS_WHY, "%s: needs %s", what, rights);
	else if (error == -EPERM)
		snprintf(why, WITNESS_WHY, "%s: this kernel forbids it (EPERM)", what);
	else
		snprintf(why, WITNESS_WHY, "%s: %s%s%.90s", what, strerror(-error),
			 *more ? ": " : "", more);
	return error;
}

static struct check_bpf *bpf_open(char *why, int *error)
{
	struct check_bpf *bpf;

	libbpf_quiet();
	refusal_forget();
	*error = 0;
	bpf = check_bpf__open();
	if (!bpf)
		*error = refuse(-errno, why, "BPF witness");
	if (bpf && !kernel_btf()) {
		*error = -ENOENT;
		snprintf(why, WITNESS_WHY,
			 "BPF witness: no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)");
	}
	if (*error) {
		check_bpf__destroy(bpf);
		return NULL;
	}
	return bpf;
}

static void want(struct check_bpf *bpf, const char *program)
{
	bpf_program__set_autoload(bpf_object__find_program_by_name(bpf->obj, program), true);
}

/* fentry where a real one can be attached, else a kprobe. */
static int want_function(struct check_bpf *bpf, const char *function, char *why)
{
	int fentry = fentry_try(function, false, true), kprobe = 0;
	char name[64];

	if (fentry)
		kprobe = kprobe_try(function);
	if (!fentry || !kprobe) {
		snprintf(name, sizeof(name), "%s_%s", fentry ? "kp" : "fe", function);
		want(bpf, name);
		return 0;
	}
	if (fentry == -EPERM && *missing_rights())
		return refuse(-EPERM, why, function);
	snprintf(why, WITNESS_WHY, "%s cannot be attached to: fentry: %s, kprobe: %s", function,
		 strerror(-fentry), kprobe == -ENOTSUP ? "none in this kernel" : strerror(-kprobe));
	return fentry == -EPERM || kprobe == -EPERM ? -EPERM : -ENOTSUP;
}

static int attach_all(struct check_bpf *bpf, char *why)
{
	int error = check_bpf__load(bpf);

	if (error)
		return refuse(error, why, "BPF programs cannot be loaded");
	error = check_bpf__attach(bpf);
	if (error)
		return refuse(error == -ENOENT ? -ENOTSUP : error, why,
			      "BPF programs cannot be attached");
	return 0;
}

int witness_open(unsigned int what, struct witness **w, char *why)
{
	int error;
	struct check_bpf *bpf = bpf_open(why, &error);

	if (!bpf)
		return error;
	bpf->rodata->victim_is_task = tracepoint_has_pointer("mark_victim", 0);
	for (size_t i = 0; i < N_SOURCES && !error; i++) {
		if (!(what & sources[i].events))
			continue;
		if (sources[i].function)
			error = want_function(bpf, sources[i].program, why);
		else
			want(bpf, sources[i].program);
	}
	if (!error)
		error = attach_all(bpf, why);
	*w = error ? NULL : calloc(1, sizeof(**w));
	if (!error && !*w) {
		error = -ENOMEM;
		snprintf(why, WITNESS_WHY, "no memory");
	}
	if (error)
		check_bpf__destroy(bpf);
	else
		(*w)->bpf = bpf;
	return error;
}

void witness_close(struct witness *w)
{
	if (w)
		check_bpf__destroy(w->bpf);
	free(w);
}

uint64_t witness_count(const struct witness *w, uint64_t cgroup, enum witness_event event)
{
	struct witness_counts c;

	if (bpf_map_lookup_elem(bpf_map__fd(w->bpf->maps.counts), &cgroup, &c))
		return 0;
	return c.n[event];
}

uint64_t witness_lost(const struct witness *w)
{
	return w->bpf->bss->lost;
}

size_t witness_victims(const struct witness *w, pid_t *pids, size_t n)
{
	size_t seen = w->bpf->bss->n_victims;

	for (size_t i = 0; i < n && i < seen && i < WITNESS_KEPT; i++)
		pids[i] = (pid_t)w->bpf->bss->victims[i];
	return seen;
}

uint64_t witness_cgroup(int cgroup_fd)
{
	struct stat st;

	return fstat(cgroup_fd, &st) ? 0 : st.st_ino;
}

int witness_gate_open(int cgroup_fd, struct witness_device refused, struct witness_gate **g,
		      char *why)
{
	int error;
	struct check_bpf *bpf = bpf_open(why, &error);
	struct bpf_link *link = NULL;

	if (!bpf)
		return error;
	bpf->rodata->refused_type = refused.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	bpf->rodata->refused_major = refused.major;
	bpf->rodata->refused_minor = refused.minor;
	want(bpf, "gate");
	error = check_bpf__load(bpf);
	if (!error) {
		link = bpf_program__attach_cgroup(bpf->progs.gate, cgroup_fd);
		error = link ? 0 : -errno;
	}
	*g = error ? NULL : calloc(1, sizeof(**g));
	if (!error && !*g)
		error = -ENOMEM;
	if (error) {
		bpf_link__destroy(link);
		check_bpf__destroy(bpf);
		return refuse(error == -EINVAL ? -ENOTSUP : error, why, "cgroup device program");
	}
	**g = (struct witness_gate) { bpf, link };
	return 0;
}

uint64_t witness_gate_asked(const struct witness_gate *g)
{
	return g->bpf->bss->asked;
}

void witness_gate_close(struct witness_gate *g)
{
	if (!g)
		return;
	bpf_link__destroy(g->link);
	check_bpf__destroy(g->bpf);
	free(g);
}

static ssize_t read_all(int fd, void *data, size_t size)
{
	size_t got = 0;
	ssize_t n;

	/* The rest is still to be counted: read on where DATA is full. */
	char rest[512];

	do {
		bool full = got >= size;

		n = read(fd, full ? rest : (char *)data + got, full ? sizeof(rest) : size - got);
		if (n > 0)
			got += (size_t)n;
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	return n < 0 ? -errno : (ssize_t)got;
}

/*
 * Runs an iterator over cgroups once, from the one that INFO names: bytes it
 * wrote, or -errno.
 */
static ssize_t iterate(const char *program, union bpf_iter_link_info info, void *data, size_t size,
		       char *why)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = NULL;
	int error, fd = -1;
	ssize_t got = 0;
	bool loaded;
	struct check_bpf *bpf = bpf_open(why, &error);

	if (!bpf)
		return error == -ENOENT ? -ENOTSUP : error;
	want(bpf, program);
	error = check_bpf__load(bpf);
	loaded = !error;
	if (!error) {
		link = bpf_program__attach_iter(bpf_object__find_program_by_name(bpf->obj, program),
						&opts);
		error = link ? 0 : -errno;
	}
	if (!error) {
		fd = bpf_iter_create(bpf_link__fd(link));
		error = fd < 0 ? fd : 0;
	}
	if (!error)
		got = read_all(fd, data, size);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	check_bpf__destroy(bpf);
	/* A kernel that knows no such iterator has no such target in its BTF. */
	if ((error == -ENOENT && !loaded) || error == -ESRCH || error == -EINVAL)
		error = -ENOTSUP;
	return error ? refuse(error, why, "BPF iterator over cgroups") : got;
}

static union bpf_iter_link_info from_fd(int cgroup_fd, unsigned int order)
{
	return (union bpf_iter_link_info) { .cgroup = { .order = order,
							.cgroup_fd = (unsigned int)cgroup_fd } };
}

int witness_walk(int cgroup_fd, uint64_t *ids, size_t n, size_t *seen, char *why)
{
	ssize_t got = iterate("walk", from_fd(cgroup_fd, BPF_CGROUP_ITER_DESCENDANTS_PRE), ids,
			      n * sizeof(*ids), why);

	*seen = got < 0 ? 0 : (size_t)got / sizeof(*ids);
	return got < 0 ? (int)got : 0;
}

int witness_find(uint64_t cgroup, char *why)
{
	union bpf_iter_link_info info = { .cgroup = { .order = BPF_CGROUP_ITER_SELF_ONLY,
						      .cgroup_id = cgroup } };
	uint64_t seen = 0;
	ssize_t got = iterate("walk", info, &seen, sizeof(seen), why);

	if (got == -ENOENT)
		return 0;
	return got < 0 ? (int)got : seen == cgroup;
}

int witness_usage(int cgroup_fd, uint64_t *ns, char *why)
{
	static const char *const flushes[][2] = { { "css_rstat_flush", "usage_css" },
						  { "cgroup_rstat_flush", "usage_cgroup" } };
	ssize_t got;

	for (size_t i = 0; i < 2; i++) {
		if (!kernel_has_function(flushes[i][0]))
			continue;
		got = iterate(flushes[i][1], from_fd(cgroup_fd, BPF_CGROUP_ITER_SELF_ONLY), ns,
			      sizeof(*ns), why);
		return got < 0 ? (int)got : got == sizeof(*ns) ? 0 : -EIO;
	}
	snprintf(why, WITNESS_WHY, "this kernel has no flush of rstat for BPF");
	return -ENOTSUP;
}
