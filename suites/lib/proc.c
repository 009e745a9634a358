// SPDX-License-Identifier: GPL-2.0-only
/* What a procfs says of processes. */
#include "proc.h"
#include "file.h"
#include "ns.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pid_t proc_self(const char *proc)
{
	char *path = text_format("%s/self", proc), text[32];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	free(path);
	if (n < 0)
		return 0;
	text[n] = '\0';
	return atoi(text);
}

pid_t proc_pid_at(struct here h, int pidfd)
{
	char *text = file_read_at(h, "/proc/self/fdinfo/%d", pidfd);
	char *value = text_value(text, "Pid");
	pid_t pid = value ? atoi(value) : 0;

	free(text);
	free(value);
	return pid;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

char *proc_list_at(struct here h, const char *proc)
{
	static int pids[32768];
	int n = 0;
	DIR *dir = opendir(proc);

	if (!dir)
		check_setup_failed(h, "opendir %s: %s", proc, errno_name(errno));
	for (struct dirent *d; (d = readdir(dir)) && n < 32768;)
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9')
			pids[n++] = atoi(d->d_name);
	closedir(dir);
	qsort(pids, n, sizeof(pids[0]), by_number);

	char *text = calloc(n + 1, 12), *at = text;
	for (int i = 0; i < n; i++)
		at += sprintf(at, "%s%d", i ? " " : "", pids[i]);
	return text;
}

int64_t proc_stat_at(struct here h, const char *proc, pid_t pid, int field)
{
	char *text = pid ? file_read_at(h, "%s/%d/stat", proc, pid)
			 : file_read_at(h, "%s/self/stat", proc);
	/* The name of the program, field 2, may hold anything. */
	char *at = strrchr(text, ')');

	for (int i = 2; at && i < field; i++)
		if ((at = strchr(at, ' ')))
			at++;
	if (!at)
		check_setup_failed(h, "%s/%d/stat has no field %d: %s", proc, pid, field, text);
	int64_t value = strtoll(at, NULL, 10);
	free(text);
	return value;
}

/* PROC_PID_INIT_INO, which has never been another number. */
bool proc_is_initial_pidns(void)
{
	return ns_id(0, "pid") == 0xEFFFFFFCU;
}
