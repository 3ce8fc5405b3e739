/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists, the swap areas and the swap cache. Source: 2.5.26 include/linux/swap.h, mm/swap.c,
 * mm/swapfile.c, mm/swap_state.c, mm/page_io.c, mm/vmscan.c + seed 000.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include "mm/pagemap.h"

/* type in the top 5 bits, slot in the low 27; 0 is no entry (slot 0 is the header) */
typedef struct {
	u32 val;
} swp_entry_t;
#define SWP_TYPE(entry) ((entry).val >> 27)
#define SWP_OFFSET(entry) ((entry).val & 0x7ffffffu)
#define SWP_ENTRY(type, offset) ((swp_entry_t){ (u32)(type) << 27 | (offset) })
/* i386: type in bits 1-6, offset in bits 8-31 of a pte that is not present; with PAE from 2.6.9 on
 * the low word is 0, and the high one has type in bits 0-4 and offset above. */
static inline swp_entry_t pte_to_swp_entry(pteval_t pte)
{
	u32 low = (u32)pte, high = (u32)(pte >> 32);

	return low ? SWP_ENTRY(low >> 1 & 0x3f, low >> 8) : SWP_ENTRY(high & 0x1f, high >> 5);
}

static inline pteval_t swp_entry_pte(bool in_high_word, swp_entry_t entry)
{
	if (in_high_word)
		return (pteval_t)(SWP_TYPE(entry) | SWP_OFFSET(entry) << 5) << 32;
	return SWP_TYPE(entry) << 1 | SWP_OFFSET(entry) << 8;
}

/* As this machine writes it. mm/pgtable.c */
pteval_t swp_entry_to_pte(swp_entry_t entry);

#define MAX_SWAPFILES 32
#define SWAPFILE_CLUSTER 256
#define SWP_USED 1u
#define SWP_WRITEOK 2u
#define SWP_ACTIVE (SWP_USED | SWP_WRITEOK)
#define SWP_SCANNING 0x100u /* 2.6.14: how many scan the area just now, in units of this */
#define SWAP_CLUSTER_MAX 32
#define DEF_PRIORITY 6 /* vmscan_2002: a divisor; vmscan_2004 has one of its own */

/* The count of a slot as a short, up to 2.6.31. */
#define SWAP_MAP_MAX 0x7fff /* so many or more: for ever */
#define SWAP_MAP_BAD 0x8000
/* And as a byte (2.6.32): six bits of count, and two that say more. */
#define SWAP_HAS_CACHE 0x40   /* it is in the swap cache */
#define COUNT_CONTINUED 0x80  /* the count has more digits, on pages of their own */
#define SWAP_BYTE_MAX 0x3e    /* SWAP_MAP_MAX of the byte */
#define SWAP_BYTE_BAD 0x3f    /* SWAP_MAP_BAD of the byte */
#define SWAP_MAP_SHMEM 0xbf   /* the owner is a shared memory file; not counted */
#define SWAP_CONT_MAX 0x7f    /* a further digit at most */

#define SWAP_MAP_PAGE 0x2070616du

/* A page with further digits, one for each slot whose first digit is on one page of the map. */
struct swap_continuation {
	struct swap_continuation *next; /* the next higher digits */
	u32 pfn;                        /* the frame it is charged with */
	u8 map[PAGE_SIZE];
};

struct swap_info_struct {
	u32 flags;               /* SWP_* */
	spinlock_t sdev_lock;
	union {                  /* who has each slot */
		u16 *swap_map;
		u8 *swap_bytes;
	};
	u32 slot_bytes;          /* which of the two: 2 or 1 */
	u32 lowest_bit, highest_bit;
	u32 cluster_next, cluster_nr;
	s32 prio;
	u32 disk;                /* machine->disks[disk] */
	u32 pages;               /* usable slots */
	u32 inuse_pages;         /* of them, those that somebody has */
	u32 max;                 /* slots, the header included */
	s32 next;                /* area with the next lower priority; -1: none */
	struct list_head avail_list; /* 4.0: of those that have free slots, the best first */
	struct swap_continuation **continued; /* bytes: for each page of the map, the digits */
	u32 continued_pages;     /* frames charged for them */
	u32 map_pages;           /* frames charged for swap_map (vmalloc: anywhere) */
	u32 map_first_pfn;       /* the first; the others are linked to it through page->lru. All
				  * have SWAP_MAP_PAGE in private */
};

