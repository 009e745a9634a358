// SPDX-License-Identifier: GPL-2.0-only
/* cpuset on v1: nothing is inherited, a child asks for a part of what its parent has. */
#include "cpuset.h"

#include <sys/mman.h>

FIXTURE(v1_cpuset)
{
	struct cgroup a, b; /* b below a, with nothing set */
	char cpu[2][16];    /* two CPUs as text; the second "" where there is one */
	char *both, *mems;  /* all of what a has */
};
AREA(v1_core);

FIXTURE_SETUP(v1_cpuset)
{
	cpu_set_t set;

	self->a = cgroup_v1_make("cpuset", "a");
	burn_cpus(&set);
	for (int i = 0; i < 2 && i < CPU_COUNT(&set); i++)
		snprintf(self->cpu[i], sizeof(self->cpu[i]), "%d", burn_cpu(i));
	self->mems = cgroup_read(&self->a, "../cpuset.mems");
	self->both = text_format("%s,%s", self->cpu[0], self->cpu[1]);
	configure(&self->a, self->cpu[1][0] ? self->both : self->cpu[0], self->mems);
	self->both = cgroup_read(&self->a, "cpuset.cpus");
	self->b = v1_below(&self->a, "b");
}
NO_TEARDOWN(v1_cpuset)

static char *allowed(pid_t pid)
{
	return proc_status(pid, "Cpus_allowed_list");
}

static int try_add(const struct cgroup *cg, pid_t pid)
{
	return cgroup_try_write(cg, "cgroup.procs", "%d", pid);
}

TEST_F(v1_cpuset, must_configure_first)
{
	struct child c;

	CHILD (&c)
		child_sleep();
	EXPECT_STREQ("", cpus(&self->b));
	EXPECT_STREQ("", cgroup_read(&self->b, "cpuset.mems"));
	EXPECT_ERRNO(ENOSPC, try_add(&self->b, c.pid));
	EXPECT_ERRNO(ENOSPC, cgroup_try_write(&self->b, "tasks", "%d", c.pid));
	cgroup_write(&self->b, "cpuset.cpus", "%s", self->cpu[0]);
	EXPECT_ERRNO(ENOSPC, try_add(&self->b, c.pid));
	cgroup_write(&self->b, "cpuset.mems", "%s", self->mems);
	EXPECT_OK(try_add(&self->b, c.pid));
	EXPECT_TRUE(cgroup_contains(&self->b, c.pid));
	/* The other way round it is the CPUs that are missing. */
	struct cgroup d = v1_below(&self->a, "d");
	cgroup_write(&d, "cpuset.mems", "%s", self->mems);
	EXPECT_ERRNO(ENOSPC, try_add(&d, c.pid));
	EXPECT_FALSE(cgroup_contains(&d, c.pid));
}

TEST_F(v1_cpuset, subset_eacces)
{
	struct child c;

	configure(&self->a, self->cpu[0], self->mems);
	EXPECT_ERRNO(EACCES, cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->cpu[1]));
	EXPECT_ERRNO(EACCES, cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->both));
	EXPECT_STREQ("", cpus(&self->b));
	configure(&self->a, self->both, self->mems);
	configure(&self->b, self->cpu[1], self->mems);
	EXPECT_ERRNO(EBUSY, cgroup_try_write(&self->a, "cpuset.cpus", "%s", self->cpu[0]));
	EXPECT_STREQ(self->both, cpus(&self->a));
	EXPECT_OK(cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->both));
	EXPECT_OK(cgroup_try_write(&self->b, "cpuset.cpus", "\n"));
	EXPECT_OK(cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->cpu[1]));
	v1_start(&c, &self->b);
	EXPECT_ERRNO(ENOSPC, cgroup_try_write(&self->b, "cpuset.cpus", "\n"));
	EXPECT_ERRNO(ENOSPC, cgroup_try_write(&self->b, "cpuset.mems", "\n"));
	EXPECT_STREQ(self->cpu[1], cpus(&self->b));
	EXPECT_STREQ(self->mems, cgroup_read(&self->b, "cpuset.mems"));
	if (!access("/sys/devices/system/node/node1", F_OK)) {
		struct cgroup one = v1_below(&self->a, "one");
		struct cgroup below = v1_below(&one, "below");

		cgroup_write(&one, "cpuset.mems", "0");
		EXPECT_ERRNO(EACCES, cgroup_try_write(&below, "cpuset.mems", "1"));
		cgroup_write(&below, "cpuset.mems", "0");
		EXPECT_ERRNO(EBUSY, cgroup_try_write(&one, "cpuset.mems", "1"));
	}
}

