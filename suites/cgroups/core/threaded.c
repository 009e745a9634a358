// SPDX-License-Identifier: GPL-2.0-only
/* Threaded cgroups: cgroup.type and what follows from it. */
#include "suite.h"

#include <pthread.h>
#include <sys/mman.h>

FIXTURE(core_threaded)
{
	struct cgroup a, b, c; /* a; b and c below it */
};
FIXTURE_SETUP(core_threaded)
{
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->c = cgroup_make_in(&self->a, "c");
}
NO_TEARDOWN(core_threaded)

static int try_threaded(const struct cgroup *cg)
{
	return cgroup_try_write(cg, "cgroup.type", "threaded");
}

static void make_threaded(const struct cgroup *cg)
{
	cgroup_write(cg, "cgroup.type", "threaded");
}

static char *type(const struct cgroup *cg)
{
	return cgroup_read(cg, "cgroup.type");
}

static void start(struct child *c, const struct cgroup *cg)
{
	CHILD (c, .cgroup = cg)
		child_sleep();
}

TEST_F(core_threaded, new_cgroup_is_domain)
{
	struct cgroup top = cgroup_root();

	EXPECT_STREQ("domain", type(&self->a));
	EXPECT_STREQ("domain", type(&self->b));
	if (!cgroup_has(&top, "cgroup.events"))
		EXPECT_FALSE(cgroup_has(&top, "cgroup.type"));
}

TEST_F(core_threaded, only_threaded_writable)
{
	static const char *const bad[] = { "domain", "domain threaded", "domain invalid", "x",
					   "thread", "threadedx",	"THREADED" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->b, "cgroup.type", "%s", bad[i]));
	EXPECT_STREQ("domain", type(&self->b));
	EXPECT_OK(try_threaded(&self->b));
	EXPECT_STREQ("threaded", type(&self->b));
}

TEST_F(core_threaded, one_way)
{
	make_threaded(&self->b);
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "cgroup.type", "domain"));
	EXPECT_STREQ("threaded", type(&self->b));
	EXPECT_OK(try_threaded(&self->b));
	EXPECT_STREQ("threaded", type(&self->b));
}

TEST_F(core_threaded, parent_becomes_domain_threaded)
{
	struct cgroup own = cgroup_own();

	make_threaded(&self->b);
	EXPECT_STREQ("domain threaded", type(&self->a));
	EXPECT_STREQ("domain", type(&own));
	/* What was threaded below a domain of its own comes along into a larger one. */
	struct cgroup top = cgroup_make("top"), mid = cgroup_make_in(&top, "mid"),
		      low = cgroup_make_in(&mid, "low");
	struct child c;

	make_threaded(&low);
	EXPECT_STREQ("domain threaded", type(&mid));
	EXPECT_OK(try_threaded(&mid));
	EXPECT_STREQ("threaded", type(&mid));
	EXPECT_STREQ("threaded", type(&low));
	EXPECT_STREQ("domain threaded", type(&top));
	start(&c, &top);
	EXPECT_OK(cgroup_try_write(&low, "cgroup.threads", "%d", c.pid));
	child_kill(&c);
}

/* Directly below the root of the hierarchy, where only the machine's owner may work. */
static struct cgroup make_first_level(const char *name)
{
	struct cgroup root = need_cgroup_root(), cg;
	char *unique =
		text_format("%s.%d.%s", getenv("BULKHEAD_TAG") ?: "bulkhead", getpid(), name);

	MUST(cgroup_try_make(&root, unique, &cg));
	free(unique);
	return cg;
}

TEST_F(core_threaded, root_mixes)
{
	struct cgroup thread = make_first_level("thread"), domain = make_first_level("domain");

	EXPECT_OK(try_threaded(&thread));
	EXPECT_STREQ("threaded", type(&thread));
	EXPECT_STREQ("domain", type(&domain));
	struct child c, d;

	start(&c, &domain);
	/* The root takes threads beside processes, and yet none that are there already. */
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&domain));
	EXPECT_STREQ("domain", type(&domain));
	start(&d, &thread);
	EXPECT_TRUE(cgroup_contains(&domain, c.pid));
	EXPECT_TRUE(
		text_has_line(cgroup_read(&thread, "cgroup.threads"), text_format("%d", d.pid)));
	child_kill(&c);
	child_kill(&d);
	EXPECT_SOON(!rmdir(thread.path));
	EXPECT_SOON(!rmdir(domain.path));
}

