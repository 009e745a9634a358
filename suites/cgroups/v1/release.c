// SPDX-License-Identifier: GPL-2.0-only
/*
 * notify_on_release and the release agent, in a hierarchy of the test's own.
 * The kernel starts the agent in the initial namespaces and from the real root:
 * it is this program, by a link there, and writes down what it was given.
 */
#include "v1.h"

#include <fcntl.h>

#define AGENT "/bulkhead-agent."

FIXTURE(v1_core)
{
	struct cgroup root;
	char *agent; /* to be put into release_agent */
	char *said;  /* what the agent has written */
};

/* Before main(): the agent has but the cgroup's path for an argument. */
extern char **environ;
static void __attribute__((constructor)) agent_main(int argc, char **argv)
{
	char text[4096];
	int n, fd;

	if (argc < 1 || strncmp(argv[0], AGENT, strlen(AGENT)))
		return;
	n = snprintf(text, sizeof(text), "path %s\nargc %d\nuid %u\n", argc > 1 ? argv[1] : "?",
		     argc, geteuid());
	for (char **e = environ; *e; e++)
		n += snprintf(text + n, sizeof(text) - n, "env %s\n", *e);
	FOR_EACH_NS (t) {
		char link[64], name[64];
		ssize_t len;

		snprintf(link, sizeof(link), "/proc/self/ns/%s", t->name);
		len = readlink(link, name, sizeof(name) - 1);
		if (len > 0)
			n += snprintf(text + n, sizeof(text) - n, "ns %.*s\n", (int)len, name);
	}
	n += snprintf(text + n, sizeof(text) - n, "cap %d\n", cred_has(CAP_SYS_ADMIN));
	snprintf(text + n, sizeof(text) - n, "end\n");
	char path[256];
	snprintf(path, sizeof(path), "%s.said", argv[0]);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	_exit(fd < 0 || write(fd, text, strlen(text)) < 0);
}

FIXTURE_SETUP(v1_core)
{
	char self_path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);

	need_disposable();
	self->root = cgroup_v1_mount(v1_named("h"));
	MUST(n);
	self_path[n] = '\0';
	self->agent = text_format(AGENT "%d", getpid());
	self->said = text_format("%s.said", self->agent);
	unlink(self->agent);
	unlink(self->said);
	MUST(symlink(self_path, self->agent));
	MUST(file_try_write(text_format("%s/release_agent", self->root.path), self->agent));
}
FIXTURE_TEARDOWN(v1_core)
{
	unlink(self->agent);
	unlink(self->said);
}

static bool has_said(const char *said, const char *line)
{
	return !access(said, F_OK) && text_has_line(file_read("%s", said), line);
}
#define SAID(...) has_said(self->said, text_format(__VA_ARGS__))

static void set_notify(const struct cgroup *cg)
{
	cgroup_write(cg, "notify_on_release", "1");
}

/* Put a process in, and let it end there. */
static void fill_and_empty(const struct cgroup *cg)
{
	struct child c;

	v1_start(&c, cg);
	child_kill(&c);
}

TEST_F(v1_core, notify_inherited)
{
	struct cgroup a, b, c;

	EXPECT_EQ(0, cgroup_number(&self->root, "notify_on_release"));
	a = v1_below(&self->root, "a");
	EXPECT_EQ(0, cgroup_number(&a, "notify_on_release"));
	EXPECT_OK(cgroup_try_write(&a, "notify_on_release", "1"));
	EXPECT_EQ(1, cgroup_number(&a, "notify_on_release"));
	b = v1_below(&a, "b");
	EXPECT_EQ(1, cgroup_number(&b, "notify_on_release"));
	EXPECT_EQ(0, cgroup_number(&self->root, "notify_on_release"));
	EXPECT_OK(cgroup_try_write(&a, "notify_on_release", "0"));
	EXPECT_EQ(1, cgroup_number(&b, "notify_on_release"));
	c = v1_below(&a, "c");
	EXPECT_EQ(0, cgroup_number(&c, "notify_on_release"));
}

/*
 * Nobody runs where the file is empty, as it was when the last task left; the kernel
 * looks at it a moment later, when it may not be any more.
 */
