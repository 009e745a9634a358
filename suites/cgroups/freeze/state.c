// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.freeze and the frozen key of cgroup.events: values, nesting, notices. */
#include "suite.h"

#include <linux/userfaultfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

FIXTURE(freeze)
{
	struct cgroup cg;
};
FIXTURE_SETUP(freeze)
{
	self->cg = cgroup_make("a");
	need_cgroup_file(&self->cg, "cgroup.freeze");
}
NO_TEARDOWN(freeze)

static int64_t frozen(const struct cgroup *cg)
{
	return cgroup_key(cg, "cgroup.events", "frozen");
}

static void set(const struct cgroup *cg, int freeze)
{
	cgroup_write(cg, "cgroup.freeze", "%d", freeze);
}

TEST_F(freeze, default_and_values)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = { { "2", ERANGE },  { "-1", ERANGE },	 { "10", ERANGE }, { "x", EINVAL },
		    { "1x", EINVAL }, { "0 1", EINVAL }, { "", 0 } };

	EXPECT_STREQ("0", cgroup_read(&self->cg, "cgroup.freeze"));
	EXPECT_EQ(0, frozen(&self->cg));
	for (int value = 0; value < 2; value++) {
		set(&self->cg, value);
		EXPECT_EQ(value, cgroup_number(&self->cg, "cgroup.freeze"));
		for (int i = 0; bad[i].error; i++) {
			check_errno(
				HERE, bad[i].text, bad[i].error,
				cgroup_try_write(&self->cg, "cgroup.freeze", "%s", bad[i].text));
			EXPECT_EQ(value, cgroup_number(&self->cg, "cgroup.freeze"));
			EXPECT_EQ(value, frozen(&self->cg));
		}
	}
}

/* There is nothing to wait for. */
TEST_F(freeze, empty_cgroup)
{
	set(&self->cg, 1);
	EXPECT_EQ(1, frozen(&self->cg));
	set(&self->cg, 0);
	EXPECT_EQ(0, frozen(&self->cg));
}

TEST_F(freeze, file_shows_own_setting)
{
	struct cgroup b = cgroup_make_in(&self->cg, "b");

	set(&self->cg, 1);
	EXPECT_EQ(1, frozen(&b));
	EXPECT_STREQ("0", cgroup_read(&b, "cgroup.freeze"));
	set(&b, 1);
	set(&self->cg, 0);
	EXPECT_STREQ("1", cgroup_read(&b, "cgroup.freeze"));
	EXPECT_STREQ("0", cgroup_read(&self->cg, "cgroup.freeze"));
}

TEST_F(freeze, mkdir_under_frozen)
{
	struct cgroup b, c;
	struct child child;
	atomic_long *p = progress_make();

	set(&self->cg, 1);
	b = cgroup_make_in(&self->cg, "b");
	c = cgroup_make_in(&b, "c");
	EXPECT_EQ(1, frozen(&b));
	EXPECT_EQ(1, frozen(&c));
	EXPECT_STREQ("0", cgroup_read(&b, "cgroup.freeze"));
	/* It does not only say so. */
	CHILD (&child)
		progress_run(p);
	cgroup_add(&c, child.pid);
	ASSERT_SOON(frozen(&c) == 1);
	EXPECT_TRUE(progress_stands(p));
	set(&self->cg, 0);
	EXPECT_EQ(0, frozen(&c));
	EXPECT_TRUE(progress_moves(p));
}

/* All of the ways down from two settings. */
TEST_F(freeze, nested_and)
{
	struct cgroup b = cgroup_make_in(&self->cg, "b"), c = cgroup_make_in(&b, "c");
	struct child child;
	atomic_long *p = progress_make();

	CHILD (&child, .cgroup = &c)
		progress_run(p);
	for (int order = 0; order < 2; order++) {
		const struct cgroup *first = order ? &b : &self->cg;
		const struct cgroup *second = order ? &self->cg : &b;

		ASSERT_TRUE(progress_moves(p));
		set(first, 1);
		ASSERT_SOON(frozen(&c) == 1 && frozen(&b) == 1);
		set(second, 1);
		EXPECT_EQ(1, frozen(&b));
		set(first, 0);
		EXPECT_EQ(1, frozen(&c));
		EXPECT_EQ(1, frozen(&b));
		EXPECT_EQ(order, frozen(&self->cg));
		EXPECT_TRUE(progress_stands(p));
		set(second, 0);
		EXPECT_EQ(0, frozen(&c));
		EXPECT_EQ(0, frozen(&b));
		EXPECT_TRUE(progress_moves(p));
	}
}

TEST_F(freeze, rmdir_frozen)
{
	struct cgroup b = cgroup_make_in(&self->cg, "b");

	set(&b, 1);
	EXPECT_EQ(1, frozen(&b));
	EXPECT_OK(rmdir(b.path));
	EXPECT_EQ(0, frozen(&self->cg));
	set(&self->cg, 1);
	EXPECT_OK(rmdir(self->cg.path));
}

/* Take the notices that are there; were there any within the limit? */
static bool notified(int fd, int limit_ms)
{
	char events[4096];

	if (!(poll_one(fd, POLLIN, limit_ms) & POLLIN))
		return false;
	MUST(read(fd, events, sizeof(events)));
	return true;
}

/* Once frozen or thawed no further notice comes after the last one, bar a late double. */
static void drain(int fd)
{
	while (notified(fd, 50))
		;
}

/* Once it has been read there is nothing to tell. */
static bool silent(int events)
{
	char text[256];

	MUST(pread(events, text, sizeof(text), 0));
	return !(poll_one(events, POLLPRI, 0) & POLLPRI);
}

