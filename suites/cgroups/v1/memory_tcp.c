// SPDX-License-Identifier: GPL-2.0-only
/* memory.kmem.tcp on v1: the buffers of TCP sockets. */
#include "v1.h"

#include <fcntl.h>

FIXTURE(v1_memory)
{
	struct cgroup a;
};
FIXTURE_SETUP(v1_memory)
{
	self->a = cgroup_v1_make("memory", "a");
	need_cgroup_file(&self->a, "memory.kmem.tcp.limit_in_bytes");
}
NO_TEARDOWN(v1_memory)

#define TCP(file) "memory.kmem.tcp." file

static int64_t value(const struct cgroup *cg, const char *file)
{
	return cgroup_number(cg, file);
}

/* A connection over lo, both ends of it the caller's. */
struct pair {
	int from, to;
};
static struct pair tcp_pair(void)
{
	int listener = net_bind(SOCK_STREAM, 0);
	struct pair p = { .from = MUST(net_try_connect(net_port(listener))) };

	p.to = MUST(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	MUST(fcntl(p.from, F_SETFL, O_NONBLOCK));
	close(listener);
	return p;
}

/* Send what nobody reads, until no more is taken: how many bytes that was. */
static int64_t fill(struct pair p)
{
	static char block[65536];
	int64_t sum = 0;

	for (int quiet = 0; quiet < 20;) {
		ssize_t n = send(p.from, block, sizeof(block), MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			MUST(n);
		if (n < 0)
			sleep_ms(5);
		quiet = n < 0 ? quiet + 1 : 0;
		sum += n < 0 ? 0 : n;
	}
	return sum;
}

static void drain(struct pair p)
{
	close(p.from);
	close(p.to);
}

TEST_F(v1_memory, kmem_tcp)
{
	const struct cgroup *a = &self->a;

	EXPECT_LT(1LL << 60, value(a, TCP("limit_in_bytes")));
	EXPECT_EQ(0, value(a, TCP("usage_in_bytes")));
	IN_CHILD (.flags = CLONE_NEWNET) {
		net_loopback_up();
		cgroup_add(a, 0);
		/* Made before there was a limit: not counted, then or later. */
		struct pair old = tcp_pair(), p;
		EXPECT_OK(cgroup_try_write(a, TCP("limit_in_bytes"), "64M"));
		EXPECT_EQ(64 * MB, value(a, TCP("limit_in_bytes")));
		int64_t free_run = fill(old);
		EXPECT_LT(256 * 1024, free_run);
		EXPECT_EQ(0, value(a, TCP("usage_in_bytes")));
		drain(old);
		p = tcp_pair();
		fill(p);
		int64_t counted = value(a, TCP("usage_in_bytes"));
		EXPECT_LT(256 * 1024, counted);
		EXPECT_LE(counted, value(a, TCP("max_usage_in_bytes")));
		EXPECT_EQ(0, value(a, TCP("failcnt")));
		drain(p);
		EXPECT_SOON(value(a, TCP("usage_in_bytes")) == 0);
		EXPECT_LE(counted, value(a, TCP("max_usage_in_bytes")));
		EXPECT_OK(cgroup_try_write(a, TCP("max_usage_in_bytes"), "1"));
		EXPECT_EQ(0, value(a, TCP("max_usage_in_bytes")));
		/* Bound: not to the byte, since what is in flight is taken, but to a part of that.
		 */
		EXPECT_OK(cgroup_try_write(a, TCP("limit_in_bytes"), "64K"));
		p = tcp_pair();
		int64_t bound = fill(p);
		check_note("%ld KB taken without a limit, %ld KB of %ld counted with 64 KB",
			   (long)free_run / 1024, (long)value(a, TCP("usage_in_bytes")) / 1024,
			   (long)bound / 1024);
		EXPECT_LT(bound, free_run);
		EXPECT_LT(value(a, TCP("usage_in_bytes")), counted / 2);
		if (!value(a, TCP("failcnt")) && sys_known(SYS_KNOWN_6_15))
			check_defect("a hit limit of memory.kmem.tcp is not counted in failcnt: "
				     "of the memory counters only the first is told to count it");
		EXPECT_LT(0, value(a, TCP("failcnt")));
		EXPECT_OK(cgroup_try_write(a, TCP("failcnt"), "1"));
		EXPECT_EQ(0, value(a, TCP("failcnt")));
	}
}

SUITE_MAIN()
