// SPDX-License-Identifier: GPL-2.0-only
/* The command line of bulkhead bench. */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "page.h"

static const char help[] =
	"usage: bulkhead bench [options] [OPERATION|GLOB|EXPERIMENT...]\n"
	"       bulkhead bench start [options] [RUNTIME...]\n"
	"What namespaces, cgroups and container starts cost.  Without names: all operations.\n"
	"An experiment repeats one of the literature: its published number beside ours.\n"
	"\n"
	"  -l, --list           operations and experiments, one a line: name, tab, what it is\n"
	"  -q, --quick          fewer samples, and without names: of sizes the least and the most\n"
	"      --time S         about so many seconds for all\n"
	"      --spaced MS      idle for MS before each operation: cold, and named NAME@MSms\n"
	"      --cpu N          the CPU to measure on (the last one allowed)\n"
	"      --no-fifo        under the scheduler that everybody has, not SCHED_FIFO\n"
	"      --let-idle       idle CPUs sleep as always (with --spaced they do)\n"
	"      --json FILE      the results, hyperfine's format and more (-: the output)\n"
	"      --html FILE      plots and figures as one page (needs gnuplot)\n"
	"      --do OPERATION   perform it, unmeasured, --count N times (1)\n"
	"      --sync FD        with --do: write 'r' when prepared, await a byte, perform,\n"
	"                       write 'd', await a byte\n"
	"      --serve          measure batches on request of another program\n"
	"  start: --runs N      starts of each runtime (20); --workers N  at most so many at once\n"
	"  -h, --help           this\n"
	"\n"
	"Exit status: 0 measured; 1 something that should work failed; 2 the command line or\n"
	"the machine is unusable; 4 nothing could be measured; 128+N ended by signal N.\n";

enum {
	OPT_DO = 256,
	OPT_COUNT,
	OPT_SYNC,
	OPT_TIME,
	OPT_SPACED,
	OPT_CPU,
	OPT_NO_FIFO,
	OPT_LET_IDLE,
	OPT_JSON,
	OPT_HTML,
	OPT_SERVE,
	OPT_RUNS,
	OPT_WORKERS,
};

static const struct option options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "quick", no_argument, NULL, 'q' },
	{ "do", required_argument, NULL, OPT_DO },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "sync", required_argument, NULL, OPT_SYNC },
	{ "time", required_argument, NULL, OPT_TIME },
	{ "spaced", required_argument, NULL, OPT_SPACED },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "no-fifo", no_argument, NULL, OPT_NO_FIFO },
	{ "let-idle", no_argument, NULL, OPT_LET_IDLE },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "html", required_argument, NULL, OPT_HTML },
	{ "serve", no_argument, NULL, OPT_SERVE },
	{ "runs", required_argument, NULL, OPT_RUNS },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void take_number(struct options *o, int c)
{
	if (c == OPT_COUNT)
		o->count = number(optarg, "--count", 1, 100000000);
	else if (c == OPT_SYNC)
		o->sync = (int)number(optarg, "--sync", 0, 1000000);
	else if (c == OPT_TIME)
		o->time = number(optarg, "--time", 1, 86400);
	else if (c == OPT_SPACED)
		o->idle = number(optarg, "--spaced", 1, 10000);
	else if (c == OPT_CPU)
		o->cpu = (int)number(optarg, "--cpu", 0, 65535);
	else if (c == OPT_RUNS)
		o->runs = number(optarg, "--runs", 3, 10000);
	else if (c == OPT_WORKERS)
		o->workers = number(optarg, "--workers", 1, 1024);
}

static void take(struct options *o, int c)
{
	const struct {
		int option;
		const char **where;
	} texts[] = { { OPT_DO, &o->todo }, { OPT_JSON, &o->json }, { OPT_HTML, &o->html } };
	const struct {
		int option;
		bool *where;
	} flags[] = { { 'l', &o->list },
		      { 'q', &o->quick },
		      { OPT_SERVE, &o->serve },
		      { OPT_NO_FIFO, &o->no_fifo },
		      { OPT_LET_IDLE, &o->let_idle } };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].option == c)
			*texts[i].where = optarg;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].option == c)
			*flags[i].where = true;
	take_number(o, c);
}

/* Before anything is measured in vain. */
static void check(const struct options *o)
{
	if (o->sync >= 0 && fcntl(o->sync, F_GETFD) < 0)
		err(EXIT_UNUSABLE, "--sync %d", o->sync);
	if (o->sync >= 0 && !o->todo)
		errx(EXIT_UNUSABLE, "--sync: only with --do");
	if (o->todo && *o->names)
		errx(EXIT_UNUSABLE, "%s: --do names the operation already", *o->names);
	if (o->json && o->html && !strcmp(o->json, "-") && !strcmp(o->html, "-"))
		errx(EXIT_UNUSABLE, "--json and --html: only one of them can be the output");
	if (o->quick && o->time > 0)
		errx(EXIT_UNUSABLE, "--quick and --time: only one of them");
}

static void check_folder(const char *path)
{
	CLEAN(free_text) char *folder = NULL;
	char *slash;

	if (!path || !strcmp(path, "-"))
		return;
	folder = text("%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		*(slash == folder ? slash + 1 : slash) = '\0';
	if (access(slash ? folder : ".", W_OK))
		err(EXIT_UNUSABLE, "%s: cannot be written", path);
}

void check_reports(const struct options *o)
{
	check_folder(o->json);
	check_folder(o->html);
	if (o->html)
		page_check();
}

FILE *table_file(const struct options *o)
{
	bool taken = (o->json && !strcmp(o->json, "-")) || (o->html && !strcmp(o->html, "-"));

	return taken ? stderr : stdout;
}

int report_verdict(const char *path, int error)
{
	if (error)
		warnx("%s: %s", path, strerror(-error));
	return error ? EXIT_UNUSABLE : 0;
}

void options_parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options) { .count = 1, .sync = -1, .cpu = -1, .runs = 20 };
	while ((c = getopt_long(argc, argv, "lqh", options, NULL)) != -1) {
		if (c == '?')
			errx(EXIT_UNUSABLE, "\"bulkhead bench --help\" tells the options");
		if (c == 'h') {
			fputs(help, stdout);
			exit(0);
		}
		take(o, c);
	}
	o->names = argv + optind;
	check(o);
}
