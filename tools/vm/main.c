// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead vm - run a command on another kernel, in a throwaway virtual machine
 */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"usage: bulkhead vm -k KERNEL [options] [--] COMMAND...\n"
	"Runs COMMAND as root on another kernel, in a throwaway virtual machine whose root\n"
	"is in memory.  Nothing of this machine is mounted there.\n"
	"\n"
	"  -k, --kernel K        a version (6.12; bulkhead kernel fetches it), a bzImage, or\n"
	"                        a kernel build tree\n"
	"  -m, --modules DIR     its modules (default: where they belong to the kernel)\n"
	"  -d, --load MODULE     load this module and what it needs (\"zram num_devices=2\")\n"
	"      --try-load M      the same, where the kernel has it\n"
	"  -f, --file SRC[:DST]  put this file or folder, and the libraries it needs, there\n"
	"  -o, --out DIR         where the files in the guest's /out go (default: dropped)\n"
	"      --return NAME:F   the guest's /out/NAME becomes the file F\n"
	"  -e, --env NAME=VALUE  for COMMAND\n"
	"  -C, --directory DIR   COMMAND's folder there (default: as the one here)\n"
	"  -s, --disk SIZE       a scratch disk; COMMAND finds the first as $BULKHEAD_DISK\n"
	"      --swap SIZE       swap on a disk; --zram SIZE in compressed memory\n"
	"      --hugepages N     reserve N huge pages\n"
	"      --cgroup LAYOUT   v2 (default), v1, hybrid or none\n"
	"  -c, --cpus N          2     -M, --memory SIZE   1G     --numa N nodes\n"
	"  -t, --timeout S       300, 0 for none; --boot-timeout S of these to boot: 120\n"
	"  -a, --append ARGS     more kernel parameters\n"
	"  -A, --accel ACCEL     kvm or tcg (default: kvm where it works, else emulation)\n"
	"      --cpu MODEL       the CPU, as qemu names it (default: host or max)\n"
	"      --seed N          emulated, with every source of chance pinned: two boots of\n"
	"                        one seed are the same; one CPU whose clock advances 1 ns an\n"
	"                        instruction\n"
	"  -l, --log FILE        keep the guest's console\n"
	"      --fatal-warnings  a complaint of the kernel (WARNING, BUG, Oops, lockdep, RCU\n"
	"                        stall) makes it exit with 1 where COMMAND exited with 0\n"
	"\n"
	"A COMMAND that is a file here (with a slash in it) is put into the guest at the\n"
	"same place; other names are busybox's.\n"
	"exit status: COMMAND's (1 instead of 0 where a file to return is not there); 124\n"
	"time limit; 125 the guest died or could not start.\n";

enum {
	OPT_TRY = 256,
	OPT_SWAP,
	OPT_ZRAM,
	OPT_HUGE,
	OPT_CGROUP,
	OPT_BOOT,
	OPT_FATAL,
	OPT_NUMA,
	OPT_RETURN,
	OPT_CPU,
	OPT_SEED,
};

static const struct option options[] = {
	{ "kernel", required_argument, NULL, 'k' },
	{ "modules", required_argument, NULL, 'm' },
	{ "load", required_argument, NULL, 'd' },
	{ "try-load", required_argument, NULL, OPT_TRY },
	{ "file", required_argument, NULL, 'f' },
	{ "out", required_argument, NULL, 'o' },
	{ "return", required_argument, NULL, OPT_RETURN },
	{ "env", required_argument, NULL, 'e' },
	{ "disk", required_argument, NULL, 's' },
	{ "swap", required_argument, NULL, OPT_SWAP },
	{ "zram", required_argument, NULL, OPT_ZRAM },
	{ "hugepages", required_argument, NULL, OPT_HUGE },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "cpus", required_argument, NULL, 'c' },
	{ "memory", required_argument, NULL, 'M' },
	{ "numa", required_argument, NULL, OPT_NUMA },
	{ "timeout", required_argument, NULL, 't' },
	{ "boot-timeout", required_argument, NULL, OPT_BOOT },
	{ "append", required_argument, NULL, 'a' },
	{ "accel", required_argument, NULL, 'A' },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "directory", required_argument, NULL, 'C' },
	{ "log", required_argument, NULL, 'l' },
	{ "fatal-warnings", no_argument, NULL, OPT_FATAL },
	{ "help", no_argument, NULL, 'h' },
	{},
};

struct line {
	struct vm vm;
	const char *kernel, *modules;
};

