// SPDX-License-Identifier: GPL-2.0-only
/* statmount(2) and listmount(2): mounts by number, in this namespace and in others. */
#include "suite.h"

#include <sys/ioctl.h>

FIXTURE(mnt)
{
	uint64_t ids[4096];
};
FIXTURE_SETUP(mnt)
{
	memset(self->ids, 0, sizeof(self->ids));
	if (sys_listmount(NULL, NULL, 0, 0) < 0 && errno == ENOSYS)
		check_skip("not supported: statmount(2) and listmount(2)");
}
NO_TEARDOWN(mnt)

#define IDS_MAX	 4096
#define FIRST_ID ((1ULL << 31) + 1)

/* The unique number of the mount that a path leads to. */
static uint64_t mount_id(const char *path)
{
	struct statx st;

	MUST(statx(AT_FDCWD, path, 0, SYS_STATX_MNT_ID_UNIQUE, &st));
	return st.stx_mnt_id;
}

/* Without a descriptor left that would keep the namespace. */
static uint64_t ns_number(pid_t pid)
{
	int fd = ns_open(pid, "mnt");
	uint64_t id = 0;

	if (ioctl(fd, SYS_NS_GET_MNTNS_ID, &id))
		check_skip("not supported: mount namespaces by number (NS_GET_MNTNS_ID)");
	close(fd);
	return id;
}

static struct sys_mnt_id_req request(uint64_t id, uint64_t param, uint64_t ns)
{
	struct sys_mnt_id_req req = { .id = id, .param = param, .ns_id = ns };

	/* What the first kernels with these calls take. */
	req.size = ns ? sizeof(req) : SYS_MNT_ID_REQ_SIZE_0;
	return req;
}

static ssize_t list(uint64_t *ids, size_t max, uint64_t id, uint64_t after, uint64_t ns,
		    unsigned int flags)
{
	struct sys_mnt_id_req req = request(id, after, ns);

	return sys_listmount(&req, ids, max, flags);
}

static int stat_mount(struct sys_statmount *st, uint64_t id, uint64_t mask, uint64_t ns)
{
	struct sys_mnt_id_req req = request(id, mask, ns);

	memset(st, 0, sizeof(*st));
	return sys_statmount(&req, st, 0);
}

