// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead history: a series of results, and where their level changed. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

static void written(int error, const char *path)
{
	if (error)
		errx(EXIT_UNUSABLE, "%s: %s", path, strerror(-error));
}

int main(int argc, char **argv)
{
	struct options o;
	size_t fresh;

	options_parse(&o, argc, argv);
	struct history h = history_read(&o);

	if (!o.json || strcmp(o.json, "-"))
		history_show(&h, &o);
	if (fflush(stdout))
		err(EXIT_UNUSABLE, "the output cannot be written");
	if (o.json)
		written(history_json(&h, o.json), o.json);
	if (o.plot)
		written(history_plot(&h, o.plot), o.plot);
	fresh = history_fresh(&h, &o);
	history_free(&h);
	free(o.patterns);
	return fresh ? 1 : 0;
}
