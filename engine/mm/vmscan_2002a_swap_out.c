/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual scan of 2.5.26: pages are taken out of page tables by walking the page tables.
 *
 *	mmlist     init_mm ---> init ---> sh ---> cc ---> (init_mm)
 *	                                  ^
 *	swap_mm: the hand of the clock ---'
 *	                                  |   vma        vma               vma
 *	                                  |  [.....]    [...............] [....]
 *	                                  |                    ^
 *	    sh->swap_address: where it stopped last time ------'
 *
 * A call goes on where the last one stopped, in whichever process that was, and comes to an end
 * when 32 pages were unmapped that only a cache still has, or when it has been through every
 * address space. At the end of one the hand moves to the next, and swap_address is back at 0 when
 * the hand comes round again.
 *
 *	pte, present
 *	   | vma locked, or used since the last lap: tell the page -------> stays
 *	   | page active, in the wrong zone, locked, being written -------> stays
 *	   | in the swap cache -------------------------------------------> names its slot
 *	   | of a file, or clean -----------------------------------------> empty
 *	   | dirty and of no file: a slot, and into the swap cache -------> names its slot
 *	   | no slot, or no memory for the swap cache --------------------> stays
 *
 * Nothing is written here, and nothing is freed but what nobody needs: a page that has lost its
 * last pte waits on the inactive list. A page with a thousand ptes must be met a thousand times.
 * And the first lap over memory that was all just used unmaps nothing: it clears accessed bits.
 *
 * Locks: mmlist_lock to move the hand; mm->page_table_lock for the walk, which keeps ptes and the
 * list of vmas (who changes that list takes it too); mmap_sem is not held. The page lock is tried.
 *
 * Source: 2.5.26 mm/vmscan.c; the lines that seed 000 removes. The labels of the original are the
 * names of functions here.
 */
#define VMSCAN_GENERATION
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vmscan_2002.h"

#include <errno.h>

/* Why a pte stays: the last two operands of SWAP_OUT_SPARE, and of SWAP_OUT_FAIL. */
#define VMA_LOCKED 0, 0
#define USED 0, 1
#define ACTIVE 1, 0
#define OTHER_ZONE 1, 1
#define PAGE_LOCKED 0, 0
#define WRITTEN 0, 1
#define NO_SLOT 1, 0
#define NO_MEMORY 1, 1

/* -- one pte ------------------------------------------------------------------------------- */

/*
 * Radix tree nodes are allocated with GFP_ATOMIC, and with PF_MEMALLOC they could have the very
 * last frames, which the disk driver may need to write this page out. So the flag is put aside:
 * then the slab cache fails earlier and nodes come from the mempool. Why the other two bits are
 * cleared the authors did not know.
 */
static int swap_out_add_to_swap_cache(struct page *page, swp_entry_t entry)
{
	FN;
	u32 flags = current->flags;
	int ret;

	current->flags &= ~PF_MEMALLOC;
	current->flags |= PF_NOWARN;
	ClearPageUptodate(page);
	ClearPageReferenced(page);
	ret = add_to_swap_cache(page, entry);
	/* These two alone: somebody may have been chosen to be killed meanwhile (PF_MEMDIE). */
	current->flags = (current->flags & ~(PF_MEMALLOC | PF_NOWARN)) |
			 (flags & (PF_MEMALLOC | PF_NOWARN));
	return ret;
}

/*
 * The pte is empty by now, or names a slot: slot is 0 or that. 1: the page can be freed, nobody
 * has it but a cache. (Two references: that of the cache, and the one that goes here.) The page
 * lock is released.
 */
static int drop_pte(struct mm_struct *mm, u32 address, struct page *page, u32 slot)
{
	int freeable;

	mm->rss--;
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), mm->pid, address, slot);
	unlock_page(page);
	freeable = page_count(page) <= 2;
	page_cache_release(page);
	return freeable;
}

static int set_swap_pte(struct mm_struct *mm, u32 address, pte_t *page_table, struct page *page,
			swp_entry_t entry)
{
	set_pte(page_table, swp_entry_to_pte(entry));
	return drop_pte(mm, address, page, entry.val);
}

/* A slot for a page that has none, and the page into the swap cache. The count of get_swap_page is
 * the pte's from here on, and the cache has one of its own. 0, -ENOSPC, -ENOMEM. */
static int give_slot(struct page *page, swp_entry_t *entry)
{
	for (;;) {
		int err;

		*entry = get_swap_page();
		if (!entry->val)
			return -ENOSPC;
		err = swap_out_add_to_swap_cache(page, *entry);
		if (!err)
			break;
		swap_free(*entry);
		if (err == -ENOMEM)
			return err;
		/* Read-ahead was faster and has put a page there: try another slot. */
	}
	/* What is in memory is the only copy; adding it to the cache has cleared both bits. */
	SetPageUptodate(page);
	set_page_dirty(page);
	return 0;
}

