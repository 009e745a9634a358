// SPDX-License-Identifier: GPL-2.0-only
/* What a promise needs, found by probing. */
#include "need.h"
#include "burn.h"
#include "cgroup.h"
#include "cred.h"
#include "file.h"
#include "kconfig.h"
#include "proc.h"
#include "sys.h"

#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *id, *needs;
} rows[] = {
#include "needs.inc"
};

/* The reason found by a probe; empty: there. */
static char missing[256];

__attribute__((format(printf, 1, 2))) static void lacks(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(missing, sizeof(missing), fmt, ap);
	va_end(ap);
}

static bool same_name(const char *id, const char *fixture, const char *test)
{
	char name[256];

	snprintf(name, sizeof(name), "%s.%s", fixture, test);
	const char *n = name;

	for (; *id && *n; id++, n++)
		if (*id != *n && !(*id == '-' && *n == '_'))
			return false;
	return !*id && !*n;
}

const char *need_of(const char *fixture, const char *test)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (same_name(rows[i].id, fixture, test))
			return rows[i].needs;
	return "";
}

static void probe_root(const char *arg __attribute__((unused)))
{
	if (geteuid() || !cred_has(CAP_SYS_ADMIN))
		lacks("not permitted: root with CAP_SYS_ADMIN");
	else if (!cred_is_initial())
		lacks("not permitted: root in the initial user namespace");
}

/* The switches that distributions have, by what they do when set. */
static const struct {
	const char *file;
	int forbids;
} userns_knobs[] = {
	{ "/proc/sys/kernel/unprivileged_userns_clone", 0 },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1 },
	{ "/proc/sys/user/max_user_namespaces", 0 },
};

static void lacks_userns(int e)
{
	char text[32];

	for (size_t i = 0; i < sizeof(userns_knobs) / sizeof(userns_knobs[0]); i++)
		if (file_try_read(userns_knobs[i].file, text, sizeof(text)) > 0 &&
		    atoi(text) == userns_knobs[i].forbids) {
			lacks("not permitted: user namespaces (%s is %d)", userns_knobs[i].file,
			      userns_knobs[i].forbids);
			return;
		}
	lacks("not permitted: user namespaces (unshare: %s)", errno_name(e));
}

static void probe_userns(const char *arg __attribute__((unused)))
{
	char uid[32], gid[32];

	if (cred_has(CAP_SYS_ADMIN))
		return;
	snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER)) {
		lacks_userns(errno);
		return;
	}
	if (file_try_write("/proc/self/setgroups", "deny") ||
	    file_try_write("/proc/self/uid_map", uid) ||
	    file_try_write("/proc/self/gid_map", gid) || !cred_has(CAP_SYS_ADMIN))
		lacks("not permitted: capabilities in a user namespace of our own (%s)",
		      errno_name(errno));
}

static void probe_disposable(const char *arg __attribute__((unused)))
{
	const char *given = getenv("BULKHEAD_DISPOSABLE");

	if (!given || strcmp(given, "1"))
		lacks("not permitted: vm: changes the whole machine, which is not disposable");
}

static void probe_cpus(int n)
{
	cpu_set_t set;

	burn_cpus(&set);
	if (CPU_COUNT(&set) < n)
		lacks("not supported: %dcpus: only %d CPUs may be used", n, CPU_COUNT(&set));
}

static void probe_two_cpus(const char *arg __attribute__((unused)))
{
	probe_cpus(2);
}

static void probe_three_cpus(const char *arg __attribute__((unused)))
{
	probe_cpus(3);
}

static void probe_file(const char *pattern, const char *what)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		lacks("not supported: %s: no %s", what, pattern);
	else
		globfree(&found);
}

static void probe_numa(const char *arg __attribute__((unused)))
{
	probe_file("/sys/devices/system/node/node1", "numa");
}

static void probe_hugepages(const char *arg __attribute__((unused)))
{
	char text[32];

	if (file_try_read("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", text,
			  sizeof(text)) < 0)
		lacks("not supported: hugepages (CONFIG_HUGETLBFS)");
	else if (atoi(text) < 1)
		lacks("not permitted: hugepages: none free (vm.nr_hugepages)");
}

static void probe_swap(const char *arg __attribute__((unused)))
{
	char text[1024], *second;

	if (file_try_read("/proc/swaps", text, sizeof(text)) < 0 ||
	    !(second = strchr(text, '\n')) || !second[1])
		lacks("not supported: swap: none in /proc/swaps");
}

static void probe_disk(const char *arg __attribute__((unused)))
{
	if (!getenv("BULKHEAD_DISK"))
		lacks("not permitted: disk: no scratch device was given");
}

static void probe_gpu(const char *arg __attribute__((unused)))
{
	probe_file("/sys/class/drm/card*", "gpu");
}

static void probe_misc(const char *arg __attribute__((unused)))
{
	struct cgroup root = cgroup_root();
	char text[256];

	if (cgroup_try_read(&root, "misc.capacity", text, sizeof(text)) < 0 || !*text)
		lacks("not supported: misc: no provider of misc resources (SEV, TDX)");
}

