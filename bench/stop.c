// SPDX-License-Identifier: GPL-2.0-only
/* Told to stop: whoever works looks here, tidies up and ends. */
#include <signal.h>
#include <stddef.h>

#include "bench.h"

volatile int stop_signal;

static void note(int sig)
{
	stop_signal = sig;
}

void stop_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction a = { .sa_handler = note };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &a, NULL);
	signal(SIGPIPE, SIG_IGN);
}
