// SPDX-License-Identifier: GPL-2.0-only
/* UTS namespaces: a host name and a domain name of one's own. */
#include "suite.h"

#include <pthread.h>
#include <sys/utsname.h>

AREA(uts);

static struct utsname names(void)
{
	struct utsname u;

	MUST(uname(&u));
	return u;
}

static void set_host(const char *name)
{
	MUST(sethostname(name, strlen(name)));
}

static void set_domain(const char *name)
{
	MUST(setdomainname(name, strlen(name)));
}

#define EXPECT_NAMES(host, domain)                   \
	do {                                         \
		struct utsname u_ = names();         \
		EXPECT_STREQ(host, u_.nodename);     \
		EXPECT_STREQ(domain, u_.domainname); \
	} while (0)

/* The names are copied, and the namespace is another one. */
TEST_F(uts, create)
{
	IN_CHILD (.flags = CLONE_NEWUTS) {
		uint64_t id = ns_id(0, "uts");

		set_host("outer");
		set_domain("outer.domain");
		IN_CHILD (.flags = CLONE_NEWUTS) {
			EXPECT_NE(id, ns_id(0, "uts"));
			EXPECT_NAMES("outer", "outer.domain");
		}
		EXPECT_OK(unshare(CLONE_NEWUTS));
		EXPECT_NE(id, ns_id(0, "uts"));
		EXPECT_NAMES("outer", "outer.domain");
	}
}

TEST_F(uts, create_priv)
{
	ns_promise_create_priv(NS_UTS);
}

TEST_F(uts, limit_enospc)
{
	ns_promise_limit_enospc(NS_UTS);
}

TEST_F(uts, setns_eperm)
{
	ns_promise_setns_eperm(NS_UTS);
}

TEST_F(uts, inherit_fork_exec)
{
	ns_promise_inherit(NS_UTS);
}

