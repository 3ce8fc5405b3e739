/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page replacement of 2.6, first half: what becomes of a page at the tail of an inactive list. Up
 * to 32 pages are taken off the list at a time, each with a reference, so that the list's lock is
 * not held while they are looked at.
 *
 *	zone->inactive_list, tail
 *	   | isolated: PG_lru clear, one reference more
 *	   v
 *	shrink_list
 *	   | locked, being written ----------------------------------------> back to inactive
 *	   | used since last time, and in use at all ----------------------> active
 *	   | anonymous without a slot: add_to_swap          (none left) ---> active
 *	   | mapped: try_to_unmap    (a pte is mlocked) -------------------> active
 *	   |                         (a lock was not free) ----------------> back to inactive
 *	   | dirty: used, or may not be written now -----------------------> back to inactive
 *	   |        pageout: writing has begun; PG_reclaim ----------------> back to inactive; when
 *	   |                                                    written: to the tail, to be first
 *	   | somebody else has a reference --------------------------------> back to inactive
 *	   v
 *	freed, sixteen at a time
 *
 * Who counts: page_count is 2 for a page that can go, the cache's reference and ours. A page that
 * waits in a pagevec has one more and is not for us.
 *
 * Locks, outermost first: page lock (trylock), map lock (up to 2.6.8), what try_to_unmap takes.
 * zone->lru_lock is never held with them. Whoever may sleep here holds the page lock and a
 * reference.
 *
 * The steps are those of all versions; in which order they are taken, and which pages count as
 * looked at, is in shrink_locked_page of the version: vmscan_2003.c (2.6.0), vmscan_2004a.c (2.6.5,
 * 2.6.6), vmscan_2004b.c (2.6.8, seed 001), vmscan_2006.c (2.6.16, 4.0).
 *
 * Source: 2.6.0, 2.6.5, 2.6.6, 2.6.8, 2.6.9 mm/vmscan.c, seed 001. PG_private does not exist in
 * this model, there are no buffers: where the kernel asks for it, nothing stands here. The labels
 * of shrink_list are enum fate.
 */
#define VMSCAN_GENERATION
#define LRU_2004
#include "kernels.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

/* The operands of KEEP and SCAN_SKIP that say why. */
#define DIRTY_AND_USED 1, 1
#define NOT_TO_BE_WRITTEN 1, 0
#define SOMEBODY_ELSES 0, 1
#define IN_NO_CACHE 0, 0
#define BEING_WRITTEN 0, 1
#define LOCKED 0, 0
#define BEING_FREED 1, 0

static enum fate keep_locked(const struct page *page, u32 a, u32 b)
{
	EV(KEEP, page_to_pfn(page), a, b);
	return KEEP_LOCKED;
}

/* -- a page and its mappings ----------------------------------------------------------------- */

void map_lock(struct page *page)
{
	if (rmap_of(VM)->has_map_lock)
		page_map_lock(page);
}

void map_unlock(struct page *page)
{
	if (rmap_of(VM)->has_map_lock)
		page_map_unlock(page);
}

/*
 * Up to 2.6.5 a page that somebody maps and that has no mapping is anonymous; if it is what a
 * truncation has left behind, it goes to swap like one.
 */
bool wants_swap_slot(const struct page *page)
{
	if (VM->kernel->anon_mark >= ANON_FLAG)
		return PageAnon(page) && !PageSwapCache(page);
	return page_mapped(page) && !page_mapping(page);
}

/* Does anybody map the page, or the file it is of? A page of the swap cache is in use, too. */
static bool page_mapping_inuse(const struct page *page)
{
	const struct address_space *mapping;

	if (page_mapped(page) || PageSwapCache(page))
		return true;
	mapping = page_mapping(page);
	return mapping && mapping_mapped(mapping);
}

/* Was it used? Then it stays. Else nobody maps it afterwards. Page locked. */
enum fate unmap_page(struct page *page, int *referenced)
{
	enum fate fate = GO_ON;

