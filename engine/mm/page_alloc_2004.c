/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * __alloc_pages of 2.6: who may take a page of which zone. A zone gives one as long as so many are
 * free (for one page; a block of 2^order wants as many more):
 *
 *	                everybody      after kswapd was woken     those who reclaim, or are killed
 *	2.6.0, 2.6.5    sum of low     sum of min                 0
 *	2.6.6, 2.6.8    sum of low     sum of low                 0
 *	2.6.9           low            min                        0
 *	2.6.16          low + reserve  min + reserve              0
 *
 * The sums are over the zones from the one that was asked for down to this one ("incremental min"):
 * who could have used HighMem shall leave more of Normal alone than who has no choice. In 2.6.6
 * they became tables (protection), and with that pages_min was forgotten: until somebody noticed,
 * in August 2004, all but the few below had to reclaim themselves as soon as kswapd began to.
 *
 *	who cannot wait   2.6.0, 2.6.5   a quarter of the sum of min; any zone with pages_high free
 *	(GFP_ATOMIC)      2.6.6, 2.6.8   the sum of low less a quarter of this zone's; the same
 *	                  2.6.9          three eighths of min: __GFP_HIGH halves it, and who cannot
 *	                                 wait has another quarter off
 *
 * From 2.6.11 on it is __alloc_pages that kills: when a round of reclaim was for nothing, and no
 * zone has pages_high either, for which somebody else might have seen to meanwhile.
 *
 * Source: 2.6.0, 2.6.5, 2.6.6, 2.6.8, 2.6.9 mm/page_alloc.c; 2.6.14, 2.6.18.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"

/* An allocation that goes without a page for half a minute has failed here; the kernel goes on. (A
 * round of 2.6.0 naps for more than a second, and the OOM killer waits for the tenth.) */
#define NAP_NS 20000000ull
#define PATIENCE_NS 30000000000ull

enum mark { MARK_LOW, MARK_MIN, MARK_HIGH, MARK_NONE };

/* What is asked for. */
struct request {
	zone_t *classzone; /* the best zone */
	u32 gfp_mask, order;
	/* Has the zone enough for it? Not asked with MARK_NONE. */
	bool (*zone_ok)(const zone_t *zone, const struct request *rq, enum mark mark);
};

static struct page *get_page_from_zonelist(const struct request *rq, enum mark mark)
{
	zone_t *zone;

