// SPDX-License-Identifier: GPL-2.0-only
/* Names for network namespaces: nsids, cookies; and sockets, which belong to one for life. */
#include "nsid.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

AREA(net);

TEST_F(net, nsid_assign)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child a, b;

		ns_start_member(&a, NS_NET, 0);
		ns_start_member(&b, NS_NET, 0);
		int fd = ns_open(a.pid, "net");
		EXPECT_EQ(-1, nsid_get(NETNSA_FD, fd));
		EXPECT_OK(nsid_set(NETNSA_FD, fd, 42));
		EXPECT_EQ(42, nsid_get(NETNSA_FD, fd));
		EXPECT_EQ(42, nsid_get(NETNSA_PID, a.pid));
		EXPECT_ERRNO(EEXIST, nsid_set(NETNSA_FD, fd, 43));
		EXPECT_ERRNO(EEXIST, nsid_set(NETNSA_PID, b.pid, 42));
		EXPECT_EQ(-1, nsid_get(NETNSA_PID, b.pid));
		EXPECT_OK(nsid_set(NETNSA_PID, b.pid, 43));
		EXPECT_EQ(43, nsid_get(NETNSA_PID, b.pid));
		EXPECT_EQ(42, nsid_get(NETNSA_FD, fd));
		cred_drop(CAP_NET_ADMIN);
		EXPECT_ERRNO(EPERM, nsid_set(NETNSA_PID, getpid(), 44));
		EXPECT_EQ(42, nsid_get(NETNSA_FD, fd));
		child_kill(&a);
		child_kill(&b);
	}
}

static void expect_get_error(int want, int attr, int ref)
{
	struct net_msg m;

	EXPECT_ERRNO(want, nsid_talk(&m, RTM_GETNSID, attr, ref, 0));
}

TEST_F(net, nsid_get)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		ns_start_member(&c, NS_NET, 0);
		EXPECT_EQ(-1, nsid_get(NETNSA_PID, c.pid));
		MUST(nsid_set(NETNSA_PID, c.pid, 7));
		EXPECT_EQ(7, nsid_get(NETNSA_PID, c.pid));
		EXPECT_EQ(7, nsid_get(NETNSA_NSID, 7));
		expect_get_error(ENOENT, NETNSA_NSID, 8);
		expect_get_error(EINVAL, 0, 0);
		child_kill(&c);
	}
}

TEST_F(net, nsid_errors)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		CHILD (&c)
			break;
		int gone = c.pid, closed = MUST(dup(0)), uts = ns_open(0, "uts");
		child_wait(&c);
		close(closed);
		expect_get_error(EBADF, NETNSA_FD, closed);
		expect_get_error(EINVAL, NETNSA_FD, uts);
		expect_get_error(ESRCH, NETNSA_PID, gone);
		expect_get_error(EINVAL, 0, 0);
		expect_get_error(ENOENT, NETNSA_NSID, 3);
		EXPECT_ERRNO(EBADF, nsid_set(NETNSA_FD, closed, 1));
		EXPECT_ERRNO(EINVAL, nsid_set(NETNSA_FD, uts, 1));
		EXPECT_ERRNO(ESRCH, nsid_set(NETNSA_PID, gone, 1));
		EXPECT_ERRNO(EINVAL, nsid_set(0, 0, 1));
		expect_get_error(ENOENT, NETNSA_NSID, 1);
	}
}

TEST_F(net, nsid_relative)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child a, b;
		struct net_msg m;

		ns_start_member(&a, NS_NET, 0);
		ns_start_member(&b, NS_NET, 0);
		int of_a = ns_open(a.pid, "net"), of_b = ns_open(b.pid, "net");
		MUST(nsid_set(NETNSA_FD, of_a, 5));
		IN_CHILD () {
			ns_join(of_a, CLONE_NEWNET);
			EXPECT_EQ(-1, nsid_get(NETNSA_FD, of_b));
			expect_get_error(ENOENT, NETNSA_NSID, 5);
			EXPECT_OK(nsid_set(NETNSA_FD, of_b, 5));
		}
		EXPECT_EQ(-1, nsid_get(NETNSA_FD, of_b));
		EXPECT_EQ(5, nsid_get(NETNSA_FD, of_a));
		net_begin(&m, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
		net_put_u32(&m, NETNSA_FD, of_b);
		net_put_u32(&m, NETNSA_TARGET_NSID, 5);
		EXPECT_OK(net_talk(&m));
		EXPECT_EQ(5, net_attr_int(net_header(&m), sizeof(struct rtgenmsg), NETNSA_NSID));
		child_kill(&a);
		child_kill(&b);
	}
}

/* Does the next message that the socket hears tell of the end of the id? */
static bool heard_del(int fd, int id)
{
	_Alignas(8) char buf[8192];
	struct nlmsghdr *m = (void *)buf;

	return recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 && m->nlmsg_type == RTM_DELNSID &&
	       net_attr_int(m, sizeof(struct rtgenmsg), NETNSA_NSID) == id;
}

