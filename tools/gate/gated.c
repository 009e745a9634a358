// SPDX-License-Identifier: GPL-2.0-only
/* An operation that is gated: its samples, and what they say. */
#include "gate.h"

void gated_forget(struct gated *g)
{
	samples_free(&g->sides[0].samples);
	samples_free(&g->sides[1].samples);
}

void gated_judge(struct gated *g, double floor)
{
	for (int side = 0; side < 2; side++)
		g->sides[side].summary = samples_summary(&g->sides[side].samples);
	g->two = two_judge(&g->sides[0], &g->sides[1], floor);
}

bool two_ambiguous(const struct two *t)
{
	bool ranks = t->p_worse<.05, size = t->change> t->threshold / 2;

	return t->verdict == TWO_INCONCLUSIVE || (t->verdict == TWO_SAME && (ranks || size));
}

void gated_tell(const struct gated *g, const char *what)
{
	const struct two *t = &g->two;

	printf("%-12s %-28s A %10.4g us, B %10.4g us, %+6.1f %% [%+.1f, %+.1f], needs %.1f %%, "
	       "p %.2g, slow %.0f/%.0f %%, %zu batches%s%s\n",
	       two_names[t->verdict], g->name, g->sides[0].summary.p10 * 1e6,
	       g->sides[1].summary.p10 * 1e6, t->change * 100, t->interval.low * 100,
	       t->interval.high * 100, t->threshold * 100, t->p_worse, t->slow_a * 100,
	       t->slow_b * 100, g->sides[0].samples.n_batches, t->slow_worse ? ", slow mode" : "",
	       what);
	fflush(stdout);
}

bool gated_doubt(struct gated *g, const struct options *o)
{
	if (g->two.verdict != TWO_WORSE)
		return false;
	if (o->verbose)
		gated_tell(g, ", first look");
	gated_forget(g);
	return true;
}

void gated_confirm(struct gated *g)
{
	if (g->two.verdict != TWO_WORSE)
		two_withdraw(&g->two);
}

json_t *gated_json(const struct gated *g)
{
	const struct two *t = &g->two;

	return json_pack("{s:s, s:s, s:f, s:[f,f], s:f, s:f, s:f, s:f, s:b}", "operation", g->name,
			 "verdict", two_names[t->verdict], "change", t->change, "interval",
			 t->interval.low, t->interval.high, "threshold", t->threshold, "p",
			 t->p_worse, "slow_a", t->slow_a, "slow_b", t->slow_b, "slow_mode",
			 t->slow_worse);
}
