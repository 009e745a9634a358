// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkio on v1.  The device is the scratch disk, or else a loop device that is
 * there and that nobody uses, which is let go with the last descriptor.  A limit
 * is tested against the time it must take at the least; how long a slow machine
 * takes says nothing.  What nothing limits takes less than that, if not each time.
 */
#include "../io/io.h"
#include "v1.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/blkpg.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

FIXTURE(v1_blkio)
{
	struct cgroup a, b; /* b below a */
	int fd;		    /* the device, O_DIRECT */
	char *device;	    /* "MAJOR:MINOR" */
};

/* No module is loaded for it and no device made: both would stay. */
static int open_loop(void)
{
	int file = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), fd;
	const struct loop_info64 info = { .lo_flags = LO_FLAGS_AUTOCLEAR };
	glob_t all;

	if (file < 0)
		check_skip("not permitted: disk: no scratch device was given, and none can be made "
			   "of a file in /var/tmp (%s)",
			   errno_name(errno));

	MUST(ftruncate(file, 4 * MB));
	if (glob("/sys/block/loop*", 0, NULL, &all))
		check_skip("not permitted: disk: no scratch device was given, and there is no "
			   "loop device");
	for (size_t i = 0; i < all.gl_pathc; i++) {
		const char *name = strrchr(all.gl_pathv[i], '/') + 1;

		if (!access(text_format("%s/loop/backing_file", all.gl_pathv[i]), F_OK))
			continue;
		fd = open(text_format("/dev/%s", name), O_RDWR | O_DIRECT | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, LOOP_SET_FD, file)) {
			MUST(ioctl(fd, LOOP_SET_STATUS64, &info));
			globfree(&all);
			close(file);
			return fd;
		}
		close(fd);
	}
	check_skip("not permitted: disk: no scratch device was given, and no loop device is "
		   "free");
}

static void write_number(const struct cgroup *cg, const char *file, const char *device, int64_t n)
{
	cgroup_write(cg, file, "%s %ld", device, (long)n);
}

FIXTURE_SETUP(v1_blkio)
{
	const char *disk = getenv("BULKHEAD_DISK");
	struct stat st;

	self->a = cgroup_v1_make("blkio", "a");
	self->b = v1_below(&self->a, "b");
	need_cgroup_file(&self->a, "blkio.throttle.read_bps_device");
	self->fd = disk ? MUST(open(disk, O_RDWR | O_DIRECT | O_CLOEXEC)) : open_loop();
	MUST(fstat(self->fd, &st));
	self->device = text_format("%u:%u", major(st.st_rdev), minor(st.st_rdev));
}
NO_TEARDOWN(v1_blkio)

static char *rule(const char *direction, const char *unit)
{
	return text_format("blkio.throttle.%s_%s_device", direction, unit);
}

/* Direct requests in a process of the cgroup; how many ns they took. */
static int64_t transfer(const struct cgroup *cg, int fd, int count, size_t size, bool writing)
{
	struct child c;

	CHILD (&c) {
		cgroup_add(cg, 0);
		child_send(&c, io_transfer_on(fd, count, size, writing));
	}
	int64_t took = child_recv(&c);
	child_wait(&c);
	return took;
}
#define READ(cg, count, size)  transfer(cg, self->fd, count, size, false)
#define WRITE(cg, count, size) transfer(cg, self->fd, count, size, true)

/* "MAJOR:MINOR KEY N" of a file; 0: no such line, as before the first request. */
static int64_t counted(const struct cgroup *cg, const char *file, const char *device,
		       const char *key)
{
	char *value = text_value(cgroup_read(cg, file), text_format("%s %s", device, key));

	return value ? atoll(value) : 0;
}
#define BYTES_OF(cg, key) counted(cg, "blkio.throttle.io_service_bytes", self->device, key)
#define IOS_OF(cg, key)	  counted(cg, "blkio.throttle.io_serviced", self->device, key)

