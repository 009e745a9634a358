// SPDX-License-Identifier: GPL-2.0-only
/* memory.oom.group, oom_score_adj, memory.events and its notices. */
#include "suite.h"

#include <sys/inotify.h>

FIXTURE(memory)
{
	struct cgroup p, a, b; /* b below a below p */
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
	cgroup_enable(&self->a, "memory");
	self->b = cgroup_make_in(&self->a, "b");
	if (cgroup_has(&self->p, "memory.swap.max"))
		cgroup_write(&self->p, "memory.swap.max", "0");
}
NO_TEARDOWN(memory)

static int64_t events(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.events", key);
}

static bool has_key(const struct cgroup *cg, const char *file, const char *key)
{
	return text_value(cgroup_read(cg, file), key) != NULL;
}

static bool killed(struct child *c)
{
	int status = child_reap(c);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Fills the cgroup until it or another is killed. */
static void overflow(const struct cgroup *cg)
{
	struct child c;

	CHILD (&c, .cgroup = cg) {
		hog_touch(64 * MB);
		child_sleep();
	}
	EXPECT_TRUE(killed(&c));
}

TEST_F(memory, oom_group_values)
{
	static const char *const bad[] = { "2", "-1", "x", "01x", "max" };

	EXPECT_STREQ("0", cgroup_read(&self->b, "memory.oom.group"));
	cgroup_write(&self->b, "memory.oom.group", "1");
	EXPECT_STREQ("1", cgroup_read(&self->b, "memory.oom.group"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->b, "memory.oom.group", "%s", bad[i]));
	EXPECT_STREQ("1", cgroup_read(&self->b, "memory.oom.group"));
	EXPECT_STREQ("0", cgroup_read(&self->a, "memory.oom.group"));
}

/* All of the cgroup and below, but nobody beside it. */
TEST_F(memory, oom_group)
{
	struct cgroup beside = cgroup_make_in(&self->p, "beside");
	struct child small, other;

	hog_start(&small, &self->b, 1 * MB);
	hog_start(&other, &beside, 1 * MB);
	cgroup_write(&self->b, "memory.max", "8M");
	overflow(&self->b);
	EXPECT_TRUE(child_alive(&small));
	EXPECT_EQ(1, events(&self->b, "oom_kill"));
	cgroup_write(&self->b, "memory.oom.group", "1");
	overflow(&self->b);
	EXPECT_TRUE(killed(&small));
	EXPECT_SOON(cgroup_key(&self->b, "cgroup.events", "populated") == 0);
	EXPECT_TRUE(child_alive(&other));
	/* The victim may be counted as such and again as one of the group. */
	EXPECT_LE(3, events(&self->b, "oom_kill"));
	EXPECT_GE(4, events(&self->b, "oom_kill"));
	if (has_key(&self->b, "memory.events", "oom_group_kill")) {
		EXPECT_EQ(1, events(&self->b, "oom_group_kill"));
		EXPECT_EQ(1, events(&self->p, "oom_group_kill"));
		EXPECT_EQ(0, events(&beside, "oom_group_kill"));
	}
}

TEST_F(memory, oom_group_highest_wins)
{
	struct cgroup c = cgroup_make_in(&self->a, "c");
	struct child in_c;

	/* Set above the cgroup whose limit is hit: no effect. */
	hog_start(&in_c, &c, 1 * MB);
	cgroup_write(&self->b, "memory.max", "8M");
	cgroup_write(&self->a, "memory.oom.group", "1");
	overflow(&self->b);
	EXPECT_TRUE(child_alive(&in_c));
	/* The limit is a's: a is the highest between, with c in it, whatever b has set. */
	cgroup_write(&self->b, "memory.max", "max");
	cgroup_write(&self->b, "memory.oom.group", "1");
	cgroup_write(&self->a, "memory.max", "8M");
	overflow(&self->b);
	EXPECT_TRUE(killed(&in_c));
	/* Without it at a, b is. */
	cgroup_write(&self->a, "memory.oom.group", "0");
	hog_start(&in_c, &c, 1 * MB);
	overflow(&self->b);
	EXPECT_TRUE(child_alive(&in_c));
}

/* -1000 is safe, as the largest and as one of a group. */
TEST_F(memory, oom_score_adj_respected)
{
	struct child safe, small;

	CHILD (&safe, .cgroup = &self->b) {
		file_write("/proc/self/oom_score_adj", "-1000");
		hog_touch(5 * MB);
		child_send(&safe, 0);
		child_sleep();
	}
	child_recv(&safe);
	hog_start(&small, &self->b, 1 * MB);
	cgroup_write(&self->b, "memory.max", "10M");
	cgroup_write(&self->b, "memory.oom.group", "1");
	overflow(&self->b);
	EXPECT_TRUE(killed(&small));
	EXPECT_TRUE(child_alive(&safe));
}

TEST_F(memory, events_hierarchical_and_local)
{
	static const char *const keys[] = { "low", "high", "max", "oom", "oom_kill" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_TRUE(has_key(&self->b, "memory.events", keys[i]));
		EXPECT_TRUE(has_key(&self->b, "memory.events.local", keys[i]));
		EXPECT_EQ(0, events(&self->b, keys[i]));
	}
	if (cgroup_mount_option("memory_localevents"))
		check_skip("not permitted: the cgroup2 mount has memory_localevents");
	cgroup_write(&self->b, "memory.max", "8M");
	overflow(&self->b);
	for (size_t i = 2; i < ARRAY_SIZE(keys); i++) {
		int64_t n = cgroup_key(&self->b, "memory.events.local", keys[i]);

		EXPECT_LT(0, n);
		EXPECT_EQ(n, events(&self->b, keys[i]));
		EXPECT_EQ(n, events(&self->a, keys[i]));
		EXPECT_EQ(n, events(&self->p, keys[i]));
		EXPECT_EQ(0, cgroup_key(&self->a, "memory.events.local", keys[i]));
		EXPECT_EQ(0, cgroup_key(&self->p, "memory.events.local", keys[i]));
	}
	EXPECT_EQ(0, events(&self->b, "high"));
	EXPECT_EQ(0, events(&self->b, "low"));
}

struct notice {
	int poll, inotify;
};

static struct notice notice_of(const struct cgroup *cg, const char *file)
{
	struct notice n = { cgroup_open(cg, file, O_RDONLY), MUST(inotify_init1(IN_CLOEXEC)) };
	char text[PATH_MAX + 64];

	MUST(read(n.poll, text, sizeof(text)));
	snprintf(text, sizeof(text), "%s/%s", cg->path, file);
	MUST(inotify_add_watch(n.inotify, text, IN_MODIFY));
	return n;
}

static bool noticed(struct notice n, int limit_ms)
{
	bool by_poll = poll_one(n.poll, POLLPRI, limit_ms) & POLLPRI;
	bool by_inotify = poll_one(n.inotify, POLLIN, limit_ms) & POLLIN;

	EXPECT_EQ(by_poll, by_inotify);
	return by_poll;
}

TEST_F(memory, events_notify)
{
	struct notice b = notice_of(&self->b, "memory.events");
	struct notice p = notice_of(&self->p, "memory.events");
	struct notice b_local = notice_of(&self->b, "memory.events.local");
	struct notice p_local = notice_of(&self->p, "memory.events.local");

	EXPECT_FALSE(noticed(b, 0));
	cgroup_write(&self->b, "memory.max", "8M");
	overflow(&self->b);
	EXPECT_TRUE(noticed(b, wait_limit_ms(5)));
	EXPECT_TRUE(noticed(p, wait_limit_ms(5)));
	EXPECT_TRUE(noticed(b_local, wait_limit_ms(5)));
	EXPECT_FALSE(noticed(p_local, 0));
}

SUITE_MAIN()