/* The page is anonymous, dirty, and has no place in swap yet. pte is what was read and cleared: it
 * is put back if there is none (the label preserve). */
static int swap_out_anonymous(struct mm_struct *mm, u32 address, pte_t *page_table, pteval_t pte,
			      struct page *page)
{
	swp_entry_t entry;
	int err = give_slot(page, &entry);

	if (!err)
		return set_swap_pte(mm, address, page_table, page, entry);
	set_pte(page_table, pte);
	if (err == -ENOSPC)
		EV(SWAP_OUT_FAIL, page_to_pfn(page), mm->pid, address, NO_SLOT);
	else
		EV(SWAP_OUT_FAIL, page_to_pfn(page), mm->pid, address, NO_MEMORY);
	unlock_page(page);
	return 0;
}

/* From here on the odds are that the pte goes. Page lock held, and released. */
static int nuke_pte(struct vm_area_struct *vma, u32 address, pte_t *page_table, struct page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	swp_entry_t entry;
	pteval_t pte = ptep_get_and_clear(page_table);

	flush_tlb_page(vma, address);
	if (!MUTANT_swap_out_drops_dirty && pte_dirty(pte))
		set_page_dirty(page);

	if (PageSwapCache(page)) {
		entry.val = page->index;
		swap_duplicate(entry);
		return set_swap_pte(mm, address, page_table, page, entry);
	}
	/* The file has it or will be given it; or it is as it was read, and can be read again. */
	if (page->mapping || !PageDirty(page))
		return drop_pte(mm, address, page, 0);
	return swap_out_anonymous(mm, address, page_table, pte, page);
}

/* 1: the page lost this pte and can be freed now. 0: it stays, or others have it still. The order
 * of the questions matters: in a locked vma the accessed bit is not even looked at, and the bit
 * that is cleared stays set in the TLB, as in all kernels up to 2.6.7. */
static int try_to_swap_out(struct vm_area_struct *vma, u32 address, pte_t *page_table,
			   struct page *page, zone_t *classzone)
{
	FN;
	u32 pfn = page_to_pfn(page), pid = vma->vm_mm->pid;

	count(ptes_visited);
	charge(CACHE_LINE);
	EV(SWAP_OUT_PTE, pfn, pid, address);
	if (vma->vm_flags & VM_LOCKED) {
		EV(SWAP_OUT_SPARE, pfn, pid, address, VMA_LOCKED);
		mark_page_accessed(page);
		return 0;
	}
	if (ptep_test_and_clear_young(page_table)) {
		EV(SWAP_OUT_SPARE, pfn, pid, address, USED);
		mark_page_accessed(page);
		return 0;
	}
	if (PageActive(page)) {
		EV(SWAP_OUT_SPARE, pfn, pid, address, ACTIVE);
		return 0;
	}
	if (!memclass(page_zone(page), classzone)) {
		EV(SWAP_OUT_SPARE, pfn, pid, address, OTHER_ZONE);
		return 0;
	}
	if (!trylock_page(page)) {
		EV(SWAP_OUT_FAIL, pfn, pid, address, PAGE_LOCKED);
		return 0;
	}
	if (PageWriteback(page)) {
		EV(SWAP_OUT_FAIL, pfn, pid, address, WRITTEN);
		unlock_page(page);
		return 0;
	}
	return nuke_pte(vma, address, page_table, page);
}

/* -- page table, directory, vma ------------------------------------------------------------ */

static bool swappable(pteval_t pte)
{
	return pte_present(pte) && pfn_valid(pte_pfn(pte)) && !PageReserved(pte_page(pte));
}

/* Eight entries, with PAE four, are a cache line. */
static void scan_pte(u32 address, bool first, u32 stride)
{
	count(ptes_scanned);
	if (first || !(address >> PAGE_SHIFT & (32 / stride - 1)))
		charge(CACHE_LINE);
}

/*
 * The entries of [address, end) that one page table has. Only here the cursor moves: space without
 * a page table costs nothing, and leaves it where it is. How many of count are missing.
 */
