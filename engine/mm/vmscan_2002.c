/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page replacement of July 2002, with minimal rmap: what becomes of a page at the tail of the
 * inactive list. Every page that is looked at goes to the head of the list first, so whatever is
 * not decided otherwise has another lap.
 *
 *	tail of inactive
 *	   | being freed, wrong zone, locked, being written --------------> another lap
 *	   | used since last time, and in use at all ---------------------> head of active
 *	   | anonymous without a slot: add_to_swap         (none left) ---> head of active
 *	   | mapped: try_to_unmap                 (a pte is mlocked) -----> head of active
 *	   |                            (a page_table_lock is taken) -----> another lap
 *	   | dirty: start writing ----------------------------------------> another lap
 *	   | somebody else has a reference -------------------------------> another lap
 *	   v
 *	freed
 *
 * Before this patch reclaim walked page tables, process after process, hoping to meet every pte of
 * a page some day (swap_out). Now it asks the page who maps it.
 *
 * Locks, outermost first: pagemap_lru_lock, page lock (trylock), chain lock, page_table_lock
 * (trylock, in try_to_unmap_one). Whoever may sleep drops pagemap_lru_lock and holds a reference.
 *
 * Source: seed 000, mm/vmscan.c (commit c48c43e6). PG_private does not exist in this model, there
 * are no buffers: where the kernel asks for it, nothing stands here. The labels of the original's
 * one long function are the names of the functions below.
 */
#define VMSCAN_GENERATION
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2002.h"
#include "rmap/rmap.h"

#include <errno.h>

/* In 2002 nobody asked whether the page is locked: the chain lock is what counts. */
#define page_referenced(page) page_referenced(page, true)

/* -- shrink_cache -------------------------------------------------------------------------- */

bool is_page_cache_freeable(const struct page *page)
{
	return page_count(page) == 1;
}

/* Swapping never enters a file system, so it is safe for those that must not. */
bool may_write(const struct scan *scan, const struct page *page)
{
	return scan->gfp_mask & __GFP_FS ||
	       (PageSwapCache(page) && scan->gfp_mask & __GFP_IO);
}

/* Does anybody map the page, or the file it is of? Chain lock held. */
static bool page_mapping_inuse(const struct page *page)
{
	const struct address_space *mapping = page->mapping;

	if (page_mapped(page))
		return true;
	if (!mapping)
		return false;
	return mapping_mapped(mapping);
}

/*
 * Take a reference to a page that was found on a list. The last user may drop its own at this very
 * moment, on another cpu, and then wait for pagemap_lru_lock to take the page off the list: such a
 * page is gone. The kernel takes the reference blindly, and loses this race once in a while; that
 * was found and mended in August 2002, and it is mended here.
 */
static bool get_page_on_list(struct page *page)
{
	page_cache_get(page);
	if (page_count(page) > 1)
		return true;
	atomic_dec(&page->count);
	return false;
}

/* Reclaim that may sleep on I/O sleeps here, and so never runs far ahead of the disk. */
void throttle_on_writeback(struct page *page)
{
	if (!get_page_on_list(page))
		return;
	spin_unlock(&VM->pagemap_lru_lock);
	wait_on_page_writeback(page);
	page_cache_release(page);
	spin_lock(&VM->pagemap_lru_lock);
}

/* Page lock and chain lock held, and released. */
static bool page_active(struct page *page)
{
	del_page_from_inactive_list(page);
	add_page_to_active_list(page);
	count(pgactivate);
	EV(ACTIVATE, page_to_pfn(page));
	pte_chain_unlock(page);
	unlock_page(page);
	return false;
}

/*
 * Anonymous memory without backing store: give it some. The chain lock is held before and after;
 * without a free slot the page is activated and its locks are released.
 */
static bool page_add_to_swap(struct page *page)
{
	page_cache_get(page); /* a pte maps it and cannot go while the chain is locked */
	pte_chain_unlock(page);
	spin_unlock(&VM->pagemap_lru_lock);
	if (!add_to_swap(page)) {
		activate_page(page);
		unlock_page(page);
		page_cache_release(page);
		spin_lock(&VM->pagemap_lru_lock);
		return false;
	}
	page_cache_release(page);
	spin_lock(&VM->pagemap_lru_lock);
	pte_chain_lock(page);
	return true;
}

/* Dirty, and nobody maps it: 2.5 never writes one page alone. */
int page_write(struct page *page)
{
	int written;

	page_cache_get(page);
	spin_unlock(&VM->pagemap_lru_lock);
	written = (int)generic_vm_writeback(page, SWAP_CLUSTER_MAX);
	page_cache_release(page);
	spin_lock(&VM->pagemap_lru_lock);
	return written;
}

