// SPDX-License-Identifier: GPL-2.0-only
/* The memory controller on v1: limits, counters, and what happens at the limit. */
#include "event.h"

#include <fcntl.h>

FIXTURE(v1_memory)
{
	struct cgroup a, b; /* b below a */
};
FIXTURE_SETUP(v1_memory)
{
	self->a = cgroup_v1_make("memory", "a");
	/* Before 5.11 it had to be asked for, and before there are children. */
	cgroup_try_write(&self->a, "memory.use_hierarchy", "1");
	self->b = v1_below(&self->a, "b");
}
NO_TEARDOWN(v1_memory)

#define LIMIT	  "memory.limit_in_bytes"
#define USAGE	  "memory.usage_in_bytes"
#define MAX_USAGE "memory.max_usage_in_bytes"

static int64_t oom_key(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.oom_control", key);
}

/* So that what is over the limit cannot go to swap. */
static void no_swap(const struct cgroup *cg)
{
	cgroup_try_write(cg, "memory.swappiness", "0");
}

/* A process in the cgroup that touches so much, and then stays; told apart by child_recv(). */
static void toucher(struct child *c, const struct cgroup *cg, size_t bytes)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		child_meet(c);
		if (!hog_touch(bytes))
			break;
		child_send(c, 1);
		child_sleep();
	}
	child_meet(c);
}

/* One that only tries to; its wait status. */
static int run_toucher(const struct cgroup *cg, size_t bytes)
{
	struct child c;

	CHILD (&c) {
		cgroup_add(cg, 0);
		hog_touch(bytes);
	}
	return child_reap(&c);
}

TEST_F(v1_memory, limit_and_usage)
{
	static const struct {
		const char *text;
		int64_t reads;
	} good[] = {
		{ "16M", 16 * MB }, { "4096K", 4 * MB }, { "1g", 1024 * MB }, { "8388609", 8 * MB }
	};
	int64_t none = cgroup_number(&self->a, LIMIT);
	struct child c;

	EXPECT_LT(1LL << 60, none);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_OK(cgroup_try_write(&self->a, LIMIT, "%s", good[i].text));
		EXPECT_EQ(good[i].reads, cgroup_number(&self->a, LIMIT));
	}
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, LIMIT, "x"));
	EXPECT_OK(cgroup_try_write(&self->a, LIMIT, "-1"));
	EXPECT_EQ(none, cgroup_number(&self->a, LIMIT));
	no_swap(&self->a);
	cgroup_write(&self->a, LIMIT, "16M");
	toucher(&c, &self->a, 8 * MB);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_LE(8 * MB, cgroup_number(&self->a, USAGE));
	EXPECT_GE(10 * MB, cgroup_number(&self->a, USAGE));
	child_kill(&c);
	EXPECT_OOM_KILLED(run_toucher(&self->a, 64 * MB));
	EXPECT_GE(16 * MB, cgroup_number(&self->a, USAGE));
	if (strstr(cgroup_read(&self->a, "memory.oom_control"), "oom_kill "))
		EXPECT_EQ(1, oom_key(&self->a, "oom_kill"));
	cgroup_write(&self->a, LIMIT, "96M");
	EXPECT_EQ(0, run_toucher(&self->a, 64 * MB));
}

TEST_F(v1_memory, hierarchical_limit)
{
	struct cgroup other = v1_below(&self->a, "other");
	struct child c;

	no_swap(&self->a);
	no_swap(&self->b);
	no_swap(&other);
	cgroup_write(&self->a, LIMIT, "32M");
	EXPECT_LT(1LL << 60, cgroup_number(&self->b, LIMIT));
	toucher(&c, &self->b, 20 * MB);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_LE(20 * MB, cgroup_number(&self->a, USAGE));
	/* Together too much, each by itself not. */
	int status = run_toucher(&other, 20 * MB);
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	EXPECT_TRUE(killed || SOON(!child_alive(&c))); /* its memory may be free before it ends */
	EXPECT_GE(32 * MB, cgroup_number(&self->a, USAGE));
	child_kill(&c);
	EXPECT_EQ(0, run_toucher(&other, 20 * MB));
}

TEST_F(v1_memory, failcnt)
{
	EXPECT_EQ(0, cgroup_number(&self->a, "memory.failcnt"));
	no_swap(&self->a);
	cgroup_write(&self->a, LIMIT, "4M");
	EXPECT_OOM_KILLED(run_toucher(&self->a, 16 * MB));
	EXPECT_LT(0, cgroup_number(&self->a, "memory.failcnt"));
	EXPECT_EQ(0, cgroup_number(&self->b, "memory.failcnt"));
	EXPECT_OK(cgroup_try_write(&self->a, "memory.failcnt", "77"));
	EXPECT_EQ(0, cgroup_number(&self->a, "memory.failcnt"));
}

