// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: procfs, which has one of its own. */
#include "suite.h"

#include <pthread.h>

AREA(pid);

static char *status_value(const char *proc, pid_t pid, const char *key)
{
	char *text = file_read("%s/%d/status", proc, pid), *value = text_value(text, key);

	if (!value)
		check_setup_failed(HERE, "%s/%d/status has no %s", proc, pid, key);
	free(text);
	return value;
}

static void expect_ids(const char *proc, pid_t pid, const char *own, const char *group)
{
	EXPECT_STREQ(own, status_value(proc, pid, "NStgid"));
	EXPECT_STREQ(own, status_value(proc, pid, "NSpid"));
	EXPECT_STREQ(group, status_value(proc, pid, "NSpgid"));
	EXPECT_STREQ(group, status_value(proc, pid, "NSsid"));
}

static void *run_thread(void *line)
{
	struct child *c = line;

	child_send(c, sys_gettid());
	child_sleep();
}

/* Level by level; a group or session that a level does not see is 0 there. */
TEST_F(pid, nspid_lines)
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		char *outer = mount_proc();
		struct child middle;

		MUST(setsid());
		CHILD (&middle, .flags = CLONE_NEWPID) {
			char *proc = mount_proc();
			struct child inner;

			IN_CHILD ()
				EXPECT_EQ(2, getpid());
			CHILD (&inner, .flags = CLONE_NEWPID) {
				char *own = mount_proc();
				pthread_t thread;

				expect_ids(own, 1, "1", "0");
				expect_ids(proc, 3, "3\t1", "0\t0");
				expect_ids(outer, 4, "4\t3\t1", "1\t0\t0");
				MUST(setsid());
				expect_ids(own, 1, "1", "1");
				expect_ids(proc, 3, "3\t1", "3\t1");
				expect_ids(outer, 4, "4\t3\t1", "4\t3\t1");
				ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, &inner));
				child_recv(&inner);
				char *text = file_read("%s/4/task/5/status", outer);
				EXPECT_STREQ("4\t3\t1", text_value(text, "NStgid"));
				EXPECT_STREQ("5\t4\t2", text_value(text, "NSpid"));
			}
			EXPECT_EQ(2, child_recv(&inner));
			child_send(&inner, 0);
			child_wait(&inner);
		}
		EXPECT_EQ(2, middle.pid);
		child_wait(&middle);
	}
}

TEST_F(pid, proc_mount_view)
{
	char *dir = temp_dir();
	pid_t outside = proc_self("/proc");
	struct child c;

	CHILD (&c, .flags = CLONE_NEWPID) {
		/* What was mounted before still speaks of the world outside. */
		EXPECT_LT(0, proc_self("/proc"));
		EXPECT_OK(access(text_format("/proc/%d", outside), F_OK));
		mount_make("proc", dir, "proc", 0, NULL);
		EXPECT_EQ(1, proc_self(dir));
		EXPECT_STREQ("1", proc_list(dir));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	/* To this reader as well. */
	EXPECT_STREQ("1", proc_list(dir));
	EXPECT_EQ(0, proc_self(dir));
	EXPECT_STREQ("0", status_value(dir, 1, "PPid"));
	child_meet(&c);
	child_wait(&c);
	/* Its namespace is gone, and so is all that was in it. */
	EXPECT_STREQ("", proc_list(dir));
}

TEST_F(pid, proc_self)
{
	char *dir = temp_dir(), text[32];
	struct child c;

	CHILD (&c, .flags = CLONE_NEWPID) {
		mount_make("proc", dir, "proc", 0, NULL);
		child_send(&c, proc_self("/proc"));
		EXPECT_EQ(1, proc_self(dir));
		ssize_t n = readlink(text_format("%s/thread-self", dir), text, sizeof(text));
		EXPECT_EQ(8, n);
		EXPECT_FALSE(strncmp(text, "1/task/1", 8));
		child_meet(&c);
	}
	EXPECT_EQ(proc_pid(c.pidfd), child_recv(&c));
	EXPECT_ERRNO(ENOENT, readlink(text_format("%s/self", dir), text, sizeof(text)));
	EXPECT_ERRNO(ENOENT, readlink(text_format("%s/thread-self", dir), text, sizeof(text)));
	EXPECT_ERRNO(ENOENT, open(text_format("%s/self/status", dir), O_RDONLY));
	EXPECT_ERRNO(ENOENT, access(text_format("%s/%d", dir, getpid()), F_OK));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(pid, proc_stat_ppid)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWPID) {
		char *proc = mount_proc();

		EXPECT_EQ(0, proc_stat(proc, 1, 4));
		EXPECT_STREQ("0", status_value(proc, 1, "PPid"));
		IN_CHILD () {
			EXPECT_EQ(1, proc_stat(proc, 2, 4));
			EXPECT_STREQ("1", status_value(proc, 2, "PPid"));
		}
		child_meet(&c);
		pid_t injected = child_recv_pid(&c);
		EXPECT_EQ(0, proc_stat(proc, injected, 4));
		EXPECT_STREQ("0", status_value(proc, injected, "PPid"));
		child_meet(&c);
		child_recv(&c);
	}
	child_meet(&c);
	pid_t me = proc_self("/proc"), there = proc_pid(c.pidfd);
	EXPECT_EQ(me, proc_stat("/proc", there, 4));
	EXPECT_STREQ(text_format("%d", me), status_value("/proc", there, "PPid"));
	MUST(setns(c.pidfd, CLONE_NEWPID));
	IN_CHILD () {
		child_send(&c, getpid());
		child_meet(&c);
	}
	child_send(&c, 0);
	child_wait(&c);
}

