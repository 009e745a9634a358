// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.max: bandwidth and throttling.  Measured against what the kernel counts
 * itself, periods and throttles, so a slow or a busy machine makes no difference.
 */
#include "suite.h"

FIXTURE(cpu)
{
	struct cgroup a, b; /* b below a, both with the controller */
};
FIXTURE_SETUP(cpu)
{
	need_controller("cpu");
	self->a = cgroup_make("a");
	cgroup_enable(&self->a, "cpu");
	self->b = cgroup_make_in(&self->a, "b");
	need_cgroup_file(&self->b, "cpu.max");
}
NO_TEARDOWN(cpu)

static int64_t stat_key(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "cpu.stat", key);
}

TEST_F(cpu, max_format)
{
	static const struct {
		const char *text, *reads;
	} rows[] = { { "50000", "50000 100000" },    { "20000 50000", "20000 50000" },
		     { "30000", "30000 50000" },     { "max", "max 50000" },
		     { "max 100000", "max 100000" }, { "250000 100000", "250000 100000" },
		     { "1000 1000", "1000 1000" },   { "max 1000000", "max 1000000" } };

	EXPECT_STREQ("max 100000", cgroup_read(&self->b, "cpu.max"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_OK(cgroup_try_write(&self->b, "cpu.max", "%s", rows[i].text));
		EXPECT_STREQ(rows[i].reads, cgroup_read(&self->b, "cpu.max"));
	}
}

TEST_F(cpu, max_bounds_einval)
{
	static const char *const bad[] = { "999",	    "0", "-1",	    "50000 999",
					   "50000 1000001", "x", "max 999", "max 1000001" };

	cgroup_write(&self->b, "cpu.max", "40000 80000");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->b, "cpu.max", "%s", bad[i]));
	EXPECT_STREQ("40000 80000", cgroup_read(&self->b, "cpu.max"));
	EXPECT_OK(cgroup_try_write(&self->b, "cpu.max", "1000 1000000"));
	if (!cgroup_has(&self->b, "cpu.max.burst"))
		return;
	cgroup_write(&self->b, "cpu.max", "40000 80000");
	cgroup_write(&self->b, "cpu.max.burst", "30000");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cpu.max", "20000 80000"));
	EXPECT_STREQ("40000 80000", cgroup_read(&self->b, "cpu.max"));
}

/* Of all periods in which it ran, it got no more than its quota, and was held back. */
TEST_F(cpu, max_limits_usage)
{
	struct child c;

	cgroup_write(&self->b, "cpu.max", "10000 50000");
	burn_start(&c, &self->b, -1);
	EXPECT_SOON(stat_key(&self->b, "nr_periods") >= 20);
	int64_t periods = stat_key(&self->b, "nr_periods");
	int64_t usage = stat_key(&self->b, "usage_usec");

	/* Read one after the other: two periods more at the most, and a slice of 5 ms a CPU. */
	EXPECT_GE((periods + 2) * 10000 * 11 / 10 + 5000 * sysconf(_SC_NPROCESSORS_ONLN), usage);
	EXPECT_LT(0, stat_key(&self->b, "nr_throttled"));
	EXPECT_GE(periods + 2, stat_key(&self->b, "nr_throttled"));
	EXPECT_LT(0, stat_key(&self->b, "throttled_usec"));
	/* It does get its share: held back it is every time, so it used its quota up. */
	EXPECT_LE(stat_key(&self->b, "nr_throttled") * 10000 / 2, usage);
}

TEST_F(cpu, max_change_unthrottles)
{
	struct child c;

	for (int lift = 0; lift < 2; lift++) {
		struct cgroup d = cgroup_make_in(&self->a, lift ? "d" : "e");

		/* It starts without a limit: a slow machine is at that for many a millisecond. */
		burn_start(&c, &d, -1);
		cgroup_write(&d, "cpu.max", "1000 1000000");
		EXPECT_SOON(stat_key(&d, "nr_throttled") >= 1);
		int64_t periods = stat_key(&d, "nr_periods");

		cgroup_write(&d, "cpu.max", lift ? "max" : "900000 1000000");
		/* At once: 50 ms of CPU time before three of its periods of a second are over. */
		EXPECT_TRUE(burn_until(&d, 50000, 5));
		EXPECT_GE(periods + 3, stat_key(&d, "nr_periods"));
		child_kill(&c);
	}
}

TEST_F(cpu, max_nested_tightest)
{
	struct cgroup d = cgroup_make_in(&self->a, "d");
	struct child c[2];

	cgroup_write(&self->a, "cpu.max", "10000 50000");
	EXPECT_OK(cgroup_try_write(&self->b, "cpu.max", "40000 50000"));
	EXPECT_OK(cgroup_try_write(&d, "cpu.max", "40000 50000"));
	burn_start(&c[0], &self->b, -1);
	burn_start(&c[1], &d, -1);
	EXPECT_SOON(stat_key(&self->a, "nr_periods") >= 20);
	int64_t periods = stat_key(&self->a, "nr_periods");

	EXPECT_GE((periods + 2) * 10000 * 11 / 10 + 5000 * sysconf(_SC_NPROCESSORS_ONLN),
		  stat_key(&self->a, "usage_usec"));
	EXPECT_LT(0, stat_key(&self->a, "nr_throttled"));
	EXPECT_LT(0, stat_key(&self->b, "usage_usec"));
	EXPECT_LT(0, stat_key(&d, "usage_usec"));
}

