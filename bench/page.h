/* SPDX-License-Identifier: GPL-2.0-only */
/* --html: one file that needs no other, with plots by gnuplot. */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include <stdio.h>

#include "slopes.h"
#include "start/start.h"
#include "stats.h"

struct page {
	FILE *to;
	char *text;
	size_t size;
	unsigned int plots;
	int error; /* -errno of the first plot that could not be made */
};

/* Before anything is measured in vain: no gnuplot is one line and exit 2. */
void page_check(void);

void page_begin(struct page *p, const char *title);
void page_heading(struct page *p, const char *said);
/* What FN prints for a terminal. */
void page_text(struct page *p, void (*fn)(const void *what, FILE *to), const void *what);
/* Seconds, a box from the first to the third quartile, whiskers from p10 to p90. */
struct box {
	const char *name;
	const struct samples *samples;
};
void page_boxes(struct page *p, const char *title, const struct box *v, size_t n);
void page_family(struct page *p, const struct family *f);
/* Each step of the launcher, and its share of the whole. */
void page_steps(struct page *p, const struct launcher *l);
/* Into the file, or nothing; "-" is the output.  0 or -errno. */
int page_end(struct page *p, const char *path);

/* All of a measurement: boxes by kind of operation, slopes, pauses, experiments. */
struct measurement;
int page_write(const struct measurement *m, const struct launcher *l, const char *path);

#endif
