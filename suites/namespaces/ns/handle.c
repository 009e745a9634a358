// SPDX-License-Identifier: GPL-2.0-only
/* File handles of namespaces (6.18), for each type. */
#include "suite.h"

#include <sys/ioctl.h>

AREA_OF_TYPES(ns);

#define TYPE	   (&ns_types[variant->type])
#define NSFS_BYTES 16
#define NSFS_TYPE  0xf1

/* A struct file_handle with what the kernel's own nsfs_file_handle has in it. */
struct handle {
	unsigned int bytes;
	int type;
	uint64_t id;
	uint32_t ns_type, inum;
	char more[112];
};

/* Asks for room, so that what is longer would be noticed. */
static int try_encode(int fd, struct handle *h)
{
	int mount;

	memset(h, 0, sizeof(*h));
	h->bytes = 128;
	return name_to_handle_at(fd, "", (struct file_handle *)h, &mount, AT_EMPTY_PATH);
}

static struct handle encode(int fd)
{
	struct handle h;

	if (try_encode(fd, &h)) {
		if (errno == EOPNOTSUPP)
			check_skip("not supported: file handles of namespaces");
		check_setup_failed(HERE, "name_to_handle_at: %s", errno_name(errno));
	}
	return h;
}

static int decode(int mount, struct handle h, int flags)
{
	return open_by_handle_at(mount, (struct file_handle *)&h, flags);
}

TEST_F(ns, fh_roundtrip)
{
	int fd = ns_open(0, TYPE->name), other = ns_open(0, "user");
	struct handle h = encode(fd);

	IN_CHILD () {
		cred_drop_all();
		const int mounts[] = { fd, other };
		for (int i = 0; i < 2; i++) {
			int again = ASSERT_OK(decode(mounts[i], h, O_RDONLY | O_CLOEXEC));

			EXPECT_EQ(ns_fd_id(fd), ns_fd_id(again));
			EXPECT_EQ(TYPE->flag, ioctl(again, NS_GET_NSTYPE));
			EXPECT_EQ(FD_CLOEXEC, fcntl(again, F_GETFD));
		}
	}
	/* By those who live in a container, too. */
	need_unprivileged_userns();
	IN_CHILD (.flags = CLONE_NEWUSER | TYPE->flag) {
		int own = ns_open(0, TYPE->name), again;

		again = ASSERT_OK(decode(own, encode(own), O_RDONLY));
		EXPECT_EQ(ns_fd_id(own), ns_fd_id(again));
	}
}

TEST_F(ns, fh_layout)
{
	int fd = ns_open(0, TYPE->name);
	struct handle h = encode(fd);
	static const char none[sizeof(h.more)];

	EXPECT_EQ(NSFS_BYTES, h.bytes);
	EXPECT_EQ(NSFS_TYPE, h.type);
	EXPECT_EQ(ns_unique_id(fd), h.id);
	EXPECT_EQ(TYPE->flag, h.ns_type);
	EXPECT_EQ(ns_fd_id(fd), h.inum);
	EXPECT_FALSE(memcmp(h.more, none, sizeof(none)));
}

