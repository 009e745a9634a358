// SPDX-License-Identifier: GPL-2.0-only
/* What lies below every figure: the clock, and a system call that does nothing. */
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "op.h"

static int run_getppid(struct fixture *x)
{
	(void)x;
	for (int i = 0; i < OP_INNER; i++)
		syscall(SYS_getppid);
	return 0;
}

static int run_clock(struct fixture *x)
{
	(void)x;
	for (int i = 0; i < OP_INNER; i++)
		clock_ns();
	return 0;
}

void ops_add_floor(void)
{
	op_add((struct op) { .name = "floor.clock",
			     .what = "reading the clock that all samples are taken with",
			     .flags = OP_MANY,
			     .run = run_clock });
	op_add((struct op) { .name = "floor.getppid",
			     .what = "a system call that does nothing",
			     .flags = OP_MANY,
			     .run = run_getppid });
}
