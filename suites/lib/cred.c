// SPDX-License-Identifier: GPL-2.0-only
/* Becoming somebody with fewer rights, for the rest of the process. */
#include "cred.h"
#include "file.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

void cred_become_at(struct here h, uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid) ||
	    prctl(PR_SET_DUMPABLE, 1))
		check_setup_failed(h, "becoming uid %d gid %d: %s", uid, gid, errno_name(errno));
}

void cred_drop_at(struct here h, cap_value_t cap)
{
	cap_t caps = cap_get_proc();

	if (!caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) ||
	    cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR) || cap_set_proc(caps))
		check_setup_failed(h, "dropping capability %d: %s", cap, errno_name(errno));
	cap_free(caps);
}

void cred_drop_all_at(struct here h)
{
	cap_t caps = cap_init();

	if (!caps || cap_set_proc(caps))
		check_setup_failed(h, "dropping all capabilities: %s", errno_name(errno));
	cap_free(caps);
}

bool cred_has(cap_value_t cap)
{
	cap_flag_value_t on = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps)
		cap_get_flag(caps, cap, CAP_EFFECTIVE, &on);
	cap_free(caps);
	return on == CAP_SET;
}

/* Initial user namespace: the only one whose map is the whole identity. */
bool cred_is_initial(void)
{
	unsigned int inside, outside, count;
	char text[128];

	return file_try_read("/proc/self/uid_map", text, sizeof(text)) < 0 ||
	       (sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && !inside && !outside &&
		count == 4294967295U);
}

const char *cred_foreign_map(void)
{
	static char map[32];

	snprintf(map, sizeof(map), "0 %d 1", OTHER_UID);
	return cred_is_initial() && !geteuid() ? map : NULL;
}
