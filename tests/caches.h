/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reclaim is held against: plain replacement policies that see every reference and do
 * nothing but replacement, and a trace to feed them with.
 */
#ifndef TESTS_CACHES_H
#define TESTS_CACHES_H

#include "sim/types.h"

/* n references to pages 0 .. pages - 1: the page of rank r comes with a probability that goes as
 * 1 / r^alpha, and ranks are dealt to pages at random. The caller's (free). */
u32 *zipf_trace(u32 pages, u64 n, double alpha, u64 seed);

/* Of each chunk of references those to pages below `border` first, then the others, both in their
 * order: two processes that take turns. Their number in chunk i is split[i]; the caller's. */
u32 *take_turns(u32 *trace, u64 n, u64 chunk, u32 border);

enum policy { POLICY_FIFO, POLICY_CLOCK, POLICY_LRU };

struct cache;
/* A cache of so many pages, 1 or more; keys are found by a hash table, as in any cache. */
struct cache *cache_create(enum policy policy, u32 size);
void cache_destroy(struct cache *c);
/* Another size; what is too much goes out now. */
void cache_resize(struct cache *c, u32 size);
bool cache_touch(struct cache *c, u32 page); /* true: it was there */
/* References of the trace that miss. */
u64 cache_misses(enum policy policy, u32 size, const u32 *trace, u64 n);

#endif
