// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead run -k KERNEL - the suites on another kernel: a guest with all that
 * they need, "bulkhead run" in it, the same options and reports.  bulkhead-run
 * becomes this program when it is given -k.
 */
#include "vm.h"

#include <err.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOME "/bulkhead"

enum kind {
	KERNEL,
	MODULES,
	CGROUP,
	CPUS,
	MEMORY,
	APPEND,
	ACCEL,
	LOG,
	LIMIT,
	SILENCE,
	FATAL,
	HELP,
	GIVE,
	RETURN
};

/* What is for us among the options; all others are for the run in the guest. */
static const struct {
	const char *name;
	enum kind kind;
	bool alone; /* takes no value */
} options[] = {
	{ "-k", KERNEL, false },
	{ "--kernel", KERNEL, false },
	{ "--modules", MODULES, false },
	{ "--cgroup", CGROUP, false },
	{ "--cpus", CPUS, false },
	{ "--memory", MEMORY, false },
	{ "--append", APPEND, false },
	{ "--accel", ACCEL, false },
	{ "--log", LOG, false },
	{ "--vm-timeout", LIMIT, false },
	{ "--silence", SILENCE, false },
	{ "--fatal-warnings", FATAL, true },
	{ "--vm-help", HELP, true },
	/* Files that go there and come back. */
	{ "--expect", GIVE, false },
	{ "--json", RETURN, false },
	{ "--junit", RETURN, false },
	{ "--squad", RETURN, false },
	{ "--squad-metrics", RETURN, false },
	{ "--kcidb", RETURN, false },
	{ "--lava", RETURN, false },
	{ "--files", RETURN, false },
};

static const char help[] =
	"usage: bulkhead run -k KERNEL [options] [AREA|ID|GLOB...]\n"
	"As \"bulkhead run\", on another kernel in a throwaway virtual machine.\n"
	"  -k KERNEL         a version (6.12), a bzImage, or a kernel build tree\n"
	"  --cgroup LAYOUT   v2 (default), v1 or hybrid\n"
	"  --cpus N          2            --memory SIZE   2G\n"
	"  --modules DIR     the kernel's modules, where they do not lie beside it\n"
	"  --append ARGS     kernel parameters      --accel kvm|tcg\n"
	"  --log FILE        keep the guest's console\n"
	"  --vm-timeout S    for all of it: 3600, 0 for none\n"
	"  --silence S       so long without a sign of life: 300, 0 for any\n"
	"  --fatal-warnings  a complaint of the guest's kernel is a failure\n"
	"An emulated guest that stands still, or dies of code that the emulator has not seen\n"
	"patched (Oops: int3), is started once more.\n"
	"Exit status as of \"bulkhead run\"; 124 time limit, 125 the guest died or did not\n"
	"start.  With a build tree what is neither good (0) nor bad (1) is 125, as \"git\n"
	"bisect run\" wants it.\n";

/* What the areas need, where the kernel has it. */
static const char *const modules[] = {
	"veth",	       "dummy numdummies=0",
	"tun",	       "bridge",
	"macvlan",     "ipvlan",
	"vrf",	       "vxlan",
	"overlay",     "nf_conntrack",
	"nf_tables",   "nft_ct",
	"nft_counter", "nft_chain_nat",
	"nft_log",     "nf_log_syslog",
	"ip_tables",   "iptable_filter",
	"iptable_nat", "ip6_tables",
	"vsock",       "vsock_loopback",
	"rdma_rxe",    "siw",
	"bfq",	       "zram",
	"loop",	       "sctp",
	"unix_diag",   "inet_diag",
	"tcp_diag",    "xt_cgroup",
	"cls_cgroup",  "netprio_cgroup",
	"binfmt_misc", "ext4",
	"ipip",	       "sit",
	"virtio_net",  "nf_log_ipv4",
	"ib_uverbs",
};

struct line {
	struct vm vm;
	struct words args;
	const char *kernel, *modules;
	bool cgroup;
};

static void take(struct line *l, enum kind kind, const char *name, const char *value)
{
	struct vm *vm = &l->vm;

	switch (kind) {
	case KERNEL:
		l->kernel = value;
		break;
	case MODULES:
		l->modules = value;
		break;
	case CGROUP:
		vm_set_cgroup(vm, value);
		break;
	case CPUS:
		vm->cpus = count_of(value, name, 1, 255);
		break;
	case MEMORY:
		vm->memory = value;
		size_of(value);
		break;
	case APPEND:
		vm->append = value;
		break;
	case ACCEL:
		vm->accel = value;
		break;
	case LOG:
		vm->log = value;
		break;
	case LIMIT:
		vm->limit = count_of(value, name, 0, 1000000);
		break;
	case SILENCE:
		vm->silence = count_of(value, name, 0, 1000000);
		break;
	case FATAL:
		vm->fatal_warnings = true;
		break;
	case HELP:
		fputs(help, stdout);
		exit(0);
	case GIVE:
		words_add(&vm->files, "%s:" HOME "/given%s", value, name);
		words_add(&l->args, "%s", name);
		words_add(&l->args, HOME "/given%s", name);
		break;
	case RETURN:
		words_add(&vm->returns, "%s %s", name + 2, value);
		words_add(&l->args, "%s", name);
		words_add(&l->args, "/out/%s", name + 2);
		break;
	}
}

