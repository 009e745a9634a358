// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our own launcher: the least that a runtime has to do, one step after the other,
 * each timed where it happens.  What a runtime needs beyond this is its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "kinds.h"
#include "start.h"

#define CAP_LAST 63

/* The child's stamps, and how far it has come. */
struct stamps {
	uint64_t begin, at[STEPS_MAX];
	int error;
	size_t failed;
};

static const char *root; /* the child's, for its steps */

static int step_maps(void)
{
	if (file_put("/proc/self/setgroups", "deny"))
		return -1;
	errno = -file_put("/proc/self/uid_map", "0 0 1");
	if (!errno)
		errno = -file_put("/proc/self/gid_map", "0 0 1");
	return errno ? -1 : 0;
}

static int step_private(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int step_rootfs(void)
{
	return mount(root, root, NULL, MS_BIND | MS_REC, NULL) ?: chdir(root);
}

static int step_proc(void)
{
	return mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static int step_tmpfs(void)
{
	return mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "size=64k,mode=755");
}

static int step_devices(void)
{
	static const char *const names[] = { "null", "zero", "full", "random", "urandom" };
	char from[32], to[32];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd;

		snprintf(from, sizeof(from), "/dev/%s", names[i]);
		snprintf(to, sizeof(to), "dev/%s", names[i]);
		fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
		if (fd < 0)
			return -1;
		close(fd);
		if (mount(from, to, NULL, MS_BIND, NULL))
			return -1;
	}
	return 0;
}

static int step_pivot(void)
{
	return (int)syscall(SYS_pivot_root, ".", ".");
}

static int step_umount(void)
{
	return umount2(".", MNT_DETACH) ?: chdir("/");
}

static int step_hostname(void)
{
	return sethostname("bench", 5);
}

static int step_lo(void)
{
	CLEAN(close_fd) int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo" };

	if (s < 0 || ioctl(s, SIOCGIFFLAGS, &r))
		return -1;
	r.ifr_flags |= IFF_UP;
	return ioctl(s, SIOCSIFFLAGS, &r);
}

static int step_capabilities(void)
{
	for (unsigned long c = 0; c <= CAP_LAST; c++)
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) && errno != EINVAL)
			return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* A list of forbidden calls, as runtimes have one. */
static int step_seccomp(void)
{
	static const int forbidden[] = { SCMP_SYS(kexec_load),	 SCMP_SYS(init_module),
					 SCMP_SYS(finit_module), SCMP_SYS(delete_module),
					 SCMP_SYS(reboot),	 SCMP_SYS(swapon),
					 SCMP_SYS(swapoff),	 SCMP_SYS(keyctl),
					 SCMP_SYS(add_key),	 SCMP_SYS(request_key),
					 SCMP_SYS(bpf),		 SCMP_SYS(perf_event_open),
					 SCMP_SYS(ptrace),	 SCMP_SYS(mount),
					 SCMP_SYS(umount2),	 SCMP_SYS(setns) };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int ret = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(forbidden); i++)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (!ret)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	errno = -ret;
	return ret ? -1 : 0;
}

static const struct step steps[] = {
	{ "user and group maps", step_maps },
	{ "all mounts private", step_private },
	{ "bind of the root", step_rootfs },
	{ "mount of proc", step_proc },
	{ "mount of a tmpfs", step_tmpfs },
	{ "five device binds", step_devices },
	{ "pivot_root", step_pivot },
	{ "umount2(MNT_DETACH) of the old root", step_umount },
	{ "sethostname", step_hostname },
	{ "lo up", step_lo },
	{ "capabilities dropped", step_capabilities },
	{ "seccomp filter", step_seccomp },
};

/* Around the child's own: clone before, then exec, and the cgroup's end. */
enum { STEP_CGROUP, STEP_CLONE, STEP_FIRST };
#define STEP_EXEC   (STEP_FIRST + ARRAY_SIZE(steps))
#define STEP_REMOVE (STEP_EXEC + 1)

