// SPDX-License-Identifier: GPL-2.0-only
/* Devices that move from one network namespace to another. */
#include "nsid.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <net/if.h>

#define SYS_IFLA_NEW_NETNSID 45
#define SYS_IFLA_NEW_IFINDEX 49
#define SYS_IFLA_PROP_LIST   52
#define SYS_IFLA_ALT_IFNAME  53

AREA(net);

/* The caller becomes a member of a new net ns; another one has a member, and this descriptor. */
static int other_ns(struct child *c, uint64_t flags)
{
	ns_start_member(c, NS_NET, flags);
	return ns_open(c->pid, "net");
}

/* What follows runs in the namespace of the descriptor. */
#define THERE(fd)   \
	IN_CHILD () \
		for (bool once_ = (ns_join(fd, CLONE_NEWNET), true); once_; once_ = false)

static void move_begin(struct net_msg *m, const char *name, int ns)
{
	struct ifinfomsg *ifi = net_begin(m, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = net_index(name);
	net_put_u32(m, IFLA_NET_NS_FD, ns);
}

static int try_move_number(const char *name, int ns, int attr, int value)
{
	struct net_msg m;

	move_begin(&m, name, ns);
	net_put_u32(&m, attr, value);
	return net_talk(&m);
}

static int try_move_name(const char *name, int ns, const char *new_name)
{
	struct net_msg m;

	move_begin(&m, name, ns);
	net_put_text(&m, IFLA_IFNAME, new_name);
	return net_talk(&m);
}

TEST_F(net, move)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		int fd = other_ns(&c, 0);

		net_add("bulk0", NULL);
		net_add("bulk1", NULL);
		int index = net_index("bulk0"), taken = net_index("bulk1");
		EXPECT_OK(net_try_move_fd("bulk0", fd));
		EXPECT_EQ(0, net_index("bulk0"));
		EXPECT_EQ(taken, net_index("bulk1"));
		THERE(fd)
		{
			EXPECT_EQ(index, net_index("bulk0"));
			EXPECT_EQ(0, net_index("bulk1"));
			MUST(net_try_add_index("blocker", NULL, taken));
		}
		EXPECT_OK(net_try_move_pid("bulk1", c.pid));
		EXPECT_EQ(0, net_index("bulk1"));
		THERE(fd)
		{
			EXPECT_NE(0, net_index("bulk1"));
			EXPECT_NE(taken, net_index("bulk1"));
			EXPECT_EQ(taken, net_index("blocker"));
			EXPECT_EQ(index, net_index("bulk0"));
		}
		child_kill(&c);
	}
}

/* 0: done; an altname is not something that every kernel has. */
static int try_add_altname(const char *name, const char *alt)
{
	struct ifinfomsg *ifi;
	struct nlattr *list;
	struct net_msg m;

	ifi = net_begin(&m, 108 /* RTM_NEWLINKPROP */, NLM_F_CREATE | NLM_F_EXCL, sizeof(*ifi));
	ifi->ifi_index = net_index(name);
	list = net_nest(&m, SYS_IFLA_PROP_LIST | NLA_F_NESTED);
	net_put_text(&m, SYS_IFLA_ALT_IFNAME, alt);
	net_nest_end(&m, list);
	return net_talk(&m);
}