/* "-kX", "-k X", "--name X" and "--name=X"; the number of words used, or 0. */
static int take_ours(struct line *l, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *name = options[i].name;
		size_t n = strlen(name);
		bool is_long = name[1] == '-';

		if (strncmp(argv[0], name, n))
			continue;
		if (!argv[0][n] && options[i].alone) {
			take(l, options[i].kind, name, NULL);
			return 1;
		}
		if (!argv[0][n] && !argv[1])
			errx(2, "%s wants a value", name);
		if (!argv[0][n]) {
			/* "-" is the output, which comes back anyway. */
			if (options[i].kind == RETURN && !strcmp(argv[1], "-"))
				return 0;
			take(l, options[i].kind, name, argv[1]);
			return 2;
		}
		if (is_long && argv[0][n] == '=')
			take(l, options[i].kind, name, argv[0] + n + 1);
		else if (!is_long)
			take(l, options[i].kind, name, argv[0] + n);
		else
			continue;
		return 1;
	}
	return 0;
}

static void parse(struct line *l, char **argv)
{
	while (*argv) {
		int used = strcmp(*argv, "--") ? take_ours(l, argv) : 0;

		if (!used) {
			bool rest = !strcmp(*argv, "--");

			do
				words_add(&l->args, "%s", *argv++);
			while (rest && *argv);
		}
		argv += used;
	}
	if (!l->kernel)
		errx(2, "which kernel? -k VERSION, bzImage or build tree");
}

static void add_if_there(struct vm *vm, const char *dir, const char *name)
{
	CLEAN(free_text) char *path = text("%s/%s", dir, name);

	if (!access(path, R_OK))
		words_add(&vm->files, "%s:" HOME "/%s", path, name);
}

/* The programs of the suites, without the objects that lie beside them. */
static void add_suites(struct vm *vm, const char *dir)
{
	CLEAN(free_text) char *suites = text("%s/suites", dir);
	char *const roots[] = { suites, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_F && e->fts_statp->st_mode & 0111)
			words_add(&vm->files, "%s:" HOME "/suites%s", e->fts_path,
				  e->fts_path + strlen(suites));
	if (fts)
		fts_close(fts);
}

static void furnish(struct line *l)
{
	static const char *const passed[] = { "BULKHEAD_SCALE", "NO_COLOR" };
	const char *verb = getenv("BULKHEAD_VERB") ?: "run"; /* who became us */
	CLEAN(free_text) char *dir = own_folder();
	struct vm *vm = &l->vm;

	add_if_there(vm, dir, "bulkhead-run");
	if (strcmp(verb, "run")) {
		add_if_there(vm, dir, "bulkhead-sabotage");
		add_if_there(vm, dir, "sabotage-trace");
		add_if_there(vm, dir, "sabotages.tsv");
		add_if_there(vm, dir, "untraceable.tsv");
		add_if_there(vm, dir, "excused.tsv");
	}
	add_if_there(vm, dir, "contract");
	add_if_there(vm, dir, "ci");
	add_suites(vm, dir);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		words_add(&vm->try_load, "%s", modules[i]);
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		if (getenv(passed[i]))
			words_add(&vm->env, "%s=%s", passed[i], getenv(passed[i]));
	vm_use_terminal(vm);
	vm->nic = true;
	if (vm->silence)
		words_add(&vm->settings, "beat 5000");
	vm_add_disk(vm, "512M");
	vm_add_swap(vm, "256M");
	vm_add_zram(vm, "64M");
	words_add(&vm->settings, "hugepages 16");
	words_add(&vm->command, HOME "/bulkhead-%s", verb);
	words_add(&vm->command, "--disposable");
	for (size_t i = 0; i < l->args.n; i++)
		words_add(&vm->command, "%s", l->args.v[i]);
}

/* To "git bisect run" 2 and 4 would be "bad". */
static int exit_status(const struct line *l, const struct outcome *o)
{
	int status = outcome_exit(&l->vm, o);
	struct stat st;

	if (!stat(l->kernel, &st) && S_ISDIR(st.st_mode) && status > 1)
		return EXIT_NO_GUEST;
	return status;
}

int main(int argc, char **argv)
{
	struct line l = { .vm = VM_DEFAULTS };
	struct outcome o;

	(void)argc;
	l.vm.memory = "2G";
	l.vm.nodes = 2;
	l.vm.limit = 3600;
	l.vm.again = true;
	l.vm.silence = 300;
	parse(&l, argv + 1);
	furnish(&l);
	kernel_find(l.kernel, l.modules, &l.vm.kernel);
	o = vm_run(&l.vm);
	return exit_status(&l, &o);
}
