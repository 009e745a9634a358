// SPDX-License-Identifier: GPL-2.0-only
#include "gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

extern char **environ;

static int run(int script, int output)
{
	char *argv[] = { "gnuplot", "-", NULL };
	posix_spawn_file_actions_t files;
	int status, error;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, script, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	error = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (error)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EINVAL;
}

/* memfds: nothing to be cleaned up, and no pipe that could be full. */
int gnuplot(const char *script, char **output)
{
	CLEAN(close_fd) int in = memfd_create("script", MFD_CLOEXEC);
	CLEAN(close_fd) int out = memfd_create("plot", MFD_CLOEXEC);
	size_t size = strlen(script);
	CLEAN(free_text) char *path = text("/proc/self/fd/%d", out);
	int ret;

	if (in < 0 || out < 0 || write(in, script, size) != (ssize_t)size || lseek(in, 0, SEEK_SET))
		return -errno;
	ret = run(in, out);
	if (ret)
		return ret;
	*output = file_text(path);
	return *output ? 0 : -errno;
}
