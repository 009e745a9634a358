// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's console: kept, and scanned for what a healthy kernel does not
 * say.  A suite that passes while the kernel complains has found something.
 * A report of the OOM killer is no complaint: tests provoke them.
 */
#include "vm.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1024
#define TAIL_LINES     24
#define CONTEXT_LINES  14
#define SHOWN_MAX      6
#define LOG_MAX	       (64L << 20)

static const char *const complaints[] = {
	"WARNING: ",
	"BUG: ",
	"kernel BUG at ",
	"Oops",
	"Kernel panic",
	"general protection fault",
	"unable to handle ",
	"Unable to handle ",
	"INFO: possible ", /* lockdep: recursive locking, irq lock inversion */
	"INFO: inconsistent lock state",
	"INFO: task ", /* blocked for more than N seconds */
	"INFO: trying to register non-static key",
	"detected stall", /* RCU: expedited and normal */
	"self-detected stall",
	"rcu_sched kthread starved",
	"rcu_preempt kthread starved",
	"UBSAN: ",
	"refcount_t: ",
	"list_add corruption",
	"list_del corruption",
	"page allocation failure",
	"unregister_netdevice: waiting for ",
	"Busy inodes after unmount",
	"scheduling while atomic",
};

/* Said by healthy kernels: the processor's bugs, not the kernel's. */
static const char *const harmless[] = {
	"Spectre",	   "Unprivileged eBPF is enabled", "L1TF", "MDS CPU bug", "TAA CPU bug",
	"MMIO Stale Data",
};

struct console {
	FILE *log;
	long logged;
	char line[LINE_MAX_BYTES + 1];
	size_t used;
	char *tail[TAIL_LINES];
	size_t lines;
	struct words shown; /* complaints, each with what follows it */
	size_t count, context;
};

struct console *console_open(const char *log)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		err(EXIT_NO_GUEST, "no memory");
	if (log) {
		c->log = fopen(log, "we");
		if (!c->log)
			err(EXIT_NO_GUEST, "%s", log);
	}
	return c;
}

static bool any_in(const char *line, const char *const *what, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(line, what[i]))
			return true;
	return false;
}

/* A single page for user space is refused to nobody but those whom the OOM killer chose. */
static bool is_of_oom_victim(const char *line)
{
	return strstr(line, "page allocation failure: order:0,") && strstr(line, "(GFP_HIGHUSER");
}

static bool is_complaint(const char *line)
{
	return any_in(line, complaints, ARRAY_SIZE(complaints)) &&
	       !any_in(line, harmless, ARRAY_SIZE(harmless)) && !is_of_oom_victim(line);
}

/* What is shown on somebody's terminal must not steer it. */
static void make_printable(char *line)
{
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\t')
			*c = '?';
}

static void line_end(struct console *c)
{
	char **slot = &c->tail[c->lines++ % TAIL_LINES];

	if (c->used && c->line[c->used - 1] == '\r')
		c->used--;
	c->line[c->used] = '\0';
	c->used = 0;
	make_printable(c->line);
	free(*slot);
	*slot = text("%s", c->line);
	if (is_complaint(c->line)) {
		c->count++;
		if (c->count <= SHOWN_MAX)
			c->context = CONTEXT_LINES;
	}
	if (!c->context)
		return;
	words_add(&c->shown, "%s", c->line);
	c->context--;
	if (strstr(c->line, "end trace"))
		c->context = 0;
}

static void log_put(struct console *c, const char *data, size_t size)
{
	if (!c->log || c->logged > LOG_MAX)
		return;
	fwrite(data, 1, size, c->log);
	c->logged += (long)size;
	if (c->logged > LOG_MAX)
		fprintf(c->log, "\n[bulkhead: the rest is left out]\n");
	fflush(c->log);
}

void console_feed(struct console *c, const char *data, size_t size)
{
	log_put(c, data, size);
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' || c->used == LINE_MAX_BYTES)
			line_end(c);
		if (data[i] != '\n' && data[i])
			c->line[c->used++] = data[i];
	}
}

static void show_tail(const struct console *c, FILE *to)
{
	size_t first = c->lines > TAIL_LINES ? c->lines - TAIL_LINES : 0;

	if (!c->lines)
		fputs("  | (the console is empty)\n", to);
	for (size_t i = first; i < c->lines; i++)
		fprintf(to, "  | %s\n", c->tail[i % TAIL_LINES]);
}

/* The telling lines: the complaints, and for a dead guest else the last ones. */
void console_show(const struct console *c, bool all, FILE *to)
{
	for (size_t i = 0; i < c->shown.n; i++)
		fprintf(to, "  | %s\n", c->shown.v[i]);
	if (c->count > SHOWN_MAX)
		fprintf(to, "  | (and %zu more)\n", c->count - SHOWN_MAX);
	if (all && !c->count)
		show_tail(c, to);
}

bool console_silent(const struct console *c)
{
	return !c->lines && !c->used;
}

bool console_says(const struct console *c, const char *what)
{
	for (size_t i = 0; i < c->shown.n; i++)
		if (strstr(c->shown.v[i], what))
			return true;
	return false;
}

size_t console_count(const struct console *c)
{
	return c->count;
}

void console_close(struct console *c)
{
	for (size_t i = 0; i < TAIL_LINES; i++)
		free(c->tail[i]);
	words_free(&c->shown);
	close_file(&c->log);
	free(c);
}
