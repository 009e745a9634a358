/* SPDX-License-Identifier: GPL-2.0-only */
/* KTAP, a line at a time: as the kselftest harness writes it. */
#ifndef BULKHEAD_KTAP_H
#define BULKHEAD_KTAP_H

#include <stdbool.h>

enum ktap_kind {
	KTAP_VERSION,
	KTAP_PLAN,    /* number: how many tests are to come */
	KTAP_START,   /* name: a test begins (the harness's own line) */
	KTAP_RESULT,  /* ok, number, name, directive, reason */
	KTAP_NOTE,    /* reason: what is said about the test */
	KTAP_CHATTER, /* of the harness, of no use to a reader */
	KTAP_RUBBISH,
};

enum ktap_directive { KTAP_NONE, KTAP_SKIP, KTAP_XFAIL, KTAP_OTHER };

struct ktap_line {
	enum ktap_kind kind;
	bool ok;
	long number;
	enum ktap_directive directive;
	const char *name, *reason;
};

/* Takes LINE, without its newline, to pieces; they point into it. */
struct ktap_line ktap_parse(char *line);

#endif
