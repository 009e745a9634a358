// SPDX-License-Identifier: GPL-2.0-only
/* Devices, addresses and routes of the caller's network namespace. */
#include "net.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

/* if_nametoindex() asks by ioctl, in the namespace of a fresh socket. */
int net_index(const char *name)
{
	return if_nametoindex(name);
}

/* A request about the named device, or with NULL about a new one. */
static struct ifinfomsg *link_msg(struct net_msg *m, int type, int flags)
{
	struct ifinfomsg *ifi = net_begin(m, type, flags, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	return ifi;
}

int net_try_add_index(const char *name, const char *kind, int index)
{
	struct net_msg m;
	struct nlattr *info;

	if (!kind) {
		int ret = net_try_add_index(name, "dummy", index);

		return ret && errno == EOPNOTSUPP ? net_try_add_index(name, "ifb", index) : ret;
	}
	link_msg(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL)->ifi_index = index;
	net_put_text(&m, IFLA_IFNAME, name);
	info = net_nest(&m, IFLA_LINKINFO);
	net_put_text(&m, IFLA_INFO_KIND, kind);
	net_nest_end(&m, info);
	return net_talk(&m);
}

int net_try_add(const char *name, const char *kind)
{
	return net_try_add_index(name, kind, 0);
}

static void added(struct here h, int ret, const char *name, const char *kind)
{
	if (ret && errno == EOPNOTSUPP)
		check_skip("not supported: devices of the kind %s", kind ?: "dummy or ifb");
	if (ret)
		check_setup_failed(h, "adding %s of the kind %s: %s", name, kind ?: "dummy",
				   errno_name(errno));
}

void net_add_at(struct here h, const char *name, const char *kind)
{
	added(h, net_try_add(name, kind), name, kind);
}

int net_try_add_veth(const char *name, const char *peer, int peer_ns)
{
	struct nlattr *info, *data, *end;
	struct net_msg m;

	link_msg(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	net_put_text(&m, IFLA_IFNAME, name);
	info = net_nest(&m, IFLA_LINKINFO);
	net_put_text(&m, IFLA_INFO_KIND, "veth");
	data = net_nest(&m, IFLA_INFO_DATA);
	end = net_nest(&m, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(net_header(&m), sizeof(struct ifinfomsg));
	net_put_text(&m, IFLA_IFNAME, peer);
	if (peer_ns >= 0)
		net_put_u32(&m, IFLA_NET_NS_FD, peer_ns);
	net_nest_end(&m, end);
	net_nest_end(&m, data);
	net_nest_end(&m, info);
	return net_talk(&m);
}

void net_add_veth_at(struct here h, const char *name, const char *peer, int peer_ns)
{
	added(h, net_try_add_veth(name, peer, peer_ns), name, "veth");
}

int net_try_del(const char *name)
{
	struct net_msg m;

	link_msg(&m, RTM_DELLINK, 0);
	net_put_text(&m, IFLA_IFNAME, name);
	return net_talk(&m);
}

int net_try_set_up(const char *name, bool up)
{
	struct ifinfomsg *ifi;
	struct net_msg m;

	ifi = link_msg(&m, RTM_NEWLINK, 0);
	ifi->ifi_flags = up ? IFF_UP : 0;
	ifi->ifi_change = IFF_UP;
	net_put_text(&m, IFLA_IFNAME, name);
	return net_talk(&m);
}

void net_up_at(struct here h, const char *name)
{
	if (net_try_set_up(name, true))
		check_setup_failed(h, "setting %s up: %s", name, errno_name(errno));
}

/* The device by its number: with a name in it, a move would also rename. */
static int move(const char *name, int attr, int value)
{
	struct net_msg m;

	link_msg(&m, RTM_NEWLINK, 0)->ifi_index = net_index(name);
	net_put_u32(&m, attr, value);
	return net_talk(&m);
}

int net_try_move_fd(const char *name, int ns)
{
	return move(name, IFLA_NET_NS_FD, ns);
}

int net_try_move_pid(const char *name, int pid)
{
	return move(name, IFLA_NET_NS_PID, pid);
}

void net_move_to_at(struct here h, const char *name, int ns)
{
	if (net_try_move_fd(name, ns))
		check_setup_failed(h, "moving %s: %s", name, errno_name(errno));
}

struct text {
	char *at;
	size_t room;
};

static void add_name(const struct nlmsghdr *m, void *data)
{
	const struct nlattr *a = net_attr(m, sizeof(struct ifinfomsg), IFLA_IFNAME);
	struct text *t = data;
	size_t n = a ? strlen(mnl_attr_get_str(a)) + 1 : 0;

	if (!n || n + 1 > t->room)
		return;
	if (t->at[0])
		strcat(t->at, " ");
	strcat(t->at, mnl_attr_get_str(a));
	t->room -= n;
}

char *net_list_at(struct here h)
{
	char all[4096] = "";
	struct text t = { all, sizeof(all) };
	struct net_msg m;

	link_msg(&m, RTM_GETLINK, 0);
	if (net_dump(&m, add_name, &t))
		check_setup_failed(h, "listing devices: %s", errno_name(errno));
	return strdup(all);
}

unsigned int net_flags_at(struct here h, const char *name)
{
	struct net_msg m;

	link_msg(&m, RTM_GETLINK, 0)->ifi_index = net_index(name);
	if (net_talk(&m))
		check_setup_failed(h, "asking for %s: %s", name, errno_name(errno));
	return ((struct ifinfomsg *)mnl_nlmsg_get_payload(net_header(&m)))->ifi_flags;
}

int net_try_add_addr(const char *name, const char *addr, int prefix)
{
	uint32_t ip = inet_addr(addr);
	struct ifaddrmsg *ifa;
	struct net_msg m;

	ifa = net_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = prefix;
	ifa->ifa_index = net_index(name);
	net_put(&m, IFA_LOCAL, &ip, sizeof(ip));
	net_put(&m, IFA_ADDRESS, &ip, sizeof(ip));
	return net_talk(&m);
}

void net_add_addr_at(struct here h, const char *name, const char *addr, int prefix)
{
	if (net_try_add_addr(name, addr, prefix))
		check_setup_failed(h, "giving %s the address %s: %s", name, addr,
				   errno_name(errno));
}

struct address {
	uint32_t ip;
	int times;
};

static void count_addr(const struct nlmsghdr *m, void *data)
{
	const struct nlattr *a = net_attr(m, sizeof(struct ifaddrmsg), IFA_LOCAL);
	struct address *want = data;

	want->times += a && mnl_attr_get_payload_len(a) == 4 && mnl_attr_get_u32(a) == want->ip;
}

bool net_has_addr_at(struct here h, const char *addr)
{
	struct address want = { .ip = inet_addr(addr) };
	struct ifaddrmsg *ifa;
	struct net_msg m;

	ifa = net_begin(&m, RTM_GETADDR, 0, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	if (net_dump(&m, count_addr, &want))
		check_setup_failed(h, "listing addresses: %s", errno_name(errno));
	return want.times;
}

int net_try_add_route(const char *name, const char *dst, int prefix)
{
	uint32_t ip = inet_addr(dst);
	struct rtmsg *rt;
	struct net_msg m;

	rt = net_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*rt));
	*rt = (struct rtmsg) {
		.rtm_family = AF_INET,
		.rtm_dst_len = prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	net_put(&m, RTA_DST, &ip, sizeof(ip));
	net_put_u32(&m, RTA_OIF, net_index(name));
	return net_talk(&m);
}

struct routes {
	int table, count;
};

static void count_route(const struct nlmsghdr *m, void *data)
{
	struct routes *r = data;

	r->count += net_attr_int(m, sizeof(struct rtmsg), RTA_TABLE) == r->table;
}

int net_routes_at(struct here h, int table)
{
	struct routes r = { .table = table };
	struct net_msg m;
	struct rtmsg *rt;

	rt = net_begin(&m, RTM_GETROUTE, 0, sizeof(*rt));
	rt->rtm_family = AF_INET;
	if (net_dump(&m, count_route, &r))
		check_setup_failed(h, "listing routes: %s", errno_name(errno));
	return r.count;
}