TEST_F(cpu, stat_throttle_not_hierarchical)
{
	struct child c;

	cgroup_write(&self->a, "cpu.max", "5000 50000");
	burn_start(&c, &self->b, -1);
	EXPECT_SOON(stat_key(&self->a, "nr_throttled") >= 3);
	EXPECT_EQ(0, stat_key(&self->b, "nr_throttled"));
	EXPECT_EQ(0, stat_key(&self->b, "throttled_usec"));
	cgroup_write(&self->a, "cpu.max", "max");
	cgroup_write(&self->b, "cpu.max", "5000 50000");
	int64_t a = stat_key(&self->a, "nr_throttled");

	EXPECT_SOON(stat_key(&self->b, "nr_throttled") >= 3);
	EXPECT_EQ(a, stat_key(&self->a, "nr_throttled"));
}

TEST_F(cpu, max_throttled_killable)
{
	struct child c;

	cgroup_write(&self->b, "cpu.max", "1000 100000");
	burn_start(&c, &self->b, -1);
	EXPECT_SOON(stat_key(&self->b, "nr_throttled") >= 2);
	int64_t periods = stat_key(&self->b, "nr_periods");

	child_kill(&c);
	EXPECT_GE(periods + 50, stat_key(&self->b, "nr_periods"));
	burn_start(&c, &self->b, -1);
	EXPECT_SOON(stat_key(&self->b, "nr_throttled") >= 2);
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.subtree_control", "+cpu"));
	struct cgroup free = cgroup_make_in(&self->a, "free");

	EXPECT_OK(cgroup_try_write(&free, "cgroup.procs", "%d", c.pid));
	EXPECT_TRUE(burn_until(&free, 100000, 5));
	EXPECT_EQ(0, stat_key(&free, "nr_throttled"));
}

TEST_F(cpu, max_burst)
{
	struct child c;

	need_cgroup_file(&self->b, "cpu.max.burst");
	EXPECT_STREQ("0", cgroup_read(&self->b, "cpu.max.burst"));
	cgroup_write(&self->b, "cpu.max", "20000 100000");
	EXPECT_OK(cgroup_try_write(&self->b, "cpu.max.burst", "20000"));
	EXPECT_STREQ("20000", cgroup_read(&self->b, "cpu.max.burst"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cpu.max.burst", "20001"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cpu.max.burst", "x"));
	EXPECT_STREQ("20000", cgroup_read(&self->b, "cpu.max.burst"));
	EXPECT_EQ(0, stat_key(&self->b, "nr_bursts"));
	/* 30 ms at a time, of which 10 are saved up: never held back, though over the quota. */
	CHILD (&c, .cgroup = &self->b)
		for (;;) {
			burn_self(2);
			child_meet(&c);
			burn_self(30);
			child_meet(&c);
		}
	for (int i = 0; i < 10 && !stat_key(&self->b, "nr_bursts"); i++) {
		int64_t before = stat_key(&self->b, "nr_periods");

		child_meet(&c);
		EXPECT_SOON(stat_key(&self->b, "nr_periods") >= before);
		sleep_ms(300); /* three periods of rest fill the reserve: time is what is spent */
		child_meet(&c);
	}
	EXPECT_LT(0, stat_key(&self->b, "nr_bursts"));
	EXPECT_LT(0, stat_key(&self->b, "burst_usec"));
}

TEST_F(cpu, stat_bandwidth_fields)
{
	struct cgroup without = cgroup_make_in(&self->b, "without");
	static const char *const keys[] = { "nr_periods", "nr_throttled", "throttled_usec" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(0, stat_key(&self->b, keys[i]));
		EXPECT_FALSE(text_value(cgroup_read(&without, "cpu.stat"), keys[i]));
	}
	if (!cgroup_has(&self->b, "cpu.max.burst"))
		return;
	EXPECT_EQ(0, stat_key(&self->b, "nr_bursts"));
	EXPECT_EQ(0, stat_key(&self->b, "burst_usec"));
	EXPECT_FALSE(text_value(cgroup_read(&without, "cpu.stat"), "nr_bursts"));
}

TEST_F(cpu, stat_local_throttled)
{
	struct cgroup without = cgroup_make_in(&self->b, "without");
	struct child c;

	need_cgroup_file(&self->b, "cpu.stat.local");
	EXPECT_EQ(0, cgroup_key(&self->b, "cpu.stat.local", "throttled_usec"));
	cgroup_write(&self->a, "cpu.max", "5000 50000");
	burn_start(&c, &self->b, -1);
	EXPECT_SOON(cgroup_key(&self->b, "cpu.stat.local", "throttled_usec") > 0);
	EXPECT_SOON(cgroup_key(&self->a, "cpu.stat.local", "throttled_usec") > 0);
	EXPECT_STREQ("", cgroup_read(&without, "cpu.stat.local"));
}

SUITE_MAIN(.alone = true)
