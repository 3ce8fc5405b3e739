/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vmscan_2004 share: a pass of reclaim, and its pieces. vmscan_2004.c and
 * vmscan_2004_zone.c have what all versions from 2.6.0 to 2.6.16 (and 4.0) do alike; a file for
 * each pair of versions says what it did otherwise, with its table at the foot.
 */
#ifndef MM_VMSCAN_2004_H
#define MM_VMSCAN_2004_H

#include "mm/vm.h"

/* A shift now: the first pass looks at a 4,096th part of each list. */
#undef DEF_PRIORITY
#define DEF_PRIORITY 12

/* blk_congestion_wait(WRITE, HZ / 10). */
#define TENTH_NS 100000000ull

/* What becomes of a page in shrink_list: the labels it goes to. GO_ON: none yet. */
enum fate { GO_ON, KEEP, KEEP_LOCKED, ACTIVATE_LOCKED, FREE_IT };

/* One pass (2.6.8 mm/vmscan.c; the arguments of the functions before). Counts are in pages. */
struct scan_control {
	u32 nr_to_scan;      /* of the list at hand */
	u32 nr_scanned;      /* what is mapped or in swap counts twice: see each version */
	u32 nr_reclaimed;    /* of this pass, or of all so far: see each version */
	u32 nr_taken;        /* off an inactive list, in all passes */
	u32 nr_freed;        /* by shrink_list, in all passes; this and the next two are for */
	u32 nr_batches;      /* reclaim(), the kernel does not ask */
	u32 nr_in_flight;    /* pages seen on their way to the disk */
	bool on_purpose;     /* somebody wants pages though none are missing (swsusp; reclaim()) */
	s32 nr_to_reclaim;   /* a zone has given enough when this is down to 0 */
	u32 swap_cluster_max;/* where that begins: SWAP_CLUSTER_MAX; an experimenter's, less */
	s32 priority;        /* DEF_PRIORITY .. 0 */
	u32 nr_mapped;       /* VM->nr_mapped when the pass began */
	u32 gfp_mask;
	bool may_writepage;  /* of interest in laptop mode only, which is not here */
};

/* What the versions changed. */
struct vmscan_version {
	/* Which of shrink_list's labels, from the page lock on. Returns with the page locked, but
	 * for KEEP. */
	enum fate (*shrink_locked_page)(struct page *page, struct scan_control *sc);
	/* Does refill_inactive_zone leave an active page where it is? */
	bool (*stays_active)(struct page *page, bool reclaim_mapped);
	/* Direct reclaim: one priority after the other. true: it freed sc->swap_cluster_max. */
	bool (*shrink_at_all_priorities)(zone_t *classzone, struct scan_control *sc);
	/* What kswapd does when it is woken. */
	void (*balance_pgdat)(void);
	/* zone->pages_scanned is what was looked at, active pages too (2.6.11); before it is what
	 * was taken off the inactive list */
	bool counts_active;
	u8 slab_pressure; /* enum slab_pressure of mm/dcache.h */
};

/* mm/vmscan_2004.c */
/* Look at sc->nr_to_scan pages at the tail of the zone's inactive list, and free what can be. */
void shrink_cache_2004(zone_t *zone, struct scan_control *sc);
/* A batch of that, of so many pages, for a version with another loop; *max_scan less what was
 * looked at. false: there is no other. lru_lock held, and dropped in between. */
bool shrink_batch(zone_t *zone, struct scan_control *sc, u32 batch, s32 *max_scan,
		  struct pagevec *pvec);
/* The chain or map lock of the kernels that have one; nothing in the others. */
void map_lock(struct page *page);
void map_unlock(struct page *page);
/* An anonymous page that has no slot in swap yet, as this kernel sees it. Locked; map lock held. */
bool wants_swap_slot(const struct page *page);
/* The pieces of shrink_list, for shrink_locked_page. All with the page locked. */
bool may_enter_fs(const struct page *page, const struct scan_control *sc);
enum fate being_written(const struct page *page, struct scan_control *sc);
void count_slab_pressure(const struct page *page, struct scan_control *sc);
enum fate unmap_page(struct page *page, int *referenced);
enum fate write_page_2003(struct page *page, bool referenced, bool enter_fs,
			  struct scan_control *sc);
enum fate write_page_2004(struct page *page, bool referenced, struct scan_control *sc);
enum fate remove_mapping(struct page *page);

/* mm/vmscan_2004_zone.c */
/* Look at sc->nr_to_scan pages at the tail of the zone's active list. */
void refill_inactive_zone(zone_t *zone, struct scan_control *sc);
/* Is there no swap at all, and the page anonymous as this kernel sees it? */
bool no_place_for(const struct page *page);
/* The chain or map lock around page_referenced, without the page lock. */
bool was_used(struct page *page);
/* Wait until a write has ended, but for ns at most (2.6 drivers/block/ll_rw_blk.c). */
void blk_congestion_wait(u64 ns);
/* Asked of a zone before it is scanned: empty, or given up (then it has a look at 12 only). */
bool skip_zone(const zone_t *zone, s32 priority);
/* What shrink_zone put by until it is a batch: what is due of it now. */
u32 scan_due(u32 *nr_scan, u32 pages);
/* temp_priority of the zones up to top: DEF_PRIORITY before, into prev_priority after. */
void begin_priorities(zone_t *top);
void end_priorities(zone_t *top);
/* Since 2.6.7 a pass shows at once in prev_priority, which is what distress is made of. */
void set_priority(zone_t *zone, s32 priority);
/* Up to 2.6.6 direct reclaim remembers it for a zone that has too little, and after the round. */
void note_priority(zone_t *zone, const struct scan_control *sc);
/* Two batches were looked at without success: pdflush shall write, too (2.6.6). */
void wake_pdflush_after(u32 total_scanned, struct scan_control *sc);
/* The highest zone that has too little, 2.6.5 on; NULL: all have enough, or are beyond hope. */
zone_t *find_end_zone(s32 priority);
/* As in struct vmscan_ops. The kernels before 2.6.11 kill from here. In the later ones that is for
 * __alloc_pages, and -1 says: it freed nothing, but has not looked at anything either. */
int try_to_free_pages_2004(zone_t *classzone, u32 gfp_mask, u32 order);
int try_to_free_pages_2006(zone_t *classzone, u32 gfp_mask, u32 order);
void kswapd_2004(void *machine);
u32 reclaim_2004(u32 want);

/* mm/vmscan_2004_asked.c: the last three of struct vmscan_ops */
void refill_inactive_2004(u32 nr_pages);
int referenced_2004(struct page *page);
int unmap_2004(struct page *page);

/* mm/page_alloc_marks.c */
void setup_watermarks_2004(void);

/* mm/page_alloc_2004.c: __alloc_pages of 2.6.0 and 2.6.5; 2.6.6 and 2.6.8; 2.6.9; 2.6.16 */
struct page *alloc_pages_2003(zone_t *classzone, u32 gfp_mask, u32 order);
struct page *alloc_pages_2004(zone_t *classzone, u32 gfp_mask, u32 order);
struct page *alloc_pages_2004b(zone_t *classzone, u32 gfp_mask, u32 order);
struct page *alloc_pages_2006(zone_t *classzone, u32 gfp_mask, u32 order);

#endif
