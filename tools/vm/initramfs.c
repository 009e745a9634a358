// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's whole world: busybox, our PID 1, the files asked for with the
 * shared libraries they need, and the modules.  Nothing of the host is mounted.
 */
#include "vm.h"

#include <err.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char passwd[] = "root:x:0:0::/:/bin/sh\n"
			     "guest:x:1000:1000::/:/bin/sh\n"
			     "nobody:x:65534:65534::/:/bin/sh\n";
static const char group[] = "root:x:0:\nguest:x:1000:\nnogroup:x:65534:\n";

static char *program_find(const char *name)
{
	static const char *const dirs[] = { "/bin", "/usr/bin", "/sbin", "/usr/sbin" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = text("%s/%s", dirs[i], name);

		if (!access(path, X_OK))
			return path;
		free(path);
	}
	errx(EXIT_NO_GUEST, "no %s on this machine (make deps installs it)", name);
}

static void put_busybox(struct cpio *c)
{
	CLEAN(free_text) char *busybox = program_find("busybox");
	char *argv[] = { busybox, "--list", NULL };
	CLEAN(free_buffer) struct buffer list = {};
	char *rest, *applet;

	cpio_file(c, "/bin/busybox", busybox);
	if (capture(argv, NULL, false, &list))
		errx(EXIT_NO_GUEST, "%s --list failed", busybox);
	for (rest = list.data; (applet = strsep(&rest, "\n"));) {
		CLEAN(free_text) char *path = text("/bin/%s", applet);

		if (*applet)
			cpio_link(c, path, "busybox");
	}
}

/*
 * One of each set of programs that ask for the same libraries in the same order;
 * ldd takes its time for every one.  What asks for none is static, or a script.
 */
static void add_different(struct words *chosen, const struct words *programs)
{
	struct words seen = {};

	for (size_t i = 0; i < programs->n; i++) {
		struct words needed = {};
		CLEAN(free_text) char *key = NULL;

		needed_read(programs->v[i], &needed);
		key = words_join(&needed, "\n");
		if (needed.n && !words_have(&seen, key)) {
			words_add(&seen, "%s", key);
			words_add(chosen, "%s", programs->v[i]);
		}
		words_free(&needed);
	}
	words_free(&seen);
}

/*
 * Every absolute path in what ldd prints: "libc.so.6 => /lib/... (0x...)" and
 * "/lib64/ld-linux-x86-64.so.2 (0x...)".
 */
static void put_libraries(struct cpio *c, struct words *programs)
{
	CLEAN(free_buffer) struct buffer b = {};
	struct words argv = {};
	char *rest, *line;

	words_add(&argv, "ldd");
	add_different(&argv, programs);
	if (argv.n > 1)
		capture(argv.v, NULL, true, &b);
	for (rest = b.data; (line = strsep(&rest, "\n"));) {
		char *path = strchr(line, '/'), *end = strstr(line, " (0x");

		if (line[0] != '\t' || !path || !end || path > end)
			continue;
		*end = '\0';
		cpio_file(c, path, path);
	}
	words_free(&argv);
}

static void put_tree(struct cpio *c, const char *src, const char *dst, struct words *programs)
{
	char *const roots[] = { (char *)src, NULL };
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	if (!fts)
		err(EXIT_NO_GUEST, "%s", src);
	while ((e = fts_read(fts))) {
		CLEAN(free_text) char *to = text("%s%s", dst, e->fts_path + strlen(src));

		if (e->fts_info == FTS_D)
			cpio_folder(c, to, 0755);
		if (e->fts_info == FTS_NS || e->fts_info == FTS_DNR)
			errx(EXIT_NO_GUEST, "%s: %s", e->fts_path, strerror(e->fts_errno));
		if (e->fts_info != FTS_F)
			continue;
		cpio_file(c, to, e->fts_path);
		if (e->fts_statp->st_mode & 0111)
			words_add(programs, "%s", e->fts_path);
	}
	fts_close(fts);
}

/* "SRC:DST", or "SRC" for the same place. */
static void put_file(struct cpio *c, const char *what, struct words *programs)
{
	CLEAN(free_text) char *src = text("%s", what);
	char *dst = strrchr(src, ':');
	CLEAN(free_text) char *real = NULL;

	if (dst)
		*dst++ = '\0';
	real = realpath(src, NULL);
	if (!real)
		err(EXIT_NO_GUEST, "%s", src);
	if (dst && *dst != '/')
		errx(EXIT_NO_GUEST, "%s: the place in the guest must begin with /", what);
	put_tree(c, real, dst ?: real, programs);
}

static void put_lines(struct cpio *c, const char *path, const struct words *lines, char end)
{
	CLEAN(free_buffer) struct buffer b = {};
	CLEAN(close_file) FILE *f = open_memstream(&b.data, &b.size);

	for (size_t i = 0; i < lines->n; i++) {
		fputs(lines->v[i], f);
		fputc(end, f);
	}
	fflush(f);
	cpio_data(c, path, 0600, b.data, b.size);
}

static void put_modules(struct cpio *c, const struct vm *vm)
{
	struct modules found = {};
	struct words order = {};

	modules_find(&vm->kernel, &vm->load, &vm->try_load, &found);
	for (size_t i = 0; i < found.n; i++) {
		CLEAN(free_text) char *path = text("/guest/modules/%s", found.v[i].name);

		cpio_data(c, path, 0600, found.v[i].code.data, found.v[i].code.size);
		words_add(&order, "%s %s", found.v[i].name, found.v[i].args);
		free_buffer(&found.v[i].code);
	}
	put_lines(c, "/guest/order", &order, '\n');
	put_lines(c, "/guest/missing", &found.missing, '\n');
}

/* Where programs look for what the running kernel was built with. */
static void put_about(struct cpio *c, const struct kernel *k)
{
	CLEAN(free_text) char *config = text("/boot/config-%s", k->release);
	CLEAN(free_text) char *to = text("/lib/modules/%s/modules.builtin", k->release);
	CLEAN(free_text) char *from = text("%s/modules.builtin", k->modules ?: "");

	if (k->config)
		cpio_file(c, config, k->config);
	if (k->modules && !access(from, R_OK))
		cpio_file(c, to, from);
}

int initramfs_make(const struct vm *vm)
{
	static const char *const folders[] = { "/proc", "/sys",	 "/dev", "/tmp", "/run",  "/root",
					       "/out",	"/boot", "/etc", "/mnt", "/guest" };
	CLEAN(free_text) char *dir = own_folder();
	CLEAN(free_text) char *init = text("%s/guest-init", dir);
	struct cpio *c = cpio_begin();
	struct words programs = {};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		cpio_folder(c, folders[i], 0755);
	cpio_folder(c, "/tmp", 01777);
	cpio_file(c, "/init", init);
	for (size_t i = 0; i < vm->files.n; i++)
		put_file(c, vm->files.v[i], &programs);
	put_libraries(c, &programs);
	put_busybox(c);
	cpio_data(c, "/etc/passwd", 0644, passwd, strlen(passwd));
	cpio_data(c, "/etc/group", 0644, group, strlen(group));
	put_about(c, &vm->kernel);
	put_modules(c, vm);
	put_lines(c, "/guest/settings", &vm->settings, '\n');
	put_lines(c, "/guest/env", &vm->env, '\0');
	put_lines(c, "/guest/command", &vm->command, '\0');
	if (vm->cwd)
		cpio_folder(c, vm->cwd, 0755);
	return cpio_end(c);
}
