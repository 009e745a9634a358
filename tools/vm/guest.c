// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest from boot to end: what its command prints goes on as it comes, its
 * console is scanned, its time is limited.
 */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KVM_LIFE_SIGN_S 10
#define BOOT_TRIES	3

struct run {
	const struct vm *vm;
	struct guest guest;
	struct console *console;
	struct control *control;
	char said[2048]; /* by qemu itself */
	size_t said_used;
	bool rubbish; /* on the control port */
	double heard; /* when the guest last gave a sign of life */
};

/* What the command printed is nobody's to judge; a closed pipe ends us. */
static void pass_on(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			err(EXIT_NO_GUEST, "writing what the guest printed");
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

static void take(struct run *r, enum port port, const char *data, size_t size)
{
	size_t room = sizeof(r->said) - 1 - r->said_used;

	switch (port) {
	case PORT_CONSOLE:
		console_feed(r->console, data, size);
		break;
	case PORT_OUT:
		pass_on(STDOUT_FILENO, data, size);
		break;
	case PORT_ERR:
		pass_on(STDERR_FILENO, data, size);
		break;
	case PORT_CONTROL:
		r->rubbish = r->rubbish || control_feed(r->control, data, size);
		break;
	default:
		if (size > room)
			size = room;
		memcpy(r->said + r->said_used, data, size);
		r->said_used += size;
	}
}

/* Read what has come within MS; false when qemu has gone. */
static bool ports_read(struct run *r, int ms)
{
	struct pollfd p[PORTS];
	static char data[1 << 16];
	size_t open_ports = 0;

	for (size_t i = 0; i < PORTS; i++)
		p[i] = (struct pollfd) { .fd = r->guest.port[i], .events = POLLIN };
	if (poll(p, PORTS, ms) < 0 && errno != EINTR)
		err(EXIT_NO_GUEST, "poll");
	for (size_t i = 0; i < PORTS; i++) {
		ssize_t n = p[i].revents ? read(p[i].fd, data, sizeof(data)) : -1;

		if (n > 0 && i != PORT_QEMU)
			r->heard = now();
		if (n > 0)
			take(r, (enum port)i, data, (size_t)n);
		if (n == 0) {
			close(r->guest.port[i]);
			r->guest.port[i] = -1;
		}
		open_ports += r->guest.port[i] >= 0;
	}
	return open_ports > 0;
}

static void stop(struct run *r)
{
	qemu_stop(&r->guest);
	while (ports_read(r, 0))
		;
}

/* Wait for the guest's first word. */
static bool came_up(struct run *r, double until)
{
	bool runs = true;

	while (runs && now() < until && !control_alive(r->control) && !r->rubbish &&
	       !strstr(r->said, "KVM internal error"))
		runs = ports_read(r, 100);
	return control_alive(r->control);
}

static void start(struct run *r, int initrd, bool kvm)
{
	r->console = console_open(r->vm->log);
	r->control = control_open(r->vm);
	r->said_used = 0;
	memset(r->said, 0, sizeof(r->said));
	r->rubbish = false;
	r->heard = now();
	qemu_start(r->vm, initrd, kvm, &r->guest);
}

static void forget(struct run *r)
{
	console_close(r->console);
	control_close(r->control);
}

/* KVM where it truly boots a guest; the definite refusals are remembered. */
static bool start_with_kvm(struct run *r, int initrd)
{
	bool for_good;

	if (!kvm_usable(r->vm))
		return false;
	start(r, initrd, true);
	if (came_up(r, now() + KVM_LIFE_SIGN_S) || r->vm->accel)
		return true;
	stop(r);
	/* A word of qemu's before any of the kernel's: not the kernel's fault. */
	for_good = r->said_used && console_silent(r->console);
	kvm_refused(for_good ? "KVM does not boot a guest here" : "no sign of life with KVM",
		    for_good);
	forget(r);
	return false;
}

/*
 * The emulator now and then runs a stale copy of an instruction that another
 * CPU has just patched (one boot in a hundred, most on a busy machine), and the
 * kernel dies of an int3 that is no longer there.
 */
static bool emulator_lost(const struct run *r)
{
	return !r->guest.kvm && r->vm->cpus > 1 && console_says(r->console, "Oops: int3");
}

/* Nothing has been asked of a guest that does not come up. */
static bool boot(struct run *r, int initrd, double until)
{
	bool up;

	if (start_with_kvm(r, initrd))
		return came_up(r, until);
	for (int try = 1;; try++) {
		start(r, initrd, false);
		up = came_up(r, until);
		if (up || try == BOOT_TRIES || !emulator_lost(r))
			return up;
		warnx("the emulator lost track of patched code (Oops: int3): booting again");
		stop(r);
		forget(r);
	}
}

static bool is_silent(const struct run *r)
{
	return r->vm->silence && now() - r->heard > r->vm->silence;
}

static double limit_of(unsigned int seconds)
{
	return seconds ? now() + seconds : now() + 1e9;
}

static void tell_death(const struct run *r, const struct outcome *o)
{
	const struct vm *vm = r->vm;

	if (o->late)
		warnx("time limit of %u s reached", vm->limit);
	else if (r->rubbish)
		warnx("the guest said what its PID 1 does not say");
	else if (o->silent)
		warnx("the guest has given no sign of life for %u s", vm->silence);
	else if (o->status >= 0)
		warnx("the guest died before all its files came back");
	else if (!o->booted)
		warnx("%s did not boot%s", vm->kernel.image,
		      r->said_used ? "" : ": its console ends so");
	else
		warnx("the guest died: its console ends so");
	if (r->said_used)
		fprintf(stderr, "  qemu: %.*s\n", (int)strcspn(r->said, "\n"), r->said);
	console_show(r->console, true, stderr);
}

static void tell(const struct run *r, const struct outcome *o)
{
	if (o->late || o->status < 0 || !o->files_whole) {
		tell_death(r, o);
	} else if (o->complaints && !r->vm->quiet) {
		warnx("the guest's kernel complained, %zu times:", o->complaints);
		console_show(r->console, false, stderr);
	}
}

static struct outcome run_once(struct run *r, int initrd, double until)
{
	double boot_until = limit_of(r->vm->boot_limit);
	struct outcome o = {};
	bool runs = true;

	o.booted = boot(r, initrd, boot_until < until ? boot_until : until);
	while (o.booted && runs && !r->rubbish && !control_over(r->control) && now() < until &&
	       !is_silent(r))
		runs = ports_read(r, 100);
	o.silent = o.booted && is_silent(r);
	stop(r);
	o.status = control_status(r->control);
	o.files_whole = control_over(r->control);
	o.missing = o.files_whole ? control_missing(r->control) : 0;
	o.late = now() >= until && !o.files_whole;
	o.complaints = console_count(r->console);
	return o;
}

/*
 * Why the kernel is innocent of a guest's end, or NULL.  An emulated guest's clock
 * stands still now and then (one in some hundred on a busy machine): its processors
 * work, and no timer comes any more.
 */
static const char *innocent_end(const struct run *r, const struct outcome *o)
{
	if (!o->booted || o->status >= 0 || o->late || r->guest.kvm)
		return NULL;
	if (emulator_lost(r))
		return "the emulator lost track of patched code (Oops: int3)";
	return o->silent ? "the guest stands still" : NULL;
}

/* What was printed stays printed; the files are those of the last. */
struct outcome vm_run(const struct vm *vm)
{
	struct run r = { .vm = vm };
	double until = limit_of(vm->limit);
	int initrd = initramfs_make(vm);
	struct outcome o = run_once(&r, initrd, until);
	const char *innocent = innocent_end(&r, &o);

	if (vm->again && innocent) {
		warnx("%s: all over again", innocent);
		forget(&r);
		o = run_once(&r, initrd, until);
	}
	close(initrd);
	tell(&r, &o);
	forget(&r);
	return o;
}

int outcome_exit(const struct vm *vm, const struct outcome *o)
{
	if (o->late)
		return EXIT_LIMIT;
	if (o->status < 0 || !o->files_whole)
		return EXIT_NO_GUEST;
	if (!o->status && (o->missing || (o->complaints && vm->fatal_warnings)))
		return EXIT_FAILURE;
	return o->status;
}
