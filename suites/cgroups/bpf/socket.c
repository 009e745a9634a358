// SPDX-License-Identifier: GPL-2.0-only
/* What BPF programs of a cgroup decide about sockets and sysctls of its members. */
#include "bpf.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* A program that says 0 or 1 to all, attached. */
static int attach_constant(const struct cgroup *cg, int type, int attach_type, int says)
{
	int prog = prog_constant(type, attach_type, says);

	ASSERT_OK(prog_try_attach(cg, prog, attach_type, 0));
	return prog;
}

static int udp(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int try_send(int fd, int port)
{
	struct sockaddr_in to = loopback(port);

	return sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) == 1 ? 0 : -1;
}

/* connect to this port of lo, whatever was asked for */
static int prog_redirect(int port)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, htons(port)),
		INSN(BPF_STX | BPF_MEM | BPF_W, 1, 2, offsetof(struct bpf_sock_addr, user_port), 0),
		RETURN(1),
	};

	return prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, insns);
}

TEST_F(bpf, sock_create_bind_connect)
{
	IN_CHILD (.flags = CLONE_NEWNET, .cgroup = &self->a) {
		net_loopback_up();
		int listener = net_bind(SOCK_STREAM, 0), port = net_port(listener), prog;

		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SOCK,
				       BPF_CGROUP_INET_SOCK_CREATE, 0);
		EXPECT_ERRNO(EPERM, udp());
		EXPECT_ERRNO(EPERM, socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
		EXPECT_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_INET_SOCK_CREATE));
		EXPECT_OK(udp());
		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
				       BPF_CGROUP_INET4_BIND, 0);
		EXPECT_ERRNO(EPERM, net_try_bind(SOCK_DGRAM, 0));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_INET4_BIND));
		EXPECT_OK(net_try_bind(SOCK_DGRAM, 0));
		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
				       BPF_CGROUP_INET4_CONNECT, 0);
		EXPECT_ERRNO(EPERM, net_try_connect(port));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_INET4_CONNECT));
		EXPECT_OK(net_try_connect(port));
		/* Nobody listens there, but that is not where it goes. */
		EXPECT_ERRNO(ECONNREFUSED, net_try_connect(port == 9 ? 7 : 9));
		MUST(prog_try_attach(&self->a, prog_redirect(port), BPF_CGROUP_INET4_CONNECT, 0));
		EXPECT_OK(net_try_connect(port == 9 ? 7 : 9));
	}
}

/* What was sent on the loopback comes at once, unless softirqs have to wait for their thread. */
static bool got(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 1;
}

/* The socket counts for the cgroup it was made in. */
TEST_F(bpf, skb)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		net_loopback_up();
		int outer = MUST(udp()), server = net_bind(SOCK_DGRAM, 0), port = net_port(server),
		    prog;
		char byte;

		cgroup_add(&self->a, 0);
		int inner = MUST(udp()), own = net_bind(SOCK_DGRAM, 0);
		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS,
				       0);
		EXPECT_ERRNO(EPERM, try_send(inner, port));
		EXPECT_OK(try_send(outer, port));
		EXPECT_SOON(got(server));
		EXPECT_ERRNO(EAGAIN, recv(server, &byte, 1, MSG_DONTWAIT));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_INET_EGRESS));
		EXPECT_OK(try_send(inner, port));
		EXPECT_SOON(got(server));
		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS,
				       0);
		/* Once the second has come, the first has come or never will. */
		EXPECT_OK(try_send(inner, net_port(own)));
		EXPECT_OK(try_send(inner, port));
		EXPECT_SOON(got(server));
		EXPECT_ERRNO(EAGAIN, recv(own, &byte, 1, MSG_DONTWAIT));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_INET_INGRESS));
		EXPECT_OK(try_send(inner, net_port(own)));
		EXPECT_SOON(got(own));
	}
}

TEST_F(bpf, sockopt)
{
	IN_CHILD (.flags = CLONE_NEWNET, .cgroup = &self->a) {
		int fd = MUST(udp()), on = 1, seen = 0, prog;
		socklen_t len = sizeof(seen);

		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SOCKOPT,
				       BPF_CGROUP_SETSOCKOPT, 0);
		EXPECT_ERRNO(EPERM, setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)));
		EXPECT_OK(getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &seen, &len));
		EXPECT_EQ(0, seen);
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_SETSOCKOPT));
		EXPECT_OK(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)));
		prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SOCKOPT,
				       BPF_CGROUP_GETSOCKOPT, 0);
		EXPECT_ERRNO(EPERM, getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &seen, &len));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_GETSOCKOPT));
		EXPECT_OK(getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &seen, &len));
		EXPECT_EQ(1, seen);
	}
}

TEST_F(bpf, sysctl)
{
	static const char file[] = "/proc/sys/net/ipv4/ip_default_ttl";

	IN_CHILD (.flags = CLONE_NEWNET, .cgroup = &self->a) {
		char text[16];

		file_write(file, "70");
		int prog = attach_constant(&self->a, BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL,
					   0);
		EXPECT_ERRNO(EPERM, file_try_read(file, text, sizeof(text)));
		EXPECT_ERRNO(EPERM, file_try_write(file, "71"));
		EXPECT_OK(file_try_read("/proc/self/status", text, sizeof(text)));
		MUST(prog_try_detach(&self->a, prog, BPF_CGROUP_SYSCTL));
		EXPECT_EQ(70, file_number(file));
		EXPECT_OK(file_try_write(file, "71"));
	}
}

SUITE_MAIN()
