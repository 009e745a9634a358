// SPDX-License-Identifier: GPL-2.0-only
/* The registers of a task that is stopped at a system call. */
#include "trace.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)
typedef struct user_regs_struct machine_regs;
#else /* arm64; there are no others yet */
typedef struct user_pt_regs machine_regs;
#endif

static bool get(pid_t pid, machine_regs *m)
{
	struct iovec iov = { m, sizeof(*m) };

	return !ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
}

static bool put(pid_t pid, machine_regs *m)
{
	struct iovec iov = { m, sizeof(*m) };

	return !ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

#if defined(__x86_64__)

static unsigned long long *arg(machine_regs *m, int i)
{
	unsigned long long *all[] = { (void *)&m->rdi, (void *)&m->rsi, (void *)&m->rdx,
				      (void *)&m->r10, (void *)&m->r8,	(void *)&m->r9 };

	return all[i];
}

bool regs_read(pid_t pid, struct regs *r)
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	r->nr = (long)m.orig_rax;
	for (int i = 0; i < 6; i++)
		r->args[i] = *arg(&m, i);
	r->ret = (int64_t)m.rax;
	r->stack = m.rsp;
	return true;
}

bool regs_set_args(pid_t pid, const uint64_t args[6])
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	for (int i = 0; i < 6; i++)
		*arg(&m, i) = args[i];
	return put(pid, &m);
}

bool regs_set_return(pid_t pid, int64_t ret)
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	m.rax = (unsigned long long)ret;
	return put(pid, &m);
}

bool regs_skip(pid_t pid, int64_t ret)
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	m.orig_rax = (unsigned long long)-1;
	m.rax = (unsigned long long)ret;
	return put(pid, &m);
}

#else

static bool set_call(pid_t pid, int nr)
{
	struct iovec iov = { &nr, sizeof(nr) };

	return !ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &iov);
}

bool regs_read(pid_t pid, struct regs *r)
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	r->nr = (long)m.regs[8];
	for (int i = 0; i < 6; i++)
		r->args[i] = m.regs[i];
	r->ret = (int64_t)m.regs[0];
	r->stack = m.sp;
	return true;
}

bool regs_set_args(pid_t pid, const uint64_t args[6])
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	for (int i = 0; i < 6; i++)
		m.regs[i] = args[i];
	return put(pid, &m);
}

bool regs_set_return(pid_t pid, int64_t ret)
{
	machine_regs m = {};

	if (!get(pid, &m))
		return false;
	m.regs[0] = (uint64_t)ret;
	return put(pid, &m);
}

bool regs_skip(pid_t pid, int64_t ret)
{
	return set_call(pid, -1) && regs_set_return(pid, ret);
}

#endif
