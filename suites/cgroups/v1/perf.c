// SPDX-License-Identifier: GPL-2.0-only
/* Counting by cgroup where perf_event has a v1 hierarchy. */
#include "../perf/perf.h"
#include "v1.h"

#include <fcntl.h>

FIXTURE(v1_perf)
{
	struct cgroup a, b, other; /* b below a */
	int cpu;
};
FIXTURE_SETUP(v1_perf)
{
	self->a = cgroup_v1_make("perf_event", "a");
	self->b = v1_below(&self->a, "b");
	self->other = cgroup_v1_make("perf_event", "other");
	self->cpu = burn_cpu(0);
	int fd = perf_try_open(cgroup_dir(&self->a), self->cpu, -1, PERF_FLAG_PID_CGROUP);

	if (fd < 0 && (errno == ENOSYS || errno == EACCES || errno == EPERM))
		check_skip("not permitted: perf_event_open (%s; kernel.perf_event_paranoid)",
			   errno_name(errno));
	MUST(fd);
	close(fd);
}
NO_TEARDOWN(v1_perf)

/* 100 ms of CPU time on that CPU, as a member of the cgroup. */
static void burn_in(const struct cgroup *cg)
{
	IN_CHILD () {
		burn_bind(0);
		cgroup_add(cg, 0);
		burn_self(100);
	}
}

static int try_cgroup(const struct cgroup *cg, int cpu)
{
	return perf_try_open(cgroup_dir(cg), cpu, -1, PERF_FLAG_PID_CGROUP);
}

/* A cgroup that perf_event has nothing to do with: of v2, or of another v1 hierarchy. */
static bool try_foreign(struct cgroup *cg)
{
	if (!cgroup_absence())
		*cg = cgroup_make("foreign");
	else if (v1_hierarchy_of("pids") > 0)
		*cg = cgroup_v1_make("pids", "foreign");
	else
		return false;
	return true;
}

TEST_F(v1_perf, cgroup_filter)
{
	const int64_t most = 90 * 1000000;
	int fd = MUST(try_cgroup(&self->a, self->cpu));
	int of_b = MUST(try_cgroup(&self->b, self->cpu));
	struct cgroup foreign;

	burn_in(&self->other);
	EXPECT_EQ(0, perf_count(fd));
	burn_in(&self->a);
	int64_t own = SETTLED(perf_count(fd));
	EXPECT_LE(most, own);
	EXPECT_EQ(0, perf_count(of_b));
	/* Those below are members, too. */
	burn_in(&self->b);
	int64_t below = SETTLED(perf_count(of_b));
	EXPECT_LE(most, below);
	EXPECT_EQ(own + below, perf_count(fd));
	EXPECT_ERRNO(EINVAL, perf_try_open(cgroup_dir(&self->a), -1, -1, PERF_FLAG_PID_CGROUP));
	EXPECT_ERRNO(EBADF, perf_try_open(cgroup_open(&self->a, "tasks", O_RDONLY), self->cpu, -1,
					  PERF_FLAG_PID_CGROUP));
	if (try_foreign(&foreign))
		EXPECT_ERRNO(ENOENT, try_cgroup(&foreign, self->cpu));
}

SUITE_MAIN(.alone = true)
