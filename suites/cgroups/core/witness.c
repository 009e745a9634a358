// SPDX-License-Identifier: GPL-2.0-only
/*
 * A second witness: what the kernel's own tracepoints and functions say of a
 * cgroup is held against what its files say.  BPF programs see it; where they
 * are refused, these tests are skipped, and no other test is poorer for it.
 */
#include "suite.h"

#include "../../../bpf/check/check.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

FIXTURE(core_witness)
{
	struct cgroup a, b;
	struct witness *w;
};

/* Attaching patches code; QEMU's emulation lets another CPU run it half done. */
static void need_patching(void)
{
#ifdef __x86_64__
	unsigned int eax, name[3];

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	__cpuid(0x40000000, eax, name[0], name[1], name[2]);
	if (!memcmp(name, "TCGTCGTCGTCG", 12))
		check_skip("not permitted: code is patched while other emulated CPUs run it "
			   "(a guest of one CPU is safe)");
#endif
}

FIXTURE_SETUP(core_witness)
{
	need_patching();
	self->a = cgroup_make("a");
	self->b = cgroup_make("b");
}
FIXTURE_TEARDOWN(core_witness)
{
	witness_close(self->w);
}

/* The reason of a refusal is no error; anything else is. */
static void need_witness(struct here h, int error, const char *why)
{
	if (error == -EPERM)
		check_skip("not permitted: %s", why);
	if (error == -ENOTSUP || error == -ENOENT)
		check_skip("not supported: %s", why);
	if (error < 0)
		check_setup_failed(h, "%s", why);
}

static struct witness *watch(unsigned int what)
{
	struct witness *w;
	char why[WITNESS_WHY];

	need_witness(HERE, witness_open(what, &w, why), why);
	return w;
}

static uint64_t id_of(const struct cgroup *cg)
{
	int fd = cgroup_dir(cg);
	uint64_t id = witness_cgroup(fd);

	close(fd);
	return id;
}

#define SEEN(cg, event) witness_count(self->w, id_of(cg), event)

TEST_F(core_witness, tree)
{
	self->w = watch(1u << WITNESS_MKDIR | 1u << WITNESS_RMDIR | 1u << WITNESS_RELEASE);
	struct cgroup x = cgroup_make_in(&self->a, "x");
	uint64_t id = id_of(&x);

	EXPECT_EQ(1, witness_count(self->w, id, WITNESS_MKDIR));
	EXPECT_EQ(0, witness_count(self->w, id, WITNESS_RMDIR));
	EXPECT_EQ(-1, rmdir(self->a.path)); /* x is in the way */
	EXPECT_EQ(0, SEEN(&self->a, WITNESS_RMDIR));
	cgroup_remove(&x);
	EXPECT_EQ(1, witness_count(self->w, id, WITNESS_RMDIR));
	EXPECT_SOON(witness_count(self->w, id, WITNESS_RELEASE) == 1);
	EXPECT_EQ(0, witness_lost(self->w));
}

/* One for each write that succeeds; a clone into a cgroup is no move. */
TEST_F(core_witness, attach)
{
	struct child c;

	self->w = watch(1u << WITNESS_ATTACH);
	CHILD (&c, .cgroup = &self->a)
		child_sleep();
	EXPECT_EQ(0, SEEN(&self->a, WITNESS_ATTACH));
	cgroup_add(&self->b, c.pid);
	EXPECT_EQ(1, SEEN(&self->b, WITNESS_ATTACH));
	EXPECT_TRUE(cgroup_contains(&self->b, c.pid));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cgroup.procs", "x"));
	EXPECT_EQ(1, SEEN(&self->b, WITNESS_ATTACH));
	cgroup_add(&self->b, c.pid); /* there already */
	EXPECT_EQ(2, SEEN(&self->b, WITNESS_ATTACH));
	cgroup_add(&self->a, c.pid);
	EXPECT_EQ(1, SEEN(&self->a, WITNESS_ATTACH));
	EXPECT_EQ(2, SEEN(&self->b, WITNESS_ATTACH));
	EXPECT_EQ(0, witness_lost(self->w));
}

/* As often as "populated" of cgroup.events turns, and for the whole way up. */
TEST_F(core_witness, populated)
{
	struct cgroup x = cgroup_make_in(&self->a, "x"), *const way[] = { &x, &self->a };
	struct child c[3];

	self->w = watch(1u << WITNESS_POPULATED | 1u << WITNESS_EMPTY);
	for (int round = 1; round <= 2; round++) {
		for (int i = 0; i < 3; i++)
			CHILD (&c[i], .cgroup = &x)
				child_sleep();
		for (int i = 0; i < 2; i++) {
			EXPECT_EQ(1, cgroup_key(way[i], "cgroup.events", "populated"));
			EXPECT_EQ(round, SEEN(way[i], WITNESS_POPULATED));
			EXPECT_EQ(round - 1, SEEN(way[i], WITNESS_EMPTY));
		}
		/* Not by cgroup.kill: 6.18 also kills what is cloned into x later. */
		for (int i = 0; i < 3; i++)
			child_kill(&c[i]);
		for (int i = 0; i < 2; i++) {
			EXPECT_SOON(cgroup_key(way[i], "cgroup.events", "populated") == 0);
			EXPECT_SOON(SEEN(way[i], WITNESS_EMPTY) == (uint64_t)round);
		}
	}
	EXPECT_EQ(0, SEEN(&self->b, WITNESS_POPULATED));
	EXPECT_EQ(0, witness_lost(self->w));
}

