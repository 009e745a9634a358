// SPDX-License-Identifier: GPL-2.0-only
/*
 * --serve: batches on request, for whoever interleaves them with something else.
 * A line "batch OPERATION SAMPLES WARM DELAY_NS" on the input is answered by a line
 * "ok FIFO NS..." or "error WHY"; DELAY_NS is spent inside of the measured window,
 * to see whether it is found.  The end of the input is the end.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awake.h"
#include "bench.h"
#include "quiet.h"
#include "worker.h"

struct served {
	struct worker worker;
	struct reply reply;
};

struct server {
	struct place place;
	struct quiet quiet;
	struct setting setting;
	struct served *v;
	size_t n;
};

static struct served *served_op(struct server *s, const struct op *op)
{
	struct served *d;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].worker.op == op)
			return &s->v[i];
	s->v = grow(s->v, s->n, sizeof(*s->v));
	d = &s->v[s->n++];
	worker_start(&d->worker, op, &s->place, &s->setting, &d->reply);
	return d;
}

static void answer(struct server *s, const char *line)
{
	struct request q = {};
	struct served *d;
	const struct op *op;
	char name[128];

	if (sscanf(line, "batch %127s %u %u %u", name, &q.n, &q.warm, &q.delay_ns) != 4 || !q.n ||
	    q.n > BATCH_MAX || q.warm > BATCH_MAX - q.n) {
		printf("error 'batch OPERATION SAMPLES WARM DELAY_NS' is expected\n");
		return;
	}
	op = op_find(name);
	if (!op) {
		printf("error no operation '%s'\n", name);
		return;
	}
	d = served_op(s, op);
	if (!d->reply.error)
		worker_batch(&d->worker, &q, &d->reply);
	if (d->reply.error) {
		printf("error %s\n", d->reply.why);
		return;
	}
	quiet_await(&s->quiet, op);
	printf("ok %d", d->reply.fifo);
	for (unsigned int i = 0; i < q.n; i++)
		printf(" %llu", (unsigned long long)d->worker.ns[i]);
	putchar('\n');
}

int serve(const struct options *o)
{
	struct server s = { .setting = { .cpu = o->cpu >= 0 ? o->cpu : cpu_last(),
					 .fifo = !o->no_fifo } };
	CLEAN(free_text) char *line = NULL;
	size_t room = 0;
	bool clean;
	int awake;

	if (place_make(&s.place))
		err(EXIT_UNUSABLE, "a folder for temporary files");
	awake = o->let_idle ? -1 : awake_begin();
	quiet_begin(&s.quiet, &s.place);
	while (!stop_signal && getline(&line, &room, stdin) > 0) {
		answer(&s, line);
		if (fflush(stdout))
			break;
	}
	for (size_t i = 0; i < s.n; i++)
		worker_end(&s.v[i].worker);
	free(s.v);
	quiet_end(&s.quiet);
	awake_end(awake);
	clean = place_remove(&s.place);
	return stop_signal ? 128 + stop_signal : clean ? 0 : 1;
}
