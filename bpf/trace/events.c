// SPDX-License-Identifier: GPL-2.0-only
/* --events: a line for each namespace and cgroup that comes, changes or goes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "notes.h"
#include "trace.h"

#include "bpf/trace/events.skel.h"

static const char *const ns_names[NS_SLOTS] = { "uts", "ipc",  "mnt",	 "pid",
						"net", "time", "cgroup", "user" };

static const char *const kind_names[NOTE_KINDS] = {
	[NOTE_NS_JOINED] = "joined",
	[NOTE_NS_GONE] = "gone",
	[NOTE_CG_MKDIR] = "made",
	[NOTE_CG_RMDIR] = "removed",
	[NOTE_CG_RELEASE] = "gone",
	[NOTE_CG_RENAME] = "renamed",
	[NOTE_CG_ATTACH] = "attached",
	[NOTE_CG_POPULATED] = "populated",
	[NOTE_CG_EMPTY] = "empty",
	[NOTE_CG_FREEZE] = "to be frozen",
	[NOTE_CG_UNFREEZE] = "to be thawed",
	[NOTE_CG_FROZEN] = "frozen",
	[NOTE_CG_THAWED] = "thawed",
	[NOTE_CG_KILL] = "killed",
	[NOTE_OOM] = "out of memory",
	[NOTE_VICTIM] = "OOM victim",
	[NOTE_THROTTLED] = "throttled",
	[NOTE_UNTHROTTLED] = "no longer throttled",
};

/* Functions that tell what no tracepoint does, and what is not told without each. */
static const struct {
	const char *name, *what;
} extra[] = {
	{ "proc_free_inum", "namespaces gone" },
	{ "mem_cgroup_out_of_memory", "cgroups out of memory" },
	{ "throttle_cfs_rq", "cgroups throttled" },
	{ "unthrottle_cfs_rq", "cgroups no longer throttled" },
	{ "__cgroup_kill", "cgroups killed" },
};

#define SEEN 65521

struct listener {
	bool followed;
	double start; /* the first event, s */
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	stop = number;
}

/* Namespaces that were seen to come: their types, by inode number, the last of each. */
static struct {
	uint64_t id;
	uint32_t slot;
} seen[SEEN];

static const char *seen_type(uint64_t id)
{
	return seen[id % SEEN].id == id ? ns_names[seen[id % SEEN].slot] : NULL;
}

/* A namespace's end is told where its beginning was, or where everything is. */
static bool is_told(const struct note *n, bool followed)
{
	if (n->kind == NOTE_NS_JOINED && n->made) {
		seen[n->id % SEEN].id = n->id;
		seen[n->id % SEEN].slot = n->slot % NS_SLOTS;
	}
	return n->kind != NOTE_NS_GONE || !followed || seen_type(n->id);
}

static void show_namespace(const struct note *n)
{
	if (n->kind == NOTE_NS_GONE) {
		const char *type = seen_type(n->id);

		printf("%s%snamespace %llu gone", type ?: "", type ? " " : "",
		       (unsigned long long)n->id);
		return;
	}
	printf("%s namespace %llu %s, from %llu", ns_names[n->slot % NS_SLOTS],
	       (unsigned long long)n->id, n->made ? "made" : "joined", (unsigned long long)n->was);
}

static int show(void *context, void *data, size_t size)
{
	const struct note *n = data;
	struct listener *l = context;
	double at = (double)n->ns / 1e9;

	(void)size;
	if (!is_told(n, l->followed))
		return 0;
	if (l->start <= 0)
		l->start = at;
	printf("%11.6f %7u %-15s ", at - l->start, n->pid, n->comm);
	if (n->kind == NOTE_NS_JOINED || n->kind == NOTE_NS_GONE)
		show_namespace(n);
	else if (n->kind == NOTE_VICTIM)
		printf("process %u is the OOM killer's victim", n->target);
	else
		printf("cgroup %llu%s%s %s", (unsigned long long)n->id, *n->path ? " " : "",
		       n->path, kind_names[n->kind % NOTE_KINDS]);
	if (n->target && n->kind != NOTE_VICTIM)
		printf(", process %u", n->target);
	putchar('\n');
	return 0;
}

