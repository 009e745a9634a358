// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine before and after: a row for each kind of thing that could stay
 * changed.  Put back is what can only be ours; what may as well be somebody
 * else's (a network device that has appeared on a machine in use) is named,
 * and put back only where the machine is disposable.
 */
#include "machine.h"

#include <errno.h>
#include <glob.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

static bool own_mounts;

/* With mounts of our own nobody else's can look like ours, and none of ours stays. */
bool machine_own_mounts(void)
{
	if (!own_mounts && !unshare(CLONE_NEWNS))
		own_mounts = !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return own_mounts;
}

static void read_controls(const struct run *run, struct facts *f)
{
	CLEAN(free_text) char *mount = cgroup2_mount();
	CLEAN(free_text) char *path = text("%s/cgroup.subtree_control", mount ?: "");
	CLEAN(free_text) char *value = file_text(path);

	(void)run;
	if (value)
		fact_add(f, path, value);
}

static int undo_control(const struct change *c)
{
	return c->what == CHANGED ? controllers_restore(c->key, c->before) : -EOPNOTSUPP;
}

/* By its number: the same place can be mounted on more than once. */
static void read_mounts(const struct run *run, struct facts *f)
{
	CLEAN(free_text) char *all = own_mounts ? file_text("/proc/self/mountinfo") : NULL;

	(void)run;
	for (char *save, *line = strtok_r(all ?: "", "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct words w = words_split(line, " ");
		CLEAN(free_text) char *key = text("%s %s", w.n > 4 ? w.v[4] : "?", w.v[0]);

		fact_add(f, key, "");
		words_free(&w);
	}
}

/* "\040" is a space. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

static int undo_mount(const struct change *c)
{
	CLEAN(free_text) char *path = text("%.*s", (int)strcspn(c->key, " "), c->key);

	if (c->what != ADDED)
		return -EOPNOTSUPP;
	unescape(path);
	return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) ? -errno : 0;
}

static void read_devices(const struct run *run, struct facts *f)
{
	struct if_nameindex *all = if_nameindex();

	(void)run;
	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		CLEAN(free_text) char *key = text("%s %u", i->if_name, i->if_index);

		fact_add(f, key, "");
	}
	if (all)
		if_freenameindex(all);
}

/* /proc/sysvipc/X: a heading, then "key id ...". */
static void read_ipc(const struct run *run, struct facts *f)
{
	static const char *const types[] = { "msg", "sem", "shm" };

	(void)run;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		CLEAN(free_text) char *path = text("/proc/sysvipc/%s", types[i]);
		CLEAN(free_text) char *all = file_text(path);
		char *save, *line = strtok_r(all ?: "", "\n", &save);
		int key, id;

		while (line && (line = strtok_r(NULL, "\n", &save)))
			if (sscanf(line, "%d %d", &key, &id) == 2) {
				CLEAN(free_text) char *name = text("%s %d", types[i], id);

				fact_add(f, name, "");
			}
	}
}

static int undo_ipc(const struct change *c)
{
	int id = atoi(c->key + 4);
	int ret = -1;

	if (c->what != ADDED)
		return -EOPNOTSUPP;
	if (!strncmp(c->key, "msg", 3))
		ret = msgctl(id, IPC_RMID, NULL);
	else if (!strncmp(c->key, "sem", 3))
		ret = semctl(id, 0, IPC_RMID);
	else
		ret = shmctl(id, IPC_RMID, NULL);
	return ret ? -errno : 0;
}

static int undo_sysctl(const struct change *c)
{
	CLEAN(free_text) char *path = text("/proc/sys/%s", c->key);
	CLEAN(free_text) char *now_there = NULL;
	int ret = file_put(path, c->before);

	now_there = file_text(path);
	return ret ?: now_there && !strcmp(now_there, c->before) ? 0 : -EINVAL;
}

