/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The swap cache: the mapping swapper_space, whose index is the swap entry. A page is in it from
 * the moment it is given a slot until nobody needs the slot or nobody needs the page, so that two
 * who share a page find the same one again, whichever of them swaps it in first.
 *
 * How often the slot of a page is counted on its way out and in again (2.5.27):
 *
 *	get_swap_page         1  the caller's
 *	add_to_swap_cache     2  and the cache's
 *	swap_free             1  the cache's alone                     (end of add_to_swap)
 *	try_to_unmap_one    1+n  one for each pte that now names it
 *	shrink_cache          n  the cache lets go: the page is on disk only
 *	read_swap_cache_async 1+n
 *	do_swap_page        ...  each fault takes one away
 *
 * Source: 2.5.26 mm/swap_state.c with seed 000.
 */
#include <errno.h>

#include "mm/pgtable.h"
#include "mm/vm.h"

/* Page locked, in no mapping. -ENOENT: the slot was freed meanwhile, -EEXIST: somebody else has
 * put a page there. */
int add_to_swap_cache(struct page *page, swp_entry_t entry)
{
	FN;
	int err;

	BUG_ON(page->mapping);
	if (!swap_duplicate(entry))
		return -ENOENT;
	err = add_to_page_cache_lru(page, &VM->swapper_space, entry.val);
	if (err) {
		swap_free(entry);
		return err;
	}
	BUG_ON(!PageLocked(page));
	BUG_ON(!PageSwapCache(page));
	return 0;
}

/* swapper_space.page_lock held. The slot stays counted: the caller drops it after unlocking. */
void __delete_from_swap_cache(struct page *page)
{
	BUG_ON(!PageLocked(page));
	BUG_ON(!PageSwapCache(page));
	BUG_ON(PageWriteback(page));
	ClearPageDirty(page);
	__remove_inode_page(page);
}

/*
 * Radix tree nodes are allocated with GFP_ATOMIC, and PF_MEMALLOC would let them have the very last
 * frames, which the disk driver may need to write this page out. So the flag is put aside: then
 * the slab cache fails earlier and nodes come from the mempool.
 */
static int add_to_swap_cache_politely(struct page *page, swp_entry_t entry)
{
	u32 flags = current->flags;
	int err;

	current->flags &= ~PF_MEMALLOC;
	current->flags |= PF_NOWARN;
	ClearPageUptodate(page); /* nobody knew why, the patch says so itself */
	err = add_to_swap_cache(page, entry);
	/* These two alone: somebody may have been chosen to be killed meanwhile (PF_MEMDIE). */
	current->flags = (current->flags & ~(PF_MEMALLOC | PF_NOWARN)) |
			 (flags & (PF_MEMALLOC | PF_NOWARN));
	return err;
}

int add_to_swap(struct page *page)
{
	FN;
	swp_entry_t entry;
	int err;

	BUG_ON(!PageLocked(page));
	for (;;) {
		entry = get_swap_page();
		if (!entry.val)
			return 0;
		err = add_to_swap_cache_politely(page, entry);
		if (!err)
			break;
		swap_free(entry);
		if (err == -ENOMEM)
			return 0;
		/* Read-ahead was faster and has put a page there: try another slot. */
	}
	/* What is in memory is the only copy; adding it to the cache has cleared both bits. */
	SetPageUptodate(page);
	set_page_dirty(page);
	swap_free(entry);
	return 1;
}

/* Page locked. Never frees it: the caller has a reference. */
void delete_from_swap_cache(struct page *page)
{
	FN;
	swp_entry_t entry = { page->index };

	BUG_ON(!PageLocked(page));
	BUG_ON(PageWriteback(page));
	spin_lock(&VM->swapper_space.page_lock);
	__delete_from_swap_cache(page);
	spin_unlock(&VM->swapper_space.page_lock);
	swap_free(entry);
	page_cache_release(page);
}

/* page_table_lock is held by whoever unmaps, so the page is only tried, not waited for. If it is in
 * the swap cache for nobody but the caller, it leaves. */
void free_page_and_swap_cache(struct page *page)
{
	FN;

	if (PageSwapCache(page) && trylock_page(page)) {
		remove_exclusive_swap_page(page);
		unlock_page(page);
	}
	page_cache_release(page);
}

/* With a reference, not locked: it may leave the swap cache again, and is still the right page. */
struct page *lookup_swap_cache(swp_entry_t entry)
{
	FN;
	struct page *page = find_get_page(&VM->swapper_space, entry.val);

	if (page)
		EV(SWAPCACHE_HIT, entry.val, page_to_pfn(page));
	return page;
}

/*
 * The page of a slot, from the cache or on its way from the disk, and then still locked. NULL: no
 * memory, or nobody uses the slot any more.
 */
struct page *read_swap_cache_async(swp_entry_t entry)
{
	FN;
	struct page *found, *new = NULL;
	int err;

	do {
		found = find_get_page(&VM->swapper_space, entry.val);
		if (found)
			break;
		if (!new) {
			new = alloc_page(GFP_HIGHUSER);
			if (!new)
				return NULL;
		}
		lock_page(new);
		err = add_to_swap_cache(new, entry);
		if (!err) {
			swap_readpage(new);
			return new;
		}
		unlock_page(new);
		/* -EEXIST: somebody else is reading this slot, or reuses it. Look again. */
	} while (err == -EEXIST);
	if (new)
		page_cache_release(new);
	return found;
}

/* mm/memory.c. Pages that went out together are likely to be wanted together. */
void swapin_readahead(swp_entry_t entry)
{
	FN;
	u32 type = SWP_TYPE(entry), offset = 0;
	int i, num = valid_swaphandles(entry, &offset);

	if (num)
		EV(READAHEAD, entry.val, (u32)num);
	for (i = 0; i < num; i++) {
		struct page *page = read_swap_cache_async(SWP_ENTRY(type, offset + (u32)i));

		if (!page)
			break;
		page_cache_release(page);
	}
}
