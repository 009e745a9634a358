// SPDX-License-Identifier: GPL-2.0-only
/* IPC namespaces: making, joining and leaving them, and what becomes of the objects. */
#include "ipc.h"

AREA(ipc);

static void expect_empty(void)
{
	for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
		EXPECT_EQ(1, text_lines(file_read("/proc/sysvipc/%s", ipc_file(k))));
}

TEST_F(ipc, create)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		uint64_t outer = ns_id(0, "ipc");
		int status = -1;
		pid_t pid;

		for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
			MUST(ipc_make(k));
		IN_CHILD (.flags = CLONE_NEWIPC) {
			EXPECT_NE(outer, ns_id(0, "ipc"));
			expect_empty();
		}
		pid = MUST(syscall(SYS_clone, CLONE_NEWIPC | SIGCHLD, 0L, 0L, 0L, 0L));
		if (!pid) {
			check_in_child = true;
			EXPECT_NE(outer, ns_id(0, "ipc"));
			expect_empty();
			_exit(0);
		}
		MUST(waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(outer, ns_id(0, "ipc"));
		EXPECT_OK(unshare(CLONE_NEWIPC));
		EXPECT_NE(outer, ns_id(0, "ipc"));
		expect_empty();
	}
}

TEST_F(ipc, create_priv)
{
	ns_promise_create_priv(NS_IPC);
}

TEST_F(ipc, limit_enospc)
{
	ns_promise_limit_enospc(NS_IPC);
}

TEST_F(ipc, setns_eperm)
{
	ns_promise_setns_eperm(NS_IPC);
}

TEST_F(ipc, inherit_fork_exec)
{
	ns_promise_inherit(NS_IPC);
}

struct objects {
	int id[IPC_KINDS];
};

/* A namespace with one object of each kind, none of them the first. */
static struct objects start_owner(struct child *c)
{
	struct objects o;

	CHILD (c, .flags = CLONE_NEWIPC) {
		for (enum ipc_kind k = 0; k < IPC_KINDS; k++) {
			MUST(ipc_make(k));
			child_send(c, MUST(ipc_get(k, 0x1234, IPC_CREAT | 0600)));
		}
		child_sleep();
	}
	for (enum ipc_kind k = 0; k < IPC_KINDS; k++)
		o.id[k] = child_recv(c);
	return o;
}

static void expect_usable(const struct objects *o)
{
	for (enum ipc_kind k = 0; k < IPC_KINDS; k++) {
		EXPECT_EQ(o->id[k], ipc_get(k, 0x1234, 0));
		EXPECT_OK(ipc_use(k, o->id[k]));
		EXPECT_OK(ipc_stat(k, o->id[k]));
	}
}

TEST_F(ipc, setns_join)
{
	struct child c;
	struct objects o = start_owner(&c);
	int fd = ns_open(c.pid, "ipc");

	for (int by_pidfd = 0; by_pidfd < 2; by_pidfd++)
		IN_CHILD () {
			EXPECT_OK(setns(by_pidfd ? c.pidfd : fd, CLONE_NEWIPC));
			EXPECT_EQ(ns_fd_id(fd), ns_id(0, "ipc"));
			expect_usable(&o);
		}
	child_kill(&c);
}

TEST_F(ipc, pinned_by_fd_or_bind)
{
	struct child c;
	struct objects o = start_owner(&c);
	int fd = ns_open(c.pid, "ipc");
	char *link = text_format("/proc/%d/ns/ipc", c.pid), *pin = mount_pin(link);

	child_kill(&c);
	int bound = MUST(open(pin, O_RDONLY | O_CLOEXEC));
	for (int by_bind = 0; by_bind < 2; by_bind++)
		IN_CHILD () {
			EXPECT_OK(setns(by_bind ? bound : fd, CLONE_NEWIPC));
			expect_usable(&o);
		}
}

TEST_F(ipc, clone_sysvsem_einval)
{
	struct sys_clone_args args = { .flags = CLONE_NEWIPC | CLONE_SYSVSEM,
				       .exit_signal = SIGCHLD };

	EXPECT_ERRNO(EINVAL,
		     syscall(SYS_clone, CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD, 0L, 0L, 0L, 0L));
	EXPECT_ERRNO(EINVAL, sys_clone3(&args, sizeof(args)));
	/* Each alone is fine. */
	IN_CHILD (.flags = CLONE_NEWIPC)
		EXPECT_OK(ipc_make(IPC_SEM));
	IN_CHILD (.flags = CLONE_SYSVSEM)
		EXPECT_OK(unshare(CLONE_NEWIPC));
}

