// SPDX-License-Identifier: GPL-2.0-only
/*
 * sabotage-trace PROGRAM ARG... - runs a program of tests with all that comes of
 * it under one sabotage.  SABOTAGE_ROW is the row's id, "none" for a tracer that
 * alters nothing, or "all" for one that only tells which rows would apply to
 * which tests; SABOTAGE_BITES is where it tells that.
 */
#include "trace.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
	 PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

static void go_on(struct task *k, int sig)
{
	ptrace(k->to_exit ? PTRACE_SYSCALL : PTRACE_CONT, k->pid, 0L, (long)sig);
}

static bool is_on(const struct tracer *t, const struct step *s)
{
	return t->dry || s->row == t->row;
}

static bool same_pid_namespace(pid_t pid)
{
	CLEAN(free_text) char *path = text("/proc/%d/ns/pid", pid);
	struct stat its, own;

	return !stat(path, &its) && !stat("/proc/self/ns/pid", &own) && its.st_ino == own.st_ino;
}

/* What a test does in the namespace it thinks it has must not hit everybody. */
static bool is_too_much(struct task *k, const struct regs *r)
{
	bool all = r->nr == SYS_kill && ((int)r->args[0] == -1 || (int)r->args[0] == 1);

	return (all || r->nr == SYS_reboot) && (int)r->args[1] && same_pid_namespace(k->pid);
}

static void add_pending(struct task *k, const struct step *s)
{
	if (k->n_pending == k->room_pending) {
		k->pending = grow(k->pending, k->room_pending + 15, sizeof(*k->pending));
		k->room_pending += 16;
	}
	k->pending[k->n_pending++] = s;
}

static enum went begin_step(struct tracer *t, struct task *k, const struct step *s, struct regs *r)
{
	if (s->action == NOVDSO || s->action == SWALLOW || !step_fits(k, s, r, false))
		return GO_ON;
	/* What it reads has to be there before it can be exchanged. */
	if (s->after || (s->action == OUTER && (r->nr == SYS_read || r->nr == SYS_pread64))) {
		add_pending(k, s);
		return TO_EXIT;
	}
	bite(t, s);
	return t->dry ? GO_ON : apply_before(t, k, s, r);
}

static void at_seccomp(struct tracer *t, struct task *k)
{
	enum went went = GO_ON;
	struct regs r;

	task_done(k);
	if (!regs_read(k->pid, &r))
		return;
	k->nr = r.nr;
	memcpy(k->args, r.args, sizeof(k->args));
	if (is_too_much(k, &r))
		regs_skip(k->pid, -EPERM);
	if (r.nr == SYS_write)
		listen_to(t, k, &r);
	for (size_t i = 0; i < t->table.n_steps && went != HOLD; i++)
		if (is_on(t, &t->table.steps[i]) && step_is_of(&t->table.steps[i], r.nr)) {
			went = begin_step(t, k, &t->table.steps[i], &r);
			k->to_exit |= went == TO_EXIT;
		}
	if (!k->held)
		go_on(k, 0);
}

static bool is_restart(int64_t ret)
{
	return ret <= -512 && ret >= -516;
}

static void at_exit(struct tracer *t, struct task *k)
{
	struct regs r;

	if (!regs_read(k->pid, &r))
		return;
	r.nr = k->nr;
	memcpy(r.args, k->args, sizeof(r.args));
	if (k->restore_size)
		memory_write(k->pid, k->restore_at, &k->restore, (size_t)k->restore_size);
	if (k->has_answer && r.ret >= 0)
		regs_set_return(k->pid, k->answer);
	for (size_t i = 0; i < k->n_pending && !is_restart(r.ret); i++) {
		if (!step_fits(k, k->pending[i], &r, true))
			continue;
		task_file(k, &r);
		bite(t, k->pending[i]);
		if (t->dry)
			continue;
		apply_after(t, k, k->pending[i], &r);
		if (k->pending[i]->action != TOLD)
			break;
	}
	task_done(k);
	go_on(k, 0);
}

static void at_exec(struct tracer *t, struct task *k)
{
	unsigned long former = 0;

	ptrace(PTRACE_GETEVENTMSG, k->pid, 0L, &former);
	if ((pid_t)former != k->pid)
		task_remove(t, (pid_t)former);
	task_done(k);
	for (size_t i = 0; i < t->table.n_steps; i++) {
		const struct step *s = &t->table.steps[i];

		if (s->action != NOVDSO || !is_on(t, s))
			continue;
		/* A dry run needs it, too, to see who asks. */
		no_vdso(k->pid);
	}
	go_on(k, 0);
}

