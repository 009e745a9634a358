// SPDX-License-Identifier: GPL-2.0-only
/* The system calls whose way through the kernel is followed, and how each is shown. */
#include <bpf/bpf.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

#include "trace.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef SYS_open_tree
#define SYS_open_tree	  428
#define SYS_move_mount	  429
#define SYS_fsopen	  430
#define SYS_fsconfig	  431
#define SYS_fsmount	  432
#define SYS_mount_setattr 442
#endif

/* Which argument tells such calls apart; the numbers are trace.bpf.c's. */
enum form { NO_ROOT, PLAIN, FLAGS_1, FLAGS_2, CLONE_ARGS, FILE_1 };

static const struct {
	long nr;
	const char *name;
	enum form form;
} calls[] = {
	{ SYS_clone, "clone", FLAGS_1 },
	{ SYS_clone3, "clone3", CLONE_ARGS },
	{ SYS_unshare, "unshare", FLAGS_1 },
	{ SYS_setns, "setns", FLAGS_2 },
	{ SYS_mount, "mount", PLAIN },
	{ SYS_umount2, "umount2", PLAIN },
	{ SYS_pivot_root, "pivot_root", PLAIN },
	{ SYS_open_tree, "open_tree", PLAIN },
	{ SYS_move_mount, "move_mount", PLAIN },
	{ SYS_fsopen, "fsopen", PLAIN },
	{ SYS_fsconfig, "fsconfig", PLAIN },
	{ SYS_fsmount, "fsmount", PLAIN },
	{ SYS_mount_setattr, "mount_setattr", PLAIN },
	{ SYS_mkdirat, "mkdirat", PLAIN },
	{ SYS_unlinkat, "unlinkat", PLAIN },
	{ SYS_write, "write", FILE_1 },
	{ SYS_execve, "execve", PLAIN },
	{ SYS_execveat, "execveat", PLAIN },
	{ SYS_wait4, "wait4", PLAIN },
	{ SYS_waitid, "waitid", PLAIN },
	{ SYS_sethostname, "sethostname", PLAIN },
	{ SYS_chroot, "chroot", PLAIN },
#ifdef SYS_fork
	{ SYS_fork, "fork", PLAIN },
	{ SYS_vfork, "vfork", PLAIN },
	{ SYS_mkdir, "mkdir", PLAIN },
	{ SYS_rmdir, "rmdir", PLAIN },
#endif
};

/* setns(2) and clone3(2) have the same flags; CLONE_NEWTIME is a signal's number in clone(2). */
static const struct {
	uint64_t flag;
	const char *name;
} flags[] = {
	{ CLONE_NEWNS, "NEWNS" },	   { CLONE_NEWUTS, "NEWUTS" },
	{ CLONE_NEWIPC, "NEWIPC" },	   { CLONE_NEWUSER, "NEWUSER" },
	{ CLONE_NEWPID, "NEWPID" },	   { CLONE_NEWNET, "NEWNET" },
	{ CLONE_NEWCGROUP, "NEWCGROUP" },  { CLONE_NEWTIME, "NEWTIME" },
	{ CLONE_VFORK, "VFORK" },	   { CLONE_THREAD, "THREAD" },
	{ 0x200000000ULL, "INTO_CGROUP" },
};

void syscalls_set(uint8_t *forms)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		forms[calls[i].nr] = (uint8_t)calls[i].form;
}

static char *flag_names(uint64_t set, bool clone)
{
	struct words names = {};
	char *joined;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (set & flags[i].flag && !(clone && flags[i].flag == CLONE_NEWTIME))
			words_add(&names, "%s", flags[i].name);
	joined = names.n ? words_join(&names, "|") : text("0");
	words_free(&names);
	return joined;
}

char *syscall_name(uint64_t key, int labels_fd)
{
	long nr = (long)(key >> 48);
	uint64_t rest = key & 0xffffffffffffULL;
	struct label label = {};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].nr != nr)
			continue;
		if (calls[i].form == PLAIN)
			return text("%s()", calls[i].name);
		if (calls[i].form == FILE_1) {
			bpf_map_lookup_elem(labels_fd, &rest, &label);
			return text("%s(%s)", calls[i].name, label.name);
		}
		CLEAN(free_text) char *names = flag_names(rest, nr == SYS_clone);

		return text("%s(%s)", calls[i].name, names);
	}
	return text("system call %ld", nr);
}