/* A pending undo of +5, done by leaving this way and no earlier. */
static void expect_undone(bool by_setns)
{
	int sem = MUST(ipc_make(IPC_SEM));
	struct child c, other;

	CHILD (&other, .flags = CLONE_NEWIPC)
		child_sleep();
	CHILD (&c) {
		MUST(semop(sem, &(struct sembuf) { 0, 5, SEM_UNDO }, 1));
		child_meet(&c);
		child_meet(&c);
		EXPECT_OK(by_setns ? setns(other.pidfd, CLONE_NEWIPC) : unshare(CLONE_NEWIPC));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	EXPECT_EQ(5, semctl(sem, 0, GETVAL));
	child_meet(&c);
	child_meet(&c);
	EXPECT_EQ(0, semctl(sem, 0, GETVAL));
	/* And not once more when it ends. */
	MUST(semctl(sem, 0, SETVAL, (union semun) { .val = 7 }));
	child_meet(&c);
	child_wait(&c);
	EXPECT_EQ(7, semctl(sem, 0, GETVAL));
	child_kill(&other);
}

TEST_F(ipc, leave_applies_undo)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		expect_undone(false);
		expect_undone(true);
	}
}

/* One segment that nobody holds, and one that a neighbour does. */
static void expect_orphaned(bool forced)
{
	struct child c;
	int foreign = MUST(ipc_make(IPC_SHM));

	CHILD (&c) {
		child_send(&c, MUST(ipc_make(IPC_SHM)));
		child_send(&c, MUST(ipc_make(IPC_SHM)));
		child_recv(&c);
		EXPECT_OK(unshare(CLONE_NEWIPC));
		child_meet(&c);
		child_meet(&c);
	}
	int loose = child_recv(&c), held = child_recv(&c);
	void *at = shmat(held, NULL, 0);

	EXPECT_OK(ipc_stat(IPC_SHM, loose));
	child_send(&c, 0);
	child_meet(&c);
	if (forced)
		EXPECT_ERRNO(EINVAL, ipc_stat(IPC_SHM, loose));
	else
		EXPECT_OK(ipc_stat(IPC_SHM, loose));
	EXPECT_OK(ipc_stat(IPC_SHM, held));
	EXPECT_OK(ipc_stat(IPC_SHM, foreign));
	child_meet(&c);
	child_wait(&c);
	shmdt(at);
}

TEST_F(ipc, unshare_orphans_shm)
{
	IN_CHILD (.flags = CLONE_NEWIPC)
		expect_orphaned(false);
	IN_CHILD (.flags = CLONE_NEWIPC) {
		ipc_sysctl("kernel/shm_rmid_forced", "1");
		expect_orphaned(true);
	}
}

/* Memory of segments and of tmpfs, all of the machine's; in KiB. */
static int64_t shared_memory(void)
{
	char *text = file_read("/proc/meminfo"), *value = text_value(text, "Shmem");
	int64_t kib = strtoll(value, NULL, 10);

	free(text);
	free(value);
	return kib;
}

static bool can_make_one(void)
{
	struct child c;

	if (child_try_start(&c, .flags = CLONE_NEWIPC))
		return false;
	if (c.inside)
		child_exit(&c);
	child_wait(&c);
	return true;
}

/* Do 128 MiB of shared memory, which is more than other tests use, come and go with a namespace? */
static bool comes_and_goes(void)
{
	const size_t size = 128 << 20;
	int64_t before = shared_memory();
	struct child c;

	CHILD (&c, .flags = CLONE_NEWIPC) {
		int id = MUST(shmget(IPC_PRIVATE, size, 0600));
		char *at = shmat(id, NULL, 0);

		for (size_t i = 0; i < size; i += 4096)
			at[i] = 1;
		MUST(shmdt(at));
		MUST(ipc_make(IPC_SEM));
		MUST(ipc_make(IPC_MSG));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	bool came = shared_memory() >= before + (96 << 10);
	child_meet(&c);
	child_wait(&c);
	return came && SOON(shared_memory() < before + (32 << 10));
}

/* Others may use as much at one of these moments, but hardly at all of them. */
TEST_F(ipc, destroyed_with_ns)
{
	EXPECT_TRUE(comes_and_goes() || comes_and_goes() || comes_and_goes());
	/* The namespace itself is gone too: it counts no more. */
	IN_CHILD (.flags = CLONE_NEWUSER) {
		ns_set_limit(NS_IPC, 1);
		for (int i = 0; i < 3; i++)
			EXPECT_SOON(can_make_one());
	}
}

TEST_F(ipc, attached_shm_survives_move)
{
	IN_CHILD (.flags = CLONE_NEWIPC) {
		struct child other;
		struct shmid_ds ds;

		CHILD (&other, .flags = CLONE_NEWIPC)
			child_sleep();
		int id = MUST(ipc_make(IPC_SHM));
		volatile char *at = shmat(id, NULL, 0);

		for (int by_setns = 0; by_setns < 2; by_setns++) {
			at[0] = 'a';
			IN_CHILD () {
				EXPECT_OK(by_setns ? setns(other.pidfd, CLONE_NEWIPC)
						   : unshare(CLONE_NEWIPC));
				EXPECT_EQ('a', at[0]);
				at[0] = 'b';
				EXPECT_ERRNO(EINVAL, ipc_stat(IPC_SHM, id));
				EXPECT_OK(shmdt((void *)at));
			}
			EXPECT_EQ('b', at[0]);
			MUST(shmctl(id, IPC_STAT, &ds));
			EXPECT_EQ(1, ds.shm_nattch);
		}
		child_kill(&other);
	}
}

SUITE_MAIN()
