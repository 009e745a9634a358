// SPDX-License-Identifier: GPL-2.0-only
/* Attaching BPF programs to cgroups: rules, order, links, and who may. */
#include "bpf.h"

static uint32_t prog_id(int prog)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = prog, .info_len = sizeof(info), .info = (uintptr_t)&info }
	};

	MUST(sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr));
	return info.id;
}

/* How many ids are there, N at most in the array? */
static uint32_t query(const struct cgroup *cg, int flags, uint32_t *ids, uint32_t n)
{
	int dir = cgroup_dir(cg);
	union bpf_attr attr = {
		.query = { .target_fd = dir,
			   .attach_type = DEVICE,
			   .query_flags = flags,
			   .prog_ids = (uintptr_t)ids,
			   .prog_cnt = n },
	};

	MUST(sys_bpf(BPF_PROG_QUERY, &attr));
	close(dir);
	return attr.query.prog_cnt;
}

TEST_F(bpf, query)
{
	int progs[3] = { prog_refuse(1, NUL), prog_refuse(1, ZERO), prog_refuse(1, 7) };
	uint32_t ids[8] = { 0 };

	EXPECT_EQ(0, query(&self->a, 0, ids, 8));
	ASSERT_OK(prog_try_attach(&self->a, progs[0], DEVICE, BPF_F_ALLOW_MULTI));
	ASSERT_OK(prog_try_attach(&self->a, progs[1], DEVICE, BPF_F_ALLOW_MULTI));
	ASSERT_OK(prog_try_attach(&self->b, progs[2], DEVICE, BPF_F_ALLOW_MULTI));
	EXPECT_EQ(2, query(&self->a, 0, ids, 8));
	EXPECT_EQ(prog_id(progs[0]), ids[0]);
	EXPECT_EQ(prog_id(progs[1]), ids[1]);
	EXPECT_EQ(1, query(&self->b, 0, ids, 8));
	EXPECT_EQ(prog_id(progs[2]), ids[0]);
	EXPECT_EQ(3, query(&self->b, BPF_F_QUERY_EFFECTIVE, ids, 8));
	/* One's own, and then the parent's. */
	EXPECT_EQ(prog_id(progs[2]), ids[0]);
	EXPECT_EQ(prog_id(progs[0]), ids[1]);
	EXPECT_EQ(prog_id(progs[1]), ids[2]);
}

