// SPDX-License-Identifier: GPL-2.0-only
/* The eight namespace types, one table; and their descriptors and ids. */
#include "ns.h"
#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

const struct ns_type ns_types[NS_COUNT] = {
	[NS_USER] = { "user", "user", CLONE_NEWUSER, "max_user_namespaces", false },
	[NS_MNT] = { "mnt", "mnt", CLONE_NEWNS, "max_mnt_namespaces", false },
	[NS_PID] = { "pid", "pid_for_children", CLONE_NEWPID, "max_pid_namespaces", true },
	[NS_NET] = { "net", "net", CLONE_NEWNET, "max_net_namespaces", false },
	[NS_IPC] = { "ipc", "ipc", CLONE_NEWIPC, "max_ipc_namespaces", false },
	[NS_UTS] = { "uts", "uts", CLONE_NEWUTS, "max_uts_namespaces", false },
	[NS_TIME] = { "time", "time_for_children", CLONE_NEWTIME, "max_time_namespaces", true },
	[NS_CGROUP] = { "cgroup", "cgroup", CLONE_NEWCGROUP, "max_cgroup_namespaces", false },
};

static void ns_path(char path[64], pid_t pid, const char *file)
{
	if (pid)
		snprintf(path, 64, "/proc/%d/ns/%s", pid, file);
	else
		snprintf(path, 64, "/proc/thread-self/ns/%s", file);
}

int ns_open_at(struct here h, pid_t pid, const char *file)
{
	char path[64];

	ns_path(path, pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		check_setup_failed(h, "open %s: %s", path, errno_name(errno));
	return fd;
}

uint64_t ns_fd_id_at(struct here h, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		check_setup_failed(h, "fstat of a namespace: %s", errno_name(errno));
	return st.st_ino;
}

uint64_t ns_id_at(struct here h, pid_t pid, const char *file)
{
	char path[64];
	struct stat st;

	ns_path(path, pid, file);
	if (stat(path, &st))
		check_setup_failed(h, "stat %s: %s", path, errno_name(errno));
	return st.st_ino;
}

void ns_unshare_at(struct here h, int flags)
{
	if (unshare(flags))
		check_setup_failed(h, "unshare(%#x): %s", flags, errno_name(errno));
}

void ns_join_at(struct here h, int fd, int flags)
{
	if (setns(fd, flags))
		check_setup_failed(h, "setns(%d, %#x): %s", fd, flags, errno_name(errno));
}

void need_ns(enum ns_index type)
{
	static const char *const options[NS_COUNT] = {
		"CONFIG_USER_NS", "NAMESPACES",	   "CONFIG_PID_NS",  "CONFIG_NET_NS",
		"CONFIG_IPC_NS",  "CONFIG_UTS_NS", "CONFIG_TIME_NS", "CONFIG_CGROUPS",
	};
	char path[64];

	ns_path(path, 0, ns_types[type].name);
	if (access(path, F_OK))
		check_skip("not supported: %s namespaces (%s)", ns_types[type].name, options[type]);
}

void ns_set_limit_at(struct here h, enum ns_index type, int n)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/sys/user/%s", ns_types[type].limit);
	file_write_at(h, path, "%d", n);
}
