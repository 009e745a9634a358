// SPDX-License-Identifier: GPL-2.0-only
/* Mounting cgroup2: one hierarchy, its flags, and what a namespace sees of it. */
#include "suite.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#ifndef CGROUP_SUPER_MAGIC
#define CGROUP_SUPER_MAGIC 0x27e0eb
#endif

AREA(core_mount);

static struct cgroup mounted(const char *dir)
{
	struct cgroup cg = { .version = 2 };

	snprintf(cg.path, sizeof(cg.path), "%s", dir);
	return cg;
}

/* Another mount with the flags that are on, so that nothing changes. */
static char *mount_again(void)
{
	char *dir = temp_dir();

	mount_make("cgroup2", dir, "cgroup2", 0, cgroup_mount_flags());
	return dir;
}

/* A cgroup of the test as it is called below another mount of the whole hierarchy. */
static struct cgroup seen_at(const char *dir, const struct cgroup *cg)
{
	return mounted(text_format("%s%s", dir, cgroup_name(cg)));
}

TEST_F(core_mount, single_hierarchy)
{
	struct cgroup a = cgroup_make("a"), other, below;
	char *dir = mount_again();
	struct child c;

	other = seen_at(dir, &a);
	EXPECT_TRUE(cgroup_has(&other, "cgroup.procs"));
	CHILD (&c, .cgroup = &a)
		child_sleep();
	EXPECT_TRUE(cgroup_contains(&other, c.pid));
	ASSERT_OK(cgroup_try_make(&other, "below", &below));
	EXPECT_EQ(1, cgroup_key(&a, "cgroup.stat", "nr_descendants"));
	EXPECT_OK(cgroup_try_write(&other, "cgroup.max.depth", "4"));
	EXPECT_STREQ("4", cgroup_read(&a, "cgroup.max.depth"));
	MUST(umount2(dir, MNT_DETACH));
	EXPECT_EQ(1, cgroup_key(&a, "cgroup.stat", "nr_descendants"));
}

TEST_F(core_mount, cgroup2_magic)
{
	char *text = file_read("/proc/self/mounts"), type[64], dir[PATH_MAX];
	char *again = mount_again();
	struct statfs st;

	MUST(statfs(again, &st));
	EXPECT_EQ(0x63677270, st.f_type);
	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
		if (sscanf(line, "%*s %4095s %63s", dir, type) != 2 || strncmp(type, "cgroup", 6))
			continue;
		MUST(statfs(dir, &st));
		EXPECT_EQ(strcmp(type, "cgroup2") ? CGROUP_SUPER_MAGIC : 0x63677270, st.f_type);
	}
}

TEST_F(core_mount, bind_subtree)
{
	struct cgroup a = cgroup_make("a"), bound, below;
	char *dir = temp_dir(), *text, root[PATH_MAX], at[PATH_MAX];
	struct child c;
	int found = 0;

	mount_make(a.path, dir, NULL, MS_BIND, NULL);
	text = file_read("/proc/self/mountinfo");
	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		if (sscanf(line, "%*d %*d %*s %4095s %4095s", root, at) == 2 && !strcmp(at, dir)) {
			EXPECT_STREQ(cgroup_name(&a), root);
			found++;
		}
	EXPECT_EQ(1, found);
	bound = mounted(dir);
	ASSERT_OK(cgroup_try_make(&bound, "below", &below));
	CHILD (&c)
		child_sleep();
	EXPECT_OK(cgroup_try_write(&below, "cgroup.procs", "%d", c.pid));
	EXPECT_STREQ(text_format("%s/below", cgroup_name(&a)), cgroup_of(c.pid));
	EXPECT_ERRNO(EBUSY, rmdir(below.path));
	child_kill(&c);
	EXPECT_SOON(!rmdir(below.path));
	EXPECT_ERRNO(EBUSY, rmdir(dir));
}

