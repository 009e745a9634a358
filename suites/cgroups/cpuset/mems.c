// SPDX-License-Identifier: GPL-2.0-only
/* cpuset.mems: the NUMA nodes that a cgroup's memory may come from. */
#include "suite.h"

#include <linux/mempolicy.h>
#include <sys/mman.h>

#define PAGES 1024

FIXTURE(cpuset)
{
	struct cgroup a, b;
};
FIXTURE_SETUP(cpuset)
{
	struct cgroup own;

	need_controller("cpuset");
	own = cgroup_own();
	self->a = cgroup_make("a");
	self->b = cgroup_make("b");
	if (!strchr(cgroup_read(&own, "cpuset.mems.effective"), '1'))
		check_skip("not permitted: memory of both node 0 and node 1");
}
NO_TEARDOWN(cpuset)

static long set_policy(int node)
{
	unsigned long mask = 1UL << node;

	return syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask));
}

static long bind_range(void *at, size_t size, int node)
{
	unsigned long mask = 1UL << node;

	return syscall(SYS_mbind, at, size, MPOL_BIND, &mask, 8 * sizeof(mask), 0);
}

TEST_F(cpuset, mems_limits_nodes)
{
	struct child c;
	char *all = proc_status(0, "Mems_allowed_list");

	EXPECT_STREQ(all, cgroup_read(&self->a, "cpuset.mems.effective"));
	for (int node = 1; node >= 0; node--) {
		EXPECT_OK(cgroup_try_write(&self->a, "cpuset.mems", "%d", node));
		EXPECT_STREQ(text_format("%d", node),
			     cgroup_read(&self->a, "cpuset.mems.effective"));
		CHILD (&c) {
			void *at = hog_touch(4096);

			cgroup_add(&self->a, 0);
			EXPECT_EQ(node, atoi(proc_status(0, "Mems_allowed_list")));
			EXPECT_EQ(1, strlen(proc_status(0, "Mems_allowed_list")));
			EXPECT_ERRNO(EINVAL, set_policy(!node));
			EXPECT_ERRNO(EINVAL, bind_range(at, 4096, !node));
			EXPECT_OK(set_policy(node));
			EXPECT_OK(bind_range(at, 4096, node));
		}
		child_wait(&c);
	}
	EXPECT_OK(cgroup_try_write(&self->a, "cpuset.mems", "\n"));
	EXPECT_STREQ(all, cgroup_read(&self->a, "cpuset.mems.effective"));
}

/* How many of our pages are on the node; touched, since those that await a NUMA hint are not told.
 */
static int pages_on(char *at, int node)
{
	static void *pages[PAGES];
	static int where[PAGES];
	int n = 0;

	hog_touch_again(at, PAGES * 4096);
	for (int i = 0; i < PAGES; i++)
		pages[i] = at + i * 4096L;
	MUST(syscall(SYS_move_pages, 0, (long)PAGES, pages, NULL, where, 0));
	for (int i = 0; i < PAGES; i++)
		n += where[i] == node;
	return n;
}

/* The same of the child: nine tenths are enough. */
static bool mostly_on(struct child *c, int node)
{
	child_send(c, node);
	return child_recv(c) >= PAGES * 9 / 10;
}

TEST_F(cpuset, mems_migrates_pages)
{
	struct child c;

	cgroup_write(&self->a, "cpuset.mems", "0");
	cgroup_write(&self->b, "cpuset.mems", "0");
	CHILD (&c) {
		cgroup_add(&self->a, 0);
		char *at = hog_touch(PAGES * 4096);

		for (;;)
			child_send(&c, pages_on(at, child_recv(&c)));
	}
	ASSERT_SOON(mostly_on(&c, 0));
	EXPECT_FALSE(mostly_on(&c, 1));
	cgroup_write(&self->a, "cpuset.mems", "1");
	/* Before 5.16 only v1 could, by cpuset.memory_migrate. */
	need_working(SOON(mostly_on(&c, 1)), SYS_KNOWN_5_16, "pages that follow cpuset.mems");
	cgroup_add(&self->b, c.pid);
	EXPECT_SOON(mostly_on(&c, 0));
	child_kill(&c);
}

SUITE_MAIN()
