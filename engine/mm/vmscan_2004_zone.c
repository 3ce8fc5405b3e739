/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page replacement of 2.6, second half: how much to look at, which pages leave the active lists,
 * and who asks for it.
 *
 *	__alloc_pages                       kswapd
 *	     |                                 |
 *	try_to_free_pages                 balance_pgdat       priority 12 .. 0: a 4,096th of each
 *	     |  shrink_caches: all zones       |              list, a 2,048th, ... all of it
 *	     +--------------+------------------+
 *	                    v
 *	               shrink_zone            collects until 32 pages are due, then in turns:
 *	               |         |
 *	  refill_inactive_zone   shrink_cache
 *
 * A page leaves the active list when nobody maps it, or when memory is so short that mapped pages
 * must go (reclaim_mapped), and nobody has used it:
 *
 *	distress       100 >> prev_priority: how badly it goes, from 0 (12 to 7) to 100 (0)
 *	mapped_ratio   nr_mapped in percent of all memory
 *	swap_tendency  mapped_ratio / 2 + distress + vm_swappiness;   100 and more: mapped pages too
 *
 * With a swappiness of 60 mapped pages are left alone while all is calm and less than 80 % of
 * memory is mapped, and then nobody even asks whether they were used.
 *
 * Source: 2.6.8 and 2.6.9 mm/vmscan.c; seed 001 folds the tests of refill_inactive_zone into one.
 * There are no slab caches with shrinkers in this model; empty slabs are given back instead.
 */
#define VMSCAN_GENERATION
#define LRU_2004
#include "kernels.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

#define TENTH_NS 100000000ull /* HZ / 10 */
#define VM_SWAPPINESS 60u

void blk_congestion_wait(u64 ns)
{
	FN;

	sleep_on_timeout(&VM->writes_done, ns);
}

/* -- refill_inactive_zone -------------------------------------------------------------------- */

static bool is_reclaim_mapped(const zone_t *zone, const struct scan_control *sc)
{
	u32 distress = 100u >> zone->prev_priority;
	u32 mapped_ratio = sc->nr_mapped * 100 / VM->total_memory;

	return mapped_ratio / 2 + distress + VM_SWAPPINESS >= 100;
}

/*
 * Take up to nr_pages from the tail of the active list to l_hold. How many. lru_lock held. They
 * count as scanned, as from 2.6.11 on: without swap the pages of processes stay active whatever
 * happens, and before that kswapd looked at them for ever.
 */
static u32 hold_pages(zone_t *zone, struct list_head *l_hold, u32 nr_pages)
{
	u32 pgmoved = 0;

	while (nr_pages-- && !list_empty(&zone->active_list)) {
		struct page *page = lru_to_page(&zone->active_list);

		if (!TestClearPageLRU(page))
			BUG();
		del_page_from_active_list(zone, page);
		charge(CACHE_LINE);
		if (!get_page_on_list(page)) {
			SetPageLRU(page);
			add_page_to_active_list(zone, page);
			continue;
		}
		list_add(&page->lru, l_hold);
		EV(SCAN, page_to_pfn(page), 1);
		pgmoved++;
	}
	zone->pages_scanned += pgmoved;
	return pgmoved;
}

/* Up to 2.6.8 an anonymous page stays active when there is no swap at all, mapped or not. */
static bool no_place_for(const struct page *page)
{
	if (VM->total_swap_pages)
		return false;
	if (VM->kernel->anon_mark >= ANON_FLAG)
		return PageAnon(page);
	return !page_mapping(page);
}

static bool stays_active(struct page *page, bool reclaim_mapped)
{
	bool used;

	if (page_mapped(page)) {
		if (!reclaim_mapped)
			return true;
		if (!rmap_of(VM)->has_map_lock && no_place_for(page)) /* seed 001 */
			return true;
		map_lock(page);
		used = page_referenced(page, false);
		map_unlock(page);
		if (used)
			return true;
	}
	return rmap_of(VM)->has_map_lock && no_place_for(page);
}

/* Back to the lists, and drop our references: what is on l_inactive goes down. lru_lock held, and
 * dropped in between. */
