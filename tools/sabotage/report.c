// SPDX-License-Identifier: GPL-2.0-only
/* The matrix, the score, and by name what nobody noticed. */
#include "plan.h"

#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_file.h"

struct score {
	size_t noticed, of;
};

static bool row_noticed(const struct plan *p, size_t row, const char *area)
{
	for (size_t i = 0; i < p->n_tests; i++)
		if (p->cells[cell_of(p, row, i)] == NOTICED &&
		    (!area || !strcmp(p->tests[i].area, area)))
			return true;
	return false;
}

/* Something of what should care holds here, and so could notice. */
static bool row_counts(const struct plan *p, size_t row, const char *area)
{
	for (size_t i = 0; p->wanted[row] && i < p->n_tests; i++)
		if (p->tests[i].held && row_cares(&p->table.rows[row], &p->tests[i]) &&
		    (!area || !strcmp(p->tests[i].area, area)))
			return true;
	return false;
}

static struct score score_of(const struct plan *p, const char *area)
{
	struct score s = {};

	for (size_t r = 0; r < p->table.n; r++)
		if (row_counts(p, r, area)) {
			s.of++;
			s.noticed += row_noticed(p, r, area);
		}
	return s;
}

static json_t *json_score(struct score s)
{
	return json_pack("{s:i,s:i}", "noticed", (int)s.noticed, "of", (int)s.of);
}

static json_t *areas(const struct plan *p)
{
	json_t *all = json_object();

	for (size_t i = 0; i < p->n_tests; i++) {
		const char *area = p->tests[i].area;
		size_t tests = 0, failing = 0;
		json_t *one;

		if (!p->tests[i].held || json_object_get(all, area))
			continue;
		for (size_t k = 0; k < p->n_tests; k++)
			if (!strcmp(p->tests[k].area, area)) {
				tests += p->tests[k].held;
				failing += p->tests[k].held && p->tests[k].fails;
			}
		one = json_score(score_of(p, area));
		json_object_set_new(one, "tests", json_integer((json_int_t)tests));
		json_object_set_new(one, "failing", json_integer((json_int_t)failing));
		json_object_set_new(all, area, one);
	}
	return all;
}

/* Nothing has noticed it: something could have (counts), or nothing. */
static bool row_missed(const struct plan *p, size_t row, bool counts)
{
	return p->wanted[row] && row_counts(p, row, NULL) == counts && !row_noticed(p, row, NULL);
}

static json_t *rows_missed(const struct plan *p, bool counts)
{
	json_t *list = json_array();

	for (size_t r = 0; r < p->table.n; r++)
		if (row_missed(p, r, counts))
			json_array_append_new(list, json_string(p->table.rows[r].id));
	return list;
}

static json_t *excuses(const struct plan *p)
{
	json_t *all = json_object();

	for (size_t r = 0; r < p->table.n; r++)
		if (p->table.rows[r].excuse && row_missed(p, r, true))
			json_object_set_new(all, p->table.rows[r].id,
					    json_string(p->table.rows[r].excuse));
	return all;
}

static json_t *never_failing(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_tests; i++)
		if (p->tests[i].held && !p->tests[i].fails)
			json_array_append_new(list, json_string(p->tests[i].name));
	return list;
}

static json_t *matrix(const struct plan *p)
{
	json_t *all = json_object();

	for (size_t r = 0; r < p->table.n; r++) {
		json_t *noticed = json_array(), *passed = json_array();

		for (size_t i = 0; i < p->n_tests; i++) {
			enum cell c = p->cells[cell_of(p, r, i)];

			if (c != NOT_RUN)
				json_array_append_new(c == NOTICED ? noticed : passed,
						      json_string(p->tests[i].name));
		}
		json_object_set_new(all, p->table.rows[r].id,
				    json_pack("{s:o,s:o}", "noticed", noticed, "passed", passed));
	}
	return all;
}