TEST_F(v1_blkio, throttle_limits)
{
	static const char *const directions[] = { "read", "write" };

	for (int w = 0; w < 2; w++) {
		char *bps = rule(directions[w], "bps"), *iops = rule(directions[w], "iops");

		EXPECT_STREQ("", cgroup_read(&self->a, bps));
		EXPECT_OK(cgroup_try_write(&self->a, bps, "%s 1048576", self->device));
		EXPECT_STREQ(text_format("%s 1048576", self->device), cgroup_read(&self->a, bps));
		/* 1 MB at 1 MB/s, less what may be spent ahead; the other way free. */
		EXPECT_LE(600, transfer(&self->a, self->fd, 16, 65536, w) / 1000000);
		EXPECT_SOON(transfer(&self->a, self->fd, 16, 65536, !w) / 1000000 < 600);
		EXPECT_OK(cgroup_try_write(&self->a, bps, "%s 0", self->device));
		EXPECT_STREQ("", cgroup_read(&self->a, bps));
		EXPECT_SOON(transfer(&self->a, self->fd, 16, 65536, w) / 1000000 < 600);
		/* 12 requests at 12 a second. */
		EXPECT_OK(cgroup_try_write(&self->a, iops, "%s 12", self->device));
		EXPECT_STREQ(text_format("%s 12", self->device), cgroup_read(&self->a, iops));
		EXPECT_LE(500, transfer(&self->a, self->fd, 12, 4096, w) / 1000000);
		EXPECT_OK(cgroup_try_write(&self->a, iops, "%s 0", self->device));
		EXPECT_STREQ("", cgroup_read(&self->a, iops));
	}
}

/* 1 MB at the parent's 32 KB/s would take half a minute. */
TEST_F(v1_blkio, throttle_flat)
{
	char *bps = rule("read", "bps");

	write_number(&self->a, bps, self->device, 32768);
	EXPECT_STREQ("", cgroup_read(&self->b, bps));
	EXPECT_GT(15000, READ(&self->b, 16, 65536) / 1000000);
	/* Only what is the child's own rule, though it be the wider one. */
	write_number(&self->b, bps, self->device, 1048576);
	int64_t ms = READ(&self->b, 16, 65536) / 1000000;
	EXPECT_LE(600, ms);
	EXPECT_GT(15000, ms);
	EXPECT_LE(1000, READ(&self->a, 1, 65536) / 1000000);
}

/* Rules that hold nothing up: of a device without any nothing is counted (6.10). */
static void count(const struct cgroup *cg, const char *device)
{
	write_number(cg, rule("read", "iops"), device, 1000000);
	write_number(cg, rule("write", "iops"), device, 1000000);
}

TEST_F(v1_blkio, throttle_stats)
{
	static const char *const keys[] = { "Read", "Write", "Sync", "Async", "Discard", "Total" };
	static const char *const files[] = { "io_serviced", "io_service_bytes",
					     "io_serviced_recursive",
					     "io_service_bytes_recursive" };

	count(&self->a, self->device);
	count(&self->b, self->device);
	READ(&self->a, 16, 65536);
	WRITE(&self->a, 8, 65536);
	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		char *text = cgroup_read(&self->a, text_format("blkio.throttle.%s", files[f]));

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			EXPECT_TRUE(text_value(text, text_format("%s %s", self->device, keys[k])));
		EXPECT_TRUE(text_value(text, "Total"));
	}
	EXPECT_EQ(16 * 65536, BYTES_OF(&self->a, "Read"));
	EXPECT_EQ(8 * 65536, BYTES_OF(&self->a, "Write"));
	EXPECT_EQ(24 * 65536, BYTES_OF(&self->a, "Total"));
	EXPECT_EQ(24 * 65536, BYTES_OF(&self->a, "Sync") + BYTES_OF(&self->a, "Async"));
	EXPECT_EQ(0, BYTES_OF(&self->a, "Discard"));
	/* A request may be split by what the device takes at once. */
	EXPECT_LE(16, IOS_OF(&self->a, "Read"));
	EXPECT_GE(16 * 16, IOS_OF(&self->a, "Read"));
	EXPECT_LE(8, IOS_OF(&self->a, "Write"));
	EXPECT_EQ(IOS_OF(&self->a, "Read") + IOS_OF(&self->a, "Write"), IOS_OF(&self->a, "Total"));
	/* The child's are its own, and its parent's only where that is what the file says. */
	WRITE(&self->b, 4, 65536);
	EXPECT_EQ(4 * 65536, BYTES_OF(&self->b, "Write"));
	EXPECT_EQ(8 * 65536, BYTES_OF(&self->a, "Write"));
	EXPECT_EQ(12 * 65536, counted(&self->a, "blkio.throttle.io_service_bytes_recursive",
				      self->device, "Write"));
	EXPECT_EQ(IOS_OF(&self->a, "Write") + IOS_OF(&self->b, "Write"),
		  counted(&self->a, "blkio.throttle.io_serviced_recursive", self->device, "Write"));
	struct cgroup ruleless = v1_below(&self->a, "ruleless");
	READ(&ruleless, 4, 65536);
	if (!BYTES_OF(&ruleless, "Read"))
		check_defect("the throttling counters of a cgroup count only the directions that "
			     "the cgroup has a rule for");
	EXPECT_EQ(4 * 65536, BYTES_OF(&ruleless, "Read"));
}

