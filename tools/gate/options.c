// SPDX-License-Identifier: GPL-2.0-only
#include "gate.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define BOOTS 8u

static const char help[] =
	"usage: bulkhead gate [options] -a COMMAND -b COMMAND OPERATION...\n"
	"       bulkhead gate [options] --commands -a COMMAND -b COMMAND\n"
	"       bulkhead gate [options] --aa OPERATION...\n"
	"       bulkhead gate [options] -k KERNEL -k KERNEL OPERATION...\n"
	"Is B worse than A?  Batches of both, interleaved in shuffled order, in one run.\n"
	"\n"
	"  -a, -b COMMAND     run by the shell before each batch of that side: what switches\n"
	"                     a setting; with --commands, what is timed itself\n"
	"      --aa           both sides are the same: whoever is told worse is a false alarm\n"
	"  -k, --kernel K     A and then B: booted in turn (ABBA) by KVM, a boot is a batch\n"
	"      --boots N      of each kernel before the first verdict, at least 8 (8)\n"
	"      --accel tcg    to try that out in emulation, whose times are no verdict\n"
	"      --repeat N     so many gates (1); with --aa the rate of false alarms is told\n"
	"      --inject PCT   B's operations take PCT % longer, inside of the measurement: is\n"
	"                     it found?\n"
	"      --floor PCT    what is smaller is no matter (5)\n"
	"      --time S       at most so long for an operation (60); with -k: in each boot (1)\n"
	"      --json FILE    the verdicts\n"
	"  -v, --verbose      tell every round\n"
	"  -h, --help         this\n"
	"\n"
	"Worse is only what the ranks of the batches (p < .01), a change of p10 beyond the floor\n"
	"and this machine's own noise, and a fresh rerun all agree on.  Operations that have got\n"
	"a slow mode more often are told on their own.\n"
	"Exit status: 0 none is worse; 1 one is; 2 the command line or the machine is unusable;\n"
	"3 none is known to be worse, but of one it cannot be said.\n";

enum {
	OPT_AA = 256,
	OPT_REPEAT,
	OPT_INJECT,
	OPT_FLOOR,
	OPT_TIME,
	OPT_COMMANDS,
	OPT_JSON,
	OPT_BOOTS,
	OPT_ACCEL
};

static void take(struct options *o, int c)
{
	switch (c) {
	case 'a':
	case 'b':
		o->side[c - 'a'] = optarg;
		break;
	case 'k':
		if (o->kernel[1])
			errx(EXIT_UNUSABLE, "-k %s: two kernels are compared, no more", optarg);
		o->kernel[o->kernel[0] != NULL] = optarg;
		break;
	case OPT_BOOTS:
		o->boots = number(optarg, "--boots", 2, 100);
		break;
	case OPT_ACCEL:
		if (strcmp(optarg, "tcg"))
			errx(EXIT_UNUSABLE, "--accel %s: tcg is expected", optarg);
		o->emulated = true;
		break;
	case OPT_AA:
		o->aa = true;
		break;
	case OPT_COMMANDS:
		o->commands = true;
		break;
	case OPT_REPEAT:
		o->repeat = number(optarg, "--repeat", 1, 100000);
		break;
	case OPT_INJECT:
		o->inject = number(optarg, "--inject", 1, 1000) / 100.;
		break;
	case OPT_FLOOR:
		o->floor = number(optarg, "--floor", 1, 100) / 100.;
		break;
	case OPT_TIME:
		o->time = number(optarg, "--time", 1, 86400);
		break;
	case OPT_JSON:
		o->json = optarg;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		errx(EXIT_UNUSABLE, "\"bulkhead gate --help\" tells the options");
	}
}

static void check_kernels(const struct options *o)
{
	if (o->aa || o->side[0] || o->side[1] || o->commands || o->inject > 0 || o->repeat > 1)
		errx(EXIT_UNUSABLE, "-k: the two kernels are the sides, and nothing else is");
	if (!o->kernel[1])
		errx(EXIT_UNUSABLE, "-k %s: a second kernel is expected", o->kernel[0]);
	if (o->boots < BOOTS && !o->emulated)
		errx(EXIT_UNUSABLE, "--boots %u: no verdict comes of less than %u", o->boots,
		     BOOTS);
	if (!*o->names)
		errx(EXIT_UNUSABLE, "an operation is expected: \"bulkhead bench --list\" has them");
}

static void check(const struct options *o)
{
	bool sides = o->side[0] && o->side[1];

	if (o->kernel[0]) {
		check_kernels(o);
		return;
	}
	if (o->emulated || o->boots != BOOTS)
		errx(EXIT_UNUSABLE, "--boots and --accel: only with -k");
	if (o->aa ? o->side[0] || o->side[1] || o->commands : !sides)
		errx(EXIT_UNUSABLE, "either --aa, or both -a and -b, is expected");
	if (o->commands && *o->names)
		errx(EXIT_UNUSABLE, "%s: --commands times the commands alone", *o->names);
	if (!o->commands && !*o->names)
		errx(EXIT_UNUSABLE, "an operation is expected: \"bulkhead bench --list\" has them");
	if (o->commands && o->inject > 0)
		errx(EXIT_UNUSABLE, "--inject: only into operations");
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "boots", required_argument, NULL, OPT_BOOTS },
		{ "accel", required_argument, NULL, OPT_ACCEL },
		{ "aa", no_argument, NULL, OPT_AA },
		{ "commands", no_argument, NULL, OPT_COMMANDS },
		{ "repeat", required_argument, NULL, OPT_REPEAT },
		{ "inject", required_argument, NULL, OPT_INJECT },
		{ "floor", required_argument, NULL, OPT_FLOOR },
		{ "time", required_argument, NULL, OPT_TIME },
		{ "json", required_argument, NULL, OPT_JSON },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*o = (struct options) { .floor = .05, .repeat = 1, .boots = BOOTS };
	while ((c = getopt_long(argc, argv, "a:b:k:vh", options, NULL)) != -1)
		take(o, c);
	o->names = argv + optind;
	check(o);
	if (!(o->time > 0))
		o->time = o->kernel[0] ? 1 : 60;
}
