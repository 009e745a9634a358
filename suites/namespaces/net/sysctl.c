// SPDX-License-Identifier: GPL-2.0-only
/* What /proc and /sys show of the network: of which namespace, to whom. */
#include "nsid.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <pthread.h>

AREA(net);

TEST_F(net, sysctl_core_restricted)
{
	static const char *const sizes[] = { "rmem_max", "wmem_max", "rmem_default",
					     "wmem_default" };
	static const char *const global[] = { "netdev_budget", "netdev_max_backlog", "dev_weight" };
	char *outside[4];

	for (int i = 0; i < 4; i++)
		outside[i] = access(text_format("/proc/sys/net/core/%s", sizes[i]), F_OK)
				     ? NULL
				     : file_read("/proc/sys/net/core/%s", sizes[i]);
	IN_CHILD (.flags = CLONE_NEWNET) {
		for (int i = 0; i < 4; i++) {
			char *path = text_format("/proc/sys/net/core/%s", sizes[i]);
			struct stat st;

			/* They were not there at all before they were readable. */
			if (stat(path, &st)) {
				EXPECT_EQ(ENOENT, errno);
				EXPECT_FALSE(sys_known(SYS_KNOWN_6_13));
				continue;
			}
			EXPECT_EQ(0444, st.st_mode & 0777);
			EXPECT_ERRNO(EACCES, file_try_write(path, outside[i] ?: "212992"));
			if (outside[i])
				EXPECT_STREQ(outside[i], file_read("%s", path));
		}
		for (int i = 0; i < 3; i++)
			EXPECT_ERRNO(ENOENT,
				     access(text_format("/proc/sys/net/core/%s", global[i]), F_OK));
		/* What is the namespace's own stays writable; old kernels hide it from users. */
		if (!cred_is_initial() && access("/proc/sys/net/core/somaxconn", F_OK))
			EXPECT_FALSE(sys_known(SYS_KNOWN_6_13));
		else
			EXPECT_OK(file_try_write("/proc/sys/net/core/somaxconn", "64"));
	}
}

/* Is the device in a file like /proc/PID/net/dev? */
#define shows(device, ...) (strstr(file_read(__VA_ARGS__), device) != NULL)

struct away {
	pthread_barrier_t step;
	pid_t tid;
};

static void *leave_alone(void *arg)
{
	struct away *a = arg;

	a->tid = sys_gettid();
	ns_unshare(CLONE_NEWNET);
	net_add("bulkthr", NULL);
	EXPECT_TRUE(shows("bulkthr", "/proc/thread-self/net/dev"));
	EXPECT_FALSE(shows("bulk0", "/proc/thread-self/net/dev"));
	pthread_barrier_wait(&a->step);
	pthread_barrier_wait(&a->step);
	return NULL;
}

TEST_F(net, procnet)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		char target[64] = "";
		struct child c;
		struct away a;
		pthread_t t;

		MUST(readlink("/proc/net", target, sizeof(target) - 1));
		EXPECT_STREQ("self/net", target);
		net_add("bulk0", NULL);
		CHILD (&c, .flags = CLONE_NEWNET) {
			net_add("bulk1", NULL);
			child_meet(&c);
			EXPECT_TRUE(shows("bulk1", "/proc/net/dev"));
			EXPECT_FALSE(shows("bulk0", "/proc/net/dev"));
			EXPECT_TRUE(shows("bulk0", "/proc/%d/net/dev", getppid()));
			child_sleep();
		}
		child_meet(&c);
		EXPECT_TRUE(shows("bulk0", "/proc/net/dev"));
		EXPECT_FALSE(shows("bulk1", "/proc/net/dev"));
		EXPECT_TRUE(shows("bulk1", "/proc/%d/net/dev", c.pid));
		EXPECT_FALSE(shows("bulk0", "/proc/%d/net/dev", c.pid));
		pthread_barrier_init(&a.step, NULL, 2);
		pthread_create(&t, NULL, leave_alone, &a);
		pthread_barrier_wait(&a.step);
		EXPECT_TRUE(shows("bulkthr", "/proc/self/task/%d/net/dev", a.tid));
		EXPECT_FALSE(shows("bulk0", "/proc/self/task/%d/net/dev", a.tid));
		EXPECT_TRUE(shows("bulk0", "/proc/self/task/%d/net/dev", getpid()));
		EXPECT_FALSE(shows("bulkthr", "/proc/self/net/dev"));
		pthread_barrier_wait(&a.step);
		pthread_join(t, NULL);
		child_kill(&c);
	}
}

