/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page replacement of 2.6, second half: which pages leave the active lists, and what the versions
 * share of the ways to there.
 *
 *	__alloc_pages                       kswapd
 *	     |                                 |
 *	try_to_free_pages                 balance_pgdat       priority 12 .. 0: a 4,096th of each
 *	     |  shrink_caches: all zones       |              list, a 2,048th, ... all of it
 *	     +--------------+------------------+
 *	                    v
 *	               shrink_zone            collects until 32 pages are due
 *	               |         |
 *	  refill_inactive_zone   shrink_cache
 *
 * How much is due, and when it is enough, is each version's own affair:
 *
 *	vmscan_2003.c     2.6.0     twice what is wanted, active pages in proportion
 *	vmscan_2004a.c    2.6.5     a share of the inactive list, active pages in proportion to 32
 *	                  2.6.6     and pdflush is left alone at first; kswapd naps
 *	vmscan_2004b.c    2.6.8     a share of either list, in turns; enough is 32 pages a zone
 *	vmscan_2006.c     2.6.16    all that is due, whatever it gives; kswapd until all is well
 *
 * A page leaves the active list when nobody maps it, or when memory is so short that mapped pages
 * must go (reclaim_mapped), and nobody has used it:
 *
 *	distress       100 >> prev_priority: how badly it goes, from 0 (12 to 7) to 100 (0)
 *	mapped_ratio   nr_mapped in percent of all memory
 *	swap_tendency  mapped_ratio / 2 + distress + vm_swappiness;   100 and more: mapped pages too
 *
 * With a swappiness of 60 mapped pages are left alone while all is calm and less than 80 % of
 * memory is mapped.
 *
 * Source: 2.6.0 to 2.6.10 mm/vmscan.c, 2.6.14, 2.6.18, seed 001.
 */
#define VMSCAN_GENERATION
#define LRU_2004
#include "kernels.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"
#include "sim/disk.h"

void blk_congestion_wait(u64 ns)
{
	FN;

	sleep_on_timeout(&VM->writes_done, ns);
}

/* -- refill_inactive_zone -------------------------------------------------------------------- */

static bool is_reclaim_mapped(const zone_t *zone, const struct scan_control *sc)
{
	u32 distress = 100u >> zone->prev_priority;
	u32 mapped_ratio = sc->nr_mapped * 100 / VM->total_memory;

	return mapped_ratio / 2 + distress + VM->vm_swappiness >= 100;
}

/*
 * Take up to nr_pages from the tail of the active list to l_hold. How many were looked at. lru_lock
 * held. From 2.6.11 on that counts as scanning: without swap the pages of processes stay active
 * whatever happens, and a zone of nothing else would never be given up for lost.
 */
static u32 hold_pages(zone_t *zone, struct list_head *l_hold, u32 nr_pages)
{
	u32 pgscanned = 0;

	for (; pgscanned < nr_pages && !list_empty(&zone->active_list); pgscanned++) {
		struct page *page = lru_to_page(&zone->active_list);

		if (!TestClearPageLRU(page))
			BUG();
		del_page_from_active_list(zone, page);
		charge(CACHE_LINE);
		if (!get_page_on_list(page)) {
			SetPageLRU(page);
			add_page_to_active_list(zone, page);
			continue;
		}
		list_add(&page->lru, l_hold);
		EV(SCAN, page_to_pfn(page), 1);
	}
	if (VM->kernel->vmscan->version->counts_active)
		zone->pages_scanned += pgscanned;
	return pgscanned;
}

/* Up to 2.6.5 what has no mapping is anonymous. */
bool no_place_for(const struct page *page)
{
	if (VM->total_swap_pages)
		return false;
	if (VM->kernel->anon_mark >= ANON_FLAG)
		return PageAnon(page);
	return !page_mapping(page);
}

bool was_used(struct page *page)
{
	bool used;

	map_lock(page);
	used = page_referenced(page, false);
	map_unlock(page);
	return used;
}

/* Back to the lists, and drop our references: what is on l_inactive goes down. lru_lock held, and
 * dropped in between. */
static void distribute(zone_t *zone, struct list_head *list, bool active, struct pagevec *pvec)
{
	while (!list_empty(list)) {
		struct page *page = lru_to_page(list);

		if (TestSetPageLRU(page))
			BUG();
		BUG_ON(!PageActive(page));
		list_del(&page->lru);
		if (active) {
			add_page_to_active_list(zone, page);
			EV(ROTATE, page_to_pfn(page), 1);
		} else {
			ClearPageActive(page);
			add_page_to_inactive_list(zone, page);
			count(pgdeactivate);
			EV(DEACTIVATE, page_to_pfn(page));
		}
		if (pagevec_add(pvec, page))
			continue;
		spin_unlock(&zone->lru_lock);
		__pagevec_release(pvec);
		spin_lock(&zone->lru_lock);
	}
}

