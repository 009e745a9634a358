// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the results of a kernel are kept: under a name that changes with
 * whatever can change a result.
 */
#include "matrix.h"

#include <fts.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"

#define KEEP_DAYS 30

static uint64_t hash_file(uint64_t hash, const char *path)
{
	CLEAN(free_buffer) struct buffer b = file_read(path);

	hash = hash_add(hash, path, strlen(path));
	return hash_add(hash, b.data, b.size);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Whatever in the build can change a result. */
uint64_t cache_build(void)
{
	CLEAN(free_text) char *dir = own_folder();
	CLEAN(free_text) char *suites = text("%s/suites", dir);
	CLEAN(free_text) char *contract = text("%s/contract", dir);
	CLEAN(free_text) char *run = text("%s/bulkhead-run", dir);
	CLEAN(free_text) char *vm = text("%s/bulkhead-run-vm", dir);
	CLEAN(free_text) char *init = text("%s/guest-init", dir);
	char *const roots[] = { suites, contract, run, vm, init, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	uint64_t hash = HASH_BEGIN;
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_F &&
		    (e->fts_statp->st_mode & 0111 || strstr(e->fts_name, ".tsv")))
			hash = hash_file(hash, e->fts_path);
	if (fts)
		fts_close(fts);
	return hash;
}

char *cache_path(const struct collect *what, const struct kernel *k, uint64_t build)
{
	CLEAN(free_text) char *cache = cache_folder();
	uint64_t hash = hash_file(build, k->image);

	if (k->config)
		hash = hash_file(hash, k->config);
	for (size_t i = 0; i < what->options.n; i++)
		hash = hash_add(hash, what->options.v[i], strlen(what->options.v[i]) + 1);
	for (char **a = what->areas; *a; a++)
		hash = hash_add(hash, *a, strlen(*a) + 1);
	return text("%s/matrix/%s-%016llx.json", cache, k->release, (unsigned long long)hash);
}

/* Results that nobody has asked for in a month. */
void cache_sweep(const char *path)
{
	CLEAN(free_text) char *dir = text("%.*s", (int)(strrchr(path, '/') - path), path);
	char *const roots[] = { dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_F &&
		    e->fts_statp->st_mtime < time(NULL) - KEEP_DAYS * 24L * 3600)
			unlink(e->fts_path);
	if (fts)
		fts_close(fts);
}
