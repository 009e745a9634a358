// SPDX-License-Identifier: GPL-2.0-only
/* Propagation types: what each operation makes of each, by the manual's tables. */
#include "suite.h"

AREA(mnt);

enum kind { PRIVATE, SHARED, SLAVE, SLAVE_SHARED, UNBINDABLE, KINDS };
static const char *const kind_names[KINDS + 1] = {
	"private", "shared", "slave", "slave and shared", "unbindable", "refused",
};
#define REFUSED KINDS

static enum kind kind_of(const char *point)
{
	struct mountinfo m = mountinfo_of(0, point);

	if (m.unbindable)
		return UNBINDABLE;
	if (m.shared)
		return m.master ? SLAVE_SHARED : SHARED;
	return m.master ? SLAVE : PRIVATE;
}

static void expect_kind(const char *what, const char *from, const char *to, enum kind want,
			const char *point)
{
	enum kind seen = kind_of(point);

	EXPECT_TRUE(true); /* counts; what follows says more */
	if (seen != want)
		check_failed(HERE, "%s %s, %s: wanted %s, seen %s", what, from, to,
			     kind_names[want], kind_names[seen]);
}

static void change(const char *point, unsigned long flags)
{
	mount_make(NULL, point, NULL, flags, NULL);
}

/* A tmpfs of that kind, with two folders in it; a master, or a peer, is another mount of it. */
static char *mount_kind_with(enum kind kind, char **other)
{
	char *point = mount_tmpfs();

	*other = temp_dir();
	MUST(mkdir(text_format("%s/a", point), 0755));
	MUST(mkdir(text_format("%s/b", point), 0755));
	change(point, MS_SHARED);
	mount_make(point, *other, NULL, MS_BIND, NULL);
	if (kind == SLAVE || kind == SLAVE_SHARED)
		change(point, MS_SLAVE);
	if (kind == SLAVE_SHARED)
		change(point, MS_SHARED);
	if (kind == PRIVATE || kind == UNBINDABLE)
		change(point, kind == PRIVATE ? MS_PRIVATE : MS_UNBINDABLE);
	ASSERT_EQ(kind, kind_of(point));
	return point;
}

static char *mount_kind(enum kind kind)
{
	char *other;

	return mount_kind_with(kind, &other);
}

/* What has_other says: whether the peer of a shared mount, or its master, is still there. */
static const struct transition {
	enum kind from;
	bool alone;
	enum kind to[4]; /* by MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE */
} transitions[] = {
	{ SHARED, false, { SHARED, SLAVE, PRIVATE, UNBINDABLE } },
	{ SHARED, true, { SHARED, PRIVATE, PRIVATE, UNBINDABLE } },
	{ SLAVE, false, { SLAVE_SHARED, SLAVE, PRIVATE, UNBINDABLE } },
	{ SLAVE_SHARED, false, { SLAVE_SHARED, SLAVE, PRIVATE, UNBINDABLE } },
	{ PRIVATE, false, { SHARED, PRIVATE, PRIVATE, UNBINDABLE } },
	{ UNBINDABLE, false, { SHARED, UNBINDABLE, PRIVATE, UNBINDABLE } },
};
static const unsigned long to_flags[4] = { MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE };
static const char *const to_names[4] = { "make-shared", "make-slave", "make-private",
					 "make-unbindable" };

static void expect_transitions(bool by_setattr)
{
	for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++)
		for (int j = 0; j < 4; j++) {
			const struct transition *t = &transitions[i];
			struct mount_attr attr = { .propagation = to_flags[j] };
			char *other, *point = mount_kind_with(t->from, &other);

			if (t->alone)
				MUST(umount(other));
			if (by_setattr)
				EXPECT_OK(mount_setattr(AT_FDCWD, point, 0, &attr, sizeof(attr)));
			else
				EXPECT_OK(mount(NULL, point, NULL, to_flags[j], NULL));
			expect_kind(to_names[j], kind_names[t->from], t->alone ? "alone" : "-",
				    t->to[j], point);
			if (!t->alone) /* the other one stays what it was */
				EXPECT_EQ(SHARED, kind_of(other));
		}
}

