/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which slot comes next, up to 2.6.13. Slots are handed out one after the other, for up to 256 of
 * them (cluster_nr), so that pages which leave together lie together; then a stretch of 256 free
 * ones is looked for, and failing that the first free one:
 *
 *	     cluster_next           an empty cluster            else the first free one
 *	          |                       |                        |
 *	|#########>......##|     |###.####................|     |##.###.####.##|
 *	      up to 256 of them, then:    first 256 free in a row
 *
 * All of it under sdev_lock, with the list of areas locked, too: while a nearly full area is
 * searched from end to end, all others who swap wait.
 *
 * Locks, outermost first: swap_list_lock, sdev_lock of the area, page_lock of swapper_space.
 *
 * Source: 2.5.26 and 2.6.5 mm/swapfile.c.
 */
#include "mm/pgtable.h"
#include "mm/swap_private.h"

/* The slot at offset is ours. */
static u32 got_page(struct swap_info_struct *si, u32 offset)
{
	swap_bounds_taken(si, offset);
	if (si->lowest_bit > si->highest_bit) {
		si->lowest_bit = si->max;
		si->highest_bit = 0;
	}
	set_swap_slot(si, offset, VM->kernel->swap_map->fresh);
	si->inuse_pages++;
	VM->nr_swap_pages--;
	si->cluster_next = offset + 1;
	return offset;
}

/* The next free slot of the cluster in use; 0: it is used up. */
static u32 next_in_cluster(struct swap_info_struct *si)
{
	while (si->cluster_nr && si->cluster_next <= si->highest_bit) {
		u32 offset = si->cluster_next++;

		if (swap_slot(si, offset))
			continue;
		si->cluster_nr--;
		return offset;
	}
	return 0;
}

/* The first of SWAPFILE_CLUSTER free slots in a row, aligned or not; 0: there are none. */
static u32 empty_cluster(const struct swap_info_struct *si)
{
	u32 offset = si->lowest_bit, nr = offset;

	while (offset + SWAPFILE_CLUSTER - 1 <= si->highest_bit) {
		if (nr == offset + SWAPFILE_CLUSTER)
			return offset;
		if (swap_slot(si, nr++))
			offset = nr;
	}
	return 0;
}

static u32 first_free(struct swap_info_struct *si)
{
	u32 offset;

	for (offset = si->lowest_bit; offset <= si->highest_bit; offset++) {
		if (swap_slot(si, offset))
			continue;
		si->lowest_bit = offset + 1;
		return offset;
	}
	return 0;
}

/*
 * A free slot of the area, 0: there is none. The first slot of a new cluster is not counted off
 * cluster_nr, so that 257 slots in a row may be handed out. sdev_lock held.
 */
static u32 scan_swap_map(struct swap_info_struct *si)
{
	FN;
	u32 offset = next_in_cluster(si);

	if (offset)
		return got_page(si, offset);
	si->cluster_nr = SWAPFILE_CLUSTER;
	offset = empty_cluster(si);
	if (!offset)
		offset = first_free(si);
	if (offset)
		return got_page(si, offset);
	si->lowest_bit = si->max;
	si->highest_bit = 0;
	return 0;
}

/* -- several areas ------------------------------------------------------------------------- */

/* Areas of one priority take turns; as soon as the turn is through, the best area is next. */
static void rotate_swap_list(const struct swap_info_struct *p)
{
	s32 next = p->next;

	if (next < 0 || p->prio != VM->swap_info[next].prio)
		VM->swap_list_next = VM->swap_list_head;
	else
		VM->swap_list_next = next;
}

static u32 scan_area(struct swap_info_struct *p)
{
	u32 offset = 0;

	if ((p->flags & SWP_ACTIVE) != SWP_ACTIVE)
		return 0;
	spin_lock(&p->sdev_lock);
	offset = scan_swap_map(p);
	spin_unlock(&p->sdev_lock);
	return offset;
}

/* The area to try after one that was full; -1: all were. The first time the areas of a priority
 * are through it begins anew at the head of the list, then it goes down to the end. */
static s32 next_area(const struct swap_info_struct *p, bool *wrapped)
{
	s32 next = p->next;

	if (*wrapped || (next >= 0 && p->prio == VM->swap_info[next].prio))
		return next;
	*wrapped = true;
	return VM->swap_list_head;
}

static swp_entry_t find_slot(void)
{
	s32 type = VM->swap_list_next;
	bool wrapped = false;

	while (type >= 0 && VM->nr_swap_pages > 0) {
		struct swap_info_struct *p = &VM->swap_info[type];
		u32 offset = scan_area(p);

		if (offset) {
			rotate_swap_list(p);
			return SWP_ENTRY(type, offset);
		}
		type = next_area(p, &wrapped);
	}
	return (swp_entry_t){ 0 };
}

static swp_entry_t get_swap_page_2002(void)
{
	swp_entry_t entry;

	spin_lock(&VM->swap_list_lock);
	entry = find_slot();
	if (entry.val)
		EV(SLOT_ALLOC, entry.val, (u32)VM->nr_swap_pages);
	else
		EV(SLOT_FULL);
	spin_unlock(&VM->swap_list_lock);
	return entry;
}

/* -- giving one back ----------------------------------------------------------------------- */

/* If the area is better than the one whose turn it is, it is its turn now: it may soon have
 * room. */
static void lock_area(struct swap_info_struct *p)
{
	spin_lock(&VM->swap_list_lock);
	if (VM->swap_list_next >= 0 && p->prio > VM->swap_info[VM->swap_list_next].prio)
		VM->swap_list_next = (s32)(p - VM->swap_info);
	spin_lock(&p->sdev_lock);
}

static void unlock_area(struct swap_info_struct *p)
{
	spin_unlock(&p->sdev_lock);
	spin_unlock(&VM->swap_list_lock);
}

static spinlock_t *count_lock(struct swap_info_struct *p)
{
	return &p->sdev_lock;
}

static void slot_freed(struct swap_info_struct *p, u32 offset)
{
	swap_bounds_freed(p, offset);
	p->inuse_pages--;
	VM->nr_swap_pages++;
}

static void insert_area(struct swap_info_struct *p)
{
	swap_list_add(p, false);
}

const struct slot_ops slots_2002 = {
	.name = "2002",
	.get_swap_page = get_swap_page_2002,
	.lock = lock_area,
	.unlock = unlock_area,
	.count_lock = count_lock,
	.freed = slot_freed,
	.insert = insert_area,
	.remove = swap_list_del,
};
