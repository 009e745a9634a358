// SPDX-License-Identifier: GPL-2.0-only
/* System calls and constants by name. */
#include "sabotage.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef SYS_listns
#define SYS_listns 470
#endif

#define CALL(name, fd, path, buf, len)                \
	{                                             \
#name, SYS_##name, fd, path, buf, len \
	}
#define PLAIN(name) CALL(name, -1, -1, -1, -1)

static const struct call calls[] = {
	CALL(read, 0, -1, 1, 2),
	CALL(pread64, 0, -1, 1, 2),
	CALL(write, 0, -1, 1, 2),
	CALL(pwrite64, 0, -1, 1, 2),
	CALL(ioctl, 0, -1, 2, -1),
	CALL(openat, -1, 1, -1, -1),
	CALL(openat2, -1, 1, -1, -1),
	CALL(faccessat, -1, 1, -1, -1),
	CALL(mkdirat, -1, 1, -1, -1),
	CALL(unlinkat, -1, 1, -1, -1),
	CALL(mknodat, -1, 1, -1, -1),
	CALL(fchownat, -1, 1, -1, -1),
	CALL(readlinkat, -1, 1, 2, 3),
	CALL(newfstatat, -1, 1, 2, -1),
	CALL(statx, -1, 1, 4, -1),
	CALL(statfs, -1, 0, 1, -1),
	CALL(fstat, 0, -1, 1, -1),
	CALL(fstatfs, 0, -1, 1, -1),
	CALL(getdents64, 0, -1, 1, 2),
#ifdef SYS_open
	CALL(open, -1, 0, -1, -1),
	CALL(access, -1, 0, -1, -1),
	CALL(stat, -1, 0, 1, -1),
	CALL(lstat, -1, 0, 1, -1),
	CALL(mkdir, -1, 0, -1, -1),
	CALL(rmdir, -1, 0, -1, -1),
	CALL(unlink, -1, 0, -1, -1),
	CALL(rename, -1, 0, -1, -1),
	CALL(chmod, -1, 0, -1, -1),
	CALL(chown, -1, 0, -1, -1),
	CALL(mknod, -1, 0, -1, -1),
	CALL(readlink, -1, 0, 1, 2),
	CALL(poll, -1, -1, 0, -1),
	PLAIN(epoll_wait),
	PLAIN(fork),
	PLAIN(vfork),
#endif
	CALL(renameat2, -1, 1, -1, -1),
	CALL(ppoll, -1, -1, 0, -1),
	CALL(epoll_pwait, 0, -1, 1, -1),
	CALL(inotify_add_watch, -1, 1, -1, -1),
	CALL(mount, -1, 1, -1, -1),
	CALL(umount2, -1, 0, -1, -1),
	PLAIN(pivot_root),
	CALL(chroot, -1, 0, -1, -1),
	CALL(chdir, -1, 0, -1, -1),
	PLAIN(open_tree),
	PLAIN(open_tree_attr),
	PLAIN(move_mount),
	PLAIN(mount_setattr),
	PLAIN(fsopen),
	CALL(fsconfig, 0, -1, 3, -1),
	CALL(fsmount, 0, -1, -1, -1),
	PLAIN(fspick),
	CALL(statmount, -1, -1, 1, -1),
	CALL(listmount, -1, -1, 1, -1),
	PLAIN(clone),
	PLAIN(clone3),
	PLAIN(unshare),
	CALL(setns, 0, -1, -1, -1),
	CALL(listns, -1, -1, 1, -1),
	CALL(execve, -1, 0, -1, -1),
	PLAIN(getpid),
	PLAIN(gettid),
	PLAIN(getppid),
	PLAIN(getuid),
	PLAIN(geteuid),
	PLAIN(getgid),
	PLAIN(getpgid),
	PLAIN(getsid),
	PLAIN(setsid),
	PLAIN(setuid),
	PLAIN(setgid),
	PLAIN(setresuid),
	PLAIN(setresgid),
	PLAIN(setreuid),
	PLAIN(setregid),
	PLAIN(setgroups),
	PLAIN(capget),
	PLAIN(capset),
	PLAIN(prctl),
	PLAIN(prlimit64),
	PLAIN(setrlimit),
	PLAIN(setpriority),
	PLAIN(sched_setscheduler),
	PLAIN(sched_getaffinity),
	PLAIN(sched_setaffinity),
	PLAIN(kill),
	PLAIN(tgkill),
	PLAIN(tkill),
	PLAIN(rt_sigqueueinfo),
	PLAIN(pidfd_send_signal),
	PLAIN(pidfd_open),
	PLAIN(pidfd_getfd),
	PLAIN(wait4),
	PLAIN(waitid),
	PLAIN(rt_sigtimedwait),
	PLAIN(uname),
	CALL(sethostname, -1, -1, 0, 1),
	CALL(setdomainname, -1, -1, 0, 1),
	PLAIN(clock_gettime),
	PLAIN(clock_settime),
	PLAIN(clock_nanosleep),
	PLAIN(nanosleep),
	PLAIN(timer_create),
	PLAIN(timer_settime),
	PLAIN(timer_gettime),
	CALL(timerfd_settime, 0, -1, 2, -1),
	CALL(timerfd_gettime, 0, -1, 1, -1),
	PLAIN(settimeofday),
	PLAIN(sysinfo),
	PLAIN(times),
	PLAIN(reboot),
	PLAIN(swapon),
	PLAIN(swapoff),
	PLAIN(acct),
	PLAIN(init_module),
	PLAIN(delete_module),
	PLAIN(syslog),
	PLAIN(quotactl),
	PLAIN(kcmp),
	PLAIN(ptrace),
	PLAIN(seccomp),
	PLAIN(bpf),
	PLAIN(perf_event_open),
	PLAIN(process_vm_readv),
	PLAIN(setpgid),
	PLAIN(keyctl),
	PLAIN(add_key),
	PLAIN(request_key),
	PLAIN(msgget),
	PLAIN(msgctl),
	PLAIN(msgsnd),
	PLAIN(msgrcv),
	PLAIN(semget),
	PLAIN(semctl),
	PLAIN(semop),
	PLAIN(semtimedop),
	PLAIN(shmget),
	PLAIN(shmat),
	PLAIN(shmdt),
	PLAIN(shmctl),
	PLAIN(mq_open),
	PLAIN(mq_unlink),
	PLAIN(mq_notify),
	PLAIN(mq_timedsend),
	PLAIN(mq_timedreceive),
	PLAIN(mq_getsetattr),
	PLAIN(socket),
	PLAIN(socketpair),
	PLAIN(connect),
	PLAIN(bind),
	PLAIN(listen),
	CALL(sendto, 0, -1, 1, 2),
	CALL(recvfrom, 0, -1, 1, 2),
	CALL(sendmsg, 0, -1, -1, -1),
	CALL(recvmsg, 0, -1, -1, -1),
	CALL(getsockopt, 0, -1, 3, -1),
	CALL(setsockopt, 0, -1, 3, -1),
	PLAIN(getsockname),
	PLAIN(name_to_handle_at),
	PLAIN(open_by_handle_at),
	CALL(fchown, 0, -1, -1, -1),
	CALL(fchmod, 0, -1, -1, -1),
	CALL(setxattr, -1, 0, 2, 3),
	CALL(getxattr, -1, 0, 2, 3),
	CALL(fsetxattr, 0, -1, 2, 3),
	CALL(fgetxattr, 0, -1, 2, 3),
	CALL(removexattr, -1, 0, -1, -1),
	PLAIN(mmap),
	PLAIN(madvise),
	PLAIN(mlock),
	PLAIN(process_madvise),
	{ "signal", CALL_SIGNAL, -1, -1, -1, -1 },
	{ "exec", CALL_EXEC, -1, -1, -1, -1 },
};

