// SPDX-License-Identifier: GPL-2.0-only
/* memory.high, memory.low, memory.min and memory.reclaim. */
#include "suite.h"

#include <sys/mman.h>

FIXTURE(memory)
{
	struct cgroup p, a, b;
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
}
NO_TEARDOWN(memory)

static int64_t events(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.events", key);
}

static int64_t current(const struct cgroup *cg)
{
	return cgroup_number(cg, "memory.current");
}

static int64_t file_bytes(const struct cgroup *cg)
{
	return cgroup_key(cg, "memory.stat", "file");
}

static void no_swap(const struct cgroup *cg)
{
	if (cgroup_has(cg, "memory.swap.max"))
		cgroup_write(cg, "memory.swap.max", "0");
}

/* Page cache of so many bytes, charged to the cgroup; the descriptor keeps the file. */
static int fill_cache(const struct cgroup *cg, size_t bytes)
{
	int fd = storage_open(bytes);

	IN_CHILD (.cgroup = cg)
		hog_read(fd, bytes);
	EXPECT_SOON(file_bytes(cg) >= (int64_t)bytes * 9 / 10);
	return fd;
}

/* Slowed, not killed: it gets further all the time, and the events grow. */
TEST_F(memory, high_throttles_no_oom)
{
	struct child c;
	atomic_long *p = progress_make();

	no_swap(&self->a);
	cgroup_write(&self->a, "memory.high", "8M");
	CHILD (&c, .cgroup = &self->a)
		for (;;) {
			hog_touch(65536);
			atomic_fetch_add(p, 1);
		}
	EXPECT_SOON(current(&self->a) > 8 * MB);
	EXPECT_SOON(events(&self->a, "high") > 0);
	long before = atomic_load(p);
	int64_t start = now_ns();
	EXPECT_TRUE(progress_moves(p));
	EXPECT_EQ(0, events(&self->a, "oom"));
	EXPECT_EQ(0, events(&self->a, "oom_kill"));
	EXPECT_EQ(0, events(&self->b, "high"));
	EXPECT_TRUE(child_alive(&c));
	/* A second of this is 64 MB at the very most; free running it would be gigabytes. */
	sleep_ms(1000);
	before = atomic_load(p) - before;
	EXPECT_GT(1000 * ((now_ns() - start) / 1000000000 + 1), before);
}

/* Is one that is held back gone at once when it is killed, which it may be too late for once? */
static bool dies_promptly(const struct cgroup *cg)
{
	int64_t high = events(cg, "high");
	struct child c;

	CHILD (&c, .cgroup = cg)
		for (;;)
			hog_touch(65536);
	EXPECT_SOON(events(cg, "high") > high + 10);
	MUST(kill(c.pid, SIGKILL));
	bool gone = poll_one(c.pidfd, POLLIN, wait_limit_ms(2));

	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
	return gone;
}

TEST_F(memory, high_sigkill_prompt)
{
	no_swap(&self->a);
	cgroup_write(&self->a, "memory.high", "2M");
	EXPECT_SOON(dies_promptly(&self->a));
}

TEST_F(memory, high_write_reclaims)
{
	struct child c;
	int fd = fill_cache(&self->a, 24 * MB);

	EXPECT_OK(cgroup_try_write(&self->a, "memory.high", "8M"));
	EXPECT_GE(8 * MB + MB, current(&self->a));
	/* What cannot be reclaimed does not make it fail. */
	no_swap(&self->b);
	hog_start(&c, &self->b, 16 * MB);
	EXPECT_OK(cgroup_try_write(&self->b, "memory.high", "4M"));
	EXPECT_EQ(4 * MB, cgroup_number(&self->b, "memory.high"));
	EXPECT_LE(15 * MB, current(&self->b));
	EXPECT_TRUE(child_alive(&c));
	close(fd);
}

TEST_F(memory, high_nonblock)
{
	struct child c;

	no_swap(&self->a);
	hog_start(&c, &self->a, 16 * MB);
	int fd = cgroup_open(&self->a, "memory.max", O_WRONLY | O_NONBLOCK);
	EXPECT_EQ(2, write(fd, "4M", 2));
	if (!child_alive(&c) || events(&self->a, "oom_kill"))
		check_skip("not supported: memory.max through O_NONBLOCK");
	EXPECT_EQ(4 * MB, cgroup_number(&self->a, "memory.max"));
	EXPECT_LE(15 * MB, current(&self->a));
	EXPECT_EQ(0, events(&self->a, "oom"));
	int dir = fill_cache(&self->b, 16 * MB);
	fd = cgroup_open(&self->b, "memory.high", O_WRONLY | O_NONBLOCK);
	EXPECT_EQ(2, write(fd, "4M", 2));
	EXPECT_LE(14 * MB, current(&self->b));
	close(dir);
}

