// SPDX-License-Identifier: GPL-2.0-only
/* Pid namespaces: the pids that sockets, locks, IPC objects and terminals remember. */
#include "suite.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

AREA(pid);

static int send_cred(int sock, pid_t pid)
{
	return peercred_send(sock, (struct ucred) { pid, geteuid(), getegid() });
}

static void expect_peercred(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char *path = text_format("%s/sock", mount_tmpfs());
	int listener = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	struct child c;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	MUST(bind(listener, (struct sockaddr *)&name, sizeof(name)));
	MUST(listen(listener, 1));
	CHILD (&c, .flags = CLONE_NEWPID) {
		int sock = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

		MUST(connect(sock, (struct sockaddr *)&name, sizeof(name)));
		EXPECT_EQ(0, peercred_of(sock).pid);
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	int sock = MUST(accept(listener, NULL, NULL));
	EXPECT_EQ(c.pid, peercred_of(sock).pid);
	child_meet(&c);
	child_wait(&c);
}

TEST_F(pid, scm_credentials_translated)
{
	int up[2], aside[2];
	struct child c, sibling;

	peercred_pair(up);
	peercred_pair(aside);
	CHILD (&sibling, .flags = CLONE_NEWPID)
		EXPECT_EQ(0, peercred_receive(aside[0]).pid);
	CHILD (&c, .flags = CLONE_NEWPID) {
		EXPECT_EQ(0, peercred_receive(up[1]).pid);
		EXPECT_OK(send_cred(up[1], 1));
		EXPECT_OK(send(up[1], "x", 1, 0)); /* the kernel fills it in */
		EXPECT_OK(send_cred(aside[1], 1));
		int own[2];
		peercred_pair(own);
		IN_CHILD ()
			EXPECT_OK(send_cred(own[1], 2));
		EXPECT_EQ(2, peercred_receive(own[0]).pid);
	}
	EXPECT_OK(send_cred(up[0], getpid()));
	EXPECT_EQ(c.pid, peercred_receive(up[0]).pid);
	EXPECT_EQ(c.pid, peercred_receive(up[0]).pid);
	child_wait(&c);
	child_wait(&sibling);
	expect_peercred();
}

TEST_F(pid, scm_credentials_forge_cap)
{
	int line[2];
	struct child c;

	peercred_pair(line);
	CHILD (&c, .flags = CLONE_NEWPID) {
		struct child other;

		CHILD (&other)
			child_sleep();
		EXPECT_OK(send_cred(line[1], other.pid));
		EXPECT_EQ(other.pid, peercred_receive(line[0]).pid);
		EXPECT_ERRNO(ESRCH, send_cred(line[1], other.pid + 10));
		/* All capabilities, but not where the pid namespace belongs. */
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_OK(send_cred(line[1], getpid()));
			peercred_receive(line[0]);
			EXPECT_ERRNO(EPERM, send_cred(line[1], other.pid));
		}
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, send_cred(line[1], other.pid));
		EXPECT_OK(send_cred(line[1], getpid()));
		EXPECT_EQ(1, peercred_receive(line[0]).pid);
		child_kill(&other);
	}
	child_wait(&c);
}

/* Who holds it; 0 also for "somebody whom you cannot see", -2 for nobody. */
static pid_t lock_holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	MUST(fcntl(fd, F_GETLK, &lock));
	return lock.l_type == F_UNLCK ? -2 : lock.l_pid;
}

/*
 * The pid that PROC/locks has for the lock on the file; -2 when it lists none, or
 * when others' locks go while it is read page by page.
 */
static pid_t listed_holder(const char *proc, int fd)
{
	struct stat st;
	int pid, found = -2;

	MUST(fstat(fd, &st));
	char *text = file_read("%s/locks", proc), *save;
	char *want = text_format(" %02x:%02x:%ju ", major(st.st_dev), minor(st.st_dev),
				 (uintmax_t)st.st_ino);
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (strstr(l, want) && sscanf(l, "%*s %*s %*s %*s %d", &pid) == 1)
			found = pid;
	return found;
}

