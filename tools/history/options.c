// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <getopt.h>
#include <stdlib.h>

#include "history.h"

static const char help[] =
	"usage: bulkhead history [options] FILE...\n"
	"Results of many nights, one a file: where did the level change, and by how much?\n"
	"Files are of bulkhead bench --json, of hyperfine, or of bulkhead pathlength --json.\n"
	"\n"
	"      --only GLOB         only benchmarks of that name; may be given again\n"
	"      --quantile PERCENT  of a result's samples, what is followed (10)\n"
	"      --floor PERCENT     changes up to that are no matter (2)\n"
	"      --chance N          a change as clear comes by chance once in N series (1000)\n"
	"      --window N          longer series are searched in windows of N results (60)\n"
	"      --fresh N           exit 1 where a change to the worse began within the last N\n"
	"      --other-machine     although the machines differ\n"
	"      --json FILE         the series and their changes (- is the output)\n"
	"      --plot FILE.svg     the series that changed, with their levels\n"
	"  -h, --help              this\n"
	"\n"
	"The method is E-divisive with permutations, in windows: no noise is assumed to be\n"
	"normal.  A level has at least 3 results, and fewer than 14 in all are too few to show\n"
	"anything with the chance of 1 in 1000.  Results are put in the order of their dates;\n"
	"where one has none, as path lengths, in the order of the arguments.  A result of bench\n"
	"that says that its CPU was disturbed is left out.\n"
	"Exit status: 0; 1 with --fresh as above; 2 files that cannot be read or put together.\n";

enum {
	OPT_ONLY = 256,
	OPT_QUANTILE,
	OPT_FLOOR,
	OPT_CHANCE,
	OPT_WINDOW,
	OPT_FRESH,
	OPT_OTHER,
	OPT_JSON,
	OPT_PLOT
};

static void take(struct options *o, int c)
{
	switch (c) {
	case OPT_ONLY:
		o->patterns = grow(o->patterns, o->n_patterns, sizeof(*o->patterns));
		o->patterns[o->n_patterns++] = optarg;
		break;
	case OPT_QUANTILE:
		o->quantile = number(optarg, "--quantile", 1, 99) / 100.;
		break;
	case OPT_FLOOR:
		o->search.floor = number(optarg, "--floor", 0, 100) / 100.;
		break;
	case OPT_CHANCE:
		o->search.p = 1. / number(optarg, "--chance", 20, 100000);
		break;
	case OPT_WINDOW:
		o->search.window = number(optarg, "--window", 4 * DIVISIVE_LEAST, 1000);
		break;
	case OPT_FRESH:
		o->fresh = number(optarg, "--fresh", DIVISIVE_LEAST, 100000);
		break;
	case OPT_OTHER:
		o->other_machine = true;
		break;
	case OPT_JSON:
		o->json = optarg;
		break;
	case OPT_PLOT:
		o->plot = optarg;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		errx(EXIT_UNUSABLE, "\"bulkhead history --help\" tells the options");
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "only", required_argument, NULL, OPT_ONLY },
		{ "quantile", required_argument, NULL, OPT_QUANTILE },
		{ "floor", required_argument, NULL, OPT_FLOOR },
		{ "chance", required_argument, NULL, OPT_CHANCE },
		{ "window", required_argument, NULL, OPT_WINDOW },
		{ "fresh", required_argument, NULL, OPT_FRESH },
		{ "other-machine", no_argument, NULL, OPT_OTHER },
		{ "json", required_argument, NULL, OPT_JSON },
		{ "plot", required_argument, NULL, OPT_PLOT },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*o = (struct options) { .quantile = .1,
				.search = { .p = .001, .floor = .02, .window = 60 } };
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		take(o, c);
	o->files = argv + optind;
	o->n_files = (size_t)(argc - optind);
	if (o->n_files < 2)
		errx(EXIT_UNUSABLE, "at least two files are expected: bulkhead history FILE...");
}