TEST_F(ns, fh_invalid)
{
	int fd = ns_open(0, TYPE->name), mount;
	struct handle good = encode(fd), h = good;

	for (int bytes = 0; bytes < NSFS_BYTES; bytes += 4) {
		h.bytes = bytes;
		EXPECT_ERRNO(EOVERFLOW, name_to_handle_at(fd, "", (struct file_handle *)&h, &mount,
							  AT_EMPTY_PATH));
		EXPECT_EQ(NSFS_BYTES, h.bytes);
		h = good;
		h.bytes = bytes;
		if (bytes)
			EXPECT_ERRNO(ESTALE, decode(fd, h, O_RDONLY));
	}
	const struct handle bad[] = {
		{ NSFS_BYTES, NSFS_TYPE, 0, good.ns_type, good.inum, "" },
		{ NSFS_BYTES, NSFS_TYPE, 0, 0, 0, "" },
		{ NSFS_BYTES, NSFS_TYPE, UINT64_MAX, good.ns_type, good.inum, "" },
		{ NSFS_BYTES, NSFS_TYPE, UINT64_MAX, 0, 0, "" },
		{ NSFS_BYTES, NSFS_TYPE, good.id, good.ns_type, 0, "" },
		{ NSFS_BYTES, NSFS_TYPE, good.id, 0, good.inum, "" },
		{ NSFS_BYTES, NSFS_TYPE, good.id, good.ns_type, good.inum + 1, "" },
		{ NSFS_BYTES, NSFS_TYPE, good.id, good.ns_type | CLONE_VM, good.inum, "" },
		{ NSFS_BYTES, NSFS_TYPE, good.id, CLONE_VM, good.inum, "" },
		{ NSFS_BYTES, NSFS_TYPE - 1, good.id, good.ns_type, good.inum, "" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (decode(fd, bad[i], (errno = 0, O_RDONLY)) >= 0 || errno != ESTALE)
			check_failed(HERE, "bad handle %zu: wanted ESTALE, seen %s", i,
				     errno_name(errno));
	h = good;
	FOR_EACH_NS (t)
		if (t != TYPE) {
			h.ns_type = t->flag;
			EXPECT_ERRNO(ESTALE, decode(fd, h, O_RDONLY));
		}
	EXPECT_OK(decode(fd, good, O_RDONLY));
}

TEST_F(ns, fh_id_only)
{
	int fd = ns_open(0, TYPE->name);
	struct handle h = encode(fd);

	if (!ns_have_listns())
		check_skip("not supported: handles of an id alone, which came with listns(2)");
	h.ns_type = h.inum = 0;
	int again = ASSERT_OK(decode(fd, h, O_RDONLY));
	EXPECT_EQ(ns_fd_id(fd), ns_fd_id(again));
	EXPECT_EQ(TYPE->flag, ioctl(again, NS_GET_NSTYPE));
	h.inum = ns_fd_id(fd);
	EXPECT_ERRNO(ESTALE, decode(fd, h, O_RDONLY));
	h.inum = 0;
	h.ns_type = TYPE->flag;
	EXPECT_ERRNO(ESTALE, decode(fd, h, O_RDONLY));
}

static bool is_stale(int mount, struct handle h)
{
	int fd = decode(mount, h, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ESTALE;
}

TEST_F(ns, fh_dead_ns_estale)
{
	struct child c;
	int mount = ns_open(0, "user");

	ns_start_member(&c, variant->type, 0);
	int fd = ns_open(c.pid, TYPE->name), again;
	struct handle h = encode(fd);

	/* Where we may, see that it is alive, and that a descriptor keeps it so. */
	again = decode(mount, h, O_RDONLY);
	if (!geteuid() && cred_is_initial() && proc_is_initial_pidns())
		EXPECT_OK(again);
	child_kill(&c);
	if (again >= 0) {
		EXPECT_OK(close(again));
		again = ASSERT_OK(decode(mount, h, O_RDONLY));
		EXPECT_EQ(ns_fd_id(fd), ns_fd_id(again));
		close(again);
	}
	close(fd);
	EXPECT_SOON(is_stale(mount, h));
	h.ns_type = h.inum = 0;
	EXPECT_TRUE(is_stale(mount, h));
}

TEST_F(ns, fh_foreign_denied)
{
	struct child c;
	int own = ns_open(0, TYPE->name);
	struct handle h = encode(own);

	IN_CHILD (.flags = CLONE_NEWUSER | TYPE->flag) {
		int user = ns_open(0, "user");

		EXPECT_ERRNO(ESTALE, decode(user, h, O_RDONLY));
		/* Not even one that is all ours, but where we are not. */
		CHILD (&c, .flags = TYPE->flag) {
			child_send_fd(&c, ns_open(0, TYPE->name));
			child_sleep();
		}
		h = encode(child_recv_fd(&c));
		if (ns_have_strict_view())
			EXPECT_ERRNO(ESTALE, decode(user, h, O_RDONLY));
		EXPECT_OK(decode(user, encode(ns_open(0, TYPE->name)), O_RDONLY));
		child_kill(&c);
	}
	ns_start_member(&c, variant->type, CLONE_NEWUSER);
	h = encode(ns_open(c.pid, TYPE->name));
	if (!geteuid() && cred_is_initial() && proc_is_initial_pidns())
		EXPECT_OK(decode(own, h, O_RDONLY));
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		if (ns_have_strict_view())
			EXPECT_ERRNO(ESTALE, decode(own, h, O_RDONLY));
		EXPECT_OK(decode(own, encode(own), O_RDONLY));
	}
	child_kill(&c);
}

TEST_F(ns, fh_write_open_eperm)
{
	int fd = ns_open(0, TYPE->name);
	struct handle h = encode(fd);

	EXPECT_ERRNO(EPERM, decode(fd, h, O_WRONLY));
	EXPECT_ERRNO(EPERM, decode(fd, h, O_RDWR));
	EXPECT_ERRNO(EPERM, decode(fd, h, O_TRUNC));
	EXPECT_ERRNO(EPERM, decode(fd, h, O_RDWR | O_TRUNC));
	EXPECT_ERRNO(ENOTDIR, decode(fd, h, O_DIRECTORY));
	EXPECT_OK(decode(fd, h, O_RDONLY));
}

TEST_F(ns, fh_fd_nsfs_root)
{
	int fd = ns_open(0, TYPE->name);
	struct handle h = encode(fd);
	uint64_t id = ns_fd_id(fd);

	EXPECT_EQ(id, ns_fd_id(ASSERT_OK(decode(SYS_FD_NSFS_ROOT, h, O_RDONLY))));
	EXPECT_ERRNO(EBADF, decode(-10009, h, O_RDONLY));
	need_unprivileged_userns();
	IN_CHILD (.flags = CLONE_NEWUSER) {
		char *empty = temp_dir();

		if (variant->type == NS_USER) {
			h = encode(ns_open(0, "user"));
			id = h.inum;
		}
		MUST(chroot(empty));
		MUST(chdir("/"));
		close(fd);
		EXPECT_ERRNO(ENOENT, open("/proc", O_PATH));
		EXPECT_EQ(id, ns_fd_id(ASSERT_OK(decode(SYS_FD_NSFS_ROOT, h, O_RDONLY))));
	}
}

SUITE_MAIN()
