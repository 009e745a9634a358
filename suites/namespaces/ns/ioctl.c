// SPDX-License-Identifier: GPL-2.0-only
/* ioctl(2) on namespace files: owner, parent, type and number, for each type. */
#include "suite.h"

#include <sys/ioctl.h>

AREA_OF_TYPES(ns);

#define TYPE	     (&ns_types[variant->type])
#define HIERARCHICAL (variant->type == NS_USER || variant->type == NS_PID)

TEST_F(ns, ioctl_get_userns)
{
	struct child c;

	need_unprivileged_userns();
	ns_start_member(&c, variant->type, CLONE_NEWUSER);
	uint64_t want = ns_id(variant->type == NS_USER ? 0 : c.pid, "user");
	int fd = ns_open(c.pid, TYPE->name);

	for (int i = 0; i < 2; i++) {
		int owner = ASSERT_OK(ioctl(fd, NS_GET_USERNS));

		EXPECT_EQ(want, ns_fd_id(owner));
		EXPECT_EQ(CLONE_NEWUSER, ioctl(owner, NS_GET_NSTYPE));
		EXPECT_EQ(O_RDONLY, fcntl(owner, F_GETFL) & O_ACCMODE);
		EXPECT_EQ(FD_CLOEXEC, fcntl(owner, F_GETFD));
		EXPECT_NE(fd, owner);
		close(owner);
	}
	child_kill(&c);
	EXPECT_OK(ioctl(fd, NS_GET_USERNS));
}

/* Looking out of a user namespace, or over its wall, is looking too far. */
TEST_F(ns, ioctl_get_userns_eperm)
{
	struct child beside;
	int own = ns_open(0, TYPE->name);

	ns_start_member(&beside, variant->type, CLONE_NEWUSER);
	int foreign = ns_open(beside.pid, TYPE->name);

	IN_CHILD (.flags = CLONE_NEWUSER) {
		EXPECT_ERRNO(EPERM, ioctl(own, NS_GET_USERNS));
		if (variant->type == NS_USER)
			EXPECT_ERRNO(EPERM, ioctl(ns_open(0, "user"), NS_GET_USERNS));
		EXPECT_ERRNO(EPERM, ioctl(foreign, NS_GET_USERNS));
		/* Two levels below is still below. */
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWUSER) {
			struct child innermost;

			ns_start_member(&innermost, variant->type, CLONE_NEWUSER);
			child_send_fd(&inner, ns_open(innermost.pid, TYPE->name));
			child_sleep();
		}
		EXPECT_OK(ioctl(child_recv_fd(&inner), NS_GET_USERNS));
		child_kill(&inner);
	}
	child_kill(&beside);
}

TEST_F(ns, ioctl_get_parent_errors)
{
	struct child c;

	ns_start_member(&c, variant->type, 0);
	int own = ns_open(0, TYPE->name), fd = ns_open(c.pid, TYPE->name);

	if (!HIERARCHICAL) {
		EXPECT_ERRNO(EINVAL, ioctl(own, NS_GET_PARENT));
		EXPECT_ERRNO(EINVAL, ioctl(fd, NS_GET_PARENT));
		return;
	}
	int parent = ASSERT_OK(ioctl(fd, NS_GET_PARENT));
	EXPECT_EQ(ns_fd_id(own), ns_fd_id(parent));
	EXPECT_EQ(FD_CLOEXEC, fcntl(parent, F_GETFD));
	/* The initial one has none, and of the own one in a container nobody may know. */
	EXPECT_ERRNO(EPERM, ioctl(own, NS_GET_PARENT));
	EXPECT_ERRNO(EPERM, ioctl(parent, NS_GET_PARENT));
	IN_CHILD (.flags = TYPE->flag) {
		EXPECT_ERRNO(EPERM, ioctl(ns_open(0, TYPE->name), NS_GET_PARENT));
		EXPECT_ERRNO(EPERM, ioctl(fd, NS_GET_PARENT));
	}
}

TEST_F(ns, ioctl_get_nstype)
{
	EXPECT_EQ(TYPE->flag, ioctl(ns_open(0, TYPE->name), NS_GET_NSTYPE));
	EXPECT_EQ(TYPE->flag, ioctl(ns_open(0, TYPE->file), NS_GET_NSTYPE));
}

