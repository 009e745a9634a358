// SPDX-License-Identifier: GPL-2.0-only
#include "ancillary.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

union control {
	char space[CMSG_SPACE(ANCILLARY_MOST)];
	struct cmsghdr align;
};

int ancillary_send(int sock, int type, const void *data, size_t size)
{
	union control control = { 0 };
	struct iovec iov = { &(char) { 0 }, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(size) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	assert(size <= ANCILLARY_MOST);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(cmsg), data, size);
	return sendmsg(sock, &msg, MSG_NOSIGNAL);
}

int ancillary_receive(int sock, int flags, void *data, size_t size)
{
	union control control = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(size) };
	int n;

	assert(size <= ANCILLARY_MOST);
	n = recvmsg(sock, &msg, flags);
	if (n != 1 || !CMSG_FIRSTHDR(&msg))
		return n < 0 ? -1 : 0;
	memcpy(data, CMSG_DATA(CMSG_FIRSTHDR(&msg)), size);
	return 1;
}
