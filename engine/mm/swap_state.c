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
 * In 2.6 the count of get_swap_page is the cache's from the beginning, and the second and the third
 * line are not there: the slot is never counted twice while nobody but the cache has it. In 4.0 the
 * cache is no user but a bit, so each figure is one less, and the bit goes with the page.
 *
 * A page is known to be in the swap cache by its mapping, and its index is the entry; from 2.6.6 on
 * by a flag, and the entry is in private: mapping and index then say to which anon_vma it belongs.
 *
 * Source: 2.5.26 mm/swap_state.c with seed 000; 2.6.0, 2.6.5, 2.6.8 mm/swap_state.c.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/pgtable.h"
#include "rmap/rmap.h"

/* 2.6: a page is put on the lists by whoever brings it in, not by the cache; one that goes out is
 * on a list already, or in the hands of reclaim. */
static bool lists_apart(void)
{
	return VM->kernel->add_to_swap_owns;
}

/* 2.6.6: like add_to_page_cache, but mapping, index and list stay as they are. */
static int add_by_flag(struct page *page, swp_entry_t entry)
{
	FN_AS("__add_to_swap_cache");
	struct address_space *swapper_space = &VM->swapper_space;
	int err;

	BUG_ON(PageSwapCache(page));
	spin_lock(&swapper_space->page_lock);
	err = radix_tree_insert(&swapper_space->page_tree, entry.val, page);
	if (!err) {
		page_cache_get(page);
		set_bit(PG_swapcache, &page->flags);
		page->private = entry.val;
		swapper_space->nrpages++;
		EV(SWAPCACHE_ADD, page_to_pfn(page), entry.val);
	}
	spin_unlock(&swapper_space->page_lock);
	return err;
}

int __add_to_swap_cache(struct page *page, swp_entry_t entry)
{
	if (VM->kernel->swapcache_flag)
		return add_by_flag(page, entry);
	if (lists_apart())
		return add_to_page_cache(page, &VM->swapper_space, entry.val);
	return add_to_page_cache_lru(page, &VM->swapper_space, entry.val);
}

/* Page locked, in no mapping. -ENOENT: the slot was freed meanwhile, -EEXIST: somebody else has
 * put a page there. */
int add_to_swap_cache(struct page *page, swp_entry_t entry)
{
	FN;
	int err;

	BUG_ON(page_mapping(page));
	err = swapcache_prepare(entry);
	if (err)
		return err;
	err = __add_to_swap_cache(page, entry);
	if (err) {
		swapcache_free(entry);
		return err;
	}
	BUG_ON(!PageLocked(page));
	BUG_ON(!PageSwapCache(page));
	return 0;
}

static void del_by_flag(struct page *page)
{
	u32 entry = page->private;

	radix_tree_delete(&VM->swapper_space.page_tree, entry);
	page->private = 0;
	clear_bit(PG_swapcache, &page->flags);
	VM->swapper_space.nrpages--;
	EV(SWAPCACHE_DEL, page_to_pfn(page), entry);
}

/* swapper_space.page_lock held. The slot stays counted: the caller drops it after unlocking. 2.6
 * leaves the dirty bit to whoever calls. */
void __delete_from_swap_cache(struct page *page)
{
	BUG_ON(!PageLocked(page));
	BUG_ON(!PageSwapCache(page));
	BUG_ON(PageWriteback(page));
	if (VM->kernel->swapcache_flag) {
		del_by_flag(page);
		return;
	}
	if (!lists_apart())
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
	if (VM->kernel->add_to_swap_owns) {
		err = __add_to_swap_cache(page, entry);
	} else {
		ClearPageUptodate(page); /* nobody knew why, the patch says so itself */
		err = add_to_swap_cache(page, entry);
	}
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
		swapcache_free(entry);
		if (err == -ENOMEM)
			return 0;
		/* Read-ahead was faster and has put a page there: try another slot. */
	}
	/* What is in memory is the only copy; adding it to the cache has cleared both bits. */
	SetPageUptodate(page);
	set_page_dirty(page);
	if (!VM->kernel->add_to_swap_owns)
		swap_free(entry);
	return 1;
}

/* Page locked. Never frees it: the caller has a reference. */
void delete_from_swap_cache(struct page *page)
{
	FN;
	swp_entry_t entry = page_swap_entry(page);

	BUG_ON(!PageLocked(page));
	BUG_ON(PageWriteback(page));
	spin_lock(&VM->swapper_space.page_lock);
	__delete_from_swap_cache(page);
	spin_unlock(&VM->swapper_space.page_lock);
	swapcache_free(entry);
	page_cache_release(page);
}

/* page_table_lock is held by whoever unmaps, so the page is only tried, not waited for. 4.0 does
 * not even try while it is mapped. */
void free_swap_cache(struct page *page)
{
	if (VM->kernel->swap_share == SHARE_REUSE && page_mapped(page))
		return;
	if (trylock_page(page)) {
		remove_exclusive_swap_page(page);
		unlock_page(page);
	}
}

/* What waits in a pagevec has a reference too many to leave the swap cache: drain first. */
void free_pages_and_swap_cache(const u32 *pfns, u32 nr)
{
	FN;
	struct page *pages[16];
	u32 i, todo;

	if (nr)
		lru_add_drain();
	for (; nr; nr -= todo, pfns += todo) {
		todo = nr < 16 ? nr : 16;
		for (i = 0; i < todo; i++) {
			pages[i] = pfn_to_page(pfns[i]);
			if (PageSwapCache(pages[i]))
				free_swap_cache(pages[i]);
		}
		release_pages(pages, todo, false);
	}
}

/* With a reference, not locked: it may leave the swap cache again, and is still the right page. */
struct page *lookup_swap_cache(swp_entry_t entry)
{
	FN;
	struct page *page = find_get_page(&VM->swapper_space, entry.val);

	if (!page)
		return NULL;
	EV(SWAPCACHE_HIT, entry.val, page_to_pfn(page));
	if (VM->kernel->readahead_by_hits && TestClearPageReadahead(page))
		VM->swapin.hits++;
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
			if (lists_apart())
				lru_cache_add_active(new);
			swap_readpage(new);
			return new;
		}
		unlock_page(new);
		/* -EEXIST: somebody else is reading this slot, or reuses it. Look again. In 4.0 who
		 * has taken the slot may not have put its page there yet: let him. */
		if (err == -EEXIST)
			cond_resched();
	} while (err == -EEXIST);
	if (new)
		page_cache_release(new);
	return found;
}
