// SPDX-License-Identifier: GPL-2.0-only
/* Packet filters and connection tracking of each network namespace. */
#include "filter.h"

#include <linux/netfilter_ipv4/ip_tables.h>

#define CONNTRACK "/proc/sys/net/netfilter/nf_conntrack_"

AREA(net);

/* Rules of one namespace act in it and nowhere else; the caller is in a new one with lo up. */
#define IN_FILTERED_NS()                 \
	IN_CHILD (.flags = CLONE_NEWNET) \
		for (bool once_ = (net_loopback_up(), true); once_; once_ = false)

TEST_F(net, nftables_isolation)
{
	IN_FILTERED_NS()
	{
		struct child c;

		EXPECT_EQ(0, nft_tables());
		EXPECT_OK(nft_try_add_table("mine"));
		CHILD (&c, .flags = CLONE_NEWNET) {
			net_loopback_up();
			EXPECT_EQ(0, nft_tables());
			EXPECT_ERRNO(ENOENT, nft_try_del_table("mine"));
			EXPECT_OK(nft_try_add_table("bulkhead"));
			EXPECT_ERRNO(EEXIST, nft_try_add_table("bulkhead"));
			EXPECT_OK(datagram_try_send());
			EXPECT_OK(nft_try_add_chain("bulkhead", NF_DROP));
			EXPECT_ERRNO(EPERM, datagram_try_send());
			EXPECT_EQ(1, nft_tables());
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		EXPECT_OK(datagram_try_send());
		EXPECT_EQ(1, nft_tables());
		EXPECT_ERRNO(ENOENT, nft_try_del_table("bulkhead"));
		EXPECT_OK(nft_try_del_table("mine"));
		ns_join(ns_open(c.pid, "net"), CLONE_NEWNET);
		EXPECT_ERRNO(EPERM, datagram_try_send());
		EXPECT_OK(nft_try_del_table("bulkhead"));
		EXPECT_OK(datagram_try_send());
		child_kill(&c);
	}
}

/* The "filter" table of iptables as it is now. */
struct filter {
	int fd;
	struct ipt_getinfo info;
	struct ipt_get_entries *entries;
};

static struct filter filter_get(void)
{
	struct filter f = { .fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW),
			    .info.name = "filter" };
	socklen_t len = sizeof(f.info);

	if (f.fd < 0)
		check_setup_failed(HERE, "a raw socket: %s", errno_name(errno));
	if (getsockopt(f.fd, IPPROTO_IP, IPT_SO_GET_INFO, &f.info, &len)) {
		if (errno == ENOPROTOOPT || errno == ENOENT)
			check_skip("not supported: the filter table of iptables (%s)",
				   errno_name(errno));
		check_setup_failed(HERE, "IPT_SO_GET_INFO: %s", errno_name(errno));
	}
	len = sizeof(*f.entries) + f.info.size;
	f.entries = calloc(1, len);
	snprintf(f.entries->name, sizeof(f.entries->name), "filter");
	f.entries->size = f.info.size;
	MUST(getsockopt(f.fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, f.entries, &len));
	return f;
}

/* The verdict at the end of the chain at that hook. */
static int *filter_policy(struct filter *f, int hook)
{
	struct ipt_entry *e = (void *)((char *)f->entries->entrytable + f->info.underflow[hook]);
	struct xt_standard_target *t = (void *)((char *)e + e->target_offset);

	return &t->verdict;
}

static int filter_try_set_policy(int hook, int target)
{
	struct filter f = filter_get();
	struct ipt_replace *r = calloc(1, sizeof(*r) + f.info.size);
	int ret;

	*filter_policy(&f, hook) = -target - 1;
	snprintf(r->name, sizeof(r->name), "filter");
	r->valid_hooks = f.info.valid_hooks;
	r->num_entries = r->num_counters = f.info.num_entries;
	r->size = f.info.size;
	memcpy(r->hook_entry, f.info.hook_entry, sizeof(r->hook_entry));
	memcpy(r->underflow, f.info.underflow, sizeof(r->underflow));
	r->counters = calloc(r->num_counters, sizeof(struct xt_counters));
	memcpy(r->entries, f.entries->entrytable, f.info.size);
	ret = setsockopt(f.fd, IPPROTO_IP, IPT_SO_SET_REPLACE, r, sizeof(*r) + f.info.size);
	close(f.fd);
	return ret;
}

