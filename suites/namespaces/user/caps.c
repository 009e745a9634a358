// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: all capabilities inside, and what they are not good for. */
#include "user.h"

#include <linux/securebits.h>
#include <sys/acct.h>
#include <sys/resource.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>

AREA(user);

/* Enter a new one, or an existing one, in each way; then the check runs. */
enum { BY_CLONE, BY_UNSHARE, BY_SETNS, WAYS };

static void run_entered(void (*before)(void), void (*check)(void))
{
	struct child target;

	CHILD (&target, .flags = CLONE_NEWUSER)
		child_sleep();
	for (int way = 0; way < WAYS; way++)
		IN_CHILD () {
			before();
			if (way == BY_CLONE) {
				IN_CHILD (.flags = CLONE_NEWUSER)
					check();
				break;
			}
			if (way == BY_UNSHARE)
				EXPECT_OK(unshare(CLONE_NEWUSER));
			else
				EXPECT_OK(setns(target.pidfd, CLONE_NEWUSER));
			check();
		}
	child_kill(&target);
}

/* Something in each set that should not stay as it was. */
static void set_up_caps(void)
{
	cap_t set = cap_get_proc();
	cap_value_t cap = CAP_NET_RAW;

	MUST(cap_set_flag(set, CAP_INHERITABLE, 1, &cap, CAP_SET));
	MUST(cap_set_proc(set));
	MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
	MUST(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
	EXPECT_NE(0, caps("CapInh"));
	EXPECT_NE(0, caps("CapAmb"));
}

static void expect_all(void)
{
	EXPECT_ALL_CAPS();
}

TEST_F(user, caps_on_enter)
{
	run_entered(set_up_caps, expect_all);
}

TEST_F(user, caps_none_in_parent)
{
	char *dir = mount_tmpfs(), *file = text_format("%s/theirs", dir);
	struct child outside;

	close(MUST(open(file, O_CREAT | O_RDWR, 0600)));
	MUST(chown(file, OTHER_UID, OTHER_GID));
	CHILD (&outside) {
		cred_become(OTHER_UID, OTHER_GID);
		child_meet(&outside);
		child_sleep();
	}
	child_meet(&outside);
	IN_CHILD (.flags = CLONE_NEWUTS) {
		int old = ns_open(0, "user");

		EXPECT_OK(unshare(CLONE_NEWUSER));
		EXPECT_ALL_CAPS();
		EXPECT_ERRNO(EPERM, sethostname("x", 1));
		EXPECT_ERRNO(EPERM, mount("tmpfs", dir, "tmpfs", 0, NULL));
		EXPECT_ERRNO(EPERM, umount2(dir, MNT_DETACH));
		EXPECT_ERRNO(EPERM, setns(old, CLONE_NEWUSER));
		EXPECT_ERRNO(EPERM, kill(outside.pid, 0));
		EXPECT_ERRNO(EACCES, open(file, O_RDONLY));
		EXPECT_ERRNO(EPERM, chmod(file, 0666));
		EXPECT_TRUE(chown(file, 0, 0) < 0);
	}
	child_kill(&outside);
}

HELPER(user_caps)
{
	bool all = atoi(argv[1]);

	EXPECT_EQ(all ? all_caps() : 0, caps("CapEff"));
	EXPECT_EQ(all ? all_caps() : 0, caps("CapPrm"));
	EXPECT_EQ(all_caps(), caps("CapBnd"));
	return 0;
}

/* With the ids so inside, or unmapped; the execve decides. */
static void exec_as(int inner)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	MUST(unshare(CLONE_NEWUSER));
	if (inner >= 0) {
		if (file_try_write("/proc/self/setgroups", "deny") && errno != EPERM)
			check_setup_failed(HERE, "setgroups: %s", errno_name(errno));
		file_write("/proc/self/uid_map", "%d %u 1", inner, uid);
		file_write("/proc/self/gid_map", "%d %u 1", inner, gid);
	}
	EXPECT_ALL_CAPS();
	helper_exec("user_caps", inner ? "0" : "1", NULL);
}

TEST_F(user, caps_on_exec)
{
	for (int inner = -1; inner < 2; inner++)
		IN_CHILD () {
			become_ordinary();
			exec_as(inner);
		}
}

static void set_securebits(void)
{
	const long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			  SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS |
			  SECBIT_NO_CAP_AMBIENT_RAISE;

	MUST(prctl(PR_SET_SECUREBITS, bits));
	EXPECT_EQ(bits, prctl(PR_GET_SECUREBITS));
}

static void expect_no_securebits(void)
{
	EXPECT_EQ(0, prctl(PR_GET_SECUREBITS));
	EXPECT_OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT));
	EXPECT_OK(prctl(PR_SET_SECUREBITS, 0));
}

TEST_F(user, securebits_reset)
{
	run_entered(set_securebits, expect_no_securebits);
}

/* EXEC_RESTRICT_FILE, EXEC_DENY_INTERACTIVE, and their locks. */
#define EXEC_BITS 0xf00

