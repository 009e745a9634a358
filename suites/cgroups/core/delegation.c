// SPDX-License-Identifier: GPL-2.0-only
/* Delegation of a subtree: by permission, and by a namespace with nsdelegate. */
#include "suite.h"

FIXTURE(core_delegation)
{
	struct cgroup d; /* handed over to OTHER_UID */
};

static void hand_over(const struct cgroup *cg)
{
	static const char *const files[] = { ".", "cgroup.procs", "cgroup.threads",
					     "cgroup.subtree_control" };
	char path[PATH_MAX + 64];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", cg->path, files[i]);
		MUST(chown(path, OTHER_UID, OTHER_GID));
	}
}

FIXTURE_SETUP(core_delegation)
{
	if (geteuid() || !cred_is_initial())
		check_skip("not permitted: root, to hand a cgroup over to another uid");
	self->d = cgroup_make("d");
	hand_over(&self->d);
}
NO_TEARDOWN(core_delegation)

TEST_F(core_delegation, chown_suffices)
{
	IN_CHILD (.cgroup = &self->d) {
		struct cgroup a, b;
		struct child c;

		cred_become(OTHER_UID, OTHER_GID);
		ASSERT_OK(cgroup_try_make(&self->d, "a", &a));
		ASSERT_OK(cgroup_try_make(&self->d, "b", &b));
		CHILD (&c)
			child_sleep();
		EXPECT_OK(cgroup_try_write(&a, "cgroup.procs", "%d", c.pid));
		EXPECT_OK(cgroup_try_write(&b, "cgroup.procs", "%d", c.pid));
		EXPECT_TRUE(cgroup_contains(&b, c.pid));
		EXPECT_OK(cgroup_try_write(&a, "cgroup.procs", "0"));
		EXPECT_OK(cgroup_try_write(&self->d, "cgroup.subtree_control", "%s",
					   *cgroup_read(&self->d, "cgroup.controllers") ? "+pids"
											: ""));
		child_kill(&c);
		EXPECT_SOON(!rmdir(b.path));
	}
}

TEST_F(core_delegation, new_dirs_owned_by_creator)
{
	struct cgroup a;
	struct stat st;
	char path[PATH_MAX + 64];
	bool pids = try_controller("pids");

	if (pids) {
		cgroup_remove(&self->d);
		self->d = cgroup_make("d");
		hand_over(&self->d);
	}
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		ASSERT_OK(cgroup_try_make(&self->d, "a", &a));
		if (pids)
			EXPECT_OK(cgroup_try_write(&self->d, "cgroup.subtree_control", "+pids"));
	}
	static const char *const files[] = { ".", "cgroup.procs", "cgroup.max.depth", "pids.max" };
	for (int i = 0; i < (pids ? 4 : 3); i++) {
		snprintf(path, sizeof(path), "%s/a/%s", self->d.path, files[i]);
		MUST(stat(path, &st));
		EXPECT_EQ(OTHER_UID, st.st_uid);
		EXPECT_EQ(OTHER_GID, st.st_gid);
	}
}

TEST_F(core_delegation, no_uid_match_needed)
{
	struct cgroup a = cgroup_make_in(&self->d, "a"), b = cgroup_make_in(&self->d, "b");
	struct child c;

	hand_over(&a);
	hand_over(&b);
	CHILD (&c, .cgroup = &a)
		child_sleep();
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EPERM, kill(c.pid, SIGTERM));
		EXPECT_OK(cgroup_try_write(&b, "cgroup.procs", "%d", c.pid));
	}
	EXPECT_TRUE(cgroup_contains(&b, c.pid));
}

TEST_F(core_delegation, common_ancestor_eacces)
{
	struct cgroup other = cgroup_make("other"), a = cgroup_make_in(&self->d, "a");
	struct child c;

	hand_over(&other);
	hand_over(&a);
	CHILD (&c, .cgroup = &self->d) {
		cred_become(OTHER_UID, OTHER_GID);
		child_send(&c, 0);
		child_sleep();
	}
	child_recv(&c);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, cgroup_try_write(&other, "cgroup.procs", "%d", c.pid));
		EXPECT_OK(cgroup_try_write(&a, "cgroup.procs", "%d", c.pid));
		/* Neither in from outside nor out of it. */
		EXPECT_ERRNO(EACCES, cgroup_try_write(&a, "cgroup.procs", "0"));
	}
	EXPECT_TRUE(cgroup_contains(&a, c.pid));
}

