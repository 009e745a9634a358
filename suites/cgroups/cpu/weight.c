// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.weight, cpu.idle, cpu.uclamp and the base of cpu.stat.  Shares are taken
 * on one CPU, between cgroups that compete for it all the time.
 */
#include "suite.h"

#include <sys/resource.h>

FIXTURE(cpu)
{
	struct cgroup p, a, b; /* a and b below p, all with the controller */
};
FIXTURE_SETUP(cpu)
{
	need_controller("cpu");
	self->p = cgroup_make("p");
	cgroup_enable(&self->p, "cpu");
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
}
NO_TEARDOWN(cpu)

static int64_t stat_key(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "cpu.stat", key);
}

TEST_F(cpu, weight_default_and_range)
{
	EXPECT_STREQ("100", cgroup_read(&self->a, "cpu.weight"));
	for (int weight = 1; weight <= 10000; weight = weight * 10) {
		EXPECT_OK(cgroup_try_write(&self->a, "cpu.weight", "%d", weight));
		EXPECT_EQ(weight, cgroup_number(&self->a, "cpu.weight"));
	}
	cgroup_write(&self->a, "cpu.weight", "200");
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, "cpu.weight", "0"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, "cpu.weight", "10001"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.weight", "x"));
	EXPECT_STREQ("200", cgroup_read(&self->a, "cpu.weight"));
	EXPECT_STREQ("100", cgroup_read(&self->b, "cpu.weight"));
}

TEST_F(cpu, weight_nice_mapping)
{
	EXPECT_STREQ("0", cgroup_read(&self->a, "cpu.weight.nice"));
	for (int nice = -20; nice <= 19; nice++) {
		EXPECT_OK(cgroup_try_write(&self->a, "cpu.weight.nice", "%d", nice));
		EXPECT_EQ(nice, cgroup_number(&self->a, "cpu.weight.nice"));
		if (nice < 0)
			EXPECT_LT(100, cgroup_number(&self->a, "cpu.weight"));
		if (nice > 0)
			EXPECT_GT(100, cgroup_number(&self->a, "cpu.weight"));
	}
	/* Five steps are a factor of about three. */
	cgroup_write(&self->a, "cpu.weight.nice", "0");
	EXPECT_EQ(100, cgroup_number(&self->a, "cpu.weight"));
	cgroup_write(&self->a, "cpu.weight.nice", "5");
	EXPECT_LE(31, cgroup_number(&self->a, "cpu.weight"));
	EXPECT_GE(35, cgroup_number(&self->a, "cpu.weight"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, "cpu.weight.nice", "-21"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, "cpu.weight.nice", "20"));
	EXPECT_EQ(5, cgroup_number(&self->a, "cpu.weight.nice"));
}

/* How often b's time goes into a's, in per cent, over 1.5 s that p uses. */
static int share(const struct cgroup *p, const struct cgroup *a, const struct cgroup *b)
{
	ASSERT_TRUE(burn_until(p, 500000, 20)); /* new loads settle */
	int64_t a0 = burn_usage(a), b0 = burn_usage(b);

	ASSERT_TRUE(burn_until(p, 1500000, 20));
	int64_t da = burn_usage(a) - a0, db = burn_usage(b) - b0;

	return db ? da * 100 / db : 100000;
}

/*
 * Between these, some time: a CPU that stands still for a moment, in an emulated
 * machine, counts for the one that had it, and so does a late look at one of the two.
 */
static bool share_within(const struct cgroup *p, const struct cgroup *a, const struct cgroup *b,
			 int least, int most)
{
	int percent = share(p, a, b);

	if (percent < least || percent > most)
		check_note("a share of %d %%, of %d to %d", percent, least, most);
	return percent >= least && percent <= most;
}
#define EXPECT_SHARE(least, most) \
	EXPECT_SOON(share_within(&self->p, &self->a, &self->b, least, most))

