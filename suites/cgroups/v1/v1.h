// SPDX-License-Identifier: GPL-2.0-only
/* Processes in cgroups of v1 hierarchies, which no clone(2) puts them in. */
#ifndef V1_H
#define V1_H

#include "suite.h"

/* A child of a v1 cgroup, with the controller of its parent. */
static inline struct cgroup v1_below(const struct cgroup *parent, const char *name)
{
	struct cgroup cg = { .version = 1 };

	if (cgroup_try_make(parent, name, &cg))
		check_setup_failed(HERE, "mkdir %s: %s", cg.path, errno_name(errno));
	return cg;
}

/* A process that is in the cgroup, there until killed. */
static inline void v1_start(struct child *c, const struct cgroup *cg)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

/* The path that /proc/PID/cgroup has for the hierarchy of that controller or "name=N"; malloc'ed.
 */
static inline char *v1_path_of(pid_t pid, const char *controller)
{
	char *text = file_read(pid ? "/proc/%d/cgroup" : "/proc/self/cgroup", pid), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':') + 1, *path = strchr(names, ':');

		*path++ = '\0';
		for (char *n = strtok(names, ","); n; n = strtok(NULL, ","))
			if (!strcmp(n, controller))
				return strdup(path);
	}
	return NULL;
}

/* Where the hierarchy of a cgroup is mounted, as far as the caller's namespace sees; malloc'ed. */
static inline char *v1_root(const struct cgroup *cg, const char *controller)
{
	struct child c;
	char *root = strdup(cg->path), *path, *at;

	v1_start(&c, cg);
	path = v1_path_of(c.pid, controller);
	child_kill(&c);
	at = path ? strstr(root, path) : NULL;
	if (!at)
		check_setup_failed(HERE, "%s does not end in %s", root, path ?: "?");
	*at = '\0';
	return root;
}

/* The same as a cgroup, for its files. */
static inline struct cgroup v1_root_cgroup(const struct cgroup *cg, const char *controller)
{
	struct cgroup root = { .version = 1 };

	snprintf(root.path, sizeof(root.path), "%s", v1_root(cg, controller));
	return root;
}

/* Of /proc/cgroups: which hierarchy the controller is bound to, 0: to none of v1; -1: no such. */
static inline int v1_hierarchy_of(const char *controller)
{
	char *row = text_value(file_read("/proc/cgroups"), controller);

	return row ? atoi(row) : -1;
}

/* Options of a hierarchy without controllers that is ours alone; malloc'ed. */
static inline char *v1_named(const char *name)
{
	return text_format("none,name=bulkhead.%d.%s", getpid(), name);
}

/*
 * The root of a hierarchy in which processes may be moved about: of the first that is mounted
 * here, or else of one without controllers.  own is a fresh cgroup in it.
 */
static inline struct cgroup v1_any(const char *name, char **hierarchy)
{
	static const char *const harmless[] = { "freezer", "pids", "devices", "cpuacct" };

	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (v1_hierarchy_of(harmless[i]) > 0) {
			*hierarchy = strdup(harmless[i]);
			return cgroup_v1_make(harmless[i], name);
		}
	need_disposable();
	char *options = v1_named("any");
	struct cgroup root = cgroup_v1_mount(options);

	*hierarchy = strdup(strchr(options, ',') + 1);
	return v1_below(&root, name);
}

#endif
