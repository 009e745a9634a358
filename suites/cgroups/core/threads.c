// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.threads: single threads, listed and moved. */
#include "suite.h"

#include <pthread.h>

FIXTURE(core_threads)
{
	struct cgroup root, one, two; /* a thread root and two threaded cgroups below */
	struct child c;		      /* with two more threads; starts in one */
	pid_t tid[2];
};

FIXTURE_SETUP(core_threads)
{
	self->root = cgroup_make("root");
	self->one = cgroup_make_in(&self->root, "one");
	self->two = cgroup_make_in(&self->root, "two");
	cgroup_write(&self->one, "cgroup.type", "threaded");
	cgroup_write(&self->two, "cgroup.type", "threaded");
	CHILD (&self->c, .cgroup = &self->one) {
		child_send(&self->c, child_thread());
		child_send(&self->c, child_thread());
		child_sleep();
	}
	for (int i = 0; i < 2; i++)
		self->tid[i] = child_recv(&self->c);
}
NO_TEARDOWN(core_threads)

static bool lists(const struct cgroup *cg, pid_t tid)
{
	return text_has_line(cgroup_read(cg, "cgroup.threads"), text_format("%d", tid));
}

static char *where(pid_t pid, pid_t tid)
{
	char *text = file_read("/proc/%d/task/%d/cgroup", pid, tid), *line = strstr(text, "0::");

	line[strcspn(line, "\n")] = '\0';
	return line + 3;
}

TEST_F(core_threads, lists_tids)
{
	struct cgroup plain = cgroup_make("plain"), top = cgroup_root();
	struct child c;

	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(lists(&self->one, self->tid[i]));
	EXPECT_TRUE(lists(&self->one, self->c.pid));
	EXPECT_EQ(3, text_lines(cgroup_read(&self->one, "cgroup.threads")));
	EXPECT_STREQ("", cgroup_read(&self->two, "cgroup.threads"));
	EXPECT_STREQ("", cgroup_read(&self->root, "cgroup.threads"));
	CHILD (&c, .cgroup = &plain) {
		child_send(&c, child_thread());
		child_sleep();
	}
	EXPECT_TRUE(lists(&plain, child_recv(&c)));
	EXPECT_EQ(2, text_lines(cgroup_read(&plain, "cgroup.threads")));
	if (!cgroup_has(&top, "cgroup.events")) /* the root, not hidden by a namespace */
		EXPECT_TRUE(cgroup_read(&top, "cgroup.threads") != NULL);
}

TEST_F(core_threads, move_inside_domain)
{
	EXPECT_TRUE(lists(&self->one, self->tid[0]));
	EXPECT_FALSE(lists(&self->two, self->tid[0]));
	cgroup_write(&self->two, "cgroup.threads", "%d", self->tid[0]);
	EXPECT_STREQ(cgroup_name(&self->two), where(self->c.pid, self->tid[0]));
	EXPECT_STREQ(cgroup_name(&self->one), where(self->c.pid, self->tid[1]));
	EXPECT_STREQ(cgroup_name(&self->one), where(self->c.pid, self->c.pid));
	EXPECT_TRUE(lists(&self->two, self->tid[0]));
	EXPECT_FALSE(lists(&self->one, self->tid[0]));
	cgroup_write(&self->root, "cgroup.threads", "%d", self->tid[0]);
	EXPECT_TRUE(lists(&self->root, self->tid[0]));
	EXPECT_STREQ("", cgroup_read(&self->two, "cgroup.threads"));
	EXPECT_ERRNO(ESRCH, cgroup_try_write(&self->two, "cgroup.threads", "%d", 0x3fffffff));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->two, "cgroup.threads", "x"));
}

TEST_F(core_threads, domain_move_eopnotsupp)
{
	struct cgroup other = cgroup_make("other"), beyond = cgroup_make_in(&other, "beyond");

	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&other, "cgroup.threads", "%d", self->tid[0]));
	cgroup_write(&beyond, "cgroup.type", "threaded");
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&beyond, "cgroup.threads", "%d", self->tid[0]));
	/* The leader is one thread like any other here. */
	EXPECT_ERRNO(EOPNOTSUPP, cgroup_try_write(&beyond, "cgroup.threads", "%d", self->c.pid));
	EXPECT_EQ(3, text_lines(cgroup_read(&self->one, "cgroup.threads")));
	EXPECT_STREQ("", cgroup_read(&beyond, "cgroup.threads"));
}

static void *make_thread(void *two)
{
	cgroup_write((struct cgroup *)two, "cgroup.threads", "%d", sys_gettid());
	return (void *)(intptr_t)child_thread();
}

TEST_F(core_threads, new_thread_inherits_creator)
{
	IN_CHILD (.cgroup = &self->one) {
		pthread_t thread;
		void *tid;

		ASSERT_EQ(0, pthread_create(&thread, NULL, make_thread, &self->two));
		ASSERT_EQ(0, pthread_join(thread, &tid));
		EXPECT_STREQ(cgroup_name(&self->two), where(getpid(), (intptr_t)tid));
		EXPECT_STREQ(cgroup_name(&self->one), where(getpid(), getpid()));
		EXPECT_STREQ(cgroup_name(&self->one), where(getpid(), child_thread()));
	}
}

static void own(const struct cgroup *cg, const char *file, uid_t uid)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", cg->path, file);
	MUST(chown(path, uid, uid));
}

TEST_F(core_threads, permission)
{
	pid_t tid = self->tid[0];

	if (geteuid() || !cred_is_initial())
		check_skip("not permitted: root, for a cgroup of another uid");
	for (int step = 0; step < 4; step++) {
		/* Target's cgroup.threads, the ancestor's cgroup.procs, or both. */
		own(&self->two, "cgroup.threads", step & 1 ? OTHER_UID : 0);
		own(&self->root, "cgroup.procs", step & 2 ? OTHER_UID : 0);
		IN_CHILD () {
			cred_become(OTHER_UID, OTHER_GID);
			if (step == 3)
				EXPECT_OK(
					cgroup_try_write(&self->two, "cgroup.threads", "%d", tid));
			else
				EXPECT_ERRNO(EACCES, cgroup_try_write(&self->two, "cgroup.threads",
								      "%d", tid));
		}
		EXPECT_EQ(step == 3, lists(&self->two, tid));
	}
}

SUITE_MAIN()