	map_lock(page);
	*referenced = page_referenced(page, true);
	if (*referenced && page_mapping_inuse(page)) {
		map_unlock(page);
		return ACTIVATE_LOCKED;
	}
	if (wants_swap_slot(page)) {
		map_unlock(page);
		if (!add_to_swap(page))
			return ACTIVATE_LOCKED;
		map_lock(page);
	}
	if (page_mapped(page) && page_mapping(page)) {
		int ret = try_to_unmap(page);

		fate = ret == SWAP_FAIL ? ACTIVATE_LOCKED : ret == SWAP_AGAIN ? KEEP_LOCKED : GO_ON;
	}
	map_unlock(page);
	return fate;
}

/* -- pageout --------------------------------------------------------------------------------- */

enum pageout { PAGE_KEEP, PAGE_ACTIVATE, PAGE_SUCCESS, PAGE_CLEAN };

/* Nobody has the page but the cache it is in, and we. */
static bool is_page_cache_freeable(const struct page *page)
{
	return page_count(page) == 2;
}

/* Start to write this page, and only this one. Page locked; after PAGE_SUCCESS no longer. */
static enum pageout begin_writing(struct page *page)
{
	if (!clear_page_dirty(page))
		return PAGE_CLEAN;
	SetPageReclaim(page);
	if (writepage(page) == WRITEPAGE_ACTIVATE) {
		ClearPageReclaim(page);
		return PAGE_ACTIVATE;
	}
	if (!PageWriteback(page))
		ClearPageReclaim(page);
	return PAGE_SUCCESS;
}

/* No disk of this model is ever too busy (may_write_to_queue), and each mapping can be written. */
static enum pageout pageout(struct page *page, struct address_space *mapping)
{
	FN;

	if (!is_page_cache_freeable(page)) {
		EV(KEEP, page_to_pfn(page), SOMEBODY_ELSES);
		return PAGE_KEEP;
	}
	if (!mapping) {
		EV(KEEP, page_to_pfn(page), IN_NO_CACHE);
		return PAGE_KEEP;
	}
	return begin_writing(page);
}

/* Swapping never enters a file system, so it is safe for those that must not. */
bool may_enter_fs(const struct page *page, const struct scan_control *sc)
{
	return sc->gfp_mask & __GFP_FS || (PageSwapCache(page) && sc->gfp_mask & __GFP_IO);
}

/*
 * What a dirty page wants before it can be freed, up to 2.6.6: pageout has no name yet. Once the
 * write was begun the page stays, even if a disk in memory has finished it already.
 */
enum fate write_page_2003(struct page *page, bool referenced, bool enter_fs,
			  struct scan_control *sc)
{
	if (referenced)
		return keep_locked(page, DIRTY_AND_USED);
	if (!is_page_cache_freeable(page))
		return keep_locked(page, SOMEBODY_ELSES);
	if (!page_mapping(page))
		return keep_locked(page, IN_NO_CACHE);
	if (!enter_fs)
		return keep_locked(page, NOT_TO_BE_WRITTEN);
	switch (begin_writing(page)) {
	case PAGE_ACTIVATE:
		return ACTIVATE_LOCKED;
	case PAGE_SUCCESS:
		sc->nr_in_flight += PageWriteback(page);
		return KEEP;
	default:
		return GO_ON;
	}
}

