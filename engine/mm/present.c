/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault pages in on behalf of mlock and MAP_LOCKED, with what they need of get_user_pages.
 * Source: 2.5.26, 2.6.0, 2.6.5, 2.6.9 mm/memory.c make_pages_present, get_user_pages, follow_page.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

/*
 * Which lock keeps the entries still, and who takes it: page_table_lock over all of it, or, once it
 * is not needed any more to find a page table, the lock of the table within follow_page.
 */
static bool locks_by_table(void)
{
	return VM->kernel->memory == &memory_2006;
}

static void tables_lock(struct mm_struct *mm)
{
	if (!locks_by_table())
		spin_lock(&mm->page_table_lock);
}

static void tables_unlock(struct mm_struct *mm)
{
	if (!locks_by_table())
		spin_unlock(&mm->page_table_lock);
}

/* Could the process use the page as it is now? Up to 2.6.0 a write has to have been there. */
static bool is_usable(pteval_t pte, bool write)
{
	if (!pte_present(pte))
		return false;
	if (VM->kernel->anon_mark == ANON_UNMARKED)
		return !write || (pte_write(pte) && pte_dirty(pte));
	return !write || pte_write(pte);
}

/* 2.6 takes it for a use of the page, and one that may dirty it. */
static void touch_page(pteval_t pte, bool write)
{
	struct page *page;

	if (VM->kernel->memory == &memory_2002 || !pfn_valid(pte_pfn(pte)))
		return;
	page = pte_page(pte);
	if (write && !pte_dirty(pte) && !PageDirty(page))
		set_page_dirty(page);
	mark_page_accessed(page);
}

/* Is there a page that the process could use as it is now? tables_lock held. */
static bool follow_page(struct mm_struct *mm, u32 address, bool write)
{
	spinlock_t *ptl = NULL;
	const pte_t *ptep = locks_by_table() ? pte_offset_map_lock(mm, address, &ptl) :
					       pte_offset_map(mm, address);
	bool usable = ptep && is_usable(ptep_get(ptep), write);

	if (usable)
		touch_page(ptep_get(ptep), write);
	if (ptl)
		spin_unlock(ptl);
	return usable;
}

/* Fault until the page is there. tables_lock is held before, and after unless it fails. */
static int fault_in(struct vm_area_struct *vma, u32 address, bool write)
{
	struct mm_struct *mm = vma->vm_mm;

	while (!follow_page(mm, address, write)) {
		tables_unlock(mm);
		switch (handle_mm_fault(mm, vma, address, write)) {
		case VM_FAULT_MINOR:
			current->min_flt++;
			break;
		case VM_FAULT_MAJOR:
			current->maj_flt++;
			break;
		case VM_FAULT_SIGBUS:
			return -EFAULT;
		default:
			return -ENOMEM;
		}
		tables_lock(mm);
	}
	return 0;
}

int make_pages_present(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;
	bool write = vma->vm_flags & VM_WRITE;
	u32 address;

	BUG_ON(start >= end);
	BUG_ON(end > vma->vm_end);
	if (!write && !(vma->vm_flags & VM_READ))
		return -EFAULT;
	tables_lock(vma->vm_mm);
	for (address = start; address < end; address += PAGE_SIZE) {
		int err = fault_in(vma, address, write);

		if (err)
			return err;
		sched_progress();
	}
	tables_unlock(vma->vm_mm);
	return 0;
}
