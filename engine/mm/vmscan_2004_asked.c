/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an experimenter may ask of the reclaim of 2.6, one step at a time: to move pages down,
 * whether a page was used, to unmap a page. Each does first what the kernel's own caller does.
 */
#define LRU_2004
#include "kernels.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

#include <errno.h>

/* Look at nr_pages active pages, those of the highest zone first. */
void refill_inactive_2004(u32 nr_pages)
{
	FN_AS("refill_inactive");
	struct scan_control sc = { .gfp_mask = GFP_KERNEL, .nr_mapped = VM->nr_mapped };
	zone_t *zone;

	lru_add_drain();
	for (zone = &VM->zones[MAX_NR_ZONES - 1]; zone >= VM->zones && nr_pages; zone--) {
		sc.nr_to_scan = zone->nr_active < nr_pages ? zone->nr_active : nr_pages;
		nr_pages -= sc.nr_to_scan;
		if (sc.nr_to_scan)
			refill_inactive_zone(zone, &sc);
	}
}

/* A reference to a page, if it is on one of the lists and not about to be freed. What waits in the
 * pagevecs of this cpu is on the lists now; reclaim drains them before it looks, too. It would not
 * come to a page that waits for another cpu yet, but whoever asks about one wants an answer. */
static bool get_lru_page(struct page *page)
{
	zone_t *zone = page_zone(page);
	bool got;

	lru_add_drain();
	if (!PageLRU(page) && current->machine->config.cpus > 1)
		lru_add_drain_all();
	spin_lock(&zone->lru_lock);
	got = PageLRU(page) && get_page_on_list(page);
	spin_unlock(&zone->lru_lock);
	return got;
}

/* What refill_inactive_zone does around the question; the page stays where it is on its list. */
int referenced_2004(struct page *page)
{
	FN_AS("referenced");
	int ret;

	if (!get_lru_page(page))
		return -EINVAL;
	map_lock(page);
	ret = page_referenced(page, false);
	map_unlock(page);
	page_cache_release(page);
	return ret;
}

/* A place in swap for an anonymous page that has none. The map lock is dropped for it and retaken,
 * as in shrink_list. */
static bool give_backing_store(struct page *page)
{
	bool ok;

	if (!page_mapped(page) || !wants_swap_slot(page))
		return true;
	map_unlock(page);
	ok = add_to_swap(page);
	if (!ok)
		activate_page(page);
	map_lock(page);
	return ok;
}

/*
 * What shrink_list does with a page up to the unmapping. It asks whether the page was used, and
 * from 2.6.7 on try_to_unmap relies on that: a pte that is still marked as used must not go. Here
 * the answer does not matter. As there the page has one reference more than its cache and its ptes.
 */
int unmap_2004(struct page *page)
{
	FN_AS("unmap");
	int ret = SWAP_SUCCESS;

	if (!get_lru_page(page))
		return -EINVAL;
	lock_page(page);
	wait_on_page_writeback(page);
	map_lock(page);
	page_referenced(page, true);
	if (!give_backing_store(page))
		ret = VM->nr_swap_pages > 0 ? -ENOMEM : -ENOSPC;
	else if (page_mapped(page) && page_mapping(page))
		ret = try_to_unmap(page);
	map_unlock(page);
	unlock_page(page);
	page_cache_release(page);
	return ret;
}
