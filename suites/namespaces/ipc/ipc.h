// SPDX-License-Identifier: GPL-2.0-only
/* System V objects of all three kinds through one interface, for the tests of IPC namespaces. */
#ifndef IPC_H
#define IPC_H

#include "suite.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum ipc_kind { IPC_SHM, IPC_MSG, IPC_SEM, IPC_KINDS };

union semun {
	int val;
	struct semid_ds *buf;
	struct seminfo *info;
};

/* One page, one queue, one semaphore. */
static inline int ipc_get(enum ipc_kind kind, key_t key, int flags)
{
	switch (kind) {
	case IPC_SHM:
		return shmget(key, flags & IPC_CREAT ? 4096 : 0, flags);
	case IPC_MSG:
		return msgget(key, flags);
	default:
		return semget(key, flags & IPC_CREAT ? 1 : 0, flags);
	}
}

static inline int ipc_make(enum ipc_kind kind)
{
	return ipc_get(kind, IPC_PRIVATE, IPC_CREAT | 0600);
}

static inline int ipc_stat(enum ipc_kind kind, int id)
{
	union {
		struct shmid_ds shm;
		struct msqid_ds msg;
		struct semid_ds sem;
	} buf;

	switch (kind) {
	case IPC_SHM:
		return shmctl(id, IPC_STAT, &buf.shm);
	case IPC_MSG:
		return msgctl(id, IPC_STAT, &buf.msg);
	default:
		return semctl(id, 0, IPC_STAT, (union semun) { .buf = &buf.sem });
	}
}

static inline int ipc_remove(enum ipc_kind kind, int id)
{
	switch (kind) {
	case IPC_SHM:
		return shmctl(id, IPC_RMID, NULL);
	case IPC_MSG:
		return msgctl(id, IPC_RMID, NULL);
	default:
		return semctl(id, 0, IPC_RMID);
	}
}

/* What one does with it: attach, send without waiting, add. */
static inline int ipc_use(enum ipc_kind kind, int id)
{
	struct {
		long type;
		char text[1];
	} m = { 1, "x" };
	struct sembuf up = { 0, 1, IPC_NOWAIT };
	void *at;

	switch (kind) {
	case IPC_SHM:
		at = shmat(id, NULL, 0);
		return at == (void *)-1 ? -1 : shmdt(at);
	case IPC_MSG:
		return msgsnd(id, &m, 1, IPC_NOWAIT);
	default:
		return semop(id, &up, 1);
	}
}

/* The kind's file in /proc/sysvipc. */
static inline const char *ipc_file(enum ipc_kind kind)
{
	return ((const char *[]) { "shm", "msg", "sem" })[kind];
}

/*
 * A sysctl of the own IPC namespace, which before 6.9 only the global root may
 * write; the test is skipped for others then.
 */
static inline void ipc_sysctl(const char *name, const char *value)
{
	char *path = text_format("/proc/sys/%s", name);

	if (!file_try_write(path, value))
		return;
	if (errno == EACCES && !cred_is_initial())
		need_working(false, SYS_KNOWN_6_10,
			     "IPC sysctls for the owner of the IPC namespace");
	check_setup_failed(HERE, "write \"%s\" to %s: %s", value, path, errno_name(errno));
}

#endif
