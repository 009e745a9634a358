/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup.event_control: eventfds that are told of what a file stands for. */
#ifndef V1_EVENT_H
#define V1_EVENT_H

#include "v1.h"

#include <fcntl.h>
#include <sys/eventfd.h>

/* An eventfd that is told of what the file stands for; the errno of the registration. */
static inline int try_notify(const struct cgroup *cg, const char *file, const char *args,
			     int *event)
{
	int fd = cgroup_open(cg, file, O_RDONLY), ret;

	*event = MUST(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	ret = cgroup_try_write(cg, "cgroup.event_control", "%d %d %s", *event, fd, args);
	int e = errno;
	close(fd);
	errno = e;
	return ret;
}

static inline bool signalled(int event)
{
	uint64_t n;

	return read(event, &n, sizeof(n)) == sizeof(n);
}

static inline void need_event_control(const struct cgroup *cg)
{
	if (!cgroup_has(cg, "cgroup.event_control"))
		check_skip("not supported: cgroup.event_control");
}

#endif
