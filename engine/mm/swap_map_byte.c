/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The count of a slot as a byte, and more where that is not enough (4.0):
 *
 *	 7   6   5 ......... 0
 *	+---+---+-------------+      0x3e  as many as fit (SWAP_MAP_MAX)
 *	| C | H |    users    |      0x3f  cannot be used (SWAP_MAP_BAD)
 *	+---+---+-------------+      0xbf  a shared memory file has it (SWAP_MAP_SHMEM)
 *	  |   the swap cache has it (SWAP_HAS_CACHE): it is none of the users
 *	  further digits (COUNT_CONTINUED)
 *
 * A user more than 62: the digit becomes 0 with C, and 1 is carried into a further digit, which
 * is the byte at the same place of another page, linked to the page of the map. Those digits go
 * to 127, and a page is added whenever the last of them is full:
 *
 *	page of the map          ... | 80 | ...     0 and more
 *	its continuation         ... | 82 | ...   + 2 *  63 and more
 *	and the next             ... | 01 | ...   + 1 *  63 * 128         = 8,190 users
 *
 * "Think of how you add 1 to 999", and subtract 1 from 1000.
 *
 * Source: 4.0 mm/swapfile.c (Hugh Dickins, 2.6.33). The pages cost a frame each; they are not
 * cleared, and what is on them counts only if the digit below says C.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"

/* The first continuation of a slot; NULL: its page of the map has none. */
static struct swap_continuation *first_digit(const struct swap_info_struct *p, u32 offset)
{
	return p->continued ? p->continued[offset >> PAGE_SHIFT] : NULL;
}

/* -- carrying and borrowing ---------------------------------------------------------------- */

/* The digits below end become this; they are none when end is the first. */
static void set_digits_below(struct swap_continuation *first, const struct swap_continuation *end,
			     u32 at, u8 digit)
{
	for (; first != end; first = first->next)
		first->map[at] = digit;
}

/* Add 1 to the further digits. false: the last one is full, and there is no page for another. */
static bool carry(struct swap_continuation *first, u32 at)
{
	struct swap_continuation *digit = first;

	while (digit->map[at] == (SWAP_CONT_MAX | COUNT_CONTINUED)) {
		digit = digit->next;
		BUG_ON(!digit);
	}
	if (digit->map[at] == SWAP_CONT_MAX) {
		digit = digit->next;
		if (!digit)
			return false;
		digit->map[at] = 0; /* nobody cleared it */
	}
	digit->map[at]++;
	set_digits_below(first, digit, at, COUNT_CONTINUED);
	return true;
}

/* Subtract 1. Do the further digits still hold something? */
static bool borrow(struct swap_continuation *first, u32 at)
{
	struct swap_continuation *digit = first, *below;
	bool more;

	while (digit->map[at] == COUNT_CONTINUED) {
		digit = digit->next;
		BUG_ON(!digit);
	}
	BUG_ON(digit->map[at] == 0);
	more = --digit->map[at] != 0;
	set_digits_below(first, digit, at, SWAP_CONT_MAX | COUNT_CONTINUED);
	for (below = first; below != digit; below = below->next)
		if (below->next == digit && !more)
			below->map[at] = SWAP_CONT_MAX;
	return more || digit != first;
}

/* The first digit is full, or empty while there are others: count is its byte without HAS_CACHE.
 * Adding: was there room? Subtracting: is there still more? */
static bool swap_count_continued(struct swap_info_struct *si, u32 offset, u32 count)
{
	struct swap_continuation *first = first_digit(si, offset);
	u32 at = offset & ~PAGE_MASK;

	if (!first) {
		BUG_ON(count & COUNT_CONTINUED);
		return false;
	}
	switch (count) {
	case SWAP_BYTE_MAX:
		first->map[at] = 1; /* whatever stood there */
		return true;
	case SWAP_BYTE_MAX | COUNT_CONTINUED:
		return carry(first, at);
	default:
		BUG_ON(count != COUNT_CONTINUED);
		return borrow(first, at);
	}
}

/* -- claims -------------------------------------------------------------------------------- */

static int claim_cache(u32 count, u32 *has_cache)
{
	if (*has_cache)
		return -EEXIST;
	if (!count)
		return -ENOENT;
	*has_cache = SWAP_HAS_CACHE;
	return 0;
}

static int claim_user(struct swap_info_struct *p, u32 offset, u32 *count, u32 usage)
{
	u32 digit = *count & ~COUNT_CONTINUED;

	if (digit < SWAP_BYTE_MAX)
		*count += usage;
	else if (digit > SWAP_BYTE_MAX)
		return -EINVAL; /* a shared memory file's: nobody else may have it */
	else if (swap_count_continued(p, offset, *count))
		*count = COUNT_CONTINUED;
	else
		return -ENOMEM;
	return 0;
}

/* __swap_duplicate. Read-ahead does not look what it reads: it may ask for a bad slot. */
static int claim_byte(struct swap_info_struct *p, u32 offset, enum swap_claim claim)
{
	u32 has_cache = p->swap_bytes[offset] & SWAP_HAS_CACHE;
	u32 count = p->swap_bytes[offset] & ~SWAP_HAS_CACHE;
	int err;

	if (count == SWAP_BYTE_BAD || (!count && !has_cache))
		return -ENOENT;
	if (claim == CLAIM_CACHE)
		err = claim_cache(count, &has_cache);
	else
		err = claim_user(p, offset, &count, claim == CLAIM_USER ? 1 : SWAP_MAP_SHMEM);
	p->swap_bytes[offset] = (u8)(count | has_cache);
	return err;
}

