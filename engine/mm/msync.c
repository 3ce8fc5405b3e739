/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msync: what was stored through a shared mapping goes to the file's disk.
 *
 *	pte  D=1   --- filemap_sync --->   pte D=0, page dirty   --- fdatawrite --->   disk
 *
 * Until somebody looks, only the D bit of a pte knows that a page was written to. That bit is
 * moved to the page here, and the TLB entry must go: it remembers D and would not set it again.
 *
 *	MS_ASYNC        waits for writes of the file that are under way, then starts new ones; from
 *	                2.5.68 on only the D bits move: whoever wants more writes by himself
 *	MS_SYNC         and waits for these as well
 *	neither         only the D bits move; so does MS_INVALIDATE, which does nothing here, but
 *	                from 2.6.0 on a locked page may not be thrown away: EBUSY
 *
 * Source: 2.5.26, 2.6.0, 2.6.9, 2.6.12 mm/msync.c. The fsync of a file system has nothing to add:
 * files of this model have no metadata.
 */
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

static void filemap_sync_pte(struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	pteval_t pte = ptep_get(ptep);
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
	pte_t *pte = pte_offset_map(vma->vm_mm, address);
	u32 stride = pte_stride();

	for (; address < end; address += PAGE_SIZE, pte = pte_step(pte, stride))
		filemap_sync_pte(vma, address, pte);
}

/* From 2.6.14 on each table is locked for itself. */
static void sync_tables(struct mm_struct *mm, struct vm_area_struct *vma, u32 start, u32 end)
{
	bool by_table = mmap_since(MMAP_2_6_16);
	u32 address, next;

	for (address = start; address < end; address = next) {
		spinlock_t *ptl;

		next = pgd_end(address, end);
		if (pgd_none_or_bad(pgd_offset(mm, address)))
			continue;
		ptl = pte_lockptr(mm, pte_offset(mm, address));
		if (by_table)
			spin_lock(ptl);
		filemap_sync_pte_range(vma, address, next);
		if (by_table)
			spin_unlock(ptl);
	}
}

static void filemap_sync(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;

	BUG_ON(start >= end);
	if (mmap_since(MMAP_2_6_16)) {
		sync_tables(mm, vma, start, end);
		return;
	}
	spin_lock(&mm->page_table_lock);
	sync_tables(mm, vma, start, end);
	flush_tlb_range(vma, start, end);
	spin_unlock(&mm->page_table_lock);
}

/* The whole file is written, whatever part of it was asked for. */
static int msync_interval(struct vm_area_struct *vma, u32 start, u32 end, u32 flags)
{
	FN;
	struct inode *inode = vma->vm_file;
	bool late = mmap_since(MMAP_2_6_0);
	int err = 0;

	if (late && flags & MS_INVALIDATE && vma->vm_flags & VM_LOCKED)
		return -EBUSY;
	if (!inode || !(vma->vm_flags & VM_SHARED))
		return 0;
	filemap_sync(vma, start, end);
	if (!(flags & (late ? MS_SYNC : MS_SYNC | MS_ASYNC)))
		return 0;
	down_write(&inode->i_sem);
	if (!late)
		err = filemap_fdatawait(&inode->i_data);
	filemap_fdatawrite(&inode->i_data);
	if (flags & MS_SYNC) {
		int failed = filemap_fdatawait(&inode->i_data);

		err = err ? err : failed;
	}
	up_write(&inode->i_sem);
	return err;
}

/* Holes are passed over, and -ENOMEM says so at the end. */
static int do_msync(struct mm_struct *mm, u32 start, u32 end, u32 flags)
{
	FN;
	struct vm_area_struct *vma = find_vma(mm, start);
	int error, unmapped_error = 0;

	for (; vma; start = vma->vm_end, vma = vma->vm_next) {
		if (start < vma->vm_start) {
			unmapped_error = -ENOMEM;
			start = vma->vm_start;
		}
		if (start >= end)
			return unmapped_error;
		error = msync_interval(vma, start, vma->vm_end < end ? vma->vm_end : end, flags);
		if (error || vma->vm_end >= end)
			return error ? error : unmapped_error;
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
	if (mmap_since(MMAP_2_6_0) && flags & MS_ASYNC && flags & MS_SYNC)
		return -EINVAL;
	if (end < start)
		return -ENOMEM;
	down_read(&current->mm->mmap_sem);
	if (end != start)
		error = do_msync(current->mm, start, end, flags);
	up_read(&current->mm->mmap_sem);
	return error;
}
