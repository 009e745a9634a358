// SPDX-License-Identifier: GPL-2.0-only
/* The matrix as Markdown and as one HTML page that needs nothing else. */
#include "matrix.h"

#include <string.h>

static void markdown_escape(const char *s, FILE *to)
{
	for (; *s; s++) {
		if (strchr("|\\`*_<>[]#", *s))
			fputc('\\', to);
		fputc(*s == '\n' ? ' ' : *s, to);
	}
}

static void markdown_area(const struct matrix *m, const struct area *a, FILE *to)
{
	fprintf(to, "| %s |", a->name);
	for (size_t i = 0; i < m->n_columns; i++) {
		CLEAN(free_text) char *cell = counts_text(a->counts[i]);

		fprintf(to, " %s |", m->columns[i].died ? "died" : cell);
	}
	fputs("\n", to);
}

static void markdown_counts(const struct matrix *m, FILE *to)
{
	fputs("| area |", to);
	for (size_t i = 0; i < m->n_columns; i++)
		fprintf(to, " %s |", m->columns[i].name);
	fputs("\n| --- |", to);
	for (size_t i = 0; i < m->n_columns; i++)
		fputs(" ---: |", to);
	fputs("\n", to);
	for (size_t a = 0; a < m->n_areas; a++)
		markdown_area(m, &m->areas[a], to);
	markdown_area(m, &m->total, to);
}

static void markdown_difference(const struct matrix *m, const struct promise *p, size_t first,
				FILE *to)
{
	const char *reason = NULL;

	fprintf(to, "| `%s` |", p->id);
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct cell *c = &p->cells[i];

		fprintf(to, " %s%s |", m->columns[i].died ? "died" : state_names[c->state],
			c->suspicious ? "?" : "");
		if (!reason && c->reason && *c->reason)
			reason = c->reason;
	}
	fprintf(to, " %s | ", m->columns[first].name);
	markdown_escape(reason ?: "", to);
	fputs(" |\n", to);
}

static void markdown_problems(const struct matrix *m, FILE *to)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		for (size_t p = 0; p < m->columns[i].problems.n; p++) {
			fprintf(to, "\n- %s: ", m->columns[i].name);
			markdown_escape(m->columns[i].problems.v[p], to);
		}
	}
	fputs("\n", to);
}

void write_markdown(const struct matrix *m, FILE *to)
{
	fprintf(to, "Promises %s.\n\n", counts_legend);
	markdown_counts(m, to);
	markdown_problems(m, to);
	fputs("\nWhere kernels differ:\n\n| promise |", to);
	for (size_t i = 0; i < m->n_columns; i++)
		fprintf(to, " %s |", m->columns[i].name);
	fputs(" differs from | reason |\n| --- |", to);
	for (size_t i = 0; i < m->n_columns + 2; i++)
		fputs(" --- |", to);
	fputs("\n", to);
	for (size_t i = 0; i < m->n_promises; i++) {
		ssize_t first = promise_differs(m, &m->promises[i]);

		if (first >= 0)
			markdown_difference(m, &m->promises[i], (size_t)first, to);
	}
}

static void html_cell(const char *element, const char *class, const char *title, const char *said,
		      FILE *to)
{
	fprintf(to, "<%s class=\"%s\" title=\"", element, class);
	put_markup(to, title);
	fputs("\">", to);
	put_markup(to, said);
	fprintf(to, "</%s>", element);
}

static void html_head(const struct matrix *m, const char *first, FILE *to)
{
	fputs("<tr>", to);
	html_cell("th", "", "", first, to);
	for (size_t i = 0; i < m->n_columns; i++)
		html_cell("th", "", m->columns[i].release, m->columns[i].name, to);
	fputs("</tr>\n", to);
}

static void html_area(const struct matrix *m, const struct area *a, FILE *to)
{
	fputs("<tr>", to);
	html_cell("th", "name", "", a->name, to);
	for (size_t i = 0; i < m->n_columns; i++) {
		const unsigned int *n = a->counts[i];
		const char *class = n[BROKEN] ? "broken" : n[HELD] ? "held" : "skipped";
		CLEAN(free_text) char *said = counts_text(n);

		if (m->columns[i].died)
			html_cell("td", "broken", m->columns[i].died, "died", to);
		else
			html_cell("td", class, counts_legend, said, to);
	}
	fputs("</tr>\n", to);
}

static void html_promise(const struct matrix *m, const struct promise *p, FILE *to)
{
	fputs("<tr>", to);
	html_cell("th", "name", "", p->id, to);
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct cell *c = &p->cells[i];

		if (m->columns[i].died)
			html_cell("td", "broken", m->columns[i].died, "died", to);
		else
			html_cell("td", state_names[c->state], c->reason ?: "",
				  c->suspicious ? "skipped?" : state_names[c->state], to);
	}
	fputs("</tr>\n", to);
}

static void html_promises(const struct matrix *m, bool differing, FILE *to)
{
	fputs("<table>\n", to);
	html_head(m, "promise", to);
	for (size_t i = 0; i < m->n_promises; i++)
		if (!differing || promise_differs(m, &m->promises[i]) >= 0)
			html_promise(m, &m->promises[i], to);
	fputs("</table>\n", to);
}

void write_html(const struct matrix *m, FILE *to)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<title>Bulkhead: promises and kernels</title>\n<style>\n"
	      "body { font: 14px sans-serif; margin: 2em }\n"
	      "table { border-collapse: collapse; margin-bottom: 2em }\n"
	      "th, td { padding: 2px 8px; border: 1px solid #ccc; text-align: right }\n"
	      ".name { text-align: left; font-weight: normal; font-family: monospace }\n"
	      ".held { background: #dfd } .broken { background: #fbb }\n"
	      ".skipped { background: #ffd } .missing { color: #999 } .defect { background: #fdb "
	      "}\n"
	      "</style></head><body>\n<h1>Promises and kernels</h1>\n"
	      "<p>",
	      to);
	put_markup(to, counts_legend);
	fputs("; a reason shows on pointing.</p>\n<table>\n", to);
	html_head(m, "area", to);
	for (size_t a = 0; a < m->n_areas; a++)
		html_area(m, &m->areas[a], to);
	html_area(m, &m->total, to);
	fputs("</table>\n", to);
	for (size_t i = 0; i < m->n_columns; i++)
		for (size_t p = 0; p < m->columns[i].problems.n; p++)
			html_cell("p", "broken", m->columns[i].release, m->columns[i].problems.v[p],
				  to);
	fputs("<h2>Where kernels differ</h2>\n", to);
	html_promises(m, true, to);
	fputs("<details><summary>All promises</summary>\n", to);
	html_promises(m, false, to);
	fputs("</details>\n</body></html>\n", to);
}