TEST_F(core_mount, unknown_option_einval)
{
	static const char *const bad[] = { "nosuch",	       "noprefix", "name=x",
					   "memory",	       "none",	   "release_agent=/x",
					   "nsdelegate,nosuch" };
	char *dir = temp_dir(), *before = cgroup_mount_flags();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL, mount("cgroup2", dir, "cgroup2", 0, bad[i]));
	EXPECT_STREQ(before, cgroup_mount_flags());
}

TEST_F(core_mount, options_shown)
{
	char *text = file_read("/proc/self/mountinfo"), *again = mount_again(), *first = NULL;
	int mounts = 0;

	(void)again;
	free(text);
	text = file_read("/proc/self/mountinfo");
	for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
		char *type = strstr(line, " - cgroup2 "), *end = strchr(line, '\n'), super[256];

		if (!type || (end && type > end))
			continue;
		ASSERT_EQ(1, sscanf(type, " - cgroup2 %*s %255s", super));
		/* "rw" may differ by mount; what follows may not. */
		char *options = strdup(strchr(super, ',') ?: "");

		if (first)
			EXPECT_STREQ(first, options);
		first = options;
		mounts++;
	}
	EXPECT_LT(1, mounts);
	EXPECT_STREQ(*cgroup_mount_flags() ? text_format(",%s", cgroup_mount_flags()) : "", first);
}

/* Each name is a flag that the mount takes: here from a namespace where it changes nothing. */
TEST_F(core_mount, features_list)
{
	char *text, *save, *feature;
	struct cgroup a;
	int n = 0;

	need_file("/sys/kernel/cgroup/features", "the list of cgroup2 mount options");
	text = file_read("/sys/kernel/cgroup/features");
	EXPECT_TRUE(text_has_line(text, "nsdelegate"));
	if (!cred_has(CAP_SYS_ADMIN) || !cred_is_initial())
		return;
	a = cgroup_make("a");
	IN_CHILD () {
		char *dir = temp_dir();

		cgroup_add(&a, 0);
		ns_unshare(CLONE_NEWCGROUP);
		for (feature = strtok_r(text, "\n", &save); feature;
		     feature = strtok_r(NULL, "\n", &save)) {
			check_ok(HERE, feature, mount("cgroup2", dir, "cgroup2", 0, feature));
			umount2(dir, MNT_DETACH);
			n++;
		}
		EXPECT_LT(0, n);
	}
}

TEST_F(core_mount, options_ignored_in_other_ns)
{
	struct cgroup a = cgroup_make("a");
	char *before = cgroup_mount_flags();

	IN_CHILD () {
		char *dir = temp_dir();
		const char *opposite = strstr(before, "nsdelegate") ? "" : "nsdelegate";

		cgroup_add(&a, 0);
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_OK(mount("cgroup2", dir, "cgroup2", 0, opposite));
		EXPECT_STREQ(before, cgroup_mount_flags());
		EXPECT_OK(mount(NULL, dir, NULL, MS_REMOUNT, opposite));
		EXPECT_STREQ(before, cgroup_mount_flags());
	}
	EXPECT_STREQ(before, cgroup_mount_flags());
}

/* The top directory is the namespace's root, and there is no way up. */
TEST_F(core_mount, ns_root_is_mount_root)
{
	struct cgroup a = cgroup_make("a"), b = cgroup_make_in(&a, "b");

	IN_CHILD () {
		char *dir = temp_dir();
		struct stat top, up, real;

		cgroup_add(&a, 0);
		ns_unshare(CLONE_NEWCGROUP);
		mount_make("cgroup2", dir, "cgroup2", 0, NULL);
		struct cgroup root = mounted(dir);

		EXPECT_TRUE(cgroup_contains(&root, getpid()));
		EXPECT_TRUE(cgroup_has(&root, "cgroup.events"));
		MUST(stat(dir, &top));
		MUST(stat(a.path, &real));
		EXPECT_EQ(real.st_ino, top.st_ino);
		MUST(stat(text_format("%s/b", dir), &up));
		MUST(stat(b.path, &real));
		EXPECT_EQ(real.st_ino, up.st_ino);
		MUST(stat(text_format("%s/b/../..", dir), &up));
		EXPECT_NE(minor(top.st_dev), minor(up.st_dev));
	}
}

