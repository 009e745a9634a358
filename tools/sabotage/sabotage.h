/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sabotage: a row of the table breaks the kernel, as the tests see it, in one
 * way.  What a row does is written in steps, "CALLS [CONDITION...] => ACTION",
 * between semicolons; sabotages.tsv tells the words.
 */
#ifndef BULKHEAD_SABOTAGE_H
#define BULKHEAD_SABOTAGE_H

#include "text.h"

#include <stdint.h>

/* What a step is about, and where the call has its descriptor, path and buffer; -1: nowhere. */
struct call {
	const char *name;
	long nr;
	int fd, path, buf, len;
};

/* Events that are no calls have numbers that none has. */
enum { CALL_SIGNAL = -100, CALL_EXEC = -101 };

enum subject {
	OF_NAME,   /* of the file: a glob */
	OF_ARG,	   /* a register */
	OF_RETURN, /* what it returned */
	OF_DATA,   /* what is written: a glob */
	OF_TYPE,   /* of the namespace that a descriptor is: a glob over "uts uts:[402...]" */
	OF_INSIDE, /* the caller is in another namespace of the type than the tracer */
	OF_EUID,   /* the caller's */
	OF_MEMORY, /* behind an argument */
	OF_ACK,	   /* the errno in a netlink acknowledgement */
};

enum relation { IS, IS_NOT, HAS, ABOVE, BELOW };

/* Somewhere in a call's arguments, or in memory behind one of them. */
struct spot {
	int arg, offset, size; /* size 0: the register */
};

struct condition {
	enum subject of;
	enum relation rel;
	struct spot at;
	int64_t value;
	char *word;
};

enum action {
	DROP,	 /* flags of clone, clone3, unshare */
	SKIP,	 /* not done; VALUE is answered */
	RETURN,	 /* done, and VALUE answered */
	CHANGE,	 /* an argument, or memory behind one, before it is done */
	RESULT,	 /* memory behind an argument, after it was done */
	PUT,	 /* other data is written */
	ADD,	 /* the number that is written, changed by VALUE */
	LIE,	 /* not written, but shown as if */
	LIE_PUT, /* something else is written, but this shown */
	LIE_ADD,
	OUTER,	 /* in the tracer's namespaces instead */
	LATE,	 /* VALUE ms later */
	NUMBER,	 /* the number that is read, changed */
	KEY,	 /* the number behind a key that is read, changed */
	TEXT,	 /* what is read */
	REPLACE, /* a part of what is read */
	HIDE,	 /* lines that are read */
	STALE,	 /* what was read first is read again */
	TOLD,	 /* what was written last is read: made of LIE */
	MUTE,	 /* poll has nothing to report */
	SWALLOW, /* a signal never comes */
	ACK,	 /* the errno of a netlink acknowledgement becomes VALUE */
	NOVDSO,	 /* the program has to ask the kernel for the time */
};

enum operation { SET, PLUS, MINUS, TIMES, OR, CLEAR };

struct step {
	const struct call **calls;
	size_t n_calls;
	struct condition *conditions;
	size_t n_conditions;
	enum action action;
	enum operation op;
	struct spot at;
	int64_t value;
	char *word, *other;
	bool after; /* only the result shows whether it applies, or is what is changed */
	size_t row;
};

struct row {
	char *id, *broken, *how, *areas;
	char *excuse; /* why nothing need notice it, or NULL */
};

struct sabotages {
	struct row *rows;
	size_t n;
	struct step *steps;
	size_t n_steps;
};

/* table.c: a malformed line is told, and exit 2. */
struct sabotages sabotages_read(const char *file);
void sabotages_free(struct sabotages *s);

/* step.c: why HOW is no list of steps, or NULL. */
const char *steps_parse(struct sabotages *s, size_t row, const char *how);
void step_free(struct step *s);

/* names.c */
const struct call *call_find(const char *name);
const struct call *call_of(long nr);
/* "EPERM", "CLONE_NEWUTS|CLONE_NEWIPC", "SIGKILL", "0x10", "-1". */
bool value_parse(const char *word, int64_t *value);

#endif
