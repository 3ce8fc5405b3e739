/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim as it was in 2.6.16; 4.0 has it here, too, though by then there was a list for anonymous
 * pages and one for those of files. What 2.6.8 began was mended and evened out:
 *
 *	shrink_list     a page that is being written counts as looked at
 *	shrink_zone     does all that is due, however much that frees
 *	direct reclaim  what all passes freed counts; who is to be killed for want of memory
 *	                is __alloc_pages' business (try_to_free_pages_2006)
 *	kswapd          begins anew until all zones have enough or are given up; a round ends when
 *	                it has freed 32 pages; from priority 9 on it naps while the disk is busy
 *	swap token      taken away before priority 0, from whoever has it
 *	give up         when four times as many pages were looked at as are on the lists, active
 *	                ones included (before, a zone without inactive pages was never given up, and
 *	                kswapd span)
 *
 * Source: 2.6.14, 2.6.18 mm/vmscan.c.
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

static enum fate shrink_locked_page(struct page *page, struct scan_control *sc)
{
	enum fate fate;
	int referenced;

	BUG_ON(PageActive(page));
	sc->nr_scanned++;
	count_slab_pressure(page, sc);
	if (PageWriteback(page))
		return being_written(page, sc);

	fate = unmap_page(page, &referenced);
	if (fate == GO_ON && PageDirty(page))
		fate = write_page_2004(page, referenced, sc);
	return fate == GO_ON ? remove_mapping(page) : fate;
}

static bool stays_active(struct page *page, bool reclaim_mapped)
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
		}
	}
	EV(RECLAIM_END, (u32)sc->priority, sc->nr_to_reclaim > 0 ? (u32)sc->nr_to_reclaim : 0);
}

/* -- direct reclaim -------------------------------------------------------------------------- */

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
	u32 total_scanned = 0, total_reclaimed = 0;

	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		if (!sc->priority)
			disable_swap_token();
		sc->nr_mapped = VM->nr_mapped;
		sc->nr_scanned = sc->nr_reclaimed = 0;
		shrink_caches(classzone, sc);
		sc->nr_reclaimed += shrink_slab(sc->nr_scanned, sc->gfp_mask);
		total_scanned += sc->nr_scanned;
		total_reclaimed += sc->nr_reclaimed;
		if (total_reclaimed >= sc->swap_cluster_max)
			return true;
		wake_pdflush_after(total_scanned, sc);
		if (sc->nr_scanned && sc->priority < DEF_PRIORITY - 2)
			blk_congestion_wait(TENTH_NS);
	}
	return false;
}

/* -- kswapd ---------------------------------------------------------------------------------- */

/* One zone. true: it has enough, what those up to end_zone may not take from it included. */
static bool balance_zone(zone_t *zone, const zone_t *end_zone, struct scan_control *sc)
{
	bool ok = zone->free_pages > zone->pages_high + zone->lowmem_reserve[end_zone->index];
	u32 nr_slab;

	EV(KSWAPD_BALANCE, zone->index, zone->free_pages, zone->pages_high);
	set_priority(zone, sc->priority);
	shrink_zone(zone, sc);
	nr_slab = shrink_slab(sc->nr_scanned, sc->gfp_mask);
	sc->nr_reclaimed += nr_slab;
	if (!nr_slab && zone->pages_scanned >= (zone->nr_active + zone->nr_inactive) * 4)
		zone->all_unreclaimable = true;
	return ok;
}

/* What a round of kswapd has come to so far. */
struct round {
	u32 scanned, reclaimed;
};

/*
 * From the lowest zone up to end_zone: the allocator comes from the other end, and so does not take
 * behind kswapd's back what it has just freed. true: all of them had enough.
 */
static bool balance_zones(const zone_t *end_zone, struct scan_control *sc, struct round *round)
{
	bool all_zones_ok = true;
	zone_t *zone;

	for (zone = VM->zones; zone <= end_zone; zone++) {
		if (skip_zone(zone, sc->priority))
			continue;
		sc->nr_scanned = sc->nr_reclaimed = 0;
		all_zones_ok &= balance_zone(zone, end_zone, sc);
		round->scanned += sc->nr_scanned;
		round->reclaimed += sc->nr_reclaimed;
	}
	return all_zones_ok;
}

/* Through the priorities once, or until 32 pages are free. true: nothing is left to do. */
static bool balance_round(struct scan_control *sc)
{
	zone_t *top = &VM->zones[MAX_NR_ZONES - 1];
	struct round round = { 0 };
	bool all_zones_ok = false;

	begin_priorities(top);
	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		const zone_t *end_zone;

		if (!sc->priority)
			disable_swap_token();
		end_zone = find_end_zone(sc->priority);

		all_zones_ok = !end_zone || balance_zones(end_zone, sc, &round);
		if (all_zones_ok)
			break;
		if (round.scanned && sc->priority < DEF_PRIORITY - 2)
			blk_congestion_wait(TENTH_NS);
		if (round.reclaimed >= SWAP_CLUSTER_MAX)
			break;
	}
	end_priorities(top);
	return all_zones_ok;
}

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

static const struct vmscan_version version_2_6_16 = {
	.slab_pressure = SLAB_BATCHES,
	.shrink_locked_page = shrink_locked_page,
	.stays_active = stays_active,
	.shrink_at_all_priorities = shrink_at_all_priorities,
	.balance_pgdat = balance_pgdat,
	.counts_active = true,
};

const struct vmscan_ops vmscan_2_6_16 = {
	.name = "2.6.16",
	.try_to_free_pages = try_to_free_pages_2006,
	.reclaim = reclaim_2004,
	.refill_inactive = refill_inactive_2004,
	.kswapd = kswapd_2004,
	.referenced = referenced_2004,
	.unmap = unmap_2004,
	.alloc_pages = alloc_pages_2006,
	.setup_watermarks = setup_watermarks_2004,
	.version = &version_2_6_16,
};
