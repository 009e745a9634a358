// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "history.h"
#include "json_file.h"
#include "stats.h"

/* A file: what it is of, and its values. */
struct reading {
	struct source source;
	struct value {
		char *name;
		double v;
	} * v;
	size_t n;
};

static char *copy(const char *s)
{
	return s ? text("%s", s) : NULL;
}

static bool wanted(const struct options *o, const char *name)
{
	bool some = !o->n_patterns;

	for (size_t i = 0; i < o->n_patterns; i++)
		some |= !fnmatch(o->patterns[i], name, 0);
	return some;
}

static void add(struct reading *r, const struct options *o, const char *name, double v)
{
	if (!wanted(o, name))
		return;
	r->v = grow(r->v, r->n, sizeof(*r->v));
	r->v[r->n++] = (struct value) { text("%s", name), v };
}

static void read_instructions(struct reading *r, const struct options *o, const json_t *root)
{
	const json_t *operations = json_object_get(root, "operations");

	r->source.kernel = copy(json_string_value(json_object_get(root, "kernel")));
	r->source.machine = copy(json_string_value(json_object_get(root, "cpu")) ?: "");
	for (void *i = json_object_iter((json_t *)operations); i;
	     i = json_object_iter_next((json_t *)operations, i)) {
		const json_t *n = json_object_get(json_object_iter_value(i), "instructions");

		if (!json_is_integer(n) || json_integer_value(n) <= 0)
			errx(EXIT_UNUSABLE,
			     "%s: %s: \"instructions\" as a whole number is expected",
			     r->source.path, json_object_iter_key(i));
		add(r, o, json_object_iter_key(i), (double)json_integer_value(n));
	}
}

static void read_times(struct reading *r, const struct options *o, json_t *root)
{
	struct figures f = figures_of(r->source.path, json_incref(root));
	bool disturbed = figures_disturbed(&f);

	if (f.emulated)
		errx(EXIT_UNUSABLE, "%s: from an emulated machine, whose times tell nothing",
		     f.path);
	r->source.kernel = copy(f.kernel);
	r->source.started = copy(f.started);
	r->source.machine = f.cpu ? text("%s, %ld CPUs", f.cpu, f.cpus) : text("%s", "");
	if (disturbed)
		warnx("%s: left out: the CPU was slower than its best after %.0f %% of the batches",
		      f.path, f.disturbed * 100);
	for (size_t i = 0; !disturbed && i < f.n; i++)
		add(r, o, f.v[i].name,
		    stats_quantile(f.v[i].samples.v, f.v[i].samples.n, o->quantile));
	figures_free(&f);
}

static struct reading read_one(const struct options *o, const char *path, bool *instructions)
{
	struct reading r = { .source.path = path };
	json_t *root = json_file_read(path);

	*instructions = json_is_object(json_object_get(root, "operations"));
	if (*instructions)
		read_instructions(&r, o, root);
	else
		read_times(&r, o, root);
	json_decref(root);
	return r;
}

static int by_start(const void *a, const void *b)
{
	return strcmp(((const struct reading *)a)->source.started,
		      ((const struct reading *)b)->source.started);
}

static void check_machine(const struct options *o, const struct reading *a, const struct reading *b)
{
	if (o->other_machine || !*a->source.machine || !*b->source.machine ||
	    !strcmp(a->source.machine, b->source.machine))
		return;
	errx(EXIT_UNUSABLE,
	     "%s is from another machine (%s) than %s (%s): --other-machine takes both",
	     b->source.path, b->source.machine, a->source.path, a->source.machine);
}

static struct reading *read_all(struct history *h, const struct options *o)
{
	struct reading *all = NULL;

	h->by_date = true;
	for (size_t i = 0; i < o->n_files; i++) {
		bool instructions;

		all = grow(all, i, sizeof(*all));
		all[i] = read_one(o, o->files[i], &instructions);
		if (i && instructions != h->instructions)
			errx(EXIT_UNUSABLE, "%s has %s, and %s has %s: one kind is expected",
			     o->files[i], instructions ? "path lengths" : "times", o->files[0],
			     instructions ? "times" : "path lengths");
		h->instructions = instructions;
		h->by_date &= all[i].source.started != NULL;
		check_machine(o, &all[0], &all[i]);
	}
	if (h->by_date && all)
		qsort(all, o->n_files, sizeof(*all), by_start);
	return all;
}

static struct series *series_of(struct history *h, const char *name)
{
	struct series *s;

	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].name, name))
			return &h->v[i];
	h->v = grow(h->v, h->n, sizeof(*h->v));
	s = &h->v[h->n++];
	s->name = text("%s", name);
	s->v = grow(NULL, h->n_sources, sizeof(*s->v));
	s->dense = grow(NULL, h->n_sources, sizeof(*s->dense));
	s->source = grow(NULL, h->n_sources, sizeof(*s->source));
	for (size_t i = 0; i < h->n_sources; i++)
		s->v[i] = NAN;
	return s;
}

static void take(struct history *h, struct reading *r, size_t source)
{
	h->sources[source] = r->source;
	for (size_t i = 0; i < r->n; i++) {
		struct series *s = series_of(h, r->v[i].name);

		s->v[source] = s->dense[s->n] = r->v[i].v;
		s->source[s->n++] = source;
		free(r->v[i].name);
	}
	free(r->v);
}

struct history history_read(const struct options *o)
{
	struct history h = { .n_sources = o->n_files };
	struct reading *all = read_all(&h, o);

	h.sources = grow(NULL, h.n_sources, sizeof(*h.sources));
	for (size_t i = 0; i < h.n_sources; i++)
		take(&h, &all[i], i);
	free(all);
	if (!h.n)
		errx(EXIT_UNUSABLE, "no benchmark of these files fits --only");
	for (size_t i = 0; i < h.n; i++)
		h.v[i].changes =
			divisive_find(h.v[i].dense, h.v[i].n, &o->search, &h.v[i].n_changes);
	return h;
}

void history_free(struct history *h)
{
	for (size_t i = 0; i < h->n_sources; i++) {
		free(h->sources[i].kernel);
		free(h->sources[i].started);
		free(h->sources[i].machine);
	}
	for (size_t i = 0; i < h->n; i++) {
		free(h->v[i].name);
		free(h->v[i].v);
		free(h->v[i].dense);
		free(h->v[i].source);
		free(h->v[i].changes);
	}
	free(h->sources);
	free(h->v);
	*h = (struct history) {};
}

double change_of(const struct change *c)
{
	return c->after / c->before - 1;
}

const struct source *change_last_before(const struct history *h, const struct series *s,
					const struct change *c)
{
	return &h->sources[s->source[c->at - 1]];
}

const struct source *change_first_with(const struct history *h, const struct series *s,
				       const struct change *c)
{
	return &h->sources[s->source[c->at]];
}