static void write_json(const struct plan *p, json_t *all)
{
	int error = json_file_write(json_incref(all), p->o.json);

	if (error)
		errx(EXIT_UNUSABLE, "%s: %s", p->o.json, strerror(-error));
}

static void print_row(const struct plan *p, size_t r)
{
	size_t noticed = 0, ran = 0, shown = 0;

	for (size_t i = 0; i < p->n_tests; i++) {
		noticed += p->cells[cell_of(p, r, i)] == NOTICED;
		ran += p->cells[cell_of(p, r, i)] != NOT_RUN;
	}
	printf("%-9s %s: %s; %zu of %zu tests",
	       noticed			? "noticed"
	       : row_counts(p, r, NULL) ? "UNNOTICED"
					: "untested",
	       p->table.rows[r].id, p->table.rows[r].broken, noticed, ran);
	for (size_t i = 0; i < p->n_tests && shown < 4; i++)
		if (p->cells[cell_of(p, r, i)] == NOTICED)
			printf("%s%s", shown++ ? ", " : ": ", p->tests[i].name);
	printf("%s\n", noticed > shown ? ", ..." : "");
}

static void print_list(const char *title, const json_t *list)
{
	printf("# %s: %zu\n", title, json_array_size(list));
	for (size_t i = 0; i < json_array_size(list); i++)
		printf("#   %s\n", json_string_value(json_array_get(list, i)));
}

static void print(const struct plan *p, json_t *all)
{
	json_t *areas_of = json_object_get(all, "areas");
	json_t *excused = json_object_get(all, "excused");
	const json_t *one;
	struct score s = score_of(p, NULL);
	size_t untraceable = 0;

	for (size_t r = 0; r < p->table.n; r++)
		if (p->wanted[r])
			print_row(p, r);
	printf("# %-18s %9s %9s\n", "area", "noticed", "tests");
	for (void *i = json_object_iter(areas_of); i; i = json_object_iter_next(areas_of, i)) {
		one = json_object_iter_value(i);
		printf("# %-18s %4lld/%-4lld %4lld/%-4lld\n", json_object_iter_key(i),
		       json_integer_value(json_object_get(one, "noticed")),
		       json_integer_value(json_object_get(one, "of")),
		       json_integer_value(json_object_get(one, "failing")),
		       json_integer_value(json_object_get(one, "tests")));
	}
	for (size_t i = 0; i < p->n_tests; i++)
		untraceable += p->tests[i].untraceable != NULL;
	printf("# tests that can hold under no tracer: %zu, of untraceable.tsv\n", untraceable);
	print_list("not noticed by any test", json_object_get(all, "unnoticed"));
	for (void *i = json_object_iter(excused); i; i = json_object_iter_next(excused, i))
		printf("#   excused %s: %s\n", json_object_iter_key(i),
		       json_string_value(json_object_iter_value(i)));
	print_list("not testable here", json_object_get(all, "untested"));
	print_list("tests that nothing made fail", json_object_get(all, "never_failing"));
	printf("# %zu of %zu sabotages noticed; %.1f s\n", s.noticed, s.of, p->seconds);
}

int report(struct plan *p)
{
	struct score s = score_of(p, NULL);
	json_t *all = json_object();
	size_t excused;

	json_object_set_new(all, "score", json_score(s));
	json_object_set_new(all, "areas", areas(p));
	json_object_set_new(all, "unnoticed", rows_missed(p, true));
	json_object_set_new(all, "excused", excuses(p));
	excused = json_object_size(json_object_get(all, "excused"));
	json_object_set_new(all, "never_failing", never_failing(p));
	json_object_set_new(all, "untested", rows_missed(p, false));
	json_object_set_new(all, "matrix", matrix(p));
	if (p->o.json)
		write_json(p, all);
	if (!p->o.json || strcmp(p->o.json, "-"))
		print(p, all);
	json_decref(all);
	return s.of == 0 ? 4 : s.noticed + excused < s.of;
}