static bool contains(const uint64_t *ids, ssize_t n, uint64_t id)
{
	for (ssize_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* All below the root of the caller, checked to be in order. */
static ssize_t list_all(uint64_t *ids)
{
	ssize_t n = ASSERT_OK(list(ids, IDS_MAX, SYS_LSMT_ROOT, 0, 0, 0));

	for (ssize_t i = 1; i < n; i++)
		EXPECT_LT(ids[i - 1], ids[i]);
	return n;
}

TEST_F(mnt, listmount_own)
{
	char *top = mount_tmpfs(), *deep = text_format("%s/deep", top);
	uint64_t reverse[IDS_MAX];
	ssize_t n;

	MUST(mkdir(deep, 0755));
	mount_make("tmpfs", deep, "tmpfs", 0, NULL);
	n = list_all(self->ids);
	EXPECT_EQ(mountinfo_count(0, ""), n);
	EXPECT_TRUE(contains(self->ids, n, mount_id(top)));
	EXPECT_TRUE(contains(self->ids, n, mount_id(deep)));
	EXPECT_TRUE(contains(self->ids, n, mount_id("/proc")));
	EXPECT_TRUE(contains(self->ids, n, mount_id("/")));
	EXPECT_EQ(n, list(reverse, IDS_MAX, SYS_LSMT_ROOT, 0, 0, SYS_LISTMOUNT_REVERSE));
	for (ssize_t i = 0; i < n; i++)
		EXPECT_EQ(self->ids[i], reverse[n - 1 - i]);
	EXPECT_ERRNO(EINVAL, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, 0, 2));
	/* Below one mount. */
	EXPECT_EQ(1, list(self->ids, IDS_MAX, mount_id(top), 0, 0, 0));
	EXPECT_EQ(mount_id(deep), self->ids[0]);
	EXPECT_EQ(0, list(self->ids, IDS_MAX, mount_id(deep), 0, 0, 0));
	uint64_t gone = mount_id(deep);
	MUST(umount(deep));
	EXPECT_EQ(n - 1, list_all(self->ids));
	EXPECT_FALSE(contains(self->ids, n - 1, gone));
	EXPECT_ERRNO(ENOENT, list(self->ids, IDS_MAX, gone, 0, 0, 0));
}

TEST_F(mnt, listmount_pagination)
{
	uint64_t all[IDS_MAX];
	ssize_t n = list_all(all), part, seen;

	for (size_t step = 1; step < 4; step++) {
		uint64_t last = 0;

		seen = 0;
		while ((part = list(self->ids, step, SYS_LSMT_ROOT, last, 0, 0)) > 0) {
			EXPECT_LE(part, step);
			EXPECT_FALSE(memcmp(self->ids, all + seen, part * sizeof(all[0])));
			seen += part;
			last = self->ids[part - 1];
		}
		EXPECT_EQ(0, part);
		EXPECT_EQ(n, seen);
	}
	/* Backwards, from the last one named. */
	EXPECT_EQ(1, list(self->ids, 1, SYS_LSMT_ROOT, all[n - 1], 0, SYS_LISTMOUNT_REVERSE));
	EXPECT_EQ(all[n - 2], self->ids[0]);
	EXPECT_EQ(0, list(self->ids, 1, SYS_LSMT_ROOT, all[0], 0, SYS_LISTMOUNT_REVERSE) > 0 &&
			     self->ids[0] >= all[0]);
	EXPECT_ERRNO(EINVAL, list(self->ids, 1, SYS_LSMT_ROOT, 1, 0, 0));
	EXPECT_ERRNO(EINVAL, list(self->ids, 1, SYS_LSMT_ROOT, FIRST_ID - 1, 0, 0));
	EXPECT_EQ(1, list(self->ids, 1, SYS_LSMT_ROOT, FIRST_ID, 0, 0));
	EXPECT_EQ(0, list(self->ids, 0, SYS_LSMT_ROOT, 0, 0, 0));
	EXPECT_ERRNO(EOVERFLOW, list(self->ids, 1000001, SYS_LSMT_ROOT, 0, 0, 0));
	EXPECT_ERRNO(EFAULT, list((uint64_t *)8, 1, SYS_LSMT_ROOT, 0, 0, 0));
}

/* Another namespace, with a mount of its own; the mount's number. */
static uint64_t start_other(struct child *c, char *dir, uint64_t flags)
{
	CHILD (c, .flags = CLONE_NEWNS | flags) {
		mount_make("tmpfs", dir, "tmpfs", MS_NOEXEC, NULL);
		child_send(c, mount_id(dir));
		child_sleep();
	}
	return child_recv(c);
}

TEST_F(mnt, listmount_other_ns)
{
	char *dir = temp_dir();
	struct child c;
	uint64_t id = start_other(&c, dir, 0), ns = ns_number(c.pid);
	ssize_t n = ASSERT_OK(list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, ns, 0));

	EXPECT_TRUE(contains(self->ids, n, id));
	EXPECT_FALSE(contains(self->ids, n, mount_id("/proc")));
	n = list_all(self->ids);
	EXPECT_FALSE(contains(self->ids, n, id));
	EXPECT_EQ(n, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, ns_number(0), 0));
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(ENOENT, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, ns, 0));
		EXPECT_EQ(n, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, ns_number(0), 0));
	}
	IN_CHILD (.flags = CLONE_NEWUSER)
		EXPECT_ERRNO(ENOENT, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, ns, 0));
	EXPECT_ERRNO(ENOENT, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, UINT64_MAX, 0));
	child_kill(&c);
	EXPECT_SOON(list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, ns, 0) < 0 && errno == ENOENT);
}

