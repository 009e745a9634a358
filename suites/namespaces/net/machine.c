// SPDX-License-Identifier: GPL-2.0-only
/* What takes a machine of one's own to see: switches of all network namespaces, physical devices.
 */
#include "filter.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>

AREA(net);

/* A switch of the machine, put back when the block ends. */
struct knob {
	const char *file;
	char *before;
};

static struct knob knob_set(const char *file, const char *value)
{
	struct knob k = { file, NULL };

	need_file(file, file);
	k.before = file_read("%s", file);
	file_write(file, "%s", value);
	return k;
}

static void knob_restore(struct knob *k)
{
	file_write(k->file, "%s", k->before);
}

/* What the file says in a new namespace made from here. */
static char *fresh(const char *file)
{
	static char text[256];
	struct child c;
	int pipes[2];
	ssize_t n;

	MUST(pipe2(pipes, O_CLOEXEC));
	CHILD (&c, .flags = CLONE_NEWNET) {
		char *read = file_read("%s", file);
		MUST(write(pipes[1], read, strlen(read) + 1));
	}
	child_wait(&c);
	n = MUST(read(pipes[0], text, sizeof(text) - 1));
	text[n] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	return strdup(text);
}

TEST_F(net, sysctl_tcp_inherit)
{
	static const struct {
		const char *file, *elsewhere, *initial;
	} keys[] = {
		{ "/proc/sys/net/ipv4/tcp_rmem", "4096\t65536\t131072", "4096\t65537\t1048576" },
		{ "/proc/sys/net/ipv4/tcp_wmem", "4096\t32768\t131072", "4096\t32769\t1048576" },
		{ "/proc/sys/net/ipv4/tcp_congestion_control", "reno", "reno" },
	};

	for (int i = 0; i < 3; i++) {
		char *initial = file_read("%s", keys[i].file);

		EXPECT_STREQ(initial, fresh(keys[i].file));
		/* Not of the namespace it is made from, but of the initial one. */
		IN_CHILD (.flags = CLONE_NEWNET) {
			file_write(keys[i].file, "%s", keys[i].elsewhere);
			EXPECT_STREQ(initial, fresh(keys[i].file));
			EXPECT_STREQ(keys[i].elsewhere, file_read("%s", keys[i].file));
		}
		struct knob k = knob_set(keys[i].file, keys[i].initial);
		EXPECT_STREQ(keys[i].initial, fresh(keys[i].file));
		knob_restore(&k);
		EXPECT_STREQ(initial, file_read("%s", keys[i].file));
	}
}

/* By the value of the switch: whose settings a new namespace has, of IPv4 and of IPv6. */
static const struct {
	const char *value, *v4, *v6;
} inherits[] = {
	{ "0", "initial", "default" },
	{ "1", "initial", "initial" },
	{ "2", "default", "default" },
	{ "3", "creator", "creator" },
};

static const char *whose(const char *value)
{
	return !strcmp(value, "1") ? "initial" : !strcmp(value, "2") ? "creator" : "default";
}

TEST_F(net, sysctl_devconf_inherit)
{
	static const char v4[] = "/proc/sys/net/ipv4/conf/default/arp_announce",
			  v6[] = "/proc/sys/net/ipv6/conf/default/accept_dad",
			  v4_all[] = "/proc/sys/net/ipv4/conf/all/arp_announce";
	/* accept_dad is 1 by itself, so its three values stand in another order. */
	static const char *const v6_whose[] = { "initial", "default", "creator" };
	struct knob k4 = knob_set(v4, "1"), k4_all = knob_set(v4_all, "1");
	struct knob k6 = knob_set(v6, "0");
	struct knob k = knob_set("/proc/sys/net/core/devconf_inherit_init_net", "0");

	for (int i = 0; i < 4; i++) {
		file_write(k.file, "%s", inherits[i].value);
		IN_CHILD (.flags = CLONE_NEWNET) {
			file_write(v4, "2");
			file_write(v4_all, "2");
			file_write(v6, "2");
			check_note("devconf_inherit_init_net %s", inherits[i].value);
			EXPECT_STREQ(inherits[i].v4, whose(fresh(v4)));
			EXPECT_STREQ(inherits[i].v4, whose(fresh(v4_all)));
			EXPECT_STREQ(inherits[i].v6, v6_whose[atoi(fresh(v6))]);
		}
	}
	knob_restore(&k);
	knob_restore(&k6);
	knob_restore(&k4_all);
	knob_restore(&k4);
}

