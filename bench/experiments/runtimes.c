// SPDX-License-Identifier: GPL-2.0-only
/* A hundred containers by crun and by runc. */
#include "lab.h"
#include "start/start.h"

#define CONTAINERS 100
#define QUICK	   10

void experiment_crun(struct lab *lab)
{
	char *names[] = { (char *)"crun", (char *)"runc", NULL };
	const double published[] = { 1.69, 3.34 };
	unsigned int each = lab->quick ? QUICK : CONTAINERS;
	double seconds[2] = { NAN, NAN };
	struct runtime *v;
	size_t n;

	bundle_make(lab->place, 0);
	v = runtimes_find(lab->place, names, &n);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(seconds) && !stop_signal && !lab->error; i++) {
		CLEAN(free_text) char *why = NULL;

		if (!v[i].error)
			seconds[i] = CONTAINERS / runtime_rate(lab->place, &v[i], 1, each, &why);
		if (v[i].error || why)
			lab->error = text("%s: %s", v[i].name, v[i].error ?: why);
	}
	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
		CLEAN(free_text)
		char *what = text("100 times %s run of true%s", names[i],
				  lab->quick ? ", ten times ten" : "");

		lab_figure(lab, what, "s", published[i], seconds[i]);
	}
	lab_figure(lab, "runc / crun", "", published[1] / published[0], seconds[1] / seconds[0]);
	runtimes_free(v, n);
}
