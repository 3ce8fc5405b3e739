/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading ahead from swap: a fault that has to wait for the disk brings neighbours along.
 *
 *	up to 3.13   the aligned block of 1 << page_cluster slots, up to the first free one
 *	4.0          a block between one and that many, by how many that were brought along were
 *	             wanted since; free slots are skipped
 *
 * Source: 2.5.26 mm/memory.c and mm/swapfile.c; 4.0 mm/swap_state.c (Shaohua Li, Hugh Dickins).
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/swap_private.h"

/* -- up to 3.13 ---------------------------------------------------------------------------- */

/*
 * The slots to read together with entry: the aligned block it is in, cut at the first slot that is
 * free or bad. Counted from the start of the block, so the wanted slot may lie behind the cut.
 */
int valid_swaphandles(swp_entry_t entry, u32 *offset)
{
	FN;
	struct swap_info_struct *p = &VM->swap_info[SWP_TYPE(entry)];
	spinlock_t *lock = VM->kernel->slots->count_lock(p);
	u32 first = SWP_OFFSET(entry) >> VM->page_cluster << VM->page_cluster;
	u32 end = first + (1u << VM->page_cluster), slot;

	if (!VM->page_cluster)
		return 0;
	if (!first)
		first = 1; /* behind the header */
	*offset = first;
	spin_lock(lock);
	for (slot = first; slot < end && slot < p->max; slot++)
		if (!swap_slot(p, slot) || swap_slot(p, slot) == VM->kernel->swap_map->bad)
			break;
	spin_unlock(lock);
	return (int)(slot - first);
}

/* mm/memory.c. Pages that went out together are likely to be wanted together. */
static void read_the_block(swp_entry_t entry)
{
	u32 type = SWP_TYPE(entry), offset = 0;
	int i, num = valid_swaphandles(entry, &offset);

	if (num)
		EV(READAHEAD, entry.val, (u32)num);
	for (i = 0; i < num; i++) {
		struct page *page = read_swap_cache_async(SWP_ENTRY(type, offset + (u32)i));

		if (!page)
			break;
		page_cache_release(page);
	}
	lru_add_drain(); /* push them onto the lists now: who shares a page asks for its count */
}

/* -- 4.0 ----------------------------------------------------------------------------------- */

/* How many slots this time, a power of two. The hits since the last time and two more: "please
 * don't ask what the + 2 means, it just happens to work well". */
static u32 pages_by_hits(u32 offset)
{
	u32 pages = VM->swapin.hits + 2, roundup = 4;

	VM->swapin.hits = 0;
	if (pages == 2) {
		/* Nothing was hit, perhaps because nothing was read ahead: is it the next slot? */
		if (offset != VM->swapin.prev_offset + 1 && offset != VM->swapin.prev_offset - 1)
			pages = 1;
		VM->swapin.prev_offset = offset;
		return pages;
	}
	while (roundup < pages)
		roundup <<= 1;
	return roundup;
}

static u32 swapin_nr_pages(u32 offset)
{
	FN;
	u32 max_pages = 1u << VM->page_cluster, pages;

	if (max_pages <= 1)
		return 1;
	pages = pages_by_hits(offset);
	if (pages > max_pages)
		pages = max_pages;
	/* It shrinks by half at most. */
	if (pages < VM->swapin.last_pages / 2)
		pages = VM->swapin.last_pages / 2;
	VM->swapin.last_pages = pages;
	return pages;
}

/* Slots that nobody has cost a page that is allocated and freed again. */
static void read_around(swp_entry_t entry)
{
	u32 type = SWP_TYPE(entry), wanted = SWP_OFFSET(entry);
	u32 mask = swapin_nr_pages(wanted) - 1, offset = wanted & ~mask;

	if (!mask)
		return;
	EV(READAHEAD, entry.val, mask + 1);
	if (!offset)
		offset = 1; /* the first is the header */
	for (; offset <= (wanted | mask); offset++) {
		struct page *page = read_swap_cache_async(SWP_ENTRY(type, offset));

		if (!page)
			continue;
		if (offset != wanted)
			SetPageReadahead(page);
		page_cache_release(page);
	}
	lru_add_drain();
}

void swapin_readahead(swp_entry_t entry)
{
	FN;

	if (VM->kernel->readahead_by_hits)
		read_around(entry);
	else
		read_the_block(entry);
}
