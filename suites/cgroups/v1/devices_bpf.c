// SPDX-License-Identifier: GPL-2.0-only
/* The device rules of v1 beside the programs of v2: a process is under both. */
#include "../bpf/prog.h"
#include "v1.h"

FIXTURE(v1_devices)
{
	struct cgroup rules, programs;
};
FIXTURE_SETUP(v1_devices)
{
	self->rules = cgroup_v1_make("devices", "a");
	need_cgroup();
	self->programs = cgroup_make("a");
}
NO_TEARDOWN(v1_devices)

/* Born in the one, moved into the other: 0 or the errno. */
static int open_errno(const struct cgroup *rules, const struct cgroup *programs, const char *path)
{
	struct child c;

	CHILD (&c, .cgroup = programs) {
		cgroup_add(rules, 0);
		child_send(&c, file_try_open(path, O_RDONLY) ? errno : 0);
	}
	int e = child_recv(&c);
	child_wait(&c);
	return e;
}
#define OPEN(path) open_errno(&self->rules, &self->programs, path)

TEST_F(v1_devices, combined_with_bpf)
{
	int prog = prog_refuse(1, ZERO);

	EXPECT_EQ(0, OPEN("/dev/null"));
	EXPECT_EQ(0, OPEN("/dev/zero"));
	cgroup_write(&self->rules, "devices.deny", "c 1:3 r");
	EXPECT_EQ(EPERM, OPEN("/dev/null"));
	EXPECT_EQ(0, OPEN("/dev/zero"));
	ASSERT_OK(prog_try_attach(&self->programs, prog, DEVICE, 0));
	EXPECT_EQ(EPERM, OPEN("/dev/null"));
	EXPECT_EQ(EPERM, OPEN("/dev/zero"));
	EXPECT_EQ(0, OPEN("/dev/full"));
	/* What the one takes back the other still forbids. */
	cgroup_write(&self->rules, "devices.allow", "c 1:3 r");
	EXPECT_EQ(0, OPEN("/dev/null"));
	EXPECT_EQ(EPERM, OPEN("/dev/zero"));
	cgroup_write(&self->rules, "devices.deny", "c 1:5 r");
	ASSERT_OK(prog_try_detach(&self->programs, prog, DEVICE));
	EXPECT_EQ(EPERM, OPEN("/dev/zero"));
	cgroup_write(&self->rules, "devices.allow", "c 1:5 r");
	EXPECT_EQ(0, OPEN("/dev/zero"));
}

SUITE_MAIN()
