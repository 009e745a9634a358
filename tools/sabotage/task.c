// SPDX-License-Identifier: GPL-2.0-only
/* The tasks that are traced. */
#include "trace.h"

#include <stdlib.h>

static struct task **bucket(struct tracer *t, pid_t pid)
{
	struct task **k = &t->tasks[pid % TASKS];

	while (*k && (*k)->pid != pid)
		k = &(*k)->next;
	return k;
}

struct task *task_find(struct tracer *t, pid_t pid)
{
	return *bucket(t, pid);
}

struct task *task_get(struct tracer *t, pid_t pid)
{
	struct task **k = bucket(t, pid);

	if (!*k) {
		*k = grow(NULL, 0, sizeof(**k));
		(*k)->pid = pid;
	}
	return *k;
}

void task_done(struct task *k)
{
	k->n_pending = 0;
	k->restore_size = 0;
	k->has_answer = false;
	k->to_exit = false;
	free(k->name);
	k->name = NULL;
}

void task_remove(struct tracer *t, pid_t pid)
{
	struct task **at = bucket(t, pid), *k = *at;

	if (!k)
		return;
	t->held -= k->held;
	*at = k->next;
	task_done(k);
	free(k->pending);
	free(k);
}
