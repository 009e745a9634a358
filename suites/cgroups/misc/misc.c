// SPDX-License-Identifier: GPL-2.0-only
/* The misc and dmem controllers, whose resources few machines have. */
#include "suite.h"

AREA(misc);
AREA(dmem);

static struct cgroup make(const char *controller)
{
	need_controller(controller);
	return cgroup_make("a");
}

TEST_F(misc, no_provider_empty)
{
	static const char *const files[] = { "misc.current", "misc.max", "misc.events",
					     "misc.events.local", "misc.peak" };
	struct cgroup a = make("misc"), root = need_cgroup_root();

	if (*cgroup_read(&root, "misc.capacity"))
		check_skip("not supported: a machine without misc resources: misc.capacity is "
			   "not empty");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (cgroup_has(&a, files[i]) && strncmp(files[i], "misc.events", 11))
			EXPECT_STREQ("", cgroup_read(&a, files[i]));
	EXPECT_FALSE(cgroup_has(&a, "misc.capacity"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "misc.max", "sev 1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "misc.max", "nosuch 1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "misc.max", "x"));
}

TEST_F(misc, max)
{
	struct cgroup a = make("misc"), root = need_cgroup_root();
	char *capacity = cgroup_read(&root, "misc.capacity"), name[64];

	if (sscanf(capacity, "%63s", name) != 1)
		check_skip("not supported: a provider of misc resources (SEV, TDX)");
	EXPECT_OK(cgroup_try_write(&a, "misc.max", "%s 5", name));
	EXPECT_STREQ("5", text_value(cgroup_read(&a, "misc.max"), name));
	EXPECT_OK(cgroup_try_write(&a, "misc.max", "%s 99999999", name));
	EXPECT_OK(cgroup_try_write(&a, "misc.max", "%s max", name));
	EXPECT_STREQ("max", text_value(cgroup_read(&a, "misc.max"), name));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "misc.max", "nosuch 1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&a, "misc.max", "%s", name));
}

TEST_F(dmem, files)
{
	struct cgroup a = make("dmem"), root = need_cgroup_root();
	static const char *const below[] = { "dmem.min", "dmem.low", "dmem.max" };

	EXPECT_TRUE(cgroup_has(&root, "dmem.capacity"));
	EXPECT_FALSE(cgroup_has(&a, "dmem.capacity"));
	EXPECT_TRUE(cgroup_has(&a, "dmem.current"));
	EXPECT_TRUE(cgroup_has(&root, "dmem.current"));
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		EXPECT_TRUE(cgroup_has(&a, below[i]));
		EXPECT_FALSE(cgroup_has(&root, below[i]));
		if (!*cgroup_read(&root, "dmem.capacity"))
			EXPECT_STREQ("", cgroup_read(&a, below[i]));
	}
}

TEST_F(dmem, bad_input)
{
	static const char *const bad[] = { "nosuch 4096", "nosuch", "nosuch x",
					   "drm/none/vram0 1" };
	struct cgroup a = make("dmem");

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(HERE, bad[i], EINVAL, cgroup_try_write(&a, "dmem.max", "%s", bad[i]));
}

SUITE_MAIN()
