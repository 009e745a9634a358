// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all namespace types promise alike, written once over their table.  A
 * test of an area is then one line:
 *
 *	TEST_F(uts, create_priv) { ns_promise_create_priv(NS_UTS); }
 */
#ifndef SUITE_NS_PROMISE_H
#define SUITE_NS_PROMISE_H

#include "ns.h"

/*
 * Making one by unshare(2) and clone3(2) fails with EPERM for want of
 * CAP_SYS_ADMIN, and works together with CLONE_NEWUSER for anybody.
 */
void ns_promise_create_priv(enum ns_index type);
/* Over the limit in user.max_X_namespaces both fail with ENOSPC; just below they do not. */
void ns_promise_limit_enospc(enum ns_index type);
/*
 * setns(2) by descriptor and by pidfd needs CAP_SYS_ADMIN in the owner of the
 * namespace and in the caller's own user namespace, else EPERM; with both it works.
 */
void ns_promise_setns_eperm(enum ns_index type);
/* fork(2) and execve(2) leave the membership as it is. */
void ns_promise_inherit(enum ns_index type);
/* A descriptor, or a bind mount, keeps it joinable, and the same one, after its last member. */
void ns_promise_pinned(enum ns_index type);

#endif
