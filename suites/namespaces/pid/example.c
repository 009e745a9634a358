// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classic picture of pid namespaces, alive: a parent namespace with the
 * processes 1 to 4, of which 3 and 4 are PID 1 of two sibling namespaces; each
 * of these has one more process, 5 and 6 for the parent, 2 at home.
 */
#include "suite.h"

enum { FIRST_INIT = 3, SECOND_INIT = 4, FIRST_MEMBER = 5, SECOND_MEMBER = 6 };

AREA(pid);

/* A child namespace, and its member once the siblings both exist. */
static void run_sibling(struct child *c, void (*check)(void))
{
	struct child member;

	EXPECT_EQ(1, getpid());
	child_meet(c);
	CHILD (&member) {
		EXPECT_EQ(2, getpid());
		child_meet(&member);
		child_meet(&member);
	}
	child_meet(&member);
	child_meet(c);
	if (check)
		check();
	child_meet(c);
	child_meet(c);
	child_meet(&member);
	child_wait(&member);
}

/* The whole picture; the checks run in process 1 and in both siblings' init. */
static void draw(void (*in_parent)(void), void (*in_sibling)(void))
{
	IN_CHILD (.flags = CLONE_NEWPID) {
		struct child plain, sibling[2];

		CHILD (&plain)
			child_sleep();
		for (int i = 0; i < 2; i++)
			CHILD (&sibling[i], .flags = CLONE_NEWPID)
				run_sibling(&sibling[i], in_sibling);
		EXPECT_EQ(2, plain.pid);
		EXPECT_EQ(FIRST_INIT, sibling[0].pid);
		EXPECT_EQ(SECOND_INIT, sibling[1].pid);
		for (int step = 0; step < 3; step++)
			for (int i = 0; i < 2; i++)
				child_meet(&sibling[i]);
		if (in_parent)
			in_parent();
		for (int i = 0; i < 2; i++)
			child_meet(&sibling[i]);
		for (int i = 0; i < 2; i++)
			child_wait(&sibling[i]);
		child_kill(&plain);
	}
}

static void expect_all_six(void)
{
	char *proc = mount_proc();

	EXPECT_STREQ("1 2 3 4 5 6", proc_list(proc));
	for (int pid = 1; pid <= SECOND_MEMBER; pid++) {
		EXPECT_OK(kill(pid, 0));
		EXPECT_OK(getpgid(pid));
	}
	EXPECT_ERRNO(ESRCH, kill(SECOND_MEMBER + 1, 0));
}

TEST_F(pid, example_parent_sees_all)
{
	draw(expect_all_six, NULL);
}

static void expect_two_firsts(void)
{
	for (int pid = FIRST_INIT; pid <= SECOND_INIT; pid++) {
		char *proc = mount_proc(), *status = file_read("%s/%d/status", proc, pid);
		char *want = text_format("%d\t1", pid);

		EXPECT_STREQ(want, text_value(status, "NSpid"));
	}
	/* Two namespaces, neither of them the parent's. */
	char *proc = mount_proc();
	struct stat own, first, second;

	MUST(stat(text_format("%s/1/ns/pid", proc), &own));
	MUST(stat(text_format("%s/%d/ns/pid", proc, FIRST_INIT), &first));
	MUST(stat(text_format("%s/%d/ns/pid", proc, SECOND_INIT), &second));
	EXPECT_NE(first.st_ino, second.st_ino);
	EXPECT_NE(own.st_ino, first.st_ino);
	EXPECT_NE(own.st_ino, second.st_ino);
}

static void expect_first(void)
{
	EXPECT_EQ(1, getpid());
	EXPECT_EQ(0, getppid());
}

TEST_F(pid, example_both_children_pid1)
{
	draw(expect_two_firsts, expect_first);
}

static void expect_alone(void)
{
	char *proc = mount_proc();

	EXPECT_STREQ("1 2", proc_list(proc));
	/* 1 and 2 are its own here, 3 to 6 nobody's. */
	for (int pid = FIRST_INIT; pid <= SECOND_MEMBER; pid++) {
		EXPECT_ERRNO(ESRCH, kill(pid, 0));
		EXPECT_ERRNO(ENOENT, access(text_format("%s/%d", proc, pid), F_OK));
	}
	EXPECT_OK(kill(1, 0));
	EXPECT_OK(kill(2, 0));
	EXPECT_EQ(0, getppid());
}

TEST_F(pid, example_child_blind_to_parent)
{
	pid_t outside = getpid();

	if (outside <= SECOND_MEMBER)
		check_skip("not supported: a test with a pid above %d", SECOND_MEMBER);
	draw(NULL, expect_alone);
	IN_CHILD (.flags = CLONE_NEWPID)
		EXPECT_ERRNO(ESRCH, kill(outside, 0));
}

/* A signal that would end any member, to every pid there may be. */
static void shoot_around(void)
{
	for (int pid = 3; pid < 50; pid++)
		EXPECT_ERRNO(ESRCH, kill(pid, SIGKILL));
	expect_alone();
}

static void expect_nobody_hit(void)
{
	char *proc = mount_proc();

	EXPECT_STREQ("1 2 3 4 5 6", proc_list(proc));
	for (int pid = 2; pid <= SECOND_MEMBER; pid++)
		EXPECT_FALSE(strstr(file_read("%s/%d/stat", proc, pid), ") Z "));
}

TEST_F(pid, example_child_blind_to_sibling)
{
	draw(expect_nobody_hit, shoot_around);
}

SUITE_MAIN()
