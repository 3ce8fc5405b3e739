/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap areas: where they come from, and the list of them.
 *
 *	slot      0     1  2  3  4  5  6  7  8 ...                max - 1
 *	        +-----+--+--+--+--+--+--+--+--+--             --+--+
 *	swap_map| BAD | 1| 2| 1| 1| 0| 0| 1| 0|       ...       | 0|
 *	        +-----+--+--+--+--+--+--+--+--+--             --+--+
 *	        header            ^           ^                  ^
 *	                          lowest_bit  cluster_next       highest_bit
 *
 * Outside [lowest_bit, highest_bit] nothing is free. Areas are linked by priority, the best first:
 *
 *	swap_list.head -> area 2 (5) -> area 0 (5) -> area 1 (-1) -> area 3 (-2)
 *	swap_list.next -------------------^  whose turn it is, up to 3.13
 *
 * Which slot is taken: swap_slots_2002.c, _2005.c, _2014.c. Who has it: swap_map*.c.
 *
 * Source: 2.5.26, 2.6.16 and 4.0 mm/swapfile.c. Each area is a disk of its own here, numbered from
 * 1: by that number an area is known again.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"
#include "sim/disk.h"

/* -- the list, and the bounds of what is free ---------------------------------------------- */

/* Before the areas of its priority, and up to 3.13 that is why the newest is used first. 4.0 puts
 * it behind them. */
void swap_list_add(struct swap_info_struct *p, bool behind)
{
	s32 type = (s32)(p - VM->swap_info), prev = -1, i;

	for (i = VM->swap_list_head; i >= 0; i = VM->swap_info[i].next) {
		const struct swap_info_struct *other = &VM->swap_info[i];

		if (behind ? p->prio > other->prio : p->prio >= other->prio)
			break;
		prev = i;
	}
	p->next = i;
	if (prev < 0)
		VM->swap_list_head = VM->swap_list_next = type;
	else
		VM->swap_info[prev].next = type;
}

void swap_list_del(struct swap_info_struct *p)
{
	s32 type = (s32)(p - VM->swap_info), *at = &VM->swap_list_head;

	while (*at >= 0 && *at != type)
		at = &VM->swap_info[*at].next;
	if (*at == type)
		*at = p->next;
	if (VM->swap_list_next == type)
		VM->swap_list_next = VM->swap_list_head;
}

void swap_bounds_taken(struct swap_info_struct *p, u32 offset)
{
	if (offset == p->lowest_bit)
		p->lowest_bit++;
	if (offset == p->highest_bit)
		p->highest_bit--;
}

void swap_bounds_freed(struct swap_info_struct *p, u32 offset)
{
	if (offset < p->lowest_bit)
		p->lowest_bit = offset;
	if (offset > p->highest_bit)
		p->highest_bit = offset;
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
		*p = (struct swap_info_struct){
			.flags = SWP_USED, .next = -1, .prio = priority,
			.slot_bytes = VM->kernel->swap_map->slot_bytes,
		};
		INIT_LIST_HEAD(&p->avail_list);
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
	p->disk = 0;
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
 * vmalloc: frames from anywhere, for one or two bytes a slot. What they hold lives in the region.
 * At boot nothing can be reclaimed, so nothing is waited for.
 */
static bool alloc_map_frames(struct swap_info_struct *p, u32 slots)
{
	u32 want = (slots * p->slot_bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
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

/* Is the disk in use as an area? */
static const struct swap_info_struct *area_on(u32 disk)
{
	u32 type;

	for (type = 0; type < VM->nr_swapfiles; type++)
		if (VM->swap_info[type].flags & SWP_USED && VM->swap_info[type].disk == disk)
			return &VM->swap_info[type];
	return NULL;
}

/* The disk that nobody uses, for an area that is not asked for by its disk. There are as many as
 * areas. */
static u32 unused_disk(void)
{
	u32 disk = 1;

	while (area_on(disk))
		disk++;
	return disk;
}

/* A disk that is there already served an area before, or a swapon that failed later on. */
static bool setup_disk(u32 id, u32 slots)
{
	struct machine *m = current->machine;

	if (m->disks[id])
		return disk_grow(m, m->disks[id], slots);
	m->disks[id] = disk_create(m, id, slots);
	return m->disks[id] != NULL;
}

/* Where the kernel keeps the pages of further digits is decided by the page of the map. */
static bool alloc_map(struct swap_info_struct *p, u32 slots)
{
	struct region *region = current->machine->region;

	if (!alloc_map_frames(p, slots))
		return false;
	p->swap_map = region_alloc(region, (u64)slots * p->slot_bytes);
	if (p->swap_map && VM->kernel->swap_map->more)
		p->continued = region_alloc(region, p->map_pages * sizeof(*p->continued));
	if (p->swap_map && (p->continued || !VM->kernel->swap_map->more))
		return true;
	if (p->swap_map)
		region_free(region, p->swap_map, (u64)slots * p->slot_bytes);
	p->swap_map = NULL;
	free_map_frames(p);
	return false;
}

static bool setup_area(struct swap_info_struct *p, u32 slots)
{
	if (!setup_disk(p->disk, slots) || !alloc_map(p, slots))
		return false;
	set_swap_slot(p, 0, VM->kernel->swap_map->bad);
	p->lowest_bit = 1;
	p->highest_bit = slots - 1;
	p->max = slots;
	p->pages = slots - 1;
	if (VM->kernel->slots == &slots_2014)
		p->cluster_next = 1;
	return true;
}

void swap_free_map(struct swap_info_struct *p)
{
	struct region *region = current->machine->region;

	if (VM->kernel->swap_map->free_more)
		VM->kernel->swap_map->free_more(p);
	if (p->continued)
		region_free(region, p->continued, p->map_pages * sizeof(*p->continued));
	p->continued = NULL;
	if (p->swap_map)
		region_free(region, p->swap_map, (u64)p->max * p->slot_bytes);
	p->swap_map = NULL;
	free_map_frames(p);
}

void swap_area_enable(struct swap_info_struct *p)
{
	spin_lock(&VM->swap_list_lock);
	spin_lock(&p->sdev_lock);
	p->flags |= SWP_ACTIVE;
	VM->nr_swap_pages += (s32)p->pages;
	VM->total_swap_pages += (s32)p->pages;
	VM->kernel->slots->insert(p);
	spin_unlock(&p->sdev_lock);
	spin_unlock(&VM->swap_list_lock);
}

/* mkswap's header names the last slot, and up to 2.5.27 the kernel leaves that one alone too. Here
 * an area has all its slots but the header. The row of swap_info is taken first, so that the 33rd
 * area is refused whatever else is wrong with it. */
int sys_swapon_disk(u32 disk, u64 bytes, s32 priority)
{
	FN;
	u64 slots = bytes >> PAGE_SHIFT;
	struct swap_info_struct *p;
	int err = 0;

	if (priority < -1 || priority > 32767)
		return -EINVAL;
	p = claim_area(priority);
	if (!p)
		return -EPERM;
	if (slots > MAX_SLOTS)
		slots = MAX_SLOTS;
	if (area_on(disk))
		err = -EBUSY;
	else if (slots < 2)
		err = -EINVAL;
	p->disk = disk;
	if (!err && !setup_area(p, (u32)slots))
		err = -ENOMEM;
	if (err) {
		release_area(p, priority < 0);
		return err;
	}
	swap_area_enable(p);
	return (int)(p - VM->swap_info);
}

int sys_swapon(u64 bytes, s32 priority)
{
	return sys_swapon_disk(unused_disk(), bytes, priority);
}
