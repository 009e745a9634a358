// SPDX-License-Identifier: GPL-2.0-only
/* The guest's ports to the host, and the command whose output goes there. */
#include "guest.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { OUT, ERR, PORTS };

static int ports[PORTS] = { -1, -1 };
static int host = -1;

/* A serial port is a terminal: without raw mode \n becomes \r\n. */
static int open_raw(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &t)) {
		warn("%s", path);
		return fd;
	}
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

void ports_open(void)
{
	ports[OUT] = open_raw("/dev/ttyS1");
	ports[ERR] = open_raw("/dev/ttyS2");
	host = open_raw("/dev/ttyS3");
}

static void put(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

void tell_data(const void *data, unsigned long size)
{
	put(host, data, size);
}

void tell(const char *format, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	put(host, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void ports_drain(void)
{
	tcdrain(STDERR_FILENO);
	for (int i = 0; i < PORTS; i++)
		tcdrain(ports[i]);
	tcdrain(host);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_quietly(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return 126;
	if (!pid) {
		dup2(open("/dev/null", O_RDWR), STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status_of(status);
}

/* A file of words that end with a NUL, as a vector. */
static char **words_read(const char *path)
{
	static char data[1 << 17];
	static size_t used;
	size_t n = 0, first = used;
	char **v = calloc(4096, sizeof(*v));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, data + used, sizeof(data) - 1 - used);

	if (!v || got < 0)
		err(1, "%s", path);
	close(fd);
	used += (size_t)got + 1;
	for (char *word = data + first; word < data + first + got && n < 4095;
	     word += strlen(word) + 1)
		v[n++] = word;
	return v;
}

static _Noreturn void become_command(const int pipes[PORTS][2])
{
	char **argv = words_read("/guest/command"), **env = words_read("/guest/env");
	const char *cwd = setting("cwd", 0);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(pipes[OUT][1], STDOUT_FILENO);
	dup2(pipes[ERR][1], STDERR_FILENO);
	for (; *env; env++)
		putenv(*env);
	if (chdir(cwd ?: "/"))
		warn("%s", cwd);
	execvp(argv[0], argv);
	fprintf(stderr, "guest: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static bool relay(int from, int to)
{
	char data[4096];
	ssize_t n = read(from, data, sizeof(data));

	if (n > 0)
		put(to, data, (size_t)n);
	return n > 0;
}

/* Orphans come to us as well: reap until the command itself is gone. */
static bool reap(pid_t wanted, int *status)
{
	int each;
	pid_t gone;
	bool done = false;

	while ((gone = waitpid(-1, &each, WNOHANG)) > 0) {
		if (gone != wanted)
			continue;
		*status = each;
		done = true;
	}
	return done;
}

/*
 * Where somebody looks at the output, the command has a terminal of the same
 * size; raw, because that of the host does what there is to do.
 */
static bool open_terminal(const char *size, int ends[2])
{
	struct winsize w = {};
	struct termios t;
	int unlock = 0;

	ends[0] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (sscanf(size, "%hu %hu", &w.ws_row, &w.ws_col) != 2 || ends[0] < 0 ||
	    ioctl(ends[0], TIOCSPTLCK, &unlock))
		return false;
	ends[1] = ioctl(ends[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends[1] < 0 || tcgetattr(ends[1], &t))
		return false;
	cfmakeraw(&t);
	return !tcsetattr(ends[1], TCSANOW, &t) && !ioctl(ends[1], TIOCSWINSZ, &w);
}

static int relay_until_gone(pid_t pid, const int pipes[PORTS][2], int signals)
{
	struct pollfd p[PORTS + 1] = {
		{ .fd = pipes[OUT][0], .events = POLLIN },
		{ .fd = pipes[ERR][0], .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int status = 0, beat_ms = atoi(setting("beat", 0) ?: "-1");
	bool gone = false;

	while (!gone) {
		if (!poll(p, PORTS + 1, beat_ms))
			tell("beat\n");
		for (int i = 0; i < PORTS; i++)
			if (p[i].revents && !relay(p[i].fd, ports[i]))
				p[i].fd = -1;
		if (p[PORTS].revents && read(signals, &info, sizeof(info)) > 0)
			gone = reap(pid, &status);
	}
	/* What was printed before the end; others may hold the pipe open. */
	for (int i = 0; i < PORTS; i++) {
		fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
		while (relay(pipes[i][0], ports[i]))
			;
	}
	return status_of(status);
}

/*
 * Through pipes, so that the command does not take the serial port for a
 * terminal that somebody looks at.
 */
int command_run(void)
{
	const char *terminal = setting("terminal", 0);
	int pipes[PORTS][2], signals;
	sigset_t child;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	signals = signalfd(-1, &child, SFD_CLOEXEC);
	if (signals < 0 || pipe2(pipes[ERR], O_CLOEXEC) ||
	    (!(terminal && open_terminal(terminal, pipes[OUT])) && pipe2(pipes[OUT], O_CLOEXEC))) {
		tell("note cannot start the command: %s\n", strerror(errno));
		return 126;
	}
	pid = fork();
	if (!pid)
		become_command(pipes);
	for (int i = 0; i < PORTS; i++)
		close(pipes[i][1]);
	return pid < 0 ? 126 : relay_until_gone(pid, pipes, signals);
}