TEST_F(bpf, attach_flags)
{
	int null = prog_refuse(1, NUL), zero = prog_refuse(1, ZERO);

	ASSERT_OK(prog_try_attach(&self->a, null, DEVICE, 0));
	EXPECT_ERRNO(EPERM, prog_try_attach(&self->b, zero, DEVICE, 0));
	EXPECT_ERRNO(EPERM, prog_try_attach(&self->b, zero, DEVICE, BPF_F_ALLOW_OVERRIDE));
	EXPECT_ERRNO(EPERM, prog_try_attach(&self->b, zero, DEVICE, BPF_F_ALLOW_MULTI));
	EXPECT_ERRNO(EPERM, prog_try_attach(&self->a, zero, DEVICE, BPF_F_ALLOW_MULTI));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_EQ(0, open_errno_in(&self->b, "/dev/zero", O_RDONLY));
	/* A second one takes the place of the first. */
	EXPECT_OK(prog_try_attach(&self->a, zero, DEVICE, 0));
	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/null", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->a, "/dev/zero", O_RDONLY));
	MUST(prog_try_detach(&self->a, zero, DEVICE));
	ASSERT_OK(prog_try_attach(&self->a, null, DEVICE, BPF_F_ALLOW_OVERRIDE));
	EXPECT_OK(prog_try_attach(&self->b, zero, DEVICE, BPF_F_ALLOW_OVERRIDE));
	EXPECT_EQ(0, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/zero", O_RDONLY));
	EXPECT_EQ(EPERM, open_errno_in(&self->a, "/dev/null", O_RDONLY));
	EXPECT_ERRNO(EPERM, prog_try_attach(&self->a, zero, DEVICE, BPF_F_ALLOW_MULTI));
}

TEST_F(bpf, attach_errors)
{
	int prog = prog_refuse(1, NUL), dir = MUST(open("/", O_DIRECTORY | O_CLOEXEC));
	union bpf_attr attr = { .target_fd = dir, .attach_bpf_fd = prog, .attach_type = DEVICE };

	EXPECT_ERRNO(EBADF, sys_bpf(BPF_PROG_ATTACH, &attr));
	EXPECT_ERRNO(EINVAL, prog_try_attach(&self->a, prog, DEVICE,
					     BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI));
	EXPECT_ERRNO(EINVAL, prog_try_attach(&self->a, prog, DEVICE, 1 << 20));
	EXPECT_ERRNO(EINVAL, prog_try_attach(&self->a, prog, BPF_CGROUP_INET_EGRESS, 0));
	EXPECT_ERRNO(ENOENT, prog_try_detach(&self->a, prog, DEVICE));
	for (int i = 0; i < 64; i++) {
		int one = prog_refuse(1, 100 + i);
		ASSERT_OK(prog_try_attach(&self->a, one, DEVICE, BPF_F_ALLOW_MULTI));
		close(one);
	}
	EXPECT_ERRNO(E2BIG, prog_try_attach(&self->a, prog, DEVICE, BPF_F_ALLOW_MULTI));
	EXPECT_EQ(0, open_errno_in(&self->a, "/dev/null", O_RDONLY));
}

/* With EPERM, or on newer kernels EINVAL. */
static bool is_refused(const struct cgroup *cg, int skb)
{
	return prog_try_attach(cg, skb, BPF_CGROUP_INET_EGRESS, 0) &&
	       (errno == EPERM || errno == EINVAL);
}

/* For others than skb programs the descriptor of a loaded one is enough. */
TEST_F(bpf, attach_needs_capability)
{
	const struct bpf_insn insns[] = { RETURN(1) };
	int skb = prog_load(BPF_PROG_TYPE_CGROUP_SKB, 0, insns);
	static const cap_value_t needed[] = { CAP_BPF, CAP_NET_ADMIN };

	EXPECT_OK(prog_try_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns, 2));
	IN_CHILD () {
		cred_drop_all();
		EXPECT_ERRNO(EPERM, prog_try_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns, 2));
		EXPECT_TRUE(is_refused(&self->a, skb));
	}
	/* CAP_SYS_ADMIN stands for either. */
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		IN_CHILD () {
			cred_drop(CAP_SYS_ADMIN);
			cred_drop(needed[i]);
			EXPECT_ERRNO(EPERM,
				     prog_try_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns, 2));
		}
	/* All of them in a user namespace of one's own are none of the machine's. */
	IN_CHILD (.flags = CLONE_NEWUSER) {
		EXPECT_ERRNO(EPERM, prog_try_load(BPF_PROG_TYPE_CGROUP_DEVICE, 0, insns, 2));
		EXPECT_TRUE(is_refused(&self->a, skb));
	}
	EXPECT_OK(prog_try_attach(&self->a, skb, BPF_CGROUP_INET_EGRESS, 0));
}

TEST_F(bpf, detach_and_rmdir)
{
	int prog = prog_refuse(1, NUL);

	ASSERT_OK(prog_try_attach(&self->b, prog, DEVICE, 0));
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_OK(prog_try_detach(&self->b, prog, DEVICE));
	EXPECT_EQ(0, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_ERRNO(ENOENT, prog_try_detach(&self->b, prog, DEVICE));
	/* The descriptor is not what keeps it attached. */
	ASSERT_OK(prog_try_attach(&self->b, prog, DEVICE, 0));
	close(prog);
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_SOON(!rmdir(self->b.path));
	self->b = cgroup_make_in(&self->a, "b");
	EXPECT_EQ(0, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	EXPECT_EQ(0, query(&self->b, 0, NULL, 0));
}

static uint64_t link_cgroup(int link)
{
	struct bpf_link_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = link, .info_len = sizeof(info), .info = (uintptr_t)&info }
	};

	MUST(sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr));
	return info.cgroup.cgroup_id;
}

TEST_F(bpf, link)
{
	int prog = prog_refuse(1, NUL), dir = cgroup_dir(&self->b), link;
	union bpf_attr attr = {
		.link_create = { .prog_fd = prog, .target_fd = dir, .attach_type = DEVICE }
	};
	struct stat st;

	link = sys_bpf(BPF_LINK_CREATE, &attr);
	if (link < 0 && errno == EINVAL && !sys_known(SYS_KNOWN_5_11))
		check_skip("not supported: links of BPF programs to cgroups");
	ASSERT_OK(link);
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	close(link);
	EXPECT_SOON(open_errno_in(&self->b, "/dev/null", O_RDONLY) == 0);
	link = ASSERT_OK(sys_bpf(BPF_LINK_CREATE, &attr));
	MUST(fstat(dir, &st));
	EXPECT_EQ(st.st_ino, link_cgroup(link));
	close(dir);
	EXPECT_EQ(EPERM, open_errno_in(&self->b, "/dev/null", O_RDONLY));
	ASSERT_SOON(!rmdir(self->b.path));
	EXPECT_SOON(link_cgroup(link) == 0);
}

SUITE_MAIN()
