/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim as it was in 2.6.0. It knows how many pages it wants, and looks at twice as many of the
 * inactive list, or at the share of it that the priority says, whichever is more:
 *
 *	            wanted                     max_scan
 *	direct      32                         max(inactive >> priority, 64)
 *	kswapd      pages_high - free_pages    max(inactive >> priority, twice that, 32)
 *
 * For each pass active pages are due in proportion to the lengths of the lists, so that the active
 * list comes to two thirds of all; what is due collects in refill_counter (nr_scan_active here)
 * until it is more than 32, and 128 at most go at once:
 *
 *	due = wanted * active / (2 * inactive) + 1
 *
 * What was mended afterwards: it asks each mapped active page whether it was used, and so forgets
 * that it was, though mapped pages are not to go at all (2.6.5 does not ask). Whether a write may
 * enter a file system is settled before an anonymous page is given its slot, so that GFP_NOFS
 * cannot write what it has just put into swap (2.6.3). kswapd never waits for the disk: what it
 * waits for is the rest of a wish for pages, and without one that is never above 0. It goes through
 * priorities 12 to 1 once and goes to sleep, until an allocation wakes it again.
 *
 * Source: 2.6.0 mm/vmscan.c.
 */
#define VMSCAN_GENERATION
#define LRU_2004
#include "kernels.h"
#include "mm/dcache.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

static u32 max(u32 a, u32 b)
{
	return a > b ? a : b;
}

/* -- which label ----------------------------------------------------------------------------- */

static enum fate shrink_locked_page(struct page *page, struct scan_control *sc)
{
	enum fate fate;
	bool enter_fs;
	int referenced;

	count_slab_pressure(page, sc);
	BUG_ON(PageActive(page));
	enter_fs = may_enter_fs(page, sc);
	if (PageWriteback(page))
		return being_written(page, sc);

	fate = unmap_page(page, &referenced);
	if (fate == GO_ON && PageDirty(page))
		fate = write_page_2003(page, referenced, enter_fs, sc);
	return fate == GO_ON ? remove_mapping(page) : fate;
}

static bool stays_active(struct page *page, bool reclaim_mapped)
{
	if (page_mapped(page) && (was_used(page) || !reclaim_mapped))
		return true;
	return no_place_for(page);
}

/* -- shrink_zone ----------------------------------------------------------------------------- */

/* Batches of what is wanted, 32 at least, until that is freed or max_scan are looked at. */
static void shrink_cache(zone_t *zone, struct scan_control *sc, u32 nr_pages, u32 max_scan)
{
	FN;
	struct pagevec pvec = { .cold = true };
	s32 left = (s32)max_scan;

	sc->nr_to_reclaim = (s32)nr_pages;
	lru_add_drain();
	spin_lock(&zone->lru_lock);
	while (left > 0 && sc->nr_to_reclaim > 0 &&
	       shrink_batch(zone, sc, max(nr_pages, SWAP_CLUSTER_MAX), &left, &pvec))
		;
	spin_unlock(&zone->lru_lock);
	__pagevec_release(&pvec);
}

static void shrink_zone(zone_t *zone, struct scan_control *sc, u32 nr_pages, u32 max_scan)
{
	FN;
	u32 ratio = (u32)((u64)nr_pages * zone->nr_active / ((zone->nr_inactive | 1) * 2));

	EV(RECLAIM_BEGIN, (u32)sc->priority, nr_pages, max_scan);
	zone->nr_scan_active += ratio + 1;
	if (zone->nr_scan_active > SWAP_CLUSTER_MAX) {
		sc->nr_to_scan = zone->nr_scan_active;
		if (sc->nr_to_scan > SWAP_CLUSTER_MAX * 4)
			sc->nr_to_scan = SWAP_CLUSTER_MAX * 4;
		zone->nr_scan_active -= sc->nr_to_scan;
		refill_inactive_zone(zone, sc);
	}
	shrink_cache(zone, sc, nr_pages, max_scan);
	EV(RECLAIM_END, (u32)sc->priority, sc->nr_to_reclaim > 0 ? (u32)sc->nr_to_reclaim : 0);
}

