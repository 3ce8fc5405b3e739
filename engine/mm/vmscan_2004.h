/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vmscan_2004 share: a pass of reclaim, and its pieces. */
#ifndef MM_VMSCAN_2004_H
#define MM_VMSCAN_2004_H

#include "mm/vm.h"

/* A shift now: the first pass looks at a 4,096th part of each list. */
#undef DEF_PRIORITY
#define DEF_PRIORITY 12

/* One pass (2.6.8 mm/vmscan.c). Counts are in pages. */
struct scan_control {
	u32 nr_to_scan;      /* of the list at hand */
	u32 nr_scanned;      /* inactive pages looked at; what is mapped or in swap counts twice */
	u32 nr_reclaimed;
	u32 nr_batches;      /* so far; these two are for reclaim(), the kernel does not ask */
	u32 nr_in_flight;    /* pages seen on their way to the disk */
	s32 nr_to_reclaim;   /* a zone has given enough when this is down to 0 */
	u32 swap_cluster_max;/* where that begins: SWAP_CLUSTER_MAX; an experimenter's, less */
	s32 priority;        /* DEF_PRIORITY .. 0 */
	u32 nr_mapped;       /* VM->nr_mapped when the pass began */
	u32 gfp_mask;
	bool may_writepage;  /* of interest in laptop mode only, which is not here */
};

/* mm/vmscan_2004.c */
/* Look at sc->nr_to_scan pages at the tail of the zone's inactive list, and free what can be. */
void shrink_cache_2004(zone_t *zone, struct scan_control *sc);
/* The chain or map lock of the kernels that have one; nothing in the others. */
void map_lock(struct page *page);
void map_unlock(struct page *page);
/* An anonymous page that has no slot in swap yet, as this kernel sees it. Locked; map lock held. */
bool wants_swap_slot(const struct page *page);
/* Wait until a write has ended, but for ns at most (2.6 drivers/block/ll_rw_blk.c). */
void blk_congestion_wait(u64 ns);

/* mm/vmscan_2004_zone.c */
/* Look at sc->nr_to_scan pages at the tail of the zone's active list. */
void refill_inactive_zone(zone_t *zone, struct scan_control *sc);

/* mm/vmscan_2004_asked.c: the last three of struct vmscan_ops */
void refill_inactive_2004(u32 nr_pages);
int referenced_2004(struct page *page);
int unmap_2004(struct page *page);

/* mm/page_alloc_2004.c */
void setup_watermarks_2004(void);
struct page *alloc_pages_2004(zone_t *classzone, u32 gfp_mask, u32 order);

#endif
