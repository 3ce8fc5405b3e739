/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The count of a slot as a short, from 2.4 to 2.6.31:
 *
 *	0        free
 *	1 ..     users: ptes, entries of shared memory files, and the swap cache
 *	0x7fff   so many or more, nobody knows: the slot is never free again (SWAP_MAP_MAX)
 *	0x8000   the header, or a bad block
 *
 * That the swap cache is one of the users is not to be seen in the number.
 *
 * Source: 2.5.26 mm/swapfile.c, swap_duplicate and swap_entry_free.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"

/* The kernel says so five times, and then no more. */
static void warn_overflow(struct swap_info_struct *p, u32 offset)
{
	if (VM->swap_overflow++ < 5)
		EV(SLOT_OVERFLOW, SWP_ENTRY(p - VM->swap_info, offset).val);
}

static int claim_short(struct swap_info_struct *p, u32 offset, enum swap_claim claim)
{
	u16 *users = &p->swap_map[offset];

	(void)claim;
	if (!*users || *users > SWAP_MAP_MAX)
		return -ENOENT;
	if (*users < SWAP_MAP_MAX - 1) {
		++*users;
	} else {
		warn_overflow(p, offset);
		*users = SWAP_MAP_MAX;
	}
	return 0;
}

static u32 unclaim_short(struct swap_info_struct *p, u32 offset, enum swap_claim claim)
{
	u16 *users = &p->swap_map[offset];

	(void)claim;
	if (*users < SWAP_MAP_MAX)
		--*users;
	return *users;
}

static bool short_has_cache(const struct vm_state *vm, swp_entry_t entry, u32 raw)
{
	(void)raw;
	return radix_tree_lookup(&vm->swapper_space.page_tree, entry.val) != NULL;
}

static u32 short_users(const struct vm_state *vm, swp_entry_t entry, u32 raw)
{
	return raw - short_has_cache(vm, entry, raw);
}

const struct swap_map_ops swap_map_short = {
	.name = "short",
	.slot_bytes = 2,
	.bad = SWAP_MAP_BAD,
	.fresh = 1,
	.cache_only = 1,
	.claim = claim_short,
	.unclaim = unclaim_short,
	.users = short_users,
	.has_cache = short_has_cache,
};
