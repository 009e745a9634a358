// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's symbols, as /proc/kallsyms has them for us. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define LARGEST (1 << 17) /* function, in bytes */

struct symbol {
	uint64_t address;
	char *name;
};

static struct symbol *by_address;
static char **by_name;
static size_t n_symbols;

static int compare_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int compare_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "copy_x.isra.0" is copy_x, as far as anybody reads it. */
static void add(uint64_t address, char *name)
{
	static size_t room;

	name[strcspn(name, ".")] = '\0';
	if (!*name || !strncmp(name, "__pfx_", 6))
		return;
	if (n_symbols == room) {
		room = room ? room * 2 : 1 << 17;
		by_address = reallocarray(by_address, room, sizeof(*by_address));
		if (!by_address)
			abort();
	}
	by_address[n_symbols++] = (struct symbol) { address, text("%s", name) };
}

void symbols_read(void)
{
	CLEAN(close_file) FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], name[256], type;
	unsigned long long address;

	if (by_address || !f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %c %255s", &address, &type, name) == 3 &&
		    strchr("tw", tolower(type)))
			add(address, name);
	qsort(by_address, n_symbols, sizeof(*by_address), compare_address);
	by_name = calloc(n_symbols + 1, sizeof(*by_name));
	for (size_t i = 0; by_name && i < n_symbols; i++)
		by_name[i] = by_address[i].name;
	if (by_name)
		qsort(by_name, n_symbols, sizeof(*by_name), compare_name);
}

const char *symbol_at(uint64_t address)
{
	size_t low = 0, high = n_symbols;

	if (!n_symbols || !by_address[n_symbols - 1].address || address < by_address[0].address)
		return NULL;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (by_address[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	/* Programs and trampolines of BPF lie far from any function that has a name. */
	return address - by_address[low].address < LARGEST ? by_address[low].name : NULL;
}

bool symbol_exists(const char *name)
{
	return by_name && bsearch(&name, by_name, n_symbols, sizeof(*by_name), compare_name);
}
