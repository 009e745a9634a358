// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children: a block of the test that runs in a process of its own.
 *
 *	struct child c;
 *	CHILD(&c, .flags = CLONE_NEWPID) {	// goes on at once in the parent
 *		EXPECT_EQ(1, getpid());
 *		child_meet(&c);			// both sides wait for the other
 *	}
 *	child_meet(&c);
 *	child_wait(&c);				// reaps; a failure in it is ours
 *
 *	IN_CHILD(.flags = CLONE_NEWUTS)		// start, run and wait in one
 *		EXPECT_OK(sethostname("x", 1));
 *
 * "break" ends the child's block early; never "return" from it.  Whatever a
 * check in the child finds goes to the test's verdict, and a child that dies
 * of a signal has failed.  Clean-up is the library's: what is still alive when
 * the test ends is killed.
 */
#ifndef SUITE_CHILD_H
#define SUITE_CHILD_H

#include "check.h"
#include "sys.h"

struct cgroup;

struct child {
	pid_t pid; /* in the parent; 0 inside the child */
	int pidfd; /* -1 where the kernel has none */
	int sock;  /* this side's end of the line between the two */
	struct here from;
	bool inside, waited;
	int status; /* as of waitpid(2), once waited for */
};

/* All zero is a plain fork. */
struct child_opts {
	uint64_t flags;		     /* CLONE_* for clone3(2), without CLONE_VM */
	const struct cgroup *cgroup; /* CLONE_INTO_CGROUP */
	/*
	 * With CLONE_NEWUSER the parent maps the child: by default "0 UID 1", so
	 * that it is root; a text for both files; or not at all.
	 */
	const char *map;
	bool unmapped;
	int exit_signal; /* 0 is SIGCHLD; -1 is none */
	const pid_t *set_tid;
	size_t set_tid_size;
};

/* The inner loop is there so that "break" reaches child_exit(). */
#define CHILD_ONCE_(once) for (bool once = true; once; once = false)
#define CHILD_START_(c, once, ...)                                                      \
	for (child_start_at(HERE, c, (struct child_opts) { __VA_ARGS__ }); (c)->inside; \
	     child_exit(c))                                                             \
	CHILD_ONCE_(once)
#define CHILD_RUN_(c, once, ...)                                                                 \
	for (struct child c = child_ran_at(HERE, (struct child_opts) { __VA_ARGS__ }); c.inside; \
	     child_exit(&c))                                                                     \
	CHILD_ONCE_(once)
#define CHILD_START_N_(n, c, ...) CHILD_START_(c, once_##n, __VA_ARGS__)
#define CHILD_RUN_N_(n, ...)	  CHILD_RUN_(child_##n, once_##n, __VA_ARGS__)
#define CHILD_START_C_(n, ...)	  CHILD_START_N_(n, __VA_ARGS__)
#define CHILD_RUN_C_(n, ...)	  CHILD_RUN_N_(n, __VA_ARGS__)
#define CHILD(c, ...)		  CHILD_START_C_(__COUNTER__, c, __VA_ARGS__)
#define IN_CHILD(...)		  CHILD_RUN_C_(__COUNTER__, __VA_ARGS__)

/* What the macros are made of.  A failing clone3 fails the test's set-up. */
void child_start_at(struct here h, struct child *c, struct child_opts opts);
struct child child_ran_at(struct here h, struct child_opts opts);
void child_exit(struct child *c) __attribute__((noreturn));

/* As CHILD's start, but -1 with errno where clone3 refuses; 0 in parent and child. */
#define child_try_start(c, ...) child_try_start_at(HERE, c, (struct child_opts) { __VA_ARGS__ })
int child_try_start_at(struct here h, struct child *c, struct child_opts opts);

/* Wait until it exits by itself; fails the test unless it does so with 0. */
#define child_wait(c) child_wait_at(HERE, c)
void child_wait_at(struct here h, struct child *c);
/* The same of one that has much to do or others to wait for: no limit but the test's. */
#define child_wait_long(c) child_wait_long_at(HERE, c)
void child_wait_long_at(struct here h, struct child *c);
/* Wait for its end, however it comes; the wait status. */
#define child_reap(c) child_reap_at(HERE, c)
int child_reap_at(struct here h, struct child *c);
/* Wait until it is a zombie, without reaping it. */
#define child_dead(c) child_dead_at(HERE, c)
void child_dead_at(struct here h, struct child *c);
/* SIGKILL and reap. */
#define child_kill(c) child_kill_at(HERE, c)
void child_kill_at(struct here h, struct child *c);
bool child_alive(struct child *c);

/*
 * The line between the two sides: each call names the other side's struct.
 * A peer that is gone, or silent beyond the limit, ends the test.
 */
#define child_send(c, value) child_send_at(HERE, c, value)
#define child_recv(c)	     child_recv_at(HERE, c)
#define child_recv_pid(c)    child_recv_pid_at(HERE, c)
#define child_meet(c)	     child_meet_at(HERE, c)
#define child_send_fd(c, fd) child_send_fd_at(HERE, c, fd)
#define child_recv_fd(c)     child_recv_fd_at(HERE, c)
void child_send_at(struct here h, struct child *c, int64_t value);
int64_t child_recv_at(struct here h, struct child *c);
/* For what goes to kill(2), where 0 and -1 would mean everybody: anything but a pid ends the test.
 */
pid_t child_recv_pid_at(struct here h, struct child *c);
void child_meet_at(struct here h, struct child *c);
void child_send_fd_at(struct here h, struct child *c, int fd);
int child_recv_fd_at(struct here h, struct child *c);

/* fork(2) of a child that goes at once; 0 or the errno. */
#define child_fork_errno() child_fork_errno_at(HERE)
int child_fork_errno_at(struct here h);

/* "died of SIGKILL", "exited with 3"; static. */
const char *wait_status_text(int status);

/* Bodies for children that only have to be there. */
void child_sleep(void) __attribute__((noreturn)); /* until killed */
void child_spin(void) __attribute__((noreturn));  /* uses the CPU until killed */

/* One more thread of this process, which sleeps as long as that lives: its tid. */
#define child_thread() child_thread_at(HERE)
pid_t child_thread_at(struct here h);

/*
 * What a test must run behind an execve(2): HELPER(name) { ... } beside the
 * tests, started by helper_exec("name", "arg", NULL) in this same program.
 * A helper that uses checks reports like any child.
 */
#define HELPER(name)                                                               \
	static int helper_##name(int argc, char **argv);                           \
	static struct helper helper_entry_##name = { #name, helper_##name, NULL }; \
	static void __attribute__((constructor)) helper_register_##name(void)      \
	{                                                                          \
		helper_add(&helper_entry_##name);                                  \
	}                                                                          \
	static int helper_##name(int argc __attribute__((unused)),                 \
				 char **argv __attribute__((unused)))
struct helper {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the name; the exit status */
	struct helper *next;
};
void helper_add(struct helper *h);
#define helper_exec(...) helper_exec_at(HERE, __VA_ARGS__)
void helper_exec_at(struct here h, const char *name, ...) __attribute__((noreturn, sentinel));
/* For main(): runs "--helper NAME ARG...", or gives -1 when argv is not that. */
int helper_main(int argc, char **argv);

/* SIGKILL and reap all children and what became ours of theirs; of the test's process. */
void child_reap_all(void);

#endif
