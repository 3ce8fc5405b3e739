/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which slot comes next, in 4.0. Every area has its own lock, and those with free slots are on a
 * list by priority, swap_avail_head:
 *
 *	swap_avail_head -> area 2 (prio 5) -> area 0 (5) -> area 3 (-1)
 *	                      |  taken from: behind its equals,
 *	                      +------------------> so that they take turns
 *
 * An area that is full leaves the list, and comes back with the first slot that is given back. So
 * nobody asks areas that have nothing.
 *
 * In an area: slots one after the other for a cluster of 256, then an empty cluster, the search
 * without the lock; else the next free one from where the last was taken, and around the end. A
 * slot of which only the swap cache wants anything is as good as free when swap is nearly full:
 * it is taken out of the cache. Disks that seek for nothing (SWP_SOLIDSTATE) have lists of free
 * clusters and are not here: every disk of this model seeks.
 *
 * Locks, outermost first: swap_lock (swap_list_lock here), the lock of the area, swap_avail_lock.
 *
 * Source: 4.0 mm/swapfile.c.
 */
#include "mm/memory_private.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"

#define LATENCY_LIMIT 256

#define avail_area(pos) list_entry(pos, struct swap_info_struct, avail_list)

static void be_nice(u32 *latency_ration)
{
	if (--*latency_ration)
		return;
	cond_resched();
	*latency_ration = LATENCY_LIMIT;
}

/* -- the list of those that have free slots ------------------------------------------------ */

/* Behind all of the same priority. swap_avail_lock held. */
static void plist_add(struct swap_info_struct *p)
{
	struct list_head *pos;

	list_for_each(pos, &VM->swap_avail_head)
		if (avail_area(pos)->prio < p->prio)
			break;
	list_add_tail(&p->avail_list, pos);
}

static void plist_del(struct swap_info_struct *p)
{
	list_del(&p->avail_list);
	INIT_LIST_HEAD(&p->avail_list);
}

static void plist_requeue(struct swap_info_struct *p)
{
	plist_del(p);
	plist_add(p);
}

static void leave_avail_list(struct swap_info_struct *p)
{
	spin_lock(&VM->swap_avail_lock);
	if (!list_empty(&p->avail_list))
		plist_del(p);
	spin_unlock(&VM->swap_avail_lock);
}

static void join_avail_list(struct swap_info_struct *p)
{
	spin_lock(&VM->swap_avail_lock);
	if (list_empty(&p->avail_list))
		plist_add(p);
	spin_unlock(&VM->swap_avail_lock);
}

/* -- scan_swap_map ------------------------------------------------------------------------- */

/* The first slot of the first empty cluster; 0: there is none. The lock is not held. */
static u32 empty_cluster(const struct swap_info_struct *si, u32 *latency_ration)
{
	u32 offset = si->lowest_bit, last_in_cluster = offset + SWAPFILE_CLUSTER - 1;

	for (; last_in_cluster <= si->highest_bit; offset++) {
		if (swap_slot(si, offset))
			last_in_cluster = offset + SWAPFILE_CLUSTER;
		else if (offset == last_in_cluster)
			return offset - (SWAPFILE_CLUSTER - 1);
		be_nice(latency_ration);
	}
	return 0;
}

/* Seeking is expensive: a new cluster is looked for from the start of the area. */
static u32 where_to_begin(struct swap_info_struct *si, u32 *latency_ration)
{
	u32 offset = si->cluster_next, cluster;

	if (si->cluster_nr--)
		return offset;
	if (si->pages - si->inuse_pages < SWAPFILE_CLUSTER) {
		si->cluster_nr = SWAPFILE_CLUSTER - 1;
		return offset;
	}
	spin_unlock(&si->sdev_lock);
	offset = si->lowest_bit;
	cluster = empty_cluster(si, latency_ration);
	spin_lock(&si->sdev_lock);
	if (cluster)
		offset = si->cluster_next = cluster;
	si->cluster_nr = SWAPFILE_CLUSTER - 1;
	return offset;
}

/* A slot that is free, or could be if its page left the swap cache. */
static bool worth_a_look(const struct swap_info_struct *si, u32 offset)
{
	return !swap_slot(si, offset) ||
	       (vm_swap_full() && swap_slot(si, offset) == SWAP_HAS_CACHE);
}

/* Take the page of a slot that nobody else wants out of the swap cache. No lock held. */
static bool __try_to_reclaim_swap(struct swap_info_struct *si, u32 offset)
{
	FN;
	struct page *page = find_get_page(&VM->swapper_space,
					  SWP_ENTRY(si - VM->swap_info, offset).val);
	bool freed = false;

	if (!page)
		return false;
	if (trylock_page(page)) {
		freed = PageSwapCache(page) && remove_exclusive_swap_page(page);
		unlock_page(page);
	}
	page_cache_release(page);
	return freed;
}

static u32 got_page(struct swap_info_struct *si, u32 offset)
{
	swap_bounds_taken(si, offset);
	si->inuse_pages++;
	if (si->inuse_pages == si->pages) {
		si->lowest_bit = si->max;
		si->highest_bit = 0;
		leave_avail_list(si);
	}
	set_swap_slot(si, offset, VM->kernel->swap_map->fresh);
	si->cluster_next = offset + 1;
	return offset;
}

