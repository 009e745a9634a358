// SPDX-License-Identifier: GPL-2.0-only
/* What one network namespace has does not show, and is not in the way, in another. */
#include "nsid.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

AREA(net);

/* A member of a new net ns with lo up, that the block goes on with. */
#define NEIGHBOUR(c)                                                \
	CHILD (c, .flags = CLONE_NEWNET)                            \
		for (bool once_ = (net_loopback_up(), true); once_; \
		     once_ = (child_meet(c), child_meet(c), false))

/* Run it until it has done its things; the caller then ends it with leave(). */
static void arrive(struct child *c)
{
	child_meet(c);
}

static void leave(struct child *c)
{
	child_meet(c);
	child_wait(c);
}

TEST_F(net, iface_isolation)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		NEIGHBOUR(&c)
		{
			net_add("bulk0", NULL);
			net_add("bulk1", NULL);
			EXPECT_EQ(1, net_index("lo"));
			child_send(&c, net_index("bulk1"));
		}
		int index = child_recv(&c);
		arrive(&c);
		EXPECT_EQ(0, net_index("bulk0"));
		EXPECT_EQ(0, net_index("bulk1"));
		EXPECT_FALSE(text_has_word(net_list(), "bulk0"));
		EXPECT_EQ(NULL, strstr(file_read("/proc/net/dev"), "bulk"));
		EXPECT_ERRNO(ENODEV, net_try_del("bulk0"));
		EXPECT_OK(net_try_add_index("bulk1", NULL, index));
		EXPECT_EQ(index, net_index("bulk1"));
		EXPECT_OK(net_try_del("bulk1"));
		EXPECT_EQ(0, net_index("bulk1"));
		int fd = ns_open(c.pid, "net");
		IN_CHILD () {
			ns_join(fd, CLONE_NEWNET);
			EXPECT_EQ(index, net_index("bulk1"));
			EXPECT_TRUE(text_has_word(net_list(), "bulk0"));
		}
		leave(&c);
	}
}

TEST_F(net, addr_isolation)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		net_loopback_up();
		net_add_addr("lo", "127.9.0.1", 32);
		NEIGHBOUR(&c)
		{
			EXPECT_FALSE(net_has_addr("127.9.0.1"));
			EXPECT_OK(net_try_add_addr("lo", "127.9.0.1", 32));
			EXPECT_ERRNO(EEXIST, net_try_add_addr("lo", "127.9.0.1", 32));
			EXPECT_OK(net_try_add_addr("lo", "127.9.0.2", 32));
			EXPECT_TRUE(net_has_addr("127.9.0.2"));
		}
		arrive(&c);
		EXPECT_TRUE(net_has_addr("127.9.0.1"));
		EXPECT_FALSE(net_has_addr("127.9.0.2"));
		EXPECT_EQ(NULL, strstr(file_read("/proc/net/fib_trie"), "127.9.0.2"));
		leave(&c);
		EXPECT_TRUE(net_has_addr("127.9.0.1"));
	}
}

TEST_F(net, route_isolation)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		net_loopback_up();
		int before = net_routes(RT_TABLE_MAIN), local = net_routes(RT_TABLE_LOCAL);
		NEIGHBOUR(&c)
		{
			EXPECT_OK(net_try_add_route("lo", "127.64.0.0", 16));
			EXPECT_ERRNO(EEXIST, net_try_add_route("lo", "127.64.0.0", 16));
			EXPECT_EQ(before + 1, net_routes(RT_TABLE_MAIN));
			net_add_addr("lo", "127.9.0.3", 32);
			EXPECT_EQ(local + 1, net_routes(RT_TABLE_LOCAL));
		}
		arrive(&c);
		EXPECT_EQ(before, net_routes(RT_TABLE_MAIN));
		EXPECT_EQ(local, net_routes(RT_TABLE_LOCAL));
		EXPECT_EQ(1, text_lines(file_read("/proc/net/route")));
		EXPECT_OK(net_try_add_route("lo", "127.64.0.0", 16));
		leave(&c);
		EXPECT_EQ(before + 1, net_routes(RT_TABLE_MAIN));
	}
}

TEST_F(net, port_isolation)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	for (int i = 0; i < 2; i++)
		IN_CHILD (.flags = CLONE_NEWNET) {
			struct child c;

			net_loopback_up();
			int fd = net_bind(types[i], 0), port = net_port(fd);
			EXPECT_ERRNO(EADDRINUSE, net_try_bind(types[i], port));
			NEIGHBOUR(&c)
			{
				if (types[i] == SOCK_STREAM)
					EXPECT_ERRNO(ECONNREFUSED, net_try_connect(port));
				int own = net_try_bind(types[i], port);
				EXPECT_OK(own);
				EXPECT_ERRNO(EADDRINUSE, net_try_bind(types[i], port));
				if (types[i] == SOCK_STREAM)
					EXPECT_OK(net_try_connect(port));
			}
			arrive(&c);
			if (types[i] == SOCK_STREAM) {
				EXPECT_EQ(0, poll_one(fd, POLLIN, 0) & POLLIN);
				EXPECT_OK(net_try_connect(port));
			}
			leave(&c);
		}
}

