// SPDX-License-Identifier: GPL-2.0-only
/* Mount namespaces one by one, and word of what is mounted in them. */
#include "suite.h"

#include <sys/fanotify.h>
#include <sys/ioctl.h>

AREA(mnt);

/* The size that a request is made with is in its number. */
#define GET_INFO_OF(bytes) _IOC(_IOC_READ, 0xb7, 10, bytes)
#define GET_NEXT_OF(bytes) _IOC(_IOC_READ, 0xb7, 11, bytes)

static void need_info(void)
{
	struct sys_mnt_ns_info info;

	if (ioctl(ns_open(0, "mnt"), SYS_NS_MNT_GET_INFO, &info) && errno == ENOTTY)
		check_skip("not supported: NS_MNT_GET_INFO");
}

TEST_F(mnt, info_ioctl)
{
	struct sys_mnt_ns_info info[2];
	int own = ns_open(0, "mnt");
	uint64_t id = 0;

	need_info();
	memset(info, 0xee, sizeof(info));
	EXPECT_OK(ioctl(own, SYS_NS_MNT_GET_INFO, info));
	EXPECT_EQ(16, info[0].size);
	EXPECT_EQ(0xeeeeeeee, info[1].size); /* and no more */
	MUST(ioctl(own, SYS_NS_GET_MNTNS_ID, &id));
	EXPECT_EQ(id, info[0].mnt_ns_id);
	uint32_t before = info[0].nr_mounts;
	char *dir = mount_tmpfs(), *second = temp_dir();
	mount_make(dir, second, NULL, MS_BIND, NULL);
	EXPECT_OK(ioctl(own, SYS_NS_MNT_GET_INFO, info));
	EXPECT_EQ(before + 2, info[0].nr_mounts);
	IN_CHILD (.flags = CLONE_NEWNS) {
		MUST(umount(second));
		EXPECT_OK(ioctl(ns_open(0, "mnt"), SYS_NS_MNT_GET_INFO, info));
		EXPECT_EQ(before + 1, info[0].nr_mounts);
		EXPECT_NE(id, info[0].mnt_ns_id);
	}
	EXPECT_OK(ioctl(own, SYS_NS_MNT_GET_INFO, info));
	EXPECT_EQ(before + 2, info[0].nr_mounts);
	MUST(umount(second));
	EXPECT_OK(ioctl(own, SYS_NS_MNT_GET_INFO, info));
	EXPECT_EQ(before + 1, info[0].nr_mounts);
	/* A longer structure is filled as far as it is known. */
	EXPECT_OK(ioctl(own, GET_INFO_OF(32), info));
	EXPECT_EQ(16, info[0].size);
	EXPECT_ERRNO(EINVAL, ioctl(own, SYS_NS_MNT_GET_INFO, NULL));
	EXPECT_ERRNO(EFAULT, ioctl(own, SYS_NS_MNT_GET_INFO, 8L));
	EXPECT_EQ(-1, ioctl(own, GET_INFO_OF(8), info));
	FOR_EACH_NS (t)
		if (t->flag != CLONE_NEWNS &&
		    !access(text_format("/proc/self/ns/%s", t->name), F_OK))
			EXPECT_ERRNO(EINVAL, ioctl(ns_open(0, t->name), SYS_NS_MNT_GET_INFO, info));
}

/* Does the way on from there and back again end there? */
static bool is_inverse(int fd)
{
	struct sys_mnt_ns_info info;
	int next = ioctl(fd, SYS_NS_MNT_GET_NEXT, &info), back;

	if (next < 0)
		return errno == ENOENT;
	back = ioctl(next, SYS_NS_MNT_GET_PREV, &info);
	bool same = back >= 0 && ns_fd_id(back) == ns_fd_id(fd);
	close(next);
	close(back);
	return same;
}