/* ENOENT it was at first, EPERM where listing is strict, and in between in stable kernels. */
static void expect_refused(uint64_t id, uint64_t ns)
{
	struct sys_statmount st;

	if (ns_have_strict_view() || stat_mount(&st, id, SYS_STATMOUNT_MNT_BASIC, ns) >= 0 ||
	    errno != ENOENT)
		EXPECT_ERRNO(EPERM, stat_mount(&st, id, SYS_STATMOUNT_MNT_BASIC, ns));
}

TEST_F(mnt, statmount_other_ns)
{
	char *dir = temp_dir();
	const uint64_t mask = SYS_STATMOUNT_MNT_BASIC | SYS_STATMOUNT_MNT_NS_ID |
			      SYS_STATMOUNT_MNT_POINT | SYS_STATMOUNT_FS_TYPE;
	struct sys_statmount st;
	struct child c;
	uint64_t id = start_other(&c, dir, 0), ns = ns_number(c.pid);

	EXPECT_OK(stat_mount(&st, id, mask, ns));
	EXPECT_EQ(mask, st.mask & mask);
	EXPECT_EQ(id, st.mnt_id);
	EXPECT_EQ(ns, st.mnt_ns_id);
	EXPECT_EQ(mountinfo_of(c.pid, dir).id, st.mnt_id_old);
	EXPECT_EQ(mountinfo_of(c.pid, dir).parent, st.mnt_parent_id_old);
	EXPECT_EQ(MOUNT_ATTR_NOEXEC, st.mnt_attr & MOUNT_ATTR_NOEXEC);
	EXPECT_STREQ(dir, st.str + st.mnt_point);
	EXPECT_STREQ("tmpfs", st.str + st.fs_type);
	/* In the wrong namespace, and where there is none. */
	EXPECT_ERRNO(ENOENT, stat_mount(&st, id, mask, 0));
	EXPECT_ERRNO(ENOENT, stat_mount(&st, mount_id("/proc"), mask, ns));
	EXPECT_ERRNO(ENOENT, stat_mount(&st, UINT64_MAX - 1, mask, ns));
	EXPECT_ERRNO(ENOENT, stat_mount(&st, id, mask, UINT64_MAX));
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		expect_refused(id, ns);
		EXPECT_OK(stat_mount(&st, mount_id("/proc"), mask, ns_number(0)));
	}
	IN_CHILD (.flags = CLONE_NEWUSER)
		expect_refused(id, ns);
	child_kill(&c);
	EXPECT_SOON(stat_mount(&st, id, mask, ns) < 0 && errno == ENOENT);
}

static int stat_by_ns_fd(struct sys_statmount *st, uint64_t id, int fd, uint64_t ns)
{
	struct sys_mnt_id_req req = request(id, SYS_STATMOUNT_MNT_BASIC, ns);

	req.size = sizeof(req);
	req.fd = fd;
	return sys_statmount(&req, st, 0);
}

TEST_F(mnt, statmount_ns_fd)
{
	char *dir = temp_dir();
	struct sys_statmount st;
	struct child c;
	uint64_t id = start_other(&c, dir, 0);
	int fd = ns_open(c.pid, "mnt");

	/* The field was to be zero before. */
	if (stat_by_ns_fd(&st, mount_id("/proc"), ns_open(0, "mnt"), 0) && errno == EINVAL)
		check_skip("not supported: mnt_ns_fd in requests of statmount(2)");
	EXPECT_OK(stat_by_ns_fd(&st, id, fd, 0));
	EXPECT_EQ(id, st.mnt_id);
	EXPECT_ERRNO(ENOENT, stat_by_ns_fd(&st, mount_id("/proc"), fd, 0));
	EXPECT_ERRNO(EBADF, stat_by_ns_fd(&st, id, 9999, 0));
	EXPECT_ERRNO(EINVAL, stat_by_ns_fd(&st, id, ns_open(c.pid, "uts"), 0));
	EXPECT_ERRNO(EINVAL, stat_by_ns_fd(&st, id, MUST(open("/proc", O_RDONLY)), 0));
	EXPECT_ERRNO(EINVAL, stat_by_ns_fd(&st, id, fd, ns_number(c.pid)));
	child_kill(&c);
	/* The descriptor alone keeps it. */
	EXPECT_OK(stat_by_ns_fd(&st, id, fd, 0));
}

