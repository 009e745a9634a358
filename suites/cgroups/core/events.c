// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.events: the populated key, and who is told of a change. */
#include "suite.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/select.h>

FIXTURE(core_events)
{
	struct cgroup a, b;
	int watch;
};
FIXTURE_SETUP(core_events)
{
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->watch = MUST(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}
NO_TEARDOWN(core_events)

static int64_t populated(const struct cgroup *cg)
{
	return cgroup_key(cg, "cgroup.events", "populated");
}

static void start(struct child *c, const struct cgroup *cg)
{
	CHILD (c, .cgroup = cg)
		child_sleep();
}

TEST_F(core_events, populated_recursive)
{
	struct cgroup beside = cgroup_make("beside"), c = cgroup_make_in(&self->b, "c");
	const struct cgroup *chain[] = { &self->a, &self->b, &c };
	struct child one, two;

	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, populated(chain[i]));
	start(&one, &c);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(1, populated(chain[i]));
	EXPECT_EQ(0, populated(&beside));
	start(&two, &self->b);
	cgroup_add(&beside, one.pid);
	EXPECT_EQ(0, populated(&c));
	EXPECT_EQ(1, populated(&self->b));
	EXPECT_EQ(1, populated(&self->a));
	EXPECT_EQ(1, populated(&beside));
	child_kill(&two);
	EXPECT_SOON(populated(&self->b) == 0);
	EXPECT_SOON(populated(&self->a) == 0);
	EXPECT_EQ(1, populated(&beside));
}

TEST_F(core_events, populated_zombie)
{
	struct child c, two;

	start(&c, &self->b);
	start(&two, &self->b);
	MUST(kill(c.pid, SIGKILL));
	child_dead(&c);
	EXPECT_EQ(1, populated(&self->b));
	MUST(kill(two.pid, SIGKILL));
	child_dead(&two);
	EXPECT_EQ('Z', proc_state(two.pid));
	EXPECT_SOON(populated(&self->b) == 0);
	EXPECT_SOON(populated(&self->a) == 0);
}

static void watch_file(int watch, const struct cgroup *cg, const char *file, uint32_t mask)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", cg->path, file);
	MUST(inotify_add_watch(watch, path, mask));
}

/* All masks seen until one has the wanted bits, or the limit. */
static uint32_t await_mask(int watch, uint32_t wanted, int limit_ms)
{
	char space[4096] __attribute__((aligned(8)));
	uint32_t seen = 0;

	while ((seen & wanted) != wanted && poll_one(watch, POLLIN, limit_ms) & POLLIN) {
		ssize_t n = MUST(read(watch, space, sizeof(space)));

		for (char *at = space; at < space + n;) {
			struct inotify_event *e = (void *)at;

			seen |= e->mask;
			at += sizeof(*e) + e->len;
		}
	}
	return seen;
}

/* Take what has been told; a late double comes within the kernel's 10 ms of merging. */
static void drain(int watch)
{
	await_mask(watch, 0x80000000, 50);
}

TEST_F(core_events, inotify_modify)
{
	struct child c;

	/* On the ancestor: a change below is told there as well. */
	watch_file(self->watch, &self->a, "cgroup.events", IN_MODIFY);
	EXPECT_EQ(0, poll_one(self->watch, POLLIN, 0));
	start(&c, &self->b);
	EXPECT_TRUE(await_mask(self->watch, IN_MODIFY, wait_limit_ms(5)) & IN_MODIFY);
	drain(self->watch);
	child_kill(&c);
	EXPECT_TRUE(await_mask(self->watch, IN_MODIFY, wait_limit_ms(5)) & IN_MODIFY);
	if (!cgroup_has(&self->a, "cgroup.freeze"))
		return;
	drain(self->watch);
	cgroup_write(&self->a, "cgroup.freeze", "1");
	EXPECT_TRUE(await_mask(self->watch, IN_MODIFY, wait_limit_ms(5)) & IN_MODIFY);
}

