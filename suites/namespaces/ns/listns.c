// SPDX-License-Identifier: GPL-2.0-only
/* listns(2): which namespaces there are, and who may know (6.19). */
#include "suite.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#define IDS_MAX 4096

FIXTURE(ns)
{
	uint64_t ids[IDS_MAX];
};
FIXTURE_SETUP(ns)
{
	if (!ns_have_listns())
		check_skip("not supported: listns(2)");
	/* The harness does not clear it, and all of them fit in it. */
	memset(self->ids, 0, sizeof(self->ids));
}
NO_TEARDOWN(ns)

static struct sys_ns_id_req request(uint32_t type, uint64_t user, uint64_t after)
{
	return (struct sys_ns_id_req) {
		.size = sizeof(struct sys_ns_id_req),
		.ns_id = after,
		.ns_type = type,
		.user_ns_id = user,
	};
}

static ssize_t list(uint64_t *ids, size_t max, uint32_t type, uint64_t user, uint64_t after)
{
	struct sys_ns_id_req req = request(type, user, after);

	return sys_listns(&req, ids, max, 0);
}

/* All of a kind, checked to be in order; how many. */
static ssize_t list_all(uint64_t *ids, uint32_t type, uint64_t user)
{
	ssize_t n = ASSERT_OK(list(ids, IDS_MAX, type, user, 0));

	ASSERT_LT(n, IDS_MAX);
	for (ssize_t i = 1; i < n; i++)
		EXPECT_LT(ids[i - 1], ids[i]);
	return n;
}