/* A sysfs of the caller's net ns. */
static char *mount_sysfs(void)
{
	char *dir = temp_dir();

	mount_make("sysfs", dir, "sysfs", 0, NULL);
	return dir;
}

static bool has_device(const char *sysfs, const char *name)
{
	return !access(text_format("%s/class/net/%s", sysfs, name), F_OK);
}

TEST_F(net, sysfs_class_net)
{
	/* A user namespace of one's own may mount no sysfs where something covers the old one. */
	IN_CHILD (.flags = CLONE_NEWNET | CLONE_NEWNS) {
		char *old = mount_sysfs();
		struct child c;

		net_add("bulk0", NULL);
		EXPECT_TRUE(has_device(old, "bulk0"));
		CHILD (&c, .flags = CLONE_NEWNET | CLONE_NEWNS) {
			net_add("bulk1", NULL);
			EXPECT_TRUE(has_device(old, "bulk0"));
			EXPECT_FALSE(has_device(old, "bulk1"));
			char *fresh = mount_sysfs();
			EXPECT_FALSE(has_device(fresh, "bulk0"));
			EXPECT_TRUE(has_device(fresh, "bulk1"));
			EXPECT_TRUE(has_device(fresh, "lo"));
			child_meet(&c);
			child_meet(&c);
			EXPECT_FALSE(has_device(fresh, "bulk2"));
		}
		child_meet(&c);
		EXPECT_FALSE(has_device(old, "bulk1"));
		net_add("bulk2", NULL);
		EXPECT_TRUE(has_device(old, "bulk2"));
		child_meet(&c);
		child_wait(&c);
	}
}

struct neighbour {
	uint32_t ip;
	int times;
};

static void count_neighbour(const struct nlmsghdr *m, void *data)
{
	struct neighbour *n = data;

	n->times += (uint32_t)net_attr_int(m, sizeof(struct ndmsg), NDA_DST) == n->ip;
}

static int neighbours(const char *ip)
{
	struct neighbour n = { .ip = inet_addr(ip) };
	struct net_msg m;
	struct ndmsg *nd;

	nd = net_begin(&m, RTM_GETNEIGH, 0, sizeof(*nd));
	nd->ndm_family = AF_INET;
	MUST(net_dump(&m, count_neighbour, &n));
	return n.times;
}

static int try_add_neighbour(const char *device, const char *ip)
{
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 9 };
	uint32_t to = inet_addr(ip);
	struct net_msg m;
	struct ndmsg *nd;

	nd = net_begin(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, sizeof(*nd));
	*nd = (struct ndmsg) {
		.ndm_family = AF_INET,
		.ndm_ifindex = net_index(device),
		.ndm_state = NUD_PERMANENT,
	};
	net_put(&m, NDA_DST, &to, sizeof(to));
	net_put(&m, NDA_LLADDR, mac, sizeof(mac));
	return net_talk(&m);
}

/* With the same numbers and addresses on both sides. */
TEST_F(net, neigh_isolation)
{
	IN_CHILD (.flags = CLONE_NEWNET) {
		struct child c;

		net_add_veth("bulk0", "bulk1", -1);
		net_up("bulk0");
		net_add_addr("bulk0", "10.66.0.1", 24);
		CHILD (&c, .flags = CLONE_NEWNET) {
			net_add_veth("bulk0", "bulk1", -1);
			net_up("bulk0");
			net_add_addr("bulk0", "10.66.0.1", 24);
			EXPECT_OK(try_add_neighbour("bulk0", "10.66.0.9"));
			EXPECT_ERRNO(EEXIST, try_add_neighbour("bulk0", "10.66.0.9"));
			EXPECT_EQ(1, neighbours("10.66.0.9"));
			EXPECT_TRUE(shows("10.66.0.9", "/proc/net/arp"));
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		EXPECT_EQ(0, neighbours("10.66.0.9"));
		EXPECT_FALSE(shows("10.66.0.9", "/proc/net/arp"));
		EXPECT_OK(try_add_neighbour("bulk0", "10.66.0.9"));
		EXPECT_OK(try_add_neighbour("bulk0", "10.66.0.8"));
		EXPECT_EQ(1, neighbours("10.66.0.9"));
		ns_join(ns_open(c.pid, "net"), CLONE_NEWNET);
		EXPECT_EQ(1, neighbours("10.66.0.9"));
		EXPECT_EQ(0, neighbours("10.66.0.8"));
		child_kill(&c);
	}
}

SUITE_MAIN()
