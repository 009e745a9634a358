// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces as namespaces: made, joined, kept; and what a new one holds. */
#include "suite.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

AREA(net);

/* The new one is empty of what the old one has, which keeps it. */
TEST_F(net, create)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		uint64_t id = ns_id(0, "net");

		net_loopback_up();
		close(net_bind(SOCK_DGRAM, 0));
		IN_CHILD (.flags = CLONE_NEWNET) {
			EXPECT_NE(id, ns_id(0, "net"));
			EXPECT_EQ(0, net_flags("lo") & IFF_UP);
		}
		EXPECT_EQ(id, ns_id(0, "net"));
		IN_CHILD () {
			EXPECT_OK(unshare(CLONE_NEWNET));
			EXPECT_NE(id, ns_id(0, "net"));
			EXPECT_EQ(0, net_flags("lo") & IFF_UP);
			net_loopback_up();
			EXPECT_EQ(IFF_UP, net_flags("lo") & IFF_UP);
		}
		EXPECT_EQ(IFF_UP, net_flags("lo") & IFF_UP);
		EXPECT_TRUE(net_has_addr("127.0.0.1"));
	}
}

TEST_F(net, create_priv)
{
	ns_promise_create_priv(NS_NET);
}

TEST_F(net, limit_enospc)
{
	ns_promise_limit_enospc(NS_NET);
}

TEST_F(net, setns_eperm)
{
	ns_promise_setns_eperm(NS_NET);
}

TEST_F(net, inherit_fork_exec)
{
	ns_promise_inherit(NS_NET);
}

/* A member of a new one whose lo is up and has an address as a mark, until killed. */
static void start_marked(struct child *c)
{
	CHILD (c, .flags = CLONE_NEWNET) {
		net_loopback_up();
		net_add_addr("lo", "127.7.7.7", 32);
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

static void expect_marked(bool marked)
{
	int fd;

	EXPECT_EQ(marked, net_has_addr("127.7.7.7"));
	EXPECT_EQ(marked, strstr(file_read("/proc/net/fib_trie"), "127.7.7.7") != NULL);
	EXPECT_EQ(marked, (fd = net_try_bind(SOCK_STREAM, 0)) >= 0 && net_flags("lo") & IFF_UP);
	close(fd);
}

TEST_F(net, setns_join)
{
	struct child c;

	start_marked(&c);
	int fd = ns_open(c.pid, "net");
	IN_CHILD (.flags = CLONE_NEWNET) {
		expect_marked(false);
		for (int by_pidfd = 0; by_pidfd < 2; by_pidfd++) {
			int home = ns_open(0, "net");

			EXPECT_OK(setns(by_pidfd ? c.pidfd : fd, CLONE_NEWNET));
			EXPECT_EQ(ns_fd_id(fd), ns_id(0, "net"));
			expect_marked(true);
			EXPECT_OK(setns(home, CLONE_NEWNET));
			expect_marked(false);
		}
		EXPECT_OK(setns(fd, 0));
		expect_marked(true);
		EXPECT_ERRNO(EINVAL, setns(fd, CLONE_NEWUTS));
	}
	child_kill(&c);
}

TEST_F(net, pinned_by_fd_or_bind)
{
	struct child c;

	ns_promise_pinned(NS_NET);
	for (int by_bind = 0; by_bind < 2; by_bind++) {
		start_marked(&c);
		int fd = by_bind ? -1 : ns_open(c.pid, "net");
		char *pin = by_bind ? mount_pin(text_format("/proc/%d/ns/net", c.pid)) : NULL;

		child_kill(&c);
		/* What would be torn down behind our back is so by the time the next is. */
		IN_CHILD (.flags = CLONE_NEWNET)
			net_loopback_up();
		if (by_bind)
			fd = MUST(open(pin, O_RDONLY | O_CLOEXEC));
		IN_CHILD () {
			EXPECT_OK(setns(fd, CLONE_NEWNET));
			expect_marked(true);
		}
		close(fd);
	}
}

static bool is_fallback(const char *name)
{
	static const char *const all[] = { "tunl0",    "sit0",	  "ip6tnl0",   "gre0",
					   "gretap0",  "erspan0", "ip6gre0",   "ip_vti0",
					   "ip6_vti0", "teql0",	  "ip6gretap0" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(name, all[i]))
			return true;
	return false;
}

TEST_F(net, lo_only)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		char *list = net_list();

		for (char *save, *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save))
			if (strcmp(w, "lo") && !is_fallback(w))
				check_failed(HERE, "only lo in a new net ns: there is %s", w);
		EXPECT_EQ(1, net_index("lo"));
	}
}

TEST_F(net, lo_down_at_birth)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		EXPECT_EQ(0, net_flags("lo") & (IFF_UP | IFF_RUNNING));
		EXPECT_EQ(IFF_LOOPBACK, net_flags("lo") & IFF_LOOPBACK);
		EXPECT_FALSE(net_has_addr("127.0.0.1"));
		EXPECT_ERRNO(ENETUNREACH, net_try_connect(9));
		EXPECT_STREQ("", file_read("/proc/net/if_inet6"));
	}
}

/* One byte through a connection over the given address. */
static void expect_stream(const struct sockaddr *at, socklen_t len)
{
	int listener = MUST(socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int client = MUST(socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	struct sockaddr_storage sa;
	char byte = 0;

	ASSERT_OK(bind(listener, at, len));
	MUST(listen(listener, 1));
	MUST(getsockname(listener, (void *)&sa, &len));
	ASSERT_OK(connect(client, (void *)&sa, len));
	int server = ASSERT_OK(accept(listener, NULL, NULL));
	EXPECT_EQ(1, write(client, "x", 1));
	EXPECT_EQ(1, read(server, &byte, 1));
	EXPECT_EQ('x', byte);
}

TEST_F(net, lo_up_works)
{
	struct sockaddr_in v4 = { AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	IN_CHILD (.flags = CLONE_NEWNET) {
		EXPECT_OK(net_try_set_up("lo", true));
		EXPECT_EQ(IFF_UP, net_flags("lo") & IFF_UP);
		EXPECT_TRUE(net_has_addr("127.0.0.1"));
		expect_stream((void *)&v4, sizeof(v4));
		if (!access("/proc/net/if_inet6", F_OK)) {
			EXPECT_TRUE(strstr(file_read("/proc/net/if_inet6"),
					   "00000000000000000000000000000001 01 80"));
			expect_stream((void *)&v6, sizeof(v6));
		}
	}
}

struct rules {
	char text[256];
};

static void note_rule(const struct nlmsghdr *m, void *data)
{
	const struct fib_rule_hdr *h = NLMSG_DATA(m);
	struct rules *r = data;
	size_t used = strlen(r->text);
	int64_t priority = net_attr_int(m, sizeof(*h), FRA_PRIORITY);

	snprintf(r->text + used, sizeof(r->text) - used, "%d:%d ", priority < 0 ? 0 : (int)priority,
		 h->table);
}

TEST_F(net, tables_at_birth)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct rules rules = { "" };
		struct net_msg m;

		EXPECT_EQ(0, net_routes(RT_TABLE_MAIN));
		EXPECT_EQ(0, net_routes(RT_TABLE_LOCAL));
		((struct fib_rule_hdr *)net_begin(&m, RTM_GETRULE, 0, sizeof(struct fib_rule_hdr)))
			->family = AF_INET;
		MUST(net_dump(&m, note_rule, &rules));
		EXPECT_STREQ("0:255 32766:254 32767:253 ", rules.text);
	}
}

SUITE_MAIN()