/* The sibling can give: it does, and what is protected stays. */
TEST_F(memory, low_protects_best_effort)
{
	int fd[3];

	cgroup_write(&self->a, "memory.low", "32M");
	cgroup_write(&self->p, "memory.low", "32M");
	fd[0] = fill_cache(&self->a, 24 * MB);
	fd[1] = fill_cache(&self->b, 24 * MB);
	struct cgroup c = cgroup_make_in(&self->p, "c");
	int64_t low = events(&self->a, "low");

	cgroup_write(&self->p, "memory.max", "56M");
	no_swap(&self->p);
	EXPECT_EQ(0, hog_run(&c, 20 * MB));
	EXPECT_LE(22 * MB, file_bytes(&self->a));
	EXPECT_GE(16 * MB, file_bytes(&self->b));
	EXPECT_EQ(low, events(&self->a, "low"));
	EXPECT_EQ(0, events(&self->p, "oom_kill"));
	close(fd[0]);
	close(fd[1]);
}

/* Nothing else is left: it gives as well, and says so. */
TEST_F(memory, low_event_on_breach)
{
	int fd;

	cgroup_write(&self->a, "memory.low", "32M");
	fd = fill_cache(&self->a, 32 * MB);
	cgroup_write(&self->p, "memory.max", "40M");
	no_swap(&self->p);
	EXPECT_EQ(0, hog_run(&self->b, 24 * MB));
	EXPECT_LT(0, events(&self->a, "low"));
	EXPECT_GE(24 * MB, file_bytes(&self->a));
	EXPECT_EQ(0, events(&self->b, "low"));
	close(fd);
}

/* min holds even when a neighbour has to be killed for want of memory. */
TEST_F(memory, min_protects)
{
	int fd;

	cgroup_write(&self->a, "memory.min", "32M");
	fd = fill_cache(&self->a, 24 * MB);
	cgroup_write(&self->p, "memory.max", "32M");
	no_swap(&self->p);
	int status = hog_run(&self->b, 32 * MB);

	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT_LE(22 * MB, file_bytes(&self->a));
	EXPECT_LT(0, events(&self->b, "oom_kill"));
	/* Without it that memory is the neighbour's. */
	cgroup_write(&self->a, "memory.min", "0");
	EXPECT_EQ(0, hog_run(&self->b, 20 * MB));
	EXPECT_GE(16 * MB, file_bytes(&self->a));
	close(fd);
}

/* Against its own limit, or a reclaim asked of itself, protection is no help. */
TEST_F(memory, protection_relative_to_target)
{
	int fd;

	cgroup_write(&self->a, "memory.min", "64M");
	fd = fill_cache(&self->a, 24 * MB);
	if (cgroup_has(&self->a, "memory.reclaim")) {
		cgroup_try_write(&self->a, "memory.reclaim", "8M");
		EXPECT_GE(18 * MB, file_bytes(&self->a));
	}
	EXPECT_OK(cgroup_try_write(&self->a, "memory.max", "8M"));
	EXPECT_GE(8 * MB, current(&self->a));
	EXPECT_EQ(0, events(&self->a, "oom_kill"));
	close(fd);
}

/* The parent has 16 MB of protection to hand down and its children claim 48. */
struct claims {
	struct cgroup q, x, y; /* x and y below q, with 24 MB of page cache each */
	int fd[2];
};

static void claim(struct claims *c, const struct cgroup *p, const char *file)
{
	c->q = cgroup_make_in(p, text_format("q.%s", file));
	cgroup_enable(&c->q, "memory");
	c->x = cgroup_make_in(&c->q, "x");
	c->y = cgroup_make_in(&c->q, "y");
	cgroup_write(&c->q, file, "16M");
	cgroup_write(&c->x, file, "36M");
	cgroup_write(&c->y, file, "12M");
	c->fd[0] = fill_cache(&c->x, 24 * MB);
	c->fd[1] = fill_cache(&c->y, 24 * MB);
}

static void claims_end(struct claims *c)
{
	close(c->fd[0]);
	close(c->fd[1]);
	cgroup_remove(&c->x);
	cgroup_remove(&c->y);
	cgroup_remove(&c->q);
}

