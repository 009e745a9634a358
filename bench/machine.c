// SPDX-License-Identifier: GPL-2.0-only
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "place.h"
#include "text.h"

#define HYPERVISOR_LEAF 0x40000000

/* Who says to be below us: "KVMKVMKVM", "TCGTCGTCGTCG"; "" for nobody. */
static void hypervisor(char name[13])
{
	memset(name, 0, 13);
#if defined(__x86_64__)
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 31))
		return;
	__cpuid(HYPERVISOR_LEAF, a, b, c, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
#endif
}

/* The value of the first line of a "key : value" file with that key. */
static char *value_of(const char *path, const char *key)
{
	CLEAN(free_text) char *all = file_text(path);
	char *at = all ? strstr(all, key) : NULL;

	at = at ? strchr(at, ':') : NULL;
	if (!at)
		return text("%s", "");
	at += 1 + strspn(at + 1, " \t");
	at[strcspn(at, "\n")] = '\0';
	text_clean(at);
	return text("%s", at);
}

static char *line_of(const char *path)
{
	char *all = file_text(path);

	if (!all)
		return text("%s", "");
	all[strcspn(all, "\n")] = '\0';
	text_clean(all);
	return all;
}

static char *cpu_model(void)
{
	return value_of("/proc/cpuinfo", "model name");
}

bool machine_emulated(void)
{
	CLEAN(free_text) char *model = cpu_model();
	char name[13];

	hypervisor(name);
	return !strcmp(name, "TCGTCGTCGTCG") || strstr(model, "TCG") ||
	       strstr(model, "QEMU Virtual");
}

static const char *layout(void)
{
	CLEAN(free_text) char *mounts = file_text("/proc/self/mounts");
	bool v1 = mounts && strstr(mounts, " cgroup "), v2 = mounts && strstr(mounts, " cgroup2 ");

	return v1 && v2 ? "hybrid" : v2 ? "v2" : v1 ? "v1" : "none";
}

json_t *machine_json(void)
{
	static const struct {
		const char *key, *path;
	} files[] = {
		{ "clocksource",
		  "/sys/devices/system/clocksource/clocksource0/current_clocksource" },
		{ "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor" },
		{ "thp", "/sys/kernel/mm/transparent_hugepage/enabled" },
		{ "smt", "/sys/devices/system/cpu/smt/control" },
		{ "cmdline", "/proc/cmdline" },
		/* What moving a process between cgroups waits for. */
		{ "rcu_expedited", "/sys/kernel/rcu_expedited" },
		{ "rcu_normal", "/sys/kernel/rcu_normal" },
		{ "load", "/proc/loadavg" },
	};
	CLEAN(free_text) char *model = cpu_model();
	struct utsname u;
	struct sysinfo info;
	char below[13];
	json_t *o;

	uname(&u);
	sysinfo(&info);
	hypervisor(below);
	text_clean(below);
	o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:s, s:s}", "kernel", u.release,
		      "kernel_version", u.version, "architecture", u.machine, "cpu", model, "cpus",
		      (int)sysconf(_SC_NPROCESSORS_ONLN), "memory_MiB",
		      (json_int_t)(info.totalram * info.mem_unit >> 20), "hypervisor", below,
		      "cgroup_layout", layout());
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEAN(free_text) char *value = line_of(files[i].path);

		if (*value)
			json_object_set_new(o, files[i].key, json_string(value));
	}
	return o;
}

void machine_tell(FILE *to)
{
	CLEAN(free_text) char *model = cpu_model();
	CLEAN(free_text) char *load = line_of("/proc/loadavg");
	CLEAN(free_text) char *expedited = line_of("/sys/kernel/rcu_expedited");
	struct utsname u;

	uname(&u);
	fprintf(to, "# kernel %s %s; %s, %ld CPUs; cgroups %s;%s load %.14s\n", u.release,
		u.machine, model, sysconf(_SC_NPROCESSORS_ONLN), layout(),
		strcmp(expedited, "1") ? "" : " RCU expedited;", load);
	if (machine_emulated())
		fputs("# EMULATED: instructions are translated here, so these times say nothing "
		      "about any machine\n",
		      to);
}