TEST_F(net, move_clash)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		int fd = other_ns(&c, 0);

		net_add("bulk0", NULL);
		net_add("bulk1", NULL);
		MUST(try_add_altname("bulk1", "bulkalt"));
		THERE(fd)
		{
			net_add("bulk0", NULL);
			net_add("bulkalt", NULL);
		}
		EXPECT_ERRNO(EEXIST, net_try_move_fd("bulk0", fd));
		EXPECT_NE(0, net_index("bulk0"));
		EXPECT_OK(try_move_name("bulk0", fd, "bulk7"));
		EXPECT_EQ(0, net_index("bulk0"));
		THERE(fd)
		{
			EXPECT_NE(0, net_index("bulk7"));
			EXPECT_NE(0, net_index("bulk0"));
		}
		net_add("bulk2", NULL);
		THERE(fd)
		MUST(net_try_add_index("bulk3", NULL, 77));
		if (!sys_known(SYS_KNOWN_5_15)) {
			check_note("not supported: IFLA_NEW_IFINDEX in a move");
		} else {
			EXPECT_ERRNO(EBUSY, try_move_number("bulk2", fd, SYS_IFLA_NEW_IFINDEX, 77));
			EXPECT_NE(0, net_index("bulk2"));
			EXPECT_OK(try_move_number("bulk2", fd, SYS_IFLA_NEW_IFINDEX, 78));
			THERE(fd)
			EXPECT_EQ(78, net_index("bulk2"));
		}
		child_kill(&c);
	}
}

TEST_F(net, move_refused_einval)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		int fd = other_ns(&c, 0);

		EXPECT_ERRNO(EINVAL, net_try_move_fd("lo", fd));
		EXPECT_ERRNO(EINVAL, net_try_move_pid("lo", c.pid));
		EXPECT_EQ(1, net_index("lo"));
		if (!net_try_add("bulkbr", "bridge")) {
			EXPECT_ERRNO(EINVAL, net_try_move_fd("bulkbr", fd));
			EXPECT_NE(0, net_index("bulkbr"));
		}
		net_add("bulk0", NULL);
		EXPECT_ERRNO(EINVAL, try_move_number("bulk0", fd, IFLA_NET_NS_PID, c.pid));
		MUST(nsid_set(NETNSA_FD, fd, 3));
		EXPECT_ERRNO(EINVAL, try_move_number("bulk0", fd, IFLA_TARGET_NETNSID, 3));
		EXPECT_NE(0, net_index("bulk0"));
		EXPECT_OK(net_try_move_fd("bulk0", fd));
		child_kill(&c);
	}
}

TEST_F(net, move_goes_down)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		int fd = other_ns(&c, 0);

		net_add("bulk0", NULL);
		net_up("bulk0");
		net_add_addr("bulk0", "10.9.8.1", 24);
		MUST(net_try_add_route("bulk0", "10.9.9.0", 24));
		EXPECT_EQ(2, net_routes(RT_TABLE_MAIN));
		EXPECT_EQ(IFF_UP, net_flags("bulk0") & IFF_UP);
		net_move_to("bulk0", fd);
		EXPECT_FALSE(net_has_addr("10.9.8.1"));
		EXPECT_EQ(0, net_routes(RT_TABLE_MAIN));
		THERE(fd)
		{
			EXPECT_EQ(0, net_flags("bulk0") & IFF_UP);
			EXPECT_FALSE(net_has_addr("10.9.8.1"));
			net_up("bulk0");
			EXPECT_FALSE(net_has_addr("10.9.8.1"));
			EXPECT_EQ(0, net_routes(RT_TABLE_MAIN));
		}
		child_kill(&c);
	}
}

TEST_F(net, move_needs_both_caps)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		int ours = ns_open(0, "net");

		net_add("bulk0", NULL);
		IN_CHILD (.flags = CLONE_NEWUSER) {
			struct child c;
			int theirs = other_ns(&c, 0);

			/* The target's owner, but nobody where the device is. */
			EXPECT_ERRNO(EPERM, net_try_move_fd("bulk0", theirs));
			EXPECT_ERRNO(EPERM, net_try_move_pid("bulk0", c.pid));
			ns_unshare(CLONE_NEWNET);
			net_add("bulk1", NULL);
			/* And the other way round. */
			EXPECT_ERRNO(EPERM, net_try_move_fd("bulk1", ours));
			EXPECT_ERRNO(EPERM, net_try_move_pid("bulk1", getppid()));
			EXPECT_NE(0, net_index("bulk1"));
			EXPECT_OK(net_try_move_fd("bulk1", theirs));
			EXPECT_EQ(0, net_index("bulk1"));
			net_add("bulk2", NULL);
			cred_drop(CAP_NET_ADMIN);
			EXPECT_ERRNO(EPERM, net_try_move_fd("bulk2", theirs));
			child_kill(&c);
		}
		EXPECT_NE(0, net_index("bulk0"));
		EXPECT_EQ(0, net_index("bulk1"));
		struct child c;
		int owned = other_ns(&c, CLONE_NEWUSER);
		/* Who owns both may: the parent user namespace has all rights in its children. */
		EXPECT_OK(net_try_move_fd("bulk0", owned));
		child_kill(&c);
	}
}

