// SPDX-License-Identifier: GPL-2.0-only
/* What memory.current, memory.peak and memory.stat count, and for whom. */
#include "suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>

FIXTURE(memory)
{
	struct cgroup p, a, b;
};
FIXTURE_SETUP(memory)
{
	self->p = memory_parent();
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
}
NO_TEARDOWN(memory)

static int64_t current(const struct cgroup *cg)
{
	return cgroup_number(cg, "memory.current");
}

static int64_t stat_key(const struct cgroup *cg, const char *key)
{
	return cgroup_key(cg, "memory.stat", key);
}

/* What a process is, and what is charged in batches of 64 pages to each CPU. */
static int64_t slack(void)
{
	return 2 * MB + 64 * 4096 * sysconf(_SC_NPROCESSORS_ONLN);
}

#define EXPECT_ABOUT(want, seen)                          \
	do {                                              \
		int64_t about_ = (want), found_ = (seen); \
		EXPECT_LE(about_ - slack(), found_);      \
		EXPECT_GE(about_ + slack(), found_);      \
	} while (0)

TEST_F(memory, current_counts_anon)
{
	struct child c;

	EXPECT_GE(slack(), current(&self->a));
	hog_start(&c, &self->a, 32 * MB);
	EXPECT_ABOUT(32 * MB, current(&self->a));
	EXPECT_ABOUT(32 * MB, current(&self->p));
	EXPECT_GE(slack(), current(&self->b));
	child_kill(&c);
	EXPECT_SOON(current(&self->a) < slack());
	EXPECT_SOON(current(&self->p) < slack());
}

TEST_F(memory, current_counts_page_cache)
{
	int fd = storage_open(24 * MB);

	/* Once more where kswapd has taken some of it: that is for the machine to decide. */
	for (struct wait_loop w = wait_loop_start(5);;) {
		IN_CHILD (.cgroup = &self->a)
			hog_read(fd, 24 * MB);
		if (storage_cached(fd) == 24 * MB || !wait_loop_again(&w))
			break;
		check_note("of 24 MiB read %zu are cached", storage_cached(fd));
	}
	EXPECT_ABOUT(24 * MB, current(&self->a));
	EXPECT_SOON(stat_key(&self->a, "file") >= 24 * MB - slack());
	EXPECT_GE(24 * MB + slack(), stat_key(&self->a, "file"));
	EXPECT_SOON(stat_key(&self->p, "file") >= 24 * MB - slack());
	storage_drop(fd);
	EXPECT_SOON(current(&self->a) < slack());
}

/* Charged to who writes it, until it is deleted. */
TEST_F(memory, current_counts_tmpfs)
{
	char *dir = mount_tmpfs(), *path = text_format("%s/file", dir);
	struct child c;

	CHILD (&c, .cgroup = &self->a) {
		int fd = MUST(open(path, O_CREAT | O_WRONLY, 0600));
		char *block = calloc(1, MB);

		for (int i = 0; i < 16; i++)
			MUST(write(fd, block, MB));
	}
	child_wait(&c);
	EXPECT_ABOUT(16 * MB, current(&self->a));
	EXPECT_SOON(stat_key(&self->a, "shmem") >= 16 * MB - slack());
	EXPECT_LE(stat_key(&self->a, "shmem"), stat_key(&self->a, "file"));
	IN_CHILD (.cgroup = &self->b) {
		int fd = MUST(open(path, O_RDONLY));

		hog_read(fd, 16 * MB);
		EXPECT_GE(slack(), current(&self->b));
	}
	MUST(unlink(path));
	EXPECT_SOON(current(&self->a) < slack());
}

