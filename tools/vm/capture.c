// SPDX-License-Identifier: GPL-2.0-only
/* Run a program and keep what it prints (xz, ldd, bulkhead-kernel). */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(char *const argv[], const char *in_path, bool quiet, int out,
			     pid_t parent)
{
	int in = open(in_path ?: "/dev/null", O_RDONLY);
	int null = open("/dev/null", O_WRONLY);

	/* Our own death, also by SIGKILL, is not to leave it running. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(127);
	if (in < 0)
		err(127, "%s", in_path);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (quiet)
		dup2(null, STDERR_FILENO);
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void read_all(int fd, struct buffer *b)
{
	size_t room = 1 << 16;
	ssize_t n;

	b->size = 0;
	b->data = malloc(room);
	while (b->data && (n = read(fd, b->data + b->size, room - b->size - 1)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		b->size += n > 0 ? (size_t)n : 0;
		if (room - b->size < 4096) {
			room *= 2;
			b->data = realloc(b->data, room);
		}
	}
	if (!b->data)
		err(EXIT_NO_GUEST, "no memory");
	b->data[b->size] = '\0';
}

/* Print what ARGV prints into OUT; the result is its exit status. */
int capture(char *const argv[], const char *in_path, bool quiet, struct buffer *out)
{
	int pipefd[2], status;
	pid_t pid, self = getpid();

	if (pipe2(pipefd, O_CLOEXEC) || (pid = fork()) < 0)
		err(EXIT_NO_GUEST, "%s", argv[0]);
	if (!pid)
		become(argv, in_path, quiet, pipefd[1], self);
	close(pipefd[1]);
	read_all(pipefd[0], out);
	close(pipefd[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_NO_GUEST, "%s", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
