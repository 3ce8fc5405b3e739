/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page and its slot: whose are they, and when is the slot given back?
 *
 * Source: 2.5.26 mm/swapfile.c; 2.6.12 for the question by mapcount; 4.0 mm/swapfile.c.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"
#include "rmap/rmap.h"

bool vm_swap_full(void)
{
	return VM->nr_swap_pages * 2 < VM->total_swap_pages;
}

/* Is this page, which is locked and in the swap cache, of nobody but the caller? */
static bool exclusive_swap_page(struct page *page)
{
	FN;
	swp_entry_t entry = page_swap_entry(page);
	struct swap_info_struct *p = swap_info_get(entry);
	bool exclusive = false;

	if (!p)
		return false;
	if (swap_slot(p, SWP_OFFSET(entry)) == VM->kernel->swap_map->cache_only) {
		/* Only now nobody can find the page in the cache and take a reference. */
		spin_lock(&VM->swapper_space.page_lock);
		exclusive = page_count(page) == 2;
		spin_unlock(&VM->swapper_space.page_lock);
	}
	swap_info_put(p);
	return exclusive;
}

/* How many ptes map the page or name its slot. Page locked. */
static u32 page_users(struct page *page)
{
	u32 users = rmap_of(VM)->mapcount(current->machine, page);

	if (users <= 1 && PageSwapCache(page))
		users += page_swapcount(page);
	return users;
}

/* 2.6.12: by mappings. From 2.6.29 on, under the name of reuse_swap_page, the page also leaves the
 * cache, where what it is going to be is of no use any more; one under writeback stays. */
static bool can_share_by_mapcount(struct page *page)
{
	u32 users = page_users(page);

	if (VM->kernel->swap_share == SHARE_BY_MAPCOUNT)
		return users == 1;
	if (users == 1 && PageSwapCache(page) && !PageWriteback(page)) {
		delete_from_swap_cache(page);
		SetPageDirty(page);
	}
	return users <= 1;
}

/* By the count a page with buffers has a third case, with one reference more: not in this model. */
bool can_share_swap_page(struct page *page)
{
	FN;

	BUG_ON(!PageLocked(page));
	if (VM->kernel->swap_share != SHARE_BY_COUNT)
		return can_share_by_mapcount(page);
	switch (page_count(page)) {
	case 2:
		return PageSwapCache(page) && exclusive_swap_page(page);
	case 1:
		return !PageReserved(page);
	default:
		return false;
	}
}

/* 2.6.29: when nobody names its slot any more, whoever has a reference and whoever maps it. */
int try_to_free_swap(struct page *page)
{
	FN;

	if (!PageSwapCache(page) || PageWriteback(page) || page_swapcount(page))
		return 0;
	delete_from_swap_cache(page);
	SetPageDirty(page);
	return 1;
}

/* Two references, the caller's and the cache's, and one user of the slot, the cache: then the copy
 * on disk is of use to nobody. The page is all there is from here on, hence dirty. */
int remove_exclusive_swap_page(struct page *page)
{
	FN;
	swp_entry_t entry = page_swap_entry(page);
	struct swap_info_struct *p;
	bool removed = false;

	BUG_ON(!PageLocked(page));
	if (VM->kernel->swap_share == SHARE_REUSE)
		return try_to_free_swap(page);
	if (!PageSwapCache(page) || PageWriteback(page) || page_count(page) != 2)
		return 0;
	p = swap_info_get(entry);
	if (!p)
		return 0;
	if (swap_slot(p, SWP_OFFSET(entry)) == VM->kernel->swap_map->cache_only) {
		spin_lock(&VM->swapper_space.page_lock);
		if (page_count(page) == 2 && !PageWriteback(page)) {
			__delete_from_swap_cache(page);
			SetPageDirty(page);
			removed = true;
		}
		spin_unlock(&VM->swapper_space.page_lock);
	}
	swap_info_put(p);
	if (removed) {
		swapcache_free(entry);
		page_cache_release(page);
	}
	return removed;
}

/* Does only the swap cache want the page? Up to 2.6.28 that is a matter of references, ours apart;
 * later of mappings. */
static bool only_cached(const struct page *page)
{
	if (VM->kernel->swap_share == SHARE_REUSE)
		return !page_mapped(page);
	return page_count(page) == 2;
}

/* A page that only the swap cache still wants, or any page when swap is nearly full, gives its slot
 * back. Locked. */
static void free_swap_cache_page(struct page *page)
{
	bool one_user;

	page_cache_get(page);
	one_user = only_cached(page);
	if (!PageWriteback(page) && (one_user || vm_swap_full())) {
		delete_from_swap_cache(page);
		SetPageDirty(page);
	}
	unlock_page(page);
	page_cache_release(page);
}

void free_swap_and_cache(swp_entry_t entry)
{
	FN;
	struct swap_info_struct *p = swap_info_get(entry);
	struct page *page = NULL;
	u32 left;

	if (!p)
		return;
	left = swap_entry_free(p, SWP_OFFSET(entry), CLAIM_USER);
	if (left == VM->kernel->swap_map->cache_only)
		page = find_trylock_page(&VM->swapper_space, entry.val);
	swap_info_put(p);
	if (page)
		free_swap_cache_page(page);
}