TEST_F(memory, first_touch_owner)
{
	char *at = mmap(NULL, 16 * MB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child first, second;

	CHILD (&first, .cgroup = &self->a) {
		hog_touch_again(at, 16 * MB);
		child_send(&first, 0);
		child_sleep();
	}
	child_recv(&first);
	CHILD (&second, .cgroup = &self->b) {
		hog_touch_again(at, 16 * MB);
		child_send(&second, 0);
		child_sleep();
	}
	child_recv(&second);
	EXPECT_ABOUT(16 * MB, current(&self->a));
	EXPECT_GE(slack(), current(&self->b));
	child_kill(&first);
	EXPECT_ABOUT(16 * MB, current(&self->a));
}

TEST_F(memory, no_charge_migration)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a) {
		hog_touch(16 * MB);
		child_meet(&c);
		child_meet(&c);
		hog_touch(8 * MB);
		child_send(&c, 0);
		child_sleep();
	}
	child_meet(&c);
	cgroup_add(&self->b, c.pid);
	EXPECT_ABOUT(16 * MB, current(&self->a));
	EXPECT_GE(slack(), current(&self->b));
	child_meet(&c);
	child_recv(&c);
	EXPECT_ABOUT(16 * MB, current(&self->a));
	EXPECT_ABOUT(8 * MB, current(&self->b));
	child_kill(&c);
	EXPECT_SOON(current(&self->a) < slack());
}

TEST_F(memory, charges_outlive_rmdir)
{
	int fd = storage_open(24 * MB);

	IN_CHILD (.cgroup = &self->a)
		hog_read(fd, 24 * MB);
	EXPECT_ABOUT(24 * MB, current(&self->p));
	ASSERT_SOON(!rmdir(self->a.path));
	EXPECT_ABOUT(24 * MB, current(&self->p));
	storage_drop(fd);
	EXPECT_SOON(current(&self->p) < slack());
}

TEST_F(memory, peak_high_water)
{
	struct child c;

	need_cgroup_file(&self->a, "memory.peak");
	hog_start(&c, &self->a, 24 * MB);
	int64_t peak = cgroup_number(&self->a, "memory.peak");

	EXPECT_ABOUT(24 * MB, peak);
	EXPECT_LE(current(&self->a), peak);
	child_kill(&c);
	EXPECT_SOON(current(&self->a) < slack());
	EXPECT_LE(peak, cgroup_number(&self->a, "memory.peak"));
	hog_start(&c, &self->a, 8 * MB);
	EXPECT_LE(peak, cgroup_number(&self->a, "memory.peak"));
	EXPECT_GE(peak + slack(), cgroup_number(&self->a, "memory.peak"));
	EXPECT_ABOUT(24 * MB, cgroup_number(&self->p, "memory.peak"));
}

TEST_F(memory, peak_reset_per_fd)
{
	struct child c;

	need_cgroup_file(&self->a, "memory.peak");
	int fd = file_open(text_format("%s/memory.peak", self->a.path), O_RDWR);
	need_working(fd >= 0 && write(fd, "reset", 5) >= 0, SYS_KNOWN_6_13,
		     "memory.peak that can be reset");
	int other = cgroup_open(&self->a, "memory.peak", O_RDWR);

	hog_start(&c, &self->a, 24 * MB);
	EXPECT_ABOUT(24 * MB, file_number_of(fd));
	child_kill(&c);
	ASSERT_SOON(current(&self->a) < slack());
	EXPECT_EQ(1, write(fd, "x", 1));
	EXPECT_GE(slack(), file_number_of(fd));
	EXPECT_ABOUT(24 * MB, file_number_of(other));
	EXPECT_ABOUT(24 * MB, cgroup_number(&self->a, "memory.peak"));
	hog_start(&c, &self->a, 8 * MB);
	EXPECT_ABOUT(8 * MB, file_number_of(fd));
	EXPECT_ABOUT(24 * MB, file_number_of(other));
	/* Nothing written, nothing reset. */
	child_kill(&c);
	ASSERT_SOON(current(&self->a) < slack());
	EXPECT_EQ(0, write(fd, "", 0));
	EXPECT_ABOUT(8 * MB, file_number_of(fd));
}

