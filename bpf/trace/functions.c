// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of functions, on this kernel: under which name it has each, and
 * the best way to trace it, found by trying.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "trace.h"

const char *const backend_names[BACKENDS] = { "not traced", "fentry", "kprobe", "sampling" };

#define ROW(symbol, later, group, system) \
	{ #symbol, #later, #group, system, NOT_TRACED, NULL, NULL },

struct function functions[STAGES] = {
#define STAGE(symbol, later, group)	       ROW(symbol, later, group, false)
#define SYSTEM(symbol, later, group)	       ROW(symbol, later, group, true)
#define KEYED(symbol, later, group, type, key) ROW(symbol, later, group, false)
#include "functions.h"
#undef STAGE
#undef SYSTEM
#undef KEYED
};

size_t functions_with(enum backend backend)
{
	size_t n = 0;

	for (size_t i = 0; i < STAGES; i++)
		n += functions[i].backend == backend;
	return n;
}

struct function *function_of_symbol(const char *symbol)
{
	for (size_t i = 0; i < STAGES; i++)
		if (functions[i].symbol && !strcmp(functions[i].symbol, symbol))
			return &functions[i];
	return NULL;
}

static void find_symbol(struct function *f)
{
	const char *const names[] = { f->name, f->later };

	for (size_t i = 0; i < ARRAY_SIZE(names) && !f->symbol; i++)
		if (symbol_exists(names[i]))
			f->symbol = names[i];
	/* Symbols may be hidden from us. */
	for (size_t i = 0; i < ARRAY_SIZE(names) && !f->symbol; i++)
		if (!symbol_exists("schedule") && kernel_has_function(names[i]))
			f->symbol = names[i];
}

/* Functions of more than 6 arguments load on some kernels, and are refused when attached. */
static bool many_arguments(const char *name)
{
	int id = btf__find_by_name_kind(kernel_btf(), name, BTF_KIND_FUNC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(kernel_btf(), (unsigned int)id) : NULL;

	t = t ? btf__type_by_id(kernel_btf(), t->type) : NULL;
	return t && btf_vlen(t) > 6;
}

/* fentry as a whole: a real attachment, once. */
static int fentry_works(void)
{
	int error = fentry_try("ksys_unshare", false, true);

	return error ?: fentry_try("ksys_unshare", true, true);
}

static const char *reason(int error)
{
	switch (error) {
	case 0:
		return "works";
	case -ENOENT:
		return "no such function in BTF";
	case -ENOTSUP:
		return "none in this kernel";
	case -EPERM:
		return "refused (EPERM)";
	}
	return strerror(-error);
}

static void choose(struct function *f, int fentry)
{
	int error = fentry ?: fentry_try(f->symbol, true, many_arguments(f->symbol)), kprobe;

	if (!error) {
		f->backend = FENTRY;
		return;
	}
	kprobe = kprobe_try(f->symbol);
	if (!kprobe)
		f->backend = KPROBE;
	f->why = text("fentry: %s%s%s", reason(error), kprobe ? "; kprobe: " : "",
		      kprobe ? reason(kprobe) : "");
}

static bool in_groups(const struct trace *t, const struct function *f)
{
	CLEAN(words_free) struct words groups = words_split(t->o.groups ?: "", ",");

	return !groups.n || words_have(&groups, f->group);
}

void functions_choose(struct trace *t)
{
	int fentry = t->o.mode == MODE_AUTO || t->o.mode == MODE_PROBES ? fentry_works() : 0;

	for (size_t i = 0; i < STAGES; i++) {
		struct function *f = &functions[i];

		find_symbol(f);
		if (!in_groups(t, f))
			f->why = text("not in --groups");
		else if (!f->symbol)
			f->why = text("not in this kernel (inlined, configured out, or of "
				      "another name)");
		else if (t->o.mode == MODE_AUTO || t->o.mode == MODE_PROBES)
			choose(f, fentry);
		else
			f->why = text("not asked for");
	}
}
