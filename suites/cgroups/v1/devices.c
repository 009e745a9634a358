// SPDX-License-Identifier: GPL-2.0-only
/* The device controller, which is of v1 alone: which devices may be opened and made. */
#include "v1.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

FIXTURE(v1_devices)
{
	struct cgroup a;
};
FIXTURE_SETUP(v1_devices)
{
	self->a = cgroup_v1_make("devices", "a");
}
NO_TEARDOWN(v1_devices)

/* mknod(2) of /dev/null's or /dev/zero's number, removed at once. */
static int try_mknod(int minor)
{
	char *path = text_format("%s/node", temp_dir());
	int ret = mknod(path, S_IFCHR | 0600, makedev(1, minor)), e = errno;

	if (!ret)
		unlink(path);
	errno = e;
	return ret;
}

enum { NUL = 3, ZERO = 5 };

TEST_F(v1_devices, default_and_list)
{
	char *list = cgroup_read(&self->a, "devices.list");
	struct cgroup b = v1_below(&self->a, "b");

	/* The rules of a child are its parent's, whatever those are here. */
	EXPECT_STREQ(list, cgroup_read(&b, "devices.list"));
	EXPECT_OK(cgroup_try_write(&b, "devices.deny", "a"));
	EXPECT_STREQ("", cgroup_read(&b, "devices.list"));
	EXPECT_OK(cgroup_try_write(&b, "devices.allow", "c 1:3 rm"));
	EXPECT_STREQ("c 1:3 rm", cgroup_read(&b, "devices.list"));
	struct cgroup c = v1_below(&b, "c");
	EXPECT_STREQ("c 1:3 rm", cgroup_read(&c, "devices.list"));
	EXPECT_OK(cgroup_try_write(&b, "devices.allow", "c 1:5 rwm"));
	EXPECT_STREQ("c 1:3 rm\nc 1:5 rwm", cgroup_read(&b, "devices.list"));
	EXPECT_STREQ(list, cgroup_read(&self->a, "devices.list"));
}

TEST_F(v1_devices, deny_then_allow)
{
	IN_CHILD () {
		cgroup_add(&self->a, 0);
		EXPECT_OK(file_try_open("/dev/null", O_RDWR));
		EXPECT_OK(file_try_open("/dev/zero", O_RDONLY));
		EXPECT_OK(try_mknod(NUL));
		cgroup_write(&self->a, "devices.deny", "a");
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_RDONLY));
		EXPECT_ERRNO(EPERM, file_try_open("/dev/zero", O_RDONLY));
		EXPECT_ERRNO(EPERM, try_mknod(NUL));
		cgroup_write(&self->a, "devices.allow", "c 1:3 rm");
		EXPECT_OK(file_try_open("/dev/null", O_RDONLY));
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_WRONLY));
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_RDWR));
		EXPECT_OK(try_mknod(NUL));
		EXPECT_ERRNO(EPERM, try_mknod(ZERO));
		EXPECT_ERRNO(EPERM, file_try_open("/dev/zero", O_RDONLY));
		cgroup_write(&self->a, "devices.allow", "c 1:3 w");
		EXPECT_OK(file_try_open("/dev/null", O_RDWR));
		cgroup_write(&self->a, "devices.deny", "c 1:3 r");
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_RDONLY));
		EXPECT_OK(file_try_open("/dev/null", O_WRONLY));
		cgroup_write(&self->a, "devices.allow", "c 1:* rwm");
		EXPECT_OK(file_try_open("/dev/zero", O_RDONLY));
		EXPECT_OK(try_mknod(ZERO));
	}
	EXPECT_OK(file_try_open("/dev/null", O_RDWR));
}

TEST_F(v1_devices, child_never_exceeds_parent)
{
	struct cgroup b = v1_below(&self->a, "b");

	cgroup_write(&self->a, "devices.deny", "c 1:5 rwm");
	EXPECT_ERRNO(EPERM, cgroup_try_write(&b, "devices.allow", "c 1:5 r"));
	IN_CHILD () {
		cgroup_add(&b, 0);
		EXPECT_ERRNO(EPERM, file_try_open("/dev/zero", O_RDONLY));
		EXPECT_OK(file_try_open("/dev/null", O_RDONLY));
		/* An exception of the parent's is taken from the children's lists too. */
		cgroup_write(&self->a, "devices.deny", "c 1:3 r");
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_RDONLY));
		EXPECT_OK(file_try_open("/dev/null", O_WRONLY));
		/* What the parent gets back it keeps for itself. */
		cgroup_write(&self->a, "devices.allow", "c 1:3 r");
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_RDONLY));
		EXPECT_OK(cgroup_try_write(&b, "devices.allow", "c 1:3 r"));
		EXPECT_OK(file_try_open("/dev/null", O_RDONLY));
	}
}

TEST_F(v1_devices, all_with_children_einval)
{
	struct cgroup b = v1_below(&self->a, "b");

	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "devices.deny", "a"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "devices.allow", "a"));
	EXPECT_OK(cgroup_try_write(&b, "devices.deny", "a"));
	cgroup_remove(&b);
	ASSERT_SOON(!cgroup_try_write(&self->a, "devices.deny", "a"));
	EXPECT_OK(cgroup_try_write(&self->a, "devices.allow", "a"));
}

TEST_F(v1_devices, cap_and_syntax)
{
	static const char *const bad[] = { "x",	      "d 1:3 r", "c 1 r",   "c 1:3",
					   "c 1:3 x", "c x:3 r", "c 1:y r", "c1:3 r" };
	char *before = cgroup_read(&self->a, "devices.list");

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->a, "devices.deny", "%s", bad[i]));
	EXPECT_STREQ(before, cgroup_read(&self->a, "devices.list"));
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, cgroup_try_write(&self->a, "devices.deny", "a"));
		EXPECT_ERRNO(EPERM, cgroup_try_write(&self->a, "devices.allow", "c 1:3 r"));
	}
	/* All capabilities, but of another user namespace than the first. */
	int deny = cgroup_open(&self->a, "devices.deny", O_WRONLY);
	IN_CHILD (.flags = CLONE_NEWUSER)
		EXPECT_ERRNO(EPERM, write(deny, "a", 1));
	EXPECT_STREQ(before, cgroup_read(&self->a, "devices.list"));
}

SUITE_MAIN()
