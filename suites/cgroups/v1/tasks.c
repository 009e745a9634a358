// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes and threads in v1 cgroups: who may be moved where, and what
 * /proc/PID/cgroup says of it.  In any hierarchy there is, below our own cgroup.
 */
#include "v1.h"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/cgroupstats.h>
#include <linux/genetlink.h>

FIXTURE(v1_core)
{
	struct cgroup a, b; /* b below a */
	char *hierarchy;    /* as /proc/PID/cgroup has it */
	char *root;	    /* what its paths begin with, before "/a" */
};
FIXTURE_SETUP(v1_core)
{
	self->a = v1_any("a", &self->hierarchy);
	self->b = v1_below(&self->a, "b");
	self->root = v1_path_of(0, self->hierarchy);
	if (!strcmp(self->root, "/"))
		self->root = "";
}
NO_TEARDOWN(v1_core)

/* "/a" and "/a/b" as the hierarchy has them. */
#define PATH_A	     text_format("%s%s", self->root, strrchr(self->a.path, '/'))
#define PATH_B	     text_format("%s/b", PATH_A)
#define PATH_OF(pid) v1_path_of(pid, self->hierarchy)

/* A process of two threads in the cgroup; the tid of the second. */
static pid_t start_pair(struct child *c, const struct cgroup *cg)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		child_send(c, child_thread());
		child_sleep();
	}
	return child_recv_pid(c);
}

static bool has_task(const struct cgroup *cg, const char *file, pid_t tid)
{
	return text_has_line(cgroup_read(cg, file), text_format("%d", tid));
}

TEST_F(v1_core, procs_moves_group)
{
	struct child c;
	pid_t tid = start_pair(&c, &self->a);

	EXPECT_TRUE(has_task(&self->a, "tasks", c.pid));
	EXPECT_TRUE(has_task(&self->a, "tasks", tid));
	EXPECT_TRUE(has_task(&self->a, "cgroup.procs", c.pid));
	EXPECT_FALSE(has_task(&self->a, "cgroup.procs", tid));
	EXPECT_OK(cgroup_try_write(&self->b, "cgroup.procs", "%d", c.pid));
	EXPECT_TRUE(has_task(&self->b, "tasks", c.pid));
	EXPECT_TRUE(has_task(&self->b, "tasks", tid));
	EXPECT_STREQ("", cgroup_read(&self->a, "tasks"));
	EXPECT_STREQ(text_format("%d", c.pid), cgroup_read(&self->b, "cgroup.procs"));
	EXPECT_STREQ(PATH_B, PATH_OF(c.pid));
	/* Any thread's id names the process. */
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.procs", "%d", tid));
	EXPECT_TRUE(has_task(&self->a, "tasks", c.pid));
	EXPECT_TRUE(has_task(&self->a, "tasks", tid));
	EXPECT_STREQ("", cgroup_read(&self->b, "tasks"));
}

TEST_F(v1_core, tasks_moves_thread)
{
	struct child c;
	pid_t tid = start_pair(&c, &self->a);

	EXPECT_OK(cgroup_try_write(&self->b, "tasks", "%d", tid));
	EXPECT_STREQ(text_format("%d", tid), cgroup_read(&self->b, "tasks"));
	EXPECT_STREQ(text_format("%d", c.pid), cgroup_read(&self->a, "tasks"));
	/* The process shows in both. */
	EXPECT_TRUE(has_task(&self->a, "cgroup.procs", c.pid));
	EXPECT_TRUE(has_task(&self->b, "cgroup.procs", c.pid));
	EXPECT_STREQ(PATH_A, PATH_OF(c.pid));
	char *text = file_read("/proc/%d/task/%d/cgroup", c.pid, tid);
	EXPECT_TRUE(strstr(text, text_format(":%s\n", PATH_B)) ||
		    strstr(text_format("%s\n", text), text_format(":%s\n", PATH_B)));
	/* The leader alone goes as well. */
	EXPECT_OK(cgroup_try_write(&self->b, "tasks", "%d", c.pid));
	EXPECT_OK(cgroup_try_write(&self->a, "tasks", "%d", tid));
	EXPECT_STREQ(text_format("%d", c.pid), cgroup_read(&self->b, "tasks"));
	EXPECT_STREQ(text_format("%d", tid), cgroup_read(&self->a, "tasks"));
	child_kill(&c);
	IN_CHILD () {
		EXPECT_OK(cgroup_try_write(&self->b, "tasks", "0"));
		EXPECT_STREQ(PATH_B, PATH_OF(0));
		EXPECT_TRUE(has_task(&self->b, "tasks", getpid()));
	}
	EXPECT_ERRNO(ESRCH, cgroup_try_write(&self->b, "tasks", "%d", c.pid));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->b, "tasks", "x"));
}

