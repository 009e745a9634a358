// SPDX-License-Identifier: GPL-2.0-only
/* What the programs counted, out of their maps and into the tree. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define NONE	   SIZE_MAX
#define SETTLED_MS 200
#define SETTLE_MS  3000

struct node_list {
	uint32_t slot;
	struct node node;
};

static int fd_of(const struct bpf_map *map)
{
	return bpf_map__fd(map);
}

static struct stats stats_read(int fd, uint32_t slot, int cpus)
{
	struct stats *each = calloc((size_t)cpus, sizeof(*each)), sum = {};

	if (!each)
		err(EXIT_UNUSABLE, "no memory");
	if (!bpf_map_lookup_elem(fd, &slot, each)) {
		for (int c = 0; c < cpus; c++) {
			sum.total += each[c].total;
			sum.blocked += each[c].blocked;
			sum.preempted += each[c].preempted;
			for (size_t b = 0; b < BUCKETS; b++)
				sum.hist[b] += each[c].hist[b];
		}
	}
	free(each);
	return sum;
}

static uint64_t calls_of(const struct stats *s)
{
	uint64_t n = 0;

	for (size_t b = 0; b < BUCKETS; b++)
		n += s->hist[b];
	return n;
}

static struct node_list *nodes_read(int fd, size_t *n)
{
	struct node_list *all = NULL;
	uint32_t slot, next, *last = NULL;

	*n = 0;
	while (!bpf_map_get_next_key(fd, last, &next)) {
		slot = next;
		last = &slot;
		all = grow(all, *n, sizeof(*all));
		all[*n].slot = slot;
		if (!bpf_map_lookup_elem(fd, &slot, &all[*n].node))
			++*n;
	}
	return all;
}

static char *node_name(const struct node *node, int labels)
{
	const char *key;

	if (node->stage >= STAGES)
		return syscall_name(node->key, labels);
	if (!node->key)
		return text("%s", functions[node->stage].name);
	key = symbol_at(node->key);
	if (!key)
		return text("%s [%#llx]", functions[node->stage].name,
			    (unsigned long long)node->key);
	return text("%s [%s]", functions[node->stage].name, key);
}

static const struct node_list *node_find(const struct node_list *all, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].node.id == id)
			return &all[i];
	return NULL;
}

/* Into the tree, its parents first. */
static size_t place(struct trace *t, const struct session *s, const struct node_list *all, size_t n,
		    const struct node_list *one)
{
	const struct node_list *parent = node_find(all, n, one->node.parent);
	size_t above = parent ? place(t, s, all, n, parent) : NONE, i;
	CLEAN(free_text) char *name = node_name(&one->node, fd_of(s->bpf->maps.labels));

	i = tree_add(t, above, name, one->node.system);
	t->stages[i].id = one->node.id;
	t->stages[i].group =
		one->node.stage < STAGES ? functions[one->node.stage].group : "SYSCALL";
	return i;
}

void session_read(struct session *s, struct trace *t)
{
	int cpus = libbpf_num_possible_cpus();
	size_t n;
	struct node_list *all = nodes_read(fd_of(s->bpf->maps.nodes), &n);

	for (size_t i = 0; i < n; i++) {
		struct stats stats;
		struct stage *stage;
		size_t at;

		if (all[i].node.stage == CALIBRATION_STAGE)
			continue;
		stats = stats_read(fd_of(s->bpf->maps.stats), all[i].slot, cpus);
		at = place(t, s, all, n, &all[i]); /* which may move the stages */
		stage = &t->stages[at];
		stage->counted = true;
		stage->calls += calls_of(&stats);
		stage->total += (double)stats.total;
		stage->blocked += (double)stats.blocked;
		stage->preempted += (double)stats.preempted;
		for (size_t b = 0; b < BUCKETS; b++)
			stage->hist[b] += stats.hist[b];
	}
	free(all);
	for (size_t i = 0; i < LOSSES; i++)
		t->losses[i] = s->bpf->bss->losses[i];
	t->samples = s->bpf->bss->samples;
	stacks_read(t, fd_of(s->bpf->maps.stacks), fd_of(s->bpf->maps.spots));
	tree_finish(t);
}

/* Ended calls of stages that kernel threads begin. */
static uint64_t system_calls(const struct session *s)
{
	int cpus = libbpf_num_possible_cpus();
	size_t n;
	struct node_list *all = nodes_read(fd_of(s->bpf->maps.nodes), &n);
	uint64_t calls = 0;

	for (size_t i = 0; i < n; i++) {
		struct stats stats;

		if (!all[i].node.system)
			continue;
		stats = stats_read(fd_of(s->bpf->maps.stats), all[i].slot, cpus);
		calls += calls_of(&stats);
	}
	free(all);
	return calls;
}

/* Teardown comes later, in the kernel's own time: until nothing more of it ends. */
void session_settle(struct session *s)
{
	uint64_t before = system_calls(s), after;
	int quiet = 0;

	for (int ms = 0; ms < SETTLE_MS && quiet < SETTLED_MS; ms += 50) {
		usleep(50000);
		after = system_calls(s);
		quiet = after == before ? quiet + 50 : 0;
		before = after;
	}
}
