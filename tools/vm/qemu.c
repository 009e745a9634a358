// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest as a process: qemu, whose serial ports are pipes that we read.  8250
 * ports are built into every kernel tried, where 9p, virtiofs and
 * virtio-serial are not.  All files that qemu opens are descriptors of ours
 * without a name, so nothing has to be cleared away.
 */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERIAL_PORTS 4
#define DISKS_MAX    16

/* A file without a name. */
static int disk_make(const char *size)
{
	const char *dir = getenv("TMPDIR") ?: "/tmp";
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, size_of(size)))
		err(EXIT_NO_GUEST, "a disk of %s in %s", size, dir);
	return fd;
}

static void inherit(int fd)
{
	if (fcntl(fd, F_SETFD, 0))
		err(127, "descriptor %d", fd);
}

static void add_disks(const struct vm *vm, const int *disks, struct words *argv)
{
	for (size_t i = 0; i < vm->disks.n; i++) {
		int n = (int)strcspn(vm->disks.v[i], " ");

		words_add(argv, "-drive");
		words_add(argv,
			  "if=none,id=d%zu,format=raw,cache=unsafe,discard=unmap,file=/dev/fd/%d",
			  i, disks[i]);
		words_add(argv, "-device");
		words_add(argv, "virtio-blk-pci,drive=d%zu,serial=%.*s", i, n, vm->disks.v[i]);
	}
}

/* To a hub that nothing else is on; without firmware, which not every machine has. */
static void add_nic(struct words *argv)
{
	words_add(argv, "-netdev");
	words_add(argv, "hubport,id=nowhere,hubid=0");
	words_add(argv, "-device");
	words_add(argv, "virtio-net-pci,netdev=nowhere,romfile=");
}

/* More than one NUMA node: an equal share of the memory and the CPUs for each. */
static void add_nodes(const struct vm *vm, struct words *argv)
{
	unsigned int nodes = vm->nodes < vm->cpus ? vm->nodes : vm->cpus;

	for (unsigned int i = 0; nodes > 1 && i < nodes; i++) {
		words_add(argv, "-object");
		words_add(argv, "memory-backend-ram,id=m%u,size=%lldM", i,
			  (long long)(size_of(vm->memory) >> 20) / nodes);
		words_add(argv, "-numa");
		words_add(argv, "node,nodeid=%u,memdev=m%u,cpus=%u-%u", i, i, vm->cpus * i / nodes,
			  vm->cpus * (i + 1) / nodes - 1);
	}
}

/*
 * One CPU that runs alone, on a clock of instructions; what a kernel draws from
 * hardware (RDRAND, the real-time clock, the seed of its random pool) is pinned.
 */
static void add_pinned(const struct vm *vm, struct words *argv)
{
	static const char *const pinned[] = {
		"-accel", "tcg,thread=single",	      "-icount", "shift=0,sleep=off", "-smp", "1",
		"-rtc",	  "base=2026-01-01,clock=vm", "-cpu"
	};

	for (size_t i = 0; i < ARRAY_SIZE(pinned); i++)
		words_add(argv, "%s", pinned[i]);
	words_add(argv, "%s,-rdrand", vm->cpu ?: "qemu64");
	words_add(argv, "-seed");
	words_add(argv, "%u", vm->seed);
}

/*
 * QEMU translates code once for each address that it is seen at, and keeps the
 * translations, a gigabyte of them, until there is no more room.  A page of the
 * dynamic linker so gathers thousands; once it is free and written again (cleared
 * for the next user), each byte costs a millisecond, a page seconds, in whichever
 * test is given it.  Room for what a kernel and its programs need at a time keeps
 * the lists short.
 */
#define EMULATOR "tcg,thread=multi,tb-size=64"

static void add_cpus(const struct vm *vm, bool kvm, struct words *argv)
{
	if (vm->seed) {
		add_pinned(vm, argv);
		return;
	}
	words_add(argv, "-accel");
	words_add(argv, kvm ? "kvm" : EMULATOR);
	words_add(argv, "-cpu");
	words_add(argv, "%s", vm->cpu ?: kvm ? "host" : "max");
	words_add(argv, "-smp");
	/* A node is a socket, or the kernel wonders about the topology (a WARNING). */
	words_add(argv, vm->nodes > 1 && vm->cpus % vm->nodes == 0 ? "%u,sockets=%u" : "%u",
		  vm->cpus, vm->nodes);
}

/*
 * Under emulation the timer check may fail on a busy machine: a panic.  And a
 * processor that the machine lets wait for half a minute is no lockup: the
 * kernel's own limits are raised to the most that it takes.  Programs lie at
 * fixed addresses, for the same reason as EMULATOR's: fewer translations.  The
 * command line is one of the things that the kernel's random pool begins with, so
 * a word that means nothing else is the seed.
 */
static void add_parameters(const struct vm *vm, bool kvm, struct words *argv)
{
	static const char emulated[] =
		"no_timer_check watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300 norandmaps";
	CLEAN(free_text) char *seed = text("nokaslr bulkhead.seed=%u", vm->seed);

	words_add(argv, "console=ttyS0 loglevel=7 panic=-1 %s %s %s", kvm ? "" : emulated,
		  vm->seed ? seed : "", vm->append ?: "");
}

