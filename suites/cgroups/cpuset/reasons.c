// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuset.cpus.partition where the parent has a say: partitions below partitions,
 * remote ones below none, and the reasons that an invalid one gives.
 */
#include "partition.h"

FIXTURE(cpuset)
{
	struct cgroup a, b;  /* below the root of the hierarchy */
	struct cgroup below; /* of a */
	char cpu[16], *all;
};

FIXTURE_SETUP(cpuset)
{
	partition_need();
	self->a = partition_top("a");
	self->b = partition_top("b");
	self->below = partition_below(&self->a);
	snprintf(self->cpu, sizeof(self->cpu), "%d", burn_cpu(1));
	self->all = partition_root_effective();
}
FIXTURE_TEARDOWN(cpuset)
{
	partition_clear(&self->a);
	partition_clear(&self->b);
	EXPECT_SOON(!strcmp(self->all, partition_root_effective()));
}

static void expect_reason(struct here h, const char *state, const char *reason,
			  const struct cgroup *cg)
{
	char *want = text_format("%s invalid (%s)", state, reason), *seen = partition_state(cg);

	check_strings(h, true, "cpuset.cpus.partition", want, seen);
}
#define EXPECT_REASON(state, reason, cg) expect_reason(HERE, state, reason, cg)

static void set_exclusive(const struct cgroup *cg, const char *cpus)
{
	cgroup_write(cg, "cpuset.cpus.exclusive", "%s", cpus);
}

/* CPUs of its own for below, which a, a plain member, hands down. */
static void make_remote(const struct cgroup *a, const struct cgroup *below, const char *cpu)
{
	set_exclusive(a, cpu);
	set_exclusive(below, cpu);
	ASSERT_OK(partition_try(below, "root"));
	ASSERT_STREQ("root", partition_state(below));
}

TEST_F(cpuset, partition_empty_parent_ok)
{
	partition_make(&self->a, self->cpu);
	partition_make(&self->below, self->cpu);
	EXPECT_STREQ("root", partition_state(&self->a));
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_STREQ(self->cpu, cgroup_read(&self->below, "cpuset.cpus.effective"));
	EXPECT_OK(partition_try(&self->below, "member"));
	EXPECT_STREQ(self->cpu, cgroup_read(&self->a, "cpuset.cpus.effective"));
}

TEST_F(cpuset, attach_needs_cpus_enospc)
{
	struct child c;

	CHILD (&c, .cgroup = &self->b)
		child_sleep();
	partition_make(&self->a, self->cpu);
	partition_make(&self->below, self->cpu);
	ASSERT_STREQ("", cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_ERRNO(ENOSPC, cgroup_try_write(&self->a, "cgroup.procs", "%d", c.pid));
	EXPECT_TRUE(cgroup_contains(&self->b, c.pid));
	struct child d;

	EXPECT_ERRNO(ENOSPC, child_try_start(&d, .cgroup = &self->a));
	if (d.inside)
		child_exit(&d);
	EXPECT_OK(cgroup_try_write(&self->below, "cgroup.procs", "%d", c.pid));
	EXPECT_STREQ(self->cpu, proc_status(c.pid, "Cpus_allowed_list"));
	child_kill(&c);
	EXPECT_SOON(cgroup_key(&self->below, "cgroup.events", "populated") == 0);
	EXPECT_OK(partition_try(&self->below, "member"));
	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	EXPECT_STREQ(self->cpu, proc_status(c.pid, "Cpus_allowed_list"));
	child_kill(&c);
}

/* The root has tasks, and so has a: neither can give away its last CPU. */
TEST_F(cpuset, partition_reason_no_cpu)
{
	static const char reason[] = "Parent unable to distribute cpu downstream";
	struct child c;

	cgroup_write(&self->b, "cpuset.cpus", "%s", self->all);
	EXPECT_OK(partition_try(&self->b, "root"));
	EXPECT_REASON("root", reason, &self->b);
	EXPECT_STREQ(self->all, partition_root_effective());
	EXPECT_OK(partition_try(&self->b, "member"));
	cgroup_write(&self->b, "cpuset.cpus", "%s", "\n");

	partition_make(&self->a, self->cpu);
	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	cgroup_write(&self->below, "cpuset.cpus", "%s", self->cpu);
	EXPECT_OK(partition_try(&self->below, "root"));
	EXPECT_REASON("root", reason, &self->below);
	EXPECT_STREQ("root", partition_state(&self->a));
	EXPECT_STREQ(self->cpu, proc_status(c.pid, "Cpus_allowed_list"));
	child_kill(&c);
}

TEST_F(cpuset, partition_reason_parent)
{
	partition_make(&self->a, self->cpu);
	partition_make(&self->below, self->cpu);
	EXPECT_OK(partition_try(&self->a, "member"));
	EXPECT_REASON("root", "Parent is not a partition root", &self->below);
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_STREQ("root", partition_state(&self->below));
	/* All CPUs, which the root cannot give. */
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->all);
	EXPECT_TRUE(!strncmp(partition_state(&self->a), "root invalid (", 14));
	EXPECT_REASON("root", "Parent is an invalid partition root", &self->below);
	EXPECT_STREQ(self->all, partition_root_effective());
}

