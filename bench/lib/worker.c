// SPDX-License-Identifier: GPL-2.0-only
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "place.h"
#include "text.h"

#define BATCH_LIMIT 120000 /* ms */

int cpu_last(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return -1;
}

int cpu_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* What it is told: see worker/main.c. */
static void become_worker(const struct op *op, const struct place *place, const struct setting *s,
			  int socket, int shared)
{
	CLEAN(free_text) char *own = own_folder();
	CLEAN(free_text) char *path = text("%s/" WORKER_PROGRAM, own);
	CLEAN(free_text) char *cpu = text("%d", s->cpu);
	char *argv[] = { (char *)WORKER_PROGRAM,
			 (char *)op->name,
			 cpu,
			 (char *)(s->fifo ? "fifo" : "other"),
			 place->tag,
			 place->mount ?: (char *)"",
			 place->cgroup ?: (char *)"",
			 place->why ?: (char *)"",
			 place->temp,
			 NULL };
	char *env[] = { NULL };

	/* Neither is where the other one goes. */
	socket = fcntl(socket, F_DUPFD_CLOEXEC, WORKER_SHARED + 1);
	shared = fcntl(shared, F_DUPFD_CLOEXEC, WORKER_SHARED + 1);
	if (dup2(socket, WORKER_SOCKET) == WORKER_SOCKET &&
	    dup2(shared, WORKER_SHARED) == WORKER_SHARED)
		execve(path, argv, env);
	_exit(WORKER_NO_EXEC);
}

static int fail(struct reply *r, const char *what)
{
	r->error = -errno;
	snprintf(r->why, sizeof(r->why), "%s: %s", what, strerror(errno));
	return r->error;
}

/* Why it answers no more, once it is dead. */
static void tell_end(struct worker *w, struct reply *r)
{
	int status = child_wait(w->pid);

	w->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_NO_EXEC)
		snprintf(r->why, sizeof(r->why), WORKER_PROGRAM " cannot be run");
	else if (WIFSIGNALED(status))
		snprintf(r->why, sizeof(r->why), "its process was killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(r->why, sizeof(r->why), "its process has ended with status %d",
			 WEXITSTATUS(status));
}

static int hear(struct worker *w, struct reply *r)
{
	struct pollfd p = { .fd = w->socket, .events = POLLIN };
	int n;

	while ((n = poll(&p, 1, BATCH_LIMIT)) < 0 && errno == EINTR)
		;
	if (n > 0 && recv(w->socket, r, sizeof(*r), 0) == sizeof(*r))
		return r->error;
	*r = (struct reply) { .error = n ? -ECHILD : -ETIMEDOUT };
	if (n) {
		tell_end(w, r);
		return r->error;
	}
	snprintf(r->why, sizeof(r->why), "no end within %d s", BATCH_LIMIT / 1000);
	child_end(&w->pid);
	return r->error;
}

int worker_start(struct worker *w, const struct op *op, const struct place *place,
		 const struct setting *s, struct reply *r)
{
	CLEAN(close_fd) int shared = memfd_create("bulkhead-bench", MFD_CLOEXEC);
	int pair[2];

	*w = (struct worker) { .op = op, .socket = -1 };
	*r = (struct reply) {};
	if (shared < 0 || ftruncate(shared, WORKER_SIZE))
		return fail(r, "memfd_create");
	w->ns = mmap(NULL, WORKER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (w->ns == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(r, "a worker's memory and socket");
	w->socket = pair[0];
	w->pid = child_fork(0, place->cgroup_fd >= 0 ? place->cgroup_fd : NO_CGROUP);
	if (!w->pid)
		become_worker(op, place, s, pair[1], shared);
	close(pair[1]);
	if (w->pid < 0)
		return fail(r, "clone3");
	return hear(w, r);
}

int worker_batch(struct worker *w, const struct request *q, struct reply *r)
{
	if (w->pid <= 0 || send(w->socket, q, sizeof(*q), MSG_NOSIGNAL) != sizeof(*q)) {
		*r = (struct reply) { .error = -ECHILD };
		snprintf(r->why, sizeof(r->why), "its process has died");
		return r->error;
	}
	return hear(w, r);
}

void worker_end(struct worker *w)
{
	if (w->socket >= 0)
		close(w->socket);
	if (w->pid > 0)
		child_wait(w->pid);
	if (w->ns && w->ns != MAP_FAILED)
		munmap(w->ns, WORKER_SIZE);
	*w = (struct worker) { .socket = -1 };
}