/* The next slot worth a look behind offset, to the end and then up to scan_base; 0: there is none.
 * The lock is dropped meanwhile. */
static u32 search_on(struct swap_info_struct *si, u32 offset, u32 scan_base, u32 *latency_ration)
{
	u32 found = 0;

	spin_unlock(&si->sdev_lock);
	while (!found && ++offset <= si->highest_bit) {
		found = worth_a_look(si, offset) ? offset : 0;
		be_nice(latency_ration);
	}
	for (offset = si->lowest_bit; !found && offset < scan_base; offset++) {
		found = worth_a_look(si, offset) ? offset : 0;
		be_nice(latency_ration);
	}
	spin_lock(&si->sdev_lock);
	return found;
}

/* Look at one slot: is it ours now? The lock is dropped while its page leaves the swap cache, and
 * then (*again) everything has to be looked at anew. */
static bool check_slot(struct swap_info_struct *si, u32 offset, bool *again)
{
	*again = false;
	if (vm_swap_full() && swap_slot(si, offset) == SWAP_HAS_CACHE) {
		spin_unlock(&si->sdev_lock);
		*again = __try_to_reclaim_swap(si, offset);
		spin_lock(&si->sdev_lock);
		return false;
	}
	return !swap_slot(si, offset);
}

/* A free slot of the area, 0: there is none. The lock of the area is held. */
static u32 scan_swap_map(struct swap_info_struct *si)
{
	FN;
	u32 latency_ration = LATENCY_LIMIT, scan_base, offset;
	bool again, ours = false;

	si->flags += SWP_SCANNING;
	scan_base = offset = where_to_begin(si, &latency_ration);
	/* checks: */
	while (offset && si->flags & SWP_WRITEOK && si->highest_bit) {
		if (offset > si->highest_bit)
			scan_base = offset = si->lowest_bit;
		ours = check_slot(si, offset, &again);
		if (ours)
			break;
		if (!again)
			offset = search_on(si, offset, scan_base, &latency_ration);
	}
	if (ours)
		got_page(si, offset);
	si->flags -= SWP_SCANNING;
	return ours ? offset : 0;
}

/* -- get_swap_page ------------------------------------------------------------------------- */

/* A slot of this area; swap_avail_lock is held before, and again if there was none. */
static u32 take_slot(struct swap_info_struct *si)
{
	u32 offset = 0;

	plist_requeue(si);
	spin_unlock(&VM->swap_avail_lock);
	spin_lock(&si->sdev_lock);
	if (si->highest_bit && si->flags & SWP_WRITEOK)
		offset = scan_swap_map(si);
	else
		leave_avail_list(si);
	spin_unlock(&si->sdev_lock);
	if (!offset)
		spin_lock(&VM->swap_avail_lock);
	return offset;
}

/* While one area was searched the list may have changed: if the next area is there no more, from
 * the beginning. swap_avail_lock is held if there is none. */
static swp_entry_t find_slot(void)
{
	struct list_head *pos = list_next(&VM->swap_avail_head), *next;

	while (pos != &VM->swap_avail_head) {
		struct swap_info_struct *si = avail_area(pos);
		u32 offset;

		next = list_next(pos);
		offset = take_slot(si);
		if (offset)
			return SWP_ENTRY(si - VM->swap_info, offset);
		if (next != &VM->swap_avail_head && list_empty(next))
			next = list_next(&VM->swap_avail_head);
		pos = next;
	}
	return (swp_entry_t){ 0 };
}

static swp_entry_t get_swap_page_2014(void)
{
	swp_entry_t entry = { 0 };

	if (VM->nr_swap_pages > 0) {
		VM->nr_swap_pages--;
		spin_lock(&VM->swap_avail_lock);
		entry = find_slot();
		if (!entry.val) {
			spin_unlock(&VM->swap_avail_lock);
			VM->nr_swap_pages++;
		}
	}
	if (entry.val)
		EV(SLOT_ALLOC, entry.val, (u32)VM->nr_swap_pages);
	else
		EV(SLOT_FULL);
	return entry;
}

/* -- giving one back ----------------------------------------------------------------------- */

static void lock_area(struct swap_info_struct *p)
{
	spin_lock(&p->sdev_lock);
}

static void unlock_area(struct swap_info_struct *p)
{
	spin_unlock(&p->sdev_lock);
}

static spinlock_t *count_lock(struct swap_info_struct *p)
{
	return &p->sdev_lock;
}

static void slot_freed(struct swap_info_struct *p, u32 offset)
{
	bool was_full = !p->highest_bit;

	swap_bounds_freed(p, offset);
	if (was_full && p->flags & SWP_WRITEOK)
		join_avail_list(p);
	VM->nr_swap_pages++;
	p->inuse_pages--;
}

static void insert_area(struct swap_info_struct *p)
{
	swap_list_add(p, true);
	join_avail_list(p);
}

static void remove_area(struct swap_info_struct *p)
{
	swap_list_del(p);
	leave_avail_list(p);
}

const struct slot_ops slots_2014 = {
	.name = "2014",
	.get_swap_page = get_swap_page_2014,
	.lock = lock_area,
	.unlock = unlock_area,
	.count_lock = count_lock,
	.freed = slot_freed,
	.insert = insert_area,
	.remove = remove_area,
};
