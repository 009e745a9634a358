// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front door: "bulkhead VERB ..." runs the program bulkhead-VERB that lies
 * beside this one, as git does.  It knows nothing about any verb.
 */
#include <err.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

static void own_folder(char dir[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);

	if (n < 0)
		err(EXIT_USAGE, "/proc/self/exe");
	dir[n] = '\0';
	*strrchr(dir, '/') = '\0';
}

static void usage(FILE *out, const char *dir)
{
	char pattern[PATH_MAX + 16];
	glob_t verbs;

	fputs("usage: bulkhead VERB [options]\n"
	      "Linux namespaces and cgroups: promises tested, costs measured.\n\nverbs:\n",
	      out);
	snprintf(pattern, sizeof(pattern), "%s/bulkhead-*", dir);
	if (!glob(pattern, 0, NULL, &verbs)) {
		for (size_t i = 0; i < verbs.gl_pathc; i++)
			fprintf(out, "  %s\n", strstr(strrchr(verbs.gl_pathv[i], '/'), "-") + 1);
		globfree(&verbs);
	}
	fputs("\n\"bulkhead VERB --help\" tells more; so does bulkhead(1).\n", out);
}

int main(int argc, char **argv)
{
	char dir[PATH_MAX], path[PATH_MAX + 128];

	own_folder(dir);
	if (argc < 2) {
		usage(stderr, dir);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout, dir);
		return 0;
	}
	if (strlen(argv[1]) > 64 || strchr(argv[1], '/'))
		errx(EXIT_USAGE, "no verb '%.64s': \"bulkhead help\" lists them", argv[1]);
	snprintf(path, sizeof(path), "%s/bulkhead-%s", dir, argv[1]);
	if (access(path, X_OK))
		errx(EXIT_USAGE, "no verb '%s': \"bulkhead help\" lists them", argv[1]);
	argv[1] = path;
	execv(path, argv + 1);
	err(EXIT_USAGE, "%s", path);
}