TEST_F(mnt, transition_table)
{
	expect_transitions(false);
	/* A slave that loses its master is private, one that is shared too stays shared. */
	char *other, *point = mount_kind_with(SLAVE, &other);

	MUST(umount(other));
	EXPECT_EQ(PRIVATE, kind_of(point));
	point = mount_kind_with(SLAVE_SHARED, &other);
	MUST(umount(other));
	EXPECT_EQ(SHARED, kind_of(point));
	/* The slave of a member that leaves is handed to the others. */
	point = mount_kind_with(SLAVE, &other);
	char *peer = temp_dir();
	mount_make(other, peer, NULL, MS_BIND, NULL);
	MUST(umount(other));
	EXPECT_EQ(mountinfo_of(0, peer).shared, mountinfo_of(0, point).master);
}

TEST_F(mnt, setattr_propagation)
{
	char *top = mount_kind(PRIVATE), *below = text_format("%s/a", top);
	struct mount_attr attr = { .propagation = 0 };

	mount_make("tmpfs", below, "tmpfs", 0, NULL);
	if (mount_setattr(AT_FDCWD, top, 0, &attr, sizeof(attr)) && errno == ENOSYS)
		check_skip("not supported: mount_setattr(2)");
	expect_transitions(true);
	const uint64_t bad[] = { MS_SHARED | MS_PRIVATE,
				 MS_SLAVE | MS_UNBINDABLE,
				 MS_SHARED | MS_SLAVE,
				 1,
				 MS_REC,
				 MS_BIND,
				 1ULL << 40 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		attr.propagation = bad[i];
		EXPECT_ERRNO(EINVAL, mount_setattr(AT_FDCWD, top, 0, &attr, sizeof(attr)));
		EXPECT_EQ(PRIVATE, kind_of(top));
	}
	attr.propagation = MS_SHARED;
	EXPECT_ERRNO(EINVAL,
		     mount_setattr(AT_FDCWD, text_format("%s/b", top), 0, &attr, sizeof(attr)));
	EXPECT_OK(mount_setattr(AT_FDCWD, top, 0, &attr, sizeof(attr)));
	EXPECT_EQ(SHARED, kind_of(top));
	EXPECT_EQ(PRIVATE, kind_of(below));
	EXPECT_OK(mount_setattr(AT_FDCWD, top, AT_RECURSIVE, &attr, sizeof(attr)));
	EXPECT_EQ(SHARED, kind_of(below));
}

TEST_F(mnt, propagation_flags)
{
	char *top = mount_kind(PRIVATE), *below = text_format("%s/a", top);
	char *deeper = text_format("%s/a/deep", top);

	mount_make("tmpfs", below, "tmpfs", 0, NULL);
	MUST(mkdir(deeper, 0755));
	mount_make("tmpfs", deeper, "tmpfs", 0, NULL);
	for (int i = 0; i < 4; i++) {
		static const enum kind then[] = { SHARED, PRIVATE, PRIVATE, UNBINDABLE };

		change(top, MS_PRIVATE | MS_REC);
		EXPECT_OK(mount(NULL, top, NULL, to_flags[i], NULL));
		EXPECT_EQ(then[i], kind_of(top));
		EXPECT_EQ(PRIVATE, kind_of(below));
		EXPECT_EQ(PRIVATE, kind_of(deeper));
		EXPECT_OK(mount(NULL, below, NULL, to_flags[i] | MS_REC, NULL));
		EXPECT_EQ(then[i], kind_of(below));
		EXPECT_EQ(then[i], kind_of(deeper));
	}
	change(top, MS_PRIVATE | MS_REC);
	for (int i = 0; i < 4; i++) {
		EXPECT_ERRNO(EINVAL,
			     mount(NULL, text_format("%s/b", top), NULL, to_flags[i], NULL));
		EXPECT_ERRNO(EINVAL, mount(NULL, top, NULL, to_flags[i] | MS_RDONLY, NULL));
		for (int j = 0; j < i; j++)
			EXPECT_ERRNO(EINVAL,
				     mount(NULL, top, NULL, to_flags[i] | to_flags[j], NULL));
	}
	EXPECT_EQ(PRIVATE, kind_of(top));
	EXPECT_EQ(PRIVATE, kind_of(below));
}

