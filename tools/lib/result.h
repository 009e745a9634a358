/* SPDX-License-Identifier: GPL-2.0-only */
/* The one model of results: programs, their tests, and what came of them. */
#ifndef BULKHEAD_RESULT_H
#define BULKHEAD_RESULT_H

#include "contract.h"
#include "text.h"

/* What became of a test.  LOST: it ended, or never began, without a word. */
enum verdict { LOST, HELD, BROKEN, SKIPPED, DEFECT, VERDICTS };
extern const char *const verdict_names[VERDICTS];

struct result {
	char *name;    /* fixture.variant.test */
	char *promise; /* the id of its promise */
	const struct promise *row;
	unsigned int limit; /* seconds, on a usual machine */
	char *needs;
	bool wanted; /* selected */
	enum verdict verdict;
	bool reported;
	char *reason; /* of a skip, a defect, a loss */
	struct words notes;
	size_t notes_lost; /* from their middle: more lines than anybody reads */
	double seconds;
	bool unexpected; /* a skip that is not on the list */
	bool suspicious; /* a skip that this kernel and machine do not explain */
};

/* Something wrong with a program as a whole. */
struct problem {
	const char *kind; /* "leaked", "crashed", "timeout", "rubbish", "unlisted" */
	char *text;
};

struct program {
	char *path, *name; /* name: below suites/ */
	bool alone;	   /* measures time */
	bool whole;	   /* needs the whole machine: some test changes it */
	struct result *results;
	size_t n;
	struct problem *problems;
	size_t n_problems;
	struct words notes; /* before the first test, or after the last */
	size_t notes_lost;
	double seconds;
	bool ended;	/* has run */
	bool ran;	/* since the machine was last found unchanged */
	bool suspected; /* of having changed it, with others; TRIED: has run again for that */
	bool tried;
	bool done; /* the results are final */
};

struct counts {
	size_t verdicts[VERDICTS];
	size_t unexpected, suspicious, problems;
};

struct result *result_find(struct program *p, const char *name);
void problem_add(struct program *p, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line about a test (or, R being NULL, the program); of many the first and last are kept. */
void note_add(struct program *p, struct result *r, const char *line);
/* No more are to come: what is missing is told in its place. */
void notes_close(struct program *p);
void count_program(struct counts *c, const struct program *p);
/* All of it held, as far as it was tested. */
bool program_ok(const struct program *p);
/* The same tests, with nothing told of them. */
struct program *program_copy(const struct program *p);
void program_free(struct program *p);

/* "fixture.test<TAB>limit<TAB>marks<TAB>needs" lines into P; false: a line is not of that form. */
bool listing_parse(struct program *p, char *listing);

#endif
