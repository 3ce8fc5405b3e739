/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may take a page, in 2.6. Free pages of a zone, and who is let in where:
 *
 *	pages_high  kswapd goes back to sleep
 *	pages_low   everybody, down to here; then kswapd is woken
 *	pages_min   those who can wait and reclaim, down to here
 *	  * 3/4     those who cannot wait (GFP_ATOMIC: __GFP_HIGH halves it first)
 *	0           those who free memory themselves (PF_MEMALLOC), and who is being killed
 *
 * The marks grow with the root of lowmem: a machine of 16 times the size keeps 4 times as much.
 *
 *	2.6.0 - 2.6.9   min: sqrt(lowmem kB) kB, 128 to 16,384      low, high: 2 and 3 times min
 *	2.6.16          min: sqrt(16 * lowmem kB) kB, to 65,536     a quarter and a half above min
 *
 * Each zone of lowmem has its share of that by its size. The fallback from a zone to those below it
 * leaves lowmem_reserve of them alone (2.6.11; before it was 0 unless the administrator said so).
 *
 * Source: 2.6.5, 2.6.9 mm/page_alloc.c (__alloc_pages, init_per_zone_pages_min); 2.6.14, 2.6.18.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"

/* An allocation that goes without a page for ten seconds has failed here; the kernel goes on. */
#define NAP_NS 20000000ull
#define PATIENCE_NS 10000000000ull

/* -- how much must stay free ----------------------------------------------------------------- */

/* Below 4 MiB the lower clamps would be too much of the machine: they shrink with it. */
#define SCALED_BELOW (4u << 20 >> PAGE_SHIFT)
#define SCALED_MIN 2u

static u32 clamp(u32 value, u32 low, u32 high)
{
	return value < low ? low : value > high ? high : value;
}