/* Being exclusive forbids something to others: in cgroups that are ours to their root. */
TEST_F(v1_cpuset, exclusive)
{
	static const char *const flags[] = { "cpuset.cpu_exclusive", "cpuset.mem_exclusive" };
	struct cgroup other = v1_below(&self->a, "other");

	configure(&self->b, self->cpu[0], self->mems);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(0, cgroup_number(&self->a, flags[i]));
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->b, flags[i], "1"));
		EXPECT_EQ(0, cgroup_number(&self->b, flags[i]));
	}
	if (!need_is_disposable()) {
		check_note("partly tested: what is exclusive here would be so against everybody");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_OK(cgroup_try_write(&self->a, flags[i], "1"));
		EXPECT_OK(cgroup_try_write(&self->b, flags[i], "1"));
		EXPECT_EQ(1, cgroup_number(&self->b, flags[i]));
		/* Not before the child has given it up. */
		EXPECT_ERRNO(EBUSY, cgroup_try_write(&self->a, flags[i], "0"));
	}
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&other, "cpuset.cpus", "%s", self->both));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&other, "cpuset.cpus", "%s", self->cpu[0]));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&other, "cpuset.mems", "%s", self->mems));
	EXPECT_OK(cgroup_try_write(&other, "cpuset.cpus", "%s", self->cpu[1]));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cpuset.cpus", "%s", self->both));
	EXPECT_OK(cgroup_try_write(&self->b, flags[0], "0"));
	EXPECT_OK(cgroup_try_write(&other, "cpuset.cpus", "%s", self->both));
	/* Nor can it become so over what a sibling has. */
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, flags[0], "1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&other, flags[0], "1"));
}

TEST_F(v1_cpuset, attach_overrides_affinity)
{
	struct child c;
	cpu_set_t set;

	configure(&self->b, self->cpu[0], self->mems);
	CHILD (&c)
		child_sleep();
	cgroup_add(&self->a, c.pid);
	EXPECT_STREQ(self->both, allowed(c.pid));
	CPU_ZERO(&set);
	CPU_SET(atoi(self->cpu[1]), &set);
	MUST(sched_setaffinity(c.pid, sizeof(set), &set));
	EXPECT_STREQ(self->cpu[1], allowed(c.pid));
	/* What it had asked for is not there. */
	cgroup_add(&self->b, c.pid);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	cgroup_write(&self->b, "cpuset.cpus", "%s", self->cpu[1]);
	EXPECT_STREQ(self->cpu[1], allowed(c.pid));
	cgroup_write(&self->b, "cpuset.cpus", "%s", self->cpu[0]);
	EXPECT_STREQ(self->cpu[0], allowed(c.pid));
	IN_CHILD () {
		cgroup_add(&self->b, 0);
		EXPECT_STREQ(self->cpu[0], allowed(0));
		EXPECT_EQ(atoi(self->cpu[0]), sched_getcpu());
		EXPECT_ERRNO(EINVAL, sched_setaffinity(0, sizeof(set), &set));
		cgroup_write(&self->b, "cpuset.cpus", "%s", self->both);
		EXPECT_STREQ(self->both, allowed(0));
		EXPECT_OK(sched_setaffinity(0, sizeof(set), &set));
	}
}

TEST_F(v1_cpuset, relax_domain_level)
{
	static const char file[] = "cpuset.sched_relax_domain_level";
	static const char *const bad[] = { "-2", "1000", "-1000", "x" };

	EXPECT_EQ(-1, cgroup_number(&self->b, file));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL, cgroup_try_write(&self->b, file, "%s", bad[i]));
	EXPECT_EQ(-1, cgroup_number(&self->b, file));
	EXPECT_OK(cgroup_try_write(&self->b, file, "-1"));
	/* Whether there is a level 0 to look through is the machine's matter. */
	bool has_levels = !cgroup_try_write(&self->b, file, "0");
	EXPECT_TRUE(has_levels || errno == EINVAL);
	EXPECT_EQ(has_levels ? 0 : -1, cgroup_number(&self->b, file));
	struct cgroup c = v1_below(&self->b, "c");
	EXPECT_EQ(-1, cgroup_number(&c, file));
}

