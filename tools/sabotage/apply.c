// SPDX-License-Identifier: GPL-2.0-only
/* Actions: before a call is done, and at its end. */
#include "trace.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WRITE_MAX 65536
#define RED_ZONE  8192 /* below the stack: what is nobody's */

static uint64_t length_of(const struct regs *r)
{
	const struct call *c = call_of(r->nr);
	uint64_t n = c->len < 0 ? 0 : r->args[c->len];

	return n < WRITE_MAX ? n : WRITE_MAX;
}

static int64_t answer_of(const struct step *s, const struct regs *r)
{
	const struct call *c = call_of(r->nr);

	return s->value == INT64_MIN ? (c->len < 0 ? 0 : (int64_t)r->args[c->len]) : s->value;
}

static void keep_memory(struct task *k, uint64_t at, int size)
{
	k->restore_at = at;
	k->restore_size = size;
	k->restore = 0;
	memory_read(k->pid, at, &k->restore, (size_t)size);
}

/* The flags of clone3 are in memory, and a time namespace is no flag of clone. */
static enum went drop_flags(struct task *k, const struct step *s, struct regs *r)
{
	if (r->nr == SYS_clone3) {
		keep_memory(k, r->args[0], 8);
		memory_put_number(k->pid, r->args[0], 8, (int64_t)k->restore & ~s->value);
		return TO_EXIT;
	}
	r->args[0] &= ~(uint64_t)(r->nr == SYS_clone ? s->value & ~0xff : s->value);
	regs_set_args(k->pid, r->args);
	return GO_ON;
}

static enum went change(struct task *k, const struct step *s, struct regs *r)
{
	uint64_t at = place_address(k->pid, &s->at, r);

	if (!s->at.size) {
		r->args[s->at.arg] =
			(uint64_t)operate((int64_t)r->args[s->at.arg], s->op, s->value);
		regs_set_args(k->pid, r->args);
		return GO_ON;
	}
	keep_memory(k, at, s->at.size);
	memory_put_number(k->pid, at, s->at.size,
			  operate(memory_number(k->pid, at, s->at.size), s->op, s->value));
	return TO_EXIT;
}

static char *data_of(struct task *k, const struct regs *r)
{
	const struct call *c = call_of(r->nr);

	return memory_text(k->pid, r->args[c->buf], length_of(r));
}

/* Other data, which lies where nothing is, under the old answer. */
static enum went write_other(struct task *k, struct regs *r, const char *data)
{
	const struct call *c = call_of(r->nr);
	uint64_t at = (r->stack - RED_ZONE) & ~15ULL;

	k->answer = (int64_t)r->args[c->len];
	k->has_answer = true;
	memory_write(k->pid, at, data, strlen(data));
	r->args[c->buf] = at;
	r->args[c->len] = strlen(data);
	regs_set_args(k->pid, r->args);
	return TO_EXIT;
}

static enum went write_changed(struct tracer *t, struct task *k, const struct step *s,
			       struct regs *r)
{
	CLEAN(free_text) char *data = data_of(k, r);
	CLEAN(free_text) char *other = NULL;
	bool adds = s->action == ADD || s->action == LIE_ADD;

	if (s->action == LIE || s->action == LIE_PUT || s->action == LIE_ADD)
		memo_put(t, s, task_file(k, r), data);
	if (s->action == LIE) {
		regs_skip(k->pid, (int64_t)length_of(r));
		return GO_ON;
	}
	other = adds ? number_changed(data, NULL, PLUS, s->value) : text("%s", s->word);
	return other ? write_other(k, r, other) : GO_ON;
}

/* In our own namespaces: a setting that was to be the caller's alone. */
static enum went do_outside(struct task *k, struct regs *r)
{
	CLEAN(free_text) char *data = data_of(k, r);
	int ret = 0;

	if (r->nr == SYS_sethostname)
		ret = sethostname(data, length_of(r));
	else if (r->nr == SYS_setdomainname)
		ret = setdomainname(data, length_of(r));
	else
		ret = file_put(task_file(k, r), data);
	regs_skip(k->pid, ret ? -1 : r->nr == SYS_write ? (int64_t)length_of(r) : 0);
	return GO_ON;
}

