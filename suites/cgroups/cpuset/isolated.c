// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is peculiar to partitions for the scheduler: isolated ones are not
 * balanced and free of unbound work, CPUs isolated at boot are for nobody else,
 * and deadline tasks keep the CPUs that they were promised.
 */
#include "partition.h"

FIXTURE(cpuset)
{
	struct cgroup a; /* below the root of the hierarchy; made once nothing can be missing */
};
FIXTURE_SETUP(cpuset)
{
	partition_need();
}
FIXTURE_TEARDOWN(cpuset)
{
	if (self->a.path[0])
		partition_clear(&self->a);
}

/* Is the CPU's bit set in a mask as sysfs has it ("00000000,00000003")? */
static bool mask_has(const char *path, int cpu)
{
	char *text = file_read("%s", path);

	for (int at = strlen(text) - 1; at >= 0; at--) {
		char digit[2] = { text[at] };

		if (*digit == ',')
			continue;
		if (cpu < 4)
			return strtol(digit, NULL, 16) >> cpu & 1;
		cpu -= 4;
	}
	return false;
}

#define WORKQUEUE "/sys/devices/virtual/workqueue/"

TEST_F(cpuset, isolated_leaves_workqueues)
{
	int cpu = burn_cpu(1);

	need_file(WORKQUEUE "cpumask_isolated", "CPUs that workqueues leave alone");
	EXPECT_FALSE(mask_has(WORKQUEUE "cpumask_isolated", cpu));
	EXPECT_TRUE(mask_has(WORKQUEUE "cpumask", cpu));
	self->a = partition_top("a");
	for (int round = 0; round < 2; round++) {
		cgroup_write(&self->a, "cpuset.cpus", "%d", cpu);
		ASSERT_OK(partition_try(&self->a, "isolated"));
		ASSERT_STREQ("isolated", partition_state(&self->a));
		EXPECT_TRUE(mask_has(WORKQUEUE "cpumask_isolated", cpu));
		EXPECT_FALSE(mask_has(WORKQUEUE "cpumask", cpu));
		EXPECT_OK(partition_try(&self->a, round ? "root" : "member"));
		EXPECT_FALSE(mask_has(WORKQUEUE "cpumask_isolated", cpu));
		EXPECT_TRUE(mask_has(WORKQUEUE "cpumask", cpu));
	}
}

/* Two that spin on one CPU of two, and then might run on both. */
static void crowd(struct child c[2], const struct cgroup *cg, int cpu)
{
	for (int i = 0; i < 2; i++)
		CHILD (&c[i]) {
			cpu_set_t set;

			cgroup_add(cg, 0);
			CPU_ZERO(&set);
			CPU_SET(cpu, &set);
			MUST(sched_setaffinity(0, sizeof(set), &set));
			child_meet(&c[i]);
			child_spin();
		}
	for (int i = 0; i < 2; i++)
		child_meet(&c[i]);
	for (int i = 0; i < 2; i++) {
		cpu_set_t both;

		CPU_ZERO(&both);
		CPU_SET(cpu, &both);
		CPU_SET(cpu + 1, &both);
		MUST(sched_setaffinity(c[i].pid, sizeof(both), &both));
	}
}

/* The lower of two neighbouring CPUs, neither of them the first. */
static int need_cpu_pair(void)
{
	cpu_set_t set;

	burn_cpus(&set);
	for (int cpu = burn_cpu(0) + 1; cpu + 1 < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && CPU_ISSET(cpu + 1, &set))
			return cpu;
	check_skip("not supported: two neighbouring CPUs beside the first");
}

static bool apart(struct child c[2])
{
	return proc_stat("/proc", c[0].pid, 39) != proc_stat("/proc", c[1].pid, 39);
}

TEST_F(cpuset, isolated_no_balancing)
{
	int cpu = need_cpu_pair();
	struct child c[2];

	self->a = partition_top("a");
	partition_make(&self->a, text_format("%d-%d", cpu, cpu + 1));
	crowd(c, &self->a, cpu);
	ASSERT_SOON(apart(c)); /* or what follows would prove nothing */
	for (int i = 0; i < 2; i++)
		child_kill(&c[i]);
	ASSERT_OK(partition_try(&self->a, "isolated"));
	ASSERT_STREQ("isolated", partition_state(&self->a));
	crowd(c, &self->a, cpu);
	/* Balancing takes milliseconds; what is looked for is a thing that never comes. */
	for (int64_t end = now_ns() + 2000000000LL; now_ns() < end && !apart(c);)
		sleep_ms(20);
	EXPECT_FALSE(apart(c));
	for (int i = 0; i < 2; i++)
		child_kill(&c[i]);
}

/* With "isolcpus=1" on the command line. */
TEST_F(cpuset, partition_reason_housekeeping)
{
	char *isolated = file_read("/sys/devices/system/cpu/isolated");

	if (!*isolated)
		check_skip("not supported: a kernel booted with isolcpus=");
	self->a = partition_top("a");
	cgroup_write(&self->a, "cpuset.cpus", "%d", atoi(isolated));
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_STREQ("root invalid (partition config conflicts with housekeeping setup)",
		     partition_state(&self->a));
	EXPECT_OK(partition_try(&self->a, "isolated"));
	EXPECT_STREQ("isolated", partition_state(&self->a));
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_TRUE(!strncmp(partition_state(&self->a), "root invalid (", 14));
}

/* 6 of 10 ms on end; it only reserves them and sleeps. */
static void start_deadline(struct child *c, const struct cgroup *cg)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { sizeof(attr), 6 /* SCHED_DEADLINE */, 0, 0, 0, 6000000, 10000000, 10000000 };

	CHILD (c) {
		cgroup_add(cg, 0);
		MUST(syscall(SYS_sched_setattr, 0, &attr, 0));
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(cpuset, deadline_tasks_protect)
{
	int cpu = need_cpu_pair();
	char *two = text_format("%d-%d", cpu, cpu + 1);
	struct child c[2];

	self->a = partition_top("a");
	partition_make(&self->a, two);
	for (int i = 0; i < 2; i++)
		start_deadline(&c[i], &self->a);
	EXPECT_ERRNO(EBUSY, cgroup_try_write(&self->a, "cpuset.cpus", "%d", cpu));
	EXPECT_STREQ(two, cgroup_read(&self->a, "cpuset.cpus"));
	EXPECT_STREQ(two, cgroup_read(&self->a, "cpuset.cpus.effective"));
	child_kill(&c[1]);
	EXPECT_SOON(!cgroup_try_write(&self->a, "cpuset.cpus", "%d", cpu));
	EXPECT_STREQ("root", partition_state(&self->a));
	child_kill(&c[0]);
}

SUITE_MAIN(.alone = true)