static socklen_t unix_name(struct sockaddr_un *sa, const char *name, bool abstract)
{
	*sa = (struct sockaddr_un) { .sun_family = AF_UNIX };
	snprintf(sa->sun_path + abstract, sizeof(sa->sun_path) - 1, "%s", name);
	return offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;
}

/* bind and listen, or connect; the descriptor or -1. */
static int unix_use(const char *name, bool abstract, bool server, int type)
{
	int fd = MUST(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)), e;
	struct sockaddr_un sa;
	socklen_t len = unix_name(&sa, name, abstract);

	if (server ? bind(fd, (void *)&sa, len) || (type == SOCK_STREAM && listen(fd, 4))
		   : connect(fd, (void *)&sa, len)) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

TEST_F(net, unix_abstract_isolation)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	for (int i = 0; i < 2; i++)
		IN_CHILD (.flags = CLONE_NEWNET) {
			struct child c;

			EXPECT_OK(unix_use("bulkhead", true, true, types[i]));
			EXPECT_ERRNO(EADDRINUSE, unix_use("bulkhead", true, true, types[i]));
			EXPECT_OK(unix_use("bulkhead", true, false, types[i]));
			NEIGHBOUR(&c)
			{
				EXPECT_ERRNO(ECONNREFUSED,
					     unix_use("bulkhead", true, false, types[i]));
				EXPECT_EQ(NULL, strstr(file_read("/proc/net/unix"), "@bulkhead"));
				EXPECT_OK(unix_use("bulkhead", true, true, types[i]));
				EXPECT_OK(unix_use("bulkhead", true, false, types[i]));
				EXPECT_OK(unix_use("bulkhead2", true, true, types[i]));
			}
			arrive(&c);
			EXPECT_ERRNO(ECONNREFUSED, unix_use("bulkhead2", true, false, types[i]));
			EXPECT_OK(unix_use("bulkhead", true, false, types[i]));
			leave(&c);
		}
}

TEST_F(net, unix_path_crosses)
{
	char *path = text_format("%s/sock", temp_dir());

	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		char byte = 0;

		int fd = ASSERT_OK(unix_use(path, false, true, SOCK_STREAM));
		NEIGHBOUR(&c)
		{
			int out = unix_use(path, false, false, SOCK_STREAM);
			EXPECT_OK(out);
			EXPECT_EQ(1, write(out, "x", 1));
			EXPECT_ERRNO(EADDRINUSE, unix_use(path, false, true, SOCK_STREAM));
		}
		arrive(&c);
		int in = ASSERT_OK(accept(fd, NULL, NULL));
		EXPECT_EQ(1, read(in, &byte, 1));
		EXPECT_EQ('x', byte);
		leave(&c);
	}
}

static const char *const lists[] = { "tcp", "udp", "unix", "netlink" };

/* How many sockets does /proc/net/FILE list, without its heading? */
static int listed(const char *file)
{
	return text_lines(file_read("/proc/net/%s", file)) - 1;
}

TEST_F(net, socket_lists_filtered)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		int before[4];

		net_loopback_up();
		NEIGHBOUR(&c)
		{
			int own[4];

			child_meet(&c);
			for (int i = 0; i < 4; i++)
				own[i] = listed(lists[i]);
			net_bind(SOCK_STREAM, 0);
			net_bind(SOCK_DGRAM, 0);
			MUST(unix_use("listed", true, true, SOCK_STREAM));
			struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
			MUST(bind(net_socket(NETLINK_ROUTE), (void *)&sa, sizeof(sa)));
			for (int i = 0; i < 4; i++)
				EXPECT_EQ(own[i] + 1, listed(lists[i]));
		}
		/* Only now: the line to the child is of two unix sockets made here. */
		for (int i = 0; i < 4; i++)
			before[i] = listed(lists[i]);
		EXPECT_EQ(0, before[0]);
		EXPECT_EQ(0, before[1]);
		child_meet(&c);
		arrive(&c);
		for (int i = 0; i < 4; i++)
			EXPECT_EQ(before[i], listed(lists[i]));
		leave(&c);
	}
}

/* An own change is heard, the neighbour's is not. */
TEST_F(net, rtnl_events_isolation)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		int fd = link_listener();
		struct child c;
		char buf[8192];

		NEIGHBOUR(&c)
		{
			net_try_set_up("lo", false);
			net_try_set_up("lo", true);
		}
		arrive(&c);
		EXPECT_EQ(0, poll_one(fd, POLLIN, 0) & POLLIN);
		net_loopback_up();
		EXPECT_EQ(POLLIN, poll_one(fd, POLLIN, wait_limit_ms(5)) & POLLIN);
		MUST(recv(fd, buf, sizeof(buf), 0));
		EXPECT_EQ(RTM_NEWLINK, ((struct nlmsghdr *)buf)->nlmsg_type);
		leave(&c);
	}
}

SUITE_MAIN()
