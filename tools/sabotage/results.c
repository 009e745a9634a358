// SPDX-License-Identifier: GPL-2.0-only
/* Reading what "bulkhead run" reports. */
#include "plan.h"

#include <jansson.h>

bool results_read(const char *file, void (*take)(void *arg, const char *test, const char *result),
		  void *arg)
{
	json_t *all = json_load_file(file, 0, NULL), *one;
	json_t *results = json_object_get(all, "results");
	size_t i, n = json_array_size(results);

	json_array_foreach(results, i, one)
		take(arg, json_string_value(json_object_get(one, "name")),
		     json_string_value(json_object_get(one, "result")));
	json_decref(all);
	return n > 0;
}
