// SPDX-License-Identifier: GPL-2.0-only
/* Who may do what: the user namespace that owns the network namespace decides; and sysctls. */
#include "suite.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

AREA(net);

#define SYSCTL		  "/proc/sys/net/"
#define OWNED_BY_CHILD	  (CLONE_NEWUSER | CLONE_NEWNET)
#define UNPRIV_PORT_START SYSCTL "ipv4/ip_unprivileged_port_start"

static int try_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int try_option(int fd, int option)
{
	int value = 1;

	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

static int try_bind_close(int port)
{
	int fd = net_try_bind(SOCK_STREAM, port);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static void expect_admin(int want)
{
	if (want) {
		EXPECT_ERRNO(want, net_try_set_up("lo", false));
		EXPECT_ERRNO(want, net_try_add_addr("lo", "127.5.0.1", 32));
		EXPECT_ERRNO(want, net_try_add_route("lo", "127.65.0.0", 16));
		EXPECT_ERRNO(want, net_try_add("bulk0", "veth"));
		EXPECT_FALSE(net_has_addr("127.5.0.1"));
	} else {
		EXPECT_OK(net_try_set_up("lo", true));
		EXPECT_OK(net_try_add_addr("lo", "127.5.0.1", 32));
		EXPECT_OK(net_try_add_route("lo", "127.65.0.0", 16));
	}
}

TEST_F(net, cap_net_admin_owner)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		net_loopback_up();
		IN_CHILD (.flags = CLONE_NEWUSER) {
			expect_admin(EPERM);
			ns_unshare(CLONE_NEWNET);
			expect_admin(0);
			cred_drop(CAP_NET_ADMIN);
			EXPECT_ERRNO(EPERM, net_try_set_up("lo", false));
			EXPECT_ERRNO(EPERM, net_try_add_addr("lo", "127.5.0.2", 32));
		}
		EXPECT_EQ(1, net_flags("lo") & 1);
		expect_admin(0);
	}
}

static void expect_raw(int want)
{
	const int kinds[][3] = { { AF_INET, SOCK_RAW, IPPROTO_ICMP },
				 { AF_PACKET, SOCK_RAW, 0 },
				 { AF_PACKET, SOCK_DGRAM, 0 } };

	for (int i = 0; i < 3; i++) {
		/* A kernel without packet sockets says so before it looks at rights. */
		if (try_socket(kinds[i][0], kinds[i][1], kinds[i][2]) && errno == EAFNOSUPPORT)
			continue;
		if (want)
			EXPECT_ERRNO(want, try_socket(kinds[i][0], kinds[i][1], kinds[i][2]));
		else
			EXPECT_OK(try_socket(kinds[i][0], kinds[i][1], kinds[i][2]));
	}
}

TEST_F(net, cap_net_raw_owner)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		expect_raw(0);
		IN_CHILD (.flags = CLONE_NEWUSER) {
			expect_raw(EPERM);
			ns_unshare(CLONE_NEWNET);
			expect_raw(0);
			cred_drop(CAP_NET_RAW);
			expect_raw(EPERM);
		}
		cred_drop(CAP_NET_RAW);
		expect_raw(EPERM);
	}
}

TEST_F(net, cap_bind_service_owner)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		net_loopback_up();
		EXPECT_OK(try_bind_close(80));
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_ERRNO(EACCES, try_bind_close(80));
			EXPECT_ERRNO(EACCES, try_bind_close(1023));
			EXPECT_OK(try_bind_close(1024));
			ns_unshare(CLONE_NEWNET);
			net_loopback_up();
			EXPECT_OK(try_bind_close(80));
			cred_drop(CAP_NET_BIND_SERVICE);
			EXPECT_ERRNO(EACCES, try_bind_close(80));
		}
	}
}

TEST_F(net, sysctl_unpriv_port)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		net_loopback_up();
		EXPECT_EQ(1024, file_number(UNPRIV_PORT_START));
		file_write(UNPRIV_PORT_START, "500");
		IN_CHILD (.flags = CLONE_NEWNET) {
			net_loopback_up();
			EXPECT_EQ(1024, file_number(UNPRIV_PORT_START));
			cred_drop(CAP_NET_BIND_SERVICE);
			EXPECT_ERRNO(EACCES, try_bind_close(1023));
			EXPECT_OK(try_bind_close(1024));
		}
		EXPECT_EQ(500, file_number(UNPRIV_PORT_START));
		cred_drop(CAP_NET_BIND_SERVICE);
		EXPECT_OK(try_bind_close(500));
		EXPECT_ERRNO(EACCES, try_bind_close(499));
	}
}

