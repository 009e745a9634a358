// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for events.  No test sleeps for a fixed time to let something
 * happen: it waits for the event, with a limit that only a broken kernel
 * reaches, that grows with the slowness of the machine, and that does not run
 * out while the waiter itself has no CPU.
 */
#ifndef SUITE_WAIT_H
#define SUITE_WAIT_H

#include "check.h"

#include <time.h>

/* How much slower than a usual machine this one is, from 1 to 4. */
double wait_scale(void);
/* A limit of so many seconds on a usual machine, in ms on this one. */
int wait_limit_ms(double seconds);

/* Monotonic time in nanoseconds. */
int64_t now_ns(void);
/* Sleep the whole time, interrupted or not. */
void sleep_ms(int ms);

/* A loop that looks again and again, ever more slowly: see SOON. */
struct wait_loop {
	int64_t left_ns, last_ns;
	int pause_us;
};
struct wait_loop wait_loop_start(double seconds);
bool wait_loop_again(struct wait_loop *w);

/* Does cond become true within the usual 5 s (scaled)? */
#define SOON(cond)                                               \
	({                                                       \
		bool true_ = false;                              \
		for (struct wait_loop w_ = wait_loop_start(5);   \
		     !(true_ = (cond)) && wait_loop_again(&w_);) \
			;                                        \
		true_;                                           \
	})
#define EXPECT_SOON(cond)                                                                    \
	do {                                                                                 \
		atomic_fetch_add(&verdict->checks, 1);                                       \
		if (!SOON(cond))                                                             \
			check_failed(HERE, "%s: not within %d ms", #cond, wait_limit_ms(5)); \
	} while (0)
#define ASSERT_SOON(cond)                                                                    \
	do {                                                                                 \
		atomic_fetch_add(&verdict->checks, 1);                                       \
		if (!SOON(cond)) {                                                           \
			check_failed(HERE, "%s: not within %d ms", #cond, wait_limit_ms(5)); \
			check_stop();                                                        \
		}                                                                            \
	} while (0)

/*
 * The number that expr is once it moves no more: two looks 20 ms apart agree.  For what
 * somebody who has been reaped still adds to on the way off the CPU.
 */
#define SETTLED(expr)                       \
	({                                  \
		int64_t was_, is_ = (expr); \
		do {                        \
			was_ = is_;         \
			sleep_ms(20);       \
			is_ = (expr);       \
		} while (is_ != was_);      \
		is_;                        \
	})

/* poll(2) one descriptor; the revents, 0 when the limit passed. */
short poll_one(int fd, short events, int limit_ms);

#endif
