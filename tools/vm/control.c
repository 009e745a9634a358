// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest's PID 1 tells on its control port, in lines:
 *
 *	hello			it runs
 *	note TEXT		something is not as it was asked for
 *	beat			it has nothing to tell, but is there
 *	exit N			the command is done
 *	file MODE SIZE PATH	and then SIZE bytes: a file of /out
 *	end			that was all
 *
 * A guest that never says "exit" has died; that is how it is told from a
 * command that failed.
 */
#include "vm.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct control {
	const struct vm *vm;
	char line[4096];
	size_t used;
	bool alive, over;
	int status;
	/* the file that is coming */
	char *path;
	unsigned int mode;
	struct buffer file;
	size_t wanted;
	bool *came; /* of the files that are asked for by name */
};

struct control *control_open(const struct vm *vm)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c)
		err(EXIT_NO_GUEST, "no memory");
	c->came = calloc(vm->returns.n + 1, sizeof(*c->came));
	if (!c->came)
		err(EXIT_NO_GUEST, "no memory");
	c->vm = vm;
	c->status = -1;
	return c;
}

/* A guest may be broken in any way: its names must stay below our folder. */
static bool path_is_sane(const char *path)
{
	return *path && *path != '/' && strcmp(path, "..") && strncmp(path, "../", 3) &&
	       !strstr(path, "/../") && !strstr(path, "/./") &&
	       (strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/.."));
}

static int file_begin(struct control *c, const char *line)
{
	int at = 0;

	if (sscanf(line, "%o %zu %n", &c->mode, &c->wanted, &at) < 2 || !at ||
	    !path_is_sane(line + at) || c->wanted > (1UL << 30))
		return -1;
	free(c->path);
	c->path = text("%s", line + at);
	c->file.size = 0;
	c->file.data = realloc(c->file.data, c->wanted + 1);
	return c->file.data ? 0 : -1;
}

/* Where the file that is complete now goes; NULL: nobody wants it. */
static char *destination(struct control *c)
{
	const struct words *returns = &c->vm->returns;
	size_t n = strlen(c->path);

	for (size_t i = 0; i < returns->n; i++)
		if (!strncmp(returns->v[i], c->path, n) && returns->v[i][n] == ' ') {
			c->came[i] = true;
			return text("%s", returns->v[i] + n + 1);
		}
	return c->vm->out ? text("%s/%s", c->vm->out, c->path) : NULL;
}

static void file_keep(const struct control *c, char *to)
{
	char *slash = strrchr(to, '/');
	int error = 0;

	if (slash) {
		*slash = '\0';
		error = folder_make(to);
		*slash = '/';
	}
	if (!error)
		error = file_replace(to, c->file.data, c->file.size);
	if (!error && c->mode & 0111)
		chmod(to, 0755);
	if (error)
		errx(EXIT_NO_GUEST, "%s: %s", to, strerror(-error));
}

static void file_end(struct control *c)
{
	CLEAN(free_text) char *to = destination(c);

	if (to)
		file_keep(c, to);
	free(c->path);
	c->path = NULL;
}

/* -1: this is not what our PID 1 says. */
static int line_end(struct control *c)
{
	int error = 0;

	c->line[c->used] = '\0';
	c->used = 0;
	if (!strcmp(c->line, "hello"))
		c->alive = true;
	else if (!strncmp(c->line, "note ", 5))
		warnx("guest: %s", c->line + 5);
	else if (!strncmp(c->line, "exit ", 5))
		c->status = atoi(c->line + 5);
	else if (!strncmp(c->line, "file ", 5))
		error = file_begin(c, c->line + 5);
	else if (!strcmp(c->line, "end"))
		c->over = true;
	else if (strcmp(c->line, "beat"))
		error = -1;
	if (c->path && !c->wanted)
		file_end(c);
	return error;
}

static size_t file_feed(struct control *c, const char *data, size_t size)
{
	size_t n = c->wanted - c->file.size;

	if (n > size)
		n = size;
	memcpy(c->file.data + c->file.size, data, n);
	c->file.size += n;
	if (c->file.size == c->wanted)
		file_end(c);
	return n;
}

int control_feed(struct control *c, const char *data, size_t size)
{
	size_t i = 0;

	while (i < size && !c->over) {
		if (c->path) {
			i += file_feed(c, data + i, size - i);
			continue;
		}
		if (data[i] == '\n') {
			if (line_end(c))
				return -1;
		} else if (c->used < sizeof(c->line) - 1) {
			c->line[c->used++] = data[i];
		} else {
			return -1;
		}
		i++;
	}
	return 0;
}

bool control_alive(const struct control *c)
{
	return c->alive;
}

bool control_over(const struct control *c)
{
	return c->over;
}

int control_status(const struct control *c)
{
	return c->status;
}

size_t control_missing(const struct control *c)
{
	const struct words *returns = &c->vm->returns;
	size_t missing = 0;

	for (size_t i = 0; i < returns->n; i++) {
		if (c->came[i])
			continue;
		warnx("/out/%.*s did not come", (int)strcspn(returns->v[i], " "), returns->v[i]);
		missing++;
	}
	return missing;
}

void control_close(struct control *c)
{
	free(c->came);
	free(c->path);
	free(c->file.data);
	free(c);
}