TEST_F(mnt, statmount_unreachable_eperm)
{
	char *root = mount_tmpfs(), *inside = text_format("%s/inside", root),
	     *outside = mount_tmpfs();
	struct sys_statmount st;

	MUST(mkdir(inside, 0755));
	mount_make("tmpfs", inside, "tmpfs", 0, NULL);
	uint64_t in = mount_id(inside), out = mount_id(outside);

	for (int privileged = 0; privileged < 2; privileged++)
		IN_CHILD () {
			MUST(chroot(root));
			MUST(chdir("/"));
			if (!privileged)
				cred_drop(CAP_SYS_ADMIN);
			EXPECT_OK(stat_mount(&st, in, SYS_STATMOUNT_MNT_BASIC, 0));
			EXPECT_EQ(2, list(self->ids, IDS_MAX, SYS_LSMT_ROOT, 0, 0, 0));
			EXPECT_EQ(in, self->ids[1]);
			if (privileged) {
				EXPECT_OK(stat_mount(&st, out, SYS_STATMOUNT_MNT_BASIC, 0));
				EXPECT_EQ(0, list(self->ids, IDS_MAX, out, 0, 0, 0));
				continue;
			}
			EXPECT_ERRNO(EPERM, stat_mount(&st, out, SYS_STATMOUNT_MNT_BASIC, 0));
			EXPECT_ERRNO(EPERM, list(self->ids, IDS_MAX, out, 0, 0, 0));
		}
}

TEST_F(mnt, statmount_ns_id_field)
{
	struct sys_statmount st;
	uint64_t own = ns_number(0), unique;

	EXPECT_OK(stat_mount(&st, mount_id("/proc"), SYS_STATMOUNT_MNT_NS_ID, 0));
	EXPECT_EQ(SYS_STATMOUNT_MNT_NS_ID, st.mask);
	EXPECT_EQ(own, st.mnt_ns_id);
	if (!ioctl(ns_open(0, "mnt"), SYS_NS_GET_ID, &unique))
		EXPECT_EQ(unique, st.mnt_ns_id);
	IN_CHILD (.flags = CLONE_NEWNS) {
		EXPECT_OK(stat_mount(&st, mount_id("/proc"), SYS_STATMOUNT_MNT_NS_ID, 0));
		EXPECT_EQ(ns_number(0), st.mnt_ns_id);
		EXPECT_NE(own, st.mnt_ns_id);
	}
}

/* The fields say what the tags do. */
static void expect_agreement(const char *point, uint64_t propagation)
{
	struct mountinfo m = mountinfo_of(0, point);
	struct sys_statmount st;

	EXPECT_OK(stat_mount(&st, mount_id(point),
			     SYS_STATMOUNT_MNT_BASIC | SYS_STATMOUNT_PROPAGATE_FROM, 0));
	EXPECT_EQ(m.id, st.mnt_id_old);
	EXPECT_EQ(m.parent, st.mnt_parent_id_old);
	EXPECT_EQ(propagation, st.mnt_propagation);
	EXPECT_EQ(m.shared, st.mnt_peer_group);
	EXPECT_EQ(m.master, st.mnt_master);
	/* No tag names the master twice; here it is the nearest group. */
	EXPECT_EQ(m.from ?: m.master, st.propagate_from);
}

