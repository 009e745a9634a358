// SPDX-License-Identifier: GPL-2.0-only
/* Pairs of devices across namespaces, and what dies with a namespace. */
#include "nsid.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>

AREA(net);

static struct sockaddr_in address(const char *ip, int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = inet_addr(ip),
	};
}

static int udp(void)
{
	return MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static bool sent(int fd, const char *ip, int port)
{
	struct sockaddr_in to = address(ip, port);

	return sendto(fd, "hello", 5, 0, (void *)&to, sizeof(to)) == 5;
}

TEST_F(net, veth_pair_crosses)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		ns_start_member(&c, NS_NET, 0);
		int fd = ns_open(c.pid, "net"), home = ns_open(0, "net");
		net_add_veth("bulk0", "bulk1", -1);
		net_move_to("bulk1", fd);
		net_add_addr("bulk0", "10.77.0.1", 24);
		ns_join(fd, CLONE_NEWNET);
		net_add_addr("bulk1", "10.77.0.2", 24);
		int server = udp();
		struct sockaddr_in sa = address("10.77.0.2", 4711);
		MUST(bind(server, (void *)&sa, sizeof(sa)));
		ns_join(home, CLONE_NEWNET);
		int client = udp();
		EXPECT_FALSE(sent(client, "10.77.0.2", 4711)); /* still down */
		EXPECT_EQ(0, poll_one(server, POLLIN, 0));
		net_up("bulk0");
		ns_join(fd, CLONE_NEWNET);
		net_up("bulk1");
		ns_join(home, CLONE_NEWNET);
		EXPECT_SOON(sent(client, "10.77.0.2", 4711) &&
			    poll_one(server, POLLIN, 100) == POLLIN);
		char text[16] = "";
		socklen_t len = sizeof(sa);
		EXPECT_EQ(5, recvfrom(server, text, sizeof(text), 0, (void *)&sa, &len));
		EXPECT_STREQ("hello", text);
		EXPECT_EQ(inet_addr("10.77.0.1"), sa.sin_addr.s_addr);
		EXPECT_EQ(3, sendto(server, "yes", 3, 0, (void *)&sa, len));
		EXPECT_EQ(POLLIN, poll_one(client, POLLIN, wait_limit_ms(5)));
		EXPECT_EQ(3, recv(client, text, sizeof(text), 0));
		child_kill(&c);
	}
}

TEST_F(net, veth_create_in_peer_ns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c, foreign;

		ns_start_member(&c, NS_NET, 0);
		int fd = ns_open(c.pid, "net");
		net_add_veth("bulk0", "bulk1", fd);
		EXPECT_NE(0, net_index("bulk0"));
		EXPECT_EQ(0, net_index("bulk1"));
		IN_CHILD () {
			ns_join(fd, CLONE_NEWNET);
			EXPECT_EQ(0, net_index("bulk0"));
			EXPECT_NE(0, net_index("bulk1"));
		}
		EXPECT_ERRNO(EEXIST, net_try_add_veth("bulk2", "bulk1", fd));
		EXPECT_EQ(0, net_index("bulk2"));
		/* It takes rights in both. */
		CHILD (&foreign, .flags = CLONE_NEWUSER | CLONE_NEWNET)
			child_send(&foreign, net_try_add_veth("bulk4", "bulk5", fd) ? errno : 0);
		int refused = child_recv(&foreign);
		child_wait(&foreign);
		if (!refused && !sys_known(SYS_KNOWN_7_3))
			check_defect("the peer is made in a namespace of somebody else's; mended "
				     "in 7.1 and in stable kernels");
		EXPECT_EQ(EPERM, refused);
		child_kill(&c);
	}
}

TEST_F(net, veth_dies_with_ns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		ns_start_member(&c, NS_NET, 0);
		int fd = ns_open(c.pid, "net");
		net_add_veth("bulk0", "bulk1", fd);
		net_add_veth("stays0", "stays1", -1);
		child_kill(&c);
		/* The descriptor keeps it. */
		EXPECT_NE(0, net_index("bulk0"));
		close(fd);
		EXPECT_SOON(!net_index("bulk0"));
		EXPECT_NE(0, net_index("stays0"));
		EXPECT_NE(0, net_index("stays1"));
	}
}

