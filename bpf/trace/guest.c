// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead trace -k KERNEL: the same in a guest, by bulkhead vm. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

#define HOME "/bulkhead"

/* "--json F" and the like: F is written here, as /out/json there. */
static bool is_file_option(const char *arg)
{
	return !strcmp(arg, "--json") || !strcmp(arg, "--folded") || !strcmp(arg, "--html");
}

static const char *kernel_of(char **argv, int *at, int *words)
{
	for (int i = 1; argv[i] && strcmp(argv[i], "--"); i++) {
		*at = i;
		*words = 1;
		if (!strncmp(argv[i], "--kernel=", 9))
			return argv[i] + 9;
		if (!strncmp(argv[i], "-k", 2) && argv[i][2])
			return argv[i] + 2;
		*words = 2;
		if (!strcmp(argv[i], "-k") || !strcmp(argv[i], "--kernel"))
			return argv[i + 1] ?: "";
	}
	return NULL;
}

static void add_own(struct words *vm, const char *folder, const char *name)
{
	CLEAN(free_text) char *path = text("%s/%s", folder, name);

	if (access(path, X_OK))
		return;
	words_add(vm, "-f");
	words_add(vm, "%s:" HOME "/%s", path, name);
}

/* A command that is a file here is one there. */
static void add_command(struct words *vm, char **argv)
{
	while (*argv && strcmp(*argv, "--"))
		argv++;
	if (!*argv || !argv[1] || !strchr(argv[1], '/') || access(argv[1], X_OK))
		return;
	CLEAN(free_text) char *real = realpath(argv[1], NULL);

	if (!real)
		return;
	words_add(vm, "-f");
	words_add(vm, "%s:%s", real, *argv[1] == '/' ? argv[1] : real);
}

static void add_arguments(struct words *vm, char **argv, int at, int words)
{
	bool ours = true;

	/* The guest is nobody else's: its cgroups get all controllers. */
	words_add(vm, "--");
	words_add(vm, "sh");
	words_add(vm, "-c");
	words_add(vm, "cd /sys/fs/cgroup && for c in $(cat cgroup.controllers 2>/dev/null); do "
		      "echo +$c >cgroup.subtree_control; done 2>/dev/null; cd \"$OLDPWD\"; "
		      "exec \"$@\"");
	words_add(vm, "sh");
	words_add(vm, HOME "/bulkhead-trace");
	for (int i = 1; argv[i]; i++) {
		ours = ours && strcmp(argv[i], "--");
		if (i >= at && i < at + words)
			continue;
		words_add(vm, "%s", argv[i]);
		if (ours && is_file_option(argv[i]) && argv[i + 1] && strcmp(argv[i + 1], "-")) {
			words_add(vm, "/out/%s", argv[i] + 2);
			i++;
		}
	}
}

static void add_returns(struct words *vm, char **argv)
{
	for (int i = 1; argv[i] && strcmp(argv[i], "--"); i++) {
		if (!is_file_option(argv[i]) || !argv[i + 1] || !strcmp(argv[i + 1], "-"))
			continue;
		words_add(vm, "--return");
		words_add(vm, "%s:%s", argv[i] + 2, argv[i + 1]);
	}
}

void leave_to_vm(int argc, char **argv)
{
	CLEAN(free_text) char *folder = own_folder();
	struct words vm = {};
	int at = argc, words = 0;
	const char *kernel = kernel_of(argv, &at, &words);

	if (!kernel)
		return;
	if (!*kernel)
		errx(EXIT_UNUSABLE, "-k: a kernel is expected");
	words_add(&vm, "%s/bulkhead-vm", folder);
	words_add(&vm, "-k");
	words_add(&vm, "%s", kernel);
	add_own(&vm, folder, "bulkhead-trace");
	add_own(&vm, folder, "bulkhead-bench");
	add_command(&vm, argv);
	add_returns(&vm, argv);
	add_arguments(&vm, argv, at, words);
	execv(vm.v[0], vm.v);
	err(EXIT_UNUSABLE, "%s", vm.v[0]);
}
