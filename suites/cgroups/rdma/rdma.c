// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rdma controller: contexts (handles) and objects of RDMA devices, on one
 * that soft RoCE makes of an Ethernet device of our own.
 */
#include "suite.h"

#include <dirent.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_netlink.h>

#define NETDEV "bulkhead-eth"
#define DEVICE "bulkhead-rxe"

FIXTURE(rdma)
{
	struct cgroup p, a, b; /* a and b below p, all with the controller */
	bool made;
};

static int talk(int command, int attr, const char *name, uint32_t index)
{
	struct net_msg m;
	int fd = net_socket(NETLINK_RDMA), ret, e;

	net_begin(&m, RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command), 0, 0);
	if (name) {
		net_put_text(&m, RDMA_NLDEV_ATTR_DEV_NAME, name);
		net_put_text(&m, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
		net_put_text(&m, attr, NETDEV);
	} else {
		net_put_u32(&m, attr, index);
	}
	ret = net_talk_on(fd, &m);
	e = errno;
	close(fd);
	errno = e;
	return ret;
}

static void find_index(const struct nlmsghdr *m, void *index)
{
	const struct nlattr *name = net_attr(m, 0, RDMA_NLDEV_ATTR_DEV_NAME);

	if (name && !strcmp((const char *)name + NLA_HDRLEN, DEVICE))
		*(int64_t *)index = net_attr_int(m, 0, RDMA_NLDEV_ATTR_DEV_INDEX);
}

static void remove_device(void)
{
	struct net_msg m;
	int64_t index = -1;
	int fd = net_socket(NETLINK_RDMA);

	net_begin(&m, RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET), 0, 0);
	net_dump_on(fd, &m, find_index, &index);
	close(fd);
	if (index >= 0)
		talk(RDMA_NLDEV_CMD_DELLINK, RDMA_NLDEV_ATTR_DEV_INDEX, NULL, index);
	net_try_del(NETDEV);
}

FIXTURE_SETUP(rdma)
{
	need_controller("rdma");
	self->p = cgroup_make("p");
	cgroup_enable(&self->p, "rdma");
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
}
FIXTURE_TEARDOWN(rdma)
{
	if (self->made)
		remove_device();
}

/* An RDMA device belongs to the machine. */
static void make_device(bool *made)
{
	need_disposable();
	remove_device(); /* what a failed test has left */
	*made = true;
	net_add(NETDEV, NULL);
	net_up(NETDEV);
	if (talk(RDMA_NLDEV_CMD_NEWLINK, RDMA_NLDEV_ATTR_NDEV_NAME, DEVICE, 0))
		check_setup_failed(HERE, "an RDMA device on %s: %s", NETDEV, errno_name(errno));
}

/* The file of its contexts; malloc'ed. */
static char *verbs_file(void)
{
	struct dirent *e;
	char *found = NULL;
	DIR *dir = opendir("/sys/class/infiniband_verbs");

	while (dir && !found && (e = readdir(dir))) {
		char path[512], name[64];

		snprintf(path, sizeof(path), "/sys/class/infiniband_verbs/%s/ibdev", e->d_name);
		if (file_try_read(path, name, sizeof(name)) > 0 &&
		    !strncmp(name, DEVICE, strlen(DEVICE)))
			found = text_format("/dev/infiniband/%s", e->d_name);
	}
	if (dir)
		closedir(dir);
	if (!found)
		check_setup_failed(HERE, "no verbs of %s", DEVICE);
	ASSERT_SOON(!access(found, F_OK)); /* devtmpfs is a moment behind */
	return found;
}

/* A command of the device: 0, or -1 with errno. */
static int verb(int fd, int command, const void *in, size_t in_size, size_t out_size)
{
	struct {
		struct ib_uverbs_cmd_hdr head;
		char body[64];
	} m = { { command, (sizeof(m.head) + in_size) / 4, out_size / 4 }, "" };
	size_t size = sizeof(m.head) + in_size;

	memcpy(m.body, in, in_size);
	return write(fd, &m, size) == (ssize_t)size ? 0 : -1;
}

