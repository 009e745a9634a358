// SPDX-License-Identifier: GPL-2.0-only
/* Idmapped mounts: a user namespace's map between the ids of a file system and those one sees. */
#include "suite.h"

#include <fcntl.h>
#include <linux/mount.h>

#define FIRST 100000
#define MAP   "0 100000 1000"

FIXTURE(mnt)
{
	struct child mapper; /* in a user namespace of that map */
	int userns;
};
FIXTURE_SETUP(mnt)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = -1U };

	if (mount_setattr(-1, "", AT_EMPTY_PATH, &attr, sizeof(attr)) && errno == ENOSYS)
		check_skip("not supported: mount_setattr(2)");
	CHILD (&self->mapper, .flags = CLONE_NEWUSER, .map = MAP)
		child_sleep();
	self->userns = ns_open(self->mapper.pid, "user");
}
NO_TEARDOWN(mnt)

static int tree_clone(const char *dir)
{
	return MUST(open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

static int try_idmap(int tree, int userns)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = userns };

	return mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* A folder whose file system can be idmapped: tmpfs since 6.3, or what /var/tmp is on. */
static char *idmappable(int userns)
{
	static char on_disk[] = "/var/tmp/bulkhead-XXXXXX";
	char *dir = mount_tmpfs();
	int tree = tree_clone(dir), ret = try_idmap(tree, userns);

	close(tree);
	if (!ret)
		return dir;
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(sys_known(SYS_KNOWN_6_5));
	if (!mkdtemp(on_disk))
		check_skip("not supported: idmapped mounts of tmpfs (since 6.3)");
	tree = tree_clone(on_disk);
	ret = try_idmap(tree, userns);
	close(tree);
	rmdir(on_disk);
	if (ret)
		check_skip("not supported: idmapped mounts of tmpfs (since 6.3) or of /var/tmp");
	mkdir(on_disk, 0755);
	return on_disk;
}

/* Gone with the test: what lies in /var/tmp would stay. */
static void remove_made(const char *dir, const char *const *names)
{
	for (; *names; names++)
		unlink(text_format("%s/%s", dir, *names));
	rmdir(dir);
}

static void make_file(int dir, const char *name, uid_t uid, gid_t gid)
{
	close(MUST(openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)));
	MUST(fchownat(dir, name, uid, gid, 0));
}

#define EXPECT_OWNER(dir, name, uid, gid)            \
	do {                                         \
		struct stat st_;                     \
		MUST(fstatat(dir, name, &st_, 0));   \
		EXPECT_EQ((uid_t)(uid), st_.st_uid); \
		EXPECT_EQ((gid_t)(gid), st_.st_gid); \
	} while (0)

