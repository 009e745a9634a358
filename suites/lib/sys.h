// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls and constants that libc or the build machine's headers may lack.
 * sys_NAME is the raw call: -1 and errno on failure.
 */
#ifndef SUITE_SYS_H
#define SUITE_SYS_H

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open	      434
#define SYS_clone3	      435
#define SYS_openat2	      437
#define SYS_pidfd_getfd	      438
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

/* ioctl(2) on a namespace: what linux/nsfs.h has got since 6.1. */
struct sys_mnt_ns_info {
	uint32_t size, nr_mounts;
	uint64_t mnt_ns_id;
};
#ifndef NS_GET_USERNS
#define NS_GET_USERNS	 _IO(0xb7, 1)
#define NS_GET_PARENT	 _IO(0xb7, 2)
#define NS_GET_NSTYPE	 _IO(0xb7, 3)
#define NS_GET_OWNER_UID _IO(0xb7, 4)
#endif
#define SYS_NS_GET_MNTNS_ID _IOR(0xb7, 5, uint64_t)
#define SYS_NS_MNT_GET_INFO _IOR(0xb7, 10, struct sys_mnt_ns_info)
#define SYS_NS_MNT_GET_NEXT _IOR(0xb7, 11, struct sys_mnt_ns_info)
#define SYS_NS_MNT_GET_PREV _IOR(0xb7, 12, struct sys_mnt_ns_info)
#define SYS_NS_GET_ID	    _IOR(0xb7, 13, uint64_t)

/* Where a mount's descriptor is wanted: the root of nsfs (6.18). */
#define SYS_FD_NSFS_ROOT (-10003)

/* listns(2): the request of 6.19. */
struct sys_ns_id_req {
	uint32_t size, spare;
	uint64_t ns_id;
	uint32_t ns_type, spare2;
	uint64_t user_ns_id;
};
#define SYS_LISTNS_CURRENT_USER UINT64_MAX

static inline ssize_t sys_listns(const void *req, uint64_t *ids, size_t count, unsigned int flags)
{
	return syscall(SYS_listns, req, ids, count, flags);
}

/* struct clone_args of 5.7, under a name that no header has. */
struct sys_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

static inline pid_t sys_clone3(struct sys_clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static inline int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static inline int sys_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}

static inline int sys_pidfd_getfd(int pidfd, int fd, unsigned int flags)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, flags);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

static inline pid_t sys_gettid(void)
{
	return syscall(SYS_gettid);
}

/*
 * Does the kernel know the call?  For telling what is broken from what is
 * older: a behaviour without a name of its own is asked for by the company it
 * came in with, and only behind the signature of what was there before.
 */
static inline bool sys_known(long nr)
{
	return syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS;
}
#define SYS_KNOWN_5_11 441 /* epoll_pwait2 */
#define SYS_KNOWN_5_12 442 /* mount_setattr */
#define SYS_KNOWN_5_15 448 /* process_mrelease */
#define SYS_KNOWN_5_16 449 /* futex_waitv */
#define SYS_KNOWN_5_17 450 /* set_mempolicy_home_node */
#define SYS_KNOWN_6_5  451 /* cachestat */
#define SYS_KNOWN_6_6  452 /* fchmodat2 */
#define SYS_KNOWN_6_10 462 /* mseal */
#define SYS_KNOWN_6_13 463 /* setxattrat */
#define SYS_KNOWN_6_15 467 /* open_tree_attr */
#define SYS_KNOWN_6_19 470 /* listns */
#define SYS_KNOWN_7_3  472 /* the newest there is */

#endif
