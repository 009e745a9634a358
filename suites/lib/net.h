// SPDX-License-Identifier: GPL-2.0-only
/* Network devices of the caller's network namespace. */
#ifndef SUITE_NET_H
#define SUITE_NET_H

#include "check.h"

/* Bring lo up; failing is failed set-up. */
#define net_loopback_up() net_loopback_up_at(HERE)
void net_loopback_up_at(struct here h);

#endif