/* A context (a handle) on an open file of the device. */
static int try_context(int fd)
{
	static struct ib_uverbs_get_context_resp answer;
	struct ib_uverbs_get_context in = { .response = (uintptr_t)&answer };

	return verb(fd, IB_USER_VERBS_CMD_GET_CONTEXT, &in, sizeof(in), sizeof(answer));
}

/* A protection domain (an object) of a context. */
static int try_object(int fd)
{
	static struct ib_uverbs_alloc_pd_resp answer;
	struct ib_uverbs_alloc_pd in = { .response = (uintptr_t)&answer };

	return verb(fd, IB_USER_VERBS_CMD_ALLOC_PD, &in, sizeof(in), sizeof(answer));
}

static int open_verbs(const char *file)
{
	return MUST(open(file, O_RDWR | O_CLOEXEC));
}

/* hca_handle or hca_object of the device's line; "max" is -1, no line -2. */
static int64_t value(const struct cgroup *cg, const char *file, const char *key)
{
	char *line = text_value(cgroup_read(cg, file), DEVICE), *want = text_format("%s=", key);
	char *at = line ? strstr(line, want) : NULL;

	if (!at)
		return -2;
	at += strlen(want);
	return !strncmp(at, "max", 3) ? -1 : atoll(at);
}
#define CURRENT(cg, key) value(cg, "rdma.current", key)

static void set_max(const struct cgroup *cg, const char *limits)
{
	MUST(cgroup_try_write(cg, "rdma.max", "%s %s", DEVICE, limits));
}

TEST_F(rdma, files_list_devices)
{
	struct cgroup root = cgroup_root();

	EXPECT_EQ(-2, value(&self->a, "rdma.max", "hca_handle"));
	make_device(&self->made);
	EXPECT_FALSE(cgroup_has(&root, "rdma.max"));
	for (int i = 0; i < 2; i++) {
		const char *key = i ? "hca_object" : "hca_handle";

		EXPECT_EQ(-1, value(&self->a, "rdma.max", key));
		EXPECT_EQ(0, CURRENT(&self->a, key));
	}
	set_max(&self->a, "hca_handle=2 hca_object=2000");
	EXPECT_EQ(2, value(&self->a, "rdma.max", "hca_handle"));
	EXPECT_EQ(2000, value(&self->a, "rdma.max", "hca_object"));
	EXPECT_EQ(-1, value(&self->b, "rdma.max", "hca_handle"));
	set_max(&self->a, "hca_handle=max");
	EXPECT_EQ(-1, value(&self->a, "rdma.max", "hca_handle"));
	EXPECT_EQ(2000, value(&self->a, "rdma.max", "hca_object"));
	remove_device();
	EXPECT_EQ(-2, value(&self->a, "rdma.max", "hca_handle"));
}

/* What is wrong in itself is so for any device, and told first. */
TEST_F(rdma, max_bad_input)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = { { "nosuch hca_handle=1", ENODEV },
		    { "nosuch hca_object=max", ENODEV },
		    { "nosuch hca_nothing=1", EINVAL },
		    { "nosuch hca_handle=-1", EINVAL },
		    { "nosuch hca_handle=x", EINVAL },
		    { "nosuch hca_handle", EINVAL },
		    { "nosuch index=0 index=0 hca_handle=1", EINVAL } };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i].text, bad[i].error,
			    cgroup_try_write(&self->a, "rdma.max", "%s", bad[i].text));
}