/* A signal as a call of one argument. */
static void at_signal(struct tracer *t, struct task *k, int sig)
{
	struct regs r = { .nr = CALL_SIGNAL, .args = { (uint64_t)sig } };

	for (size_t i = 0; i < t->table.n_steps; i++) {
		const struct step *s = &t->table.steps[i];

		if (!is_on(t, s) || !step_is_of(s, CALL_SIGNAL) || !step_fits(k, s, &r, false))
			continue;
		bite(t, s);
		if (t->dry)
			continue;
		if (s->action == SWALLOW)
			sig = 0;
		if (s->action == LATE) {
			apply_before(t, k, s, &r);
			k->signal = sig;
			return;
		}
	}
	go_on(k, sig);
}

/*
 * While a dead task waits for its tracer, its parent sees no zombie though the
 * pidfd says so: it is let go before.
 */
static void at_end(struct tracer *t, struct task *k)
{
	pid_t pid = k->pid;

	if (!ptrace(PTRACE_DETACH, pid, 0L, 0L))
		task_remove(t, pid);
}

static void at_stop(struct tracer *t, struct task *k, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	if (event == PTRACE_EVENT_SECCOMP)
		at_seccomp(t, k);
	else if (event == PTRACE_EVENT_EXEC)
		at_exec(t, k);
	else if (event == PTRACE_EVENT_EXIT)
		at_end(t, k);
	else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP)
		ptrace(PTRACE_LISTEN, k->pid, 0L, 0L); /* stopped as if nobody looked */
	else if (event)
		go_on(k, 0);
	else if (sig == (SIGTRAP | 0x80))
		at_exit(t, k);
	else
		at_signal(t, k, sig);
}

static void release_held(struct tracer *t)
{
	for (size_t i = 0; i < TASKS && t->held; i++)
		for (struct task *k = t->tasks[i]; k; k = k->next)
			if (k->held && now() >= k->due) {
				k->held = false;
				t->held--;
				go_on(k, k->signal);
				k->signal = 0;
			}
}

static void wake(int sig)
{
	(void)sig;
}

/* Beats while somebody is held, so that a beat too early does no harm. */
static void set_beat(bool on)
{
	struct itimerval beat = { { 0, on ? 20000 : 0 }, { 0, on ? 20000 : 0 } };

	setitimer(ITIMER_REAL, &beat, NULL);
}

/* Until the program's end; its wait status.  What it left behind goes with us. */
static int trace(struct tracer *t)
{
	bool beats = false;
	int status;
	pid_t pid;

	for (;;) {
		if (beats != (t->held > 0))
			set_beat(beats = t->held > 0);
		pid = waitpid(-1, &status, __WALL);
		release_held(t);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			err(127, "wait");
		if (WIFSTOPPED(status)) {
			at_stop(t, task_get(t, pid), status);
			continue;
		}
		task_remove(t, pid);
		if (pid == t->root)
			return status;
	}
}

static _Noreturn void become(struct tracer *t, char **argv, int go)
{
	char c;

	while (read(go, &c, 1) < 0 && errno == EINTR)
		;
	close(go);
	if (t->bites >= 0)
		close(t->bites);
	unsetenv("SABOTAGE_ROW");
	unsetenv("SABOTAGE_BITES");
	unsetenv("BULKHEAD_UNDER");
	filter_install(t);
	execv(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void begin(struct tracer *t, char **argv)
{
	int go[2];

	if (pipe2(go, O_CLOEXEC) || (t->root = fork()) < 0)
		err(127, "fork");
	if (!t->root) {
		close(go[1]);
		become(t, argv, go[0]);
	}
	if (ptrace(PTRACE_SEIZE, t->root, 0L, (long)OPTIONS))
		err(127, "ptrace");
	close(go[0]);
	close(go[1]);
}

static void choose(struct tracer *t)
{
	CLEAN(free_text) char *folder = own_folder();
	CLEAN(free_text) char *table = text("%s/sabotages.tsv", folder);
	const char *id = getenv("SABOTAGE_ROW"), *bites = getenv("SABOTAGE_BITES");

	t->table = sabotages_read(table);
	t->dry = id && !strcmp(id, "all");
	t->bitten = calloc(t->table.n, sizeof(*t->bitten));
	if (!t->bitten)
		err(127, "no memory");
	t->bites = bites ? open(bites, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	while (t->row < t->table.n && (!id || strcmp(t->table.rows[t->row].id, id)))
		t->row++;
	if (t->row == t->table.n && !t->dry && id && strcmp(id, "none"))
		errx(EXIT_UNUSABLE, "no sabotage '%s'", id);
}

int main(int argc, char **argv)
{
	static struct tracer t;
	int status;

	if (argc < 2)
		errx(EXIT_UNUSABLE, "usage: sabotage-trace PROGRAM [ARG...]");
	choose(&t);
	sigaction(SIGALRM, &(struct sigaction) { .sa_handler = wake }, NULL);
	begin(&t, argv + 1);
	status = trace(&t);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}
