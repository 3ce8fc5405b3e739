/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct page: one per frame (mem_map). 44 bytes on i386 with highmem after seed 000, 40 here.
 *
 *	bits of flags:  31      24 23   17 16 15     ...    2 1 0
 *	               +----------+-------+--+-------------------+
 *	               |   zone   | later |  |  PG_* below       |
 *	               +----------+-------+--+-------------------+
 *	                                   PG_chainlock
 *
 * One word of it says who maps the page, and each kernel has its own way to use it:
 *
 *	2.5.27          pte_chain    the first node of the chain, a link and one pte each
 *	2.6.0           pte.direct   PG_direct: the one pte; else pte.chain, nodes of seven
 *	2.6.5-objrmap   pte.mapcount of a page that is not PG_anon: how many, nobody says who
 *	2.6.7, 2.6.8    mapcount     how many, under the map lock
 *	from 2.6.9      _mapcount    how many, less one: atomic, so that both edges can be seen
 *
 * Source: 2.5.26 include/linux/mm.h and page-flags.h, with seeds 000, 001 and 002.
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
	union {
		struct list_head lru;  /* inactive or active list, buddy list, slab list */
		spinlock_t ptl;        /* of a page table: guards its entries (2.6.16) */
	};
	/* Page cache, swapper_space; the mm of a page-table page. Of an anonymous page the anonmm
	 * (2.6.7), the anon_vma (2.6.8), the anon_vma with the lowest bit set (from 2.6.9). */
	struct address_space *mapping;
	u32 index;                     /* page in the file or, from 2.6.8, in the vma's space;
					* swap entry up to 2.6.5; address of a page table */
	union {
		kaddr_t pte_chain;     /* first node, under PG_chainlock (seed 000) */
		union {
			kaddr_t chain; /* 2.6.0: not PG_direct */
			kaddr_t direct;
			s32 mapcount;  /* 2.6.5-objrmap: not PG_anon */
		} pte;
		s32 mapcount;          /* under PG_maplock (2.6.7, 2.6.8) */
		atomic_t _mapcount;    /* from -1 (seed 001) */
	};
	union {
		struct list_head list; /* in a file's cache: on one of the mapping's four lists */
		u32 private;           /* else what it is for (PAGE_BUDDY and its like); from 2.6.7
					* the swap entry of a page in the swap cache */
	};
};
_Static_assert(sizeof(struct page) == 40, "every byte here is paid once per frame");

#define I386_PAGE_STRUCT_SIZE 44u /* what mem_map is charged for */

#define PAGE_FLAGS(X) \
	X(locked, 0) X(error, 1) X(referenced, 2) X(uptodate, 3) X(dirty, 4) X(lru, 5) \
	X(active, 6) X(slab, 7) X(highmem, 8) X(checked, 9) X(arch_1, 10) X(reserved, 11) \
	X(private, 12) X(writeback, 13) X(nosave, 15) X(chainlock, 16) X(direct, 17) \
	X(reclaim, 18) X(anon, 20) X(swapcache, 21) X(readahead, 22)

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
PAGE_FLAG_OPS(Direct, direct)
PAGE_FLAG_OPS(Reclaim, reclaim)
PAGE_FLAG_OPS(Readahead, readahead) /* 4.0; there it shares the bit of reclaim */

static inline bool PageLocked(const struct page *page)
{
	return test_bit(PG_locked, &page->flags);
}

#define page_count(page) atomic_read(&(page)->count)
#define get_page(page) atomic_inc(&(page)->count)
#define page_cache_get(page) get_page(page)
#define page_cache_release(page) put_page(page)

/* PG_locked as a sleeping lock; in the held list as LC_PAGE_LOCK. mm/filemap.c */
bool trylock_page(struct page *page);   /* the kernel's !TestSetPageLocked(page) */
void lock_page(struct page *page);
void unlock_page(struct page *page);
void wait_on_page_locked(struct page *page);
void wait_on_page_writeback(struct page *page);
void end_page_writeback(struct page *page);

/* A frame's number and its struct page. pfn below max_mapnr. */
static inline struct page *pfn_to_page(u32 pfn)
{
	return current->machine->mem_map + pfn;
}

static inline u32 page_to_pfn(const struct page *page)
{
	return (u32)(page - current->machine->mem_map);
}

/*
 * How a kernel marks an anonymous page. 2.6.5-objrmap means "tracked by chain" with it, and a page
 * of a file may be converted to that; later it says what mapping points to.
 */
enum anon_mark {
	ANON_UNMARKED,     /* 2.5.27, 2.6.0: an anonymous page is one without mapping */
	ANON_CHAINED,      /* 2.6.5-objrmap: PG_anon */
	ANON_FLAG,         /* 2.6.7, 2.6.8: PG_anon, and mapping is no address_space */
	ANON_MAPPING_BIT,  /* from 2.6.9: the lowest bit of mapping */
};
#define PAGE_MAPPING_ANON 1u

/* PG_chainlock, a bit spinlock (seed 000, page-flags.h); from 2.6.6 on it is called PG_maplock. */
#define pte_chain_lock(page) \
	bit_spin_lock(PG_chainlock, &(page)->flags, LC_PTE_CHAIN_LOCK, page_to_pfn(page))
#define pte_chain_unlock(page) \
	bit_spin_unlock(PG_chainlock, &(page)->flags, LC_PTE_CHAIN_LOCK, page_to_pfn(page))
#define page_map_lock(page) pte_chain_lock(page)
#define page_map_unlock(page) pte_chain_unlock(page)

#endif
