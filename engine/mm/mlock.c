/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlock and munlock: pages that reclaim must leave where they are.
 *
 *	mlock      VM_LOCKED in the vmas of the range, and every page of it is faulted in at once.
 *	           From then on try_to_unmap finds the flag and fails: SWAP_FAIL
 *	munlock    the flag goes; reclaim finds out by itself
 *
 * The flag is one of the vma and not of the page: a page that one process has locked stays for
 * everybody who maps it. Vmas that have become alike again are merged from 2.6.13 on.
 *
 * Resource limits are not modelled (there is no RLIMIT_MEMLOCK), and everybody has CAP_IPC_LOCK.
 *
 * Source: 2.5.26, 2.6.0, 2.6.9, 2.6.14, 4.0 mm/mlock.c.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

/* Was the page had? Where there is no access nobody even looks for it. */
static bool is_had(const struct vm_area_struct *vma, u32 address)
{
	const pte_t *pte = pte_offset(vma->vm_mm, address);

	return vma->vm_flags & (VM_READ | VM_WRITE) && pte && pte_present(ptep_get(pte));
}

/*
 * Not all pages could be had: one lies beyond the end of its file, nobody may read them, there is
 * no memory. 2.5.27 keeps it to itself. From 2.6.0 on the error is that of the first page; if it
 * was a later one, the answer is -1, which reads as EPERM.
 */
static int present_error(const struct vm_area_struct *vma, u32 start, int error)
{
	if (!error || !mmap_since(MMAP_2_6_0))
		return 0;
	if (is_had(vma, start))
		return -EPERM;
	return error == -ENOMEM && mmap_since(MMAP_2_6_16) ? -EAGAIN : error;
}

/* The pages are counted first: making them present sleeps. */
static int account_locked(struct vm_area_struct *vma, u32 start, u32 end)
{
	struct mm_struct *mm = vma->vm_mm;

	mm->locked_vm += (end - start) >> PAGE_SHIFT;
	if (mmap_since(MMAP_4_0))
		return 0; /* mm_populate does it, when all vmas are done */
	return present_error(vma, start, make_pages_present(vma, start, end));
}

/* [start, end) of *vma, which afterwards is the vma that end is part of; prev: the one before. */
static int mlock_fixup(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start, u32 end,
		       u32 newflags)
{
	FN;
	struct mm_struct *mm = (*vma)->vm_mm;

	if (newflags == (*vma)->vm_flags)
		return 0;
	if (VM->kernel->mmap->vma_fixup(vma, prev, start, end, newflags))
		return mmap_since(MMAP_4_0) ? -ENOMEM : -EAGAIN;
	EV(VMA_LOCK, start, end, (newflags & VM_LOCKED) != 0);
	if (newflags & VM_LOCKED)
		return account_locked(find_vma(mm, start), start, end);
	mm->locked_vm -= (end - start) >> PAGE_SHIFT;
	return 0;
}

/* Whole pages; what lies before a hole has been done when -ENOMEM says that there is one. */
static int do_mlock(struct mm_struct *mm, u32 start, u32 len, bool on)
{
	FN;
	u32 end = start + len, vm_end;
	struct vm_area_struct *vma, *prev;
	int error;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	vma = find_vma_prev(mm, start, &prev);
	if (!vma || vma->vm_start > start)
		return -ENOMEM;
	for (;; start = vm_end) {
		vm_end = vma->vm_end < end ? vma->vm_end : end;
		error = mlock_fixup(&vma, prev, start, vm_end,
				    on ? vma->vm_flags | VM_LOCKED : vma->vm_flags & ~VM_LOCKED);
		if (error)
			return error;
		if (vm_end < vma->vm_end)
			vm_end = vma->vm_end; /* it merged with what is behind it */
		if (vm_end >= end)
			return 0;
		prev = vma;
		vma = vma->vm_next;
		if (!vma || vma->vm_start != vm_end)
			return -ENOMEM;
	}
}

/* What POSIX has for a page that cannot be had. */
static int mlock_posix_error_return(int error)
{
	if (error == -EFAULT)
		return -ENOMEM;
	return error == -ENOMEM ? -EAGAIN : error;
}

/* 4.0: all vmas have the flag; now the pages. */
static int mm_populate(struct mm_struct *mm, u32 start, u32 end)
{
	FN;
	struct vm_area_struct *vma;
	int error = 0;

	for (; start < end && !error; start = vma->vm_end) {
		vma = find_vma(mm, start);
		if (!vma || vma->vm_start >= end)
			break;
		if (start < vma->vm_start)
			start = vma->vm_start;
		error = make_pages_present(vma, start, vma->vm_end < end ? vma->vm_end : end);
	}
	return mlock_posix_error_return(error);
}

/* No more than half of all memory, counting what is locked already: once more if it is the same
 * memory. The kernel calls its own test bogus. */
static bool too_much(const struct mm_struct *mm, u32 len)
{
	if (mmap_since(MMAP_2_6_0))
		return false; /* a resource limit, and who may lock has none */
	return (len >> PAGE_SHIFT) + mm->locked_vm > VM->max_mapnr / 2;
}

int sys_mlock(u32 start, u32 len)
{
	FN;
	struct mm_struct *mm = current->mm;
	int error = -ENOMEM;

	down_write(&mm->mmap_sem);
	len = PAGE_ALIGN(len + (start & ~PAGE_MASK));
	if (!too_much(mm, len))
		error = do_mlock(mm, start & PAGE_MASK, len, true);
	if (!error && mmap_since(MMAP_4_0))
		error = mm_populate(mm, start & PAGE_MASK, (start & PAGE_MASK) + len);
	up_write(&mm->mmap_sem);
	return error;
}

int sys_munlock(u32 start, u32 len)
{
	FN;
	struct mm_struct *mm = current->mm;
	int error;

	down_write(&mm->mmap_sem);
	len = PAGE_ALIGN(len + (start & ~PAGE_MASK));
	error = do_mlock(mm, start & PAGE_MASK, len, false);
	up_write(&mm->mmap_sem);
	return error;
}
