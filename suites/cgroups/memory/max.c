// SPDX-License-Identifier: GPL-2.0-only
/* memory.max and the OOM killer inside a cgroup. */
#include "suite.h"

#include <linux/bpf.h>

FIXTURE(memory)
{
	struct cgroup p, a, b; /* a and b below p */
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
}
NO_TEARDOWN(memory)

static int64_t events(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.events", key);
}

static int64_t local(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.events.local", key);
}

static int64_t current(const struct cgroup *cg)
{
	return cgroup_number(cg, "memory.current");
}

static void limit(const struct cgroup *cg, const char *max)
{
	cgroup_write(cg, "memory.max", "%s", max);
	if (cgroup_has(cg, "memory.swap.max"))
		cgroup_write(cg, "memory.swap.max", "0");
}

TEST_F(memory, values_page_rounded)
{
	static const char *const files[] = { "memory.max", "memory.high", "memory.low",
					     "memory.min" };
	static const struct {
		const char *text, *reads;
	} good[] = { { "64K", "65536" },     { "16M", "16777216" },
		     { "1g", "1073741824" }, { "1048577", "1048576" },
		     { "8191", "4096" },     { "max", "max" },
		     { "0", "0" },	     { "9223372036854775807", "max" } };
	static const char *const bad[] = { "x", "", "1Q", "-1", "1 M", "maxx" };

	if (sysconf(_SC_PAGESIZE) != 4096)
		check_skip("not supported: the table is for pages of 4096 bytes");
	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		EXPECT_STREQ(f < 2 ? "max" : "0", cgroup_read(&self->a, files[f]));
		for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
			EXPECT_OK(cgroup_try_write(&self->a, files[f], "%s", good[i].text));
			EXPECT_STREQ(good[i].reads, cgroup_read(&self->a, files[f]));
		}
		cgroup_write(&self->a, files[f], "64K");
		for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
			if (*bad[i])
				check_errno(HERE, bad[i], EINVAL,
					    cgroup_try_write(&self->a, files[f], "%s", bad[i]));
		EXPECT_STREQ("65536", cgroup_read(&self->a, files[f]));
	}
}

/* One that is too large is killed; its neighbours, inside and outside, go on. */
TEST_F(memory, max_oom_kills_inside_the_cgroup)
{
	struct child small, outside;

	hog_start(&small, &self->a, 1 * MB);
	hog_start(&outside, &self->b, 24 * MB);
	limit(&self->a, "16M");
	EXPECT_OOM_KILLED(hog_run(&self->a, 64 * MB));
	EXPECT_TRUE(child_alive(&small));
	EXPECT_TRUE(child_alive(&outside));
	EXPECT_EQ(1, events(&self->a, "oom_kill"));
	EXPECT_EQ(0, events(&self->b, "oom_kill"));
	EXPECT_GE(16 * MB, current(&self->a));
	/* With room it is not killed. */
	limit(&self->a, "96M");
	EXPECT_EQ(0, hog_run(&self->a, 64 * MB));
	EXPECT_EQ(1, events(&self->a, "oom_kill"));
}

TEST_F(memory, max_events_order)
{
	limit(&self->a, "8M");
	EXPECT_OOM_KILLED(hog_run(&self->a, 32 * MB));
	EXPECT_LT(0, events(&self->a, "max"));
	EXPECT_LT(0, events(&self->a, "oom"));
	EXPECT_EQ(1, events(&self->a, "oom_kill"));
	EXPECT_EQ(1, events(&self->p, "oom_kill"));
	EXPECT_LT(0, events(&self->p, "oom"));
	EXPECT_EQ(0, events(&self->b, "oom_kill"));
	EXPECT_EQ(0, events(&self->b, "oom"));
	/* The parent's limit: max and oom there, the kill where the victim is. */
	cgroup_write(&self->a, "memory.max", "max");
	int64_t max = events(&self->a, "max"), oom = events(&self->a, "oom");

	limit(&self->p, "8M");
	EXPECT_OOM_KILLED(hog_run(&self->a, 32 * MB));
	EXPECT_EQ(max, events(&self->a, "max"));
	EXPECT_EQ(oom, events(&self->a, "oom"));
	EXPECT_EQ(2, events(&self->a, "oom_kill"));
	EXPECT_EQ(2, local(&self->a, "oom_kill"));
	EXPECT_LT(0, local(&self->p, "oom"));
	EXPECT_EQ(0, local(&self->p, "oom_kill"));
}

TEST_F(memory, max_parent_limit_kills_in_child)
{
	struct child small;

	hog_start(&small, &self->b, 1 * MB);
	limit(&self->p, "16M");
	cgroup_write(&self->a, "memory.max", "1G");
	EXPECT_OOM_KILLED(hog_run(&self->a, 64 * MB));
	EXPECT_TRUE(child_alive(&small));
	EXPECT_EQ(1, local(&self->a, "oom_kill"));
	/* The largest, not the one that asks for the last page. */
	struct child large;

	hog_start(&large, &self->b, 12 * MB);
	hog_run(&self->a, 8 * MB); /* its own fate depends on how soon the other's pages are free */
	EXPECT_OOM_KILLED(child_reap(&large));
	EXPECT_EQ(1, local(&self->b, "oom_kill"));
	EXPECT_TRUE(child_alive(&small));
}

