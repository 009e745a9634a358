// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that runs: started in its cgroup, read, waited for, and whatever
 * stays of it ended.  It is over when its cgroup is empty and removed.
 */
#include "run.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE_MAX_KEPT 4096

static void set_environment(const struct job *j)
{
	CLEAN(free_text) char *scale = text("%.2f", j->run->scale);

	setenv("BULKHEAD_TAG", j->tag, 1);
	setenv("BULKHEAD_SCALE", scale, 1);
	setenv("TMPDIR", j->temp, 1);
	if (j->cgroup)
		setenv("BULKHEAD_CGROUP", j->cgroup, 1);
	else
		unsetenv("BULKHEAD_CGROUP");
	if (j->run->o.disposable)
		setenv("BULKHEAD_DISPOSABLE", "1", 1);
	else
		unsetenv("BULKHEAD_DISPOSABLE");
}

static char **arguments(const struct program *p)
{
	const char *under = getenv("BULKHEAD_UNDER"); /* a tracer */
	struct words argv = {};
	size_t wanted = 0;

	if (under)
		words_add(&argv, "%s", under);
	words_add(&argv, "%s", p->path);
	for (size_t i = 0; i < p->n; i++)
		wanted += p->results[i].wanted;
	for (size_t i = 0; wanted < p->n && i < p->n; i++)
		if (p->results[i].wanted) {
			words_add(&argv, "-r");
			words_add(&argv, "%s", p->results[i].name);
		}
	return argv.v;
}

static void reset_process(pid_t parent)
{
	struct rlimit core;
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (!getrlimit(RLIMIT_CORE, &core)) {
		core.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &core);
	}
	if (chdir("/"))
		err(127, "/");
}

/* Only then has it its own environment, which tells whose it is. */
static void wait_for_exec(int fd)
{
	char c;

	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
	close(fd);
}

