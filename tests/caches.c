/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All three policies are one queue, and differ in what a hit does:
 *
 *	            head                                  tail
 *	  comes in --> [ 7 ]-[ 3 ]-[ 9 ]- ... -[ 4 ]-[ 1 ] --> goes out
 *
 *	FIFO   nothing
 *	LRU    the page moves to the head
 *	CLOCK  the page is marked; a marked one at the tail loses its mark and moves to the head
 */
#include "caches.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

/* -- the trace ------------------------------------------------------------------------------- */

/* The sums of 1 / r^alpha, as parts of the whole. */
static double *cumulated(u32 pages, double alpha)
{
	double *sum = malloc(pages * sizeof(*sum)), total = 0;

	if (!sum)
		exit(2);
	for (u32 r = 0; r < pages; r++)
		sum[r] = total += pow(r + 1, -alpha);
	for (u32 r = 0; r < pages; r++)
		sum[r] /= total;
	return sum;
}

static u32 *dealt(u32 pages, u64 *state)
{
	u32 *page = malloc(pages * sizeof(*page));

	if (!page)
		exit(2);
	for (u32 i = 0; i < pages; i++) {
		u32 j = (u32)(workload_random(state) % (i + 1));

		page[i] = page[j];
		page[j] = i;
	}
	return page;
}

/* The first rank whose sum is above u. */
static u32 rank_of(const double *sum, u32 pages, double u)
{
	u32 low = 0, high = pages - 1;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (sum[middle] > u)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

u32 *zipf_trace(u32 pages, u64 n, double alpha, u64 seed)
{
	u32 *trace = malloc(n * sizeof(*trace)), *page = dealt(pages, &seed);
	double *sum = cumulated(pages, alpha);

	if (!trace)
		exit(2);
	for (u64 i = 0; i < n; i++) {
		double u = (double)(workload_random(&seed) >> 11) / (double)(1ull << 53);

		trace[i] = page[rank_of(sum, pages, u)];
	}
	free(sum);
	free(page);
	return trace;
}

u32 *take_turns(u32 *trace, u64 n, u64 chunk, u32 border)
{
	u32 *split = calloc((n + chunk - 1) / chunk, sizeof(*split));
	u32 *others = malloc(chunk * sizeof(*others));

	if (!split || !others)
		exit(2);
	for (u64 at = 0; at < n; at += chunk) {
		u64 end = at + chunk < n ? at + chunk : n, low = at, high = 0;

		for (u64 i = at; i < end; i++) {
			if (trace[i] < border)
				trace[low++] = trace[i];
			else
				others[high++] = trace[i];
		}
		memcpy(trace + low, others, high * sizeof(*others));
		split[at / chunk] = (u32)(low - at);
	}
	free(others);
	return split;
}

/* -- a cache --------------------------------------------------------------------------------- */

#define NONE UINT32_MAX

struct node {
	u32 page;
	u32 newer, older;  /* in the queue */
	u32 chained;       /* the next with the same hash, or the next free one */
	bool marked;
};

struct cache {
	enum policy policy;
	u32 size, used, room; /* pages that may be and are in it; nodes there are */
	u32 head, tail, free;
	u32 mask, *bucket;
	struct node *node;
};

static u32 *bucket_of(struct cache *c, u32 page)
{
	return &c->bucket[(page * 0x9e3779b1u >> 7) & c->mask];
}

struct cache *cache_create(enum policy policy, u32 size)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (!c)
		exit(2);
	c->policy = policy;
	c->head = c->tail = c->free = NONE;
	c->size = size;
	for (c->mask = 1; c->mask < size; c->mask *= 2)
		;
	c->bucket = malloc(c->mask * sizeof(*c->bucket));
	if (!c->bucket)
		exit(2);
	memset(c->bucket, 0xff, c->mask * sizeof(*c->bucket));
	c->mask--;
	return c;
}

void cache_destroy(struct cache *c)
{
	free(c->bucket);
	free(c->node);
	free(c);
}

static void unlink_node(struct cache *c, u32 i)
{
	struct node *node = &c->node[i];

	*(node->newer == NONE ? &c->head : &c->node[node->newer].older) = node->older;
	*(node->older == NONE ? &c->tail : &c->node[node->older].newer) = node->newer;
}

static void push_node(struct cache *c, u32 i)
{
	struct node *node = &c->node[i];

	node->newer = NONE;
	node->older = c->head;
	*(c->head == NONE ? &c->tail : &c->node[c->head].newer) = i;
	c->head = i;
}

/* The tail goes out, under CLOCK the first from there that is not marked. */
static void evict(struct cache *c)
{
	u32 i = c->tail, *link;

	while (c->node[i].marked) {
		c->node[i].marked = false;
		unlink_node(c, i);
		push_node(c, i);
		i = c->tail;
	}
	unlink_node(c, i);
	for (link = bucket_of(c, c->node[i].page); *link != i; link = &c->node[*link].chained)
		;
	*link = c->node[i].chained;
	c->node[i].chained = c->free;
	c->free = i;
	c->used--;
}

static u32 new_node(struct cache *c)
{
	u32 i = c->free;

	if (i != NONE) {
		c->free = c->node[i].chained;
		return i;
	}
	if (c->used == c->room) {
		c->room = c->room ? 2 * c->room : 1024;
		c->node = realloc(c->node, c->room * sizeof(*c->node));
		if (!c->node)
			exit(2);
	}
	return c->used;
}

static void insert(struct cache *c, u32 page)
{
	u32 *bucket = bucket_of(c, page), i;

	while (c->used >= c->size)
		evict(c);
	i = new_node(c);
	c->node[i] = (struct node){ .page = page, .chained = *bucket };
	*bucket = i;
	push_node(c, i);
	c->used++;
}

void cache_resize(struct cache *c, u32 size)
{
	c->size = size;
	while (c->used > size)
		evict(c);
}

bool cache_touch(struct cache *c, u32 page)
{
	u32 i = *bucket_of(c, page);

	while (i != NONE && c->node[i].page != page)
		i = c->node[i].chained;
	if (i == NONE) {
		insert(c, page);
		return false;
	}
	if (c->policy == POLICY_CLOCK) {
		c->node[i].marked = true;
	} else if (c->policy == POLICY_LRU && c->head != i) {
		unlink_node(c, i);
		push_node(c, i);
	}
	return true;
}

u64 cache_misses(enum policy policy, u32 size, const u32 *trace, u64 n)
{
	struct cache *c = cache_create(policy, size);
	u64 misses = 0;

	for (u64 i = 0; i < n; i++)
		misses += !cache_touch(c, trace[i]);
	cache_destroy(c);
	return misses;
}