static bool contains(const uint64_t *ids, ssize_t n, uint64_t id)
{
	for (ssize_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Is it listed among its type's now? */
static bool listed(uint64_t id, uint32_t type)
{
	static uint64_t ids[IDS_MAX];
	ssize_t n = list(ids, IDS_MAX, type, 0, 0);

	if (n < 0)
		check_failed(HERE, "listns of type %#x: %s", type, errno_name(errno));
	return contains(ids, n, id);
}

/* By descriptor, which must be gone before one looks whether it is listed for another reason. */
static uint64_t unique_id(pid_t pid, const char *file)
{
	int fd = ns_open(pid, file);
	uint64_t id = ns_unique_id(fd);

	close(fd);
	return id;
}

static bool exists(const struct ns_type *t)
{
	return !access(text_format("/proc/self/ns/%s", t->name), F_OK);
}

/* A member of new namespaces of all types. */
static void start_full_member(struct child *c, uint64_t more)
{
	unsigned long flags = more;

	FOR_EACH_NS (t)
		if (t->flag != CLONE_NEWUSER && exists(t))
			flags |= t->flag;
	ns_start_member(c, NS_UTS, flags);
}

TEST_F(ns, listns_all)
{
	struct child c;

	need_all_ns_seen();
	start_full_member(&c, CLONE_NEWUSER);
	ssize_t n = list_all(self->ids, 0, 0);
	FOR_EACH_NS (t) {
		if (!exists(t))
			continue;
		EXPECT_TRUE(contains(self->ids, n, unique_id(0, t->name)));
		if (!contains(self->ids, n, unique_id(c.pid, t->name)))
			check_failed(HERE, "a new %s namespace is not listed", t->name);
	}
	EXPECT_FALSE(contains(self->ids, n, 0));
	child_kill(&c);
}

TEST_F(ns, listns_type_filter)
{
	struct child c;

	need_all_ns_seen();
	start_full_member(&c, CLONE_NEWUSER);
	FOR_EACH_NS (t) {
		if (!exists(t))
			continue;
		const struct ns_type *second = t == ns_types ? t + 5 : ns_types;

		for (int two = 0; two < 2; two++) {
			ssize_t n = list_all(self->ids, t->flag | (two ? second->flag : 0), 0);

			FOR_EACH_NS (other) {
				bool want = other == t || (two && other == second);

				if (exists(other))
					EXPECT_EQ(want, contains(self->ids, n,
								 unique_id(c.pid, other->name)));
				if (exists(other))
					EXPECT_EQ(want, contains(self->ids, n,
								 unique_id(0, other->name)));
			}
		}
	}
	child_kill(&c);
}

/* Page by page, what is found is what one call finds, of ours at least. */
static void expect_pages(uint64_t *ids, uint32_t type, uint64_t user, size_t step, uint64_t want)
{
	uint64_t last = 0;
	bool found = false;
	ssize_t n;

	while ((n = list(ids, step, type, user, last)) > 0) {
		EXPECT_LE(n, step);
		for (ssize_t i = 0; i < n; i++) {
			EXPECT_LT(last, ids[i]);
			last = ids[i];
			found |= last == want;
		}
	}
	if (n)
		EXPECT_EQ(ENOENT, errno);
	EXPECT_TRUE(found);
	EXPECT_ERRNO(ENOENT, list(ids, step, type, user, UINT64_MAX));
}

TEST_F(ns, listns_pagination)
{
	struct child c;
	uint64_t owner, first;

	need_all_ns_seen();
	start_full_member(&c, CLONE_NEWUSER);
	owner = unique_id(c.pid, "user");
	for (size_t step = 1; step < 4; step++) {
		expect_pages(self->ids, 0, 0, step, unique_id(c.pid, "ipc"));
		expect_pages(self->ids, CLONE_NEWUTS, 0, step, unique_id(c.pid, "uts"));
		expect_pages(self->ids, CLONE_NEWUTS | CLONE_NEWIPC, 0, step,
			     unique_id(c.pid, "ipc"));
		expect_pages(self->ids, 0, owner, step, unique_id(c.pid, "uts"));
	}
	/* The one named is not needed any more, and is not named again. */
	first = unique_id(c.pid, "uts");
	EXPECT_LT(0, list(self->ids, 1, CLONE_NEWUTS, 0, first - 1));
	EXPECT_EQ(first, self->ids[0]);
	if (list(self->ids, 1, CLONE_NEWUTS, 0, first) > 0)
		EXPECT_LT(first, self->ids[0]);
	EXPECT_EQ(0, list(self->ids, 0, 0, 0, 0));
	child_kill(&c);
}

TEST_F(ns, listns_owner_filter)
{
	struct child c, inner;
	uint64_t owner, want[NS_COUNT + 1];
	int count = 0;

	need_all_ns_seen();
	start_full_member(&c, CLONE_NEWUSER);
	owner = unique_id(c.pid, "user");
	CHILD (&inner) {
		MUST(setns(c.pidfd, CLONE_NEWUSER));
		ns_unshare(CLONE_NEWUSER | CLONE_NEWUTS);
		child_meet(&inner);
		child_sleep();
	}
	child_meet(&inner);
	FOR_EACH_NS (t)
		if (t->flag != CLONE_NEWUSER && exists(t))
			want[count++] = unique_id(c.pid, t->name);
	want[count++] = unique_id(inner.pid, "user");
	EXPECT_EQ(count, list_all(self->ids, 0, owner));
	for (int i = 0; i < count; i++)
		EXPECT_TRUE(contains(self->ids, count, want[i]));
	EXPECT_EQ(1, list_all(self->ids, CLONE_NEWUTS, owner));
	EXPECT_EQ(unique_id(c.pid, "uts"), self->ids[0]);
	EXPECT_EQ(1, list_all(self->ids, 0, unique_id(inner.pid, "user")));
	EXPECT_EQ(unique_id(inner.pid, "uts"), self->ids[0]);
	EXPECT_ERRNO(EINVAL, list(self->ids, IDS_MAX, 0, UINT64_MAX - 1, 0));
	EXPECT_ERRNO(EINVAL, list(self->ids, IDS_MAX, 0, unique_id(c.pid, "uts"), 0));
	child_kill(&inner);
	child_kill(&c);
	EXPECT_SOON(list(self->ids, IDS_MAX, 0, owner, 0) == -1 && errno == EINVAL);
}

TEST_F(ns, listns_current_user)
{
	uint64_t outer = unique_id(0, "uts");

	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWIPC) {
		uint64_t user = unique_id(0, "user"), uts = unique_id(0, "uts");
		ssize_t n = list_all(self->ids, 0, SYS_LISTNS_CURRENT_USER);

		EXPECT_EQ(2, n);
		EXPECT_TRUE(contains(self->ids, n, uts));
		EXPECT_TRUE(contains(self->ids, n, unique_id(0, "ipc")));
		EXPECT_FALSE(contains(self->ids, n, outer));
		EXPECT_FALSE(contains(self->ids, n, user));
		EXPECT_EQ(1, list_all(self->ids, CLONE_NEWUTS, SYS_LISTNS_CURRENT_USER));
		EXPECT_EQ(uts, self->ids[0]);
		EXPECT_EQ(0, list_all(self->ids, CLONE_NEWNET, SYS_LISTNS_CURRENT_USER));
	}
}

static void expect_only_own(uint64_t *ids)
{
	ssize_t n = list_all(ids, 0, 0), count = 0;

	FOR_EACH_NS (t)
		if (exists(t)) {
			EXPECT_TRUE(contains(ids, n, unique_id(0, t->name)));
			count++;
		}
	EXPECT_EQ(count, n);
	EXPECT_EQ(1, list_all(ids, CLONE_NEWUTS, 0));
}

TEST_F(ns, listns_unprivileged_own_only)
{
	if (!ns_have_strict_view())
		check_skip("not supported: listns(2) as strict as with OPEN_TREE_NAMESPACE");
	IN_CHILD () {
		cred_drop_all();
		expect_only_own(self->ids);
	}
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		expect_only_own(self->ids);
	}
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWUTS) {
		struct child below;

		expect_only_own(self->ids);
		ns_start_member(&below, NS_UTS, 0);
		expect_only_own(self->ids);
		EXPECT_FALSE(listed(unique_id(below.pid, "uts"), CLONE_NEWUTS));
		child_kill(&below);
	}
	IN_CHILD (.flags = CLONE_NEWPID)
		expect_only_own(self->ids);
}