static void distribute(zone_t *zone, struct list_head *list, bool active, struct pagevec *pvec)
{
	while (!list_empty(list)) {
		struct page *page = lru_to_page(list);

		if (TestSetPageLRU(page))
			BUG();
		BUG_ON(!PageActive(page));
		list_del(&page->lru);
		if (active) {
			add_page_to_active_list(zone, page);
			EV(ROTATE, page_to_pfn(page), 1);
		} else {
			ClearPageActive(page);
			add_page_to_inactive_list(zone, page);
			count(pgdeactivate);
			EV(DEACTIVATE, page_to_pfn(page));
		}
		if (pagevec_add(pvec, page))
			continue;
		spin_unlock(&zone->lru_lock);
		__pagevec_release(pvec);
		spin_lock(&zone->lru_lock);
	}
}

void refill_inactive_zone(zone_t *zone, struct scan_control *sc)
{
	FN;
	struct list_head l_hold = { 0 }, l_active = { 0 }, l_inactive = { 0 };
	struct pagevec pvec = { 0 };
	bool reclaim_mapped;

	lru_add_drain();
	spin_lock(&zone->lru_lock);
	count_n(pgrefill, hold_pages(zone, &l_hold, sc->nr_to_scan));
	sc->nr_batches += !list_empty(&l_hold);
	spin_unlock(&zone->lru_lock);

	reclaim_mapped = is_reclaim_mapped(zone, sc);
	while (!list_empty(&l_hold)) {
		struct page *page = lru_to_page(&l_hold);

		if (current->need_resched)
			schedule();
		list_del(&page->lru);
		list_add(&page->lru, stays_active(page, reclaim_mapped) ? &l_active : &l_inactive);
	}

	spin_lock(&zone->lru_lock);
	distribute(zone, &l_inactive, false, &pvec);
	distribute(zone, &l_active, true, &pvec);
	spin_unlock(&zone->lru_lock);
	__pagevec_release(&pvec);
}

/* -- shrink_zone ----------------------------------------------------------------------------- */

/* A share of so many pages is due; it is put by until a batch has come together. */
static u32 scan_due(u32 *nr_scan, u32 pages, s32 priority)
{
	u32 due = *nr_scan += (pages >> priority) + 1;

	if (due < SWAP_CLUSTER_MAX)
		return 0;
	*nr_scan = 0;
	return due;
}

/* The next batch of those that are due. */
static u32 batch_of(u32 *due)
{
	u32 batch = *due < SWAP_CLUSTER_MAX ? *due : SWAP_CLUSTER_MAX;

	*due -= batch;
	return batch;
}

static void shrink_zone(zone_t *zone, struct scan_control *sc)
{
	FN;
	u32 nr_active = scan_due(&zone->nr_scan_active, zone->nr_active, sc->priority);
	u32 nr_inactive = scan_due(&zone->nr_scan_inactive, zone->nr_inactive, sc->priority);

	sc->nr_to_reclaim = (s32)sc->swap_cluster_max;
	EV(RECLAIM_BEGIN, (u32)sc->priority, sc->swap_cluster_max, nr_inactive);
	while (nr_active || nr_inactive) {
		if (nr_active) {
			sc->nr_to_scan = batch_of(&nr_active);
			refill_inactive_zone(zone, sc);
		}
		if (nr_inactive) {
			sc->nr_to_scan = batch_of(&nr_inactive);
			shrink_cache_2004(zone, sc);
			if (sc->nr_to_reclaim <= 0)
				break;
		}
	}
	EV(RECLAIM_END, (u32)sc->priority, sc->nr_to_reclaim > 0 ? (u32)sc->nr_to_reclaim : 0);
}

/* -- try_to_free_pages ----------------------------------------------------------------------- */

static void set_priority(zone_t *zone, s32 priority)
{
	zone->temp_priority = priority;
	if (zone->prev_priority > priority)
		zone->prev_priority = priority;
}

/* All zones that are of use to classzone, the best first. */
static void shrink_caches(zone_t *classzone, struct scan_control *sc)
{
	FN;
	zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--) {
		if (!zone->size)
			continue;
		set_priority(zone, sc->priority);
		if (zone->all_unreclaimable && sc->priority != DEF_PRIORITY)
			continue; /* let kswapd ask it now and then */
		shrink_zone(zone, sc);
	}
}

