// SPDX-License-Identifier: GPL-2.0-only
/* Network devices of the caller's network namespace. */
#include "net.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

void net_loopback_up_at(struct here h)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		check_setup_failed(h, "bringing lo up: %s", errno_name(errno));
	close(fd);
}