static bool empty_is_silent(const struct cgroup *root, const char *agent, const char *said)
{
	static int n;
	struct cgroup none = v1_below(root, text_format("none%d", n)),
		      after = v1_below(root, text_format("after%d", n));

	set_notify(&none);
	set_notify(&after);
	cgroup_write(root, "release_agent", "\n");
	fill_and_empty(&none);
	cgroup_write(root, "release_agent", "%s", agent);
	fill_and_empty(&after);
	EXPECT_SOON(has_said(said, text_format("path /after%d", n)));
	return !has_said(said, text_format("path /none%d", n++));
}

TEST_F(v1_core, notify_on_release)
{
	struct cgroup quiet = v1_below(&self->root, "quiet"), a = v1_below(&self->root, "a"),
		      below = v1_below(&a, "below"), last = v1_below(&self->root, "last");
	struct child c;

	set_notify(&a);
	set_notify(&last);
	fill_and_empty(&quiet);
	/* The last task has left, but a child remains: not until that goes. */
	fill_and_empty(&a);
	/* One of two tasks is not the last. */
	v1_start(&c, &last);
	fill_and_empty(&last);
	EXPECT_FALSE(SAID("path /last"));
	child_kill(&c);
	EXPECT_SOON(SAID("path /last"));
	EXPECT_FALSE(SAID("path /a"));
	cgroup_remove(&below);
	EXPECT_SOON(SAID("path /a"));
	EXPECT_FALSE(SAID("path /quiet"));
	EXPECT_FALSE(SAID("path /a/below"));
	/* A move out is leaving, too. */
	struct cgroup moved = v1_below(&self->root, "moved");
	set_notify(&moved);
	v1_start(&c, &moved);
	cgroup_add(&quiet, c.pid);
	EXPECT_SOON(SAID("path /moved"));
	child_kill(&c);
	EXPECT_SOON(empty_is_silent(&self->root, self->agent, self->said));
}

TEST_F(v1_core, release_agent_environment)
{
	struct cgroup a = v1_below(&self->root, "a");
	char link[64];

	set_notify(&a);
	fill_and_empty(&a);
	ASSERT_SOON(SAID("end"));
	char *text = file_read("%s", self->said), *at = text;
	int variables = 0;

	EXPECT_TRUE(text_has_line(text, "path /a"));
	EXPECT_TRUE(text_has_line(text, "argc 2"));
	EXPECT_TRUE(text_has_line(text, "uid 0"));
	EXPECT_TRUE(text_has_line(text, "cap 1"));
	EXPECT_TRUE(text_has_line(text, "env HOME=/"));
	EXPECT_TRUE(text_has_line(text, "env PATH=/sbin:/bin:/usr/sbin:/usr/bin"));
	for (; (at = strstr(at, "\nenv ")); at++)
		variables++;
	EXPECT_EQ(2, variables);
	/* And not the test's, which has mounts of its own. */
	FOR_EACH_NS (t) {
		ssize_t n = readlink(text_format("/proc/1/ns/%s", t->name), link, sizeof(link) - 1);

		if (n < 0)
			continue;
		link[n] = '\0';
		EXPECT_TRUE(text_has_line(text, text_format("ns %s", link)));
	}
	EXPECT_NE(ns_id(0, "mnt"), ns_id(1, "mnt"));
}

TEST_F(v1_core, release_agent_root_only_file)
{
	struct cgroup a = v1_below(&self->root, "a"), fresh;

	EXPECT_TRUE(cgroup_has(&self->root, "release_agent"));
	EXPECT_FALSE(cgroup_has(&a, "release_agent"));
	fresh = cgroup_v1_mount(v1_named("fresh"));
	EXPECT_STREQ("", cgroup_read(&fresh, "release_agent"));
	EXPECT_EQ(0, cgroup_number(&fresh, "notify_on_release"));
	/* Nothing runs for it, and a cgroup with another hierarchy's agent is none of it. */
	struct cgroup b = v1_below(&fresh, "b");
	set_notify(&b);
	fill_and_empty(&b);
	set_notify(&a);
	fill_and_empty(&a);
	EXPECT_SOON(SAID("path /a"));
	EXPECT_FALSE(SAID("path /b"));
	EXPECT_STREQ(self->agent, cgroup_read(&self->root, "release_agent"));
	EXPECT_OK(cgroup_try_write(&self->root, "release_agent", "\n"));
	EXPECT_STREQ("", cgroup_read(&self->root, "release_agent"));
}

SUITE_MAIN(.alone = true)