TEST_F(rdma, max_enforced)
{
	char *file;

	need_module("ib_uverbs");
	make_device(&self->made);
	file = verbs_file();
	set_max(&self->a, "hca_handle=2 hca_object=3");
	set_max(&self->p, "hca_handle=3");
	IN_CHILD () {
		int fd[3] = { open_verbs(file), open_verbs(file), open_verbs(file) };

		cgroup_add(&self->a, 0);
		EXPECT_OK(try_context(fd[0]));
		EXPECT_EQ(1, CURRENT(&self->a, "hca_handle"));
		EXPECT_OK(try_context(fd[1]));
		EXPECT_ERRNO(EAGAIN, try_context(fd[2]));
		EXPECT_EQ(2, CURRENT(&self->a, "hca_handle"));
		for (int i = 0; i < 3; i++)
			EXPECT_OK(try_object(fd[i & 1]));
		EXPECT_ERRNO(EAGAIN, try_object(fd[0]));
		EXPECT_EQ(3, CURRENT(&self->a, "hca_object"));
		EXPECT_EQ(3, CURRENT(&self->p, "hca_object"));
		IN_CHILD () {
			int own[2] = { open_verbs(file), open_verbs(file) };

			/* Nothing limits b, but one is all that is left of p's three. */
			cgroup_add(&self->b, 0);
			EXPECT_OK(try_context(own[0]));
			EXPECT_ERRNO(EAGAIN, try_context(own[1]));
			EXPECT_EQ(3, CURRENT(&self->p, "hca_handle"));
		}
		close(fd[1]);
		EXPECT_SOON(CURRENT(&self->a, "hca_handle") == 1);
		EXPECT_OK(try_context(fd[2]));
	}
	EXPECT_SOON(CURRENT(&self->p, "hca_handle") == 0);
	EXPECT_SOON(CURRENT(&self->p, "hca_object") == 0);
}

TEST_F(rdma, peak)
{
	char *file;

	need_cgroup_file(&self->a, "rdma.peak");
	need_module("ib_uverbs");
	make_device(&self->made);
	file = verbs_file();
	IN_CHILD () {
		int fd[2] = { open_verbs(file), open_verbs(file) };

		cgroup_add(&self->a, 0);
		for (int i = 0; i < 2; i++)
			EXPECT_OK(try_context(fd[i]));
		EXPECT_OK(try_object(fd[0]));
		close(fd[1]);
		EXPECT_SOON(CURRENT(&self->a, "hca_handle") == 1);
		EXPECT_EQ(2, value(&self->a, "rdma.peak", "hca_handle"));
		EXPECT_EQ(1, value(&self->a, "rdma.peak", "hca_object"));
	}
	EXPECT_SOON(CURRENT(&self->p, "hca_handle") == 0);
	EXPECT_EQ(2, value(&self->p, "rdma.peak", "hca_handle"));
	EXPECT_GE(0, value(&self->b, "rdma.peak", "hca_handle"));
}

/* Of a kind of event; a line that is not there is 0. */
static int64_t events(const struct cgroup *cg, const char *file, const char *kind)
{
	int64_t n = value(cg, file, text_format("hca_handle.%s", kind));

	return n < 0 ? 0 : n;
}

/* The limit is p's, the one who asks is a. */
TEST_F(rdma, events)
{
	const struct cgroup *const all[] = { &self->a, &self->p, &self->b };
	static const char *const names[] = { "rdma.events", "rdma.events.local" };
	/* .max and .alloc_fail of each, in either file. */
	static const int want[3][2][2] = { { { 0, 1 }, { 0, 1 } },
					   { { 1, 1 }, { 1, 0 } },
					   { { 0, 0 }, { 0, 0 } } };
	char *file, text[512];
	int seen[2];

	need_cgroup_file(&self->a, "rdma.events");
	need_module("ib_uverbs");
	make_device(&self->made);
	file = verbs_file();
	set_max(&self->p, "hca_handle=1");
	for (int i = 0; i < 2; i++) {
		seen[i] = cgroup_open(all[i], "rdma.events", O_RDONLY);
		MUST(read(seen[i], text, sizeof(text)));
	}
	IN_CHILD () {
		int fd[2] = { open_verbs(file), open_verbs(file) };

		cgroup_add(&self->a, 0);
		EXPECT_OK(try_context(fd[0]));
		EXPECT_EQ(0, events(&self->p, "rdma.events", "max"));
		EXPECT_ERRNO(EAGAIN, try_context(fd[1]));
	}
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 2; k++) {
			EXPECT_EQ(want[i][k][0], events(all[i], names[k], "max"));
			EXPECT_EQ(want[i][k][1], events(all[i], names[k], "alloc_fail"));
		}
	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(poll_one(seen[i], POLLPRI, wait_limit_ms(5)) & POLLPRI);
}

SUITE_MAIN(.alone = true)
