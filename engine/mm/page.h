/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct page: one per frame (mem_map). 44 bytes on i386 with highmem after seed 000, 40 here.
 *
 *	bits of flags:  31      24 23   17 16 15     ...    2 1 0
 *	               +----------+-------+--+-------------------+
 *	               |   zone   |   -   |  |  PG_* below       |
 *	               +----------+-------+--+-------------------+
 *	                                   PG_chainlock
 *
 * Source: 2.5.26 include/linux/mm.h and page-flags.h, with seed 000.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "i386/pte.h"
#include "sim/list.h"
#include "sim/spinlock.h"

struct address_space;

/* An address in the kernel's own window: PAGE_OFFSET + physical. 0 is NULL. */
typedef u32 kaddr_t;

struct page {
	u32 flags;
	atomic_t count;                /* 0: free */
	struct list_head lru;          /* inactive or active list, buddy list, slab list */
	struct address_space *mapping; /* page cache, swapper_space; the mm of a page-table page */
	u32 index;                     /* page in the file; swap entry; address of a page table */
	kaddr_t pte_chain;             /* first pte_chain node, under PG_chainlock (seed 000) */
	union {
		struct list_head list; /* in a cache: on one of the mapping's four lists */
		u32 private;           /* in no cache: what it is for (PAGE_BUDDY and its like) */
	};
};
_Static_assert(sizeof(struct page) == 40, "every byte here is paid once per frame");

#define I386_PAGE_STRUCT_SIZE 44u /* what mem_map is charged for */

#define PAGE_FLAGS(X) \
	X(locked, 0) X(error, 1) X(referenced, 2) X(uptodate, 3) X(dirty, 4) X(lru, 5) \
	X(active, 6) X(slab, 7) X(highmem, 8) X(checked, 9) X(arch_1, 10) X(reserved, 11) \
	X(private, 12) X(writeback, 13) X(nosave, 15) X(chainlock, 16)

enum page_flag {
#define X(name, bit) PG_##name = (bit),
	PAGE_FLAGS(X)
#undef X
};

#define ZONE_SHIFT 24
#define page_zone_index(page) ((page)->flags >> ZONE_SHIFT)

#define PAGE_FLAG_OPS(Name, name) \
	static inline bool Page##Name(const struct page *page) \
	{ return test_bit(PG_##name, &page->flags); } \
	static inline void SetPage##Name(struct page *page) \
	{ set_bit(PG_##name, &page->flags); } \
	static inline void ClearPage##Name(struct page *page) \
	{ clear_bit(PG_##name, &page->flags); } \
	static inline bool TestSetPage##Name(struct page *page) \
	{ return test_and_set_bit(PG_##name, &page->flags); } \
	static inline bool TestClearPage##Name(struct page *page) \
	{ return test_and_clear_bit(PG_##name, &page->flags); }

PAGE_FLAG_OPS(Error, error)
PAGE_FLAG_OPS(Referenced, referenced)
PAGE_FLAG_OPS(Uptodate, uptodate)
PAGE_FLAG_OPS(Dirty, dirty)
PAGE_FLAG_OPS(LRU, lru)
PAGE_FLAG_OPS(Active, active)
PAGE_FLAG_OPS(Slab, slab)
PAGE_FLAG_OPS(Reserved, reserved)
PAGE_FLAG_OPS(Private, private)
PAGE_FLAG_OPS(Writeback, writeback)

static inline bool PageLocked(const struct page *page)
{
	return test_bit(PG_locked, &page->flags);
}

#define page_count(page) atomic_read(&(page)->count)
#define get_page(page) atomic_inc(&(page)->count)
#define page_cache_get(page) get_page(page)
#define page_cache_release(page) put_page(page)

/* mm/page_alloc.c: drop a reference; the last one frees the frame. */
void put_page(struct page *page);

/* PG_locked as a sleeping lock; in the held list as LC_PAGE_LOCK. mm/filemap.c */
bool trylock_page(struct page *page);   /* the kernel's !TestSetPageLocked(page) */
void lock_page(struct page *page);
void unlock_page(struct page *page);
void wait_on_page_locked(struct page *page);
void wait_on_page_writeback(struct page *page);
void end_page_writeback(struct page *page);

/* A frame's number and its struct page; mm/pgtable.c. pfn below max_mapnr. */
struct page *pfn_to_page(u32 pfn);
u32 page_to_pfn(const struct page *page);

/* PG_chainlock, a bit spinlock (seed 000, page-flags.h). */
#define pte_chain_lock(page) \
	bit_spin_lock(PG_chainlock, &(page)->flags, LC_PTE_CHAIN_LOCK, page_to_pfn(page))
#define pte_chain_unlock(page) \
	bit_spin_unlock(PG_chainlock, &(page)->flags, LC_PTE_CHAIN_LOCK, page_to_pfn(page))

#endif
