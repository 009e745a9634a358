/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine and the kernel that the figures are of. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Its time means nothing: instructions are translated, not executed. */
bool machine_emulated(void);
json_t *machine_json(void);
void machine_tell(FILE *to);

#endif