/* One priority after the other until a pass has freed sc->swap_cluster_max pages. What that pass
 * freed; fewer: it gave up. *total: what all of them freed. */
static u32 shrink_at_all_priorities(zone_t *classzone, struct scan_control *sc, u32 *total)
{
	u32 total_scanned = 0;

	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		sc->nr_mapped = VM->nr_mapped;
		sc->nr_scanned = sc->nr_reclaimed = 0;
		shrink_caches(classzone, sc);
		*total += sc->nr_reclaimed;
		/* shrink_slab, and its reclaim_state */
		sc->nr_reclaimed += kmem_cache_reap(sc->gfp_mask);
		if (sc->nr_reclaimed >= sc->swap_cluster_max)
			break;
		total_scanned += sc->nr_scanned;
		if (total_scanned > SWAP_CLUSTER_MAX + SWAP_CLUSTER_MAX / 2) {
			wakeup_bdflush();
			sc->may_writepage = true;
		}
		if (sc->nr_scanned && sc->priority < DEF_PRIORITY - 2)
			blk_congestion_wait(TENTH_NS);
	}
	return sc->nr_reclaimed;
}

/* Direct reclaim with the priorities set before and after. Did it free enough? */
static bool reclaim_for(zone_t *classzone, struct scan_control *sc, u32 *total)
{
	zone_t *zone;
	u32 freed;

	for (zone = classzone; zone >= VM->zones; zone--)
		zone->temp_priority = DEF_PRIORITY;
	freed = shrink_at_all_priorities(classzone, sc, total);
	for (zone = classzone; zone >= VM->zones; zone--)
		zone->prev_priority = zone->temp_priority;
	return freed >= sc->swap_cluster_max;
}

/* On a small machine the pass may have been too short for a batch: then it says nothing. */
static bool looked_at_something(const zone_t *classzone, const struct scan_control *sc)
{
	u32 pages = 0;
	const zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--)
		pages += zone->nr_active + zone->nr_inactive;
	return sc->nr_batches || !pages;
}

static int try_to_free_pages(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN;
	struct scan_control sc = { .gfp_mask = gfp_mask, .swap_cluster_max = SWAP_CLUSTER_MAX };
	u32 total = 0;

	(void)order; /* not looked at in these kernels either */
	count(allocstall);
	if (reclaim_for(classzone, &sc, &total))
		return 1;
	if (gfp_mask & __GFP_FS && looked_at_something(classzone, &sc))
		out_of_memory();
	return 0;
}

/* -- kswapd ---------------------------------------------------------------------------------- */

/* The highest zone that has too little; NULL: all have enough, or are beyond hope. */
static zone_t *find_end_zone(s32 priority)
{
	s32 i;

	for (i = MAX_NR_ZONES - 1; i >= 0; i--) {
		zone_t *zone = &VM->zones[i];

		if (!zone->size || (zone->all_unreclaimable && priority != DEF_PRIORITY))
			continue;
		if (zone->free_pages <= zone->pages_high)
			return zone;
	}
	return NULL;
}

/* kswapd's part of one zone. true: it has enough free pages. */
static bool balance_zone(zone_t *zone, struct scan_control *sc)
{
	bool ok = zone->free_pages > zone->pages_high;

	EV(KSWAPD_BALANCE, zone->index, zone->free_pages, zone->pages_high);
	set_priority(zone, sc->priority);
	shrink_zone(zone, sc);
	sc->nr_reclaimed += kmem_cache_reap(sc->gfp_mask);
	if (!zone->all_unreclaimable &&
	    zone->pages_scanned >= (zone->nr_active + zone->nr_inactive) * 4)
		zone->all_unreclaimable = true;
	return ok;
}

/*
 * From the lowest zone up to the highest that has too little, those in between too: the allocator
 * comes from the other end, and so does not take behind kswapd's back what it has just freed.
 * true: all of them had enough.
 */
static bool balance_zones(zone_t *end_zone, struct scan_control *sc)
{
	bool all_zones_ok = true;
	zone_t *zone;

	for (zone = VM->zones; zone <= end_zone; zone++) {
		if (!zone->size || (zone->all_unreclaimable && sc->priority != DEF_PRIORITY))
			continue;
		all_zones_ok &= balance_zone(zone, sc);
	}
	return all_zones_ok;
}