TEST_F(core_delegation, resource_files_stay_root)
{
	struct cgroup foreign = cgroup_make("foreign");

	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->d, "cgroup.max.depth", "3"));
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->d, "cgroup.max.descendants", "3"));
		EXPECT_ERRNO(EACCES, cgroup_try_write(&foreign, "cgroup.procs", "0"));
		if (cgroup_has(&self->d, "cgroup.freeze"))
			EXPECT_ERRNO(EACCES, cgroup_try_write(&self->d, "cgroup.freeze", "1"));
	}
	if (!try_controller("memory"))
		return;
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->d, "memory.max", "max"));
	}
}

/* What the writer may do is settled when the file is opened. */
TEST_F(core_delegation, open_creds_count)
{
	struct cgroup a = cgroup_make_in(&self->d, "a"), from = cgroup_make("from");
	struct child c;

	CHILD (&c, .cgroup = &from)
		child_sleep();
	hand_over(&a);
	IN_CHILD () {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", c.pid);
		MUST(setresgid(OTHER_GID, OTHER_GID, 0));
		MUST(setresuid(OTHER_UID, OTHER_UID, 0));
		int fd = cgroup_open(&a, "cgroup.procs", O_WRONLY);
		EXPECT_ERRNO(EACCES, write(fd, pid, strlen(pid)));
		MUST(setresuid(0, 0, 0));
		if (write(fd, pid, strlen(pid)) < 0)
			EXPECT_EQ(EACCES, errno);
		else
			check_failed(HERE, "a descriptor opened without rights moved a process "
					   "once its holder had them");
		int own = cgroup_open(&a, "cgroup.procs", O_WRONLY);
		EXPECT_OK(write(own, pid, strlen(pid)));
	}
	EXPECT_TRUE(cgroup_contains(&a, c.pid));
}

TEST_F(core_delegation, parent_limit_holds)
{
	struct cgroup a;

	need_controller("pids");
	cgroup_remove(&self->d);
	self->d = cgroup_make("d");
	hand_over(&self->d);
	cgroup_write(&self->d, "pids.max", "3");
	IN_CHILD () {
		struct child c[3];

		cgroup_write(&self->d, "cgroup.procs", "0");
		cred_become(OTHER_UID, OTHER_GID);
		ASSERT_OK(cgroup_try_make(&self->d, "a", &a));
		EXPECT_OK(cgroup_try_write(&a, "cgroup.procs", "0"));
		EXPECT_OK(cgroup_try_write(&self->d, "cgroup.subtree_control", "+pids"));
		EXPECT_OK(cgroup_try_write(&a, "pids.max", "100"));
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->d, "pids.max", "100"));
		for (int i = 0; i < 3; i++) {
			int ret = child_try_start(&c[i]), why = errno;

			if (!ret && c[i].inside)
				child_sleep();
			EXPECT_EQ(i < 2 ? 0 : -1, ret);
			if (ret)
				EXPECT_EQ(EAGAIN, why);
		}
		child_kill(&c[0]);
		child_kill(&c[1]);
	}
}

TEST_F(core_delegation, delegate_file)
{
	static const char *const always[] = { "cgroup.procs", "cgroup.threads",
					      "cgroup.subtree_control" };
	char *text;

	need_file("/sys/kernel/cgroup/delegate", "the list of delegatable files");
	text = file_read("/sys/kernel/cgroup/delegate");
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		EXPECT_TRUE(text_has_line(text, always[i]));
	/* Since 5.18 and 5.19 the kernel lists these too, where they are compiled in. */
	if (kernel_option("CONFIG_MEMCG") == 1)
		EXPECT_TRUE(text_has_line(text, "memory.oom.group"));
	struct cgroup reclaim = cgroup_make("reclaim");

	if (cgroup_has(&reclaim, "memory.reclaim"))
		EXPECT_TRUE(text_has_line(text, "memory.reclaim"));
	EXPECT_FALSE(text_has_line(text, "memory.max"));
	EXPECT_FALSE(text_has_line(text, "cgroup.max.depth"));
}

