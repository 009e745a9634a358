// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of things.  All is measured in phases, so that each operation has its
 * samples from all of the time that there is: a machine is slow by the second, and by
 * the minute.  In a phase, operations that leave each other alone are measured in
 * rounds, a batch of each in shuffled order.  Those whose preparation weighs on others
 * (a thousand namespaces, a gigabyte) come after them, one by one.  What is dear to
 * prepare takes part in fewer phases.
 */
#include "measure.h"

#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"

#define QUICK_SECONDS	7 /* and what has to be for those that take longer than their share */
#define DEFAULT_SECONDS 136
#define PHASES		6
#define ROUNDS		10 /* of a phase, many small batches */
#define QUICK_ROUNDS	4
#define VISITS_LEAST	3
#define PREPARING	1.5 /* times what preparing takes is the least of a visit beyond these */
#define BATCH		10  /* samples of what is cheap, */
#define BATCH_MOST	25  /* unless becoming quiet costs more than these */
#define BATCH_LEAST	2
#define WARM		10  /* after any pause the first ones are slow */
#define WARM_MOST	100 /* or as many as take this long */
#define WARM_SECONDS	5e-3
#define SLOW_SECONDS	2e-3  /* what takes longer needs one to warm up, not ten */
#define DEAR_SECONDS	20e-3 /* and this none: a sample is a batch */
#define BATCHES_LEAST	3
#define WEIGHT_SLOW	4
#define SLOW_PAUSE	5 /* ms; who waits for longer is slow */
#define YARDS_LEAST	100
#define YARD_SLOW	1.1   /* times the best */
#define WAIT_SHARE	.15   /* of the time is for waiting until the CPU is quiet, */
#define WAIT_MOST	20e-3 /* seconds before a batch */
#define RENEWAL		3     /* times what a new worker costs is what it works for */

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

/* What is measured alone begins when all is quiet again after its preparation. */
static void begin(struct measurement *m, struct measured *d, struct quiet *q)
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
	if (d->op->flags & OP_ALONE)
		quiet_await(q, d->op);
	d->starting = now() - start;
	d->took += d->starting;
	d->since = 0;
	if (!d->cost)
		d->cost = d->starting;
}

static void end(struct measured *d)
{
	double start = now();

	if (d->running)
		worker_end(&d->worker);
	d->took += now() - start;
	d->running = false;
}

/*
 * A process has its luck, where its pages and its children's lie, and keeps it: so
 * not all samples are to be one's.
 */
static void renew(struct measurement *m, struct measured *d, struct quiet *q)
{
	double start = now();

	if (d->since < RENEWAL * d->starting || d->op->flags & OP_LASTING)
		return;
	end(d);
	begin(m, d, q);
	d->starting = now() - start;
	d->credit -= d->starting;
}

static unsigned int warm_of(const struct measurement *m, const struct measured *d)
{
	/* Who measures after a pause wants no warming up. */
	if (m->o->idle || d->op->wait_ms)
		return 0;
	/* What begins where the one before has ended begins with none at first. */
	if (d->cost > DEAR_SECONDS)
		return d->op->flags & OP_CARRIES && !(d->op->flags & OP_ALONE);
	if (d->cost > SLOW_SECONDS)
		return 1;
	return (unsigned int)fmin(fmax(WARM, WARM_SECONDS / d->cost), WARM_MOST);
}

/* Operations in a sample. */
static double inner(const struct measured *d)
{
	return d->op->flags & OP_MANY ? OP_INNER : 1;
}

static void take_samples(struct measured *d, unsigned int n, const struct reply *r)
{
	double scale = 1e-9 / inner(d);

	if (r->error)
		return;
	for (unsigned int i = 0; i < n; i++)
		samples_add(&d->samples, (double)d->worker.ns[i] * scale);
	samples_end_batch(&d->samples);
	d->user += r->user;
	d->system += r->system;
}