TEST_F(v1_core, internal_processes_allowed)
{
	struct child inner, leaf;

	v1_start(&inner, &self->a);
	v1_start(&leaf, &self->b);
	EXPECT_STREQ(PATH_A, PATH_OF(inner.pid));
	EXPECT_STREQ(PATH_B, PATH_OF(leaf.pid));
	struct cgroup more = v1_below(&self->a, "more");
	EXPECT_OK(cgroup_try_write(&more, "cgroup.procs", "%d", leaf.pid));
	EXPECT_OK(cgroup_try_write(&self->a, "cgroup.procs", "%d", leaf.pid));
	EXPECT_TRUE(cgroup_contains(&self->a, inner.pid));
	EXPECT_TRUE(cgroup_contains(&self->a, leaf.pid));
	EXPECT_STREQ("", cgroup_read(&more, "cgroup.procs"));
}

static void give(const struct cgroup *cg)
{
	static const char *const files[] = { ".", "cgroup.procs", "tasks" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		MUST(chown(text_format("%s/%s", cg->path, files[i]), OTHER_UID, OTHER_GID));
}

/* A process of the other user's, in the cgroup. */
static void start_other(struct child *c, const struct cgroup *cg)
{
	CHILD (c) {
		cgroup_add(cg, 0);
		cred_become(OTHER_UID, OTHER_GID);
		child_meet(c);
		child_sleep();
	}
	child_meet(c);
}

TEST_F(v1_core, no_common_ancestor_rule)
{
	struct cgroup mine = v1_below(&self->b, "mine"), apart = v1_below(&self->a, "apart"),
		      yours = v1_below(&apart, "yours");
	struct child c;

	/* Nothing above the two is the user's. */
	give(&mine);
	give(&yours);
	start_other(&c, &mine);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_OK(cgroup_try_write(&yours, "cgroup.procs", "%d", c.pid));
		EXPECT_TRUE(cgroup_contains(&yours, c.pid));
		EXPECT_OK(cgroup_try_write(&mine, "tasks", "%d", c.pid));
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->a, "cgroup.procs", "%d", c.pid));
	}
	EXPECT_TRUE(cgroup_contains(&mine, c.pid));
}

TEST_F(v1_core, write_permission_uid)
{
	struct child roots, others, saved;

	give(&self->b);
	v1_start(&roots, &self->a);
	start_other(&others, &self->a);
	/* Only its saved uid is the other user's. */
	CHILD (&saved) {
		cgroup_add(&self->a, 0);
		MUST(setresuid(0, 0, OTHER_UID));
		child_meet(&saved);
		child_sleep();
	}
	child_meet(&saved);
	int by_root = cgroup_open(&self->b, "cgroup.procs", O_WRONLY);
	struct child c;
	CHILD (&c) {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->b, "cgroup.procs", "%d", roots.pid));
		EXPECT_ERRNO(EACCES, cgroup_try_write(&self->b, "tasks", "%d", roots.pid));
		EXPECT_OK(cgroup_try_write(&self->b, "cgroup.procs", "%d", others.pid));
		EXPECT_OK(cgroup_try_write(&self->b, "tasks", "%d", saved.pid));
		/* Opened by root: with root's rights, whoever writes. */
		char *pid = text_format("%d", roots.pid);
		EXPECT_EQ(strlen(pid), write(by_root, pid, strlen(pid)));
		child_send_fd(&c, cgroup_open(&self->b, "cgroup.procs", O_WRONLY));
		child_meet(&c);
	}
	int by_other = child_recv_fd(&c);
	EXPECT_TRUE(cgroup_contains(&self->b, roots.pid));
	EXPECT_TRUE(cgroup_contains(&self->b, others.pid));
	EXPECT_TRUE(cgroup_contains(&self->b, saved.pid));
	/* And the reverse, with which a set-uid program could be made to move what it may. */
	cgroup_add(&self->a, roots.pid);
	char *pid = text_format("%d", roots.pid);
	EXPECT_ERRNO(EACCES, write(by_other, pid, strlen(pid)));
	EXPECT_TRUE(cgroup_contains(&self->a, roots.pid));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(v1_core, zombie_shown_at_root)
{
	struct child c;

	v1_start(&c, &self->b);
	EXPECT_STREQ(PATH_B, PATH_OF(c.pid));
	MUST(kill(c.pid, SIGKILL));
	child_dead(&c);
	EXPECT_EQ('Z', proc_state(c.pid));
	EXPECT_STREQ("/", PATH_OF(c.pid));
	EXPECT_FALSE(cgroup_contains(&self->b, c.pid));
	/* Nor does it keep the cgroup. */
	EXPECT_SOON(!rmdir(self->b.path));
	child_reap(&c);
}

