// SPDX-License-Identifier: GPL-2.0-only
/* cpuset.mems: the NUMA nodes that a cgroup's memory may come from. */
#include "suite.h"

#include <inttypes.h>
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

/* A mapping of its own, with a gap on either side, so that /proc tells of it alone. */
static char *map_apart(void)
{
	char *at = mmap(NULL, (PAGES + 2) * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(at == MAP_FAILED ? -1 : 0);
	MUST(mprotect(at + 4096, PAGES * 4096, PROT_READ | PROT_WRITE));
	hog_touch_again(at + 4096, PAGES * 4096);
	return at + 4096;
}

/* How many pages of the mapping are on the node; nobody touches them for it. */
static int pages_on(pid_t pid, int64_t at, int node)
{
	char *maps = file_read("/proc/%d/numa_maps", pid);
	char *line = text_value(maps, text_format("%" PRIx64, at));
	char *count = line ? strstr(line, text_format(" N%d=", node)) : NULL;

	if (!line)
		check_setup_failed(HERE, "no mapping at %" PRIx64 " in numa_maps", at);
	return count ? atoi(count + 4) : 0;
}

TEST_F(cpuset, mems_migrates_pages)
{
	struct child c;
	int64_t at;

	cgroup_write(&self->a, "cpuset.mems", "0");
	cgroup_write(&self->b, "cpuset.mems", "0");
	CHILD (&c) {
		cgroup_add(&self->a, 0);
		child_send(&c, (intptr_t)map_apart());
		child_sleep();
	}
	at = child_recv(&c);
	ASSERT_EQ(PAGES, pages_on(c.pid, at, 0));
	cgroup_write(&self->a, "cpuset.mems", "1");
	/* Before 5.16 only v1 could, by cpuset.memory_migrate. */
	need_working(sys_known(SYS_KNOWN_5_16) && SOON(pages_on(c.pid, at, 1) >= PAGES * 9 / 10),
		     SYS_KNOWN_5_16, "pages that follow cpuset.mems");
	cgroup_add(&self->b, c.pid);
	EXPECT_SOON(pages_on(c.pid, at, 0) >= PAGES * 9 / 10);
}

SUITE_MAIN()