static bool take_machine(struct line *l, int opt, const char *arg)
{
	struct vm *vm = &l->vm;

	switch (opt) {
	case 'k':
		l->kernel = arg;
		return true;
	case 'm':
		l->modules = arg;
		return true;
	case 'c':
		vm->cpus = count_of(arg, "-c", 1, 255);
		return true;
	case 'M':
		size_of(arg);
		vm->memory = arg;
		return true;
	case OPT_NUMA:
		vm->nodes = count_of(arg, "--numa", 1, 8);
		return true;
	case 't':
		vm->limit = count_of(arg, "-t", 0, 1000000);
		return true;
	case OPT_BOOT:
		vm->boot_limit = count_of(arg, "--boot-timeout", 1, 1000000);
		return true;
	case 'a':
		vm->append = arg;
		return true;
	case OPT_CPU:
		vm->cpu = arg;
		return true;
	case OPT_SEED:
		vm->seed = count_of(arg, "--seed", 1, 1000000000);
		return true;
	case 'A':
		vm->accel = arg;
		if (strcmp(arg, "kvm") && strcmp(arg, "tcg"))
			errx(EXIT_NO_GUEST, "-A %s: kvm or tcg", arg);
		return true;
	}
	return false;
}

static void add_return(struct vm *vm, const char *arg)
{
	int n = (int)strcspn(arg, ":");

	if (!n || !arg[n] || !arg[n + 1] || memchr(arg, '/', (size_t)n))
		errx(EXIT_NO_GUEST, "--return %s: NAME:FILE", arg);
	words_add(&vm->returns, "%.*s %s", n, arg, arg + n + 1);
}

static bool take_contents(struct line *l, int opt, const char *arg)
{
	struct vm *vm = &l->vm;

	switch (opt) {
	case 'C':
		if (*arg != '/')
			errx(EXIT_NO_GUEST, "-C %s: a path from / is expected", arg);
		vm->cwd = arg;
		return true;
	case 'd':
		words_add(&vm->load, "%s", arg);
		return true;
	case OPT_TRY:
		words_add(&vm->try_load, "%s", arg);
		return true;
	case 'f':
		words_add(&vm->files, "%s", arg);
		return true;
	case OPT_RETURN:
		add_return(vm, arg);
		return true;
	case 'e':
		if (!strchr(arg, '='))
			errx(EXIT_NO_GUEST, "-e %s: NAME=VALUE", arg);
		words_add(&vm->env, "%s", arg);
		return true;
	case 's':
		vm_add_disk(vm, arg);
		return true;
	case OPT_SWAP:
		vm_add_swap(vm, arg);
		return true;
	case OPT_ZRAM:
		vm_add_zram(vm, arg);
		return true;
	case OPT_HUGE:
		words_add(&vm->settings, "hugepages %u", count_of(arg, "--hugepages", 0, 1000000));
		return true;
	case OPT_CGROUP:
		vm_set_cgroup(vm, arg);
		return true;
	}
	return false;
}

static void take(struct line *l, int opt, const char *arg)
{
	switch (opt) {
	case 'o':
		l->vm.out = arg;
		return;
	case 'l':
		l->vm.log = arg;
		return;
	case OPT_FATAL:
		l->vm.fatal_warnings = true;
		return;
	case 'h':
		fputs(help, stdout);
		exit(0);
	}
	if (!take_machine(l, opt, arg) && !take_contents(l, opt, arg))
		errx(EXIT_NO_GUEST, "see bulkhead vm --help");
}

/* "./prog" is meant to be what "./prog" is here. */
static void add_command(struct vm *vm, char **argv)
{
	const char *cwd = vm->cwd ?: getcwd(NULL, 0);

	for (; *argv; argv++)
		words_add(&vm->command, "%s", *argv);
	if (!cwd || strchr(cwd, ':'))
		return;
	vm->cwd = cwd;
	words_add(&vm->settings, "cwd %s", cwd);
	const char *name = vm->command.v[0];

	if (!strchr(name, '/') || access(name, X_OK))
		return;
	CLEAN(free_text) char *real = realpath(name, NULL);

	if (real && *name == '/')
		words_add(&vm->files, "%s:%s", real, name);
	else if (real)
		words_add(&vm->files, "%s:%s/%s", real, cwd, name);
}

int main(int argc, char **argv)
{
	struct line l = { .vm = VM_DEFAULTS };
	struct outcome o;
	int opt;

	while ((opt = getopt_long(argc, argv, "+k:m:d:f:o:e:s:c:M:t:a:A:l:C:h", options, NULL)) >=
	       0)
		take(&l, opt, optarg);
	if (!l.kernel)
		errx(EXIT_NO_GUEST, "which kernel? -k VERSION, bzImage or build tree (see --help)");
	if (!argv[optind])
		errx(EXIT_NO_GUEST, "no command (see --help)");
	if (l.vm.seed && l.vm.accel && strcmp(l.vm.accel, "tcg"))
		errx(EXIT_NO_GUEST, "--seed pins the chance of an emulated guest: not with -A kvm");
	add_command(&l.vm, argv + optind);
	vm_use_terminal(&l.vm);
	kernel_find(l.kernel, l.modules, &l.vm.kernel);
	o = vm_run(&l.vm);
	return outcome_exit(&l.vm, &o);
}
