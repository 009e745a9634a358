// SPDX-License-Identifier: GPL-2.0-only
/*
 * user.max_*_namespaces of the initial user namespace: while it is 0 nobody on
 * the machine can make one, so nothing else may run meanwhile.
 */
#include "suite.h"

AREA_OF_TYPES(ns);

#define TYPE (&ns_types[variant->type])

/* Nor may the administrator of the machine. */
static void expect_machine_obeys(const struct ns_type *t)
{
	char *path = text_format("/proc/sys/user/%s", t->limit);
	int64_t before = file_number("%s", path);

	file_write(path, "0");
	int failed = ns_try_make(t), why = errno;
	file_write(path, "%jd", (intmax_t)before);
	EXPECT_EQ(-1, failed);
	EXPECT_EQ(ENOSPC, why);
	EXPECT_SOON(!ns_try_make(t));
}

TEST_F(ns, limits_zero_blocks_root)
{
	IN_CHILD (.flags = CLONE_NEWUSER, .map = "0 0 4294967295") {
		EXPECT_EQ(0, geteuid());
		EXPECT_TRUE(cred_has(CAP_SYS_ADMIN) && cred_has(CAP_SYS_RESOURCE));
		EXPECT_OK(ns_try_make(TYPE));
		ns_set_limit(variant->type, 0);
		EXPECT_ERRNO(ENOSPC, unshare(TYPE->flag));
		EXPECT_ERRNO(ENOSPC, ns_try_make(TYPE));
		/* Only this type. */
		const struct ns_type *other = &ns_types[variant->type == NS_UTS ? NS_IPC : NS_UTS];
		EXPECT_OK(ns_try_make(other));
		ns_set_limit(variant->type, 1);
		EXPECT_SOON(!ns_try_make(TYPE));
	}
	if (need_is_disposable())
		expect_machine_obeys(TYPE);
}

SUITE_MAIN(.alone = true)
