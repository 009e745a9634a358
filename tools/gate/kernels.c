// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two kernels.  They cannot take turns within one boot, so whole boots do: ABBA, and
 * all samples of a boot are one batch.  More boots only for what is ambiguous, and
 * fresh ones for what looks worse.
 */
#include <err.h>
#include <stdlib.h>

#include "gate.h"
#include "output.h"
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
	words_add(&argv, "%s", o->emulated ? "tcg" : "kvm");
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
	struct output o = output_start(argv);
	int status = output_end(&o);
	json_error_t error;
	json_t *root;

	if (status)
		errx(EXIT_UNUSABLE, "%s: the guest ended with %d", kernel, status);
	root = json_loadf(o.from, 0, &error);
	if (!root)
		errx(EXIT_UNUSABLE, "%s: the guest said what is no result: %s", kernel, error.text);
	fclose(o.from);
	return root;
}

static void take(const struct options *o, int side, struct gated *const *v, size_t n, json_t *root)
{
	const char *kernel = o->kernel[side];
	struct figures f = figures_of(kernel, root);

	if (f.emulated && !o->emulated)
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
	for (size_t i = 0; i < n; i++) {
		gated_judge(v[i], o->floor);
		if (o->emulated)
			two_withdraw(&v[i]->two);
	}
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
		if (!left || o->emulated)
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
		if (gated_doubt(&v[i], o))
			all[worse++] = &v[i];
	if (worse)
		judge(o, all, worse);
	for (size_t i = 0; i < worse; i++)
		gated_confirm(all[i]);
	for (size_t i = 0; i < n; i++) {
		gated_tell(&v[i], o->emulated ? ", emulated: no times" : "");
		gated_forget(&v[i]);
	}
	free(all);
}
