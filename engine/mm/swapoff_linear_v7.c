/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "rid swapoff of quadratic complexity", Kelley Nielsen's patch, version 7 of March 2015, to the
 * letter: everybody's page tables once, and whatever is in the area comes back at once.
 *
 *	retry:  the files that are memory
 *	        each mm on mmlist -> each vma -> each page table -> each pte of the area comes in
 *	        slots still in use?  they are nobody's: out of the swap cache with their pages
 *	                 1 .... oldi ....
 *	                 ^ i    the search has come round: somebody must have them after all
 *	                        -> retry, three times, then -EBUSY
 *
 * What the review of 22 April 2015 found in it is here too; the comments say where, with the name
 * of the erratum that brings the same mistake back into mm/swapoff_linear.c.
 *
 * Source: seed 003. Its half in mm/shmem.c is shmem_unuse_type.
 */
#include "mm/swapoff_private.h"

#include <errno.h>

#define MAX_RETRIES 3
/* As posted it may go round for ever. After so many slots without one getting free, with nobody
 * else to run in between, it will; then the machine says so. */
#define GOES_ROUND 20000

/* -- page tables ------------------------------------------------------------------------------ */

static void wait_and_lock(struct page *page)
{
	wait_on_page_locked(page); /* superfluous, and a relic, says the review */
	wait_on_page_writeback(page);
	lock_page(page);
	wait_on_page_writeback(page);
}

/* The page is in hand. It is not asked whether it is the cache's for this very slot, as the
 * quadratic way had learnt to (68bdc8d64742). 0 or -ENOMEM. */
static int unuse_page(struct unuse *u, struct vm_area_struct *vma, u32 address)
{
	int err;

	wait_and_lock(u->page);
	err = swapoff_ask_uptodate(u->page);
	if (!err)
		err = unuse_pte_locked(u, vma, address);
	if (!err && PageSwapCache(u->page) && !swap_count(u->entry))
		delete_from_swap_cache(u->page);
	if (!err)
		set_page_dirty(u->page);
	unlock_page(u->page);
	page_cache_release(u->page);
	return err;
}

/*
 * A pte names a slot of the area. Who has the slot is read before its page is: if it is freed
 * meanwhile, no page comes, and that is taken for want of memory (swcount-read-early).
 */
static int unuse_swap_pte(struct vm_area_struct *vma, u32 address, pteval_t pte)
{
	struct unuse u = { .entry = pte_to_swp_entry(pte) };
	u32 swcount = swap_count(u.entry);
	int err = 0;

	if (!swcount)
		return 0;
	if (wants_chain_nodes() && rmap_prepare(&u.ready, vma, GFP_KERNEL))
		return -ENOMEM;
	swapin_readahead(u.entry);
	u.page = read_swap_cache_async(u.entry);
	if (u.page)
		err = unuse_page(&u, vma, address);
	else
		err = -ENOMEM;
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
	for (vma = mm->mmap; vma && !err; vma = vma->vm_next)
		if (may_have_swapped(vma))
			err = unuse_vma(vma, type);
	up_read(&mm->mmap_sem);
	return err;
}

/* -- everybody, once -------------------------------------------------------------------------- */