TEST_F(net, fb_tunnels_sysctl)
{
	static const char *const tunnels[] = { "tunl0", "sit0", "ip6tnl0", "gre0" };
	struct knob k = knob_set("/proc/sys/net/core/fb_tunnels_only_for_init_net", "0");
	int here = 0;

	for (int i = 0; i < 4; i++)
		here += net_index(tunnels[i]) != 0;
	if (!here) {
		knob_restore(&k);
		check_skip("not supported: no fallback tunnel (ipip, sit, ip6_tunnel, ip_gre)");
	}
	for (int only = 0; only < 2; only++) {
		file_write(k.file, "%d", only);
		for (int i = 0; i < 4; i++) {
			if (!net_index(tunnels[i]))
				continue;
			IN_CHILD (.flags = CLONE_NEWNET)
				EXPECT_EQ(!only, net_index(tunnels[i]) != 0);
		}
	}
	knob_restore(&k);
}

/* Has the kernel log got the text since the descriptor was last read? */
static bool logged(int kmsg, const char *text)
{
	bool found = false;
	char line[2048];
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		line[n < 0 ? 0 : n] = '\0';
		found |= strstr(line, text) != NULL;
	}
	return found;
}

static int kmsg_open(void)
{
	int fd = MUST(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));

	MUST(lseek(fd, 0, SEEK_END));
	return fd;
}

/* The switch shows in the initial namespace alone, so that is where it is turned. */
TEST_F(net, nf_log_init_only)
{
	int kmsg = kmsg_open();
	struct knob k = knob_set("/proc/sys/net/netfilter/nf_log_all_netns", "0");
	struct child c;

	CHILD (&c, .flags = CLONE_NEWNET) {
		net_loopback_up();
		if (nft_try_add_table("bulkhead"))
			check_skip("not supported: nf_tables (%s)", errno_name(errno));
		MUST(nft_try_add_chain("bulkhead", NF_ACCEPT));
		if (nft_try_add_log("bulkhead", "bulkhead-log "))
			check_skip("not supported: the nf_tables expression log (%s)",
				   errno_name(errno));
		/* The answer to a datagram that nobody takes would be logged, too, and later. */
		net_bind(SOCK_DGRAM, DATAGRAM_PORT);
		for (int i = 0; i < 3; i++) {
			child_meet(&c);
			MUST(datagram_try_send());
			child_meet(&c);
		}
	}
	for (int i = 0; i < 3; i++) {
		file_write(k.file, "%d", i == 1);
		child_meet(&c);
		child_meet(&c);
		EXPECT_EQ(i == 1, logged(kmsg, "bulkhead-log"));
	}
	child_wait(&c);
	knob_restore(&k);
}

/* A device that hardware stands behind; malloc'ed. */
static char *physical_device(void)
{
	DIR *all = opendir("/sys/class/net");
	struct dirent *d;
	char *found = NULL;

	while (all && !found && (d = readdir(all)))
		if (d->d_name[0] != '.' &&
		    !access(text_format("/sys/class/net/%s/device", d->d_name), F_OK))
			found = strdup(d->d_name);
	if (all)
		closedir(all);
	if (!found)
		check_skip("not supported: no physical network device");
	return found;
}

static int try_rename(const char *from, const char *to)
{
	struct ifinfomsg *ifi;
	struct net_msg m;

	MUST(net_try_set_up(from, false));
	ifi = net_begin(&m, RTM_NEWLINK, 0, sizeof(*ifi));
	ifi->ifi_index = net_index(from);
	net_put_text(&m, IFLA_IFNAME, to);
	return net_talk(&m);
}

TEST_F(net, physical_returns_to_init)
{
	char *name = physical_device(), *fallback;
	int index = net_index(name);
	struct child c;

	ns_start_member(&c, NS_NET, 0);
	int fd = ns_open(c.pid, "net");
	net_move_to(name, fd);
	EXPECT_EQ(0, net_index(name));
	close(fd);
	child_kill(&c);
	EXPECT_SOON(net_index(name));
	EXPECT_EQ(index, net_index(name));
	/* And with its name taken here by another one. */
	fallback = text_format("dev%d", index);
	ns_start_member(&c, NS_NET, 0);
	fd = ns_open(c.pid, "net");
	net_move_to(name, fd);
	close(fd);
	net_add(name, NULL);
	child_kill(&c);
	EXPECT_SOON(net_index(fallback));
	MUST(net_try_del(name));
	EXPECT_EQ(index, net_index(fallback));
	MUST(try_rename(fallback, name));
}

SUITE_MAIN(.alone = true)