TEST_F(memory, stat_anon_file_shmem)
{
	struct child c, d;
	int shm = MUST(memfd_create("bulkhead", MFD_CLOEXEC));

	MUST(ftruncate(shm, 8 * MB));
	hog_start(&c, &self->a, 16 * MB);
	EXPECT_SOON(stat_key(&self->a, "anon") >= 16 * MB - slack() / 4);
	EXPECT_GE(16 * MB + slack(), stat_key(&self->a, "anon"));
	EXPECT_GE(slack(), stat_key(&self->a, "shmem"));
	CHILD (&d, .cgroup = &self->b) {
		char *at = mmap(NULL, 8 * MB, PROT_READ | PROT_WRITE, MAP_SHARED, shm, 0);

		hog_touch_again(at, 8 * MB);
		child_meet(&d);
		child_meet(&d);
		munmap(at, 8 * MB);
		child_send(&d, 0);
		child_sleep();
	}
	child_meet(&d);
	EXPECT_SOON(stat_key(&self->b, "shmem") >= 8 * MB - slack() / 4);
	EXPECT_SOON(stat_key(&self->b, "file_mapped") >= 8 * MB - slack() / 4);
	EXPECT_LE(stat_key(&self->b, "shmem"), stat_key(&self->b, "file"));
	EXPECT_GE(slack(), stat_key(&self->b, "anon"));
	child_meet(&d);
	child_recv(&d);
	EXPECT_SOON(stat_key(&self->b, "file_mapped") < slack());
	EXPECT_SOON(stat_key(&self->b, "shmem") >= 8 * MB - slack() / 4);
	EXPECT_SOON(stat_key(&self->p, "anon") >= 16 * MB - slack() / 4);
	child_kill(&c);
	EXPECT_SOON(stat_key(&self->a, "anon") < slack());
}

TEST_F(memory, stat_faults)
{
	struct child c;
	int64_t before = stat_key(&self->a, "pgfault");
	int fd = storage_open(4 * MB);

	CHILD (&c, .cgroup = &self->a) {
		hog_touch(16 * MB);
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	/* Each CPU keeps up to 32 to itself on older kernels. */
	EXPECT_SOON(stat_key(&self->a, "pgfault") >= before + 4096 - 64);
	EXPECT_GE(before + 4096 + 2000, stat_key(&self->a, "pgfault"));
	int64_t major = stat_key(&self->b, "pgmajfault");
	IN_CHILD (.cgroup = &self->b) {
		char *at = mmap(NULL, 4 * MB, PROT_READ, MAP_SHARED, fd, storage_offset(fd));
		int sum = 0;

		ASSERT_TRUE(at != MAP_FAILED);
		madvise(at, 4 * MB, MADV_RANDOM);
		for (long i = 0; i < 4 * MB; i += 16384)
			sum += at[i];
		EXPECT_EQ('b' * 256, sum);
	}
	EXPECT_SOON(stat_key(&self->b, "pgmajfault") >= major + 256 - 64);
}

/* Each key once, each with a number. */
TEST_F(memory, stat_keys)
{
	static const char *const keys[] = {
		"anon",
		"file",
		"kernel_stack",
		"sock",
		"shmem",
		"file_mapped",
		"file_dirty",
		"file_writeback",
		"inactive_anon",
		"active_anon",
		"inactive_file",
		"active_file",
		"unevictable",
		"slab_reclaimable",
		"slab_unreclaimable",
		"slab",
		"pgfault",
		"pgmajfault",
		"pgrefill",
		"pgscan",
		"pgsteal",
		"pgactivate",
		"pgdeactivate",
		"pglazyfree",
		"pglazyfreed",
	};
	char *text = cgroup_read(&self->a, "memory.stat"), *save;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!text_value(text, keys[i]))
			check_failed(HERE, "memory.stat has no %s", keys[i]);
	for (char *line = strtok_r(strdup(text), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char key[64], rest[8];
		long long value;
		char *first, *again;

		ASSERT_EQ(2, sscanf(line, "%63s %lld%7s", key, &value, rest));
		EXPECT_LE(0, value);
		first = strstr(text_format("\n%s", text), text_format("\n%s ", key));
		ASSERT_TRUE(first);
		again = strstr(first + 1, text_format("\n%s ", key));
		EXPECT_FALSE(again);
	}
}

/* Is the line the sum of those that are named after it?  A flush may come between two of them. */
static bool adds_up(const struct cgroup *cg, const char *sum, const char *const parts[])
{
	char *text = cgroup_read(cg, "memory.stat");
	int64_t rest = strtoll(text_value(text, sum) ?: "-1", NULL, 10);

	for (; *parts; parts++)
		rest -= strtoll(text_value(text, text_format("%s_%s", sum, *parts)) ?: "0", NULL,
				10);
	free(text);
	return !rest;
}

TEST_F(memory, stat_sums)
{
	static const char *const slab[] = { "reclaimable", "unreclaimable", NULL };
	static const char *const who[] = { "kswapd", "direct", "khugepaged", "proactive", NULL };
	static const char *const sums[] = { "pgscan", "pgsteal" };
	int fd = storage_open(32 * MB);

	cgroup_write(&self->a, "memory.max", "8M");
	IN_CHILD (.cgroup = &self->a)
		hog_read(fd, 32 * MB);
	EXPECT_SOON(stat_key(&self->a, "pgsteal") > 0);
	EXPECT_SOON(adds_up(&self->a, "slab", slab));
	for (int i = 0; i < 2; i++) {
		if (!text_value(cgroup_read(&self->a, "memory.stat"),
				text_format("%s_direct", sums[i])))
			check_skip("not supported: %s_direct in memory.stat (since 6.0)", sums[i]);
		EXPECT_SOON(adds_up(&self->a, sums[i], who));
	}
}

TEST_F(memory, stat_unevictable)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a) {
		char *at = hog_touch(8 * MB);

		MUST(mlock(at, 8 * MB));
		child_meet(&c);
		child_meet(&c);
		MUST(munlock(at, 8 * MB));
		child_send(&c, 0);
		child_sleep();
	}
	child_meet(&c);
	EXPECT_SOON(stat_key(&self->a, "unevictable") >= 8 * MB - slack() / 2);
	EXPECT_GE(8 * MB + slack(), stat_key(&self->a, "unevictable"));
	child_meet(&c);
	child_recv(&c);
	EXPECT_SOON(stat_key(&self->a, "unevictable") < slack());
}