static u32 int_sqrt(u32 x)
{
	u32 root = 0, bit;

	for (bit = 1u << 15; bit; bit >>= 1)
		if ((u64)(root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

static u32 lowmem_pages(void)
{
	return VM->zones[ZONE_DMA].size + VM->zones[ZONE_NORMAL].size;
}

/* A lower clamp of so many pages, as this machine has it. */
static u32 scaled_clamp(u32 pages)
{
	if (VM->max_mapnr >= SCALED_BELOW)
		return pages;
	return clamp(pages * VM->max_mapnr / SCALED_BELOW, SCALED_MIN, pages);
}

/* min_free_kbytes, in pages. */
static u32 min_free_pages(void)
{
	u32 lowmem_kbytes = lowmem_pages() << (PAGE_SHIFT - 10);
	u32 least = scaled_clamp(128 >> (PAGE_SHIFT - 10));

	if (VM->kernel->watermarks_2006)
		return clamp(int_sqrt(lowmem_kbytes * 16) >> (PAGE_SHIFT - 10), least,
			     65536 >> (PAGE_SHIFT - 10));
	return clamp(int_sqrt(lowmem_kbytes) >> (PAGE_SHIFT - 10), least,
		     16384 >> (PAGE_SHIFT - 10));
}

/* Highmem needs few: nobody but user pages is there. Its marks are its own. */
static void zone_watermarks(zone_t *zone, u32 pages_min)
{
	u32 share = (u32)((u64)pages_min * zone->size / lowmem_pages());

	zone->scaled = VM->max_mapnr < SCALED_BELOW;
	zone->pages_min = share;
	if (zone->index == ZONE_HIGHMEM)
		zone->pages_min = clamp(zone->size / 1024, scaled_clamp(SWAP_CLUSTER_MAX), 128);
	zone->pages_low = zone->pages_min * 2;
	zone->pages_high = zone->pages_min * 3;
	if (VM->kernel->watermarks_2006) {
		zone->pages_low = zone->pages_min + share / 4;
		zone->pages_high = zone->pages_min + share / 2;
	}
}

/* What an allocation that could have gone to zone j leaves alone of zone i below it: the pages of
 * the zones between them, and j's, over the ratio of i. */
static void setup_lowmem_reserve(zone_t *zone)
{
	static const u32 ratio[MAX_NR_ZONES] = { 256, 32, 1 };
	u32 j, above = 0;

	for (j = zone->index + 1; j < MAX_NR_ZONES; j++) {
		above += VM->zones[j].size;
		zone->lowmem_reserve[j] = above / ratio[zone->index];
	}
}

/* What of all memory could be used for pages of users at best (nr_free_pagecache_pages). */
static u32 nr_free_pagecache_pages(void)
{
	u32 i, sum = 0;

	for (i = 0; i < MAX_NR_ZONES; i++)
		if (VM->zones[i].size > VM->zones[i].pages_high)
			sum += VM->zones[i].size - VM->zones[i].pages_high;
	return sum;
}

void setup_watermarks_2004(void)
{
	u32 i, pages_min = min_free_pages();

	for (i = 0; i < MAX_NR_ZONES; i++) {
		zone_t *zone = &VM->zones[i];

		zone->temp_priority = zone->prev_priority = DEF_PRIORITY;
		if (!zone->size)
			continue;
		zone_watermarks(zone, pages_min);
		if (VM->kernel->watermarks_2006)
			setup_lowmem_reserve(zone);
	}
	VM->total_memory = nr_free_pagecache_pages();
}

/* -- __alloc_pages --------------------------------------------------------------------------- */

enum mark { MARK_LOW, MARK_MIN, MARK_NONE };

/* The smallest number of free pages with which zone gives a block. */
static u32 pages_wanted(const zone_t *zone, const zone_t *classzone, u32 gfp_mask, u32 order,
			enum mark mark)
{
	u32 min = mark == MARK_LOW ? zone->pages_low : zone->pages_min;

	if (mark == MARK_NONE)
		return 0;
	if (mark == MARK_MIN && gfp_mask & __GFP_HIGH)
		min /= 2;
	if (mark == MARK_MIN && !(gfp_mask & __GFP_WAIT))
		min -= min / 4; /* can_try_harder */
	return min + (1u << order) + zone->lowmem_reserve[classzone->index];
}

/* Down the zonelist: the best zone first. */
static struct page *get_page_above(zone_t *classzone, u32 gfp_mask, u32 order, enum mark mark)
{
	zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--) {
		struct page *page;

		if (!zone->size ||
		    zone->free_pages < pages_wanted(zone, classzone, gfp_mask, order, mark))
			continue;
		page = rmqueue(zone, order);
		if (page)
			return page;
	}
	return NULL;
}

static void wakeup_kswapds(zone_t *classzone)
{
	zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--)
		if (zone->size && zone->free_pages <= zone->pages_low)
			wakeup_kswapd(zone);
}

/* Reclaim in person, and look again; a larger block may never come together: no retry for it. */
static struct page *rebalance(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN;
	u64 end = current->machine->now + PATIENCE_NS;
	struct page *page;

	for (;;) {
		current->flags |= PF_MEMALLOC;
		try_to_free_pages(classzone, gfp_mask, order);
		current->flags &= ~PF_MEMALLOC;

		page = get_page_above(classzone, gfp_mask, order, MARK_MIN);
		if (page || order > 3 || current->machine->now >= end)
			return page;
		blk_congestion_wait(NAP_NS);
		/* Killed meanwhile (2.6.9 finds that out only the next time it comes in). */
		if (current->flags & PF_MEMDIE)
			return get_page_above(classzone, gfp_mask, order, MARK_NONE);
	}
}

struct page *alloc_pages_2004(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN_AS("__alloc_pages");
	struct page *page;

	page = get_page_above(classzone, gfp_mask, order, MARK_LOW);
	if (page)
		return page;

	wakeup_kswapds(classzone);

	page = get_page_above(classzone, gfp_mask, order, MARK_MIN);
	if (page)
		return page;

	/* This allocation should allow future memory freeing. */
	if (current->flags & (PF_MEMALLOC | PF_MEMDIE))
		return get_page_above(classzone, gfp_mask, order, MARK_NONE);
	if (!(gfp_mask & __GFP_WAIT))
		return NULL;
	return rebalance(classzone, gfp_mask, order);
}
