// SPDX-License-Identifier: GPL-2.0-only
#include "kinds.h"

#include <fcntl.h>
#include <stdio.h>

#include "child.h"
#include "text.h"

const struct kind kinds[] = {
	{ "none", "no new namespace", 0, NULL, NULL },
	{ "uts", "a UTS namespace", CLONE_NEWUTS, "uts", "uts" },
	{ "ipc", "an IPC namespace", CLONE_NEWIPC, "ipc", "ipc" },
	{ "time", "a time namespace", CLONE_NEWTIME, "time", "time" },
	{ "cgroup", "a cgroup namespace", CLONE_NEWCGROUP, "cgroup", "cgroup" },
	{ "pid", "a PID namespace", CLONE_NEWPID, "pid", "pid" },
	{ "user", "a user namespace", CLONE_NEWUSER, "user", "user" },
	{ "mnt", "a mount namespace", CLONE_NEWNS, "mnt", "mnt" },
	{ "net", "a network namespace", CLONE_NEWNET, "net", "net" },
	{ "container", "mnt, pid, net, ipc, uts and cgroup", NS_CONTAINER, NULL, NULL },
	{ "hostnet", "mnt, pid, ipc, uts and cgroup", NS_CONTAINER & ~(uint64_t)CLONE_NEWNET, NULL,
	  NULL },
	{ "rootless", "a container's, and user", NS_CONTAINER | CLONE_NEWUSER, NULL, NULL },
	{ "all", "all eight types", NS_CONTAINER | CLONE_NEWUSER | CLONE_NEWTIME, NULL, NULL },
};
const size_t n_kinds = ARRAY_SIZE(kinds), n_single_kinds = 9;

int ns_open(int pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}
