/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single pages, in 2.6: each cpu has two lists of free pages in each zone, so that most of the
 * time nobody takes zone->lock, and a page that was just used is given out again while it is in the
 * cache of this cpu.
 *
 *	              head                                  tail
 *	hot     <---- taken, freed ----> | p | p | p | <---- batches from and to the buddy lists
 *	cold    the same, for who will not look at the page soon: reclaim, reading ahead of need
 *
 * The pages are free, but not in zone->free_pages: watermarks do not see them, and a buddy that is
 * here cannot be merged.
 *
 *	                batch                            low, high in batches    fetches when
 *	2.6.0 - 2.6.9   a 4,096th of the zone, 1 to 16   hot 2, 6; cold 0, 2     not above low
 *	2.6.16          2^n - 1 near that, 0 to 31       hot 0, 6; cold 0, 2     empty
 *
 * Below 4 MiB there are none: the lower clamp of a batch, one page, would be too much of such a
 * machine on eight cpus.
 *
 * Source: 2.6.0, 2.6.9 mm/page_alloc.c (free_hot_cold_page, buffered_rmqueue, free_area_init_core);
 * 2.6.18 (zone_batchsize, setup_pageset).
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

static struct per_cpu_pages *this_cpu_pages(zone_t *zone, bool cold)
{
	return &zone->pageset[current->cpu_id].pcp[cold];
}

/* -- their sizes ----------------------------------------------------------------------------- */

static u32 min(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* fls(batch + batch / 2) - 1 bits: 2^n - 1 does not fall on the same lines of a cache each time. */
static u32 zone_batchsize_2006(const zone_t *zone)
{
	u32 batch = min(zone->size / 1024, (512u << 10) / PAGE_SIZE) / 4, n = 0;

	batch = batch ? batch : 1;
	while ((batch + batch / 2) >> (n + 1))
		n++;
	return (1u << n) - 1;
}

static u32 zone_batchsize_2003(const zone_t *zone)
{
	u32 batch = min(zone->size / 1024, (256u << 10) / PAGE_SIZE) / 4;

	return batch ? batch : 1;
}

static void setup_pageset_2003(struct per_cpu_pageset *set, u32 batch)
{
	set->pcp[0] = (struct per_cpu_pages){ .low = 2 * batch, .high = 6 * batch, .batch = batch };
	set->pcp[1] = (struct per_cpu_pages){ .high = 2 * batch, .batch = batch };
}

static void setup_pageset_2006(struct per_cpu_pageset *set, u32 batch)
{
	set->pcp[0] = (struct per_cpu_pages){ .high = 6 * batch, .batch = batch ? batch : 1 };
	set->pcp[1] = (struct per_cpu_pages){ .high = 2 * batch,
					      .batch = batch > 1 ? batch / 2 : 1 };
}

void setup_pagesets(zone_t *zone)
{
	u32 cpu;

	zone->has_pcp = VM->kernel->pcp && !zone->scaled;
	for (cpu = 0; zone->has_pcp && cpu < MAX_CPUS; cpu++)
		if (VM->kernel->pcp == PCP_2006)
			setup_pageset_2006(&zone->pageset[cpu], zone_batchsize_2006(zone));
		else
			setup_pageset_2003(&zone->pageset[cpu], zone_batchsize_2003(zone));
}

/* -- freeing --------------------------------------------------------------------------------- */

/* The pages at the tail go to the buddy lists. Nobody else runs on this cpu. */
static void free_pages_bulk(zone_t *zone, struct per_cpu_pages *pcp, u32 nr)
{
	FN;
	u32 freed = 0;

	spin_lock(&zone->lock);
	zone->all_unreclaimable = false;
	zone->pages_scanned = 0;
	for (; freed < nr && !list_empty(&pcp->list); freed++) {
		struct page *page = list_entry(list_prev(&pcp->list), struct page, lru);

		list_del(&page->lru);
		pcp->count--;
		__free_pages_bulk(zone, page, 0);
	}
	spin_unlock(&zone->lock);
	EV(PCP_DRAIN, zone->index, freed, zone->free_pages);
}

static void free_to_pcp(zone_t *zone, struct page *page, bool cold)
{
	struct per_cpu_pages *pcp;

	free_page_prepare(page, 0);
	preempt_disable();
	pcp = this_cpu_pages(zone, cold);
	if (VM->kernel->pcp == PCP_2003 && pcp->count >= pcp->high)
		free_pages_bulk(zone, pcp, pcp->batch);
	page->private = PAGE_PCP;
	list_add(&page->lru, &pcp->list);
	pcp->count++;
	count(pgfree);
	EV(PAGE_FREE, page_to_pfn(page), 0, zone->index, zone->free_pages);
	if (VM->kernel->pcp == PCP_2006 && pcp->count >= pcp->high)
		free_pages_bulk(zone, pcp, pcp->batch);
	preempt_enable();
}

/* Nobody has the page any more. cold: it was not looked at for long. */
static void free_hot_cold_page(struct page *page, bool cold)
{
	FN;
	zone_t *zone = page_zone(page);

	if (zone->has_pcp)
		free_to_pcp(zone, page, cold);
	else
		__free_pages_ok(page, 0);
}

void free_hot_page(struct page *page)
{
	free_hot_cold_page(page, false);
}

void free_cold_page(struct page *page)
{
	free_hot_cold_page(page, true);
}

/* -- taking ---------------------------------------------------------------------------------- */

/* A batch from the buddy lists to the tail. */
static void rmqueue_bulk(zone_t *zone, struct per_cpu_pages *pcp)
{
	FN;
	u32 i;

	spin_lock(&zone->lock);
	for (i = 0; i < pcp->batch; i++) {
		struct page *page = __rmqueue(zone, 0);

		if (!page)
			break;
		page->private = PAGE_PCP;
		list_add_tail(&page->lru, &pcp->list);
		pcp->count++;
	}
	spin_unlock(&zone->lock);
	EV(PCP_FILL, zone->index, i, zone->free_pages);
}

static struct page *take_from(zone_t *zone, struct per_cpu_pages *pcp)
{
	struct page *page = NULL;

	if (pcp->count <= pcp->low)
		rmqueue_bulk(zone, pcp);
	if (pcp->count) {
		page = list_entry(list_next(&pcp->list), struct page, lru);
		list_del(&page->lru);
		page->private = 0;
		pcp->count--;
	}
	return page;
}

struct page *buffered_rmqueue(zone_t *zone, u32 order, bool cold)
{
	FN;
	struct page *page;

	if (order || !zone->has_pcp)
		return rmqueue(zone, order);
	preempt_disable();
	page = take_from(zone, this_cpu_pages(zone, cold));
	preempt_enable();
	if (!page)
		return NULL; /* what take_from did not get from the buddy lists, nobody does */
	prep_new_page(page);
	charge(ALLOC);
	count(pgalloc);
	EV(PAGE_ALLOC, page_to_pfn(page), 0, zone->index, zone->free_pages);
	return page;
}

/* -- inspection ------------------------------------------------------------------------------ */

u32 zone_pcp_pages(const zone_t *zone)
{
	u32 cpu, sum = 0;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		sum += zone->pageset[cpu].pcp[0].count + zone->pageset[cpu].pcp[1].count;
	return sum;
}
