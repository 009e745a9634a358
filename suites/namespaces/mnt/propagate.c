// SPDX-License-Identifier: GPL-2.0-only
/* Propagation between mount namespaces: what shows where, and what does not. */
#include "suite.h"

AREA(mnt);

static void change(const char *point, unsigned long flags)
{
	mount_make(NULL, point, NULL, flags, NULL);
}

static bool is_mounted(const char *point)
{
	struct mountinfo m;

	return mountinfo_find(0, point, &m);
}

/* A tmpfs of the type with the folders a, b and a/deep in it. */
static char *make_mount(unsigned long type)
{
	char *point = mount_tmpfs();

	MUST(mkdir(text_format("%s/a", point), 0755));
	MUST(mkdir(text_format("%s/b", point), 0755));
	change(point, type);
	return point;
}

static char *mount_on(const char *dir, const char *name)
{
	char *point = text_format("%s/%s", dir, name);

	mount_make("tmpfs", point, "tmpfs", 0, NULL);
	MUST(mkdir(text_format("%s/deep", point), 0755));
	return point;
}

TEST_F(mnt, shared_propagates)
{
	char *top = make_mount(MS_SHARED), *a = text_format("%s/a", top),
	     *b = text_format("%s/b", top);
	char *peer = temp_dir();
	struct child c;

	mount_make(top, peer, NULL, MS_BIND, NULL);
	CHILD (&c, .flags = CLONE_NEWNS) {
		child_meet(&c);
		child_meet(&c);
		EXPECT_TRUE(is_mounted(a));
		EXPECT_EQ(mountinfo_of(getppid(), a).shared, mountinfo_of(0, a).shared);
		MUST(mknod(text_format("%s/mark", a), S_IFREG | 0600, 0));
		mount_on(top, "b");
		child_meet(&c);
		child_meet(&c);
		EXPECT_FALSE(is_mounted(a));
		EXPECT_OK(umount2(b, MNT_DETACH));
		child_meet(&c);
	}
	child_meet(&c);
	mount_on(top, "a");
	EXPECT_NE(mountinfo_of(0, top).shared, mountinfo_of(0, a).shared);
	EXPECT_EQ(mountinfo_of(0, a).shared, mountinfo_of(0, text_format("%s/a", peer)).shared);
	child_meet(&c);
	child_meet(&c);
	EXPECT_OK(access(text_format("%s/mark", a), F_OK)); /* the same file system */
	EXPECT_TRUE(is_mounted(b));
	EXPECT_TRUE(is_mounted(text_format("%s/b", peer)));
	EXPECT_OK(umount(a));
	EXPECT_FALSE(is_mounted(text_format("%s/a", peer)));
	child_meet(&c);
	child_meet(&c);
	EXPECT_FALSE(is_mounted(b));
	EXPECT_FALSE(is_mounted(text_format("%s/b", peer)));
	EXPECT_TRUE(is_mounted(peer));
	child_wait(&c);
}

/* Whichever of the peers leaves the group: the others are the slave's master. */
static void expect_slave_stays(int leaver)
{
	char *peer[2] = { make_mount(MS_SHARED), temp_dir() }, *slave = temp_dir();
	char *stays = peer[!leaver];

	mount_make(peer[0], peer[1], NULL, MS_BIND, NULL);
	mount_make(peer[0], slave, NULL, MS_BIND, NULL);
	change(slave, MS_SLAVE);
	change(peer[leaver], MS_PRIVATE);
	EXPECT_STREQ(text_format("master:%d", mountinfo_of(0, stays).shared),
		     mountinfo_of(0, slave).tags);
	mount_on(stays, "a");
	EXPECT_TRUE(is_mounted(text_format("%s/a", slave)));
}

