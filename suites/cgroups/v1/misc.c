// SPDX-License-Identifier: GPL-2.0-only
/* rdma, misc and dmem on v1: the files that they have on v2. */
#include "v1.h"

AREA(v1_rdma_misc);

static const struct {
	const char *controller;
	const char *unknown; /* of a provider that there is not */
	int error;
	const char *in_root, *below[4]; /* in_root: of the root alone */
} files[] = {
	{ "rdma", "nosuch hca_handle=1", ENODEV, NULL, { "rdma.max", "rdma.current" } },
	{ "misc", "nosuch 1", EINVAL, "misc.capacity", { "misc.max", "misc.current" } },
	{ "dmem",
	  "nosuch 1",
	  EINVAL,
	  "dmem.capacity",
	  { "dmem.max", "dmem.min", "dmem.low", "dmem.current" } },
};

TEST_F(v1_rdma_misc, files)
{
	int tested = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *name = files[i].controller, *in_root = files[i].in_root;

		if (v1_hierarchy_of(name) < 1) {
			check_note("partly tested: no v1 hierarchy with %s is mounted", name);
			continue;
		}
		struct cgroup a = cgroup_v1_make(name, "a"), root = v1_root_cgroup(&a, name);

		for (int f = 0; f < 4 && files[i].below[f]; f++) {
			EXPECT_TRUE(cgroup_has(&a, files[i].below[f]));
			/* Each line names a provider; most machines have none. */
			if (in_root && !*cgroup_read(&root, in_root))
				EXPECT_STREQ("", cgroup_read(&a, files[i].below[f]));
		}
		if (in_root) {
			EXPECT_TRUE(cgroup_has(&root, in_root));
			EXPECT_FALSE(cgroup_has(&a, in_root));
		}
		EXPECT_ERRNO(files[i].error,
			     cgroup_try_write(&a, files[i].below[0], "%s", files[i].unknown));
		tested++;
	}
	if (!tested)
		check_skip("not supported: no v1 hierarchy with rdma is mounted, nor misc or dmem");
}

SUITE_MAIN()
