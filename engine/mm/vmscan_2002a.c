/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page replacement of 2.5.26, before there was any rmap: what becomes of a page at the tail of the
 * inactive list. Nobody can be asked who maps it; that somebody does is guessed from its count.
 *
 *	tail of inactive (every page that is looked at goes to the head first)
 *	   | being freed, wrong zone -------------------------------------> another lap
 *	   | more than one reference, or in no cache ---------------------> "mapped": another lap
 *	   | being written, locked ---------------------------------------> another lap
 *	   | dirty: start writing ----------------------------------------> another lap
 *	   | somebody has taken a reference meanwhile --------------------> "mapped": another lap
 *	   v
 *	freed
 *
 * Every page that is "mapped" is counted, and when the pass has met max_mapped of them it gives up
 * the list: swap_out walks the page tables of one process after the other and takes pages out of
 * them, whichever it meets. Perhaps, the next time round, one of those at the tail is nobody's any
 * more. PG_referenced is all that the lists know about use: it is set by read(), by a fault, and by
 * swap_out on behalf of a pte.
 *
 * Source: 2.5.26 mm/vmscan.c; the lines that seed 000 removes. PG_private does not exist in this
 * model. The labels of the original's one long function are in the comments.
 */
#define VMSCAN_GENERATION
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2002.h"

/* What shrink_cache found out about a page. */
enum fate { PASSED_OVER, IN_USE, FREED };

/* From the page lock on, which is released in every case. */
static enum fate shrink_locked_page(struct scan *scan, struct page *page, bool may_enter_fs)
{
	struct address_space *mapping = page->mapping;

	if (PageDirty(page) && is_page_cache_freeable(page) && mapping && may_enter_fs) {
		scan->max_scan -= page_write(page);
		return PASSED_OVER;
	}
	/* The check that nobody can overtake: who wants the page must find it in its mapping. */
	if (mapping) {
		spin_lock(&mapping->page_lock);
		if (is_page_cache_freeable(page))
			return page_freeable(page, mapping) ? FREED : PASSED_OVER;
		spin_unlock(&mapping->page_lock);
	}
	unlock_page(page);
	return IN_USE;
}

/* In use by what its count says, without a lock: not worth trying to lock it. A page whose only
 * reference is not a cache's is an anonymous one that a single pte maps. */
static bool seems_in_use(const struct page *page)
{
	return page_count(page) != 1 || !page->mapping;
}

/* What becomes of one page. pagemap_lru_lock held, perhaps dropped and retaken. */
static enum fate shrink_page(struct scan *scan, struct page *page)
{
	bool may_enter_fs;

	if (!page_count(page)) {
		EV(SCAN_SKIP, page_to_pfn(page), BEING_FREED);
		return PASSED_OVER;
	}
	if (!memclass(page_zone(page), scan->classzone)) {
		EV(SCAN_SKIP, page_to_pfn(page), WRONG_ZONE);
		return PASSED_OVER;
	}
	if (seems_in_use(page))
		return IN_USE;
	may_enter_fs = may_write(scan, page);
	if (PageWriteback(page)) {
		EV(SCAN_SKIP, page_to_pfn(page), BEING_WRITTEN);
		if (may_enter_fs)
			throttle_on_writeback(page);
		return PASSED_OVER;
	}
	if (!trylock_page(page)) {
		EV(SCAN_SKIP, page_to_pfn(page), LOCKED);
		return PASSED_OVER;
	}
	if (PageWriteback(page)) { /* this time it is certain */
		unlock_page(page);
		return PASSED_OVER;
	}
	return shrink_locked_page(scan, page, may_enter_fs);
}

/* Machines with fewer frames than these 16 MiB have the limit scaled down. */
#define WHOLE_LIMIT (16u << 20 >> PAGE_SHIFT)

/*
 * How many pages in use a pass puts up with. The kernel has no more than the shift, and as a pass
 * looks at a part of the list only, it never walks page tables before 1,542 pages are inactive: a
 * machine with a few MiB would not swap at all. So that it does here, the limit goes by its size.
 */
static int max_mapped(int nr_pages, int priority)
{
	u32 limit = (u32)nr_pages << (9 - priority);

	if (VM->max_mapnr < WHOLE_LIMIT)
		limit = limit * VM->max_mapnr / WHOLE_LIMIT;
	return (int)limit;
}

/* page_mapped: false: there were too many of these. */
static bool pass_over_mapped(struct scan *scan, const struct page *page)
{
	bool enough = --scan->max_mapped < 0;

	EV(SCAN_MAPPED, page_to_pfn(page), enough ? 0 : (u32)scan->max_mapped + 1);
	return !enough;
}

/*
 * Free up to nr_pages, looking at max_scan pages at most. How many are missing. The lower the
 * priority is by now, the more pages in use are passed over before page tables are walked.
 */
static int shrink_cache(int nr_pages, zone_t *classzone, u32 gfp_mask, int priority, int max_scan)
{
	FN;
	struct scan scan = {
		classzone, gfp_mask, priority, nr_pages, max_scan, max_mapped(nr_pages, priority),
	};

	spin_lock(&VM->pagemap_lru_lock);
	while (--scan.max_scan >= 0 && !list_empty(&VM->inactive_list)) {
		struct page *page;
		enum fate fate;

		if (current->need_resched) {
			spin_unlock(&VM->pagemap_lru_lock);
			schedule();
			spin_lock(&VM->pagemap_lru_lock);
			continue;
		}
		page = next_inactive_page();
		fate = shrink_page(&scan, page);
		if (fate == IN_USE && !pass_over_mapped(&scan, page)) {
			spin_unlock(&VM->pagemap_lru_lock);
			swap_out((u32)priority, gfp_mask, classzone);
			return scan.nr_pages;
		}
		if (fate == FREED && --scan.nr_pages == 0)
			break;
	}
	spin_unlock(&VM->pagemap_lru_lock);
	return scan.nr_pages;
}

/*
 * One page from the tail of the active list: to its head if it was referenced, else to the inactive
 * list, and now it counts as referenced: one use there brings it back, where a page that has never
 * been active needs two.
 */
static void refill_page(struct page *page)
{
	EV(SCAN, page_to_pfn(page), 1);
	charge(CACHE_LINE);
	if (TestClearPageReferenced(page)) {
		list_del(&page->lru);
		list_add(&page->lru, &VM->active_list);
		EV(ROTATE, page_to_pfn(page), 1);
		return;
	}
	del_page_from_active_list(page);
	add_page_to_inactive_list(page);
	SetPageReferenced(page);
	count(pgdeactivate);
	EV(DEACTIVATE, page_to_pfn(page));
}

/* Look at nr_pages of the active list, from the tail, each at most once. */
static void refill_inactive(u32 nr_pages)
{
	FN;
	struct list_head *entry;

	spin_lock(&VM->pagemap_lru_lock);
	entry = list_prev(&VM->active_list);
	while (nr_pages-- && entry != &VM->active_list) {
		struct page *page = list_entry(entry, struct page, lru);

		entry = list_prev(entry);
		refill_page(page);
	}
	spin_unlock(&VM->pagemap_lru_lock);
}

/* Who maps a page nobody can be asked, so the experimenter's two questions are not there. */
const struct vmscan_ops vmscan_2002a = {
	.name = "2002a",
	.virtual_scan = true,
	.try_to_free_pages = try_to_free_pages_2002,
	.reclaim = reclaim_2002,
	.shrink_cache = shrink_cache,
	.refill_inactive = refill_inactive,
	.kswapd = kswapd_2002,
	.setup_watermarks = setup_watermarks_2002,
};
