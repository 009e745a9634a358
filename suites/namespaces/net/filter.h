// SPDX-License-Identifier: GPL-2.0-only
/* Requests to nf_tables, in batches of one, and UDP to lo that a rule may stop. */
#ifndef FILTER_H
#define FILTER_H

#include "suite.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

static inline void nft_begin(struct net_msg *m, int type, int flags)
{
	struct nfgenmsg *nfg = net_begin(m, NFNL_SUBSYS_NFTABLES << 8 | type, flags, sizeof(*nfg));

	nfg->nfgen_family = NFPROTO_IPV4;
}

static inline size_t nft_mark(char *at, int type)
{
	struct net_msg m;
	struct nfgenmsg *nfg = net_begin(&m, type, 0, sizeof(*nfg));

	nfg->res_id = htons(NFNL_SUBSYS_NFTABLES);
	memcpy(at, &m, net_header(&m)->nlmsg_len);
	return net_header(&m)->nlmsg_len;
}

/* Between the marks of a batch; 0, or -1 with the kernel's errno. */
static inline int nft_talk(struct net_msg *m)
{
	_Alignas(8) char out[sizeof(*m) + 256], in[8192];
	int fd = net_socket(NETLINK_NETFILTER);
	struct nlmsghdr *answer = (void *)in;
	size_t n;

	net_header(m)->nlmsg_flags |= NLM_F_ACK;
	n = nft_mark(out, NFNL_MSG_BATCH_BEGIN);
	memcpy(out + n, m, net_header(m)->nlmsg_len);
	n += net_header(m)->nlmsg_len;
	n += nft_mark(out + n, NFNL_MSG_BATCH_END);
	MUST(send(fd, out, n, 0));
	MUST(recv(fd, in, sizeof(in), 0));
	close(fd);
	if (answer->nlmsg_type != NLMSG_ERROR)
		check_setup_failed(HERE, "nf_tables answered with %d", answer->nlmsg_type);
	errno = -((struct nlmsgerr *)(answer + 1))->error;
	return errno ? -1 : 0;
}

static inline int nft_try_add_table(const char *name)
{
	struct net_msg m;

	nft_begin(&m, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	net_put_text(&m, NFTA_TABLE_NAME, name);
	return nft_talk(&m);
}

static inline int nft_try_del_table(const char *name)
{
	struct net_msg m;

	nft_begin(&m, NFT_MSG_DELTABLE, 0);
	net_put_text(&m, NFTA_TABLE_NAME, name);
	return nft_talk(&m);
}

/* A chain "out" at the output hook, with a policy. */
static inline int nft_try_add_chain(const char *table, int policy)
{
	struct nlattr *hook;
	struct net_msg m;

	nft_begin(&m, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	net_put_text(&m, NFTA_CHAIN_TABLE, table);
	net_put_text(&m, NFTA_CHAIN_NAME, "out");
	hook = net_nest(&m, NFTA_CHAIN_HOOK);
	net_put_u32(&m, NFTA_HOOK_HOOKNUM, htonl(NF_INET_LOCAL_OUT));
	net_put_u32(&m, NFTA_HOOK_PRIORITY, htonl(0));
	net_nest_end(&m, hook);
	net_put_u32(&m, NFTA_CHAIN_POLICY, htonl(policy));
	net_put_text(&m, NFTA_CHAIN_TYPE, "filter");
	return nft_talk(&m);
}

/* A rule of the chain "out" with one expression, whose attributes are put between the two. */
struct nft_rule {
	struct net_msg m;
	struct nlattr *list, *one, *data;
};

static inline void nft_rule_begin(struct nft_rule *r, const char *table, const char *expression)
{
	nft_begin(&r->m, NFT_MSG_NEWRULE, NLM_F_CREATE);
	net_put_text(&r->m, NFTA_RULE_TABLE, table);
	net_put_text(&r->m, NFTA_RULE_CHAIN, "out");
	r->list = net_nest(&r->m, NFTA_RULE_EXPRESSIONS);
	r->one = net_nest(&r->m, NFTA_LIST_ELEM);
	net_put_text(&r->m, NFTA_EXPR_NAME, expression);
	r->data = net_nest(&r->m, NFTA_EXPR_DATA);
}

static inline int nft_rule_try_add(struct nft_rule *r)
{
	net_nest_end(&r->m, r->data);
	net_nest_end(&r->m, r->one);
	net_nest_end(&r->m, r->list);
	return nft_talk(&r->m);
}

/* One that logs what passes, with a prefix. */
static inline int nft_try_add_log(const char *table, const char *prefix)
{
	struct nft_rule r;

	nft_rule_begin(&r, table, "log");
	net_put_text(&r.m, NFTA_LOG_PREFIX, prefix);
	return nft_rule_try_add(&r);
}

/* One that asks for the state of the connection, which is what turns tracking on. */
static inline int nft_try_add_ct(const char *table)
{
	struct nft_rule r;

	nft_rule_begin(&r, table, "ct");
	net_put_u32(&r.m, NFTA_CT_DREG, htonl(NFT_REG_1));
	net_put_u32(&r.m, NFTA_CT_KEY, htonl(NFT_CT_STATE));
	return nft_rule_try_add(&r);
}

static inline void nft_count_seen(const struct nlmsghdr *m __attribute__((unused)), void *data)
{
	++*(int *)data;
}

/* How many tables are there here? */
static inline int nft_tables(void)
{
	int fd = net_socket(NETLINK_NETFILTER), n = 0;
	struct net_msg m;

	nft_begin(&m, NFT_MSG_GETTABLE, 0);
	MUST(net_dump_on(fd, &m, nft_count_seen, &n));
	close(fd);
	return n;
}

#define DATAGRAM_PORT 9

/* A datagram to lo: 0, or -1 with errno, EPERM where a rule drops it. */
static inline int datagram_try_send_to(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), e;
	ssize_t n = sendto(fd, "x", 1, 0, (void *)&to, sizeof(to));

	e = errno;
	close(fd);
	errno = e;
	return n == 1 ? 0 : -1;
}

static inline int datagram_try_send(void)
{
	return datagram_try_send_to(DATAGRAM_PORT);
}

#endif
