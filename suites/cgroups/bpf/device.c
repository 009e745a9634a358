// SPDX-License-Identifier: GPL-2.0-only
/* Device access as a BPF program decides it, which is what v2 has instead of a controller. */
#include "bpf.h"

#include <sys/sysmacros.h>

static int try_mknod(mode_t type, int major_, int minor_)
{
	char *path = text_format("%s/node", temp_dir());
	int ret = mknod(path, type | 0600, makedev(major_, minor_)), e = errno;

	if (!ret)
		unlink(path);
	errno = e;
	return ret;
}

TEST_F(bpf, device_deny_eperm)
{
	int prog = prog_refuse(1, NUL);

	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/null", O_RDWR));
	ASSERT_OK(prog_try_attach(&self->a, prog, DEVICE, 0));
	EXPECT_EQ(EPERM, open_errno_in(&self->a, "/dev/null", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->a, "/dev/null", O_WRONLY));
	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/zero", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	IN_CHILD (.cgroup = &self->a) {
		EXPECT_ERRNO(EPERM, try_mknod(S_IFCHR, 1, NUL));
		EXPECT_OK(try_mknod(S_IFCHR, 1, ZERO));
		EXPECT_OK(try_mknod(S_IFCHR, 2, NUL));
	}
	EXPECT_OK(file_try_open("/dev/null", O_RDWR));
	EXPECT_OK(try_mknod(S_IFCHR, 1, NUL));
}

/* Allows what has just this access and type, "(access << 16) | type", and nothing else. */
static int prog_only(int access_type)
{
	const struct bpf_insn insns[] = { LOAD(2, 0), SKIP_UNLESS(2, access_type, 2), RETURN(1),
					  RETURN(0) };

	return prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns);
}

TEST_F(bpf, device_context)
{
	static const struct {
		int access, type, flags; /* flags -1: mknod */
	} calls[] = {
		{ BPF_DEVCG_ACC_READ, BPF_DEVCG_DEV_CHAR, O_RDONLY },
		{ BPF_DEVCG_ACC_WRITE, BPF_DEVCG_DEV_CHAR, O_WRONLY },
		{ BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, BPF_DEVCG_DEV_CHAR, O_RDWR },
		{ BPF_DEVCG_ACC_MKNOD, BPF_DEVCG_DEV_CHAR, -1 },
		{ BPF_DEVCG_ACC_MKNOD, BPF_DEVCG_DEV_BLOCK, -1 },
	};

	for (size_t p = 0; p < ARRAY_SIZE(calls); p++) {
		int prog = prog_only(calls[p].access << 16 | calls[p].type);

		ASSERT_OK(prog_try_attach(&self->a, prog, DEVICE, 0));
		IN_CHILD (.cgroup = &self->a)
			for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
				int ret = calls[i].flags >= 0
						  ? file_try_open("/dev/null", calls[i].flags)
						  : try_mknod(calls[i].type == BPF_DEVCG_DEV_CHAR
								      ? S_IFCHR
								      : S_IFBLK,
							      7, 9);
				EXPECT_EQ(p == i ? 0 : EPERM, ret ? errno : 0);
			}
	}
	/* Major and minor, each. */
	int prog = prog_refuse(7, 9);
	ASSERT_OK(prog_try_attach(&self->a, prog, DEVICE, 0));
	IN_CHILD (.cgroup = &self->a) {
		EXPECT_ERRNO(EPERM, try_mknod(S_IFCHR, 7, 9));
		EXPECT_ERRNO(EPERM, try_mknod(S_IFBLK, 7, 9));
		EXPECT_OK(try_mknod(S_IFCHR, 7, 8));
		EXPECT_OK(try_mknod(S_IFCHR, 9, 9));
	}
}

TEST_F(bpf, device_at_open_only)
{
	struct child c;

	CHILD (&c, .cgroup = &self->a) {
		int zero = MUST(open("/dev/zero", O_RDWR | O_CLOEXEC));
		char byte = 1;

		child_meet(&c);
		child_meet(&c);
		EXPECT_ERRNO(EPERM, file_try_open("/dev/zero", O_RDWR));
		EXPECT_EQ(1, read(zero, &byte, 1));
		EXPECT_EQ(0, byte);
		EXPECT_EQ(1, write(zero, &byte, 1));
		/* What has no number of its own is not asked about. */
		EXPECT_OK(file_try_open("/proc/self/status", O_RDONLY));
	}
	child_meet(&c);
	ASSERT_OK(prog_try_attach(&self->a, prog_constant(BPF_PROG_TYPE_CGROUP_DEVICE, 0, 0),
				  DEVICE, 0));
	child_meet(&c);
	child_wait(&c);
}

