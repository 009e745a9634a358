// SPDX-License-Identifier: GPL-2.0-only
/*
 * A test program that behaves as its name says: one for each thing that the
 * supervisor has to cope with.  It speaks as the kselftest harness does, and
 * has three tests, puppet.first to puppet.third.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const tests[] = { "first", "second", "third" };

/* Selected with -r, as the harness does it; none: all. */
static bool selected[3];
static int number;

static void begin(void)
{
	int n = 0;

	for (int i = 0; i < 3; i++)
		n += selected[i];
	printf("TAP version 13\n1..%d\n# Starting %d tests from 1 test cases.\n", n, n);
}

static void start(int i)
{
	printf("#  RUN           puppet.%s ...\n", tests[i]);
}

static void result(int i, const char *how, const char *directive)
{
	if (selected[i])
		printf("%s %d puppet.%s%s\n", how, ++number, tests[i], directive);
}

static void pass(int i)
{
	if (!selected[i])
		return;
	start(i);
	printf("#            OK  puppet.%s\n", tests[i]);
	result(i, "ok", "");
}

static void pass_all(void)
{
	begin();
	for (int i = 0; i < 3; i++)
		pass(i);
}

static void write_to(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err(1, "%s", path);
	close(fd);
}

static const char *in_folder(const char *variable, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv(variable) ?: "/nowhere", name);
	return path;
}

static int passes(void)
{
	pass_all();
	return 0;
}

static int fails(void)
{
	begin();
	pass(0);
	if (selected[1])
		start(1);
	printf("# puppet.c:1: 1 == 2: seen 2 (EPERM) <&>\"\n");
	result(1, "not ok", "");
	pass(2);
	return selected[1];
}

static int skips(void)
{
	begin();
	pass(0);
	result(1, "ok", " # SKIP not supported: what it needs");
	result(2, "ok", " # SKIP not permitted: to puppets");
	return 0;
}

static int skips_newer(void)
{
	begin();
	pass(0);
	result(1, "ok", " # SKIP not supported: a part of it (since 2.6)");
	result(2, "ok", " # SKIP not supported: a part of it (since 999.1)");
	return 0;
}

static int skips_all(void)
{
	begin();
	for (int i = 0; i < 3; i++)
		result(i, "ok", " # SKIP not supported: anything");
	return 4;
}

static int defects(void)
{
	begin();
	pass(0);
	result(1, "ok", " # XFAIL a defect that is known");
	pass(2);
	return 0;
}

