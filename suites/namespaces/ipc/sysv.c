// SPDX-License-Identifier: GPL-2.0-only
/* IPC namespaces: System V objects are seen inside and nowhere else. */
#include "ipc.h"

#include <pthread.h>

AREA(ipc);

#define KEY 0x42554c4b

/* Nothing that names it finds it. */
static void expect_unknown(enum ipc_kind kind, int id)
{
	EXPECT_ERRNO(ENOENT, ipc_get(kind, KEY, 0));
	EXPECT_ERRNO(EINVAL, ipc_stat(kind, id));
	EXPECT_ERRNO(EINVAL, ipc_use(kind, id));
	EXPECT_ERRNO(EINVAL, ipc_remove(kind, id));
}

static void expect_isolated(enum ipc_kind kind)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		struct child c;

		for (int i = 0; i < 3; i++)
			MUST(ipc_make(kind));
		int id = MUST(ipc_get(kind, KEY, IPC_CREAT | 0600));

		IN_CHILD (.flags = CLONE_NEWIPC)
			expect_unknown(kind, id);
		IN_CHILD () {
			MUST(unshare(CLONE_NEWIPC));
			expect_unknown(kind, id);
		}
		EXPECT_OK(ipc_stat(kind, id));
		EXPECT_OK(ipc_remove(kind, id));
		/* Nor what is made inside, from outside. */
		CHILD (&c, .flags = CLONE_NEWIPC) {
			for (int i = 0; i < 6; i++)
				MUST(ipc_make(kind));
			child_send(&c, MUST(ipc_get(kind, KEY, IPC_CREAT | 0600)));
			child_recv(&c);
			EXPECT_EQ(6, ipc_get(kind, KEY, 0));
		}
		expect_unknown(kind, child_recv(&c));
		child_send(&c, 0);
		child_wait(&c);
	}
}

TEST_F(ipc, shm_isolation)
{
	expect_isolated(IPC_SHM);
}

TEST_F(ipc, msg_isolation)
{
	expect_isolated(IPC_MSG);
}

TEST_F(ipc, sem_isolation)
{
	expect_isolated(IPC_SEM);
}

/* The same key, and so the same id: two objects all the same. */
TEST_F(ipc, same_key_two_ns)
{
	const int flags = IPC_CREAT | IPC_EXCL | 0600;

	IN_CHILD (.flags = CLONE_NEWIPC) {
		for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
			EXPECT_OK(ipc_get(k, KEY, flags));
		int sem = MUST(ipc_get(IPC_SEM, KEY, 0));
		IN_CHILD (.flags = CLONE_NEWIPC) {
			for (enum ipc_kind k = 0; k < IPC_KINDS; k++) {
				EXPECT_OK(ipc_get(k, KEY, flags));
				EXPECT_ERRNO(EEXIST, ipc_get(k, KEY, flags));
			}
			EXPECT_EQ(sem, ipc_get(IPC_SEM, KEY, 0));
			MUST(semctl(sem, 0, SETVAL, (union semun) { .val = 9 }));
			EXPECT_OK(ipc_remove(IPC_MSG, MUST(ipc_get(IPC_MSG, KEY, 0))));
		}
		EXPECT_EQ(0, semctl(sem, 0, GETVAL));
		EXPECT_OK(ipc_get(IPC_MSG, KEY, 0));
	}
}

TEST_F(ipc, ids_start_at_zero)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		for (enum ipc_kind k = 0; k < IPC_KINDS; k++) {
			EXPECT_EQ(0, ipc_make(k));
			EXPECT_EQ(1, ipc_make(k));
		}
		IN_CHILD (.flags = CLONE_NEWIPC)
			for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
				EXPECT_EQ(0, ipc_make(k));
		MUST(unshare(CLONE_NEWIPC));
		for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
			EXPECT_EQ(0, ipc_make(k));
	}
}

static void *add_one(void *sem)
{
	EXPECT_OK(ipc_use(IPC_SEM, *(int *)sem));
	return NULL;
}

/* A child, a thread, and one who joined. */
TEST_F(ipc, shared_among_members)
{
	struct child c;

	CHILD (&c, .flags = CLONE_NEWIPC) {
		int id[IPC_KINDS];
		pthread_t thread;

		for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
			id[k] = MUST(ipc_get(k, KEY, IPC_CREAT | 0600));
		char *at = shmat(id[IPC_SHM], NULL, 0);
		IN_CHILD ()
			for (enum ipc_kind k = 0; k < IPC_KINDS; k++) {
				EXPECT_EQ(id[k], ipc_get(k, KEY, 0));
				EXPECT_OK(ipc_use(k, id[k]));
			}
		ASSERT_EQ(0, pthread_create(&thread, NULL, add_one, &id[IPC_SEM]));
		pthread_join(thread, NULL);
		EXPECT_EQ(2, semctl(id[IPC_SEM], 0, GETVAL));
		child_meet(&c);
		child_meet(&c);
		EXPECT_EQ(3, semctl(id[IPC_SEM], 0, GETVAL));
		EXPECT_EQ('j', at[0]);
	}
	child_meet(&c);
	IN_CHILD () {
		long message[2];

		MUST(setns(c.pidfd, CLONE_NEWIPC));
		char *at = shmat(MUST(ipc_get(IPC_SHM, KEY, 0)), NULL, 0);
		at[0] = 'j';
		EXPECT_OK(ipc_use(IPC_SEM, MUST(ipc_get(IPC_SEM, KEY, 0))));
		EXPECT_EQ(1, msgrcv(MUST(ipc_get(IPC_MSG, KEY, 0)), message, 1, 0, IPC_NOWAIT));
	}
	child_meet(&c);
	child_wait(&c);
}

