// SPDX-License-Identifier: GPL-2.0-only
/* All programs: as many at once as allowed, those that must be alone alone. */
#include "suspects.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_AGAIN 0.01 /* seconds: at a cgroup that is being emptied */

struct loop {
	struct run *run;
	struct job *jobs; /* run->o.jobs of them; without a program: free */
	struct pollfd *fds;
	size_t next, shown, active;
	bool exclusive; /* what runs must be alone */
	struct suspects suspects;
	int signals;
};

static int open_signals(void)
{
	static const int wanted[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		sigaddset(&set, wanted[i]);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		err(EXIT_UNUSABLE, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err(EXIT_UNUSABLE, "signalfd");
	return fd;
}

static void show(struct loop *l)
{
	struct run *run = l->run;

	for (; l->shown < run->n && run->programs[l->shown].done; l->shown++)
		show_program(run, &run->programs[l->shown], l->shown + 1);
	if (ferror(stdout)) /* nobody listens any more */
		run->stopped = true;
}

/* Only what it did to the machine counts, and that is found by comparing. */
static struct program *end_trial(struct job *j)
{
	struct program *p = j->trial_of;

	program_free(j->p);
	free(j->p);
	p->tried = true;
	return p;
}

static void finish(struct loop *l, struct job *j)
{
	struct program *p = j->p;

	job_close(j);
	job_judge(j);
	if (j->trial_of)
		p = end_trial(j);
	p->ended = true;
	free(j->tag);
	free(j->cgroup);
	free(j->temp);
	*j = (struct job) {};
	l->active--;
	l->exclusive = false;
	suspects_look(&l->suspects, p, l->active);
	if (!program_ok(p) && l->run->o.fail_fast)
		l->run->stopped = true;
}

static bool may_start(const struct loop *l, const struct program *p)
{
	if (l->run->stopped || l->exclusive || l->suspects.draining || l->active == l->run->o.jobs)
		return false;
	return !(p->alone || p->whole) || !l->active;
}

static void start_job(struct loop *l, struct program *p, struct program *trial_of)
{
	struct job *j = l->jobs;

	while (j->p)
		j++;
	*j = (struct job) {
		.run = l->run, .p = p, .trial_of = trial_of, .out.fd = -1, .err.fd = -1
	};
	l->active++;
	l->exclusive = p->alone || p->whole || trial_of;
	job_start(j);
}

static void start(struct loop *l)
{
	struct run *run = l->run;
	struct program *p;

	if (!l->active && (p = suspects_trial(&l->suspects))) {
		start_job(l, program_copy(p), p);
		return;
	}
	for (; l->next < run->n; l->next++) {
		p = &run->programs[l->next];
		if (p->done)
			continue;
		if (!may_start(l, p))
			break;
		p->ran = true;
		start_job(l, p, NULL);
	}
}

/* Nothing more is to run: those that have not begun are told as not run. */
static void stop(struct loop *l)
{
	struct run *run = l->run;

	for (size_t i = 0; i < run->o.jobs; i++)
		if (l->jobs[i].p && !l->jobs[i].stopped)
			job_stop(&l->jobs[i]);
	for (; l->next < run->n; l->next++) {
		struct job never = { .run = run, .p = &run->programs[l->next], .stopped = true };

		if (!never.p->done)
			job_judge(&never);
		never.p->done = true;
	}
}

static void reap(struct loop *l)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < l->run->o.jobs; i++)
			if (l->jobs[i].p && l->jobs[i].pid == pid)
				job_ended(&l->jobs[i], status);
}

static void take_signals(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			l->run->interrupted = (int)info.ssi_signo;
			l->run->stopped = true;
		}
	reap(l);
}

/* Milliseconds until somebody has to be looked after. */
static int wait_ms(const struct loop *l)
{
	double next = now() + 1;

	for (size_t i = 0; i < l->run->o.jobs; i++) {
		const struct job *j = &l->jobs[i];
		double at = j->state == JOB_RUNNING ? j->deadline : now() + LOOK_AGAIN;

		if (j->p && at < next)
			next = at;
	}
	next -= now();
	return next < 0 ? 0 : (int)(next * 1000) + 1;
}

static void wait_for_news(struct loop *l)
{
	size_t n = l->run->o.jobs;

	l->fds[2 * n] = (struct pollfd) { .fd = l->signals, .events = POLLIN };
	for (size_t i = 0; i < n; i++) {
		const struct job *j = &l->jobs[i];

		l->fds[2 * i] = (struct pollfd) { j->p ? j->out.fd : -1, POLLIN, 0 };
		l->fds[2 * i + 1] = (struct pollfd) { j->p ? j->err.fd : -1, POLLIN, 0 };
	}
	if (poll(l->fds, 2 * n + 1, wait_ms(l)) < 0 && errno != EINTR)
		err(EXIT_UNUSABLE, "poll");
	for (size_t i = 0; i < n; i++) {
		/* What a test says of itself goes to stderr, before its result. */
		if (l->fds[2 * i + 1].revents)
			job_read(&l->jobs[i], &l->jobs[i].err);
		if (l->fds[2 * i].revents)
			job_read(&l->jobs[i], &l->jobs[i].out);
	}
	take_signals(l);
}

static void look_after(struct loop *l)
{
	for (size_t i = 0; i < l->run->o.jobs; i++) {
		struct job *j = &l->jobs[i];

		if (!j->p)
			continue;
		if (job_empty(j))
			j->state = JOB_OVER;
		else if (now() > j->deadline)
			job_late(j);
		if (j->state == JOB_OVER)
			finish(l, j);
	}
}

static const char *name_running(const struct loop *l)
{
	for (size_t i = 0; i < l->run->o.jobs; i++)
		if (l->jobs[i].p)
			return l->jobs[i].at ? l->jobs[i].at->name : l->jobs[i].p->name;
	return NULL;
}

void loop(struct run *run)
{
	struct loop l = { .run = run };

	l.jobs = calloc(run->o.jobs, sizeof(*l.jobs));
	l.fds = calloc(2 * run->o.jobs + 1, sizeof(*l.fds));
	if (!l.jobs || !l.fds)
		err(EXIT_UNUSABLE, "no memory");
	l.signals = open_signals();
	suspects_begin(&l.suspects, run);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (start(&l); l.active; start(&l)) {
		wait_for_news(&l);
		look_after(&l);
		if (run->stopped)
			stop(&l);
		show(&l);
		show_progress(run, name_running(&l));
	}
	show(&l);
	suspects_end(&l.suspects);
	close(l.signals);
	free(l.jobs);
	free(l.fds);
}
