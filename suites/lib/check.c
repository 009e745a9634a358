// SPDX-License-Identifier: GPL-2.0-only
/* Checks: the shared verdict and the lines that a failure prints. */
#include "check.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct verdict *verdict;
bool check_in_child;
static int report = STDOUT_FILENO;

/* Before the first fork; the report survives whatever a test does to fd 1. */
void check_prepare(void)
{
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (verdict == MAP_FAILED) {
		perror("verdict");
		exit(TEST_FAILED);
	}
	report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 500);
	if (report < 0)
		report = STDOUT_FILENO;
}

void check_begin(const char *name)
{
	memset(verdict, 0, sizeof(*verdict));
	snprintf(verdict->name, sizeof(verdict->name), "%s", name);
	check_in_child = false;
}

/* One write, so that lines of two processes do not mix. */
__attribute__((format(printf, 2, 0))) static void say(const char *where, const char *fmt,
						      va_list ap)
{
	char line[2048];
	int n = snprintf(line, sizeof(line), "# %s", where);

	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (char *nl = line; (nl = strchr(nl, '\n'));)
		*nl = '|'; /* a line of the report stays a line */
	line[n++] = '\n';
	if (write(report, line, n) < 0)
		atomic_fetch_add(&verdict->failed, 1);
}

__attribute__((format(printf, 3, 0))) static void say_at(struct here h, const char *prefix,
							 const char *fmt, va_list ap)
{
	char where[256];

	snprintf(where, sizeof(where), "%s:%d: %s", h.file, h.line, prefix);
	say(where, fmt, ap);
}

void check_failed(struct here h, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	atomic_fetch_add(&verdict->failed, 1);
	va_start(ap, fmt);
	say_at(h, "", fmt, ap);
	va_end(ap);
	errno = saved;
}

void check_setup_failed(struct here h, const char *fmt, ...)
{
	va_list ap;

	atomic_fetch_add(&verdict->failed, 1);
	va_start(ap, fmt);
	say_at(h, "set-up failed: ", fmt, ap);
	va_end(ap);
	check_stop();
}

/* The first word counts. */
__attribute__((format(printf, 2, 0))) static void set_reason(atomic_int *flag, const char *fmt,
							     va_list ap)
{
	if (!atomic_exchange(flag, 1))
		vsnprintf(verdict->reason, sizeof(verdict->reason), fmt, ap);
}

void check_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_reason(&verdict->skipped, fmt, ap);
	va_end(ap);
	check_stop();
}

void check_defect(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_reason(&verdict->defect, fmt, ap);
	va_end(ap);
	check_stop();
}

void check_stop(void)
{
	bool failed = atomic_load(&verdict->failed);

	if (!failed && atomic_load(&verdict->skipped))
		_exit(check_in_child ? CHILD_SKIPPED : TEST_SKIPPED);
	if (!failed && atomic_load(&verdict->defect))
		_exit(check_in_child ? CHILD_SKIPPED : TEST_DEFECT);
	_exit(check_in_child ? CHILD_FAILED : TEST_FAILED);
}

void check_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

const char *errno_name(int e)
{
	const char *name = e ? strerrorname_np(e) : "0";

	return name ? name : "unknown errno";
}

void check_compare(struct here h, bool ok, const char *what, intmax_t want, intmax_t seen)
{
	int e = errno;

	atomic_fetch_add(&verdict->checks, 1);
	if (ok)
		return;
	if (seen == -1)
		check_failed(h, "wanted %s, saw %jd and %jd (%s)", what, want, seen, errno_name(e));
	else
		check_failed(h, "wanted %s, saw %jd and %jd", what, want, seen);
}

void check_strings(struct here h, bool equal, const char *what, const char *want, const char *seen)
{
	atomic_fetch_add(&verdict->checks, 1);
	if (!want || !seen)
		check_failed(h, "%s: wanted \"%s\", saw \"%s\"", what, want ?: "(null)",
			     seen ?: "(null)");
	else if ((strcmp(want, seen) == 0) != equal)
		check_failed(h, "%s: wanted %s\"%s\", saw \"%s\"", what, equal ? "" : "other than ",
			     want, seen);
}

intmax_t check_ok(struct here h, const char *what, intmax_t ret)
{
	int e = errno;

	atomic_fetch_add(&verdict->checks, 1);
	if (ret < 0)
		check_failed(h, "%s: failed with %s (%s)", what, errno_name(e), strerror(e));
	errno = e;
	return ret;
}

void check_errno(struct here h, const char *what, int want, intmax_t ret)
{
	int e = errno;

	atomic_fetch_add(&verdict->checks, 1);
	if (ret >= 0)
		check_failed(h, "%s: wanted %s, succeeded with %jd", what, errno_name(want), ret);
	else if (e != want)
		check_failed(h, "%s: wanted %s, failed with %s", what, errno_name(want),
			     errno_name(e));
}