static int lock_file(void)
{
	char *path = text_format("%s/lock", mount_tmpfs());

	return MUST(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

TEST_F(pid, locks_translated)
{
	struct flock lock = { .l_type = F_WRLCK };
	int theirs = lock_file(), ours = lock_file(), whole = lock_file();
	struct child c;

	MUST(fcntl(ours, F_SETLK, &lock));
	MUST(flock(whole, LOCK_EX));
	CHILD (&c, .flags = CLONE_NEWPID) {
		char *proc = mount_proc();

		MUST(fcntl(theirs, F_SETLK, &lock));
		EXPECT_EQ(0, lock_holder(ours));
		EXPECT_EQ(-2, listed_holder(proc, ours));
		EXPECT_EQ(-2, listed_holder(proc, whole));
		EXPECT_SOON(listed_holder(proc, theirs) == 1);
		IN_CHILD ()
			EXPECT_EQ(1, lock_holder(theirs));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	EXPECT_EQ(c.pid, lock_holder(theirs));
	EXPECT_SOON(listed_holder("/proc", theirs) == proc_pid(c.pidfd));
	EXPECT_SOON(listed_holder("/proc", ours) == proc_self("/proc"));
	EXPECT_SOON(listed_holder("/proc", whole) == proc_self("/proc"));
	child_meet(&c);
	child_wait(&c);
	EXPECT_EQ(-2, lock_holder(theirs));
	EXPECT_EQ(-2, listed_holder("/proc", theirs));
}

static pid_t owner_ex(int fd)
{
	struct f_owner_ex owner = { .pid = -1 };

	MUST(fcntl(fd, F_GETOWN_EX, &owner));
	return owner.pid;
}

/* An owner set on either side of a line that both have. */
static void expect_owner(int type)
{
	int line[2];
	struct child c;
	struct f_owner_ex mine = { type, type == F_OWNER_PGRP ? getpgrp() : getpid() };

	peercred_pair(line);
	MUST(fcntl(line[0], F_SETOWN_EX, &mine));
	EXPECT_EQ(mine.pid, owner_ex(line[0]));
	CHILD (&c, .flags = CLONE_NEWPID) {
		MUST(setsid());
		EXPECT_EQ(0, owner_ex(line[0]));
		EXPECT_EQ(0, fcntl(line[0], F_GETOWN));
		EXPECT_OK(fcntl(line[1], F_SETOWN_EX, &(struct f_owner_ex) { type, 1 }));
		EXPECT_EQ(1, owner_ex(line[1]));
		EXPECT_ERRNO(ESRCH,
			     fcntl(line[1], F_SETOWN_EX, &(struct f_owner_ex) { type, 30000 }));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	EXPECT_EQ(c.pid, owner_ex(line[1]));
	EXPECT_EQ(type == F_OWNER_PGRP ? -c.pid : c.pid, fcntl(line[1], F_GETOWN));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(pid, fgetown_translated)
{
	expect_owner(F_OWNER_PID);
	expect_owner(F_OWNER_PGRP);
	expect_owner(F_OWNER_TID);
}

/* One object of each kind, made and used. */
struct objects {
	int shm, msg, sem;
};

static void use_objects(struct objects *o)
{
	struct {
		long type;
		char text[1];
	} m = { 1, "x" };
	struct sembuf up = { 0, 1, 0 };

	shmdt(shmat(o->shm, NULL, 0));
	MUST(msgsnd(o->msg, &m, 1, 0));
	MUST(msgrcv(o->msg, &m, 1, 0, 0));
	MUST(semop(o->sem, &up, 1));
}

static pid_t sysvipc_pid(const char *file, const char *column)
{
	char *text = file_read("/proc/sysvipc/%s", file), *save, *save2;
	char *head = strtok_r(text, "\n", &save), *row = strtok_r(NULL, "\n", &save);

	for (char *h = strtok_r(head, " ", &save2), *r; h; h = strtok_r(NULL, " ", &save2)) {
		r = row += strspn(row, " ");
		row += strcspn(row, " ");
		if (!strcmp(h, column))
			return atoi(r);
	}
	check_setup_failed(HERE, "/proc/sysvipc/%s has no column %s", file, column);
}

static void expect_users(struct objects *o, pid_t maker, pid_t user)
{
	struct shmid_ds shm;
	struct msqid_ds msg;

	MUST(shmctl(o->shm, IPC_STAT, &shm));
	EXPECT_EQ(maker, shm.shm_cpid);
	EXPECT_EQ(user, shm.shm_lpid);
	MUST(msgctl(o->msg, IPC_STAT, &msg));
	EXPECT_EQ(user, msg.msg_lspid);
	EXPECT_EQ(user, msg.msg_lrpid);
	EXPECT_EQ(user, semctl(o->sem, 0, GETPID));
	EXPECT_EQ(maker, sysvipc_pid("shm", "cpid"));
	EXPECT_EQ(user, sysvipc_pid("shm", "lpid"));
	EXPECT_EQ(user, sysvipc_pid("msg", "lspid"));
	EXPECT_EQ(user, sysvipc_pid("msg", "lrpid"));
}

TEST_F(pid, sysvipc_pids_translated)
{
	ns_unshare(CLONE_NEWIPC);
	struct objects o = { MUST(shmget(IPC_PRIVATE, 4096, 0600)), MUST(msgget(IPC_PRIVATE, 0600)),
			     MUST(semget(IPC_PRIVATE, 1, 0600)) };
	pid_t me = getpid();
	struct child c;

	use_objects(&o);
	CHILD (&c, .flags = CLONE_NEWPID) {
		expect_users(&o, 0, 0);
		use_objects(&o);
		expect_users(&o, 0, 1);
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	expect_users(&o, me, c.pid);
	child_meet(&c);
	child_wait(&c);
}

static void open_pty(int pty[2])
{
	pty[0] = MUST(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
	int locked = 0;

	MUST(ioctl(pty[0], TIOCSPTLCK, &locked));
	pty[1] = MUST(ioctl(pty[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

static pid_t tty_id(int fd, unsigned long request)
{
	pid_t id = -1;

	MUST(ioctl(fd, request, &id));
	return id;
}

TEST_F(pid, tty_pgrp_translated)
{
	int pty[2];
	struct child c;

	/* A session inside, looked at from outside through the master. */
	open_pty(pty);
	CHILD (&c, .flags = CLONE_NEWPID) {
		MUST(setsid());
		MUST(ioctl(pty[1], TIOCSCTTY, 0));
		EXPECT_EQ(1, tty_id(pty[1], TIOCGPGRP));
		EXPECT_EQ(1, tty_id(pty[1], TIOCGSID));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	EXPECT_EQ(c.pid, tty_id(pty[0], TIOCGPGRP));
	EXPECT_EQ(c.pid, tty_id(pty[0], TIOCGSID));
	child_meet(&c);
	child_wait(&c);
	/* A session outside, looked at from inside. */
	IN_CHILD () {
		open_pty(pty);
		MUST(setsid());
		MUST(ioctl(pty[1], TIOCSCTTY, 0));
		EXPECT_EQ(getpid(), tty_id(pty[1], TIOCGSID));
		IN_CHILD (.flags = CLONE_NEWPID) {
			EXPECT_EQ(0, tty_id(pty[1], TIOCGPGRP));
			EXPECT_EQ(0, tty_id(pty[1], TIOCGSID));
			EXPECT_EQ(0, tty_id(pty[0], TIOCGPGRP));
		}
	}
}

SUITE_MAIN()
