// SPDX-License-Identifier: GPL-2.0-only
/* IPC namespaces: limits of their own, with the kernel's defaults. */
#include "ipc.h"

AREA(ipc);

/* With what every namespace starts, what no namespace starts with, and what hurts nobody. */
static const struct {
	const char *name, *standard, *other, *harmless;
} knobs[] = {
	{ "kernel/msgmax", "8192", "8000", "8200" },
	{ "kernel/msgmnb", "16384", "15000", "17000" },
	{ "kernel/msgmni", "32000", "31000", "32001" },
	{ "kernel/sem", "32000\t1024000000\t500\t32000", "31000\t1000000\t400\t31000",
	  "32001\t1024000001\t501\t32001" },
	{ "kernel/shmall", "18446744073692774399", "1000000", "18446744073692774000" },
	{ "kernel/shmmax", "18446744073692774399", "4000000", "18446744073692774000" },
	{ "kernel/shmmni", "4096", "4000", "4097" },
	{ "kernel/shm_rmid_forced", "0", "1", "1" },
};
#define KNOBS (int)(sizeof(knobs) / sizeof(knobs[0]))

static char *value_of(int i)
{
	return file_read("/proc/sys/%s", knobs[i].name);
}

/* Sizes of shared memory are as large as an address, of which 64 bits are tested. */
static void expect_standard(int i)
{
	if (sizeof(long) == 8 || !strstr(knobs[i].name, "shm"))
		EXPECT_STREQ(knobs[i].standard, value_of(i));
}

/* What the calls tell of the limits is what the files of the namespace say. */
static void expect_info_agrees(void)
{
	struct msginfo msg;
	struct shminfo shm;
	struct seminfo sem;
	int64_t shmmax = strtoull(file_read("/proc/sys/kernel/shmmax"), NULL, 10);

	MUST(msgctl(0, IPC_INFO, (struct msqid_ds *)&msg));
	EXPECT_EQ(file_number("/proc/sys/kernel/msgmax"), msg.msgmax);
	EXPECT_EQ(file_number("/proc/sys/kernel/msgmnb"), msg.msgmnb);
	EXPECT_EQ(file_number("/proc/sys/kernel/msgmni"), msg.msgmni);
	MUST(shmctl(0, IPC_INFO, (struct shmid_ds *)&shm));
	EXPECT_EQ(shmmax, (int64_t)shm.shmmax);
	EXPECT_EQ(file_number("/proc/sys/kernel/shmmni"), (int64_t)shm.shmmni);
	MUST(semctl(0, 0, IPC_INFO, (union semun) { .info = &sem }));
	EXPECT_STREQ(file_read("/proc/sys/kernel/sem"),
		     text_format("%d\t%d\t%d\t%d", sem.semmsl, sem.semmns, sem.semopm, sem.semmni));
}

TEST_F(ipc, sysctl_distinct)
{
	for (int i = 0; i < KNOBS; i++)
		IN_CHILD (.flags = CLONE_NEWIPC) {
			struct child c;
			char *before = value_of(i);

			CHILD (&c, .flags = CLONE_NEWIPC) {
				ipc_sysctl(knobs[i].name, knobs[i].other);
				EXPECT_STREQ(knobs[i].other, value_of(i));
				for (int j = 0; j < KNOBS; j++)
					if (j != i)
						expect_standard(j);
				expect_info_agrees();
				child_meet(&c);
				child_meet(&c);
				EXPECT_STREQ(knobs[i].other, value_of(i));
			}
			child_meet(&c);
			EXPECT_STREQ(before, value_of(i));
			expect_info_agrees();
			ipc_sysctl(knobs[i].name, knobs[i].standard);
			child_meet(&c);
			child_wait(&c);
			EXPECT_STREQ(knobs[i].standard, value_of(i));
		}
}

/* Nor those of the initial namespace, by whichever way a copy might come by them. */
static void expect_not_the_initial_ones(void)
{
	char *before[KNOBS];

	for (int i = 0; i < KNOBS; i++) {
		before[i] = value_of(i);
		ipc_sysctl(knobs[i].name, knobs[i].harmless);
	}
	IN_CHILD (.flags = CLONE_NEWIPC)
		for (int i = 0; i < KNOBS; i++)
			expect_standard(i);
	for (int i = 0; i < KNOBS; i++)
		ipc_sysctl(knobs[i].name, before[i]);
}

