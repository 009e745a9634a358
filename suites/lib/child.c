// SPDX-License-Identifier: GPL-2.0-only
/* Children: started, synchronised, judged and swept. */
#include "child.h"
#include "ancillary.h"
#include "cgroup.h"
#include "file.h"
#include "proc.h"
#include "wait.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Write the child's maps from outside, where the ids and the right to map are. */
static void map_ids(struct here h, const struct child *c, const struct child_opts *o)
{
	/* Below the pid namespace of /proc the number there is another one. */
	pid_t pid = proc_pid_at(h, c->pidfd);
	static const char *const files[] = { "uid_map", "gid_map" };
	const uid_t own[] = { geteuid(), getegid() };
	char path[64], text[64];

	if (!o->map) {
		snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
		if (file_try_write(path, "deny") && errno != EPERM)
			check_setup_failed(h, "write deny to %s: %s", path, errno_name(errno));
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		snprintf(text, sizeof(text), "0 %u 1", own[i]);
		if (file_try_write(path, o->map ? o->map : text))
			check_setup_failed(h, "write \"%s\" to %s: %s", o->map ? o->map : text,
					   path, errno_name(errno));
	}
}

/* The parent's side once the child exists: map it and let it go. */
static void release(struct here h, struct child *c, const struct child_opts *o)
{
	if ((o->flags & CLONE_NEWUSER) && !o->unmapped)
		map_ids(h, c, o);
	if (o->flags & CLONE_NEWUSER)
		child_send_at(h, c, 0);
}

int child_try_start_at(struct here h, struct child *c, struct child_opts o)
{
	int line[2], pidfd = -1;
	struct sys_clone_args args = {
		.flags = o.flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = o.exit_signal < 0 ? 0 : o.exit_signal ?: SIGCHLD,
		.set_tid = (uintptr_t)o.set_tid,
		.set_tid_size = o.set_tid_size,
	};

	*c = (struct child) { .pidfd = -1, .sock = -1, .from = h };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line))
		check_setup_failed(h, "socketpair: %s", errno_name(errno));
	int dir = -1;
	if (o.cgroup) {
		dir = cgroup_dir_at(h, o.cgroup);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = dir;
	}
	fflush(NULL);
	c->pid = sys_clone3(&args, sizeof(args));
	int saved = errno;

	c->inside = c->pid == 0;
	c->sock = line[c->inside];
	close(line[!c->inside]);
	if (dir >= 0)
		close(dir);
	if (c->pid < 0) {
		close(c->sock);
		errno = saved;
		return -1;
	}
	if (!c->inside) {
		c->pidfd = pidfd;
		release(h, c, &o);
		return 0;
	}
	check_in_child = true;
	if (o.flags & CLONE_NEWUSER)
		child_recv_at(h, c);
	return 0;
}

void child_start_at(struct here h, struct child *c, struct child_opts o)
{
	if (child_try_start_at(h, c, o))
		check_setup_failed(h, "clone3 with flags %#llx: %s", (unsigned long long)o.flags,
				   errno_name(errno));
}

struct child child_ran_at(struct here h, struct child_opts o)
{
	struct child c;

	child_start_at(h, &c, o);
	if (!c.inside)
		child_wait_at(h, &c);
	return c;
}

void child_exit(struct child *c)
{
	close(c->sock);
	_exit(0);
}

const char *wait_status_text(int status)
{
	static char text[64];

	if (WIFEXITED(status))
		snprintf(text, sizeof(text), "exited with %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "died of SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "has wait status %#x", status);
	return text;
}

/* What keeps a process: "R in 0", "D in lru_add_drain_all"; "?" where /proc does not say. */
static const char *whereabouts(pid_t pid)
{
	static char text[96];
	char path[64], wchan[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	file_try_read(path, wchan, sizeof(wchan));
	snprintf(text, sizeof(text), "%c in %s", proc_state(pid) ?: '?', wchan);
	return text;
}

/* Wait with a limit, so that a child which never ends is a message and no time-out. */
static void await_exit(struct here h, struct child *c)
{
	siginfo_t info;

	if (c->pidfd >= 0 && !poll_one(c->pidfd, POLLIN, wait_limit_ms(10)))
		check_setup_failed(h, "child %d did not end within %d ms: %s", c->pid,
				   wait_limit_ms(10), whereabouts(c->pid));
	if (waitid(P_PID, c->pid, &info, WEXITED | WNOWAIT | __WALL))
		check_setup_failed(h, "waitid %d: %s", c->pid, errno_name(errno));
}

void child_dead_at(struct here h, struct child *c)
{
	if (!c->waited)
		await_exit(h, c);
}

int child_reap_at(struct here h, struct child *c)
{
	if (c->waited)
		return c->status;
	await_exit(h, c);
	if (waitpid(c->pid, &c->status, __WALL) != c->pid)
		check_setup_failed(h, "waitpid %d: %s", c->pid, errno_name(errno));
	c->waited = true;
	close(c->pidfd);
	close(c->sock);
	c->pidfd = c->sock = -1;
	return c->status;
}

void child_wait_at(struct here h, struct child *c)
{
	int status = child_reap_at(h, c);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPPED)
		check_stop(); /* it has said why */
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_FAILED) {
		/* It has said why, but after an execve it had a verdict of its own. */
		atomic_fetch_add(&verdict->failed, 1);
		check_stop();
	}
	check_failed(h, "the child of line %d %s", c->from.line, wait_status_text(status));
	check_stop();
}

