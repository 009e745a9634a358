// SPDX-License-Identifier: GPL-2.0-only
/* CPUs that go offline and come back, and what cpusets and partitions make of it. */
#include "partition.h"

FIXTURE(cpuset)
{
	struct cgroup a;
	char cpu[2][16];
	char *online; /* the file of the second one */
};

FIXTURE_SETUP(cpuset)
{
	need_disposable();
	need_controller("cpuset");
	self->a = cgroup_make("a");
	for (int i = 0; i < 2; i++)
		snprintf(self->cpu[i], sizeof(self->cpu[i]), "%d", burn_cpu(i));
	self->online = text_format("/sys/devices/system/cpu/cpu%s/online", self->cpu[1]);
	need_file(self->online, "CPUs that can be taken offline (CONFIG_HOTPLUG_CPU)");
}
/* Run in the test's own process: what ends it early leaves the CPU to the next test. */
FIXTURE_TEARDOWN(cpuset)
{
	file_try_write(self->online, "1");
}

static char *effective(const struct cgroup *cg)
{
	return cgroup_read(cg, "cpuset.cpus.effective");
}

static bool allowed_are(pid_t pid, const char *cpus)
{
	return !strcmp(cpus, proc_status(pid, "Cpus_allowed_list"));
}

TEST_F(cpuset, hotplug_effective)
{
	cgroup_write(&self->a, "cpuset.cpus", "%s,%s", self->cpu[0], self->cpu[1]);
	char *both = cgroup_read(&self->a, "cpuset.cpus"), *all = partition_root_effective();

	ASSERT_STREQ(both, effective(&self->a));
	file_write(self->online, "0");
	EXPECT_SOON(!strcmp(self->cpu[0], effective(&self->a)));
	EXPECT_SOON(!strstr(partition_root_effective(), self->cpu[1]));
	EXPECT_STREQ(both, cgroup_read(&self->a, "cpuset.cpus"));
	file_write(self->online, "1");
	EXPECT_SOON(!strcmp(both, effective(&self->a)));
	EXPECT_SOON(!strcmp(all, partition_root_effective()));
}

TEST_F(cpuset, hotplug_last_cpu_fallback)
{
	struct cgroup own = cgroup_own();
	struct child c;

	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	CHILD (&c)
		child_sleep();
	cgroup_add(&self->a, c.pid);
	ASSERT_TRUE(allowed_are(c.pid, self->cpu[1]));
	file_write(self->online, "0");
	EXPECT_SOON(!strcmp(effective(&own), effective(&self->a)));
	EXPECT_SOON(allowed_are(c.pid, effective(&own)));
	EXPECT_FALSE(strstr(effective(&self->a), self->cpu[1]));
	file_write(self->online, "1");
	EXPECT_SOON(!strcmp(self->cpu[1], effective(&self->a)));
	EXPECT_SOON(allowed_are(c.pid, self->cpu[1]));
}

TEST_F(cpuset, partition_hotplug)
{
	struct cgroup top;
	struct child c;

	partition_need();
	top = partition_top("hotplug");
	partition_make(&top, self->cpu[1]);
	CHILD (&c)
		child_sleep();
	cgroup_add(&top, c.pid);
	ASSERT_TRUE(allowed_are(c.pid, self->cpu[1]));
	/* Of a member it went in the other tests; 6.12 takes its own fair servers for deadlines. */
	if (file_try_write(self->online, "0") && errno == EBUSY) {
		child_kill(&c);
		partition_clear(&top);
		check_defect("the last CPU of a partition cannot go offline (EBUSY), though no "
			     "deadline task is there");
	}
	EXPECT_SOON(!strncmp(partition_state(&top), "root invalid", 12));
	EXPECT_SOON(allowed_are(c.pid, partition_root_effective()));
	file_write(self->online, "1");
	EXPECT_SOON(!strcmp("root", partition_state(&top)));
	EXPECT_SOON(allowed_are(c.pid, self->cpu[1]));
	EXPECT_SOON(!strstr(partition_root_effective(), self->cpu[1]));
	child_kill(&c);
	partition_clear(&top);
}

SUITE_MAIN(.alone = true)
