// SPDX-License-Identifier: GPL-2.0-only
/* memory.pressure_level on v1: reclaim that is told of, to whom it concerns. */
#include "event.h"

FIXTURE(v1_memory)
{
	struct cgroup a, b; /* b below a, with little memory */
};
FIXTURE_SETUP(v1_memory)
{
	self->a = cgroup_v1_make("memory", "a");
	/* Before 5.11 it had to be asked for, and before there are children. */
	cgroup_try_write(&self->a, "memory.use_hierarchy", "1");
	self->b = v1_below(&self->a, "b");
	need_event_control(&self->a);
	cgroup_write(&self->b, "memory.limit_in_bytes", "8M");
}
NO_TEARDOWN(v1_memory)

#define LEVEL "memory.pressure_level"

static int notify(const struct cgroup *cg, const char *args)
{
	int event;

	ASSERT_OK(try_notify(cg, LEVEL, args, &event));
	EXPECT_FALSE(signalled(event));
	return event;
}

/* Page cache beyond the limit: all of it can be reclaimed, which is the lowest level. */
static void reclaim_easily(const struct cgroup *cg, int fd)
{
	storage_drop(fd);
	IN_CHILD () {
		cgroup_add(cg, 0);
		hog_read(fd, 24 * MB);
	}
}

/* Memory that has nowhere to go, until somebody is killed. */
static void reclaim_in_vain(const struct cgroup *cg)
{
	struct child c;

	CHILD (&c) {
		cgroup_add(cg, 0);
		hog_touch(24 * MB);
	}
	EXPECT_OOM_KILLED(child_reap(&c));
}

TEST_F(v1_memory, pressure_level)
{
	static const char *const bad[] = { "",	"nosuch", "low,nosuch", "LOW",
					   "0", "lowx",	  "hierarchy" };
	int event, fd = storage_open(24 * MB);
	char text[16];

	EXPECT_EQ(-1, cgroup_try_read(&self->a, LEVEL, text, sizeof(text)));
	EXPECT_EQ(EINVAL, errno);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL, try_notify(&self->a, LEVEL, bad[i], &event));
	/* Nobody below listens, so the first above that does is told; "local" is for its own. */
	int above = notify(&self->a, "low"), all = notify(&self->a, "low,hierarchy"),
	    local = notify(&self->a, "low,local"), worst = notify(&self->a, "critical,hierarchy");
	reclaim_easily(&self->b, fd);
	EXPECT_SOON(signalled(above));
	EXPECT_SOON(signalled(all));
	EXPECT_FALSE(signalled(local));
	/* Somebody does: it is told instead, but for those who want all. */
	int own = notify(&self->b, "low,default"), own_local = notify(&self->b, "low,local");
	/* What was on its way to the others has come when it has come here. */
	reclaim_easily(&self->b, fd);
	ASSERT_SOON(signalled(own));
	ASSERT_SOON(signalled(own_local));
	EXPECT_SOON(signalled(all));
	signalled(above);
	reclaim_easily(&self->b, fd);
	EXPECT_SOON(signalled(own));
	EXPECT_SOON(signalled(own_local));
	EXPECT_SOON(signalled(all));
	EXPECT_FALSE(signalled(above));
	EXPECT_FALSE(signalled(local));
	/* And a level is told of to those who asked for less. */
	signalled(worst);
	int medium = notify(&self->b, "medium"), critical = notify(&self->b, "critical");
	cgroup_try_write(&self->b, "memory.swappiness", "0");
	reclaim_in_vain(&self->b);
	EXPECT_SOON(signalled(critical));
	EXPECT_SOON(signalled(medium));
	EXPECT_SOON(signalled(worst));
	EXPECT_SOON(signalled(own));
}

SUITE_MAIN(.alone = true)
