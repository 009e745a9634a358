// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct output output_start(const struct words *argv)
{
	struct output o = { .from = tmpfile() };
	pid_t self = getpid();

	if (!o.from)
		err(EXIT_UNUSABLE, "a temporary file");
	o.pid = fork();
	if (o.pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (o.pid)
		return o;
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != self ||
	    dup2(fileno(o.from), STDOUT_FILENO) < 0)
		_exit(127);
	execv(argv->v[0], argv->v);
	warn("%s", argv->v[0]);
	_exit(127);
}

int output_end(struct output *o)
{
	int status;

	while (waitpid(o->pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_UNUSABLE, "waitpid");
	rewind(o->from);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
