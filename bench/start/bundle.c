// SPDX-License-Identifier: GPL-2.0-only
/*
 * A root file system of one static program, and the OCI bundle around it.  Each worker
 * has its own: two containers of one cgroup or one root folder get in each other's way
 * (crun finds the cgroup gone, nspawn the folder busy).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "start.h"

static void copy_program(const char *from, const char *to)
{
	CLEAN(close_fd) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEAN(close_fd) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n = 1;

	while (in >= 0 && out >= 0 && (n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	if (in < 0 || out < 0 || n < 0)
		err(EXIT_UNUSABLE, "%s, to %s", from, to);
}

static json_t *config(const struct place *place, unsigned int worker)
{
	static const char *const namespaces[] = { "pid", "ipc", "uts", "mount", "network" };
	CLEAN(free_text) char *cgroup = text("%s.%u", place->tag, worker);
	json_t *types = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		json_array_append_new(types, json_pack("{s:s}", "type", namespaces[i]));
	return json_pack("{s:s, s:{s:b, s:{s:i, s:i}, s:[s], s:[s], s:s, s:b}, s:{s:s, s:b}, s:s,"
			 " s:[{s:s, s:s, s:s}, {s:s, s:s, s:s, s:[s,s,s]}], s:{s:o, s:s}}",
			 "ociVersion", "1.0.2", "process", "terminal", 0, "user", "uid", 0, "gid",
			 0, "args", "/true", "env", "PATH=/", "cwd", "/", "noNewPrivileges", 1,
			 "root", "path", "rootfs", "readonly", 0, "hostname", "bench", "mounts",
			 "destination", "/proc", "type", "proc", "source", "proc", "destination",
			 "/dev", "type", "tmpfs", "source", "tmpfs", "options", "nosuid",
			 "mode=755", "size=65536k", "linux", "namespaces", types, "cgroupsPath",
			 cgroup);
}

char *bundle_path(const struct place *place, unsigned int worker)
{
	return text("%s/bundle.%u", place->temp, worker);
}

void bundle_make(const struct place *place, unsigned int worker)
{
	static const char *const folders[] = { "",
					       "/rootfs",
					       "/rootfs/proc",
					       "/rootfs/dev",
					       "/rootfs/sys",
					       "/rootfs/tmp",
					       "/rootfs/usr",
					       "/rootfs/etc" };
	CLEAN(free_text) char *own = own_folder();
	CLEAN(free_text) char *program = text("%s/bench-true", own);
	CLEAN(free_text) char *bundle = bundle_path(place, worker);
	CLEAN(free_text) char *to = text("%s/rootfs/true", bundle);
	CLEAN(free_text) char *file = text("%s/config.json", bundle);
	CLEAN(free_text) char *release = text("%s/rootfs/etc/os-release", bundle);

	if (!access(file, F_OK))
		return; /* another experiment's */
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEAN(free_text) char *path = text("%s%s", bundle, folders[i]);

		if (mkdir(path, 0755))
			err(EXIT_UNUSABLE, "%s", path);
	}
	copy_program(program, to);
	json_t *c = config(place, worker);

	/* systemd-nspawn wants to see an operating system. */
	if (json_dump_file(c, file, 0) || file_replace(release, "ID=bulkhead\n", 12))
		err(EXIT_UNUSABLE, "%s", bundle);
	json_decref(c);
}

/* "bulkhead-bench.PID.SALT.WORKER" of a process that is no more. */
static bool is_dead_ones(const char *name)
{
	size_t n = strlen(PLACE_PREFIX);
	char *end;
	long pid;

	if (strncmp(name, PLACE_PREFIX, n))
		return false;
	pid = strtol(name + n, &end, 10);
	return pid > 0 && *end == '.' && strchr(end + 1, '.') && kill((pid_t)pid, 0) &&
	       errno == ESRCH;
}

/* Its last process may take a moment to die; a living one is not ours to end. */
static void sweep_one(const char *path)
{
	double end = now() + DEATH_LIMIT;

	if (!is_dead_ones(strrchr(path, '/') + 1))
		return;
	while (rmdir(path) && errno == EBUSY && now() < end)
		usleep(DEATH_NAP);
}

/* A hierarchy's root, and our own cgroups, each once: below these runtimes put theirs. */
static struct words own_cgroups(void)
{
	CLEAN(free_text) char *file = file_text("/proc/self/cgroup");
	struct words lines = words_split(file ?: "", "\n"), own = {};

	words_add(&own, "/");
	for (size_t i = 0; i < lines.n; i++) {
		const char *controllers = strchr(lines.v[i], ':');
		const char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (path && !words_have(&own, path + 1))
			words_add(&own, "%s", path + 1);
	}
	words_free(&lines);
	return own;
}

/* Whose path is in which hierarchy does not matter. */
void bundle_sweep(void)
{
	CLEAN(free_text) char *mounts = file_text("/proc/self/mounts");
	struct words own = own_cgroups();

	for (char *save, *line = strtok_r(mounts ?: "", "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct words w = words_split(line, " ");

		for (size_t i = 0; i < own.n; i++) {
			CLEAN(free_text) char *dir = text("%s%s", w.n > 1 ? w.v[1] : "", own.v[i]);

			if (w.n > 2 && !strncmp(w.v[2], "cgroup", 6))
				folder_each(dir, sweep_one);
		}
		words_free(&w);
	}
	words_free(&own);
}
