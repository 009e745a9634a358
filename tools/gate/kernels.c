// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two kernels.  They cannot take turns within one boot, so whole boots do: ABBA, and
 * all samples of a boot are one batch.  More boots only for what is ambiguous, and
 * fresh ones for what looks worse.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "text.h"

#define BOOTS_MORE 4
#define BOOTS_MOST 24
#define BOOT_TIME  120 /* seconds, beyond what is measured */

static struct words command(const struct options *o, int side, struct gated *const *v, size_t n)
{
	CLEAN(free_text) char *folder = own_folder();
	unsigned int seconds = (unsigned int)((double)n * o->time + 1);
	struct words argv = {};

	words_add(&argv, "%s/bulkhead-vm", folder);
	words_add(&argv, "-k");
	words_add(&argv, "%s", o->kernel[side]);
	words_add(&argv, "--accel");
	words_add(&argv, "%s", o->accel ?: "kvm");
	words_add(&argv, "-t");
	words_add(&argv, "%u", BOOT_TIME + 4 * seconds);
	words_add(&argv, "-f");
	words_add(&argv, "%s/bulkhead-bench:/bulkhead/bulkhead-bench", folder);
	words_add(&argv, "-f");
	words_add(&argv, "%s/bench-worker:/bulkhead/bench-worker", folder);
	words_add(&argv, "--");
	words_add(&argv, "/bulkhead/bulkhead-bench");
	words_add(&argv, "--json");
	words_add(&argv, "-");
	words_add(&argv, "--time");
	words_add(&argv, "%u", seconds);
	for (size_t i = 0; i < n; i++)
		words_add(&argv, "%s", v[i]->name);
	return argv;
}

/* The benchmark's result; what else the guest says is standard error's. */
static json_t *run(const char *kernel, const struct words *argv)
{
	CLEAN(close_file) FILE *out = tmpfile();
	pid_t self = getpid(), pid;
	json_error_t error;
	json_t *root;
	int status;

	if (!out)
		err(EXIT_UNUSABLE, "a temporary file");
	pid = fork();
	if (pid < 0)
		err(EXIT_UNUSABLE, "fork");
	if (!pid) {
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != self ||
		    dup2(fileno(out), STDOUT_FILENO) < 0)
			_exit(127);
		execv(argv->v[0], argv->v);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_UNUSABLE, "waitpid");
	if (status)
		errx(EXIT_UNUSABLE, "%s: the guest ended with %d", kernel,
		     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	rewind(out);
	root = json_loadf(out, 0, &error);
	if (!root)
		errx(EXIT_UNUSABLE, "%s: the guest said what is no result: %s", kernel, error.text);
	return root;
}

static void take(const struct options *o, int side, struct gated *const *v, size_t n, json_t *root)
{
	const char *kernel = o->kernel[side];
	struct figures f = figures_of(kernel, root);

	if (f.emulated && !o->accel)
		errx(EXIT_UNUSABLE,
		     "%s: without KVM there are no times; \"bulkhead pathlength\" counts "
		     "instructions",
		     kernel);
	for (size_t i = 0; i < n; i++) {
		const struct figure *figure = figures_find(&f, v[i]->name);

		if (!figure || !figure->samples.n)
			errx(EXIT_UNUSABLE, "%s: %s was not measured", kernel, v[i]->name);
		for (size_t k = 0; k < figure->samples.n; k++)
			samples_add(&v[i]->sides[side].samples, figure->samples.v[k]);
		samples_end_batch(&v[i]->sides[side].samples);
	}
	figures_free(&f);
}

static void boot(const struct options *o, int side, struct gated *const *v, size_t n)
{
	struct words argv = command(o, side, v, n);

	take(o, side, v, n, run(o->kernel[side], &argv));
	words_free(&argv);
	if (o->verbose)
		printf("# booted %c: %s\n", 'A' + side, o->kernel[side]);
	fflush(stdout);
}

/* ABBA: whatever drifts evenly is in both sides alike. */
static void boots(const struct options *o, struct gated *const *v, size_t n, unsigned int count)
{
	for (unsigned int i = 0; n && i < 2 * count; i++)
		boot(o, i % 4 == 1 || i % 4 == 2, v, n);
	for (size_t i = 0; i < n; i++)
		gated_judge(v[i], o->floor);
}

/* As many boots as it takes, of those of V that are not clear yet. */
static void judge(const struct options *o, struct gated *const *v, size_t n)
{
	struct gated **open = grow(NULL, n, sizeof(struct gated *));
	size_t left = 0;

	boots(o, v, n, o->boots);
	for (unsigned int had = o->boots; had < BOOTS_MOST; had += BOOTS_MORE) {
		left = 0;
		for (size_t i = 0; i < n; i++)
			if (two_ambiguous(&v[i]->two))
				open[left++] = v[i];
		if (!left || o->accel)
			break;
		boots(o, open, left, BOOTS_MORE);
	}
	free(open);
}

void kernels_gate(const struct options *o, struct gated *v, size_t n)
{
	struct gated **all = grow(NULL, n, sizeof(struct gated *));
	size_t worse = 0;

	for (size_t i = 0; i < n; i++)
		all[i] = &v[i];
	judge(o, all, n);
	for (size_t i = 0; i < n; i++)
		if (v[i].two.verdict == TWO_WORSE && !o->accel) {
			if (o->verbose)
				gated_tell(&v[i], ", first look");
			gated_forget(&v[i]);
			all[worse++] = &v[i];
		}
	if (worse)
		judge(o, all, worse);
	for (size_t i = 0; i < worse; i++)
		if (all[i]->two.verdict != TWO_WORSE)
			all[i]->two.verdict = TWO_INCONCLUSIVE;
	for (size_t i = 0; i < n; i++) {
		if (o->accel)
			v[i].two.verdict = TWO_INCONCLUSIVE;
		gated_tell(&v[i], o->accel ? ", emulated: no times" : "");
		gated_forget(&v[i]);
	}
	free(all);
}