TEST_F(core_threaded, only_threaded_files)
{
	static const char *const domain_files[] = { "memory.max", "memory.current",  "io.stat",
						    "io.max",	  "hugetlb.2MB.max", "rdma.max",
						    "misc.max" };

	need_controller("pids");
	need_controller("memory");
	struct cgroup thread = make_first_level("thread");

	EXPECT_OK(try_threaded(&thread));
	for (size_t i = 0; i < ARRAY_SIZE(domain_files); i++)
		EXPECT_FALSE(cgroup_has(&thread, domain_files[i]));
	EXPECT_TRUE(cgroup_has(&thread, "pids.max"));
	EXPECT_OK(rmdir(thread.path));
}

TEST_F(core_threaded, siblings_become_invalid)
{
	struct cgroup below = cgroup_make_in(&self->c, "below"), later;

	make_threaded(&self->b);
	EXPECT_STREQ("domain invalid", type(&self->c));
	EXPECT_STREQ("domain invalid", type(&below));
	later = cgroup_make_in(&self->a, "later");
	EXPECT_STREQ("domain invalid", type(&later));
	later = cgroup_make_in(&self->b, "later");
	EXPECT_STREQ("domain invalid", type(&later));
}

TEST_F(core_threaded, invalid_refuses_use)
{
	struct child c;
	struct cgroup below;

	make_threaded(&self->b);
	start(&c, NULL);
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&self->c, "cgroup.procs", "%d", c.pid));
	EXPECT_STREQ("", cgroup_read(&self->c, "cgroup.threads"));
	EXPECT_OK(cgroup_try_make(&self->c, "below", &below));
	EXPECT_OK(rmdir(below.path));
	EXPECT_OK(rmdir(self->c.path));
	if (!try_controller("pids"))
		return;
	cgroup_enable(&self->a, "pids");
	self->c = cgroup_make_in(&self->a, "c");
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&self->c, "cgroup.subtree_control", "+pids"));
}

TEST_F(core_threaded, invalid_can_become_threaded)
{
	struct cgroup below = cgroup_make_in(&self->c, "below");
	struct child c;

	make_threaded(&self->b);
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&below)); /* its parent is invalid still */
	EXPECT_OK(try_threaded(&self->c));
	EXPECT_STREQ("threaded", type(&self->c));
	EXPECT_OK(try_threaded(&below));
	start(&c, NULL);
	cgroup_add(&self->a, c.pid);
	EXPECT_OK(cgroup_try_write(&below, "cgroup.threads", "%d", c.pid));
}

TEST_F(core_threaded, populated_cannot_switch)
{
	struct cgroup below = cgroup_make_in(&self->b, "below");
	struct child c;

	start(&c, &self->b);
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&self->b));
	cgroup_add(&below, c.pid);
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&self->b));
	EXPECT_STREQ("domain", type(&self->b));
	child_kill(&c);
	/* Reaped, which on newer kernels is not yet gone. */
	EXPECT_SOON(cgroup_key(&self->b, "cgroup.events", "populated") == 0);
	EXPECT_OK(try_threaded(&self->b));
	if (!try_controller("memory"))
		return;
	cgroup_remove(&self->c);
	self->c = cgroup_make("other");
	cgroup_enable(&self->c, "memory");
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&self->c));
}

TEST_F(core_threaded, parent_with_domain_controllers)
{
	struct child c;

	/* A populated domain beside it. */
	start(&c, &self->c);
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&self->b));
	EXPECT_STREQ("domain", type(&self->a));
	child_kill(&c);
	EXPECT_SOON(cgroup_key(&self->c, "cgroup.events", "populated") == 0);
	if (!try_controller("memory"))
		return;
	cgroup_enable(&self->a, "memory");
	EXPECT_ERRNO(EOPNOTSUPP, try_threaded(&self->b));
	cgroup_write(&self->a, "cgroup.subtree_control", "-memory");
	EXPECT_OK(try_threaded(&self->b));
}

TEST_F(core_threaded, domain_controller_refused)
{
	need_controller("memory");
	make_threaded(&self->b);
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&self->a, "cgroup.subtree_control", "+memory"));
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.subtree_control"));
	/* A threaded cgroup never has one to give. */
	EXPECT_ERRNO(ENOENT, cgroup_try_write(&self->b, "cgroup.subtree_control", "+memory"));
}

TEST_F(core_threaded, no_internal_rule_lifted)
{
	struct cgroup below = cgroup_make_in(&self->b, "below");
	struct child c, d;

	make_threaded(&self->b);
	make_threaded(&below);
	start(&c, &self->b);
	start(&d, &below);
	EXPECT_EQ(1, text_lines(cgroup_read(&self->b, "cgroup.threads")));
	EXPECT_EQ(1, text_lines(cgroup_read(&below, "cgroup.threads")));
	if (!try_controller("pids"))
		return;
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.subtree_control", "+pids"));
	EXPECT_OK(cgroup_try_write(&self->b, "cgroup.subtree_control", "+pids"));
	EXPECT_EQ(1, cgroup_number(&below, "pids.current"));
	EXPECT_EQ(2, cgroup_number(&self->b, "pids.current"));
}