/* Results of bringing each kind to a mount point in a shared, or in any other, mount. */
static const enum kind bind_results[KINDS][2] = {
	[PRIVATE] = { PRIVATE, SHARED },     [SHARED] = { SHARED, SHARED },
	[SLAVE] = { SLAVE, SLAVE_SHARED },   [SLAVE_SHARED] = { SLAVE_SHARED, SLAVE_SHARED },
	[UNBINDABLE] = { REFUSED, REFUSED },
};
static const enum kind move_results[KINDS][2] = {
	[PRIVATE] = { PRIVATE, SHARED },	[SHARED] = { SHARED, SHARED },
	[SLAVE] = { SLAVE, SLAVE_SHARED },	[SLAVE_SHARED] = { SLAVE_SHARED, SLAVE_SHARED },
	[UNBINDABLE] = { UNBINDABLE, REFUSED },
};

static void expect_groups(const struct mountinfo *from, const char *to)
{
	struct mountinfo m = mountinfo_of(0, to);

	if (from->shared) /* joins the group of the source */
		EXPECT_EQ(from->shared, m.shared);
	EXPECT_EQ(from->master, m.master);
}

/* The kinds of place that a mount point can be in, with what is mounted there in each. */
static void expect_brought(const char *what, unsigned long flags, const enum kind results[KINDS][2])
{
	for (enum kind from = 0; from < KINDS; from++)
		for (enum kind to = 0; to < KINDS; to++) {
			char *other, *source = mount_kind(from),
				     *target = mount_kind_with(to, &other);
			char *point = text_format("%s/a", target);
			bool shared = to == SHARED || to == SLAVE_SHARED;
			enum kind want = results[from][shared];
			struct mountinfo before = mountinfo_of(0, source), m;

			if (want == REFUSED) {
				EXPECT_ERRNO(EINVAL, mount(source, point, NULL, flags, NULL));
				EXPECT_FALSE(mountinfo_find(0, point, &m));
				EXPECT_EQ(from, kind_of(source));
				continue;
			}
			EXPECT_OK(mount(source, point, NULL, flags, NULL));
			expect_kind(what, kind_names[from], kind_names[to], want, point);
			expect_groups(&before, point);
			/* A shared place has a peer, which gets the same. */
			EXPECT_EQ(to == SHARED, mountinfo_find(0, text_format("%s/a", other), &m));
			if (to == SHARED)
				EXPECT_EQ(mountinfo_of(0, point).shared, m.shared);
			EXPECT_EQ(!(flags & MS_MOVE), mountinfo_find(0, source, &m));
		}
}

TEST_F(mnt, bind_table)
{
	expect_brought("bind", MS_BIND, bind_results);
	expect_brought("rbind", MS_BIND | MS_REC, bind_results);
}

TEST_F(mnt, move_errors)
{
	char *shared = mount_kind(SHARED), *below = text_format("%s/a", shared),
	     *place = temp_dir();
	char *plain = mount_kind(PRIVATE), *inner = text_format("%s/a", plain);
	struct mountinfo m;

	expect_brought("move", MS_MOVE, move_results);
	mount_make("tmpfs", below, "tmpfs", 0, NULL);
	EXPECT_ERRNO(EINVAL, mount(below, place, NULL, MS_MOVE, NULL));
	change(below, MS_PRIVATE); /* it is the parent that counts */
	EXPECT_ERRNO(EINVAL, mount(below, place, NULL, MS_MOVE, NULL));
	/* A tree with an unbindable mount in it, to where it would be copied. */
	mount_make("tmpfs", inner, "tmpfs", 0, NULL);
	change(inner, MS_UNBINDABLE);
	EXPECT_ERRNO(EINVAL, mount(plain, text_format("%s/b", shared), NULL, MS_MOVE, NULL));
	EXPECT_OK(mount(plain, place, NULL, MS_MOVE, NULL));
	EXPECT_EQ(UNBINDABLE, kind_of(text_format("%s/a", place)));
	EXPECT_ERRNO(ELOOP, mount(place, text_format("%s/b", place), NULL, MS_MOVE, NULL));
	MUST(mkdir(text_format("%s/a/deep", place), 0755));
	EXPECT_ERRNO(ELOOP, mount(place, text_format("%s/a/deep", place), NULL, MS_MOVE, NULL));
	/* Not a mount at all. */
	EXPECT_ERRNO(EINVAL, mount(text_format("%s/b", place), temp_dir(), NULL, MS_MOVE, NULL));
	EXPECT_TRUE(mountinfo_find(0, place, &m));
}

