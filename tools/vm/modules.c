// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules: which files, in which order.  The kernels come without modules.dep,
 * so what a module needs is read from the module itself, and what it asks for
 * only at run time is in a table here.
 */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

/* No "depends" names these: the module requests them when it is used. */
static const struct {
	const char *module, *wants;
} run_time_wants[] = {
	{ "zram", "lzo_rle" },
	{ "nf_conntrack", "nf_conntrack_netlink" },
	{ "nf_conntrack", "nf_defrag_ipv6" },
};

struct index {
	struct words names; /* as the kernel spells them, with _ */
	struct words paths; /* of the same number */
	struct words builtin;
	struct words done; /* found, or known to be missing */
};

static char *module_name(const char *path)
{
	const char *base = strrchr(path, '/');
	char *name = text("%s", base ? base + 1 : path), *end = strstr(name, ".ko");

	if (end)
		*end = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

static bool is_module(const char *name)
{
	const char *ko = strstr(name, ".ko");

	return ko &&
	       (!ko[3] || !strcmp(ko, ".ko.xz") || !strcmp(ko, ".ko.zst") || !strcmp(ko, ".ko.gz"));
}

static void index_files(const char *dir, struct index *x)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	if (!fts)
		err(EXIT_NO_GUEST, "%s", dir);
	while ((e = fts_read(fts))) {
		if (e->fts_info == FTS_D && e->fts_level > 0 && e->fts_name[0] == '.')
			fts_set(fts, e, FTS_SKIP);
		if (e->fts_info != FTS_F || !is_module(e->fts_name))
			continue;
		CLEAN(free_text) char *name = module_name(e->fts_name);

		words_add(&x->names, "%s", name);
		words_add(&x->paths, "%s", e->fts_path);
	}
	fts_close(fts);
}

static void index_builtin(const char *dir, struct index *x)
{
	CLEAN(free_text) char *path = text("%s/modules.builtin", dir);
	CLEAN(close_file) FILE *list = fopen(path, "re");
	char line[512];

	while (list && fgets(line, sizeof(line), list)) {
		CLEAN(free_text) char *name = module_name(line);

		words_add(&x->builtin, "%s", name);
	}
}

static struct buffer module_read(const char *path)
{
	static const struct {
		const char *end, *program;
	} packed[] = { { ".xz", "xz" }, { ".zst", "zstd" }, { ".gz", "gzip" } };
	struct buffer b = {};

	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		char *argv[] = { (char *)packed[i].program, "-dc", NULL };

		if (strlen(path) < 4 || !strstr(path + strlen(path) - 4, packed[i].end))
			continue;
		if (capture(argv, path, false, &b))
			errx(EXIT_NO_GUEST, "%s: cannot unpack it", path);
		return b;
	}
	return file_read(path);
}

static bool index_find(struct index *x, const char *name, bool must, const struct kernel *k,
		       const char **path)
{
	*path = NULL;
	for (size_t i = 0; i < x->names.n && !*path; i++)
		if (!strcmp(x->names.v[i], name))
			*path = x->paths.v[i];
	if (*path || words_have(&x->builtin, name))
		return true;
	if (must && !k->modules)
		errx(EXIT_NO_GUEST, "no modules for %s, so no %s: give their folder with -m",
		     k->image, name);
	if (must)
		errx(EXIT_NO_GUEST, "no module %s in %s", name, k->modules);
	return false;
}

static void add(struct index *x, const struct kernel *k, const char *wanted, const char *args,
		bool must, struct modules *found);

static void add_needed(struct index *x, const struct kernel *k, const struct buffer *code,
		       struct modules *found)
{
	static const char key[] = "depends=";
	const char *at = memmem(code->data, code->size, "\0depends=", sizeof(key));

	if (at && at + sizeof(key) < code->data + code->size) {
		CLEAN(free_text) char *list = text("%s", at + sizeof(key));
		char *rest = list, *needed;

		while ((needed = strsep(&rest, ",")))
			if (*needed)
				add(x, k, needed, NULL, true, found);
	}
}

static void add(struct index *x, const struct kernel *k, const char *wanted, const char *args,
		bool must, struct modules *found)
{
	CLEAN(free_text) char *name = module_name(wanted);
	const char *path;

	if (words_have(&x->done, name))
		return;
	words_add(&x->done, "%s", name);
	if (!index_find(x, name, must, k, &path))
		words_add(&found->missing, "%s", name);
	if (!path)
		return;
	struct buffer code = module_read(path);

	add_needed(x, k, &code, found);
	found->v = reallocarray(found->v, found->n + 1, sizeof(*found->v));
	if (!found->v)
		err(EXIT_NO_GUEST, "no memory");
	found->v[found->n++] = (struct module) {
		.name = text("%s", name),
		.args = text("%s", args ?: ""),
		.code = code,
	};
	for (size_t i = 0; i < ARRAY_SIZE(run_time_wants); i++)
		if (!strcmp(run_time_wants[i].module, name))
			add(x, k, run_time_wants[i].wants, NULL, false, found);
}

static void add_list(struct index *x, const struct kernel *k, const struct words *list, bool must,
		     struct modules *found)
{
	for (size_t i = 0; i < list->n; i++) {
		CLEAN(free_text) char *name = text("%s", list->v[i]);
		char *args = strchr(name, ' ');

		if (args)
			*args++ = '\0';
		add(x, k, name, args, must, found);
	}
}

void modules_find(const struct kernel *k, const struct words *load, const struct words *try_load,
		  struct modules *found)
{
	struct index x = {};

	if (!load->n && !try_load->n)
		return;
	if (k->modules) {
		index_files(k->modules, &x);
		index_builtin(k->modules, &x);
	}
	add_list(&x, k, load, true, found);
	add_list(&x, k, try_load, false, found);
	words_free(&x.names);
	words_free(&x.paths);
	words_free(&x.builtin);
	words_free(&x.done);
}
