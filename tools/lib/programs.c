// SPDX-License-Identifier: GPL-2.0-only
/* The programs of the suites, and what tests each says it has. */
#include "programs.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIST_MAX (1 << 20)

static _Noreturn void become(const char *path, int out, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execl(path, path, "--list", NULL);
	_exit(127);
}

/* What it prints until its end or the limit; NULL with the reason. */
static char *read_listing(int fd, double limit, const char **why)
{
	char *listing = malloc(LIST_MAX);
	size_t used = 0;
	double end = now() + limit;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (!listing)
		err(EXIT_UNUSABLE, "no memory");
	for (;;) {
		double left = end - now();
		ssize_t n;

		*why = left <= 0 ? "--list does not end" : "--list prints too much";
		if (left <= 0 || used == LIST_MAX - 1)
			break;
		if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
			continue;
		n = read(fd, listing + used, LIST_MAX - 1 - used);
		if (n < 0)
			continue;
		used += (size_t)n;
		listing[used] = '\0';
		if (!n)
			return listing;
	}
	free(listing);
	return NULL;
}

/* NULL: why it cannot be listed is told. */
static char *listing_of(const char *path, double limit, const char **why)
{
	int fds[2], status;
	pid_t pid, self = getpid();
	char *listing;

	if (pipe2(fds, O_CLOEXEC) || (pid = fork()) < 0)
		err(EXIT_UNUSABLE, "%s --list", path);
	if (!pid)
		become(path, fds[1], self);
	close(fds[1]);
	listing = read_listing(fds[0], limit, why);
	close(fds[0]);
	if (!listing)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (listing && status) {
		*why = WIFSIGNALED(status) ? "--list crashes" : "--list fails";
		free(listing);
		return NULL;
	}
	return listing;
}

static void add_program(struct programs *all, const char *suites, const char *path, double limit)
{
	const char *why;
	CLEAN(free_text) char *listing = listing_of(path, limit, &why);
	struct program *p;

	all->v = grow(all->v, all->n, sizeof(*all->v));
	p = &all->v[all->n++];
	p->path = text("%s", path);
	p->name = text("%s", path + strlen(suites) + 1);
	if (!listing || !listing_parse(p, listing))
		problem_add(p, "unlisted", "cannot list its tests: %s",
			    listing ? "--list prints what is no list of tests" : why);
}

struct programs programs_find(const char *folder, double limit)
{
	CLEAN(free_text) char *suites = text("%s/suites", folder);
	CLEAN(free_text) char *pattern = text("%s/*/*/*", suites);
	struct programs all = {};
	glob_t found;
	struct stat st;

	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (!stat(found.gl_pathv[i], &st) && S_ISREG(st.st_mode) &&
			    st.st_mode & 0111)
				add_program(&all, suites, found.gl_pathv[i], limit);
		globfree(&found);
	}
	if (!all.n)
		errx(EXIT_UNUSABLE, "%s: no test programs; \"make\" builds them", suites);
	return all;
}

void programs_free(struct programs *all)
{
	for (size_t i = 0; i < all->n; i++)
		program_free(&all->v[i]);
	free(all->v);
	*all = (struct programs) {};
}
