/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swapoff in one pass, as it was merged for 5.1 and mended before the release: everybody's page
 * tables once, and whatever is in the area comes back.
 *
 *	again:  the files that are memory
 *	        each mm on mmlist -> each vma -> each page table -> each pte of the area comes in
 *	        each slot that only the swap cache has still: let go of the page
 *	        anything left, and no signal?  again
 *
 * What is left after a pass went out again while the pass was elsewhere, or belongs to somebody who
 * is just exiting. Either is over some time, so the passes are not counted.
 *
 * The mistakes of version 7 can be brought back one by one (swapoff_erratum).
 *
 * Source: 5.1 mm/swapfile.c (Vineeth Remanan Pillai after Kelley Nielsen, b56a2d8af914; Hugh
 * Dickins, 64165b1affc5 and those around it); seed 003, the review.
 */
#include "mm/swapoff_private.h"

#include <errno.h>

#define SWAP_UNUSE_MAX_TRIES 3 /* in b56a2d8af914 */
#define GOES_ROUND 20000       /* see swapoff_linear_v7.c */

/* -- page tables ------------------------------------------------------------------------------ */

/* No page came. Because nobody has the slot any more? Then all is well. */
static int why_no_page(swp_entry_t entry, u32 before)
{
	u32 swcount = swapoff_erratum(SWCOUNT_READ_EARLY) ? before : swap_map_raw(entry);

	return swcount ? -ENOMEM : 0;
}

static int unuse_page(struct unuse *u, struct vm_area_struct *vma, u32 address)
{
	int err;

	lock_page(u->page);
	wait_on_page_writeback(u->page);
	err = swapoff_ask_uptodate(u->page);
	if (!err)
		err = unuse_pte_locked(u, vma, address);
	if (!err)
		try_to_free_swap(u->page);
	unlock_page(u->page);
	page_cache_release(u->page);
	return err;
}

/* A pte names a slot of the area. */
static int unuse_swap_pte(struct vm_area_struct *vma, u32 address, pteval_t pte)
{
	struct unuse u = { .entry = pte_to_swp_entry(pte) };
	u32 before = swap_map_raw(u.entry);
	int err;

	if (wants_chain_nodes() && rmap_prepare(&u.ready, vma, GFP_KERNEL))
		return -ENOMEM;
	swapin_readahead(u.entry);
	u.page = read_swap_cache_async(u.entry);
	err = u.page ? unuse_page(&u, vma, address) : why_no_page(u.entry, before);
	rmap_release(&u.ready);
	return err;
}

static int unuse_pte_range(struct vm_area_struct *vma, u32 address, u32 end, u32 type)
{
	FN;
	int err = 0;

	count(unuse_pte_range);
	charge_scan((end - address) >> PAGE_SHIFT);
	for (; address < end && !err; address += PAGE_SIZE) {
		pteval_t pte = ptep_get(pte_offset_map(vma->vm_mm, address));

		if (is_swap_pte_of(pte, type))
			err = unuse_swap_pte(vma, address, pte);
	}
	return err;
}

static int unuse_vma(struct vm_area_struct *vma, u32 type)
{
	u32 address = vma->vm_start, end = vma->vm_end, next;
	int err = 0;

	for (; address < end && !err; address = next) {
		next = pgd_end(address, end);
		if (!pgd_none_or_bad(pgd_offset(vma->vm_mm, address)))
			err = unuse_pte_range(vma, address, next, type);
	}
	return err;
}

static int unuse_mm(struct mm_struct *mm, u32 type)
{
	FN;
	struct vm_area_struct *vma;
	int err = 0;

	progress_of(type)->mm = mm->pid;
	EV(UNUSE_MM, mm->pid, 0, type);
	down_read(&mm->mmap_sem);
	for (vma = mm->mmap; vma && !err; vma = vma->vm_next) {
		if (may_have_swapped(vma))
			err = unuse_vma(vma, type);
		cond_resched();
	}
	up_read(&mm->mmap_sem);
	return err;
}

/* -- everybody -------------------------------------------------------------------------------- */

static bool goes_on(u32 type)
{
	return inuse_pages(type) && !signal_pending();
}

static int unuse_mms(u32 type)
{
	struct mm_struct *prev_mm = NULL; /* init_mm */
	struct list_head *p = &VM->mmlist;
	int err = 0;

	spin_lock(&VM->mmlist_lock);
	while (!err && goes_on(type) && (p = list_next(p)) != &VM->mmlist) {
		struct mm_struct *mm = list_entry(p, struct mm_struct, mmlist);

		if (!hold_mm(mm))
			continue;
		spin_unlock(&VM->mmlist_lock);
		if (prev_mm)
			mmput(prev_mm);
		prev_mm = mm;
		err = unuse_mm(mm, type);
		cond_resched();
		spin_lock(&VM->mmlist_lock);
	}
	spin_unlock(&VM->mmlist_lock);
	if (prev_mm)
		mmput(prev_mm);
	return err;
}

