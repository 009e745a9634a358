// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose the writeback is: buffered writes on a file system that knows cgroups
 * (ext2 by the ext4 driver, so that no journal ties files together), on the
 * scratch disk, with the memory and the io controller.
 */
#include "io.h"

#include <spawn.h>

FIXTURE(io)
{
	struct cgroup p, a, b;	   /* a and b below p, all with memory and io */
	unsigned int major, minor; /* of the scratch disk */
	char *dir;		   /* where it is mounted */
};

static char *make_filesystem(const char *disk)
{
	char *argv[] = { "mke2fs", "-F", "-b", "4096", (char *)disk, "131072", NULL };
	char *dir = temp_dir();
	posix_spawn_file_actions_t quiet;
	int status, error;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if ((error = posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ)))
		check_skip("not supported: mke2fs, for a file system: %s", errno_name(error));
	MUST(waitpid(pid, &status, 0));
	if (status)
		check_setup_failed(HERE, "mke2fs %s %s", disk, wait_status_text(status));
	if (mount(disk, dir, "ext4", 0, NULL) && errno == ENODEV)
		check_skip("not supported: ext4");
	else if (access(text_format("%s/lost+found", dir), F_OK))
		check_setup_failed(HERE, "mount of %s: %s", disk, errno_name(errno));
	return dir;
}

FIXTURE_SETUP(io)
{
	need_controller("io");
	need_controller("memory");
	self->p = cgroup_make("p");
	cgroup_write(&self->p, "cgroup.subtree_control", "+io +memory");
	self->a = cgroup_make_in(&self->p, "a");
	self->b = cgroup_make_in(&self->p, "b");
	io_disk(&self->major, &self->minor);
	self->dir = make_filesystem(need_disk());
}
FIXTURE_TEARDOWN(io)
{
	umount(self->dir);
}

