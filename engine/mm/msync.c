/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msync: what was stored through a shared mapping goes to the file's disk.
 *
 *	pte  D=1   --- filemap_sync --->   pte D=0, page dirty   --- fdatawrite --->   disk
 *
 * Until somebody looks, only the D bit of a pte knows that a page was written to. That bit is
 * moved to the page here, and the TLB entry must go: it remembers D and would not set it again.
 *
 *	MS_ASYNC        waits for writes of the file that are under way, then starts new ones
 *	MS_SYNC         and waits for these as well
 *	neither         only the D bits move; so does MS_INVALIDATE, which does nothing here
 *
 * Source: 2.5.26 mm/msync.c. The fsync of a file system has nothing to add: files of this model
 * have no metadata.
 */
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

static void filemap_sync_pte(struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	pte_t pte = *ptep;
	struct page *page;

	if (!pte_present(pte) || !pte_dirty(pte) || !pfn_valid(pte_pfn(pte)))
		return;
	page = pte_page(pte);
	if (!PageReserved(page) && ptep_test_and_clear_dirty(ptep)) {
		flush_tlb_page(vma, address);
		set_page_dirty(page);
	}
}

/* [address, end) lies in one page table. */
static void filemap_sync_pte_range(struct vm_area_struct *vma, u32 address, u32 end)
{
	FN;
	pte_t *pte = pte_offset(vma->vm_mm, address);

	for (; address < end; address += PAGE_SIZE)
		filemap_sync_pte(vma, address, pte++);
}

static void filemap_sync(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	u32 address, next;

	BUG_ON(start >= end);
	spin_lock(&mm->page_table_lock);
	for (address = start; address < end; address = next) {
		next = pgd_end(address, end);
		if (!pgd_none_or_bad(pgd_offset(mm, address)))
			filemap_sync_pte_range(vma, address, next);
	}
	flush_tlb_range(vma, start, end);
	spin_unlock(&mm->page_table_lock);
}

/* The whole file is written, whatever part of it was asked for. */
static void msync_interval(struct vm_area_struct *vma, u32 start, u32 end, u32 flags)
{
	FN;
	struct inode *inode = vma->vm_file;

	if (!inode || !(vma->vm_flags & VM_SHARED))
		return;
	filemap_sync(vma, start, end);
	if (!(flags & (MS_SYNC | MS_ASYNC)))
		return;
	down_write(&inode->i_sem);
	filemap_fdatawait(&inode->i_data);
	filemap_fdatawrite(&inode->i_data);
	if (flags & MS_SYNC)
		filemap_fdatawait(&inode->i_data);
	up_write(&inode->i_sem);
}

/* Holes are passed over, and -ENOMEM says so at the end. */
static int do_msync(struct mm_struct *mm, u32 start, u32 end, u32 flags)
{
	FN;
	struct vm_area_struct *vma = find_vma(mm, start);
	int unmapped_error = 0;

	for (; vma; start = vma->vm_end, vma = vma->vm_next) {
		if (start < vma->vm_start) {
			unmapped_error = -ENOMEM;
			start = vma->vm_start;
		}
		if (start >= end)
			return unmapped_error;
		msync_interval(vma, start, vma->vm_end < end ? vma->vm_end : end, flags);
		if (vma->vm_end >= end)
			return unmapped_error;
	}
	return -ENOMEM;
}

int sys_msync(u32 start, u32 len, u32 flags)
{
	FN;
	u32 end = start + PAGE_ALIGN(len);
	int error = 0;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || start & ~PAGE_MASK)
		return -EINVAL;
	if (end < start)
		return -ENOMEM;
	down_read(&current->mm->mmap_sem);
	if (end != start)
		error = do_msync(current->mm, start, end, flags);
	up_read(&current->mm->mmap_sem);
	return error;
}
