// SPDX-License-Identifier: GPL-2.0-only
/* A page: its frame, and plots that gnuplot draws as SVG. */
#include "page.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"
#include "text.h"

#define WIDTH	    900
#define ROW	    20
#define FRAME	    90
#define FAMILY_SIZE 430, 280

static const char style[] =
	"body{font:15px sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}"
	"pre{font:12px monospace;overflow-x:auto;background:#f5f5f5;padding:.7em}"
	"svg{max-width:100%;height:auto}figure{display:inline-block;margin:.4em 0}"
	"h2{border-bottom:1px solid #bbb;margin-top:2em}";

/* The SVG without what only a file of its own has: 0 or -errno. */
static int plot(const char *script, char **svg)
{
	CLEAN(free_text) char *all = NULL;
	int ret = gnuplot(script, &all);
	const char *from = ret ? NULL : strstr(all, "<svg");

	if (from)
		*svg = text("%s", from);
	return ret ?: from ? 0 : -EIO;
}

void page_check(void)
{
	CLEAN(free_text) char *svg = NULL;
	int error = plot("set terminal svg\nplot x\n", &svg);

	if (error)
		errx(EXIT_UNUSABLE, "--html: gnuplot: %s", strerror(-error));
}

/* A script that is written into, then drawn. */
struct script {
	FILE *to;
	char *text;
	size_t size;
};

/* S stays where it is: the stream writes into it. */
static void script_begin(struct script *s, struct page *p, int width, int height)
{
	*s = (struct script) {};
	s->to = open_memstream(&s->text, &s->size);
	if (!s->to)
		err(EXIT_UNUSABLE, "memory");
	fprintf(s->to,
		"set terminal svg size %d,%d dynamic name 'plot%u' noenhanced background 'white'\n"
		"set grid\n",
		width, height, p->plots++);
}

static void script_draw(struct script *s, struct page *p)
{
	CLEAN(free_text) char *svg = NULL;
	int error;

	fclose(s->to);
	error = plot(s->text, &svg);
	if (!error)
		fprintf(p->to, "<figure>%s</figure>\n", svg);
	else if (!p->error)
		p->error = error;
	free(s->text);
}

void page_begin(struct page *p, const char *title)
{
	*p = (struct page) {};
	p->to = open_memstream(&p->text, &p->size);
	if (!p->to)
		err(EXIT_UNUSABLE, "memory");
	fprintf(p->to,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>"
		"<style>%s</style></head>\n<body><h1>%s</h1>\n",
		title, style, title);
}

void page_heading(struct page *p, const char *said)
{
	fputs("<h2>", p->to);
	put_markup(p->to, said);
	fputs("</h2>\n", p->to);
}

void page_text(struct page *p, void (*fn)(const void *what, FILE *to), const void *what)
{
	char *said = NULL;
	size_t size;
	FILE *to = open_memstream(&said, &size);

	if (!to)
		err(EXIT_UNUSABLE, "memory");
	fn(what, to);
	fclose(to);
	fputs("<pre>", p->to);
	put_markup(p->to, said);
	fputs("</pre>\n", p->to);
	free(said);
}

void page_boxes(struct page *p, const char *title, const struct box *v, size_t n)
{
	static const double quantiles[] = { .1, .25, .5, .75, .9 };
	struct script s;

	script_begin(&s, p, WIDTH, FRAME + ROW * (int)n);
	fputs("$d << EOD\n", s.to);
	for (size_t i = 0; i < n; i++) {
		fprintf(s.to, "%zu \"%s\"", i, v[i].name);
		for (size_t k = 0; k < ARRAY_SIZE(quantiles); k++)
			fprintf(s.to, " %.6g",
				stats_quantile(v[i].samples->v, v[i].samples->n, quantiles[k]) *
					1e6);
		fputc('\n', s.to);
	}
	fprintf(s.to,
		"EOD\nset title \"%s\"\nset logscale x\nset xlabel 'microseconds: p10, quartiles, "
		"p90'\n"
		"set yrange [%zu.6:-0.6]\nset style fill solid 0.5\nunset key\n"
		"plot $d using 5:1:3:7:ytic(2) with xerrorbars lc 'black' pt 0,"
		" $d using 5:1:4:6:($1-0.3):($1+0.3) with boxxyerror lc rgb '#4477aa',"
		" $d using 5:($1-0.3):(0):(0.6) with vectors nohead lw 2 lc rgb '#aa3344'\n",
		title, n ? n - 1 : 0);
	script_draw(&s, p);
}

void page_family(struct page *p, const struct family *f)
{
	struct script s;

	script_begin(&s, p, FAMILY_SIZE);
	fputs("$d << EOD\n", s.to);
	for (size_t i = 0; i < f->n; i++) {
		const struct summary *m = &f->measured[i]->summary;
		struct interval around = f->pauses ? m->median_interval : m->p10_interval;

		fprintf(s.to, "%g %.6g %.6g %.6g\n", f->x[i],
			(f->pauses ? m->median : m->p10) * 1e6, around.low * 1e6,
			around.high * 1e6);
	}
	fprintf(s.to, "EOD\nset title \"%s\"\nunset key\nset ylabel '%s, us'\n", f->name,
		f->pauses ? "median" : "p10");
	if (f->pauses)
		fputs("set logscale y\nset xlabel 'pause before it, ms'\n"
		      "plot $d using 1:2:3:4 with yerrorlines lc rgb '#4477aa' pt 7\n",
		      s.to);
	else
		fprintf(s.to,
			"set yrange [0:*]\nplot %.9g + %.9g * x lc rgb '#aa3344',"
			" $d using 1:2:3:4 with yerrorbars lc rgb '#4477aa' pt 7\n",
			f->fit.at_zero * 1e6, f->fit.slope * 1e6);
	script_draw(&s, p);
}

void page_steps(struct page *p, const struct launcher *l)
{
	struct script s;
	double whole = samples_summary(&l->total).mean * 1e3, before = 0;

	script_begin(&s, p, WIDTH, FRAME + ROW * (int)l->n_steps);
	fputs("$d << EOD\n", s.to);
	for (size_t i = 0; i < l->n_steps; i++) {
		double mean = samples_summary(&l->steps[i]).mean * 1e3;

		fprintf(s.to, "%zu \"%s: %.1f %%\" %.6g %.6g\n", i, l->names[i], 100 * mean / whole,
			before, before + mean);
		before += mean;
	}
	fprintf(s.to,
		"EOD\nset title \"one start of our own launcher: means, one step after the "
		"other\"\n"
		"set xlabel 'milliseconds; the whole is %.2f'\nset yrange [%zu.6:-0.6]\nunset key\n"
		"set arrow from %.6g, graph 0 to %.6g, graph 1 nohead dt 2\nset style fill solid "
		"0.6\n"
		"plot $d using 3:1:3:4:($1-0.4):($1+0.4):ytic(2) with boxxyerror lc rgb "
		"'#4477aa'\n",
		whole, l->n_steps - 1, whole, whole);
	script_draw(&s, p);
}

int page_end(struct page *p, const char *path)
{
	int error = p->error;

	fputs("</body></html>\n", p->to);
	fclose(p->to);
	if (!error && !strcmp(path, "-"))
		error = fwrite(p->text, 1, p->size, stdout) != p->size || fflush(stdout) ? -EIO : 0;
	else if (!error)
		error = file_replace(path, p->text, p->size);
	free(p->text);
	return error;
}
