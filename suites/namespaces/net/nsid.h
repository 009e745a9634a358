// SPDX-License-Identifier: GPL-2.0-only
/* The names that a network namespace has for others: nsids, by rtnetlink. */
#ifndef NSID_H
#define NSID_H

#include "suite.h"

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

/* RTM_NEWNSID or RTM_GETNSID about ref, by NETNSA_FD, _PID or _NSID; attr 0: about nothing. */
static inline int nsid_talk(struct net_msg *m, int type, int attr, int ref, int id)
{
	net_begin(m, type, 0, sizeof(struct rtgenmsg));
	if (attr)
		net_put_u32(m, attr, ref);
	if (type == RTM_NEWNSID)
		net_put_u32(m, NETNSA_NSID, id);
	return net_talk(m);
}

static inline int nsid_set(int attr, int ref, int id)
{
	struct net_msg m;

	return nsid_talk(&m, RTM_NEWNSID, attr, ref, id);
}

/* The id, -1: none assigned; -2 and errno. */
static inline int nsid_get(int attr, int ref)
{
	struct net_msg m;

	if (nsid_talk(&m, RTM_GETNSID, attr, ref, 0))
		return -2;
	return net_attr_int(net_header(&m), sizeof(struct rtgenmsg), NETNSA_NSID);
}

/* A netlink socket that hears of changes of devices here. */
static inline int link_listener(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = net_socket(NETLINK_ROUTE);

	MUST(bind(fd, (void *)&sa, sizeof(sa)));
	return fd;
}

#endif
