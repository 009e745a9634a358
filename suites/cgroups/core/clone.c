// SPDX-License-Identifier: GPL-2.0-only
/* Where a new process starts: inheritance, and clone3(2) with CLONE_INTO_CGROUP. */
#include "suite.h"

#include <pthread.h>

FIXTURE(core_clone)
{
	struct cgroup a, b;
};
FIXTURE_SETUP(core_clone)
{
	self->a = cgroup_make("a");
	self->b = cgroup_make("b");
}
NO_TEARDOWN(core_clone)

/* clone3 into whatever descriptor; a child, should there be one, ends at once. */
static int try_into(uint64_t fd, size_t size)
{
	struct sys_clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = fd,
	};
	pid_t pid = sys_clone3(&args, size);
	int saved = errno;

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	errno = saved;
	return pid < 0 ? -1 : 0;
}

static int try_clone(const struct cgroup *cg)
{
	int fd = cgroup_dir(cg), ret = try_into(fd, sizeof(struct sys_clone_args)), saved = errno;

	close(fd);
	errno = saved;
	return ret;
}

/* What was tried leaves the cgroup as it was: a reaped child may populate it a moment longer. */
static void need_into_cgroup(const struct cgroup *cg)
{
	if (try_clone(cg) && (errno == EINVAL || errno == E2BIG || errno == ENOSYS))
		check_skip("not supported: CLONE_INTO_CGROUP");
	ASSERT_SOON(!cgroup_key(cg, "cgroup.events", "populated"));
}

HELPER(report_cgroup)
{
	EXPECT_STREQ(argv[1], cgroup_of(0));
	return 0;
}

TEST_F(core_clone, exec_keeps)
{
	IN_CHILD () {
		cgroup_add(&self->a, 0);
		EXPECT_STREQ(cgroup_name(&self->a), cgroup_of(0));
		helper_exec("report_cgroup", cgroup_name(&self->a), NULL);
	}
}

static void *report_thread(void *name)
{
	EXPECT_STREQ(name, cgroup_of(0));
	return NULL;
}

