// SPDX-License-Identifier: GPL-2.0-only
#include "slopes.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

static struct family *family_of(struct family **v, size_t *n, const struct op *op)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*v)[i].name, op->family))
			return &(*v)[i];
	*v = grow(*v, *n, sizeof(**v));
	(*v)[*n] = (struct family) { .name = op->family, .pauses = op->wait_ms > 0 };
	return &(*v)[(*n)++];
}

static void add(struct family *f, const struct measured *d)
{
	f->x = grow(f->x, f->n, sizeof(*f->x));
	f->samples = grow(f->samples, f->n, sizeof(const struct samples *));
	f->measured = grow(f->measured, f->n, sizeof(const struct measured *));
	f->x[f->n] = (double)d->op->n;
	f->samples[f->n] = &d->samples;
	f->measured[f->n++] = d;
	f->pauses |= d->op->wait_ms > 0;
}

static void find_cliff(struct family *f)
{
	for (size_t i = 0; i + 1 < f->n; i++) {
		double height = f->measured[i + 1]->summary.median / f->measured[i]->summary.median;

		if (height > f->height) {
			f->height = height;
			f->cliff = i;
		}
	}
}

static bool fit(struct family *f)
{
	if (f->n < 2)
		return false;
	if (f->pauses)
		find_cliff(f);
	else
		f->fit = stats_fit(f->x, f->samples, f->n, .1);
	return true;
}

static void let_go(struct family *f)
{
	free(f->x);
	free(f->samples);
	free(f->measured);
}

struct family *families_find(const struct measurement *m, size_t *n)
{
	struct family *v = NULL;
	size_t kept = 0;

	*n = 0;
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].op->family && m->v[i].samples.n)
			add(family_of(&v, n, m->v[i].op), &m->v[i]);
	for (size_t i = 0; i < *n; i++)
		if (fit(&v[i]))
			v[kept++] = v[i];
		else
			let_go(&v[i]);
	*n = kept;
	return v;
}

void families_free(struct family *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		let_go(&v[i]);
	free(v);
}

static void tell_slope(const struct family *f, FILE *to)
{
	const double figures[] = { f->fit.at_zero, f->fit.slope, f->fit.slope_interval.low,
				   f->fit.slope_interval.high };
	char cell[32];

	fprintf(to, "%-34s", f->name);
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		fprintf(to, " %9s", readable(figures[i], cell, sizeof(cell)));
	if (f->n > 2)
		fprintf(to, " %6.3f", f->fit.r2);
	else
		fprintf(to, " %6s", "-");
	for (size_t i = 0; i < f->n; i++)
		fprintf(to, "%s%g", i ? "," : "  ", f->x[i]);
	fputc('\n', to);
}

static void tell_pauses(const struct family *f, FILE *to)
{
	const struct measured *before = f->measured[f->cliff], *after = f->measured[f->cliff + 1];
	char a[32], b[32];

	fprintf(to, "%s: from %s after %g ms to %s after %g ms (medians), x %.1f", f->name,
		readable(before->summary.median, a, sizeof(a)), f->x[f->cliff],
		readable(after->summary.median, b, sizeof(b)), f->x[f->cliff + 1], f->height);
	if (f->n > 2)
		fprintf(to, "; from %g to %g ms in all x %.1f", f->x[0], f->x[f->n - 1],
			f->measured[f->n - 1]->summary.median / f->measured[0]->summary.median);
	fputc('\n', to);
}

void families_tell(const struct family *v, size_t n, FILE *to)
{
	size_t told = 0;

	for (size_t i = 0; i < n; i++)
		if (!v[i].pauses) {
			if (!told++)
				fprintf(to, "\n%-34s %9s %9s %9s %9s %6s  %s\n", "slope of p10",
					"at none", "for each", "from", "to (95 %)", "R2", "of");
			tell_slope(&v[i], to);
		}
	told = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i].pauses) {
			if (!told++)
				fputs("\nthe cliff: what a pause before it does most\n", to);
			tell_pauses(&v[i], to);
		}
}

static json_t *slope_json(const struct family *f)
{
	json_t *sizes = json_array();

	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(sizes, json_real(f->x[i]));
	return json_pack("{s:s, s:o, s:f, s:f, s:[f, f], s:o}", "family", f->name, "sizes", sizes,
			 "at_zero", f->fit.at_zero, "slope", f->fit.slope, "slope_interval",
			 f->fit.slope_interval.low, f->fit.slope_interval.high, "r2",
			 f->n > 2 ? json_real(f->fit.r2) : json_null());
}

static json_t *pauses_json(const struct family *f)
{
	json_t *pauses = json_array(), *medians = json_array();

	for (size_t i = 0; i < f->n; i++) {
		json_array_append_new(pauses, json_real(f->x[i]));
		json_array_append_new(medians, json_real(f->measured[i]->summary.median));
	}
	return json_pack("{s:s, s:o, s:o, s:[f, f], s:f}", "family", f->name, "pauses_ms", pauses,
			 "medians", medians, "cliff_ms", f->x[f->cliff], f->x[f->cliff + 1],
			 "height", f->height);
}

void families_json(const struct family *v, size_t n, json_t *root)
{
	json_t *slopes = json_array(), *pauses = json_array();

	for (size_t i = 0; i < n; i++)
		if (v[i].pauses)
			json_array_append_new(pauses, pauses_json(&v[i]));
		else
			json_array_append_new(slopes, slope_json(&v[i]));
	json_object_set_new(root, "slopes", slopes);
	json_object_set_new(root, "pauses", pauses);
}
