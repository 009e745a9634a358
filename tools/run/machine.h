/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of the machine, as far as a test could change it: read, compared, put back. */
#ifndef BULKHEAD_MACHINE_H
#define BULKHEAD_MACHINE_H

#include "run.h"

struct fact {
	char *key, *value;
};

/* In the order of their keys. */
struct facts {
	struct fact *v;
	size_t n;
};

enum kind { SYSCTLS, CONTROLS, MOUNTS, DEVICES, IPC, CGROUPS, PROCESSES, CPUS, KINDS };

struct machine {
	struct facts facts[KINDS];
};

enum change_what { ADDED, CHANGED, REMOVED };

struct change {
	enum kind kind;
	enum change_what what;
	char *key, *before, *after;
};

struct changes {
	struct change *v;
	size_t n;
};

/* facts.c */
void fact_add(struct facts *f, const char *key, const char *value);
struct fact *fact_find(const struct facts *f, const char *key);
void facts_sort(struct facts *f);
void facts_free(struct facts *f);
void machine_free(struct machine *m);
struct changes machine_compare(const struct machine *before, const struct machine *after);
void changes_free(struct changes *c);

/* sysctl.c: those that do not change by themselves. */
void sysctls_read(struct facts *f);
void sysctls_read_again(struct facts *f, const struct facts *before);

/* machine.c */
struct machine machine_read(const struct run *run);
struct machine machine_read_again(const struct run *run, const struct machine *before);
/* What of it can be put back is; in words, and what came of it. */
char *change_undo(const struct run *run, const struct change *c);
char *change_text(const struct change *c);
bool machine_own_mounts(void);

/* device.c */
int device_remove(const char *name);
/* owned.c: cgroups that are nobody's we know, on a disposable machine. */
void foreign_cgroups(const struct run *run, struct facts *f);
/* Processes that came to us when their parents died, and bear no tag. */
void orphans(const struct run *run, struct facts *f);

#endif
