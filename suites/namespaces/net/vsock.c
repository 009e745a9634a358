// SPDX-License-Identifier: GPL-2.0-only
/* AF_VSOCK, which knows namespaces since 7.0: of two modes, global and local. */
#include "suite.h"

#include <linux/vm_sockets.h>

#define MODE	   "/proc/sys/net/vsock/ns_mode"
#define CHILD_MODE "/proc/sys/net/vsock/child_ns_mode"

AREA(net);

static void need_modes(void)
{
	need_working(!access(MODE, F_OK), SYS_KNOWN_7_3, "namespaces of AF_VSOCK (" MODE ")");
}

TEST_F(net, vsock_modes)
{
	need_modes();
	EXPECT_STREQ("global", file_read(MODE));
	IN_CHILD (.flags = CLONE_NEWNET) {
		EXPECT_STREQ(file_read(MODE), file_read(CHILD_MODE));
		EXPECT_STREQ("global", file_read(MODE));
		EXPECT_ERRNO(EACCES, file_try_write(MODE, "local"));
		EXPECT_ERRNO(EINVAL, file_try_write(CHILD_MODE, "neither"));
		EXPECT_OK(file_try_write(CHILD_MODE, "local"));
		EXPECT_ERRNO(EBUSY, file_try_write(CHILD_MODE, "global"));
		EXPECT_STREQ("local", file_read(CHILD_MODE));
		EXPECT_STREQ("global", file_read(MODE));
		IN_CHILD (.flags = CLONE_NEWNET) {
			EXPECT_STREQ("local", file_read(MODE));
			EXPECT_STREQ("local", file_read(CHILD_MODE));
			EXPECT_ERRNO(EPERM, file_try_write(CHILD_MODE, "global"));
			IN_CHILD (.flags = CLONE_NEWNET)
				EXPECT_STREQ("local", file_read(MODE));
		}
	}
}

static struct sockaddr_vm address(int port)
{
	return (struct sockaddr_vm) {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_LOCAL,
		.svm_port = port,
	};
}

/*
 * bind and listen, or connect: the descriptor, or -1 and errno.  A worker of the
 * kernel answers, for which connect waits no more than 2 s by itself.
 */
static int stream(int port, bool server)
{
	int fd = MUST(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0)), e;
	struct sockaddr_vm sa = address(port);
	struct timeval limit = { .tv_sec = 20 };

	MUST(setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit, sizeof(limit)));

	if (server ? bind(fd, (void *)&sa, sizeof(sa)) || listen(fd, 4)
		   : connect(fd, (void *)&sa, sizeof(sa))) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

TEST_F(net, vsock_local_isolated)
{
	enum { PORT = 51234, OTHER = 51235 };

	need_modes();
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		file_write(CHILD_MODE, "local");
		ns_unshare(CLONE_NEWNET);
		file_write(CHILD_MODE, "local");
		EXPECT_STREQ("local", file_read(MODE));
		EXPECT_OK(stream(PORT, true));
		EXPECT_ERRNO(EADDRINUSE, stream(PORT, true));
		EXPECT_OK(stream(PORT, false));
		CHILD (&c, .flags = CLONE_NEWNET) {
			EXPECT_STREQ("local", file_read(MODE));
			EXPECT_ERRNO(ECONNRESET, stream(PORT, false));
			EXPECT_OK(stream(PORT, true));
			EXPECT_OK(stream(PORT, false));
			EXPECT_OK(stream(OTHER, true));
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		EXPECT_ERRNO(ECONNRESET, stream(OTHER, false));
		EXPECT_OK(stream(PORT, false));
		child_kill(&c);
	}
}

SUITE_MAIN()