/* -- direct reclaim -------------------------------------------------------------------------- */

/* From classzone down, until one pass has freed enough. */
static void shrink_caches(zone_t *classzone, struct scan_control *sc)
{
	FN;
	u32 before = sc->nr_reclaimed, to_reclaim = max(sc->swap_cluster_max, SWAP_CLUSTER_MAX);
	zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--) {
		u32 max_scan;

		note_priority(zone, sc);
		if (skip_zone(zone, sc->priority))
			continue;
		max_scan = max(zone->nr_inactive >> sc->priority, to_reclaim * 2);
		sc->nr_scanned += max_scan;
		shrink_zone(zone, sc, to_reclaim, max_scan);
		if (sc->nr_reclaimed - before >= sc->swap_cluster_max)
			break;
	}
}

/* Who may not enter a file system has one try. Everybody else naps after each. */
static bool shrink_at_all_priorities(zone_t *classzone, struct scan_control *sc)
{
	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		sc->nr_mapped = VM->nr_mapped;
		sc->nr_scanned = 0;
		shrink_caches(classzone, sc);
		if (sc->nr_reclaimed >= sc->swap_cluster_max)
			return true;
		if (!(sc->gfp_mask & __GFP_FS))
			return false;
		wakeup_bdflush();
		blk_congestion_wait(TENTH_NS);
		if (classzone->index < ZONE_HIGHMEM)
			sc->nr_reclaimed += shrink_slab(sc->nr_scanned, sc->gfp_mask);
	}
	return false;
}

/* -- kswapd ---------------------------------------------------------------------------------- */

static void balance_zone(zone_t *zone, struct scan_control *sc)
{
	u32 to_reclaim = zone->pages_high - zone->free_pages;
	u32 max_scan = max(max(zone->nr_inactive >> sc->priority, to_reclaim * 2),
			   SWAP_CLUSTER_MAX);

	EV(KSWAPD_BALANCE, zone->index, zone->free_pages, zone->pages_high);
	zone->temp_priority = sc->priority;
	sc->nr_scanned = max_scan;
	shrink_zone(zone, sc, to_reclaim, max_scan);
	if (zone->index < ZONE_HIGHMEM)
		shrink_slab(sc->nr_scanned, sc->gfp_mask);
	if (zone->pages_scanned > zone->size * 2)
		zone->all_unreclaimable = true;
}

/* true: every zone has enough. */
static bool balance_zones(struct scan_control *sc)
{
	bool all_zones_ok = true;
	zone_t *zone;

	for (zone = VM->zones; zone < VM->zones + MAX_NR_ZONES; zone++) {
		if (skip_zone(zone, sc->priority) || zone->free_pages >= zone->pages_high)
			continue;
		all_zones_ok = false;
		balance_zone(zone, sc);
	}
	return all_zones_ok;
}

static void balance_pgdat(void)
{
	FN;
	struct scan_control sc = {
		.gfp_mask = GFP_KERNEL,
		.swap_cluster_max = SWAP_CLUSTER_MAX,
		.nr_mapped = VM->nr_mapped,
	};
	zone_t *top = &VM->zones[MAX_NR_ZONES - 1];

	begin_priorities(top);
	for (sc.priority = DEF_PRIORITY; sc.priority > 0; sc.priority--)
		if (balance_zones(&sc))
			break;
	end_priorities(top);
}

static const struct vmscan_version version_2_6_0 = {
	.slab_pressure = SLAB_TIMES_SEEKS,
	.shrink_locked_page = shrink_locked_page,
	.stays_active = stays_active,
	.shrink_at_all_priorities = shrink_at_all_priorities,
	.balance_pgdat = balance_pgdat,
};

const struct vmscan_ops vmscan_2_6_0 = {
	.name = "2.6.0",
	.try_to_free_pages = try_to_free_pages_2004,
	.reclaim = reclaim_2004,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd_2004,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2003,
	.setup_watermarks = setup_watermarks_2004,
	.version = &version_2_6_0,
};
