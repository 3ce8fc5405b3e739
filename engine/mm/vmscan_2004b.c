/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim as it was in 2.6.8, and as seed 001 left it in August 2004. Both lists of a zone give the
 * same share, and one page more, so that even the shortest is gone through in the end:
 *
 *	due += (length >> priority) + 1;	32 or more: in turns, 32 active, 32 inactive, ...
 *						until the zone has given 32
 *
 * A round of direct reclaim ends with a pass that frees 32 pages, what the passes before it freed
 * does not count. The priority of a pass shows at once in prev_priority, from which distress is
 * made. Who may not enter a file system goes through all priorities, too.
 *
 * kswapd runs through priorities 12 to 0 once and sleeps until it is woken again. Its nap depends
 * on total_scanned, which nobody counts up, up to 2.6.10: so it never waits for the disk. (That it
 * begins anew as long as a zone has too little is of October 2004, after seed 001; in released
 * 2.6.9, without the nap, it span when all pages were active and could not be swapped.)
 *
 * Seed 001: no map lock; and an anonymous page without swap is not even asked.
 *
 * Source: 2.6.8, 2.6.9 mm/vmscan.c, seed 001.
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

/* A page that is being written is not counted as looked at. */
static enum fate shrink_locked_page(struct page *page, struct scan_control *sc)
{
	enum fate fate;
	int referenced;

	BUG_ON(PageActive(page));
	if (PageWriteback(page))
		return being_written(page, sc);
	sc->nr_scanned++;
	count_slab_pressure(page, sc);

	fate = unmap_page(page, &referenced);
	if (fate == GO_ON && PageDirty(page))
		fate = write_page_2004(page, referenced, sc);
	return fate == GO_ON ? remove_mapping(page) : fate;
}

static bool stays_active_2_6_8(struct page *page, bool reclaim_mapped)
{
	if (page_mapped(page) && (!reclaim_mapped || was_used(page)))
		return true;
	return no_place_for(page);
}

static bool stays_active_2_6_9(struct page *page, bool reclaim_mapped)
{
	return page_mapped(page) && (!reclaim_mapped || no_place_for(page) || was_used(page));
}

/* -- shrink_zone ----------------------------------------------------------------------------- */

static u32 batch_of(u32 *due)
{
	u32 batch = *due < SWAP_CLUSTER_MAX ? *due : SWAP_CLUSTER_MAX;

	*due -= batch;
	return batch;
}

static void shrink_zone(zone_t *zone, struct scan_control *sc)
{
	FN;
	u32 nr_active = scan_due(&zone->nr_scan_active, (zone->nr_active >> sc->priority) + 1);
	u32 nr_inactive = scan_due(&zone->nr_scan_inactive,
				   (zone->nr_inactive >> sc->priority) + 1);

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

/* -- direct reclaim -------------------------------------------------------------------------- */

/* All zones that are of use to classzone, the best first. */
static void shrink_caches(zone_t *classzone, struct scan_control *sc)
{
	FN;
	zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--) {
		set_priority(zone, sc->priority);
		if (!skip_zone(zone, sc->priority)) /* given up: kswapd asks it now and then */
			shrink_zone(zone, sc);
	}
}

static bool shrink_at_all_priorities(zone_t *classzone, struct scan_control *sc)
{
	u32 total_scanned = 0;

	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		sc->nr_mapped = VM->nr_mapped;
		sc->nr_scanned = sc->nr_reclaimed = 0;
		shrink_caches(classzone, sc);
		sc->nr_reclaimed += shrink_slab(sc->nr_scanned, sc->gfp_mask);
		if (sc->nr_reclaimed >= sc->swap_cluster_max)
			return true;
		total_scanned += sc->nr_scanned;
		wake_pdflush_after(total_scanned, sc);
		if (sc->nr_scanned && sc->priority < DEF_PRIORITY - 2)
			blk_congestion_wait(TENTH_NS);
	}
	return false;
}

/* -- kswapd ---------------------------------------------------------------------------------- */

/* true: the zone had enough, and was scanned all the same. */
static bool balance_zone(zone_t *zone, struct scan_control *sc)
{
	bool ok = zone->free_pages > zone->pages_high;

	EV(KSWAPD_BALANCE, zone->index, zone->free_pages, zone->pages_high);
	set_priority(zone, sc->priority);
	sc->nr_scanned = sc->nr_reclaimed = 0;
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
static bool balance_zones(const zone_t *end_zone, struct scan_control *sc)
{
	bool all_zones_ok = true;
	zone_t *zone;

	for (zone = VM->zones; zone <= end_zone; zone++)
		if (!skip_zone(zone, sc->priority))
			all_zones_ok &= balance_zone(zone, sc);
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
	for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
		const zone_t *end_zone = find_end_zone(sc.priority);

		if (!end_zone || balance_zones(end_zone, &sc))
			break;
	}
	end_priorities(top);
}

static const struct vmscan_version version_2_6_8 = {
	.slab_pressure = SLAB_PER_CENT,
	.shrink_locked_page = shrink_locked_page,
	.stays_active = stays_active_2_6_8,
	.shrink_at_all_priorities = shrink_at_all_priorities,
	.balance_pgdat = balance_pgdat,
};

static const struct vmscan_version version_2_6_9 = {
	.slab_pressure = SLAB_BATCHES,
	.shrink_locked_page = shrink_locked_page,
	.stays_active = stays_active_2_6_9,
	.shrink_at_all_priorities = shrink_at_all_priorities,
	.balance_pgdat = balance_pgdat,
};

const struct vmscan_ops vmscan_2_6_8 = {
	.name = "2.6.8",
	.try_to_free_pages = try_to_free_pages_2004,
	.reclaim = reclaim_2004,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd_2004,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2004,
	.setup_watermarks = setup_watermarks_2004,
	.version = &version_2_6_8,
};

const struct vmscan_ops vmscan_2_6_9 = {
	.name = "2.6.9",
	.try_to_free_pages = try_to_free_pages_2004,
	.reclaim = reclaim_2004,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd_2004,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2004b,
	.setup_watermarks = setup_watermarks_2004,
	.version = &version_2_6_9,
};