static void choose_functions(struct events_bpf *bpf)
{
	for (size_t i = 0; i < ARRAY_SIZE(extra); i++) {
		int fentry = fentry_try(extra[i].name, false, i == 0),
		    kprobe = fentry ? kprobe_try(extra[i].name) : 0;
		CLEAN(free_text) char *name = text("%s_%s", fentry ? "kp" : "fe", extra[i].name);

		if (!fentry || !kprobe)
			bpf_program__set_autoload(bpf_object__find_program_by_name(bpf->obj, name),
						  true);
		else
			fprintf(stderr, "not told: %s (fentry: %s, kprobe: %s)\n", extra[i].what,
				strerror(-fentry),
				kprobe == -ENOTSUP ? "none in this kernel" : strerror(-kprobe));
	}
}

static struct events_bpf *events_open(const struct options *o, uint64_t token)
{
	struct events_bpf *bpf = events_bpf__open();
	struct bpf_program *p;
	int error;

	if (!bpf)
		err(EXIT_UNUSABLE, "BPF");
	bpf->rodata->victim_is_task = tracepoint_has_pointer("mark_victim", 0);
	bpf->rodata->followed = o->command != NULL;
	bpf->rodata->token = token;
	bpf->rodata->nr_unshare = SYS_unshare;
	bpf->rodata->nr_setns = SYS_setns;
	bpf->rodata->nr_prctl = SYS_prctl;
	bpf_object__for_each_program(p, bpf->obj)
		bpf_program__set_autoload(p, !strncmp(bpf_program__name(p), "ev_", 3));
	choose_functions(bpf);
	refusal_forget();
	error = events_bpf__load(bpf);
	if (!error)
		error = events_bpf__attach(bpf);
	if (error)
		errx(EXIT_NOTHING, "nothing could be attached: %s: %s", strerror(-error),
		     refusal());
	return bpf;
}

static void say_who(const void *token)
{
	prctl(PRCTL_TOKEN, *(const uint64_t *)token, 0, 0, 0);
}

static int listen_to(struct ring_buffer *ring, pid_t pid)
{
	int status = 0;
	bool over = false;

	while (!stop && !over) {
		int n = ring_buffer__poll(ring, 100);

		fflush(stdout);
		if (n < 0 && n != -EINTR)
			errx(EXIT_UNUSABLE, "events: %s", strerror(-n));
		over = pid && waitpid(pid, &status, WNOHANG) == pid;
	}
	ring_buffer__consume(ring);
	if (!over)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int events_run(struct options *o)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct listener l = { .followed = o->command != NULL };
	uint64_t token;
	pid_t pid = 0;
	int go = -1, status;

	if (o->operation || o->cgroup)
		errx(EXIT_UNUSABLE, "--events: of everything, or of -- COMMAND");
	if (getrandom(&token, sizeof(token), 0) != sizeof(token))
		err(EXIT_UNUSABLE, "getrandom");
	struct events_bpf *bpf = events_open(o, token);
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(bpf->maps.notes), show, &l, NULL);

	if (!ring)
		err(EXIT_UNUSABLE, "events");
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	if (o->command) {
		pid = command_start(o->command, say_who, &token, &go, -1);
		if (write(go, "g", 1) != 1)
			err(EXIT_UNUSABLE, "the command");
		close(go);
	}
	status = listen_to(ring, pid);
	if (bpf->bss->lost)
		fprintf(stderr, "lost: %llu events\n", (unsigned long long)bpf->bss->lost);
	ring_buffer__free(ring);
	events_bpf__destroy(bpf);
	return status;
}