TEST_F(memory, protection_capped_by_parent)
{
	struct cgroup z = cgroup_make_in(&self->p, "z");
	struct claims c;

	claim(&c, &self->p, "memory.min");
	no_swap(&self->p);
	cgroup_write(&self->p, "memory.max", "64M");
	/* All that is not protected has to go, and is still too little; each keeps a part. */
	hog_run(&z, 60 * MB);
	EXPECT_GE(24 * MB, file_bytes(&c.x) + file_bytes(&c.y));
	EXPECT_LE(12 * MB, file_bytes(&c.x) + file_bytes(&c.y));
	EXPECT_LE(3 * MB, file_bytes(&c.x));
	EXPECT_LE(3 * MB, file_bytes(&c.y));
	claims_end(&c);
	cgroup_write(&self->p, "memory.max", "max");
	/* 24 are left of their 48: enough for the 16, so nothing protected is touched. */
	claim(&c, &self->p, "memory.low");
	cgroup_write(&self->p, "memory.max", "64M");
	EXPECT_EQ(0, hog_run(&z, 40 * MB));
	EXPECT_GE(26 * MB, file_bytes(&c.x) + file_bytes(&c.y));
	EXPECT_EQ(0, events(&c.x, "low"));
	EXPECT_EQ(0, events(&c.y, "low"));
	claims_end(&c);
}

TEST_F(memory, reclaim_amount)
{
	int fd;

	need_cgroup_file(&self->a, "memory.reclaim");
	fd = fill_cache(&self->a, 32 * MB);
	int64_t before = current(&self->a);

	EXPECT_OK(cgroup_try_write(&self->a, "memory.reclaim", "8M"));
	EXPECT_GE(before - 8 * MB + MB, current(&self->a));
	EXPECT_LE(before - 16 * MB, current(&self->a));
	/* Of the subtree, through the parent's file. */
	EXPECT_OK(cgroup_try_write(&self->p, "memory.reclaim", "4M"));
	EXPECT_GE(before - 12 * MB + MB, current(&self->a));
	no_swap(&self->p);
	EXPECT_ERRNO(EAGAIN, cgroup_try_write(&self->a, "memory.reclaim", "1G"));
	close(fd);
}

TEST_F(memory, reclaim_bad_input)
{
	static const char *const bad[] = { "x",
					   "",
					   "4M nosuch=1",
					   "4M swappiness=201",
					   "4M swappiness=-1",
					   "swappiness=10",
					   "4M swappiness" };

	need_cgroup_file(&self->a, "memory.reclaim");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (*bad[i])
			check_errno(HERE, bad[i], EINVAL,
				    cgroup_try_write(&self->a, "memory.reclaim", "%s", bad[i]));
}

TEST_F(memory, reclaim_no_pressure)
{
	static const char *const keys[] = { "high", "max", "oom", "low" };
	int fd;

	need_cgroup_file(&self->a, "memory.reclaim");
	fd = fill_cache(&self->a, 16 * MB);
	EXPECT_OK(cgroup_try_write(&self->a, "memory.reclaim", "8M"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		EXPECT_EQ(0, events(&self->a, keys[i]));
	if (text_value(cgroup_read(&self->a, "memory.stat"), "pgsteal_proactive")) {
		EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "pgsteal_proactive") > 0);
		EXPECT_LE(cgroup_key(&self->a, "memory.stat", "pgsteal_proactive"),
			  cgroup_key(&self->a, "memory.stat", "pgscan_proactive"));
	}
	close(fd);
}

TEST_F(memory, reclaim_on_root)
{
	struct cgroup root = need_cgroup_root();

	need_cgroup_file(&root, "memory.reclaim");
	int fd = fill_cache(&self->a, 8 * MB);

	EXPECT_OK(cgroup_try_write(&root, "memory.reclaim", "64K"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&root, "memory.reclaim", "x"));
	close(fd);
}

/* Unending, as nothing can be reclaimed; a signal ends it. */
TEST_F(memory, reclaim_interruptible)
{
	struct child hog, c;

	need_cgroup_file(&self->a, "memory.reclaim");
	no_swap(&self->a);
	hog_start(&hog, &self->a, 8 * MB);
	CHILD (&c) {
		child_send(&c, 0);
		for (;;)
			cgroup_try_write(&self->a, "memory.reclaim", "1T");
	}
	child_recv(&c);
	sleep_ms(20);
	MUST(kill(c.pid, SIGKILL));
	EXPECT_EQ(SIGKILL, WTERMSIG(child_reap(&c)));
	child_kill(&hog);
	EXPECT_SOON(!rmdir(self->a.path));
}

SUITE_MAIN(.alone = true)
