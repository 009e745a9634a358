// SPDX-License-Identifier: GPL-2.0-only
/* IPC namespaces: POSIX message queues, and the file system that shows them. */
#include "ipc.h"

#include <mqueue.h>
#include <sys/resource.h>

AREA(ipc);

static mqd_t try_queue(const char *name, int flags)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };

	return mq_open(name, flags | O_RDWR | O_NONBLOCK, 0600, &attr);
}

static mqd_t make_queue(const char *name)
{
	mqd_t q = try_queue(name, O_CREAT | O_EXCL);

	if (q == (mqd_t)-1 && errno == ENOSYS)
		check_skip("not supported: POSIX message queues (CONFIG_POSIX_MQUEUE)");
	return MUST(q);
}

TEST_F(ipc, mq_isolation)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		mqd_t outer = make_queue("/a");
		char text[8];
		struct child c;

		CHILD (&c, .flags = CLONE_NEWIPC) {
			EXPECT_ERRNO(ENOENT, try_queue("/a", 0));
			EXPECT_ERRNO(ENOENT, mq_unlink("/a"));
			mqd_t inner = ASSERT_OK(try_queue("/a", O_CREAT | O_EXCL));
			EXPECT_OK(mq_send(inner, "inner", 5, 0));
			EXPECT_OK(try_queue("/b", O_CREAT | O_EXCL));
			child_meet(&c);
			child_meet(&c);
			EXPECT_EQ(5, mq_receive(inner, text, 8, NULL));
		}
		child_meet(&c);
		EXPECT_ERRNO(EAGAIN, mq_receive(outer, text, 8, NULL));
		EXPECT_ERRNO(ENOENT, try_queue("/b", 0));
		EXPECT_OK(mq_unlink("/a"));
		child_meet(&c);
		child_wait(&c);
	}
}

TEST_F(ipc, mq_fd_survives_move)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		struct child other;
		mqd_t q = make_queue("/a");

		CHILD (&other, .flags = CLONE_NEWIPC)
			child_sleep();
		for (int by_setns = 0; by_setns < 2; by_setns++) {
			char text[8] = "";

			IN_CHILD () {
				EXPECT_OK(by_setns ? setns(other.pidfd, CLONE_NEWIPC)
						   : unshare(CLONE_NEWIPC));
				EXPECT_OK(mq_send(q, "moved", 5, 0));
				EXPECT_ERRNO(ENOENT, try_queue("/a", 0));
			}
			EXPECT_EQ(5, mq_receive(q, text, 8, NULL));
			EXPECT_STREQ("moved", text);
		}
		child_kill(&other);
		/* And when its namespace is gone. */
		MUST(unshare(CLONE_NEWIPC));
		EXPECT_OK(mq_send(q, "x", 1, 0));
		EXPECT_EQ(1, mq_receive(q, (char[8]) { 0 }, 8, NULL));
	}
}

static char *mount_queues(void)
{
	char *dir = temp_dir();

	mount_make("mqueue", dir, "mqueue", 0, NULL);
	return dir;
}

static bool has(const char *dir, const char *name)
{
	return !access(text_format("%s/%s", dir, name), F_OK);
}

/* Two mounts of one namespace: one file system, which also makes and removes queues. */
static void expect_same_files(const char *first, const char *second)
{
	struct stat a, b;

	MUST(stat(first, &a));
	MUST(stat(second, &b));
	EXPECT_EQ(a.st_dev, b.st_dev);
	close(ASSERT_OK(open(text_format("%s/made", first), O_CREAT | O_RDWR, 0600)));
	EXPECT_TRUE(has(second, "made"));
	EXPECT_OK(try_queue("/made", 0));
	EXPECT_OK(unlink(text_format("%s/made", second)));
	EXPECT_ERRNO(ENOENT, try_queue("/made", 0));
}

TEST_F(ipc, mq_mount_view)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		char *dir = temp_dir();
		struct child c;

		make_queue("/outer");
		char *first = mount_queues();
		EXPECT_TRUE(has(first, "outer"));
		CHILD (&c, .flags = CLONE_NEWIPC) {
			make_queue("/inner");
			mount_make("mqueue", dir, "mqueue", 0, NULL);
			expect_same_files(dir, mount_queues());
			EXPECT_TRUE(has(dir, "inner"));
			EXPECT_FALSE(has(dir, "outer"));
			child_meet(&c);
			child_meet(&c);
		}
		child_meet(&c);
		/* Whoever looks. */
		EXPECT_TRUE(has(dir, "inner"));
		EXPECT_FALSE(has(dir, "outer"));
		EXPECT_TRUE(has(first, "outer"));
		EXPECT_FALSE(has(first, "inner"));
		child_meet(&c);
		child_wait(&c);
	}
}