TEST_F(core_threaded, procs_unreadable)
{
	char text[16];

	EXPECT_EQ(0, cgroup_try_read(&self->b, "cgroup.procs", text, sizeof(text)));
	make_threaded(&self->b);
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_read(&self->b, "cgroup.procs", text, sizeof(text)));
	EXPECT_EQ(0, cgroup_try_read(&self->b, "cgroup.threads", text, sizeof(text)));
}

/* A process with two threads; it meets its parent once both run. */
static void start_threads(struct child *c, const struct cgroup *cg)
{
	CHILD (c, .cgroup = cg) {
		child_thread();
		child_send(c, 0);
		child_sleep();
	}
	child_recv(c);
}

TEST_F(core_threaded, procs_writable)
{
	struct child c;

	make_threaded(&self->b);
	start_threads(&c, &self->a);
	EXPECT_EQ(2, text_lines(cgroup_read(&self->a, "cgroup.threads")));
	EXPECT_OK(cgroup_try_write(&self->b, "cgroup.procs", "%d", c.pid));
	EXPECT_EQ(2, text_lines(cgroup_read(&self->b, "cgroup.threads")));
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.threads"));
}

TEST_F(core_threaded, root_procs_show_subtree)
{
	struct cgroup below = cgroup_make_in(&self->b, "below");
	struct child in[3];

	make_threaded(&self->b);
	make_threaded(&self->c);
	make_threaded(&below);
	start_threads(&in[0], &self->b);
	start_threads(&in[1], &below);
	start_threads(&in[2], &self->a);
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(cgroup_contains(&self->a, in[i].pid));
	EXPECT_EQ(3, text_lines(cgroup_read(&self->a, "cgroup.procs")));
	/* A process in two places is listed all the same, once. */
	cgroup_write(&self->c, "cgroup.threads", "%d", in[0].pid);
	EXPECT_EQ(3, text_lines(cgroup_read(&self->a, "cgroup.procs")));
}

TEST_F(core_threaded, reverts_to_domain)
{
	struct child c;

	make_threaded(&self->b);
	EXPECT_STREQ("domain threaded", type(&self->a));
	EXPECT_STREQ("domain invalid", type(&self->c));
	cgroup_remove(&self->b);
	EXPECT_STREQ("domain", type(&self->a));
	EXPECT_STREQ("domain", type(&self->c));
	start(&c, &self->c);
	EXPECT_TRUE(cgroup_contains(&self->c, c.pid));
	child_kill(&c);
	if (!try_controller("pids"))
		return;
	start(&c, &self->a);
	cgroup_enable(&self->a, "pids");
	EXPECT_STREQ("domain threaded", type(&self->a));
	child_kill(&c);
	EXPECT_SOON(!strcmp(type(&self->a), "domain"));
}

/* Each of two threads, in a cgroup of its own, touches memory. */
static void *touch(void *size)
{
	char *p = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	for (size_t i = 0; i < (size_t)size; i += 4096)
		p[i] = 1;
	return p;
}

static void *touch_in(void *cg)
{
	cgroup_write((struct cgroup *)cg, "cgroup.threads", "%d", sys_gettid());
	return touch((void *)(8UL << 20));
}

TEST_F(core_threaded, memory_charged_to_thread_root)
{
	struct child c;

	need_controller("memory");
	cgroup_remove(&self->b);
	cgroup_remove(&self->c);
	cgroup_remove(&self->a);
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->c = cgroup_make_in(&self->a, "c");
	make_threaded(&self->b);
	make_threaded(&self->c);
	CHILD (&c, .cgroup = &self->a) {
		pthread_t thread[2];

		ASSERT_EQ(0, pthread_create(&thread[0], NULL, touch_in, &self->b));
		ASSERT_EQ(0, pthread_create(&thread[1], NULL, touch_in, &self->c));
		for (int i = 0; i < 2; i++)
			pthread_join(thread[i], NULL);
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	/* Each CPU keeps up to 32 pages back from the sum. */
	EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "anon") >= 15 * MB);
	EXPECT_LE(16 << 20, cgroup_number(&self->a, "memory.current"));
	EXPECT_FALSE(cgroup_has(&self->b, "memory.current"));
}

SUITE_MAIN()
