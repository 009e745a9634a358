// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead pathlength - how many instructions the kernel executes for each
 * operation, counted in emulated guests whose clock advances one nanosecond an
 * instruction and whose chance is pinned: the same on every machine.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "path.h"

enum { EXIT_GREW = 1, EXIT_NOTHING = 4 };

/*
 * What another build of the guest's programs alone has made of the same kernel's
 * paths, and somewhat more: a larger program is more to fork, and so on.
 */
#define OTHER_BUILD .1

static const char help[] =
	"usage: bulkhead pathlength -k KERNEL [-k KERNEL] [options] [OPERATION|GLOB...]\n"
	"How many instructions does the kernel execute for each operation?  Counted in emulated\n"
	"guests of one CPU whose clock advances 1 ns an instruction, booted once with each of\n"
	"some seeds for all that is chance.  Not a time: cache misses, lock waits and grace\n"
	"periods are not in it.  Two kernels, or a kernel and a baseline: what has changed.\n"
	"\n"
	"  -k, --kernel K      a version (6.12), a bzImage, or a kernel build tree\n"
	"  -b, --baseline FILE compare with this result of --json instead of a first kernel\n"
	"  -g, --gate P%       exit with 1 where an operation grew by more than P % and by\n"
	"                      more than its spread over the seeds, and does so again with\n"
	"                      other things lying around in memory\n"
	"  -n, --samples N     of each operation in each boot, each in a fresh child: 11\n"
	"      --seeds N       boots: 3\n"
	"  -j, --jobs N        guests at once (as many as there are CPUs)\n"
	"      --cpu MODEL     of the guest, as qemu names it: qemu64.  Counts of different\n"
	"                      models are not compared\n"
	"      --cgroup LAYOUT v2 (default), v1 or hybrid\n"
	"      --modules DIR   the kernel's modules, where they do not lie beside it\n"
	"      --json FILE     the counts as JSON (- is the output)\n"
	"  -l, --list          the operations\n"
	"  -v, --verbose       the counts of every boot\n"
	"  -h, --help          this\n"
	"\n"
	"Exit status: 0; 1 an operation grew; 2 the command line, a file or a guest is no good;\n"
	"4 nothing was counted.\n";

enum { OPT_SEEDS = 256, OPT_CPU, OPT_CGROUP, OPT_MODULES, OPT_JSON };

static const struct option options[] = {
	{ "kernel", required_argument, NULL, 'k' },
	{ "baseline", required_argument, NULL, 'b' },
	{ "gate", required_argument, NULL, 'g' },
	{ "samples", required_argument, NULL, 'n' },
	{ "seeds", required_argument, NULL, OPT_SEEDS },
	{ "jobs", required_argument, NULL, 'j' },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "modules", required_argument, NULL, OPT_MODULES },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "list", no_argument, NULL, 'l' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

/* "1%" or "1", a share of a hundred. */
static double percent(const char *arg)
{
	char *end;
	double p = strtod(arg, &end);

	if (end == arg || (*end == '%' ? end[1] : *end) || !(p >= 0 && p <= 1000))
		errx(EXIT_UNUSABLE, "-g %s: a percentage such as 1%% is expected", arg);
	return p / 100;
}

static void take_text(struct options *o, int c)
{
	const struct {
		int option;
		const char **where;
	} texts[] = { { OPT_CPU, &o->cpu },
		      { OPT_CGROUP, &o->cgroup },
		      { OPT_MODULES, &o->modules },
		      { OPT_JSON, &o->json },
		      { 'b', &o->baseline } };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].option == c)
			*texts[i].where = optarg;
}