static const struct {
	const char *name, *standard, *other;
} knobs[] = {
	{ "fs/mqueue/queues_max", "256", "5" },		{ "fs/mqueue/msg_max", "10", "6" },
	{ "fs/mqueue/msgsize_max", "8192", "4096" },	{ "fs/mqueue/msg_default", "10", "3" },
	{ "fs/mqueue/msgsize_default", "8192", "256" },
};
#define KNOBS (int)(sizeof(knobs) / sizeof(knobs[0]))

static void expect_knobs(bool standard)
{
	for (int i = 0; i < KNOBS; i++)
		EXPECT_STREQ(standard ? knobs[i].standard : knobs[i].other,
			     file_read("/proc/sys/%s", knobs[i].name));
}

static mqd_t try_sizes(const char *name, long messages, long size)
{
	struct mq_attr attr = { .mq_maxmsg = messages, .mq_msgsize = size };

	return mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
}

TEST_F(ipc, mq_sysctl)
{
	need_file("/proc/sys/fs/mqueue/queues_max", "POSIX message queues");
	IN_CHILD (.flags = CLONE_NEWIPC) {
		struct mq_attr attr;

		expect_knobs(true);
		for (int i = 0; i < KNOBS; i++)
			ipc_sysctl(knobs[i].name, knobs[i].other);
		expect_knobs(false);
		IN_CHILD (.flags = CLONE_NEWIPC) {
			expect_knobs(true);
			cred_drop(CAP_SYS_RESOURCE);
			EXPECT_OK(try_sizes("/a", 7, 8));
		}
		expect_knobs(false);
		/* What a queue gets that asks for nothing. */
		mqd_t q = ASSERT_OK(mq_open("/b", O_CREAT | O_RDWR, 0600, NULL));
		MUST(mq_getattr(q, &attr));
		EXPECT_EQ(3, attr.mq_maxmsg);
		EXPECT_EQ(256, attr.mq_msgsize);
		cred_drop(CAP_SYS_RESOURCE);
		EXPECT_ERRNO(EINVAL, try_sizes("/c", 7, 8));
		EXPECT_ERRNO(EINVAL, try_sizes("/c", 6, 4097));
		EXPECT_OK(try_sizes("/c", 6, 4096));
	}
}

/* As many as the default allows, so that nobody has to be able to change it. */
static void expect_full(void)
{
	for (int i = 0; i < 256; i++) {
		mqd_t q = try_queue(text_format("/q%d", i), O_CREAT | O_EXCL);

		if (q == (mqd_t)-1)
			check_setup_failed(HERE, "queue %d of 256: %s", i, errno_name(errno));
		mq_close(q);
	}
	EXPECT_ERRNO(ENOSPC, try_queue("/more", O_CREAT | O_EXCL));
	EXPECT_OK(try_queue("/q0", O_CREAT));
	IN_CHILD (.flags = CLONE_NEWIPC)
		EXPECT_OK(try_queue("/more", O_CREAT | O_EXCL));
	EXPECT_OK(mq_unlink("/q7"));
	EXPECT_OK(try_queue("/more", O_CREAT | O_EXCL));
	EXPECT_ERRNO(ENOSPC, try_queue("/q7", O_CREAT | O_EXCL));
}

TEST_F(ipc, mq_queues_max_enospc)
{
	IN_CHILD (.flags = CLONE_NEWIPC)
		make_queue("/probe");
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWIPC)
		expect_full();
	if (!cred_is_initial())
		return;
	IN_CHILD (.flags = CLONE_NEWIPC) {
		IN_CHILD () {
			cred_drop(CAP_SYS_RESOURCE);
			expect_full();
		}
		/* With the global right there is no limit. */
		if (cred_has(CAP_SYS_RESOURCE))
			EXPECT_OK(try_queue("/beyond", O_CREAT | O_EXCL));
	}
}

TEST_F(ipc, mq_dead_ns_eacces)
{
	char *dir = temp_dir(), *name = text_format("%s/b", dir);
	struct child c;
	int fd;

	CHILD (&c, .flags = CLONE_NEWIPC) {
		make_queue("/a");
		mount_make("mqueue", dir, "mqueue", 0, NULL);
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	/* As long as it lives others may make some as well. */
	close(ASSERT_OK(open(name, O_CREAT | O_EXCL | O_RDWR, 0600)));
	MUST(unlink(name));
	child_meet(&c);
	child_wait(&c);
	EXPECT_SOON((fd = open(name, O_CREAT | O_RDWR, 0600)) < 0 || (close(fd), unlink(name)));
	EXPECT_ERRNO(EACCES, open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
}

SUITE_MAIN()
