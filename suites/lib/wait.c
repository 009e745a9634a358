// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for events, with limits that scale with the machine. */
#include "wait.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void sleep_ms(int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* The best of some forks against what a machine of today needs, 200 us. */
static double measure_scale(void)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		int64_t start = now_ns();
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 10;
		if (now_ns() - start < best)
			best = now_ns() - start;
	}
	return best < 200000 ? 1 : best / 200000.0;
}

double wait_scale(void)
{
	static double scale;
	const char *given = getenv("BULKHEAD_SCALE");

	if (!scale && given)
		scale = strtod(given, NULL);
	else if (!scale)
		scale = measure_scale();
	if (!(scale >= 1))
		scale = 1;
	/* The wait is for an event, not for work: more would only delay the bad news. */
	if (scale > 4)
		scale = 4;
	return scale;
}

/* Whoever makes tests fail on purpose does not want to wait for it. */
static double patience(void)
{
	const char *given = getenv("BULKHEAD_PATIENCE");
	double factor = given ? strtod(given, NULL) : 1;

	return factor > 0 && factor < 1 ? factor : 1;
}

int wait_limit_ms(double seconds)
{
	return seconds * 1000 * wait_scale() * patience();
}

/*
 * A machine that stood still, or was too busy to let the waiter look, has given
 * what is waited for no time either: one turn counts for a second at most.
 */
#define TURN_NS 1000000000LL

/* The time since the last turn, which this ends. */
static int64_t turn_ns(int64_t *last)
{
	int64_t now = now_ns(), took = now - *last;

	*last = now;
	return took < TURN_NS ? took : TURN_NS;
}

struct wait_loop wait_loop_start(double seconds)
{
	return (struct wait_loop) { wait_limit_ms(seconds) * 1000000LL, now_ns(), 50 };
}

bool wait_loop_again(struct wait_loop *w)
{
	w->left_ns -= turn_ns(&w->last_ns);
	if (w->left_ns < 0)
		return false;
	usleep(w->pause_us);
	if (w->pause_us < 10000)
		w->pause_us *= 2;
	return true;
}

short poll_one(int fd, short events, int limit_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left_ns = limit_ms * 1000000LL, last = now_ns();

	for (;;) {
		int64_t slice = left_ns < TURN_NS / 2 ? left_ns : TURN_NS / 2;
		int n = poll(&p, 1, slice > 0 ? (slice + 999999) / 1000000 : 0);

		if (n > 0)
			return p.revents;
		if (n < 0 && errno != EINTR)
			return 0;
		left_ns -= turn_ns(&last);
		if (n == 0 && left_ns <= 0)
			return 0;
	}
}
