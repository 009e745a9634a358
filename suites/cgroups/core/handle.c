// SPDX-License-Identifier: GPL-2.0-only
/* Ids, file handles and extended attributes of cgroup directories. */
#include "suite.h"

#include <sys/xattr.h>

AREA(core_handle);
AREA(core_xattr);

struct handle {
	struct file_handle head;
	uint64_t id;
};

static uint64_t inode(const struct cgroup *cg)
{
	struct stat st;

	MUST(stat(cg->path, &st));
	return st.st_ino;
}

static int try_handle(const struct cgroup *cg, struct handle *h)
{
	int mount;

	*h = (struct handle) { .head.handle_bytes = sizeof(h->id) };
	return name_to_handle_at(AT_FDCWD, cg->path, &h->head, &mount, 0);
}

TEST_F(core_handle, name_to_handle)
{
	struct cgroup a = cgroup_make("a");
	struct handle h;
	int mount;

	EXPECT_OK(try_handle(&a, &h));
	EXPECT_EQ(8, h.head.handle_bytes);
	EXPECT_EQ(0xfe, h.head.handle_type);
	EXPECT_EQ(inode(&a), h.id);
	h.head.handle_bytes = 0;
	EXPECT_ERRNO(EOVERFLOW, name_to_handle_at(AT_FDCWD, a.path, &h.head, &mount, 0));
	EXPECT_EQ(8, h.head.handle_bytes);
}

TEST_F(core_handle, id_is_inode)
{
	struct cgroup a = cgroup_make("a"), b = cgroup_make("b");
	uint64_t id = inode(&a);
	struct handle h;
	struct child c;

	EXPECT_NE(id, inode(&b));
	MUST(try_handle(&a, &h));
	EXPECT_EQ(id, h.id);
	CHILD (&c, .cgroup = &a)
		child_sleep();
	cgroup_make_in(&a, "below");
	cgroup_write(&a, "cgroup.max.depth", "4");
	child_kill(&c);
	EXPECT_EQ(id, inode(&a));
	MUST(try_handle(&a, &h));
	EXPECT_EQ(id, h.id);
	for (int i = 0; i < 50; i++) {
		struct cgroup other = cgroup_make("other");

		EXPECT_NE(id, inode(&other));
		cgroup_remove(&other);
	}
}

TEST_F(core_handle, open_by_handle)
{
	struct cgroup a = cgroup_make("a"), b = cgroup_make("b");
	int mount = MUST(open(cgroup_mount(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct handle h;
	struct stat st;

	MUST(try_handle(&a, &h));
	int fd = ASSERT_OK(open_by_handle_at(mount, &h.head, O_RDONLY | O_DIRECTORY));
	MUST(fstat(fd, &st));
	EXPECT_EQ(inode(&a), st.st_ino);
	MUST(mkdirat(fd, "by-handle", 0755));
	EXPECT_EQ(1, cgroup_key(&a, "cgroup.stat", "nr_descendants"));
	MUST(unlinkat(fd, "by-handle", AT_REMOVEDIR));
	close(fd);
	cgroup_remove(&a);
	EXPECT_ERRNO(ESTALE, open_by_handle_at(mount, &h.head, O_RDONLY | O_DIRECTORY));
	/* Not the new one of the same name either. */
	a = cgroup_make("a");
	EXPECT_ERRNO(ESTALE, open_by_handle_at(mount, &h.head, O_RDONLY | O_DIRECTORY));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, open_by_handle_at(mount, &h.head, O_RDONLY | O_DIRECTORY));
	}
	cgroup_remove(&b);
}

TEST_F(core_xattr, user_attrs)
{
	struct cgroup a = cgroup_make("a");
	char file[PATH_MAX + 32], value[64], list[256];
	const char *const places[] = { a.path, file };

	snprintf(file, sizeof(file), "%s/cgroup.procs", a.path);
	if (setxattr(a.path, "user.bulkhead", "x", 1, 0) && errno == EOPNOTSUPP)
		check_skip("not supported: user.* attributes of cgroups");
	removexattr(a.path, "user.bulkhead");
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(ENODATA, getxattr(places[i], "user.bulkhead", value, sizeof(value)));
		EXPECT_OK(setxattr(places[i], "user.bulkhead", "value", 5, XATTR_CREATE));
		EXPECT_ERRNO(EEXIST, setxattr(places[i], "user.bulkhead", "v", 1, XATTR_CREATE));
		EXPECT_EQ(5, getxattr(places[i], "user.bulkhead", value, sizeof(value)));
		EXPECT_TRUE(!memcmp(value, "value", 5));
		ssize_t n = listxattr(places[i], list, sizeof(list));

		EXPECT_TRUE(n > 0 && memmem(list, n, "user.bulkhead", 14));
		EXPECT_OK(removexattr(places[i], "user.bulkhead"));
		EXPECT_ERRNO(ENODATA, getxattr(places[i], "user.bulkhead", value, sizeof(value)));
	}
	MUST(setxattr(a.path, "user.bulkhead", "value", 5, 0));
	cgroup_remove(&a);
	a = cgroup_make("a");
	EXPECT_ERRNO(ENODATA, getxattr(a.path, "user.bulkhead", value, sizeof(value)));
	if (geteuid() || !cred_is_initial())
		return;
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, setxattr(a.path, "user.bulkhead", "value", 5, 0));
	}
	MUST(chown(a.path, OTHER_UID, OTHER_GID));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_OK(setxattr(a.path, "user.bulkhead", "value", 5, 0));
	}
}

