// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: pidfds, which may be held where their process has no number. */
#include "suite.h"

#include <sys/ioctl.h>

AREA(pid);

/* A pidfd of ours that a child may hold: of a process that it cannot see. */
static int own_pidfd(void)
{
	return MUST(sys_pidfd_open(getpid(), 0));
}

TEST_F(pid, pidfd_open_invisible_esrch)
{
	struct child sibling;
	pid_t outside = getpid();

	if (outside < 10)
		check_skip("not supported: a test with a pid above 10");
	CHILD (&sibling, .flags = CLONE_NEWPID)
		child_sleep();
	IN_CHILD (.flags = CLONE_NEWPID) {
		EXPECT_ERRNO(ESRCH, sys_pidfd_open(outside, 0));
		EXPECT_ERRNO(ESRCH, sys_pidfd_open(sibling.pid, 0));
		EXPECT_ERRNO(ESRCH, sys_pidfd_open(2, 0));
		EXPECT_OK(sys_pidfd_open(1, 0));
		EXPECT_ERRNO(EINVAL, sys_pidfd_open(0, 0));
	}
	EXPECT_OK(sys_pidfd_open(sibling.pid, 0));
	child_kill(&sibling);
}

TEST_F(pid, pidfd_signal_scope)
{
	int outside = own_pidfd();
	struct child sibling, init, member;

	CHILD (&sibling, .flags = CLONE_NEWPID)
		child_sleep();
	CHILD (&init, .flags = CLONE_NEWPID) {
		CHILD (&member) {
			child_send(&init, proc_self("/proc"));
			child_meet(&member);
			child_sleep();
		}
		child_meet(&member);
		/* Neither up nor aside, whatever the signal. */
		EXPECT_ERRNO(EINVAL, sys_pidfd_send_signal(outside, 0, NULL, 0));
		EXPECT_ERRNO(EINVAL, sys_pidfd_send_signal(outside, SIGKILL, NULL, 0));
		EXPECT_ERRNO(EINVAL, sys_pidfd_send_signal(sibling.pidfd, 0, NULL, 0));
		EXPECT_ERRNO(EINVAL, sys_pidfd_send_signal(sibling.pidfd, SIGKILL, NULL, 0));
		int self_fd = own_pidfd();
		EXPECT_OK(sys_pidfd_send_signal(self_fd, SIGKILL, NULL, 0));
		child_meet(&init);
		EXPECT_EQ(SIGKILL, child_reap(&member));
		child_meet(&init);
		child_sleep();
	}
	int inner = MUST(sys_pidfd_open(child_recv_pid(&init), 0));
	child_meet(&init);
	EXPECT_OK(sys_pidfd_send_signal(inner, 0, NULL, 0));
	EXPECT_OK(sys_pidfd_send_signal(inner, SIGKILL, NULL, 0));
	child_meet(&init);
	EXPECT_OK(sys_pidfd_send_signal(init.pidfd, SIGKILL, NULL, 0));
	EXPECT_EQ(SIGKILL, child_reap(&init));
	EXPECT_TRUE(child_alive(&sibling));
	child_kill(&sibling);
}

/* struct pidfd_info of 6.13, which is what every later kernel takes. */
struct info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	uint32_t spare;
};
#define GET_INFO _IOWR(0xFF, 11, struct info)
enum { INFO_PID = 1, INFO_CGROUP = 4, INFO_EXIT = 8 };

static int get_info(int pidfd, uint64_t mask, struct info *info)
{
	memset(info, 0, sizeof(*info));
	info->mask = mask;
	return ioctl(pidfd, GET_INFO, info);
}

static void expect_info(int pidfd, pid_t pid, pid_t ppid)
{
	struct info info;

	EXPECT_OK(get_info(pidfd, INFO_PID, &info));
	EXPECT_EQ(INFO_PID, info.mask & INFO_PID);
	EXPECT_EQ(pid, info.pid);
	EXPECT_EQ(pid, info.tgid);
	EXPECT_EQ(ppid, info.ppid);
}

TEST_F(pid, pidfd_info_scope)
{
	int outside = own_pidfd();
	struct info info;
	struct child sibling, init;

	need_working(!get_info(outside, INFO_PID, &info) || (errno != ENOTTY && errno != EINVAL),
		     SYS_KNOWN_6_15, "PIDFD_GET_INFO");
	CHILD (&sibling, .flags = CLONE_NEWPID)
		child_sleep();
	CHILD (&init, .flags = CLONE_NEWPID) {
		struct child member;

		expect_info(own_pidfd(), 1, 0);
		CHILD (&member) {
			child_send(&init, proc_self("/proc"));
			child_meet(&member);
			child_sleep();
		}
		child_meet(&member);
		expect_info(member.pidfd, 2, 1);
		EXPECT_ERRNO(EREMOTE, get_info(outside, INFO_PID, &info));
		EXPECT_EQ(0, info.pid);
		EXPECT_ERRNO(EREMOTE, get_info(sibling.pidfd, INFO_PID, &info));
		child_meet(&init);
		child_kill(&member);
	}
	pid_t there = child_recv_pid(&init);
	expect_info(init.pidfd, init.pid, getpid());
	if (there == init.pid + 1)
		expect_info(MUST(sys_pidfd_open(there, 0)), there, init.pid);
	child_meet(&init);
	child_wait(&init);
	child_kill(&sibling);
}