TEST_F(v1_memory, max_usage)
{
	struct child c;

	toucher(&c, &self->b, 12 * MB);
	EXPECT_EQ(1, child_recv(&c));
	child_kill(&c);
	EXPECT_LE(12 * MB, cgroup_number(&self->a, MAX_USAGE));
	EXPECT_GE(16 * MB, cgroup_number(&self->a, MAX_USAGE));
	ASSERT_SOON(cgroup_number(&self->b, USAGE) < 6 * MB);
	EXPECT_LE(12 * MB, cgroup_number(&self->b, MAX_USAGE));
	EXPECT_OK(cgroup_try_write(&self->b, MAX_USAGE, "1"));
	EXPECT_GE(6 * MB, cgroup_number(&self->b, MAX_USAGE));
	EXPECT_LE(12 * MB, cgroup_number(&self->a, MAX_USAGE));
}

TEST_F(v1_memory, limit_below_usage_ebusy)
{
	struct child c;

	no_swap(&self->a);
	cgroup_write(&self->a, LIMIT, "64M");
	toucher(&c, &self->a, 16 * MB);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_ERRNO(EBUSY, cgroup_try_write(&self->a, LIMIT, "4M"));
	EXPECT_EQ(64 * MB, cgroup_number(&self->a, LIMIT));
	EXPECT_TRUE(child_alive(&c));
	child_kill(&c);
	EXPECT_SOON(!cgroup_try_write(&self->a, LIMIT, "4M"));
}

TEST_F(v1_memory, root_no_limit)
{
	char *file = text_format("%s/" LIMIT, v1_root(&self->a, "memory"));

	if (access(file, F_OK))
		check_skip("not supported: the hierarchy's root (a cgroup namespace hides it)");
	EXPECT_ERRNO(EINVAL, file_try_write(file, "-1"));
}

TEST_F(v1_memory, use_hierarchy_fixed)
{
	struct cgroup fresh = cgroup_v1_make("memory", "fresh");

	if (!cgroup_number(&fresh, "memory.use_hierarchy") && !sys_known(SYS_KNOWN_5_11))
		check_skip("not supported: hierarchies that are always used (5.11)");
	EXPECT_EQ(1, cgroup_number(&fresh, "memory.use_hierarchy"));
	EXPECT_OK(cgroup_try_write(&fresh, "memory.use_hierarchy", "1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&fresh, "memory.use_hierarchy", "0"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&fresh, "memory.use_hierarchy", "2"));
	EXPECT_EQ(1, cgroup_number(&fresh, "memory.use_hierarchy"));
}

TEST_F(v1_memory, swappiness)
{
	int64_t here = cgroup_number(&self->a, "memory.swappiness");

	EXPECT_EQ(here, cgroup_number(&self->b, "memory.swappiness"));
	EXPECT_OK(cgroup_try_write(&self->a, "memory.swappiness", "17"));
	EXPECT_EQ(17, cgroup_number(&self->a, "memory.swappiness"));
	EXPECT_EQ(here, cgroup_number(&self->b, "memory.swappiness"));
	struct cgroup late = v1_below(&self->a, "late");
	EXPECT_EQ(17, cgroup_number(&late, "memory.swappiness"));
	EXPECT_OK(cgroup_try_write(&self->a, "memory.swappiness", "0"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "memory.swappiness", "201"));
	EXPECT_EQ(0, cgroup_number(&self->a, "memory.swappiness"));
}

TEST_F(v1_memory, stat_local_and_total)
{
	struct child c;

	cgroup_write(&self->a, LIMIT, "128M");
	toucher(&c, &self->b, 16 * MB);
	EXPECT_EQ(1, child_recv(&c));
	/* Gathered now and then (every 2 s), or but for some pages of each CPU (before 5.13). */
	EXPECT_SOON(cgroup_key(&self->b, "memory.stat", "rss") >= 15 * MB);
	EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "total_rss") >= 15 * MB);
	EXPECT_GT(1 * MB, cgroup_key(&self->a, "memory.stat", "rss"));
	EXPECT_GE(20 * MB, cgroup_key(&self->a, "memory.stat", "total_rss"));
	EXPECT_EQ(128 * MB, cgroup_key(&self->b, "memory.stat", "hierarchical_memory_limit"));
	child_kill(&c);
}