TEST_F(mnt, unbindable)
{
	char *top = mount_kind(PRIVATE), *copy = temp_dir();
	char *a = text_format("%s/a", top), *deep = text_format("%s/deep", a);
	struct mountinfo m;

	mount_make("tmpfs", a, "tmpfs", 0, NULL);
	MUST(mkdir(deep, 0755));
	mount_make("tmpfs", deep, "tmpfs", 0, NULL);
	mount_make("tmpfs", text_format("%s/b", top), "tmpfs", 0, NULL);
	change(a, MS_UNBINDABLE);
	EXPECT_ERRNO(EINVAL, mount(a, copy, NULL, MS_BIND, NULL));
	EXPECT_ERRNO(EINVAL, mount(a, copy, NULL, MS_BIND | MS_REC, NULL));
	EXPECT_ERRNO(EINVAL, open_tree(AT_FDCWD, a, OPEN_TREE_CLONE));
	MUST(mkdir(text_format("%s/folder", a), 0755));
	EXPECT_ERRNO(EINVAL, mount(text_format("%s/folder", a), copy, NULL, MS_BIND, NULL));
	EXPECT_FALSE(mountinfo_find(0, copy, &m));
	EXPECT_OK(mount(top, copy, NULL, MS_BIND | MS_REC, NULL));
	EXPECT_EQ(2, mountinfo_count(0, copy));
	EXPECT_FALSE(mountinfo_find(0, text_format("%s/a", copy), &m));
	EXPECT_TRUE(mountinfo_find(0, text_format("%s/b", copy), &m));
	/* What lies on an unbindable one can itself be bound. */
	char *again = temp_dir();
	EXPECT_OK(mount(deep, again, NULL, MS_BIND, NULL));
	EXPECT_EQ(PRIVATE, kind_of(again));
}

static int set_group(const char *from, const char *to)
{
	return move_mount(AT_FDCWD, from, AT_FDCWD, to, MOVE_MOUNT_SET_GROUP);
}

TEST_F(mnt, set_group)
{
	char *other, *from = mount_kind_with(SHARED, &other), *to = temp_dir(),
		     *foreign = mount_tmpfs();

	/* Flags are looked at first. */
	if (move_mount(-1, "", -1, "",
		       MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) &&
	    errno == EINVAL)
		check_skip("not supported: MOVE_MOUNT_SET_GROUP");
	mount_make(text_format("%s/a", from), to, NULL, MS_BIND, NULL);
	EXPECT_ERRNO(EINVAL, set_group(from, to)); /* a peer already, not private */
	change(to, MS_PRIVATE);
	EXPECT_ERRNO(EINVAL, set_group(from, foreign));
	EXPECT_ERRNO(EINVAL, set_group(from, text_format("%s/b", from)));
	EXPECT_ERRNO(EINVAL, set_group(text_format("%s/a", from), to));
	EXPECT_EQ(PRIVATE, kind_of(to));
	EXPECT_OK(set_group(from, to));
	EXPECT_EQ(mountinfo_of(0, from).shared, mountinfo_of(0, to).shared);
	/* It works as one, too: a mount in the folder that both have. */
	MUST(mkdir(text_format("%s/a/point", from), 0755));
	mount_make("tmpfs", text_format("%s/point", to), "tmpfs", 0, NULL);
	EXPECT_EQ(mountinfo_of(0, text_format("%s/point", to)).shared,
		  mountinfo_of(0, text_format("%s/a/point", from)).shared);
	/* From what is narrower: no. */
	change(from, MS_PRIVATE);
	EXPECT_ERRNO(EINVAL, set_group(to, from));
	from = mount_kind_with(SLAVE, &other);
	to = temp_dir();
	mount_make(from, to, NULL, MS_BIND, NULL);
	change(to, MS_PRIVATE);
	EXPECT_OK(set_group(from, to));
	EXPECT_EQ(SLAVE, kind_of(to));
	EXPECT_EQ(mountinfo_of(0, from).master, mountinfo_of(0, to).master);
	/* A source that has nothing to give. */
	change(from, MS_PRIVATE);
	change(to, MS_PRIVATE);
	EXPECT_ERRNO(EINVAL, set_group(from, to));
}

SUITE_MAIN()
