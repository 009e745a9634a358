// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF witnesses at work: a cgroup is made, filled, frozen, thawed, emptied and
 * removed, and each must have been seen as often as it was done.  The argument is
 * a folder of cgroup2.  Prints "ok NAME", "skip NAME: why" or "bad NAME: ...".
 */
#include "check.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_MS 1000
#define HOG	  (64UL << 20)

static char dir[256];
static bool failed;

static void tell(const char *name, bool good, const char *format, long a, long b)
{
	printf("%s %s", good ? "ok" : "bad", name);
	if (!good) {
		fputs(": ", stdout);
		printf(format[0] == '=' ? "wanted %ld, seen %ld" : "%ld, %ld", a, b);
	}
	putchar('\n');
	failed |= !good;
}

static void equal(const char *name, long wanted, long seen)
{
	tell(name, wanted == seen, "=", wanted, seen);
}

static int put(const char *file, const char *value)
{
	char path[320];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, value, strlen(value)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static long key(const char *file, const char *name)
{
	char path[320], line[128], word[64];
	long value, found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", word, &value) == 2 && !strcmp(word, name))
			found = value;
	if (f)
		fclose(f);
	return found;
}

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Until a key has that value: 10 s at most. */
static void await(const char *file, const char *name, long value)
{
	for (int i = 0; i < 10 * SECOND_MS && key(file, name) != value; i += 10)
		nap(10);
}

static pid_t start(void (*what)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		if (put("cgroup.procs", "0"))
			_exit(2);
		what();
		_exit(0);
	}
	return pid;
}

static void sleeper(void)
{
	for (;;)
		pause();
}

static void hog(void)
{
	char *p = mmap(NULL, HOG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, HOG);
}

static void spin(void)
{
	time_t end = time(NULL) + 2;

	while (time(NULL) < end)
		;
}

static void denied(void)
{
	int null = open("/dev/null", O_RDONLY), error = errno, zero = open("/dev/zero", O_RDONLY);

	_exit(null < 0 && error == EPERM && zero >= 0 ? 0 : 1);
}

static bool may(const char *name, int error, const char *why)
{
	if (!error)
		return true;
	if (error == -EPERM || error == -ENOTSUP || error == -ENOENT)
		printf("skip %s: %s\n", name, why);
	else
		tell(name, false, "", error, 0);
	return false;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	await("cgroup.events", "populated", 0);
}

static void see_life(void)
{
	char why[WITNESS_WHY];
	struct witness *w;
	struct stat st;
	pid_t pid;

	if (!may("life", witness_open((1U << WITNESS_VICTIM) - 1, &w, why), why))
		return;
	if (mkdir(dir, 0755) || stat(dir, &st))
		err(2, "%s", dir);
	pid = start(sleeper);
	await("cgroup.events", "populated", 1);
	put("cgroup.freeze", "1");
	await("cgroup.events", "frozen", 1);
	put("cgroup.freeze", "0");
	await("cgroup.events", "frozen", 0);
	end(pid);
	if (rmdir(dir))
		err(2, "%s", dir);
	equal("mkdir", 1, (long)witness_count(w, st.st_ino, WITNESS_MKDIR));
	equal("attach", 1, (long)witness_count(w, st.st_ino, WITNESS_ATTACH));
	equal("populated", 1, (long)witness_count(w, st.st_ino, WITNESS_POPULATED));
	equal("empty", 1, (long)witness_count(w, st.st_ino, WITNESS_EMPTY));
	equal("freeze", 1, (long)witness_count(w, st.st_ino, WITNESS_FREEZE));
	equal("frozen", 1, (long)witness_count(w, st.st_ino, WITNESS_FROZEN));
	equal("thawed", 1, (long)witness_count(w, st.st_ino, WITNESS_THAWED));
	equal("rmdir", 1, (long)witness_count(w, st.st_ino, WITNESS_RMDIR));
	equal("another-cgroup", 0, (long)witness_count(w, st.st_ino + 100000, WITNESS_MKDIR));
	equal("nothing-lost", 0, (long)witness_lost(w));
	witness_close(w);
}

static void see_devices(int fd)
{
	char why[WITNESS_WHY];
	struct witness_gate *g;
	pid_t pid;
	int status;

	if (!may("device", witness_gate_open(fd, (struct witness_device) { 'c', 1, 3 }, &g, why),
		 why))
		return;
	pid = start(denied);
	waitpid(pid, &status, 0);
	equal("device-refused", 0, status);
	equal("device-asked", 2, (long)witness_gate_asked(g));
	witness_gate_close(g);
	pid = start(denied);
	waitpid(pid, &status, 0);
	equal("device-allowed-again", 1, WEXITSTATUS(status));
}

static void see_iterators(int fd)
{
	char why[WITNESS_WHY], sub[300];
	uint64_t ids[4] = {}, ns;
	size_t n;

	snprintf(sub, sizeof(sub), "%s/sub", dir);
	mkdir(sub, 0755);
	if (may("walk", witness_walk(fd, ids, 4, &n, why), why)) {
		equal("walk", 2, (long)n);
		equal("walk-parent-first", (long)witness_cgroup(fd), (long)ids[0]);
	}
	rmdir(sub);
	if (may("usage", witness_usage(fd, &ns, why), why))
		equal("usage-as-cpu.stat", key("cpu.stat", "usage_usec"), (long)(ns / 1000));
}

static void see_victim(void)
{
	char why[WITNESS_WHY];
	struct witness *w;
	pid_t pid, victim = 0;
	long kills;

	if (put("memory.max", "16M") || key("memory.events", "oom_kill") < 0) {
		puts("skip victim: no memory controller");
		return;
	}
	put("memory.swap.max", "0");
	kills = key("memory.events", "oom_kill");
	if (!may("victim", witness_open(1U << WITNESS_VICTIM, &w, why), why))
		return;
	pid = start(hog);
	waitpid(pid, NULL, 0);
	equal("victims", key("memory.events", "oom_kill") - kills,
	      (long)witness_victims(w, &victim, 1));
	equal("victim-pid", pid, victim);
	witness_close(w);
	put("memory.max", "max");
}

static void see_throttling(int fd)
{
	char why[WITNESS_WHY];
	struct witness *w;
	pid_t pid;
	bool seen, file;

	if (put("cpu.max", "10000 50000")) {
		puts("skip throttled: no cpu controller");
		return;
	}
	if (!may("throttled", witness_open(1U << WITNESS_THROTTLED, &w, why), why))
		return;
	pid = start(spin);
	waitpid(pid, NULL, 0);
	seen = witness_count(w, witness_cgroup(fd), WITNESS_THROTTLED) > 0;
	file = key("cpu.stat", "nr_throttled") > 0;
	tell("throttled", seen && file, "", seen, file);
	witness_close(w);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		errx(2, "usage: witness FOLDER");
	setvbuf(stdout, NULL, _IONBF, 0);
	snprintf(dir, sizeof(dir), "%s", argv[1]);
	/* Only a guest has these; elsewhere the machine is left as it is. */
	put("cgroup.subtree_control", "+memory");
	put("cgroup.subtree_control", "+cpu");
	snprintf(dir, sizeof(dir), "%s/witness.%d", argv[1], getpid());
	see_life();
	mkdir(dir, 0755);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(2, "%s", dir);
	see_devices(fd);
	see_iterators(fd);
	see_victim();
	see_throttling(fd);
	close(fd);
	rmdir(dir);
	return failed;
}