/* 128 attributes and 128 KiB for each directory or file; what is removed is given back. */
TEST_F(core_xattr, user_limits)
{
	struct cgroup a = cgroup_make("a"), b = cgroup_make("b");
	static char big[65536];
	char name[32];
	int n = 0;

	if (setxattr(a.path, "user.0", "x", 1, 0) && errno == EOPNOTSUPP)
		check_skip("not supported: user.* attributes of cgroups");
	removexattr(a.path, "user.0");
	for (; n < 200; n++) {
		snprintf(name, sizeof(name), "user.%d", n);
		if (setxattr(a.path, name, "x", 1, 0))
			break;
	}
	EXPECT_EQ(128, n);
	EXPECT_ERRNO(ENOSPC, setxattr(a.path, name, "x", 1, 0));
	EXPECT_OK(setxattr(b.path, name, "x", 1, 0));
	EXPECT_OK(removexattr(a.path, "user.0"));
	EXPECT_OK(setxattr(a.path, name, "x", 1, 0));

	MUST(removexattr(b.path, name));
	EXPECT_OK(setxattr(b.path, "user.one", big, 65536, 0));
	EXPECT_OK(setxattr(b.path, "user.two", big, 65536, 0));
	EXPECT_ERRNO(ENOSPC, setxattr(b.path, "user.three", big, 1, 0));
	EXPECT_OK(removexattr(b.path, "user.two"));
	EXPECT_OK(setxattr(b.path, "user.three", big, 1, 0));
}

TEST_F(core_xattr, trusted_root_only)
{
	struct cgroup a = cgroup_make("a");
	char value[16], list[256];

	EXPECT_OK(setxattr(a.path, "trusted.bulkhead", "value", 5, 0));
	EXPECT_EQ(5, getxattr(a.path, "trusted.bulkhead", value, sizeof(value)));
	EXPECT_EQ(17, listxattr(a.path, list, sizeof(list)));
	MUST(chown(a.path, OTHER_UID, OTHER_GID));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(ENODATA, getxattr(a.path, "trusted.bulkhead", value, sizeof(value)));
		EXPECT_ERRNO(EPERM, setxattr(a.path, "trusted.bulkhead", "other", 5, 0));
		EXPECT_EQ(0, listxattr(a.path, list, sizeof(list)));
	}
	EXPECT_OK(removexattr(a.path, "trusted.bulkhead"));
}

SUITE_MAIN()
