// SPDX-License-Identifier: GPL-2.0-only
/* The results for people. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "report.h"

const char *readable(double seconds, char *to, size_t size)
{
	static const struct {
		double unit;
		const char *name;
	} units[] = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 1e-9, "ns" } };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && fabs(seconds) < units[i].unit)
		i++;
	snprintf(to, size, "%.*f %s",
		 fabs(seconds) / units[i].unit < 10    ? 2
		 : fabs(seconds) / units[i].unit < 100 ? 1
						       : 0,
		 seconds / units[i].unit, units[i].name);
	return to;
}

static void tell(const struct measured *d, FILE *to)
{
	const struct summary *s = &d->summary;
	const double figures[] = { s->p10, s->median, s->p90, s->p99 };
	char cell[32];

	fprintf(to, "%-34s", d->name);
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		fprintf(to, " %9s", readable(figures[i], cell, sizeof(cell)));
	if (isnan(s->noise))
		fprintf(to, " %7s", "-");
	else
		fprintf(to, " %5.1f %%", s->noise * 100);
	fprintf(to, " %4.0f %% %6zu %s%s\n", s->slow * 100, s->n, d->fifo ? "fifo" : "other",
		d->unsettled ? ", not quiet" : "");
}

/* A neighbour on the same core, or a clock that changes; p10 stands clear of a part. */
static void tell_disturbed(const struct measurement *m, FILE *to)
{
	double part = measure_disturbed(m);

	if (isnan(part))
		return;
	fprintf(to,
		"# the CPU was slower than its best by a tenth or more after %.0f %% of the "
		"batches%s; %.1f s went by in waiting for quiet moments\n",
		part * 100, part > STATS_DISTURBED ? ": these figures hardly repeat" : "",
		m->waited);
}

void table_print(const struct measurement *m, FILE *to)
{
	size_t not_measured = 0;

	fprintf(to,
		"# CPU %d; p10, median, p90, p99 of one operation; noise: how far p10 of two "
		"halves of these samples may differ (95 %%); slow: beyond %g times p10\n",
		m->cpu, STATS_SLOW);
	fprintf(to, "%-34s %9s %9s %9s %9s %7s %6s %6s %s\n", "operation", "p10", "median", "p90",
		"p99", "noise", "slow", "n", "sched");
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].samples.n)
			tell(&m->v[i], to);
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].error) {
			fprintf(to, "%s%s: %s: %s\n", not_measured++ ? "" : "\n", m->v[i].name,
				m->v[i].unsupported ? "not measured" : "FAILED", m->v[i].error);
		}
	fprintf(to, "\n# %zu operations in %.1f s\n", m->n, m->took);
	tell_disturbed(m, to);
	if (m->left_out)
		fprintf(to, "# --quick: %zu sizes between the least and the most left out\n",
			m->left_out);
}