TEST_F(v1_cpuset, root_read_only)
{
	char *root = v1_root(&self->a, "cpuset"), *file = text_format("%s/cpuset.cpus", root);

	if (!access(text_format("%s/../cpuset.cpus", root), F_OK) || access(file, F_OK))
		check_skip("not permitted: the root of the hierarchy (a cgroup namespace)");
	EXPECT_ERRNO(EACCES, file_try_write(file, file_read("%s", file)));
	EXPECT_ERRNO(EACCES, file_try_write(file, self->cpu[0]));
	EXPECT_ERRNO(EACCES, file_try_write(text_format("%s/cpuset.mems", root), self->mems));
	EXPECT_STREQ(file_read("/sys/devices/system/cpu/online"), file_read("%s", file));
	if (!need_is_disposable() || !self->cpu[1][0])
		return;
	char *before = file_read("%s", file), *online = cpu_switch(self->cpu[1]);

	file_write(online, "0");
	EXPECT_SOON(!strcmp(file_read("/sys/devices/system/cpu/online"), file_read("%s", file)));
	EXPECT_STRNE(before, file_read("%s", file));
	file_write(online, "1");
	EXPECT_SOON(!strcmp(before, file_read("%s", file)));
}

TEST_F(v1_cpuset, hotplug_moves_tasks)
{
	char *online = cpu_switch(self->cpu[1]);
	struct child c;

	configure(&self->a, self->both, self->mems);
	configure(&self->b, self->cpu[1], self->mems);
	v1_start(&c, &self->b);
	file_write(online, "0");
	EXPECT_SOON(cgroup_contains(&self->a, c.pid));
	EXPECT_SOON(!strcmp("", cpus(&self->b)));
	EXPECT_STREQ(self->cpu[0], cpus(&self->a));
	EXPECT_STREQ("", cgroup_read(&self->b, "tasks"));
	EXPECT_SOON(!strcmp(self->cpu[0], allowed(c.pid)));
	file_write(online, "1");
	/* The root has it back; those who have lost it ask for it again, or have it not. */
	EXPECT_SOON(strchr(cgroup_read(&self->a, "../cpuset.effective_cpus"), *self->cpu[1]));
	EXPECT_STREQ(self->cpu[0], cpus(&self->a));
	EXPECT_STREQ("", cpus(&self->b));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.cpus", "%s", self->both));
}

static char *domain_of(const char *cpu)
{
	const char *now = "/sys/kernel/debug/sched/domains";

	file_try_write("/sys/kernel/debug/sched/verbose", "Y");
	return text_format("%s/cpu%s/domain0",
			   access(now, F_OK) ? "/proc/sys/kernel/sched_domain" : now, cpu);
}

TEST_F(v1_cpuset, load_balance_flag)
{
	static const char flag[] = "cpuset.sched_load_balance";
	char *root = v1_root(&self->a, "cpuset"), *of_root = text_format("%s/%s", root, flag),
	     *domain = domain_of(self->cpu[0]);
	struct cgroup other = cgroup_v1_make("cpuset", "other");

	EXPECT_EQ(1, cgroup_number(&self->a, flag));
	EXPECT_EQ(1, cgroup_number(&self->b, flag));
	EXPECT_EQ(1, file_number("%s", of_root));
	need_file(domain, "scheduling domains in debugfs or /proc/sys (CONFIG_SCHED_DEBUG)");
	configure(&self->a, self->cpu[0], self->mems);
	configure(&other, self->cpu[1], self->mems);
	EXPECT_OK(access(domain, F_OK));
	/* Each CPU by itself, and nothing to balance between. */
	file_write(of_root, "0");
	EXPECT_SOON(access(domain, F_OK));
	EXPECT_SOON(access(domain_of(self->cpu[1]), F_OK));
	/* Both in one balanced set again. */
	cgroup_write(&other, "cpuset.cpus", "%s", self->both);
	EXPECT_SOON(!access(domain, F_OK));
	cgroup_write(&other, flag, "0");
	EXPECT_SOON(access(domain, F_OK));
	file_write(of_root, "1");
	EXPECT_SOON(!access(domain, F_OK));
}

/*
 * Direct reclaim by the one who asks: huge pages of which there cannot be so many.
 * Nearly all that is free becomes a reserve before, as zeroing all of an emulated
 * machine's memory would last minutes.  Huge pages never make the kernel kill; should
 * somebody else run out of memory meanwhile, it is the one who asked that has to go.
 */