static int swap_out_pmd(struct vm_area_struct *vma, pgd_t *dir, u32 address, u32 end, int count,
			zone_t *classzone)
{
	FN;
	u32 stride = pte_stride();
	bool first = true;
	pte_t *ptep;

	if (pgd_none_or_bad(dir))
		return count;
	ptep = pte_offset_map(vma->vm_mm, address);
	do {
		pteval_t pte = ptep_get(ptep);

		scan_pte(address, first, stride);
		first = false;
		if (swappable(pte))
			count -= try_to_swap_out(vma, address, ptep, pte_page(pte), classzone);
		address += PAGE_SIZE;
		ptep = pte_step(ptep, stride);
	} while (count && address < end);
	vma->vm_mm->swap_address = address;
	return count;
}

/* What one directory entry covers; its one pmd is folded into it. */
static int swap_out_pgd(struct vm_area_struct *vma, pgd_t *dir, u32 address, u32 end, int count,
			zone_t *classzone)
{
	FN;

	if (pgd_none_or_bad(dir))
		return count;
	return swap_out_pmd(vma, dir, address, pgd_end(address, end), count, classzone);
}

static int swap_out_vma(struct vm_area_struct *vma, u32 address, int count, zone_t *classzone)
{
	FN;

	if (vma->vm_flags & VM_RESERVED)
		return count;
	count(vmas_visited);
	EV(SWAP_OUT_VMA, vma->vm_mm->pid, vma->vm_start, vma->vm_end, address);
	BUG_ON(address >= vma->vm_end);
	do {
		count = swap_out_pgd(vma, pgd_offset(vma->vm_mm, address), address, vma->vm_end,
				     count, classzone);
		address = pgd_end(address, vma->vm_end);
	} while (count && address < vma->vm_end);
	return count;
}

/* -- one address space --------------------------------------------------------------------- */

/*
 * From the cursor to the end, or until count pages are found. page_table_lock held. true: the end
 * was reached. Whether there is a next vma is asked first: if the last page wanted was found in the
 * last one, whatever else that one has is left out for this lap.
 */
static bool walk_vmas(struct mm_struct *mm, u32 address, int *count, zone_t *classzone)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	if (vma && address < vma->vm_start)
		address = vma->vm_start;
	while (vma) {
		*count = swap_out_vma(vma, address, *count, classzone);
		vma = vma->vm_next;
		if (!vma)
			break;
		if (!*count)
			return false;
		address = vma->vm_start;
	}
	return true;
}

/* How many of count pages are missing. *mmcounter: of the address spaces to visit still. */
static int swap_out_mm(struct mm_struct *mm, int count, int *mmcounter, zone_t *classzone)
{
	FN;
	u32 address;

	spin_lock(&mm->page_table_lock);
	address = mm->swap_address;
	if (address == TASK_SIZE || VM->swap_mm != mm) {
		++*mmcounter; /* somebody else was here meanwhile: this does not count */
		goto out_unlock;
	}
	count(mms_visited);
	EV(SWAP_OUT_MM, mm->pid, address, (u32)count);
	if (walk_vmas(mm, address, &count, classzone)) {
		mm->swap_address = TASK_SIZE;
		EV(SWAP_OUT_LAP, mm->pid);
	}
out_unlock:
	spin_unlock(&mm->page_table_lock);
	return count;
}

/* -- the clock ----------------------------------------------------------------------------- */

/* The mm whose turn it is: past init_mm and past those that are through, which begin a new lap.
 * NULL: there is no process. mmlist_lock held. */
static struct mm_struct *move_hand(void)
{
	struct mm_struct *mm = VM->swap_mm;

	while (!mm || mm->swap_address == TASK_SIZE) {
		if (mm)
			mm->swap_address = 0;
		mm = mmlist_next(mm);
		if (mm == VM->swap_mm)
			return NULL;
		VM->swap_mm = mm;
		if (mm)
			EV(SWAP_HAND, mm->pid, mm->swap_address == TASK_SIZE);
	}
	return mm;
}

int swap_out(u32 priority, u32 gfp_mask, zone_t *classzone)
{
	FN;
	int counter = (int)VM->mmlist_nr, nr_pages = SWAP_CLUSTER_MAX;

	(void)priority, (void)gfp_mask;
	EV(SWAP_OUT_BEGIN, (u32)nr_pages, VM->mmlist_nr);
	do {
		struct mm_struct *mm;

		if (current->need_resched)
			schedule();
		spin_lock(&VM->mmlist_lock);
		mm = move_hand();
		/* It must not go away while it is walked. */
		if (mm)
			atomic_inc(&mm->mm_users);
		spin_unlock(&VM->mmlist_lock);
		if (!mm)
			break;
		nr_pages = swap_out_mm(mm, nr_pages, &counter, classzone);
		mmput(mm);
	} while (nr_pages && --counter >= 0);
	EV(SWAP_OUT_END, (u32)nr_pages);
	return !nr_pages;
}