/* Where the forking thread is at that time, by every kind of fork. */
TEST_F(core_clone, fork_inherits)
{
	char *a = cgroup_name(&self->a), *b = cgroup_name(&self->b);

	IN_CHILD () {
		pthread_t thread;
		int status;

		cgroup_add(&self->a, 0);
		IN_CHILD ()
			EXPECT_STREQ(a, cgroup_of(0));
		cgroup_add(&self->b, 0);
		IN_CHILD ()
			EXPECT_STREQ(b, cgroup_of(0));
		pid_t pid = vfork();
		if (!pid) {
			execl("/proc/self/exe", "suite", "--helper", "report_cgroup", b, NULL);
			_exit(127);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		pid = syscall(SYS_fork);
		if (!pid) {
			check_in_child = true;
			EXPECT_STREQ(b, cgroup_of(0));
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, pthread_create(&thread, NULL, report_thread, b));
		pthread_join(thread, NULL);
	}
}

TEST_F(core_clone, into_cgroup_places_child)
{
	char *a = cgroup_name(&self->a);
	int path_fd = cgroup_open(&self->a, ".", O_PATH | O_DIRECTORY);
	struct sys_clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = path_fd,
	};
	int status;

	need_into_cgroup(&self->a);
	IN_CHILD (.cgroup = &self->a) {
		EXPECT_STREQ(a, cgroup_of(0));
		EXPECT_TRUE(cgroup_contains(&self->a, getpid()));
	}
	EXPECT_STRNE(a, cgroup_of(0));
	EXPECT_STREQ("", cgroup_read(&self->a, "cgroup.procs"));
	pid_t pid = MUST(sys_clone3(&args, sizeof(args)));
	if (!pid) {
		check_in_child = true;
		EXPECT_STREQ(a, cgroup_of(0));
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(core_clone, into_cgroup_bad_args)
{
	int fd;

	need_cgroup();
	fd = cgroup_dir(&self->a);
	need_into_cgroup(&self->a);
	EXPECT_ERRNO(EINVAL, try_into(0x80000000ULL, sizeof(struct sys_clone_args)));
	EXPECT_ERRNO(EINVAL, try_into(UINT64_MAX, sizeof(struct sys_clone_args)));
	EXPECT_ERRNO(EINVAL, try_into(fd, offsetof(struct sys_clone_args, cgroup)));
	EXPECT_OK(try_into(fd, sizeof(struct sys_clone_args)));
}

TEST_F(core_clone, into_cgroup_bad_fd)
{
	size_t size = sizeof(struct sys_clone_args);
	int fd = cgroup_dir(&self->a);

	need_into_cgroup(&self->a);
	close(fd);
	EXPECT_ERRNO(EBADF, try_into(fd, size));
	fd = cgroup_open(&self->a, "cgroup.procs", O_RDONLY);
	EXPECT_ERRNO(EBADF, try_into(fd, size));
	close(fd);
	fd = MUST(open("/tmp", O_RDONLY | O_DIRECTORY));
	EXPECT_ERRNO(EBADF, try_into(fd, size));
	close(fd);
	fd = MUST(open("/proc/self", O_RDONLY | O_DIRECTORY));
	EXPECT_ERRNO(EBADF, try_into(fd, size));
	close(fd);
	for (char *at = file_read("/proc/self/mountinfo"); at; at = strchr(at, '\n')) {
		char dir[PATH_MAX], *line = ++at;

		/* A v1 hierarchy, where there is one. */
		char *type = strstr(line, " - "), *end = strchr(line, '\n');
		if (!type || (end && type > end) || strncmp(type, " - cgroup ", 10))
			continue;
		MUST(sscanf(line, "%*d %*d %*s %*s %4095s", dir));
		fd = MUST(open(dir, O_RDONLY | O_DIRECTORY));
		EXPECT_ERRNO(EBADF, try_into(fd, size));
		close(fd);
		break;
	}
}

TEST_F(core_clone, into_cgroup_removed)
{
	int fd = cgroup_dir(&self->a);

	need_into_cgroup(&self->a);
	cgroup_remove(&self->a);
	int ret = try_into(fd, sizeof(struct sys_clone_args));
	EXPECT_EQ(-1, ret);
	EXPECT_TRUE(errno == ENOENT || errno == ENODEV);
	EXPECT_ERRNO(ECHILD, waitpid(-1, NULL, WNOHANG));
}

TEST_F(core_clone, into_cgroup_ebusy)
{
	need_into_cgroup(&self->a);
	need_controller("memory");
	cgroup_remove(&self->a);
	self->a = cgroup_make("a");
	cgroup_enable(&self->a, "memory");
	EXPECT_ERRNO(EBUSY, try_clone(&self->a));
	cgroup_write(&self->a, "cgroup.subtree_control", "-memory");
	EXPECT_OK(try_clone(&self->a));
}

TEST_F(core_clone, into_cgroup_invalid_domain)
{
	struct cgroup thread = cgroup_make_in(&self->a, "thread");
	struct cgroup invalid = cgroup_make_in(&self->a, "invalid");

	need_into_cgroup(&invalid);
	cgroup_write(&thread, "cgroup.type", "threaded");
	EXPECT_ERRNO(EOPNOTSUPP, try_clone(&invalid));
	EXPECT_OK(try_clone(&thread));
}

static void own(const struct cgroup *cg, const char *file)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", cg->path, file);
	MUST(chown(path, OTHER_UID, OTHER_GID));
}

static void need_other_uid(void)
{
	if (geteuid() || !cred_is_initial())
		check_skip("not permitted: root, for a cgroup of another uid");
}

/* Rights on the target and on the common ancestor, each missing in turn. */
TEST_F(core_clone, into_cgroup_eacces)
{
	struct cgroup top = cgroup_make("top"), from = cgroup_make_in(&top, "from"),
		      to = cgroup_make_in(&top, "to");

	need_other_uid();
	need_into_cgroup(&to);
	for (int step = 0; step < 4; step++) {
		if (step == 1)
			own(&to, "cgroup.procs");
		if (step == 2) {
			char path[PATH_MAX + 64];

			own(&top, "cgroup.procs");
			snprintf(path, sizeof(path), "%s/cgroup.procs", to.path);
			MUST(chown(path, 0, 0));
		}
		if (step == 3)
			own(&to, "cgroup.procs");
		IN_CHILD (.cgroup = &from) {
			cred_become(OTHER_UID, OTHER_GID);
			if (step == 3)
				EXPECT_OK(try_clone(&to));
			else
				EXPECT_ERRNO(EACCES, try_clone(&to));
		}
	}
}

/* The descriptor carries no right, neither one too many nor one too few. */
TEST_F(core_clone, into_cgroup_caller_creds)
{
	size_t size = sizeof(struct sys_clone_args);
	int by_root = cgroup_dir(&self->a);

	need_other_uid();
	need_into_cgroup(&self->a);
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		EXPECT_ERRNO(EACCES, try_into(by_root, size));
	}
	IN_CHILD () {
		MUST(setresuid(OTHER_UID, OTHER_UID, 0));
		int by_other = cgroup_dir(&self->a);

		EXPECT_ERRNO(EACCES, try_into(by_other, size));
		MUST(setresuid(0, 0, 0));
		EXPECT_OK(try_into(by_other, size));
	}
}