TEST_F(ns, listns_args_errors)
{
	struct sys_ns_id_req req = request(0, 0, 0);
	struct {
		struct sys_ns_id_req req;
		uint64_t more[600];
	} longer = { .req = req };

	for (int bit = 0; bit < 32; bit++)
		EXPECT_ERRNO(EINVAL, sys_listns(&req, self->ids, 1, 1U << bit));
	req.spare = 1;
	EXPECT_ERRNO(EINVAL, sys_listns(&req, self->ids, 1, 0));
	req = request(0, 0, 0);
	req.size = 31;
	EXPECT_ERRNO(EINVAL, sys_listns(&req, self->ids, 1, 0));
	req.size = 0;
	EXPECT_ERRNO(EINVAL, sys_listns(&req, self->ids, 1, 0));
	longer.req.size = 4097;
	EXPECT_ERRNO(E2BIG, sys_listns(&longer, self->ids, 1, 0));
	longer.req.size = sizeof(req) + 8;
	EXPECT_LT(0, sys_listns(&longer, self->ids, 1, 0));
	longer.more[0] = 1;
	EXPECT_ERRNO(E2BIG, sys_listns(&longer, self->ids, 1, 0));
	uint32_t types = 0;
	FOR_EACH_NS (t)
		types |= t->flag;
	for (int bit = 0; bit < 32; bit++)
		if (!(types >> bit & 1))
			EXPECT_ERRNO(EOPNOTSUPP,
				     list(self->ids, 1, 1U << bit | CLONE_NEWUTS, 0, 0));
	EXPECT_ERRNO(EOVERFLOW, list(self->ids, 1000001, 0, 0, 0));
	EXPECT_ERRNO(EFAULT, list((uint64_t *)8, 1, 0, 0, 0));
	EXPECT_ERRNO(EFAULT, list((uint64_t *)-4096L, 1, 0, 0, 0));
	EXPECT_ERRNO(EFAULT, sys_listns((void *)8, self->ids, 1, 0));
	EXPECT_LT(0, list(self->ids, 1, types, 0, 0));
}

/* A socket pins the memory, and can bring the namespace back to life. */
static void expect_socket_hides(void)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWNET) {
		child_send_fd(&c, MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
		child_meet(&c);
	}
	int sock = child_recv_fd(&c);
	uint64_t id = unique_id(c.pid, "net");

	EXPECT_TRUE(listed(id, CLONE_NEWNET));
	child_meet(&c);
	child_wait(&c);
	EXPECT_SOON(!listed(id, CLONE_NEWNET));
	int fd = ASSERT_OK(ioctl(sock, SIOCGSKNS));

	EXPECT_EQ(id, ns_unique_id(fd));
	EXPECT_TRUE(listed(id, CLONE_NEWNET));
	close(fd);
	EXPECT_SOON(!listed(id, CLONE_NEWNET));
	close(sock);
}

/* Life by life: what is in a namespace, what names it, and what only pins its memory. */
TEST_F(ns, listns_only_active)
{
	need_all_ns_seen();
	FOR_EACH_NS (t) {
		struct child c;

		if (!exists(t))
			continue;
		ns_start_member(&c, t - ns_types, 0);
		uint64_t id = unique_id(c.pid, t->name);
		int fd = ns_open(c.pid, t->name);

		EXPECT_TRUE(listed(id, t->flag));
		child_kill(&c);
		if (!listed(id, t->flag))
			check_failed(HERE, "a descriptor does not keep a %s namespace listed",
				     t->name);
		close(fd);
		EXPECT_SOON(!listed(id, t->flag));
	}
	expect_socket_hides();
}

TEST_F(ns, listns_for_children_active)
{
	struct child c;
	uint64_t pid_id, time_id;

	need_all_ns_seen();
	need_ns(NS_TIME);
	CHILD (&c) {
		struct child init;

		ns_unshare(CLONE_NEWPID | CLONE_NEWTIME);
		CHILD (&init)
			child_sleep();
		child_send(&c, unique_id(0, "pid_for_children"));
		child_send(&c, unique_id(0, "time_for_children"));
		child_meet(&c);
		child_kill(&init);
		child_meet(&c);
		child_sleep();
	}
	pid_id = child_recv(&c);
	time_id = child_recv(&c);
	EXPECT_TRUE(listed(pid_id, CLONE_NEWPID));
	EXPECT_TRUE(listed(time_id, CLONE_NEWTIME));
	child_meet(&c);
	child_meet(&c);
	EXPECT_TRUE(listed(pid_id, CLONE_NEWPID));
	EXPECT_TRUE(listed(time_id, CLONE_NEWTIME));
	child_kill(&c);
	EXPECT_SOON(!listed(pid_id, CLONE_NEWPID));
	EXPECT_SOON(!listed(time_id, CLONE_NEWTIME));
}

SUITE_MAIN()
