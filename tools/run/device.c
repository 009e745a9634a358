// SPDX-License-Identifier: GPL-2.0-only
/* Removing a network device: RTM_DELLINK by name, without a library for one message. */
#include "machine.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int device_remove(const char *name)
{
	CLEAN(close_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr head;
		union {
			struct ifinfomsg link;
			struct nlmsgerr error;
		};
	} m = {
		.head = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			.nlmsg_type = RTM_DELLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.link.ifi_index = (int)if_nametoindex(name),
	};

	if (fd < 0 || !m.link.ifi_index)
		return -errno;
	if (send(fd, &m, m.head.nlmsg_len, 0) < 0 || recv(fd, &m, sizeof(m), 0) < 0)
		return -errno;
	return m.head.nlmsg_type == NLMSG_ERROR ? m.error.error : -EBADMSG;
}