/* The rows behind the heading. */
static int rows(int fd)
{
	char text[8192];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[MUST(n)] = '\0';
	return text_lines(text) - 1;
}

TEST_F(ipc, proc_sysvipc)
{
	for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
		IN_CHILD (.flags = CLONE_NEWIPC) {
			char *path = text_format("/proc/sysvipc/%s", ipc_file(k));
			int before = MUST(open(path, O_RDONLY | O_CLOEXEC));

			for (int i = 0; i < 3; i++)
				MUST(ipc_make(k));
			MUST(ipc_get(k, KEY, IPC_CREAT | 0600));
			EXPECT_EQ(4, rows(before));
			EXPECT_TRUE(strstr(file_read("%s", path), text_format("%d", KEY)));
			IN_CHILD (.flags = CLONE_NEWIPC) {
				int inside = MUST(open(path, O_RDONLY | O_CLOEXEC));

				EXPECT_EQ(0, rows(inside));
				MUST(ipc_make(k));
				EXPECT_EQ(1, rows(inside));
				/* Who opened counts, not who reads. */
				EXPECT_EQ(4, rows(before));
			}
			MUST(unshare(CLONE_NEWIPC));
			EXPECT_EQ(4, rows(before));
		}
}

static void expect_counts(int n)
{
	struct shm_info shm;
	struct msginfo msg;
	struct seminfo sem;

	MUST(shmctl(0, SHM_INFO, (struct shmid_ds *)&shm));
	EXPECT_EQ(n, shm.used_ids);
	EXPECT_EQ(n, shm.shm_tot);
	EXPECT_EQ(n ? n - 1 : 0, msgctl(0, MSG_INFO, (struct msqid_ds *)&msg));
	EXPECT_EQ(n, msg.msgpool);
	EXPECT_EQ(n, msg.msgmap);
	EXPECT_EQ(n, msg.msgtql);
	MUST(semctl(0, 0, SEM_INFO, (union semun) { .info = &sem }));
	EXPECT_EQ(n, sem.semusz);
	EXPECT_EQ(n, sem.semaem);
}

static void use_new(enum ipc_kind kind)
{
	int id = MUST(ipc_make(kind));

	MUST(ipc_use(kind, id));
}

TEST_F(ipc, info_per_ns)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		for (int i = 0; i < 3; i++)
			for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
				use_new(k);
		expect_counts(3);
		IN_CHILD (.flags = CLONE_NEWIPC) {
			expect_counts(0);
			for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
				use_new(k);
			expect_counts(1);
		}
		expect_counts(3);
	}
}

/* An object that nobody may use, and so only CAP_IPC_OWNER can. */
static void expect_owner_cap(enum ipc_kind kind)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		int id = MUST(ipc_get(kind, KEY, IPC_CREAT));

		EXPECT_OK(ipc_use(kind, id));
		EXPECT_OK(ipc_stat(kind, id));
		/* Of a user namespace below: none here, but in an ipc namespace of its own. */
		IN_CHILD (.flags = CLONE_NEWUSER) {
			EXPECT_TRUE(cred_has(CAP_IPC_OWNER));
			EXPECT_ERRNO(EACCES, ipc_use(kind, id));
			EXPECT_ERRNO(EACCES, ipc_stat(kind, id));
			EXPECT_ERRNO(EACCES, ipc_get(kind, KEY, 0600));
			MUST(unshare(CLONE_NEWIPC));
			EXPECT_OK(ipc_use(kind, MUST(ipc_get(kind, KEY, IPC_CREAT))));
		}
		cred_drop(CAP_IPC_OWNER);
		EXPECT_ERRNO(EACCES, ipc_use(kind, id));
		EXPECT_ERRNO(EACCES, ipc_stat(kind, id));
		EXPECT_OK(ipc_remove(kind, id));
	}
}

/* Somebody else's object, which to remove takes CAP_SYS_ADMIN. */
static void expect_admin_cap(enum ipc_kind kind)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		int id[2];
		struct child c;

		CHILD (&c) {
			cred_become(OTHER_UID, OTHER_GID);
			for (int i = 0; i < 2; i++)
				child_send(&c, MUST(ipc_make(kind)));
		}
		for (int i = 0; i < 2; i++)
			id[i] = child_recv(&c);
		child_wait(&c);
		IN_CHILD (.flags = CLONE_NEWUSER)
			EXPECT_ERRNO(EPERM, ipc_remove(kind, id[0]));
		EXPECT_OK(ipc_remove(kind, id[0]));
		cred_drop(CAP_SYS_ADMIN);
		EXPECT_ERRNO(EPERM, ipc_remove(kind, id[1]));
	}
	/* The admin of the namespace's owner is enough. */
	IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWIPC,
		  .map = text_format("0 0 1\n1 %d 1", OTHER_UID)) {
		struct child c;

		CHILD (&c) {
			MUST(setresuid(1, 1, 1));
			child_send(&c, MUST(ipc_make(kind)));
		}
		int id = child_recv(&c);
		child_wait(&c);
		EXPECT_OK(ipc_remove(kind, id));
	}
}

TEST_F(ipc, cap_ipc_owner)
{
	for (enum ipc_kind k = 0; k < IPC_KINDS; k++) {
		expect_owner_cap(k);
		if (cred_is_initial())
			expect_admin_cap(k);
	}
}

SUITE_MAIN()
