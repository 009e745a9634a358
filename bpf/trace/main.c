// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead trace - where inside the kernel time goes. */
#include <cpuid.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "attach.h"
#include "trace.h"

/* QEMU's emulation says so; its time is nobody's. */
static bool is_emulated(void)
{
	unsigned int a, vendor[3] = {}, most = 0;

	if (!__get_cpuid(1, &a, &vendor[0], &most, &vendor[1]) || !(most & 1U << 31))
		return false;
	__cpuid(0x40000000, a, vendor[0], vendor[1], vendor[2]);
	return !memcmp(vendor, "TCGTCGTCGTCG", sizeof(vendor));
}

static void need_rights(void)
{
	const char *missing = missing_rights();
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (*missing)
		errx(EXIT_UNUSABLE, "tracing needs %s (root has them)", missing);
	setrlimit(RLIMIT_MEMLOCK, &all); /* what maps are counted against before 5.11 */
	libbpf_quiet();
	if (!kernel_btf())
		errx(EXIT_NOTHING, "nothing can be attached: no /sys/kernel/btf/vmlinux "
				   "(CONFIG_DEBUG_INFO_BTF)");
}

int main(int argc, char **argv)
{
	struct trace t = {};
	int failed = 0;

	leave_to_vm(argc, argv);
	options_take(&t.o, argc, argv);
	need_rights();
	t.emulated = is_emulated();
	if (t.o.events)
		return events_run(&t.o);
	if (t.o.list) {
		symbols_read();
		functions_choose(&t);
		show_functions(stdout);
		return functions_with(NOT_TRACED) == STAGES ? EXIT_NOTHING : 0;
	}
	run_traced(&t);
	/* The command's own output is not mixed with ours. */
	show_text(&t, t.o.operation && !(t.o.json && !strcmp(t.o.json, "-")) ? stdout : stderr);
	if (t.o.json)
		failed |= json_write(&t);
	if (t.o.folded)
		failed |= folded_write(&t);
	if (t.o.html)
		failed |= html_write(&t);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_UNUSABLE, "the output");
	return failed ? EXIT_UNUSABLE : t.status;
}
