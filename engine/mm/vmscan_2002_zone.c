/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reclaims, when, and how hard, in July 2002: the same before and after minimal rmap.
 *
 *	__alloc_pages, short of pages            kswapd, woken by it
 *	        |                                   | each zone that needs balance
 *	        +------> try_to_free_pages <--------+
 *	                        | priority 6, 5, ... 1: ever larger parts of the list
 *	                  shrink_caches
 *	                   |    |    |
 *	  kmem_cache_reap -+    |    +- shrink_cache: what becomes of pages at the tail
 *	                 refill_inactive: the active list keeps two thirds
 *
 * The two at the bottom are the row's: vmscan_2002a.c (2.5.26), vmscan_2002.c (2.5.27).
 *
 * Source: 2.5.26 mm/vmscan.c; seed 000 leaves this part as it was.
 */
#define VMSCAN_GENERATION
#include "kernels.h"
#include "mm/dcache.h"
#include "mm/vmscan_2002.h"

/* -- shrink_caches, try_to_free_pages ------------------------------------------------------ */

/*
 * One lap: empty slabs first, then move pages down so that the active list keeps two thirds of
 * the cache, then scan. How many of nr_pages are missing. What the slabs gave is forgotten unless
 * it was enough; and how much to scan is decided before pages have moved down.
 *
 * After a lap that was not enough the caches of dentries and inodes give what nobody uses. (Quotas
 * are not here.)
 */
static int shrink_caches(zone_t *classzone, int priority, u32 gfp_mask, int nr_pages)
{
	FN;
	const struct vmscan_ops *vmscan = VM->kernel->vmscan;
	u32 nr_active, nr_inactive;
	int max_scan;

	if (nr_pages <= (int)kmem_cache_reap(gfp_mask))
		return 0;
	nr_active = VM->nr_active;
	nr_inactive = VM->nr_inactive;
	vmscan->refill_inactive((u32)((u64)(u32)nr_pages * nr_active / ((nr_inactive | 1) * 2)));

	max_scan = (int)nr_inactive / priority;
	EV(RECLAIM_BEGIN, (u32)priority, (u32)nr_pages, (u32)max_scan);
	nr_pages = vmscan->shrink_cache(nr_pages, classzone, gfp_mask, priority, max_scan);
	EV(RECLAIM_END, (u32)priority, (u32)nr_pages);
	if (nr_pages > 0) {
		wakeup_bdflush();
		shrink_dcache_memory_2002(priority, gfp_mask);
		shrink_icache_memory_2002(1, gfp_mask); /* whatever the priority */
	}
	return nr_pages;
}

/* Laps of growing urgency: a sixth of the inactive list, a fifth, ... all of it. How many of
 * nr_pages are missing. */
static int shrink_at_all_priorities(zone_t *classzone, u32 gfp_mask, int nr_pages)
{
	int priority = DEF_PRIORITY;

	do {
		nr_pages = shrink_caches(classzone, priority, gfp_mask, nr_pages);
	} while (nr_pages > 0 && --priority);
	return nr_pages;
}

int try_to_free_pages_2002(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN_AS("try_to_free_pages");

	(void)order; /* not looked at in these kernels either */
	if (shrink_at_all_priorities(classzone, gfp_mask, SWAP_CLUSTER_MAX) <= 0)
		return 1;
	out_of_memory();
	return 0;
}

/* -- kswapd -------------------------------------------------------------------------------- */

#define HZ_NS 1000000000ull /* one second, the kernel's HZ jiffies */

/* Enough is when this zone or one below it has more than pages_high. */
static bool check_classzone_need_balance(const zone_t *classzone)
{
	const zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--)
		if (zone->free_pages > zone->pages_high)
			return false;
	return true;
}

/* true: this zone wants another round. */
static bool kswapd_balance_zone(zone_t *zone)
{
	EV(KSWAPD_BALANCE, zone->index, zone->free_pages, zone->pages_high);
	if (!try_to_free_pages_2002(zone, GFP_KSWAPD, 0)) {
		zone->need_balance = false;
		sleep_on_timeout(NULL, HZ_NS);
		return false;
	}
	if (check_classzone_need_balance(zone))
		return true;
	zone->need_balance = false;
	return false;
}

/* There is one node. true: go on. */
static bool kswapd_balance_pgdat(void)
{
	FN;
	bool need_more_balance = false;
	int i;

	for (i = MAX_NR_ZONES - 1; i >= 0; i--) {
		if (current->need_resched)
			schedule();
		if (VM->zones[i].need_balance)
			need_more_balance |= kswapd_balance_zone(&VM->zones[i]);
	}
	return need_more_balance;
}

static void kswapd_balance(void)
{
	FN;

	while (kswapd_balance_pgdat())
		;
}

static bool kswapd_can_sleep(void)
{
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		if (VM->zones[i].need_balance)
			return false;
	return true;
}

/*
 * PF_MEMALLOC: kswapd may take the last frames, because it needs them to free more. It never waits
 * in the allocator for itself.
 */
void kswapd_2002(void *machine)
{
	FN_AS("kswapd");

	(void)machine;
	current->flags |= PF_MEMALLOC;
	for (;;) {
		while (kswapd_can_sleep())
			sleep_on(&VM->kswapd);
		kswapd_balance();
	}
}

/* -- for the experimenter ------------------------------------------------------------------ */

/* Batches as try_to_free_pages has them, by somebody who, like it, must not fall into reclaim
 * again; and whatever happens, nobody is killed for it. */
u32 reclaim_2002(u32 want)
{
	FN_AS("reclaim");
	zone_t *classzone = &VM->zones[MAX_NR_ZONES - 1];
	u32 freed = 0, memalloc = current->flags & PF_MEMALLOC;
	int missing = 0;

	while (!classzone->size)
		classzone--;
	current->flags |= PF_MEMALLOC;
	VM->no_oom = true;
	while (freed < want && !missing) {
		int batch = (int)(want - freed);

		if (want - freed > SWAP_CLUSTER_MAX)
			batch = SWAP_CLUSTER_MAX;
		missing = shrink_at_all_priorities(classzone, GFP_KERNEL, batch);
		freed += (u32)(batch - missing);
	}
	VM->no_oom = false;
	if (!memalloc)
		current->flags &= ~PF_MEMALLOC;
	return freed;
}
