// SPDX-License-Identifier: GPL-2.0-only
/* Netlink messages and sockets: what net_dev.c makes devices with. */
#include "net.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void net_loopback_up_at(struct here h)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		check_setup_failed(h, "bringing lo up: %s", errno_name(errno));
	close(fd);
}

void *net_begin(struct net_msg *m, int type, int flags, size_t body)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(m->data);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(nlh, body);
}

struct nlmsghdr *net_header(struct net_msg *m)
{
	return (struct nlmsghdr *)m->data;
}

void net_put(struct net_msg *m, int attr, const void *data, size_t size)
{
	mnl_attr_put(net_header(m), attr, size, data);
}

void net_put_u32(struct net_msg *m, int attr, uint32_t value)
{
	mnl_attr_put_u32(net_header(m), attr, value);
}

void net_put_text(struct net_msg *m, int attr, const char *text)
{
	mnl_attr_put_strz(net_header(m), attr, text);
}

struct nlattr *net_nest(struct net_msg *m, int attr)
{
	return mnl_attr_nest_start(net_header(m), attr);
}

void net_nest_end(struct net_msg *m, struct nlattr *nest)
{
	mnl_attr_nest_end(net_header(m), nest);
}

const struct nlattr *net_attr(const struct nlmsghdr *m, size_t body, int attr)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, m, body)
	{
		if (mnl_attr_get_type(a) == attr)
			return a;
	}
	return NULL;
}

int64_t net_attr_int(const struct nlmsghdr *m, size_t body, int attr)
{
	const struct nlattr *a = net_attr(m, body, attr);

	return a ? (int32_t)mnl_attr_get_u32(a) : -2;
}

int net_socket_at(struct here h, int protocol)
{
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		check_setup_failed(h, "a netlink socket: %s", errno_name(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* Read messages until the end of the answer; the first, or each, goes out. */
static int receive(int fd, struct net_msg *first, net_seen_fn *seen, void *data)
{
	_Alignas(8) char buf[32768];
	bool have = false;

	for (;;) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		int n = got;

		if (got < 0)
			return -1;
		for (struct nlmsghdr *m = (void *)buf; mnl_nlmsg_ok(m, n);
		     m = mnl_nlmsg_next(m, &n)) {
			if (m->nlmsg_type == NLMSG_DONE)
				return 0;
			if (m->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)mnl_nlmsg_get_payload(m))->error;
				return errno ? -1 : 0;
			}
			if (seen)
				seen(m, data);
			else if (!have && m->nlmsg_len <= sizeof(*first))
				memcpy(first, m, m->nlmsg_len);
			have = true;
		}
	}
}

int net_talk_on(int fd, struct net_msg *m)
{
	net_header(m)->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, m, net_header(m)->nlmsg_len, 0) < 0)
		return -1;
	return receive(fd, m, NULL, NULL);
}

int net_dump_on(int fd, struct net_msg *m, net_seen_fn *seen, void *data)
{
	net_header(m)->nlmsg_flags |= NLM_F_DUMP;
	if (send(fd, m, net_header(m)->nlmsg_len, 0) < 0)
		return -1;
	return receive(fd, m, seen, data);
}

int net_talk(struct net_msg *m)
{
	int fd = net_socket(NETLINK_ROUTE), ret = net_talk_on(fd, m), e = errno;

	close(fd);
	errno = e;
	return ret;
}

int net_dump(struct net_msg *m, net_seen_fn *seen, void *data)
{
	int fd = net_socket(NETLINK_ROUTE), ret = net_dump_on(fd, m, seen, data), e = errno;

	close(fd);
	errno = e;
	return ret;
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int fail_and_close(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
	return -1;
}

int net_try_bind(int type, int port)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in sa = loopback(port);

	if (fd < 0)
		return -1;
	/* Against what earlier connections left; it lets no two listeners in. */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&sa, sizeof(sa)) || (type == SOCK_STREAM && listen(fd, 8)))
		return fail_and_close(fd);
	return fd;
}

int net_bind_at(struct here h, int type, int port)
{
	int fd = net_try_bind(type, port);

	if (fd < 0)
		check_setup_failed(h, "binding port %d: %s", port, errno_name(errno));
	return fd;
}

int net_port(int fd)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	return getsockname(fd, (void *)&sa, &len) ? -1 : ntohs(sa.sin_port);
}

int net_try_connect(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in sa = loopback(port);

	if (fd < 0)
		return -1;
	if (connect(fd, (void *)&sa, sizeof(sa)))
		return fail_and_close(fd);
	return fd;
}