TEST_F(v1_memory, oom_control_values)
{
	EXPECT_EQ(0, oom_key(&self->a, "oom_kill_disable"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "memory.oom_control", "2"));
	EXPECT_EQ(0, oom_key(&self->a, "oom_kill_disable"));
	EXPECT_OK(cgroup_try_write(&self->a, "memory.oom_control", "1"));
	EXPECT_EQ(1, oom_key(&self->a, "oom_kill_disable"));
	struct cgroup late = v1_below(&self->a, "late");
	EXPECT_EQ(1, oom_key(&late, "oom_kill_disable"));
	EXPECT_EQ(0, oom_key(&self->b, "oom_kill_disable"));
	EXPECT_OK(cgroup_try_write(&self->a, "memory.oom_control", "0"));
	EXPECT_EQ(0, oom_key(&self->a, "oom_kill_disable"));
	char *file = text_format("%s/memory.oom_control", v1_root(&self->a, "memory"));
	if (!access(file, F_OK))
		EXPECT_ERRNO(EINVAL, file_try_write(file, "0"));
}

/* At the limit it waits, and goes on when there is room. */
TEST_F(v1_memory, oom_control)
{
	struct child c;

	no_swap(&self->a);
	cgroup_write(&self->a, LIMIT, "8M");
	cgroup_write(&self->a, "memory.oom_control", "1");
	EXPECT_EQ(0, oom_key(&self->a, "under_oom"));
	toucher(&c, &self->a, 24 * MB);
	EXPECT_SOON(oom_key(&self->a, "under_oom") == 1);
	EXPECT_TRUE(child_alive(&c));
	EXPECT_GE(8 * MB, cgroup_number(&self->a, USAGE));
	cgroup_write(&self->a, LIMIT, "64M");
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_EQ(0, oom_key(&self->a, "under_oom"));
	child_kill(&c);
	/* Or it is killed after all. */
	ASSERT_SOON(!cgroup_try_write(&self->a, LIMIT, "8M"));
	toucher(&c, &self->a, 24 * MB);
	ASSERT_SOON(oom_key(&self->a, "under_oom") == 1);
	EXPECT_TRUE(child_alive(&c));
	cgroup_write(&self->a, "memory.oom_control", "0");
	EXPECT_OOM_KILLED(child_reap(&c));
}

TEST_F(v1_memory, threshold_eventfd)
{
	struct child c;
	int event;

	need_event_control(&self->a);
	ASSERT_OK(try_notify(&self->a, USAGE, "8388608", &event));
	EXPECT_FALSE(signalled(event));
	toucher(&c, &self->a, 12 * MB);
	EXPECT_EQ(1, child_recv(&c));
	EXPECT_SOON(signalled(event));
	EXPECT_FALSE(signalled(event));
	child_kill(&c);
	/* And on the way down. */
	ASSERT_SOON(cgroup_number(&self->a, USAGE) < 8 * MB);
	EXPECT_SOON(signalled(event));
}

TEST_F(v1_memory, oom_eventfd)
{
	int event, late, gone;

	need_event_control(&self->a);
	no_swap(&self->a);
	cgroup_write(&self->a, LIMIT, "8M");
	ASSERT_OK(try_notify(&self->a, "memory.oom_control", "", &event));
	EXPECT_FALSE(signalled(event));
	EXPECT_OOM_KILLED(run_toucher(&self->a, 24 * MB));
	EXPECT_SOON(signalled(event));
	/* At once where it already is so. */
	struct child c;
	cgroup_write(&self->a, "memory.oom_control", "1");
	toucher(&c, &self->a, 24 * MB);
	ASSERT_SOON(oom_key(&self->a, "under_oom") == 1);
	ASSERT_OK(try_notify(&self->a, "memory.oom_control", "", &late));
	EXPECT_SOON(signalled(late));
	cgroup_write(&self->a, "memory.oom_control", "0");
	child_reap(&c);
	/* And when the cgroup goes. */
	ASSERT_OK(try_notify(&self->b, "memory.oom_control", "", &gone));
	EXPECT_FALSE(signalled(gone));
	cgroup_remove(&self->b);
	EXPECT_SOON(signalled(gone));
}