/* A row's two tables (mm/swap_private.h): which slot comes next, how its users are counted. */
extern const struct slot_ops slots_2002, slots_2005, slots_2014;
extern const struct swap_map_ops swap_map_short, swap_map_byte;

/* When is a page of the swap cache the faulting process's own (can_share_swap_page)? */
enum swap_share {
	SHARE_BY_COUNT,    /* nobody else has a reference: up to 2.6.11 */
	SHARE_BY_MAPCOUNT, /* nobody else maps it or names its slot: 2.6.12 */
	SHARE_REUSE,       /* the same, and it leaves the swap cache (reuse_swap_page): 4.0 */
};

/* mm/swapfile.c. swapon: bytes, priority -1 = automatic. The area's type or -errno. */
int sys_swapon(u64 bytes, s32 priority);
/* The same on a disk that is named, 1 to 32. -EPERM: there are 32 areas; -EBUSY: the disk is one of
 * them; -EINVAL: fewer than two slots; -ENOMEM. */
int sys_swapon_disk(u32 disk, u64 bytes, s32 priority);
/* For swapoff: slots may be taken again, and the totals say so; what the map is made of is given
 * back, when nobody has a slot any more. */
void swap_area_enable(struct swap_info_struct *p);
void swap_free_map(struct swap_info_struct *p);

/*
 * Who has a slot. Only the files swap_map* look into swap_map: its form changed (a short up to
 * 2.6.16 in which the swap cache is one of the users; a byte in 4.0 in which it is a bit).
 *
 * A slot comes from get_swap_page with one claim: the caller's in 2.5, the swap cache's from 2.6 on
 * (HAS_CACHE in 4.0). swapcache_free gives up the cache's claim, or that of a slot just taken;
 * swap_free a user's: a pte, or an entry of a shared memory file.
 */
swp_entry_t get_swap_page(void);                  /* val 0: none is free */
/* 4.0: the count is full, one more digit for it. 0: there is room now, or the slot is gone
 * meanwhile; -ENOMEM. Other kernels: 0. */
int add_swap_count_continuation(swp_entry_t entry, u32 gfp_mask);
/* One more user. 1: counted; 0: no such slot in use, or bad; -ENOMEM: 4.0's count is full, and
 * wants add_swap_count_continuation before it is tried again. */
int swap_duplicate(swp_entry_t entry);
void swap_free(swp_entry_t entry);                /* one user less */
/* The swap cache is going to have the slot: 0, -ENOENT: in no use; 4.0: -EEXIST: it has it. */
int swapcache_prepare(swp_entry_t entry);
void swapcache_free(swp_entry_t entry);           /* the swap cache has it no more */
/* The entry is now a shared memory file's (4.0: marked as such, and never counted). */
void swap_shmem_alloc(swp_entry_t entry);
/* Users apart from the swap cache: ptes and shared memory. A saturated short is SWAP_MAP_MAX - 1
 * or more. No lock is taken, nothing is changed; 0 for what is no slot. _of: for inspection. */