static void arguments(const struct vm *vm, int initrd, bool kvm, const int *disks,
		      const int *serial, struct words *argv)
{
	static const char *const fixed[] = { "qemu-system-x86_64", "-nodefaults", "-no-user-config",
					     "-no-reboot",	   "-display",	  "none" };

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		words_add(argv, "%s", fixed[i]);
	add_cpus(vm, kvm, argv);
	words_add(argv, "-m");
	words_add(argv, "%lldM", (long long)(size_of(vm->memory) >> 20) / vm->nodes * vm->nodes);
	add_nodes(vm, argv);
	words_add(argv, "-kernel");
	words_add(argv, "%s", vm->kernel.image);
	words_add(argv, "-initrd");
	words_add(argv, "/dev/fd/%d", initrd);
	words_add(argv, "-append");
	add_parameters(vm, kvm, argv);
	add_disks(vm, disks, argv);
	if (vm->nic)
		add_nic(argv);
	for (size_t i = 0; i < SERIAL_PORTS; i++) {
		words_add(argv, "-serial");
		words_add(argv, "file:/dev/fd/%d", serial[i]);
	}
}

static _Noreturn void become(char **argv, pid_t parent, int initrd, const int *disks,
			     size_t n_disks, const int *ports)
{
	int null = open("/dev/null", O_RDONLY);

	/* However we die, the guest dies with us. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	inherit(initrd);
	for (size_t i = 0; i < n_disks; i++)
		inherit(disks[i]);
	for (size_t i = 0; i < SERIAL_PORTS; i++)
		inherit(ports[i]);
	dup2(null, STDIN_FILENO);
	dup2(ports[PORT_QEMU], STDOUT_FILENO);
	dup2(ports[PORT_QEMU], STDERR_FILENO);
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

void qemu_start(const struct vm *vm, int initrd, bool kvm, struct guest *g)
{
	int ends[PORTS], disks[DISKS_MAX], pipefd[2];
	struct words argv = {};
	pid_t self = getpid();

	if (vm->disks.n > DISKS_MAX)
		errx(EXIT_NO_GUEST, "%zu disks: no more than %d", vm->disks.n, DISKS_MAX);
	for (size_t i = 0; i < vm->disks.n; i++)
		disks[i] = disk_make(strchr(vm->disks.v[i], ' ') + 1);
	for (size_t i = 0; i < PORTS; i++) {
		if (pipe2(pipefd, O_CLOEXEC))
			err(EXIT_NO_GUEST, "pipe");
		g->port[i] = pipefd[0];
		ends[i] = pipefd[1];
	}
	arguments(vm, initrd, kvm, disks, ends, &argv);
	g->kvm = kvm;
	g->pid = fork();
	if (g->pid < 0)
		err(EXIT_NO_GUEST, "fork");
	if (!g->pid)
		become(argv.v, self, initrd, disks, vm->disks.n, ends);
	for (size_t i = 0; i < PORTS; i++)
		close(ends[i]);
	for (size_t i = 0; i < vm->disks.n; i++)
		close(disks[i]);
}

void qemu_stop(struct guest *g)
{
	kill(g->pid, SIGKILL);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static char *verdict_path(void)
{
	CLEAN(free_text) char *cache = cache_folder();
	CLEAN(close_file) FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[64] = "";

	if (f && fgets(id, sizeof(id), f))
		id[strcspn(id, "\n")] = '\0';
	// cppcheck-suppress resourceLeak; CLEAN closes it
	return text("%s/no-kvm-%s", cache, id);
}

/*
 * KVM that opens is not KVM that boots a guest (nested hypervisors); what was
 * found out holds until this machine boots again, and is told once.
 */
void kvm_refused(const char *why, bool for_good)
{
	CLEAN(free_text) char *path = verdict_path();
	CLEAN(free_text)
	char *old = text("%.*s-*", (int)(strstr(path, "/no-kvm") + 7 - path), path);
	CLEAN(free_text) char *cache = cache_folder();
	glob_t verdicts;

	warnx("%s: guests run under emulation", why);
	if (!for_good || folder_make(cache))
		return;
	if (!glob(old, 0, NULL, &verdicts)) {
		for (size_t i = 0; i < verdicts.gl_pathc; i++)
			unlink(verdicts.gl_pathv[i]);
		globfree(&verdicts);
	}
	file_replace(path, why, strlen(why));
}

bool kvm_usable(const struct vm *vm)
{
	CLEAN(free_text) char *verdict = verdict_path();
	bool told = !access(verdict, F_OK);

	if (vm->seed || (vm->accel && !strcmp(vm->accel, "tcg")))
		return false;
	if (vm->accel)
		return true;
	if (!access("/dev/kvm", R_OK | W_OK))
		return !told;
	if (!told)
		kvm_refused("no usable /dev/kvm", true);
	return false;
}
