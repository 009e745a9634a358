// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hierarchies of v1: which can be mounted, with what options, and when they go.
 * Those with controllers are made of such as no hierarchy has yet, where there
 * are any; "none,name=N" can be had everywhere.
 */
#include "v1.h"

#include <glob.h>

#define FREE_MAX 4
FIXTURE(v1_core)
{
	const char *free[FREE_MAX]; /* controllers bound to no hierarchy */
	int n_free;
	char *bound; /* one that is bound to a v1 hierarchy; NULL: none is */
};
FIXTURE_SETUP(v1_core)
{
	/* Those that v2 does not have as well, and so cannot be using. */
	static const char *const wanted[] = { "net_cls", "net_prio", "freezer", "devices" };
	char name[64], *save, *text = file_read("/proc/cgroups");
	int id, enabled;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		char *row = text_value(text, wanted[i]);

		if (row && sscanf(row, "%d %*d %d", &id, &enabled) == 2 && !id && enabled)
			self->free[self->n_free++] = wanted[i];
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!self->bound && sscanf(line, "%63[a-z_] %d", name, &id) == 2 && id)
			self->bound = strdup(name);
}
NO_TEARDOWN(v1_core)

static struct cgroup scratch;
static int try_type(const char *type, const char *options)
{
	return cgroup_v1_try_mount(&scratch, type, options);
}

static int try_mount(const char *options)
{
	return try_type("cgroup", options);
}

static int remount(const struct cgroup *root, const char *options)
{
	return mount(NULL, root->path, NULL, MS_REMOUNT, options);
}

static void need_free(int have, int want)
{
	if (have < want)
		check_skip("not permitted: %d controllers that no hierarchy has taken", want);
}

/* What mountinfo has of the hierarchy's options, between commas: ",rw,xattr,name=x,". */
static char *options_of(const struct cgroup *root)
{
	struct mountinfo m = mountinfo_of(0, root->path);

	return text_format(",%s,", m.super);
}

static bool has_option(const struct cgroup *root, const char *option)
{
	return strstr(options_of(root), text_format(",%s,", option));
}

/* Any interface file of the controller. */
static bool has_files(const struct cgroup *cg, const char *controller)
{
	glob_t found;
	int ret = glob(text_format("%s/%s.*", cg->path, controller), 0, NULL, &found);

	if (!ret)
		globfree(&found);
	return !ret;
}

TEST_F(v1_core, named_hierarchy)
{
	static const char *const files[] = { "cgroup.procs", "tasks", "notify_on_release",
					     "release_agent" };
	char *options = v1_named("h"), *name = strchr(options, ',') + 1;
	struct cgroup root = cgroup_v1_mount(options), a = v1_below(&root, "a"), again;
	struct child c;
	int id;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_TRUE(cgroup_has(&root, files[i]));
	EXPECT_STREQ("/", v1_path_of(0, name));
	v1_start(&c, &a);
	char *text = strstr(file_read("/proc/%d/cgroup", c.pid), text_format(":%s:", name));
	ASSERT_TRUE(text);
	while (text[-1] >= '0' && text[-1] <= '9')
		text--;
	text[strcspn(text, "\n")] = '\0';
	EXPECT_EQ(1, sscanf(text, "%d:", &id));
	EXPECT_STREQ(text_format("%d:%s:/a", id, name), text);
	/* By the name alone, or as it was made. */
	EXPECT_OK(try_mount(name));
	again = (struct cgroup) { .version = 1 };
	snprintf(again.path, sizeof(again.path), "%.4000s/a", scratch.path);
	EXPECT_TRUE(cgroup_contains(&again, c.pid));
	EXPECT_OK(try_mount(options));
	EXPECT_OK(access(text_format("%s/a", scratch.path), F_OK));
	EXPECT_ERRNO(EINVAL, try_mount(text_format("%s.other", name)));
	/* No controllers: moving the process has moved it here alone. */
	EXPECT_FALSE(has_files(&a, "pids") || has_files(&a, "memory") || has_files(&a, "cpu"));
}