static u32 one_user_less(struct swap_info_struct *p, u32 offset, u32 count)
{
	if (count == SWAP_MAP_SHMEM)
		return 0;
	if ((count & ~COUNT_CONTINUED) > SWAP_BYTE_MAX)
		return count;
	if (count != COUNT_CONTINUED)
		return count - 1;
	return swap_count_continued(p, offset, count) ? SWAP_BYTE_MAX | COUNT_CONTINUED :
							SWAP_BYTE_MAX;
}

static u32 unclaim_byte(struct swap_info_struct *p, u32 offset, enum swap_claim claim)
{
	u32 has_cache = p->swap_bytes[offset] & SWAP_HAS_CACHE;
	u32 count = p->swap_bytes[offset] & ~SWAP_HAS_CACHE;

	if (claim == CLAIM_CACHE) {
		BUG_ON(!has_cache);
		has_cache = 0;
	} else {
		count = one_user_less(p, offset, count);
	}
	p->swap_bytes[offset] = (u8)(count | has_cache);
	return p->swap_bytes[offset];
}

/* -- a page for one more digit ------------------------------------------------------------- */

static void free_continuation(struct swap_continuation *c)
{
	struct page *page = pfn_to_page(c->pfn);

	page->private = 0;
	__free_page(page);
	region_free(current->machine->region, c, sizeof(*c));
}

static struct swap_continuation *alloc_continuation(u32 gfp_mask)
{
	struct page *page = alloc_page(gfp_mask | __GFP_HIGHMEM);
	struct swap_continuation *c;

	if (!page)
		return NULL;
	c = region_alloc(current->machine->region, sizeof(*c));
	if (!c) {
		__free_page(page);
		return NULL;
	}
	page->private = SWAP_MAP_PAGE;
	c->pfn = page_to_pfn(page);
	c->next = NULL;
	return c;
}

/* Where a new page belongs; NULL: it is not needed. Others may have been faster, or a neighbour has
 * had use for a page already. */
static struct swap_continuation **end_of_digits(struct swap_info_struct *si, u32 offset)
{
	struct swap_continuation **end = &si->continued[offset >> PAGE_SHIFT];
	u32 count = si->swap_bytes[offset] & ~SWAP_HAS_CACHE;

	if ((count & ~COUNT_CONTINUED) != SWAP_BYTE_MAX)
		return NULL;
	for (; *end; end = &(*end)->next) {
		if (!(count & COUNT_CONTINUED))
			return NULL;
		count = (*end)->map[offset & ~PAGE_MASK];
		if ((count & ~COUNT_CONTINUED) != SWAP_CONT_MAX)
			return NULL;
	}
	return end;
}

/* The page is allocated before the lock is taken; perhaps in vain. */
static int more_digits(swp_entry_t entry, u32 gfp_mask)
{
	struct swap_continuation *c = alloc_continuation(gfp_mask), **end = NULL;
	struct swap_info_struct *si = swap_info_get(entry);
	int err = 0;

	if (si) {
		end = end_of_digits(si, SWP_OFFSET(entry));
		if (end && c) {
			*end = c;
			si->continued_pages++;
			EV(SLOT_CONTINUED, entry.val, c->pfn);
			c = NULL;
		} else if (end) {
			err = -ENOMEM;
		}
		swap_info_put(si);
	}
	if (c)
		free_continuation(c);
	return err;
}

/* swapoff: nobody has a slot any more. */
static void free_swap_count_continuations(struct swap_info_struct *si)
{
	u32 i;

	for (i = 0; si->continued && i < si->map_pages; i++) {
		struct swap_continuation *c;

		while ((c = si->continued[i])) {
			si->continued[i] = c->next;
			free_continuation(c);
		}
	}
	si->continued_pages = 0;
}

/* -- inspection ---------------------------------------------------------------------------- */

/* swp_swapcount: all the digits. */
static u32 byte_users(const struct vm_state *vm, swp_entry_t entry, u32 raw)
{
	const struct swap_info_struct *p = &vm->swap_info[SWP_TYPE(entry)];
	const struct swap_continuation *c = first_digit(p, SWP_OFFSET(entry));
	u32 digit = raw & ~SWAP_HAS_CACHE, users = digit & ~COUNT_CONTINUED;
	u32 weight = SWAP_BYTE_MAX + 1;

	if (digit == SWAP_MAP_SHMEM)
		return 1;
	for (; digit & COUNT_CONTINUED && c; c = c->next) {
		digit = c->map[SWP_OFFSET(entry) & ~PAGE_MASK];
		users += (digit & ~COUNT_CONTINUED) * weight;
		weight *= SWAP_CONT_MAX + 1;
	}
	return users;
}

static bool byte_has_cache(const struct vm_state *vm, swp_entry_t entry, u32 raw)
{
	(void)vm;
	(void)entry;
	return raw & SWAP_HAS_CACHE;
}

const struct swap_map_ops swap_map_byte = {
	.name = "byte",
	.slot_bytes = 1,
	.bad = SWAP_BYTE_BAD,
	.fresh = SWAP_HAS_CACHE,
	.cache_only = SWAP_HAS_CACHE,
	.claim = claim_byte,
	.unclaim = unclaim_byte,
	.users = byte_users,
	.has_cache = byte_has_cache,
	.more = more_digits,
	.free_more = free_swap_count_continuations,
};
