// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of things.  Operations that leave each other alone are measured in
 * rounds, a batch of each in shuffled order, so that a machine that is busy for a
 * while is busy for all of them.  Those whose preparation weighs on others (a thousand
 * namespaces, a gigabyte) come after them, one by one, and all of them more than once.
 */
#include "measure.h"

#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"

#define QUICK_SECONDS	7 /* and what has to be for those that take longer than their share */
#define DEFAULT_SECONDS 150
#define ROUNDS		60 /* many small batches: a machine is slow by the second */
#define QUICK_ROUNDS	4
#define VISITS		3  /* to what is measured alone, for the same reason */
#define BATCH		10 /* samples of what is cheap, */
#define BATCH_MOST	25 /* unless becoming quiet costs more than these */
#define BATCH_LEAST	2
#define WARM		10  /* after any pause the first ones are slow */
#define WARM_MOST	100 /* or as many as take this long */
#define WARM_SECONDS	5e-3
#define SLOW_SECONDS	2e-3  /* what takes longer needs one to warm up, not ten */
#define DEAR_SECONDS	20e-3 /* and this none: a sample is a batch */
#define BATCHES_LEAST	3
#define WEIGHT_PAUSED	4

static bool not_here(int error)
{
	static const int errors[] = { ENOSYS, EINVAL, EOPNOTSUPP, ENOENT, EPERM, EACCES, ENODEV };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i] == -error)
			return true;
	return false;
}

static void failed(struct measured *d, const struct reply *r)
{
	if (!r->error)
		return;
	d->error = text("%s", r->why);
	d->unsupported = !d->samples.n && not_here(r->error);
	if (d->running)
		worker_end(&d->worker);
	d->running = false;
}

static void begin(struct measurement *m, struct measured *d)
{
	const struct setting s = { .cpu = m->cpu, .fifo = !m->o->no_fifo };
	double start = now();
	struct reply r;

	d->running = true;
	worker_start(&d->worker, d->op, &m->place, &s, &r);
	d->fifo = r.fifo;
	if (*r.fifo_why && !d->fifo_why)
		d->fifo_why = text("%s", r.fifo_why);
	failed(d, &r);
	d->took += now() - start;
	if (!d->cost)
		d->cost = now() - start;
}

static unsigned int warm_of(const struct measurement *m, const struct measured *d)
{
	/* Who measures after a pause wants no warming up. */
	if (m->o->idle || d->op->wait_ms || d->cost > DEAR_SECONDS)
		return 0;
	if (d->cost > SLOW_SECONDS)
		return 1;
	return (unsigned int)fmin(fmax(WARM, WARM_SECONDS / d->cost), WARM_MOST);
}

static void take_samples(struct measured *d, unsigned int n, const struct reply *r)
{
	double scale = d->op->flags & OP_MANY ? 1e-9 / OP_INNER : 1e-9;

	if (r->error)
		return;
	for (unsigned int i = 0; i < n; i++)
		samples_add(&d->samples, (double)d->worker.ns[i] * scale);
	samples_end_batch(&d->samples);
	d->user += r->user;
	d->system += r->system;
}

/* A batch, and quiet after it; what they took is what the next will take. */
static void batch(struct measurement *m, struct measured *d, struct quiet *q, unsigned int n)
{
	struct request r = { .n = n, .warm = warm_of(m, d), .idle_ms = m->o->idle };
	double start = now(), took;
	struct reply reply;

	worker_batch(&d->worker, &r, &reply);
	d->cost = (now() - start) / (n + r.warm);
	take_samples(d, n, &reply);
	failed(d, &reply);
	if (!quiet_await(q, d->op))
		d->unsettled = true;
	took = now() - start;
	d->settling = took - d->cost * (n + r.warm);
	d->credit -= took;
	d->took += took;
}

/*
 * As many as it can pay for; 0: not this time.  Rather few batches than those that
 * spend most of their time on becoming quiet.
 */
static unsigned int affordable(const struct measurement *m, const struct measured *d)
{
	double n = (d->credit - d->settling) / d->cost - warm_of(m, d);
	double most = fmin(fmax(BATCH, d->settling / d->cost), BATCH_MOST);

	if (n >= most)
		return (unsigned int)most;
	if (n * d->cost < d->settling)
		return 0;
	if (n >= BATCH_LEAST || (n >= 1 && d->cost > SLOW_SECONDS))
		return (unsigned int)n;
	return 0;
}

static double weight(const struct measured *d)
{
	return d->op->wait_ms >= 10 ? WEIGHT_PAUSED : 1;
}

static void shuffle(size_t *order, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)random() % i, t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

/* One round: everybody gets the same, and does what it has saved up for. */
static void round_of(struct measurement *m, struct quiet *q, size_t *order, size_t n, double share)
{
	shuffle(order, n);
	for (size_t i = 0; i < n && !stop_signal; i++) {
		struct measured *d = &m->v[order[i]];
		unsigned int count;

		if (!d->running)
			continue;
		d->credit += share * weight(d);
		count = affordable(m, d);
		if (count)
			batch(m, d, q, count);
		progress_show(m, d->name);
	}
}