TEST_F(core_events, rmdir_delete_events)
{
	int on_file = MUST(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	uint32_t want = IN_DELETE_SELF | IN_IGNORED;

	watch_file(self->watch, &self->b, ".", IN_DELETE_SELF);
	watch_file(on_file, &self->b, "cgroup.events", IN_DELETE_SELF);
	cgroup_remove(&self->b);
	/* A kernel that tells it at all (since v7.1) does so within rmdir(2), or at
	 * the latest when nobody looks at the directory any more. */
	int limit = sys_known(SYS_KNOWN_7_3) ? wait_limit_ms(2) : 100;
	need_working(poll_one(self->watch, POLLIN, limit) || poll_one(on_file, POLLIN, 0),
		     SYS_KNOWN_7_3, "inotify events for what rmdir removes");
	EXPECT_EQ(want, await_mask(self->watch, want, wait_limit_ms(2)) & want);
	EXPECT_EQ(want, await_mask(on_file, want, wait_limit_ms(2)) & want);
}

/* Whatever is merged: the last change is told, after it has happened. */
TEST_F(core_events, notify_rate_limit)
{
	int64_t end = now_ns() + 20000000000LL; /* on a slow machine some rounds will do */
	struct child c;

	watch_file(self->watch, &self->b, "cgroup.events", IN_MODIFY);
	for (int round = 0; round < 20 && now_ns() < end; round++) {
		for (int i = 0; i < 10; i++) {
			start(&c, &self->b);
			child_kill(&c);
		}
		start(&c, &self->b);
		EXPECT_TRUE(await_mask(self->watch, IN_MODIFY, wait_limit_ms(5)) & IN_MODIFY);
		drain(self->watch);
		/* It is populated now; the next notice can only be of its end. */
		EXPECT_EQ(1, populated(&self->b));
		child_kill(&c);
		EXPECT_TRUE(await_mask(self->watch, IN_MODIFY, wait_limit_ms(5)) & IN_MODIFY);
		EXPECT_SOON(populated(&self->b) == 0);
		drain(self->watch);
	}
}

/* Until read again, by poll, epoll and select alike. */
TEST_F(core_events, poll_pri)
{
	int fd = cgroup_open(&self->b, "cgroup.events", O_RDONLY), ep;
	struct epoll_event event = { .events = EPOLLPRI };
	struct timeval now = { 0 };
	struct child c;
	char text[256];
	fd_set set;

	ep = MUST(epoll_create1(EPOLL_CLOEXEC));
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	for (int round = 0; round < 2; round++) {
		MUST(pread(fd, text, sizeof(text), 0));
		EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & (POLLPRI | POLLERR));
		if (round)
			child_kill(&c);
		else
			start(&c, &self->b);
		EXPECT_EQ(POLLPRI | POLLERR,
			  poll_one(fd, POLLPRI, wait_limit_ms(5)) & (POLLPRI | POLLERR));
		EXPECT_EQ(POLLPRI | POLLERR, poll_one(fd, POLLPRI, 0) & (POLLPRI | POLLERR));
		EXPECT_EQ(1, epoll_wait(ep, &event, 1, wait_limit_ms(5)));
		EXPECT_EQ(EPOLLPRI | EPOLLERR, event.events & (EPOLLPRI | EPOLLERR));
		FD_ZERO(&set);
		FD_SET(fd, &set);
		now.tv_sec = 5;
		EXPECT_EQ(1, select(fd + 1, NULL, NULL, &set, &now));
	}
	MUST(pread(fd, text, sizeof(text), 0));
	EXPECT_TRUE(strstr(text, "populated 0"));
	EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & POLLPRI);
}

TEST_F(core_events, poll_after_rmdir)
{
	int fd = cgroup_open(&self->b, "cgroup.events", O_RDONLY);
	char text[256];

	MUST(read(fd, text, sizeof(text)));
	EXPECT_EQ(0, poll_one(fd, POLLPRI, 0) & POLLPRI);
	cgroup_remove(&self->b);
	EXPECT_EQ(POLLERR | POLLPRI, poll_one(fd, POLLPRI, wait_limit_ms(5)) & (POLLERR | POLLPRI));
}

SUITE_MAIN()
