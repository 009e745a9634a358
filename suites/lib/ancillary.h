/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of one byte on a Unix socket with one piece of ancillary data of
 * SOL_SOCKET (SCM_RIGHTS, SCM_CREDENTIALS): unix(7), cmsg(3).
 */
#ifndef ANCILLARY_H
#define ANCILLARY_H

#include <stddef.h>

#define ANCILLARY_MOST 64 /* bytes of it */

/* 1, or -1 with errno. */
int ancillary_send(int sock, int type, const void *data, size_t size);
/* Its first SIZE bytes: 1; 0: a message without, or none; or -1 with errno. */
int ancillary_receive(int sock, int flags, void *data, size_t size);

#endif
