// SPDX-License-Identifier: GPL-2.0-only
#include "peercred.h"

#include <poll.h>

#include "ancillary.h"
#include "check.h"
#include "wait.h"

void peercred_pair(int pair[2])
{
	int on = 1;

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	for (int i = 0; i < 2; i++)
		MUST(setsockopt(pair[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
}

int peercred_send(int sock, struct ucred claim)
{
	return ancillary_send(sock, SCM_CREDENTIALS, &claim, sizeof(claim));
}

struct ucred peercred_receive(int sock)
{
	struct ucred cred = { -1, -1, -1 };

	if (!poll_one(sock, POLLIN, wait_limit_ms(10)))
		check_setup_failed(HERE, "no message with credentials");
	MUST(ancillary_receive(sock, 0, &cred, sizeof(cred)));
	return cred;
}

struct ucred peercred_of(int sock)
{
	struct ucred cred = { -1, -1, -1 };
	socklen_t n = sizeof(cred);

	MUST(getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &n));
	return cred;
}