/* Longer than that, the CPU is slow.  Best is what one in a hundred is below. */
static double yard_limit(const struct measurement *m)
{
	return YARD_SLOW * stats_quantile(m->yards.v, m->yards.n, .01);
}

static void take_yard(struct measurement *m, uint64_t ns)
{
	samples_add(&m->yards, (double)ns);
	if (m->yards.n % YARDS_LEAST == 0)
		m->yard_quiet = yard_limit(m);
}

static double patience(const struct measurement *m)
{
	double left = WAIT_SHARE * (now() - m->began) - m->waited;

	return fmin(fmax(left, 0), WAIT_MOST);
}

/* A batch, and quiet after it; what they took is what the next will take. */
static void batch(struct measurement *m, struct measured *d, struct quiet *q, unsigned int n)
{
	struct request r = { .n = n, .warm = warm_of(m, d), .idle_ms = m->o->idle };
	double start = now(), took, waited;
	struct reply reply;

	/* After a pause a CPU is slow for reasons of its own. */
	if (r.warm) {
		r.yard_ns = (unsigned int)m->yard_quiet;
		r.patience_us = (unsigned int)(patience(m) * 1e6);
	}
	worker_batch(&d->worker, &r, &reply);
	waited = (double)reply.waited_ns * 1e-9;
	m->waited += waited;
	d->cost = (now() - start - waited) / (n + r.warm);
	take_samples(d, n, &reply);
	if (!reply.error && r.warm)
		take_yard(m, reply.yard_ns);
	failed(d, &reply);
	if (!quiet_await(q, d->op))
		d->unsettled = true;
	took = now() - start;
	d->settling = took - waited - d->cost * (n + r.warm);
	d->credit -= took;
	d->took += took;
	d->since += took;
}

/*
 * As many as it can pay for; 0: not this time.  Rather few batches than those that
 * spend most of their time on becoming quiet.
 */
static unsigned int affordable(const struct measurement *m, const struct measured *d)
{
	double warm = warm_of(m, d), n = (d->credit - d->settling) / d->cost - warm;
	double most = fmin(fmax(BATCH, d->settling / d->cost), BATCH_MOST);

	/* What it costs is not known yet. */
	if (!d->samples.n)
		return d->credit > 0;
	if (n >= most)
		return (unsigned int)most;
	if (n * d->cost < d->settling + warm * d->cost)
		return 0;
	if (n >= BATCH_LEAST || (n >= 1 && d->cost > SLOW_SECONDS))
		return (unsigned int)n;
	return 0;
}

static double weight(const struct measured *d)
{
	bool slow = d->op->flags & OP_SLOW || d->op->wait_ms >= SLOW_PAUSE;

	return slow ? WEIGHT_SLOW : 1;
}

static unsigned int rounds(const struct measurement *m)
{
	return m->o->quick ? QUICK_ROUNDS : ROUNDS;
}

static void shuffle(size_t *order, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)random() % i, t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

/* Whose turn it is does what it has saved up for. */
static void turn(struct measurement *m, struct measured *d, struct quiet *q)
{
	unsigned int count = affordable(m, d);

	if (count)
		renew(m, d, q);
	if (count && d->running)
		batch(m, d, q, count);
	progress_show(m, d->name);
}

/*
 * In how many of the phases, which is a number that divides theirs: what is prepared
 * has its luck as well, a gigabyte more than anything.  Who has set the time gets it.
 */
static unsigned int visits_of(const struct measurement *m, const struct measured *d, double seconds,
			      unsigned int phases)
{
	unsigned int visits = phases, least = m->o->time > 0 ? 1 : VISITS_LEAST;

	while (visits > least && (phases % visits || seconds < visits * d->starting * PREPARING))
		visits--;
	return visits;
}

static bool is_due(const struct measured *d, unsigned int phase, unsigned int phases)
{
	return !d->error && (!d->visits || phase % (phases / d->visits) == 0);
}

