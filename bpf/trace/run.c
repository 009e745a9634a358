// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run: an operation without and with the programs, so that what they cost is
 * known, or a command once.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"

#define FIRST_COUNT 20
#define MAX_COUNT   200000
#define MAX_PART    1000
#define PARTS	    20
/* Seconds of the operation: sampling needs its samples. */
#define PROBED_S    2
#define SAMPLED_S   10

static void first_thing(const void *session)
{
	if (session)
		session_token(session);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_UNUSABLE, "waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool expect(int fd, char what)
{
	char byte = 0;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) < 0 && errno == EINTR)
		;
	return n == 1 && byte == what;
}

static void say(int fd)
{
	if (write(fd, "g", 1) != 1)
		err(EXIT_UNUSABLE, "the operation's program does not listen");
}

/* COUNT operations, with the programs where there is a session: ns. */
static double operation_run(struct trace *t, struct session *s, unsigned int count)
{
	int pair[2], go;
	double ns;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || fcntl(pair[0], F_SETFD, FD_CLOEXEC))
		err(EXIT_UNUSABLE, "socketpair");
	char **argv = bench_command(t->o.operation, count, pair[1]);

	pid = command_start(argv, first_thing, s, &go, pair[0]);
	close(pair[1]);
	say(go);
	close(go);
	if (!expect(pair[0], 'r')) {
		int status = wait_for(pid);

		errx(status == 4 ? EXIT_NOTHING : EXIT_UNUSABLE,
		     "%s cannot be prepared (exit status %d)", t->o.operation, status);
	}
	if (s)
		session_active(s, true, true);
	ns = now();
	say(pair[0]);
	if (!expect(pair[0], 'd'))
		errx(EXIT_UNUSABLE, "%s failed (exit status %d)", t->o.operation, wait_for(pid));
	ns = (now() - ns) * 1e9;
	if (s)
		session_active(s, false,
			       true); /* what is left of it is the kernel's to take away */
	say(pair[0]);
	t->status = wait_for(pid);
	close(pair[0]);
	if (t->status)
		errx(EXIT_UNUSABLE, "%s: exit status %d", t->o.operation, t->status);
	return ns;
}

static unsigned int choose_count(struct trace *t, bool sampling)
{
	double each;

	if (t->o.count)
		return t->o.count;
	each = operation_run(t, NULL, FIRST_COUNT) / FIRST_COUNT;
	each = (t->o.seconds ?: sampling ? SAMPLED_S : PROBED_S) * 1e9 / each;
	return each < FIRST_COUNT ? FIRST_COUNT : each > MAX_COUNT ? MAX_COUNT : (unsigned int)each;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * COUNT operations in parts, none so large that its program has to prepare
 * anything while it is being watched: the median, ns an operation.
 */
static double operations_run(struct trace *t, struct session *s, unsigned int count)
{
	unsigned int part = count / PARTS, parts = 0;
	double *each, median;

	part = part < FIRST_COUNT ? FIRST_COUNT : part > MAX_PART ? MAX_PART : part;
	each = calloc(count / part + 1, sizeof(*each));
	if (!each)
		err(EXIT_UNUSABLE, "no memory");
	for (unsigned int done = 0; done < count; done += part) {
		unsigned int n = count - done < part ? count - done : part;

		each[parts++] = operation_run(t, s, n) / n;
	}
	if (s) {
		session_settle(s);
		session_active(s, false, false);
	}
	qsort(each, parts, sizeof(*each), compare);
	median = each[parts / 2];
	free(each);
	return median;
}

static void trace_operation(struct trace *t)
{
	bool sampling = !(functions_with(FENTRY) + functions_with(KPROBE));
	unsigned int count = choose_count(t, sampling);
	unsigned int unprobed = sampling && count > 2000 ? count / 4 + 1500 : count;
	struct session *s;

	/* Without, with, without: a machine that drifts shows itself. */
	t->cost.unprobed = operations_run(t, NULL, unprobed);
	s = session_open(t);
	t->cost.operations = count;
	t->cost.probed = operations_run(t, s, count);
	session_read(s, t);
	session_close(s, t);
	t->cost.unprobed_other = operations_run(t, NULL, unprobed);
	t->cost.unprobed = (t->cost.unprobed + t->cost.unprobed_other) / 2;
}

static double command_run(struct trace *t, struct session *s)
{
	int go;
	pid_t pid = command_start(t->o.command, first_thing, s, &go, -1);
	double start;

	if (s)
		session_active(s, true, true);
	start = now();
	say(go);
	close(go);
	t->status = wait_for(pid);
	start = (now() - start) * 1e9;
	if (s) {
		session_active(s, false, true);
		session_settle(s);
		session_active(s, false, false);
	}
	return start;
}

static void trace_command(struct trace *t)
{
	struct session *s;

	if (t->o.cost)
		t->cost.unprobed = command_run(t, NULL);
	s = session_open(t);
	t->cost.probed = command_run(t, s);
	t->cost.operations = 1;
	session_read(s, t);
	session_close(s, t);
	if (!t->o.cost)
		t->cost.probed = 0;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

/* What is in a cgroup already, for some time. */
static void trace_cgroup(struct trace *t)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct session *s = session_open(t);
	double until = now() + (t->o.seconds ?: 10);

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	session_active(s, true, true);
	while (!interrupted && now() < until)
		usleep(50000);
	session_active(s, false, false);
	session_read(s, t);
	session_close(s, t);
}

void run_traced(struct trace *t)
{
	symbols_read();
	functions_choose(t);
	if (t->o.operation)
		trace_operation(t);
	else if (t->o.cgroup)
		trace_cgroup(t);
	else
		trace_command(t);
}
