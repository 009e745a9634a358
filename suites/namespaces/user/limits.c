// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: resource limits of the maker, and keyrings. */
#include "user.h"

#include <linux/keyctl.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

AREA(user);

/* A user of this test alone: what others do with OTHER_UID's ids would count as well. */
static uid_t limited_uid(void)
{
	return 3000000 + getpid();
}

/* Lower the limit, make a namespace, and raise it again in there as far as one may. */
static void in_limited(int resource, rlim_t soft, void (*use)(void))
{
	IN_CHILD () {
		struct rlimit old, low;

		cred_become(limited_uid(), OTHER_GID);
		need_unprivileged_userns();
		MUST(getrlimit(resource, &old));
		low = (struct rlimit) { soft, old.rlim_max };
		MUST(setrlimit(resource, &low));
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWIPC) {
			low.rlim_cur = low.rlim_max;
			MUST(setrlimit(resource, &low));
			use();
		}
	}
}

/* Before 5.14 what was raised was raised. */
static void skip_if_unbound(bool unbound)
{
	need_working(!unbound, SYS_KNOWN_5_15, "limits of the maker for its user namespace");
}

/* Eight: the two makers (in the test and here) and a few more. */
static void use_processes(void)
{
	struct child c[20];
	int n = 0;

	while (n < 20 && !child_try_start(&c[n])) {
		if (c[n].inside)
			child_sleep();
		n++;
	}
	int e = errno;
	skip_if_unbound(n == 20);
	EXPECT_EQ(EAGAIN, e);
	EXPECT_LE(n, 7);
	EXPECT_LE(4, n);
	for (int i = 0; i < n; i++)
		child_kill(&c[i]);
}

static void use_signals(void)
{
	sigset_t set;
	int n = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	while (n < 50 && !sigqueue(getpid(), SIGRTMIN, (union sigval) { .sival_int = n }))
		n++;
	int e = errno;
	skip_if_unbound(n == 50);
	EXPECT_EQ(EAGAIN, e);
	EXPECT_LE(n, 10);
	EXPECT_LE(8, n);
}

static mqd_t make_queue(const char *name, long size)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = size };

	return mq_open(name, O_CREAT | O_RDWR | O_EXCL, 0600, &attr);
}

static void use_queues(void)
{
	EXPECT_OK(make_queue("/small", 100));
	mqd_t big = make_queue("/big", 8000);
	int e = errno;

	skip_if_unbound(big >= 0);
	EXPECT_EQ(-1, big);
	EXPECT_EQ(EMFILE, e);
}

/*
 * Up to 7.3 at least the maker's limit in bytes is taken for one in pages: 64 of
 * them are too many for 40 of either.
 */
static void use_locked(void)
{
	const size_t size = 64 * sysconf(_SC_PAGESIZE);
	int id = MUST(shmget(IPC_PRIVATE, size, 0600));
	struct rlimit now;

	MUST(getrlimit(RLIMIT_MEMLOCK, &now));
	int ret = shmctl(id, SHM_LOCK, NULL), e = errno;
	skip_if_unbound(!ret);
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(ENOMEM, e);
	if (now.rlim_cur < size)
		check_note("the hard limit of locked memory is too low to tell");
}

TEST_F(user, rlimit_bound)
{
	in_limited(RLIMIT_NPROC, 8, use_processes);
	in_limited(RLIMIT_SIGPENDING, 10, use_signals);
	in_limited(RLIMIT_MSGQUEUE, 2000, use_queues);
	in_limited(RLIMIT_MEMLOCK, 40, use_locked);
}

static long keyctl(int operation, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, operation, a, b, c, d);
}

static long add_key(const char *description, long ring)
{
	return syscall(SYS_add_key, "user", description, "x", 1L, ring);
}

static long ring_id(long ring)
{
	return keyctl(KEYCTL_GET_KEYRING_ID, ring, 1, 0, 0);
}

static void need_keys(void)
{
	if (keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1, 0, 0) >= 0)
		return;
	if (errno == ENOSYS || errno == EPERM)
		check_skip("not %s: keyrings (%s)", errno == EPERM ? "permitted" : "supported",
			   errno_name(errno));
}

static const long user_rings[] = { KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING };

/* The same user in a namespace of his own: other rings, and nothing in them. */
static void expect_other_rings(const char *name, const long *outer)
{
	for (int i = 0; i < 2; i++) {
		long own = ASSERT_OK(ring_id(user_rings[i]));

		EXPECT_NE(outer[i], own);
		EXPECT_ERRNO(ENOKEY,
			     keyctl(KEYCTL_SEARCH, user_rings[i], (long)"user", (long)name, 0));
	}
}

/* From a session without a name, so that it has to be looked up. */
static long join_by_name(const char *name)
{
	MUST(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
	return ASSERT_OK(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)name, 0, 0, 0));
}

TEST_F(user, keys_per_ns)
{
	char *name = text_format("bulkhead-%d", getpid());

	need_keys();
	IN_CHILD () {
		long rings[2], session;

		/* The test's own uid may be root's: of his keyrings only this key is touched. */
		for (int i = 0; i < 2; i++)
			rings[i] = ASSERT_OK(ring_id(user_rings[i]));
		long key = ASSERT_OK(add_key(name, KEY_SPEC_USER_KEYRING));
		session = ASSERT_OK(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)name, 0, 0, 0));
		MUST(keyctl(KEYCTL_SETPERM, session, 0x3f3f0000, 0, 0));
		IN_CHILD () {
			EXPECT_EQ(key, keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)"user",
					      (long)name, 0));
			EXPECT_EQ(session, join_by_name(name));
		}
		IN_CHILD (.flags = CLONE_NEWUSER) {
			expect_other_rings(name, rings);
			EXPECT_NE(session, join_by_name(name));
		}
		EXPECT_OK(keyctl(KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING, 0, 0));
	}
}

/* Serial numbers in /proc/keys have no leading text, and eight digits. */
static bool lists_key(long key)
{
	char *serial = text_format("%08lx", key), *text = file_read("/proc/keys");
	bool found = false;

	for (char *l = text; l && !found; l = (l = strchr(l, '\n')) ? l + 1 : NULL)
		found = !strncmp(l, serial, 8);
	free(text);
	return found;
}

static bool lists_user(uid_t uid)
{
	char *text = file_read("/proc/key-users"), *save;
	bool found = false;

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		found |= (uid_t)strtoul(l, NULL, 10) == uid;
	free(text);
	return found;
}

TEST_F(user, keys_proc_filtered)
{
	need_keys();
	need_file("/proc/keys", "/proc/keys");
	IN_CHILD () {
		MUST(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
		long key = ASSERT_OK(add_key("bulkhead-filtered", KEY_SPEC_SESSION_KEYRING));

		EXPECT_TRUE(lists_key(key));
		EXPECT_TRUE(lists_user(0));
		IN_CHILD (.flags = CLONE_NEWUSER, .map = "5 0 1") {
			EXPECT_TRUE(lists_key(key));
			EXPECT_TRUE(lists_user(5));
			EXPECT_FALSE(lists_user(0));
		}
		IN_CHILD (.flags = CLONE_NEWUSER, .unmapped = true) {
			EXPECT_FALSE(lists_key(key));
			EXPECT_STREQ("", file_read("/proc/keys"));
			EXPECT_STREQ("", file_read("/proc/key-users"));
		}
		if (cred_is_initial())
			IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
				become_inner(0, 0);
				EXPECT_FALSE(lists_key(key));
			}
	}
}

SUITE_MAIN()
