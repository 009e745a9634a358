// SPDX-License-Identifier: GPL-2.0-only
/* cpu and cpuacct on v1. */
#include "v1.h"

FIXTURE(v1_cpu)
{
	struct cgroup a, b; /* b below a */
};
FIXTURE_SETUP(v1_cpu)
{
	self->a = cgroup_v1_make("cpu", "a");
	self->b = v1_below(&self->a, "b");
}
NO_TEARDOWN(v1_cpu)

FIXTURE(v1_cpuacct)
{
	struct cgroup a, b;
};
FIXTURE_SETUP(v1_cpuacct)
{
	self->a = cgroup_v1_make("cpuacct", "a");
	self->b = v1_below(&self->a, "b");
}
NO_TEARDOWN(v1_cpuacct)

/* A process that uses all the CPU time it gets, from its place in the cgroup on. */
static void spinner(struct child *c, const struct cgroup *cg)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		child_meet(c);
		child_spin();
	}
	child_meet(c);
}

static void need_bandwidth(const struct cgroup *cg)
{
	if (!cgroup_has(cg, "cpu.cfs_quota_us"))
		check_skip("not supported: cpu.cfs_quota_us (CONFIG_CFS_BANDWIDTH)");
}

static int64_t cpu_stat(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "cpu.stat", key);
}

/* Counted by the kernel, not by the clock on the wall: of each period no more than the quota. */
TEST_F(v1_cpu, cfs_quota_period)
{
	struct child c;

	need_bandwidth(&self->a);
	EXPECT_EQ(-1, cgroup_number(&self->a, "cpu.cfs_quota_us"));
	EXPECT_EQ(100000, cgroup_number(&self->a, "cpu.cfs_period_us"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.cfs_quota_us", "999"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.cfs_period_us", "999"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.cfs_period_us", "1000001"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.cfs_period_us", "1000000"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.cfs_quota_us", "1000"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.cfs_quota_us", "-1"));
	EXPECT_EQ(-1, cgroup_number(&self->a, "cpu.cfs_quota_us"));
	cgroup_write(&self->a, "cpu.cfs_period_us", "50000");
	cgroup_write(&self->a, "cpu.cfs_quota_us", "5000");
	EXPECT_EQ(5000, cgroup_number(&self->a, "cpu.cfs_quota_us"));
	spinner(&c, &self->b);
	EXPECT_SOON(cpu_stat(&self->a, "nr_periods") >= 10);
	EXPECT_SOON(cpu_stat(&self->a, "nr_throttled") >= 5);
	EXPECT_SOON(cpu_stat(&self->a, "throttled_time") > 0);
	EXPECT_EQ(0, cpu_stat(&self->b, "nr_throttled"));
	cgroup_write(&self->a, "cpu.cfs_quota_us", "-1"); /* or it pays back before it ends */
	child_kill(&c);
}

TEST_F(v1_cpu, cfs_hierarchy_einval)
{
	struct cgroup c = v1_below(&self->a, "c");

	need_bandwidth(&self->a);
	cgroup_write(&self->a, "cpu.cfs_quota_us", "50000");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cpu.cfs_quota_us", "50001"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cpu.cfs_quota_us", "90000"));
	EXPECT_OK(cgroup_try_write(&self->b, "cpu.cfs_quota_us", "50000"));
	EXPECT_OK(cgroup_try_write(&c, "cpu.cfs_quota_us", "40000"));
	EXPECT_EQ(50000, cgroup_number(&self->b, "cpu.cfs_quota_us"));
	/* Nor can the parent be made smaller than a child. */
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.cfs_quota_us", "45000"));
	EXPECT_OK(cgroup_try_write(&self->b, "cpu.cfs_quota_us", "-1"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.cfs_quota_us", "45000"));
}

TEST_F(v1_cpu, cfs_burst)
{
	need_bandwidth(&self->a);
	if (!cgroup_has(&self->a, "cpu.cfs_burst_us"))
		check_skip("not supported: cpu.cfs_burst_us");
	EXPECT_EQ(0, cgroup_number(&self->a, "cpu.cfs_burst_us"));
	cgroup_write(&self->a, "cpu.cfs_quota_us", "20000");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.cfs_burst_us", "20001"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.cfs_burst_us", "20000"));
	EXPECT_EQ(20000, cgroup_number(&self->a, "cpu.cfs_burst_us"));
	EXPECT_EQ(0, cgroup_number(&self->b, "cpu.cfs_burst_us"));
}