TEST_F(bpf, device_applies_to_root_user)
{
	ASSERT_OK(prog_try_attach(&self->a, prog_refuse(1, NUL), DEVICE, 0));
	IN_CHILD (.flags = CLONE_NEWNS, .cgroup = &self->a) {
		EXPECT_EQ(0, geteuid());
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN) && cred_has(CAP_MKNOD));
		EXPECT_ERRNO(EPERM, file_try_open("/dev/null", O_RDONLY));
		/* Under another name, on another mount. */
		char *dir = mount_tmpfs(), *node = text_format("%s/null", dir);
		EXPECT_ERRNO(EPERM, mknod(node, S_IFCHR | 0666, makedev(1, NUL)));
		EXPECT_OK(mknod(text_format("%s/zero", dir), S_IFCHR | 0666, makedev(1, ZERO)));
		EXPECT_OK(file_try_open(text_format("%s/zero", dir), O_RDONLY));
	}
}

TEST_F(bpf, follows_membership)
{
	struct child c;

	ASSERT_OK(prog_try_attach(&self->b, prog_refuse(1, NUL), DEVICE, 0));
	CHILD (&c, .cgroup = &self->a)
		for (int i = 0; i < 3; i++) {
			EXPECT_EQ(i == 1 ? EPERM : 0,
				  file_try_open("/dev/null", O_RDONLY) ? errno : 0);
			IN_CHILD ()
				EXPECT_EQ(i == 1 ? EPERM : 0,
					  file_try_open("/dev/null", O_RDONLY) ? errno : 0);
			child_meet(&c);
			child_meet(&c);
		}
	for (int i = 0; i < 3; i++) {
		child_meet(&c);
		cgroup_add(i ? &self->a : &self->b, c.pid);
		child_meet(&c);
	}
	child_wait(&c);
}

TEST_F(bpf, hierarchy_all_must_allow)
{
	int null = prog_refuse(1, NUL), zero = prog_refuse(1, ZERO);

	ASSERT_OK(prog_try_attach(&self->a, null, DEVICE, BPF_F_ALLOW_MULTI));
	ASSERT_OK(prog_try_attach(&self->b, zero, DEVICE, BPF_F_ALLOW_MULTI));
	EXPECT_EQ(EPERM, open_errno_in(&self->a, "/dev/null", O_RDONLY));
	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/zero", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/zero", O_RDONLY));
	EXPECT_EQ(0, open_errno_in(&self->b, "/dev/full", O_RDONLY));
	/* Two in one cgroup: both count. */
	int full = prog_refuse(1, 7);
	ASSERT_OK(prog_try_attach(&self->b, full, DEVICE, BPF_F_ALLOW_MULTI));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/full", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/zero", O_RDONLY));
	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/full", O_RDONLY));
}

/* r0 = 1 if the caller's cgroup has that id, else 0 */
static int prog_if_in(uint64_t id)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_cgroup_id),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 2, 0, 0, (int32_t)id),
		INSN(0, 0, 0, 0, (int32_t)(id >> 32)),
		INSN(BPF_JMP | BPF_JNE | BPF_X, 0, 2, 2, 0),
		RETURN(1),
		RETURN(0),
	};

	return prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns);
}

TEST_F(bpf, current_cgroup_id)
{
	struct stat a, b;

	MUST(stat(self->a.path, &a));
	MUST(stat(self->b.path, &b));
	ASSERT_OK(prog_try_attach(&self->a, prog_if_in(b.st_ino), DEVICE, 0));
	EXPECT_EQ(0, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->a, "/dev/null", O_RDONLY));
	ASSERT_OK(prog_try_attach(&self->a, prog_if_in(a.st_ino), DEVICE, 0));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/null", O_RDONLY));
}

SUITE_MAIN()
