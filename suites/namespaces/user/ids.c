// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: ids as they are seen, kept and judged on both sides of a map. */
#include "user.h"

#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/un.h>

AREA(user);

static uid_t overflow_uid(void)
{
	return file_number("/proc/sys/kernel/overflowuid");
}

static gid_t overflow_gid(void)
{
	return file_number("/proc/sys/kernel/overflowgid");
}

static void expect_stat(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	EXPECT_OK(stat(path, &st));
	EXPECT_EQ(uid, st.st_uid);
	EXPECT_EQ(gid, st.st_gid);
}

static char *make_file(const char *dir, const char *name, mode_t mode)
{
	char *path = text_format("%s/%s", dir, name);

	close(MUST(open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600)));
	MUST(chmod(path, mode));
	return path;
}

/* A folder of the test's own file system where everybody may do everything. */
static char *open_dir(void)
{
	char *dir = mount_tmpfs();

	MUST(chmod(dir, 0777));
	return dir;
}

TEST_F(user, overflow_ids)
{
	char *file = make_file(open_dir(), "f", 0644);
	struct child c;

	EXPECT_EQ(65534, overflow_uid());
	EXPECT_EQ(65534, overflow_gid());
	CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true) {
		uid_t u[3];
		gid_t g[3];

		EXPECT_EQ(overflow_uid(), getuid());
		EXPECT_EQ(overflow_uid(), geteuid());
		EXPECT_EQ(overflow_gid(), getgid());
		EXPECT_EQ(overflow_gid(), getegid());
		MUST(getresuid(&u[0], &u[1], &u[2]));
		MUST(getresgid(&g[0], &g[1], &g[2]));
		EXPECT_EQ(overflow_uid(), u[2]);
		EXPECT_EQ(overflow_gid(), g[2]);
		expect_stat(file, overflow_uid(), overflow_gid());
		child_meet(&c);
		child_meet(&c);
		/* Mapped now: another number, the same user. */
		EXPECT_EQ(5, getuid());
		EXPECT_EQ(6, getgid());
		expect_stat(file, 5, 6);
	}
	child_meet(&c);
	MUST(try_map(&c, "uid_map", "5 0 1"));
	MUST(try_map(&c, "gid_map", "6 0 1"));
	child_meet(&c);
	child_wait(&c);
	expect_stat(file, 0, 0);
}

TEST_F(user, unmapped_id_einval)
{
	char *file = make_file(open_dir(), "f", 0644);

	/* A map with setgroups left as it is. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "5 0 1") {
		gid_t groups[] = { 5, 6 };

		EXPECT_ERRNO(EINVAL, setuid(6));
		EXPECT_ERRNO(EINVAL, setuid(0));
		EXPECT_ERRNO(EINVAL, setreuid(6, -1));
		EXPECT_ERRNO(EINVAL, setresuid(-1, 6, -1));
		EXPECT_ERRNO(EINVAL, setresuid(-1, -1, 0));
		EXPECT_ERRNO(EINVAL, setgid(6));
		EXPECT_ERRNO(EINVAL, setregid(-1, 6));
		EXPECT_ERRNO(EINVAL, setresgid(0, -1, -1));
		if (!strcmp(file_read("/proc/self/setgroups"), "allow"))
			EXPECT_ERRNO(EINVAL, setgroups(2, groups));
		EXPECT_ERRNO(EINVAL, chown(file, 6, -1));
		EXPECT_ERRNO(EINVAL, chown(file, -1, 6));
		EXPECT_ERRNO(EINVAL, chown(file, 0, 0));
		EXPECT_ERRNO(EINVAL, setuid(overflow_uid()));
		EXPECT_OK(chown(file, 5, 5));
		EXPECT_OK(setresuid(5, 5, 5));
		EXPECT_OK(setresgid(5, 5, 5));
		expect_stat(file, 5, 5);
	}
	expect_stat(file, 0, 0);
}

/* Whose number cannot be written down there. */
TEST_F(user, create_file_unmapped_eoverflow)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNS, .unmapped = true) {
		char *dir = open_dir(), *name = text_format("%s/f", dir);

		EXPECT_ERRNO(EOVERFLOW, open(name, O_CREAT | O_RDWR, 0600));
		EXPECT_ERRNO(EOVERFLOW, mkdir(name, 0700));
		EXPECT_ERRNO(EOVERFLOW, symlink("x", name));
		EXPECT_ERRNO(EOVERFLOW, mknod(name, S_IFIFO | 0600, 0));
		child_meet(&c);
		child_meet(&c);
		/* The user alone is not enough. */
		EXPECT_ERRNO(EOVERFLOW, open(name, O_CREAT | O_RDWR, 0600));
		child_meet(&c);
		child_meet(&c);
		EXPECT_OK(open(name, O_CREAT | O_RDWR, 0600));
	}
	child_meet(&c);
	MUST(try_map(&c, "uid_map", "5 0 1"));
	child_meet(&c);
	child_meet(&c);
	MUST(try_map(&c, "gid_map", "5 0 1"));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(user, file_owner_translated)
{
	char *dir = open_dir();

	IN_CHILD (.flags = CLONE_NEWUSER, .map = "5 0 1") {
		char *path = make_file(dir, "made", 0644);

		expect_stat(path, 5, 5);
		MUST(mkdir(text_format("%s/dir", dir), 0755));
	}
	expect_stat(text_format("%s/made", dir), 0, 0);
	expect_stat(text_format("%s/dir", dir), 0, 0);
	if (!cred_is_initial())
		return;
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(3, 4);
		expect_stat(make_file(dir, "ten", 0644), 3, 4);
	}
	expect_stat(text_format("%s/ten", dir), FIRST_ID + 3, FIRST_ID + 4);
}

