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

/* What happened in 15 periods and perhaps some more. */
struct periods {
	int64_t count, throttled, usage;
};

/*
 * The number of periods is read first and last, so that a reader who is held up
 * in between finds too many periods for the usage, not too few.
 */
static struct periods periods_of(const struct cgroup *cg)
{
	int64_t count = stat_key(cg, "nr_periods"), usage = stat_key(cg, "usage_usec"),
		throttled = stat_key(cg, "nr_throttled");

	SOON(stat_key(cg, "nr_periods") >= count + 15);
	throttled = stat_key(cg, "nr_throttled") - throttled;
	usage = stat_key(cg, "usage_usec") - usage;
	count = stat_key(cg, "nr_periods") - count;
	return (struct periods) { count, throttled, usage };
}

/*
 * No more than 10 ms in each period, and a slice of 5 ms a CPU.  Whose CPU stood
 * still, in an emulated machine, has that counted as used and pays it back later.
 */
static bool keeps_quota(const struct cgroup *cg)
{
	struct periods p = periods_of(cg);

	int64_t most = (p.count + 2) * 10000 * 11 / 10 + 5000 * sysconf(_SC_NPROCESSORS_ONLN);

	return p.count >= 15 && p.usage <= most;
}

/* It does get its share: held back it is every time, so it used its quota up. */
static bool gets_quota(const struct cgroup *cg)
{
	struct periods p = periods_of(cg);

	return p.throttled > 0 && p.throttled * 10000 / 2 <= p.usage;
}

/* Of all periods in which it ran, it got no more than its quota, and was held back. */
TEST_F(cpu, max_limits_usage)
{
	struct child c;

	cgroup_write(&self->b, "cpu.max", "10000 50000");
	burn_start(&c, &self->b, -1);
	EXPECT_SOON(keeps_quota(&self->b));
	int64_t throttled = 0;

	EXPECT_SOON((throttled = stat_key(&self->b, "nr_throttled")) > 0);
	EXPECT_GE(stat_key(&self->b, "nr_periods") + 2, throttled);
	/* Counted when it may go on. */
	EXPECT_SOON(stat_key(&self->b, "throttled_usec") > 0);
	EXPECT_SOON(gets_quota(&self->b));
}

/*
 * One that is held back uses 50 ms of CPU time at once when the limit is lifted or
 * wider: before three of its periods of a second are over, unless somebody was late.
 */
static bool runs_at_once(const struct cgroup *parent, const char *limit)
{
	static int n;
	struct cgroup d = cgroup_make_in(parent, text_format("d%d", n++));
	struct child c;

	/* It starts without a limit: a slow machine is at that for many a millisecond. */
	burn_start(&c, &d, -1);
	cgroup_write(&d, "cpu.max", "1000 1000000");
	EXPECT_SOON(stat_key(&d, "nr_throttled") >= 1);
	int64_t periods = stat_key(&d, "nr_periods");

	cgroup_write(&d, "cpu.max", "%s", limit);
	EXPECT_TRUE(burn_until(&d, 50000, 5));
	periods = stat_key(&d, "nr_periods") - periods;
	child_kill(&c);
	return periods <= 3;
}

TEST_F(cpu, max_change_unthrottles)
{
	EXPECT_SOON(runs_at_once(&self->a, "900000 1000000"));
	EXPECT_SOON(runs_at_once(&self->a, "max"));
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
	EXPECT_SOON(keeps_quota(&self->a));
	EXPECT_SOON(stat_key(&self->a, "nr_throttled") > 0);
	EXPECT_SOON(stat_key(&self->b, "usage_usec") > 0);
	EXPECT_SOON(stat_key(&d, "usage_usec") > 0);
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

/*
 * One that may use 5 ms of 100.  What it ran beyond that it pays back; where its CPU stood
 * still meanwhile that would last for minutes, so then there is another one.
 */
static void start_throttled(struct child *c, const struct cgroup *cg)
{
	for (int i = 0;; i++) {
		cgroup_write(cg, "cpu.max", "max 100000");
		burn_start(c, cg, -1);
		int64_t held = stat_key(cg, "nr_throttled"), usage;

		cgroup_write(cg, "cpu.max", "5000 100000");
		usage = stat_key(cg, "usage_usec");
		EXPECT_SOON(stat_key(cg, "nr_throttled") >= held + 2);
		if (stat_key(cg, "usage_usec") < usage + 30000 || i == 10)
			return;
		cgroup_write(cg, "cpu.max", "max");
		child_kill(c);
	}
}

TEST_F(cpu, max_throttled_killable)
{
	struct child c;

	start_throttled(&c, &self->b);
	MUST(kill(c.pid, SIGKILL));
	int64_t periods = stat_key(&self->b, "nr_periods");

	/* They are counted while somebody is there: when we look for him does not matter. */
	child_reap(&c);
	EXPECT_GE(periods + 50, stat_key(&self->b, "nr_periods"));
	start_throttled(&c, &self->b);
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
		child_meet(&c);
		sleep_ms(300); /* three periods of rest fill the reserve: time is what is spent */
		child_meet(&c);
	}
	/* Counted at the end of the period. */
	EXPECT_SOON(stat_key(&self->b, "nr_bursts") > 0);
	EXPECT_SOON(stat_key(&self->b, "burst_usec") > 0);
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
