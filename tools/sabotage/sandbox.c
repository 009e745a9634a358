// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that seems broken lets tests do to everybody what they meant to do in
 * a namespace of their own: they run in namespaces of ours, which end with us.
 */
#include "plan.h"
#include "run.h"

#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *own_folder_of_cgroups(void)
{
	CLEAN(free_text) char *mount_point = cgroup2_mount();
	CLEAN(free_text) char *own = own_cgroup();

	return mount_point ? text("%s%s", mount_point, own) : NULL;
}

static char *our_cgroup(pid_t pid)
{
	CLEAN(free_text) char *folder = own_folder_of_cgroups();

	return folder ? text("%s/sabotage.%d", folder, pid) : NULL;
}

/* What is left of those that were killed. */
void sandbox_sweep(void)
{
	CLEAN(free_text) char *folder = own_folder_of_cgroups();
	struct words found = {};

	if (!folder)
		return;
	cgroup_children(folder, &found);
	for (size_t i = 0; i < found.n; i++) {
		const char *name = strstr(found.v[i], "/sabotage.");

		if (name && kill(atoi(name + 10), 0) && errno == ESRCH)
			cgroup_remove(found.v[i], 5);
	}
	words_free(&found);
}

void sandbox_end(void)
{
	CLEAN(free_text) char *dir = our_cgroup(getpid());

	if (dir)
		cgroup_remove(dir, 10);
}

/* Below ours there is nobody else's; without a v2 hierarchy there is none. */
static void enter_cgroup(pid_t front)
{
	CLEAN(free_text) char *dir = our_cgroup(front);
	CLEAN(free_text) char *procs = NULL;

	if (!dir || (mkdir(dir, 0755) && errno != EEXIST))
		return;
	CLEAN(free_text) char *leaf = text("%s/%d", dir, getpid());

	mkdir(leaf, 0755);
	procs = text("%s/cgroup.procs", leaf);
	file_put(procs, "0");
}

static void raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo))
		warn("lo");
	close(fd);
}

/* The next pid is one that no other run has: names of cgroups and folders are made of it. */
static void choose_pid(pid_t outer)
{
	CLEAN(free_text) char *last = text("%d", outer);

	file_put("/proc/sys/kernel/ns_last_pid", last);
}

static void set_environment(const struct plan *p, const struct sandbox *s)
{
	CLEAN(free_text) char *tracer = text("%s/sabotage-trace", p->folder);

	/* In an emulated guest nothing is as fast as that. */
	if (!p->o.disposable)
		setenv("BULKHEAD_SCALE", "1", 0);
	setenv("TMPDIR", p->work, 1);
	if (s->row) {
		setenv("BULKHEAD_UNDER", tracer, 1);
		setenv("SABOTAGE_ROW", s->row, 1);
	}
	if (s->bites)
		setenv("SABOTAGE_BITES", s->bites, 1);
	if (s->impatient)
		setenv("BULKHEAD_PATIENCE", "0.2", 0);
}

static _Noreturn void run(const struct plan *p, const struct sandbox *s)
{
	struct words argv = {};
	CLEAN(free_text) char *out = text("%s.out", s->json);

	set_environment(p, s);
	words_add(&argv, "%s/bulkhead-run", p->folder);
	words_add(&argv, "-j%u", s->jobs);
	words_add(&argv, "--json=-"); /* where the file is may be gone before the end */
	if (s->timeout)
		words_add(&argv, "--timeout=%u", s->timeout);
	if (p->o.disposable)
		words_add(&argv, "--disposable");
	for (size_t i = 0; i < s->args.n; i++)
		words_add(&argv, "%s", s->args.v[i]);
	if (!freopen(out, "w", stderr) || !freopen(s->json, "w", stdout))
		err(EXIT_UNUSABLE, "%s", out);
	execv(argv.v[0], argv.v);
	err(EXIT_UNUSABLE, "%s", argv.v[0]);
}

/* PID 1 of the sandbox: waits for the run; its end is that of all in it. */
static _Noreturn void rule(const struct plan *p, const struct sandbox *s, pid_t outer)
{
	int status;
	pid_t pid, found;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		err(EXIT_UNUSABLE, "the sandbox's /proc");
	mkdir("/run/bulkhead", 0700);
	if (mount("tmpfs", "/run/bulkhead", "tmpfs", MS_NOSUID | MS_NODEV, "mode=700"))
		err(EXIT_UNUSABLE, "/run/bulkhead");
	raise_loopback();
	choose_pid(outer);
	pid = fork();
	if (!pid)
		run(p, s);
	while ((found = wait(&status)) > 0 || errno == EINTR)
		if (found == pid)
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	_exit(128);
}

/* PDEATHSIG is for the direct child alone: it is a chain of two. */
static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || (parent && getppid() != parent))
		_exit(EXIT_UNUSABLE);
}

pid_t sandbox_start(const struct plan *p, const struct sandbox *s)
{
	pid_t front = getpid(), pid = fork(), first;
	int status;

	if (pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (pid)
		return pid;
	die_with(front);
	if (!p->o.disposable)
		enter_cgroup(front);
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID))
		err(EXIT_UNUSABLE, "namespaces for the sandbox: root is needed");
	pid = getpid();
	first = fork();
	if (first < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!first) {
		die_with(0);
		rule(p, s, pid);
	}
	while (waitpid(first, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNUSABLE);
}
