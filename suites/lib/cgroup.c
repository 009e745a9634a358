// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups of the running test, v2 and v1 through one interface. */
#include "cgroup.h"
#include "file.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT(text, fmt)                                \
	do {                                             \
		va_list ap_;                             \
		va_start(ap_, fmt);                      \
		vsnprintf(text, sizeof(text), fmt, ap_); \
		va_end(ap_);                             \
	} while (0)

static void file_path(char path[PATH_MAX + 256], const struct cgroup *cg, const char *file)
{
	snprintf(path, PATH_MAX + 256, "%s/%s", cg->path, file);
}

int cgroup_try_make(const struct cgroup *parent, const char *name, struct cgroup *cg)
{
	int n = snprintf(cg->path, sizeof(cg->path), "%s/%s", parent->path, name);

	cg->version = parent->version;
	if (n >= (int)sizeof(cg->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return mkdir(cg->path, 0755);
}

struct cgroup cgroup_make_at(struct here h, const struct cgroup *parent, const char *name)
{
	struct cgroup cg, own;

	if (!parent) {
		own = cgroup_own_at(h);
		parent = &own;
	}
	if (cgroup_try_make(parent, name, &cg))
		check_setup_failed(h, "mkdir %s/%s: %s", parent->path, name, errno_name(errno));
	return cg;
}

void cgroup_remove_at(struct here h, const struct cgroup *cg)
{
	if (rmdir(cg->path))
		check_setup_failed(h, "rmdir %s: %s", cg->path, errno_name(errno));
}

char *cgroup_read_at(struct here h, const struct cgroup *cg, const char *file)
{
	return file_read_at(h, "%s/%s", cg->path, file);
}

ssize_t cgroup_try_read(const struct cgroup *cg, const char *file, char *text, size_t size)
{
	char path[PATH_MAX + 256];

	file_path(path, cg, file);
	return file_try_read(path, text, size);
}

void cgroup_write_at(struct here h, const struct cgroup *cg, const char *file, const char *fmt, ...)
{
	char text[4096];
	int e;

	FORMAT(text, fmt);
	if (!cgroup_try_write(cg, file, "%s", text))
		return;
	e = errno;
	check_setup_failed(h, "write \"%s\" to %s/%s: %s", text, cg->path, file, errno_name(e));
}

int cgroup_try_write(const struct cgroup *cg, const char *file, const char *fmt, ...)
{
	char path[PATH_MAX + 256], text[4096];

	FORMAT(text, fmt);
	file_path(path, cg, file);
	return file_try_write(path, text);
}

int64_t cgroup_number_at(struct here h, const struct cgroup *cg, const char *file)
{
	char *text = cgroup_read_at(h, cg, file);
	bool max = !strcmp(text, "max");

	free(text);
	return max ? INT64_MAX : file_number_at(h, "%s/%s", cg->path, file);
}

int64_t cgroup_key_at(struct here h, const struct cgroup *cg, const char *file, const char *key)
{
	char *text = cgroup_read_at(h, cg, file), *value = text_value(text, key), *end;

	if (!value)
		check_setup_failed(h, "%s/%s has no key %s", cg->path, file, key);
	int64_t number = strtoll(value, &end, 10);
	if (end == value && strcmp(value, "max"))
		check_setup_failed(h, "%s/%s: %s is \"%s\"", cg->path, file, key, value);
	number = end == value ? INT64_MAX : number;
	free(text);
	free(value);
	return number;
}

bool cgroup_has(const struct cgroup *cg, const char *file)
{
	char path[PATH_MAX + 256];

	file_path(path, cg, file);
	return !access(path, F_OK);
}

/* Files that a kernel has only where it was configured so, or that are newer than the rest. */
static const struct {
	const char *prefix, *why;
} whys_of_files[] = {
	{ "cpu.uclamp.", "CONFIG_UCLAMP_TASK_GROUP" },
	{ "cpu.max", "CONFIG_CFS_BANDWIDTH" },
	{ "cpu.cfs_", "CONFIG_CFS_BANDWIDTH" },
	{ "cpu.rt_", "CONFIG_RT_GROUP_SCHED" },
	{ "cpu.pressure", "CONFIG_PSI" },
	{ "io.pressure", "CONFIG_PSI" },
	{ "memory.pressure", "CONFIG_PSI" },
	{ "irq.pressure", "CONFIG_IRQ_TIME_ACCOUNTING" },
	{ "io.max", "CONFIG_BLK_DEV_THROTTLING" },
	{ "io.prio.class", "CONFIG_BLK_CGROUP_IOPRIO" },
	{ "io.latency", "CONFIG_BLK_CGROUP_IOLATENCY" },
	{ "io.cost.", "CONFIG_BLK_CGROUP_IOCOST" },
	{ "io.bfq.", "CONFIG_BFQ_GROUP_IOSCHED" },
	{ "memory.swap.", "CONFIG_SWAP" },
	{ "memory.zswap.", "CONFIG_ZSWAP" },
	{ "cpuset.cpus.exclusive", "since 6.7" },
};

void need_cgroup_file(const struct cgroup *cg, const char *file)
{
	if (cgroup_has(cg, file))
		return;
	for (size_t i = 0; i < sizeof(whys_of_files) / sizeof(*whys_of_files); i++)
		if (!strncmp(file, whys_of_files[i].prefix, strlen(whys_of_files[i].prefix)))
			check_skip("not supported: this kernel's cgroups have no %s (%s)", file,
				   whys_of_files[i].why);
	check_skip("not supported: this kernel's cgroups have no %s", file);
}

int cgroup_open_at(struct here h, const struct cgroup *cg, const char *file, int flags)
{
	char path[PATH_MAX + 256];

	file_path(path, cg, file);
	int fd = file_open(path, flags);
	if (fd < 0)
		check_setup_failed(h, "open %s: %s", path, errno_name(errno));
	return fd;
}

int cgroup_dir_at(struct here h, const struct cgroup *cg)
{
	return cgroup_open_at(h, cg, ".", O_RDONLY | O_DIRECTORY);
}

bool cgroup_contains_at(struct here h, const struct cgroup *cg, pid_t pid)
{
	char *procs = cgroup_read_at(h, cg, "cgroup.procs"), line[16];

	snprintf(line, sizeof(line), "%d", pid);
	bool found = text_has_line(procs, line);
	free(procs);
	return found;
}

char *cgroup_of_at(struct here h, pid_t pid)
{
	char *text = pid ? file_read_at(h, "/proc/%d/cgroup", pid)
			 : file_read_at(h, "/proc/thread-self/cgroup");

	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		if (!strncmp(line, "0::", 3)) {
			line[strcspn(line, "\n")] = '\0';
			return strdup(line + 3);
		}
	check_setup_failed(h, "/proc/%d/cgroup has no v2 line: \"%s\"", pid, text);
}