u32 swap_count(swp_entry_t entry);
bool swap_has_cache(swp_entry_t entry);
u32 swap_map_raw(swp_entry_t entry);              /* as it is stored, for who wants to see it */
struct vm_state;
u32 swap_count_of(const struct vm_state *vm, swp_entry_t entry);
bool swap_has_cache_of(const struct vm_state *vm, swp_entry_t entry);
u32 swap_map_raw_of(const struct vm_state *vm, swp_entry_t entry);
bool swap_slot_bad_of(const struct vm_state *vm, swp_entry_t entry); /* the header, a bad block */
bool swap_is_shmem_of(const struct vm_state *vm, swp_entry_t entry); /* 4.0: marked as such */
u32 page_swapcount(const struct page *page);      /* of the slot of a page in the cache */
void free_swap_and_cache(swp_entry_t entry);      /* zapping a swap pte */
bool can_share_swap_page(struct page *page);      /* page locked */
int remove_exclusive_swap_page(struct page *page);/* page locked; 1: it left the swap cache */
int valid_swaphandles(swp_entry_t entry, u32 *offset); /* slots to read ahead, from *offset */
bool vm_swap_full(void);
/* swapoff has looked everywhere: if a short count was full, so that it could not go down any more,
 * the swap cache is the only user now. */
void swap_forget_overflow(swp_entry_t entry);
int try_to_free_swap(struct page *page); /* page locked, nobody names its slot: out of the cache */

/* mm/swap_state.c */
int add_to_swap(struct page *page);               /* page locked; 1: done, 0: no slot or memory */
int add_to_swap_cache(struct page *page, swp_entry_t entry); /* 0, -ENOENT, -EEXIST, -ENOMEM */
/* The same for a slot that the cache has a claim on already (2.6: get_swap_page). */
int __add_to_swap_cache(struct page *page, swp_entry_t entry);
void __delete_from_swap_cache(struct page *page);
void delete_from_swap_cache(struct page *page);
struct page *lookup_swap_cache(swp_entry_t entry);
struct page *read_swap_cache_async(swp_entry_t entry);
void swapin_readahead(swp_entry_t entry);
void free_swap_cache(struct page *page);          /* in it for nobody but the caller: it leaves */
/* 2.6: the same for many, by pfn, after this cpu's pagevecs were emptied. */
void free_pages_and_swap_cache(const u32 *pfns, u32 nr);

/* mm/page_io.c. The page is locked; the write unlocks it when queued, the read when done. */
int swap_writepage(struct page *page);
int swap_readpage(struct page *page);

/*
 * The lists: swap_2002.c has one pair for the machine, swap_2004.c a pair for each zone, which
 * pages reach through per-cpu pagevecs that hold a reference. Through the kernel's row.
 */
#define PAGEVEC_MAX 16
struct pagevec {
	u32 nr;
	bool cold; /* nobody has looked at its pages for long */
	struct page *pages[PAGEVEC_MAX]; /* the row says how many of them are used */
};
struct lru_ops {
	const char *name;
	void (*init)(void);                          /* boot */
	void (*lru_cache_add)(struct page *page);    /* to the inactive list */
	void (*lru_cache_add_active)(struct page *page);
	void (*lru_cache_del)(struct page *page);    /* the last reference is gone */
	void (*activate_page)(struct page *page);
	void (*mark_page_accessed)(struct page *page);
	void (*lru_add_drain)(void);                 /* empty this cpu's pagevecs */
	/* Written back, and wanted free: to the tail of its list (2.6: PG_reclaim). false: it is
	 * not there for the taking, and PG_writeback is still to be cleared. */
	bool (*rotate_reclaimable_page)(struct page *page);
	/* generic_writepages is about to write it for somebody; NULL: that does not move it. */
	void (*written)(struct page *page);
	/* Inspection: the n-th list head of the kind, and its counter; NULL: no more. */
	const struct list_head *(*list)(const struct vm_state *vm, bool active, u32 n, u32 *count);
	/* pages that wait in pagevecs, of all cpus; at most max written, all counted */
	u32 (*queued)(const struct vm_state *vm, const struct page **out, u32 max);
};
extern const struct lru_ops lru_2002, lru_2004;

#ifndef LRU_GENERATION
/* mm/vm.c: to the lists of this kernel's row. */
void lru_cache_add(struct page *page);
void lru_cache_add_active(struct page *page);
void lru_cache_del(struct page *page);
void activate_page(struct page *page);
void mark_page_accessed(struct page *page);
void lru_add_drain(void);
bool rotate_reclaimable_page(struct page *page);
#endif

