// SPDX-License-Identifier: GPL-2.0-only
/* Does a process get anywhere? */
#include "progress.h"
#include "wait.h"

#include <sys/mman.h>

atomic_long *progress_make(void)
{
	void *p = mmap(NULL, sizeof(atomic_long), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		check_setup_failed(HERE, "mmap: %s", errno_name(errno));
	return p;
}

void progress_run(atomic_long *p)
{
	for (;;)
		atomic_fetch_add(p, 1);
}

bool progress_moves(atomic_long *p)
{
	long before = atomic_load(p);

	return SOON(atomic_load(p) != before);
}

bool progress_stands(atomic_long *p)
{
	long before = atomic_load(p);

	sleep_ms(30);
	return atomic_load(p) == before;
}