void refill_inactive_zone(zone_t *zone, struct scan_control *sc)
{
	FN;
	const struct vmscan_version *version = VM->kernel->vmscan->version;
	struct list_head l_hold = { 0 }, l_active = { 0 }, l_inactive = { 0 };
	struct pagevec pvec = { .cold = true };
	bool reclaim_mapped;

	lru_add_drain();
	spin_lock(&zone->lru_lock);
	count_n(pgrefill, hold_pages(zone, &l_hold, sc->nr_to_scan));
	sc->nr_batches += !list_empty(&l_hold);
	spin_unlock(&zone->lru_lock);

	reclaim_mapped = is_reclaim_mapped(zone, sc);
	while (!list_empty(&l_hold)) {
		struct page *page = lru_to_page(&l_hold);

		if (current->need_resched)
			schedule();
		list_del(&page->lru);
		list_add(&page->lru, version->stays_active(page, reclaim_mapped) ? &l_active :
										   &l_inactive);
	}

	spin_lock(&zone->lru_lock);
	distribute(zone, &l_inactive, false, &pvec);
	distribute(zone, &l_active, true, &pvec);
	spin_unlock(&zone->lru_lock);
	__pagevec_release(&pvec);
}

/* -- zones and priorities -------------------------------------------------------------------- */

/* The asked count is put by until a batch has come together. */
u32 scan_due(u32 *nr_scan, u32 pages)
{
	u32 due = *nr_scan += pages;

	if (due < SWAP_CLUSTER_MAX)
		return 0;
	*nr_scan = 0;
	return due;
}

bool skip_zone(const zone_t *zone, s32 priority)
{
	return !zone->size || (zone->all_unreclaimable && priority != DEF_PRIORITY);
}

void begin_priorities(zone_t *top)
{
	zone_t *zone;

	for (zone = top; zone >= VM->zones; zone--)
		zone->temp_priority = DEF_PRIORITY;
}

void end_priorities(zone_t *top)
{
	zone_t *zone;

	for (zone = top; zone >= VM->zones; zone--)
		zone->prev_priority = zone->temp_priority;
}

void set_priority(zone_t *zone, s32 priority)
{
	zone->temp_priority = priority;
	if (zone->prev_priority > priority)
		zone->prev_priority = priority;
}

void note_priority(zone_t *zone, const struct scan_control *sc)
{
	if (zone->free_pages < zone->pages_high || sc->on_purpose)
		zone->temp_priority = sc->priority;
}

void wake_pdflush_after(u32 total_scanned, struct scan_control *sc)
{
	if (total_scanned <= SWAP_CLUSTER_MAX + SWAP_CLUSTER_MAX / 2)
		return;
	wakeup_bdflush();
	sc->may_writepage = true;
}

/* -- direct reclaim -------------------------------------------------------------------------- */

static bool reclaim_for(zone_t *classzone, struct scan_control *sc)
{
	bool enough;

	begin_priorities(classzone);
	enough = VM->kernel->vmscan->version->shrink_at_all_priorities(classzone, sc);
	end_priorities(classzone);
	return enough;
}

/* On a small machine the pass may have been too short for a batch: then it says nothing. */
static bool looked_at_something(const zone_t *classzone, const struct scan_control *sc)
{
	u32 pages = 0;
	const zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--)
		pages += zone->nr_active + zone->nr_inactive;
	return sc->nr_batches || !pages;
}

/* One round; enough was freed: 1. The order is not looked at in these kernels. */
static int free_some_pages(zone_t *classzone, struct scan_control *sc)
{
	count(allocstall);
	return reclaim_for(classzone, sc);
}

int try_to_free_pages_2004(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN_AS("try_to_free_pages");
	struct scan_control sc = { .gfp_mask = gfp_mask, .swap_cluster_max = SWAP_CLUSTER_MAX };

	(void)order;
	if (free_some_pages(classzone, &sc))
		return 1;
	if (gfp_mask & __GFP_FS && looked_at_something(classzone, &sc))
		out_of_memory();
	return 0;
}

/*
 * A nap of the kernel's ended with a request, in which neighbours on the disk had come together, 32
 * pages and more; here each page is a request, and a round is over when ten are written. So a round
 * that freed little says nothing, either, when pages were written since the last such one.
 */
static bool disks_were_idle(void)
{
	u32 before = VM->oom.writes_done;

	VM->oom.writes_done = VM->writes_done;
	return !disk_pending(current->machine) && VM->writes_done == before;
}

/* And kswapd, who in the kernel is at work from the moment that too little is free, and here only
 * since somebody blocked, has to have given up as well. */
static bool kswapd_gave_up(void)
{
	return !VM->kswapd || VM->kswapd->wait_on == &VM->kswapd;
}

/* Was a page asked whether it can go, if there is any to ask? To move active pages down is not to
 * try. On a small machine a round comes to one of both, seldom. */
static bool tried_something(const zone_t *classzone, const struct scan_control *sc)
{
	u32 inactive = 0;
	const zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--)
		inactive += zone->nr_inactive;
	return looked_at_something(classzone, sc) && (sc->nr_taken || !inactive);
}

