// SPDX-License-Identifier: GPL-2.0-only
/* What can be asked of a guest, checked: shared by all that start one. */
#include "vm.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

unsigned int count_of(const char *arg, const char *option, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end || n < min || n > max)
		errx(EXIT_NO_GUEST, "%s %s: a number from %lu to %lu", option, arg, min, max);
	return (unsigned int)n;
}

/* "512M" and the like, as truncate(1) and qemu take it. */
off_t size_of(const char *size)
{
	static const char units[] = "KMGT";
	char *end;
	off_t n = strtoll(size, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (n <= 0 || n > 1L << 30 || (*end && (!unit || end[1])))
		errx(EXIT_NO_GUEST, "'%s' is no size: 64M, 1G ...", size);
	return unit ? n << (10 * (unit - units + 1)) : n;
}

static void need_disks(struct vm *vm)
{
	if (vm->disks.n)
		return;
	words_add(&vm->try_load, "virtio_pci");
	words_add(&vm->try_load, "virtio_blk");
}

static void add_disk(struct vm *vm, const char *label, const char *size)
{
	size_of(size);
	need_disks(vm);
	words_add(&vm->disks, "%s %s", label, size);
}

void vm_add_disk(struct vm *vm, const char *size)
{
	CLEAN(free_text) char *label = text("scratch%zu", vm->disks.n);

	add_disk(vm, label, size);
	words_add(&vm->settings, "disk %s", label);
}

void vm_add_swap(struct vm *vm, const char *size)
{
	CLEAN(free_text) char *label = text("swap%zu", vm->disks.n);

	add_disk(vm, label, size);
	words_add(&vm->settings, "swap %s", label);
}

void vm_add_zram(struct vm *vm, const char *size)
{
	words_add(&vm->try_load, "zram");
	words_add(&vm->settings, "zram %lld", (long long)size_of(size));
}

void vm_set_cgroup(struct vm *vm, const char *layout)
{
	static const char *const layouts[] = { "v2", "v1", "hybrid", "none" };

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (!strcmp(layout, layouts[i])) {
			words_add(&vm->settings, "cgroup %s", layout);
			return;
		}
	}
	errx(EXIT_NO_GUEST, "--cgroup %s: v2, v1, hybrid or none", layout);
}

/* Somebody looks at our output: the command in the guest is to know. */
void vm_use_terminal(struct vm *vm)
{
	struct winsize w;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		return;
	words_add(&vm->settings, "terminal %u %u", w.ws_row, w.ws_col);
	if (getenv("TERM"))
		words_add(&vm->env, "TERM=%s", getenv("TERM"));
}
