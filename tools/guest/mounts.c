// SPDX-License-Identifier: GPL-2.0-only
/* What is mounted in a guest, and the three layouts of the cgroup hierarchies. */
#include "guest.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_ROOT  "/sys/fs/cgroup"
#define CGROUP_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const struct {
	const char *type, *path, *options;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devtmpfs", "/dev", NULL, MS_NOSUID },
	{ "devpts", "/dev/pts", "ptmxmode=666", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "mqueue", "/dev/mqueue", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "hugetlbfs", "/dev/hugepages", NULL, 0 },
	{ "tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/run", "mode=755", MS_NOSUID | MS_NODEV },
	{ "bpf", "/sys/fs/bpf", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "tracefs", "/sys/kernel/tracing", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "debugfs", "/sys/kernel/debug", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "securityfs", "/sys/kernel/security", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "configfs", "/sys/kernel/config", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

/*
 * pivot_root(2) refuses the initramfs root, which has no parent mount; a bind
 * of it moved over "/" has one.
 */
static void mount_root(void)
{
	if (mkdir("/.root", 0700) || mount("/", "/.root", NULL, MS_BIND, NULL) || chdir("/.root") ||
	    mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		warn("root");
	rmdir("/.root");
}

void mount_all(void)
{
	mount_root();
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		/* Files that were put into /tmp are not to be hidden. */
		if (!strcmp(mounts[i].type, "tmpfs") && rmdir(mounts[i].path) && errno == ENOTEMPTY)
			continue;
		mkdir(mounts[i].path, 0755); /* sysfs has its own mount points */
		/* What this kernel is built without is no error of ours. */
		if (mount(mounts[i].type, mounts[i].path, mounts[i].type, mounts[i].flags,
			  mounts[i].options) &&
		    errno != ENODEV && errno != ENOENT && errno != EBUSY)
			warn("mount %s", mounts[i].path);
	}
	chmod("/", 0755); /* a tmpfs for all to write, else */
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL))
		warn("make / shared");
}

/* With the flags that systemd asks for, where the kernel knows them. */
static void mount_v2(const char *path)
{
	static const char *const options[] = { "nsdelegate,memory_recursiveprot", "nsdelegate",
					       NULL };

	mkdir(path, 0755);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!mount("cgroup2", path, "cgroup2", CGROUP_FLAGS, options[i]))
			return;
	warn("mount cgroup2 at %s", path);
}

/* These share a hierarchy on ordinary machines; the others have their own. */
static const char *v1_hierarchy(const char *controller)
{
	static const char *const shared[] = { "cpu,cpuacct", "net_cls,net_prio" };

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		size_t n = strcspn(shared[i], ",");

		if ((!strncmp(shared[i], controller, n) && !controller[n]) ||
		    !strcmp(shared[i] + n + 1, controller))
			return shared[i];
	}
	return controller;
}

static void mount_v1_one(const char *controller)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s", v1_hierarchy(controller));
	if (mkdir(path, 0755) && errno == EEXIST)
		return;
	if (!mount("cgroup", path, "cgroup", CGROUP_FLAGS, v1_hierarchy(controller)))
		return;
	/* Half of a pair may be missing, or a controller may be for v2 only. */
	rmdir(path);
	snprintf(path, sizeof(path), CGROUP_ROOT "/%s", controller);
	mkdir(path, 0755);
	if (mount("cgroup", path, "cgroup", CGROUP_FLAGS, controller)) {
		warn("mount the v1 hierarchy of %s", controller);
		rmdir(path);
	}
}

static void mount_v1(void)
{
	char line[256], name[64];
	FILE *f;
	int enabled;

	if (mount("tmpfs", CGROUP_ROOT, "tmpfs", CGROUP_FLAGS, "mode=755"))
		warn("mount %s", CGROUP_ROOT);
	f = fopen("/proc/cgroups", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[a-z_] %*d %*d %d", name, &enabled) == 2 && enabled)
			mount_v1_one(name);
	if (f)
		fclose(f);
	mkdir(CGROUP_ROOT "/systemd", 0755);
	if (mount("cgroup", CGROUP_ROOT "/systemd", "cgroup", CGROUP_FLAGS, "none,name=systemd"))
		warn("mount a v1 hierarchy without controllers");
}

void mount_cgroups(const char *layout)
{
	if (!layout || !strcmp(layout, "v2")) {
		mount_v2(CGROUP_ROOT);
	} else if (!strcmp(layout, "v1")) {
		mount_v1();
	} else if (!strcmp(layout, "hybrid")) {
		mount_v1();
		mount_v2(CGROUP_ROOT "/unified");
	}
}
