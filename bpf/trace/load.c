// SPDX-License-Identifier: GPL-2.0-only
/* The BPF programs of one run: loaded, attached, switched on and off, read. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach.h"
#include "session.h"

#define TRIES		 16
#define CALIBRATION_TIME .15 /* seconds */

static struct bpf_program *program(struct session *s, const char *way, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_%s", way, name);
	return bpf_object__find_program_by_name(s->bpf->obj, full);
}

/* Which programs: those of the table, and of those that are always there. */
static void select_programs(struct session *s, struct trace *t)
{
	static const char *const always[] = { "on_sys_enter", "on_sys_exit", "on_fork",
					      "on_free",      "on_switch",   "calibrate" };
	struct bpf_program *p;

	bpf_object__for_each_program(p, s->bpf->obj)
	{
		bpf_program__set_autoload(p, false);
		bpf_program__set_autoattach(p, false);
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(s->bpf->obj, always[i]),
					  true);
	bpf_program__set_autoload(s->bpf->progs.on_sample, t->mode == MODE_SAMPLING);
	for (size_t i = 0; t->mode == MODE_PROBES && i < STAGES; i++) {
		const struct function *f = &functions[i];
		bool fentry = f->backend == FENTRY;

		if (!fentry && f->backend != KPROBE)
			continue;
		bpf_program__set_autoload(program(s, fentry ? "fe" : "kp", f->name), true);
		bpf_program__set_autoload(program(s, fentry ? "fx" : "kr", f->name), true);
		if (fentry) {
			bpf_program__set_attach_target(program(s, "fe", f->name), 0, f->symbol);
			bpf_program__set_attach_target(program(s, "fx", f->name), 0, f->symbol);
		}
	}
}

static bool task_storage_works(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1 &&
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_task_storage_get, NULL) ==
		       1 &&
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_current_task_btf, NULL) ==
		       1;
}

static void set_constants(struct session *s, struct trace *t)
{
	if (getrandom(&s->token, sizeof(s->token), 0) != sizeof(s->token))
		err(EXIT_UNUSABLE, "getrandom");
	s->bpf->rodata->token = s->token;
	s->bpf->rodata->prctl_nr = SYS_prctl;
	s->bpf->rodata->have_storage = t->storage;
	s->bpf->rodata->by_cgroup = t->o.cgroup != NULL;
	s->bpf->rodata->period = 1000000000ULL / t->o.frequency;
	syscalls_set((uint8_t *)s->bpf->rodata->syscalls);
	for (unsigned int n = 0; n < 64; n++)
		s->bpf->rodata->log2_of[(LOG2_KEY << n) >> 58] = n;
	bpf_map__set_autocreate(s->bpf->maps.storage, t->storage);
	if (t->storage)
		bpf_map__set_max_entries(s->bpf->maps.tasks, 1);
}

/* A program that does not load, or attach, has its function done without. */
static bool give_up(const char *name, int error)
{
	if (strlen(name) < 4 || name[2] != '_')
		return false;
	for (size_t i = 0; i < STAGES; i++) {
		struct function *f = &functions[i];

		if (strcmp(f->name, name + 3) || f->backend == NOT_TRACED)
			continue;
		/* fentry that only looked possible leaves the kprobe to be tried. */
		f->backend = f->backend == FENTRY && !kprobe_try(f->symbol) ? KPROBE : NOT_TRACED;
		free(f->why);
		f->why = text("%s: %s", name[0] == 'f' ? "fentry" : "kprobe", strerror(-error));
		return true;
	}
	return false;
}

static bool load_failed(int error)
{
	char name[64] = "";

	return sscanf(refusal(), "prog '%63[^']'", name) == 1 && give_up(name, error);
}

static int attach_function(struct session *s, struct function *f)
{
	bool fentry = f->backend == FENTRY;
	/* The way out first: what was entered is then seen to be left. */
	const char *const ways[2][2] = { { "kr", "kp" }, { "fx", "fe" } };

	for (int i = 0; i < 2; i++) {
		struct bpf_program *p = program(s, ways[fentry][i], f->name);
		struct bpf_link *link = fentry ? bpf_program__attach_trace(p)
					       : bpf_program__attach_kprobe(p, !i, f->symbol);

		if (!link) {
			int error = -errno;

			give_up(bpf_program__name(p), error);
			return error;
		}
		s->links = grow(s->links, s->n_links, sizeof(struct bpf_link *));
		s->links[s->n_links++] = link;
	}
	return 0;
}

static int attach_plain(struct session *s, struct bpf_program *p)
{
	struct bpf_link *link = bpf_program__attach_trace(p);

	if (!link)
		return -errno;
	s->links = grow(s->links, s->n_links, sizeof(struct bpf_link *));
	s->links[s->n_links++] = link;
	return 0;
}

static int attach_samplers(struct session *s, const struct trace *t)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.size = sizeof(attr),
					.sample_period = 1000000000ULL / t->o.frequency };
	int opened = 0, error = 0;

	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		int fd =
			(int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		struct bpf_link *link;

		if (fd < 0) {
			error = errno == ENODEV ? error : -errno; /* a CPU that is off */
			continue;
		}
		link = bpf_program__attach_perf_event(s->bpf->progs.on_sample, fd);
		if (!link)
			return -errno;
		s->links = grow(s->links, s->n_links, sizeof(struct bpf_link *));
		s->links[s->n_links++] = link;
		opened++;
	}
	return opened ? 0 : error ?: -ENOTSUP;
}

