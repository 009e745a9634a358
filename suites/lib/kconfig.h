// SPDX-License-Identifier: GPL-2.0-only
/* The configuration and the command line of the running kernel, where they can be read. */
#ifndef SUITE_KCONFIG_H
#define SUITE_KCONFIG_H

#include <stdbool.h>

/*
 * 1: y or m; 0: known and not set; -1: not mentioned, or no configuration to
 * be found in /proc/config.gz, /boot/config-RELEASE, /lib/modules/RELEASE/config.
 */
int kernel_option(const char *name);
/* Is it known to be y? */
bool kernel_builtin(const char *name);
/* "a,b" of "cgroup_disable=a,b" on the kernel's command line, malloc'ed; NULL: not there. */
char *kernel_parameter(const char *name);

#endif
