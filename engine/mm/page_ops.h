/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of a page for every pte that comes or goes: whose it is, what it is for, who is the
 * last to leave. Inline, because fork and exit ask millions of times; where kernels differ, the
 * answer of the row was laid down in VM->page_rules at boot. Included by mm/vm.h.
 */
#ifndef MM_PAGE_OPS_H
#define MM_PAGE_OPS_H

#include "mm/vm.h"

static inline zone_t *page_zone(const struct page *page)
{
	return &VM->zones[page_zone_index(page)];
}

/* Is page->mapping no address_space, or the page "tracked by chain"? See enum anon_mark. */
static inline bool page_anon_of(const struct vm_state *vm, const struct page *page)
{
	return page->flags & vm->page_rules.anon_flag ||
	       (uintptr_t)page->mapping & vm->page_rules.anon_bit;
}

static inline bool page_swapcache_of(const struct vm_state *vm, const struct page *page)
{
	if (vm->page_rules.swapcache_flag)
		return test_bit(PG_swapcache, &page->flags);
	return page->mapping == &vm->swapper_space;
}

/* The slot of a page in the swap cache: in index up to 2.6.5, in private later. */
static inline swp_entry_t page_swap_entry_of(const struct vm_state *vm, const struct page *page)
{
	return (swp_entry_t){ vm->page_rules.swapcache_flag ? page->private : page->index };
}

/* The address_space a page is in the cache of: its file's, swapper_space, or NULL for an anonymous
 * page, whatever page->mapping is used for (2.6.6 include/linux/mm.h). */
static inline struct address_space *page_mapping_of(const struct vm_state *vm,
						    const struct page *page)
{
	if (page_swapcache_of(vm, page))
		return (struct address_space *)(uintptr_t)&vm->swapper_space;
	if (!vm->page_rules.chain_nodes && page_anon_of(vm, page))
		return NULL;
	return page->mapping;
}

/* For code on a modelled thread; those above are for inspection, too. */
static inline bool PageAnon(const struct page *page)
{
	return page_anon_of(VM, page);
}

static inline bool PageSwapCache(const struct page *page)
{
	return page_swapcache_of(VM, page);
}

static inline struct address_space *page_mapping(const struct page *page)
{
	return page_mapping_of(VM, page);
}

static inline swp_entry_t page_swap_entry(const struct page *page)
{
	return page_swap_entry_of(VM, page);
}

/* Drop a reference; true: it was the last one, and the page is the caller's to free, which is what
 * free_hot_page does (it is on no list). Never true for reserved pages. */
static inline bool put_page_testzero(struct page *page)
{
	if (unlikely(PageReserved(page)) && !VM->page_rules.reserved_counted)
		return false;
	BUG_ON(page_count(page) <= 0);
	return atomic_dec_and_test(&page->count);
}

/* mm/page_alloc.c: nobody has the page any more, but it may still be on the LRU list. */
void __page_cache_release(struct page *page);

/* Drop a reference; the last one frees the frame. */
static inline void put_page(struct page *page)
{
	if (put_page_testzero(page))
		__page_cache_release(page);
}

/* mm/filemap.c: the page was clean, and goes onto mapping->dirty_pages. */
void __set_page_dirty(struct page *page);

/* true: it was clean. */
static inline bool set_page_dirty(struct page *page)
{
	/* 2.6.6: what is in no cache is asked before the bus is locked. */
	if (SMP && VM->page_rules.swapcache_flag && PageDirty(page) && !page_mapping(page))
		return false;
	if (TestSetPageDirty(page))
		return false;
	__set_page_dirty(page);
	return true;
}

/* A pte of the page was cleared. */
static inline void free_page_and_swap_cache(struct page *page)
{
	FN;

	if (PageSwapCache(page))
		free_swap_cache(page);
	page_cache_release(page);
}

#endif