#define MIN_FREE   "/proc/sys/vm/min_free_kbytes"
#define HUGE_PAGES "/proc/sys/vm/nr_hugepages"
static void reclaim_in(const struct cgroup *cg)
{
	char *min = file_read(MIN_FREE), *pages = file_read(HUGE_PAGES);
	long long reserve = atoll(text_value(file_read("/proc/meminfo"), "MemFree")) - 64 * 1024;
	struct child c;

	CHILD (&c) {
		cgroup_add(cg, 0);
		file_write("/proc/self/oom_score_adj", "1000");
		hog_touch(16 << 20);
		if (reserve > atoll(min))
			file_write(MIN_FREE, "%lld", reserve);
		file_write(HUGE_PAGES, "1000000");
	}
	int status = child_reap(&c);
	file_write(MIN_FREE, "%s", min);
	file_write(HUGE_PAGES, "%s", pages);
	EXPECT_TRUE(status == 0 || status == SIGKILL);
}

TEST_F(v1_cpuset, memory_pressure)
{
	static const char file[] = "cpuset.memory_pressure";
	char *root = v1_root(&self->a, "cpuset"),
	     *enabled = text_format("%s/cpuset.memory_pressure_enabled", root);

	need_file(HUGE_PAGES, "huge pages, to make the kernel reclaim");
	EXPECT_FALSE(cgroup_has(&self->a, "cpuset.memory_pressure_enabled"));
	EXPECT_EQ(0, file_number("%s", enabled));
	EXPECT_EQ(0, cgroup_number(&self->a, file));
	reclaim_in(&self->a);
	sleep_ms(1200); /* the rate is worked out each full second */
	EXPECT_EQ(0, cgroup_number(&self->a, file));
	EXPECT_OK(file_try_write(enabled, "1"));
	reclaim_in(&self->a);
	sleep_ms(1200); /* what was counted in the last second comes into the rate as well */
	int64_t peak = cgroup_number(&self->a, file);
	EXPECT_LT(0, peak);
	EXPECT_SOON(cgroup_number(&self->a, file) < peak);
	EXPECT_EQ(0, cgroup_number(&self->b, file));
	MUST(file_try_write(enabled, "0"));
}

/* The node that each page of a mapping is on: how many are on the given one. */
static int pages_on(pid_t pid, char *at, int pages, int node)
{
	int status[64], n = 0;
	void *page[64];

	for (int i = 0; i < pages; i++)
		page[i] = at + i * 4096;
	MUST(syscall(SYS_move_pages, pid, (long)pages, page, NULL, status, 0));
	for (int i = 0; i < pages; i++)
		n += status[i] == node;
	return n;
}

enum { PAGES = 64 };

TEST_F(v1_cpuset, memory_migrate)
{
	struct cgroup far = v1_below(&self->a, "far");

	EXPECT_EQ(0, cgroup_number(&self->b, "cpuset.memory_migrate"));
	configure(&self->b, self->cpu[0], "0");
	configure(&far, self->cpu[0], "1");
	IN_CHILD () {
		cgroup_add(&self->b, 0);
		char *at = hog_touch(PAGES * 4096);

		EXPECT_EQ(PAGES, pages_on(0, at, PAGES, 0));
		cgroup_add(&far, 0);
		EXPECT_EQ(PAGES, pages_on(0, at, PAGES, 0));
		/* Only what is new comes from there. */
		char *fresh = hog_touch(PAGES * 4096);
		EXPECT_EQ(PAGES, pages_on(0, fresh, PAGES, 1));
		cgroup_add(&self->b, 0);
		EXPECT_OK(cgroup_try_write(&far, "cpuset.memory_migrate", "1"));
		cgroup_add(&far, 0);
		EXPECT_SOON(pages_on(0, at, PAGES, 1) == PAGES);
		/* And when the cgroup goes elsewhere with all that is in it. */
		EXPECT_OK(cgroup_try_write(&far, "cpuset.mems", "0"));
		EXPECT_SOON(pages_on(0, at, PAGES, 0) == PAGES);
		EXPECT_OK(cgroup_try_write(&far, "cpuset.memory_migrate", "0"));
		EXPECT_OK(cgroup_try_write(&far, "cpuset.mems", "1"));
		EXPECT_EQ(PAGES, pages_on(0, at, PAGES, 0));
	}
}