/*
 * Once through the priorities. true: nothing is left to do. Up to 2.6.10 total_scanned was never
 * counted up, so that kswapd did not nap; a zone of a few pages would be given up for lost before
 * the disk had made its first seek, so it is 2.6.11 here.
 */
static bool balance_round(struct scan_control *sc)
{
	u32 total_reclaimed = 0, total_scanned = 0, i;
	bool ok = false;

	for (i = 0; i < MAX_NR_ZONES; i++)
		VM->zones[i].temp_priority = DEF_PRIORITY;
	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		zone_t *end_zone = find_end_zone(sc->priority);

		sc->nr_scanned = sc->nr_reclaimed = 0;
		ok = !end_zone || balance_zones(end_zone, sc);
		if (ok)
			break;
		total_scanned += sc->nr_scanned;
		if (total_scanned && sc->priority < DEF_PRIORITY - 2)
			blk_congestion_wait(TENTH_NS);
		total_reclaimed += sc->nr_reclaimed;
		if (total_reclaimed >= SWAP_CLUSTER_MAX)
			break;
	}
	for (i = 0; i < MAX_NR_ZONES; i++)
		VM->zones[i].prev_priority = VM->zones[i].temp_priority;
	return ok;
}

/* There is one node. */
static void balance_pgdat(void)
{
	FN;
	struct scan_control sc = {
		.gfp_mask = GFP_KERNEL,
		.swap_cluster_max = SWAP_CLUSTER_MAX,
	};

	for (;;) {
		sc.nr_mapped = VM->nr_mapped;
		if (balance_round(&sc))
			return;
		schedule(); /* cond_resched: others may free pages, disks may write them */
	}
}

/* PF_MEMALLOC: it may take the last frames, because it needs them to free more. */
static void kswapd(void *machine)
{
	FN;

	(void)machine;
	current->flags |= PF_MEMALLOC;
	for (;;) {
		sleep_on(&VM->kswapd);
		balance_pgdat();
	}
}

/* -- for the experimenter -------------------------------------------------------------------- */

/*
 * Passes as try_to_free_pages has them, by somebody who, like it, must not fall into reclaim again;
 * and whatever happens, nobody is killed for it. Like __alloc_pages it tries again as long as there
 * is hope: the pass freed something, or has met pages that are being written, or was too short for
 * a batch to come together, which on a small machine is how most of them are: 13 priorities are 13
 * pages at least, so the third has one.
 */
static u32 reclaim_passes(zone_t *classzone, u32 want)
{
	struct scan_control sc = { .gfp_mask = GFP_KERNEL };
	u32 freed = 0, before, idle = 0;

	do {
		before = freed;
		sc.nr_batches = sc.nr_in_flight = 0;
		sc.swap_cluster_max = want - freed < SWAP_CLUSTER_MAX ? want - freed :
								       SWAP_CLUSTER_MAX;
		if (!reclaim_for(classzone, &sc, &freed) && sc.nr_in_flight)
			blk_congestion_wait(TENTH_NS);
		idle = sc.nr_batches ? 0 : idle + 1;
	} while (freed < want && (freed > before || sc.nr_in_flight || (idle && idle < 3)));
	return freed;
}

/* The best zone there is. And none is given up for lost when somebody asks on purpose. */
static zone_t *zones_anew(void)
{
	zone_t *zone, *classzone = NULL;

	for (zone = VM->zones; zone < VM->zones + MAX_NR_ZONES; zone++) {
		zone->pages_scanned = 0;
		zone->all_unreclaimable = false;
		if (zone->size)
			classzone = zone;
	}
	return classzone;
}

static u32 reclaim(u32 want)
{
	FN;
	u32 freed, memalloc = current->flags & PF_MEMALLOC;

	if (!want)
		return 0;
	current->flags |= PF_MEMALLOC;
	VM->no_oom = true;
	freed = reclaim_passes(zones_anew(), want);
	VM->no_oom = false;
	if (!memalloc)
		current->flags &= ~PF_MEMALLOC;
	return freed;
}

const struct vmscan_ops vmscan_2004 = {
	.name = "2004",
	.try_to_free_pages = try_to_free_pages,
	.reclaim = reclaim,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2004,
	.setup_watermarks = setup_watermarks_2004,
};