TEST_F(v1_core, rename_in_place)
{
	struct cgroup other = v1_below(&self->a, "other");
	char *to = text_format("%s/renamed", self->a.path);
	struct child c;

	v1_start(&c, &self->b);
	EXPECT_OK(rename(self->b.path, to));
	EXPECT_STREQ(text_format("%s/renamed", PATH_A), PATH_OF(c.pid));
	EXPECT_ERRNO(ENOENT, access(self->b.path, F_OK));
	struct cgroup renamed = { .version = 1 };
	snprintf(renamed.path, sizeof(renamed.path), "%s", to);
	EXPECT_TRUE(cgroup_contains(&renamed, c.pid));
	EXPECT_ERRNO(EEXIST, rename(to, other.path));
	EXPECT_ERRNO(EIO, rename(to, text_format("%s/b", other.path)));
	EXPECT_ERRNO(EINVAL, rename(to, text_format("%s/two\nlines", self->a.path)));
	EXPECT_ERRNO(ENOTDIR, rename(text_format("%s/tasks", to), text_format("%s/t", to)));
	EXPECT_STREQ(text_format("%s/renamed", PATH_A), PATH_OF(c.pid));
}

/* The id of a generic netlink family; 0: there is none. */
static void seen_family(const struct nlmsghdr *m, void *data)
{
	const struct nlattr *id = net_attr(m, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_ID),
			    *name = net_attr(m, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_NAME);

	if (id && name && !strcmp(mnl_attr_get_str(name), "TASKSTATS"))
		*(int *)data = mnl_attr_get_u16(id);
}

static int taskstats_family(int fd)
{
	struct genlmsghdr *g;
	struct net_msg m;
	int id = 0;

	g = net_begin(&m, GENL_ID_CTRL, NLM_F_DUMP, sizeof(*g));
	g->cmd = CTRL_CMD_GETFAMILY;
	g->version = 1;
	MUST(net_dump_on(fd, &m, seen_family, &id));
	return id;
}

/* CGROUPSTATS_CMD_GET of a directory; 0, or -1 with errno. */
static int try_cgroupstats(int fd, int family, int dir, struct cgroupstats *stats)
{
	const struct nlattr *found;
	struct genlmsghdr *g;
	struct net_msg m;

	g = net_begin(&m, family, 0, sizeof(*g));
	g->cmd = CGROUPSTATS_CMD_GET;
	g->version = 1;
	net_put_u32(&m, CGROUPSTATS_CMD_ATTR_FD, dir);
	if (net_talk_on(fd, &m))
		return -1;
	found = net_attr(net_header(&m), sizeof(*g), CGROUPSTATS_TYPE_CGROUP_STATS);
	if (!found || mnl_attr_get_payload_len(found) < sizeof(*stats)) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(stats, mnl_attr_get_payload(found), sizeof(*stats));
	return 0;
}

TEST_F(v1_core, cgroupstats)
{
	int fd = net_socket(NETLINK_GENERIC), family = taskstats_family(fd),
	    dir = cgroup_dir(&self->a);
	atomic_long *p = progress_make();
	struct child sleeper, stopped, runner;
	struct cgroupstats s;

	if (!family)
		check_skip("not supported: taskstats (CONFIG_TASKSTATS)");
	ASSERT_OK(try_cgroupstats(fd, family, dir, &s));
	EXPECT_EQ(0, s.nr_sleeping + s.nr_running + s.nr_stopped + s.nr_uninterruptible);
	v1_start(&sleeper, &self->a);
	EXPECT_SOON(!try_cgroupstats(fd, family, dir, &s) && s.nr_sleeping == 1);
	v1_start(&stopped, &self->a);
	MUST(kill(stopped.pid, SIGSTOP));
	EXPECT_SOON(!try_cgroupstats(fd, family, dir, &s) && s.nr_stopped == 1);
	CHILD (&runner) {
		cgroup_add(&self->a, 0);
		progress_run(p);
	}
	EXPECT_SOON(!try_cgroupstats(fd, family, dir, &s) && s.nr_running == 1 &&
		    s.nr_sleeping == 1 && s.nr_stopped == 1);
	/* Its own tasks only, not those below. */
	ASSERT_OK(try_cgroupstats(fd, family, cgroup_dir(&self->b), &s));
	EXPECT_EQ(0, s.nr_sleeping + s.nr_running + s.nr_stopped + s.nr_uninterruptible);
	EXPECT_ERRNO(EINVAL,
		     try_cgroupstats(fd, family, cgroup_open(&self->a, "tasks", O_RDONLY), &s));
	EXPECT_ERRNO(EINVAL, try_cgroupstats(fd, family, MUST(open("/", O_RDONLY)), &s));
	if (cgroup_mount())
		EXPECT_ERRNO(EINVAL,
			     try_cgroupstats(fd, family, MUST(open(cgroup_mount(), O_RDONLY)), &s));
}

SUITE_MAIN()
