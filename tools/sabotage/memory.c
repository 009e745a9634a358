// SPDX-License-Identifier: GPL-2.0-only
/* The memory of a stopped task. */
#include "trace.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t memory_read(pid_t pid, uint64_t at, void *to, size_t n)
{
	struct iovec here = { to, n }, there = { (void *)(uintptr_t)at, n };

	return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

ssize_t memory_write(pid_t pid, uint64_t at, const void *from, size_t n)
{
	struct iovec here = { (void *)(uintptr_t)from, n }, there = { (void *)(uintptr_t)at, n };

	return process_vm_writev(pid, &here, 1, &there, 1, 0);
}

/* A page at a time: a string may end just before memory does. */
char *memory_text(pid_t pid, uint64_t at, size_t n)
{
	char *s = text_room(NULL, n + 1);
	size_t used = 0;

	while (used < n) {
		size_t part = 4096 - (at + used) % 4096;
		ssize_t got;

		part = part < n - used ? part : n - used;
		got = memory_read(pid, at + used, s + used, part);
		if (got <= 0)
			break;
		if (memchr(s + used, '\0', (size_t)got))
			return s;
		used += (size_t)got;
	}
	s[used] = '\0';
	return s;
}

int64_t memory_number(pid_t pid, uint64_t at, int size)
{
	int64_t value = 0;

	memory_read(pid, at, &value, (size_t)size);
	return size == 4 ? (int32_t)value : value;
}

void memory_put_number(pid_t pid, uint64_t at, int size, int64_t value)
{
	memory_write(pid, at, &value, (size_t)size);
}

/* After an execve: libc finds no vdso, and so has to call the kernel. */
void no_vdso(pid_t pid)
{
	struct regs r;
	uint64_t word = 1, at;

	if (!regs_read(pid, &r))
		return;
	at = r.stack + 8 * (1 + (uint64_t)memory_number(pid, r.stack, 8)); /* argc, argv */
	for (at += 8; memory_read(pid, at, &word, 8) == 8 && word; at += 8)
		;
	for (at += 8; memory_read(pid, at, &word, 8) == 8 && word != AT_NULL; at += 16)
		if (word == AT_SYSINFO_EHDR)
			memory_put_number(pid, at, 8, AT_IGNORE);
}