/* The device of the first partition there is of the disk; NULL: none. */
static char *first_partition(const char *device)
{
	glob_t found;
	char *dev = NULL;

	if (!glob(text_format("/sys/dev/block/%s/*/partition", device), 0, NULL, &found)) {
		char *dir = strdup(found.gl_pathv[0]);

		*strrchr(dir, '/') = '\0';
		dev = file_read("%s/dev", dir);
		globfree(&found);
	}
	return dev;
}

static int partition(int fd, int op)
{
	struct blkpg_partition p = { .start = 65536, .length = 65536, .pno = 1 };
	struct blkpg_ioctl_arg arg = { .op = op, .datalen = sizeof(p), .data = &p };

	return ioctl(fd, BLKPG, &arg);
}

TEST_F(v1_blkio, throttle_errors)
{
	static const char *const bad[] = { "", " x", " ", "5", ":3 5" };
	char *bps = rule("read", "bps");

	write_number(&self->a, bps, self->device, 12345678);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL,
			    cgroup_try_write(&self->a, bps, "%s%s", self->device, bad[i]));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, bps, "x"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, bps, "7 100"));
	EXPECT_ERRNO(ENODEV, cgroup_try_write(&self->a, bps, "4000:0 100"));
	EXPECT_ERRNO(ENODEV, cgroup_try_write(&self->a, rule("write", "iops"), "4000:0 100"));
	EXPECT_STREQ(text_format("%s 12345678", self->device), cgroup_read(&self->a, bps));
	if (!need_is_disposable())
		return;
	if (partition(self->fd, BLKPG_ADD_PARTITION)) {
		check_note("partly tested: no partition on the device: %s", errno_name(errno));
		return;
	}
	char *part = first_partition(self->device);
	ASSERT_TRUE(part);
	EXPECT_ERRNO(ENODEV, cgroup_try_write(&self->a, bps, "%s 100", part));
	EXPECT_OK(partition(self->fd, BLKPG_DEL_PARTITION));
}

/* It is for the counters that a policy has for debugging; these are none of them. */
TEST_F(v1_blkio, reset_stats)
{
	static const char file[] = "blkio.reset_stats";

	count(&self->a, self->device);
	READ(&self->a, 4, 65536);
	EXPECT_EQ(4 * 65536, BYTES_OF(&self->a, "Read"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, file, "x"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, file, "-1"));
	EXPECT_OK(cgroup_try_write(&self->a, file, "1"));
	EXPECT_OK(cgroup_try_write(&self->a, file, "0"));
	EXPECT_EQ(4 * 65536, BYTES_OF(&self->a, "Read"));
}

/* Written back by the kernel's own thread, soon, for as long as the test runs. */
static const char *const pace[] = { "/proc/sys/vm/dirty_writeback_centisecs",
				    "/proc/sys/vm/dirty_expire_centisecs" };

TEST_F(v1_blkio, buffered_writes_to_root)
{
	struct cgroup root;
	char *before[2], *disk = text_format("/proc/self/fd/%d", self->fd);
	struct child c;

	need_disposable();
	root = v1_root_cgroup(&self->a, "blkio");
	count(&self->a, self->device);
	count(&root, self->device);
	int64_t roots = BYTES_OF(&root, "Write");
	for (int i = 0; i < 2; i++) {
		before[i] = file_read("%s", pace[i]);
		file_write(pace[i], "20");
	}
	CHILD (&c) {
		int fd = MUST(open(disk, O_RDWR | O_CLOEXEC));
		static char block[65536];

		cgroup_add(&self->a, 0);
		for (size_t at = 0; at < 2 * MB; at += sizeof(block)) {
			memset(block, 'a' + (int)(at / sizeof(block)) % 26, sizeof(block));
			ASSERT_EQ(sizeof(block), pwrite(fd, block, sizeof(block), at));
		}
		child_meet(&c);
		/* The last close would write the rest back here and now. */
		child_sleep();
	}
	child_meet(&c);
	EXPECT_SOON(BYTES_OF(&root, "Write") >= roots + 2 * MB);
	EXPECT_EQ(0, BYTES_OF(&self->a, "Write"));
	for (int i = 0; i < 2; i++)
		file_write(pace[i], "%s", before[i]);
	write_number(&root, rule("read", "iops"), self->device, 0);
	write_number(&root, rule("write", "iops"), self->device, 0);
	/* What it writes past the cache is its own. */
	WRITE(&self->a, 2, 65536);
	EXPECT_EQ(2 * 65536, BYTES_OF(&self->a, "Write"));
}

