/* SPDX-License-Identifier: GPL-2.0-only */
/* FNV-1a: to tell builds and configurations apart, not to withstand anyone. */
#ifndef BULKHEAD_HASH_H
#define BULKHEAD_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN 0xcbf29ce484222325ULL

uint64_t hash_add(uint64_t hash, const void *data, size_t size);

#endif