static int undo_device(const struct change *c)
{
	CLEAN(free_text) char *name = text("%.*s", (int)strcspn(c->key, " "), c->key);

	return c->what == ADDED ? device_remove(name) : -EOPNOTSUPP;
}

static int undo_cgroup(const struct change *c)
{
	return c->what == ADDED && !rmdir(c->key) ? 0 : -errno;
}

/* Whether each is online: only where a test may change that. */
static void read_cpus(const struct run *run, struct facts *f)
{
	glob_t found;

	if (!run->o.disposable || glob("/sys/devices/system/cpu/cpu[0-9]*/online", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		CLEAN(free_text) char *value = file_text(found.gl_pathv[i]);

		if (value)
			fact_add(f, found.gl_pathv[i], value);
	}
	globfree(&found);
}

static int undo_cpu(const struct change *c)
{
	return c->what == CHANGED ? file_put(c->key, c->before) : -EOPNOTSUPP;
}

static int undo_process(const struct change *c)
{
	return kill(atoi(c->key), SIGKILL) ? -errno : 0;
}

static const struct {
	const char *name;
	void (*read)(const struct run *run, struct facts *f);
	int (*undo)(const struct change *c);
	bool surely_ours; /* nobody else changes such things meanwhile */
	bool numbered;	  /* the last word of the key is for us alone */
} kinds[KINDS] = {
	[SYSCTLS] = { "sysctl", NULL, undo_sysctl, true, false },
	[CONTROLS] = { "controllers in", read_controls, undo_control, true, false },
	[MOUNTS] = { "mount", read_mounts, undo_mount, true, true },
	[DEVICES] = { "network device", read_devices, undo_device, false, true },
	[IPC] = { "SysV IPC object", read_ipc, undo_ipc, false, false },
	[CGROUPS] = { "cgroup", foreign_cgroups, undo_cgroup, false, false },
	[PROCESSES] = { "process", orphans, undo_process, true, false },
	[CPUS] = { "CPU", read_cpus, undo_cpu, false, false },
};

static void read_rest(const struct run *run, struct machine *m)
{
	for (enum kind k = 0; k < KINDS; k++)
		if (kinds[k].read) {
			kinds[k].read(run, &m->facts[k]);
			facts_sort(&m->facts[k]);
		}
}

struct machine machine_read(const struct run *run)
{
	struct machine m = {};

	sysctls_read(&m.facts[SYSCTLS]);
	read_rest(run, &m);
	return m;
}

struct machine machine_read_again(const struct run *run, const struct machine *before)
{
	struct machine m = {};

	sysctls_read_again(&m.facts[SYSCTLS], &before->facts[SYSCTLS]);
	read_rest(run, &m);
	return m;
}

/* One line, whatever is in a value. */
static char *short_value(const char *value)
{
	char *s = text("%.100s", value);
	size_t n = strlen(s);

	while (n && s[n - 1] == '\n')
		s[--n] = '\0';
	for (char *c = s; *c; c++)
		*c = *c == '\n' ? '|' : *c;
	return s;
}

char *change_text(const struct change *c)
{
	CLEAN(free_text) char *before = short_value(c->before);
	CLEAN(free_text) char *after = short_value(c->after);
	size_t length;

	if (c->what == CHANGED)
		return text("%s %s: was \"%s\", is \"%s\"", kinds[c->kind].name, c->key, before,
			    after);
	length = strlen(c->key);
	if (kinds[c->kind].numbered)
		length = (size_t)(strrchr(c->key, ' ') - c->key);
	return text("%s %.*s%s", kinds[c->kind].name, (int)length, c->key,
		    c->what == REMOVED ? " is gone" : "");
}

char *change_undo(const struct run *run, const struct change *c)
{
	int ret;

	if (!kinds[c->kind].surely_ours && !run->o.disposable)
		return text("left as it is: it could be another's");
	ret = kinds[c->kind].undo(c);
	return ret ? text("cannot be put back: %s", strerror(-ret)) : text("put back");
}