/* How it ended, and in which cgroup. */
static void expect_exit(int pidfd, int status, uint64_t cgroup)
{
	struct info info;

	EXPECT_OK(get_info(pidfd, INFO_EXIT | INFO_CGROUP, &info));
	EXPECT_EQ(INFO_EXIT | INFO_CGROUP, info.mask & (INFO_EXIT | INFO_CGROUP));
	EXPECT_EQ(status, (int)info.spare);
	EXPECT_EQ(cgroup, info.cgroupid);
}

/* The status that wait(2) gave, for whoever has kept a descriptor. */
TEST_F(pid, pidfd_info_exit)
{
	struct info info;
	struct child c;

	CHILD (&c) {
		child_meet(&c);
		_exit(42);
	}
	int kept = dup(c.pidfd);
	need_working(!get_info(kept, INFO_EXIT | INFO_CGROUP, &info) ||
			     (errno != ENOTTY && errno != EINVAL),
		     SYS_KNOWN_6_15, "PIDFD_GET_INFO");
	EXPECT_EQ(0, info.mask & INFO_EXIT);
	EXPECT_LT(0, info.cgroupid);
	uint64_t cgroup = info.cgroupid;
	child_send(&c, 0);
	EXPECT_EQ(42 << 8, child_reap(&c));
	expect_exit(kept, 42 << 8, cgroup);
	/* Without the question it is gone like any other. */
	EXPECT_ERRNO(ESRCH, get_info(kept, INFO_PID, &info));

	CHILD (&c)
		child_sleep();
	kept = dup(c.pidfd);
	child_kill(&c);
	expect_exit(kept, SIGKILL, cgroup);
}

static char *fdinfo(const char *proc, int fd, const char *key)
{
	char *text = file_read("%s/self/fdinfo/%d", proc, fd), *value = text_value(text, key);

	if (!value)
		check_setup_failed(HERE, "fdinfo of a pidfd has no %s", key);
	return value;
}

static void expect_fdinfo(const char *proc, int fd, const char *pid, const char *nspid)
{
	EXPECT_STREQ(pid, fdinfo(proc, fd, "Pid"));
	EXPECT_STREQ(nspid, fdinfo(proc, fd, "NSpid"));
}

TEST_F(pid, pidfd_fdinfo)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		char *outer = mount_proc();
		int outside = own_pidfd();
		struct child c;

		expect_fdinfo(outer, outside, "1", "1");
		CHILD (&c, .flags = CLONE_NEWPID) {
			char *proc = mount_proc();
			int fd = own_pidfd();

			expect_fdinfo(proc, fd, "1", "1");
			expect_fdinfo(outer, fd, "2", "2\t1");
			expect_fdinfo(proc, outside, "0", "0");
			child_meet(&c);
		}
		expect_fdinfo(outer, c.pidfd, "2", "2\t1");
		int kept = dup(c.pidfd);
		child_meet(&c);
		child_dead(&c);
		/* A zombie has its number still. */
		expect_fdinfo(outer, kept, "2", "2\t1");
		child_wait(&c);
		expect_fdinfo(outer, kept, "-1", "-1");
	}
}

struct handle {
	struct file_handle head;
	unsigned char more[64];
};

static int open_handle(struct handle *h)
{
	int root = sys_pidfd_open(getpid(), 0);
	int fd = open_by_handle_at(root, &h->head, O_RDONLY);
	int saved = errno;

	close(root);
	errno = saved;
	return fd;
}

static void make_handle(int pidfd, struct handle *h)
{
	int mount_id;

	h->head.handle_bytes = sizeof(h->more);
	need_working(!name_to_handle_at(pidfd, "", &h->head, &mount_id, AT_EMPTY_PATH),
		     SYS_KNOWN_6_15, "file handles of pidfds");
}

TEST_F(pid, pidfs_handle_scope)
{
	struct handle ours, init, member;
	struct child c, sibling;

	make_handle(own_pidfd(), &ours);
	CHILD (&sibling, .flags = CLONE_NEWPID)
		child_sleep();
	make_handle(sibling.pidfd, &init);
	CHILD (&c, .flags = CLONE_NEWPID) {
		struct child inner;

		EXPECT_ERRNO(ESTALE, open_handle(&ours));
		EXPECT_ERRNO(ESTALE, open_handle(&init));
		CHILD (&inner, .flags = CLONE_NEWPID)
			child_sleep();
		make_handle(inner.pidfd, &member);
		EXPECT_OK(open_handle(&member));
		child_kill(&inner);
		EXPECT_ERRNO(ESTALE, open_handle(&member));
	}
	EXPECT_OK(open_handle(&ours));
	EXPECT_OK(open_handle(&init));
	child_wait(&c);
	child_kill(&sibling);
	EXPECT_ERRNO(ESTALE, open_handle(&init));
}

SUITE_MAIN()
