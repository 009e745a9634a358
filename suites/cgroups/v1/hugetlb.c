// SPDX-License-Identifier: GPL-2.0-only
/* hugetlb on v1: huge pages in use, and reserved. */
#include "v1.h"

#include <sys/mman.h>

#define PAGE (2 * MB)

FIXTURE(v1_hugetlb)
{
	struct cgroup a, b; /* b below a */
};
FIXTURE_SETUP(v1_hugetlb)
{
	self->a = cgroup_v1_make("hugetlb", "a");
	self->b = v1_below(&self->a, "b");
	need_cgroup_file(&self->a, "hugetlb.2MB.limit_in_bytes");
	if (file_number("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") < 8)
		check_skip("not permitted: hugepages: fewer than 8 free (vm.nr_hugepages)");
}
NO_TEARDOWN(v1_hugetlb)

static char *file_of(const char *file)
{
	return text_format("hugetlb.2MB.%s", file);
}

static int64_t value(const struct cgroup *cg, const char *file)
{
	return cgroup_number(cg, file_of(file));
}

static int try_value(const struct cgroup *cg, const char *file, const char *text)
{
	return cgroup_try_write(cg, file_of(file), "%s", text);
}

static char *map_huge(int pages)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
}

/* A member that maps so many and touches some; it says 1 and stays. */
static void holder(struct child *c, const struct cgroup *cg, int mapped, int touched)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		char *at = map_huge(mapped);

		ASSERT_TRUE(at != MAP_FAILED);
		for (int i = 0; i < touched; i++)
			((volatile char *)at)[i * PAGE] = 1;
		child_send(c, 1);
		child_sleep();
	}
}

static void expect_root_einval(const struct cgroup *cg, const char *file)
{
	char *path = text_format("%s/%s", v1_root(cg, "hugetlb"), file_of(file));

	if (!access(path, F_OK))
		EXPECT_ERRNO(EINVAL, file_try_write(path, "4M"));
}

TEST_F(v1_hugetlb, limits)
{
	struct child c;

	EXPECT_LT(1LL << 60, value(&self->a, "limit_in_bytes"));
	EXPECT_OK(try_value(&self->a, "limit_in_bytes", "5M"));
	EXPECT_EQ(2 * PAGE, value(&self->a, "limit_in_bytes"));
	EXPECT_ERRNO(EINVAL, try_value(&self->a, "limit_in_bytes", "x"));
	expect_root_einval(&self->a, "limit_in_bytes");
	/* In the child, bound by the parent's. */
	holder(&c, &self->b, 4, 2);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_EQ(2 * PAGE, value(&self->b, "usage_in_bytes"));
	EXPECT_EQ(2 * PAGE, value(&self->a, "usage_in_bytes"));
	EXPECT_EQ(0, value(&self->a, "failcnt"));
	EXPECT_ERRNO(EBUSY, try_value(&self->a, "limit_in_bytes", "2M"));
	if (cgroup_has(&self->a, file_of("numa_stat")))
		EXPECT_TRUE(strstr(cgroup_read(&self->a, file_of("numa_stat")),
				   text_format("total=%ld", 2 * PAGE)));
	child_kill(&c);
	EXPECT_SOON(value(&self->a, "usage_in_bytes") == 0);
	EXPECT_EQ(2 * PAGE, value(&self->a, "max_usage_in_bytes"));
	holder(&c, &self->b, 4, 3);
	int status = child_reap(&c);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	EXPECT_LE(1, value(&self->a, "failcnt"));
	EXPECT_EQ(0, value(&self->b, "failcnt"));
	EXPECT_OK(try_value(&self->a, "failcnt", "7"));
	EXPECT_EQ(0, value(&self->a, "failcnt"));
	EXPECT_SOON(value(&self->a, "usage_in_bytes") == 0);
	EXPECT_OK(try_value(&self->a, "max_usage_in_bytes", "7"));
	EXPECT_EQ(0, value(&self->a, "max_usage_in_bytes"));
	EXPECT_OK(try_value(&self->a, "limit_in_bytes", "-1"));
	EXPECT_LT(1LL << 60, value(&self->a, "limit_in_bytes"));
	holder(&c, &self->b, 4, 4);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_EQ(4 * PAGE, value(&self->a, "usage_in_bytes"));
	child_kill(&c);
}

TEST_F(v1_hugetlb, rsvd)
{
	struct child c;

	need_cgroup_file(&self->a, file_of("rsvd.limit_in_bytes"));
	expect_root_einval(&self->a, "rsvd.limit_in_bytes");
	EXPECT_OK(try_value(&self->a, "rsvd.limit_in_bytes", "4M"));
	EXPECT_EQ(2 * PAGE, value(&self->a, "rsvd.limit_in_bytes"));
	holder(&c, &self->b, 2, 0);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_EQ(2 * PAGE, value(&self->a, "rsvd.usage_in_bytes"));
	EXPECT_EQ(2 * PAGE, value(&self->b, "rsvd.usage_in_bytes"));
	EXPECT_EQ(0, value(&self->a, "usage_in_bytes"));
	IN_CHILD () {
		cgroup_add(&self->b, 0);
		EXPECT_TRUE(map_huge(1) == MAP_FAILED);
		EXPECT_EQ(ENOMEM, errno);
	}
	EXPECT_LE(1, value(&self->a, "rsvd.failcnt"));
	child_kill(&c);
	EXPECT_SOON(value(&self->a, "rsvd.usage_in_bytes") == 0);
	EXPECT_EQ(2 * PAGE, value(&self->a, "rsvd.max_usage_in_bytes"));
	/* Reserved is as good as had: no SIGBUS. */
	holder(&c, &self->b, 2, 2);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_EQ(2 * PAGE, value(&self->a, "usage_in_bytes"));
	child_kill(&c);
	EXPECT_OK(try_value(&self->a, "rsvd.failcnt", "1"));
	EXPECT_EQ(0, value(&self->a, "rsvd.failcnt"));
	EXPECT_OK(try_value(&self->a, "rsvd.limit_in_bytes", "-1"));
	holder(&c, &self->b, 3, 0);
	EXPECT_EQ(1, child_recv(&c));
	child_kill(&c);
}

SUITE_MAIN(.alone = true)
