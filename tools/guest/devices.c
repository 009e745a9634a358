// SPDX-License-Identifier: GPL-2.0-only
/* A guest's modules, disks, swap, huge pages and its loopback device. */
#include "guest.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* "zram num_devices=2": arguments follow the name. */
static void module_load(char *line)
{
	char *args = strchr(line, ' '), path[300];
	int fd;

	*args++ = '\0';
	snprintf(path, sizeof(path), "/guest/modules/%s", line);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, args, 0) && errno != EEXIST))
		tell("note module %s: %s\n", line, strerror(errno));
	close(fd);
	unlink(path); /* its memory is the guest's */
}

static void modules_tell_missing(void)
{
	char line[256];
	FILE *list = fopen("/guest/missing", "re");

	while (list && fgets(line, sizeof(line), list))
		fprintf(stderr, "init: this kernel has no %s", line);
	if (list)
		fclose(list);
}

void modules_load(void)
{
	char line[256];
	FILE *list = fopen("/guest/order", "re");

	modules_tell_missing();
	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (strchr(line, ' '))
			module_load(line);
	}
	if (list)
		fclose(list);
}

void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		warn("lo");
	close(fd);
}

/* The device whose serial number is LABEL, once the driver has found it. */
static bool disk_find(const char *label, char device[64])
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	for (int tries = 0; tries < 100; tries++) {
		glob_t disks;
		bool found = false;

		if (glob("/sys/block/*/serial", 0, NULL, &disks))
			disks.gl_pathc = 0;
		for (size_t i = 0; i < disks.gl_pathc && !found; i++) {
			char serial[64] = "";
			FILE *f = fopen(disks.gl_pathv[i], "re");

			if (f && !fgets(serial, sizeof(serial), f))
				*serial = '\0';
			if (f)
				fclose(f);
			serial[strcspn(serial, "\n")] = '\0';
			found = !strcmp(serial, label) &&
				sscanf(disks.gl_pathv[i], "/sys/block/%58[^/]", device + 5) == 1;
		}
		globfree(&disks);
		if (found) {
			memcpy(device, "/dev/", 5);
			return true;
		}
		nanosleep(&pause, NULL);
	}
	tell("note no disk %s: does this kernel have virtio_blk?\n", label);
	return false;
}

void disks_name(void)
{
	char device[64], name[32];
	const char *label;

	for (unsigned int i = 0; (label = setting("disk", i)); i++) {
		if (!disk_find(label, device))
			continue;
		snprintf(name, sizeof(name), i ? "BULKHEAD_DISK%u" : "BULKHEAD_DISK", i + 1);
		setenv(name, device, 1);
	}
}

static bool file_put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);

	if (!done)
		tell("note %s: %s\n", path, strerror(errno));
	close(fd);
	return done;
}

static void swap_on(char *device, int priority)
{
	if (run_quietly((char *const[]) { "/bin/mkswap", device, NULL }) ||
	    swapon(device, SWAP_FLAG_PREFER | priority))
		tell("note swap on %s: %s\n", device, strerror(errno));
}

static void zram_set_up(const char *size)
{
	if (access("/sys/block/zram0/disksize", W_OK)) {
		tell("note this kernel has no zram\n");
		return;
	}
	if (file_put("/sys/block/zram0/disksize", size))
		swap_on((char[]) { "/dev/zram0" }, 1);
}

void memory_set_up(void)
{
	const char *pages = setting("hugepages", 0), *zram = setting("zram", 0), *label;
	char device[64];

	if (pages)
		file_put("/proc/sys/vm/nr_hugepages", pages);
	for (unsigned int i = 0; (label = setting("swap", i)); i++)
		if (disk_find(label, device))
			swap_on(device, 2);
	if (zram)
		zram_set_up(zram);
}
