// SPDX-License-Identifier: GPL-2.0-only
/* The command line of bulkhead trace. */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

static const char help[] =
	"usage: bulkhead trace [options] -- COMMAND...\n"
	"       bulkhead trace [options] OPERATION\n"
	"       bulkhead trace [options] --cgroup PATH\n"
	"       bulkhead trace --events [-- COMMAND...]\n"
	"Where inside the kernel does the time of namespaces, cgroups and container starts go?\n"
	"Follows the COMMAND and all its children, or an OPERATION of \"bulkhead bench --list\"\n"
	"and nothing around it.\n"
	"\n"
	"  -b, --backend B     auto (default), probes, sampling or syscalls\n"
	"  -g, --groups LIST   of the functions only these: NS,NET,MNT,USER,GONE,WAIT,CGROUP,\n"
	"                      FORK,EXEC,EXIT\n"
	"  -n, --count N       operations (default: 2 seconds of them, 10 when sampling)\n"
	"  -s, --seconds S     how long, for an OPERATION or a --cgroup (10)\n"
	"  -f, --frequency HZ  samples a second on each CPU (997)\n"
	"      --cost          run the COMMAND without probes first, and tell what they cost\n"
	"      --cgroup PATH   what is in this cgroup (of v2) and below, instead of a COMMAND\n"
	"      --events        namespaces and cgroups as they come and go, a line each\n"
	"      --functions     the functions, and how each is traced on this kernel, or why not\n"
	"      --json FILE     the tree as JSON (of every format: - is the output)\n"
	"      --folded FILE   as folded stacks, for flame graphs\n"
	"      --html FILE     as a page with a flame graph\n"
	"  -v, --verbose       every stage and every place that blocked\n"
	"  -k KERNEL           on another kernel, in a virtual machine\n"
	"  -h, --help          this\n"
	"\n"
	"Times of a probed run are not told: shares are, and times only as shares of what the\n"
	"same took without probes.  Exit status: the COMMAND's; 0 for an OPERATION; 2 the\n"
	"command line, the rights or the machine will not do; 4 nothing could be attached.\n";

enum { OPT_COST = 256, OPT_CGROUP, OPT_EVENTS, OPT_FUNCTIONS, OPT_JSON, OPT_FOLDED, OPT_HTML };

static const struct option options[] = {
	{ "backend", required_argument, NULL, 'b' },
	{ "groups", required_argument, NULL, 'g' },
	{ "count", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 's' },
	{ "frequency", required_argument, NULL, 'f' },
	{ "cost", no_argument, NULL, OPT_COST },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "events", no_argument, NULL, OPT_EVENTS },
	{ "functions", no_argument, NULL, OPT_FUNCTIONS },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "folded", required_argument, NULL, OPT_FOLDED },
	{ "html", required_argument, NULL, OPT_HTML },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static enum mode mode_of(const char *arg)
{
	static const char *const names[] = { "auto", "probes", "sampling", "syscalls" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(arg, names[i]))
			return (enum mode)i;
	errx(EXIT_UNUSABLE, "-b %s: auto, probes, sampling or syscalls is expected", arg);
}

static void check_groups(const char *arg)
{
	CLEAN(words_free) struct words list = words_split(arg, ",");
	size_t f;

	for (size_t i = 0; i < list.n; i++) {
		for (f = 0; f < STAGES && strcmp(functions[f].group, list.v[i]); f++)
			;
		if (f == STAGES)
			errx(EXIT_UNUSABLE, "-g %s: no group '%s'", arg, list.v[i]);
	}
	if (!list.n)
		errx(EXIT_UNUSABLE, "-g: a list of groups is expected");
}

static void take_file(struct options *o, int c)
{
	const struct {
		int option;
		const char **where;
	} files[] = { { OPT_JSON, &o->json },
		      { OPT_FOLDED, &o->folded },
		      { OPT_HTML, &o->html },
		      { OPT_CGROUP, &o->cgroup } };
	const struct {
		int option;
		bool *where;
	} flags[] = { { OPT_COST, &o->cost },
		      { OPT_EVENTS, &o->events },
		      { OPT_FUNCTIONS, &o->list },
		      { 'v', &o->verbose } };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].option == c)
			*files[i].where = optarg;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].option == c)
			*flags[i].where = true;
}

static void take(struct options *o, int c)
{
	switch (c) {
	case '?':
		errx(EXIT_UNUSABLE, "\"bulkhead trace --help\" tells the options");
	case 'h':
		fputs(help, stdout);
		exit(0);
	case 'b':
		o->mode = mode_of(optarg);
		break;
	case 'g':
		check_groups(optarg);
		o->groups = optarg;
		break;
	case 'n':
		o->count = number(optarg, "-n", 1, 10000000);
		break;
	case 's':
		o->seconds = number(optarg, "-s", 1, 86400);
		break;
	case 'f':
		o->frequency = number(optarg, "-f", 1, 20000);
		break;
	default:
		take_file(o, c);
	}
}

/* A file that cannot be written is told before the command has run, not after. */
static void check_writable(const char *path)
{
	CLEAN(free_text) char *folder = path ? text("%s", path) : NULL;
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!path || !strcmp(path, "-") || !access(path, W_OK))
		return;
	if (slash)
		*slash = '\0';
	if (access(slash ? (*folder ? folder : "/") : ".", W_OK))
		err(EXIT_UNUSABLE, "%s: cannot be written", path);
}

void options_take(struct options *o, int argc, char **argv)
{
	bool dashes;
	int c, things;

	o->frequency = 997;
	while ((c = getopt_long(argc, argv, "+b:g:n:s:f:vh", options, NULL)) != -1)
		take(o, c);
	dashes = optind > 1 && !strcmp(argv[optind - 1], "--");
	if (dashes && argv[optind])
		o->command = argv + optind;
	else if (argv[optind])
		o->operation = argv[optind];
	things = !!o->command + !!o->operation + !!o->cgroup;
	if (o->operation && argv[optind + 1])
		errx(EXIT_UNUSABLE, "%s: one operation is expected, or -- and a command",
		     argv[optind + 1]);
	if (o->list || (o->events && !things))
		return;
	if (things != 1)
		errx(EXIT_UNUSABLE, "one of -- COMMAND, an OPERATION or --cgroup is expected");
	check_writable(o->json);
	check_writable(o->folded);
	check_writable(o->html);
}
