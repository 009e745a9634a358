// SPDX-License-Identifier: GPL-2.0-only
/* The series that changed, one above the other: values as points, levels as lines. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"
#include "history.h"

#define HEIGHT 260
#define WIDTH  960

/* Every level from its first to its last result. */
static void levels(FILE *to, const struct series *s, double unit)
{
	fprintf(to, "$levels << EOD\n");
	for (size_t k = 0; k <= s->n_changes; k++) {
		size_t from = k ? s->changes[k - 1].at : 0;
		size_t last = (k < s->n_changes ? s->changes[k].at : s->n) - 1;
		double level = k ? s->changes[k - 1].after : s->changes[0].before;

		fprintf(to, "%zu %.9g\n%zu %.9g\n\n", s->source[from] + 1, level * unit,
			s->source[last] + 1, level * unit);
	}
	fprintf(to, "EOD\n");
}

static void one(FILE *to, const struct history *h, const struct series *s)
{
	double unit = h->instructions ? 1 : 1e6;

	fprintf(to, "$values << EOD\n");
	for (size_t i = 0; i < h->n_sources; i++)
		if (!isnan(s->v[i]))
			fprintf(to, "%zu %.9g\n", i + 1, s->v[i] * unit);
	fprintf(to, "EOD\n");
	levels(to, s, unit);
	/* Names are globs of letters, digits and dots here, but hyperfine's are anything. */
	fputs("set title '", to);
	for (const char *c = s->name; *c; c++)
		fputs(*c == '\'' ? "''" : *c == '\n' ? " " : (char[]) { *c, 0 }, to);
	fprintf(to, "' noenhanced\n"
		    "plot $values with points pt 7 ps .4 lc rgb '#4878a8' notitle, "
		    "$levels with lines lw 2 lc rgb '#c04030' notitle\n");
}

int history_plot(const struct history *h, const char *path)
{
	CLEAN(free_text) char *script = NULL, *svg = NULL;
	size_t size, plots = 0, rows;
	FILE *to = open_memstream(&script, &size);
	int ret;

	if (!to)
		return -errno;
	for (size_t i = 0; i < h->n; i++)
		plots += h->v[i].n_changes > 0;
	rows = plots ?: 1;
	fprintf(to,
		"set terminal svg size %d,%zu font 'sans,11' background rgb 'white'\n"
		"set multiplot layout %zu,1\nset xrange [0:%zu]\nset grid\n"
		"set ylabel '%s'\nset xlabel 'result'\n",
		WIDTH, HEIGHT * rows, rows, h->n_sources + 1,
		h->instructions ? "instructions" : "us");
	if (!plots)
		fprintf(to, "set title 'no level changed'\nset yrange [0:1]\nplot NaN notitle\n");
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].n_changes)
			one(to, h, &h->v[i]);
	fprintf(to, "unset multiplot\n");
	if (fclose(to))
		return -ENOMEM;
	ret = gnuplot(script, &svg);
	return ret ?: file_replace(path, svg, strlen(svg));
}
