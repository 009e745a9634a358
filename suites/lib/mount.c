// SPDX-License-Identifier: GPL-2.0-only
/* Mounts of the running test. */
#include "mount.h"
#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *temp_dir_at(struct here h)
{
	char *dir = text_format("%s/bulkhead-XXXXXX", getenv("TMPDIR") ?: "/tmp");

	if (!mkdtemp(dir))
		check_setup_failed(h, "mkdtemp %s: %s", dir, errno_name(errno));
	return dir;
}

void mount_make_at(struct here h, const char *source, const char *target, const char *type,
		   unsigned long flags, const char *data)
{
	if (mount(source, target, type, flags, data))
		check_setup_failed(h, "mount %s (%s) on %s: %s", source ?: "-", type ?: "-", target,
				   errno_name(errno));
}

char *mount_tmpfs_at(struct here h)
{
	char *dir = temp_dir_at(h);

	mount_make_at(h, "tmpfs", dir, "tmpfs", 0, NULL);
	return dir;
}

char *mount_proc_at(struct here h)
{
	char *dir = temp_dir_at(h);

	mount_make_at(h, "proc", dir, "proc", 0, NULL);
	return dir;
}

void mount_own_root_at(struct here h)
{
	const char *tmp = getenv("TMPDIR") ?: "/tmp";

	mount_make_at(h, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mount_make_at(h, "tmpfs", tmp, "tmpfs", 0, "mode=1777");
	char *dir = temp_dir_at(h);
	mount_make_at(h, "/", dir, NULL, MS_BIND | MS_REC, NULL);
	if (chdir(dir))
		check_setup_failed(h, "chdir %s: %s", dir, errno_name(errno));
	mount_make_at(h, ".", "/", NULL, MS_MOVE, NULL);
	if (chroot(".") || chdir("/"))
		check_setup_failed(h, "chroot to the mount over the root: %s", errno_name(errno));
	mount_make_at(h, "tmpfs", tmp, "tmpfs", 0, "mode=1777");
	free(dir);
}

char *mount_pin_at(struct here h, const char *ns_path)
{
	char *file = text_format("%s/pin-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	int fd = mkostemp(file, O_CLOEXEC);

	if (fd < 0)
		check_setup_failed(h, "mkostemp %s: %s", file, errno_name(errno));
	close(fd);
	mount_make_at(h, ns_path, file, NULL, MS_BIND, NULL);
	return file;
}

/*
 * Everything a test writes to its TMPDIR then goes to a tmpfs that vanishes
 * with the namespace.  Without the right to do so the folder stays as it is,
 * and its owner, the runner, empties it.
 */
void mount_begin_test(void)
{
	if (unshare(CLONE_NEWNS))
		return;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", getenv("TMPDIR") ?: "/tmp", "tmpfs", 0, "mode=1777"))
		check_note("a private mount namespace: %s", errno_name(errno));
}
