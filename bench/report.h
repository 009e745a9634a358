/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports: hyperfine's format, which its own scripts read, with more keys. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <jansson.h>

#include "stats.h"

/* One of the "results"; CPU seconds of one operation, NAN: nobody has counted them. */
json_t *result_json(const char *command, const struct samples *samples, double user, double system);
/* All of them (taken over), with the machine. */
json_t *report_json(json_t *results);

/* Seconds with a unit that fits, "12.3 us": TO. */
const char *readable(double seconds, char *to, size_t size);

#endif
