/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap areas: which slots are in use, by how many, and which comes next.
 *
 *	slot      0     1  2  3  4  5  6  7  8 ...                max - 1
 *	        +-----+--+--+--+--+--+--+--+--+--             --+--+
 *	swap_map| BAD | 1| 2| 1| 1| 0| 0| 1| 0|       ...       | 0|
 *	        +-----+--+--+--+--+--+--+--+--+--             --+--+
 *	        header            ^           ^                  ^
 *	                          lowest_bit  cluster_next       highest_bit
 *
 * The count of a slot is 1 if the swap cache has it, and 1 for each pte that names it. Outside
 * [lowest_bit, highest_bit] nothing is free. Slots are handed out one after the other, for up to
 * 256 of them (cluster_nr), so that pages which leave together lie together; then a stretch of 256
 * free ones is looked for, and failing that the first free one.
 *
 * Locks, outermost first: swap_list_lock, sdev_lock of the area, page_lock of swapper_space.
 *
 * Source: 2.5.26 mm/swapfile.c. Each area is a disk of its own here; swapoff is not here yet.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/disk.h"

/* -- taking a slot ------------------------------------------------------------------------- */

/* The slot at offset is ours. */
static u32 got_page(struct swap_info_struct *si, u32 offset)
{
	if (offset == si->lowest_bit)
		si->lowest_bit++;
	if (offset == si->highest_bit)
		si->highest_bit--;
	if (si->lowest_bit > si->highest_bit) {
		si->lowest_bit = si->max;
		si->highest_bit = 0;
	}
	si->swap_map[offset] = 1;
	VM->nr_swap_pages--;
	si->cluster_next = offset + 1;
	return offset;
}

/* The next free slot of the cluster in use; 0: it is used up. */
static u32 next_in_cluster(struct swap_info_struct *si)
{
	while (si->cluster_nr && si->cluster_next <= si->highest_bit) {
		u32 offset = si->cluster_next++;

		if (si->swap_map[offset])
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
		if (si->swap_map[nr++])
			offset = nr;
	}
	return 0;
}