/* In the child; an error is a line of the program's stderr, and status 127. */
static _Noreturn void become(const struct job *j, int out, int errors, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	reset_process(parent);
	if (j->cgroup) {
		CLEAN(free_text) char *procs = text("%s/self/cgroup.procs", j->cgroup);
		int error = file_put(procs, "0");

		if (error)
			errx(127, "%s: %s", procs, strerror(-error));
	}
	set_environment(j);
	char **argv = arguments(j->p);

	syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
	execv(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void stream_open(struct stream *s, int fd, bool errors)
{
	s->fd = fd;
	s->errors = errors;
	s->line = malloc(LINE_MAX_KEPT + 1);
	if (!s->line || fcntl(fd, F_SETFL, O_NONBLOCK))
		err(EXIT_UNUSABLE, "a pipe");
}

void job_start(struct job *j)
{
	int out[2], errors[2], begun[2];
	pid_t self = getpid();

	j->tag = text("%s.%zu", j->run->place.tag, ++j->run->started);
	j->cgroup = place_cgroup(j->run, j->p);
	j->temp = place_temp(j->run, j->p);
	if (pipe2(out, O_CLOEXEC) || pipe2(errors, O_CLOEXEC) || pipe2(begun, O_CLOEXEC))
		err(EXIT_UNUSABLE, "a pipe");
	j->started = now();
	j->pid = fork();
	if (j->pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!j->pid)
		become(j, out[1], errors[1], self);
	close(out[1]);
	close(errors[1]);
	close(begun[1]);
	wait_for_exec(begun[0]);
	stream_open(&j->out, out[0], false);
	stream_open(&j->err, errors[0], true);
	j->state = JOB_RUNNING;
	j->since = j->started;
	j->deadline = j->since + limit_of(j);
}

static void stream_take(struct job *j, struct stream *s, char c)
{
	if (c == '\n') {
		s->line[s->used] = '\0';
		listen_line(j, s->line, s->errors);
		s->used = 0;
		s->cut = false;
	} else if (s->used < LINE_MAX_KEPT) {
		s->line[s->used++] = c ?: '?';
	} else {
		s->cut = true;
	}
}

static void stream_end(struct job *j, struct stream *s)
{
	if (s->used && !j->stopped) {
		s->line[s->used] = '\0';
		text_clean(s->line);
		CLEAN(free_text) char *note = text("%s [no end of line]", s->line);

		note_add(j->p, j->at, note);
	}
	s->used = 0;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* What is there now, but not for ever: others have things to say, too. */
void job_read(struct job *j, struct stream *s)
{
	char data[65536];

	for (int i = 0; s->fd >= 0 && i < 16; i++) {
		ssize_t n = read(s->fd, data, sizeof(data));

		if (n < 0)
			return;
		for (ssize_t k = 0; k < n; k++)
			stream_take(j, s, data[k]);
		if (!n)
			stream_end(j, s);
	}
}

static void name_leftovers(struct job *j)
{
	struct words found = owned_processes(j->tag);

	if (j->cgroup)
		cgroup_processes(j->cgroup, &found);
	for (size_t i = 0; i < found.n; i++)
		problem_add(j->p, "leaked", "left behind: process %s", found.v[i]);
	words_free(&found);
}

static void job_kill(struct job *j)
{
	j->state = JOB_KILLED;
	j->deadline = now() + 10 * j->run->scale;
	if (j->cgroup)
		cgroup_kill(j->cgroup);
	owned_kill(j->tag);
	if (j->pid > 0)
		kill(j->pid, SIGKILL);
}

void job_ended(struct job *j, int status)
{
	j->status = status;
	j->pid = 0;
	j->p->seconds = now() - j->started;
	job_read(j, &j->out);
	job_read(j, &j->err);
	if (j->state == JOB_RUNNING) {
		j->state = JOB_LINGERING;
		j->deadline = now() + j->run->scale; /* what is dying may die */
	}
}

void job_late(struct job *j)
{
	switch (j->state) {
	case JOB_RUNNING:
		j->stopped = true;
		if (j->at)
			j->at->reason = text("no end within %.0f s", limit_of(j));
		else
			problem_add(j->p, "timeout", "silent for %.0f s outside of any test",
				    limit_of(j));
		job_kill(j);
		break;
	case JOB_LINGERING:
		name_leftovers(j);
		job_kill(j);
		break;
	case JOB_KILLED:
		problem_add(j->p, "leaked", "left behind: what does not die of SIGKILL");
		j->state = JOB_OVER;
		break;
	case JOB_OVER:
		break;
	}
}

void job_stop(struct job *j)
{
	j->stopped = true;
	if (j->state != JOB_OVER)
		job_kill(j);
}

bool job_empty(const struct job *j)
{
	struct words left;
	bool empty;

	if (j->state == JOB_RUNNING || j->pid || (j->cgroup && cgroup_populated(j->cgroup) > 0))
		return false;
	left = owned_processes(j->tag);
	empty = !left.n;
	words_free(&left);
	return empty;
}

/* What the tests made and their library did not remove; "self" is ours. */
static void remove_cgroups(struct job *j)
{
	struct words found = owned_cgroups(j->tag);

	if (j->cgroup)
		cgroup_children(j->cgroup, &found);
	for (size_t i = 0; i < found.n; i++) {
		if (!strcmp(strrchr(found.v[i], '/'), "/self"))
			continue;
		if (!j->stopped)
			problem_add(j->p, "leaked", "left behind: cgroup %s", found.v[i]);
		if (!cgroup_remove(found.v[i], 10 * j->run->scale))
			problem_add(j->p, "leaked", "cgroup %s cannot be removed", found.v[i]);
	}
	words_free(&found);
	if (j->cgroup && !cgroup_remove(j->cgroup, 10 * j->run->scale))
		problem_add(j->p, "leaked", "cgroup %s cannot be removed", j->cgroup);
}

void job_close(struct job *j)
{
	stream_end(j, &j->out);
	stream_end(j, &j->err);
	free(j->out.line);
	free(j->err.line);
	remove_cgroups(j);
	/* Where something is mounted in it, that is found and told, and this done at the end. */
	folder_remove(j->temp);
}
