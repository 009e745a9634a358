// SPDX-License-Identifier: GPL-2.0-only
/* What the tests of BPF programs on cgroups start from. */
#ifndef CGROUP_BPF_H
#define CGROUP_BPF_H

#include "prog.h"

FIXTURE(bpf)
{
	struct cgroup a, b; /* b below a */
};
FIXTURE_SETUP(bpf)
{
	need_cgroup();
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
}
NO_TEARDOWN(bpf)

#endif
