// SPDX-License-Identifier: GPL-2.0-only
/* The configuration of the running kernel; zlib reads plain files as well. */
#include "kconfig.h"
#include "file.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

static gzFile open_config(void)
{
	static const char *const places[] = { "/proc/config.gz", "/boot/config-%s",
					      "/lib/modules/%s/config", "/lib/modules/%s/.config" };
	struct utsname u;
	char path[512];
	gzFile file = NULL;

	uname(&u);
	for (size_t i = 0; !file && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *percent = strchr(places[i], '%');

		if (percent)
			snprintf(path, sizeof(path), "%.*s%s%s", (int)(percent - places[i]),
				 places[i], u.release, percent + 2);
		else
			snprintf(path, sizeof(path), "%s", places[i]);
		file = gzopen(path, "r");
	}
	return file;
}

/* 'y', 'm', 'n', or 0: not mentioned. */
static char option_value(const char *name)
{
	size_t n = strlen(name);
	char line[512];
	char found = 0;
	gzFile file = open_config();

	while (file && !found && gzgets(file, line, sizeof(line))) {
		if (!strncmp(line, name, n) && line[n] == '=')
			found = line[n + 1];
		else if (!strncmp(line, "# ", 2) && !strncmp(line + 2, name, n) &&
			 line[n + 2] == ' ')
			found = 'n';
	}
	if (file)
		gzclose(file);
	return found;
}

int kernel_option(const char *name)
{
	char value = option_value(name);

	return value ? value != 'n' : -1;
}

bool kernel_builtin(const char *name)
{
	return option_value(name) == 'y';
}

char *kernel_parameter(const char *name)
{
	char line[4096] = " ", *at = line;
	size_t n = strlen(name);

	if (file_try_read("/proc/cmdline", line + 1, sizeof(line) - 1) < 0)
		return NULL;
	while ((at = strstr(at, name)) && (at[-1] != ' ' || at[n] != '='))
		at += n;
	return at ? strndup(at + n + 1, strcspn(at + n + 1, " \n")) : NULL;
}
