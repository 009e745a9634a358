// SPDX-License-Identifier: GPL-2.0-only
#include "peercred.h"

#include <poll.h>
#include <string.h>

#include "check.h"
#include "wait.h"

union cred_control {
	char space[CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr align;
};

void peercred_pair(int pair[2])
{
	int on = 1;

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	for (int i = 0; i < 2; i++)
		MUST(setsockopt(pair[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
}

int peercred_send(int sock, struct ucred claim)
{
	union cred_control control = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_CREDENTIALS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(claim));
	memcpy(CMSG_DATA(cmsg), &claim, sizeof(claim));
	return sendmsg(sock, &msg, MSG_NOSIGNAL);
}

struct ucred peercred_receive(int sock)
{
	union cred_control control = { 0 };
	char byte;
	struct ucred cred = { -1, -1, -1 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	if (!poll_one(sock, POLLIN, wait_limit_ms(10)))
		check_setup_failed(HERE, "no message with credentials");
	MUST(recvmsg(sock, &msg, 0));
	if (CMSG_FIRSTHDR(&msg))
		memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(cred));
	return cred;
}

struct ucred peercred_of(int sock)
{
	struct ucred cred = { -1, -1, -1 };
	socklen_t n = sizeof(cred);

	MUST(getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &n));
	return cred;
}