/* The pages of a file that is read in the cgroup, from storage: how many are on node 1. */
static int file_pages_on_1(const struct cgroup *cg)
{
	int fd = storage_open(PAGES * 4096), n = 0;
	struct child c;

	CHILD (&c) {
		cgroup_add(cg, 0);
		hog_read(fd, PAGES * 4096);
		char *at = mmap(NULL, PAGES * 4096, PROT_READ, MAP_SHARED, fd, storage_offset(fd));

		ASSERT_TRUE(at != MAP_FAILED);
		for (int i = 0; i < PAGES; i++)
			(void)*(volatile char *)(at + i * 4096);
		child_send(&c, pages_on(0, at, PAGES, 1));
	}
	n = child_recv(&c);
	child_wait(&c);
	close(fd);
	return n;
}

TEST_F(v1_cpuset, spread_flags)
{
	static const char *const flags[] = { "cpuset.memory_spread_page",
					     "cpuset.memory_spread_slab" };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(0, cgroup_number(&self->b, flags[i]));
		EXPECT_OK(cgroup_try_write(&self->b, flags[i], "1"));
		EXPECT_EQ(1, cgroup_number(&self->b, flags[i]));
		EXPECT_EQ(0, cgroup_number(&self->a, flags[i]));
		struct cgroup c = v1_below(&self->b, text_format("c%zu", i));
		EXPECT_EQ(1, cgroup_number(&c, flags[i]));
		EXPECT_OK(cgroup_try_write(&self->b, flags[i], "0"));
		EXPECT_EQ(1, cgroup_number(&c, flags[i]));
		struct cgroup d = v1_below(&self->b, text_format("d%zu", i));
		EXPECT_EQ(0, cgroup_number(&d, flags[i]));
	}
	if (access("/sys/devices/system/node/node1", F_OK)) {
		check_note("partly tested: there is one node, and nothing to spread over");
		return;
	}
	configure(&self->b, self->cpu[0], self->mems);
	cgroup_write(&self->b, "cpuset.memory_spread_slab", "1");
	EXPECT_EQ(0, file_pages_on_1(&self->b) % PAGES);
	cgroup_write(&self->b, "cpuset.memory_spread_page", "1");
	int there = file_pages_on_1(&self->b);
	EXPECT_LE(PAGES / 4, there);
	EXPECT_GE(PAGES * 3 / 4, there);
}

TEST_F(v1_core, clone_children)
{
	struct cgroup a = cgroup_v1_make("cpuset", "a"), b, c;

	EXPECT_EQ(0, cgroup_number(&a, "cgroup.clone_children"));
	configure(&a, cgroup_read(&a, "../cpuset.cpus"), cgroup_read(&a, "../cpuset.mems"));
	b = v1_below(&a, "b");
	EXPECT_STREQ("", cpus(&b));
	EXPECT_OK(cgroup_try_write(&a, "cgroup.clone_children", "1"));
	EXPECT_EQ(1, cgroup_number(&a, "cgroup.clone_children"));
	EXPECT_EQ(0, cgroup_number(&b, "cgroup.clone_children"));
	c = v1_below(&a, "c");
	EXPECT_STREQ(cpus(&a), cpus(&c));
	EXPECT_STREQ(cgroup_read(&a, "cpuset.mems"), cgroup_read(&c, "cpuset.mems"));
	EXPECT_EQ(1, cgroup_number(&c, "cgroup.clone_children"));
	struct child member;
	v1_start(&member, &c);
	EXPECT_TRUE(cgroup_contains(&c, member.pid));
	EXPECT_OK(cgroup_try_write(&a, "cgroup.clone_children", "0"));
	EXPECT_EQ(1, cgroup_number(&c, "cgroup.clone_children"));
	if (!need_is_disposable())
		return;
	struct cgroup root = cgroup_v1_mount(text_format("%s,clone_children", v1_named("h")));
	EXPECT_EQ(1, cgroup_number(&root, "cgroup.clone_children"));
	b = v1_below(&root, "b");
	EXPECT_EQ(1, cgroup_number(&b, "cgroup.clone_children"));
	root = cgroup_v1_mount(v1_named("plain"));
	EXPECT_EQ(0, cgroup_number(&root, "cgroup.clone_children"));
}

SUITE_MAIN(.alone = true)
