// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead bench: what namespaces, cgroups and container starts cost. */
#include <err.h>
#include <stdio.h>

#include "bench.h"

static int list_operations(void)
{
	for (size_t i = 0; i < ops_count(); i++)
		printf("%s\t%s\n", op_at(i)->name, op_at(i)->what);
	if (fflush(stdout))
		err(EXIT_UNUSABLE, "the output cannot be written");
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;

	options_parse(&o, argc, argv);
	ops_init();
	stop_catch();
	if (o.list)
		return list_operations();
	if (o.todo)
		return do_operation(&o);
	return 0;
}
