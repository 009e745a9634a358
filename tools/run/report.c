// SPDX-License-Identifier: GPL-2.0-only
/* Reports that were asked for, each into its file: written whole or not at all. */
#include "run.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	size_t option; /* where in the options its file is */
	void (*write)(const struct run *run, FILE *to);
} reports[] = {
	{ offsetof(struct options, json), write_json },
	{ offsetof(struct options, junit), write_junit },
	{ offsetof(struct options, squad), write_squad },
	{ offsetof(struct options, squad_metrics), write_squad_metrics },
	{ offsetof(struct options, kcidb), write_kcidb },
	{ offsetof(struct options, lava), write_lava },
	{ offsetof(struct options, files), write_files },
};

static const char *file_of(const struct run *run, size_t i)
{
	return *(const char *const *)((const char *)&run->o + reports[i].option);
}

/* Better now than after an hour: a folder that is not there, or not ours. */
void reports_check(const struct run *run)
{
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		const char *file = file_of(run, i);

		if (!file || !strcmp(file, "-"))
			continue;
		const char *slash = strrchr(file, '/');
		CLEAN(free_text)
		char *dir = slash ? text("%.*s", (int)(slash - file) + 1, file) : text(".");

		if (access(dir, W_OK | X_OK))
			err(EXIT_UNUSABLE, "%s: cannot be written", file);
	}
}

static bool write_report(const struct run *run, size_t i, const char *file)
{
	char *data = NULL;
	size_t size;
	FILE *memory = open_memstream(&data, &size);
	int error = 0;

	if (!memory)
		err(EXIT_UNUSABLE, "no memory");
	reports[i].write(run, memory);
	fclose(memory);
	if (strcmp(file, "-"))
		error = file_replace(file, data, size);
	else
		fwrite(data, 1, size, stdout);
	if (error)
		warnx("%s: %s", file, strerror(-error));
	free(data);
	return !error;
}

bool reports_write(const struct run *run)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(reports); i++)
		if (file_of(run, i))
			ok &= write_report(run, i, file_of(run, i));
	return ok;
}

/* "-": the output is this report, and no other. */
bool reports_own_output(const struct run *run)
{
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++)
		if (file_of(run, i) && !strcmp(file_of(run, i), "-"))
			return true;
	return false;
}
