/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead trace: where inside the kernel the time of a command goes. */
#ifndef BULKHEAD_TRACE_H
#define BULKHEAD_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "shared.h"
#include "text.h"

#define EXIT_NOTHING 4 /* nothing could be attached */

enum backend { NOT_TRACED, FENTRY, KPROBE, SAMPLED, BACKENDS };
extern const char *const backend_names[BACKENDS];

/* A function of functions.h, on this kernel. */
struct function {
	const char *name, *later, *group;
	bool system;
	enum backend backend;
	const char *symbol; /* the one of its names that this kernel has, or NULL */
	char *why;	    /* it is not traced, or not better */
};

extern struct function functions[STAGES];

enum mode { MODE_AUTO, MODE_PROBES, MODE_SAMPLING, MODE_SYSCALLS };

struct options {
	enum mode mode;
	const char *groups; /* comma separated, NULL: all */
	const char *cgroup; /* trace what is in this one instead of a command */
	const char *json, *folded, *html;
	const char *operation;
	unsigned int count;	/* of the operation, 0: by time */
	unsigned int frequency; /* of samples, Hz */
	unsigned int seconds;
	bool cost, events, list, verbose;
	char **command;
};

/* A node of the tree of stages. */
struct stage {
	char *name;
	const char *group;
	uint64_t id;
	size_t parent; /* SIZE_MAX: a root */
	bool system, counted;
	uint64_t calls;
	double total, blocked, preempted; /* ns, as traced */
	double own, own_blocked;
	uint64_t samples;
	uint32_t hist[BUCKETS];
};

/* A stack that was blocked, or running, in a stage. */
struct place {
	size_t stage;
	bool blocked;
	double ns;
	uint64_t n;
	struct words frames; /* outermost first, from the stage inwards */
};

struct cost {
	double pair_ns;		 /* entering and leaving a stage */
	double unprobed, probed; /* ns an operation or a command, 0: not measured */
	double unprobed_other;	 /* the second unprobed run */
	uint64_t operations;	 /* in the probed run */
};

struct trace {
	struct options o;
	enum mode mode; /* as chosen */
	struct stage *stages;
	size_t n;
	struct place *places;
	size_t n_places;
	uint64_t losses[LOSSES];
	uint64_t samples;
	struct cost cost;
	double traced; /* ns in all roots that are the command's */
	int status;    /* of the command */
	bool emulated; /* times mean nothing at all */
	bool storage;
	const char *why_not_better; /* than this mode */
};

/* options.c */
void options_take(struct options *o, int argc, char **argv);

/* symbols.c */
void symbols_read(void);
const char *symbol_at(uint64_t address); /* without a compiler's suffix; NULL */
bool symbol_exists(const char *name);

/* syscalls.c */
struct trace_bpf;
void syscalls_set(uint8_t *forms);
char *syscall_name(uint64_t key, int labels_fd);

/* functions.c: what of the table can be attached to, and how. */
void functions_choose(struct trace *t);
size_t functions_with(enum backend backend);
struct function *function_of_symbol(const char *symbol);

/* load.c */
struct session;
struct session *session_open(struct trace *t); /* errors end the program */
void session_token(const struct session *s);   /* in the command's process: we are it */
void session_active(struct session *s, bool command, bool system);
void session_settle(struct session *s);
void session_read(struct session *s, struct trace *t);
void session_close(struct session *s, struct trace *t);

/* run.c */
void run_traced(struct trace *t);

/* tree.c */
size_t tree_add(struct trace *t, size_t parent, const char *name, bool system);
void tree_finish(struct trace *t);
bool stage_waits(const struct stage *s);
double stage_share(const struct trace *t, size_t i);
double stage_percentile(const struct stage *s, double p);

/* stacks.c */
struct spots;
void stacks_read(struct trace *t, int stacks_fd, int spots_fd);

/* show.c, json.c, folded.c, html.c */
void show_text(const struct trace *t, FILE *to);
void show_functions(FILE *to);
double time_scale(const struct trace *t); /* 0: no times are to be told */
int json_write(const struct trace *t);
int folded_write(const struct trace *t);
int html_write(const struct trace *t);
int text_to(const char *path, const char *data, size_t size);

/* events.c */
int events_run(struct options *o);

/* command.c */
pid_t command_start(char **argv, void (*first)(const void *), const void *arg, int *go, int sync);
char **bench_command(const char *operation, unsigned int count, int sync_fd);

/* guest.c: -k among the arguments becomes a run in a guest. */
void leave_to_vm(int argc, char **argv);

#endif
