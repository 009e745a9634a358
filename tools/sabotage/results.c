// SPDX-License-Identifier: GPL-2.0-only
/* Reading what "bulkhead run" reports. */
#include "plan.h"

#include <jansson.h>

bool results_read(const char *file, void (*take)(void *arg, const struct outcome *o), void *arg)
{
	json_t *all = json_load_file(file, 0, NULL);
	json_t *results = json_object_get(all, "results");
	size_t n = json_array_size(results);

	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(results, i);

		take(arg, &(struct outcome) {
				  json_string_value(json_object_get(one, "name")),
				  json_string_value(json_object_get(one, "result")),
				  json_number_value(json_object_get(one, "seconds")),
			  });
	}
	json_decref(all);
	return n > 0;
}
