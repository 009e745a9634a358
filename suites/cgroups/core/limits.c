// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.max.depth and cgroup.max.descendants, and how interface files take writes. */
#include "suite.h"

FIXTURE(core_limits)
{
	struct cgroup a;
};
FIXTURE_SETUP(core_limits)
{
	self->a = cgroup_make("a");
}
NO_TEARDOWN(core_limits)

static const char *const limits[] = { "cgroup.max.depth", "cgroup.max.descendants" };

TEST_F(core_limits, default_max)
{
	struct cgroup top = cgroup_root();

	for (int i = 0; i < 2; i++) {
		EXPECT_STREQ("max", cgroup_read(&self->a, limits[i]));
		EXPECT_OK(cgroup_try_write(&self->a, limits[i], "5"));
		EXPECT_STREQ("5", cgroup_read(&self->a, limits[i]));
		EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, limits[i], "-1"));
		EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, limits[i], "x"));
		EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, limits[i], "5x"));
		EXPECT_STREQ("5", cgroup_read(&self->a, limits[i]));
		EXPECT_OK(cgroup_try_write(&self->a, limits[i], "max"));
		EXPECT_STREQ("max", cgroup_read(&self->a, limits[i]));
		EXPECT_OK(cgroup_try_write(&self->a, limits[i], "0"));
		EXPECT_STREQ("0", cgroup_read(&self->a, limits[i]));
		EXPECT_TRUE(cgroup_has(&top, limits[i]));
	}
}

TEST_F(core_limits, depth_eagain)
{
	struct cgroup b, c, d, x;

	cgroup_write(&self->a, "cgroup.max.depth", "0");
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&self->a, "b", &b));
	cgroup_write(&self->a, "cgroup.max.depth", "1");
	EXPECT_OK(cgroup_try_make(&self->a, "b", &b));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&b, "c", &c));
	cgroup_write(&self->a, "cgroup.max.depth", "2");
	EXPECT_OK(cgroup_try_make(&b, "c", &c));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&c, "d", &d));
	/* Any ancestor's counts, from where it is. */
	cgroup_write(&self->a, "cgroup.max.depth", "max");
	EXPECT_OK(cgroup_try_make(&c, "d", &d));
	cgroup_write(&b, "cgroup.max.depth", "2");
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&d, "e", &x));
	EXPECT_OK(cgroup_try_make(&c, "e", &x));
}

TEST_F(core_limits, descendants_eagain)
{
	struct cgroup b, c, x;

	cgroup_write(&self->a, "cgroup.max.descendants", "0");
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&self->a, "b", &b));
	cgroup_write(&self->a, "cgroup.max.descendants", "2");
	ASSERT_OK(cgroup_try_make(&self->a, "b", &b));
	ASSERT_OK(cgroup_try_make(&b, "c", &c));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&self->a, "x", &x));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&c, "x", &x));
	EXPECT_EQ(2, cgroup_key(&self->a, "cgroup.stat", "nr_descendants"));
	/* One that is dying, here held by an open file, does not count. */
	int held = cgroup_open(&c, "cgroup.procs", O_RDONLY);

	cgroup_remove(&c);
	EXPECT_OK(cgroup_try_make(&b, "c", &c));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&b, "x", &x));
	close(held);
	/* A limit further down binds as well. */
	cgroup_write(&self->a, "cgroup.max.descendants", "max");
	cgroup_write(&b, "cgroup.max.descendants", "1");
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&c, "x", &x));
	EXPECT_OK(cgroup_try_make(&self->a, "x", &x));
}

TEST_F(core_limits, below_current_allowed)
{
	struct cgroup b = cgroup_make_in(&self->a, "b"), c = cgroup_make_in(&b, "c"), x;

	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.max.depth", "1"));
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.max.descendants", "1"));
	EXPECT_OK(access(c.path, F_OK));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&self->a, "x", &x));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&c, "x", &x));
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.max.descendants", "3"));
	EXPECT_OK(cgroup_try_make(&self->a, "x", &x));
	EXPECT_ERRNO(EAGAIN, cgroup_try_make(&b, "x", &x));
}

FIXTURE(core_format)
{
	struct cgroup a;
};
FIXTURE_SETUP(core_format)
{
	self->a = cgroup_make("a");
}
NO_TEARDOWN(core_format)

TEST_F(core_format, oversized_write_e2big)
{
	static const char *const files[] = { "cgroup.max.depth", "cgroup.procs", "cgroup.type",
					     "cgroup.subtree_control", "cgroup.freeze" };
	long page = sysconf(_SC_PAGESIZE);
	char *text = malloc(page + 1);

	memset(text, ' ', page + 1);
	text[0] = '5';
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = cgroup_open(&self->a, files[i], O_WRONLY);

		EXPECT_ERRNO(E2BIG, write(fd, text, page + 1));
		EXPECT_EQ(0, write(fd, text, 0));
		close(fd);
	}
	int fd = cgroup_open(&self->a, "cgroup.max.depth", O_WRONLY);

	EXPECT_STREQ("max", cgroup_read(&self->a, "cgroup.max.depth"));
	/* One page, and less one for the end, is taken: white space around is nothing. */
	EXPECT_EQ(page - 1, write(fd, text, page - 1));
	EXPECT_STREQ("5", cgroup_read(&self->a, "cgroup.max.depth"));
	EXPECT_EQ(0, write(fd, text, 0));
	EXPECT_STREQ("5", cgroup_read(&self->a, "cgroup.max.depth"));
}

TEST_F(core_format, wrong_direction)
{
	static const char *const read_only[] = { "cgroup.controllers", "cgroup.events",
						 "cgroup.stat" };
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, read_only[i], "1"));
		IN_CHILD () {
			cred_become(OTHER_UID, OTHER_GID);
			EXPECT_ERRNO(EACCES, cgroup_try_write(&self->a, read_only[i], "1"));
			EXPECT_LE(0, cgroup_try_read(&self->a, read_only[i], text, sizeof(text)));
		}
	}
	if (!cgroup_has(&self->a, "cgroup.kill"))
		return;
	EXPECT_ERRNO(EINVAL, cgroup_try_read(&self->a, "cgroup.kill", text, sizeof(text)));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, cgroup_try_read(&self->a, "cgroup.kill", text, sizeof(text)));
	}
}

SUITE_MAIN()
