/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the check files share: one audit of one machine. The walks that count (mms, lists, caches)
 * fill a tally for each frame and a counter for each swap slot; the others compare.
 */
#ifndef CHECK_IMPL_H
#define CHECK_IMPL_H

#include "check.h"
#include "mm/vm.h"

/*
 * X(id, "name", when, "sentence"). ALWAYS: holds after every event. QUIET: holds where nobody is in
 * the middle of something; a thread that is may break it for one object, and where one object is
 * counted in several ways, QUIET_n, by n facts: see may_differ().
 */
#define INVARIANTS(X) \
	X(THREADS, "idle-holds-nothing", ALWAYS, \
	  "a thread without work holds no lock, and a lock's owner knows that it holds it") \
	X(LOCKS, "locks-free", QUIET, "when no thread is in the kernel, no lock is taken") \
	X(BUDDY, "buddy-lists", QUIET, \
	  "free blocks are aligned, marked, disjoint, and add up to the zone's free pages") \
	X(FREE, "free-is-unused", ALWAYS, \
	  "a free frame is in no page table, on no list of pages and in no cache") \
	X(COUNT_SIGN, "count-not-negative", ALWAYS, "no page has fewer than no users") \
	X(COUNT, "count-adds-up", QUIET, \
	  "a page's count is its mappings, its cache and what the kernel uses it for") \
	X(LEAK, "no-leak", QUIET, "when no thread is in the kernel, every frame in use is used") \
	X(RESERVED, "reserved-untracked", ALWAYS, \
	  "the zero page and reserved pages are in no rmap, on no list and in no swap") \
	X(LRU, "lru-lists", QUIET_3, \
	  "a page is on the list its flags say, and the lists are as long as their counters") \
	X(SLAB, "slab-accounting", QUIET_2, \
	  "slab frames, slabs and objects agree with each other and with what the kernel has") \
	X(CHAIN_SHAPE, "rmap-shape", ALWAYS, \
	  "the rmap of a page is made of sound pieces, each naming an entry of a page table") \
	X(RMAP_ALL, "rmap-pieces", ALWAYS, "every piece of rmap memory is free or in use, once") \
	X(RMAP, "rmap-equals-oracle", QUIET, \
	  "the rmap of a page finds exactly the ptes that a walk of everything finds") \
	X(RSS, "rss", QUIET, "an address space's rss is the number of its pages that are present") \
	X(VMAS, "vmas", QUIET, \
	  "vmas are sorted, apart, page aligned, and add up to what their mm says") \
	X(FILE_VMAS, "file-vmas", QUIET, \
	  "a mapped file's lists hold exactly its vmas, and each holds a reference") \
	X(PTE_VMA, "pte-in-vma", QUIET, "an entry of a page table lies in a vma that allows it") \
	X(TABLES, "page-tables", QUIET, \
	  "each page table hangs in its owner's directory, once, and the mm counts them") \
	X(PTE_FRAME, "pte-frame", ALWAYS, "a present pte names a frame that exists") \
	X(COW, "cow", QUIET, "a writable pte of private memory is the only user of its page") \
	X(TLB, "tlb", QUIET, "no TLB entry allows what the page table does not") \
	X(MMLIST, "mmlist", QUIET, \
	  "every address space that may have pages in swap is on mmlist, and they are counted") \
	X(CACHE, "page-cache", QUIET_3, \
	  "a mapping's index, its lists and its pages agree on which pages it has") \
	X(NAMES, "dcache", QUIET, \
	  "what is in memory of a file on the disk is on one list with its name, or on the " \
	  "other without") \
	X(SWAPCACHE, "swap-cache", QUIET_3, \
	  "a page in the swap cache has a slot of its own, and is read, being read or failed") \
	X(SHMEM, "shared-memory", QUIET, \
	  "a page of shared memory is in memory or in swap, and those in swap are counted") \
	X(SWAP_MAP, "swap-map", QUIET, \
	  "a slot has as many users as ptes and pages of shared memory that name it, and one " \
	  "more if it is cached") \
	X(SWAP_RANGE, "swap-map-range", ALWAYS, \
	  "a slot's count is in range, slot 0 is bad, and swap ptes name slots that exist") \
	X(SWAP_FREE, "swap-free", QUIET_2, "the free slots are as many as nr_swap_pages says") \
	X(DIRTY, "clean-is-stored", QUIET, \
	  "a clean page of a file or of swap has the content of its block") \
	X(CONTENT, "content-reachable", QUIET, \
	  "what was stored last at an address is in a frame or on disk, where the kernel looks") \
	X(IO, "io", QUIET, \
	  "when no thread is in the kernel, pages in transfer are requests of a disk")