void child_wait_long_at(struct here h, struct child *c)
{
	siginfo_t info;

	while (waitid(P_PID, c->pid, &info, WEXITED | WNOWAIT | __WALL) && errno == EINTR)
		;
	child_wait_at(h, c);
}

void child_kill_at(struct here h, struct child *c)
{
	if (c->waited)
		return;
	if (kill(c->pid, SIGKILL))
		check_setup_failed(h, "kill %d: %s", c->pid, errno_name(errno));
	child_reap_at(h, c);
}

bool child_alive(struct child *c)
{
	siginfo_t info = { 0 };

	return !c->waited && !waitid(P_PID, c->pid, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) &&
	       !info.si_pid;
}

/* The other side is gone: if it or anybody else has failed, that is the story. */
static void peer_lost(struct here h, struct child *c, const char *what)
{
	if (!c->inside)
		await_exit(h, c); /* its last words come first */
	if (c->inside || atomic_load(&verdict->failed) || atomic_load(&verdict->skipped))
		check_stop();
	check_setup_failed(h, "%s: the child of line %d is gone", what, c->from.line);
}

void child_send_at(struct here h, struct child *c, int64_t value)
{
	if (send(c->sock, &value, sizeof(value), MSG_NOSIGNAL) != sizeof(value))
		peer_lost(h, c, "send");
}

int64_t child_recv_at(struct here h, struct child *c)
{
	int64_t value;

	if (!poll_one(c->sock, POLLIN, wait_limit_ms(10)))
		check_setup_failed(h, "no word from the %s within %d ms",
				   c->inside ? "parent" : "child", wait_limit_ms(10));
	if (recv(c->sock, &value, sizeof(value), 0) != sizeof(value))
		peer_lost(h, c, "receive");
	return value;
}

pid_t child_recv_pid_at(struct here h, struct child *c)
{
	int64_t pid = child_recv_at(h, c);

	if (pid < 1)
		check_setup_failed(h, "wanted a pid, received %jd", (intmax_t)pid);
	return pid;
}

void child_meet_at(struct here h, struct child *c)
{
	child_send_at(h, c, 0);
	child_recv_at(h, c);
}

void child_send_fd_at(struct here h, struct child *c, int fd)
{
	if (ancillary_send(c->sock, SCM_RIGHTS, &fd, sizeof(fd)) != 1)
		peer_lost(h, c, "send a descriptor");
}

int child_recv_fd_at(struct here h, struct child *c)
{
	int fd;

	if (!poll_one(c->sock, POLLIN, wait_limit_ms(10)))
		check_setup_failed(h, "no descriptor from the %s", c->inside ? "parent" : "child");
	if (ancillary_receive(c->sock, MSG_CMSG_CLOEXEC, &fd, sizeof(fd)) != 1)
		peer_lost(h, c, "receive a descriptor");
	return fd;
}

void child_sleep(void)
{
	for (;;)
		pause();
}

static void *tell_and_sleep(void *tid)
{
	atomic_store((atomic_int *)tid, sys_gettid());
	child_sleep();
}

pid_t child_thread_at(struct here h)
{
	atomic_int tid = 0;
	pthread_t thread;
	int error = pthread_create(&thread, NULL, tell_and_sleep, &tid);

	if (error)
		check_setup_failed(h, "pthread_create: %s", errno_name(error));
	while (!atomic_load(&tid))
		sched_yield();
	return atomic_load(&tid);
}

void child_spin(void)
{
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static struct helper *helpers;

void helper_add(struct helper *h)
{
	h->next = helpers;
	helpers = h;
}

/* The shared verdict does not survive the execve; the exit status carries it over. */
void helper_exec_at(struct here h, const char *name, ...)
{
	char *argv[16] = { "/proc/self/exe", "--helper", (char *)name };
	int n = 3;
	va_list ap;

	va_start(ap, name);
	while (n < 15 && (argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	execv(argv[0], argv);
	check_setup_failed(h, "execv of helper %s: %s", name, errno_name(errno));
}

int helper_main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "--helper"))
		return -1;
	for (struct helper *h = helpers; h; h = h->next)
		if (!strcmp(h->name, argv[2])) {
			check_in_child = true;
			int ret = h->run(argc - 2, argv + 2);

			return ret ? ret : atomic_load(&verdict->failed) ? CHILD_FAILED : 0;
		}
	fprintf(stderr, "no helper %s\n", argv[2]);
	return TEST_FAILED;
}

/* Kill the children of a process but one; how many there were. */
static int kill_children(pid_t parent, pid_t but)
{
	char path[64], text[65536], *end;
	int killed = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	if (file_try_read(path, text, sizeof(text)) < 0)
		return 0;
	for (char *at = text;; at = end) {
		pid_t pid = strtol(at, &end, 10);

		if (end == at)
			return killed;
		if (pid != but && !kill(pid, SIGKILL))
			killed++;
	}
}

void child_reap_all(void)
{
	/* What a test before this one left when its time was over. */
	kill_children(getppid(), getpid());
	do
		kill_children(getpid(), 0);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR);
}

int child_fork_errno_at(struct here h)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	if (waitpid(pid, NULL, 0) < 0)
		check_setup_failed(h, "waitpid: %s", errno_name(errno));
	return 0;
}
