// SPDX-License-Identifier: GPL-2.0-only
/* Experiments about mounts: thousands of them, and several who mount at once. */
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "clock.h"
#include "keep.h"
#include "lab.h"

#define STORM	     5000
#define RATE_SECONDS 3.0
#define QUICK_RATE   0.5

/* Each in turn, as a shell with umount does it. */
static int many_tmpfs(struct fixture *x, struct span *span, bool time_mount)
{
	char name[32];
	uint64_t mounted;

	for (long i = 0; i < x->op->n; i++) {
		snprintf(name, sizeof(name), "m%ld", i);
		if (mkdir(name, 0755))
			return op_fail(x, "mkdir %s", name);
	}
	span->begin = clock_ns();
	for (long i = 0; i < x->op->n; i++) {
		snprintf(name, sizeof(name), "m%ld", i);
		if (mount("tmpfs", name, "tmpfs", 0, NULL))
			return op_fail(x, "tmpfs %ld", i);
	}
	mounted = clock_ns();
	for (long i = 0; i < x->op->n; i++) {
		snprintf(name, sizeof(name), "m%ld", i);
		if (umount2(name, 0))
			return op_fail(x, "umount %ld", i);
	}
	span->end = time_mount ? mounted : clock_ns();
	span->begin = time_mount ? span->begin : mounted;
	return 0;
}

static int span_mount(struct fixture *x, struct span *span)
{
	return many_tmpfs(x, span, true);
}

static int span_umount(struct fixture *x, struct span *span)
{
	return many_tmpfs(x, span, false);
}

void experiment_umount_storm(struct lab *lab)
{
	const struct op op = { .name = "tmpfs",
			       .n = lab->quick ? STORM / 10 : STORM,
			       .prepare = keep_mount_room };
	double scale = STORM / (double)op.n;

	lab_figure(lab, "5000 tmpfs mounted", "s", 8, scale * lab_span(lab, &op, span_mount));
	lab_figure(lab, "5000 tmpfs unmounted, before", "s", 100, NAN);
	lab_figure(lab, "5000 tmpfs unmounted", "s", 0.6, scale * lab_span(lab, &op, span_umount));
}

static int prepare_layers(struct fixture *x)
{
	int ret = keep_mount_room(x);
	char name[32];

	if (!ret && (mkdir("what", 0755) || mkdir("at", 0755)))
		return op_fail(x, "mkdir");
	for (long i = 0; !ret && i < x->op->n; i++) {
		snprintf(name, sizeof(name), "l%ld", i);
		if (mkdir(name, 0755) || mount("what", name, NULL, MS_BIND, NULL))
			ret = op_fail(x, "layer %ld", i);
	}
	return ret;
}

static int mount_and_umount(struct fixture *x)
{
	if (mount("what", "at", NULL, MS_BIND, NULL))
		return op_fail(x, "bind mount");
	return umount2("at", MNT_DETACH) ? op_fail(x, "umount") : 0;
}

void experiment_mount_storm(struct lab *lab)
{
	const struct op op = { .name = "mount and umount",
			       .n = 500,
			       .prepare = prepare_layers,
			       .run = mount_and_umount };
	double seconds = lab->quick ? QUICK_RATE : RATE_SECONDS;
	double alone = lab_rate(lab, &op, 1, seconds), all = lab_rate(lab, &op, lab->cpus, seconds);
	double crowd = lab_rate(lab, &op, 8 * lab->cpus, seconds);

	lab_figure(lab, "mounted and unmounted by one", "/s", UNPUBLISHED, alone);
	lab_figure(lab, "by one on each CPU", "/s", UNPUBLISHED, all);
	lab_figure(lab, "by eight on each CPU", "/s", UNPUBLISHED, crowd);
	lab_figure(lab, "all CPUs / one", "", UNPUBLISHED, all / alone);
}