static uid_t owner_uid(int fd)
{
	uid_t uid = -2;

	EXPECT_OK(ioctl(fd, NS_GET_OWNER_UID, &uid));
	return uid;
}

TEST_F(ns, ioctl_owner_uid)
{
	uid_t uid = 4711;
	struct child c;
	int fd;

	if (variant->type != NS_USER) {
		EXPECT_ERRNO(EINVAL, ioctl(ns_open(0, TYPE->name), NS_GET_OWNER_UID, &uid));
		EXPECT_EQ(4711, uid);
		return;
	}
	ns_start_member(&c, NS_USER, 0);
	fd = ns_open(c.pid, "user");
	EXPECT_EQ(geteuid(), owner_uid(fd));
	EXPECT_ERRNO(EFAULT, ioctl(fd, NS_GET_OWNER_UID, 8L));
	IN_CHILD (.flags = CLONE_NEWUSER, .unmapped = true)
		EXPECT_EQ(file_number("/proc/sys/kernel/overflowuid"), owner_uid(fd));
	if (!cred_is_initial())
		return;
	CHILD (&c) {
		struct child inner;

		/* The effective id decides, and each reader sees it through his own map. */
		MUST(seteuid(OTHER_UID));
		MUST(prctl(PR_SET_DUMPABLE, 1));
		ns_start_member(&inner, NS_USER, 0);
		child_send_fd(&c, ns_open(inner.pid, "user"));
		child_meet(&c);
	}
	fd = child_recv_fd(&c);
	EXPECT_EQ(OTHER_UID, owner_uid(fd));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "0 0 1\n7 64321 1")
		EXPECT_EQ(7, owner_uid(fd));
	IN_CHILD (.flags = CLONE_NEWUSER)
		EXPECT_EQ(file_number("/proc/sys/kernel/overflowuid"), owner_uid(fd));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(ns, ioctl_enotty)
{
	static const unsigned long known[] = {
		NS_GET_USERNS,	  NS_GET_PARENT,       NS_GET_NSTYPE,
		NS_GET_OWNER_UID, SYS_NS_GET_MNTNS_ID, SYS_NS_GET_ID
	};
	int fd = ns_open(0, TYPE->name), file = MUST(open("/proc/self/status", O_RDONLY));
	int dir = MUST(open("/proc/self/ns", O_RDONLY));
	uint64_t room;

	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IO(0xb7, 0x7f), &room));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IO(0xb7, 0), &room));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IO(0xb6, 1), &room));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOW(0xb7, 1, int), &room));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, 0x5401 /* TCGETS */, &room));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		EXPECT_ERRNO(ENOTTY, ioctl(file, known[i], &room));
		EXPECT_ERRNO(ENOTTY, ioctl(dir, known[i], &room));
	}
}

TEST_F(ns, owner_recorded_immutable)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER) {
		struct child member;

		child_send(&c, ns_id(0, "user"));
		ns_start_member(&member, variant->type, 0);
		child_send_fd(&c, ns_open(member.pid, TYPE->name));
		child_meet(&c);
		ns_unshare(CLONE_NEWUSER);
		child_meet(&c);
		child_sleep();
	}
	uint64_t maker = child_recv(&c);
	int fd = child_recv_fd(&c);

	EXPECT_EQ(maker, ns_fd_id(ASSERT_OK(ioctl(fd, NS_GET_USERNS))));
	child_meet(&c);
	child_meet(&c);
	EXPECT_NE(maker, ns_id(c.pid, "user"));
	EXPECT_EQ(maker, ns_fd_id(ASSERT_OK(ioctl(fd, NS_GET_USERNS))));
	/* Nor does it pass to one who joins. */
	if (variant->type != NS_USER)
		IN_CHILD () {
			EXPECT_OK(setns(fd, TYPE->flag));
			EXPECT_EQ(maker, ns_fd_id(ASSERT_OK(ioctl(fd, NS_GET_USERNS))));
		}
	child_kill(&c);
	EXPECT_EQ(maker, ns_fd_id(ASSERT_OK(ioctl(fd, NS_GET_USERNS))));
}

