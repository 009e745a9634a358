// SPDX-License-Identifier: GPL-2.0-only
/* The eight namespace types, one table; and their descriptors and ids. */
#include "ns.h"
#include "file.h"
#include "need.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
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

uint64_t ns_unique_id_at(struct here h, int fd)
{
	uint64_t id = 0;

	if (!ioctl(fd, SYS_NS_GET_ID, &id))
		return id;
	if (errno == ENOTTY)
		check_skip("not supported: NS_GET_ID, the unique id of a namespace");
	check_setup_failed(h, "NS_GET_ID: %s", errno_name(errno));
}

bool ns_have_listns(void)
{
	return sys_listns(NULL, NULL, 0, 1) >= 0 || errno != ENOSYS;
}

/* Unknown flags are EINVAL before rights and the path are looked at. */
bool ns_have_strict_view(void)
{
	syscall(SYS_open_tree, AT_FDCWD, "/nonexistent", 2 /* OPEN_TREE_NAMESPACE */);
	return errno != EINVAL;
}

int ns_pidfd_get(int pidfd, const char *file)
{
	static const char *const files[] = {
		"cgroup", "ipc",
		"mnt",	  "net",
		"pid",	  "pid_for_children",
		"time",	  "time_for_children",
		"user",	  "uts",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(file, files[i]))
			return ioctl(pidfd, _IO(0xff, i + 1), 0);
	errno = ENOENT;
	return -1;
}

static void start_member(struct here h, struct child *c, enum ns_index type, uint64_t flags)
{
	child_start_at(h, c, (struct child_opts) { .flags = ns_types[type].flag | flags });
	child_meet_at(h, c);
	if (c->inside)
		child_sleep();
}

/* Is it younger than our own by the number that the kernel looks at? */
static bool is_younger_mnt(struct here h, pid_t pid)
{
	uint64_t own, other;
	int own_fd = ns_open_at(h, 0, "mnt"), fd = ns_open_at(h, pid, "mnt");
	bool known = !ioctl(own_fd, SYS_NS_GET_MNTNS_ID, &own) &&
		     !ioctl(fd, SYS_NS_GET_MNTNS_ID, &other);

	close(own_fd);
	close(fd);
	return !known || own < other;
}

/*
 * 6.18 takes the numbers from a store of each CPU's own, and so may call a new
 * mount namespace older than its maker's, and refuse a bind mount of its file.
 * On the CPU that made the maker's it does not.
 */
static void start_younger_mnt(struct here h, struct child *c, uint64_t flags)
{
	cpu_set_t all, one;

	sched_getaffinity(0, sizeof(all), &all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		start_member(h, c, NS_MNT, flags);
		if (is_younger_mnt(h, c->pid))
			break;
		child_kill_at(h, c);
	}
	sched_setaffinity(0, sizeof(all), &all);
	if (c->waited)
		check_setup_failed(h, "no CPU numbers a new mount namespace above our own");
	sched_setaffinity(c->pid, sizeof(all), &all);
}

void ns_start_member_at(struct here h, struct child *c, enum ns_index type, uint64_t flags)
{
	start_member(h, c, type, flags);
	if (type != NS_MNT || is_younger_mnt(h, c->pid))
		return;
	child_kill_at(h, c);
	start_younger_mnt(h, c, flags);
}

int ns_try_hold(struct child *c, const struct ns_type *t)
{
	if (child_try_start(c, .flags = t->flag))
		return -1;
	if (c->inside)
		child_sleep();
	return 0;
}

int ns_try_make(const struct ns_type *t)
{
	struct child c;

	if (ns_try_hold(&c, t))
		return -1;
	child_kill(&c);
	return 0;
}

struct ns_set ns_set_of_at(struct here h, pid_t pid)
{
	struct ns_set set = { .pid = ns_id_at(h, pid, "pid") };
	char path[64];

	FOR_EACH_NS (t) {
		ns_path(path, pid, t->name);
		if (access(path, F_OK))
			continue; /* not in this kernel */
		/* The link for the children has no target before the first of them. */
		ns_path(path, pid, t->file);
		set.id[t - ns_types] = access(path, F_OK) ? 0 : ns_id_at(h, pid, t->file);
		if (t->flag == CLONE_NEWTIME)
			set.time = ns_id_at(h, pid, t->name);
	}
	return set;
}

unsigned long ns_set_changes(const struct ns_set *a, const struct ns_set *b)
{
	unsigned long flags = 0;

	for (int i = 0; i < NS_COUNT; i++)
		if (a->id[i] != b->id[i])
			flags |= ns_types[i].flag;
	if (a->pid != b->pid)
		flags |= CLONE_NEWPID;
	if (a->time != b->time)
		flags |= CLONE_NEWTIME;
	return flags;
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

void need_all_ns_seen(void)
{
	need_initial_pidns("to see all namespaces");
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
