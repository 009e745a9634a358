// SPDX-License-Identifier: GPL-2.0-only
/* Becoming somebody with fewer rights, for the rest of the process. */
#ifndef SUITE_CRED_H
#define SUITE_CRED_H

#include "check.h"

#include <sys/capability.h>

/* An id that is nobody's: what tests become when they need "another user". */
#define OTHER_UID 64321
#define OTHER_GID 64322

/*
 * Real, effective and saved ids and no supplementary groups; all capabilities
 * are gone.  The process stays dumpable, so that its /proc files are its own.
 * Needs those ids to be mapped.
 */
#define cred_become(uid, gid) cred_become_at(HERE, uid, gid)
void cred_become_at(struct here h, uid_t uid, gid_t gid);
/* Take capabilities from effective and permitted, keep the ids: cred_drop(CAP_SYS_ADMIN). */
#define cred_drop(cap) cred_drop_at(HERE, cap)
void cred_drop_at(struct here h, cap_value_t cap);
/* All of them. */
#define cred_drop_all() cred_drop_all_at(HERE)
void cred_drop_all_at(struct here h);
/* Is it effective? */
bool cred_has(cap_value_t cap);
/* Is this the initial user namespace, where uid 0 is the global root? */
bool cred_is_initial(void);
/*
 * For child_opts.map: root of the new user namespace is no global root; NULL,
 * the default map, where the caller is none itself.
 */
const char *cred_foreign_map(void);

#endif
