// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flags of the cgroup2 mount that change what the memory controller does.
 * They belong to the whole machine: only where it is disposable, and alone.
 */
#include "suite.h"

#include <sys/mman.h>

AREA(core_mount);

TEST_F(core_mount, memory_localevents)
{
	char *before = cgroup_mount_flags();

	need_controller("memory");
	for (int local = 0; local < 2; local++) {
		struct cgroup a = cgroup_make("a"), b;

		cgroup_enable(&a, "memory");
		b = cgroup_make_in(&a, "b");
		cgroup_set_mount_flags(local ? "memory_localevents" : "");
		cgroup_write(&b, "memory.max", "4M");
		if (cgroup_has(&b, "memory.swap.max"))
			cgroup_write(&b, "memory.swap.max", "0");
		EXPECT_EQ(SIGKILL, WTERMSIG(hog_run(&b, 32 * MB)));
		EXPECT_EQ(1, cgroup_key(&b, "memory.events", "oom_kill"));
		EXPECT_EQ(1, cgroup_key(&b, "memory.events.local", "oom_kill"));
		EXPECT_EQ(!local, cgroup_key(&a, "memory.events", "oom_kill"));
		EXPECT_EQ(0, cgroup_key(&a, "memory.events.local", "oom_kill"));
		EXPECT_SOON(!rmdir(b.path));
		EXPECT_SOON(!rmdir(a.path));
	}
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

#define HUGE (2 * MB)

/* Of memory.stat; -1: none, as without the flag. */
static int64_t huge_line(const struct cgroup *cg)
{
	char *value = text_value(cgroup_read(cg, "memory.stat"), "hugetlb");

	return value ? atoll(value) : -1;
}

/* Two of them. */
static char *map_huge(void)
{
	char *at = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	MUST(at == MAP_FAILED ? -1 : 0);
	return at;
}

/* Huge pages of a child: how much more memory.current says, and the line of memory.stat. */
static void huge_charge(const struct cgroup *cg, bool charged)
{
	struct child c;
	int64_t before = cgroup_number(cg, "memory.current");

	CHILD (&c, .cgroup = cg) {
		char *at = map_huge();

		at[0] = at[HUGE] = 1;
		child_meet(&c);
		child_meet(&c); /* until the flag is another one */
		at[0] = at[HUGE] = 2;
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	int64_t grown = cgroup_number(cg, "memory.current") - before;

	EXPECT_EQ(charged, grown >= 2 * HUGE - MB); /* what is freed meanwhile */
	if (charged && huge_line(cg) >= 0)	    /* a line of its own since 6.13 */
		EXPECT_SOON(huge_line(cg) == 2 * HUGE);
	if (!charged) {
		cgroup_set_mount_flags("memory_hugetlb_accounting");
		child_meet(&c);
		child_meet(&c);
		EXPECT_GT(HUGE, cgroup_number(cg, "memory.current") - before);
		EXPECT_GE(0, huge_line(cg));
	}
	child_kill(&c);
	EXPECT_SOON(cgroup_number(cg, "memory.current") < before + HUGE);
}

TEST_F(core_mount, memory_hugetlb_accounting)
{
	char *before = cgroup_mount_flags();
	struct cgroup a;

	need_cgroup_feature("memory_hugetlb_accounting");
	need_controller("memory");
	a = cgroup_make("a");
	cgroup_set_mount_flags("");
	huge_charge(&a, false);
	huge_charge(&a, true); /* the flag is set from here on */
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

/* A process that touches two huge pages. */
static void huge_touch(struct child *c, const struct cgroup *cg)
{
	CHILD (c, .cgroup = cg) {
		char *at = map_huge();

		child_meet(c);
		at[0] = at[HUGE] = 1;
	}
	child_meet(c);
}

/* So often the limit has been hit: once or some times for a fault, not by being slow. */
enum { HITS = 1000 };

/* Busy and not getting anywhere: the fault comes again and again (6.12). */
static void expect_sigbus(struct child *c, const struct cgroup *cg, const char *flags)
{
	bool again = false;

	for (struct wait_loop w = wait_loop_start(10);
	     !again && proc_state(c->pid) != 'Z' && wait_loop_again(&w);)
		again = cgroup_key(cg, "memory.events", "max") > HITS;
	if (again) {
		child_kill(c);
		cgroup_set_mount_flags(flags);
		check_defect("a huge page that memory.max has no room for is faulted for ever "
			     "instead of SIGBUS");
	}
	EXPECT_EQ(SIGBUS, child_reap(c) & 0x7f);
}

TEST_F(core_mount, hugetlb_accounting_sigbus)
{
	char *before = cgroup_mount_flags();
	struct cgroup a;
	struct child c;

	need_cgroup_feature("memory_hugetlb_accounting");
	need_controller("memory");
	a = cgroup_make("a");
	cgroup_write(&a, "memory.max", "3M");
	cgroup_set_mount_flags("");
	huge_touch(&c, &a);
	child_wait(&c);
	cgroup_set_mount_flags("memory_hugetlb_accounting");
	huge_touch(&c, &a);
	expect_sigbus(&c, &a, before);
	EXPECT_LE(2, file_number("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"));
	EXPECT_EQ(0, cgroup_key(&a, "memory.events", "oom_kill"));
	cgroup_write(&a, "memory.max", "16M");
	cgroup_set_mount_flags("memory_hugetlb_accounting");
	huge_touch(&c, &a);
	child_wait(&c);
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

#define CACHE (16 * MB)

/*
 * How much page cache a cgroup without a protection of its own keeps, whose
 * parent has memory.min for it, when a sibling of the parent could give as much.
 */
static int64_t kept_below(const char *flags)
{
	struct cgroup g = cgroup_make("g"), p[2], c[2];
	int64_t kept;

	cgroup_set_mount_flags(flags);
	cgroup_enable(&g, "memory");
	for (int i = 0; i < 2; i++) {
		int fd = storage_open(CACHE);

		p[i] = cgroup_make_in(&g, i ? "free" : "protected");
		cgroup_enable(&p[i], "memory");
		c[i] = cgroup_make_in(&p[i], "c");
		IN_CHILD (.cgroup = &c[i])
			hog_read(fd, CACHE);
		EXPECT_SOON(cgroup_key(&c[i], "memory.stat", "file") >= CACHE * 15 / 16);
	}
	cgroup_write(&p[0], "memory.min", "%ld", CACHE + 4 * MB);
	cgroup_write(&g, "memory.high", "%ld", CACHE + 4 * MB);
	EXPECT_SOON(cgroup_number(&g, "memory.current") <= CACHE + 6 * MB);
	kept = cgroup_number(&c[0], "memory.current");
	check_note("\"%s\": the protected keeps %.1f MB of %ld, the other %.1f", flags,
		   kept / (double)MB, CACHE / MB,
		   cgroup_number(&c[1], "memory.current") / (double)MB);
	for (int i = 0; i < 2; i++) {
		ASSERT_SOON(!rmdir(c[i].path));
		ASSERT_SOON(!rmdir(p[i].path));
	}
	ASSERT_SOON(!rmdir(g.path));
	return kept;
}

TEST_F(core_mount, memory_recursiveprot)
{
	char *before = cgroup_mount_flags();

	need_cgroup_feature("memory_recursiveprot");
	need_controller("memory");
	EXPECT_LE(CACHE * 15 / 16, kept_below("memory_recursiveprot"));
	EXPECT_GE(CACHE * 13 / 16, kept_below(""));
	cgroup_set_mount_flags(before);
	EXPECT_STREQ(before, cgroup_mount_flags());
}

SUITE_MAIN(.alone = true)
