/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF as a second witness: what the kernel itself did to a cgroup, to be held
 * against what its files say.  Link with libcheck.a, -lbpf, -lelf and -lz.
 *
 * Cgroups are named by their id, which is their inode number, on v2 and v1.
 * Everything ends with the process at the latest, also when it is killed.
 *
 * Functions return 0 or -errno, and then WHY, of WITNESS_WHY bytes, has a line
 * for the reader: -EPERM  the caller lacks a right, or this kernel forbids it to
 * all; -ENOTSUP  the kernel has nothing to attach to; -ENOENT  it has no BTF;
 * anything else is an error.
 */
#ifndef BULKHEAD_WITNESS_H
#define BULKHEAD_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "events.h"

#define WITNESS_WHY 160

struct witness;

/* From here on events of the set WHAT (1u << WITNESS_...) are counted. */
int witness_open(unsigned int what, struct witness **w, char *why);
void witness_close(struct witness *w);

/* How often so far; CGROUP is an id. */
uint64_t witness_count(const struct witness *w, uint64_t cgroup, enum witness_event event);
/* Events that no room was left for, of more than 4096 cgroups: 0, or no count can be trusted. */
uint64_t witness_lost(const struct witness *w);
/* The processes that the OOM killer chose, oldest first: how many, N at most are stored. */
size_t witness_victims(const struct witness *w, pid_t *pids, size_t n);

/* The id of an open cgroup folder, or 0 with errno. */
uint64_t witness_cgroup(int cgroup_fd);

/* A device program on a cgroup that refuses one device: the cgroup's tasks get EPERM. */
struct witness_device {
	char type; /* 'c' or 'b' */
	unsigned int major, minor;
};

struct witness_gate;

int witness_gate_open(int cgroup_fd, struct witness_device refused, struct witness_gate **g,
		      char *why);
/* Tries to open or make a device that came to the program, refused or not. */
uint64_t witness_gate_asked(const struct witness_gate *g);
void witness_gate_close(struct witness_gate *g);

/* A walk over a cgroup and all below it, parents first: how many, N ids at most are stored. */
int witness_walk(int cgroup_fd, uint64_t *ids, size_t n, size_t *seen, char *why);

/* Does the kernel, asked by its id, find the cgroup for the caller?  1, 0, or -errno. */
int witness_find(uint64_t cgroup, char *why);

/*
 * CPU time of a cgroup in nanoseconds, as rstat has it once flushed: what
 * cpu.stat's usage_usec is made from.
 */
int witness_usage(int cgroup_fd, uint64_t *ns, char *why);

#endif