TEST_F(v1_core, name_rules)
{
	static const char *const good[] = { "a", "A.b-c_9", "-", "..", "_" };
	static const char *const bad[] = { "name=",	    "name=a b",	     "name=a/b",
					   "name=a+b",	    "name=a:b",	     "name=a\nb",
					   "name=\xc3\xa4", "name=a,name=b", "name=a,name=a",
					   "name" };
	char longest[65];

	memset(longest, 'n', 64);
	longest[64] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		check_ok(HERE, good[i], try_mount(text_format("none,name=%s", good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL, try_mount(text_format("none,%s", bad[i])));
	EXPECT_ERRNO(EINVAL, try_mount(text_format("none,name=%s", longest)));
	EXPECT_OK(try_mount(text_format("none,name=%s", longest + 1)));
	EXPECT_ERRNO(EINVAL, try_mount("none"));
	const char *controller = self->n_free ? self->free[0] : self->bound;
	if (!controller)
		return;
	EXPECT_ERRNO(EINVAL, try_mount(text_format("none,%s", controller)));
	EXPECT_ERRNO(EINVAL, try_mount(text_format("none,name=a,%s", controller)));
}

TEST_F(v1_core, name_with_other_controllers_ebusy)
{
	char *options = v1_named("h"), *name = strchr(options, ',') + 1;
	const char *controller = self->n_free ? self->free[0] : self->bound;
	struct cgroup root = cgroup_v1_mount(options);

	if (!controller)
		check_skip("not supported: any controller that v1 can have");
	EXPECT_ERRNO(EBUSY, try_mount(text_format("%s,%s", controller, name)));
	EXPECT_OK(try_mount(options));
	EXPECT_FALSE(has_option(&root, controller));
	if (self->n_free < 2)
		return;
	name = text_format("name=bulkhead.%d.c", getpid());
	EXPECT_OK(try_mount(text_format("%s,%s", controller, name)));
	EXPECT_ERRNO(EBUSY, try_mount(text_format("none,%s", name)));
	EXPECT_ERRNO(EBUSY, try_mount(text_format("%s,%s", self->free[1], name)));
	EXPECT_ERRNO(EBUSY, try_mount(text_format("%s,%s,%s", controller, self->free[1], name)));
	EXPECT_OK(try_mount(name));
	EXPECT_OK(try_mount(text_format("%s,%s", controller, name)));
}

/* A controller of another hierarchy than the given one; NULL: there is none. */
static char *bound_elsewhere(const char *controller)
{
	char name[64], *save, *text = file_read("/proc/cgroups");
	int id, here = v1_hierarchy_of(controller);

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%63[a-z_] %d", name, &id) == 2 && id && id != here)
			return strdup(name);
	return NULL;
}

TEST_F(v1_core, overlap_ebusy)
{
	const char *first = self->bound, *second = first ? bound_elsewhere(first) : NULL;

	if (!second) {
		need_free(self->n_free, 2);
		first = self->free[0];
		second = self->free[1];
		ASSERT_OK(try_mount(first));
		EXPECT_ERRNO(EBUSY, try_mount(text_format("%s,%s", first, second)));
		EXPECT_EQ(0, v1_hierarchy_of(second));
		ASSERT_OK(try_mount(second));
	}
	int ids[] = { v1_hierarchy_of(first), v1_hierarchy_of(second) };

	EXPECT_ERRNO(EBUSY, try_mount(text_format("%s,%s", first, second)));
	EXPECT_ERRNO(EBUSY, try_mount(text_format("%s,name=bulkhead.%d", first, getpid())));
	EXPECT_EQ(ids[0], v1_hierarchy_of(first));
	EXPECT_EQ(ids[1], v1_hierarchy_of(second));
	EXPECT_NE(ids[0], ids[1]);
}

/* Two controllers of one v1 hierarchy that is there already, "a,b"; NULL: no such. */
static char *existing_pair(void)
{
	char *text = file_read("/proc/self/cgroup"), *save, names[256];

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%*d:%255[a-z_,]:", names) == 1 && strchr(names, ','))
			return strdup(names);
	return NULL;
}

TEST_F(v1_core, comount)
{
	char *pair = self->n_free >= 2 ? text_format("%s,%s", self->free[0], self->free[1])
				       : existing_pair();
	struct cgroup root, a;
	struct child c;

	if (!pair)
		need_free(self->n_free, 2);
	char *second = strchr(pair, ',') + 1, *first = strndup(pair, second - pair - 1);
	ASSERT_OK(try_mount(pair));
	root = scratch;
	a = v1_below(&root, text_format("bulkhead.%d", getpid()));
	EXPECT_TRUE(has_files(&a, first));
	EXPECT_TRUE(has_files(&a, second));
	EXPECT_EQ(v1_hierarchy_of(first), v1_hierarchy_of(second));
	v1_start(&c, &a);
	EXPECT_STREQ(strrchr(a.path, '/'), v1_path_of(c.pid, first));
	EXPECT_STREQ(strrchr(a.path, '/'), v1_path_of(c.pid, second));
	/* The same set in another order, somewhere else: the same tree. */
	EXPECT_OK(try_mount(text_format("%s,%s", second, first)));
	struct cgroup same = { .version = 1 };
	snprintf(same.path, sizeof(same.path), "%.2000s/bulkhead.%d", scratch.path, getpid());
	EXPECT_TRUE(cgroup_contains(&same, c.pid));
	EXPECT_ERRNO(EBUSY, try_mount(first));
	EXPECT_ERRNO(EBUSY, try_mount(second));
	child_kill(&c);
	cgroup_remove(&a);
	EXPECT_ERRNO(ENOENT, access(same.path, F_OK));
}

/* Every row of /proc/cgroups that is enabled is on one hierarchy, or cannot be on v1 at all. */
static void expect_all_bound(void)
{
	char name[64], *save, *text = file_read("/proc/cgroups");
	int id, enabled, common = 0, bound = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%63[a-z_] %d %*d %d", name, &id, &enabled) != 3 || !enabled)
			continue;
		if (!id) {
			EXPECT_ERRNO(EINVAL, try_mount(name));
			continue;
		}
		common = common ?: id;
		EXPECT_EQ(common, id);
		EXPECT_TRUE(has_option(&scratch, name));
		bound++;
	}
	EXPECT_LT(2, bound);
}

/* Is a controller where "all" cannot take it from: on another hierarchy, or at work on v2? */
static bool some_are_taken(void)
{
	struct cgroup v2 = { .version = 2 };

	snprintf(v2.path, sizeof(v2.path), "%s", cgroup_mount() ?: "/nonexistent");
	return bound_elsewhere("nosuch") ||
	       (cgroup_mount() && *cgroup_read(&v2, "cgroup.subtree_control"));
}

TEST_F(v1_core, all_default)
{
	static const char *const options[] = { "all", NULL, "", "xattr" };
	const char *controller = self->n_free ? self->free[0] : self->bound;

	if (controller)
		EXPECT_ERRNO(EINVAL, try_mount(text_format("all,%s", controller)));
	EXPECT_ERRNO(EINVAL, try_mount("all,nosuch"));
	if (some_are_taken()) {
		for (size_t i = 0; i < ARRAY_SIZE(options); i++)
			check_errno(HERE, options[i] ?: "NULL", EBUSY, try_mount(options[i]));
		check_note("partly tested: controllers are in use, so no hierarchy can have all");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		ASSERT_OK(try_mount(options[i]));
		struct cgroup root = scratch;

		expect_all_bound();
		MUST(umount(root.path));
		ASSERT_SOON(!bound_elsewhere("nosuch"));
	}
}

TEST_F(v1_core, unknown_controller_einval)
{
	char name[64], *save, *text = file_read("/proc/cgroups");
	int enabled;

	EXPECT_ERRNO(EINVAL, try_mount("nosuch"));
	EXPECT_ERRNO(EINVAL, try_mount("none,name=bulkhead,nosuch"));
	if (self->n_free)
		EXPECT_ERRNO(EINVAL, try_mount(text_format("%s,nosuch", self->free[0])));
	/* The name on v2 of what is blkio here. */
	EXPECT_ERRNO(EINVAL, try_mount("io"));
	EXPECT_ERRNO(EINVAL, try_mount("nsdelegate"));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%63[a-z_] %*d %*d %d", name, &enabled) == 2 &&
		    (!enabled || *controller_v1_absence(name)))
			check_errno(HERE, name, EINVAL, try_mount(name));
}