/* Keys that every kernel has, each with a value that is not the usual one. */
static const struct {
	const char *file, *value;
} keys[] = {
	{ SYSCTL "ipv4/ip_default_ttl", "77" },	    { SYSCTL "ipv4/ip_forward", "1" },
	{ SYSCTL "ipv4/tcp_syn_retries", "3" },	    { SYSCTL "ipv4/conf/all/rp_filter", "2" },
	{ SYSCTL "ipv6/conf/all/hop_limit", "78" }, { SYSCTL "core/somaxconn", "99" },
	{ SYSCTL "ipv4/tcp_keepalive_time", "55" }, { SYSCTL "ipv4/conf/lo/accept_local", "1" },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

TEST_F(net, sysctl_per_ns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		char *before[KEYS];
		struct child c;

		for (size_t i = 0; i < KEYS; i++)
			before[i] =
				access(keys[i].file, F_OK) ? NULL : file_read("%s", keys[i].file);
		CHILD (&c, .flags = CLONE_NEWNET) {
			for (size_t i = 0; i < KEYS; i++)
				if (before[i])
					EXPECT_OK(file_try_write(keys[i].file, keys[i].value));
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		int home = ns_open(0, "net"), fd = ns_open(c.pid, "net");
		for (size_t i = 0; i < KEYS; i++) {
			if (!before[i])
				continue;
			EXPECT_STRNE(keys[i].value, before[i]);
			EXPECT_STREQ(before[i], file_read("%s", keys[i].file));
			ns_join(fd, CLONE_NEWNET);
			EXPECT_STREQ(keys[i].value, file_read("%s", keys[i].file));
			ns_join(home, CLONE_NEWNET);
			EXPECT_STREQ(before[i], file_read("%s", keys[i].file));
		}
		child_kill(&c);
	}
}

TEST_F(net, sysctl_owner_writable)
{
	IN_CHILD (.flags = CLONE_NEWNET)
		IN_CHILD (.flags = CLONE_NEWUSER, .map = cred_foreign_map()) {
			struct stat st;

			MUST(setresgid(0, 0, 0));
			MUST(setresuid(0, 0, 0));
			EXPECT_ERRNO(EACCES, open(keys[0].file, O_WRONLY | O_CLOEXEC) < 0 ? -1 : 0);
			ns_unshare(CLONE_NEWNET);
			MUST(stat(keys[0].file, &st));
			EXPECT_EQ(0, st.st_uid);
			EXPECT_EQ(0, st.st_gid);
			EXPECT_OK(file_try_write(keys[0].file, "79"));
			EXPECT_EQ(79, file_number("%s", keys[0].file));
		}
}

/* Each is set in the caller's namespace, and a new one below has what is standard. */
static void expect_fresh(int somaxconn, int qlen)
{
	file_write(SYSCTL "core/somaxconn", "%d", somaxconn);
	file_write(SYSCTL "unix/max_dgram_qlen", "%d", qlen);
	IN_CHILD (.flags = CLONE_NEWNET) {
		EXPECT_EQ(4096, file_number(SYSCTL "core/somaxconn"));
		EXPECT_EQ(10, file_number(SYSCTL "unix/max_dgram_qlen"));
		file_write(SYSCTL "unix/max_dgram_qlen", "21");
	}
	EXPECT_EQ(somaxconn, file_number(SYSCTL "core/somaxconn"));
	EXPECT_EQ(qlen, file_number(SYSCTL "unix/max_dgram_qlen"));
}

TEST_F(net, sysctl_fresh_values)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		/* Old kernels hide it from all but the initial user namespace. */
		if (!cred_is_initial())
			need_working(!access(SYSCTL "core/somaxconn", F_OK), SYS_KNOWN_6_13,
				     "net.core.somaxconn in a user namespace");
		expect_fresh(17, 19);
	}
	/* Nor those of the initial namespace. */
	if (cred_is_initial() && need_is_disposable()) {
		int somaxconn = file_number(SYSCTL "core/somaxconn");
		int qlen = file_number(SYSCTL "unix/max_dgram_qlen");

		expect_fresh(4097, 511);
		file_write(SYSCTL "core/somaxconn", "%d", somaxconn);
		file_write(SYSCTL "unix/max_dgram_qlen", "%d", qlen);
	}
}

/* The group range admits ping sockets, in ids of the owner, only where it is set. */
TEST_F(net, sysctl_ping_group)
{
	const char *file = SYSCTL "ipv4/ping_group_range";

	if (cred_is_initial())
		IN_CHILD (.flags = CLONE_NEWNET)
			EXPECT_STREQ("1\t0", file_read("%s", file));
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNET) {
		/* The ids 1 and 0 of the initial user namespace, as they look from here. */
		char *fresh = file_read("%s", file);

		EXPECT_ERRNO(EACCES, try_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
		EXPECT_OK(file_try_write(file, "0 0"));
		EXPECT_OK(try_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
		EXPECT_ERRNO(EINVAL, file_try_write(file, "0 7"));
		EXPECT_STREQ("0\t0", file_read("%s", file));
		IN_CHILD (.flags = CLONE_NEWNET) {
			EXPECT_STREQ(fresh, file_read("%s", file));
			EXPECT_ERRNO(EACCES, try_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
		}
	}
}

/* SO_MARK is judged by the owner of where the socket was born. */
TEST_F(net, socket_cap_check_own_ns)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		int old = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

		EXPECT_OK(try_option(old, SO_MARK));
		IN_CHILD (.flags = OWNED_BY_CHILD) {
			int own = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

			EXPECT_OK(try_option(own, SO_MARK));
			EXPECT_ERRNO(EPERM, try_option(old, SO_MARK));
			cred_drop_all();
			EXPECT_ERRNO(EPERM, try_option(own, SO_MARK));
		}
	}
}

SUITE_MAIN()