static int data_open(const char *dir, const char *name)
{
	return MUST(open(text_format("%s/%s", dir, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

/* Into the page cache, and no further than the kernel goes by itself. */
static void write_buffered(int fd, off_t from, size_t bytes)
{
	static char block[65536];

	memset(block, 'w', sizeof(block));
	for (size_t at = 0; at < bytes; at += sizeof(block))
		MUST(pwrite(fd, block, sizeof(block), from + at));
}

static int64_t written(const struct cgroup *cg, unsigned int major, unsigned int minor)
{
	int64_t n = io_stat_key(cg, major, minor, "wbytes");

	return n < 0 ? 0 : n;
}
#define WRITTEN(cg) written(cg, DEVICE)

TEST_F(io, stat_buffered_write_attribution)
{
	for (int i = 0; i < 2; i++) {
		const struct cgroup *cg = i ? &self->b : &self->a;
		int64_t others = WRITTEN(i ? &self->a : &self->b);

		IN_CHILD (.cgroup = cg) {
			int fd = data_open(self->dir, i ? "b" : "a");

			write_buffered(fd, 0, 8 * MB);
			if (i)
				sync();
			else
				MUST(fsync(fd));
		}
		EXPECT_SOON(WRITTEN(cg) >= 8 * MB);
		EXPECT_GE(9 * MB, WRITTEN(cg)); /* and some blocks that say where they are */
		EXPECT_EQ(others, WRITTEN(i ? &self->a : &self->b));
	}
	EXPECT_SOON(WRITTEN(&self->p) >= 16 * MB);
}

/* 6 MB of b's are out before 3 MB more of a's are, which is still at it. */
static bool passes(struct child *in_a, const struct cgroup *a, const struct cgroup *b,
		   unsigned int major, unsigned int minor, const char *dir)
{
	int64_t before = written(a, major, minor), of_b = written(b, major, minor);

	IN_CHILD (.cgroup = b) {
		int fd = data_open(dir, "b");

		write_buffered(fd, 0, 6 * MB);
		MUST(fdatasync(fd));
	}
	EXPECT_LE(of_b + 6 * MB, written(b, major, minor));
	ASSERT_TRUE(child_alive(in_a));
	return written(a, major, minor) < before + 3 * MB;
}

/* 24 MB at 1 MB/s, and some beside it that nothing limits. */
TEST_F(io, max_buffered_writeback)
{
	int64_t start = now_ns(), done;
	struct child a;

	cgroup_write(&self->a, "io.max", "%u:%u wbps=1048576", DEVICE);
	CHILD (&a, .cgroup = &self->a) {
		int fd = data_open(self->dir, "a");

		write_buffered(fd, 0, 24 * MB);
		child_meet(&a);
		MUST(fsync(fd));
	}
	child_meet(&a);
	EXPECT_SOON(WRITTEN(&self->a) > 0);
	/* Some time: for a late one among us a goes on as well. */
	EXPECT_SOON(passes(&a, &self->a, &self->b, DEVICE, self->dir));
	done = WRITTEN(&self->a);
	EXPECT_GE((now_ns() - start) / 1000 * MB / 1000000 + 2 * MB, done);
	cgroup_write(&self->a, "io.max", "%u:%u wbps=max", DEVICE);
	child_wait(&a);
	EXPECT_LE(24 * MB, WRITTEN(&self->a));
}

static int64_t dirty(const struct cgroup *cg)
{
	return cgroup_key(cg, "memory.stat", "file_dirty") +
	       cgroup_key(cg, "memory.stat", "file_writeback");
}

/*
 * What is dirty when a process in the cgroup has written so much.  Newer kernels
 * throttle by counters that may be some seconds old; reading them makes them
 * new.
 */
static int64_t dirty_after(const struct cgroup *cg, int fd, size_t bytes)
{
	enum { STEP = MB / 2 };
	struct child c;
	int64_t left = 0;

	CHILD (&c, .cgroup = cg) {
		for (size_t done = 0; done < bytes; done += STEP) {
			write_buffered(fd, done, STEP);
			child_meet(&c);
		}
		child_meet(&c);
	}
	for (size_t done = 0; done < bytes; done += STEP) {
		child_meet(&c);
		left = dirty(cg);
	}
	child_meet(&c);
	child_wait(&c);
	return left;
}

/*
 * A fifth of the 48 MB in memory.max may be dirty, so the writer waits for the
 * disk; one that may use all memory writes as fast as it can.  How long a
 * writer waits follows from how fast its disk was lately, at first a guess: it
 * overshoots (to 16.3 MB on a busy machine), but stays below half of its memory,
 * where one that is not held back leaves all it wrote.
 */
TEST_F(io, dirty_throttling_per_memcg)
{
	enum { ALL = 40 * MB };
	int64_t free_one, limited;

	for (int i = 0; i < 2; i++)
		cgroup_write(i ? &self->b : &self->a, "io.max", "%u:%u wbps=8388608", DEVICE);
	cgroup_write(&self->a, "memory.max", "48M");
	free_one = dirty_after(&self->b, data_open(self->dir, "b"), ALL);
	limited = dirty_after(&self->a, data_open(self->dir, "a"), ALL);
	check_note("still dirty of 40 MB: %.1f MB, with memory.max at 48M %.1f",
		   free_one / (double)MB, limited / (double)MB);
	EXPECT_LE(30 * MB, free_one);
	EXPECT_GE(24 * MB, limited);
	EXPECT_EQ(0, cgroup_key(&self->a, "memory.events", "oom"));
	for (int i = 0; i < 2; i++)
		cgroup_write(i ? &self->b : &self->a, "io.max", "%u:%u wbps=max", DEVICE);
}

/* 2 MB that were on no page before, out to the disk; what of it counted as b's. */
static int64_t round_of_b(const struct cgroup *b, int fd, unsigned int major, unsigned int minor)
{
	int64_t before = written(b, major, minor);

	IN_CHILD (.cgroup = b) {
		/* A page belongs to who brought it in. */
		storage_drop(fd);
		write_buffered(fd, 0, 2 * MB);
		MUST(fdatasync(fd));
	}
	return written(b, major, minor) - before;
}

TEST_F(io, writeback_owner_switch)
{
	int64_t a;

	/* Making it makes it dirty: that is what decides whose it is at first. */
	IN_CHILD (.cgroup = &self->a) {
		int fd = data_open(self->dir, "file");

		write_buffered(fd, 0, 2 * MB);
		MUST(fsync(fd));
	}
	int fd = data_open(self->dir, "file");

	EXPECT_SOON((a = WRITTEN(&self->a)) >= 2 * MB);
	EXPECT_GT(2 * MB, round_of_b(&self->b, fd, DEVICE)); /* still a's file */
	EXPECT_SOON(WRITTEN(&self->a) > a);
	for (struct wait_loop w = wait_loop_start(30);;) {
		if (round_of_b(&self->b, fd, DEVICE) >= 2 * MB)
			break;
		if (!wait_loop_again(&w)) {
			EXPECT_LE(2 * MB, round_of_b(&self->b, fd, DEVICE));
			break;
		}
	}
	a = WRITTEN(&self->a);
	EXPECT_LE(2 * MB, round_of_b(&self->b, fd, DEVICE));
	EXPECT_EQ(a, WRITTEN(&self->a));
}

SUITE_MAIN(.alone = true)