TEST_F(mnt, statmount_propagation_fields)
{
	char *root = mount_tmpfs(), *end = text_format("%s/end", root),
	     *first = text_format("%s/first", root);
	char *middle = temp_dir(), *proc = text_format("%s/proc", root);

	MUST(mkdir(end, 0755));
	MUST(mkdir(first, 0755));
	MUST(mkdir(proc, 0755));
	mount_make("/proc", proc, NULL, MS_BIND | MS_REC, NULL);
	mount_make("tmpfs", first, "tmpfs", 0, NULL);
	expect_agreement(first, MS_PRIVATE);
	mount_make(NULL, first, NULL, MS_UNBINDABLE, NULL);
	expect_agreement(first, MS_UNBINDABLE);
	mount_make(NULL, first, NULL, MS_SHARED, NULL);
	expect_agreement(first, MS_SHARED);
	mount_make(first, middle, NULL, MS_BIND, NULL);
	mount_make(NULL, middle, NULL, MS_SLAVE, NULL);
	expect_agreement(middle, MS_SLAVE);
	mount_make(NULL, middle, NULL, MS_SHARED, NULL);
	expect_agreement(middle, MS_SHARED | MS_SLAVE);
	mount_make(middle, end, NULL, MS_BIND, NULL);
	mount_make(NULL, end, NULL, MS_SLAVE, NULL);
	expect_agreement(end, MS_SLAVE);
	/* With the middle out of sight. */
	int group = mountinfo_of(0, first).shared;
	IN_CHILD () {
		MUST(chroot(root));
		MUST(chdir("/"));
		EXPECT_EQ(group, mountinfo_of(0, "/end").from);
		expect_agreement("/end", MS_SLAVE);
	}
}

static int stat_by_fd(struct sys_statmount *st, int fd, uint64_t mask)
{
	struct sys_mnt_id_req req = { .size = sizeof(req), .fd = fd, .param = mask };

	memset(st, 0, sizeof(*st));
	return sys_statmount(&req, st, SYS_STATMOUNT_BY_FD);
}

TEST_F(mnt, statmount_by_fd)
{
	const uint64_t all = SYS_STATMOUNT_MNT_BASIC | SYS_STATMOUNT_MNT_POINT |
			     SYS_STATMOUNT_MNT_NS_ID | SYS_STATMOUNT_FS_TYPE;
	const uint64_t less = SYS_STATMOUNT_MNT_BASIC | SYS_STATMOUNT_FS_TYPE;
	char *dir = temp_dir(), *own = mount_tmpfs();
	struct sys_statmount st;
	struct child c;
	uint64_t id = start_other(&c, dir, 0);
	int fd = MUST(open(own, O_RDONLY)), path = MUST(open(own, O_PATH)), far;

	if (stat_by_fd(&st, fd, all) && errno == EINVAL)
		check_skip("not supported: STATMOUNT_BY_FD");
	for (int i = 0; i < 2; i++) {
		EXPECT_OK(stat_by_fd(&st, i ? path : fd, all));
		EXPECT_EQ(all, st.mask);
		EXPECT_EQ(mount_id(own), st.mnt_id);
		EXPECT_STREQ(own, st.str + st.mnt_point);
		EXPECT_EQ(ns_number(0), st.mnt_ns_id);
	}
	far = MUST(open(text_format("/proc/%d/root%s", c.pid, dir), O_PATH));
	EXPECT_OK(stat_by_fd(&st, far, all));
	EXPECT_EQ(id, st.mnt_id);
	EXPECT_EQ(ns_number(c.pid), st.mnt_ns_id);
	uint64_t gone = mount_id(own);
	MUST(umount2(own, MNT_DETACH));
	EXPECT_OK(stat_by_fd(&st, fd, all));
	EXPECT_EQ(less, st.mask);
	EXPECT_EQ(gone, st.mnt_id);
	EXPECT_STREQ("tmpfs", st.str + st.fs_type);
	close(path);
	EXPECT_ERRNO(EBADF, stat_by_fd(&st, path, all));
	struct sys_mnt_id_req both = { .size = sizeof(both), .fd = far, .id = id, .param = all };
	EXPECT_ERRNO(EINVAL, sys_statmount(&both, &st, SYS_STATMOUNT_BY_FD));
	child_kill(&c);
}

SUITE_MAIN()