static int unuse_mms(u32 type)
{
	struct mm_struct *prev_mm = NULL; /* init_mm */
	struct list_head *p = &VM->mmlist;
	int err = 0;

	spin_lock(&VM->mmlist_lock);
	while (!err && (p = list_next(p)) != &VM->mmlist) {
		struct mm_struct *mm = list_entry(p, struct mm_struct, mmlist);

		if (signal_pending()) {
			err = -EINTR;
			break;
		}
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

/* -- what is left ----------------------------------------------------------------------------- */

/* Where the search in the map is, over all retries. */
struct lap {
	u32 i, oldi, retries, fruitless, left;
};

/* Out of the swap cache, even if it is dirty and a pte names its slot still: who faults there reads
 * what was on disk before (dirty-page-dropped). And read_swap_cache_async reads only to do it. */
static bool drop_orphan(u32 type, u32 slot)
{
	swp_entry_t entry = SWP_ENTRY(type, slot);
	struct page *page = read_swap_cache_async(entry);

	if (!page)
		return false;
	lock_page(page);
	if (PageSwapCache(page) && page_swap_entry(page).val == entry.val) {
		wait_on_page_writeback(page);
		delete_from_swap_cache(page);
	}
	unlock_page(page);
	page_cache_release(page);
	return true;
}

static void watch_out(struct lap *lap, u32 type)
{
	if (lap->left != inuse_pages(type))
		lap->fruitless = 0;
	lap->left = inuse_pages(type);
	if (++lap->fruitless > GOES_ROUND)
		BUG_TEXT("swapoff goes round and round in the swap map, and will not end");
}

/*
 * 0: the area is empty; -EAGAIN: to everybody once more; -EBUSY: not a fourth time.
 *
 * Has it come round? If a single slot is left, i and oldi are the same (i-less-than-oldi); and a
 * slot without a page does not become oldi (continue-keeps-oldi). Then nobody notices.
 */
static int drop_orphans(struct lap *lap, u32 type)
{
	while ((lap->i = find_next_to_unuse(type, lap->i)) != 0) {
		if (lap->i < lap->oldi)
			return ++lap->retries > MAX_RETRIES ? -EBUSY : -EAGAIN;
		progress_of(type)->slot = lap->i;
		watch_out(lap, type);
		if (!drop_orphan(type, lap->i))
			continue;
		lap->oldi = lap->i;
	}
	return 0;
}

static int try_to_unuse(u32 type)
{
	FN;
	struct lap lap = { 0 };
	int err;

	do {
		if (lap.retries)
			EV(SWAPOFF_AGAIN, type, inuse_pages(type));
		progress_of(type)->pass = lap.retries + 1;
		progress_of(type)->slot = 0;
		err = shmem_unuse_type(type);
		if (!err)
			err = unuse_mms(type);
		if (!err)
			err = drop_orphans(&lap, type);
	} while (err == -EAGAIN);
	return err;
}

/* In the order of enum swapoff_erratum. */
const char *const swapoff_linear_errata[] = {
	"dirty-page-dropped",
	"swcount-read-early",
	"i-less-than-oldi",
	"continue-keeps-oldi",
	"max-retries",
	"unlock-not-held",
	"deref-retry-missing",
	"goto-removed",
	NULL,
};

const struct swapoff_ops swapoff_linear_v7 = {
	.name = "linear-v7",
	.date = "2015-03-19",
	.idea = "go over everybody's page tables once and bring in whatever is in the area",
	.summary =
		"Kelley Nielsen's patch of March 2015 turns the search round. Each address space "
		"is visited once, and each pte that names a slot of the area gets its page back. "
		"What is left after that is nobody's, and leaves the swap cache. If the search "
		"for such slots comes round to its beginning, something went out again behind its "
		"back: then it begins anew, three times at most, and gives up with EBUSY. 22.5 "
		"million calls of unuse_pte_range became 7,000.\n"
		"\n"
		"It is here exactly as it was posted, and so is what Hugh Dickins found in it a "
		"month later: pages that are dirty and in use leave the swap cache, so that the "
		"newest data are lost; a slot that is freed while it is read is taken for want of "
		"memory; the search does not notice that it has come round when one slot is left, "
		"or when pages are missing; three retries are too few; when a page of shared "
		"memory cannot be had, a mutex is given back that is not held; its entry is "
		"missed when the file's tree just grows from one page to two; and a page that "
		"could not be read is taken for one that was. The names are in its errata; it has "
		"them all.\n"
		"\n"
		"Not modelled: frontswap, memory cgroups' charge, copies of KSM pages, "
		"shmem_replace_page. On rows before 4.0 it works on what these have: their "
		"counts, their rmap, all vmas where there is no anon_vma. A short count that "
		"overflowed never becomes 0, so that it ends with EBUSY or not at all.",
	.source = "seed 003",
	.errata = swapoff_linear_errata,
	.as_posted = true,
	.try_to_unuse = try_to_unuse,
};
