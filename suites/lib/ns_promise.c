// SPDX-License-Identifier: GPL-2.0-only
/* What all namespace types promise alike, written once over their table. */
#include "ns_promise.h"
#include "cred.h"
#include "file.h"
#include "mount.h"
#include "need.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

/* clone3(2) of a child that exits at once; its id of the type through *id. */
static int try_clone(const struct ns_type *t, uint64_t more_flags, uint64_t *id)
{
	struct child c;

	if (child_try_start(&c, .flags = t->flag | more_flags, .unmapped = true))
		return -1;
	if (c.inside) {
		child_send(&c, ns_id(0, t->name));
		child_exit(&c);
	}
	*id = child_recv(&c);
	child_wait(&c);
	return 0;
}

static void expect_refused(const struct ns_type *t, int why)
{
	uint64_t id;

	EXPECT_ERRNO(why, unshare(t->flag));
	EXPECT_ERRNO(why, try_clone(t, 0, &id));
}

/* Both ways work, and what they make is another namespace. */
static void expect_made(const struct ns_type *t, uint64_t more_flags)
{
	uint64_t before = ns_id(0, t->file), id = before;

	EXPECT_OK(try_clone(t, more_flags, &id));
	EXPECT_NE(before, id);
	IN_CHILD () {
		EXPECT_OK(unshare(t->flag | more_flags));
		/* The link for the children may have no target before the first of them. */
		IN_CHILD ()
			EXPECT_NE(before, ns_id(0, t->name));
	}
}

void ns_promise_create_priv(enum ns_index type)
{
	const struct ns_type *t = &ns_types[type];

	need_ns(type);
	expect_made(t, 0);
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		expect_refused(t, EPERM);
	}
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		expect_refused(t, EPERM);
		need_unprivileged_userns();
		expect_made(t, CLONE_NEWUSER);
	}
}

void ns_promise_limit_enospc(enum ns_index type)
{
	const struct ns_type *t = &ns_types[type];

	need_ns(type);
	IN_CHILD (.flags = CLONE_NEWUSER) {
		struct child holder;

		ns_set_limit(type, 0);
		expect_refused(t, ENOSPC);
		ns_set_limit(type, 1);
		CHILD (&holder, .flags = t->flag)
			child_meet(&holder);
		expect_refused(t, ENOSPC);
		ns_set_limit(type, 2);
		IN_CHILD ()
			EXPECT_OK(unshare(t->flag));
		child_meet(&holder);
		child_wait(&holder);
	}
}

/* Join by descriptor and by pidfd in a child each; wanted is 0 for success. */
static void expect_join(const struct ns_type *t, pid_t pid, int wanted)
{
	int fd = ns_open(pid, t->file), pidfd = MUST(sys_pidfd_open(pid, 0));
	uint64_t id = ns_fd_id(fd);

	for (int i = 0; i < 2; i++)
		IN_CHILD () {
			if (wanted) {
				EXPECT_ERRNO(wanted, setns(i ? pidfd : fd, t->flag));
			} else {
				EXPECT_OK(setns(i ? pidfd : fd, t->flag));
				EXPECT_EQ(id, ns_id(0, t->file));
			}
		}
	close(fd);
	close(pidfd);
}

void ns_promise_setns_eperm(enum ns_index type)
{
	const struct ns_type *t = &ns_types[type];
	struct child target, owned;

	need_ns(type);
	/* Owned by the initial user namespace. */
	CHILD (&target, .flags = t->flag) {
		child_meet(&target);
		child_sleep();
	}
	child_meet(&target);
	expect_join(t, target.pid, 0);
	IN_CHILD () {
		cred_drop(CAP_SYS_ADMIN);
		expect_join(t, target.pid, EPERM);
	}
	int fd = ns_open(target.pid, t->file), pidfd = target.pidfd;
	IN_CHILD (.flags = CLONE_NEWUSER) {
		EXPECT_ERRNO(EPERM, setns(fd, t->flag));
		EXPECT_ERRNO(EPERM, setns(pidfd, t->flag));
	}
	/* Owned by a user namespace that an ordinary user made: he has all rights there. */
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		need_unprivileged_userns();
		CHILD (&owned, .flags = CLONE_NEWUSER | t->flag) {
			child_meet(&owned);
			child_sleep();
		}
		child_meet(&owned);
		expect_join(t, owned.pid, EPERM);
		child_kill(&owned);
	}
	child_kill(&target);
}

void ns_promise_inherit(enum ns_index type)
{
	const struct ns_type *t = &ns_types[type];

	need_ns(type);
	uint64_t outer = ns_id(0, t->name);

	IN_CHILD (.flags = t->flag) {
		uint64_t id = ns_id(0, t->name);

		/* Or else there is nothing that could be lost. */
		ASSERT_NE(outer, id);
		IN_CHILD () {
			EXPECT_EQ(id, ns_id(0, t->name));
			char *text = text_format("%ju", (uintmax_t)id);

			helper_exec("ns-inherit", t->name, text, NULL);
		}
		EXPECT_EQ(id, ns_id(0, t->name));
	}
}

/* After the execve: the same namespace still? */
static int inherit_helper(int argc, char **argv)
{
	EXPECT_EQ(3, argc);
	EXPECT_EQ(strtoull(argv[2], NULL, 10), ns_id(0, argv[1]));
	return 0;
}

static void __attribute__((constructor)) inherit_register(void)
{
	static struct helper entry = { "ns-inherit", inherit_helper, NULL };

	helper_add(&entry);
}

void ns_promise_pinned(enum ns_index type)
{
	const struct ns_type *t = &ns_types[type];
	struct child c;
	char path[64];

	need_ns(type);
	ns_start_member(&c, type, 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", c.pid, t->file);
	int fd = ns_open(c.pid, t->file);
	uint64_t id = ns_fd_id(fd);
	char *pin = mount_pin(path);
	child_kill(&c);

	int by_mount = MUST(open(pin, O_RDONLY | O_CLOEXEC));
	for (int i = 0; i < 2; i++)
		IN_CHILD () {
			EXPECT_OK(setns(i ? by_mount : fd, t->flag));
			EXPECT_EQ(id, ns_id(0, t->file));
		}
	MUST(umount2(pin, MNT_DETACH));
	close(fd);
	close(by_mount);
	free(pin);
}