TEST_F(v1_memory, event_control_errors)
{
	int event;

	need_event_control(&self->a);
	EXPECT_ERRNO(EINVAL, try_notify(&self->a, "memory.stat", "1", &event));
	EXPECT_ERRNO(EINVAL, try_notify(&self->a, USAGE, "x", &event));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cgroup.event_control", "x"));
	EXPECT_ERRNO(EBADF, cgroup_try_write(&self->a, "cgroup.event_control", "999 999 1"));
	int fd = cgroup_open(&self->b, USAGE, O_RDONLY);
	EXPECT_ERRNO(EINVAL,
		     cgroup_try_write(&self->a, "cgroup.event_control", "%d %d 4096", event, fd));
}

TEST_F(v1_memory, numa_stat)
{
	if (!cgroup_has(&self->a, "memory.numa_stat"))
		check_skip("not supported: memory.numa_stat (CONFIG_NUMA)");
	static const char *const keys[] = { "total", "file", "anon", "unevictable" };
	char *text = cgroup_read(&self->a, "memory.numa_stat");

	for (int i = 0; i < 4; i++) {
		EXPECT_NE(NULL, strstr(text, text_format("%s=", keys[i])));
		EXPECT_NE(NULL, strstr(text, text_format("hierarchical_%s=", keys[i])));
	}
}

TEST_F(v1_memory, force_empty)
{
	int fd = storage_open(8 * MB);
	struct child c;

	CHILD (&c) {
		cgroup_add(&self->a, 0);
		hog_read(fd, 8 * MB);
	}
	child_wait(&c);
	EXPECT_LE(7 * MB, cgroup_number(&self->a, USAGE));
	EXPECT_OK(cgroup_try_write(&self->a, "memory.force_empty", "1"));
	EXPECT_SOON(cgroup_number(&self->a, USAGE) < 3 * MB);
}

TEST_F(v1_memory, memsw_invariant)
{
	static const char memsw[] = "memory.memsw.limit_in_bytes";

	if (!cgroup_has(&self->a, memsw))
		check_skip("not supported: memory.memsw.limit_in_bytes (swapaccount=1)");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, memsw, "64M"));
	cgroup_write(&self->a, LIMIT, "32M");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, memsw, "16M"));
	EXPECT_OK(cgroup_try_write(&self->a, memsw, "48M"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, LIMIT, "64M"));
	EXPECT_EQ(32 * MB, cgroup_number(&self->a, LIMIT));
	EXPECT_EQ(48 * MB, cgroup_number(&self->a, memsw));
	EXPECT_OOM_KILLED(run_toucher(&self->a, 96 * MB));
}

TEST_F(v1_memory, move_charge_gone)
{
	static const char file[] = "memory.move_charge_at_immigrate";

	EXPECT_EQ(0, cgroup_number(&self->a, file));
	EXPECT_OK(cgroup_try_write(&self->a, file, "0"));
	if (!cgroup_try_write(&self->a, file, "1") && !sys_known(SYS_KNOWN_6_13))
		check_skip("not supported: it still moves charges (before 6.13)");
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, file, "1"));
	EXPECT_EQ(0, cgroup_number(&self->a, file));
}

TEST_F(v1_memory, soft_limit_gone)
{
	static const char file[] = "memory.soft_limit_in_bytes";
	int64_t none = cgroup_number(&self->a, file);

	EXPECT_LT(1LL << 60, none);
	EXPECT_OK(cgroup_try_write(&self->a, file, "16M"));
	if (cgroup_number(&self->a, file) == 16 * MB && !sys_known(SYS_KNOWN_7_3))
		check_skip("not supported: soft limits are still there");
	EXPECT_EQ(none, cgroup_number(&self->a, file));
}

TEST_F(v1_memory, kmem_limit_noop)
{
	static const char file[] = "memory.kmem.limit_in_bytes";

	if (!cgroup_has(&self->a, file))
		check_skip("not supported: memory.kmem.limit_in_bytes");
	int64_t none = cgroup_number(&self->a, file);
	if (cgroup_try_write(&self->a, file, "4096")) {
		if (sys_known(SYS_KNOWN_5_16))
			EXPECT_EQ(EOPNOTSUPP, errno);
		check_skip("not supported: limits of kernel memory");
	}
	if (cgroup_number(&self->a, file) != none && !sys_known(SYS_KNOWN_5_16))
		check_skip("not supported: the limit still binds (before 5.16)");
	/* Many times of that is no problem. */
	IN_CHILD () {
		cgroup_add(&self->a, 0);
		for (int i = 0; i < 16; i++)
			EXPECT_OK(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
		EXPECT_SOON(cgroup_number(&self->a, "memory.kmem.usage_in_bytes") > 4096);
	}
}

SUITE_MAIN()
