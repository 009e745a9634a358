// SPDX-License-Identifier: GPL-2.0-only
/*
 * net_cls and net_prio: what packets carry of the cgroup that their socket is of.
 * The class is seen by a rule of nftables that drops what has it, the priority by
 * a socket filter at the other end of lo that keeps so many bytes.
 */
#include "../../namespaces/net/filter.h"
#include "../bpf/prog.h"
#include "v1.h"

#include <arpa/inet.h>

AREA(v1_net);

/* meta, cmp and drop: one expression after the other in a rule. */
static struct nlattr *expression(struct net_msg *m, const char *name, struct nlattr **data)
{
	struct nlattr *one = net_nest(m, NFTA_LIST_ELEM);

	net_put_text(m, NFTA_EXPR_NAME, name);
	*data = net_nest(m, NFTA_EXPR_DATA);
	return one;
}

static void expression_end(struct net_msg *m, struct nlattr *one, struct nlattr *data)
{
	net_nest_end(m, data);
	net_nest_end(m, one);
}

/* What leaves with this class is dropped, which its sender is told of by EPERM. */
static int try_drop_class(uint32_t classid)
{
	struct nlattr *list, *one, *data, *value, *verdict_;
	struct net_msg m;

	nft_begin(&m, NFT_MSG_NEWRULE, NLM_F_CREATE);
	net_put_text(&m, NFTA_RULE_TABLE, "t");
	net_put_text(&m, NFTA_RULE_CHAIN, "out");
	list = net_nest(&m, NFTA_RULE_EXPRESSIONS);
	one = expression(&m, "meta", &data);
	net_put_u32(&m, NFTA_META_DREG, htonl(NFT_REG_1));
	net_put_u32(&m, NFTA_META_KEY, htonl(NFT_META_CGROUP));
	expression_end(&m, one, data);
	one = expression(&m, "cmp", &data);
	net_put_u32(&m, NFTA_CMP_SREG, htonl(NFT_REG_1));
	net_put_u32(&m, NFTA_CMP_OP, htonl(NFT_CMP_EQ));
	value = net_nest(&m, NFTA_CMP_DATA);
	net_put_u32(&m, NFTA_DATA_VALUE, classid);
	net_nest_end(&m, value);
	expression_end(&m, one, data);
	one = expression(&m, "immediate", &data);
	net_put_u32(&m, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	value = net_nest(&m, NFTA_IMMEDIATE_DATA);
	verdict_ = net_nest(&m, NFTA_DATA_VERDICT);
	net_put_u32(&m, NFTA_VERDICT_CODE, htonl(NF_DROP));
	net_nest_end(&m, verdict_);
	net_nest_end(&m, value);
	expression_end(&m, one, data);
	net_nest_end(&m, list);
	return nft_talk(&m);
}

/* In a network namespace of the caller's own. */
static void drop_class(uint32_t classid)
{
	need_module("nf_tables");
	net_loopback_up();
	MUST(nft_try_add_table("t"));
	MUST(nft_try_add_chain("t", NF_ACCEPT));
	MUST(try_drop_class(classid));
}

/* One datagram to a port of lo; 0 or the errno. */
static int send_errno(int fd, int port, size_t size)
{
	static char data[1024];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return sendto(fd, data, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int udp(void)
{
	return MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

#define CLASS "0x10001"
enum { CLASS_ID = 0x10001 };

TEST_F(v1_net, cls_classid)
{
	struct cgroup a = cgroup_v1_make("net_cls", "a"), older = v1_below(&a, "older"), newer;

	EXPECT_EQ(0, cgroup_number(&a, "net_cls.classid"));
	EXPECT_OK(cgroup_try_write(&a, "net_cls.classid", CLASS));
	EXPECT_EQ(CLASS_ID, cgroup_number(&a, "net_cls.classid"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "net_cls.classid", "x"));
	EXPECT_EQ(0, cgroup_number(&older, "net_cls.classid"));
	newer = v1_below(&a, "newer");
	EXPECT_EQ(CLASS_ID, cgroup_number(&newer, "net_cls.classid"));
	const struct cgroup *const cgs[] = { &a, &older, &newer };
	for (int i = 0; i < 3; i++)
		IN_CHILD (.flags = CLONE_NEWNET) {
			drop_class(CLASS_ID);
			int port = net_port(net_bind(SOCK_DGRAM, 0));

			EXPECT_EQ(0, send_errno(udp(), port, 10));
			cgroup_add(cgs[i], 0);
			EXPECT_EQ(i == 1 ? 0 : EPERM, send_errno(udp(), port, 10));
		}
}

TEST_F(v1_net, cls_updates_open_sockets)
{
	struct cgroup a = cgroup_v1_make("net_cls", "a"), b = cgroup_v1_make("net_cls", "b");

	cgroup_write(&b, "net_cls.classid", CLASS);
	IN_CHILD (.flags = CLONE_NEWNET) {
		drop_class(CLASS_ID);
		int port = net_port(net_bind(SOCK_DGRAM, 0)), fd = udp();

		EXPECT_EQ(0, send_errno(fd, port, 10));
		/* By a move, there and back, and by a new number of the cgroup it is in. */
		cgroup_add(&b, 0);
		EXPECT_EQ(EPERM, send_errno(fd, port, 10));
		cgroup_add(&a, 0);
		EXPECT_EQ(0, send_errno(fd, port, 10));
		cgroup_write(&a, "net_cls.classid", CLASS);
		EXPECT_EQ(EPERM, send_errno(fd, port, 10));
		cgroup_write(&a, "net_cls.classid", "0");
		EXPECT_EQ(0, send_errno(fd, port, 10));
	}
}

static char *priority_of(const struct cgroup *cg, const char *device)
{
	return text_value(cgroup_read(cg, "net_prio.ifpriomap"), device);
}

/* A socket that keeps of each datagram as many bytes as its priority says. */
static int bind_measuring(void)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, offsetof(struct __sk_buff, priority), 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 8), /* the header of UDP */
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	int fd = net_bind(SOCK_DGRAM, 0), prog = prog_load(BPF_PROG_TYPE_SOCKET_FILTER, 0, insns);

	MUST(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)));
	return fd;
}

