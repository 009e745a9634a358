// SPDX-License-Identifier: GPL-2.0-only
/* What the system-wide OOM killer and pressure on sockets leave in memory.events. */
#include "suite.h"

FIXTURE(memory)
{
	struct cgroup p, a;
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
}
NO_TEARDOWN(memory)

/* Called by hand: the machine's memory need not be used up for it. */
TEST_F(memory, events_global_oom_counts)
{
	struct child c;

	need_file("/proc/sysrq-trigger", "SysRq (CONFIG_MAGIC_SYSRQ)");
	CHILD (&c, .cgroup = &self->a) {
		/* Chosen before everybody else on the machine. */
		file_write("/proc/self/oom_score_adj", "1000");
		MUST(hog_touch(16 * MB) ? 0 : -1);
		child_meet(&c);
		child_sleep();
	}
	child_meet(&c);
	file_write("/proc/sysrq-trigger", "f");
	EXPECT_OOM_KILLED(child_reap(&c));
	EXPECT_SOON(cgroup_key(&self->a, "memory.events", "oom_kill") == 1);
	EXPECT_EQ(1, cgroup_key(&self->p, "memory.events", "oom_kill"));
	EXPECT_EQ(0, cgroup_key(&self->a, "memory.events", "max"));
	EXPECT_EQ(0, cgroup_key(&self->a, "memory.events", "oom"));
}

/*
 * Data through TCP to and from ourselves, until killed.  A connection asks about
 * pressure while its windows grow, so each is used for 1 MB only; it ends with a
 * reset, which leaves nothing behind.
 */
static void start_traffic(struct child *c, const struct cgroup *cg)
{
	static const struct linger reset = { .l_onoff = 1 };

	CHILD (c, .cgroup = cg) {
		static char block[65536];
		int server = net_bind(SOCK_STREAM, 0);

		child_meet(c);
		for (;;) {
			int client = MUST(net_try_connect(net_port(server)));
			int peer = MUST(accept(server, NULL, NULL));

			for (int i = 0; i < 16; i++) {
				MUST(send(client, block, sizeof(block), 0));
				MUST(recv(peer, block, sizeof(block), MSG_WAITALL));
			}
			MUST(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
			close(client);
			close(peer);
		}
	}
	child_meet(c);
}

/* Pages that a pipe holds as well: reclaim looks at them again and again, and gets none. */
static void hold_in_pipe(char *at, size_t size)
{
	struct iovec iov = { at, size };
	int line[2];

	MUST(pipe(line));
	MUST(fcntl(line[1], F_SETPIPE_SZ, size));
	ASSERT_EQ(size, vmsplice(line[1], &iov, 1, 0));
}

/* Of the 16 MB that fit 10 cannot be had, and as many more take turns in the others. */
static void start_pressure(struct child *c, const struct cgroup *cg)
{
	cgroup_write(cg, "memory.max", "16M");
	CHILD (c, .cgroup = cg) {
		char *held = hog_touch(10 * MB), *at = hog_touch(10 * MB);

		for (int i = 0; i < 10; i++)
			hold_in_pipe(held + i * MB, MB);
		for (;;)
			hog_touch_again(at, 10 * MB);
	}
}

static int64_t throttled(const struct cgroup *cg)
{
	return cgroup_key(cg, "memory.events", "sock_throttled");
}

TEST_F(memory, events_sock_throttled)
{
	struct cgroup b = cgroup_make_in(&self->p, "b");
	struct child a_traffic, b_traffic, pressure;

	if (!text_value(cgroup_read(&self->a, "memory.events"), "sock_throttled"))
		check_skip("not supported: sock_throttled in memory.events");
	start_traffic(&a_traffic, &self->a);
	start_traffic(&b_traffic, &b);
	EXPECT_EQ(0, throttled(&self->a));
	start_pressure(&pressure, &self->a);
	EXPECT_SOON(throttled(&self->a) > 0);
	EXPECT_EQ(0, throttled(&b));
	EXPECT_LE(throttled(&self->a), throttled(&self->p));
}

SUITE_MAIN(.alone = true)