/* The option of a module, for kernels that come without modules.builtin. */
static const struct {
	const char *module, *option;
} module_options[] = {
	{ "bfq", "CONFIG_IOSCHED_BFQ" },
	{ "ip_tables", "CONFIG_IP_NF_IPTABLES_LEGACY" },
	{ "ip_tables", "CONFIG_IP_NF_IPTABLES" },
	{ "nf_conntrack", "CONFIG_NF_CONNTRACK" },
	{ "nf_log_syslog", "CONFIG_NF_LOG_SYSLOG" },
	{ "nf_tables", "CONFIG_NF_TABLES" },
	{ "rdma_rxe", "CONFIG_RDMA_RXE" },
	{ "tun", "CONFIG_TUN" },
	{ "vsock", "CONFIG_VSOCKETS" },
	{ "vsock_loopback", "CONFIG_VSOCKETS_LOOPBACK" },
};

static bool is_configured_in(const char *name)
{
	for (size_t i = 0; i < sizeof(module_options) / sizeof(module_options[0]); i++)
		if (!strcmp(module_options[i].module, name) &&
		    kernel_builtin(module_options[i].option))
			return true;
	return false;
}

/* Built-in modules without parameters show only in modules.builtin. */
static bool is_builtin(const char *name)
{
	char path[256], *list, *want = text_format("/%s.ko", name);
	struct utsname u;
	bool found = false;

	uname(&u);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", u.release);
	if (!access(path, R_OK)) {
		list = file_read("%s", path);
		for (char *c = list; *c; c++)
			*c = *c == '-' ? '_' : *c;
		found = strstr(list, want);
		free(list);
	}
	free(want);
	return found;
}

static bool is_loaded(const char *name)
{
	/* What it was before it was one module for all families (5.13). */
	const char *older = strcmp(name, "nf_log_syslog") ? NULL : "nf_log_ipv4";
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK) || (older && is_loaded(older));
}

static void probe_module(const char *name)
{
	if (!is_loaded(name) && !is_builtin(name) && !is_configured_in(name))
		lacks("not supported: module:%s is neither loaded nor built in", name);
}

static void probe_delegated(const char *arg __attribute__((unused)))
{
	const char *why = cgroup_absence();

	if (why)
		lacks("not permitted: a cgroup2 subtree of our own: %s", why);
}

static const struct {
	const char *word;
	void (*probe)(const char *arg);
} probes[] = {
	{ "root", probe_root },
	{ "userns", probe_userns },
	{ "delegated", probe_delegated },
	{ "vm", probe_disposable },
	{ "2cpus", probe_two_cpus },
	{ "3cpus", probe_three_cpus },
	{ "numa", probe_numa },
	{ "hugepages", probe_hugepages },
	{ "swap", probe_swap },
	{ "disk", probe_disk },
	{ "gpu", probe_gpu },
	{ "misc", probe_misc },
	{ "module", probe_module },
};

static void probe_word(const char *word)
{
	const char *arg = strchr(word, ':');
	size_t n = arg ? (size_t)(arg - word) : strlen(word);

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (strlen(probes[i].word) == n && !strncmp(probes[i].word, word, n)) {
			probes[i].probe(arg ? arg + 1 : NULL);
			return;
		}
	fprintf(stderr, "no probe for the need \"%s\"\n", word);
	abort();
}

bool need_all(const char *needs)
{
	char words[256];

	snprintf(words, sizeof(words), "%s", needs);
	missing[0] = '\0';
	for (char *save, *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (!strcmp(w, "-"))
			continue;
		probe_word(w);
		if (missing[0]) {
			snprintf(verdict->reason, sizeof(verdict->reason), "%s", missing);
			atomic_store(&verdict->skipped, 1);
			return false;
		}
	}
	return true;
}

static void skip_if_missing(void)
{
	if (missing[0])
		check_skip("%s", missing);
}

void need_initial_pidns(const char *what)
{
	if (!proc_is_initial_pidns())
		check_skip("not permitted: %s (the initial pid namespace)", what);
}

void need_disposable(void)
{
	missing[0] = '\0';
	probe_disposable(NULL);
	skip_if_missing();
}

bool need_is_disposable(void)
{
	missing[0] = '\0';
	probe_disposable(NULL);
	return !missing[0];
}

void need_module(const char *name)
{
	missing[0] = '\0';
	probe_module(name);
	skip_if_missing();
}

void need_unprivileged_userns(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWUSER) ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		check_setup_failed(HERE, "a child for need_unprivileged_userns: %s",
				   errno_name(errno));
	missing[0] = '\0';
	if (WEXITSTATUS(status))
		lacks_userns(WEXITSTATUS(status));
	skip_if_missing();
}

void need_cap(int cap, const char *name)
{
	if (!cred_has(cap))
		check_skip("not permitted: %s", name);
}

void need_file(const char *path, const char *what)
{
	if (access(path, F_OK))
		check_skip("not supported: %s: no %s", what, path);
}

/* "6.13" of SYS_KNOWN_6_13. */
static char *version_in(const char *name)
{
	char *version = text_format("%s", strpbrk(name, "0123456789") ?: name);

	for (char *c = version; (c = strchr(c, '_'));)
		*c = '.';
	return version;
}

void need_working_at(struct here h, bool works, long newer_call, const char *its_name,
		     const char *what)
{
	if (works)
		return;
	if (!sys_known(newer_call))
		check_skip("not supported: %s (since %s)", what, version_in(its_name));
	check_failed(h, "%s: missing on a kernel that is newer than it", what);
	check_stop();
}

const char *need_disk(void)
{
	missing[0] = '\0';
	probe_disk(NULL);
	skip_if_missing();
	return getenv("BULKHEAD_DISK");
}