TEST_F(memory, stat_thp)
{
	struct child c;
	char *mode;

	need_file("/sys/kernel/mm/transparent_hugepage/enabled", "CONFIG_TRANSPARENT_HUGEPAGE");
	mode = file_read("/sys/kernel/mm/transparent_hugepage/enabled");
	if (strstr(mode, "[never]"))
		check_skip("not permitted: huge pages (transparent_hugepage/enabled is never)");
	int64_t before = stat_key(&self->a, "thp_fault_alloc");
	CHILD (&c, .cgroup = &self->a) {
		char *at = mmap(NULL, 82 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

		/* On one CPU: it adds to the sum when it has more than 32 (before 5.13). */
		burn_bind(0);
		at = (char *)(((uintptr_t)at + 2 * MB - 1) & ~(2 * MB - 1));
		MUST(madvise(at, 80 * MB, MADV_HUGEPAGE));
		for (int i = 0; i < 40; i++)
			at[i * 2 * MB] = 1;
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	/* 40 pages of 2 MB, of which each CPU may keep some back from the sum. */
	EXPECT_SOON(stat_key(&self->a, "anon_thp") % (2 * MB) == 0);
	EXPECT_SOON(stat_key(&self->a, "anon_thp") > 0);
	EXPECT_GE(80 * MB, stat_key(&self->a, "anon_thp"));
	EXPECT_SOON(stat_key(&self->a, "thp_fault_alloc") > before);
	EXPECT_GE(before + 40, stat_key(&self->a, "thp_fault_alloc"));
	child_kill(&c);
	EXPECT_SOON(stat_key(&self->a, "anon_thp") == 0);
}

TEST_F(memory, numa_stat)
{
	struct child c;
	char *numa, *save;

	need_cgroup_file(&self->a, "memory.numa_stat");
	hog_start(&c, &self->a, 16 * MB);
	EXPECT_SOON(stat_key(&self->a, "anon") >= 16 * MB - slack() / 4);
	numa = cgroup_read(&self->a, "memory.numa_stat");
	int lines = 0;
	for (char *line = strtok_r(numa, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char key[64];
		int64_t sum = 0, whole;
		int nodes = 0;

		MUST(sscanf(line, "%63s", key));
		for (char *at = line; (at = strstr(at, " N")); at++, nodes++)
			sum += strtoll(strchr(at, '=') + 1, NULL, 10);
		EXPECT_LT(0, nodes);
		if (!text_value(cgroup_read(&self->a, "memory.stat"), key))
			continue;
		whole = stat_key(&self->a, key);
		/* Event counters go on while we read; sizes hardly. */
		EXPECT_GE(whole + slack() / 2, sum);
		EXPECT_LE(whole - slack() / 2, sum);
		lines++;
		if (!strcmp(key, "anon"))
			EXPECT_LE(16 * MB - slack() / 4, sum);
	}
	EXPECT_LT(10, lines);
}

/* A stream that nobody reads, on the loopback of a network namespace of its own. */
static void fill_stream(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t n = sizeof(to);
	int server = MUST(socket(AF_INET, SOCK_STREAM, 0)), client, size = 4 << 20;
	static char block[65536];

	MUST(bind(server, (void *)&to, n));
	MUST(listen(server, 1));
	MUST(getsockname(server, (void *)&to, &n));
	client = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(client, (void *)&to, n))
		ASSERT_EQ(EINPROGRESS, errno);
	MUST(accept(server, NULL, NULL));
	while (poll_one(client, POLLOUT, 200) & POLLOUT &&
	       send(client, block, sizeof(block), 0) > 0)
		;
}

TEST_F(memory, current_counts_sockets)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a, .flags = CLONE_NEWNET) {
		net_loopback_up();
		fill_stream();
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	EXPECT_SOON(stat_key(&self->a, "sock") >= 128 * 1024);
	EXPECT_LE(stat_key(&self->a, "sock"), current(&self->a));
	child_kill(&c);
	EXPECT_SOON(stat_key(&self->a, "sock") < 128 * 1024);
}

/* 8 MB written; anew each time, as anybody's sync(2) makes them clean. */
static bool dirties(const struct cgroup *cg, int fd)
{
	static char block[MB];

	for (int i = 0; i < 8; i++)
		MUST(pwrite(fd, block, MB, storage_offset(fd) + i * MB));
	return stat_key(cg, "file_dirty") + stat_key(cg, "file_writeback") >= 4 * MB;
}

TEST_F(memory, stat_dirty_writeback)
{
	int fd = storage_open(8 * MB);

	IN_CHILD (.cgroup = &self->a) {
		EXPECT_SOON(dirties(&self->a, fd));
		MUST(fsync(fd));
		EXPECT_SOON(stat_key(&self->a, "file_dirty") < MB);
		EXPECT_SOON(stat_key(&self->a, "file_writeback") < MB);
	}
}

/* Again, as a page that was on its way to a list when the file was dropped is not read in. */
static bool refaults(const struct cgroup *cg, int fd, const char *key, int64_t more_than)
{
	storage_drop(fd);
	IN_CHILD (.cgroup = cg)
		for (int i = 0; i < 3; i++)
			hog_read(fd, 32 * MB);
	return stat_key(cg, key) > more_than;
}

TEST_F(memory, stat_workingset)
{
	int fd = storage_open(32 * MB);
	const char *key =
		text_value(cgroup_read(&self->a, "memory.stat"), "workingset_refault_file")
			? "workingset_refault_file"
			: "workingset_refault";

	cgroup_write(&self->a, "memory.max", "16M");
	int64_t before = stat_key(&self->a, key);
	EXPECT_SOON(refaults(&self->a, fd, key, before + 256));
}

/* What a cgroup with the controller needs for each CPU is its parent's to pay. */
TEST_F(memory, stat_percpu_vmalloc)
{
	char *names[100];

	if (!text_value(cgroup_read(&self->a, "memory.stat"), "percpu"))
		check_skip("not supported: percpu in memory.stat");
	cgroup_enable(&self->a, "memory");
	int64_t before = stat_key(&self->a, "percpu"), high;

	for (int i = 0; i < 100; i++) {
		names[i] = text_format("%d", i);
		cgroup_make_in(&self->a, names[i]);
	}
	EXPECT_SOON(stat_key(&self->a, "percpu") > before);
	high = stat_key(&self->a, "percpu");
	EXPECT_LE(high, current(&self->a));
	for (int i = 0; i < 100; i++)
		MUST(rmdir(text_format("%s/%s", self->a.path, names[i])));
	EXPECT_SOON(stat_key(&self->a, "percpu") < high);
}

SUITE_MAIN()