TEST_F(v1_core, noprefix_only_cpuset)
{
	const char *other = self->n_free ? self->free[0] : self->bound;

	if (other && strcmp(other, "cpuset")) {
		EXPECT_ERRNO(EINVAL, try_mount(text_format("noprefix,%s", other)));
		EXPECT_ERRNO(EINVAL, try_mount(text_format("noprefix,cpuset,%s", other)));
	}
	EXPECT_ERRNO(EINVAL, try_mount("noprefix,nosuch"));
	bool was_free = v1_hierarchy_of("cpuset") == 0;

	if (!was_free || try_mount("cpuset,noprefix")) {
		int e = errno;

		if (was_free)
			EXPECT_EQ(*controller_v1_absence("cpuset") ? EINVAL : EBUSY, e);
		check_note("partly tested: cpuset is bound already, at work on v2, or not on v1");
		return;
	}
	EXPECT_TRUE(cgroup_has(&scratch, "cpus"));
	EXPECT_TRUE(cgroup_has(&scratch, "mems"));
	EXPECT_FALSE(cgroup_has(&scratch, "cpuset.cpus"));
	EXPECT_TRUE(cgroup_has(&scratch, "cgroup.procs"));
	EXPECT_TRUE(has_option(&scratch, "noprefix"));
}

