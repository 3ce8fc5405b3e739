/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which slot comes next, 2.6.14 to 2.6.28. One lock, swap_lock, for all areas, but nobody searches
 * with it held: an area that is searched counts its searchers in flags (SWP_SCANNING), so that
 * swapoff waits for them, and what was found is looked at again once the lock is back.
 *
 *	cluster_nr > 0:  cluster_next, and from there the next free one
 *	cluster_nr = 0:  256 free ones in a row, if so many are free at all; else from lowest_bit on
 *	past highest_bit: once more from lowest_bit
 *
 * The search for a cluster ends on its last slot, and where it begins was computed with a wrong
 * sign: two slots before it (mended in 2.6.17, "My shame"). The slot just before it is in use. The
 * one before that may be free, and is then taken first; else the search goes on from there, over
 * both, and finds the cluster after all. If the cluster begins the area, it is found from
 * lowest_bit.
 *
 * Source: 2.6.14 and 2.6.16 mm/swapfile.c (Hugh Dickins).
 */
#include "mm/memory_private.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"

#define swap_lock (VM->swap_list_lock)
#define LATENCY_LIMIT 256

/* Who searches long lets others run now and then. */
static void be_nice(u32 *latency_ration)
{
	if (--*latency_ration)
		return;
	cond_resched();
	*latency_ration = LATENCY_LIMIT;
}

/* The last slot of the first empty cluster, 0: there is none. swap_lock not held. */
static u32 last_in_empty_cluster(const struct swap_info_struct *si, u32 *latency_ration)
{
	u32 offset = si->lowest_bit, last_in_cluster = offset + SWAPFILE_CLUSTER - 1;

	for (; last_in_cluster <= si->highest_bit; offset++) {
		if (swap_slot(si, offset))
			last_in_cluster = offset + SWAPFILE_CLUSTER;
		else if (offset == last_in_cluster)
			return offset;
		be_nice(latency_ration);
	}
	return 0;
}

/* Where the search begins. swap_lock held; it may be dropped meanwhile. */
static u32 where_to_begin(struct swap_info_struct *si, u32 *latency_ration)
{
	u32 last;

	if (si->cluster_nr) {
		si->cluster_nr--;
	} else {
		si->cluster_nr = SWAPFILE_CLUSTER - 1;
		if (si->pages - si->inuse_pages < SWAPFILE_CLUSTER)
			return si->lowest_bit;
		spin_unlock(&swap_lock);
		last = last_in_empty_cluster(si, latency_ration);
		spin_lock(&swap_lock);
		if (!last)
			return si->lowest_bit;
		si->cluster_next = last - SWAPFILE_CLUSTER - 1; /* + 1 was meant */
	}
	return si->cluster_next > si->highest_bit ? si->lowest_bit : si->cluster_next;
}

static u32 got_page(struct swap_info_struct *si, u32 offset)
{
	swap_bounds_taken(si, offset);
	si->inuse_pages++;
	if (si->inuse_pages == si->pages) {
		si->lowest_bit = si->max;
		si->highest_bit = 0;
	}
	set_swap_slot(si, offset, VM->kernel->swap_map->fresh);
	si->cluster_next = offset + 1;
	return offset;
}

/* The next free slot behind offset; lowest_bit: there is none. swap_lock dropped meanwhile. */
static u32 search_on(struct swap_info_struct *si, u32 offset, u32 *latency_ration)
{
	bool found = false;

	spin_unlock(&swap_lock);
	while (!found && ++offset <= si->highest_bit) {
		found = !swap_slot(si, offset);
		if (!found)
			be_nice(latency_ration);
	}
	spin_lock(&swap_lock);
	return found ? offset : si->lowest_bit;
}

/* A free slot of the area, 0: there is none. swap_lock held. */
static u32 scan_swap_map(struct swap_info_struct *si)
{
	FN;
	u32 latency_ration = LATENCY_LIMIT, offset;

	si->flags += SWP_SCANNING;
	offset = where_to_begin(si, &latency_ration);
	/* checks: the area may be full by now, or on its way out */
	while (si->flags & SWP_WRITEOK && si->highest_bit) {
		if (!swap_slot(si, offset)) {
			got_page(si, offset);
			si->flags -= SWP_SCANNING;
			return offset;
		}
		offset = search_on(si, offset, &latency_ration);
	}
	si->flags -= SWP_SCANNING;
	return 0;
}

/* -- several areas ------------------------------------------------------------------------- */

/* The area after this one. The list is gone through twice at most: the first time only those of
 * one priority, as they take turns. */
static s32 next_area(const struct swap_info_struct *si, u32 *wrapped)
{
	s32 next = si->next;

	if (next >= 0 && (*wrapped || si->prio == VM->swap_info[next].prio))
		return next;
	++*wrapped;
	return VM->swap_list_head;
}

static swp_entry_t find_slot(void)
{
	u32 wrapped = 0, offset;
	s32 type, next;

	for (type = VM->swap_list_next; type >= 0 && wrapped < 2; type = next) {
		struct swap_info_struct *si = &VM->swap_info[type];

		next = next_area(si, &wrapped);
		if (!si->highest_bit || !(si->flags & SWP_WRITEOK))
			continue;
		VM->swap_list_next = next;
		offset = scan_swap_map(si);
		if (offset)
			return SWP_ENTRY(type, offset);
		next = VM->swap_list_next;
	}
	return (swp_entry_t){ 0 };
}

/* The slot is counted off before it is found: nobody else shall think that it is free. */
static swp_entry_t get_swap_page_2005(void)
{
	swp_entry_t entry = { 0 };

	spin_lock(&swap_lock);
	if (VM->nr_swap_pages > 0) {
		VM->nr_swap_pages--;
		entry = find_slot();
		if (!entry.val)
			VM->nr_swap_pages++;
	}
	if (entry.val)
		EV(SLOT_ALLOC, entry.val, (u32)VM->nr_swap_pages);
	else
		EV(SLOT_FULL);
	spin_unlock(&swap_lock);
	return entry;
}

/* -- giving one back ----------------------------------------------------------------------- */

static void lock_area(struct swap_info_struct *p)
{
	(void)p;
	spin_lock(&swap_lock);
}

static void unlock_area(struct swap_info_struct *p)
{
	(void)p;
	spin_unlock(&swap_lock);
}

static spinlock_t *count_lock(struct swap_info_struct *p)
{
	(void)p;
	return &swap_lock;
}

/* An area that is better than the one whose turn it is, and now has room, is next. */
static void slot_freed(struct swap_info_struct *p, u32 offset)
{
	swap_bounds_freed(p, offset);
	if (VM->swap_list_next >= 0 && p->prio > VM->swap_info[VM->swap_list_next].prio)
		VM->swap_list_next = (s32)(p - VM->swap_info);
	VM->nr_swap_pages++;
	p->inuse_pages--;
}

static void insert_area(struct swap_info_struct *p)
{
	swap_list_add(p, false);
}

const struct slot_ops slots_2005 = {
	.name = "2005",
	.get_swap_page = get_swap_page_2005,
	.lock = lock_area,
	.unlock = unlock_area,
	.count_lock = count_lock,
	.freed = slot_freed,
	.insert = insert_area,
	.remove = swap_list_del,
};
