// SPDX-License-Identifier: GPL-2.0-only
/* Samples, from bulkhead bench --serve or of commands that are run here. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "text.h"

#define WARM 10

extern char **environ;

static void run_bench(int in, int out)
{
	CLEAN(free_text) char *folder = own_folder();
	CLEAN(free_text) char *path = text("%s/bulkhead-bench", folder);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execl(path, "bulkhead-bench", "--serve", NULL);
	warn("%s", path);
	_exit(127);
}

void source_begin(struct source *s, const struct options *o)
{
	int in[2], out[2];

	*s = (struct source) {};
	if (o->commands)
		return;
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		err(EXIT_UNUSABLE, "pipe");
	s->pid = fork();
	if (s->pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!s->pid)
		run_bench(in[0], out[1]);
	close(in[0]);
	close(out[1]);
	s->to = fdopen(in[1], "w");
	s->from = fdopen(out[0], "r");
	if (!s->to || !s->from)
		err(EXIT_UNUSABLE, "pipe");
}

void source_end(struct source *s)
{
	int status = 0;

	if (s->pid <= 0)
		return;
	fclose(s->to);
	fclose(s->from);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		errx(EXIT_UNUSABLE, "bulkhead bench --serve ended with status %#x", status);
	s->pid = 0;
}

/* The shell's exit status must be 0: what a failed command switches is nothing. */
static void run_command(const char *command)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	pid_t pid;
	int status;

	errno = posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ);
	if (errno)
		err(EXIT_UNUSABLE, "/bin/sh");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_UNUSABLE, "waitpid");
	if (status)
		errx(EXIT_UNUSABLE, "'%.80s' ended with status %d", command,
		     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void time_commands(const struct options *o, int side, unsigned int n, struct samples *to)
{
	for (unsigned int i = 0; i < n; i++) {
		double start = now();

		run_command(o->side[side]);
		samples_add(to, now() - start);
	}
	samples_end_batch(to);
}

static void take(char *line, unsigned int n, struct samples *to)
{
	char *at = line + strlen("ok ");

	strtol(at, &at, 10); /* the scheduler: told by bench itself */
	for (unsigned int i = 0; i < n; i++) {
		char *end;
		unsigned long long ns = strtoull(at, &end, 10);

		if (end == at)
			errx(EXIT_UNUSABLE, "bulkhead bench --serve: %u samples are expected", n);
		samples_add(to, (double)ns * 1e-9);
		at = end;
	}
	samples_end_batch(to);
}

void source_batch(struct source *s, const struct options *o, const char *name, int side,
		  unsigned int n, unsigned int delay, struct samples *to)
{
	CLEAN(free_text) char *line = NULL;
	size_t room = 0;

	if (o->commands) {
		time_commands(o, side, n, to);
		return;
	}
	if (o->side[side])
		run_command(o->side[side]);
	fprintf(s->to, "batch %s %u %u %u\n", name, n, (unsigned int)WARM, delay);
	if (fflush(s->to) || getline(&line, &room, s->from) < 0)
		errx(EXIT_UNUSABLE, "bulkhead bench --serve has ended");
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "ok ", 3))
		errx(EXIT_UNUSABLE, "%s: %s", name, strncmp(line, "error ", 6) ? line : line + 6);
	take(line, n, to);
}
