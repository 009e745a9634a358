// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.stat and cgroup.stat.local. */
#include "suite.h"

FIXTURE(core_stat)
{
	struct cgroup a;
};
FIXTURE_SETUP(core_stat)
{
	self->a = cgroup_make("a");
}
NO_TEARDOWN(core_stat)

static int64_t stat_key(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "cgroup.stat", key);
}

TEST_F(core_stat, nr_descendants)
{
	static const char *const names[] = { "b", "c", "d" };
	struct cgroup own = cgroup_own(), b[3], below;

	EXPECT_EQ(0, stat_key(&self->a, "nr_descendants"));
	EXPECT_EQ(1, stat_key(&own, "nr_descendants"));
	for (int i = 0; i < 3; i++) {
		b[i] = cgroup_make_in(&self->a, names[i]);
		EXPECT_EQ(i + 1, stat_key(&self->a, "nr_descendants"));
	}
	below = cgroup_make_in(&b[0], "below");
	EXPECT_EQ(4, stat_key(&self->a, "nr_descendants"));
	EXPECT_EQ(1, stat_key(&b[0], "nr_descendants"));
	EXPECT_EQ(0, stat_key(&b[1], "nr_descendants"));
	EXPECT_EQ(5, stat_key(&own, "nr_descendants"));
	cgroup_remove(&below);
	EXPECT_EQ(3, stat_key(&self->a, "nr_descendants"));
	EXPECT_EQ(0, stat_key(&b[0], "nr_descendants"));
}

TEST_F(core_stat, dying_rises_and_falls)
{
	int64_t before = stat_key(&self->a, "nr_dying_descendants");
	int held[20];

	EXPECT_EQ(0, before);
	for (int i = 0; i < 20; i++) {
		struct cgroup b = cgroup_make_in(&self->a, "b");

		held[i] = cgroup_open(&b, "cgroup.procs", O_RDONLY);
		cgroup_remove(&b);
		EXPECT_EQ(0, stat_key(&self->a, "nr_descendants"));
	}
	EXPECT_GE(20, stat_key(&self->a, "nr_dying_descendants"));
	for (int i = 0; i < 20; i++)
		close(held[i]);
	bool gone = false;
	for (struct wait_loop w = wait_loop_start(25); !gone && wait_loop_again(&w);)
		gone = stat_key(&self->a, "nr_dying_descendants") == 0;
	EXPECT_TRUE(gone);
}

TEST_F(core_stat, subsys_counts)
{
	char *text = cgroup_read(&self->a, "cgroup.stat");
	struct cgroup b;

	if (!strstr(text, "nr_subsys_"))
		check_skip("not supported: nr_subsys_X in cgroup.stat");
	need_controller("pids");
	cgroup_remove(&self->a);
	self->a = cgroup_make("a");
	EXPECT_EQ(1, stat_key(&self->a, "nr_subsys_pids"));
	b = cgroup_make_in(&self->a, "b");
	EXPECT_EQ(1, stat_key(&self->a, "nr_subsys_pids"));
	EXPECT_EQ(0, stat_key(&b, "nr_subsys_pids"));
	cgroup_enable(&self->a, "pids");
	EXPECT_EQ(2, stat_key(&self->a, "nr_subsys_pids"));
	EXPECT_EQ(1, stat_key(&b, "nr_subsys_pids"));
	cgroup_write(&self->a, "cgroup.subtree_control", "-pids");
	EXPECT_SOON(stat_key(&self->a, "nr_subsys_pids") == 1);
	EXPECT_SOON(stat_key(&self->a, "nr_dying_subsys_pids") == 0);
	cgroup_enable(&self->a, "pids");
	cgroup_remove(&b);
	EXPECT_SOON(stat_key(&self->a, "nr_subsys_pids") == 1);
	EXPECT_SOON(stat_key(&self->a, "nr_dying_subsys_pids") == 0);
}

static int64_t frozen_usec(const struct cgroup *cg)
{
	return cgroup_key(cg, "cgroup.stat.local", "frozen_usec");
}

static void need_frozen_usec(const struct cgroup *cg)
{
	char text[256] = "";

	need_cgroup_file(cg, "cgroup.stat.local");
	cgroup_try_read(cg, "cgroup.stat.local", text, sizeof(text));
	if (!strstr(text, "frozen_usec"))
		check_skip("not supported: frozen_usec in cgroup.stat.local");
}

/* It may not run ahead of the clock, nor stand, and afterwards it must stand. */
static void expect_counts(const struct cgroup *cg, int64_t start_ns)
{
	int64_t was = frozen_usec(cg);

	EXPECT_SOON(frozen_usec(cg) >= was + 5000);
	was = frozen_usec(cg);
	EXPECT_GE((now_ns() - start_ns) / 1000 + 50000, was);
}

static void expect_stands(const struct cgroup *cg)
{
	int64_t was = frozen_usec(cg);

	sleep_ms(10);
	EXPECT_EQ(was, frozen_usec(cg));
}

TEST_F(core_stat, local_frozen_usec)
{
	struct cgroup b = cgroup_make_in(&self->a, "b");

	need_frozen_usec(&self->a);
	EXPECT_EQ(0, frozen_usec(&self->a));
	int64_t start = now_ns();

	cgroup_write(&self->a, "cgroup.freeze", "1");
	expect_counts(&self->a, start);
	expect_counts(&b, start);
	/* Its own request changes nothing while the ancestor's holds. */
	cgroup_write(&b, "cgroup.freeze", "1");
	expect_counts(&b, start);
	cgroup_write(&self->a, "cgroup.freeze", "0");
	expect_stands(&self->a);
	int64_t a = frozen_usec(&self->a);
	expect_counts(&b, start);
	cgroup_write(&b, "cgroup.freeze", "0");
	expect_stands(&b);
	EXPECT_LT(a, frozen_usec(&b));
	/* The next time adds to it. */
	start = now_ns() - a * 1000;
	cgroup_write(&self->a, "cgroup.freeze", "1");
	expect_counts(&self->a, start);
	EXPECT_LT(a, frozen_usec(&self->a));
}

TEST_F(core_stat, local_frozen_usec_new_child)
{
	struct cgroup b;

	need_frozen_usec(&self->a);
	cgroup_write(&self->a, "cgroup.freeze", "1");
	EXPECT_SOON(frozen_usec(&self->a) > 50000);
	int64_t start = now_ns();

	b = cgroup_make_in(&self->a, "b");
	expect_counts(&b, start);
	int64_t of_b = frozen_usec(&b);

	EXPECT_GT(frozen_usec(&self->a), of_b + 40000);
	cgroup_write(&self->a, "cgroup.freeze", "0");
	expect_stands(&b);
}

SUITE_MAIN()