/* 0; -EAGAIN: some function has to be done without, so begin anew; or an error. */
static int attach_all(struct session *s, struct trace *t)
{
	/* Who goes is told before anybody can come, and the last is what makes them known. */
	struct bpf_program *const plain[] = { s->bpf->progs.on_free, s->bpf->progs.on_sys_exit,
					      s->bpf->progs.on_fork, s->bpf->progs.on_switch,
					      s->bpf->progs.on_sys_enter };
	int error = 0;

	if (t->mode == MODE_SAMPLING)
		error = attach_samplers(s, t);
	for (size_t i = 0; t->mode == MODE_PROBES && i < STAGES; i++)
		if (functions[i].backend == FENTRY || functions[i].backend == KPROBE)
			if (attach_function(s, &functions[i]))
				return -EAGAIN;
	for (size_t i = 0; i < ARRAY_SIZE(plain) && !error; i++)
		error = attach_plain(s, plain[i]);
	return error;
}

static int use_cgroup(struct session *s, const char *path)
{
	CLEAN(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 first = 0;

	if (fd < 0)
		err(EXIT_UNUSABLE, "%s", path);
	if (bpf_map_update_elem(bpf_map__fd(s->bpf->maps.cgroups), &first, &fd, BPF_ANY))
		err(EXIT_UNUSABLE, "%s: not a folder of cgroup v2", path);
	return 0;
}

static void calibrate(struct session *s, struct trace *t)
{
	__u64 nothing[2] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = nothing, .ctx_size_in = sizeof(nothing));
	double until = now() + CALIBRATION_TIME;

	/* The best of all: what it costs when nothing comes between. */
	do {
		double ns;

		if (bpf_prog_test_run_opts(bpf_program__fd(s->bpf->progs.calibrate), &opts))
			return;
		ns = (double)s->bpf->bss->calibration_ns / CALIBRATION_PAIRS;
		if (ns > 0 && (!t->cost.pair_ns || ns < t->cost.pair_ns))
			t->cost.pair_ns = ns;
	} while (now() < until);
}

static int session_try(struct session *s, struct trace *t)
{
	int error;

	refusal_forget();
	s->bpf = trace_bpf__open();
	if (!s->bpf)
		return -errno;
	select_programs(s, t);
	set_constants(s, t);
	error = trace_bpf__load(s->bpf);
	if (error)
		return load_failed(error) ? -EAGAIN : error;
	if (t->o.cgroup)
		use_cgroup(s, t->o.cgroup);
	calibrate(s, t);
	return attach_all(s, t);
}

static void detach(struct session *s)
{
	for (size_t i = 0; i < s->n_links; i++)
		bpf_link__destroy(s->links[i]);
	free(s->links);
	s->links = NULL;
	s->n_links = 0;
}

static void session_clear(struct session *s)
{
	detach(s);
	trace_bpf__destroy(s->bpf);
	*s = (struct session) {};
}

static int session_begin(struct session *s, struct trace *t)
{
	int error = -EAGAIN;

	for (int i = 0; i < TRIES && error == -EAGAIN; i++) {
		error = session_try(s, t);
		if (error)
			session_clear(s);
	}
	return error;
}

/* Functions that no probe can be put on may still be seen on stacks. */
static void use_sampling(struct trace *t)
{
	t->mode = MODE_SAMPLING;
	for (size_t i = 0; i < STAGES; i++)
		if (functions[i].symbol &&
		    (!functions[i].why || strncmp(functions[i].why, "not in -", 8)))
			functions[i].backend = SAMPLED;
}

static void use_syscalls(struct trace *t)
{
	t->mode = MODE_SYSCALLS;
	for (size_t i = 0; i < STAGES; i++)
		functions[i].backend = NOT_TRACED;
}

struct session *session_open(struct trace *t)
{
	struct session *s = calloc(1, sizeof(*s));
	enum mode wanted = t->o.mode;
	int error = -ENOTSUP;

	if (!s)
		err(EXIT_UNUSABLE, "no memory");
	t->storage = task_storage_works();
	if (functions_with(FENTRY) + functions_with(KPROBE)) {
		t->mode = MODE_PROBES;
		error = session_begin(s, t);
		if (!error && functions_with(FENTRY) + functions_with(KPROBE))
			return s;
	}
	if (wanted == MODE_AUTO || wanted == MODE_SAMPLING) {
		use_sampling(t);
		error = session_begin(s, t);
		if (!error)
			return s;
	}
	if (wanted == MODE_AUTO || wanted == MODE_SYSCALLS) {
		use_syscalls(t);
		error = session_begin(s, t);
		if (!error)
			return s;
	}
	warnx("nothing could be attached: %s%s%s", strerror(-error), *refusal() ? ": " : "",
	      refusal());
	exit(EXIT_NOTHING);
}

void session_token(const struct session *s)
{
	/* Refused by the kernel, and seen on the way. */
	prctl(PRCTL_TOKEN, s->token, 0, 0, 0);
}

void session_active(struct session *s, bool command, bool system)
{
	s->bpf->bss->active_system = system;
	s->bpf->bss->active = command;
}

void session_close(struct session *s, struct trace *t)
{
	detach(s);
	/* Once more: the CPU may have been slow, or its other half busy, when it began. */
	calibrate(s, t);
	session_clear(s);
	free(s);
}