/*
 * Nobody has the page but the mapping, and as its page_lock is held nobody can find it there any
 * more. Only now PageDirty is final: whoever had it may have written to it until just now.
 */
bool page_freeable(struct page *page, struct address_space *mapping)
{
	swp_entry_t swap = { page->index };

	if (PageDirty(page)) {
		spin_unlock(&mapping->page_lock);
		unlock_page(page);
		return false;
	}
	/* point of no return */
	if (!PageSwapCache(page)) {
		__remove_inode_page(page);
		spin_unlock(&mapping->page_lock);
	} else {
		__delete_from_swap_cache(page);
		spin_unlock(&mapping->page_lock);
		swapcache_free(swap);
	}
	__lru_cache_del(page);
	unlock_page(page);
	page_cache_release(page); /* effectively frees it */
	count(pgsteal);
	EV(RECLAIM, page_to_pfn(page));
	return true;
}

/* Clean or not to be written, and mapped by nobody. Page lock held, and released. */
static bool page_try_to_free(struct page *page)
{
	struct address_space *mapping = page->mapping;

	if (mapping) {
		spin_lock(&mapping->page_lock);
		if (is_page_cache_freeable(page))
			return page_freeable(page, mapping);
		spin_unlock(&mapping->page_lock);
	}
	unlock_page(page);
	return false;
}

/* From the page lock on. It is released in every case. true: the page is free. */
static bool shrink_locked_page(struct scan *scan, struct page *page, bool may_enter_fs)
{
	/* page_referenced comes first: it clears every reference, of what is not in use too. */
	pte_chain_lock(page);
	if (page_referenced(page) && page_mapping_inuse(page))
		return page_active(page);

	if (page_mapped(page) && !page->mapping && !page_add_to_swap(page))
		return false;

	switch (page_mapped(page) ? try_to_unmap(page) : SWAP_SUCCESS) {
	case SWAP_ERROR:
	case SWAP_FAIL:
		return page_active(page);
	case SWAP_AGAIN:
		pte_chain_unlock(page);
		unlock_page(page);
		return false;
	}
	pte_chain_unlock(page);

	if (PageDirty(page) && is_page_cache_freeable(page) && page->mapping && may_enter_fs) {
		scan->max_scan -= page_write(page);
		return false;
	}
	return page_try_to_free(page);
}

/* What becomes of one page. pagemap_lru_lock held, perhaps dropped and retaken. true: freed. */
static bool shrink_page(struct scan *scan, struct page *page)
{
	bool may_enter_fs;

	if (!page_count(page)) {
		EV(SCAN_SKIP, page_to_pfn(page), BEING_FREED);
		return false;
	}
	if (!memclass(page_zone(page), scan->classzone)) {
		EV(SCAN_SKIP, page_to_pfn(page), WRONG_ZONE);
		return false;
	}
	may_enter_fs = may_write(scan, page);
	if (PageWriteback(page)) {
		EV(SCAN_SKIP, page_to_pfn(page), BEING_WRITTEN);
		if (may_enter_fs)
			throttle_on_writeback(page);
		return false;
	}
	if (!trylock_page(page)) {
		EV(SCAN_SKIP, page_to_pfn(page), LOCKED);
		return false;
	}
	if (PageWriteback(page)) { /* this time it is certain */
		unlock_page(page);
		return false;
	}
	return shrink_locked_page(scan, page, may_enter_fs);
}

/* The page at the tail of the inactive list, already moved to the head. */
struct page *next_inactive_page(void)
{
	struct page *page = list_entry(list_prev(&VM->inactive_list), struct page, lru);

	BUG_ON(!PageLRU(page));
	BUG_ON(PageActive(page));
	list_del(&page->lru);
	list_add(&page->lru, &VM->inactive_list);
	count(pgscan);
	charge(CACHE_LINE);
	EV(SCAN, page_to_pfn(page), 0);
	return page;
}

/* Free up to nr_pages, looking at max_scan pages at most. How many are missing. */
static int shrink_cache(int nr_pages, zone_t *classzone, u32 gfp_mask, int priority, int max_scan)
{
	FN;
	struct scan scan = { classzone, gfp_mask, priority, nr_pages, max_scan, 0 };

	spin_lock(&VM->pagemap_lru_lock);
	while (--scan.max_scan >= 0 && !list_empty(&VM->inactive_list)) {
		if (current->need_resched) {
			spin_unlock(&VM->pagemap_lru_lock);
			schedule();
			spin_lock(&VM->pagemap_lru_lock);
			continue;
		}
		if (shrink_page(&scan, next_inactive_page()) && --scan.nr_pages == 0)
			break;
	}
	spin_unlock(&VM->pagemap_lru_lock);
	return scan.nr_pages;
}