	for (zone = rq->classzone; zone >= VM->zones; zone--) {
		struct page *page;

		if (!zone->size || (mark != MARK_NONE && !rq->zone_ok(zone, rq, mark)))
			continue;
		page = buffered_rmqueue(zone, rq->order, rq->gfp_mask & __GFP_COLD);
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

/* Reclaim in person: did it help? */
static int reclaim_for(const struct request *rq)
{
	int ret;

	current->flags |= PF_MEMALLOC;
	ret = try_to_free_pages(rq->classzone, rq->gfp_mask, rq->order);
	current->flags &= ~PF_MEMALLOC;
	return ret;
}

/* The first looks, up to where somebody has to reclaim. */
static struct page *take_what_is_free(const struct request *rq)
{
	struct page *page = get_page_from_zonelist(rq, MARK_LOW);

	if (page)
		return page;
	wakeup_kswapds(rq->classzone);
	page = get_page_from_zonelist(rq, MARK_MIN);
	if (page)
		return page;
	/* This allocation should allow future memory freeing. */
	if (current->flags & (PF_MEMALLOC | PF_MEMDIE))
		return get_page_from_zonelist(rq, MARK_NONE);
	return NULL;
}

/* A larger block may never come together: no retry for it. */
static bool may_retry(const struct request *rq, u64 end)
{
	if (rq->order > 3 || current->machine->now >= end)
		return false;
	blk_congestion_wait(NAP_NS);
	return true;
}

/* Reclaim in person, and look again; who was killed meanwhile takes what there is (2.6.9 finds that
 * out only the next time he comes in). */
static struct page *rebalance_2004(const struct request *rq)
{
	FN_AS("rebalance");
	u64 end = current->machine->now + PATIENCE_NS;
	struct page *page;

	do {
		reclaim_for(rq);
		page = get_page_from_zonelist(rq, MARK_MIN);
		if (page || !may_retry(rq, end))
			return page;
	} while (!(current->flags & PF_MEMDIE));
	return get_page_from_zonelist(rq, MARK_NONE);
}

/* The round was for nothing. Somebody may have freed enough meanwhile: then nobody is killed. */
static struct page *kill_somebody(const struct request *rq)
{
	struct page *page = get_page_from_zonelist(rq, MARK_HIGH);

	if (page)
		return page;
	out_of_memory();
	return take_what_is_free(rq);
}

/* cond_resched: it has slept, so it is the more urgent one when it was woken on this cpu. */
static void let_kswapd_run(void)
{
	const struct task_struct *kswapd = VM->kswapd;

	if (kswapd && kswapd != current && kswapd->state == TASK_RUNNING)
		schedule();
}

static struct page *rebalance_2006(const struct request *rq)
{
	FN_AS("rebalance");
	u64 end = current->machine->now + PATIENCE_NS;
	struct page *page;

	do {
		int progress;

		let_kswapd_run();
		progress = reclaim_for(rq);
		if (progress == 0 && rq->gfp_mask & __GFP_FS)
			page = kill_somebody(rq);
		else
			page = get_page_from_zonelist(rq, MARK_MIN);
		if (page || current->flags & PF_MEMDIE)
			return page ? page : get_page_from_zonelist(rq, MARK_NONE);
	} while (may_retry(rq, end));
	return NULL;
}

/* -- has a zone enough? ---------------------------------------------------------------------- */

static bool cannot_wait(const struct request *rq)
{
	return !(rq->gfp_mask & __GFP_WAIT);
}

/* Of the zones from the best one down to this. */
static u32 sum_of_low(const zone_t *zone, const struct request *rq)
{
	u32 sum = 0;

	for (; zone <= rq->classzone; zone++)
		sum += zone->pages_low;
	return sum;
}

static u32 sum_of_min(const zone_t *zone, const struct request *rq)
{
	u32 sum = 0;

	for (; zone <= rq->classzone; zone++)
		sum += rq->gfp_mask & __GFP_HIGH ? zone->pages_min >> 2 : zone->pages_min;
	return sum;
}

static bool zone_ok_2003(const zone_t *zone, const struct request *rq, enum mark mark)
{
	u32 min = mark == MARK_LOW ? sum_of_low(zone, rq) : sum_of_min(zone, rq);

	return zone->free_pages >= min + (1u << rq->order) ||
	       (cannot_wait(rq) && zone->free_pages >= zone->pages_high);
}

static bool zone_ok_2004(const zone_t *zone, const struct request *rq, enum mark mark)
{
	u32 min = sum_of_low(zone, rq);

	if (mark == MARK_MIN && rq->gfp_mask & __GFP_HIGH)
		min -= zone->pages_low >> 2;
	return zone->free_pages >= min + (1u << rq->order) ||
	       (cannot_wait(rq) && zone->free_pages >= zone->pages_high);
}

/* pages_low, pages_min, pages_high, and how far below the second this one may go. */
static u32 mark_of(const zone_t *zone, const struct request *rq, enum mark mark)
{
	u32 min = zone->pages_min;

	if (mark == MARK_LOW)
		return zone->pages_low;
	if (mark == MARK_HIGH)
		return zone->pages_high;
	if (rq->gfp_mask & __GFP_HIGH)
		min -= min / 2;
	if (cannot_wait(rq))
		min -= min / 4; /* can_try_harder */
	return min;
}

static bool zone_ok_2004b(const zone_t *zone, const struct request *rq, enum mark mark)
{
	return zone->free_pages >= mark_of(zone, rq, mark) + (1u << rq->order);
}

/* zone_watermark_ok: a larger block must leave enough of larger blocks, too, half of it above each
 * order below its own. */
static bool zone_ok_2006(const zone_t *zone, const struct request *rq, enum mark mark)
{
	u32 min = mark_of(zone, rq, mark), free = zone->free_pages + 1, order;

	if (free <= min + zone->lowmem_reserve[rq->classzone->index] + (1u << rq->order))
		return false;
	free -= 1u << rq->order;
	for (order = 0; order < rq->order; order++) {
		free -= zone->free_area[order].nr_free << order;
		min >>= 1;
		if ((s32)free <= (s32)min)
			return false;
	}
	return true;
}

/* -- __alloc_pages --------------------------------------------------------------------------- */

static struct page *alloc_pages_by(const struct request *rq,
				   struct page *(*rebalance)(const struct request *rq))
{
	FN_AS("__alloc_pages");
	struct page *page = take_what_is_free(rq);

	if (page || current->flags & (PF_MEMALLOC | PF_MEMDIE) || cannot_wait(rq))
		return page;
	return rebalance(rq);
}

struct page *alloc_pages_2003(zone_t *classzone, u32 gfp_mask, u32 order)
{
	const struct request rq = { classzone, gfp_mask, order, zone_ok_2003 };

	return alloc_pages_by(&rq, rebalance_2004);
}

struct page *alloc_pages_2004(zone_t *classzone, u32 gfp_mask, u32 order)
{
	const struct request rq = { classzone, gfp_mask, order, zone_ok_2004 };

	return alloc_pages_by(&rq, rebalance_2004);
}

struct page *alloc_pages_2004b(zone_t *classzone, u32 gfp_mask, u32 order)
{
	const struct request rq = { classzone, gfp_mask, order, zone_ok_2004b };

	return alloc_pages_by(&rq, rebalance_2004);
}

struct page *alloc_pages_2006(zone_t *classzone, u32 gfp_mask, u32 order)
{
	const struct request rq = { classzone, gfp_mask, order, zone_ok_2006 };

	return alloc_pages_by(&rq, rebalance_2006);
}
