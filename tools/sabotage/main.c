// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead sabotage - makes the kernel look broken in one way after the other,
 * and tells which tests notice.
 */
#include "plan.h"
#include "run.h"

#include <err.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
	"usage: bulkhead sabotage [options] [ID|GLOB...] [-- AREA|TEST...]\n"
	"Makes the kernel look broken to the tests, in one way (a sabotage) after the other,\n"
	"and tells which of them notice.  The tests run in namespaces of their own.\n"
	"  ID|GLOB           of sabotages (all); \"none\" compares the verdicts with those\n"
	"                    under a tracer that alters nothing\n"
	"  -- AREA|TEST      of tests, as for \"bulkhead run\" (all)\n"
	"  -l, --list        list the sabotages, run none\n"
	"      --json FILE   score, areas, unnoticed, excused, never_failing, untested, matrix;\n"
	"                    - is the output\n"
	"      --all-areas   on all tests it applies to, not only where it should be noticed\n"
	"  -j, --jobs N      (as many as there are CPUs)\n"
	"      --disposable  the machine may be changed\n"
	"  -k KERNEL         in a virtual machine, as \"bulkhead run -k\"\n"
	"Exit status: 0 every sabotage was noticed or is excused by name, 1 not, 2 the command\n"
	"line or the machine is unusable, 4 nothing could be tested.\n";

enum { OPT_JSON = 256, OPT_ALL, OPT_DISPOSABLE };

static const struct option options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "all-areas", no_argument, NULL, OPT_ALL },
	{ "jobs", required_argument, NULL, 'j' },
	{ "disposable", no_argument, NULL, OPT_DISPOSABLE },
	{ "help", no_argument, NULL, 'h' },
	{},
};

/* The other kernel's guest is furnished as that of "bulkhead run". */
static void leave_to_vm(char **argv)
{
	CLEAN(free_text) char *folder = own_folder();
	CLEAN(free_text) char *path = text("%s/bulkhead-run-vm", folder);

	for (char **a = argv + 1; *a && strcmp(*a, "--"); a++)
		if (!strncmp(*a, "-k", 2) || !strncmp(*a, "--kernel", 8)) {
			setenv("BULKHEAD_VERB", "sabotage", 1);
			execv(path, argv);
			err(EXIT_UNUSABLE, "%s", path);
		}
}

static void take(struct wishes *o, int c)
{
	switch (c) {
	case 'l':
		o->list = true;
		break;
	case 'j':
		o->jobs = number(optarg, "-j", 1, 64);
		break;
	case OPT_JSON:
		o->json = optarg;
		break;
	case OPT_ALL:
		o->all_areas = true;
		break;
	case OPT_DISPOSABLE:
		o->disposable = true;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		errx(EXIT_UNUSABLE, "\"bulkhead sabotage --help\" tells the options");
	}
}

static void parse(struct wishes *o, int argc, char **argv)
{
	char **line = argv;
	int c;

	o->jobs = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	/* Before "--" are sabotages, behind it tests. */
	while (*line && strcmp(*line, "--"))
		line++;
	o->patterns = *line ? line + 1 : line;
	if (*line)
		argc = (int)(line - argv);
	*line = NULL;
	while ((c = getopt_long(argc, argv, "lj:h", options, NULL)) != -1)
		take(o, c);
	o->ids = argv + optind;
}

static void select_rows(struct plan *p)
{
	p->wanted = calloc(p->table.n, sizeof(*p->wanted));
	if (!p->wanted)
		err(EXIT_UNUSABLE, "no memory");
	for (size_t r = 0; r < p->table.n; r++)
		p->wanted[r] = !*p->o.ids;
	for (char **id = p->o.ids; *id; id++) {
		bool any = false;

		for (size_t r = 0; r < p->table.n; r++)
			if (!fnmatch(*id, p->table.rows[r].id, 0))
				p->wanted[r] = any = true;
		if (!any)
			errx(EXIT_UNUSABLE, "no sabotage fits '%s': --list lists them", *id);
	}
}

static void list(const struct plan *p)
{
	for (size_t r = 0; r < p->table.n; r++)
		if (p->wanted[r])
			printf("%s\t%s\t%s\n", p->table.rows[r].id, p->table.rows[r].areas,
			       p->table.rows[r].broken);
}

/* Folders of runs that were killed: nobody holds their lock any more. */
static void sweep_work(const char *temp)
{
	CLEAN(free_text) char *pattern = text("%s/bulkhead-sabotage.??????", temp);
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (fd < 0)
			continue;
		if (!fstat(fd, &st) && st.st_uid == geteuid() && !flock(fd, LOCK_EX | LOCK_NB))
			folder_remove(found.gl_pathv[i]);
		close(fd);
	}
	globfree(&found);
}

/*
 * Also the TMPDIR of all runs, whose tests are other users at times.  Locked as
 * long as any of us lives; who sweeps may have come between its birth and that.
 */
static void make_work(struct plan *p)
{
	const char *given = getenv("TMPDIR"), *temp = given && *given ? given : "/tmp";
	int fd = -1;

	sweep_work(temp);
	while (fd < 0 || access(p->work, F_OK)) {
		if (fd >= 0)
			close(fd);
		free(p->work);
		p->work = text("%s/bulkhead-sabotage.XXXXXX", temp);
		if (!mkdtemp(p->work))
			err(EXIT_UNUSABLE, "%s", p->work);
		fd = open(p->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX))
			err(EXIT_UNUSABLE, "%s", p->work);
	}
	if (fchmod(fd, 0755))
		err(EXIT_UNUSABLE, "%s", p->work);
}

static int carry_out(struct plan *p, bool none)
{
	double start = now();
	int status;

	if (geteuid())
		errx(EXIT_UNUSABLE, "root is needed: the tests run in namespaces of their own");
	/* First: the dead ones' last processes still hold their folders' locks. */
	sandbox_sweep();
	make_work(p);
	plan_tests(p);
	if (none) {
		status = none_run(p);
	} else {
		matrix_run(p);
		p->seconds = now() - start;
		status = report(p);
	}
	sandbox_end();
	if (!getenv("SABOTAGE_KEEP"))
		folder_remove(p->work);
	return status;
}

int main(int argc, char **argv)
{
	struct plan p = {};
	bool none;

	leave_to_vm(argv);
	parse(&p.o, argc, argv);
	p.folder = own_folder();
	CLEAN(free_text) char *table = text("%s/sabotages.tsv", p.folder);

	p.table = sabotages_read(table);
	none = *p.o.ids && !strcmp(*p.o.ids, "none") && !p.o.ids[1];
	if (!none)
		select_rows(&p);
	if (p.o.list) {
		list(&p);
		return 0;
	}
	return carry_out(&p, none);
}
