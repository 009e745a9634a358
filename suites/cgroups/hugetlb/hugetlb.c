// SPDX-License-Identifier: GPL-2.0-only
/* The hugetlb controller: huge pages in use, and reserved. */
#include "suite.h"

#include <sys/inotify.h>
#include <sys/mman.h>

#define PAGE (2 * MB)

FIXTURE(hugetlb)
{
	struct cgroup p, a, b; /* a and b below p */
};
FIXTURE_SETUP(hugetlb)
{
	need_controller("hugetlb");
	self->p = cgroup_make("p");
	cgroup_enable(&self->p, "hugetlb");
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
	need_cgroup_file(&self->a, "hugetlb.2MB.max");
	if (file_number("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") < 8)
		check_skip("not permitted: hugepages: fewer than 8 free (vm.nr_hugepages)");
}
NO_TEARDOWN(hugetlb)

static int64_t value(const struct cgroup *cg, const char *file)
{
	return cgroup_number(cg, text_format("hugetlb.2MB.%s", file));
}

static char *map_huge(int pages, int flags)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | flags, -1, 0);
}

static void touch_huge(char *at, int pages)
{
	for (int i = 0; i < pages; i++)
		((volatile char *)at)[i * PAGE] = 1;
}

/* At the fault, not at the mmap; by whole pages; with the ancestors. */
TEST_F(hugetlb, current)
{
	IN_CHILD (.cgroup = &self->a) {
		char *at = map_huge(4, 0);

		ASSERT_TRUE(at != MAP_FAILED);
		EXPECT_EQ(0, value(&self->a, "current"));
		touch_huge(at, 1);
		EXPECT_EQ(PAGE, value(&self->a, "current"));
		EXPECT_EQ(PAGE, value(&self->p, "current"));
		touch_huge(at, 3);
		EXPECT_EQ(3 * PAGE, value(&self->a, "current"));
		EXPECT_EQ(0, value(&self->b, "current"));
		MUST(munmap(at, 2 * PAGE));
		EXPECT_EQ(PAGE, value(&self->a, "current"));
		MUST(munmap(at + 2 * PAGE, 2 * PAGE));
		EXPECT_EQ(0, value(&self->a, "current"));
		int fd = MUST(memfd_create("bulkhead", MFD_CLOEXEC | MFD_HUGETLB));

		MUST(ftruncate(fd, 2 * PAGE));
		at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		touch_huge(at, 2);
		EXPECT_EQ(2 * PAGE, value(&self->a, "current"));
		MUST(munmap(at, 2 * PAGE));
		EXPECT_EQ(2 * PAGE, value(&self->a, "current"));
		MUST(ftruncate(fd, 0));
		EXPECT_EQ(0, value(&self->a, "current"));
	}
	EXPECT_SOON(value(&self->p, "current") == 0);
}

TEST_F(hugetlb, max_rounding)
{
	static const struct {
		const char *text;
		int64_t reads;
	} rows[] = {
		{ "3145728", 2 * MB }, { "4M", 4 * MB }, { "2097151", 0 }, { "1G", 1024 * MB }
	};

	EXPECT_LT(INT64_MAX - 4 * MB, value(&self->a, "max"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_OK(cgroup_try_write(&self->a, "hugetlb.2MB.max", "%s", rows[i].text));
		EXPECT_EQ(rows[i].reads, value(&self->a, "max"));
	}
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "hugetlb.2MB.max", "x"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "hugetlb.2MB.max", "-1"));
	IN_CHILD (.cgroup = &self->a) {
		char *at = map_huge(2, 0);

		touch_huge(at, 2);
		EXPECT_ERRNO(EBUSY, cgroup_try_write(&self->a, "hugetlb.2MB.max", "2M"));
		EXPECT_EQ(1024 * MB, value(&self->a, "max"));
		EXPECT_OK(cgroup_try_write(&self->a, "hugetlb.2MB.max", "4M"));
	}
	EXPECT_OK(cgroup_try_write(&self->a, "hugetlb.2MB.max", "max"));
	/* "max", or what is left of it when rounded to huge pages. */
	EXPECT_LT(INT64_MAX - 4 * MB, value(&self->a, "max"));
}

static int64_t events(const struct cgroup *cg, const char *file)
{
	return cgroup_key(cg, text_format("hugetlb.2MB.%s", file), "max");
}

/* A child that touches so many; its wait status. */
static int touch_in(const struct cgroup *cg, int pages)
{
	struct child c;

	CHILD (&c, .cgroup = cg) {
		char *at = map_huge(pages, 0);

		ASSERT_TRUE(at != MAP_FAILED);
		touch_huge(at, pages);
	}
	return child_reap(&c);
}