static bool is_last(const struct measured *d, unsigned int phase, unsigned int phases)
{
	return phase + phases / d->visits >= phases;
}

/* One round: everybody gets the same. */
static void round_of(struct measurement *m, struct quiet *q, size_t *order, size_t n, double share)
{
	shuffle(order, n);
	for (size_t i = 0; i < n && !stop_signal; i++) {
		struct measured *d = &m->v[order[i]];

		if (!d->running)
			continue;
		d->credit += share * weight(d);
		turn(m, d, q);
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

/* Those that can be measured beside each other, until a phase's part of their time is over. */
static void measure_together(struct measurement *m, struct quiet *q, double seconds)
{
	size_t *order = grow(NULL, m->n, sizeof(*order)), n = 0;
	double start = now(), weights = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].running) {
			weights += weight(&m->v[i]);
			order[n++] = i;
		}
	while (n && !stop_signal && now() < start + seconds)
		round_of(m, q, order, n, seconds / weights / rounds(m));
	free(order);
}

/* And one that cannot, for one visit's part of its SECONDS. */
static void measure_alone(struct measurement *m, struct measured *d, struct quiet *q,
			  double seconds, unsigned int phase, unsigned int phases)
{
	double start = now(), until;

	progress_show(m, d->name);
	begin(m, d, q);
	if (!d->visits)
		d->visits = visits_of(m, d, seconds, phases);
	until = fmax(start + seconds / d->visits, now() + seconds / d->visits / 3);
	while (d->running && !stop_signal && now() < until) {
		/* A round's worth at a time: batches tell what lies between them. */
		d->credit += seconds / d->visits / rounds(m);
		turn(m, d, q);
	}
	if (is_last(d, phase, phases))
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
			double each = (double)d->samples.n * inner(d);

			d->user /= each;
			d->system /= each;
		}
	}
}

void measure_all(struct measurement *m)
{
	const unsigned int phases = m->o->quick ? 1 : PHASES;
	double all = 0, together = 0, each;
	struct quiet q;

	srandom((unsigned int)(now() * 1e6));
	m->cpu = m->o->cpu >= 0 ? m->o->cpu : cpu_last();
	m->limit = m->o->time > 0 ? m->o->time : m->o->quick ? QUICK_SECONDS : DEFAULT_SECONDS;
	/* Few operations need not fill the time that all of them have. */
	if (!(m->o->time > 0) && m->limit > (double)m->n * (m->o->quick ? 1 : 3))
		m->limit = (double)m->n * (m->o->quick ? 1 : 3);
	m->began = now();
	quiet_begin(&q, &m->place);
	for (size_t i = 0; i < m->n; i++)
		all += weight(&m->v[i]);
	each = m->limit / fmax(all, 1);
	/* They wait while others are measured alone. */
	for (size_t i = 0; i < m->n && !stop_signal; i++)
		if (!(m->v[i].op->flags & OP_ALONE)) {
			begin(m, &m->v[i], &q);
			together += weight(&m->v[i]);
		}
	for (unsigned int phase = 0; phase < phases; phase++) {
		measure_together(m, &q, each * together / phases);
		for (size_t i = 0; i < m->n && !stop_signal; i++) {
			struct measured *d = &m->v[i];

			if (d->op->flags & OP_ALONE && is_due(d, phase, phases))
				measure_alone(m, d, &q, each * weight(d), phase, phases);
		}
	}
	for (size_t i = 0; i < m->n; i++) {
		complete(m, &m->v[i], &q);
		end(&m->v[i]);
	}
	quiet_end(&q);
	progress_clear();
	m->took = now() - m->began;
	if (!stop_signal)
		finish(m);
}

double measure_disturbed(const struct measurement *m)
{
	return m->yards.n < YARDS_LEAST ? NAN : samples_slow(&m->yards, yard_limit(m));
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
	samples_free(&m->yards);
	for (size_t i = 0; i < m->n_labs; i++)
		lab_free(&m->labs[i]);
	free(m->labs);
}
