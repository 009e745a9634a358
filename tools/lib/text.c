// SPDX-License-Identifier: GPL-2.0-only
/* Texts and lists of words. */
#include "text.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void free_text(char **p)
{
	free(*p);
}

void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

__attribute__((format(printf, 1, 0))) static char *text_of(const char *format, va_list ap)
{
	char *s;

	if (vasprintf(&s, format, ap) < 0)
		err(EXIT_UNUSABLE, "no memory");
	return s;
}

char *text(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	char *s = text_of(format, ap);

	va_end(ap);
	return s;
}

char *text_room(char *s, size_t size)
{
	s = realloc(s, size);
	if (!s)
		err(EXIT_UNUSABLE, "no memory");
	return s;
}

void *grow(void *array, size_t n, size_t size)
{
	array = reallocarray(array, n + 1, size);
	if (!array)
		err(EXIT_UNUSABLE, "no memory");
	memset((char *)array + n * size, 0, size);
	return array;
}

void words_add(struct words *w, const char *format, ...)
{
	va_list ap;

	w->v = grow(w->v, w->n + 1, sizeof(*w->v));
	va_start(ap, format);
	w->v[w->n++] = text_of(format, ap);
	va_end(ap);
}

bool words_have(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->v[i], word))
			return true;
	return false;
}

void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	*w = (struct words) {};
}

struct words words_split(const char *s, const char *separators)
{
	struct words w = {};

	while (*(s += strspn(s, separators))) {
		size_t n = strcspn(s, separators);

		words_add(&w, "%.*s", (int)n, s);
		s += n;
	}
	return w;
}

char *words_join(const struct words *w, const char *between)
{
	size_t size;
	char *s;
	FILE *f = open_memstream(&s, &size);

	if (!f)
		err(EXIT_UNUSABLE, "no memory");
	for (size_t i = 0; i < w->n; i++)
		fprintf(f, "%s%s", i ? between : "", w->v[i]);
	if (fclose(f))
		err(EXIT_UNUSABLE, "no memory");
	return s;
}

/* The bytes of the UTF-8 character at S; 0: there is none. */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		size_t length;
		unsigned int least;
	} forms[] = { { 0xe0, 0xc0, 2, 0x80 },
		      { 0xf0, 0xe0, 3, 0x800 },
		      { 0xf8, 0xf0, 4, 0x10000 } };

	for (size_t f = 0; f < ARRAY_SIZE(forms); f++) {
		unsigned int c = s[0] & (unsigned char)~forms[f].mask;

		if ((s[0] & forms[f].mask) != forms[f].lead)
			continue;
		for (size_t i = 1; i < forms[f].length; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		/* Neither too long a form, nor a surrogate, nor what XML forbids. */
		if (c < forms[f].least || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ||
		    (c & 0xfffe) == 0xfffe || c < 0xa0)
			return 0;
		return forms[f].length;
	}
	return 0;
}

void text_clean(char *s)
{
	for (unsigned char *c = (unsigned char *)s; *c;) {
		size_t n = *c < 0x80 ? (*c >= ' ' && *c != 0x7f) || *c == '\t' : utf8_length(c);

		if (!n)
			*c = '?';
		c += n ?: 1;
	}
}

void put_markup(FILE *to, const char *s)
{
	static const char special[] = "<>&\"\t";
	static const char *const entities[] = { "&lt;", "&gt;", "&amp;", "&quot;", "&#9;" };

	for (; *s; s++) {
		const char *c = strchr(special, *s);

		if (c)
			fputs(entities[c - special], to);
		else
			fputc(*s, to);
	}
}

char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		err(EXIT_UNUSABLE, "/proc/self/exe");
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return text("%s", path);
}

unsigned int number(const char *arg, const char *option, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || n < min || n > max)
		errx(EXIT_UNUSABLE, "%s %s: a number from %lu to %lu is expected", option, arg, min,
		     max);
	return (unsigned int)n;
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
