// SPDX-License-Identifier: GPL-2.0-only
/*
 * The io controller on a scratch disk: io.max, io.stat, io.weight, and the files
 * of the root.  A limit is tested against the time it must take at the least;
 * how long a slow machine takes beyond that says nothing.  What nothing limits
 * takes less than that, if not each time.
 */
#include "io.h"

FIXTURE(io)
{
	struct cgroup p, a, b;	   /* a and b below p, all with the controller */
	unsigned int major, minor; /* of the scratch disk; 0: none */
};
FIXTURE_SETUP(io)
{
	need_controller("io");
	self->p = cgroup_make("p");
	cgroup_enable(&self->p, "io");
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
	io_disk(&self->major, &self->minor);
}
NO_TEARDOWN(io)

static int try_max(const struct cgroup *cg, unsigned int major, unsigned int minor,
		   const char *limits)
{
	return cgroup_try_write(cg, "io.max", "%u:%u %s", major, minor, limits);
}

TEST_F(io, files_non_root)
{
	static const char *const not_root[] = { "io.max", "io.weight", "io.latency" };
	struct cgroup root = need_cgroup_root();

	EXPECT_TRUE(cgroup_has(&root, "io.stat"));
	EXPECT_TRUE(cgroup_has(&self->a, "io.stat"));
	for (size_t i = 0; i < ARRAY_SIZE(not_root); i++)
		EXPECT_FALSE(cgroup_has(&root, not_root[i]));
	EXPECT_FALSE(cgroup_has(&self->a, "io.cost.qos"));
	EXPECT_FALSE(cgroup_has(&self->a, "io.cost.model"));
}

TEST_F(io, max_format)
{
	need_disk();
	EXPECT_STREQ("", cgroup_read(&self->a, "io.max"));
	EXPECT_OK(try_max(&self->a, DEVICE, "rbps=1048576"));
	EXPECT_STREQ(text_format("%u:%u rbps=1048576 wbps=max riops=max wiops=max", DEVICE),
		     cgroup_read(&self->a, "io.max"));
	EXPECT_STREQ("", cgroup_read(&self->b, "io.max"));
	EXPECT_OK(try_max(&self->a, DEVICE, "rbps=max"));
	EXPECT_STREQ("", cgroup_read(&self->a, "io.max"));
}

TEST_F(io, max_partial_update)
{
	need_disk();
	EXPECT_OK(try_max(&self->a, DEVICE, "wiops=120 rbps=2097152"));
	EXPECT_STREQ(text_format("%u:%u rbps=2097152 wbps=max riops=max wiops=120", DEVICE),
		     cgroup_read(&self->a, "io.max"));
	EXPECT_OK(try_max(&self->a, DEVICE, "riops=7 wbps=4096000"));
	EXPECT_STREQ(text_format("%u:%u rbps=2097152 wbps=4096000 riops=7 wiops=120", DEVICE),
		     cgroup_read(&self->a, "io.max"));
	EXPECT_OK(try_max(&self->a, DEVICE, "rbps=max"));
	EXPECT_STREQ(text_format("%u:%u rbps=max wbps=4096000 riops=7 wiops=120", DEVICE),
		     cgroup_read(&self->a, "io.max"));
}

TEST_F(io, max_bad_input)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = { { "rbps=0", ERANGE },   { "wiops=0", ERANGE }, { "nosuch=5", EINVAL },
		    { "rbps 5", EINVAL },   { "rbps=x", EINVAL },  { "rbps", EINVAL },
		    { "riops=5 x", EINVAL } };

	need_disk();
	EXPECT_OK(try_max(&self->a, DEVICE, "rbps=1048576"));
	char *before = cgroup_read(&self->a, "io.max");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i].text, bad[i].error,
			    try_max(&self->a, DEVICE, bad[i].text));
	EXPECT_EQ(-1, cgroup_try_write(&self->a, "io.max", "x"));
	EXPECT_EQ(-1, cgroup_try_write(&self->a, "io.max", "%u:%ux rbps=5", DEVICE));
	EXPECT_STREQ(before, cgroup_read(&self->a, "io.max"));
}

