/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run that is killed leaves behind for the next one to know. */
#ifndef BULKHEAD_STATE_H
#define BULKHEAD_STATE_H

#include "machine.h"

/* Put right what killed runs have left, and tell it. */
void state_sweep(const struct run *run);
/* Written, and locked as long as we live, before anything is changed. */
void state_begin(const struct run *run, const struct machine *before);
void state_end(void);

#endif