TEST_F(v1_core, cpuset_fs_type)
{
	static const char agent[] = "/sbin/cpuset_release_agent";

	if (v1_hierarchy_of("cpuset") > 0)
		check_skip("not permitted: cpuset, which another hierarchy has taken");
	int ret = try_type("cpuset", NULL), e = errno;
	const char *absence = controller_v1_absence("cpuset");
	if (ret && *absence)
		check_skip("not supported: cpuset on v1%s", absence);
	if (ret && e == EBUSY)
		check_skip("not permitted: cpuset, which cgroups of v2 use");
	errno = e;
	ASSERT_OK(ret);
	EXPECT_STREQ("cgroup", mountinfo_of(0, scratch.path).type);
	EXPECT_TRUE(cgroup_has(&scratch, "cpus"));
	EXPECT_TRUE(cgroup_has(&scratch, "mems"));
	EXPECT_FALSE(cgroup_has(&scratch, "cpuset.cpus"));
	EXPECT_STREQ(agent, cgroup_read(&scratch, "release_agent"));
	EXPECT_TRUE(has_option(&scratch, "cpuset"));
	EXPECT_TRUE(has_option(&scratch, "noprefix"));
	EXPECT_TRUE(has_option(&scratch, text_format("release_agent=%s", agent)));
	EXPECT_LT(0, v1_hierarchy_of("cpuset"));
}

TEST_F(v1_core, umount_frees_empty)
{
	char *options = v1_named("h"), *name = strchr(options, ',') + 1;
	struct cgroup root = cgroup_v1_mount(options), a = v1_below(&root, "a");

	EXPECT_TRUE(v1_path_of(0, name));
	cgroup_remove(&a);
	/* The last trace of a child goes a while after its rmdir. */
	ASSERT_SOON(!remount(&root, options));
	MUST(umount(root.path));
	EXPECT_SOON(!v1_path_of(0, name));
	EXPECT_ERRNO(EINVAL, try_mount(name));
	if (self->n_free < 2) {
		check_note("partly tested: no two controllers are free of a hierarchy");
		return;
	}
	ASSERT_OK(try_mount(self->free[0]));
	EXPECT_LT(0, v1_hierarchy_of(self->free[0]));
	MUST(umount(scratch.path));
	EXPECT_SOON(!v1_hierarchy_of(self->free[0]));
	EXPECT_SOON(!try_mount(text_format("%s,%s", self->free[0], self->free[1])));
	EXPECT_EQ(v1_hierarchy_of(self->free[0]), v1_hierarchy_of(self->free[1]));
}