/* The same from 2.6.7 on. */
enum fate write_page_2004(struct page *page, bool referenced, struct scan_control *sc)
{
	if (referenced)
		return keep_locked(page, DIRTY_AND_USED);
	if (!may_enter_fs(page, sc))
		return keep_locked(page, NOT_TO_BE_WRITTEN);
	switch (pageout(page, page_mapping(page))) {
	case PAGE_KEEP:
		return KEEP_LOCKED;
	case PAGE_ACTIVATE:
		return ACTIVATE_LOCKED;
	case PAGE_CLEAN:
		return GO_ON;
	case PAGE_SUCCESS:
		break;
	}
	sc->nr_in_flight += PageWriteback(page);
	if (PageWriteback(page) || PageDirty(page))
		return KEEP;
	/* It was written at once: a disk in memory can do that. */
	if (!trylock_page(page))
		return KEEP;
	return PageDirty(page) || PageWriteback(page) ? KEEP_LOCKED : GO_ON;
}

/* -- shrink_list ----------------------------------------------------------------------------- */

/*
 * Take it out of its cache. As mapping->page_lock is held nobody can find it there any more, and
 * only then its count means something; and only after that PG_dirty is final: whoever had the page
 * may have written to it until just now.
 */
enum fate remove_mapping(struct page *page)
{
	struct address_space *mapping = page_mapping(page);

	if (!mapping)
		return keep_locked(page, IN_NO_CACHE);
	spin_lock(&mapping->page_lock);
	if (page_count(page) != 2 || PageDirty(page)) {
		spin_unlock(&mapping->page_lock);
		return keep_locked(page, SOMEBODY_ELSES);
	}
	if (PageSwapCache(page)) {
		swp_entry_t swap = page_swap_entry(page);

		__delete_from_swap_cache(page);
		spin_unlock(&mapping->page_lock);
		swapcache_free(swap);
	} else {
		__remove_inode_page(page);
		spin_unlock(&mapping->page_lock);
	}
	atomic_dec(&page->count); /* the cache's reference; ours is left */
	return FREE_IT;
}

enum fate being_written(const struct page *page, struct scan_control *sc)
{
	EV(SCAN_SKIP, page_to_pfn(page), BEING_WRITTEN);
	sc->nr_in_flight++;
	return KEEP_LOCKED;
}

/* What is mapped or in swap is more work to get rid of: slab caches shall give twice as much. */
void count_slab_pressure(const struct page *page, struct scan_control *sc)
{
	sc->nr_scanned += page_mapped(page) || PageSwapCache(page);
}

/* One page, off the lists. true: it has no cache any more, and the last reference is ours. */
static bool shrink_page(struct page *page, struct scan_control *sc)
{
	enum fate fate = KEEP;

	if (trylock_page(page))
		fate = VM->kernel->vmscan->version->shrink_locked_page(page, sc);
	else
		EV(SCAN_SKIP, page_to_pfn(page), LOCKED);
	if (fate == ACTIVATE_LOCKED) {
		SetPageActive(page);
		count(pgactivate);
	}
	if (fate != KEEP)
		unlock_page(page);
	EV(FATE, page_to_pfn(page), fate == KEEP || fate == FREE_IT, fate >= ACTIVATE_LOCKED);
	return fate == FREE_IT;
}

/* Free what can be freed of page_list, last page first. The others are still on it afterwards. How
 * many were freed. */
static u32 shrink_list(struct list_head *page_list, struct scan_control *sc)
{
	FN;
	struct list_head ret_pages = { 0 };
	struct pagevec freed_pvec = { .cold = true };
	u32 reclaimed = 0;

	if (current->need_resched)
		schedule();
	while (!list_empty(page_list)) {
		struct page *page = lru_to_page(page_list);

		list_del(&page->lru);
		if (!shrink_page(page, sc)) {
			list_add(&page->lru, &ret_pages);
			BUG_ON(PageLRU(page));
			continue;
		}
		reclaimed++;
		count(pgsteal);
		EV(RECLAIM, page_to_pfn(page));
		if (!pagevec_add(&freed_pvec, page))
			__pagevec_release_nonlru(&freed_pvec);
	}
	list_splice_init(&ret_pages, page_list);
	__pagevec_release_nonlru(&freed_pvec);
	sc->nr_reclaimed += reclaimed;
	sc->nr_freed += reclaimed;
	return reclaimed;
}