/* A child in a namespace of its own, named so, until killed. */
static void start_named(struct child *c, const char *host, const char *domain)
{
	CHILD (c, .flags = CLONE_NEWUTS) {
		set_host(host);
		set_domain(domain);
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(uts, setns_join)
{
	struct child c;

	start_named(&c, "target", "target.domain");
	int fd = ns_open(c.pid, "uts");
	for (int by_pidfd = 0; by_pidfd < 2; by_pidfd++)
		IN_CHILD () {
			EXPECT_OK(setns(by_pidfd ? c.pidfd : fd, CLONE_NEWUTS));
			EXPECT_NAMES("target", "target.domain");
			EXPECT_EQ(ns_id(c.pid, "uts"), ns_id(0, "uts"));
		}
	child_kill(&c);
}

TEST_F(uts, pinned_by_fd_or_bind)
{
	struct child c;

	start_named(&c, "kept", "kept.domain");
	int fd = ns_open(c.pid, "uts");
	char *link = text_format("/proc/%d/ns/uts", c.pid), *pin = mount_pin(link);

	child_kill(&c);
	int bound = MUST(open(pin, O_RDONLY | O_CLOEXEC));
	for (int by_bind = 0; by_bind < 2; by_bind++)
		IN_CHILD () {
			EXPECT_OK(setns(by_bind ? bound : fd, CLONE_NEWUTS));
			EXPECT_NAMES("kept", "kept.domain");
		}
}

/* A change on either side stays on that side. */
static void expect_isolated(void (*set)(const char *name), const char *(*get)(struct utsname *u))
{
	IN_CHILD (.flags = CLONE_NEWUTS) {
		struct child c;
		struct utsname u;

		set("before");
		CHILD (&c, .flags = CLONE_NEWUTS) {
			set("inner");
			child_meet(&c);
			child_meet(&c);
			u = names();
			EXPECT_STREQ("inner", get(&u));
		}
		child_meet(&c);
		u = names();
		EXPECT_STREQ("before", get(&u));
		set("outer");
		child_meet(&c);
		child_wait(&c);
		u = names();
		EXPECT_STREQ("outer", get(&u));
	}
}

static const char *get_host(struct utsname *u)
{
	return u->nodename;
}

static const char *get_domain(struct utsname *u)
{
	return u->domainname;
}

TEST_F(uts, hostname_isolated)
{
	expect_isolated(set_host, get_host);
}

TEST_F(uts, domainname_isolated)
{
	expect_isolated(set_domain, get_domain);
}

static void *rename_host(void *name)
{
	set_host(name);
	return NULL;
}

/* Processes and threads alike see a change made by any of them. */
TEST_F(uts, shared_among_members)
{
	IN_CHILD (.flags = CLONE_NEWUTS) {
		struct child c;
		pthread_t thread;

		CHILD (&c) {
			set_host("by-child");
			set_domain("by-child.domain");
			child_meet(&c);
			child_meet(&c);
			EXPECT_NAMES("by-thread", "by-child.domain");
		}
		child_meet(&c);
		EXPECT_NAMES("by-child", "by-child.domain");
		ASSERT_EQ(0, pthread_create(&thread, NULL, rename_host, "by-thread"));
		pthread_join(thread, NULL);
		EXPECT_NAMES("by-thread", "by-child.domain");
		child_meet(&c);
		child_wait(&c);
	}
}

/* Rights come from the owner of the namespace, not from being root somewhere. */
TEST_F(uts, sethostname_owner_cap)
{
	IN_CHILD (.flags = CLONE_NEWUTS) {
		set_host("old");
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_ERRNO(EPERM, sethostname("new", 3));
			EXPECT_ERRNO(EPERM, setdomainname("new", 3));
			ns_unshare(CLONE_NEWUTS);
			EXPECT_OK(sethostname("new", 3));
			EXPECT_OK(setdomainname("new", 3));
			cred_drop(CAP_SYS_ADMIN);
			EXPECT_ERRNO(EPERM, sethostname("newer", 5));
			EXPECT_ERRNO(EPERM, setdomainname("newer", 5));
			EXPECT_NAMES("new", "new");
		}
		EXPECT_STREQ("old", names().nodename);
	}
}

TEST_F(uts, length_limit)
{
	const char *name = "0123456789012345678901234567890123456789012345678901234567890123456";

	IN_CHILD (.flags = CLONE_NEWUTS) {
		EXPECT_OK(sethostname(name, 64));
		EXPECT_EQ(64, strlen(names().nodename));
		EXPECT_OK(setdomainname(name, 64));
		EXPECT_EQ(64, strlen(names().domainname));
		EXPECT_ERRNO(EINVAL, sethostname(name, 65));
		EXPECT_ERRNO(EINVAL, setdomainname(name, 65));
		EXPECT_ERRNO(EINVAL, syscall(SYS_sethostname, name, -1));
		EXPECT_ERRNO(EINVAL, syscall(SYS_setdomainname, name, -1));
		EXPECT_ERRNO(EFAULT, syscall(SYS_sethostname, 8L, 4));
		EXPECT_ERRNO(EFAULT, syscall(SYS_setdomainname, 8L, 4));
		EXPECT_EQ(64, strlen(names().nodename));
		EXPECT_OK(sethostname("", 0));
		EXPECT_OK(setdomainname("", 0));
		EXPECT_NAMES("", "");
	}
}

TEST_F(uts, other_fields_same)
{
	struct utsname outer = names();

	IN_CHILD (.flags = CLONE_NEWUTS) {
		struct utsname inner = names();

		EXPECT_STREQ(outer.sysname, inner.sysname);
		EXPECT_STREQ(outer.release, inner.release);
		EXPECT_STREQ(outer.version, inner.version);
		EXPECT_STREQ(outer.machine, inner.machine);
	}
}

TEST_F(uts, proc_hostname)
{
	IN_CHILD (.flags = CLONE_NEWUTS) {
		set_host("outer");
		set_domain("outer.domain");
		IN_CHILD (.flags = CLONE_NEWUTS) {
			set_host("inner");
			set_domain("inner.domain");
			EXPECT_STREQ("inner", file_read("/proc/sys/kernel/hostname"));
			EXPECT_STREQ("inner.domain", file_read("/proc/sys/kernel/domainname"));
		}
		EXPECT_STREQ("outer", file_read("/proc/sys/kernel/hostname"));
		EXPECT_STREQ("outer.domain", file_read("/proc/sys/kernel/domainname"));
	}
}

TEST_F(uts, proc_write_own_ns)
{
	IN_CHILD (.flags = CLONE_NEWUTS) {
		set_host("outer");
		set_domain("outer.domain");
		IN_CHILD (.flags = CLONE_NEWUTS) {
			EXPECT_OK(file_try_write("/proc/sys/kernel/hostname", "inner"));
			EXPECT_OK(file_try_write("/proc/sys/kernel/domainname", "inner.domain"));
			EXPECT_NAMES("inner", "inner.domain");
		}
		EXPECT_NAMES("outer", "outer.domain");
	}
}

/* uid 0 of the new user namespace is not the global one. */
TEST_F(uts, proc_write_userns_eacces)
{
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWUTS, .map = cred_foreign_map()) {
		MUST(setresgid(0, 0, 0));
		MUST(setresuid(0, 0, 0));
		EXPECT_ERRNO(EACCES, open("/proc/sys/kernel/hostname", O_WRONLY));
		EXPECT_ERRNO(EACCES, open("/proc/sys/kernel/domainname", O_WRONLY));
		EXPECT_OK(sethostname("set", 3));
		EXPECT_STREQ("set", file_read("/proc/sys/kernel/hostname"));
	}
}

/* Opened and read, and nothing to report of it; -1: there is something. */
static int open_quiet(const char *path)
{
	int fd = MUST(open(path, O_RDONLY | O_CLOEXEC));
	char text[80];

	MUST(read(fd, text, sizeof(text)));
	if (!(poll_one(fd, POLLPRI, 0) & (POLLPRI | POLLERR)))
		return fd;
	close(fd);
	return -1;
}

/*
 * Until it is read again, a change reports POLLPRI and POLLERR: one of any namespace,
 * so others may come between.
 */
TEST_F(uts, proc_poll)
{
	static const char *const files[] = { "hostname", "domainname" };

	for (int i = 0; i < 2; i++)
		IN_CHILD (.flags = CLONE_NEWUTS) {
			char *path = text_format("/proc/sys/kernel/%s", files[i]);
			int fd;

			ASSERT_SOON((fd = open_quiet(path)) >= 0);
			if (i)
				set_domain("changed");
			else
				set_host("changed");
			EXPECT_EQ(POLLPRI | POLLERR,
				  poll_one(fd, POLLPRI, wait_limit_ms(5)) & (POLLPRI | POLLERR));
		}
}

SUITE_MAIN()