/* Three chains, each of nothing but ACCEPT, and the mark of the end. */
static void expect_fresh_filter(void)
{
	struct filter f = filter_get();

	EXPECT_EQ(4, f.info.num_entries);
	for (int hook = NF_INET_LOCAL_IN; hook <= NF_INET_LOCAL_OUT; hook++)
		EXPECT_EQ(-NF_ACCEPT - 1, *filter_policy(&f, hook));
	close(f.fd);
}

TEST_F(net, iptables_isolation)
{
	IN_FILTERED_NS()
	{
		struct child c;

		expect_fresh_filter();
		CHILD (&c, .flags = CLONE_NEWNET) {
			net_loopback_up();
			expect_fresh_filter();
			EXPECT_OK(datagram_try_send());
			EXPECT_OK(filter_try_set_policy(NF_INET_LOCAL_OUT, NF_DROP));
			EXPECT_ERRNO(EPERM, datagram_try_send());
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		EXPECT_OK(datagram_try_send());
		expect_fresh_filter();
		IN_CHILD (.flags = CLONE_NEWNET) {
			net_loopback_up();
			expect_fresh_filter();
			EXPECT_OK(datagram_try_send());
		}
		child_kill(&c);
	}
}

/* Connections are tracked where a rule asks for it. */
static void need_tracking_here(void)
{
	if (nft_try_add_table("bulkhead"))
		check_skip("not supported: nf_tables (%s)", errno_name(errno));
	MUST(nft_try_add_chain("bulkhead", NF_ACCEPT));
	if (nft_try_add_ct("bulkhead")) {
		if (errno == ENOENT)
			check_skip("not supported: the nf_tables expression ct (nft_ct)");
		check_setup_failed(HERE, "a rule with ct: %s", errno_name(errno));
	}
}

TEST_F(net, conntrack_isolation)
{
	IN_FILTERED_NS()
	{
		struct child c;

		need_tracking_here();
		EXPECT_EQ(0, file_number(CONNTRACK "count"));
		CHILD (&c, .flags = CLONE_NEWNET) {
			net_loopback_up();
			need_tracking_here();
			EXPECT_EQ(0, file_number(CONNTRACK "count"));
			/* From ports that chance gives, so to one may be a connection twice. */
			for (int i = 0; i < 3; i++)
				MUST(datagram_try_send_to(DATAGRAM_PORT + i));
			EXPECT_EQ(3, file_number(CONNTRACK "count"));
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		EXPECT_EQ(0, file_number(CONNTRACK "count"));
		if (!access("/proc/net/nf_conntrack", F_OK))
			EXPECT_EQ(0, text_lines(file_read("/proc/net/nf_conntrack")));
		MUST(datagram_try_send());
		EXPECT_EQ(1, file_number(CONNTRACK "count"));
		if (!access("/proc/net/nf_conntrack", F_OK))
			EXPECT_EQ(1, text_lines(file_read("/proc/net/nf_conntrack")));
		ns_join(ns_open(c.pid, "net"), CLONE_NEWNET);
		EXPECT_EQ(3, file_number(CONNTRACK "count"));
		child_kill(&c);
	}
}

TEST_F(net, conntrack_global)
{
	static const char *const files[] = { CONNTRACK "max", CONNTRACK "expect_max",
					     CONNTRACK "buckets" };
	static const char hashsize[] = "/sys/module/nf_conntrack/parameters/hashsize";

	if (!cred_is_initial())
		check_skip("not permitted: root in the initial user namespace");
	IN_CHILD (.flags = CLONE_NEWNET) {
		for (int i = 0; i < 3; i++) {
			struct stat st;

			MUST(stat(files[i], &st));
			EXPECT_EQ(0444, st.st_mode & 0777);
			/* The value that it has: nothing changes should it be taken. */
			EXPECT_ERRNO(EACCES, file_try_write(files[i], file_read("%s", files[i])));
		}
		if (access(hashsize, F_OK))
			check_note("no module parameter hashsize");
		else
			EXPECT_ERRNO(EOPNOTSUPP,
				     file_try_write(hashsize, file_read("%s", hashsize)));
	}
}

SUITE_MAIN()
