/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim as it was in 2.6.5 and 2.6.6. Nobody says any more how many pages he wants: a pass looks
 * at a share of the inactive list, freeing what it can, and it is enough when all passes together
 * have come to 32 pages. Of each zone are due:
 *
 *	inactive    inactive >> priority; a short list may have to wait for many passes
 *	active      32 * active / (2 * inactive) + 1; the whole of it at once, when it is 32
 *
 * Mapped active pages are asked whether they were used only when they could go. kswapd looks for
 * the highest zone that has too little, and scans all from the lowest up to that one, those with
 * enough as well. One run is priorities 12 to 1, then it sleeps until it is woken again.
 *
 *	2.6.5   kswapd's nap depends on a count that nobody counts up: it never naps
 *	2.6.6   the count is one of all passes; pdflush is only woken when 48 pages were looked at
 *
 * Source: 2.6.5, 2.6.6 mm/vmscan.c.
 */
#define VMSCAN_GENERATION
#define LRU_2004
#include "kernels.h"
#include "mm/dcache.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

/* -- which label ----------------------------------------------------------------------------- */

/* A page that is being written counts as looked at, too. */
static enum fate shrink_locked_page(struct page *page, struct scan_control *sc)
{
	enum fate fate;
	int referenced;

	count_slab_pressure(page, sc);
	BUG_ON(PageActive(page));
	if (PageWriteback(page))
		return being_written(page, sc);

	fate = unmap_page(page, &referenced);
	if (fate == GO_ON && PageDirty(page))
		fate = write_page_2003(page, referenced, may_enter_fs(page, sc), sc);
	return fate == GO_ON ? remove_mapping(page) : fate;
}

static bool stays_active(struct page *page, bool reclaim_mapped)
{
	if (page_mapped(page) && (!reclaim_mapped || was_used(page)))
		return true;
	return no_place_for(page);
}

/* -- shrink_zone ----------------------------------------------------------------------------- */

/*
 * Of a list of less than 4,096 pages nothing is due at 12. A zone that was given up is looked at
 * then only, so such a zone would be lost for good, as soon as nobody is left to free a page; a
 * machine of this model may have no other. It has one page due (2.6.8 adds one everywhere).
 */
static u32 inactive_share(const zone_t *zone, s32 priority)
{
	u32 share = zone->nr_inactive >> priority;

	return !share && zone->all_unreclaimable && zone->nr_inactive ? 1 : share;
}

static void shrink_zone(zone_t *zone, struct scan_control *sc)
{
	FN;
	u32 ratio = SWAP_CLUSTER_MAX * zone->nr_active / ((zone->nr_inactive | 1) * 2);
	u32 max_scan = inactive_share(zone, sc->priority), taken = sc->nr_taken;

	EV(RECLAIM_BEGIN, (u32)sc->priority, sc->swap_cluster_max, max_scan);
	sc->nr_to_reclaim = (s32)sc->swap_cluster_max;
	sc->nr_to_scan = scan_due(&zone->nr_scan_active, ratio + 1);
	if (sc->nr_to_scan)
		refill_inactive_zone(zone, sc);
	sc->nr_to_scan = scan_due(&zone->nr_scan_inactive, max_scan);
	if (sc->nr_to_scan)
		shrink_cache_2004(zone, sc);
	sc->nr_scanned += sc->nr_taken - taken;
	EV(RECLAIM_END, (u32)sc->priority, sc->nr_to_reclaim > 0 ? (u32)sc->nr_to_reclaim : 0);
}

/* -- direct reclaim -------------------------------------------------------------------------- */

static void shrink_caches(zone_t *classzone, struct scan_control *sc)
{
	FN;
	zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--) {
		note_priority(zone, sc);
		if (!skip_zone(zone, sc->priority))
			shrink_zone(zone, sc);
	}
}

/* One priority. true: with this it is enough. */
static bool shrink_at(zone_t *classzone, struct scan_control *sc)
{
	sc->nr_mapped = VM->nr_mapped;
	sc->nr_scanned = 0;
	shrink_caches(classzone, sc);
	sc->nr_reclaimed += shrink_slab(sc->nr_scanned, sc->gfp_mask);
	return sc->nr_reclaimed >= sc->swap_cluster_max;
}

static void nap(const struct scan_control *sc)
{
	if (sc->nr_scanned && sc->priority < DEF_PRIORITY - 2)
		blk_congestion_wait(TENTH_NS);
}