/*
 * mm/swap_2004.c. A pagevec of the row's size, filled by one who has a reference to each page: room
 * left after adding one (0: full). The two releases drop the references and empty it; _nonlru: no
 * page is on a list. release_pages is put_page for many.
 */
u32 pagevec_add(struct pagevec *pvec, struct page *page);
void __pagevec_release(struct pagevec *pvec);
void __pagevec_release_nonlru(struct pagevec *pvec);
void release_pages(struct page **pages, u32 nr, bool cold);

/* mm/swap.c (2.5.27) */
#ifndef LRU_2004
void __lru_cache_del(struct page *page);          /* pagemap_lru_lock held */
void add_page_to_active_list(struct page *page);  /* these four: pagemap_lru_lock held */
void add_page_to_inactive_list(struct page *page);
void del_page_from_active_list(struct page *page);
void del_page_from_inactive_list(struct page *page);
#endif

/* mm/vmscan_2002a.c, vmscan_2002.c, and vmscan_2003.c to vmscan_2006.c, through the kernel's row */
struct vmscan_version;
struct vmscan_ops {
	const char *name;      /* "2002"; "2.6.0" */
	/* Direct reclaim for classzone: 1 when it freed what was asked, 0 or less after giving up
	 * (before 2.6.11 out_of_memory() was called then, unless no_oom). Sleeps. */
	int (*try_to_free_pages)(zone_t *classzone, u32 gfp_mask, u32 order);
	/* The same work until want pages are freed or it gives up, never killing. Pages freed. */
	u32 (*reclaim)(u32 want);
	/* One pass over max_scan inactive pages; how many of nr_pages are missing. 2.5 only. */
	int (*shrink_cache)(int nr_pages, zone_t *classzone, u32 gfp_mask, int priority,
			    int max_scan);
	void (*refill_inactive)(u32 nr_pages);
	void (*kswapd)(void *machine); /* body of the kswapd thread */
	/* What an experimenter may ask of a page, doing first what the kernel's own caller does:
	 * the page lock, the map lock, a swap slot. References; SWAP_*; -EINVAL: on no list.
	 * NULL: this kernel cannot ask such a thing. */
	int (*referenced)(struct page *page);
	int (*unmap)(struct page *page);
	/* swap_out walks page tables: mm->swap_address and swap_mm are in use (2.5.26). */
	bool virtual_scan;
	/* __alloc_pages: from which zones, above which marks. NULL: that of 2.5.27 */
	struct page *(*alloc_pages)(zone_t *classzone, u32 gfp_mask, u32 order);
	/* pages_min, pages_low, pages_high of all zones, from their sizes; at boot */
	void (*setup_watermarks)(void);
	/* What this version of the reclaim of 2.6 has of its own (mm/vmscan_2004.h); else NULL */
	const struct vmscan_version *version;
};
extern const struct vmscan_ops vmscan_2002a, vmscan_2002;
extern const struct vmscan_ops vmscan_2_6_0, vmscan_2_6_5, vmscan_2_6_6, vmscan_2_6_8,
	vmscan_2_6_9, vmscan_2_6_16;

/* mm/vm.c. A vmscan file keeps the historical names; it defines VMSCAN_GENERATION first. */
#ifndef VMSCAN_GENERATION
int try_to_free_pages(zone_t *classzone, u32 gfp_mask, u32 order); /* of this kernel's row */
#endif
/* This zone needs balancing; if kswapd sleeps for want of work, it wakes up. */
void wakeup_kswapd(zone_t *zone);

/* mm/thrash.c, from 2.6.9: page_referenced spares one mm at a time. Other kernels: no-ops. */
void grab_swap_token(void);                       /* current waited for a read */
bool has_swap_token(const struct mm_struct *mm);
void put_swap_token(struct mm_struct *mm);        /* mm is going away */
void disable_swap_token(void);                    /* reclaim is at its wits' end: 2.6.15 */


#endif
