// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead run - runs the suites' programs, each in a cgroup of its own and
 * under a time limit, and reports what became of each test.
 */
#include "programs.h"
#include "state.h"

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIST_LIMIT 10 /* seconds for --list on a usual machine */

enum { EXIT_HELD = 0, EXIT_BROKEN = 1, EXIT_NOTHING = 4 };

/* Another kernel is another program's business: it gives the rest back to us, in a guest. */
static void leave_to_vm(char **argv)
{
	CLEAN(free_text) char *folder = own_folder();
	CLEAN(free_text) char *path = text("%s/bulkhead-run-vm", folder);

	for (char **a = argv + 1; *a && strcmp(*a, "--"); a++)
		if (!strncmp(*a, "-k", 2) || !strcmp(*a, "--kernel") ||
		    !strncmp(*a, "--kernel=", 9) || !strcmp(*a, "--vm-help")) {
			execv(path, argv);
			err(EXIT_UNUSABLE, "%s", path);
		}
}

/* The best of some forks, against the 200 us that a usual machine needs. */
static double measure_scale(void)
{
	const char *given = getenv("BULKHEAD_SCALE");
	double best = 1, scale = given ? strtod(given, NULL) : 0;

	if (scale >= 1 && scale < 1e6)
		return scale;
	for (int i = 0; i < 5; i++) {
		double start = now();
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			err(EXIT_UNUSABLE, "fork");
		if (now() - start < best)
			best = now() - start;
	}
	return best < 200e-6 ? 1 : best / 200e-6;
}

static void list_tests(const struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		for (size_t t = 0; t < run->programs[i].n; t++) {
			const struct result *r = &run->programs[i].results[t];

			if (r->wanted)
				printf("%s\t%s\t%s\t%s\n", r->name, r->promise,
				       run->programs[i].name, r->needs);
		}
}

static void find_programs(struct run *run)
{
	struct programs all = programs_find(run->folder, LIST_LIMIT * run->scale);

	run->programs = all.v;
	run->n = all.n;
	for (size_t i = 0; i < run->n; i++)
		for (size_t t = 0; t < run->programs[i].n; t++) {
			struct result *r = &run->programs[i].results[t];

			r->row = contract_find(&run->contract, r->promise);
		}
}

struct counts run_counts(const struct run *run)
{
	struct counts c = {};

	for (size_t i = 0; i < run->n; i++)
		count_program(&c, &run->programs[i]);
	return c;
}

static int exit_status(const struct run *run)
{
	struct counts c = run_counts(run);

	if (c.verdicts[BROKEN] || c.verdicts[LOST] || c.problems || c.unexpected || run->left)
		return EXIT_BROKEN;
	return c.verdicts[HELD] || c.verdicts[DEFECT] ? EXIT_HELD : EXIT_NOTHING;
}

/* As if the signal had ended us: whoever waits for us wants to know. */
static void die_of(int number)
{
	sigset_t set;

	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void run_free(struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		program_free(&run->programs[i]);
	free(run->programs);
	free(run->folder);
	contract_free(&run->contract);
	place_free(&run->place);
	words_free(&run->o.excluded);
	meta_free(&run->meta);
	expect_free(run);
}

static void prepare(struct run *run, int argc, char **argv)
{
	CLEAN(free_text) char *contract = NULL;

	options_parse(&run->o, argc, argv);
	run->folder = own_folder();
	run->scale = measure_scale();
	contract = text("%s/contract", run->folder);
	run->contract = contract_read(contract);
	find_programs(run);
	select_tests(run);
	expect_read(run);
	reports_check(run);
}

/* First what killed runs have left, and before the first change a note of it; last, all as before.
 */
static void carry_out(struct run *run)
{
	double start = now();
	struct machine before;

	run->taint = taint_read();
	machine_own_mounts();
	state_sweep(run);
	place_name(run);
	before = machine_read(run);
	state_begin(run, &before);
	machine_free(&before);
	place_begin(run);
	files_begin(run);
	meta_read(run);
	show_begin(run);
	loop(run);
	run->left = !place_end(run);
	state_end();
	run->seconds = now() - start;
	show_end(run);
}

int main(int argc, char **argv)
{
	CLEAN(run_free) struct run run = {};
	int status;

	leave_to_vm(argv);
	prepare(&run, argc, argv);
	if (run.o.list) {
		list_tests(&run);
		return 0;
	}
	carry_out(&run);
	status = exit_status(&run);
	if (!reports_write(&run))
		status = EXIT_UNUSABLE;
	if (fflush(stdout) || ferror(stdout)) {
		warnx("the output cannot be written");
		status = EXIT_UNUSABLE;
	}
	if (run.interrupted)
		die_of(run.interrupted);
	return status;
}
