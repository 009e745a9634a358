// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks: where samples fell, and where a task blocked.  With sampling they are
 * what the tree is made from: the functions of the table that lie on a stack are
 * stages, from the outside in.
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define NONE SIZE_MAX

/* Whose callee tells such calls apart, as the key of a probe does; by what it is named. */
static const struct {
	const char *name, *callee;
} callers[] = {
	{ "ops_init", "init" },		{ "online_css", "css" },     { "online_css", "online" },
	{ "ops_undo_list", "exit" },	{ "ops_exit_list", "exit" }, { "ops_undo_list", "cleanup" },
	{ "ops_exit_list", "cleanup" },
};

/* Of the tracer and the scheduler themselves: what blocked is outside of these. */
static const char *const scheduler[] = { "__schedule", "schedule", "preempt_schedule_common",
					 "__traceiter_sched_switch", "__cond_resched" };

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static bool is_key(const char *caller, const char *callee)
{
	for (size_t i = 0; callee && i < ARRAY_SIZE(callers); i++)
		if (!strcmp(caller, callers[i].name) && strstr(callee, callers[i].callee))
			return true;
	return false;
}

/* Outermost first. */
static struct words names_of(const struct stack *stack, bool blocked)
{
	struct words inner = {}, outer = {};
	size_t from = 0;

	for (size_t i = 0; i < STACK_MAX && stack->ip[i]; i++) {
		/* A return address may be the next function's first. */
		const char *name = symbol_at(stack->ip[i] - (i > 0));

		if (name && strncmp(name, "bpf_", 4))
			words_add(&inner, "%s", name);
	}
	for (size_t i = 0; blocked && i < inner.n; i++)
		if (is_one_of(inner.v[i], scheduler, ARRAY_SIZE(scheduler)))
			from = i + 1;
	for (size_t i = inner.n; i-- > from;)
		words_add(&outer, "%s", inner.v[i]);
	words_free(&inner);
	return outer;
}

static size_t stage_of(const struct trace *t, uint64_t id)
{
	for (size_t i = 0; id && i < t->n; i++)
		if (t->stages[i].id == id)
			return i;
	return NONE;
}

/* Down from STAGE along the functions of the table; the rest of the frames is left in *REST. */
static size_t follow(struct trace *t, size_t stage, bool system, const struct words *names,
		     size_t *rest)
{
	bool rooted = stage != NONE;

	*rest = 0;
	for (size_t i = 0; i < names->n; i++) {
		const char *next = i + 1 < names->n ? names->v[i + 1] : NULL;
		const struct function *f = function_of_symbol(names->v[i]);
		CLEAN(free_text) char *name = NULL;

		if (!f || f->backend != SAMPLED)
			continue;
		if (!rooted && !f->system)
			continue;
		rooted = true;
		/* Keyed: by the callee, which is no stage of its own then. */
		if (is_key(names->v[i], next))
			name = text("%s [%s]", f->name, next);
		else
			name = text("%s", f->name);
		stage = tree_add(t, stage, name, system);
		t->stages[stage].group = f->group;
		*rest = i + 1;
	}
	return rooted ? stage : NONE;
}

static void take_spot(struct trace *t, const struct spot *spot, const struct spent *spent,
		      const struct stack *stack)
{
	bool blocked = spot->kind == SPOT_BLOCKED;
	struct words names = names_of(stack, blocked);
	struct place place = { .blocked = blocked, .ns = (double)spent->ns, .n = spent->n };
	size_t rest = 0, stage = stage_of(t, spot->node);

	if (spot->node && stage == NONE)
		return; /* of a stage that never ended */
	if (t->mode == MODE_SAMPLING)
		stage = follow(t, stage, spot->system, &names, &rest);
	if (stage == NONE)
		return;
	if (t->mode == MODE_SAMPLING && !t->stages[stage].counted) {
		t->stages[stage].total += place.ns;
		t->stages[stage].blocked += blocked ? place.ns : 0;
	}
	t->stages[stage].samples += blocked ? 0 : spent->n;
	place.stage = stage;
	for (size_t i = rest; i < names.n; i++)
		words_add(&place.frames, "%s", names.v[i]);
	words_free(&names);
	t->places = grow(t->places, t->n_places, sizeof(*t->places));
	t->places[t->n_places++] = place;
}

void stacks_read(struct trace *t, int stacks_fd, int spots_fd)
{
	struct spot key, *last = NULL, next;
	struct spent spent;
	struct stack stack;

	while (!bpf_map_get_next_key(spots_fd, last, &next)) {
		key = next;
		last = &key;
		if (bpf_map_lookup_elem(spots_fd, &key, &spent))
			continue;
		if (!key.stack || bpf_map_lookup_elem(stacks_fd, &key.stack, &stack))
			memset(&stack, 0, sizeof(stack));
		take_spot(t, &key, &spent, &stack);
	}
}