/* The RTM_DELLINK that the socket heard about the device. */
static struct nlmsghdr *heard_dellink(int fd, int index, struct net_msg *m)
{
	struct nlmsghdr *nlh = net_header(m);

	while (recv(fd, m, sizeof(*m), MSG_DONTWAIT) > 0) {
		struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

		if (nlh->nlmsg_type == RTM_DELLINK && ifi->ifi_index == index)
			return nlh;
	}
	return NULL;
}

TEST_F(net, move_dellink_hint)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		struct net_msg m;
		int fd = other_ns(&c, 0), listener;

		net_add("bulk0", NULL);
		int index = net_index("bulk0"), size = sizeof(struct ifinfomsg);
		THERE(fd)
		MUST(net_try_add_index("blocker", NULL, index));
		listener = link_listener();
		net_move_to("bulk0", fd);
		struct nlmsghdr *heard = heard_dellink(listener, index, &m);
		ASSERT_NE(NULL, heard);
		int id = net_attr_int(heard, size, SYS_IFLA_NEW_NETNSID);
		EXPECT_LE(0, id);
		EXPECT_EQ(id, nsid_get(NETNSA_FD, fd));
		THERE(fd)
		{
			EXPECT_NE(index, net_index("bulk0"));
			EXPECT_EQ(net_index("bulk0"),
				  net_attr_int(heard, size, SYS_IFLA_NEW_IFINDEX));
		}
		/* A device that is only deleted tells of no new home. */
		net_add("bulk1", NULL);
		index = net_index("bulk1");
		MUST(net_try_del("bulk1"));
		heard = heard_dellink(listener, index, &m);
		ASSERT_NE(NULL, heard);
		EXPECT_EQ(-2, net_attr_int(heard, size, SYS_IFLA_NEW_NETNSID));
		child_kill(&c);
	}
}

/* uid and gid that an attribute has in a sysfs of the caller's net ns. */
static void expect_sysfs_owner(const char *name, unsigned int uid, unsigned int gid)
{
	static const char *const attributes[] = { "mtu", "address", "tx_queue_len",
						  "statistics/rx_bytes", "queues/rx-0" };
	char *dir = temp_dir();
	struct stat st;

	mount_make("sysfs", dir, "sysfs", 0, NULL);
	for (int i = 0; i < 5; i++) {
		MUST(stat(text_format("%s/class/net/%s/%s", dir, name, attributes[i]), &st));
		EXPECT_EQ(uid, st.st_uid);
		EXPECT_EQ(gid, st.st_gid);
	}
	MUST(umount2(dir, MNT_DETACH));
}

TEST_F(net, move_sysfs_owner)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNET, .map = "0 64321 1")
			child_sleep();
		int fd = ns_open(c.pid, "net"), home = ns_open(0, "net");
		net_add("bulk0", NULL);
		expect_sysfs_owner("bulk0", 0, 0);
		net_move_to("bulk0", fd);
		THERE(fd)
		{
			expect_sysfs_owner("bulk0", 64321, 64321);
			net_move_to("bulk0", home);
		}
		expect_sysfs_owner("bulk0", 0, 0);
		child_kill(&c);
	}
}

SUITE_MAIN()