TEST_F(cpu, weight_ratio)
{
	struct child c[2];

	cgroup_write(&self->a, "cpu.weight", "300");
	burn_start(&c[0], &self->a, 0);
	burn_start(&c[1], &self->b, 0);
	EXPECT_SHARE(230, 390);
	for (int i = 0; i < 2; i++)
		child_kill(&c[i]);
	cgroup_write(&self->a, "cpu.weight", "50");
	for (int i = 0; i < 2; i++)
		burn_start(&c[i], i ? &self->b : &self->a, 0);
	EXPECT_SHARE(38, 66);
}

/*
 * What is below a cgroup does not make its share larger: not a child's weight,
 * and four tasks not by four.  Kernels that weigh a group by how many CPUs it
 * could keep busy (7.3) give it up to the number of CPUs more.
 */
TEST_F(cpu, weight_hierarchical)
{
	struct cgroup below[2];
	struct child c[5];
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	cgroup_enable(&self->a, "cpu");
	below[0] = cgroup_make_in(&self->a, "one");
	below[1] = cgroup_make_in(&self->a, "two");
	cgroup_write(&below[0], "cpu.weight", "10000");
	burn_start(&c[0], &below[0], 0);
	burn_start(&c[4], &self->b, 0);
	EXPECT_SHARE(75, 135);
	/* Beside 10000 a task would be long in coming up. */
	cgroup_write(&below[0], "cpu.weight", "100");
	for (int i = 1; i < 4; i++)
		burn_start(&c[i], &below[i / 2], 0);
	cgroup_write(&below[0], "cpu.weight", "10000");
	EXPECT_SHARE(75, 135 * (cpus < 3 ? cpus : 3));
}

TEST_F(cpu, weight_work_conserving)
{
	struct child c;

	cgroup_write(&self->a, "cpu.weight", "1");
	cgroup_write(&self->b, "cpu.weight", "10000");
	burn_start(&c, &self->a, 0);
	/* b has nothing to run and gets nothing; a is not held back for it. */
	int64_t p0 = burn_usage(&self->p), a0 = burn_usage(&self->a), b0 = burn_usage(&self->b);

	ASSERT_TRUE(burn_until(&self->a, 300000, 20));
	EXPECT_EQ(b0, burn_usage(&self->b));
	EXPECT_LE(burn_usage(&self->a) - a0, burn_usage(&self->p) - p0 + 20000);
}