TEST_F(core_mount, userns_mount)
{
	char *dir = temp_dir();

	need_cgroup();
	IN_CHILD () {
		if (cred_is_initial() && !geteuid())
			cred_become(OTHER_UID, OTHER_GID);
		need_unprivileged_userns();
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS)
			EXPECT_ERRNO(EPERM, mount("cgroup2", dir, "cgroup2", 0, NULL));
		IN_CHILD (.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) {
			struct statfs st;

			EXPECT_OK(mount("cgroup2", dir, "cgroup2", 0, NULL));
			MUST(statfs(dir, &st));
			EXPECT_EQ(0x63677270, st.f_type);
		}
	}
}

static char *boot_option(const char *name)
{
	char *value = kernel_parameter(name);

	if (!value)
		check_skip("not supported: a kernel booted with %s=", name);
	return value;
}

TEST_F(core_mount, cgroup_disable)
{
	char *names = boot_option("cgroup_disable"), *save, *dir = temp_dir();
	char *table = file_read("/proc/cgroups"), *row;
	struct cgroup root = mounted(cgroup_mount());
	int checked = 0, enabled;

	for (char *n = strtok_r(names, ",", &save); n; n = strtok_r(NULL, ",", &save)) {
		row = text_value(table, n);
		if (!row)
			continue; /* "pressure", or a controller that is not there anyway */
		ASSERT_EQ(1, sscanf(row, "%*d %*d %d", &enabled));
		EXPECT_EQ(0, enabled);
		EXPECT_FALSE(text_has_word(cgroup_read(&root, "cgroup.controllers"),
					   strcmp(n, "blkio") ? n : "io"));
		EXPECT_EQ(-1, mount("cgroup", dir, "cgroup", 0, n));
		checked++;
	}
	if (!checked)
		check_skip("not supported: a kernel booted with cgroup_disable=CONTROLLER");
}

TEST_F(core_mount, cgroup_disable_pressure)
{
	static const char *const files[] = { "cpu.pressure", "memory.pressure", "io.pressure",
					     "irq.pressure", "cgroup.pressure" };
	struct cgroup a = cgroup_make("a");

	if (!strstr(boot_option("cgroup_disable"), "pressure"))
		check_skip("not supported: a kernel booted with cgroup_disable=pressure");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_FALSE(cgroup_has(&a, files[i]));
	bool off = strstr(file_read("/proc/cmdline"), "psi=0");

	EXPECT_EQ(off, access("/proc/pressure/cpu", F_OK) != 0);
}

TEST_F(core_mount, cgroup_no_v1)
{
	char *names = boot_option("cgroup_no_v1"), *dir = temp_dir(), *save;
	struct cgroup root = mounted(cgroup_mount());
	char *have = cgroup_read(&root, "cgroup.controllers"), *all = strdup(have);
	bool named = false, every = false;

	for (char *n = strtok_r(names, ",", &save); n; n = strtok_r(NULL, ",", &save)) {
		named |= !strcmp(n, "named");
		every |= !strcmp(n, "all");
		if (strcmp(n, "named") && strcmp(n, "all")) {
			EXPECT_ERRNO(EINVAL, mount("cgroup", dir, "cgroup", 0, n));
			EXPECT_TRUE(text_has_word(have, n));
		}
	}
	if (named)
		EXPECT_ERRNO(EINVAL, mount("cgroup", dir, "cgroup", 0, "none,name=bulkhead"));
	for (char *n = every ? strtok_r(all, " ", &save) : NULL; n; n = strtok_r(NULL, " ", &save))
		EXPECT_EQ(-1, mount("cgroup", dir, "cgroup", 0, strcmp(n, "io") ? n : "blkio"));
	EXPECT_LT(0, named + every + (int)strlen(have));
}

SUITE_MAIN()