#define ALWAYS 0
#define QUIET 1
#define QUIET_2 2
#define QUIET_3 3

enum invariant {
#define X(id, name, when, sentence) INV_##id,
	INVARIANTS(X)
#undef X
	NR_INVARIANTS
};

/* What accounts for a frame that is in use. */
enum role {
	ROLE_NONE, ROLE_FREE, ROLE_LOCAL, ROLE_PGD, ROLE_TABLE, ROLE_SLAB, ROLE_CHAIN,
	ROLE_SWAP_MAP, ROLE_SHMEM_DIR
};

struct tally {
	u32 ptes;       /* present ptes that name the frame, of all mms */
	u16 queued;     /* pagevecs that hold it */
	u32 first;      /* where they begin in audit.ptes */
	u8 role;
	bool cached;    /* found in the index of a mapping */
	bool listed;    /* found on the active or inactive list */
	bool dirty_pte;
	bool exclusive; /* a pte of private memory may write to it */
	bool busy;      /* a page table of an mm that somebody is changing right now */
};

struct found_pte {
	u32 pfn;
	const pte_t *ptep;
};

struct finding {
	u32 count;
	char text[200]; /* of the first */
};

struct audit {
	const struct machine *m;
	const struct vm_state *vm;
	u32 inside;   /* threads in the kernel, asleep or not */
	u32 running;  /* of them, those that are not asleep: they may be anywhere */
	struct tally *frames;
	struct found_pte *ptes;  /* sorted by pfn after audit_mms() */
	u32 nr_ptes, max_ptes;
	u32 *slots[MAX_SWAPFILES]; /* swap ptes that name each slot */
	u32 nr_vmas, nr_mms, nr_shmem, nr_in_core, nr_dentries;
	bool no_memory;
	struct finding findings[NR_INVARIANTS];
};

void broke(struct audit *a, enum invariant which, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline const struct page *audit_page(const struct audit *a, u32 pfn)
{
	return &a->vm->mem_map[pfn];
}

static inline u32 audit_pfn(const struct audit *a, const struct page *page)
{
	return (u32)(page - a->vm->mem_map);
}

static inline bool audit_idle(const struct audit *a)
{
	return a->inside == 0;
}

/* Is a function on the modelled call stack of a thread that is not asleep? */
bool somebody_in(const struct audit *a, const char *func);
/* The same, of a thread that may be asleep in what it calls. */
bool asleep_or_awake_in(const struct audit *a, const char *func);
/* Is somebody in the middle of changing this mm, or this page? */
bool mm_busy(const struct audit *a, const struct mm_struct *mm);
bool page_busy(const struct audit *a, const struct page *page);

/* In this order. check_mms.c: */
void audit_mms(struct audit *a);     /* vmas, page tables, ptes into the tallies */
void audit_tlbs(struct audit *a);
/* check_cache.c: */
void audit_files(struct audit *a);
void audit_swap(struct audit *a);
void audit_content(struct audit *a);
/* check_frames.c: */
void audit_zones(struct audit *a);
void audit_lru(struct audit *a);
void audit_slabs(struct audit *a);
void audit_rmap(struct audit *a);
void audit_frames(struct audit *a);  /* last: what all of them say about each frame */

#endif