#ifndef SYS_fsopen
#define SYS_fsopen   430
#define SYS_fsconfig 431
#define SYS_fsmount  432
#define SYS_fspick   433
#endif
enum { CONFIG_STRING = 1, CONFIG_FD = 5, CONFIG_CREATE = 6, CONFIG_RECONFIGURE = 7 };

static int sys_fsconfig(int fs, unsigned int cmd, const char *key, const char *value, int aux)
{
	return syscall(SYS_fsconfig, fs, cmd, key, value, aux);
}

static int mount_pidns(const char *dir, const char *ns)
{
	return mount("proc", dir, "proc", 0, text_format("pidns=%s", ns));
}

/* The name alone is what older kernels do not know. */
static void need_pidns_option(void)
{
	int fs = syscall(SYS_fsopen, "proc", 1);

	if (fs < 0)
		check_skip("not supported: fsopen of proc (%s)", errno_name(errno));
	bool known = !sys_fsconfig(fs, CONFIG_STRING, "pidns", "/proc/self/ns/pid", 0) ||
		     errno != EINVAL ||
		     !sys_fsconfig(fs, CONFIG_FD, "pidns", NULL, ns_open(0, "pid")) ||
		     errno != EINVAL;
	need_working(known, SYS_KNOWN_6_19, "the option pidns= of procfs");
	close(fs);
}

TEST_F(pid, proc_pidns_option)
{
	need_pidns_option();
	IN_CHILD (.flags = CLONE_NEWPID) {
		char *proc = mount_proc(), *dir = temp_dir();
		struct child c;

		CHILD (&c, .flags = CLONE_NEWPID)
			child_sleep();
		EXPECT_OK(mount_pidns(dir, text_format("%s/%d/ns/pid", proc, c.pid)));
		EXPECT_STREQ("1", proc_list(dir));
		EXPECT_EQ(0, proc_self(dir));
		dir = temp_dir();
		EXPECT_OK(mount_pidns(dir, text_format("%s/1/ns/pid", proc)));
		EXPECT_STREQ("1 2", proc_list(dir));

		int fs = MUST(syscall(SYS_fsopen, "proc", 1)),
		    fd = ns_open(proc_pid(c.pidfd), "pid");
		EXPECT_OK(sys_fsconfig(fs, CONFIG_FD, "pidns", NULL, fd));
		EXPECT_OK(sys_fsconfig(fs, CONFIG_CREATE, NULL, NULL, 0));
		int mnt = ASSERT_OK(syscall(SYS_fsmount, fs, 1, 0));
		EXPECT_OK(faccessat(mnt, "1", F_OK, 0));
		EXPECT_ERRNO(ENOENT, faccessat(mnt, "2", F_OK, 0));
		child_kill(&c);
	}
}

TEST_F(pid, proc_pidns_errors)
{
	char *dir = temp_dir();

	need_pidns_option();
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child c, foreign;
		int outer = ns_open(0, "pid");
		int own = ns_open(0, "pid");

		CHILD (&c, .flags = CLONE_NEWPID) {
			char *up = text_format("/proc/self/fd/%d", outer);

			EXPECT_ERRNO(EINVAL, mount_pidns(dir, up));
			child_meet(&c);
			child_sleep();
		}
		child_meet(&c);
		EXPECT_ERRNO(EINVAL, mount_pidns(dir, "/proc/self/ns/uts"));
		EXPECT_ERRNO(EINVAL, mount_pidns(dir, "/proc/self/status"));
		/* Its name is there for all to see, what it stands for is not. */
		int below = ns_open(proc_pid(c.pidfd), "pid");
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) {
			char *link = text_format("/proc/self/fd/%d", below);

			EXPECT_TRUE(mount_pidns(dir, link) && (errno == EPERM || errno == EINVAL));
		}
		CHILD (&foreign, .flags = CLONE_NEWUSER | CLONE_NEWPID)
			child_sleep();
		int fd = ns_open(proc_pid(foreign.pidfd), "pid");
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS)
			EXPECT_ERRNO(EPERM, mount_pidns(dir, text_format("/proc/self/fd/%d", fd)));
		mount_make("proc", dir, "proc", 0, NULL);
		EXPECT_ERRNO(EBUSY, mount("proc", dir, "proc", MS_REMOUNT,
					  text_format("pidns=/proc/self/fd/%d", own)));
		child_kill(&c);
		child_kill(&foreign);
	}
}

SUITE_MAIN()