TEST_F(cpuset, partition_reason_exclusive)
{
	set_exclusive(&self->below, self->cpu);
	EXPECT_OK(partition_try(&self->below, "root"));
	EXPECT_REASON("root", "Invalid cpu list in cpuset.cpus.exclusive", &self->below);
	EXPECT_STREQ(self->all, partition_root_effective());
	/* And no longer so once a hands it down. */
	EXPECT_OK(partition_try(&self->below, "member"));
	make_remote(&self->a, &self->below, self->cpu);
	/* All there are, which leaves the root none. */
	EXPECT_OK(partition_try(&self->below, "member"));
	set_exclusive(&self->a, self->all);
	set_exclusive(&self->below, self->all);
	EXPECT_OK(partition_try(&self->below, "root"));
	EXPECT_TRUE(!strncmp(partition_state(&self->below), "root invalid (", 14));
	EXPECT_STREQ(self->all, partition_root_effective());
}

TEST_F(cpuset, partition_remote)
{
	struct child c;

	CHILD (&c, .cgroup = &self->b)
		child_sleep();
	make_remote(&self->a, &self->below, self->cpu);
	EXPECT_STREQ("member", partition_state(&self->a));
	EXPECT_STREQ(self->cpu, cgroup_read(&self->below, "cpuset.cpus.effective"));
	EXPECT_FALSE(strstr(partition_root_effective(), self->cpu));
	EXPECT_STREQ(partition_root_effective(), cgroup_read(&self->a, "cpuset.cpus.effective"));
	EXPECT_STREQ(partition_root_effective(), cgroup_read(&self->b, "cpuset.cpus.effective"));
	EXPECT_SOON(!strcmp(partition_root_effective(), proc_status(c.pid, "Cpus_allowed_list")));
	cgroup_add(&self->below, c.pid);
	EXPECT_STREQ(self->cpu, proc_status(c.pid, "Cpus_allowed_list"));
	EXPECT_OK(partition_try(&self->below, "member"));
	EXPECT_STREQ(self->all, partition_root_effective());
	EXPECT_SOON(!strcmp(self->all, cgroup_read(&self->a, "cpuset.cpus.effective")));
	child_kill(&c);
}

TEST_F(cpuset, partition_remote_needs_cap)
{
	set_exclusive(&self->a, self->cpu);
	set_exclusive(&self->below, self->cpu);
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_OK(partition_try(&self->below, "root"));
	}
	EXPECT_REASON("root", "Enable partition not permitted", &self->below);
	EXPECT_STREQ(self->all, partition_root_effective());
	EXPECT_OK(partition_try(&self->below, "member"));
	EXPECT_OK(partition_try(&self->below, "root"));
	EXPECT_STREQ("root", partition_state(&self->below));
}

TEST_F(cpuset, partition_remote_not_under_local)
{
	struct cgroup lowest = partition_below(&self->below);

	/* Local at the top, a member between, remote at the bottom. */
	partition_make(&self->a, self->cpu);
	set_exclusive(&self->below, self->cpu);
	set_exclusive(&lowest, self->cpu);
	EXPECT_OK(partition_try(&lowest, "root"));
	if (!strcmp("root", partition_state(&lowest)) &&
	    !strcmp("root", partition_state(&self->a))) {
		partition_clear(&self->a);
		partition_clear(&self->b);
		check_defect("a remote partition is valid below a local one (6.18, which warns "
			     "in update_prstate() then)");
	}
	EXPECT_TRUE(!strncmp(partition_state(&lowest), "root invalid (", 14));
	EXPECT_STREQ("root", partition_state(&self->a));
	EXPECT_OK(partition_try(&lowest, "member"));
	EXPECT_OK(partition_try(&self->a, "member"));
	/* And the other way round: the remote one first. */
	set_exclusive(&self->a, self->cpu);
	EXPECT_OK(partition_try(&lowest, "root"));
	EXPECT_STREQ("root", partition_state(&lowest));
	EXPECT_OK(partition_try(&self->a, "root"));
	EXPECT_REASON("root", "Have remote partition underneath", &self->a);
	EXPECT_STREQ("root", partition_state(&lowest));
}

SUITE_MAIN(.alone = true)