TEST_F(io, max_bad_device)
{
	need_disk();
	EXPECT_ERRNO(ENODEV, try_max(&self->a, 1, 3, "rbps=1048576"));
	EXPECT_ERRNO(ENODEV, try_max(&self->a, 4000, 0, "rbps=1048576"));
	EXPECT_STREQ("", cgroup_read(&self->a, "io.max"));
}

/* 2 MB at 1 MB/s: not under 1.2 s: a slice or two may be spent ahead. */
TEST_F(io, max_limits_bps)
{
	need_disk();
	for (int writing = 0; writing < 2; writing++) {
		const char *limit = writing ? "wbps=1048576 rbps=max" : "rbps=1048576 wbps=max";
		EXPECT_OK(try_max(&self->a, DEVICE, limit));
		IN_CHILD (.cgroup = &self->a) {
			EXPECT_LE(1200, io_transfer(32, 65536, writing) / 1000000);
			EXPECT_SOON(io_transfer(32, 65536, !writing) / 1000000 < 1200);
		}
	}
}

/* 12 requests at 8 a second, each way; then the slower of two limits. */
TEST_F(io, max_limits_iops)
{
	need_disk();
	for (int writing = 0; writing < 2; writing++) {
		EXPECT_OK(try_max(&self->a, DEVICE,
				  writing ? "wiops=8 riops=max" : "riops=8 wiops=max"));
		IN_CHILD (.cgroup = &self->a) {
			EXPECT_LE(600, io_transfer(12, 4096, writing) / 1000000);
			EXPECT_SOON(io_transfer(12, 4096, !writing) / 1000000 < 600);
		}
	}
	EXPECT_OK(try_max(&self->a, DEVICE, "riops=8 rbps=1073741824 wiops=max"));
	IN_CHILD (.cgroup = &self->a)
		EXPECT_LE(600, io_transfer(12, 4096, false) / 1000000);
	EXPECT_OK(try_max(&self->a, DEVICE, "riops=100000 rbps=1048576"));
	IN_CHILD (.cgroup = &self->a)
		EXPECT_LE(1200, io_transfer(32, 65536, false) / 1000000);
}

/* Two children of a limited parent, one of them with leave for more. */
TEST_F(io, max_hierarchical)
{
	struct child c[2];
	const struct cgroup *cg[] = { &self->a, &self->b };
	int64_t start = now_ns();

	need_disk();
	EXPECT_OK(try_max(&self->p, DEVICE, "rbps=1048576"));
	EXPECT_OK(try_max(&self->a, DEVICE, "rbps=1073741824"));
	for (int i = 0; i < 2; i++)
		CHILD (&c[i], .cgroup = cg[i])
			io_transfer(16, 65536, false);
	for (int i = 0; i < 2; i++)
		child_wait(&c[i]);
	EXPECT_LE(1200, (now_ns() - start) / 1000000);
}

/* Minutes' worth of waiting, which nobody waits for, end when the limit does, or the waiter. */
TEST_F(io, max_change_while_waiting)
{
	struct child c;

	need_disk();
	for (int how = 0; how < 3; how++) {
		EXPECT_OK(try_max(&self->a, DEVICE, "rbps=65536 riops=max"));
		CHILD (&c, .cgroup = &self->a) {
			child_send(&c, 0);
			io_transfer(200, 65536, false);
		}
		child_recv(&c);
		EXPECT_SOON(proc_state(c.pid) == 'D' || proc_state(c.pid) == 'S');
		if (how == 0)
			EXPECT_OK(try_max(&self->a, DEVICE, "rbps=max"));
		else if (how == 1)
			EXPECT_OK(try_max(&self->a, DEVICE, "rbps=1073741824"));
		else
			MUST(kill(c.pid, SIGKILL));
		int status = child_reap(&c);

		EXPECT_EQ(how == 2 ? SIGKILL : 0, status);
	}
}

TEST_F(io, stat_format)
{
	static const char *const keys[] = { "rbytes", "wbytes", "rios", "wios", "dbytes", "dios" };

	need_disk();
	EXPECT_EQ(-1, STAT(&self->a, "rbytes"));
	IN_CHILD (.cgroup = &self->a)
		io_transfer(1, 4096, false);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		EXPECT_LE(0, STAT(&self->a, keys[i]));
	EXPECT_EQ(-1, STAT(&self->b, "rbytes"));
}

