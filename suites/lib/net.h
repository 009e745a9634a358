// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network devices of the caller's network namespace, by rtnetlink.  A plain
 * name fails the set-up; a _try_ name returns -1 with errno.
 */
#ifndef SUITE_NET_H
#define SUITE_NET_H

#include "check.h"

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Bring lo up; failing is failed set-up. */
#define net_loopback_up() net_loopback_up_at(HERE)
void net_loopback_up_at(struct here h);

/* A request being built, and afterwards the first message of the answer. */
struct net_msg {
	_Alignas(8) char data[8192];
};
/* Begin one with a zeroed body of that size, which is returned. */
void *net_begin(struct net_msg *m, int type, int flags, size_t body);
struct nlmsghdr *net_header(struct net_msg *m);
void net_put(struct net_msg *m, int attr, const void *data, size_t size);
void net_put_u32(struct net_msg *m, int attr, uint32_t value);
void net_put_text(struct net_msg *m, int attr, const char *text);
/* Nested attributes: what is put between the two. */
struct nlattr *net_nest(struct net_msg *m, int attr);
void net_nest_end(struct net_msg *m, struct nlattr *nest);
/* An attribute behind a body of that size; NULL: not there. */
const struct nlattr *net_attr(const struct nlmsghdr *m, size_t body, int attr);
/* Its 32 bits; -2 where it is not there (-1 is a value that nsids have). */
int64_t net_attr_int(const struct nlmsghdr *m, size_t body, int attr);

/* A netlink socket; failing is failed set-up. */
#define net_socket(protocol) net_socket_at(HERE, protocol)
int net_socket_at(struct here h, int protocol);
/* Send and wait for the acknowledgement; 0, or -1 with the errno that the kernel answered. */
int net_talk_on(int fd, struct net_msg *m);
/* The same over a fresh rtnetlink socket. */
int net_talk(struct net_msg *m);
/* Run a dump, each message of it through seen; 0, or -1 with errno. */
typedef void net_seen_fn(const struct nlmsghdr *m, void *data);
int net_dump_on(int fd, struct net_msg *m, net_seen_fn *seen, void *data);
int net_dump(struct net_msg *m, net_seen_fn *seen, void *data);

/*
 * A device of the kind ("veth", "bridge"); NULL is a virtual one that may move,
 * dummy or ifb.  Skips the test where the kernel has no such kind.
 */
#define net_add(name, kind) net_add_at(HERE, name, kind)
void net_add_at(struct here h, const char *name, const char *kind);
int net_try_add(const char *name, const char *kind);
/* The same with a given ifindex. */
int net_try_add_index(const char *name, const char *kind, int index);
/* Two ends; the peer in the namespace of the descriptor, -1: here. */
#define net_add_veth(name, peer, peer_ns) net_add_veth_at(HERE, name, peer, peer_ns)
void net_add_veth_at(struct here h, const char *name, const char *peer, int peer_ns);
int net_try_add_veth(const char *name, const char *peer, int peer_ns);
int net_try_del(const char *name);
/* Up or down. */
int net_try_set_up(const char *name, bool up);
#define net_up(name) net_up_at(HERE, name)
void net_up_at(struct here h, const char *name);
/* To the namespace of a descriptor or a process. */
int net_try_move_fd(const char *name, int ns);
int net_try_move_pid(const char *name, int pid);
#define net_move_to(name, ns) net_move_to_at(HERE, name, ns)
void net_move_to_at(struct here h, const char *name, int ns);

/* Is there a device of the name? Its number, 0: none. */
int net_index(const char *name);
/* Names of all, by RTM_GETLINK, "lo a b"; malloc'ed. */
#define net_list() net_list_at(HERE)
char *net_list_at(struct here h);
/* IFF_* flags of a device. */
#define net_flags(name) net_flags_at(HERE, name)
unsigned int net_flags_at(struct here h, const char *name);

/* IPv4 in dotted form. */
int net_try_add_addr(const char *name, const char *addr, int prefix);
#define net_add_addr(name, addr, prefix) net_add_addr_at(HERE, name, addr, prefix)
void net_add_addr_at(struct here h, const char *name, const char *addr, int prefix);
/* Does RTM_GETADDR list it on any device? */
#define net_has_addr(addr) net_has_addr_at(HERE, addr)
bool net_has_addr_at(struct here h, const char *addr);
/* A route of the main table through the device. */
int net_try_add_route(const char *name, const char *dst, int prefix);
/* How many IPv4 routes does the table have? */
#define net_routes(table) net_routes_at(HERE, table)
int net_routes_at(struct here h, int table);

/* A socket bound to 127.0.0.1 and the port (0: any), listening if it is a stream; -1 and errno. */
int net_try_bind(int type, int port);
#define net_bind(type, port) net_bind_at(HERE, type, port)
int net_bind_at(struct here h, int type, int port);
/* The port a socket got. */
int net_port(int fd);
/* connect(2) of a fresh stream socket to 127.0.0.1; the descriptor, or -1 and errno. */
int net_try_connect(int port);

#endif
