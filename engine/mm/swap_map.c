/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a slot: counting up, counting down, and what others may know of it.
 *
 * Locks, outermost first: swap_list_lock, sdev_lock of the area.
 *
 * Source: 2.5.26 mm/swapfile.c.
 */
#include <errno.h>

#include "mm/pgtable.h"
#include "mm/swap_private.h"
#include "mm/vm.h"

/* The area of an entry that is in use, with both locks; NULL: it is in no use, no lock is held. If
 * the area is better than the one whose turn it is, it is its turn now: it may soon have room. */
struct swap_info_struct *swap_info_get(swp_entry_t entry)
{
	u32 type = SWP_TYPE(entry), offset = SWP_OFFSET(entry);
	struct swap_info_struct *p = &VM->swap_info[type];

	if (!entry.val || type >= VM->nr_swapfiles || !(p->flags & SWP_USED) || offset >= p->max ||
	    !p->swap_map[offset])
		return NULL;
	spin_lock(&VM->swap_list_lock);
	if (p->prio > VM->swap_info[VM->swap_list_next].prio)
		VM->swap_list_next = (s32)type;
	spin_lock(&p->sdev_lock);
	return p;
}

void swap_info_put(struct swap_info_struct *p)
{
	spin_unlock(&p->sdev_lock);
	spin_unlock(&VM->swap_list_lock);
}

/* Drop one user of a slot. How many are left; a saturated count stays for ever. */
u32 swap_entry_free(struct swap_info_struct *p, u32 offset)
{
	u32 users = p->swap_map[offset];

	if (users >= SWAP_MAP_MAX)
		return users;
	p->swap_map[offset] = (u16)--users;
	if (!users) {
		if (offset < p->lowest_bit)
			p->lowest_bit = offset;
		if (offset > p->highest_bit)
			p->highest_bit = offset;
		VM->nr_swap_pages++;
	}
	EV(SLOT_FREE, SWP_ENTRY(p - VM->swap_info, offset).val, users);
	return users;
}

void swap_free(swp_entry_t entry)
{
	FN;
	struct swap_info_struct *p = swap_info_get(entry);

	if (!p)
		return;
	swap_entry_free(p, SWP_OFFSET(entry));
	swap_info_put(p);
}

int swap_duplicate(swp_entry_t entry)
{
	FN;
	u32 type = SWP_TYPE(entry), offset = SWP_OFFSET(entry);
	struct swap_info_struct *p = &VM->swap_info[type];
	u16 users;

	if (type >= VM->nr_swapfiles)
		return 0;
	spin_lock(&p->sdev_lock);
	users = offset < p->max ? p->swap_map[offset] : 0;
	if (users && users <= SWAP_MAP_MAX) {
		if (users < SWAP_MAP_MAX)
			p->swap_map[offset] = ++users;
		EV(SLOT_DUP, entry.val, users);
	}
	spin_unlock(&p->sdev_lock);
	return users && users <= SWAP_MAP_MAX;
}

int swapcache_prepare(swp_entry_t entry)
{
	FN;

	return swap_duplicate(entry) ? 0 : -ENOENT;
}

void swapcache_free(swp_entry_t entry)
{
	FN;

	swap_free(entry);
}

void swap_shmem_alloc(swp_entry_t entry)
{
	FN;

	swap_duplicate(entry);
}

u32 swap_map_raw(swp_entry_t entry)
{
	u32 type = SWP_TYPE(entry), offset = SWP_OFFSET(entry);

	if (type >= VM->nr_swapfiles || offset >= VM->swap_info[type].max)
		return 0;
	return VM->swap_info[type].swap_map[offset];
}

bool swap_has_cache(swp_entry_t entry)
{
	return radix_tree_lookup(&VM->swapper_space.page_tree, entry.val) != NULL;
}

u32 swap_count(swp_entry_t entry)
{
	u32 users = swap_map_raw(entry);

	return users - (users && swap_has_cache(entry));
}

u32 page_swapcount(const struct page *page)
{
	return swap_count(page_swap_entry(page));
}