TEST_F(user, securebits_exec_kept)
{
	IN_CHILD () {
		become_ordinary();
		need_working(!prctl(PR_SET_SECUREBITS, EXEC_BITS), SYS_KNOWN_6_15,
			     "SECBIT_EXEC_RESTRICT_FILE");
		EXPECT_EQ(EXEC_BITS, prctl(PR_GET_SECUREBITS));
		IN_CHILD (.flags = CLONE_NEWUSER) {
			/* 7.2 still cleared them with the rest. */
			need_working(prctl(PR_GET_SECUREBITS), SYS_KNOWN_7_3,
				     "SECBIT_EXEC_* in user namespaces");
			EXPECT_EQ(EXEC_BITS, prctl(PR_GET_SECUREBITS));
			EXPECT_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 0));
		}
		EXPECT_OK(unshare(CLONE_NEWUSER));
		EXPECT_EQ(EXEC_BITS, prctl(PR_GET_SECUREBITS));
	}
}

/* Not every kernel has modules, swap or accounting. */
#define EXPECT_REFUSED(call)                        \
	do {                                        \
		if ((call) >= 0 || errno != ENOSYS) \
			EXPECT_ERRNO(EPERM, call);  \
	} while (0)

/* What is the whole machine's; none of these would do harm if it were done. */
static void expect_refused_globally(void)
{
	struct timespec t;
	struct timeval tv;
	struct rlimit limit;

	MUST(clock_gettime(CLOCK_REALTIME, &t));
	EXPECT_ERRNO(EPERM, clock_settime(CLOCK_REALTIME, &t));
	gettimeofday(&tv, NULL);
	EXPECT_ERRNO(EPERM, settimeofday(&tv, NULL));
	EXPECT_REFUSED(syscall(SYS_init_module, "", 0, ""));
	EXPECT_REFUSED(syscall(SYS_delete_module, "bulkhead-none", O_NONBLOCK));
	EXPECT_REFUSED(swapon("/bulkhead-none", 0));
	EXPECT_REFUSED(swapoff("/bulkhead-none"));
	EXPECT_REFUSED(acct("/bulkhead-none"));
	limit = (struct rlimit) { 10, 10 };
	MUST(setrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_max = 11;
	EXPECT_ERRNO(EPERM, setrlimit(RLIMIT_NOFILE, &limit));
	MUST(setrlimit(RLIMIT_RTPRIO, &(struct rlimit) { 0, 0 }));
	EXPECT_ERRNO(EPERM, sched_setscheduler(0, SCHED_FIFO,
					       &(struct sched_param) { .sched_priority = 1 }));
	MUST(setrlimit(RLIMIT_NICE, &(struct rlimit) { 0, 0 }));
	EXPECT_ERRNO(EACCES, setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - 1));
	EXPECT_ERRNO(EPERM, syscall(SYS_reboot, 0xfee1dead, 672274793, 0x89abcdef, ""));
}

TEST_F(user, no_global_caps)
{
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS) {
		EXPECT_ALL_CAPS();
		expect_refused_globally();
	}
}

TEST_F(user, no_mknod)
{
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS) {
		char *dir = mount_tmpfs(), *node = text_format("%s/node", dir);

		EXPECT_ERRNO(EPERM, mknod(node, S_IFCHR | 0600, makedev(1, 3)));
		EXPECT_ERRNO(EPERM, mknod(node, S_IFBLK | 0600, makedev(7, 0)));
		EXPECT_ERRNO(EPERM, mknod(node, S_IFBLK | 0600, 0));
		EXPECT_OK(mknod(text_format("%s/fifo", dir), S_IFIFO | 0600, 0));
		EXPECT_OK(mknod(text_format("%s/plain", dir), S_IFREG | 0600, 0));
		EXPECT_OK(mknod(node, S_IFCHR | 0600, 0));
	}
}

TEST_F(user, no_dev_on_own_mounts)
{
	char *dir = temp_dir(), *plain = mount_tmpfs();
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNS) {
		mount_make("tmpfs", dir, "tmpfs", 0, NULL);
		child_meet(&c);
		child_meet(&c);
		EXPECT_ERRNO(EACCES, open(text_format("%s/null", dir), O_RDWR));
	}
	child_meet(&c);
	char *inside = text_format("/proc/%d/root%s/null", c.pid, dir);
	MUST(mknod(inside, S_IFCHR | 0666, makedev(1, 3)));
	EXPECT_ERRNO(EACCES, open(inside, O_RDWR));
	/* It is the superblock, not the node. */
	char *outside = text_format("%s/null", plain);
	MUST(mknod(outside, S_IFCHR | 0666, makedev(1, 3)));
	EXPECT_OK(open(outside, O_RDWR));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(user, chroot_allowed)
{
	char *dir = temp_dir();

	IN_CHILD () {
		become_ordinary();
		EXPECT_ERRNO(EPERM, chroot("/"));
	}
	IN_CHILD (.flags = CLONE_NEWUSER)
		EXPECT_OK(chroot(dir));
	IN_CHILD (.flags = CLONE_NEWUSER) {
		cred_drop(CAP_SYS_CHROOT);
		EXPECT_ERRNO(EPERM, chroot(dir));
	}
}

TEST_F(user, sysctl_root_owned_eacces)
{
	static const char *const knobs[] = { "kernel/panic", "kernel/printk", "vm/swappiness",
					     "kernel/threads-max", "fs/file-max" };

	IN_CHILD (.flags = CLONE_NEWUSER, .map = cred_foreign_map()) {
		become_inner(0, 0);
		for (int i = 0; i < 5; i++) {
			char *path = text_format("/proc/sys/%s", knobs[i]);

			EXPECT_OK(access(path, R_OK));
			EXPECT_ERRNO(EACCES, open(path, O_WRONLY));
			EXPECT_ERRNO(EACCES, open(path, O_RDWR));
		}
	}
}

SUITE_MAIN()
