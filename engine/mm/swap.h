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
/* 2.5.26 i386: type in bits 1-6, offset in bits 8-31 of a pte that is not present */
#define pte_to_swp_entry(pte) SWP_ENTRY((pte) >> 1 & 0x3f, (pte) >> 8)
#define swp_entry_to_pte(entry) ((pte_t)(SWP_TYPE(entry) << 1 | SWP_OFFSET(entry) << 8))

#define MAX_SWAPFILES 32
#define SWAP_MAP_MAX 0x7fff
#define SWAP_MAP_BAD 0x8000
#define SWAPFILE_CLUSTER 256
#define SWP_USED 1u
#define SWP_WRITEOK 2u
#define SWP_ACTIVE (SWP_USED | SWP_WRITEOK)
#define SWAP_CLUSTER_MAX 32
#define DEF_PRIORITY 6

#define SWAP_MAP_PAGE 0x2070616du

struct swap_info_struct {
	u32 flags;               /* SWP_* */
	spinlock_t sdev_lock;
	u16 *swap_map;           /* users of each slot */
	u32 lowest_bit, highest_bit;
	u32 cluster_next, cluster_nr;
	s32 prio;
	u32 pages;               /* usable slots */
	u32 max;                 /* slots, the header included */
	s32 next;                /* area with the next lower priority; -1: none */
	u32 map_pages;           /* frames charged for swap_map (vmalloc: anywhere) */
	u32 map_first_pfn;       /* the first; the others are linked to it through page->lru. All
				  * have SWAP_MAP_PAGE in private */
};

/* mm/swapfile.c. swapon: bytes, priority -1 = automatic. The area's type or -errno. */
int sys_swapon(u64 bytes, s32 priority);
swp_entry_t get_swap_page(void);
int swap_duplicate(swp_entry_t entry);            /* 1: counted, 0: no such slot in use */
void swap_free(swp_entry_t entry);
void free_swap_and_cache(swp_entry_t entry);      /* zapping a swap pte */
u32 swap_count(swp_entry_t entry);
bool can_share_swap_page(struct page *page);      /* page locked */
int remove_exclusive_swap_page(struct page *page);/* page locked; 1: it left the swap cache */
int valid_swaphandles(swp_entry_t entry, u32 *offset); /* slots to read ahead, from *offset */
bool vm_swap_full(void);

/* mm/swap_state.c */
bool PageSwapCache(const struct page *page);
int add_to_swap(struct page *page);               /* page locked; 1: done, 0: no slot or memory */
int add_to_swap_cache(struct page *page, swp_entry_t entry); /* 0, -ENOENT, -EEXIST, -ENOMEM */
void __delete_from_swap_cache(struct page *page);
void delete_from_swap_cache(struct page *page);
struct page *lookup_swap_cache(swp_entry_t entry);
struct page *read_swap_cache_async(swp_entry_t entry);
void swapin_readahead(swp_entry_t entry);
void free_page_and_swap_cache(struct page *page);

/* mm/page_io.c. The page is locked; the write unlocks it when queued, the read when done. */
int swap_writepage(struct page *page);
int swap_readpage(struct page *page);

/* mm/swap.c */
void lru_cache_add(struct page *page);
void lru_cache_del(struct page *page);
void __lru_cache_del(struct page *page);          /* pagemap_lru_lock held */
void activate_page(struct page *page);
void mark_page_accessed(struct page *page);
void add_page_to_active_list(struct page *page);  /* these four: pagemap_lru_lock held */
void add_page_to_inactive_list(struct page *page);
void del_page_from_active_list(struct page *page);
void del_page_from_inactive_list(struct page *page);

/* mm/vmscan_2002.c, reached through the kernel's row */
struct vmscan_ops {
	const char *name;      /* "2002" */
	/* Direct reclaim for classzone: 1 when it freed what was asked, 0 after giving up (then
	 * out_of_memory() was called unless no_oom). Sleeps. */
	int (*try_to_free_pages)(zone_t *classzone, u32 gfp_mask, u32 order);
	/* The same work until want pages are freed or it gives up, never killing. Pages freed. */
	u32 (*reclaim)(u32 want);
	void (*refill_inactive)(u32 nr_pages);
	void (*kswapd)(void *machine); /* body of the kswapd thread */
};
extern const struct vmscan_ops vmscan_2002;

/* mm/vm.c. A vmscan file keeps the historical names; it defines VMSCAN_GENERATION first. */
#ifndef VMSCAN_GENERATION
int try_to_free_pages(zone_t *classzone, u32 gfp_mask, u32 order); /* of this kernel's row */
#endif
/* This zone needs balancing; if kswapd sleeps for want of work, it wakes up. */
void wakeup_kswapd(zone_t *zone);

/* mm/oom_kill.c */
void out_of_memory(void);

#endif