enum went apply_before(struct tracer *t, struct task *k, const struct step *s, struct regs *r)
{
	switch (s->action) {
	case DROP:
		return drop_flags(k, s, r);
	case SKIP:
		regs_skip(k->pid, answer_of(s, r));
		return GO_ON;
	case CHANGE:
		return change(k, s, r);
	case PUT:
	case ADD:
	case LIE:
	case LIE_PUT:
	case LIE_ADD:
		return write_changed(t, k, s, r);
	case OUTER:
		return do_outside(k, r);
	case LATE:
		k->held = true;
		k->due = now() + (double)s->value / 1000;
		t->held++;
		return HOLD;
	default:
		return GO_ON;
	}
}

/* Whoever has read what an empty file shows instead finds its end, which is where it began. */
static bool is_end_of_filled(struct task *k, const struct regs *r)
{
	bool end = k->filled == (int)r->args[0] + 1;

	k->filled = end ? 0 : (int)r->args[0] + 1;
	return end;
}

/* At the first read of a file its text is exchanged; after it there is nothing more. */
static void exchange_text(struct tracer *t, struct task *k, const struct step *s, struct regs *r)
{
	const struct call *c = call_of(r->nr);
	CLEAN(free_text) char *path = NULL;
	CLEAN(free_text) char *info = NULL;
	CLEAN(free_text) char *seen = NULL;
	CLEAN(free_text) char *instead = NULL;
	long long pos = r->ret;
	size_t n;

	if (r->ret < 0 || (!r->ret && s->action != TEXT) || c->buf < 0)
		return;
	path = text("/proc/%d/fdinfo/%d", k->pid, (int)r->args[0]);
	info = r->nr == SYS_pread64 ? NULL : file_text(path);
	if (info)
		sscanf(info, "pos: %lld", &pos);
	if (r->nr == SYS_pread64)
		pos = (long long)r->args[3] + r->ret;
	if (!r->ret && (pos || is_end_of_filled(k, r)))
		return;
	seen = memory_text(k->pid, r->args[1], (size_t)r->ret);
	instead = text_instead(t, k, s, seen);
	if (!instead)
		return;
	n = pos == r->ret || s->action == REPLACE || s->action == HIDE ? strlen(instead) : 0;
	if (n > r->args[2])
		n = r->args[2];
	memory_write(k->pid, r->args[1], instead, n);
	regs_set_return(k->pid, (int64_t)n);
}

static void mute(struct task *k, struct regs *r)
{
	uint64_t n = r->args[1] < 64 ? r->args[1] : 64;

	if (r->ret <= 0)
		return;
	for (uint64_t i = 0; i < n; i++)
		memory_put_number(k->pid, r->args[0] + 8 * i + offsetof(struct pollfd, revents), 2,
				  0);
	usleep(2000); /* whoever asks again at once shall not have all of the CPU */
	regs_set_return(k->pid, 0);
}

static void change_ack(struct task *k, const struct step *s, struct regs *r)
{
	uint64_t at = r->args[1];

	if (r->nr == SYS_recvmsg) {
		at += offsetof(struct msghdr, msg_iov);
		at = (uint64_t)memory_number(k->pid, (uint64_t)memory_number(k->pid, at, 8), 8);
	}
	memory_put_number(k->pid, at + sizeof(struct nlmsghdr), 4, s->value);
}

void apply_after(struct tracer *t, struct task *k, const struct step *s, struct regs *r)
{
	uint64_t at = place_address(k->pid, &s->at, r);

	switch (s->action) {
	case RETURN:
		regs_set_return(k->pid, s->op == PLUS ? r->ret + s->value : answer_of(s, r));
		break;
	case RESULT:
		if (r->ret >= 0)
			memory_put_number(
				k->pid, at, s->at.size,
				operate(memory_number(k->pid, at, s->at.size), s->op, s->value));
		break;
	case NUMBER:
	case KEY:
	case TEXT:
	case REPLACE:
	case HIDE:
	case STALE:
	case TOLD:
	case OUTER:
		exchange_text(t, k, s, r);
		break;
	case MUTE:
		mute(k, r);
		break;
	case ACK:
		change_ack(k, s, r);
		break;
	default:
		break;
	}
}