TEST_F(mnt, idmap_translates)
{
	static const char *const made[] = { "old", "new", "outside", NULL };
	char *dir = idmappable(self->userns);
	int plain = MUST(open(dir, O_PATH | O_CLOEXEC)), mapped = tree_clone(dir);

	MUST(chmod(dir, 0777));
	MUST(try_idmap(mapped, self->userns));
	make_file(plain, "old", 5, 6);
	make_file(plain, "outside", 5000, 6000);
	EXPECT_OWNER(plain, "old", 5, 6);
	EXPECT_OWNER(mapped, "old", FIRST + 5, FIRST + 6);
	/* What the map does not have shows as the overflow ids. */
	EXPECT_OWNER(mapped, "outside", file_number("/proc/sys/kernel/overflowuid"),
		     file_number("/proc/sys/kernel/overflowgid"));
	EXPECT_OK(fchownat(mapped, "old", FIRST + 7, FIRST + 8, 0));
	EXPECT_OWNER(plain, "old", 7, 8);
	EXPECT_ERRNO(EOVERFLOW, fchownat(mapped, "old", 7, -1, 0));
	EXPECT_OWNER(plain, "old", 7, 8);
	/* Root is not in the map either, so that it can make nothing there. */
	EXPECT_ERRNO(EOVERFLOW, openat(mapped, "nothing", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	IN_CHILD () {
		cred_become(FIRST + 3, FIRST + 4);
		EXPECT_OK(openat(mapped, "new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		EXPECT_OWNER(mapped, "new", FIRST + 3, FIRST + 4);
		EXPECT_ERRNO(EACCES, openat(plain, "new", O_RDONLY | O_CLOEXEC));
		EXPECT_OK(openat(mapped, "new", O_RDONLY | O_CLOEXEC));
	}
	EXPECT_OWNER(plain, "new", 3, 4);
	IN_CHILD () {
		cred_become(3, 4);
		EXPECT_OK(openat(plain, "new", O_RDONLY | O_CLOEXEC));
		EXPECT_ERRNO(EACCES, openat(mapped, "new", O_RDONLY | O_CLOEXEC));
	}
	remove_made(dir, made);
}

TEST_F(mnt, idmap_preconditions)
{
	char *dir = idmappable(self->userns);
	int attached = MUST(open(dir, O_PATH | O_CLOEXEC)), tree = tree_clone(dir);
	struct child c;

	/* Where the folder is no mount of its own, its path is refused for that. */
	if (strncmp(dir, "/var/tmp/", 9))
		EXPECT_ERRNO(EINVAL, try_idmap(attached, self->userns));
	EXPECT_OK(try_idmap(tree, self->userns));
	EXPECT_ERRNO(EPERM, try_idmap(tree, self->userns));
	EXPECT_ERRNO(EINVAL, try_idmap(tree_clone(mount_proc()), self->userns));
	/* A mount of the initial user namespace's file system, in the hands of somebody less. */
	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNS) {
		int own, copy = tree_clone(dir);
		struct child inner;

		CHILD (&inner, .flags = CLONE_NEWUSER)
			child_sleep();
		own = ns_open(inner.pid, "user");
		EXPECT_ERRNO(EPERM, try_idmap(copy, own));
		/* And one of its own. */
		char *mine = temp_dir();
		if (!mount("mine", mine, "tmpfs", 0, NULL) && sys_known(SYS_KNOWN_6_5))
			EXPECT_OK(try_idmap(tree_clone(mine), own));
		child_kill(&inner);
	}
	child_wait(&c);
	remove_made(dir, (const char *const[]) { NULL });
}

TEST_F(mnt, idmap_userns_fd_errors)
{
	char *dir = idmappable(self->userns);
	int tree = tree_clone(dir), closed = MUST(dup(0));
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = 1ULL << 31 };
	struct child c;

	close(closed);
	EXPECT_ERRNO(EBADF, try_idmap(tree, closed));
	EXPECT_ERRNO(EINVAL, try_idmap(tree, ns_open(0, "uts")));
	EXPECT_ERRNO(EINVAL, try_idmap(tree, MUST(open("/proc/self/status", O_RDONLY))));
	EXPECT_ERRNO(EBADF, try_idmap(tree, tree)); /* one with O_PATH */
	EXPECT_ERRNO(EINVAL, mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	EXPECT_ERRNO(EPERM, try_idmap(tree, ns_open(0, "user")));
	/* That of the file system itself. */
	CHILD (&c, .flags = CLONE_NEWUSER | CLONE_NEWNS) {
		char *mine = temp_dir();

		if (!mount("mine", mine, "tmpfs", 0, NULL))
			EXPECT_ERRNO(EINVAL, try_idmap(tree_clone(mine), ns_open(0, "user")));
	}
	child_wait(&c);
	EXPECT_OK(try_idmap(tree, self->userns));
	remove_made(dir, (const char *const[]) { NULL });
}

TEST_F(mnt, idmap_clear)
{
	static const char *const made[] = { "old", NULL };
	struct mount_attr clear = { .attr_clr = MOUNT_ATTR_IDMAP };
	char *dir = idmappable(self->userns);
	int tree = tree_clone(dir), copy, clean;

	if (!sys_known(SYS_KNOWN_6_15))
		check_skip("not supported: open_tree_attr(2)");
	MUST(try_idmap(tree, self->userns));
	make_file(MUST(open(dir, O_PATH | O_CLOEXEC)), "old", 5, 6);
	copy = MUST(open_tree(tree, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
	EXPECT_OWNER(copy, "old", FIRST + 5, FIRST + 6);
	EXPECT_ERRNO(EINVAL, mount_setattr(copy, "", AT_EMPTY_PATH, &clear, sizeof(clear)));
	EXPECT_OWNER(copy, "old", FIRST + 5, FIRST + 6);
	clean = ASSERT_OK(sys_open_tree_attr(tree, "",
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH,
					     &clear, sizeof(clear)));
	EXPECT_OWNER(clean, "old", 5, 6);
	EXPECT_OWNER(tree, "old", FIRST + 5, FIRST + 6);
	remove_made(dir, made);
}

static struct sys_statmount stat_mount(int tree)
{
	struct sys_mnt_id_req req = { .size = SYS_MNT_ID_REQ_SIZE_0,
				      .param =
					      SYS_STATMOUNT_MNT_UIDMAP | SYS_STATMOUNT_MNT_GIDMAP };
	struct sys_statmount st = { 0 };
	struct statx sx;

	MUST(statx(tree, "", AT_EMPTY_PATH, SYS_STATX_MNT_ID_UNIQUE, &sx));
	req.id = sx.stx_mnt_id;
	MUST(sys_statmount(&req, &st, 0));
	return st;
}

TEST_F(mnt, statmount_idmap)
{
	const uint64_t both = SYS_STATMOUNT_MNT_UIDMAP | SYS_STATMOUNT_MNT_GIDMAP;
	char *dir = idmappable(self->userns), *at = temp_dir();
	int tree = tree_clone(dir);

	if (!sys_known(SYS_KNOWN_6_15))
		check_skip("not supported: STATMOUNT_MNT_UIDMAP");
	MUST(try_idmap(tree, self->userns));
	MUST(move_mount(tree, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH));
	struct sys_statmount st = stat_mount(tree);
	EXPECT_EQ(both, st.mask & both);
	EXPECT_EQ(1, st.uidmap_num);
	EXPECT_EQ(1, st.gidmap_num);
	EXPECT_STREQ(MAP, st.str + st.uidmap);
	EXPECT_STREQ(MAP, st.str + st.gidmap);
	/* As the caller's own ids have it: 100000 of the initial namespace is 7 here. */
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "0 0 1\n7 100000 1000") {
		st = stat_mount(tree);
		EXPECT_EQ(1, st.uidmap_num);
		EXPECT_STREQ("0 7 1000", st.str + st.uidmap);
	}
	int plain = MUST(open(dir, O_PATH | O_CLOEXEC));
	EXPECT_EQ(0, stat_mount(plain).uidmap_num);
	remove_made(dir, (const char *const[]) { NULL });
}

SUITE_MAIN()