static int try_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Files with both, one and none of their ids in the map. */
static void expect_caps_by_owner(const char *dir)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		bool both;
	} owners[] = {
		{ FIRST_ID + 1, FIRST_ID + 1, true },
		{ FIRST_ID + 1, 5, false },
		{ 5, FIRST_ID + 1, false },
		{ 5, 5, false },
		{ FIRST_ID + 10, FIRST_ID + 1, false },
	};
	char *file[5];

	for (int i = 0; i < 5; i++) {
		file[i] = make_file(dir, text_format("f%d", i), 0);
		MUST(chown(file[i], owners[i].uid, owners[i].gid));
	}
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		for (int i = 0; i < 5; i++)
			if (owners[i].both) {
				EXPECT_OK(try_open(file[i]));
				EXPECT_OK(chown(file[i], 2, 2));
			} else {
				EXPECT_ERRNO(EACCES, try_open(file[i]));
				EXPECT_ERRNO(EPERM, chown(file[i], 2, 2));
				EXPECT_ERRNO(EPERM, chown(file[i], 2, -1));
			}
	}
}

/* A set-group-id bit survives a change by somebody outside the group only with CAP_FSETID. */
static void expect_fsetid(const char *dir)
{
	char *mapped = make_file(dir, "g-mapped", 02777), *not = make_file(dir, "g-not", 02777);
	struct stat st;

	MUST(chown(mapped, FIRST_ID, FIRST_ID + 1));
	MUST(chown(not, FIRST_ID, 5));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		EXPECT_OK(chmod(mapped, 02770));
		EXPECT_OK(chmod(not, 02770));
	}
	MUST(stat(mapped, &st));
	EXPECT_EQ(S_ISGID, st.st_mode & S_ISGID);
	MUST(stat(not, &st));
	EXPECT_EQ(0, st.st_mode & S_ISGID);
}

TEST_F(user, file_cap_needs_both_mapped)
{
	char *dir = open_dir(), *file = make_file(dir, "own", 0);
	struct child c;

	/* The caller's own file, first with its uid mapped, then with both. */
	CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true) {
		child_meet(&c);
		child_meet(&c);
		EXPECT_TRUE(cred_has(CAP_DAC_OVERRIDE));
		EXPECT_ERRNO(EACCES, try_open(file));
		child_meet(&c);
		child_meet(&c);
		EXPECT_OK(try_open(file));
	}
	child_meet(&c);
	MUST(try_map(&c, "uid_map", "0 0 1"));
	child_meet(&c);
	child_meet(&c);
	MUST(try_map(&c, "gid_map", "0 0 1"));
	child_meet(&c);
	child_wait(&c);
	if (cred_is_initial()) {
		expect_caps_by_owner(dir);
		expect_fsetid(dir);
	}
}

TEST_F(user, fowner_needs_uid_only)
{
	char *dir = open_dir(), *by_uid = make_file(dir, "uid", 0600);
	char *by_gid = make_file(dir, "gid", 0600);

	MUST(chown(by_uid, FIRST_ID + 1, 5));
	MUST(chown(by_gid, 5, FIRST_ID + 1));
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		struct timespec times[2] = { { 1, 0 }, { 2, 0 } };

		become_inner(0, 0);
		EXPECT_OK(chmod(by_uid, 0640));
		EXPECT_OK(utimensat(AT_FDCWD, by_uid, times, 0));
		EXPECT_ERRNO(EPERM, chmod(by_gid, 0640));
		EXPECT_ERRNO(EPERM, utimensat(AT_FDCWD, by_gid, times, 0));
		cred_drop(CAP_FOWNER);
		EXPECT_ERRNO(EPERM, chmod(by_uid, 0600));
	}
}

