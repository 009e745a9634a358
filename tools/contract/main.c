// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead contract - which promises have a test.  What is tested is what the
 * built programs say of themselves, so no list of it can be out of date.
 */
#include "cover.h"
#include "result.h"

#include <err.h>
#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: bulkhead contract [--missing | --json | --files | --check]\n"
	"Which promises of the contract are tested, by the programs that are built.\n"
	"  --missing  the ids that have neither a test nor an excuse\n"
	"  --json     the numbers as JSON\n"
	"  --files    the interface files of cgroups, and which promises' tests read and\n"
	"             write each\n"
	"  --check    exit 1 for a test on no row, a row with tests of two fixtures, an\n"
	"             excuse for what has a test, or a file that nothing tests or excuses\n";

static size_t row_of(const struct cover *c, const struct promise *p)
{
	return (size_t)(p - c->contract.rows);
}

void wrong(struct cover *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	c->wrong++;
}

/* Fixture "core_limits" stands for the area "core-limits", whatever its programs. */
static void take_test(struct cover *c, const struct program *p, const struct result *r)
{
	struct promise *row = contract_find(&c->contract, r->promise);
	const char **fixture;

	if (!row) {
		wrong(c, "%s: %s is on no row of the contract: %s", p->name, r->name, r->promise);
		return;
	}
	fixture = &c->fixtures[row_of(c, row)];
	if (*fixture && *fixture != p->name)
		wrong(c, "%s is tested by two programs: %s and %s", row->id, *fixture, p->name);
	if (row->excuse && !*fixture)
		wrong(c, "%s has a test (%s) and an excuse", row->id, p->name);
	*fixture = p->name;
}

static void read_tests(struct cover *c)
{
	c->fixtures = calloc(c->contract.n ?: 1, sizeof(*c->fixtures));
	if (!c->fixtures)
		err(EXIT_UNUSABLE, "no memory");
	for (size_t i = 0; i < c->programs.n; i++) {
		const struct program *p = &c->programs.v[i];

		for (size_t k = 0; k < p->n_problems; k++)
			wrong(c, "%s: %s", p->name, p->problems[k].text);
		for (size_t t = 0; t < p->n; t++)
			take_test(c, p, &p->results[t]);
	}
}

static struct area *area_of(struct cover *c, const char *id)
{
	CLEAN(free_text) char *name = promise_area(id);

	for (size_t i = 0; i < c->n_areas; i++)
		if (!strcmp(c->areas[i].name, name))
			return &c->areas[i];
	c->areas = grow(c->areas, c->n_areas, sizeof(*c->areas));
	c->areas[c->n_areas].name = text("%s", name);
	return &c->areas[c->n_areas++];
}

static void count_row(struct area *a, bool tested, bool excused)
{
	a->promises++;
	a->tested += tested;
	a->excused += excused && !tested;
}

static void count(struct cover *c)
{
	c->total.name = text("all");
	for (size_t i = 0; i < c->contract.n; i++) {
		const struct promise *row = &c->contract.rows[i];

		count_row(area_of(c, row->id), c->fixtures[i], row->excuse);
		count_row(&c->total, c->fixtures[i], row->excuse);
	}
}

static void print_area(const struct area *a)
{
	size_t missing = a->promises - a->tested - a->excused;

	printf("%-22s %8zu %8zu %8zu %8zu\n", a->name, a->promises, a->tested, a->excused, missing);
}

static void print_table(const struct cover *c)
{
	printf("%-22s %8s %8s %8s %8s\n", "area", "promises", "tested", "excused", "missing");
	for (size_t i = 0; i < c->n_areas; i++)
		print_area(&c->areas[i]);
	print_area(&c->total);
}

static void print_missing(const struct cover *c)
{
	for (size_t i = 0; i < c->contract.n; i++)
		if (!c->fixtures[i] && !c->contract.rows[i].excuse)
			puts(c->contract.rows[i].id);
}

static json_t *numbers(const struct area *a)
{
	return json_pack("{s:I, s:I, s:I}", "promises", (json_int_t)a->promises, "tested",
			 (json_int_t)a->tested, "excused", (json_int_t)a->excused);
}

static void print_json(const struct cover *c)
{
	json_t *root = numbers(&c->total), *areas = json_object();

	for (size_t i = 0; i < c->n_areas; i++)
		json_object_set_new(areas, c->areas[i].name, numbers(&c->areas[i]));
	json_object_set_new(root, "areas", areas);
	json_dumpf(root, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(root);
}

static void cover_free(struct cover *c)
{
	for (size_t i = 0; i < c->n_areas; i++)
		free(c->areas[i].name);
	free(c->areas);
	free(c->total.name);
	free(c->fixtures);
	programs_free(&c->programs);
	contract_free(&c->contract);
}

static int what_is_asked(int argc, char **argv)
{
	static const struct option options[] = {
		{ "missing", no_argument, NULL, 'm' }, { "json", no_argument, NULL, 'j' },
		{ "files", no_argument, NULL, 'f' },   { "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },    {},
	};
	int asked = getopt_long(argc, argv, "h", options, NULL);

	if (asked == 'h') {
		fputs(help, stdout);
		exit(0);
	}
	if (asked == '?' || optind < argc)
		errx(EXIT_UNUSABLE, "one of --missing, --json, --files and --check is expected, "
				    "or nothing");
	return asked;
}

int main(int argc, char **argv)
{
	CLEAN(free_text) char *folder = own_folder();
	CLEAN(free_text) char *lists = text("%s/contract", folder);
	CLEAN(cover_free) struct cover c = {};
	int asked = what_is_asked(argc, argv);

	c.contract = contract_read(lists);
	c.programs = programs_find(folder, 10);
	read_tests(&c);
	count(&c);
	if (asked == 'm')
		print_missing(&c);
	else if (asked == 'j')
		print_json(&c);
	else if (asked == 'f')
		files_print(&c, lists);
	else if (asked == 'c')
		files_check(&c, lists);
	else
		print_table(&c);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_UNUSABLE, "the output");
	return asked == 'c' && c.wrong ? 1 : 0;
}
