// SPDX-License-Identifier: GPL-2.0-only
/* What the host asks of this guest. */
#include "guest.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#define SETTINGS_MAX 64

static char lines[SETTINGS_MAX][512];
static unsigned int used;

void settings_read(void)
{
	FILE *f = fopen("/guest/settings", "re");

	if (!f) {
		warn("/guest/settings");
		return;
	}
	while (used < SETTINGS_MAX && fgets(lines[used], sizeof(lines[0]), f)) {
		lines[used][strcspn(lines[used], "\n")] = '\0';
		used++;
	}
	fclose(f);
}

/* The value of the NTH line of that key. */
const char *setting(const char *key, unsigned int nth)
{
	size_t n = strlen(key);

	for (unsigned int i = 0; i < used; i++)
		if (!strncmp(lines[i], key, n) && lines[i][n] == ' ' && !nth--)
			return lines[i] + n + 1;
	return NULL;
}
