// SPDX-License-Identifier: GPL-2.0-only
/* The table of operations, and what is the same for all of them. */
#include "op.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "text.h"

/* Whatever number somebody asks for, it has to be made here. */
#define SIZE_LIMIT 100000

struct entry {
	struct op op;
	bool listed; /* one of the sizes that are measured by default */
	const char *pattern, *sentence;
};

static struct entry **table;
static size_t n_ops, n_listed;

static struct entry *add(struct op op)
{
	struct entry *e = grow(NULL, 0, sizeof(*e));

	*e = (struct entry) { .op = op, .listed = true };
	table = grow(table, n_ops, sizeof(*table));
	table[n_ops++] = e;
	n_listed++;
	return e;
}

void op_add(struct op op)
{
	add(op);
}

static char *family_of(const char *pattern)
{
	const char *hole = strstr(pattern, "%ld");

	return text("%.*s*%s", (int)(hole - pattern), pattern, hole + 3);
}

/* One %ld in each: the table's own texts, never anybody's input. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static struct entry *add_size(struct op op, const char *pattern, const char *sentence, long n)
{
	struct entry *e;

	op.n = n;
	if (op.wait_ms < 0)
		op.wait_ms = n;
	op.family = family_of(pattern);
	op.name = text(pattern, n);
	op.what = text(sentence, n);
	e = add(op);
	e->pattern = pattern;
	e->sentence = sentence;
	return e;
}
#pragma GCC diagnostic pop

void op_add_sizes(struct op op, const long *sizes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_size(op, op.name, op.what, sizes[i]);
}

void ops_init(void)
{
	static void (*const rooms[])(void) = {
		ops_add_floor,	 ops_add_namespaces, ops_add_gone,  ops_add_cgroups,
		ops_add_placing, ops_add_mounts,     ops_add_scale,
	};

	if (n_ops)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
		rooms[i]();
}

size_t ops_count(void)
{
	return n_listed;
}

const struct op *op_at(size_t i)
{
	return &table[i]->op;
}

/* Does NAME say PATTERN with another number?  -1: no. */
static long size_in(const char *name, const char *pattern)
{
	const char *hole = strstr(pattern, "%ld");
	size_t head = (size_t)(hole - pattern);
	char *end;
	long n;

	if (strncmp(name, pattern, head) || name[head] < '0' || name[head] > '9')
		return -1;
	errno = 0;
	n = strtol(name + head, &end, 10);
	if (errno || n > SIZE_LIMIT || strcmp(end, hole + 3))
		return -1;
	return name[head] == '0' && n ? -1 : n; /* one name for one thing */
}

const struct op *op_find(const char *name)
{
	for (size_t i = 0; i < n_ops; i++)
		if (!strcmp(table[i]->op.name, name))
			return &table[i]->op;
	for (size_t i = 0; i < n_ops; i++) {
		long n = table[i]->pattern ? size_in(name, table[i]->pattern) : -1;
		struct op op = table[i]->op;

		if (n < 0)
			continue;
		if (op.wait_ms == op.n && op.n)
			op.wait_ms = n;
		n_listed--; /* found, but not one of the list */
		return &add_size(op, table[i]->pattern, table[i]->sentence, n)->op;
	}
	return NULL;
}

void fixture_init(struct fixture *x, const struct op *op, const struct place *place)
{
	*x = (struct fixture) { .op = op, .place = place };
}

int op_prepare(struct fixture *x)
{
	return x->op->prepare ? x->op->prepare(x) : 0;
}

int op_before(struct fixture *x)
{
	return x->op->before ? x->op->before(x) : 0;
}

int op_undo(struct fixture *x)
{
	return x->op->undo ? x->op->undo(x) : 0;
}

void op_teardown(struct fixture *x)
{
	if (x->op->teardown)
		x->op->teardown(x);
	for (size_t i = 0; i < x->n_fds; i++)
		close(x->fd[i]);
	x->n_fds = 0;
	child_end(&x->pid);
	child_end(&x->keeper);
}

int op_fail(struct fixture *x, const char *format, ...)
{
	int error = errno;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(x->why, sizeof(x->why), format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(x->why))
		snprintf(x->why + n, sizeof(x->why) - (size_t)n, ": %s", strerror(error));
	return error ? -error : -EIO;
}

int fixture_keep(struct fixture *x, int fd)
{
	if (fd < 0)
		return -errno;
	if (x->n_fds == FIXTURE_FDS) {
		close(fd);
		return -EMFILE;
	}
	x->fd[x->n_fds] = fd;
	return (int)x->n_fds++;
}
