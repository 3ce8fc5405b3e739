/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a slot: claims that come and go, whatever the count looks like. How it looks is in
 * swap_map_short.c and swap_map_byte.c; which locks guard it, in swap_slots_*.c.
 *
 *	                    up to 2.6.31                     4.0
 *	get_swap_page       1: whoever took it               HAS_CACHE: the swap cache to be
 *	the swap cache      one of the users                 a bit
 *	a pte, shmem        one of the users                 one of the users; shmem: a mark
 *	too many            32,767 is for ever               more digits
 *
 * Source: 2.5.26, 2.6.16 and 4.0 mm/swapfile.c.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"

#define slots() (VM->kernel->slots)
#define map() (VM->kernel->swap_map)

swp_entry_t get_swap_page(void)
{
	FN;

	return slots()->get_swap_page();
}

/* The area of an entry, if there is such a slot; NULL. */
static struct swap_info_struct *area_of(const struct vm_state *vm, swp_entry_t entry)
{
	u32 type = SWP_TYPE(entry);
	const struct swap_info_struct *p = &vm->swap_info[type];

	if (!entry.val || type >= vm->nr_swapfiles || SWP_OFFSET(entry) >= p->max || !p->swap_map)
		return NULL;
	return (struct swap_info_struct *)p;
}

struct swap_info_struct *swap_info_get(swp_entry_t entry)
{
	struct swap_info_struct *p = area_of(VM, entry);

	if (!p || !(p->flags & SWP_USED) || !swap_slot(p, SWP_OFFSET(entry)))
		return NULL;
	slots()->lock(p);
	return p;
}

void swap_info_put(struct swap_info_struct *p)
{
	slots()->unlock(p);
}

/* How many have the slot, the swap cache counted: what is told in events. */
static u32 claims(swp_entry_t entry)
{
	u32 raw = swap_map_raw(entry);

	if (map() == &swap_map_short)
		return raw;
	return map()->users(VM, entry, raw) + map()->has_cache(VM, entry, raw);
}

/* -- one less ------------------------------------------------------------------------------ */

u32 swap_entry_free(struct swap_info_struct *p, u32 offset, enum swap_claim claim)
{
	swp_entry_t entry = SWP_ENTRY(p - VM->swap_info, offset);
	u32 left = map()->unclaim(p, offset, claim);

	if (!left)
		slots()->freed(p, offset);
	if (left < SWAP_MAP_MAX)
		EV(SLOT_FREE, entry.val, claims(entry));
	return left;
}

static void free_claim(swp_entry_t entry, enum swap_claim claim)
{
	struct swap_info_struct *p = swap_info_get(entry);

	if (!p)
		return;
	swap_entry_free(p, SWP_OFFSET(entry), claim);
	swap_info_put(p);
}

void swap_free(swp_entry_t entry)
{
	FN;

	free_claim(entry, CLAIM_USER);
}

/* Up to 2.6.28 there is no such function: the swap cache is a user like others. */
void swapcache_free(swp_entry_t entry)
{
	FN;

	free_claim(entry, CLAIM_CACHE);
}

/* -- one more ------------------------------------------------------------------------------ */

static int claim_slot(swp_entry_t entry, enum swap_claim claim)
{
	struct swap_info_struct *p = area_of(VM, entry);
	int err;

	if (!p)
		return -EINVAL;
	spin_lock(slots()->count_lock(p));
	err = SWP_OFFSET(entry) < p->max ? map()->claim(p, SWP_OFFSET(entry), claim) : -EINVAL;
	if (!err)
		EV(SLOT_DUP, entry.val, claims(entry));
	spin_unlock(slots()->count_lock(p));
	return err;
}

/* 4.0 says 0 when it counted and when there is no such slot, which "might occur if a page table
 * entry has got corrupted". */
int swap_duplicate(swp_entry_t entry)
{
	FN;
	int err;

	while ((err = claim_slot(entry, CLAIM_USER)) == -ENOMEM)
		if (add_swap_count_continuation(entry, GFP_ATOMIC))
			return -ENOMEM;
	return !err;
}

int swapcache_prepare(swp_entry_t entry)
{
	FN;
	int err = claim_slot(entry, CLAIM_CACHE);

	return err == -EINVAL ? -ENOENT : err;
}

void swap_shmem_alloc(swp_entry_t entry)
{
	FN;

	claim_slot(entry, CLAIM_SHMEM);
}

int add_swap_count_continuation(swp_entry_t entry, u32 gfp_mask)
{
	if (!map()->more)
		return 0;
	FN;
	return map()->more(entry, gfp_mask);
}

void swap_forget_overflow(swp_entry_t entry)
{
	struct swap_info_struct *p = area_of(VM, entry);

	if (!p || map() != &swap_map_short || swap_map_raw(entry) != SWAP_MAP_MAX)
		return;
	spin_lock(&p->sdev_lock);
	set_swap_slot(p, SWP_OFFSET(entry), map()->cache_only);
	spin_unlock(&p->sdev_lock);
	VM->swap_overflow = 0;
}

/* -- what others may know ------------------------------------------------------------------ */

u32 swap_map_raw_of(const struct vm_state *vm, swp_entry_t entry)
{
	const struct swap_info_struct *p = &vm->swap_info[SWP_TYPE(entry)];

	if (SWP_TYPE(entry) >= vm->nr_swapfiles || SWP_OFFSET(entry) >= p->max || !p->swap_map)
		return 0;
	return swap_slot(p, SWP_OFFSET(entry));
}

bool swap_slot_bad_of(const struct vm_state *vm, swp_entry_t entry)
{
	return swap_map_raw_of(vm, entry) == vm->kernel->swap_map->bad;
}

bool swap_is_shmem_of(const struct vm_state *vm, swp_entry_t entry)
{
	return vm->kernel->swap_map == &swap_map_byte &&
	       (swap_map_raw_of(vm, entry) & ~SWAP_HAS_CACHE) == SWAP_MAP_SHMEM;
}

bool swap_has_cache_of(const struct vm_state *vm, swp_entry_t entry)
{
	u32 raw = swap_map_raw_of(vm, entry);

	return raw && vm->kernel->swap_map->has_cache(vm, entry, raw);
}

u32 swap_count_of(const struct vm_state *vm, swp_entry_t entry)
{
	u32 raw = swap_map_raw_of(vm, entry);

	if (!raw || swap_slot_bad_of(vm, entry))
		return 0;
	return vm->kernel->swap_map->users(vm, entry, raw);
}

u32 swap_map_raw(swp_entry_t entry)
{
	return swap_map_raw_of(VM, entry);
}

bool swap_has_cache(swp_entry_t entry)
{
	return swap_has_cache_of(VM, entry);
}

u32 swap_count(swp_entry_t entry)
{
	return swap_count_of(VM, entry);
}

u32 page_swapcount(const struct page *page)
{
	return swap_count(page_swap_entry(page));
}