TEST_F(ns, ioctl_get_id)
{
	struct child c;
	int own = ns_open(0, TYPE->name);
	uint64_t id = ns_unique_id(own), ids[2];

	EXPECT_NE(0, id);
	EXPECT_EQ(id, ns_unique_id(ns_open(0, TYPE->file)));
	EXPECT_EQ(id, ns_unique_id(ns_open(getpid(), TYPE->name)));
	FOR_EACH_NS (t)
		if (t != TYPE && !access(text_format("/proc/self/ns/%s", t->name), F_OK))
			EXPECT_NE(id, ns_unique_id(ns_open(0, t->name)));
	need_unprivileged_userns();
	for (int i = 0; i < 2; i++) {
		ns_start_member(&c, variant->type, CLONE_NEWUSER);
		ids[i] = ns_unique_id(ns_open(c.pid, TYPE->name));
		EXPECT_NE(id, ids[i]);
		EXPECT_NE(ids[i],
			  ns_unique_id(ns_open(c.pid, variant->type == NS_USER ? "uts" : "user")));
	}
	EXPECT_NE(ids[0], ids[1]);
	EXPECT_EQ(ids[1], ns_unique_id(ns_open(c.pid, TYPE->name)));
	EXPECT_ERRNO(EFAULT, ioctl(own, SYS_NS_GET_ID, 8L));
	EXPECT_ERRNO(ENOTTY, ioctl(own, _IOR(0xb7, 13, uint32_t), &id));
}

/* Run on the n-th of the CPUs that there are, round and round. */
static void run_on(const cpu_set_t *all, int n)
{
	cpu_set_t one;
	int cpu = -1;

	for (n %= CPU_COUNT(all); n >= 0; n--)
		while (!CPU_ISSET(++cpu, all))
			;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	MUST(sched_setaffinity(0, sizeof(one), &one));
}

/* 6.18 has a store of numbers for each CPU; what came with listns(2) has one for all. */
TEST_F(ns, id_not_reused)
{
	uint64_t last = 0;
	cpu_set_t all;

	MUST(sched_getaffinity(0, sizeof(all), &all));
	for (int i = 0; i < 6; i++) {
		struct child c;
		uint64_t id;

		run_on(&all, ns_have_listns() ? i : 0);
		CHILD (&c, .flags = TYPE->flag)
			child_sleep();
		id = ns_unique_id(ns_open(c.pid, TYPE->name));
		EXPECT_LT(last, id);
		last = id;
		if (i % 2)
			child_kill(&c);
	}
}

TEST_F(ns, init_ids_fixed)
{
	static const uint64_t fixed[NS_COUNT] = {
		[NS_IPC] = 1,	 [NS_UTS] = 2,	[NS_USER] = 3, [NS_PID] = 4,
		[NS_CGROUP] = 5, [NS_TIME] = 6, [NS_NET] = 7,  [NS_MNT] = 8,
	};
	int fd = open(text_format("/proc/2/ns/%s", TYPE->name), O_RDONLY);
	struct stat st;
	uint64_t id;

	/* They came with listns(2). */
	if (!ns_have_listns())
		check_skip("not supported: listns(2), and fixed ids with it");
	/* Ours where a kernel thread may not be looked into: if the inode says it is initial. */
	if (fd < 0)
		fd = ns_open(0, TYPE->name);
	MUST(fstat(fd, &st));
	if (st.st_ino < 0xeffffff0)
		check_skip("not permitted: to see a process in the initial namespace");
	id = ns_unique_id(fd);
	EXPECT_EQ(fixed[variant->type], id);
}

TEST_F(ns, ioctl_mntns_id_only_mnt)
{
	int fd = ns_open(0, TYPE->name), mnt = ns_open(0, "mnt");
	uint64_t id = 0, unique;

	if (ioctl(mnt, SYS_NS_GET_MNTNS_ID, &id) && errno == ENOTTY)
		check_skip("not supported: NS_GET_MNTNS_ID");
	if (variant->type != NS_MNT) {
		EXPECT_ERRNO(EINVAL, ioctl(fd, SYS_NS_GET_MNTNS_ID, &id));
		return;
	}
	EXPECT_OK(ioctl(fd, SYS_NS_GET_MNTNS_ID, &id));
	EXPECT_NE(0, id);
	EXPECT_ERRNO(EFAULT, ioctl(fd, SYS_NS_GET_MNTNS_ID, 8L));
	if (!ioctl(fd, SYS_NS_GET_ID, &unique))
		EXPECT_EQ(unique, id);
}

SUITE_MAIN()