enum { READERS = 4 };

/* So many readers in the cgroup, each of its own stretch, until killed. */
static void saturate(struct child c[READERS], const struct cgroup *cg, int fd, int first)
{
	for (int i = 0; i < READERS; i++)
		CHILD (&c[i]) {
			off_t base = (first + i) * MB;
			void *block;

			cgroup_add(cg, 0);
			ASSERT_EQ(0, posix_memalign(&block, 4096, 65536));
			child_meet(&c[i]);
			for (int at = 0;; at = (at + 65536) % (int)MB)
				MUST(pread(fd, block, 65536, base + at));
		}
	for (int i = 0; i < READERS; i++)
		child_meet(&c[i]);
}

static int64_t bfq_read(const struct cgroup *cg, const char *device)
{
	return counted(cg, "blkio.bfq.io_service_bytes", device, "Read");
}

/* How much two cgroups read while both together read so much. */
static bool share(const struct cgroup *const cg[2], const char *device, int64_t bytes,
		  int64_t got[2])
{
	int64_t from[] = { bfq_read(cg[0], device), bfq_read(cg[1], device) };

	for (struct wait_loop w = wait_loop_start(20);;) {
		for (int i = 0; i < 2; i++)
			got[i] = bfq_read(cg[i], device) - from[i];
		if (got[0] + got[1] >= bytes)
			return true;
		if (!wait_loop_again(&w))
			return false;
	}
}

TEST_F(v1_blkio, bfq_files)
{
	char *scheduler = text_format("/sys/dev/block/%s/queue/scheduler", self->device);
	static const char weight[] = "blkio.bfq.weight", of_device[] = "blkio.bfq.weight_device";

	need_disposable();
	need_file(scheduler, "an I/O scheduler for the disk");
	char *before = io_scheduler(scheduler);
	file_write(scheduler, "bfq");
	need_cgroup_file(&self->a, weight);
	EXPECT_EQ(100, cgroup_number(&self->a, weight));
	EXPECT_OK(cgroup_try_write(&self->a, weight, "1"));
	EXPECT_OK(cgroup_try_write(&self->a, weight, "1000"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, weight, "0"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, weight, "1001"));
	EXPECT_EQ(1000, cgroup_number(&self->a, weight));
	EXPECT_EQ(100, cgroup_number(&self->b, weight));
	EXPECT_OK(cgroup_try_write(&self->a, of_device, "%s 300", self->device));
	EXPECT_TRUE(text_has_line(cgroup_read(&self->a, of_device),
				  text_format("%s 300", self->device)));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, of_device, "%s 1001", self->device));
	EXPECT_OK(cgroup_try_write(&self->a, of_device, "%s default", self->device));
	EXPECT_FALSE(strstr(cgroup_read(&self->a, of_device), self->device));
	READ(&self->a, 8, 65536);
	READ(&self->b, 4, 65536);
	EXPECT_EQ(8 * 65536, counted(&self->a, "blkio.bfq.io_service_bytes", self->device, "Read"));
	EXPECT_LE(8, counted(&self->a, "blkio.bfq.io_serviced", self->device, "Read"));
	EXPECT_EQ(12 * 65536,
		  counted(&self->a, "blkio.bfq.io_service_bytes_recursive", self->device, "Read"));
	struct cgroup rival = v1_below(&self->a, "rival");
	const struct cgroup *const cg[] = { &self->b, &rival };
	struct child few[READERS], many[READERS];
	int64_t got[2];

	cgroup_write(&self->b, weight, "50");
	cgroup_write(&rival, weight, "500");
	saturate(few, &self->b, self->fd, 0);
	saturate(many, &rival, self->fd, READERS);
	/* At first bfq favours who comes anew, for some seconds, whatever the weights are. */
	for (struct wait_loop w = wait_loop_start(20);;) {
		ASSERT_TRUE(share(cg, self->device, 64 * MB, got));
		if (got[0] * 2 < got[1] || !wait_loop_again(&w))
			break;
	}
	check_note("of 64 MB at weights 50 and 500: %.1f and %.1f", got[0] / (double)MB,
		   got[1] / (double)MB);
	EXPECT_LT(got[0] * 2, got[1]);
	for (int i = 0; i < READERS; i++) {
		child_kill(&few[i]);
		child_kill(&many[i]);
	}
	file_write(scheduler, "%s", before);
}

SUITE_MAIN(.alone = true)
