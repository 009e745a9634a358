// SPDX-License-Identifier: GPL-2.0-only
/* memory.zswap.*: swapped pages that are kept in memory, compressed. */
#include "suite.h"

#define ZSWAP "/sys/module/zswap/parameters/enabled"

FIXTURE(memory)
{
	struct cgroup p, a;
	char before; /* what the switch was */
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
	need_cgroup_file(&self->a, "memory.zswap.current");
	need_file(ZSWAP, "zswap (CONFIG_ZSWAP)");
	self->before = *file_read(ZSWAP);
	if (self->before == 'N' && file_try_write(ZSWAP, "1"))
		check_skip("not supported: zswap cannot be switched on (%s)", errno_name(errno));
	if (*file_read(ZSWAP) != 'Y')
		check_skip("not supported: zswap (it stays off: no compressor, no pool)");
	cgroup_write(&self->a, "memory.max", "8M");
}
FIXTURE_TEARDOWN(memory)
{
	if (self->before == 'N')
		file_try_write(ZSWAP, "0");
}

static int64_t zswap(const struct cgroup *cg)
{
	return cgroup_number(cg, "memory.zswap.current");
}

static int64_t stat_of(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.stat", key);
}

/* 24 MB of which 8 fit: pages of a byte and zeroes, which hardly could be smaller. */
TEST_F(memory, zswap_current)
{
	struct child c;

	EXPECT_EQ(0, zswap(&self->a));
	hog_start(&c, &self->a, 24 * MB);
	EXPECT_LT(0, zswap(&self->a));
	EXPECT_GT(8 * MB, zswap(&self->a));
	EXPECT_SOON(zswap(&self->a) == stat_of(&self->a, "zswap"));
	EXPECT_SOON(zswap(&self->p) == zswap(&self->a));
	EXPECT_SOON(stat_of(&self->a, "zswapped") >= 14 * MB);
	EXPECT_LE(14 * MB / 4096, stat_of(&self->a, "zswpout"));
	child_kill(&c);
	EXPECT_SOON(zswap(&self->a) == 0);
}

TEST_F(memory, zswap_max)
{
	struct child c;

	EXPECT_STREQ("max", cgroup_read(&self->a, "memory.zswap.max"));
	cgroup_write(&self->a, "memory.zswap.max", "0");
	hog_start(&c, &self->a, 24 * MB);
	EXPECT_LE(14 * MB, cgroup_number(&self->a, "memory.swap.current"));
	EXPECT_EQ(0, zswap(&self->a));
	EXPECT_EQ(0, stat_of(&self->a, "zswpout"));
	child_kill(&c);
	/* Room for some: older ones make room for newer ones by going to the device. */
	cgroup_write(&self->a, "memory.zswap.max", "16K");
	hog_start(&c, &self->a, 24 * MB);
	EXPECT_LE(14 * MB, cgroup_number(&self->a, "memory.swap.current"));
	EXPECT_LT(0, zswap(&self->a));
	EXPECT_GE(32 * 1024, zswap(&self->a));
	child_kill(&c);
	if (!cgroup_has(&self->a, "memory.zswap.writeback"))
		return;
	/* And where they must not, what does not fit is refused. */
	int64_t stored = stat_of(&self->a, "zswpout");

	cgroup_write(&self->a, "memory.zswap.writeback", "0");
	EXPECT_OOM_KILLED(hog_run(&self->a, 24 * MB));
	EXPECT_LT(stored, stat_of(&self->a, "zswpout"));
	EXPECT_GT(stored + 12 * MB / 4096, stat_of(&self->a, "zswpout"));
}

/* Without writeback a page that zswap does not take is not swapped out at all. */
TEST_F(memory, zswap_writeback)
{
	static const char *const bad[] = { "2", "-1", "x", "max" };
	struct cgroup *const switches[] = { &self->a, &self->p };
	struct child c;

	need_cgroup_file(&self->a, "memory.zswap.writeback");
	EXPECT_STREQ("1", cgroup_read(&self->a, "memory.zswap.writeback"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->a, "memory.zswap.writeback", "%s", bad[i]));
	for (int i = 0; i < 2; i++) {
		int64_t stored = stat_of(&self->a, "zswpout");

		EXPECT_OK(cgroup_try_write(switches[i], "memory.zswap.writeback", "0"));
		EXPECT_STREQ("0", cgroup_read(switches[i], "memory.zswap.writeback"));
		hog_start(&c, &self->a, 24 * MB);
		EXPECT_LT(stored, stat_of(&self->a, "zswpout"));
		child_kill(&c);
		EXPECT_SOON(cgroup_number(&self->a, "memory.swap.current") < MB);
		cgroup_write(&self->a, "memory.zswap.max", "0");
		EXPECT_OOM_KILLED(hog_run(&self->a, 24 * MB));
		EXPECT_OK(cgroup_try_write(switches[i], "memory.zswap.writeback", "1"));
		hog_start(&c, &self->a, 24 * MB);
		EXPECT_TRUE(child_alive(&c));
		child_kill(&c);
		cgroup_write(&self->a, "memory.zswap.max", "max");
	}
}

SUITE_MAIN(.alone = true)
