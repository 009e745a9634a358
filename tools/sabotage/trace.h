/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracer: one program with all that comes of it, and one row (or, dry, all). */
#ifndef BULKHEAD_TRACE_H
#define BULKHEAD_TRACE_H

#include "sabotage.h"

#include <sys/types.h>

/* A system call as it is stopped at. */
struct regs {
	long nr;
	uint64_t args[6];
	int64_t ret;
	uint64_t stack;
};

/* A text that a file is to show, by the file's name and the step. */
struct memo {
	const struct step *step;
	char *name, *text;
};

struct task {
	pid_t pid;
	struct task *next;
	long nr; /* the call it is in, while its end is waited for */
	uint64_t args[6];
	const struct step **pending; /* that may apply at the call's end */
	size_t n_pending, room_pending;
	char *name; /* of the file the call is about, or NULL: not looked up yet */
	/* What is put back at the call's end. */
	uint64_t restore_at, restore;
	int restore_size, restore_arg;
	int64_t answer; /* where the call has succeeded */
	bool has_answer;
	bool held; /* until DUE */
	double due;
	int signal; /* with which it goes on then */
	bool to_exit;
	int filled; /* a descriptor + 1, of an empty file whose end comes next */
};

#define TASKS 1024

struct tracer {
	struct sabotages table;
	size_t row; /* of the table, when not DRY */
	bool dry;   /* nothing is altered, only told what every row would alter */
	int bites;  /* where that is told, or -1 */
	bool *bitten;
	char *test;
	pid_t root;
	struct task *tasks[TASKS];
	struct memo *memos;
	size_t n_memos, held;
};

/* task.c */
struct task *task_find(struct tracer *t, pid_t pid);
struct task *task_get(struct tracer *t, pid_t pid);
void task_remove(struct tracer *t, pid_t pid);
void task_done(struct task *k); /* with the call it was in */

/* regs.c */
bool regs_read(pid_t pid, struct regs *r);
bool regs_set_args(pid_t pid, const uint64_t args[6]);
bool regs_set_return(pid_t pid, int64_t ret);
bool regs_skip(pid_t pid, int64_t ret);

/* memory.c: how much was read or written. */
ssize_t memory_read(pid_t pid, uint64_t at, void *to, size_t n);
ssize_t memory_write(pid_t pid, uint64_t at, const void *from, size_t n);
char *memory_text(pid_t pid, uint64_t at, size_t n); /* to its end or NUL; never NULL */
int64_t memory_number(pid_t pid, uint64_t at, int size);
void memory_put_number(pid_t pid, uint64_t at, int size, int64_t value);
void no_vdso(pid_t pid);

/* match.c */
const char *task_file(struct task *k, const struct regs *r);
bool step_is_of(const struct step *s, long nr);
bool step_fits(struct task *k, const struct step *s, const struct regs *r, bool at_end);
uint64_t place_address(pid_t pid, const struct spot *at, const struct regs *r);
int64_t operate(int64_t before, enum operation op, int64_t value);

/* apply.c */
enum went { GO_ON, TO_EXIT, HOLD };
enum went apply_before(struct tracer *t, struct task *k, const struct step *s, struct regs *r);
void apply_after(struct tracer *t, struct task *k, const struct step *s, struct regs *r);

/* text.c: what a file shows instead; NULL: as it is. */
char *text_instead(struct tracer *t, struct task *k, const struct step *s, const char *seen);
char *number_changed(const char *text, const char *key, enum operation op, int64_t value);
void memo_put(struct tracer *t, const struct step *s, const char *name, const char *text);
const char *memo_get(struct tracer *t, const struct step *s, const char *name);

/* filter.c: stops at the calls of the rows, from the next execve on. */
void filter_install(const struct tracer *t);

/* bites.c */
void bite(struct tracer *t, const struct step *s);
void listen_to(struct tracer *t, struct task *k, const struct regs *r);

#endif
