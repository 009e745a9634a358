// SPDX-License-Identifier: GPL-2.0-only
/* Seeing into other network namespaces: events, requests and descriptors that cross. */
#include "nsid.h"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS _IO('T', 227)
#endif

AREA(net);

/* Of the next RTM_NEWLINK about the device: the namespace its cmsg names, -1: none; -2: not heard.
 */
static int heard_link(int fd, int index)
{
	_Alignas(8) char buf[16384], control[64];
	struct iovec iov = { buf, sizeof(buf) };

	for (;;) {
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		struct nlmsghdr *m = (void *)buf;
		struct cmsghdr *c;

		if (recvmsg(fd, &msg, MSG_DONTWAIT) <= 0)
			return -2;
		if (m->nlmsg_type != RTM_NEWLINK ||
		    ((struct ifinfomsg *)mnl_nlmsg_get_payload(m))->ifi_index != index)
			continue;
		for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
			if (c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
				return *(int *)CMSG_DATA(c);
		return -1;
	}
}

static int try_listen_all(int fd)
{
	int on = 1;

	return setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on));
}

/* A device of that number in the namespace. */
static void add_there(int ns, const char *name, int index)
{
	IN_CHILD () {
		ns_join(ns, CLONE_NEWNET);
		MUST(net_try_add_index(name, NULL, index));
	}
}

TEST_F(net, nsid_listen_all)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child named, nameless;
		int all = link_listener(), plain = link_listener();

		ns_start_member(&named, NS_NET, 0);
		ns_start_member(&nameless, NS_NET, 0);
		int with = ns_open(named.pid, "net"), without = ns_open(nameless.pid, "net");
		net_add("probe", NULL); /* skips where there is nothing to add */
		MUST(nsid_set(NETNSA_FD, with, 9));
		EXPECT_OK(try_listen_all(all));
		add_there(with, "bulk0", 700);
		add_there(without, "bulk1", 701);
		MUST(net_try_add_index("bulk2", NULL, 702));
		EXPECT_EQ(9, heard_link(all, 700));
		EXPECT_EQ(-1, heard_link(all, 702));
		EXPECT_EQ(-2, heard_link(all, 701));
		EXPECT_EQ(-1, heard_link(plain, 702));
		add_there(with, "bulk3", 703);
		EXPECT_EQ(-2, heard_link(plain, 703));
		EXPECT_EQ(9, heard_link(all, 703));
		add_there(without, "bulk4", 704);
		EXPECT_EQ(-2, heard_link(all, 704));
		cred_drop(CAP_NET_BROADCAST);
		EXPECT_ERRNO(EPERM, try_listen_all(plain));
		child_kill(&named);
		child_kill(&nameless);
	}
}

/* RTM_GETLINK of the number in the namespace of that id. */
static int try_get_link(struct net_msg *m, int nsid, int index)
{
	struct ifinfomsg *ifi = net_begin(m, RTM_GETLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	net_put_u32(m, IFLA_TARGET_NETNSID, nsid);
	return net_talk(m);
}

TEST_F(net, target_netnsid)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;
		struct net_msg m;
		int size = sizeof(struct ifinfomsg);

		ns_start_member(&c, NS_NET, 0);
		int fd = ns_open(c.pid, "net");
		MUST(nsid_set(NETNSA_FD, fd, 6));
		net_add("probe", NULL);
		add_there(fd, "bulk0", 800);
		EXPECT_OK(try_get_link(&m, 6, 800));
		const struct nlattr *name = net_attr(net_header(&m), size, IFLA_IFNAME);
		ASSERT_NE(NULL, name);
		EXPECT_STREQ("bulk0", mnl_attr_get_str(name));
		EXPECT_EQ(6, net_attr_int(net_header(&m), size, IFLA_TARGET_NETNSID));
		EXPECT_ERRNO(ENODEV, try_get_link(&m, 6, net_index("probe") + 800));
		EXPECT_ERRNO(EINVAL, try_get_link(&m, 7, 800));
		cred_drop(CAP_NET_ADMIN);
		EXPECT_ERRNO(EACCES, try_get_link(&m, 6, 800));
		child_kill(&c);
	}
}

/* What says whether the device's namespace may be had is the owner of where it lives now. */
TEST_F(net, tungetdevnetns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct ifreq ifr = { .ifr_name = "bulktun", .ifr_flags = IFF_TUN | IFF_NO_PI };
		struct child c;
		int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC), fd;

		if (tun < 0)
			check_skip("not supported: no /dev/net/tun");
		EXPECT_ERRNO(EBADFD, ioctl(tun, TUNGETDEVNETNS));
		MUST(ioctl(tun, TUNSETIFF, &ifr));
		fd = ASSERT_OK(ioctl(tun, TUNGETDEVNETNS));
		EXPECT_EQ(ns_id(0, "net"), ns_fd_id(fd));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		ns_start_member(&c, NS_NET, 0);
		net_move_to("bulktun", ns_open(c.pid, "net"));
		EXPECT_EQ(ns_id(c.pid, "net"), ns_fd_id(ASSERT_OK(ioctl(tun, TUNGETDEVNETNS))));
		cred_drop(CAP_NET_ADMIN);
		EXPECT_ERRNO(EPERM, ioctl(tun, TUNGETDEVNETNS));
		child_kill(&c);
	}
}