/* struct pidfd_info of 6.13. */
struct pidfd_ids {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	uint32_t spare;
};

/* What the caller is told of the process and of the objects that it made. */
static void expect_ids(pid_t pid, int pidfd, const int objects[3], uid_t uid)
{
	struct shmid_ds shm;
	struct msqid_ds msg;
	struct pidfd_ids info = { .mask = 2 };
	char *four = text_format("%u\t%u\t%u\t%u", uid, uid, uid, uid);

	EXPECT_STREQ(four, proc_status(pid, "Uid"));
	EXPECT_STREQ(four, proc_status(pid, "Gid"));
	EXPECT_OK(shmctl(objects[0], IPC_STAT, &shm));
	EXPECT_EQ(uid, shm.shm_perm.uid);
	EXPECT_EQ(uid, shm.shm_perm.cuid);
	EXPECT_EQ(uid, shm.shm_perm.gid);
	EXPECT_OK(msgctl(objects[1], IPC_STAT, &msg));
	EXPECT_EQ(uid, msg.msg_perm.uid);
	EXPECT_TRUE(strstr(file_read("/proc/sysvipc/sem"), text_format(" %5u %5u ", uid, uid)));
	if (!ioctl(pidfd, _IOWR(0xFF, 11, struct pidfd_ids), &info)) {
		EXPECT_EQ(uid, info.ruid);
		EXPECT_EQ(uid, info.euid);
		EXPECT_EQ(uid, info.fsgid);
	}
}

TEST_F(user, ids_translated)
{
	struct child c;
	int objects[3];

	ns_unshare(CLONE_NEWIPC);
	CHILD (&c, .flags = CLONE_NEWUSER, .map = "5 0 1") {
		objects[0] = MUST(shmget(IPC_PRIVATE, 4096, 0666));
		objects[1] = MUST(msgget(IPC_PRIVATE, 0666));
		objects[2] = MUST(semget(IPC_PRIVATE, 1, 0666));
		for (int i = 0; i < 3; i++)
			child_send(&c, objects[i]);
		child_recv(&c);
		expect_ids(0, MUST(sys_pidfd_open(getpid(), 0)), objects, 5);
		child_send(&c, 0);
		child_sleep();
	}
	for (int i = 0; i < 3; i++)
		objects[i] = child_recv(&c);
	child_send(&c, 0);
	child_recv(&c);
	expect_ids(c.pid, c.pidfd, objects, 0);
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "8 0 1")
		expect_ids(c.pid, c.pidfd, objects, 8);
	IN_CHILD (.flags = CLONE_NEWUSER, .unmapped = true)
		expect_ids(c.pid, c.pidfd, objects, overflow_uid());
	child_kill(&c);
}

static sigset_t block(int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	return set;
}

/* Waits for one of the blocked signals; who sent it. */
static uid_t sender(sigset_t set)
{
	siginfo_t info = { .si_uid = -1 };

	MUST(sigtimedwait(&set, &info, &(struct timespec) { wait_limit_ms(10) / 1000, 0 }));
	return info.si_uid;
}

/* Of a SIGUSR1. */
static uid_t signal_uid(struct child *ready)
{
	sigset_t set = block(SIGUSR1);

	if (ready)
		child_meet(ready);
	return sender(set);
}

static void send_signal(pid_t pid, bool queued)
{
	EXPECT_OK(queued ? sigqueue(pid, SIGUSR1, (union sigval) { .sival_int = 1 })
			 : kill(pid, SIGUSR1));
}

/* Who the child was that ended, as its parent is told. */
static uid_t sigchld_uid(void)
{
	sigset_t set = block(SIGCHLD);
	pid_t pid = MUST(fork());

	if (!pid)
		_exit(0);
	uid_t uid = sender(set);

	MUST(waitpid(pid, NULL, 0));
	return uid;
}

