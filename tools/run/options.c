// SPDX-License-Identifier: GPL-2.0-only
/* The command line of bulkhead run. */
#include "run.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
	"usage: bulkhead run [options] [AREA|ID|GLOB...]\n"
	"Does the kernel that is running keep its promises about namespaces and cgroups?\n"
	"AREA: uts, core-limits, core, cgroups; ID: uts.hostname-isolated; none: everything.\n"
	"\n"
	"  -j, --jobs N         programs at once (as many as there are CPUs)\n"
	"  -x, --exclude PAT    without what fits this AREA, ID or GLOB; more than once\n"
	"      --timeout S      seconds for one test, instead of the test's own limit\n"
	"      --disposable     the machine may be changed: run also what changes it\n"
	"      --expect FILE    a skip that FILE does not list is a failure\n"
	"      --fail-fast      stop at the first broken promise\n"
	"  -l, --list           list the tests, run none\n"
	"  -v, --verbose        tell every test, also on a terminal\n"
	"      --json FILE      the results as JSON (of every format: - is the output)\n"
	"      --junit FILE     as JUnit XML\n"
	"      --squad FILE     as SQUAD's tests.json; --squad-metrics FILE its metrics.json\n"
	"      --kcidb FILE     as KCIDB test objects\n"
	"      --lava FILE      as LAVA signals\n"
	"      --files FILE     which interface files of cgroups each test opened, and how\n"
	"  -k KERNEL            on another kernel, in a virtual machine: --vm-help tells more\n"
	"  -h, --help           this\n"
	"\n"
	"Output: a table on a terminal, KTAP elsewhere.  Exit status: 0 all that ran held;\n"
	"1 a promise is broken, something was left behind, or a skip was not expected;\n"
	"2 the command line or the machine is unusable; 4 nothing could be tested.\n";

enum {
	OPT_TIMEOUT = 256,
	OPT_DISPOSABLE,
	OPT_EXPECT,
	OPT_FAIL_FAST,
	OPT_JSON,
	OPT_JUNIT,
	OPT_SQUAD,
	OPT_SQUAD_METRICS,
	OPT_KCIDB,
	OPT_LAVA,
	OPT_FILES,
};

static const struct option options[] = {
	{ "jobs", required_argument, NULL, 'j' },
	{ "exclude", required_argument, NULL, 'x' },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "disposable", no_argument, NULL, OPT_DISPOSABLE },
	{ "expect", required_argument, NULL, OPT_EXPECT },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "list", no_argument, NULL, 'l' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "junit", required_argument, NULL, OPT_JUNIT },
	{ "squad", required_argument, NULL, OPT_SQUAD },
	{ "squad-metrics", required_argument, NULL, OPT_SQUAD_METRICS },
	{ "kcidb", required_argument, NULL, OPT_KCIDB },
	{ "lava", required_argument, NULL, OPT_LAVA },
	{ "files", required_argument, NULL, OPT_FILES },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void take(struct options *o, int c)
{
	const struct {
		int option;
		const char **where;
	} files[] = { { OPT_EXPECT, &o->expect }, { OPT_JSON, &o->json },
		      { OPT_JUNIT, &o->junit },	  { OPT_SQUAD, &o->squad },
		      { OPT_KCIDB, &o->kcidb },	  { OPT_SQUAD_METRICS, &o->squad_metrics },
		      { OPT_LAVA, &o->lava },	  { OPT_FILES, &o->files } };
	const struct {
		int option;
		bool *where;
	} flags[] = { { OPT_DISPOSABLE, &o->disposable },
		      { OPT_FAIL_FAST, &o->fail_fast },
		      { 'l', &o->list },
		      { 'v', &o->verbose } };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].option == c)
			*files[i].where = optarg;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].option == c)
			*flags[i].where = true;
	if (c == 'j')
		o->jobs = number(optarg, "-j", 1, 1024);
	else if (c == 'x')
		words_add(&o->excluded, "%s", optarg);
	else if (c == OPT_TIMEOUT)
		o->timeout = number(optarg, "--timeout", 1, 86400);
}

void options_parse(struct options *o, int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int c;

	o->jobs = cpus < 1 ? 1 : cpus > 1024 ? 1024 : (unsigned int)cpus;
	while ((c = getopt_long(argc, argv, "j:x:lvh", options, NULL)) != -1) {
		if (c == '?')
			errx(EXIT_UNUSABLE, "\"bulkhead run --help\" tells the options");
		if (c == 'h') {
			fputs(help, stdout);
			exit(0);
		}
		take(o, c);
	}
	o->patterns = argv + optind;
}