TEST_F(cpu, idle_values)
{
	need_cgroup_file(&self->a, "cpu.idle");
	EXPECT_STREQ("0", cgroup_read(&self->a, "cpu.idle"));
	cgroup_write(&self->a, "cpu.weight", "300");
	cgroup_write(&self->a, "cpu.idle", "1");
	EXPECT_STREQ("1", cgroup_read(&self->a, "cpu.idle"));
	/* Rounded from next to nothing: 0, and 1 where the result is clamped. */
	EXPECT_GE(1, cgroup_number(&self->a, "cpu.weight"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.weight", "200"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.idle", "2"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.idle", "-1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cpu.idle", "x"));
	EXPECT_STREQ("1", cgroup_read(&self->a, "cpu.idle"));
	cgroup_write(&self->a, "cpu.idle", "0");
	EXPECT_STREQ("100", cgroup_read(&self->a, "cpu.weight"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpu.weight", "200"));
}

TEST_F(cpu, idle_yields)
{
	struct child c[2];

	need_cgroup_file(&self->a, "cpu.idle");
	cgroup_write(&self->a, "cpu.idle", "1");
	burn_start(&c[0], &self->a, 0);
	burn_start(&c[1], &self->b, 0);
	EXPECT_SHARE(0, 25);
	/* Alone it gets what there is. */
	child_kill(&c[1]);
	EXPECT_TRUE(burn_until(&self->a, 200000, 20));
}

/* CPU time of the children that have been waited for, as their own accounts have it. */
static int64_t reaped_usec(void)
{
	struct rusage r;

	MUST(getrusage(RUSAGE_CHILDREN, &r));
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000LL + r.ru_utime.tv_usec +
	       r.ru_stime.tv_usec;
}

TEST_F(cpu, stat_usage_tracks_work)
{
	int64_t reaped = reaped_usec();
	int64_t before = burn_usage(&self->a), p = burn_usage(&self->p), last = before;

	IN_CHILD (.cgroup = &self->a) {
		for (int i = 0; i < 10; i++) {
			burn_self(50);
			int64_t now = burn_usage(&self->a);

			EXPECT_LE(last, now);
			last = now;
		}
	}
	int64_t used = burn_usage(&self->a) - before;

	EXPECT_LE(500000 * 95 / 100, used);
	/* Beside its work there are its start, its reading, and an end that is not all told. */
	EXPECT_GE((reaped_usec() - reaped) * 105 / 100 + 20000, used);
	EXPECT_LE(used, burn_usage(&self->p) - p + 10000);
	EXPECT_EQ(0, burn_usage(&self->b));
	int64_t sum = stat_key(&self->a, "user_usec") + stat_key(&self->a, "system_usec");

	EXPECT_LE(burn_usage(&self->a) * 95 / 100, sum);
	EXPECT_GE(burn_usage(&self->a) * 105 / 100, sum);
}

/* Nearly all of it in the kernel, until killed. */
static void read_zeroes(void)
{
	char *to = malloc(MB);
	int fd = MUST(open("/dev/zero", O_RDONLY | O_CLOEXEC));

	while (read(fd, to, MB) > 0)
		;
}

TEST_F(cpu, stat_base_fields)
{
	struct cgroup without = cgroup_make_in(&self->a, "without");
	static const char *const keys[] = { "usage_usec", "user_usec", "system_usec" };
	struct child c;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		EXPECT_EQ(0, stat_key(&without, keys[i]));
	burn_start(&c, &without, -1);
	EXPECT_SOON(stat_key(&without, "usage_usec") > 20000);
	EXPECT_SOON(stat_key(&without, "user_usec") > stat_key(&without, "system_usec"));
	EXPECT_LE(stat_key(&without, "usage_usec"), stat_key(&self->a, "usage_usec") + 10000);
	child_kill(&c);
	EXPECT_LE(stat_key(&without, "usage_usec"), stat_key(&self->p, "usage_usec"));
	/* In user mode (above), in the kernel, and niced: each where it belongs. */
	bool has_nice = text_value(cgroup_read(&without, "cpu.stat"), "nice_usec");
	struct cgroup kernel = cgroup_make_in(&self->a, "kernel");

	if (has_nice)
		EXPECT_EQ(0, stat_key(&without, "nice_usec"));
	CHILD (&c, .cgroup = &kernel)
		read_zeroes();
	EXPECT_SOON(stat_key(&kernel, "usage_usec") > 100000);
	EXPECT_SOON(stat_key(&kernel, "system_usec") > stat_key(&kernel, "user_usec"));
	child_kill(&c);
	if (!has_nice)
		return;
	CHILD (&c, .cgroup = &without) {
		MUST(setpriority(PRIO_PROCESS, 0, 10));
		child_spin();
	}
	EXPECT_SOON(stat_key(&without, "nice_usec") > 0);
	child_kill(&c);
}

TEST_F(cpu, uclamp_format)
{
	static const struct {
		const char *text, *reads;
	} rows[] = { { "0", "0.00" },
		     { "50", "50.00" },
		     { "33.33", "33.33" },
		     { "100", "100.00" },
		     { "12.5", "12.50" } };
	static const char *const files[] = { "cpu.uclamp.min", "cpu.uclamp.max" };

	need_cgroup_file(&self->a, "cpu.uclamp.min");
	EXPECT_STREQ("0.00", cgroup_read(&self->a, "cpu.uclamp.min"));
	EXPECT_STREQ("max", cgroup_read(&self->a, "cpu.uclamp.max"));
	for (int f = 0; f < 2; f++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			EXPECT_OK(cgroup_try_write(&self->a, files[f], "%s", rows[i].text));
			EXPECT_STREQ(strcmp(rows[i].text, "100") ? rows[i].reads : "max",
				     cgroup_read(&self->a, files[f]));
		}
		cgroup_write(&self->a, files[f], "50");
		EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, files[f], "100.01"));
		EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, files[f], "101"));
		EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, files[f], "x"));
		EXPECT_STREQ("50.00", cgroup_read(&self->a, files[f]));
		EXPECT_OK(cgroup_try_write(&self->a, files[f], "max"));
		EXPECT_STREQ("max", cgroup_read(&self->a, files[f]));
	}
}