TEST_F(io, stat_direct_io)
{
	need_disk();
	for (int writing = 0; writing < 2; writing++) {
		const char *bytes = writing ? "wbytes" : "rbytes", *ios = writing ? "wios" : "rios";
		int64_t p0 = STAT(&self->p, bytes) < 0 ? 0 : STAT(&self->p, bytes);
		int64_t ios0 = STAT(&self->a, ios) < 0 ? 0 : STAT(&self->a, ios);
		int64_t a0 = STAT(&self->a, bytes) < 0 ? 0 : STAT(&self->a, bytes);

		IN_CHILD (.cgroup = &self->a)
			io_transfer(16, 65536, writing);
		EXPECT_SOON(STAT(&self->a, bytes) >= a0 + 1048576);
		EXPECT_EQ(a0 + 1048576, STAT(&self->a, bytes));
		EXPECT_SOON(STAT(&self->p, bytes) == p0 + 1048576);
		EXPECT_LE(ios0 + 16, STAT(&self->a, ios));
		EXPECT_GE(ios0 + 16 * 16, STAT(&self->a, ios));
	}
	EXPECT_EQ(0, STAT(&self->a, "dbytes"));
	EXPECT_GE(0, STAT(&self->b, "rbytes"));
}

TEST_F(io, weight_format)
{
	need_cgroup_file(&self->a, "io.weight");
	EXPECT_STREQ("default 100", cgroup_read(&self->a, "io.weight"));
	EXPECT_OK(cgroup_try_write(&self->a, "io.weight", "200"));
	EXPECT_STREQ("default 200", cgroup_read(&self->a, "io.weight"));
	EXPECT_OK(cgroup_try_write(&self->a, "io.weight", "default 300"));
	EXPECT_STREQ("default 300", cgroup_read(&self->a, "io.weight"));
	if (!self->major)
		return;
	/* For a device somebody has to weigh there: io.cost, switched on. */
	if (cgroup_try_write(&self->a, "io.weight", "%u:%u 50", DEVICE) && errno == EOPNOTSUPP) {
		check_note("partly tested: nothing weighs requests on the scratch disk");
		return;
	}
	EXPECT_STREQ(text_format("default 300\n%u:%u 50", DEVICE),
		     cgroup_read(&self->a, "io.weight"));
	EXPECT_OK(cgroup_try_write(&self->a, "io.weight", "%u:%u default", DEVICE));
	EXPECT_STREQ("default 300", cgroup_read(&self->a, "io.weight"));
}

TEST_F(io, weight_range)
{
	static const char *const bad[] = { "0", "10001", "x", "default 0", "default 10001", "-1" };

	need_cgroup_file(&self->a, "io.weight");
	EXPECT_OK(cgroup_try_write(&self->a, "io.weight", "1"));
	EXPECT_OK(cgroup_try_write(&self->a, "io.weight", "10000"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->a, "io.weight", "%s", bad[i]));
	EXPECT_STREQ("default 10000", cgroup_read(&self->a, "io.weight"));
}

TEST_F(io, prio_class)
{
	static const struct {
		const char *text, *reads;
	} rows[] = { { "none-to-rt", NULL },
		     { "restrict-to-be", "restrict-to-be" },
		     { "idle", "idle" },
		     { "no-change", "no-change" } };

	need_cgroup_file(&self->a, "io.prio.class");
	EXPECT_STREQ("no-change", cgroup_read(&self->a, "io.prio.class"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_OK(cgroup_try_write(&self->a, "io.prio.class", "%s", rows[i].text));
		if (rows[i].reads)
			EXPECT_STREQ(rows[i].reads, cgroup_read(&self->a, "io.prio.class"));
	}
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "io.prio.class", "best"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "io.prio.class", "0"));
	EXPECT_STREQ("no-change", cgroup_read(&self->a, "io.prio.class"));
}

SUITE_MAIN(.alone = true)