TEST_F(core_clone, into_cgroup_newcgroup)
{
	char *a = cgroup_name(&self->a);

	need_into_cgroup(&self->a);
	struct child c;

	CHILD (&c, .cgroup = &self->a, .flags = CLONE_NEWCGROUP) {
		EXPECT_STREQ("/", cgroup_of(0));
		child_meet(&c);
		child_meet(&c);
	}
	child_meet(&c);
	EXPECT_STREQ(a, cgroup_of(c.pid));
	child_meet(&c);
	child_wait(&c);
}

/* With nsdelegate the namespace is a border. */
TEST_F(core_clone, into_cgroup_ns_enoent)
{
	struct cgroup inside = cgroup_make_in(&self->a, "inside");

	need_into_cgroup(&self->a);
	if (!cgroup_mount_option("nsdelegate"))
		check_skip("not permitted: the cgroup2 mount without nsdelegate");
	IN_CHILD (.cgroup = &self->a) {
		ns_unshare(CLONE_NEWCGROUP);
		EXPECT_ERRNO(ENOENT, try_clone(&self->b));
		EXPECT_OK(try_clone(&inside));
		EXPECT_OK(try_clone(&self->a));
	}
}

TEST_F(core_clone, into_cgroup_target_pids_max)
{
	struct cgroup below;

	need_into_cgroup(&self->a);
	need_controller("pids");
	cgroup_remove(&self->a);
	cgroup_remove(&self->b);
	self->a = cgroup_make("a");
	self->b = cgroup_make("b");
	cgroup_enable(&self->a, "pids");
	below = cgroup_make_in(&self->a, "below");
	cgroup_write(&self->b, "pids.max", "1");
	IN_CHILD (.cgroup = &self->b) {
		/* The caller's own is full, and does not matter. */
		EXPECT_OK(try_clone(&below));
		errno = 0;
		EXPECT_EQ(-1, fork());
		EXPECT_EQ(EAGAIN, errno);
	}
	cgroup_write(&below, "pids.max", "0");
	EXPECT_ERRNO(EAGAIN, try_clone(&below));
	cgroup_write(&below, "pids.max", "max");
	cgroup_write(&self->a, "pids.max", "0");
	EXPECT_ERRNO(EAGAIN, try_clone(&below));
	EXPECT_EQ(0, cgroup_number(&below, "pids.current"));
	cgroup_write(&self->a, "pids.max", "1");
	EXPECT_OK(try_clone(&below));
}

/* A thread that only sleeps, made by hand: libc has no flag for a cgroup. */
static int thread_into(const struct cgroup *cg)
{
	static char stack[65536] __attribute__((aligned(16)));
	int fd = cgroup_dir(cg);
	struct sys_clone_args args = {
		.flags = CLONE_INTO_CGROUP | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
		.cgroup = fd,
	};
	long ret = SYS_clone3;

	/* In the thread: pause for ever without touching memory that is not its own. */
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 2f\n"
			 "1:\tmov %[pause], %%eax\n\t"
			 "syscall\n\t"
			 "jmp 1b\n"
			 "2:"
			 : "+a"(ret)
			 : "D"(&args), "S"(sizeof(args)), [pause] "i"(SYS_pause)
			 : "rcx", "r11", "memory");
	close(fd);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

TEST_F(core_clone, into_cgroup_thread)
{
	struct cgroup one = cgroup_make_in(&self->a, "one"), two = cgroup_make_in(&self->a, "two");

	need_into_cgroup(&self->a);
	cgroup_write(&one, "cgroup.type", "threaded");
	cgroup_write(&two, "cgroup.type", "threaded");
	IN_CHILD (.cgroup = &one) {
		EXPECT_ERRNO(EOPNOTSUPP, thread_into(&self->b));
		pid_t tid = ASSERT_OK(thread_into(&two));

		EXPECT_TRUE(
			text_has_line(cgroup_read(&two, "cgroup.threads"), text_format("%d", tid)));
		EXPECT_EQ(1, text_lines(cgroup_read(&two, "cgroup.threads")));
		EXPECT_EQ(1, text_lines(cgroup_read(&one, "cgroup.threads")));
		EXPECT_STREQ(cgroup_name(&one), cgroup_of(0));
	}
}

TEST_F(core_clone, into_frozen_cgroup)
{
	struct child c;
	atomic_long *p = progress_make();

	need_into_cgroup(&self->a);
	need_cgroup_file(&self->a, "cgroup.freeze");
	cgroup_write(&self->a, "cgroup.freeze", "1");
	CHILD (&c, .cgroup = &self->a)
		progress_run(p);
	ASSERT_SOON(cgroup_key(&self->a, "cgroup.events", "frozen") == 1);
	EXPECT_TRUE(progress_stands(p));
	EXPECT_EQ(0, atomic_load(p));
	EXPECT_TRUE(cgroup_contains(&self->a, c.pid));
	cgroup_write(&self->a, "cgroup.freeze", "0");
	EXPECT_TRUE(progress_moves(p));
}

SUITE_MAIN()