TEST_F(ipc, sysctl_defaults_not_inherited)
{
	if (cred_is_initial() && need_is_disposable())
		expect_not_the_initial_ones();
	IN_CHILD (.flags = CLONE_NEWIPC) {
		for (int i = 0; i < KNOBS; i++)
			expect_standard(i);
		for (int i = 0; i < KNOBS; i++)
			ipc_sysctl(knobs[i].name, knobs[i].other);
		IN_CHILD (.flags = CLONE_NEWIPC)
			for (int i = 0; i < KNOBS; i++)
				expect_standard(i);
		IN_CHILD () {
			MUST(unshare(CLONE_NEWIPC));
			for (int i = 0; i < KNOBS; i++)
				expect_standard(i);
		}
		for (int i = 0; i < KNOBS; i++)
			EXPECT_STREQ(knobs[i].other, value_of(i));
	}
}

/* Two objects and no third, while a namespace beside has as many as it likes. */
static void expect_two(enum ipc_kind kind, const char *name, const char *value)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		ipc_sysctl(name, value);
		EXPECT_OK(ipc_make(kind));
		int second = ASSERT_OK(ipc_make(kind));
		EXPECT_ERRNO(ENOSPC, ipc_make(kind));
		IN_CHILD (.flags = CLONE_NEWIPC)
			for (int i = 0; i < 4; i++)
				EXPECT_OK(ipc_make(kind));
		EXPECT_ERRNO(ENOSPC, ipc_make(kind));
		EXPECT_OK(ipc_remove(kind, second));
		EXPECT_OK(ipc_make(kind));
		EXPECT_ERRNO(ENOSPC, ipc_make(kind));
	}
}

static void expect_sizes(void)
{
	struct {
		long type;
		char text[100];
	} m = { .type = 1 };

	ipc_sysctl("kernel/shmmax", "8192");
	EXPECT_ERRNO(EINVAL, shmget(IPC_PRIVATE, 8193, 0600));
	EXPECT_OK(shmget(IPC_PRIVATE, 8192, 0600));
	/* In pages: two are used. */
	ipc_sysctl("kernel/shmall", "3");
	EXPECT_OK(shmget(IPC_PRIVATE, 4096, 0600));
	EXPECT_ERRNO(ENOSPC, shmget(IPC_PRIVATE, 4096, 0600));

	ipc_sysctl("kernel/msgmax", "50");
	ipc_sysctl("kernel/msgmnb", "120");
	int q = MUST(ipc_make(IPC_MSG));
	EXPECT_ERRNO(EINVAL, msgsnd(q, &m, 51, IPC_NOWAIT));
	EXPECT_OK(msgsnd(q, &m, 50, IPC_NOWAIT));
	EXPECT_OK(msgsnd(q, &m, 50, IPC_NOWAIT));
	EXPECT_ERRNO(EAGAIN, msgsnd(q, &m, 21, IPC_NOWAIT));
	EXPECT_OK(msgsnd(q, &m, 20, IPC_NOWAIT));

	struct sembuf ops[4] = { { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 } };
	ipc_sysctl("kernel/sem", "4\t6\t3\t100");
	EXPECT_ERRNO(EINVAL, semget(IPC_PRIVATE, 5, 0600));
	int set = ASSERT_OK(semget(IPC_PRIVATE, 4, 0600));
	EXPECT_ERRNO(ENOSPC, semget(IPC_PRIVATE, 3, 0600));
	EXPECT_OK(semget(IPC_PRIVATE, 2, 0600));
	EXPECT_ERRNO(E2BIG, semop(set, ops, 4));
	EXPECT_OK(semop(set, ops, 3));
}

static void expect_no_such_sizes(void)
{
	EXPECT_OK(shmget(IPC_PRIVATE, 16384, 0600));
	EXPECT_OK(semget(IPC_PRIVATE, 10, 0600));
}

TEST_F(ipc, sysctl_enforced_per_ns)
{
	expect_two(IPC_SHM, "kernel/shmmni", "2");
	expect_two(IPC_MSG, "kernel/msgmni", "2");
	expect_two(IPC_SEM, "kernel/sem", "32000\t32000\t500\t2");
	IN_CHILD (.flags = CLONE_NEWIPC) {
		IN_CHILD (.flags = CLONE_NEWIPC)
			expect_sizes();
		expect_no_such_sizes();
		ipc_sysctl("kernel/shmmax", "4096");
		IN_CHILD (.flags = CLONE_NEWIPC)
			expect_no_such_sizes();
	}
}

static const char *const owned[] = { "kernel/msgmax", "kernel/shmmni", "kernel/sem",
				     "fs/mqueue/queues_max", "fs/mqueue/msg_max" };
#define OWNED (int)(sizeof(owned) / sizeof(owned[0]))