/* What costs less than becoming quiet (or nothing at all) may as well be a full batch. */
static unsigned int cheap_batch(const struct measured *d)
{
	double worth = d->settling > SLOW_SECONDS ? d->settling : SLOW_SECONDS;
	double n = worth / d->cost;

	if (d->cost > DEAR_SECONDS)
		return 1;
	return n > BATCH_MOST ? BATCH_MOST : n < BATCH_LEAST ? BATCH_LEAST : (unsigned int)n;
}

/* Whatever it costs: nobody is told without a few batches. */
static void complete(struct measurement *m, struct measured *d, struct quiet *q)
{
	while (d->running && !stop_signal && d->samples.n_batches < BATCHES_LEAST) {
		batch(m, d, q, cheap_batch(d));
		progress_show(m, d->name);
	}
}

static void end(struct measured *d)
{
	double start = now();

	if (d->running)
		worker_end(&d->worker);
	d->took += now() - start;
	d->running = false;
}

/* Those that can be measured beside each other, until their time is over. */
static void measure_together(struct measurement *m, struct quiet *q, double seconds)
{
	size_t *order = grow(NULL, m->n, sizeof(*order)), n = 0;
	double until = now() + seconds, weights = 0;

	for (size_t i = 0; i < m->n && !stop_signal; i++)
		if (!(m->v[i].op->flags & OP_ALONE)) {
			begin(m, &m->v[i]);
			weights += weight(&m->v[i]);
			order[n++] = i;
		}
	for (double start = now(); n && !stop_signal && now() < until;) {
		double left = until - start;

		round_of(m, q, order, n, left / weights / (m->o->quick ? QUICK_ROUNDS : ROUNDS));
	}
	for (size_t i = 0; i < n; i++)
		complete(m, &m->v[order[i]], q);
	for (size_t i = 0; i < n; i++)
		end(&m->v[order[i]]);
	free(order);
}

/*
 * One visit of N, which share the SECONDS; or the only one, where most of a visit
 * would be preparing it.
 */
static void measure_alone(struct measurement *m, struct measured *d, struct quiet *q,
			  double seconds, unsigned int visit, unsigned int n)
{
	double start = now(), until;

	progress_show(m, d->name);
	begin(m, d);
	quiet_await(q, d->op);
	d->once = now() - start > seconds / n / 2;
	until = start + (d->once ? seconds : seconds / n);
	while (d->running && !stop_signal && now() < until) {
		unsigned int count;

		/* A round's worth at a time: batches tell what lies between them. */
		d->credit += seconds / (m->o->quick ? QUICK_ROUNDS : ROUNDS);
		count = affordable(m, d);
		if (count)
			batch(m, d, q, count);
		progress_show(m, d->name);
	}
	if (visit == n || d->once)
		complete(m, d, q);
	end(d);
	quiet_await(q, d->op);
}

static void finish(struct measurement *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct measured *d = &m->v[i];

		d->summary = samples_summary(&d->samples);
		if (d->samples.n) {
			d->user /= (double)d->samples.n;
			d->system /= (double)d->samples.n;
		}
	}
}

void measure_all(struct measurement *m)
{
	unsigned int visits;
	size_t together = 0;
	struct quiet q;
	double each;

	srandom((unsigned int)(now() * 1e6));
	m->cpu = m->o->cpu >= 0 ? m->o->cpu : cpu_last();
	m->limit = m->o->time > 0 ? m->o->time : m->o->quick ? QUICK_SECONDS : DEFAULT_SECONDS;
	/* Few operations need not fill the time that all of them have. */
	if (!(m->o->time > 0) && m->limit > (double)m->n * (m->o->quick ? 1 : 3))
		m->limit = (double)m->n * (m->o->quick ? 1 : 3);
	m->began = now();
	quiet_begin(&q, &m->place);
	for (size_t i = 0; i < m->n; i++)
		together += !(m->v[i].op->flags & OP_ALONE);
	each = m->limit / (double)(m->n ?: 1);
	measure_together(m, &q, each * (double)together);
	visits = m->o->quick ? 1 : VISITS;
	for (unsigned int visit = 1; visit <= visits; visit++)
		for (size_t i = 0; i < m->n && !stop_signal; i++)
			if (m->v[i].op->flags & OP_ALONE && !m->v[i].error && !m->v[i].once)
				measure_alone(m, &m->v[i], &q, each, visit, visits);
	quiet_end(&q);
	progress_clear();
	m->took = now() - m->began;
	if (!stop_signal)
		finish(m);
}

void measure_free(struct measurement *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].name);
		free(m->v[i].error);
		free(m->v[i].fifo_why);
		samples_free(&m->v[i].samples);
	}
	free(m->v);
	for (size_t i = 0; i < m->n_labs; i++)
		lab_free(&m->labs[i]);
	free(m->labs);
}
