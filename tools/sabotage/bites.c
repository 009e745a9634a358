// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a row applies: "ID TEST" lines, each once.  Which test runs is what the
 * program itself says in its report.
 */
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void bite(struct tracer *t, const struct step *s)
{
	CLEAN(free_text) char *line = NULL;

	if (t->bites < 0 || t->bitten[s->row] || !t->test)
		return;
	t->bitten[s->row] = true;
	line = text("%s\t%s\n", t->table.rows[s->row].id, t->test);
	if (write(t->bites, line, strlen(line)) < 0)
		t->bites = -1;
}

/* "#  RUN           uts.create ..." */
void listen_to(struct tracer *t, struct task *k, const struct regs *r)
{
	CLEAN(free_text) char *said = NULL;
	char *name;

	if (k->pid != t->root || r->args[0] != STDOUT_FILENO)
		return;
	said = memory_text(k->pid, r->args[1], r->args[2] < 65536 ? r->args[2] : 65536);
	for (char *at = said; (at = strstr(at, "#  RUN  ")); at = name) {
		name = at + 8 + strspn(at + 8, " ");
		free(t->test);
		t->test = text("%.*s", (int)strcspn(name, " \n"), name);
		memset(t->bitten, 0, t->table.n * sizeof(*t->bitten));
	}
}