/* The priority of a datagram that a member of the cgroup sends. */
static int priority_in(const struct cgroup *cg, int at)
{
	char data[1024];

	IN_CHILD () {
		cgroup_add(cg, 0);
		EXPECT_EQ(0, send_errno(udp(), net_port(at), sizeof(data)));
	}
	if (!poll_one(at, POLLIN, wait_limit_ms(5)))
		check_setup_failed(HERE, "no datagram came over lo");
	return MUST(recv(at, data, sizeof(data), 0));
}

TEST_F(v1_net, prio_map)
{
	struct cgroup a = cgroup_v1_make("net_prio", "a"), older = v1_below(&a, "older"), newer;
	bool was_up = net_flags("lo") & 1;
	static const char *const bad[] = { "lo", "x", "lo x", "" };

	/* The map knows the devices of the first network namespace, so that is where we are. */
	if (!was_up)
		need_disposable();
	EXPECT_STREQ("0", priority_of(&a, "lo"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (*bad[i])
			check_errno(HERE, bad[i], EINVAL,
				    cgroup_try_write(&a, "net_prio.ifpriomap", "%s", bad[i]));
	EXPECT_ERRNO(ENODEV, cgroup_try_write(&a, "net_prio.ifpriomap", "nosuch 5"));
	EXPECT_OK(cgroup_try_write(&a, "net_prio.ifpriomap", "lo 5"));
	EXPECT_STREQ("5", priority_of(&a, "lo"));
	EXPECT_STREQ("0", priority_of(&older, "lo"));
	newer = v1_below(&a, "newer");
	EXPECT_STREQ("5", priority_of(&newer, "lo"));
	cgroup_write(&older, "net_prio.ifpriomap", "lo 77");
	net_up("lo");
	int at = bind_measuring();
	EXPECT_EQ(5, priority_in(&a, at));
	EXPECT_EQ(5, priority_in(&newer, at));
	EXPECT_EQ(77, priority_in(&older, at));
	cgroup_write(&a, "net_prio.ifpriomap", "lo 0");
	EXPECT_EQ(0, priority_in(&a, at));
	net_try_set_up("lo", was_up);
}

SUITE_MAIN(.alone = true)