TEST_F(v1_cpu, shares)
{
	EXPECT_EQ(1024, cgroup_number(&self->a, "cpu.shares"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.shares", "1"));
	EXPECT_EQ(2, cgroup_number(&self->a, "cpu.shares"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.shares", "1000000"));
	EXPECT_EQ(262144, cgroup_number(&self->a, "cpu.shares"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.shares", "512"));
	EXPECT_EQ(512, cgroup_number(&self->a, "cpu.shares"));
	EXPECT_EQ(1024, cgroup_number(&self->b, "cpu.shares"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.shares", "x"));
	/* The root of the hierarchy has no weight against anything. */
	char *file = text_format("%s/cpu.shares", v1_root(&self->a, "cpu"));
	if (!access(file, F_OK))
		EXPECT_ERRNO(EINVAL, file_try_write(file, file_read("%s", file)));
}

TEST_F(v1_cpu, stat)
{
	char *text = cgroup_read(&self->a, "cpu.stat");

	need_bandwidth(&self->a);
	EXPECT_EQ(0, cpu_stat(&self->a, "nr_periods"));
	EXPECT_EQ(0, cpu_stat(&self->a, "nr_throttled"));
	EXPECT_EQ(0, cpu_stat(&self->a, "throttled_time"));
	if (cgroup_has(&self->a, "cpu.cfs_burst_us")) {
		EXPECT_EQ(0, cpu_stat(&self->a, "nr_bursts"));
		EXPECT_EQ(0, cpu_stat(&self->a, "burst_time"));
	}
	EXPECT_LE(3, text_lines(text));
	/* In nanoseconds: a throttled spell lasts longer than a million of them. */
	struct child c;
	spinner(&c, &self->a);
	cgroup_write(&self->a, "cpu.cfs_quota_us", "1000");
	EXPECT_SOON(cpu_stat(&self->a, "nr_throttled") >= 3);
	EXPECT_SOON(cpu_stat(&self->a, "throttled_time") > 30 * 1000 * 1000);
	cgroup_write(&self->a, "cpu.cfs_quota_us", "-1");
	child_kill(&c);
}

static int try_fifo(void)
{
	struct sched_param p = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &p);
}

static int try_runtime(const struct cgroup *cg, const char *us)
{
	return cgroup_try_write(cg, "cpu.rt_runtime_us", "%s", us);
}

/* A task that is of that class already, and sleeps. */
static void fifo_sleeper(struct child *c)
{
	CHILD (c) {
		EXPECT_OK(try_fifo());
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(v1_cpu, rt_runtime)
{
	struct cgroup c = v1_below(&self->a, "c");
	struct child fifo;

	if (!cgroup_has(&self->a, "cpu.rt_runtime_us"))
		check_skip("not supported: cpu.rt_runtime_us (CONFIG_RT_GROUP_SCHED)");
	EXPECT_EQ(0, cgroup_number(&self->a, "cpu.rt_runtime_us"));
	EXPECT_EQ(1000000, cgroup_number(&self->a, "cpu.rt_period_us"));
	fifo_sleeper(&fifo);
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cgroup.procs", "%d", fifo.pid));
	IN_CHILD () {
		cgroup_add(&self->a, 0);
		EXPECT_ERRNO(EPERM, try_fifo());
	}
	/* The children's sum within the parent's. */
	EXPECT_ERRNO(EINVAL, try_runtime(&self->b, "1000"));
	EXPECT_OK(try_runtime(&self->a, "10000"));
	EXPECT_ERRNO(EINVAL, try_runtime(&self->b, "10001"));
	EXPECT_OK(try_runtime(&self->b, "6000"));
	EXPECT_ERRNO(EINVAL, try_runtime(&c, "4001"));
	EXPECT_OK(try_runtime(&c, "4000"));
	EXPECT_ERRNO(EINVAL, try_runtime(&self->a, "9999"));
	EXPECT_EQ(10000, cgroup_number(&self->a, "cpu.rt_runtime_us"));
	IN_CHILD () {
		cgroup_add(&self->b, 0);
		EXPECT_OK(try_fifo());
	}
	EXPECT_OK(cgroup_try_write(&self->b, "cgroup.procs", "%d", fifo.pid));
	EXPECT_ERRNO(EBUSY, try_runtime(&self->b, "0"));
	child_kill(&fifo);
	EXPECT_SOON(!try_runtime(&self->b, "0"));
}

static int64_t usage(const struct cgroup *cg)
{
	return cgroup_number(cg, "cpuacct.usage");
}

TEST_F(v1_cpuacct, usage)
{
	EXPECT_EQ(0, usage(&self->a));
	IN_CHILD () {
		cgroup_add(&self->b, 0);
		/* What was used between the two readings, and from before to after them. */
		int64_t outer = burn_own_ns(), before = usage(&self->b), inner = burn_own_ns();
		burn_self(100);
		inner = burn_own_ns() - inner;
		int64_t counted = usage(&self->b) - before;
		outer = burn_own_ns() - outer;
		EXPECT_LE(inner * 9 / 10, counted);
		EXPECT_GE(outer * 11 / 10 + 20 * 1000 * 1000, counted);
		EXPECT_LE(counted, usage(&self->a));
	}
	int64_t all = SETTLED(usage(&self->a));
	EXPECT_LT(90 * 1000 * 1000, all);
	EXPECT_LE(usage(&self->b), all);
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpuacct.usage", "1"));
	EXPECT_EQ(all, usage(&self->a));
	EXPECT_OK(cgroup_try_write(&self->a, "cpuacct.usage", "0"));
	EXPECT_EQ(0, usage(&self->a));
	EXPECT_LT(0, usage(&self->b));
}

/* USER_HZ ticks that the CPUs together counted as used: /proc/stat, proc_stat(5). */
static int64_t machine_ticks(void)
{
	char *text = file_read("/proc/stat");
	long long user, nice, system;

	ASSERT_EQ(3, sscanf(text, "cpu %lld %lld %lld", &user, &nice, &system));
	return user + nice + system;
}

static int64_t stat_ticks(const struct cgroup *cg)
{
	return cgroup_key(cg, "cpuacct.stat", "user") + cgroup_key(cg, "cpuacct.stat", "system");
}

static int64_t to_ticks(int64_t ns)
{
	return ns * sysconf(_SC_CLK_TCK) / 1000000000;
}

static int64_t split_ticks(const struct cgroup *cg)
{
	return to_ticks(cgroup_number(cg, "cpuacct.usage_user") +
			cgroup_number(cg, "cpuacct.usage_sys"));
}

/*
 * Who uses the CPU when the tick comes is counted for that tick.  A machine that
 * is itself without a CPU for a while (a guest) loses ticks, the exact usage loses
 * nothing.  So in one round of several what was counted agrees with the usage, or
 * with the ticks that there were: nearly nobody else runs beside this program.
 * The CPU is used in the cgroup "at", which is the one looked at or below it.
 */
static void expect_counted(const struct cgroup *cg, const struct cgroup *at,
			   int64_t (*counted)(const struct cgroup *cg))
{
	int64_t exact = 0, ticks = 0, machine = 0;
	bool agrees = false;

	for (int i = 0; i < 10 && !agrees; i++) {
		int64_t usage_before = usage(cg), ticks_before = counted(cg),
			machine_before = machine_ticks();

		IN_CHILD () {
			cgroup_add(at, 0);
			burn_self(300);
		}
		/* Nobody is left in it, so nothing moves any more. */
		ASSERT_SOON(!*cgroup_read(at, "cgroup.procs"));
		exact = to_ticks(usage(cg) - usage_before);
		ticks = counted(cg) - ticks_before;
		machine = machine_ticks() - machine_before;
		agrees = ticks <= exact + 3 &&
			 (exact - 3 <= ticks || (machine - 5 <= ticks && ticks <= machine + 1));
	}
	if (!agrees)
		check_note("%lld ticks of usage, %lld counted, %lld by the whole machine",
			   (long long)exact, (long long)ticks, (long long)machine);
	EXPECT_TRUE(agrees);
}

TEST_F(v1_cpuacct, stat)
{
	EXPECT_EQ(0, cgroup_key(&self->a, "cpuacct.stat", "user"));
	EXPECT_EQ(0, cgroup_key(&self->a, "cpuacct.stat", "system"));
	expect_counted(&self->a, &self->b, stat_ticks);
	EXPECT_LE(1, cgroup_key(&self->a, "cpuacct.stat", "user"));
}

TEST_F(v1_cpuacct, split_files)
{
	int64_t all, sum = 0;

	expect_counted(&self->a, &self->a, split_ticks);
	all = SETTLED(usage(&self->a));
	char *text = cgroup_read(&self->a, "cpuacct.usage_percpu"), *end;

	for (char *at = text; strtoll(at, &end, 10), end != at; at = end)
		sum += strtoll(at, NULL, 10);
	EXPECT_EQ(all, sum);
	EXPECT_LE(2, text_lines(cgroup_read(&self->a, "cpuacct.usage_all")));
}

SUITE_MAIN(.alone = true)