/* From one end to the other, in the direction; is the namespace on the way? */
static bool passes(int from, unsigned long step, uint64_t want)
{
	struct sys_mnt_ns_info info;
	uint64_t last = 0;
	bool up = step == SYS_NS_MNT_GET_NEXT, found = false;
	int fd = dup(from), next;

	MUST(ioctl(fd, SYS_NS_GET_MNTNS_ID, &last));
	while ((next = ioctl(fd, step, &info)) >= 0) {
		EXPECT_TRUE(up ? info.mnt_ns_id > last : info.mnt_ns_id < last);
		last = info.mnt_ns_id;
		found |= last == want;
		close(fd);
		fd = next;
	}
	EXPECT_EQ(ENOENT, errno);
	close(fd);
	return found;
}

TEST_F(mnt, next_prev_ioctl)
{
	struct sys_mnt_ns_info info;
	struct child c[2];
	int fd[2], next;
	uint64_t id[2];

	need_info();
	need_all_ns_seen();
	for (int i = 0; i < 2; i++) {
		ns_start_member(&c[i], NS_MNT, 0);
		fd[i] = ns_open(c[i].pid, "mnt");
		MUST(ioctl(fd[i], SYS_NS_GET_MNTNS_ID, &id[i]));
	}
	int low = id[0] < id[1] ? 0 : 1;
	EXPECT_TRUE(passes(fd[low], SYS_NS_MNT_GET_NEXT, id[!low]));
	EXPECT_FALSE(passes(fd[!low], SYS_NS_MNT_GET_NEXT, id[low]));
	EXPECT_TRUE(passes(fd[!low], SYS_NS_MNT_GET_PREV, id[low]));
	EXPECT_FALSE(passes(fd[low], SYS_NS_MNT_GET_PREV, id[!low]));
	/* Others come and go meanwhile. */
	EXPECT_SOON(is_inverse(fd[0]));
	EXPECT_SOON(is_inverse(fd[1]));
	next = ioctl(fd[low], SYS_NS_MNT_GET_NEXT, &info);
	ASSERT_LE(0, next);
	EXPECT_EQ(FD_CLOEXEC, fcntl(next, F_GETFD));
	EXPECT_EQ(CLONE_NEWNS, ioctl(next, NS_GET_NSTYPE));
	EXPECT_EQ(16, info.size);
	EXPECT_ERRNO(EINVAL, ioctl(ns_open(0, "uts"), SYS_NS_MNT_GET_NEXT, &info));
	for (int i = 0; i < 2; i++)
		child_kill(&c[i]);
}

/* What is there is refused, and not told to be missing either. */
static void expect_next_eperm(int fd)
{
	struct sys_mnt_ns_info info;

	EXPECT_ERRNO(EPERM, ioctl(fd, SYS_NS_MNT_GET_NEXT, &info));
	EXPECT_ERRNO(EPERM, ioctl(fd, SYS_NS_MNT_GET_PREV, &info));
	EXPECT_OK(ioctl(fd, SYS_NS_MNT_GET_INFO, &info));
}

TEST_F(mnt, next_prev_ioctl_eperm)
{
	int own = ns_open(0, "mnt");

	need_info();
	IN_CHILD () {
		struct sys_mnt_ns_info info;

		cred_drop_all();
		/* Stable kernels have the rule earlier, without a sign of it. */
		if (!ns_have_strict_view() &&
		    (ioctl(own, SYS_NS_MNT_GET_PREV, &info) >= 0 || errno != EPERM))
			check_skip("not supported: NS_MNT_GET_NEXT and _PREV for the administrator "
				   "only");
		expect_next_eperm(own);
	}
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS) {
		expect_next_eperm(own);
		expect_next_eperm(ns_open(0, "mnt"));
	}
	IN_CHILD (.flags = CLONE_NEWPID)
		expect_next_eperm(own);
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		expect_next_eperm(own);
	}
}

#define REPORT_MNT    0x00004000 /* FAN_REPORT_MNT, 6.14 */
#define MARK_MNTNS    0x00000110
#define MNT_ATTACHED  0x01000000
#define MNT_DETACHED  0x02000000
#define INFO_TYPE_MNT 7