static int open_knob(const char *name)
{
	int fd = open(text_format("/proc/sys/%s", name), O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd;
}

static void expect_all_refused(void)
{
	for (int i = 0; i < OWNED; i++)
		EXPECT_ERRNO(EACCES, open_knob(owned[i]));
}

static void become_inner_root(void)
{
	MUST(setresgid(0, 0, 0));
	MUST(setresuid(0, 0, 0));
}

/*
 * Kernels that know it show the owner of the namespace as the file's; earlier
 * it was the global root, who has no number in there.
 */
static bool files_are_ours(void)
{
	struct stat st;

	MUST(stat("/proc/sys/kernel/msgmax", &st));
	return st.st_uid == 0 || !open_knob("kernel/msgmax");
}

TEST_F(ipc, sysctl_ns_root_writable)
{
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWIPC, .map = cred_foreign_map()) {
		become_inner_root();
		need_working(files_are_ours(), SYS_KNOWN_6_10,
			     "IPC sysctls owned by the namespace's root");
		for (int i = 0; i < OWNED; i++) {
			char *path = text_format("/proc/sys/%s", owned[i]);

			EXPECT_OK(file_try_write(path, file_read("%s", path)));
		}
	}
	if (!cred_is_initial())
		return;
	/* Not the root of a user namespace that does not own it, nor anybody else. */
	IN_CHILD (.flags = CLONE_NEWIPC) {
		IN_CHILD (.flags = CLONE_NEWUSER, .map = cred_foreign_map()) {
			become_inner_root();
			expect_all_refused();
		}
		cred_become(OTHER_UID, OTHER_GID);
		expect_all_refused();
	}
}

TEST_F(ipc, sysctl_next_id)
{
	need_file("/proc/sys/kernel/msg_next_id", "msg_next_id (CONFIG_CHECKPOINT_RESTORE)");
	for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
		IN_CHILD (.flags = CLONE_NEWIPC) {
			char *knob = text_format("kernel/%s_next_id", ipc_file(k));

			EXPECT_EQ(-1, file_number("/proc/sys/%s", knob));
			ipc_sysctl(knob, "77");
			IN_CHILD (.flags = CLONE_NEWIPC) {
				EXPECT_EQ(-1, file_number("/proc/sys/%s", knob));
				EXPECT_EQ(0, ipc_make(k));
			}
			EXPECT_EQ(77, file_number("/proc/sys/%s", knob));
			EXPECT_EQ(77, ipc_make(k));
			EXPECT_EQ(-1, file_number("/proc/sys/%s", knob));
			EXPECT_NE(77, ipc_make(k));
			EXPECT_OK(ipc_stat(k, 77));
			if (!cred_is_initial())
				break;
			/* All rights, but not where the namespace belongs; and none at all. */
			IN_CHILD (.flags = CLONE_NEWUSER, .map = cred_foreign_map()) {
				become_inner_root();
				EXPECT_ERRNO(EACCES, open_knob(knob));
			}
			cred_become(OTHER_UID, OTHER_GID);
			EXPECT_ERRNO(EACCES, open_knob(knob));
		}
}

/* A segment whose maker is gone. */
static int make_orphan(void)
{
	struct child c;

	CHILD (&c)
		child_send(&c, MUST(ipc_make(IPC_SHM)));
	int id = child_recv(&c);
	child_wait(&c);
	return id;
}

TEST_F(ipc, shm_rmid_forced)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		int outer = make_orphan();

		IN_CHILD (.flags = CLONE_NEWIPC) {
			int orphan = make_orphan(), held = make_orphan();
			int own = MUST(ipc_make(IPC_SHM));
			void *at = shmat(held, NULL, 0);

			EXPECT_OK(ipc_stat(IPC_SHM, orphan));
			ipc_sysctl("kernel/shm_rmid_forced", "1");
			EXPECT_ERRNO(EINVAL, ipc_stat(IPC_SHM, orphan));
			EXPECT_OK(ipc_stat(IPC_SHM, held));
			EXPECT_OK(ipc_stat(IPC_SHM, own));
			/* From now on they go with their maker, or with the last to hold them. */
			EXPECT_ERRNO(EINVAL, ipc_stat(IPC_SHM, make_orphan()));
			MUST(shmdt(at));
			EXPECT_ERRNO(EINVAL, ipc_stat(IPC_SHM, held));
		}
		EXPECT_OK(ipc_stat(IPC_SHM, outer));
		EXPECT_OK(ipc_stat(IPC_SHM, make_orphan()));
	}
}

SUITE_MAIN()