/* -1: this says nothing, so nobody is to be killed for it. */
int try_to_free_pages_2006(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN_AS("try_to_free_pages");
	struct scan_control sc = { .gfp_mask = gfp_mask, .swap_cluster_max = SWAP_CLUSTER_MAX };

	(void)order;
	if (free_some_pages(classzone, &sc))
		return 1;
	return tried_something(classzone, &sc) && disks_were_idle() && kswapd_gave_up() ? 0 : -1;
}

/* -- kswapd ---------------------------------------------------------------------------------- */

zone_t *find_end_zone(s32 priority)
{
	s32 i;

	for (i = MAX_NR_ZONES - 1; i >= 0; i--) {
		zone_t *zone = &VM->zones[i];

		if (!skip_zone(zone, priority) && zone->free_pages <= zone->pages_high)
			return zone;
	}
	return NULL;
}

/* PF_MEMALLOC: it may take the last frames, because it needs them to free more. */
void kswapd_2004(void *machine)
{
	FN_AS("kswapd");

	(void)machine;
	current->flags |= PF_MEMALLOC;
	for (;;) {
		sleep_on(&VM->kswapd);
		VM->kernel->vmscan->version->balance_pgdat();
	}
}

/* -- for the experimenter -------------------------------------------------------------------- */

/* So many rounds without a batch, and it is hopeless: 13 priorities are a page at least. */
#define MAX_IDLE SWAP_CLUSTER_MAX

/* So many writes that failed, and none that did not: the disk makes no page clean, ever. */
#define MAX_IN_VAIN 3

/* in_vain counts on, from what the disks had done and failed in before. */
static u32 writes_in_vain(u32 in_vain, u32 done, u32 failed)
{
	if (VM->writes_done - done > VM->writes_failed - failed)
		return 0;
	return in_vain + VM->writes_failed - failed;
}

/* A pass that did not come to the inactive pages there are says nothing either: for the active ones
 * there was a batch, and now it is the turn of what that has moved down. */
static bool looked_at_inactive(const zone_t *classzone, const struct scan_control *sc, u32 taken)
{
	u32 pages = 0;
	const zone_t *zone;

	for (zone = classzone; zone >= VM->zones; zone--)
		pages += zone->nr_inactive;
	return sc->nr_taken > taken || !pages;
}

/*
 * Passes as try_to_free_pages has them, by somebody who, like it, must not fall into reclaim again;
 * and whatever happens, nobody is killed for it. Like __alloc_pages it tries again as long as there
 * is hope: the pass freed something, or has met pages that are being written, or was too short for
 * a batch to come together, which on a small machine is how most of them are; or it has only now
 * learnt how bad it is, which up to 2.6.6 the next pass knows first.
 */
static u32 reclaim_passes(zone_t *classzone, u32 want)
{
	struct scan_control sc = { .gfp_mask = GFP_KERNEL, .on_purpose = true };
	u32 before, taken, idle = 0, in_vain = 0, done, failed;
	s32 priority;
	bool looked;

	do {
		before = sc.nr_freed;
		taken = sc.nr_taken;
		done = VM->writes_done;
		failed = VM->writes_failed;
		priority = classzone->prev_priority;
		sc.nr_reclaimed = sc.nr_batches = sc.nr_in_flight = 0;
		sc.swap_cluster_max = want - before < SWAP_CLUSTER_MAX ? want - before :
									 SWAP_CLUSTER_MAX;
		if (!reclaim_for(classzone, &sc) && sc.nr_in_flight)
			blk_congestion_wait(TENTH_NS);
		looked = looked_at_something(classzone, &sc) &&
			 looked_at_inactive(classzone, &sc, taken);
		idle = looked ? 0 : idle + 1;
		in_vain = writes_in_vain(in_vain, done, failed);
	} while (sc.nr_freed < want && in_vain < MAX_IN_VAIN &&
		 (sc.nr_freed > before || sc.nr_in_flight || (idle && idle < MAX_IDLE) ||
		  classzone->prev_priority < priority));
	return sc.nr_freed;
}

/* The best zone there is. And none is given up for lost when somebody asks on purpose. */
static zone_t *zones_anew(void)
{
	zone_t *zone, *classzone = NULL;

	for (zone = VM->zones; zone < VM->zones + MAX_NR_ZONES; zone++) {
		zone->pages_scanned = 0;
		zone->all_unreclaimable = false;
		if (zone->size)
			classzone = zone;
	}
	return classzone;
}

u32 reclaim_2004(u32 want)
{
	FN_AS("reclaim");
	u32 freed, memalloc = current->flags & PF_MEMALLOC;

	if (!want)
		return 0;
	current->flags |= PF_MEMALLOC;
	VM->no_oom = true;
	freed = reclaim_passes(zones_anew(), want);
	VM->no_oom = false;
	if (!memalloc)
		current->flags &= ~PF_MEMALLOC;
	return freed;
}