TEST_F(v1_core, umount_keeps_populated)
{
	char *options = v1_named("h"), *name = strchr(options, ',') + 1;
	struct cgroup root = cgroup_v1_mount(options), a = v1_below(&root, "a"), again;
	struct child c;

	v1_start(&c, &a);
	MUST(umount(root.path));
	EXPECT_FALSE(cgroup_has(&root, "cgroup.procs"));
	EXPECT_STREQ("/a", v1_path_of(c.pid, name));
	/* It would go within milliseconds, if it went. */
	sleep_ms(100);
	EXPECT_STREQ("/a", v1_path_of(c.pid, name));
	EXPECT_STREQ("/", v1_path_of(0, name));
	ASSERT_OK(try_mount(name));
	again = (struct cgroup) { .version = 1 };
	snprintf(again.path, sizeof(again.path), "%.4000s/a", scratch.path);
	EXPECT_TRUE(cgroup_contains(&again, c.pid));
	child_kill(&c);
	/* Nor does it take processes. */
	MUST(umount(scratch.path));
	sleep_ms(100);
	ASSERT_OK(try_mount(name));
	snprintf(again.path, sizeof(again.path), "%.4000s/a", scratch.path);
	EXPECT_OK(access(again.path, F_OK));
	EXPECT_SOON(!rmdir(again.path));
}

TEST_F(v1_core, remount_rules)
{
	char *options = v1_named("h");
	struct cgroup root = cgroup_v1_mount(options), a;

	EXPECT_OK(remount(&root, text_format("%s,release_agent=/bin/true", options)));
	EXPECT_STREQ("/bin/true", cgroup_read(&root, "release_agent"));
	EXPECT_ERRNO(EINVAL, remount(&root, text_format("%s2", options)));
	EXPECT_ERRNO(EINVAL, remount(&root, text_format("%s,xattr", options)));
	EXPECT_ERRNO(EINVAL, remount(&root, text_format("%s,cpuset_v2_mode", options)));
	a = v1_below(&root, "a");
	EXPECT_ERRNO(EBUSY, remount(&root, text_format("%s,release_agent=/x", options)));
	EXPECT_STREQ("/bin/true", cgroup_read(&root, "release_agent"));
	cgroup_remove(&a);
	EXPECT_SOON(!remount(&root, text_format("%s,release_agent=/x", options)));
	EXPECT_STREQ("/x", cgroup_read(&root, "release_agent"));
	if (self->n_free < 2) {
		check_note("partly tested: no two controllers are free of a hierarchy");
		return;
	}
	const char *first = self->free[0], *second = self->free[1];
	char *both = text_format("%s,%s", first, second);
	ASSERT_OK(try_mount(first));
	root = scratch;
	EXPECT_OK(remount(&root, both));
	EXPECT_EQ(v1_hierarchy_of(first), v1_hierarchy_of(second));
	EXPECT_TRUE(has_files(&root, second) || has_option(&root, second));
	EXPECT_OK(remount(&root, first));
	EXPECT_EQ(0, v1_hierarchy_of(second));
	EXPECT_FALSE(has_option(&root, second));
	a = v1_below(&root, "a");
	EXPECT_ERRNO(EBUSY, remount(&root, both));
	EXPECT_EQ(0, v1_hierarchy_of(second));
}

TEST_F(v1_core, options_in_mountinfo)
{
	static const char *const flags[] = { "xattr", "noprefix", "cpuset_v2_mode",
					     "clone_children", "release_agent=/bin/true" };
	char *options = v1_named("plain"), *name = strchr(options, ',') + 1;
	struct cgroup root = cgroup_v1_mount(options);

	EXPECT_STREQ(text_format(",rw,%s,", name), options_of(&root));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		char *one = text_format("%s%zu", v1_named("f"), i);

		root = cgroup_v1_mount(text_format("%s,%s", one, flags[i]));
		EXPECT_STREQ(text_format(",rw,%s,%s,", flags[i], strchr(one, ',') + 1),
			     options_of(&root));
	}
	cgroup_write(&root, "release_agent", "/sbin/x");
	EXPECT_TRUE(has_option(&root, "release_agent=/sbin/x"));
	cgroup_write(&root, "cgroup.clone_children", "1");
	EXPECT_TRUE(has_option(&root, "clone_children"));
	char *pair = self->n_free >= 2 ? text_format("%s,%s", self->free[0], self->free[1])
				       : existing_pair() ?: self->bound;
	if (!pair)
		return;
	ASSERT_OK(try_mount(pair));
	for (char *save, *one = strtok_r(pair, ",", &save); one; one = strtok_r(NULL, ",", &save))
		EXPECT_TRUE(has_option(&scratch, one));
	EXPECT_FALSE(strstr(options_of(&scratch), "name="));
}

SUITE_MAIN(.alone = true)