static bool shrink_at_all_priorities_2_6_5(zone_t *classzone, struct scan_control *sc)
{
	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		if (shrink_at(classzone, sc))
			return true;
		if (!(sc->gfp_mask & __GFP_FS))
			return false;
		wakeup_bdflush();
		nap(sc);
	}
	return false;
}

static bool shrink_at_all_priorities_2_6_6(zone_t *classzone, struct scan_control *sc)
{
	u32 total_scanned = 0;

	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		if (shrink_at(classzone, sc))
			return true;
		if (!(sc->gfp_mask & __GFP_FS))
			return false;
		total_scanned += sc->nr_scanned;
		wake_pdflush_after(total_scanned, sc);
		nap(sc);
	}
	return false;
}

/* -- kswapd ---------------------------------------------------------------------------------- */

/* true: the zone had enough, and was scanned all the same. */
static bool balance_zone(zone_t *zone, struct scan_control *sc)
{
	bool ok = zone->free_pages > zone->pages_high;

	EV(KSWAPD_BALANCE, zone->index, zone->free_pages, zone->pages_high);
	zone->temp_priority = sc->priority;
	sc->nr_scanned = 0;
	shrink_zone(zone, sc);
	shrink_slab(sc->nr_scanned, sc->gfp_mask);
	if (zone->pages_scanned > zone->size * 2)
		zone->all_unreclaimable = true;
	return ok;
}

/*
 * From the lowest zone up to end_zone: the allocator comes from the other end, and so does not take
 * behind kswapd's back what it has just freed. true: all of them had enough.
 */
static bool balance_zones(const zone_t *end_zone, struct scan_control *sc, u32 *total_scanned)
{
	bool all_zones_ok = true;
	zone_t *zone;

	for (zone = VM->zones; zone <= end_zone; zone++) {
		if (skip_zone(zone, sc->priority))
			continue;
		all_zones_ok &= balance_zone(zone, sc);
		*total_scanned += sc->nr_scanned;
	}
	return all_zones_ok;
}

static void balance(bool naps)
{
	struct scan_control sc = {
		.gfp_mask = GFP_KERNEL,
		.swap_cluster_max = SWAP_CLUSTER_MAX,
		.nr_mapped = VM->nr_mapped,
	};
	zone_t *top = &VM->zones[MAX_NR_ZONES - 1];
	u32 total_scanned = 0;

	begin_priorities(top);
	for (sc.priority = DEF_PRIORITY; sc.priority > 0; sc.priority--) {
		const zone_t *end_zone = find_end_zone(sc.priority);

		if (!end_zone || balance_zones(end_zone, &sc, &total_scanned))
			break;
		if (naps && total_scanned && sc.priority < DEF_PRIORITY - 2)
			blk_congestion_wait(TENTH_NS);
	}
	end_priorities(top);
}

static void balance_pgdat_2_6_5(void)
{
	FN_AS("balance_pgdat");

	balance(false);
}

static void balance_pgdat_2_6_6(void)
{
	FN_AS("balance_pgdat");

	balance(true);
}

static const struct vmscan_version version_2_6_5 = {
	.slab_pressure = SLAB_ALL_DUE,
	.shrink_locked_page = shrink_locked_page,
	.stays_active = stays_active,
	.shrink_at_all_priorities = shrink_at_all_priorities_2_6_5,
	.balance_pgdat = balance_pgdat_2_6_5,
};

static const struct vmscan_version version_2_6_6 = {
	.slab_pressure = SLAB_ALL_DUE,
	.shrink_locked_page = shrink_locked_page,
	.stays_active = stays_active,
	.shrink_at_all_priorities = shrink_at_all_priorities_2_6_6,
	.balance_pgdat = balance_pgdat_2_6_6,
};

const struct vmscan_ops vmscan_2_6_5 = {
	.name = "2.6.5",
	.try_to_free_pages = try_to_free_pages_2004,
	.reclaim = reclaim_2004,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd_2004,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2003,
	.setup_watermarks = setup_watermarks_2004,
	.version = &version_2_6_5,
};

const struct vmscan_ops vmscan_2_6_6 = {
	.name = "2.6.6",
	.try_to_free_pages = try_to_free_pages_2004,
	.reclaim = reclaim_2004,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd_2004,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2004,
	.setup_watermarks = setup_watermarks_2004,
	.version = &version_2_6_6,
};
