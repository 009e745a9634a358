// SPDX-License-Identifier: GPL-2.0-only
/* What the results were got on: kernel, configuration, cgroup layout, machine. */
#include "run.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <mntent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "hash.h"

/* zlib reads plain files as well. */
static char *unpack(const char *path)
{
	gzFile file = gzopen(path, "re");
	size_t room = 1 << 16, size = 0;
	char *data = file ? text_room(NULL, room) : NULL;
	int n;

	while (data && (n = gzread(file, data + size, (unsigned int)(room - size - 1))) > 0) {
		size += (size_t)n;
		if (room - size < 4096)
			data = text_room(data, room *= 2);
	}
	if (file)
		gzclose(file);
	if (data)
		data[size] = '\0';
	return data;
}

static void read_config(struct meta *m)
{
	char *places[] = { text("/proc/config.gz"), text("/boot/config-%s", m->release),
			   text("/lib/modules/%s/config", m->release),
			   text("/lib/modules/%s/.config", m->release) };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!m->config && (m->config = unpack(places[i])))
			m->config_path = places[i];
		else
			free(places[i]);
	}
	if (m->config)
		m->config_hash =
			text("%016" PRIx64, hash_add(HASH_BEGIN, m->config, strlen(m->config)));
}

/* Which controllers are bound to v1, and what that makes of the whole. */
static void read_layout(struct meta *m, const struct place *place)
{
	CLEAN(free_text) char *mine = file_text("/proc/self/cgroup");

	for (char *save, *line = strtok_r(mine ?: "", "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':');
		char *end = names ? strchr(names + 1, ':') : NULL;

		if (end > names + 1)
			words_add(&m->v1, "%.*s", (int)(end - names - 1), names + 1);
	}
	m->layout = place->mount ? m->v1.n ? "hybrid" : "v2" : m->v1.n ? "v1" : "none";
	m->controllers = words_split(place->controllers ?: "", " \n");
}

/* -1: not known. */
int meta_option(const struct meta *m, const char *name)
{
	size_t n = strlen(name);
	const char *at = m->config;

	if (!at)
		return -1;
	while ((at = strstr(at, name))) {
		bool begins = at == m->config || at[-1] == '\n';

		at += n;
		if (begins && *at == '=')
			return at[1] != 'n';
	}
	return 0;
}

void meta_free(struct meta *m)
{
	free(m->release);
	free(m->version);
	free(m->machine);
	free(m->config);
	free(m->config_path);
	free(m->config_hash);
	words_free(&m->controllers);
	words_free(&m->v1);
}

void meta_read(struct run *run)
{
	struct meta *m = &run->meta;
	struct utsname u;
	cpu_set_t cpus;
	time_t t = time(NULL);
	struct tm utc;

	uname(&u);
	m->release = text("%s", u.release);
	m->version = text("%s", u.version);
	m->machine = text("%s", u.machine);
	m->cpus = sched_getaffinity(0, sizeof(cpus), &cpus) ? 1 : CPU_COUNT(&cpus);
	strftime(m->started, sizeof(m->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &utc));
	read_config(m);
	read_layout(m, &run->place);
}