TEST_F(net, nsid_del_notify)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		int group = RTNLGRP_NSID, fd = net_socket(NETLINK_ROUTE);
		struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
		struct child c;

		MUST(bind(fd, (void *)&sa, sizeof(sa)));
		MUST(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)));
		ns_start_member(&c, NS_NET, 0);
		MUST(nsid_set(NETNSA_PID, c.pid, 11));
		EXPECT_FALSE(heard_del(fd, 11));
		child_kill(&c);
		EXPECT_SOON(heard_del(fd, 11));
		expect_get_error(ENOENT, NETNSA_NSID, 11);
	}
}

static int try_cookie(int fd, uint64_t *cookie, socklen_t len)
{
	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len);
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;

	if (try_cookie(fd, &cookie, sizeof(cookie)) && errno == ENOPROTOOPT)
		check_skip("not supported: SO_NETNS_COOKIE");
	EXPECT_NE(0, cookie);
	return cookie;
}

static int udp(void)
{
	return MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

TEST_F(net, netns_cookie)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		int old = udp();
		uint64_t cookie = cookie_of(old), other;

		EXPECT_EQ(cookie, cookie_of(udp()));
		EXPECT_EQ(cookie, cookie_of(MUST(socket(AF_UNIX, SOCK_STREAM, 0))));
		EXPECT_ERRNO(EINVAL, try_cookie(old, &other, 4));
		ns_unshare(CLONE_NEWNET);
		EXPECT_NE(cookie, cookie_of(udp()));
		EXPECT_EQ(cookie, cookie_of(old));
	}
}

TEST_F(net, netns_cookie_is_ns_id)
{
	IN_CHILD (.flags = CLONE_NEWNET)
		EXPECT_EQ(ns_unique_id(ns_open(0, "net")), cookie_of(udp()));
}

TEST_F(net, siocgskns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		int old = udp(), fd = ASSERT_OK(ioctl(old, SIOCGSKNS));
		uint64_t id = ns_id(0, "net");

		EXPECT_EQ(id, ns_fd_id(fd));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		ns_unshare(CLONE_NEWNET);
		EXPECT_EQ(id, ns_fd_id(ioctl(old, SIOCGSKNS)));
		EXPECT_EQ(ns_id(0, "net"), ns_fd_id(ioctl(udp(), SIOCGSKNS)));
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNET) {
			EXPECT_ERRNO(EPERM, ioctl(old, SIOCGSKNS));
			EXPECT_OK(ioctl(udp(), SIOCGSKNS));
		}
		cred_drop(CAP_NET_ADMIN);
		EXPECT_ERRNO(EPERM, ioctl(udp(), SIOCGSKNS));
	}
}

TEST_F(net, socket_keeps_birth_ns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		net_loopback_up();
		int listener = net_bind(SOCK_STREAM, 0),
		    client = net_try_connect(net_port(listener));
		uint64_t id = ns_id(0, "net");
		char byte = 0;

		ns_unshare(CLONE_NEWNET);
		EXPECT_NE(id, ns_id(0, "net"));
		int server = ASSERT_OK(accept(listener, NULL, NULL));
		EXPECT_EQ(id, ns_fd_id(MUST(ioctl(listener, SIOCGSKNS))));
		EXPECT_EQ(id, ns_fd_id(MUST(ioctl(server, SIOCGSKNS))));
		EXPECT_EQ(1, write(client, "x", 1));
		EXPECT_EQ(1, read(server, &byte, 1));
		EXPECT_ERRNO(ENETUNREACH, net_try_connect(net_port(listener)));
	}
}

/* All that is left of the namespace is a connection. */
TEST_F(net, socket_pins_ns)
{
	IN_CHILD () {
		struct child c;
		char byte = 0;

		CHILD (&c, .flags = CLONE_NEWNET) {
			net_loopback_up();
			int listener = net_bind(SOCK_STREAM, 0);
			child_send(&c, ns_id(0, "net"));
			child_send_fd(&c, listener);
			child_send_fd(&c, MUST(net_try_connect(net_port(listener))));
		}
		uint64_t id = child_recv(&c);
		int listener = child_recv_fd(&c), client = child_recv_fd(&c);
		child_wait(&c);
		int server = ASSERT_OK(accept(listener, NULL, NULL));
		EXPECT_EQ(1, write(client, "x", 1));
		EXPECT_EQ(1, read(server, &byte, 1));
		int fd = ASSERT_OK(ioctl(server, SIOCGSKNS));
		EXPECT_EQ(id, ns_fd_id(fd));
		ns_join(fd, CLONE_NEWNET);
		EXPECT_TRUE(net_has_addr("127.0.0.1"));
	}
}

SUITE_MAIN()