struct mount_event {
	struct fanotify_event_metadata head;
	struct fanotify_event_info_header info;
	uint64_t mnt_id;
};

/* All events that have come, as attach and detach counts of one mount. */
static int events_of(int fd, uint64_t mask, uint64_t id)
{
	char buffer[8192] __attribute__((aligned(8)));
	int n = 0;

	while (poll_one(fd, POLLIN, 0)) {
		ssize_t got = MUST(read(fd, buffer, sizeof(buffer)));

		for (char *at = buffer; at < buffer + got;) {
			struct mount_event *e = (struct mount_event *)at;

			EXPECT_EQ(FAN_NOFD, e->head.fd);
			EXPECT_EQ(INFO_TYPE_MNT, e->info.info_type);
			n += e->head.mask == mask && (!id || e->mnt_id == id);
			at += e->head.event_len;
		}
	}
	return n;
}

static uint64_t mount_id(const char *path)
{
	struct statx st;

	MUST(statx(AT_FDCWD, path, 0, SYS_STATX_MNT_ID_UNIQUE, &st));
	return st.stx_mnt_id;
}

static int watch(const char *path, int flags, uint64_t mask)
{
	int fd = MUST(fanotify_init(REPORT_MNT | FAN_CLOEXEC | FAN_NONBLOCK, 0));

	if (fanotify_mark(fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void need_mount_events(void)
{
	int fd = fanotify_init(REPORT_MNT | FAN_CLOEXEC, 0);

	if (fd < 0 && (errno == EINVAL || errno == ENOSYS))
		check_skip("not supported: FAN_REPORT_MNT");
	/* In a user namespace it is another matter of age. */
	if (fd < 0 && errno == EPERM && !cred_is_initial())
		check_skip("not permitted: FAN_REPORT_MNT in a user namespace");
	close(fd);
}

TEST_F(mnt, fanotify_mntns)
{
	const uint64_t both = MNT_ATTACHED | MNT_DETACHED;
	char *dir = temp_dir(), *second = temp_dir();
	struct child c;

	need_mount_events();
	CHILD (&c, .flags = CLONE_NEWNS) {
		child_meet(&c);
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		child_meet(&c);
		child_sleep();
	}
	int own = ASSERT_OK(watch("/proc/self/ns/mnt", MARK_MNTNS, both));
	int other = ASSERT_OK(watch(text_format("/proc/%d/ns/mnt", c.pid), MARK_MNTNS, both));
	int attached = ASSERT_OK(watch("/proc/self/ns/mnt", MARK_MNTNS, MNT_ATTACHED));
	mount_make("tmpfs", dir, "tmpfs", 0, NULL);
	uint64_t id = mount_id(dir);
	EXPECT_EQ(1, events_of(own, MNT_ATTACHED, id));
	EXPECT_EQ(0, events_of(other, MNT_ATTACHED, 0));
	MUST(mount(dir, second, NULL, MS_BIND, NULL));
	EXPECT_EQ(1, events_of(own, MNT_ATTACHED, mount_id(second)));
	MUST(umount(dir));
	EXPECT_EQ(1, events_of(own, MNT_DETACHED, id));
	EXPECT_EQ(2, events_of(attached, MNT_ATTACHED, 0));
	child_meet(&c);
	child_meet(&c);
	EXPECT_EQ(1, events_of(other, MNT_ATTACHED, 0));
	EXPECT_EQ(0, poll_one(own, POLLIN, 0));
	EXPECT_ERRNO(EINVAL, watch("/proc/self/ns/uts", MARK_MNTNS, both));
	EXPECT_ERRNO(EINVAL, watch("/proc/self/status", MARK_MNTNS, both));
	EXPECT_ERRNO(EINVAL, watch("/proc/self/ns/mnt", 0, both));
	EXPECT_ERRNO(EINVAL, watch("/proc/self/ns/mnt", MARK_MNTNS, FAN_OPEN));
	child_kill(&c);
}

SUITE_MAIN()