static int crashes(void)
{
	begin();
	pass(0);
	start(1);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static int crashes_late(void)
{
	pass_all();
	abort();
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static int hangs(void)
{
	begin();
	pass(0);
	start(1);
	wait_for_ever();
	return 0;
}

static int stops(void)
{
	begin();
	pass(0);
	start(1);
	raise(SIGSTOP);
	return 0;
}

/* Away from its parent and its session, holding the pipes. */
static int escapes(void)
{
	pass_all();
	fflush(stdout);
	if (!fork()) {
		setsid();
		prctl(PR_SET_NAME, "escaped");
		wait_for_ever();
	}
	return 0;
}

/* The same without anything that tells whose it is. */
static int escapes_bare(void)
{
	pass_all();
	fflush(stdout);
	if (!fork()) {
		setsid();
		write_to(getenv("PUPPET_ELSEWHERE") ?: "", "0");
		clearenv();
		execl("/proc/self/exe", "waits", NULL);
	}
	usleep(300000);
	return 0;
}

static int multiplies(void)
{
	pass_all();
	fflush(stdout);
	mkdir(in_folder("BULKHEAD_CGROUP", "deep"), 0755);
	mkdir(in_folder("BULKHEAD_CGROUP", "deep/deeper"), 0755);
	for (int i = 0; i < 6; i++)
		if (!fork()) {
			setsid();
			write_to(in_folder("BULKHEAD_CGROUP", "deep/deeper/cgroup.procs"), "0");
			fork();
			wait_for_ever();
		}
	usleep(100000);
	return 0;
}

static int leaks_cgroup(void)
{
	pass_all();
	return mkdir(in_folder("BULKHEAD_CGROUP", "left"), 0755);
}

static int leaks_mount(void)
{
	pass_all();
	return mount("puppet", "/mnt", "tmpfs", 0, NULL);
}

static int leaks_netns(void)
{
	const char *path = in_folder("TMPDIR", "netns");

	pass_all();
	close(open(path, O_CREAT | O_RDWR, 0600));
	return unshare(CLONE_NEWNET) || mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL);
}

static int leaks_sysctl(void)
{
	pass_all();
	write_to("/proc/sys/kernel/domainname", "changed-by-a-puppet");
	return 0;
}

static int leaks_ipc(void)
{
	pass_all();
	return shmget(0x62756c6b, 4096, IPC_CREAT | 0600) < 0;
}

static int rubbish(void)
{
	for (int i = 0; i < 2000; i++)
		putchar((i * 7919) & 0xff);
	printf("\n1..x\nok\nnot ok\nok one\n]]> & <b> \xff\xfe \xc3\xa4\n");
	return 0;
}

static int half(void)
{
	begin();
	pass(0);
	printf("ok 2 puppet.second");
	return 0;
}

static int floods(void)
{
	begin();
	pass(0);
	start(1);
	for (int i = 0; i < 1000000; i++)
		printf("# line %d of what nobody reads\n", i);
	result(1, "ok", "");
	pass(2);
	return 0;
}

static int long_line(void)
{
	begin();
	pass(0);
	start(1);
	putchar('#');
	for (int i = 0; i < 1000000; i++)
		putchar('x');
	putchar('\n');
	result(1, "ok", "");
	pass(2);
	return 0;
}

static int too_few(void)
{
	begin();
	pass(0);
	return 0;
}

static int repeats(void)
{
	pass_all();
	result(1, "not ok", "");
	return 0;
}

static int invents(void)
{
	pass_all();
	printf("ok 4 puppet.fourth\n");
	return 0;
}

static int no_plan(void)
{
	printf("TAP version 13\n");
	for (int i = 0; i < 3; i++)
		pass(i);
	return 0;
}

static int exits_1(void)
{
	pass_all();
	return 1;
}

static const struct {
	const char *name;
	int (*act)(void);
} roles[] = {
	{ "passes", passes },
	{ "fails", fails },
	{ "skips", skips },
	{ "skips_newer", skips_newer },
	{ "skips_all", skips_all },
	{ "defects", defects },
	{ "crashes", crashes },
	{ "crashes_late", crashes_late },
	{ "hangs", hangs },
	{ "stops", stops },
	{ "escapes", escapes },
	{ "escapes_bare", escapes_bare },
	{ "multiplies", multiplies },
	{ "leaks_cgroup", leaks_cgroup },
	{ "leaks_mount", leaks_mount },
	{ "leaks_netns", leaks_netns },
	{ "leaks_sysctl", leaks_sysctl },
	{ "leaks_ipc", leaks_ipc },
	{ "rubbish", rubbish },
	{ "half", half },
	{ "floods", floods },
	{ "long_line", long_line },
	{ "too_few", too_few },
	{ "repeats", repeats },
	{ "invents", invents },
	{ "no_plan", no_plan },
	{ "exits_1", exits_1 },
};

static int list(const char *role)
{
	if (!strcmp(role, "lists_rubbish"))
		return puts("this is no list") < 0;
	if (!strcmp(role, "lists_crashing"))
		abort();
	for (int i = 0; i < 3; i++)
		printf("puppet.%s\t30\t%s\t-\n", tests[i], strcmp(role, "alone") ? "-" : "alone");
	return 0;
}

int main(int argc, char **argv)
{
	const char *role = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(role, "waits"))
		wait_for_ever();
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list(role);
	for (int i = 0; i < 3; i++) {
		selected[i] = argc == 1;
		for (int k = 2; k < argc; k += 2)
			selected[i] |= !strcmp(strrchr(argv[k], '.') + 1, tests[i]);
	}
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(role, roles[i].name))
			return roles[i].act();
	return passes();
}