TEST_F(mnt, slave_receives_only)
{
	char *top = make_mount(MS_SHARED), *a = text_format("%s/a", top),
	     *b = text_format("%s/b", top);
	struct child c;

	CHILD (&c, .flags = CLONE_NEWNS) {
		change(top, MS_SLAVE);
		EXPECT_STREQ(text_format("master:%d", mountinfo_of(getppid(), top).shared),
			     mountinfo_of(0, top).tags);
		child_meet(&c);
		child_meet(&c);
		EXPECT_STREQ(text_format("master:%d", mountinfo_of(getppid(), a).shared),
			     mountinfo_of(0, a).tags);
		mount_on(top, "b");
		EXPECT_STREQ("", mountinfo_of(0, b).tags);
		EXPECT_OK(umount(a));
		child_meet(&c);
		child_meet(&c);
		EXPECT_FALSE(is_mounted(a));
		EXPECT_TRUE(is_mounted(b));
		child_meet(&c);
		child_meet(&c);
		/* Of another mount at that place the copy here goes, and what is ours stays. */
		EXPECT_TRUE(is_mounted(a));
		child_meet(&c);
		child_meet(&c);
		EXPECT_FALSE(is_mounted(a));
		EXPECT_TRUE(is_mounted(b));
	}
	child_meet(&c);
	mount_on(top, "a");
	child_meet(&c);
	child_meet(&c);
	EXPECT_TRUE(is_mounted(a));
	EXPECT_FALSE(is_mounted(b));
	EXPECT_OK(umount(a));
	child_meet(&c);
	child_meet(&c);
	mount_on(top, "a");
	child_meet(&c);
	child_meet(&c);
	EXPECT_OK(umount(a));
	child_meet(&c);
	child_wait(&c);
	expect_slave_stays(0);
	expect_slave_stays(1);
}

TEST_F(mnt, slave_and_shared)
{
	char *top = make_mount(MS_SHARED), *a = text_format("%s/a", top),
	     *b = text_format("%s/b", top);
	struct child middle;

	CHILD (&middle, .flags = CLONE_NEWNS) {
		struct child end;

		change(top, MS_SLAVE);
		change(top, MS_SHARED);
		struct mountinfo m = mountinfo_of(0, top);
		EXPECT_EQ(mountinfo_of(getppid(), top).shared, m.master);
		EXPECT_NE(0, m.shared);
		EXPECT_NE(m.master, m.shared);
		EXPECT_STREQ(text_format("shared:%d master:%d", m.shared, m.master), m.tags);
		CHILD (&end, .flags = CLONE_NEWNS) {
			EXPECT_STREQ(m.tags, mountinfo_of(0, top).tags);
			child_meet(&end);
			child_meet(&end);
			/* From the group of two, and through it. */
			EXPECT_STREQ(mountinfo_of(getppid(), a).tags, mountinfo_of(0, a).tags);
			EXPECT_TRUE(is_mounted(b));
			child_meet(&end);
			child_meet(&end);
			EXPECT_FALSE(is_mounted(a));
			EXPECT_TRUE(is_mounted(b));
		}
		child_meet(&end);
		child_meet(&middle);
		child_meet(&middle);
		m = mountinfo_of(0, a);
		EXPECT_EQ(mountinfo_of(getppid(), a).shared, m.master);
		EXPECT_NE(0, m.shared);
		mount_on(top, "b");
		child_meet(&end);
		child_meet(&end);
		child_meet(&middle);
		child_meet(&middle);
		EXPECT_FALSE(is_mounted(a));
		child_meet(&end);
		child_wait(&end);
	}
	child_meet(&middle);
	mount_on(top, "a");
	child_meet(&middle);
	child_meet(&middle);
	EXPECT_FALSE(is_mounted(b));
	EXPECT_OK(umount(a));
	child_meet(&middle);
	child_wait(&middle);
}

