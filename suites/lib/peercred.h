/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is at the other end of a Unix socket, as this end's namespaces see him:
 * unix(7), SO_PEERCRED and SCM_CREDENTIALS.  Set-up that fails ends the test.
 */
#ifndef PEERCRED_H
#define PEERCRED_H

#include <sys/socket.h>

/* A pair of both of which each message tells its sender. */
void peercred_pair(int pair[2]);
/* A message of one byte that claims to be from these: 1, or -1 with errno. */
int peercred_send(int sock, struct ucred claim);
/* Whom the next message is from, -1 each where it does not say; awaited. */
struct ucred peercred_receive(int sock);
/* Who made the pair, or connected. */
struct ucred peercred_of(int sock);

#endif
