// SPDX-License-Identifier: GPL-2.0-only
#include "quiet.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "place.h"
#include "userns.h"

#define PROBE_TYPES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUSER)
#define NAP_US	    300
#define LIMIT	    20000 /* ms */

/*
 * One of each type is all that the probe may have.  It lets its own go and makes the
 * next as soon as it can: the kernel takes them away in turn, so by then those that
 * went before are gone as well.  The new ones are kept, and disturb nobody.
 */
static void probe(int socket)
{
	static const char *const types[] = { "net", "ipc", "pid", "user" };
	int ready = userns_enter();
	pid_t held = 0;
	char c;

	for (size_t i = 0; !ready && i < sizeof(types) / sizeof(types[0]); i++)
		ready = userns_limit(types[i], 1);
	prctl(PR_SET_TIMERSLACK, 1);
	while (recv(socket, &c, 1, 0) == 1) {
		child_end(&held);
		while (!ready && (held = child_hold(PROBE_TYPES, NO_CGROUP)) < 0)
			if (errno != ENOSPC && errno != EUSERS)
				ready = -errno;
			else
				nap_us(NAP_US);
		if (send(socket, ready ? "n" : "y", 1, MSG_NOSIGNAL) != 1)
			break;
	}
	child_end(&held);
	_exit(0);
}

void quiet_begin(struct quiet *q, const struct place *place)
{
	int pair[2];

	*q = (struct quiet) { .socket = -1, .place = place };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return;
	q->pid = child_fork(0, place->cgroup_fd >= 0 ? place->cgroup_fd : NO_CGROUP);
	if (!q->pid) {
		close(pair[0]);
		probe(pair[1]);
	}
	close(pair[1]);
	q->socket = pair[0];
}

static bool await_namespaces(struct quiet *q)
{
	struct pollfd p = { .fd = q->socket, .events = POLLIN };
	char c = 0;

	if (q->pid <= 0 || send(q->socket, "?", 1, MSG_NOSIGNAL) != 1)
		return false;
	while (poll(&p, 1, LIMIT) < 0 && errno == EINTR)
		;
	return recv(q->socket, &c, 1, MSG_DONTWAIT) == 1 && c == 'y';
}

bool quiet_await(struct quiet *q, const struct op *op)
{
	bool quiet = true;

	if (!(op->flags & OP_LOOSE))
		return true;
	if (op->ns)
		quiet = await_namespaces(q);
	else if (q->place->cgroup)
		quiet = !cgroup_await(q->place->cgroup, "cgroup.stat", "nr_dying_descendants", 0,
				      LIMIT);
	return quiet;
}

void quiet_end(struct quiet *q)
{
	if (q->socket >= 0)
		close(q->socket);
	if (q->pid > 0)
		child_wait(q->pid);
	*q = (struct quiet) { .socket = -1 };
}
