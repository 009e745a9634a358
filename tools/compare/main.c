// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead compare: two results of benchmarks beside each other, with a verdict. */
#include <err.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "text.h"

static const char help[] =
	"usage: bulkhead compare [options] A.json B.json\n"
	"Two results of bulkhead bench, or of hyperfine, beside each other: is B worse?\n"
	"\n"
	"      --floor PERCENT     changes up to that are no matter (5)\n"
	"      --other-machine     compare although the machines differ\n"
	"      --strict            exit 1 where B is worse, 3 where nothing can be said\n"
	"  -h, --help              this\n"
	"\n"
	"A and B were measured one after the other, and the machine may have changed between:\n"
	"\"bulkhead gate\" interleaves them, and is what a CI should block on.\n"
	"Exit status: 0; 2 files that cannot be compared; with --strict 1 and 3 as above.\n";

struct options {
	double floor;
	bool other_machine, strict;
};

static void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "floor", required_argument, NULL, 'f' },
		{ "other-machine", no_argument, NULL, 'm' },
		{ "strict", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*o = (struct options) { .floor = .05 };
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 'f':
			o->floor = number(optarg, "--floor", 1, 100) / 100.;
			break;
		case 'm':
			o->other_machine = true;
			break;
		case 's':
			o->strict = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			errx(EXIT_UNUSABLE, "\"bulkhead compare --help\" tells the options");
		}
	if (argc - optind != 2)
		errx(EXIT_UNUSABLE, "two files are expected: bulkhead compare A.json B.json");
}

static void check(const struct figures *a, const struct figures *b, const struct options *o)
{
	const struct figures *both[] = { a, b };
	size_t common = 0;

	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		if (both[i]->emulated)
			errx(EXIT_UNUSABLE,
			     "%s: from an emulated machine, whose times cannot be compared",
			     both[i]->path);
	if (a->cpu && b->cpu && (strcmp(a->cpu, b->cpu) || a->cpus != b->cpus) && !o->other_machine)
		errx(EXIT_UNUSABLE,
		     "different machines (%s, %ld CPUs; %s, %ld CPUs): --other-machine compares "
		     "them all the same",
		     a->cpu, a->cpus, b->cpu, b->cpus);
	for (size_t i = 0; i < a->n; i++)
		common += figures_find(b, a->v[i].name) != NULL;
	if (!common)
		errx(EXIT_UNUSABLE, "%s and %s have no benchmark in common", a->path, b->path);
}

static double percent_stddev(const struct figure *f)
{
	return f->summary.mean > 0 ? 100 * f->summary.stddev / f->summary.mean : 0;
}

static void tell(const struct figure *a, const struct figure *b, const struct two *t)
{
	printf("%12.4g ± %3.0f%% %+8.1f%% %12.4g ± %3.0f%%  [%+6.1f%%, %+6.1f%%] %5.1f%%  %-12s "
	       "%s%s\n",
	       a->summary.p10 * 1e6, percent_stddev(a), t->change * 100, b->summary.p10 * 1e6,
	       percent_stddev(b), t->interval.low * 100, t->interval.high * 100, t->threshold * 100,
	       two_names[t->verdict], a->name, t->slow_worse ? " (slow mode)" : "");
}

static void tell_disturbed(const char *side, const struct figures *f)
{
	if (figures_disturbed(f))
		printf("# %s's CPU was slower than its best after %.0f %% of the batches: what is "
		       "better or worse cannot be told from these\n",
		       side, f->disturbed * 100);
}

static void tell_missing(const struct figures *a, const struct figures *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!figures_find(b, a->v[i].name))
			printf("# only in %s: %s\n", a->path, a->v[i].name);
}

int main(int argc, char **argv)
{
	size_t counts[4] = {};
	struct options o;

	options_parse(&o, argc, argv);
	struct figures a = figures_read(argv[optind]), b = figures_read(argv[optind + 1]);

	check(&a, &b, &o);
	printf("# A %s, kernel %s\n# B %s, kernel %s\n", a.path, a.kernel ?: "not told", b.path,
	       b.kernel ?: "not told");
	if (a.awake != b.awake)
		printf("# idle CPUs were kept awake for %s alone: its figures have fewer levels\n",
		       a.awake ? "A" : "B");
	tell_disturbed("A", &a);
	tell_disturbed("B", &b);
	printf("%12s %%stddev %%change %12s %%stddev  95 %% of the change  needs   verdict      "
	       "benchmark\n",
	       "A p10, us", "B p10, us");
	for (size_t i = 0; i < a.n; i++) {
		const struct figure *other = figures_find(&b, a.v[i].name);

		if (other) {
			struct two t = two_judge(&a.v[i], other, o.floor);

			if (t.verdict != TWO_SAME &&
			    (figures_disturbed(&a) || figures_disturbed(&b)))
				two_withdraw(&t);
			tell(&a.v[i], other, &t);
			counts[t.verdict]++;
		}
	}
	tell_missing(&a, &b);
	tell_missing(&b, &a);
	printf("# %zu same, %zu better, %zu worse, %zu inconclusive\n", counts[TWO_SAME],
	       counts[TWO_BETTER], counts[TWO_WORSE], counts[TWO_INCONCLUSIVE]);
	if (fflush(stdout))
		err(EXIT_UNUSABLE, "the output cannot be written");
	figures_free(&a);
	figures_free(&b);
	if (!o.strict)
		return 0;
	return counts[TWO_WORSE] ? 1 : counts[TWO_INCONCLUSIVE] ? 3 : 0;
}
