/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones and their buddy lists (2.5.26 include/linux/mmzone.h, mm/page_alloc.c). One node.
 * All counts in pages.
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include "mm/page.h"

#define MAX_ORDER 10
#define ZONE_DMA 0
#define ZONE_NORMAL 1
#define ZONE_HIGHMEM 2
#define MAX_NR_ZONES 3

struct free_area {
	struct list_head free_list;
	u32 nr_free; /* blocks */
};

/* Free pages that a cpu keeps at hand (2.6 include/linux/mmzone.h); in pages. */
struct per_cpu_pages {
	u32 count, low, high, batch;
	struct list_head list;
};
struct per_cpu_pageset {
	struct per_cpu_pages pcp[2]; /* hot, cold */
};
enum { PCP_NONE, PCP_2003, PCP_2006 }; /* what a row says of them */

typedef struct zone_struct {
	spinlock_t lock;
	u32 free_pages;
	u32 pages_min, pages_low, pages_high;
	bool need_balance;
	bool scaled;             /* below 4 MiB the clamps scale with ram; the machine says so */
	u32 index;               /* ZONE_* */
	u32 start_pfn, size;     /* size 0: this machine has no such zone */
	u32 reserved_pages;      /* mem_map, swap_map and boot structures */
	struct free_area free_area[MAX_ORDER];
	const char *name;        /* "DMA" "Normal" "HighMem" */
	/* 2.6: each zone has lists of its own (up to 2.5.33 there is one pair, in struct
	 * vm_state) */
	spinlock_t lru_lock;
	struct list_head active_list, inactive_list;
	u32 nr_active, nr_inactive;
	u32 nr_scan_active, nr_scan_inactive; /* scanning that is due but was too little to do */
	u32 pages_scanned;       /* since a page was freed last */
	bool all_unreclaimable;
	s32 temp_priority, prev_priority; /* of the pass that runs, and of the last one */
	bool has_pcp;            /* 2.6, from 4 MiB on */
	struct per_cpu_pageset pageset[MAX_CPUS];
	u32 lowmem_reserve[MAX_NR_ZONES]; /* kept from allocations that could go higher (2.6.11) */
} zone_t;

#define __GFP_DMA 0x01u
#define __GFP_HIGHMEM 0x02u
#define __GFP_WAIT 0x10u
#define __GFP_HIGH 0x20u
#define __GFP_IO 0x40u
#define __GFP_HIGHIO 0x80u
#define __GFP_FS 0x100u
#define __GFP_COLD 0x200u /* not looked at soon: a page that is read from disk */

/* Requests for pages that are made to fail (fail_page_alloc of vm.h): those that cannot wait, and
 * those that can. */
#define FAIL_ATOMIC 1u
#define FAIL_WAIT 2u

/* Only who cannot wait may go below pages_min; in 2.4 the kernel's own allocations could, too. */
#define GFP_ATOMIC (__GFP_HIGH)
#define GFP_NOIO (__GFP_WAIT)
#define GFP_NOFS (__GFP_WAIT | __GFP_IO | __GFP_HIGHIO)
#define GFP_KERNEL (__GFP_WAIT | __GFP_IO | __GFP_HIGHIO | __GFP_FS)
#define GFP_HIGHUSER \
	(__GFP_WAIT | __GFP_IO | __GFP_HIGHIO | __GFP_FS | __GFP_HIGHMEM)
#define GFP_KSWAPD (__GFP_WAIT | __GFP_IO | __GFP_HIGHIO | __GFP_FS)

/* mm/page_alloc.c. All run on a modelled thread, or at boot. */

/*
 * Free frames lie in blocks of 2^order, aligned to their size from the start of the zone. The first
 * frame of a block is on a free_list and has PAGE_BUDDY | order in private; all have count 0.
 */
#define PAGE_BUDDY 0x80000000u
static inline bool page_is_buddy(const struct page *page)
{
	return page_count(page) == 0 && (page->private & ~0xfu) == PAGE_BUDDY;
}
#define page_buddy_order(page) ((page)->private & 0xfu)
/* Free, and on a list of a cpu. */
#define PAGE_PCP 0x40000000u
static inline bool page_is_pcp(const struct page *page)
{
	return page_count(page) == 0 && page->private == PAGE_PCP;
}

/* Lay out zones, charge mem_map and the rest, free every other frame to the buddy lists, make room
 * for the mmu_gathers. 0, or -ENOMEM: low memory cannot hold mem_map, or the region is full. */
int free_area_init(void);
/* 2^order frames, count 1 on the first; NULL when none can be had. May reclaim and sleep when
 * gfp_mask has __GFP_WAIT. Content of the frames is whatever was there. */
struct page *alloc_pages(u32 gfp_mask, u32 order);
#define alloc_page(gfp_mask) alloc_pages(gfp_mask, 0)
/* A zeroed lowmem frame, by its kernel address; 0: none. */
kaddr_t get_zeroed_page(u32 gfp_mask);
void __free_pages(struct page *page, u32 order);
#define __free_page(page) __free_pages(page, 0)
u32 nr_free_pages(void);
/* A block of the zone, whatever its marks; NULL: there is none. */
struct page *rmqueue(zone_t *zone, u32 order);
/* The pieces of these. The first two with zone->lock held: a block off the free lists, not yet fit
 * for use, and one back to them. Nobody has the others. */
struct page *__rmqueue(zone_t *zone, u32 order);
void __free_pages_bulk(zone_t *zone, struct page *page, u32 order);
void __free_pages_ok(struct page *page, u32 order);
void free_page_prepare(struct page *page, u32 order); /* checked, and its content forgotten */
void prep_new_page(struct page *page);

/* mm/page_alloc_pcp.c. Without lists for each cpu these are the above. A page to free has count 0
 * (see put_page_testzero) and is on no list of reclaim. */
void free_hot_page(struct page *page);
void free_cold_page(struct page *page);
struct page *buffered_rmqueue(zone_t *zone, u32 order, bool cold);
void setup_pagesets(zone_t *zone); /* boot */
u32 zone_pcp_pages(const zone_t *zone); /* free pages of the zone in them */
/* mm/page_alloc_zones.c: the marks of 2.5, for vmscan_2002. */
void setup_watermarks_2002(void);
/* Is a page of this zone of use to somebody who failed in classzone? (memclass) */
static inline bool memclass(const zone_t *zone, const zone_t *classzone)
{
	return zone->index <= classzone->index;
}

#endif