/* "effective uclamp.max" and so on in /proc/PID/sched. */
static int64_t effective(pid_t pid, const char *which)
{
	char path[64], text[16384], *line;

	snprintf(path, sizeof(path), "/proc/%d/sched", pid);
	if (file_try_read(path, text, sizeof(text)) < 0 ||
	    !(line = strstr(text, text_format("effective uclamp.%s", which))))
		check_skip("not supported: effective clamps in /proc/PID/sched "
			   "(CONFIG_SCHED_DEBUG, CONFIG_UCLAMP_TASK)");
	return strtoll(strchr(line, ':') + 1, NULL, 10);
}

TEST_F(cpu, uclamp_caps_task)
{
	struct child c;

	need_cgroup_file(&self->a, "cpu.uclamp.min");
	burn_start(&c, &self->a, -1);
	EXPECT_EQ(1024, effective(c.pid, "max"));
	cgroup_write(&self->a, "cpu.uclamp.max", "50");
	EXPECT_SOON(effective(c.pid, "max") == 512);
	cgroup_write(&self->p, "cpu.uclamp.max", "25");
	EXPECT_SOON(effective(c.pid, "max") == 256);
	cgroup_write(&self->a, "cpu.uclamp.min", "80");
	EXPECT_GE(256, effective(c.pid, "min"));
	cgroup_write(&self->p, "cpu.uclamp.max", "max");
	cgroup_write(&self->a, "cpu.uclamp.max", "max");
	EXPECT_SOON(effective(c.pid, "max") == 1024);
}

/* Its budget is the realtime one: cpu.max does not hold it back. */
TEST_F(cpu, rt_tasks_allowed)
{
	struct child c;
	struct sched_param param = { .sched_priority = 1 };

	if (kernel_option("CONFIG_RT_GROUP_SCHED") == 1)
		check_skip("not supported: a kernel without CONFIG_RT_GROUP_SCHED");
	CHILD (&c, .cgroup = &self->a) {
		EXPECT_OK(sched_setscheduler(0, SCHED_FIFO, &param));
		cgroup_write(&self->a, "cpu.max", "1000 100000");
		int64_t before = stat_key(&self->a, "nr_throttled");

		burn_self(150);
		EXPECT_EQ(before, stat_key(&self->a, "nr_throttled"));
	}
	child_wait(&c);
	EXPECT_LE(140000, burn_usage(&self->a));
	/* From outside as well. */
	CHILD (&c) {
		EXPECT_OK(sched_setscheduler(0, SCHED_FIFO, &param));
		EXPECT_OK(cgroup_try_write(&self->b, "cgroup.procs", "0"));
	}
	child_wait(&c);
}

TEST_F(cpu, rt_group_sched_refuses)
{
	struct sched_param param = { .sched_priority = 1 };

	if (kernel_option("CONFIG_RT_GROUP_SCHED") != 1)
		check_skip("not supported: CONFIG_RT_GROUP_SCHED");
	IN_CHILD () {
		MUST(sched_setscheduler(0, SCHED_FIFO, &param));
		EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cgroup.procs", "0"));
	}
}

SUITE_MAIN(.alone = true)
