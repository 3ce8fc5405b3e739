/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reclaim of 2.5.26 (vmscan_2002a.c) and that of 2.5.27 (vmscan_2002.c) share: a pass over the
 * inactive list, what is done with a page that can be freed or written, and all that goes on above.
 */
#ifndef MM_VMSCAN_2002_H
#define MM_VMSCAN_2002_H

#include "mm/vm.h"

/* One call of shrink_cache. */
struct scan {
	zone_t *classzone; /* whose allocation failed: pages of it and of the zones below help */
	u32 gfp_mask;
	int priority;      /* DEF_PRIORITY .. 1 */
	int nr_pages;      /* to free still */
	int max_scan;      /* to look at still */
	int max_mapped;    /* 2.5.26: pages in use to pass over still, before swap_out */
};

/* The two operands of SCAN_SKIP that say why. */
#define BEING_FREED 1, 0
#define WRONG_ZONE 1, 1
#define BEING_WRITTEN 0, 1
#define LOCKED 0, 0

/*
 * mm/vmscan_2002.c. pagemap_lru_lock is held; the two that sleep drop and retake it.
 */
/* The page at the tail of the inactive list, which is not empty; already moved to the head. */
struct page *next_inactive_page(void);
/* Nobody has the page but the cache it is in. */
bool is_page_cache_freeable(const struct page *page);
/* May somebody with this mask have the page written? */
bool may_write(const struct scan *scan, const struct page *page);
/* Wait until the page is written. It may be gone afterwards. */
void throttle_on_writeback(struct page *page);
/* Have up to SWAP_CLUSTER_MAX dirty pages of the page's mapping written, this one perhaps among
 * them. Page lock held, and released. How many were. */
int page_write(struct page *page);
/* The page is in mapping, whose page_lock is held, and nobody else has it: free it, unless it is
 * dirty. Both locks are released, and so is the page lock. true: it is free. */
bool page_freeable(struct page *page, struct address_space *mapping);

/* mm/vmscan_2002_zone.c: of struct vmscan_ops, over its shrink_cache and refill_inactive. */
int try_to_free_pages_2002(zone_t *classzone, u32 gfp_mask, u32 order);
u32 reclaim_2002(u32 want);
void kswapd_2002(void *machine);

/*
 * mm/vmscan_2002a_swap_out.c (2.5.26): walk page tables until SWAP_CLUSTER_MAX pages were unmapped
 * that can now be freed (1), or everybody was visited (0). No lock held; may drop the last
 * reference to an mm. priority and gfp_mask are not looked at.
 */
int swap_out(u32 priority, u32 gfp_mask, zone_t *classzone);

#endif
