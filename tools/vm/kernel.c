// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kernel: "6.12" is one of Debian's (bulkhead kernel fetches it), a
 * folder is a build tree or one of those fetched, a file is a bzImage.
 */
#include "vm.h"

#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the boot protocol, Documentation/arch/x86/boot.rst. */
#define HEADER_MAGIC   0x202
#define HEADER_VERSION 0x20e
#define HEADER_END     0x210

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static char *if_there(char *path)
{
	if (!access(path, R_OK))
		return path;
	free(path);
	return NULL;
}

/* The image's own word for its release ("6.12.117+deb13-cloud-amd64"). */
static char *image_release(const char *image)
{
	CLEAN(close_fd) int fd = open(image, O_RDONLY | O_CLOEXEC);
	unsigned char head[HEADER_END];
	char release[128] = "";
	uint16_t at;

	if (fd < 0)
		err(EXIT_NO_GUEST, "%s", image);
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head + HEADER_MAGIC, "HdrS", 4))
		errx(EXIT_NO_GUEST, "%s: not a bzImage (no boot header in it)", image);
	memcpy(&at, head + HEADER_VERSION, sizeof(at));
	if (pread(fd, release, sizeof(release) - 1, at + 0x200) <= 0)
		errx(EXIT_NO_GUEST, "%s: a bzImage that names no version", image);
	release[strcspn(release, " ")] = '\0';
	return text("%s", release);
}

static char *fetched(const char *version)
{
	CLEAN(free_text) char *dir = own_folder();
	CLEAN(free_text) char *program = text("%s/bulkhead-kernel", dir);
	char *argv[] = { program, (char *)version, NULL };
	CLEAN(free_buffer) struct buffer b = {};

	if (capture(argv, NULL, false, &b))
		exit(EXIT_NO_GUEST); /* it has said why */
	b.data[strcspn(b.data, "\n")] = '\0';
	return text("%s", b.data);
}

static void from_folder(const char *dir, struct kernel *k)
{
	k->modules = realpath(dir, NULL);
	if (!k->modules)
		err(EXIT_NO_GUEST, "%s", dir);
	k->image = if_there(text("%s/vmlinuz", dir));
	k->config = if_there(text("%s/config", dir));
	if (k->image)
		return;
	k->image = if_there(text("%s/arch/x86/boot/bzImage", dir));
	k->config = if_there(text("%s/.config", dir));
	if (!k->image)
		errx(EXIT_NO_GUEST, "%s: no kernel in this folder (arch/x86/boot/bzImage)", dir);
}

static void from_image(const char *image, struct kernel *k)
{
	static const char in_tree[] = "/arch/x86/boot/bzImage";
	CLEAN(free_text) char *real = realpath(image, NULL);
	size_t n;

	if (!real)
		err(EXIT_NO_GUEST, "%s", image);
	n = strlen(real);
	if (n > strlen(in_tree) && !strcmp(real + n - strlen(in_tree), in_tree)) {
		real[n - strlen(in_tree)] = '\0';
		from_folder(real, k);
		return;
	}
	k->image = text("%s", real);
	*strrchr(real, '/') = '\0';
	k->release = image_release(k->image);
	k->config = if_there(text("%s/config-%s", real, k->release));
	k->modules = if_there(text("/lib/modules/%s", k->release));
}

void kernel_find(const char *what, const char *modules, struct kernel *k)
{
	if (isdigit((unsigned char)*what) && !strchr(what, '/')) {
		CLEAN(free_text) char *dir = fetched(what);

		from_folder(dir, k);
	} else if (is_folder(what)) {
		from_folder(what, k);
	} else {
		from_image(what, k);
	}
	if (!k->release)
		k->release = image_release(k->image);
	if (modules) {
		if (!is_folder(modules))
			err(EXIT_NO_GUEST, "%s: no folder of modules", modules);
		free(k->modules);
		k->modules = text("%s", modules);
	}
}
