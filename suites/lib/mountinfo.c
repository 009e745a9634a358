// SPDX-License-Identifier: GPL-2.0-only
/* Lines of /proc/PID/mountinfo, field by field. */
#include "mountinfo.h"
#include "file.h"

#include <stdlib.h>
#include <string.h>

/* "shared:1", "unbindable"; a tag of the future is none of our business. */
static void parse_tags(struct mountinfo *m, char *text)
{
	char *save;

	m->tags = strdup(text);
	for (char *tag = strtok_r(text, " ", &save); tag; tag = strtok_r(NULL, " ", &save)) {
		m->unbindable |= !strcmp(tag, "unbindable");
		if (!sscanf(tag, "shared:%d", &m->shared) && !sscanf(tag, "master:%d", &m->master))
			sscanf(tag, "propagate_from:%d", &m->from);
	}
}

bool mountinfo_parse(const char *line, struct mountinfo *m)
{
	int at = 0, rest = 0;

	memset(m, 0, sizeof(*m));
	if (sscanf(line, "%d %d %u:%u %ms %ms %ms %n", &m->id, &m->parent, &m->major, &m->minor,
		   &m->root, &m->point, &m->options, &at) != 7 ||
	    !at)
		return false;
	const char *tags = line + at, *dash = !strncmp(tags, "- ", 2) ? tags : strstr(tags, " - ");
	if (!dash)
		return false;
	char *text = strndup(tags, dash - tags);
	parse_tags(m, text);
	free(text);
	dash += *dash == ' ' ? 3 : 2;
	return sscanf(dash, "%ms %ms %ms%n", &m->type, &m->source, &m->super, &rest) == 3 &&
	       (!dash[rest] || dash[rest] == '\n');
}

static char *read_lines(struct here h, pid_t pid)
{
	return pid ? file_read_at(h, "/proc/%d/mountinfo", pid)
		   : file_read_at(h, "/proc/thread-self/mountinfo");
}

/* The next line of a text that strtok-like functions may cut up. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	return line;
}

bool mountinfo_find_at(struct here h, pid_t pid, const char *point, struct mountinfo *m)
{
	char *text = read_lines(h, pid), *at = text;
	bool found = false;
	struct mountinfo one;

	for (char *line; (line = next_line(&at));) {
		if (!mountinfo_parse(line, &one))
			check_setup_failed(h, "no line of mountinfo: \"%s\"", line);
		if (strcmp(one.point, point))
			continue;
		/* One that lies on another at the same place has it as its parent. */
		if (!found || one.parent == m->id)
			*m = one;
		found = true;
	}
	free(text);
	return found;
}

struct mountinfo mountinfo_of_at(struct here h, pid_t pid, const char *point)
{
	struct mountinfo m;

	if (!mountinfo_find_at(h, pid, point, &m))
		check_setup_failed(h, "no mount at %s in the mountinfo of %d", point, pid);
	return m;
}

int mountinfo_count_at(struct here h, pid_t pid, const char *folder)
{
	char *text = read_lines(h, pid), *at = text;
	size_t n = strlen(folder);
	int count = 0;
	struct mountinfo one;

	for (char *line; (line = next_line(&at));)
		count += mountinfo_parse(line, &one) && !strncmp(one.point, folder, n) &&
			 (!one.point[n] || one.point[n] == '/');
	free(text);
	return count;
}
