// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts of the running test.  Each test runs in a mount namespace of its own
 * with private propagation where that is allowed, so nothing has to be undone.
 */
#ifndef SUITE_MOUNT_H
#define SUITE_MOUNT_H

#include "check.h"

#include <sys/mount.h>

/* A fresh folder below the test's TMPDIR; malloc'ed. */
#define temp_dir() temp_dir_at(HERE)
char *temp_dir_at(struct here h);

/* A tmpfs on a fresh folder; malloc'ed. */
#define mount_tmpfs() mount_tmpfs_at(HERE)
char *mount_tmpfs_at(struct here h);
/* A procfs of the caller's pid namespace on a fresh folder; malloc'ed. */
#define mount_proc() mount_proc_at(HERE)
char *mount_proc_at(struct here h);
/* mount(2); failing is failed set-up. */
#define mount_make(source, target, type, flags, data) \
	mount_make_at(HERE, source, target, type, flags, data)
void mount_make_at(struct here h, const char *source, const char *target, const char *type,
		   unsigned long flags, const char *data);
/*
 * In a mount namespace of one's own: a root that is a mount on another one, as
 * every machine has that does not live in its initramfs, and an empty TMPDIR.
 */
#define mount_own_root() mount_own_root_at(HERE)
void mount_own_root_at(struct here h);
/* Keep a namespace by a bind mount of its link on a fresh file; malloc'ed path. */
#define mount_pin(ns_path) mount_pin_at(HERE, ns_path)
char *mount_pin_at(struct here h, const char *ns_path);

/* For the main program: the test's own mount namespace. */
void mount_begin_test(void);

#endif
