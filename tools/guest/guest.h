/* SPDX-License-Identifier: GPL-2.0-only */
/* PID 1 of a throwaway guest: its parts. */
#ifndef BULKHEAD_GUEST_H
#define BULKHEAD_GUEST_H

#include <stdbool.h>

/* settings.c: "KEY VALUE" lines that the host has put into /guest/settings. */
void settings_read(void);
const char *setting(const char *key, unsigned int nth); /* NULL: not set */

/* mounts.c */
void mount_all(void);
void mount_cgroups(const char *layout);

/* devices.c */
void modules_load(void);
void loopback_up(void);
void memory_set_up(void); /* swap, zram, huge pages */
void disks_name(void);

/* command.c */
void ports_open(void);
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tell_data(const void *data, unsigned long size);
void ports_drain(void);
int run_quietly(char *const argv[]);
int command_run(void);

/* files.c */
void files_send(const char *folder);

#endif
