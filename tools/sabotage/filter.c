// SPDX-License-Identifier: GPL-2.0-only
/* The seccomp filter: a stop at each call that the rows are about, and at no other. */
#include "trace.h"

#include <err.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

struct filter {
	struct sock_filter *code;
	unsigned short n;
};

static void add(struct filter *f, struct sock_filter line)
{
	f->code = grow(f->code, f->n, sizeof(*f->code));
	f->code[f->n++] = line;
}

static void stop_at(struct filter *f, long nr)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)nr, 0, 1));
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
}

/* With the rights for it there is no need to give up those of set-id programs. */
void filter_install(const struct tracer *t)
{
	struct filter f = {};
	struct sock_fprog program;

	add(&f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, arch)));
	add(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	add(&f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < t->table.n_steps; i++)
		for (size_t c = 0; c < t->table.steps[i].n_calls; c++)
			if ((t->dry || t->table.steps[i].row == t->row) &&
			    t->table.steps[i].calls[c]->nr >= 0)
				stop_at(&f, t->table.steps[i].calls[c]->nr);
	if (t->dry)
		stop_at(&f, SYS_write);
	/* Nothing that a sabotage has let slip may end or set the machine. */
	stop_at(&f, SYS_reboot);
	stop_at(&f, SYS_kill);
	add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program = (struct sock_fprog) { f.n, f.code };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)))
		err(127, "a seccomp filter");
	free(f.code);
}