/* Is the namespace among those of its type that listns(2) has? */
static bool listed(uint64_t id, uint32_t type)
{
	struct sys_ns_id_req req = { .size = sizeof(req), .ns_id = id - 1, .ns_type = type };
	uint64_t next = 0;

	return sys_listns(&req, &next, 1, 0) == 1 && next == id;
}

static uint64_t own_id(const char *file)
{
	int fd = ns_open(0, file);
	uint64_t id = ns_unique_id(fd);

	close(fd);
	return id;
}

TEST_F(net, siocgskns_resurrect)
{
	struct child c;

	if (!ns_have_listns())
		check_skip("not supported: listns(2)");
	need_all_ns_seen();
	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNET) {
		child_send(&c, own_id("net"));
		child_send(&c, own_id("user"));
		child_send_fd(&c, MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
		child_meet(&c);
	}
	uint64_t net = child_recv(&c), user = child_recv(&c);
	int fd = child_recv_fd(&c);
	EXPECT_TRUE(listed(net, CLONE_NEWNET));
	EXPECT_TRUE(listed(user, CLONE_NEWUSER));
	child_meet(&c);
	child_wait(&c);
	EXPECT_SOON(!listed(net, CLONE_NEWNET));
	EXPECT_SOON(!listed(user, CLONE_NEWUSER));
	int ns = ASSERT_OK(ioctl(fd, SIOCGSKNS));
	EXPECT_EQ(net, ns_unique_id(ns));
	EXPECT_TRUE(listed(net, CLONE_NEWNET));
	EXPECT_TRUE(listed(user, CLONE_NEWUSER));
	close(ns);
	EXPECT_SOON(!listed(net, CLONE_NEWNET));
	EXPECT_SOON(!listed(user, CLONE_NEWUSER));
}

/* Does the socket hear of the device, within the limit? */
static bool heard_uevent(int fd, const char *what, int limit_ms)
{
	char text[4096];

	while (poll_one(fd, POLLIN, limit_ms)) {
		ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

		text[n < 0 ? 0 : n] = '\0';
		if (n > 0 && strstr(text, what))
			return true;
	}
	return false;
}

/* Has it heard of a device of ours that is not this one? */
static bool heard_other(int fd, const char *own)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		if (strstr(text, "net/bulk") && !strstr(text, own))
			return true;
	}
	return false;
}

static int uevent_listener(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = MUST(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));

	MUST(bind(fd, (void *)&sa, sizeof(sa)));
	return fd;
}

TEST_F(net, uevent_scope)
{
	static const char null[] = "/sys/devices/virtual/mem/null/uevent";

	IN_CHILD (.flags = CLONE_NEWNET) {
		int here = uevent_listener(), there = -1;
		struct child c, foreign;

		CHILD (&c, .flags = CLONE_NEWNET) {
			child_send_fd(&c, uevent_listener());
			child_meet(&c);
			net_add("bulk1", NULL);
			child_meet(&c);
		}
		there = child_recv_fd(&c);
		CHILD (&foreign, .flags = CLONE_NEWUSER | CLONE_NEWNET) {
			child_send_fd(&foreign, uevent_listener());
			child_meet(&foreign);
			net_add("bulk2", NULL);
			child_meet(&foreign);
		}
		int owned = child_recv_fd(&foreign);
		net_add("bulk0", NULL);
		EXPECT_TRUE(heard_uevent(here, "net/bulk0", wait_limit_ms(5)));
		child_meet(&c);
		child_meet(&foreign);
		EXPECT_TRUE(heard_uevent(there, "net/bulk1", wait_limit_ms(5)));
		EXPECT_TRUE(heard_uevent(owned, "net/bulk2", wait_limit_ms(5)));
		child_meet(&c);
		child_meet(&foreign);
		/* Each heard its own by now, so what was to come of the others has come. */
		EXPECT_FALSE(heard_other(here, "net/bulk0"));
		EXPECT_FALSE(heard_other(there, "net/bulk1"));
		EXPECT_FALSE(heard_other(owned, "net/bulk2"));
		/* An event of no net ns at all; udev hears it, too. */
		if (need_is_disposable() && !file_try_write(null, "change")) {
			EXPECT_TRUE(heard_uevent(here, "mem/null", wait_limit_ms(5)));
			EXPECT_TRUE(heard_uevent(there, "mem/null", wait_limit_ms(5)));
			EXPECT_FALSE(heard_uevent(owned, "mem/null", 0));
		}
		child_wait(&c);
		child_wait(&foreign);
	}
}

SUITE_MAIN()
