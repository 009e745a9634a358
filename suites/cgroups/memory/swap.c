// SPDX-License-Identifier: GPL-2.0-only
/* memory.swap.* and swapping by cgroup. */
#include "suite.h"

#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

FIXTURE(memory)
{
	struct cgroup p, a;
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
	need_cgroup_file(&self->a, "memory.swap.max");
}
NO_TEARDOWN(memory)

static int64_t swapped(const struct cgroup *cg)
{
	return cgroup_number(cg, "memory.swap.current");
}

static int64_t swap_events(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.swap.events", key);
}

/*
 * 24 MB, of which 8 fit: the rest is swapped out.  Beyond memory.high, which has time:
 * beyond memory.max kernels before 5.16 do not wait for what is being written, and
 * kill for want of memory though there is swap (seen on a busy machine's slow disk).
 */
static void swap_out(struct child *c, const struct cgroup *cg)
{
	cgroup_write(cg, "memory.high", "8M");
	hog_start(c, cg, 24 * MB);
}

TEST_F(memory, swap_current_and_max)
{
	struct child c;

	EXPECT_STREQ("max", cgroup_read(&self->a, "memory.swap.max"));
	EXPECT_EQ(0, swapped(&self->a));
	swap_out(&c, &self->a);
	EXPECT_LE(14 * MB, swapped(&self->a));
	EXPECT_GE(24 * MB, swapped(&self->a));
	EXPECT_LE(swapped(&self->a), swapped(&self->p) + MB);
	child_kill(&c);
	EXPECT_SOON(swapped(&self->a) < MB); /* slots kept ready by each CPU stay charged */
	/* Set before, it is never exceeded: then the killer comes. */
	cgroup_write(&self->a, "memory.high", "max");
	cgroup_write(&self->a, "memory.max", "8M");
	cgroup_write(&self->a, "memory.swap.max", "4M");
	struct child d;

	CHILD (&d, .cgroup = &self->a) {
		char *at = mmap(NULL, 24 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

		for (int i = 0; i < 24; i++) {
			hog_touch_again(at + i * MB, MB);
			EXPECT_GE(4 * MB, swapped(&self->a));
		}
	}
	EXPECT_EQ(SIGKILL, child_reap(&d));
}

TEST_F(memory, swap_max_zero)
{
	struct child c;

	cgroup_write(&self->a, "memory.swap.max", "0");
	cgroup_write(&self->a, "memory.max", "8M");
	EXPECT_EQ(SIGKILL, hog_run(&self->a, 24 * MB));
	EXPECT_EQ(0, swapped(&self->a));
	EXPECT_LT(0, cgroup_key(&self->a, "memory.events", "oom_kill"));
	cgroup_write(&self->a, "memory.swap.max", "max");
	cgroup_write(&self->a, "memory.max", "max");
	swap_out(&c, &self->a);
	EXPECT_TRUE(child_alive(&c));
	EXPECT_LT(0, swapped(&self->a));
}

TEST_F(memory, swap_max_lowered)
{
	struct child c;

	swap_out(&c, &self->a);
	int64_t before = swapped(&self->a);

	EXPECT_OK(cgroup_try_write(&self->a, "memory.swap.max", "1M"));
	EXPECT_EQ(MB, cgroup_number(&self->a, "memory.swap.max"));
	EXPECT_TRUE(child_alive(&c));
	EXPECT_LE(before / 2, swapped(&self->a));
}

TEST_F(memory, swap_events)
{
	int fd = cgroup_open(&self->a, "memory.swap.events", O_RDONLY);
	char text[256];

	EXPECT_EQ(0, swap_events(&self->a, "max"));
	EXPECT_EQ(0, swap_events(&self->a, "fail"));
	if (text_value(cgroup_read(&self->a, "memory.swap.events"), "high"))
		EXPECT_EQ(0, swap_events(&self->a, "high"));
	MUST(read(fd, text, sizeof(text)));
	cgroup_write(&self->a, "memory.swap.max", "2M");
	IN_CHILD (.cgroup = &self->a) {
		char *at = hog_touch(16 * MB);

		/* Asked for page by page, whether there is room or not. */
		MUST(madvise(at, 16 * MB, MADV_PAGEOUT));
		EXPECT_GE(2 * MB, swapped(&self->a));
	}
	EXPECT_LT(0, swap_events(&self->a, "max"));
	EXPECT_LT(0, swap_events(&self->a, "fail"));
	EXPECT_TRUE(poll_one(fd, POLLPRI, wait_limit_ms(5)) & POLLPRI);
}

TEST_F(memory, swap_high_throttles)
{
	struct child c;
	atomic_long *p = progress_make();

	need_cgroup_file(&self->a, "memory.swap.high");
	EXPECT_STREQ("max", cgroup_read(&self->a, "memory.swap.high"));
	cgroup_write(&self->a, "memory.swap.high", "2M");
	cgroup_write(&self->a, "memory.high", "8M");
	CHILD (&c, .cgroup = &self->a)
		for (int i = 0;; i++) {
			if (i == 40)
				child_sleep(); /* what it has stays until we have looked */
			hog_touch(MB);
			atomic_fetch_add(p, 1);
		}
	EXPECT_SOON(swap_events(&self->a, "high") > 0);
	EXPECT_LE(MB, swapped(&self->a));
	EXPECT_EQ(0, cgroup_key(&self->a, "memory.events", "oom_kill"));
	child_kill(&c);
}

TEST_F(memory, swap_peak)
{
	struct child c;

	need_cgroup_file(&self->a, "memory.swap.peak");
	swap_out(&c, &self->a);
	int64_t peak = cgroup_number(&self->a, "memory.swap.peak");

	EXPECT_LE(swapped(&self->a), peak);
	EXPECT_LE(14 * MB, peak);
	child_kill(&c);
	EXPECT_SOON(swapped(&self->a) < MB); /* slots kept ready by each CPU stay charged */
	EXPECT_LE(peak, cgroup_number(&self->a, "memory.swap.peak"));
	EXPECT_GE(peak + 8 * MB, cgroup_number(&self->a, "memory.swap.peak"));
	/* As of memory.peak, whoever writes to it has it begin anew. */
	int fd = file_open(text_format("%s/memory.swap.peak", self->a.path), O_RDWR);

	if (fd < 0 && !sys_known(SYS_KNOWN_6_13))
		return;
	ASSERT_OK(fd);
	EXPECT_LE(peak, file_number_of(fd));
	EXPECT_EQ(1, write(fd, "x", 1));
	EXPECT_GE(2 * MB, file_number_of(fd));
	EXPECT_LE(peak, cgroup_number(&self->a, "memory.swap.peak"));
}

/* Which of file and anonymous pages go: none of the one kind, or none of the other. */
TEST_F(memory, reclaim_swappiness)
{
	struct child c;
	int fd;

	need_cgroup_file(&self->a, "memory.reclaim");
	fd = storage_open(16 * MB);
	hog_start(&c, &self->a, 16 * MB);
	IN_CHILD (.cgroup = &self->a)
		hog_read(fd, 16 * MB);
	if (cgroup_try_write(&self->a, "memory.reclaim", "4M swappiness=0") && errno == EINVAL)
		check_skip("not supported: swappiness of memory.reclaim");
	EXPECT_EQ(0, swapped(&self->a));
	EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "file") < 14 * MB);
	if (cgroup_try_write(&self->a, "memory.reclaim", "4M swappiness=max"))
		return; /* since 6.16 */
	EXPECT_LE(3 * MB, swapped(&self->a));
}

SUITE_MAIN(.alone = true)