/* In a namespace rooted at d; skips where the border is off. */
static void enter_namespace(const struct cgroup *d)
{
	cgroup_write(d, "cgroup.procs", "0");
	ns_unshare(CLONE_NEWCGROUP);
}

static void need_nsdelegate(void)
{
	if (!cgroup_mount_option("nsdelegate"))
		check_skip("not permitted: the cgroup2 mount without nsdelegate");
}

TEST_F(core_delegation, nsdelegate_eperm)
{
	need_nsdelegate();
	IN_CHILD () {
		struct cgroup below = cgroup_make_in(&self->d, "below");

		enter_namespace(&self->d);
		EXPECT_ERRNO(EPERM, cgroup_try_write(&self->d, "cgroup.max.depth", "3"));
		EXPECT_ERRNO(EPERM, cgroup_try_write(&self->d, "cgroup.max.descendants", "3"));
		EXPECT_ERRNO(EPERM, cgroup_try_write(&self->d, "cgroup.type", "threaded"));
		if (cgroup_has(&self->d, "cgroup.freeze"))
			EXPECT_ERRNO(EPERM, cgroup_try_write(&self->d, "cgroup.freeze", "0"));
		if (cgroup_has(&self->d, "cgroup.kill"))
			EXPECT_ERRNO(EPERM, cgroup_try_write(&self->d, "cgroup.kill", "1"));
		if (cgroup_has(&self->d, "memory.max"))
			EXPECT_ERRNO(EPERM, cgroup_try_write(&self->d, "memory.max", "max"));
		EXPECT_OK(cgroup_try_write(&below, "cgroup.max.depth", "3"));
	}
	EXPECT_STREQ("max", cgroup_read(&self->d, "cgroup.max.depth"));
	EXPECT_OK(cgroup_try_write(&self->d, "cgroup.max.depth", "3"));
}

TEST_F(core_delegation, nsdelegate_allowed_files)
{
	need_nsdelegate();
	IN_CHILD () {
		struct cgroup below = cgroup_make_in(&self->d, "below");
		struct child c;

		enter_namespace(&self->d);
		CHILD (&c)
			child_sleep();
		EXPECT_OK(cgroup_try_write(&below, "cgroup.procs", "%d", c.pid));
		EXPECT_OK(cgroup_try_write(&self->d, "cgroup.procs", "%d", c.pid));
		EXPECT_OK(cgroup_try_write(&self->d, "cgroup.threads", "%d", c.pid));
		EXPECT_OK(cgroup_try_write(&self->d, "cgroup.subtree_control", " "));
		if (cgroup_has(&self->d, "memory.oom.group"))
			EXPECT_OK(cgroup_try_write(&self->d, "memory.oom.group", "0"));
		EXPECT_OK(cgroup_try_write(&below, "cgroup.max.depth", "3"));
		EXPECT_OK(cgroup_try_write(&below, "cgroup.type", "threaded"));
	}
}

TEST_F(core_delegation, nsdelegate_migration_enoent)
{
	struct cgroup outside = cgroup_make("outside"), below = cgroup_make_in(&self->d, "below");
	struct child stranger;

	need_nsdelegate();
	CHILD (&stranger, .cgroup = &outside)
		child_sleep();
	IN_CHILD () {
		struct child c;

		enter_namespace(&self->d);
		CHILD (&c)
			child_sleep();
		EXPECT_ERRNO(ENOENT, cgroup_try_write(&outside, "cgroup.procs", "%d", c.pid));
		EXPECT_ERRNO(ENOENT, cgroup_try_write(&below, "cgroup.procs", "%d", stranger.pid));
		EXPECT_OK(cgroup_try_write(&below, "cgroup.procs", "%d", c.pid));
		EXPECT_TRUE(cgroup_contains(&below, c.pid));
	}
	EXPECT_TRUE(cgroup_contains(&outside, stranger.pid));
	EXPECT_OK(cgroup_try_write(&below, "cgroup.procs", "%d", stranger.pid));
}

SUITE_MAIN()
