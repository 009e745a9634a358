// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces that belong to a thread and not to its process. */
#include "suite.h"

#include <pthread.h>

FIXTURE(ns) {};
FIXTURE_VARIANT(ns)
{
	enum ns_index type;
};
NS_VARIANT_(ns, mnt, NS_MNT)
NS_VARIANT_(ns, net, NS_NET)
NS_VARIANT_(ns, ipc, NS_IPC)
NS_VARIANT_(ns, uts, NS_UTS)
NS_VARIANT_(ns, cgroup, NS_CGROUP)
FIXTURE_SETUP(ns)
{
	need_ns(variant->type);
}
NO_TEARDOWN(ns)

#define TYPE (&ns_types[variant->type])

static uint64_t id_of_thread(pid_t tid, const char *name)
{
	struct stat st;

	MUST(stat(text_format("/proc/%d/task/%d/ns/%s", getpid(), tid, name), &st));
	return st.st_ino;
}

/* What the second thread does, step by step, and what it has found. */
struct work {
	const struct ns_type *type;
	pthread_barrier_t step;
	int home; /* descriptor of the namespace that both came from */
	pid_t tid;
};

static void *move_and_return(void *arg)
{
	struct work *w = arg;

	w->tid = sys_gettid();
	pthread_barrier_wait(&w->step); /* both at home */
	pthread_barrier_wait(&w->step);
	EXPECT_OK(unshare(w->type->flag));
	pthread_barrier_wait(&w->step); /* away */
	pthread_barrier_wait(&w->step);
	EXPECT_OK(setns(w->home, w->type->flag));
	pthread_barrier_wait(&w->step); /* home again */
	pthread_barrier_wait(&w->step);
	return NULL;
}

TEST_F(ns, membership_per_thread)
{
	/* So that it is ours to return to. */
	IN_CHILD (.flags = TYPE->flag) {
		struct work w = { .type = TYPE, .home = ns_open(0, TYPE->name) };
		uint64_t own = ns_id(0, TYPE->name);
		pthread_t thread;

		pthread_barrier_init(&w.step, NULL, 2);
		ASSERT_EQ(0, pthread_create(&thread, NULL, move_and_return, &w));
		for (int away = 0; away < 3; away++) {
			pthread_barrier_wait(&w.step);
			EXPECT_EQ(own, id_of_thread(getpid(), TYPE->name));
			EXPECT_EQ(own, ns_id(getpid(), TYPE->name));
			if (away == 1)
				EXPECT_NE(own, id_of_thread(w.tid, TYPE->name));
			else
				EXPECT_EQ(own, id_of_thread(w.tid, TYPE->name));
			/* What is new comes from the thread that makes it. */
			IN_CHILD ()
				EXPECT_EQ(own, ns_id(0, TYPE->name));
			pthread_barrier_wait(&w.step);
		}
		pthread_join(thread, NULL);
	}
}

static volatile int thread_may_end;

/* A bare thread without storage of its own: nothing here may fail or set errno. */
static int wait_to_end(void *none __attribute__((unused)))
{
	while (!thread_may_end)
		sched_yield();
	return 0;
}

TEST_F(ns, clone_thread_newuts_allowed)
{
	static char stack[65536] __attribute__((aligned(16)));
	const int thread = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	uint64_t own = ns_id(0, TYPE->name);

	IN_CHILD () {
		EXPECT_ERRNO(EINVAL, syscall(SYS_clone, thread | CLONE_NEWUSER, 0L, 0L, 0L, 0L));
		pid_t tid = ASSERT_OK(
			clone(wait_to_end, stack + sizeof(stack), thread | TYPE->flag, NULL));
		uint64_t other = id_of_thread(tid, TYPE->name);

		EXPECT_NE(own, other);
		EXPECT_EQ(own, id_of_thread(getpid(), TYPE->name));
		IN_CHILD ()
			EXPECT_EQ(own, ns_id(0, TYPE->name));
		/* Only this one is new. */
		FOR_EACH_NS (t)
			if (t != TYPE && t->flag != CLONE_NEWTIME)
				EXPECT_EQ(id_of_thread(getpid(), t->name),
					  id_of_thread(tid, t->name));
		thread_may_end = 1;
	}
}

SUITE_MAIN()