static void take(struct options *o, int c)
{
	switch (c) {
	case '?':
		errx(EXIT_UNUSABLE, "\"bulkhead pathlength --help\" tells the options");
	case 'h':
		fputs(help, stdout);
		exit(0);
	case 'k':
		if (o->n_kernels == ARRAY_SIZE(o->kernels))
			errx(EXIT_UNUSABLE, "-k %s: two kernels at most", optarg);
		o->kernels[o->n_kernels++] = optarg;
		break;
	case 'g':
		o->gate = percent(optarg);
		break;
	case 'n':
		o->samples = number(optarg, "-n", 1, 10000);
		break;
	case OPT_SEEDS:
		o->seeds = number(optarg, "--seeds", 1, SEEDS_MAX);
		break;
	case 'j':
		o->jobs = number(optarg, "-j", 1, 256);
		break;
	case 'l':
		o->list = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	default:
		take_text(o, c);
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static char *all[] = { "*", NULL };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int c;

	*o = (struct options) { .seeds = 3, .samples = 11, .gate = -1, .cpu = "qemu64" };
	o->jobs = cpus < 1 ? 1 : (unsigned int)cpus;
	while ((c = getopt_long(argc, argv, "k:b:g:n:j:lvh", options, NULL)) != -1)
		take(o, c);
	o->patterns = argv[optind] ? argv + optind : all;
	if (o->list)
		return;
	if (!o->n_kernels)
		errx(EXIT_UNUSABLE, "which kernel? -k VERSION, bzImage or build tree is expected");
	if (o->n_kernels == 2 && o->baseline)
		errx(EXIT_UNUSABLE, "-b %s: two kernels are compared already", o->baseline);
	if (o->gate >= 0 && o->n_kernels == 1 && !o->baseline)
		errx(EXIT_UNUSABLE, "-g: a second kernel, or a --baseline, is expected");
}

/* Pretends to be in the guest; it says what it would do. */
static void become_list(char **patterns)
{
	CLEAN(free_text) char *folder = own_folder();
	struct words argv = {};

	words_add(&argv, "%s/guest-path", folder);
	words_add(&argv, "1");
	words_add(&argv, "0");
	words_add(&argv, "--list");
	for (size_t i = 0; patterns[i]; i++)
		words_add(&argv, "%s", patterns[i]);
	execv(argv.v[0], argv.v);
	err(EXIT_UNUSABLE, "%s", argv.v[0]);
}

/* A pattern that fits nothing is told before anything is booted. */
static void check_pattern(char *pattern)
{
	char *one[] = { pattern, NULL }, c;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends))
		err(EXIT_UNUSABLE, "pipe");
	pid = fork();
	if (pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		become_list(one);
	}
	close(ends[1]);
	n = read(ends[0], &c, 1);
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || n <= 0)
		errx(EXIT_UNUSABLE, "no operation fits '%s' (--list lists them)", pattern);
}

static bool has_counts(const struct result *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->counts[i].n)
			return true;
	return false;
}

/* A gate below what the builds may make would be a gate on them. */
static double fair_gate(const struct options *o, const struct result *baseline,
			const struct result *now)
{
	bool raised = o->gate >= 0 && o->gate < OTHER_BUILD;

	if (baseline->build && !strcmp(baseline->build, now->build))
		return o->gate;
	warnx("%s: counted by another build of the programs in the guest, which makes up to %g %% "
	      "of some paths%s",
	      o->baseline, 100 * OTHER_BUILD, raised ? ": growth below that is not judged" : "");
	return raised ? OTHER_BUILD : o->gate;
}

/*
 * What grew is booted once more, with other things lying around, and has grown when
 * it has then as well.  A baseline stays what it is.
 */
static size_t confirm(const struct options *o, const struct result *results, double gate,
		      struct words *grew, FILE *to)
{
	struct options again = *o;
	CLEAN(words_free) struct words still = {};
	struct result second[2] = { results[0] };

	again.around = true;
	again.patterns = grew->v;
	for (unsigned int i = 0; i < o->n_kernels; i++)
		second[2 - o->n_kernels + i] = result_measure(&again, o->kernels[i]);
	fprintf(to, "\nonce more, with other things lying around:\n");
	show_two(&second[0], &second[1], gate, &still, to);
	return still.n;
}

static size_t compare_two(const struct options *o, const struct result *results, FILE *to)
{
	double gate = o->baseline ? fair_gate(o, &results[0], &results[1]) : o->gate;
	CLEAN(words_free) struct words grew = {};

	show_two(&results[0], &results[1], gate, &grew, to);
	fflush(to);
	return grew.n ? confirm(o, results, gate, &grew, to) : 0;
}

int main(int argc, char **argv)
{
	struct result results[2] = {};
	size_t n = 0, grew = 0;
	struct options o;
	bool quiet;

	options_parse(&o, argc, argv);
	if (o.list)
		become_list(o.patterns);
	for (size_t i = 0; o.patterns[i]; i++)
		check_pattern(o.patterns[i]);
	/* What cannot be read is told before anything is booted. */
	if (o.baseline)
		results[n++] = result_read(o.baseline);
	if (o.baseline && strcmp(results[0].cpu, o.cpu))
		errx(EXIT_UNUSABLE, "%s: counts of CPU %s and of CPU %s are not to be compared",
		     o.baseline, results[0].cpu, o.cpu);
	for (unsigned int k = 0; k < o.n_kernels; k++)
		results[n++] = result_measure(&o, o.kernels[k]);
	quiet = o.json && !strcmp(o.json, "-");
	for (size_t i = 0; i < n; i++)
		if (!has_counts(&results[i]))
			errx(EXIT_NOTHING, "%s: nothing was counted", results[i].kernel);
	if (n == 1 && !quiet)
		show_one(&results[0]);
	if (n == 2)
		grew = compare_two(&o, results, quiet ? stderr : stdout);
	if (o.json && results_write(o.json, results + !!o.baseline, n - !!o.baseline))
		return EXIT_UNUSABLE;
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_UNUSABLE, "the output");
	return grew ? EXIT_GREW : 0;
}
