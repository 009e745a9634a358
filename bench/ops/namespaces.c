// SPDX-License-Identifier: GPL-2.0-only
/* clone, unshare and setns, for every type and for the sets that containers use. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "child.h"
#include "kinds.h"
#include "op.h"
#include "text.h"

/* The child shares our memory and leaves in registers: the kernel's part alone. */
static int run_vfork(struct fixture *x)
{
	long pid = clone_exit(x->op->ns | CLONE_VM | CLONE_VFORK, NO_CGROUP);

	if (pid < 0 || child_wait((pid_t)pid) < 0)
		return op_fail(x, "clone3(%#llx)", (unsigned long long)x->op->ns);
	return 0;
}

/* With a copy of our page tables, as fork makes one. */
static int run_fork(struct fixture *x)
{
	long pid = clone_exit(x->op->ns, NO_CGROUP);

	if (pid < 0 || child_wait((pid_t)pid) < 0)
		return op_fail(x, "clone3(%#llx)", (unsigned long long)x->op->ns);
	return 0;
}

static int run_unshare(struct fixture *x)
{
	return unshare((int)x->op->ns) ? op_fail(x, "unshare(%#x)", (int)x->op->ns) : 0;
}

/* A process in namespaces of its own, to be entered; x->pid. */
static int hold(struct fixture *x)
{
	x->pid = child_hold(x->op->ns, NO_CGROUP);
	if (x->pid < 0) {
		x->pid = 0;
		return op_fail(x, "clone3(%#llx)", (unsigned long long)x->op->ns);
	}
	return 0;
}

/* That type's file, and where the way back leads.  A child's time is another file. */
static int open_both(struct fixture *x, const char *file)
{
	if (fixture_keep(x, ns_open(x->pid, file)) < 0 ||
	    fixture_keep(x, ns_open(getpid(), file)) < 0)
		return op_fail(x, "/proc/%d/ns/%s", x->pid, file);
	return 0;
}

static int prepare_setns_fd(struct fixture *x)
{
	int ret = hold(x);

	for (size_t i = 1; !ret && i < n_single_kinds; i++)
		if (kinds[i].flags == x->op->ns)
			ret = open_both(x, kinds[i].file);
	return ret;
}

static int run_setns_fd(struct fixture *x)
{
	return setns(x->fd[0], (int)x->op->ns) ? op_fail(x, "setns") : 0;
}

static int prepare_setns_pidfd(struct fixture *x)
{
	int ret = hold(x);

	if (ret)
		return ret;
	if (fixture_keep(x, sys_pidfd_open(x->pid)) < 0 ||
	    fixture_keep(x, sys_pidfd_open(getpid())) < 0)
		return op_fail(x, "pidfd_open");
	return 0;
}

/* Our own pidfd names where we are, so the way back needs a process at home. */
static int prepare_setns_pidfd_home(struct fixture *x)
{
	x->keeper = child_hold(0, NO_CGROUP);
	if (x->keeper < 0) {
		x->keeper = 0;
		return op_fail(x, "clone3");
	}
	int ret = hold(x);

	if (ret)
		return ret;
	if (fixture_keep(x, sys_pidfd_open(x->pid)) < 0 ||
	    fixture_keep(x, sys_pidfd_open(x->keeper)) < 0)
		return op_fail(x, "pidfd_open");
	return 0;
}

static int undo_setns(struct fixture *x)
{
	return setns(x->fd[1], (int)x->op->ns) ? op_fail(x, "setns, back") : 0;
}

/* Six calls for what one pidfd does in one.  The mount namespace last: /proc moves. */
static int prepare_setns_fds(struct fixture *x)
{
	int ret = hold(x);

	for (size_t i = n_single_kinds - 1; !ret && i; i--)
		if (kinds[i].flags & x->op->ns &&
		    fixture_keep(x, ns_open(x->pid, kinds[i].file)) < 0)
			ret = op_fail(x, "/proc/%d/ns/%s", x->pid, kinds[i].file);
	return ret;
}

static int run_setns_fds(struct fixture *x)
{
	for (size_t i = 0; i < x->n_fds; i++)
		if (setns(x->fd[i], 0))
			return op_fail(x, "setns");
	return 0;
}

static void add_clone(const struct kind *k)
{
	unsigned int loose = kind_loose(k);

	op_add((struct op) {
		.name = text("clone.%s.vfork", k->name),
		.what = text("clone3 sharing memory, exit and wait: %s", k->what),
		.ns = k->flags,
		.flags = loose,
		.run = run_vfork,
	});
	op_add((struct op) {
		.name = text("clone.%s.fork", k->name),
		.what = text("clone3 copying page tables, exit and wait: %s", k->what),
		.ns = k->flags,
		.flags = loose,
		.run = run_fork,
	});
}

static void add_unshare(const struct kind *k)
{
	op_add((struct op) {
		.name = text("unshare.%s", k->name),
		.what = text("unshare in a fresh child: %s", k->what),
		.ns = k->flags,
		.flags = OP_FRESH | kind_loose(k),
		.run = run_unshare,
	});
}

/* From a user namespace nobody comes back, so each sample is a child's. */
static void add_setns(const struct kind *k)
{
	bool user = k->flags & CLONE_NEWUSER;

	if (k->file)
		op_add((struct op) {
			.name = text("setns.%s.fd", k->name),
			.what = text("setns by the descriptor of a file of /proc: %s", k->what),
			.ns = k->flags,
			.flags = user ? OP_FRESH : OP_AHEAD,
			.prepare = prepare_setns_fd,
			.run = run_setns_fd,
			.undo = user ? NULL : undo_setns,
		});
	op_add((struct op) {
		.name = text("setns.%s.pidfd", k->name),
		.what = text("setns by the pidfd of a process: %s", k->what),
		.ns = k->flags,
		.flags = user ? OP_FRESH : OP_AHEAD,
		.prepare = user ? prepare_setns_pidfd : prepare_setns_pidfd_home,
		.run = run_setns_fd,
		.undo = user ? NULL : undo_setns,
	});
}

void ops_add_namespaces(void)
{
	for (size_t i = 0; i < n_kinds; i++)
		add_clone(&kinds[i]);
	for (size_t i = 1; i < n_kinds; i++)
		add_unshare(&kinds[i]);
	for (size_t i = 1; i < n_kinds; i++)
		add_setns(&kinds[i]);
	op_add((struct op) {
		.name = "setns.container.fds",
		.what = "setns six times, by the files of /proc: mnt, pid, net, ipc, uts and "
			"cgroup",
		.ns = NS_CONTAINER,
		.flags = OP_FRESH,
		.prepare = prepare_setns_fds,
		.run = run_setns_fds,
	});
}
