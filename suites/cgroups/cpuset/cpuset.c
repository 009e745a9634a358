// SPDX-License-Identifier: GPL-2.0-only
/* cpuset.cpus and what follows from it: effective CPUs and affinity. */
#include "suite.h"

#include <sched.h>

FIXTURE(cpuset)
{
	struct cgroup p, a, b; /* a and b below p, all with the controller */
	char cpu[2][16];       /* two CPUs as text */
};
FIXTURE_SETUP(cpuset)
{
	need_controller("cpuset");
	self->p = cgroup_make("p");
	cgroup_enable(&self->p, "cpuset");
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
	for (int i = 0; i < 2; i++)
		snprintf(self->cpu[i], sizeof(self->cpu[i]), "%d", burn_cpu(i));
}
NO_TEARDOWN(cpuset)

static char *effective(const struct cgroup *cg)
{
	return cgroup_read(cg, "cpuset.cpus.effective");
}

static char *allowed(pid_t pid)
{
	return proc_status(pid, "Cpus_allowed_list");
}

/* Placed by a write: what a clone into the cgroup does is a matter of its own. */
static void start(struct child *c, const struct cgroup *cg)
{
	CHILD (c)
		child_sleep();
	cgroup_add(cg, c->pid);
}

TEST_F(cpuset, cpus_default_empty)
{
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.cpus"));
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.mems"));
	EXPECT_STREQ(effective(&self->p), effective(&self->a));
	EXPECT_STREQ(cgroup_read(&self->p, "cpuset.mems.effective"),
		     cgroup_read(&self->a, "cpuset.mems.effective"));
	EXPECT_STRNE("", effective(&self->a));
}

TEST_F(cpuset, cpus_list_format)
{
	char *both = text_format("%s,%s", self->cpu[1], self->cpu[0]);
	char *shortest =
		text_format(atoi(self->cpu[1]) == atoi(self->cpu[0]) + 1 ? "%s-%s" : "%s,%s",
			    self->cpu[0], self->cpu[1]);

	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus", "%s", both));
	EXPECT_STREQ(shortest, cgroup_read(&self->a, "cpuset.cpus"));
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]));
	EXPECT_STREQ(self->cpu[1], cgroup_read(&self->a, "cpuset.cpus"));
	EXPECT_STREQ(self->cpu[1], effective(&self->a));
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus", "\n"));
	EXPECT_STREQ("", cgroup_read(&self->a, "cpuset.cpus"));
	EXPECT_STREQ(effective(&self->p), effective(&self->a));
}

TEST_F(cpuset, cpus_bad_input)
{
	static const char *const bad[] = { "x", "0-", "1-0", "0,,x", "-1" };

	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->a, "cpuset.cpus", "%s", bad[i]));
	EXPECT_EQ(-1, cgroup_try_write(&self->a, "cpuset.cpus", "99999"));
	EXPECT_TRUE(errno == ERANGE || errno == EINVAL);
	EXPECT_EQ(-1, cgroup_try_write(&self->a, "cpuset.mems", "4096"));
	EXPECT_STREQ(self->cpu[0], cgroup_read(&self->a, "cpuset.cpus"));
}

/* The common part, and all of the parent's where there is none. */
TEST_F(cpuset, cpus_subset_not_required)
{
	cgroup_write(&self->p, "cpuset.cpus", "%s", self->cpu[0]);
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus", "%s,%s", self->cpu[0], self->cpu[1]));
	EXPECT_STREQ(self->cpu[0], effective(&self->a));
	EXPECT_OK(cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->cpu[1]));
	EXPECT_STREQ(self->cpu[0], effective(&self->b));
	EXPECT_STREQ(self->cpu[1], cgroup_read(&self->b, "cpuset.cpus"));
}

/* Right after the write, after the move, and from the first instruction. */
TEST_F(cpuset, effective_limits_affinity)
{
	struct child c;
	cpu_set_t set;

	start(&c, &self->a);
	/* Until the first change it has what it had before, without those of isolcpus=. */
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	cgroup_write(&self->a, "cpuset.cpus", "%s", effective(&self->p));
	EXPECT_STREQ(effective(&self->p), allowed(c.pid));
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[1]);
	EXPECT_STREQ(self->cpu[1], allowed(c.pid));
	MUST(sched_getaffinity(c.pid, sizeof(set), &set));
	EXPECT_EQ(1, CPU_COUNT(&set));
	EXPECT_TRUE(CPU_ISSET(atoi(self->cpu[1]), &set));
	cgroup_write(&self->b, "cpuset.cpus", "%s", self->cpu[0]);
	cgroup_add(&self->b, c.pid);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	IN_CHILD () {
		cgroup_add(&self->a, 0);
		EXPECT_EQ(atoi(self->cpu[1]), sched_getcpu());
		IN_CHILD ()
			EXPECT_STREQ(self->cpu[1], allowed(0));
	}
	CHILD (&c, .cgroup = &self->a)
		child_send(&c, strcmp(self->cpu[1], allowed(0)) == 0);
	if (!child_recv(&c))
		check_defect("a child cloned into a cgroup keeps its parent's CPUs instead of "
			     "getting those of the cgroup");
	child_wait(&c);
}

