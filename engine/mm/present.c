/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault pages in on behalf of mlock and MAP_LOCKED, with what they need of get_user_pages.
 * Source: 2.5.26 mm/memory.c make_pages_present, get_user_pages, follow_page.
 */
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

/* Is there a page that the process could use as it is now? page_table_lock held. */
static bool follow_page(const struct mm_struct *mm, u32 address, bool write)
{
	const pte_t *pte = pte_offset(mm, address);

	if (!pte || !pte_present(*pte))
		return false;
	return !write || (pte_write(*pte) && pte_dirty(*pte));
}

/* Fault until the page is there. page_table_lock is held before, and after unless it fails. */
static int fault_in(struct vm_area_struct *vma, u32 address, bool write)
{
	struct mm_struct *mm = vma->vm_mm;

	while (!follow_page(mm, address, write)) {
		spin_unlock(&mm->page_table_lock);
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
		spin_lock(&mm->page_table_lock);
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
	spin_lock(&vma->vm_mm->page_table_lock);
	for (address = start; address < end; address += PAGE_SIZE) {
		int err = fault_in(vma, address, write);

		if (err)
			return err;
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	return 0;
}
