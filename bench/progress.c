// SPDX-License-Identifier: GPL-2.0-only
/* How far it is, for somebody who looks. */
#include <stdio.h>
#include <unistd.h>

#include "measure.h"

#define BAR    24
#define REDRAW 0.1 /* seconds */

void progress_clear(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

void progress_show(const struct measurement *m, const char *what)
{
	static double drawn;
	double gone = now() - m->began, part = gone / m->limit;
	int filled;

	if (!isatty(STDERR_FILENO) || now() < drawn + REDRAW)
		return;
	drawn = now();
	filled = part < 1 ? (int)(part * BAR) : BAR;
	fprintf(stderr, "\r[%.*s%*s] %3.0f s left  %.40s\033[K", filled, "########################",
		BAR - filled, "", gone < m->limit ? m->limit - gone : 0, what);
}

/* What cannot tell how far it is. */
void progress_say(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%.60s ...\033[K", what);
}
