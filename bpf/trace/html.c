// SPDX-License-Identifier: GPL-2.0-only
/* The tree as one page: a flame graph to click into, and the text below it. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "trace.h"

#define NONE SIZE_MAX

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>bulkhead "
	"trace</title>\n"
	"<style>\n"
	"body { font: 14px sans-serif; margin: 1em; }\n"
	"pre { font-size: 12px; overflow-x: auto; }\n"
	".graph { position: relative; margin-bottom: 1em; }\n"
	".graph div { position: absolute; height: 17px; overflow: hidden; white-space: nowrap;\n"
	"  font-size: 12px; line-height: 17px; cursor: pointer; box-sizing: border-box;\n"
	"  border: 1px solid #fff; padding-left: 2px; }\n"
	".graph div:hover { border-color: #000; }\n"
	"#told { min-height: 1.4em; }\n"
	"</style></head><body>\n";

/* Blue is blocked, orange is not; the width is time. */
static const char script[] =
	"<script>\n"
	"'use strict';\n"
	"function depth(n) { return 1 + Math.max(0, ...n.c.map(depth)); }\n"
	"function colour(n) {\n"
	"  const cold = n.v ? Math.min(1, n.b / n.v) : 0;\n"
	"  return `hsl(${Math.round(30 + 180 * cold)},75%,${70 + n.n.length % 3 * 4}%)`;\n"
	"}\n"
	"function draw(place, root, top) {\n"
	"  place.textContent = '';\n"
	"  place.style.height = 18 * depth(root) + 'px';\n"
	"  (function put(n, x, w, y) {\n"
	"    if (w < 0.05) return;\n"
	"    const d = document.createElement('div');\n"
	"    const share = (100 * n.v / top.v).toFixed(2);\n"
	"    d.style.cssText = `left:${x}%;width:${w}%;top:${18 * y}px;background:${colour(n)}`;\n"
	"    d.textContent = n.n;\n"
	"    d.title = `${n.n}: ${share} %` + (n.k ? `, ${n.k} calls` : '') +\n"
	"      `, blocked ${(100 * n.b / top.v).toFixed(2)} %`;\n"
	"    d.onclick = () => draw(place, n === root ? top : n, top);\n"
	"    place.append(d);\n"
	"    for (const c of n.c) { const cw = w * c.v / n.v; put(c, x, cw, y + 1); x += cw; }\n"
	"  })(root, 0, 100, 0);\n"
	"}\n"
	"for (const [id, root] of Object.entries(trees))\n"
	"  if (root.v) draw(document.getElementById(id), root, root);\n"
	"</script>\n";

/* Names are the kernel's symbols, or a file's name in a cgroup: made harmless all the same. */
static void put_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (strchr("\"\\<>&", *s) || (unsigned char)*s < ' ')
			fprintf(f, "\\u%04x", (unsigned char)*s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

static void put_children(FILE *f, const struct trace *t, size_t parent, bool system);

static void put_stage(FILE *f, const struct trace *t, size_t i)
{
	const struct stage *s = &t->stages[i];
	double unit = t->traced > 0 ? 1e6 / t->traced : 1;

	fputs("{n:", f);
	put_string(f, s->name);
	fprintf(f, ",v:%.1f,b:%.1f,k:%llu,c:[", s->total * unit, s->blocked * unit,
		(unsigned long long)s->calls);
	put_children(f, t, i, s->system);
	fputs("]}", f);
}

static void put_children(FILE *f, const struct trace *t, size_t parent, bool system)
{
	bool first = true;

	for (size_t i = 0; i < t->n; i++) {
		if (t->stages[i].parent != parent || t->stages[i].system != system)
			continue;
		if (!first)
			fputc(',', f);
		first = false;
		put_stage(f, t, i);
	}
}

static void put_tree(FILE *f, const struct trace *t, const char *id, const char *name, bool system)
{
	double unit = t->traced > 0 ? 1e6 / t->traced : 1, total = 0, blocked = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->stages[i].parent != NONE || t->stages[i].system != system)
			continue;
		total += t->stages[i].total * unit;
		blocked += t->stages[i].blocked * unit;
	}
	fprintf(f, "%s:{n:\"%s\",v:%.1f,b:%.1f,k:0,c:[", id, name, total, blocked);
	put_children(f, t, NONE, system);
	fputs("]},\n", f);
}

int html_write(const struct trace *t)
{
	char *data, *said;
	size_t size, said_size;
	FILE *f = open_memstream(&data, &size), *g = open_memstream(&said, &said_size);
	struct utsname u;
	int ret;

	if (!f || !g)
		err(EXIT_UNUSABLE, "no memory");
	uname(&u);
	show_text(t, g);
	fclose(g);
	fputs(head, f);
	fputs("<h1>", f);
	put_markup(f, t->o.operation ?: t->o.command ? t->o.command[0] : t->o.cgroup);
	fprintf(f,
		"</h1>\n<p>Linux %s. Width is time, blue is blocked; click to go into a stage, "
		"and on the widest one to come back.</p>\n",
		u.release);
	fputs("<div class=\"graph\" id=\"own\"></div>\n<h2>System-wide, by kernel threads</h2>\n"
	      "<div class=\"graph\" id=\"system\"></div>\n<pre>",
	      f);
	put_markup(f, said);
	fputs("</pre>\n<script>const trees = {", f);
	put_tree(f, t, "own", "all", false);
	put_tree(f, t, "system", "all", true);
	fputs("};</script>\n", f);
	fputs(script, f);
	fputs("</body></html>\n", f);
	fclose(f);
	ret = text_to(t->o.html, data, size);
	free(data);
	free(said);
	return ret;
}