/* -- what only the swap cache has ------------------------------------------------------------- */

/*
 * The page of the slot, if it is in the swap cache, may leave it; unless somebody names the slot
 * after all: then it stays, since what is on disk may be old. false: there is no such page.
 */
static bool free_orphan(u32 type, u32 slot)
{
	swp_entry_t entry = SWP_ENTRY(type, slot);
	struct page *page = find_get_page(&VM->swapper_space, entry.val);

	if (!page)
		return false;
	lock_page(page);
	wait_on_page_writeback(page);
	if (!swapoff_erratum(DIRTY_PAGE_DROPPED))
		try_to_free_swap(page);
	else if (PageSwapCache(page) && page_swap_entry(page).val == entry.val)
		delete_from_swap_cache(page);
	unlock_page(page);
	page_cache_release(page);
	return true;
}

/* From the first slot to the last, once. */
static void free_orphans(u32 type)
{
	u32 i, max = VM->swap_info[type].max;

	for (i = 1; i < max && goes_on(type); i++) {
		if (!swap_map_raw(SWP_ENTRY(type, i)))
			continue;
		progress_of(type)->slot = i;
		free_orphan(type, i);
	}
}

/* With the search of version 7, which goes round, and ends when it notices that it has: oldi is the
 * last slot that was looked at. */
static void free_orphans_in_laps(u32 type)
{
	u32 i = 0, oldi = 0, n = 0;

	while ((i = find_next_to_unuse(type, i)) != 0) {
		if (swapoff_erratum(I_LESS_THAN_OLDI) ? i < oldi : i <= oldi)
			return;
		if (++n > GOES_ROUND)
			BUG_TEXT("swapoff goes round and round in the swap map, and will not end");
		if (free_orphan(type, i) || !swapoff_erratum(CONTINUE_KEEPS_OLDI))
			oldi = i;
	}
}

/* -- again, until nothing is left ------------------------------------------------------------- */

/* Everybody once. 0, -ENOMEM. */
static int one_pass(u32 type)
{
	int err = shmem_unuse_type(type);

	if (!err)
		err = unuse_mms(type);
	if (err)
		return err;
	if (swapoff_erratum(I_LESS_THAN_OLDI) || swapoff_erratum(CONTINUE_KEEPS_OLDI))
		free_orphans_in_laps(type);
	else
		free_orphans(type);
	return 0;
}

/* Another pass? 0 or why not. The clock's tick would have let others run by now. */
static int again(u32 type, u32 passes)
{
	if (signal_pending())
		return -EINTR;
	if (swapoff_erratum(MAX_RETRIES) && passes >= SWAP_UNUSE_MAX_TRIES)
		return -EBUSY;
	EV(SWAPOFF_AGAIN, type, inuse_pages(type));
	progress_of(type)->pass++;
	progress_of(type)->slot = 0;
	yield();
	return 0;
}

static int try_to_unuse(u32 type)
{
	FN;
	u32 passes = 0;
	int err = 0;

	while (!err && inuse_pages(type)) {
		err = one_pass(type);
		if (!err && inuse_pages(type))
			err = again(type, ++passes);
	}
	return err;
}

const struct swapoff_ops swapoff_linear = {
	.name = "linear",
	.date = "2019-05-05",
	.idea = "the same without its mistakes, and again until nothing is left",
	.summary =
		"What became of the patch: merged for 5.1 by Vineeth Remanan Pillai, with what "
		"the review had asked for, and mended by Hugh Dickins before the release. A page "
		"leaves the swap cache only if nobody names its slot any more (try_to_free_swap), "
		"whether a slot is gone is asked after its page could not be had, the slots that "
		"are left are looked at from the first to the last, and only if their pages are "
		"in the swap cache already. The limit of three passes is gone: what is left "
		"belongs to somebody who is exiting, or went out again, and swapoff can be "
		"interrupted.\n"
		"\n"
		"Each mistake of linear-v7 is an erratum here, to be switched on alone.\n"
		"\n"
		"Not modelled: frontswap, memory cgroups' charge, copies of KSM pages, "
		"shmem_replace_page. On rows before 4.0 it works on what these have: their "
		"counts, their rmap, all vmas where there is no anon_vma. A short count that "
		"overflowed never becomes 0, so that there it does not end but by a signal.",
	.source = "5.1 mm/swapfile.c; seed 003, the review",
	.errata = swapoff_linear_errata,
	.try_to_unuse = try_to_unuse,
};