TEST_F(core_witness, freeze)
{
	struct cgroup x = cgroup_make_in(&self->a, "x");
	struct child c;

	self->w = watch(1u << WITNESS_FREEZE | 1u << WITNESS_UNFREEZE | 1u << WITNESS_FROZEN |
			1u << WITNESS_THAWED);
	CHILD (&c, .cgroup = &x)
		child_sleep();
	for (int round = 1; round <= 2; round++) {
		cgroup_write(&self->a, "cgroup.freeze", "1");
		EXPECT_SOON(cgroup_key(&self->a, "cgroup.events", "frozen") == 1);
		EXPECT_EQ(round, SEEN(&self->a, WITNESS_FREEZE));
		EXPECT_SOON(SEEN(&self->a, WITNESS_FROZEN) == (uint64_t)round);
		EXPECT_SOON(SEEN(&x, WITNESS_FROZEN) == (uint64_t)round);
		EXPECT_EQ(round - 1, SEEN(&self->a, WITNESS_THAWED));
		cgroup_write(&self->a, "cgroup.freeze", "0");
		EXPECT_SOON(cgroup_key(&self->a, "cgroup.events", "frozen") == 0);
		EXPECT_EQ(round, SEEN(&self->a, WITNESS_UNFREEZE));
		EXPECT_SOON(SEEN(&x, WITNESS_THAWED) == (uint64_t)round);
		EXPECT_SOON(SEEN(&self->a, WITNESS_THAWED) == (uint64_t)round);
	}
	EXPECT_EQ(0, SEEN(&self->b, WITNESS_FREEZE));
	EXPECT_EQ(0, SEEN(&self->b, WITNESS_FROZEN));
	EXPECT_EQ(0, witness_lost(self->w));
}

static struct cgroup limited(void)
{
	struct cgroup p = memory_parent(), a = cgroup_make_in(&p, "limited");

	cgroup_write(&a, "memory.max", "8M");
	if (cgroup_has(&a, "memory.swap.max"))
		cgroup_write(&a, "memory.swap.max", "0");
	return a;
}

/* The one that the kernel marked is the one that is gone, and nobody else was. */
TEST_F(core_witness, oom_victim)
{
	struct cgroup a = limited();
	struct child c;
	pid_t victims[WITNESS_KEPT];

	self->w = watch(1u << WITNESS_VICTIM);
	CHILD (&c, .cgroup = &a) {
		hog_touch(MB);
		child_meet(&c);
		hog_touch(32 * MB);
	}
	EXPECT_EQ(0, witness_victims(self->w, victims, WITNESS_KEPT));
	child_meet(&c);
	EXPECT_OOM_KILLED(child_reap(&c));
	EXPECT_EQ(1, cgroup_key(&a, "memory.events", "oom_kill"));
	ASSERT_EQ(1, witness_victims(self->w, victims, WITNESS_KEPT));
	if (proc_is_initial_pidns())
		EXPECT_EQ(c.pid, victims[0]);
}

/* The limit that was hit is the one whose events say so. */
TEST_F(core_witness, oom_cgroup)
{
	struct cgroup a = limited();

	self->w = watch(1u << WITNESS_OOM);
	EXPECT_OOM_KILLED(hog_run(&a, 32 * MB));
	EXPECT_EQ(cgroup_key(&a, "memory.events", "oom"), SEEN(&a, WITNESS_OOM));
	EXPECT_EQ(0, SEEN(&self->b, WITNESS_OOM));
	EXPECT_EQ(0, witness_lost(self->w));
}

TEST_F(core_witness, throttle)
{
	struct child c[2];

	need_controller("cpu");
	self->w = watch(1u << WITNESS_THROTTLED | 1u << WITNESS_UNTHROTTLED);
	cgroup_write(&self->a, "cpu.max", "2000 20000");
	burn_start(&c[0], &self->a, 0);
	burn_start(&c[1], &self->b, 0);
	EXPECT_SOON(cgroup_key(&self->a, "cpu.stat", "nr_throttled") >= 3);
	EXPECT_LE(1, SEEN(&self->a, WITNESS_THROTTLED));
	EXPECT_SOON(SEEN(&self->a, WITNESS_UNTHROTTLED) >= 1);
	EXPECT_EQ(0, cgroup_key(&self->b, "cpu.stat", "nr_throttled"));
	EXPECT_EQ(0, SEEN(&self->b, WITNESS_THROTTLED));
	/* Never loose more often than caught, and at most once behind. */
	child_kill(&c[0]);
	EXPECT_SOON(SEEN(&self->a, WITNESS_UNTHROTTLED) <= SEEN(&self->a, WITNESS_THROTTLED));
	EXPECT_EQ(0, witness_lost(self->w));
}

AREA(core_cgroupns);

static int find(struct here h, uint64_t id)
{
	char why[WITNESS_WHY];
	int found = witness_find(id, why);

	need_witness(h, found, why);
	return found;
}
#define FIND(id) find(HERE, id)

TEST_F(core_cgroupns, id_lookup_confined)
{
	struct cgroup a = cgroup_make("a"), x = cgroup_make_in(&a, "x"), b = cgroup_make("b");
	struct cgroup own = cgroup_own();

	EXPECT_EQ(1, FIND(id_of(&b)));
	EXPECT_EQ(0, FIND(1ULL << 60));
	IN_CHILD () {
		uint64_t outside[] = { id_of(&b), id_of(&own) },
			 inside[] = { id_of(&a), id_of(&x) };

		cgroup_add(&a, 0);
		ns_unshare(CLONE_NEWCGROUP);
		for (int i = 0; i < 2; i++) {
			EXPECT_EQ(1, FIND(inside[i]));
			EXPECT_EQ(0, FIND(outside[i]));
		}
	}
}

SUITE_MAIN(.alone = true)