TEST_F(cpuset, parent_change_propagates)
{
	struct child c;
	char *all = effective(&self->p);

	cgroup_write(&self->a, "cpuset.cpus", "%s,%s", self->cpu[0], self->cpu[1]);
	char *written = cgroup_read(&self->a, "cpuset.cpus");

	start(&c, &self->a);
	need_working(!cgroup_try_write(&self->p, "cpuset.cpus", "%s", self->cpu[1]) ||
			     errno != EBUSY,
		     SYS_KNOWN_6_5, "a parent with fewer CPUs than its children ask for");
	EXPECT_STREQ(self->cpu[1], effective(&self->a));
	EXPECT_STREQ(self->cpu[1], effective(&self->b));
	EXPECT_STREQ(self->cpu[1], allowed(c.pid));
	EXPECT_STREQ(written, cgroup_read(&self->a, "cpuset.cpus"));
	cgroup_write(&self->p, "cpuset.cpus", "%s", all);
	EXPECT_STREQ(written, effective(&self->a));
	EXPECT_STREQ(written, allowed(c.pid));
	EXPECT_STREQ(all, effective(&self->b));
}

TEST_F(cpuset, sched_setaffinity_inside)
{
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]);
	IN_CHILD () {
		cpu_set_t set;

		cgroup_add(&self->a, 0);

		CPU_ZERO(&set);
		CPU_SET(atoi(self->cpu[1]), &set);
		EXPECT_ERRNO(EINVAL, sched_setaffinity(0, sizeof(set), &set));
		EXPECT_STREQ(self->cpu[0], allowed(0));
		CPU_SET(atoi(self->cpu[0]), &set);
		EXPECT_OK(sched_setaffinity(0, sizeof(set), &set));
		EXPECT_STREQ(self->cpu[0], allowed(0));
	}
}

/* Cut while the set is narrower, back when it is wide again. */
TEST_F(cpuset, user_affinity_restored)
{
	struct child c;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(self->cpu[1]), &set);
	start(&c, &self->a);
	MUST(sched_setaffinity(c.pid, sizeof(set), &set));
	EXPECT_STREQ(self->cpu[1], allowed(c.pid));
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	cgroup_write(&self->a, "cpuset.cpus", "%s,%s", self->cpu[0], self->cpu[1]);
	if (!strcmp(allowed(c.pid), effective(&self->a)))
		check_skip("not supported: masks that outlive a narrower cpuset");
	EXPECT_STREQ(self->cpu[1], allowed(c.pid));
}

TEST_F(cpuset, controller_off_restores)
{
	struct child c;

	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]);
	start(&c, &self->a);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	cgroup_write(&self->p, "cgroup.subtree_control", "-cpuset");
	EXPECT_STREQ(effective(&self->p), allowed(c.pid));
	EXPECT_STRNE(self->cpu[0], allowed(c.pid));
}

TEST_F(cpuset, threads_in_different_cpusets)
{
	struct cgroup own = cgroup_make("own"), one = cgroup_make_in(&own, "one"),
		      two = cgroup_make_in(&own, "two");
	struct child c;

	cgroup_write(&one, "cgroup.type", "threaded");
	cgroup_write(&two, "cgroup.type", "threaded");
	cgroup_enable(&own, "cpuset");
	cgroup_write(&one, "cpuset.cpus", "%s", self->cpu[0]);
	cgroup_write(&two, "cpuset.cpus", "%s", self->cpu[1]);
	CHILD (&c) {
		cgroup_add(&one, 0);
		child_send(&c, child_thread());
		child_sleep();
	}
	pid_t tid = child_recv(&c);

	cgroup_write(&two, "cgroup.threads", "%d", tid);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	EXPECT_STREQ(self->cpu[1], text_value(file_read("/proc/%d/task/%d/status", c.pid, tid),
					      "Cpus_allowed_list"));
}

/* More rights than the mover has, and other CPUs: not without the right to them. */
TEST_F(cpuset, attach_permission)
{
	struct child c;
	static const char *const files[] = { ".", "cgroup.procs" };
	const struct cgroup *const cgs[] = { &self->p, &self->a, &self->b };

	if (geteuid() || !cred_is_initial())
		check_skip("not permitted: root, for a process of another uid");
	start(&c, &self->a);
	for (int i = 0; i < 6; i++)
		MUST(chown(text_format("%s/%s", cgs[i / 2]->path, files[i % 2]), OTHER_UID,
			   OTHER_GID));
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		if (cgroup_try_write(&self->b, "cgroup.procs", "%d", c.pid) &&
		    (errno == EACCES || errno == EPERM))
			check_skip("not supported: moves that change no CPU without rights over "
				   "the process");
		EXPECT_TRUE(cgroup_contains(&self->b, c.pid));
	}
	cgroup_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_EQ(-1, cgroup_try_write(&self->a, "cgroup.procs", "%d", c.pid));
		EXPECT_TRUE(errno == EPERM || errno == EACCES);
	}
	EXPECT_TRUE(cgroup_contains(&self->b, c.pid));
}

SUITE_MAIN(.alone = true)
