// SPDX-License-Identifier: GPL-2.0-only
#include "json_file.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

#define SIZE_LIMIT (256 << 20)

json_t *json_file_read(const char *path)
{
	struct stat st;
	json_error_t e;
	json_t *root;

	if (stat(path, &st))
		err(EXIT_UNUSABLE, "%s", path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		errx(EXIT_UNUSABLE, "%s: a file is expected", path);
	if (st.st_size > SIZE_LIMIT)
		errx(EXIT_UNUSABLE, "%s: larger than %d MiB, which no benchmark's results are",
		     path, SIZE_LIMIT >> 20);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	if (!root) {
		text_clean(e.text);
		errx(EXIT_UNUSABLE, "%s:%d: not JSON: %.100s", path, e.line < 0 ? 0 : e.line,
		     e.text);
	}
	return root;
}

int json_file_write(json_t *root, const char *path)
{
	CLEAN(free_text) char *data = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	CLEAN(free_text) char *lines = data ? text("%s\n", data) : NULL;

	json_decref(root);
	if (!lines)
		return -ENOMEM;
	if (!strcmp(path, "-"))
		return fputs(lines, stdout) < 0 || fflush(stdout) ? -EIO : 0;
	return file_replace(path, lines, strlen(lines));
}