const struct call *call_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return NULL;
}

const struct call *call_of(long nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

#define NAMED(name)         \
	{                   \
#name, name \
	}

static const struct {
	const char *name;
	int64_t value;
} constants[] = {
	NAMED(CLONE_NEWUSER),	NAMED(CLONE_NEWPID),	 NAMED(CLONE_NEWNET),
	NAMED(CLONE_NEWNS),	NAMED(CLONE_NEWIPC),	 NAMED(CLONE_NEWUTS),
	NAMED(CLONE_NEWTIME),	NAMED(CLONE_NEWCGROUP),	 NAMED(CLONE_FS),
	NAMED(CLONE_THREAD),	NAMED(CLONE_PARENT),	 { "CLONE_INTO_CGROUP", 0x200000000LL },
	NAMED(MS_RDONLY),	NAMED(MS_NOSUID),	 NAMED(MS_NODEV),
	NAMED(MS_NOEXEC),	NAMED(MS_REMOUNT),	 NAMED(MS_BIND),
	NAMED(MS_REC),		NAMED(MS_PRIVATE),	 NAMED(MS_SLAVE),
	NAMED(MS_SHARED),	NAMED(MS_UNBINDABLE),	 NAMED(MS_MOVE),
	NAMED(MNT_DETACH),	NAMED(NS_GET_USERNS),	 NAMED(NS_GET_PARENT),
	NAMED(NS_GET_NSTYPE),	NAMED(NS_GET_OWNER_UID), NAMED(PR_SET_PDEATHSIG),
	NAMED(PR_CAPBSET_DROP), NAMED(PR_CAPBSET_READ),	 NAMED(PR_GET_SECUREBITS),
	NAMED(PR_GET_DUMPABLE), NAMED(O_WRONLY),	 NAMED(SIG_BLOCK),
	NAMED(POLLIN),		NAMED(POLLPRI),		 NAMED(WNOHANG),
};

static bool one_value(const char *word, int64_t *value)
{
	char *end;

	*value = strtoll(word, &end, 0);
	if (end != word && !*end)
		return true;
	for (int e = 1; e < 134; e++)
		if (strerrorname_np(e) && !strcmp(strerrorname_np(e), word)) {
			*value = -e;
			return true;
		}
	for (int s = 1; s < 32; s++)
		if (sigabbrev_np(s) && !strncmp(word, "SIG", 3) &&
		    !strcmp(sigabbrev_np(s), word + 3)) {
			*value = s;
			return true;
		}
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (!strcmp(constants[i].name, word)) {
			*value = constants[i].value;
			return true;
		}
	return false;
}

bool value_parse(const char *word, int64_t *value)
{
	struct words parts = words_split(word, "|");
	bool all = parts.n > 0;

	*value = 0;
	for (size_t i = 0; i < parts.n; i++) {
		int64_t one;

		all = all && one_value(parts.v[i], &one);
		if (all)
			*value |= one;
	}
	words_free(&parts);
	return all;
}
