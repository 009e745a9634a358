// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead matrix - the suites on many kernels: how many promises hold in each
 * area, and which ones kernels differ on.
 */
#include "matrix.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

static const char help[] =
	"usage: bulkhead matrix [-k KERNEL]... [options] [AREA|ID|GLOB...]\n"
	"Runs the suites on each kernel (those of ci/kernels, where none is named) and tells\n"
	"how many promises of each area hold, and on which promises kernels differ.\n"
	"  -k, --kernel K      a version (6.12), a bzImage, or a kernel build tree\n"
	"      --results FILE  instead of a kernel: what \"bulkhead run --json\" wrote there\n"
	"      --cgroup LAYOUT v2 (default), v1 or hybrid\n"
	"  -j, --jobs N        for the run in each guest\n"
	"      --at-once N     guests at once (half as many as CPUs, at least 2)\n"
	"      --fresh         run again what the cache has\n"
	"      --json FILE, --html FILE, --markdown FILE   as well; - is the output, instead\n"
	"exit status: 0, 1 a promise is broken or a guest died, 2 usage.\n";

enum { OPT_RESULTS = 256, OPT_CGROUP, OPT_AT_ONCE, OPT_FRESH, OPT_JSON, OPT_HTML, OPT_MARKDOWN };

static const struct option options[] = {
	{ "kernel", required_argument, NULL, 'k' },
	{ "results", required_argument, NULL, OPT_RESULTS },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "jobs", required_argument, NULL, 'j' },
	{ "at-once", required_argument, NULL, OPT_AT_ONCE },
	{ "fresh", no_argument, NULL, OPT_FRESH },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "html", required_argument, NULL, OPT_HTML },
	{ "markdown", required_argument, NULL, OPT_MARKDOWN },
	{ "help", no_argument, NULL, 'h' },
	{},
};

/* What is written besides the table, or instead of it. */
static const struct {
	int option;
	void (*write)(const struct matrix *m, FILE *to);
} formats[] = {
	{ OPT_JSON, write_json },
	{ OPT_HTML, write_html },
	{ OPT_MARKDOWN, write_markdown },
};

#define FORMATS (ARRAY_SIZE(formats))

struct line {
	struct collect collect;
	struct words results;
	const char *outputs[FORMATS];
};

static bool take_output(struct line *l, int opt, const char *arg)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (formats[i].option != opt)
			continue;
		l->outputs[i] = arg;
		return true;
	}
	return false;
}

static void take(struct line *l, int opt, const char *arg)
{
	switch (opt) {
	case 'k':
		words_add(&l->collect.kernels, "%s", arg);
		break;
	case OPT_RESULTS:
		words_add(&l->results, "%s", arg);
		break;
	case OPT_CGROUP:
		words_add(&l->collect.options, "--cgroup");
		words_add(&l->collect.options, "%s", arg);
		break;
	case 'j':
		words_add(&l->collect.options, "-j");
		words_add(&l->collect.options, "%s", arg);
		break;
	case OPT_AT_ONCE:
		l->collect.at_once = number(arg, "--at-once", 1, 64);
		break;
	case OPT_FRESH:
		l->collect.fresh = true;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		if (!take_output(l, opt, arg))
			errx(EXIT_USAGE, "see bulkhead matrix --help");
	}
}

static void add_pinned(struct words *kernels, const char *dir)
{
	CLEAN(free_text) char *path = text("%s/ci/kernels", dir);
	CLEAN(close_file) FILE *f = fopen(path, "re");
	char line[512];

	if (!f)
		err(EXIT_USAGE, "no -k, and %s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \n")] = '\0';
		if (*line && *line != '#' && !words_have(kernels, line))
			words_add(kernels, "%s", line);
	}
}

static void read_results(const struct words *files, struct matrix *m)
{
	m->columns = reallocarray(m->columns, m->n_columns + files->n, sizeof(*m->columns));
	if (!m->columns)
		err(EXIT_USAGE, "no memory");
	for (size_t i = 0; i < files->n; i++) {
		struct column *c = &m->columns[m->n_columns++];

		*c = (struct column) {};
		if (!results_read(c, files->v[i]))
			exit(EXIT_USAGE);
		c->name = kernel_short_name(c->release);
	}
}

static void write_file(const struct matrix *m, const char *path,
		       void (*write)(const struct matrix *m, FILE *to))
{
	CLEAN(free_buffer) struct buffer b = {};
	FILE *f = open_memstream(&b.data, &b.size);
	int error;

	if (!f)
		err(EXIT_USAGE, "no memory");
	write(m, f);
	fclose(f);
	error = file_replace(path, b.data, b.size);
	if (error)
		errx(EXIT_USAGE, "%s: %s", path, strerror(-error));
}

static void tell(const struct matrix *m, const char *const outputs[FORMATS])
{
	bool table = true;

	for (size_t i = 0; i < FORMATS; i++) {
		if (outputs[i] && !strcmp(outputs[i], "-")) {
			formats[i].write(m, stdout);
			table = false;
		} else if (outputs[i]) {
			write_file(m, outputs[i], formats[i].write);
		}
	}
	if (table)
		write_text(m, stdout);
}

static int verdict(const struct matrix *m)
{
	for (size_t i = 0; i < m->n_columns; i++)
		if (m->columns[i].died || m->columns[i].problems.n)
			return 1;
	for (size_t a = 0; a < m->n_areas; a++)
		for (size_t i = 0; i < m->n_columns; i++)
			if (m->areas[a].counts[i][BROKEN])
				return 1;
	return 0;
}

int main(int argc, char **argv)
{
	CLEAN(free_text) char *dir = own_folder();
	CLEAN(free_text) char *contract = text("%s/contract", dir);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct line l = { .collect.at_once = cpus > 4 ? (unsigned int)cpus / 2 : 2 };
	struct matrix m = {};
	int opt;

	while ((opt = getopt_long(argc, argv, "k:j:h", options, NULL)) >= 0)
		take(&l, opt, optarg);
	l.collect.areas = argv + optind;
	if (!l.collect.kernels.n && !l.results.n)
		add_pinned(&l.collect.kernels, dir);
	if (l.collect.kernels.n)
		collect(&l.collect, &m);
	read_results(&l.results, &m);
	matrix_fill(&m, contract, l.collect.areas);
	tell(&m, l.outputs);
	return verdict(&m);
}