/* A change, until then silence, and the same from poll(2). */
static void expect_notice(int watch, int events, const struct cgroup *cg, int freeze, int to)
{
	drain(watch);
	EXPECT_SOON(silent(events)); /* the late double comes by a timer */
	set(cg, freeze);
	EXPECT_TRUE(notified(watch, wait_limit_ms(5)));
	EXPECT_EQ(POLLPRI | POLLERR,
		  poll_one(events, POLLPRI, wait_limit_ms(5)) & (POLLPRI | POLLERR));
	EXPECT_SOON(frozen(cg) == to);
}

TEST_F(freeze, notify)
{
	struct cgroup b = cgroup_make_in(&self->cg, "b");
	struct child child;
	char path[PATH_MAX + 32];
	int watch = MUST(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	int events = cgroup_open(&b, "cgroup.events", O_RDONLY);

	snprintf(path, sizeof(path), "%s/cgroup.events", b.path);
	MUST(inotify_add_watch(watch, path, IN_MODIFY));
	CHILD (&child, .cgroup = &b)
		child_sleep();
	expect_notice(watch, events, &b, 1, 1);
	expect_notice(watch, events, &b, 0, 0);
	/* Frozen by the parent already, and held by it. */
	set(&self->cg, 1);
	ASSERT_SOON(frozen(&b) == 1);
	expect_notice(watch, events, &b, 1, 1);
	expect_notice(watch, events, &b, 0, 1);
}

/* A process that the freezer cannot reach: in the kernel, waiting for a page. */
struct unfreezable {
	struct child child;
	int uffd;
	char *page;
};

/* In the child: its memory is its own, so it registers the page itself. */
static void wait_for_page(struct unfreezable *u)
{
	long size = sysconf(_SC_PAGESIZE);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)u->page, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK),
	    zero = MUST(open("/dev/zero", O_RDONLY));

	if (uffd < 0 && errno == ENOSYS)
		check_skip("not supported: userfaultfd (CONFIG_USERFAULTFD)");
	if (uffd < 0 && errno == EPERM)
		check_skip("not permitted: userfaultfd (vm.unprivileged_userfaultfd)");
	MUST(uffd);
	MUST(ioctl(uffd, UFFDIO_API, &api));
	MUST(ioctl(uffd, UFFDIO_REGISTER, &range));
	child_send_fd(&u->child, uffd);
	MUST(read(zero, u->page, 8));
	child_sleep();
}

static void unfreezable_start(struct unfreezable *u, const struct cgroup *cg)
{
	struct uffd_msg msg;

	u->page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHILD (&u->child, .cgroup = cg)
		wait_for_page(u);
	u->uffd = child_recv_fd(&u->child);
	ASSERT_TRUE(poll_one(u->uffd, POLLIN, wait_limit_ms(10)) & POLLIN);
	MUST(read(u->uffd, &msg, sizeof(msg)));
}

static void unfreezable_release(struct unfreezable *u)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)u->page, sysconf(_SC_PAGESIZE) } };

	MUST(ioctl(u->uffd, UFFDIO_ZEROPAGE, &zero));
}

/* The parent waits for the last one of all its descendants. */
TEST_F(freeze, parent_frozen_needs_descendants)
{
	struct cgroup b = cgroup_make_in(&self->cg, "b"), c = cgroup_make_in(&self->cg, "c");
	struct child in_b;
	struct unfreezable in_c;

	CHILD (&in_b, .cgroup = &b)
		child_sleep();
	set(&b, 1);
	ASSERT_SOON(frozen(&b) == 1);
	EXPECT_EQ(0, frozen(&self->cg));
	set(&b, 0);

	unfreezable_start(&in_c, &c);
	set(&self->cg, 1);
	EXPECT_SOON(frozen(&b) == 1);
	EXPECT_EQ(0, frozen(&c));
	EXPECT_EQ(0, frozen(&self->cg));
	unfreezable_release(&in_c);
	EXPECT_SOON(frozen(&self->cg) == 1);
	EXPECT_EQ(1, frozen(&c));
	/* A newcomer who is not frozen yet is one who is not frozen. */
	struct unfreezable late;

	unfreezable_start(&late, NULL);
	cgroup_add(&c, late.child.pid);
	EXPECT_EQ(0, frozen(&c));
	EXPECT_EQ(0, frozen(&self->cg));
	EXPECT_EQ(1, frozen(&b));
	unfreezable_release(&late);
	EXPECT_SOON(frozen(&self->cg) == 1);
	set(&self->cg, 0);
	EXPECT_EQ(0, frozen(&b));
	EXPECT_EQ(0, frozen(&self->cg));
}

/* The same when the parent has processes of its own, which are frozen first. */
TEST_F(freeze, parent_frozen_with_own_tasks)
{
	struct cgroup b = cgroup_make_in(&self->cg, "b");
	struct child own;
	struct unfreezable in_b;
	atomic_long *p = progress_make();

	CHILD (&own, .cgroup = &self->cg)
		progress_run(p);
	unfreezable_start(&in_b, &b);
	ASSERT_TRUE(progress_moves(p));
	set(&self->cg, 1);
	/* Asleep, which it is for no other reason, and not only without a CPU. */
	EXPECT_SOON(proc_state(own.pid) == 'S' && progress_stands(p));
	EXPECT_EQ(0, frozen(&b));
	if (frozen(&self->cg))
		check_defect("frozen is 1 although a descendant still runs: it looks at the "
			     "cgroup's own tasks when the last of these is frozen");
	unfreezable_release(&in_b);
	EXPECT_SOON(frozen(&self->cg) == 1);
}

SUITE_MAIN()