static u32 first_free(struct swap_info_struct *si)
{
	u32 offset;

	for (offset = si->lowest_bit; offset <= si->highest_bit; offset++) {
		if (si->swap_map[offset])
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

static swp_entry_t __get_swap_page(void)
{
	s32 type = VM->swap_list_next;
	bool wrapped = false;

	while (type >= 0 && VM->nr_swap_pages) {
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

swp_entry_t get_swap_page(void)
{
	FN;
	swp_entry_t entry;

	spin_lock(&VM->swap_list_lock);
	entry = __get_swap_page();
	if (entry.val)
		EV(SLOT_ALLOC, entry.val, VM->nr_swap_pages);
	else
		EV(SLOT_FULL);
	spin_unlock(&VM->swap_list_lock);
	return entry;
}

/*
 * The slots to read together with entry: the aligned block it is in, cut at the first slot that is
 * free or bad. Counted from the start of the block, so the wanted slot may lie behind the cut.
 */
int valid_swaphandles(swp_entry_t entry, u32 *offset)
{
	FN;
	struct swap_info_struct *p = &VM->swap_info[SWP_TYPE(entry)];
	u32 first = SWP_OFFSET(entry) >> VM->page_cluster << VM->page_cluster;
	u32 end = first + (1u << VM->page_cluster), slot;

	if (!VM->page_cluster)
		return 0;
	if (!first)
		first = 1; /* behind the header */
	*offset = first;
	spin_lock(&p->sdev_lock);
	for (slot = first; slot < end && slot < p->max; slot++)
		if (!p->swap_map[slot] || p->swap_map[slot] == SWAP_MAP_BAD)
			break;
	spin_unlock(&p->sdev_lock);
	return (int)(slot - first);
}

/* -- a new area ---------------------------------------------------------------------------- */

/* The offset of a slot has 24 bits in a pte. (2.5.26 only makes sure that it fits into the 27 bits
 * of an entry; a pte of a slot beyond would name another one.) */
#define MAX_SLOTS ((1u << 24) - 2)

/* A free row of swap_info, marked as used; NULL: all 32 are. */
static struct swap_info_struct *claim_area(s32 priority)
{
	struct swap_info_struct *p;
	u32 type = 0;

	spin_lock(&VM->swap_list_lock);
	while (type < VM->nr_swapfiles && VM->swap_info[type].flags & SWP_USED)
		type++;
	p = type < MAX_SWAPFILES ? &VM->swap_info[type] : NULL;
	if (p) {
		if (type >= VM->nr_swapfiles)
			VM->nr_swapfiles = type + 1;
		*p = (struct swap_info_struct){ .flags = SWP_USED, .next = -1, .prio = priority };
		spin_lock_init(&p->sdev_lock, LC_SWAP_DEVICE_LOCK, type);
		if (priority < 0)
			p->prio = --VM->least_priority;
	}
	spin_unlock(&VM->swap_list_lock);
	return p;
}

static void release_area(struct swap_info_struct *p, bool automatic)
{
	spin_lock(&VM->swap_list_lock);
	p->flags = 0;
	if (automatic)
		VM->least_priority++;
	spin_unlock(&VM->swap_list_lock);
}

static void free_map_frames(struct swap_info_struct *p)
{
	while (p->map_pages--) {
		struct page *page = pfn_to_page(p->map_first_pfn);

		p->map_first_pfn = page_to_pfn(list_entry(list_next(&page->lru), struct page, lru));
		list_del(&page->lru);
		page->private = 0;
		__free_page(page);
	}
	p->map_pages = 0;
}

/*
 * vmalloc: frames from anywhere, two bytes for each slot. What they hold lives in the region. At
 * boot nothing can be reclaimed, so nothing is waited for.
 */
static bool alloc_map_frames(struct swap_info_struct *p, u32 slots)
{
	u32 want = (slots * (u32)sizeof(u16) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u32 gfp_mask = current->machine->booted ? GFP_KERNEL : GFP_ATOMIC;

	if (want > VM->max_mapnr)
		return false;
	while (p->map_pages < want) {
		struct page *page = alloc_page(gfp_mask);

		if (!page) {
			free_map_frames(p);
			return false;
		}
		page->private = SWAP_MAP_PAGE;
		INIT_LIST_HEAD(&page->lru);
		if (p->map_pages++)
			list_add_tail(&page->lru, &pfn_to_page(p->map_first_pfn)->lru);
		else
			p->map_first_pfn = page_to_pfn(page);
	}
	return true;
}

/* The disk of an area. One that is there already is from a swapon that failed later on. */
static bool setup_disk(u32 id, u32 slots)
{
	struct machine *m = current->machine;

	if (m->disks[id])
		return disk_grow(m, m->disks[id], slots);
	m->disks[id] = disk_create(m, id, slots);
	return m->disks[id] != NULL;
}

static bool setup_area(struct swap_info_struct *p, u32 slots)
{
	if (!setup_disk(1 + (u32)(p - VM->swap_info), slots) || !alloc_map_frames(p, slots))
		return false;
	p->swap_map = region_alloc(current->machine->region, slots * sizeof(u16));
	if (!p->swap_map) {
		free_map_frames(p);
		return false;
	}
	p->swap_map[0] = SWAP_MAP_BAD;
	p->lowest_bit = 1;
	p->highest_bit = slots - 1;
	p->max = slots;
	p->pages = slots - 1;
	return true;
}

/* Behind all areas of a better priority, before those of the same. */
static void insert_area(struct swap_info_struct *p)
{
	s32 type = (s32)(p - VM->swap_info), prev = -1, i;

	for (i = VM->swap_list_head; i >= 0; i = VM->swap_info[i].next) {
		if (p->prio >= VM->swap_info[i].prio)
			break;
		prev = i;
	}
	p->next = i;
	if (prev < 0)
		VM->swap_list_head = VM->swap_list_next = type;
	else
		VM->swap_info[prev].next = type;
}

/* mkswap's header names the last slot, and the kernel then leaves that one alone too. Here an area
 * has all its slots but the header. */
int sys_swapon(u64 bytes, s32 priority)
{
	FN;
	u64 slots = bytes >> PAGE_SHIFT;
	struct swap_info_struct *p;

	if (priority < -1 || priority > 32767)
		return -EINVAL;
	p = claim_area(priority);
	if (!p)
		return -EPERM;
	if (slots > MAX_SLOTS)
		slots = MAX_SLOTS;
	if (slots < 2 || !setup_area(p, (u32)slots)) {
		release_area(p, priority < 0);
		return slots < 2 ? -EINVAL : -ENOMEM;
	}
	spin_lock(&VM->swap_list_lock);
	spin_lock(&p->sdev_lock);
	p->flags = SWP_ACTIVE;
	VM->nr_swap_pages += p->pages;
	VM->total_swap_pages += p->pages;
	insert_area(p);
	spin_unlock(&p->sdev_lock);
	spin_unlock(&VM->swap_list_lock);
	return (int)(p - VM->swap_info);
}
