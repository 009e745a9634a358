// SPDX-License-Identifier: GPL-2.0-only
/* The pids controller: counting tasks and refusing forks. */
#include "suite.h"

#include <pthread.h>
#include <sys/inotify.h>

FIXTURE(pids)
{
	struct cgroup a, b; /* b below a, both with the controller */
};
FIXTURE_SETUP(pids)
{
	need_controller("pids");
	self->a = cgroup_make("a");
	cgroup_enable(&self->a, "pids");
	self->b = cgroup_make_in(&self->a, "b");
}
NO_TEARDOWN(pids)

static int64_t current(const struct cgroup *cg)
{
	return cgroup_number(cg, "pids.current");
}

static void start(struct child *c, const struct cgroup *cg)
{
	CHILD (c, .cgroup = cg)
		child_sleep();
}

static void *wait_in_thread(void *line)
{
	char byte;

	if (read(*(int *)line, &byte, 1) < 0)
		return line;
	return NULL;
}

TEST_F(pids, max_values)
{
	static const char *const bad[] = { "-1", "x", "1x", "4194305", "99999999999999999999" };
	static const char *const good[] = { "0", "1", "4194304", "max" };

	EXPECT_STREQ("max", cgroup_read(&self->b, "pids.max"));
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_OK(cgroup_try_write(&self->b, "pids.max", "%s", good[i]));
		EXPECT_STREQ(good[i], cgroup_read(&self->b, "pids.max"));
	}
	cgroup_write(&self->b, "pids.max", "7");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-1, cgroup_try_write(&self->b, "pids.max", "%s", bad[i]));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "pids.max", "-1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "pids.max", "4194305"));
	EXPECT_STREQ("7", cgroup_read(&self->b, "pids.max"));
}

/* Processes, threads and zombies, with those below. */
TEST_F(pids, current_counts_threads)
{
	struct cgroup beside = cgroup_make_in(&self->a, "beside");
	struct child c, other;
	int line[2];

	MUST(pipe(line));
	EXPECT_EQ(0, current(&self->a));
	CHILD (&c, .cgroup = &self->b) {
		pthread_t thread[2];

		for (int i = 0; i < 2; i++)
			ASSERT_EQ(0, pthread_create(&thread[i], NULL, wait_in_thread, &line[0]));
		child_meet(&c);
		for (int i = 0; i < 2; i++)
			pthread_join(thread[i], NULL);
	}
	child_meet(&c);
	EXPECT_EQ(3, current(&self->b));
	EXPECT_EQ(3, current(&self->a));
	start(&other, &beside);
	EXPECT_EQ(4, current(&self->a));
	EXPECT_EQ(3, current(&self->b));
	MUST(write(line[1], "xx", 2));
	child_dead(&c);
	/* Its threads are gone; it is a zombie, and counts. */
	EXPECT_SOON(current(&self->b) == 1);
	EXPECT_SOON(current(&self->a) == 2);
	child_wait(&c);
	EXPECT_SOON(current(&self->b) == 0);
	child_kill(&other);
	EXPECT_SOON(current(&self->a) == 0);
}

/* Exactly at the limit of the own cgroup, then of the ancestor, by each call. */
TEST_F(pids, max_eagain)
{
	const struct cgroup *limited[] = { &self->b, &self->a };

	for (int i = 0; i < 2; i++) {
		cgroup_write(limited[i], "pids.max", "2");
		IN_CHILD (.cgroup = &self->b) {
			int line[2];
			struct sys_clone_args args = { .exit_signal = SIGCHLD };
			pthread_t thread;
			struct child second;

			MUST(pipe(line));
			EXPECT_EQ(0, child_fork_errno());
			CHILD (&second)
				child_sleep();
			EXPECT_EQ(EAGAIN, child_fork_errno());
			EXPECT_ERRNO(EAGAIN, sys_clone3(&args, sizeof(args)));
			EXPECT_EQ(EAGAIN, pthread_create(&thread, NULL, wait_in_thread, &line[0]));
			EXPECT_EQ(2, current(&self->b));
			child_kill(&second);
			EXPECT_EQ(0, pthread_create(&thread, NULL, wait_in_thread, &line[0]));
			EXPECT_EQ(EAGAIN, child_fork_errno());
			MUST(write(line[1], "x", 1));
			pthread_join(thread, NULL);
		}
		cgroup_write(limited[i], "pids.max", "max");
	}
}

TEST_F(pids, max_below_current)
{
	struct child c[3];

	for (int i = 0; i < 3; i++)
		start(&c[i], &self->b);
	EXPECT_OK(cgroup_try_write(&self->b, "pids.max", "1"));
	EXPECT_EQ(3, current(&self->b));
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(child_alive(&c[i]));
	struct child d;

	EXPECT_ERRNO(EAGAIN, child_try_start(&d, .cgroup = &self->b));
	child_kill(&c[0]);
	child_kill(&c[1]);
	EXPECT_ERRNO(EAGAIN, child_try_start(&d, .cgroup = &self->b));
	child_kill(&c[2]);
	start(&d, &self->b);
	EXPECT_EQ(1, current(&self->b));
}

TEST_F(pids, migration_not_limited)
{
	struct cgroup to = cgroup_make("to");
	struct child c;

	cgroup_write(&to, "pids.max", "0");
	start(&c, &self->b);
	EXPECT_EQ(1, current(&self->b));
	EXPECT_OK(cgroup_try_write(&to, "cgroup.procs", "%d", c.pid));
	EXPECT_EQ(1, current(&to));
	EXPECT_EQ(0, current(&self->b));
	EXPECT_EQ(0, current(&self->a));
	EXPECT_TRUE(child_alive(&c));
}

