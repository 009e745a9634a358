// SPDX-License-Identifier: GPL-2.0-only
/* Mounts, what copying many of them costs, and reading about oneself in /proc. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "keep.h"
#include "op.h"
#include "text.h"

static int prepare_room(struct fixture *x)
{
	int ret = keep_mount_room(x);

	if (!ret && (mkdir("at", 0755) || mkdir("what", 0755)))
		ret = op_fail(x, "mkdir");
	return ret;
}

static int run_bind(struct fixture *x)
{
	return mount("what", "at", NULL, MS_BIND, NULL) ? op_fail(x, "bind mount") : 0;
}

static int run_tmpfs(struct fixture *x)
{
	return mount("bulkhead", "at", "tmpfs", 0, NULL) ? op_fail(x, "tmpfs") : 0;
}

static int run_proc(struct fixture *x)
{
	return mount("proc", "at", "proc", 0, NULL) ? op_fail(x, "proc") : 0;
}

static int umount_it(struct fixture *x)
{
	return umount2("at", 0) ? op_fail(x, "umount") : 0;
}

static int umount_lazily(struct fixture *x)
{
	return umount2("at", MNT_DETACH) ? op_fail(x, "umount") : 0;
}

/* op.n bind mounts, each at a folder of its own. */
static int prepare_many(struct fixture *x)
{
	int ret = prepare_room(x);
	char name[32];

	for (long i = 0; !ret && i < x->op->n; i++) {
		snprintf(name, sizeof(name), "m%ld", i);
		if (mkdir(name, 0755) || mount("what", name, NULL, MS_BIND, NULL))
			ret = op_fail(x, "bind mount %ld", i);
	}
	return ret;
}

static int run_clone_mnt(struct fixture *x)
{
	long pid = clone_exit(CLONE_NEWNS | CLONE_VM | CLONE_VFORK, NO_CGROUP);

	return pid < 0 || child_wait((pid_t)pid) < 0 ? op_fail(x, "clone3(CLONE_NEWNS)") : 0;
}

static int run_unshare_mnt(struct fixture *x)
{
	return unshare(CLONE_NEWNS) ? op_fail(x, "unshare(CLONE_NEWNS)") : 0;
}

/* The room is shared with op.n other mount namespaces: each mount goes to all. */
static int prepare_peers(struct fixture *x)
{
	int ret = prepare_room(x);

	if (!ret && mount(NULL, x->dir, NULL, MS_SHARED, NULL))
		ret = op_fail(x, "MS_SHARED");
	/* We stand in the mount below the one that is shared from now on. */
	if (!ret && x->op->n)
		ret = keep_namespaces(x, CLONE_NEWNS, x->op->n);
	return ret;
}

static int read_all(struct fixture *x, const char *path)
{
	char some[16384];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0)
		while ((n = read(fd, some, sizeof(some))) > 0)
			;
	if (fd < 0 || n < 0)
		return op_fail(x, "%s", path);
	close(fd);
	return 0;
}

static int run_read_status(struct fixture *x)
{
	return read_all(x, "/proc/self/status");
}

static int run_read_stat(struct fixture *x)
{
	return read_all(x, "/proc/self/stat");
}

static int run_read_cgroup(struct fixture *x)
{
	return read_all(x, "/proc/self/cgroup");
}

static int run_read_mountinfo(struct fixture *x)
{
	return read_all(x, "/proc/self/mountinfo");
}

static int run_read_links(struct fixture *x)
{
	char link[64];

	return readlink("/proc/self/ns/net", link, sizeof(link)) < 0 ? op_fail(x, "ns/net") : 0;
}

static const struct op simple[] = {
	{ .name = "mount.bind", .what = "a bind mount", .run = run_bind, .undo = umount_it },
	{ .name = "mount.tmpfs", .what = "a tmpfs mounted", .run = run_tmpfs, .undo = umount_it },
	{ .name = "mount.proc", .what = "proc mounted", .run = run_proc, .undo = umount_it },
	{ .name = "umount.bind", .what = "umount2", .before = run_bind, .run = umount_it },
	{ .name = "umount.bind.detach",
	  .what = "umount2(MNT_DETACH)",
	  .before = run_bind,
	  .run = umount_lazily },
};

static const struct op reads[] = {
	{ .name = "read.proc.status", .what = "/proc/self/status read", .run = run_read_status },
	{ .name = "read.proc.stat", .what = "/proc/self/stat read", .run = run_read_stat },
	{ .name = "read.proc.cgroup", .what = "/proc/self/cgroup read", .run = run_read_cgroup },
	{ .name = "read.proc.ns",
	  .what = "the link /proc/self/ns/net read",
	  .run = run_read_links },
};

void ops_add_mounts(void)
{
	static const long mounts[] = { 0, 100, 500, 1000, 2000 }, peers[] = { 0, 100, 500 };
	struct op many = {
		.name = "clone.mnt.vfork.mounts%ld",
		.what = "clone3 sharing memory, exit and wait: a mount namespace of %ld more "
			"mounts",
		.ns = CLONE_NEWNS,
		.flags = OP_ALONE | OP_SLEEPS,
		.prepare = prepare_many,
		.run = run_clone_mnt,
	};

	for (size_t i = 0; i < ARRAY_SIZE(simple); i++) {
		struct op op = simple[i];

		op.flags = OP_SLEEPS;
		op.prepare = prepare_room;
		op_add(op);
	}
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++)
		op_add(reads[i]);
	op_add_sizes(many, mounts, ARRAY_SIZE(mounts));
	many.name = "unshare.mnt.mounts%ld";
	many.what = "unshare in a fresh child: a mount namespace of %ld more mounts";
	many.flags |= OP_FRESH;
	many.run = run_unshare_mnt;
	op_add_sizes(many, mounts, ARRAY_SIZE(mounts));
	many.name = "read.proc.mountinfo.mounts%ld";
	many.what = "/proc/self/mountinfo of %ld more mounts read";
	many.flags = OP_ALONE;
	many.run = run_read_mountinfo;
	op_add_sizes(many, mounts, ARRAY_SIZE(mounts));
	op_add_sizes(
		(struct op) {
			.name = "mount.bind.peers%ld",
			.what = "a bind mount that goes to %ld other mount namespaces",
			.flags = OP_ALONE | OP_SLEEPS,
			.prepare = prepare_peers,
			.run = run_bind,
			.undo = umount_it,
		},
		peers, ARRAY_SIZE(peers));
}
