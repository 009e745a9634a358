// SPDX-License-Identifier: GPL-2.0-only
/* The command that is traced: started, held until all is ready, ended with us. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"

static _Noreturn void become(char **argv, void (*first)(const void *), const void *arg, int go,
			     pid_t parent)
{
	char byte;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	if (read(go, &byte, 1) != 1)
		_exit(127);
	close(go);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (first)
		first(arg);
	execvp(argv[0], argv);
	warn("%s", argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

/* *GO: a byte written to it lets the command begin.  SYNC is a descriptor to be inherited. */
pid_t command_start(char **argv, void (*first)(const void *), const void *arg, int *go, int sync)
{
	int ends[2];
	pid_t self = getpid(), pid;

	if (pipe(ends))
		err(EXIT_UNUSABLE, "pipe");
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!pid) {
		close(ends[1]);
		if (sync >= 0)
			close(sync);
		become(argv, first, arg, ends[0], self);
	}
	close(ends[0]);
	*go = ends[1];
	/* What the terminal tells everybody is for the command to act on. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return pid;
}

char **bench_command(const char *operation, unsigned int count, int sync_fd)
{
	CLEAN(free_text) char *folder = own_folder();
	struct words argv = {};

	words_add(&argv, "%s/bulkhead-bench", folder);
	if (access(argv.v[0], X_OK))
		err(EXIT_UNUSABLE, "%s", argv.v[0]);
	words_add(&argv, "--do");
	words_add(&argv, "%s", operation);
	words_add(&argv, "--count");
	words_add(&argv, "%u", count);
	words_add(&argv, "--sync");
	words_add(&argv, "%d", sync_fd);
	return argv.v;
}