/* Refused by this limit, or for another reason once it was charged. */
TEST_F(pids, failed_fork_uncharges)
{
	pid_t taken = getpid();

	IN_CHILD (.cgroup = &self->b) {
		struct child c;

		cgroup_write(&self->b, "pids.max", "1");
		for (int i = 0; i < 20; i++)
			EXPECT_EQ(EAGAIN, child_fork_errno());
		EXPECT_EQ(1, current(&self->b));
		EXPECT_EQ(1, current(&self->a));
		cgroup_write(&self->b, "pids.max", "max");
		for (int i = 0; i < 20; i++)
			EXPECT_ERRNO(EEXIST,
				     child_try_start(&c, .set_tid = &taken, .set_tid_size = 1));
		EXPECT_EQ(1, current(&self->b));
		/* A grandchild's cgroup is full, its ancestors are charged and given back. */
		struct cgroup deep = cgroup_make_in(&self->a, "deep");

		cgroup_write(&deep, "pids.max", "0");
		EXPECT_ERRNO(EAGAIN, child_try_start(&c, .cgroup = &deep));
		EXPECT_EQ(1, current(&self->a));
		EXPECT_EQ(0, current(&deep));
	}
}

TEST_F(pids, peak)
{
	struct child c[4];

	need_cgroup_file(&self->b, "pids.peak");
	EXPECT_EQ(0, cgroup_number(&self->b, "pids.peak"));
	for (int i = 0; i < 4; i++)
		start(&c[i], &self->b);
	for (int i = 0; i < 4; i++)
		child_kill(&c[i]);
	EXPECT_EQ(4, cgroup_number(&self->b, "pids.peak"));
	EXPECT_EQ(4, cgroup_number(&self->a, "pids.peak"));
	start(&c[0], &self->b);
	EXPECT_EQ(4, cgroup_number(&self->b, "pids.peak"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "pids.peak", "0"));
}

static int64_t max_events(const struct cgroup *cg)
{
	return cgroup_key(cg, "pids.events", "max");
}

static void refuse_one(const struct cgroup *in)
{
	IN_CHILD (.cgroup = in)
		EXPECT_EQ(EAGAIN, child_fork_errno());
}

static void need_hierarchical(const struct cgroup *cg)
{
	need_cgroup_file(cg, "pids.events.local");
	if (cgroup_mount_option("pids_localevents"))
		check_skip("not permitted: the cgroup2 mount has pids_localevents");
}

/* Counted where the limit is and above, not below where the fork was. */
TEST_F(pids, events_max_hierarchical)
{
	struct cgroup c;

	need_hierarchical(&self->b);
	cgroup_enable(&self->b, "pids");
	c = cgroup_make_in(&self->b, "c");
	cgroup_write(&self->b, "pids.max", "1");
	refuse_one(&c);
	EXPECT_EQ(1, max_events(&self->b));
	EXPECT_EQ(1, max_events(&self->a));
	EXPECT_EQ(0, max_events(&c));
	cgroup_write(&self->b, "pids.max", "max");
	cgroup_write(&c, "pids.max", "1");
	refuse_one(&c);
	EXPECT_EQ(1, max_events(&c));
	EXPECT_EQ(2, max_events(&self->b));
	EXPECT_EQ(2, max_events(&self->a));
}

TEST_F(pids, events_local)
{
	need_hierarchical(&self->b);
	cgroup_write(&self->b, "pids.max", "1");
	refuse_one(&self->b);
	EXPECT_EQ(1, cgroup_key(&self->b, "pids.events.local", "max"));
	EXPECT_EQ(0, cgroup_key(&self->a, "pids.events.local", "max"));
	cgroup_write(&self->b, "pids.max", "max");
	cgroup_write(&self->a, "pids.max", "1");
	refuse_one(&self->b);
	EXPECT_EQ(1, cgroup_key(&self->b, "pids.events.local", "max"));
	EXPECT_EQ(1, cgroup_key(&self->a, "pids.events.local", "max"));
	EXPECT_EQ(2, max_events(&self->a));
}

/* On kernels before the local file the forking cgroup alone counts and is told. */
TEST_F(pids, events_notify)
{
	int fd = cgroup_open(&self->b, "pids.events", O_RDONLY);
	int watch = MUST(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	char text[64], path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/pids.events", self->b.path);
	MUST(inotify_add_watch(watch, path, IN_MODIFY));
	MUST(read(fd, text, sizeof(text)));
	cgroup_write(&self->b, "pids.max", "1");
	IN_CHILD (.cgroup = &self->b) {
		EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & POLLPRI);
		EXPECT_EQ(EAGAIN, child_fork_errno());
	}
	EXPECT_EQ(POLLPRI | POLLERR, poll_one(fd, POLLPRI, wait_limit_ms(5)) & (POLLPRI | POLLERR));
	EXPECT_TRUE(poll_one(watch, POLLIN, wait_limit_ms(5)) & POLLIN);
	EXPECT_EQ(1, max_events(&self->b));
	if (!cgroup_has(&self->a, "pids.events.local") || cgroup_mount_option("pids_localevents"))
		return;
	int above = cgroup_open(&self->a, "pids.events", O_RDONLY);

	MUST(read(above, text, sizeof(text)));
	refuse_one(&self->b);
	EXPECT_EQ(POLLPRI | POLLERR,
		  poll_one(above, POLLPRI, wait_limit_ms(5)) & (POLLPRI | POLLERR));
}

SUITE_MAIN()
