// SPDX-License-Identifier: GPL-2.0-only
/* Does a step apply to the call that a task is stopped at? */
#include "trace.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *link_text(const char *path)
{
	char link[PATH_MAX];
	ssize_t n = readlink(path, link, sizeof(link) - 1);

	link[n < 0 ? 0 : n] = '\0';
	return text("%s", link);
}

static char *descriptor_name(pid_t pid, int fd)
{
	CLEAN(free_text) char *path = text("/proc/%d/fd/%d", pid, fd);

	return link_text(path);
}

/* All descriptors that are polled, in one name. */
static char *polled_names(pid_t pid, const struct regs *r)
{
	struct words names = {};
	uint64_t n = r->args[1] < 16 ? r->args[1] : 16;
	char *all;

	for (uint64_t i = 0; i < n; i++) {
		int fd = (int)memory_number(pid, r->args[0] + 8 * i, 4);
		CLEAN(free_text) char *name = descriptor_name(pid, fd);

		words_add(&names, "%s", name);
	}
	all = words_join(&names, " ");
	words_free(&names);
	return all;
}

/* Of the file that the call is about; "" where it is about none. */
const char *task_file(struct task *k, const struct regs *r)
{
	const struct call *c = call_of(r->nr);

	if (k->name)
		return k->name;
	if (!strcmp(c->name, "poll") || !strcmp(c->name, "ppoll"))
		k->name = polled_names(k->pid, r);
	else if (c->path >= 0)
		k->name = memory_text(k->pid, r->args[c->path], PATH_MAX);
	else if (c->fd >= 0)
		k->name = descriptor_name(k->pid, (int)r->args[c->fd]);
	else
		k->name = text("%s", "");
	return k->name;
}

bool step_is_of(const struct step *s, long nr)
{
	for (size_t i = 0; i < s->n_calls; i++)
		if (s->calls[i]->nr == nr)
			return true;
	return false;
}

uint64_t place_address(pid_t pid, const struct spot *at, const struct regs *r)
{
	(void)pid;
	return r->args[at->arg] + (uint64_t)at->offset;
}

static bool relates(int64_t seen, enum relation rel, int64_t value)
{
	switch (rel) {
	case IS:
		return seen == value;
	case IS_NOT:
		return seen != value;
	case HAS:
		return seen & value;
	case ABOVE:
		return seen > value;
	case BELOW:
		return seen < value;
	}
	return false;
}

/* Where the namespaces differ; pid and time are those of the task itself. */
static bool is_inside(pid_t pid, const char *type)
{
	CLEAN(free_text) char *its = text("/proc/%d/ns/%s", pid, type);
	CLEAN(free_text) char *own = text("/proc/self/ns/%s", type);
	CLEAN(free_text) char *its_link = link_text(its);
	CLEAN(free_text) char *own_link = link_text(own);

	return *its_link && strcmp(its_link, own_link) != 0;
}

static int64_t effective_uid(pid_t pid)
{
	CLEAN(free_text) char *path = text("/proc/%d/status", pid);
	CLEAN(free_text) char *status = file_text(path);
	const char *line = status ? strstr(status, "\nUid:") : NULL;
	long real, effective;

	return line && sscanf(line, "\nUid: %ld %ld", &real, &effective) == 2 ? effective : -1;
}

static bool data_fits(pid_t pid, const char *glob, const struct regs *r)
{
	const struct call *c = call_of(r->nr);
	size_t n = c->len < 0 ? PATH_MAX : r->args[c->len] < 65536 ? r->args[c->len] : 65536;
	CLEAN(free_text) char *data = NULL;

	if (c->buf < 0)
		return false;
	data = memory_text(pid, r->args[c->buf], n);
	data[strcspn(data, "\n")] = '\0';
	return !fnmatch(glob, data, 0);
}

/* The buffer that a message was received into. */
static uint64_t message_at(pid_t pid, const struct regs *r)
{
	uint64_t iov;

	if (r->nr != SYS_recvmsg)
		return r->args[1];
	iov = (uint64_t)memory_number(pid, r->args[1] + offsetof(struct msghdr, msg_iov), 8);
	return (uint64_t)memory_number(pid, iov, 8);
}

static bool is_ack(pid_t pid, const struct regs *r, int64_t error)
{
	struct {
		struct nlmsghdr header;
		int error;
	} m = {};

	return r->ret >= (int64_t)sizeof(struct nlmsgerr) &&
	       memory_read(pid, message_at(pid, r), &m, sizeof(m)) == sizeof(m) &&
	       m.header.nlmsg_type == NLMSG_ERROR && m.error == error;
}

/* A namespace's descriptor, or a pidfd with the flags of the types. */
static bool type_fits(struct task *k, const char *type, const struct regs *r)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} flags[] = { { "user", 0x10000000 }, { "pid", 0x20000000 },   { "net", 0x40000000 },
		      { "mnt", 0x00020000 },  { "ipc", 0x08000000 },   { "uts", 0x04000000 },
		      { "time", 0x00000080 }, { "cgroup", 0x02000000 } };
	const char *name = task_file(k, r);
	size_t n = strlen(type);

	if (!strncmp(name, type, n) && name[n] == ':')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!strcmp(flags[i].name, type))
			return strstr(name, "pidfd") && (r->args[1] & flags[i].flag);
	return false;
}

static bool condition_fits(struct task *k, const struct condition *c, const struct regs *r)
{
	switch (c->of) {
	case OF_NAME:
		return !fnmatch(c->word, task_file(k, r), 0);
	case OF_ARG:
		return relates((int64_t)r->args[c->at.arg], c->rel, c->value) ||
		       relates((int32_t)r->args[c->at.arg], c->rel, c->value);
	case OF_MEMORY:
		return relates(memory_number(k->pid, place_address(k->pid, &c->at, r), c->at.size),
			       c->rel, c->value);
	case OF_RETURN:
		return relates(r->ret, c->rel, c->value);
	case OF_DATA:
		return data_fits(k->pid, c->word, r);
	case OF_TYPE:
		return type_fits(k, c->word, r);
	case OF_INSIDE:
		return is_inside(k->pid, c->word) == (bool)c->value;
	case OF_EUID:
		return effective_uid(k->pid) == c->value;
	case OF_ACK:
		return is_ack(k->pid, r, c->value);
	}
	return false;
}

/* What can be known before the call is asked before it, the rest at its end. */
bool step_fits(struct task *k, const struct step *s, const struct regs *r, bool at_end)
{
	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *c = &s->conditions[i];
		bool later = c->of == OF_RETURN || c->of == OF_ACK;

		if (later == at_end && !condition_fits(k, c, r))
			return false;
	}
	return true;
}

int64_t operate(int64_t before, enum operation op, int64_t value)
{
	switch (op) {
	case SET:
		return value;
	case PLUS:
		return before + value;
	case MINUS:
		return before - value;
	case TIMES:
		return before * value;
	case OR:
		return before | value;
	case CLEAR:
		return before & ~value;
	}
	return before;
}