TEST_F(memory, max_zero)
{
	struct child c;

	hog_start(&c, &self->a, 4 * MB);
	EXPECT_OK(cgroup_try_write(&self->a, "memory.max", "0"));
	EXPECT_OOM_KILLED(child_reap(&c));
	EXPECT_STREQ("0", cgroup_read(&self->a, "memory.max"));
	CHILD (&c) {
		cgroup_try_write(&self->a, "cgroup.procs", "0");
		hog_touch(1 * MB);
	}
	EXPECT_OOM_KILLED(child_reap(&c));
}

/* The limit stands first, then room is made, in the end by killing. */
TEST_F(memory, max_write_below_usage)
{
	struct child c;

	if (cgroup_has(&self->a, "memory.swap.max"))
		cgroup_write(&self->a, "memory.swap.max", "0");
	hog_start(&c, &self->a, 32 * MB);
	EXPECT_OK(cgroup_try_write(&self->a, "memory.max", "8M"));
	EXPECT_OOM_KILLED(child_reap(&c));
	EXPECT_EQ(1, events(&self->a, "oom_kill"));
	EXPECT_EQ(8 * MB, cgroup_number(&self->a, "memory.max"));
	EXPECT_GE(8 * MB, current(&self->a));
}

TEST_F(memory, max_hard_limit)
{
	int fd = storage_open(48 * MB);

	cgroup_write(&self->a, "memory.max", "16M");
	IN_CHILD (.cgroup = &self->a) {
		for (int i = 0; i < 48; i++) {
			char *block = malloc(MB);

			MUST(pread(fd, block, MB, storage_offset(fd) + i * MB));
			EXPECT_GE(16 * MB, current(&self->a));
			free(block);
		}
	}
	EXPECT_LT(0, events(&self->a, "max"));
	EXPECT_EQ(0, events(&self->a, "oom"));
	EXPECT_EQ(0, events(&self->a, "oom_kill"));
}

/* A map of 16 MB: its pages are asked for with leave to fail. */
static int try_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4096,
		.max_entries = 4096,
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* A charge that may not invoke the killer fails, and the process lives. */
TEST_F(memory, max_syscall_enomem)
{
	IN_CHILD (.cgroup = &self->a) {
		int map = try_map();

		if (map < 0 && (errno == EPERM || errno == ENOSYS))
			check_skip("not permitted: bpf(2), whose maps are charged so");
		MUST(map);
		if (!SOON(current(&self->a) >= 16 * MB))
			check_skip("not supported: BPF maps charged to cgroups");
		close(map);
		EXPECT_SOON(current(&self->a) < 8 * MB);
		limit(&self->a, "8M");
		EXPECT_ERRNO(ENOMEM, try_map());
	}
	EXPECT_EQ(0, events(&self->a, "oom_kill"));
}

/* Stays within the limit in what the kernel holds for it as well. */
TEST_F(memory, current_counts_kernel)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a) {
		int line[2];

		for (int i = 0; i < 100; i++) {
			MUST(pipe(line));
			MUST(fcntl(line[1], F_SETFL, O_NONBLOCK));
			static char block[65536];

			MUST(write(line[1], block, sizeof(block)));
		}
		/* A stack is the forking process's to pay, not the new one's. */
		for (int i = 0; i < 20; i++)
			if (!fork())
				child_sleep();
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	EXPECT_LE(100 * 65536, current(&self->a));
	/* Counters are up to two seconds late. */
	EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "kernel_stack") > 0);
	EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "slab") > 0);
	if (text_value(cgroup_read(&self->a, "memory.stat"), "kernel"))
		EXPECT_SOON(cgroup_key(&self->a, "memory.stat", "kernel") >=
			    cgroup_key(&self->a, "memory.stat", "kernel_stack") +
				    cgroup_key(&self->a, "memory.stat", "slab"));
	child_kill(&c);
	for (char *save, *pid = strtok_r(cgroup_read(&self->a, "cgroup.procs"), "\n", &save); pid;
	     pid = strtok_r(NULL, "\n", &save))
		kill(atoi(pid), SIGKILL);
	EXPECT_SOON(current(&self->a) < 100 * 65536);
	/* And it is bounded: no more dentries and inodes than fit. */
	limit(&self->a, "4M");
	char *dir = mount_tmpfs();

	CHILD (&c, .cgroup = &self->a) {
		char name[64];

		for (int i = 0; i < 100000; i++) {
			snprintf(name, sizeof(name), "%s/%d", dir, i);
			if (open(name, O_CREAT | O_WRONLY, 0600) < 0)
				break;
			if (i > 900)
				close(i);
		}
	}
	child_reap(&c);
	EXPECT_GE(4 * MB + 65536, cgroup_key(&self->a, "memory.stat", "slab"));
	EXPECT_GE(5 * MB, current(&self->a));
}

SUITE_MAIN()