TEST_F(mnt, type_new_mount)
{
	struct mountinfo m;
	char *top = make_mount(MS_PRIVATE), *point = mount_on(top, "a"), *other = temp_dir();

	EXPECT_STREQ("", mountinfo_of(0, point).tags);
	change(top, MS_UNBINDABLE);
	EXPECT_STREQ("", mountinfo_of(0, mount_on(top, "b")).tags);
	top = make_mount(MS_SHARED);
	m = mountinfo_of(0, mount_on(top, "a"));
	EXPECT_STREQ(text_format("shared:%d", m.shared), m.tags);
	EXPECT_NE(mountinfo_of(0, top).shared, m.shared);
	/* One by one: the second has a number of its own. */
	EXPECT_NE(m.shared, mountinfo_of(0, mount_on(top, "b")).shared);
	top = make_mount(MS_SHARED);
	mount_make(top, other, NULL, MS_BIND, NULL);
	change(top, MS_SLAVE);
	EXPECT_STREQ("", mountinfo_of(0, mount_on(top, "a")).tags);
	change(top, MS_SHARED);
	m = mountinfo_of(0, mount_on(top, "b"));
	EXPECT_STREQ(text_format("shared:%d", m.shared), m.tags);
}

TEST_F(mnt, type_grandchild_own)
{
	char *top = make_mount(MS_SHARED), *private, *peer = temp_dir();

	mount_make(top, peer, NULL, MS_BIND, NULL);
	private = mount_on(top, "a");
	change(private, MS_PRIVATE);
	EXPECT_TRUE(is_mounted(text_format("%s/a", peer)));
	mount_on(private, "deep");
	EXPECT_TRUE(is_mounted(text_format("%s/a/deep", top)));
	EXPECT_FALSE(is_mounted(text_format("%s/a/deep", peer)));
	MUST(umount(text_format("%s/a/deep", top)));
	EXPECT_TRUE(is_mounted(text_format("%s/a", peer)));
	/* And the other way round: below a private mount, one may share. */
	char *outer = make_mount(MS_PRIVATE), *shared = mount_on(outer, "a"), *copy = temp_dir();
	change(shared, MS_SHARED);
	mount_make(outer, copy, NULL, MS_BIND | MS_REC, NULL);
	mount_on(shared, "deep");
	EXPECT_TRUE(is_mounted(text_format("%s/a/deep", copy)));
	mount_on(outer, "b");
	EXPECT_FALSE(is_mounted(text_format("%s/b", copy)));
}

TEST_F(mnt, umount_keeps_busy_peer_copy)
{
	char *top = make_mount(MS_SHARED), *busy = temp_dir(), *idle = temp_dir();

	mount_make(top, busy, NULL, MS_BIND, NULL);
	mount_make(top, idle, NULL, MS_BIND, NULL);
	mount_on(top, "a");
	change(text_format("%s/a", busy), MS_PRIVATE);
	mount_on(text_format("%s/a", busy), "deep");
	EXPECT_FALSE(is_mounted(text_format("%s/a/deep", top)));
	EXPECT_OK(umount(text_format("%s/a", top)));
	EXPECT_FALSE(is_mounted(text_format("%s/a", top)));
	EXPECT_FALSE(is_mounted(text_format("%s/a", idle)));
	EXPECT_TRUE(is_mounted(text_format("%s/a", busy)));
	EXPECT_TRUE(is_mounted(text_format("%s/a/deep", busy)));
	/* An open file in a copy is another thing: then all stay, or all go. */
	mount_on(top, "b");
	int fd = MUST(open(text_format("%s/b/deep", idle), O_RDONLY | O_DIRECTORY));
	EXPECT_ERRNO(EBUSY, umount2(text_format("%s/b", top), 0));
	EXPECT_TRUE(is_mounted(text_format("%s/b", top)));
	EXPECT_TRUE(is_mounted(text_format("%s/b", idle)));
	EXPECT_OK(umount2(text_format("%s/b", top), MNT_DETACH));
	EXPECT_FALSE(is_mounted(text_format("%s/b", idle)));
	close(fd);
}

