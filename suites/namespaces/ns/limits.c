// SPDX-License-Identifier: GPL-2.0-only
/* user.max_*_namespaces: how many of each type, and whom they are charged to. */
#include "suite.h"

#include <sys/ioctl.h>

AREA_OF_TYPES(ns);

#define TYPE (&ns_types[variant->type])
#define MOST 2147483647

static char *limit_path(const struct ns_type *t)
{
	return text_format("/proc/sys/user/%s", t->limit);
}

TEST_F(ns, limits_files)
{
	struct stat st;

	EXPECT_STREQ(text_format("max_%s_namespaces", TYPE->name), TYPE->limit);
	EXPECT_OK(stat(limit_path(TYPE), &st));
	EXPECT_EQ(S_IFREG | 0644, st.st_mode);
	EXPECT_LE(0, file_number("%s", limit_path(TYPE)));
}

TEST_F(ns, limits_defaults)
{
	IN_CHILD (.flags = CLONE_NEWUSER) {
		EXPECT_EQ(MOST, file_number("%s", limit_path(TYPE)));
		IN_CHILD (.flags = CLONE_NEWUSER)
			EXPECT_EQ(MOST, file_number("%s", limit_path(TYPE)));
	}
	/* Only a fresh machine still has what it started with. */
	if (need_is_disposable())
		EXPECT_EQ(file_number("/proc/sys/kernel/threads-max") / 2,
			  file_number("%s", limit_path(TYPE)));
	else
		check_note("not disposable: the initial limits may have been changed");
}

TEST_F(ns, limits_per_userns)
{
	int64_t own = file_number("%s", limit_path(TYPE));
	int outer = MUST(open(limit_path(TYPE), O_RDONLY));

	IN_CHILD (.flags = CLONE_NEWUSER) {
		char *path = limit_path(TYPE), text[32] = "";
		int writable = MUST(open(path, O_RDWR));

		ns_set_limit(variant->type, 4711);
		EXPECT_EQ(4711, file_number("%s", path));
		/* A file opened outside speaks of the outside, one opened here of here. */
		MUST(pread(outer, text, sizeof(text) - 1, 0));
		EXPECT_EQ(own, atoll(text));
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_EQ(MOST, file_number("%s", path));
			/* Nor may root of here write there, whoever opened it. */
			EXPECT_ERRNO(EPERM, pwrite(writable, "4712", 4, 0));
			EXPECT_EQ(MOST, file_number("%s", path));
		}
		EXPECT_EQ(4711, file_number("%s", path));
		EXPECT_OK(pwrite(writable, "4712", 4, 0));
		EXPECT_EQ(4712, file_number("%s", path));
		EXPECT_ERRNO(EINVAL, file_try_write(path, "-1"));
		EXPECT_ERRNO(EINVAL, file_try_write(path, "2147483648"));
		EXPECT_EQ(4712, file_number("%s", path));
		EXPECT_OK(file_try_write(path, "2147483647"));
		EXPECT_OK(file_try_write(path, "0"));
		cred_drop(CAP_SYS_RESOURCE);
		EXPECT_ERRNO(EACCES, open(path, O_WRONLY));
		EXPECT_ERRNO(EACCES, open(path, O_RDWR));
		EXPECT_EQ(0, file_number("%s", path));
	}
	EXPECT_EQ(own, file_number("%s", limit_path(TYPE)));
}

/* Two users of one user namespace, each with all capabilities. */
TEST_F(ns, limits_per_uid)
{
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "0 0 1\n1 64321 1") {
		struct child first, second;

		ns_set_limit(variant->type, 1);
		ASSERT_OK(ns_try_hold(&first, TYPE));
		EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
		IN_CHILD () {
			/* SECBIT_NO_SETUID_FIXUP: the capabilities stay. */
			MUST(prctl(PR_SET_SECUREBITS, 1 << 2));
			MUST(setresuid(1, 1, 1));
			EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
			EXPECT_OK(unshare(TYPE->flag));
			if (variant->type != NS_USER)
				EXPECT_ERRNO(variant->type == NS_PID ? EINVAL : ENOSPC,
					     unshare(TYPE->flag));
		}
		child_kill(&first);
		EXPECT_SOON(!ns_try_hold(&second, TYPE));
		child_kill(&second);
	}
}

/* Down to the third level, what is made there counts here. */
TEST_F(ns, limits_charge_ancestors)
{
	IN_CHILD (.flags = CLONE_NEWUSER) {
		bool user = variant->type == NS_USER;

		/* The two user namespaces below count for themselves. */
		ns_set_limit(variant->type, user ? 3 : 1);
		IN_CHILD (.flags = CLONE_NEWUSER) {
			IN_CHILD (.flags = CLONE_NEWUSER) {
				struct child c;

				EXPECT_EQ(MOST, file_number("%s", limit_path(TYPE)));
				ASSERT_OK(ns_try_hold(&c, TYPE));
				EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
				EXPECT_ERRNO(ENOSPC, unshare(TYPE->flag));
				child_kill(&c);
				EXPECT_SOON(!ns_try_make(TYPE));
			}
		}
		/* And what is made here uses up the place there. */
		struct child here;

		EXPECT_SOON(!ns_try_hold(&here, TYPE));
		if (!user)
			IN_CHILD (.flags = CLONE_NEWUSER)
				EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
	}
}

TEST_F(ns, limits_uncharged_on_destroy)
{
	IN_CHILD (.flags = CLONE_NEWUSER) {
		struct child c;

		ns_set_limit(variant->type, 1);
		/* By the end of its members. */
		for (int i = 0; i < 3; i++) {
			EXPECT_SOON(!ns_try_hold(&c, TYPE));
			EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
			child_kill(&c);
		}
		/* By the end of the last descriptor. */
		EXPECT_SOON(!ns_try_hold(&c, TYPE));
		int fd = ns_open(c.pid, TYPE->name);
		child_kill(&c);
		EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
		close(fd);
		EXPECT_SOON(!ns_try_make(TYPE));
		/* A refused one has cost nothing. */
		ns_set_limit(variant->type, 0);
		for (int i = 0; i < 3; i++)
			EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
		ns_set_limit(variant->type, 1);
		EXPECT_SOON(!ns_try_make(TYPE));
	}
}

TEST_F(ns, lifetime_userns_pinned_by_owned)
{
	struct child c;
	int fd, owner;

	CHILD (&c, .flags = CLONE_NEWUSER) {
		struct child member;

		ns_start_member(&member, variant->type, 0);
		child_send_fd(&c, ns_open(member.pid, TYPE->name));
		child_sleep();
	}
	fd = child_recv_fd(&c);
	uint64_t user = ns_id(c.pid, "user");
	child_kill(&c);
	child_reap_all();
	/* Nobody is left in it, and it is as good as before. */
	owner = ASSERT_OK(ioctl(fd, NS_GET_USERNS));
	EXPECT_EQ(user, ns_fd_id(owner));
	IN_CHILD () {
		EXPECT_OK(setns(owner, CLONE_NEWUSER));
		EXPECT_EQ(user, ns_id(0, "user"));
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN));
		EXPECT_STREQ(text_format("%10u %10u %10u", 0, geteuid(), 1),
			     file_read("/proc/self/uid_map"));
		EXPECT_OK(setns(fd, TYPE->flag));
		if (variant->type != NS_PID)
			EXPECT_OK(ns_try_make(&ns_types[NS_UTS]));
	}
}

SUITE_MAIN()