/* -- refill_inactive ----------------------------------------------------------------------- */

/*
 * One page from the tail of the active list: to its head when a pte has used it, else to the
 * inactive list, as unreferenced as it is. (2.5.26 looked at PG_referenced alone and set it on the
 * way down.) A page that nobody maps goes down whatever its PG_referenced says.
 */
static void refill_page(struct page *page)
{
	EV(SCAN, page_to_pfn(page), 1);
	charge(CACHE_LINE);
	pte_chain_lock(page);
	if (page_mapped(page) && page_referenced(page)) {
		list_del(&page->lru);
		list_add(&page->lru, &VM->active_list);
		EV(ROTATE, page_to_pfn(page), 1);
	} else {
		del_page_from_active_list(page);
		add_page_to_inactive_list(page);
		count(pgdeactivate);
		EV(DEACTIVATE, page_to_pfn(page));
	}
	pte_chain_unlock(page);
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

/* -- for the experimenter ------------------------------------------------------------------ */

/* What refill_inactive does around the question. */
static int referenced(struct page *page)
{
	int ret = -EINVAL;

	spin_lock(&VM->pagemap_lru_lock);
	if (PageLRU(page)) {
		pte_chain_lock(page);
		ret = page_referenced(page);
		pte_chain_unlock(page);
	}
	spin_unlock(&VM->pagemap_lru_lock);
	return ret;
}

/*
 * A reference to a page, if it is on one of the lists. Its last user may be dropping his own right
 * now and wait for the lock to take it off: such a page is gone (see get_page_on_list).
 */
static bool get_lru_page(struct page *page)
{
	bool got = false;

	spin_lock(&VM->pagemap_lru_lock);
	if (PageLRU(page)) {
		page_cache_get(page);
		got = page_count(page) > 1;
		if (!got)
			atomic_dec(&page->count);
	}
	spin_unlock(&VM->pagemap_lru_lock);
	return got;
}

/* The page lock, as shrink_cache gets it: under the LRU lock, never waiting for it there. False:
 * the page left the lists meanwhile, and nothing is held. */
static bool lock_lru_page(struct page *page)
{
	for (;;) {
		wait_on_page_writeback(page);
		spin_lock(&VM->pagemap_lru_lock);
		if (!PageLRU(page))
			break;
		if (trylock_page(page)) {
			if (!PageWriteback(page))
				return true;
			unlock_page(page);
		}
		spin_unlock(&VM->pagemap_lru_lock);
		wait_on_page_locked(page);
	}
	spin_unlock(&VM->pagemap_lru_lock);
	return false;
}

/* A place in swap for an anonymous page that has none. LRU lock and chain lock are dropped for it
 * and retaken, as shrink_cache does. */
static bool give_backing_store(struct page *page)
{
	bool ok;

	if (!page_mapped(page) || page->mapping || PagePrivate(page))
		return true;
	pte_chain_unlock(page);
	spin_unlock(&VM->pagemap_lru_lock);
	ok = add_to_swap(page);
	if (!ok)
		activate_page(page);
	spin_lock(&VM->pagemap_lru_lock);
	pte_chain_lock(page);
	return ok;
}

/* What shrink_cache does with a page that nobody used lately, up to the unmapping. */
static int unmap(struct page *page)
{
	int ret = -EINVAL;

	if (!get_lru_page(page))
		return -EINVAL;
	if (lock_lru_page(page)) {
		pte_chain_lock(page);
		if (!give_backing_store(page))
			ret = VM->nr_swap_pages > 0 ? -ENOMEM : -ENOSPC;
		else
			ret = page_mapped(page) ? try_to_unmap(page) : SWAP_SUCCESS;
		pte_chain_unlock(page);
		spin_unlock(&VM->pagemap_lru_lock);
		unlock_page(page);
	}
	page_cache_release(page);
	return ret;
}

const struct vmscan_ops vmscan_2002 = {
	.name = "2002",
	.try_to_free_pages = try_to_free_pages_2002,
	.reclaim = reclaim_2002,
	.shrink_cache = shrink_cache,
	.refill_inactive = refill_inactive,
	.kswapd = kswapd_2002,
	.referenced = referenced,
	.unmap = unmap,
	.setup_watermarks = setup_watermarks_2002,
};