TEST_F(mnt, peer_ids)
{
	char *first = make_mount(MS_SHARED), *second = make_mount(MS_SHARED), *copy = temp_dir();
	int id = mountinfo_of(0, first).shared, other = mountinfo_of(0, second).shared;

	EXPECT_LT(0, id);
	EXPECT_LT(0, other);
	EXPECT_NE(id, other);
	mount_make(first, copy, NULL, MS_BIND, NULL);
	EXPECT_EQ(id, mountinfo_of(0, copy).shared);
	IN_CHILD (.flags = CLONE_NEWNS) {
		EXPECT_EQ(id, mountinfo_of(0, first).shared);
		EXPECT_EQ(id, mountinfo_of(0, copy).shared);
		EXPECT_EQ(other, mountinfo_of(0, second).shared);
		/* One that leaves and is shared again founds a group of its own. */
		change(copy, MS_PRIVATE);
		change(copy, MS_SHARED);
		EXPECT_NE(id, mountinfo_of(0, copy).shared);
		EXPECT_NE(other, mountinfo_of(0, copy).shared);
		EXPECT_EQ(id, mountinfo_of(getppid(), copy).shared);
	}
	/* Shared once more: nothing new. */
	change(first, MS_SHARED);
	EXPECT_EQ(id, mountinfo_of(0, first).shared);
}

/* The tags of a mount as a process in the new root sees it, through the old /proc. */
static char *tags_below(int proc, const char *root, const char *point)
{
	char text[8192];
	struct mountinfo m;
	ssize_t n;

	MUST(chroot(root));
	MUST(chdir("/"));
	int fd = MUST(openat(proc, "thread-self/mountinfo", O_RDONLY));
	n = MUST(read(fd, text, sizeof(text) - 1));
	text[n] = '\0';
	for (char *line = text; line && *line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
		if (mountinfo_parse(line, &m) && !strcmp(m.point, point))
			return m.tags;
	return NULL;
}

TEST_F(mnt, propagate_from_tag)
{
	char *root = mount_tmpfs(), *first = text_format("%s/first", root), *middle = temp_dir();
	char *end = text_format("%s/end", root);
	int proc = MUST(open("/proc", O_RDONLY | O_DIRECTORY));

	/* first -> middle -> end, where middle is not below the root. */
	MUST(mkdir(first, 0755));
	MUST(mkdir(end, 0755));
	mount_make("tmpfs", first, "tmpfs", 0, NULL);
	change(first, MS_SHARED);
	mount_make(first, middle, NULL, MS_BIND, NULL);
	change(middle, MS_SLAVE);
	change(middle, MS_SHARED);
	mount_make(middle, end, NULL, MS_BIND, NULL);
	change(end, MS_SLAVE);
	int top = mountinfo_of(0, first).shared, master = mountinfo_of(0, middle).shared;

	EXPECT_STREQ(text_format("master:%d", master), mountinfo_of(0, end).tags);
	IN_CHILD ()
		EXPECT_STREQ(text_format("master:%d propagate_from:%d", master, top),
			     tags_below(proc, root, "/end"));
	/* One group more between: the nearest that can be reached is named. */
	char *near = text_format("%s/near", root), *hidden = temp_dir();
	MUST(mkdir(near, 0755));
	mount_make(middle, near, NULL, MS_BIND, NULL);
	change(near, MS_SLAVE);
	change(near, MS_SHARED);
	mount_make(near, hidden, NULL, MS_BIND, NULL);
	change(hidden, MS_SLAVE);
	change(hidden, MS_SHARED);
	MUST(umount(end));
	mount_make(hidden, end, NULL, MS_BIND, NULL);
	change(end, MS_SLAVE);
	char *want = text_format("master:%d propagate_from:%d", mountinfo_of(0, hidden).shared,
				 mountinfo_of(0, near).shared);
	IN_CHILD ()
		EXPECT_STREQ(want, tags_below(proc, root, "/end"));
	/* Nothing that can be reached: the tag is missing. */
	MUST(umount(near));
	MUST(umount(first));
	want = text_format("master:%d", mountinfo_of(0, end).master);
	IN_CHILD ()
		EXPECT_STREQ(want, tags_below(proc, root, "/end"));
}

SUITE_MAIN()
