// SPDX-License-Identifier: GPL-2.0-only
#include "userns.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "text.h"

int userns_enter(void)
{
	CLEAN(free_text) char *uids = text("0 %u 1", geteuid());
	CLEAN(free_text) char *gids = text("0 %u 1", getegid());
	int ret;

	if (unshare(CLONE_NEWUSER))
		return -errno;
	file_put("/proc/self/setgroups", "deny");
	ret = file_put("/proc/self/uid_map", uids);
	if (!ret)
		ret = file_put("/proc/self/gid_map", gids);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* new credentials have ended it */
	return ret;
}

int userns_limit(const char *type, long limit)
{
	CLEAN(free_text) char *path = text("/proc/sys/user/max_%s_namespaces", type);
	CLEAN(free_text) char *value = text("%ld", limit);

	return file_put(path, value);
}
