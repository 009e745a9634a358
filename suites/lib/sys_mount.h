// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls and constants about mounts that the build machine's headers may
 * lack: statmount(2), listmount(2), and flags of 6.5 and later.
 */
#ifndef SUITE_SYS_MOUNT_H
#define SUITE_SYS_MOUNT_H

#include "sys.h"

#include <sys/mount.h>

#define SYS_MOVE_MOUNT_BENEATH	0x00000200 /* 6.5 */
#define SYS_OPEN_TREE_NAMESPACE 0x00000002 /* 7.0 */
#define SYS_FSMOUNT_NAMESPACE	0x00000002 /* 7.1 */
#define SYS_UNSHARE_EMPTY_MNTNS 0x00100000 /* 7.1 */
#define SYS_CLONE_EMPTY_MNTNS	(1ULL << 37)

/* The request of both calls; the first published one ends before ns_id. */
struct sys_mnt_id_req {
	uint32_t size, fd;
	uint64_t id, param, ns_id;
};
#define SYS_MNT_ID_REQ_SIZE_0 24

struct sys_statmount {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point; /* offsets in str */
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source, opt_num, opt_array, opt_sec_num, opt_sec_array;
	uint64_t supported_mask;
	uint32_t uidmap_num, uidmap, gidmap_num, gidmap;
	uint64_t spare[43];
	char str[4096];
};

enum {
	SYS_STATMOUNT_SB_BASIC = 0x1,
	SYS_STATMOUNT_MNT_BASIC = 0x2,
	SYS_STATMOUNT_PROPAGATE_FROM = 0x4,
	SYS_STATMOUNT_MNT_ROOT = 0x8,
	SYS_STATMOUNT_MNT_POINT = 0x10,
	SYS_STATMOUNT_FS_TYPE = 0x20,
	SYS_STATMOUNT_MNT_NS_ID = 0x40,
	SYS_STATMOUNT_SUPPORTED_MASK = 0x1000,
	SYS_STATMOUNT_MNT_UIDMAP = 0x2000,
	SYS_STATMOUNT_MNT_GIDMAP = 0x4000,
};
#define SYS_STATMOUNT_BY_FD	0x1
#define SYS_LSMT_ROOT		UINT64_MAX
#define SYS_LISTMOUNT_REVERSE	0x1
#define SYS_STATX_MNT_ID_UNIQUE 0x4000U /* 6.8 */

static inline int sys_statmount(const struct sys_mnt_id_req *req, struct sys_statmount *st,
				unsigned int flags)
{
	return syscall(SYS_statmount, req, st, sizeof(*st), flags);
}

static inline ssize_t sys_listmount(const struct sys_mnt_id_req *req, uint64_t *ids, size_t count,
				    unsigned int flags)
{
	return syscall(SYS_listmount, req, ids, count, flags);
}

static inline int sys_open_tree_attr(int dir, const char *path, unsigned int flags,
				     struct mount_attr *attr, size_t size)
{
	return syscall(SYS_open_tree_attr, dir, path, flags, attr, size);
}

#endif