TEST_F(net, veth_link_netnsid)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		struct net_msg m;
		struct ifinfomsg *ifi;
		int size = sizeof(*ifi);

		ns_start_member(&c, NS_NET, 0);
		int fd = ns_open(c.pid, "net");
		net_add_veth("bulk0", "bulk1", fd);
		net_add_veth("home0", "home1", -1);
		ifi = net_begin(&m, RTM_GETLINK, 0, size);
		ifi->ifi_index = net_index("bulk0");
		MUST(net_talk(&m));
		int id = net_attr_int(net_header(&m), size, IFLA_LINK_NETNSID);
		EXPECT_LE(0, id);
		EXPECT_EQ(id, nsid_get(NETNSA_FD, fd));
		IN_CHILD () {
			ns_join(fd, CLONE_NEWNET);
			EXPECT_EQ(net_index("bulk1"),
				  net_attr_int(net_header(&m), size, IFLA_LINK));
		}
		ifi = net_begin(&m, RTM_GETLINK, 0, size);
		ifi->ifi_index = net_index("home0");
		MUST(net_talk(&m));
		EXPECT_EQ(-2, net_attr_int(net_header(&m), size, IFLA_LINK_NETNSID));
		EXPECT_EQ(net_index("home1"), net_attr_int(net_header(&m), size, IFLA_LINK));
		child_kill(&c);
	}
}

static int try_add_vlan(const char *name, const char *lower, int id)
{
	struct ifinfomsg *ifi;
	struct nlattr *info, *data;
	struct net_msg m;
	uint16_t tag = id;

	ifi = net_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*ifi));
	net_put_text(&m, IFLA_IFNAME, name);
	net_put_u32(&m, IFLA_LINK, net_index(lower));
	info = net_nest(&m, IFLA_LINKINFO);
	net_put_text(&m, IFLA_INFO_KIND, "vlan");
	data = net_nest(&m, IFLA_INFO_DATA);
	net_put(&m, IFLA_VLAN_ID, &tag, sizeof(tag));
	net_nest_end(&m, data);
	net_nest_end(&m, info);
	return net_talk(&m);
}

/* The other end of a veth tells when the namespace has been taken apart. */
TEST_F(net, virtual_dies_with_ns)
{
	static const char *const kinds[] = { "dummy", "ifb", "bridge", "vlan" };
	int id = getpid() % 100000;

	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		ns_start_member(&c, NS_NET, 0);
		int fd = ns_open(c.pid, "net"), made = 0;
		char *before = net_list();
		net_add_veth("bell0", "bell1", fd);
		for (int i = 0; i < 4; i++) {
			char *name = text_format("bh%d-%s", id, kinds[i]);
			struct child maker;

			/* The first one is made here, and moves. */
			if (!i && !net_try_add(name, kinds[i])) {
				net_move_to(name, fd);
			} else {
				CHILD (&maker) {
					ns_join(fd, CLONE_NEWNET);
					int ret = strcmp(kinds[i], "vlan")
							  ? net_try_add(name, kinds[i])
							  : try_add_vlan(name, "bell1", 7);
					if (ret && errno != EOPNOTSUPP)
						MUST(ret);
					child_send(&maker, !ret);
				}
				bool got = child_recv(&maker);
				child_wait(&maker);
				if (!got)
					continue;
			}
			made++;
		}
		if (!made)
			check_skip("not supported: devices of the kinds dummy, ifb, bridge, vlan");
		child_kill(&c);
		EXPECT_NE(0, net_index("bell0"));
		close(fd);
		ASSERT_SOON(!net_index("bell0"));
		EXPECT_STREQ(before, net_list());
	}
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(0, net_index(text_format("bh%d-%s", id, kinds[i])));
}

SUITE_MAIN()