TEST_F(user, siginfo_uid_translated)
{
	pid_t me = getpid();

	block(SIGUSR1);
	for (int queued = 0; queued < 2; queued++) {
		struct child c;

		/* In, to one who is mapped and to one who is not. */
		CHILD (&c, .flags = CLONE_NEWUSER, .map = "5 0 1")
			EXPECT_EQ(5, signal_uid(&c));
		child_meet(&c);
		send_signal(c.pid, queued);
		child_wait(&c);
		CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true)
			EXPECT_EQ(overflow_uid(), signal_uid(&c));
		child_meet(&c);
		send_signal(c.pid, queued);
		child_wait(&c);
		/* Out. */
		CHILD (&c, .flags = CLONE_NEWUSER, .map = "5 0 1")
			send_signal(me, queued);
		EXPECT_EQ(0, signal_uid(NULL));
		child_wait(&c);
	}
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "5 0 1")
		EXPECT_EQ(5, sigchld_uid());
	IN_CHILD (.flags = CLONE_NEWUSER, .unmapped = true)
		EXPECT_EQ(overflow_uid(), sigchld_uid());
}

static int send_ids(int sock, uid_t uid, gid_t gid)
{
	return peercred_send(sock, (struct ucred) { getpid(), uid, gid });
}

static void expect_received(int sock, uid_t uid, gid_t gid)
{
	struct ucred cred = peercred_receive(sock);

	EXPECT_EQ(uid, cred.uid);
	EXPECT_EQ(gid, cred.gid);
}

static uid_t peer_uid(int sock)
{
	struct ucred cred = peercred_of(sock);

	EXPECT_EQ(cred.uid, cred.gid);
	return cred.uid;
}

static void expect_peers(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int listener = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	struct child c;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/sock", open_dir());
	MUST(bind(listener, (struct sockaddr *)&name, sizeof(name)));
	MUST(listen(listener, 1));
	CHILD (&c, .flags = CLONE_NEWUSER, .map = "5 0 1") {
		int sock = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

		MUST(connect(sock, (struct sockaddr *)&name, sizeof(name)));
		EXPECT_EQ(5, peer_uid(sock));
		IN_CHILD (.flags = CLONE_NEWUSER, .unmapped = true)
			EXPECT_EQ(overflow_uid(), peer_uid(sock));
		child_meet(&c);
	}
	int sock = MUST(accept(listener, NULL, NULL));
	EXPECT_EQ(0, peer_uid(sock));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(user, scm_cred_translated)
{
	struct child c;
	int line[2];

	peercred_pair(line);
	CHILD (&c, .flags = CLONE_NEWUSER, .map = "5 0 1") {
		expect_received(line[1], 5, 5);
		EXPECT_OK(send_ids(line[1], 5, 5));
		EXPECT_OK(send(line[1], "x", 1, 0));
	}
	EXPECT_OK(send_ids(line[0], 0, 0));
	expect_received(line[0], 0, 0);
	expect_received(line[0], 0, 0);
	child_wait(&c);
	CHILD (&c, .flags = CLONE_NEWUSER, .unmapped = true)
		expect_received(line[1], overflow_uid(), overflow_gid());
	EXPECT_OK(send_ids(line[0], 0, 0));
	child_wait(&c);
	expect_peers();
}

TEST_F(user, scm_cred_unmapped_einval)
{
	int line[2];

	peercred_pair(line);
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "5 0 1") {
		EXPECT_ERRNO(EINVAL, send_ids(line[1], 0, 5));
		EXPECT_ERRNO(EINVAL, send_ids(line[1], 5, 0));
		EXPECT_ERRNO(EINVAL, send_ids(line[1], overflow_uid(), overflow_gid()));
		EXPECT_OK(send_ids(line[1], 5, 5));
	}
	expect_received(line[0], 0, 0);
}

/* Root here and root there are two users, whose files the other cannot even name. */
TEST_F(user, uid_map_isolation)
{
	char *dir = open_dir(), *file = text_format("%s/secret", dir);

	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		make_file(dir, "secret", 0600);
		EXPECT_OK(try_open(file));
	}
	expect_stat(file, FIRST_ID, FIRST_ID);
	IN_CHILD (.flags = CLONE_NEWUSER, .map = OTHER_TEN) {
		become_inner(0, 0);
		EXPECT_ALL_CAPS();
		expect_stat(file, overflow_uid(), overflow_gid());
		EXPECT_ERRNO(EACCES, try_open(file));
		EXPECT_ERRNO(EPERM, chmod(file, 0666));
		EXPECT_ERRNO(EPERM, chown(file, 0, 0));
		EXPECT_ERRNO(EACCES, truncate(file, 0));
	}
	IN_CHILD (.flags = CLONE_NEWUSER, .map = TEN) {
		become_inner(0, 0);
		EXPECT_OK(try_open(file));
	}
}

SUITE_MAIN()
