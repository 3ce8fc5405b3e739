/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Up to 2.6.14 one lock, page_table_lock, guards all ptes of a process. With many threads on many
 * cpus that is one lock for everybody's faults, so from 2.6.15 on, where there may be four cpus and
 * more, each page table has its own, in the struct page of its frame:
 *
 *	mm ---> page directory ---> page table     struct page of the table
 *	                            | pte |        | ptl | <- pte_lockptr(mm, pte)
 *
 * That the table itself does not go away while it is looked at is not the lock's doing: munmap and
 * exit take a vma off its anon_vma and its file before they free its page tables, and the walk
 * holds the lock of the one or the other.
 */
#include "rmap/check_address.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

pte_t *page_check_address(struct page *page, struct mm_struct *mm, u32 address, spinlock_t **ptlp)
{
	pte_t *pte = pte_offset_map(mm, address);
	spinlock_t *ptl;

	if (!pte)
		return NULL;
	count(ptes_visited);
	charge(CACHE_LINE);
	if (!pte_present(ptep_get_once(pte)))
		return NULL;

	ptl = pte_lockptr(mm, pte);
	spin_lock(ptl);
	if (pte_present(ptep_get(pte)) && page_to_pfn(page) == pte_pfn(ptep_get(pte))) {
		EV(RMAP_WALK, page_to_pfn(page), mm->pid, address);
		*ptlp = ptl;
		return pte;
	}
	spin_unlock(ptl);
	return NULL;
}

/* swapoff searches the address spaces on this list, and those that never swapped are not there. */
static void list_swapped_mm(struct mm_struct *mm)
{
	if (!list_empty(&mm->mmlist))
		return;
	spin_lock(&VM->mmlist_lock);
	if (list_empty(&mm->mmlist)) {
		list_add(&mm->mmlist, &VM->mmlist);
		VM->mmlist_nr++;
	}
	spin_unlock(&VM->mmlist_lock);
}

u32 leave_swap_entry(struct page *page, struct mm_struct *mm, pte_t *ptep)
{
	swp_entry_t entry = page_swap_entry(page);

	BUG_ON(!PageSwapCache(page));
	if (swap_duplicate(entry) < 0)
		return 0;
	list_swapped_mm(mm);
	set_pte(ptep, swp_entry_to_pte(entry));
	BUG_ON(pte_file(ptep_get(ptep)));
	return entry.val;
}
