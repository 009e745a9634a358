/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkhead run: its parts. */
#ifndef BULKHEAD_RUN_H
#define BULKHEAD_RUN_H

#include "contract.h"
#include "result.h"
#include "text.h"

#include <stdbool.h>
#include <sys/types.h>

struct options {
	unsigned int jobs;    /* programs at once */
	unsigned int timeout; /* seconds a test, 0: as the test says */
	const char *json, *junit, *squad, *squad_metrics, *kcidb, *lava, *files, *expect;
	bool list, fail_fast, disposable, verbose;
	char **patterns;
	struct words excluded;
};

/* Where the run lives: its cgroup, its folder, its name. */
struct place {
	char *tag;	    /* bulkhead.PID */
	char *mount;	    /* of cgroup2, or NULL */
	char *base;	    /* our cgroup's directory, or NULL */
	char *why;	    /* there is no base */
	char *controllers;  /* that can be had in it */
	char *temp;	    /* folder for the programs' TMPDIR */
	char *root_control; /* subtree_control of the root before we changed it, or NULL */
};

/* What the results were got on. */
struct meta {
	char *release, *version, *machine;
	char *config, *config_path, *config_hash; /* NULL: not to be had */
	const char *layout;			  /* v2, hybrid, v1 or none */
	struct words controllers, v1;
	int cpus;
	char started[32];
};

/* A skip that is allowed. */
struct expected {
	char *pattern, *reason;
};

struct run {
	struct options o;
	char *folder; /* of the program, with suites/ and contract/ */
	struct contract contract;
	struct program *programs; /* those to run first, in the order of their running */
	size_t n;
	struct place place;
	struct meta meta;
	struct expected *expected;
	size_t n_expected;
	size_t started; /* jobs */
	int files_fd;	/* what tests tell of the files they open; 0: not asked for */
	double scale;
	double seconds;
	unsigned long taint; /* kernel.tainted at the beginning */
	int interrupted;     /* signal */
	bool left;	     /* something of ours could not be removed */
	bool stopped; /* nothing more is to be started: --fail-fast, a signal, a closed output */
};

/* options.c: errors end the program. */
void options_parse(struct options *o, int argc, char **argv);

/* select.c: a pattern that fits nothing ends the program. */
void select_tests(struct run *run);

/* expect.c, needs.c */
void expect_read(struct run *run);
void expect_free(struct run *run);
void judge_skips(const struct run *run, struct program *p);
bool needs_met(const struct run *run, const char *words);

/* taint.c: what the kernel has complained of in between, malloc'ed, or NULL. */
unsigned long taint_read(void);
char *taint_text(unsigned long before, unsigned long after);

/* cgroup.c */
char *own_cgroup(void); /* "" for the root */
int cgroup_populated(const char *dir);
void cgroup_processes(const char *dir, struct words *to);
void cgroup_children(const char *dir, struct words *to);
void process_name(const char *pid, struct words *to); /* "PID (name)", once */
void cgroup_kill(const char *dir);
/* All below DIR and itself, killed and removed; false: something stays. */
bool cgroup_remove(const char *dir, double limit);
void cgroup_enable(const char *dir, const char *controllers);
int controllers_restore(const char *file, const char *value);

/* owned.c: what bears a tag, "bulkhead.PID" for all of a run, "bulkhead.PID.N" for a program. */
struct words owned_processes(const char *tag); /* "PID (name)" */
void owned_kill(const char *tag);
struct words owned_cgroups(const char *tag);

/* place.c */
void place_name(struct run *run);
void place_begin(struct run *run);
bool place_end(struct run *run);
void place_free(struct place *place);
char *place_cgroup(const struct run *run, const struct program *p); /* NULL: none */
char *place_temp(const struct run *run, const struct program *p);
bool folder_remove(const char *path);

/* job.c: a running program. */
enum job_state { JOB_RUNNING, JOB_LINGERING, JOB_KILLED, JOB_OVER };

struct stream {
	int fd;
	char *line;
	size_t used;
	bool cut; /* the rest of an endless line is thrown away */
	bool errors;
};

struct job {
	struct run *run;
	struct program *p;
	struct program *trial_of; /* p is a copy of it, or NULL */
	enum job_state state;
	pid_t pid;
	int status;
	char *tag, *cgroup, *temp;
	struct stream out, err;
	struct result *at; /* the test that is running */
	bool planned, stopped;
	long plan;
	double started, since, deadline;
};

void job_start(struct job *j);
void job_read(struct job *j, struct stream *s);
void job_ended(struct job *j, int status);
void job_late(struct job *j);	     /* its deadline has passed */
void job_stop(struct job *j);	     /* the run ends before it */
bool job_empty(const struct job *j); /* it has ended, and nothing of it is left */
void job_close(struct job *j);	     /* its cgroup and folder are removed */
/* judge.c */
void job_judge(struct job *j); /* after its end: what was lost, what is wrong */

/* listen.c: what a program says. */
void listen_line(struct job *j, char *line, bool errors);
double limit_of(const struct job *j);

/* loop.c: all of them. */
void loop(struct run *run);

/* show.c */
void show_begin(const struct run *run);
void show_progress(const struct run *run, const char *running);
void show_program(const struct run *run, const struct program *p, size_t number);
void show_end(const struct run *run);

/* ktap.c */
void ktap_begin(const struct run *run);
void ktap_program(const struct run *run, const struct program *p, size_t number);
void ktap_end(const struct run *run);

/* meta.c */
void meta_read(struct run *run);
void meta_free(struct meta *m);
int meta_option(const struct meta *m, const char *name); /* -1: not known */
struct counts run_counts(const struct run *run);

/* json.c, junit.c, lines.c */
void write_json(const struct run *run, FILE *to);
void write_junit(const struct run *run, FILE *to);
void write_squad(const struct run *run, FILE *to);
void write_squad_metrics(const struct run *run, FILE *to);
void write_kcidb(const struct run *run, FILE *to);
void write_lava(const struct run *run, FILE *to);

/* files.c: which interface files the tests open. */
void files_begin(struct run *run); /* before the first test is started */
void write_files(const struct run *run, FILE *to);

/* report.c */
void reports_check(const struct run *run);
bool reports_write(const struct run *run);
bool reports_own_output(const struct run *run);

#endif