static void child(const struct launcher *l, struct stamps *s)
{
	char *argv[] = { (char *)"/true", NULL }, *env[] = { NULL };

	s->at[STEP_CLONE] = clock_ns();
	root = l->rootfs;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if ((i || l->user) && steps[i].run()) {
			s->error = errno;
			s->failed = STEP_FIRST + i;
			_exit(1);
		}
		s->at[STEP_FIRST + i] = clock_ns();
	}
	execve("/true", argv, env);
	s->error = errno;
	s->failed = STEP_EXEC;
	_exit(1);
}

static void launcher_begin(struct launcher *l, const struct place *place)
{
	CLEAN(free_text) char *bundle = bundle_path(place, 0);

	*l = (struct launcher) { .place = place,
				 .rootfs = text("%s/rootfs", bundle),
				 .user = true,
				 .n_steps = STEP_REMOVE + 1 };
	l->names[STEP_CGROUP] = "mkdir of the cgroup";
	l->names[STEP_CLONE] = "clone3 of all namespaces, into the cgroup";
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		l->names[STEP_FIRST + i] = steps[i].name;
	l->names[STEP_EXEC] = "exec, exit, teardown, wait";
	l->names[STEP_REMOVE] = "rmdir of the cgroup";
	_Static_assert(STEP_REMOVE < STEPS_MAX, "room for the stamps of all steps");
}

/* The whole by clock reads of its own: that the steps add up to it is then a finding. */
static void keep(struct launcher *l, const struct stamps *s, uint64_t begin, uint64_t end)
{
	uint64_t before = s->begin;

	for (size_t i = 0; i < l->n_steps; i++) {
		samples_add(&l->steps[i], (double)(s->at[i] - before) * 1e-9);
		samples_end_batch(&l->steps[i]);
		before = s->at[i];
	}
	samples_add(&l->total, (double)(end - begin) * 1e-9);
	samples_end_batch(&l->total);
}

static int start(struct launcher *l, struct stamps *s)
{
	CLEAN(free_text) char *dir = text("%s/start.%d", l->place->cgroup ?: "", getpid());
	uint64_t flags = NS_CONTAINER | (l->user ? CLONE_NEWUSER : 0);
	CLEAN(close_fd) int cgroup = -1;
	pid_t pid;
	int status;

	s->begin = clock_ns();
	if (l->place->cgroup && !mkdir(dir, 0755))
		cgroup = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->at[STEP_CGROUP] = clock_ns();
	pid = child_fork(flags, cgroup >= 0 ? cgroup : NO_CGROUP);
	if (!pid)
		child(l, s);
	if (pid < 0)
		s->error = errno;
	status = pid < 0 ? -1 : child_wait(pid);
	s->at[STEP_EXEC] = clock_ns();
	while (cgroup >= 0 && rmdir(dir) && errno == EBUSY)
		;
	s->at[STEP_REMOVE] = clock_ns();
	return status;
}

static int timed(struct launcher *l, struct stamps *s)
{
	uint64_t begin = clock_ns();
	int status = start(l, s);
	uint64_t end = clock_ns();

	if (!status)
		keep(l, s, begin, end);
	return status;
}

static int launcher_run(struct launcher *l)
{
	struct stamps *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	if (s == MAP_FAILED)
		return -1;
	s->failed = STEP_CLONE;
	status = timed(l, s);
	/* A /proc that is covered in part cannot be mounted from a user namespace. */
	if (status && l->user && !l->total.n) {
		l->user = false;
		*s = (struct stamps) { .failed = STEP_CLONE };
		status = timed(l, s);
	}
	if (status && !l->error)
		l->error = text("%s: %s", l->names[s->failed], strerror(s->error ?: ECHILD));
	munmap(s, sizeof(*s));
	return status ? -1 : 0;
}

void launcher_measure(struct launcher *l, const struct place *place, unsigned int runs)
{
	bundle_make(place, 0);
	launcher_begin(l, place);
	for (unsigned int i = 0; i < runs && !l->error && !stop_signal; i++)
		launcher_run(l);
}

void launcher_free(struct launcher *l)
{
	for (size_t i = 0; i < l->n_steps; i++)
		samples_free(&l->steps[i]);
	samples_free(&l->total);
	free(l->rootfs);
	free(l->error);
}
