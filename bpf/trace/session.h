/* SPDX-License-Identifier: GPL-2.0-only */
/* A run's BPF programs, for the two files that know them. */
#ifndef BULKHEAD_TRACE_SESSION_H
#define BULKHEAD_TRACE_SESSION_H

#include "trace.h"

#include "bpf/trace/trace.skel.h"

struct session {
	struct trace_bpf *bpf;
	struct bpf_link **links;
	size_t n_links;
	uint64_t token;
};

#endif