/* -- shrink_cache ---------------------------------------------------------------------------- */

/* Take the page at the tail of the inactive list, which is not empty, to page_list. false: its last
 * user is about to free it; it goes to the head, out of the way. lru_lock held. */
static bool isolate_page(zone_t *zone, struct list_head *page_list)
{
	struct page *page = lru_to_page(&zone->inactive_list);

	if (!TestClearPageLRU(page))
		BUG();
	del_page_from_inactive_list(zone, page);
	count(pgscan);
	charge(CACHE_LINE);
	if (!get_page_on_list(page)) {
		SetPageLRU(page);
		add_page_to_inactive_list(zone, page);
		EV(SCAN_SKIP, page_to_pfn(page), BEING_FREED);
		return false;
	}
	list_add(&page->lru, page_list);
	EV(SCAN, page_to_pfn(page), 0);
	return true;
}

/*
 * A batch. How many are on page_list now; max_scan less how many were looked at: one more than
 * there were, for the loop counts before it finds out that there is no other. lru_lock held.
 */
static u32 isolate_pages(zone_t *zone, struct list_head *page_list, u32 batch, s32 *max_scan)
{
	u32 nr_scan = 0, nr_taken = 0;

	while (nr_scan++ < batch && !list_empty(&zone->inactive_list))
		nr_taken += isolate_page(zone, page_list);
	zone->pages_scanned += VM->kernel->vmscan->version->counts_active ? nr_scan : nr_taken;
	*max_scan -= (s32)nr_scan;
	return nr_taken;
}

/* The survivors go to the head of the list that is theirs now; our references go sixteen at a time,
 * and the lock is dropped for that. lru_lock held. */
static void putback_pages(zone_t *zone, struct list_head *page_list, struct pagevec *pvec)
{
	while (!list_empty(page_list)) {
		struct page *page = lru_to_page(page_list);

		if (TestSetPageLRU(page))
			BUG();
		list_del(&page->lru);
		if (PageActive(page)) {
			add_page_to_active_list(zone, page);
			EV(ACTIVATE, page_to_pfn(page));
		} else {
			add_page_to_inactive_list(zone, page);
			EV(ROTATE, page_to_pfn(page), 0);
		}
		if (pagevec_add(pvec, page))
			continue;
		spin_unlock(&zone->lru_lock);
		__pagevec_release(pvec);
		spin_lock(&zone->lru_lock);
	}
}

/*
 * A batch of less than 32 has seen all there is. The kernel would look at the same few pages again
 * and again, while its references to them are still in pvec; and one that just left the swap cache
 * for good would be given another slot each time. No list of a real machine is that short.
 */
bool shrink_batch(zone_t *zone, struct scan_control *sc, u32 batch, s32 *max_scan,
		  struct pagevec *pvec)
{
	struct list_head page_list = { 0 };
	u32 nr_taken = isolate_pages(zone, &page_list, batch, max_scan);

	if (!nr_taken)
		return false;
	sc->nr_taken += nr_taken;
	sc->nr_batches++;
	spin_unlock(&zone->lru_lock);
	sc->nr_to_reclaim -= (s32)shrink_list(&page_list, sc);
	spin_lock(&zone->lru_lock);
	putback_pages(zone, &page_list, pvec);
	return nr_taken >= SWAP_CLUSTER_MAX;
}

void shrink_cache_2004(zone_t *zone, struct scan_control *sc)
{
	FN_AS("shrink_cache");
	struct pagevec pvec = { .cold = true };
	s32 max_scan = (s32)sc->nr_to_scan;

	lru_add_drain();
	spin_lock(&zone->lru_lock);
	while (max_scan > 0 && shrink_batch(zone, sc, SWAP_CLUSTER_MAX, &max_scan, &pvec))
		;
	spin_unlock(&zone->lru_lock);
	__pagevec_release(&pvec);
}