TEST_F(hugetlb, max_sigbus)
{
	int status, fd = cgroup_open(&self->a, "hugetlb.2MB.events", O_RDONLY);
	int watch = MUST(inotify_init1(IN_CLOEXEC));
	char text[PATH_MAX + 64];

	snprintf(text, sizeof(text), "%s/hugetlb.2MB.events", self->a.path);
	MUST(inotify_add_watch(watch, text, IN_MODIFY));
	MUST(read(fd, text, sizeof(text)));
	cgroup_write(&self->a, "hugetlb.2MB.max", "4M");
	EXPECT_EQ(0, touch_in(&self->a, 2));
	EXPECT_EQ(0, events(&self->a, "events"));
	EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & POLLPRI);
	status = touch_in(&self->a, 3);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	EXPECT_EQ(1, events(&self->a, "events"));
	EXPECT_EQ(1, events(&self->a, "events.local"));
	EXPECT_EQ(1, events(&self->p, "events"));
	EXPECT_EQ(0, events(&self->p, "events.local"));
	EXPECT_EQ(0, events(&self->b, "events"));
	EXPECT_TRUE(poll_one(fd, POLLPRI, wait_limit_ms(5)) & POLLPRI);
	EXPECT_TRUE(poll_one(watch, POLLIN, wait_limit_ms(5)) & POLLIN);
	/* The parent's limit binds the child as well. */
	cgroup_write(&self->a, "hugetlb.2MB.max", "max");
	cgroup_write(&self->p, "hugetlb.2MB.max", "2M");
	status = touch_in(&self->a, 2);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	EXPECT_EQ(0, touch_in(&self->a, 1));
}

TEST_F(hugetlb, numa_stat)
{
	struct child c;
	char *line;
	int64_t total, sum = 0;

	need_cgroup_file(&self->a, "hugetlb.2MB.numa_stat");
	CHILD (&c, .cgroup = &self->a) {
		touch_huge(map_huge(3, 0), 3);
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	for (int i = 0; i < 2; i++) {
		const struct cgroup *cg = i ? &self->p : &self->a;

		line = cgroup_read(cg, "hugetlb.2MB.numa_stat");
		ASSERT_EQ(1, sscanf(line, "total=%ld", &total));
		EXPECT_EQ(3 * PAGE, total);
		sum = 0;
		for (char *at = line; (at = strstr(at, " N")); at++)
			sum += strtoll(strchr(at, '=') + 1, NULL, 10);
		EXPECT_EQ(total, sum);
	}
}

TEST_F(hugetlb, rmdir_reparents)
{
	int fd = MUST(memfd_create("bulkhead", MFD_CLOEXEC | MFD_HUGETLB));

	MUST(ftruncate(fd, 2 * PAGE));
	IN_CHILD (.cgroup = &self->a)
		touch_huge(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 2);
	EXPECT_EQ(2 * PAGE, value(&self->a, "current"));
	ASSERT_SOON(!rmdir(self->a.path));
	EXPECT_EQ(2 * PAGE, value(&self->p, "current"));
	MUST(ftruncate(fd, 0));
	EXPECT_SOON(value(&self->p, "current") == 0);
}

/* Who faults a shared page first pays for it, until the file is gone. */
TEST_F(hugetlb, shared_first_user)
{
	int fd = MUST(memfd_create("bulkhead", MFD_CLOEXEC | MFD_HUGETLB));
	const struct cgroup *users[] = { &self->a, &self->b };

	MUST(ftruncate(fd, 2 * PAGE));
	for (int i = 0; i < 2; i++)
		IN_CHILD (.cgroup = users[i])
			touch_huge(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
				   2);
	EXPECT_EQ(2 * PAGE, value(&self->a, "current"));
	EXPECT_EQ(0, value(&self->b, "current"));
	close(fd);
	EXPECT_SOON(value(&self->a, "current") == 0);
}

TEST_F(hugetlb, rsvd_current)
{
	need_cgroup_file(&self->a, "hugetlb.2MB.rsvd.current");
	IN_CHILD (.cgroup = &self->a) {
		char *at = map_huge(3, 0);

		ASSERT_TRUE(at != MAP_FAILED);
		EXPECT_EQ(3 * PAGE, value(&self->a, "rsvd.current"));
		EXPECT_EQ(3 * PAGE, value(&self->p, "rsvd.current"));
		EXPECT_EQ(0, value(&self->a, "current"));
		touch_huge(at, 3);
		EXPECT_EQ(3 * PAGE, value(&self->a, "rsvd.current"));
		MUST(munmap(at, 3 * PAGE));
		EXPECT_EQ(0, value(&self->a, "rsvd.current"));
		at = map_huge(2, MAP_NORESERVE);
		ASSERT_TRUE(at != MAP_FAILED);
		EXPECT_EQ(0, value(&self->a, "rsvd.current"));
		touch_huge(at, 1);
		EXPECT_EQ(PAGE, value(&self->a, "rsvd.current"));
	}
}

TEST_F(hugetlb, rsvd_max_enomem)
{
	need_cgroup_file(&self->a, "hugetlb.2MB.rsvd.max");
	EXPECT_STREQ("max", cgroup_read(&self->a, "hugetlb.2MB.rsvd.max"));
	cgroup_write(&self->a, "hugetlb.2MB.rsvd.max", "4M");
	IN_CHILD (.cgroup = &self->a) {
		char *at = map_huge(3, 0);

		EXPECT_TRUE(at == MAP_FAILED && errno == ENOMEM);
		EXPECT_EQ(0, value(&self->a, "rsvd.current"));
		at = map_huge(2, 0);
		ASSERT_TRUE(at != MAP_FAILED);
		touch_huge(at, 2); /* reserved: no SIGBUS */
		EXPECT_TRUE(map_huge(1, 0) == MAP_FAILED);
		EXPECT_EQ(2 * PAGE, value(&self->a, "rsvd.current"));
	}
}

SUITE_MAIN(.alone = true)
