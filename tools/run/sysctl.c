// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys: what of it stays as it is when nobody changes it. */
#include "machine.h"

#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT "/proc/sys/"

/* Counters, and what the kernel itself adjusts; others show by being read twice. */
static const char *const volatile_names[] = {
	"fs/aio-nr",
	"fs/binfmt_misc/*", /* what is registered, not a setting */
	"fs/dentry-state",
	"fs/file-nr",
	"fs/inode-nr",
	"fs/inode-state",
	"fs/quota/*",
	"kernel/ns_last_pid",
	"kernel/perf_cpu_time_max_percent",
	"kernel/perf_event_max_sample_rate",
	"kernel/pty/nr",
	"kernel/random/entropy_avail",
	"kernel/random/uuid",
	"kernel/sched_domain/*",
	"kernel/tainted", /* told by taint.c */
	"net/netfilter/nf_conntrack_count",
	"net/ipv4/tcp_fastopen_key",
	"vm/stat_refresh", /* reading it is work */
};

static bool is_volatile(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(volatile_names); i++)
		if (!fnmatch(volatile_names[i], name, 0))
			return true;
	return false;
}

static char *value_of(const char *name)
{
	CLEAN(free_text) char *path = text(ROOT "%s", name);

	return file_text(path);
}

/* One that is gone (a device's, a module's) is no change of a setting. */
void sysctls_read_again(struct facts *f, const struct facts *before)
{
	for (size_t i = 0; i < before->n; i++) {
		CLEAN(free_text) char *value = value_of(before->v[i].key);

		fact_add(f, before->v[i].key, value ?: before->v[i].value);
	}
}

static void read_one(struct facts *f, const char *name)
{
	CLEAN(free_text) char *value = value_of(name);

	if (value)
		fact_add(f, name, value);
}

static void read_all(struct facts *f)
{
	char *const roots[] = { (char *)ROOT, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_F && e->fts_statp->st_mode & 0444 &&
		    !is_volatile(e->fts_path + strlen(ROOT)))
			read_one(f, e->fts_path + strlen(ROOT));
	if (fts)
		fts_close(fts);
	facts_sort(f);
}

void sysctls_read(struct facts *f)
{
	struct facts first = {}, second = {};

	read_all(&first);
	sysctls_read_again(&second, &first);
	for (size_t i = 0; i < first.n; i++)
		if (!strcmp(first.v[i].value, second.v[i].value))
			fact_add(f, first.v[i].key, first.v[i].value);
	facts_free(&first);
	facts_free(&second);
}
