/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a zone must stay free, in 2.6. (Who is let in where: page_alloc_2004.c.)
 *
 *	pages_high  kswapd goes back to sleep
 *	pages_low   kswapd is woken
 *	pages_min   the rest is for those who cannot wait, and for reclaim itself
 *
 * The marks grow with the root of lowmem: a machine of 16 times the size keeps 4 times as much.
 *
 *	2.6.0 - 2.6.9   min: sqrt(lowmem kB) kB, 128 to 16,384      low, high: 2 and 3 times min
 *	2.6.16          min: sqrt(16 * lowmem kB) kB, to 65,536     a quarter and a half above min
 *
 * Each zone of lowmem has its share of that by its size. The fallback from a zone to those below it
 * leaves lowmem_reserve of them alone (2.6.11; before it was 0 unless the administrator said so).
 *
 * Source: 2.6.0, 2.6.5, 2.6.9 mm/page_alloc.c (setup_per_zone_pages_min, init_per_zone_pages_min);
 * 2.6.14, 2.6.18.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"

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
		setup_pagesets(zone);
		if (VM->kernel->watermarks_2006)
			setup_lowmem_reserve(zone);
	}
	VM->total_memory = nr_free_pagecache_pages();
}
