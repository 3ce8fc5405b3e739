/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlock and munlock: pages that reclaim must leave where they are.
 *
 *	mlock      VM_LOCKED in the vmas of the range, and every page of it is faulted in at once.
 *	           From then on try_to_unmap finds the flag and fails: SWAP_FAIL
 *	munlock    the flag goes; reclaim finds out by itself
 *
 * The flag is one of the vma and not of the page: a page that one process has locked stays for
 * everybody who maps it. Vmas that have become alike again are not merged.
 *
 * Resource limits are not modelled (there is no RLIMIT_MEMLOCK), and everybody has CAP_IPC_LOCK.
 *
 * Source: 2.5.26 mm/mlock.c.
 */
#include "mm/mmap_private.h"
#include "mm/vm.h"

#include <errno.h>

/* The pages are counted first: making them present sleeps. */
static void account_locked(struct vm_area_struct *vma, u32 start, u32 end)
{
	vma->vm_mm->locked_vm += (end - start) >> PAGE_SHIFT;
	make_pages_present(vma, start, end);
}

/* [start, end) of one vma. That a page cannot be had (it lies beyond the end of its file, there is
 * no memory) is nothing mlock would fail for. */
static int mlock_fixup(struct vm_area_struct *vma, u32 start, u32 end, u32 newflags)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;

	if (newflags == vma->vm_flags)
		return 0;
	if (vma_fixup(vma, start, end, newflags))
		return -EAGAIN;
	EV(VMA_LOCK, start, end, (newflags & VM_LOCKED) != 0);
	if (newflags & VM_LOCKED)
		account_locked(find_vma(mm, start), start, end);
	else
		mm->locked_vm -= (end - start) >> PAGE_SHIFT;
	return 0;
}

/* Whole pages; what lies before a hole has been done when -ENOMEM says that there is one. */
static int do_mlock(struct mm_struct *mm, u32 start, u32 len, bool on)
{
	FN;
	u32 end = start + len, vm_end;
	struct vm_area_struct *vma, *next;
	int error;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	vma = find_vma(mm, start);
	if (!vma || vma->vm_start > start)
		return -ENOMEM;
	for (;; start = vm_end, vma = next) {
		vm_end = vma->vm_end;
		next = vma->vm_next;
		error = mlock_fixup(vma, start, vm_end < end ? vm_end : end,
				    on ? vma->vm_flags | VM_LOCKED : vma->vm_flags & ~VM_LOCKED);
		if (error || vm_end >= end)
			return error;
		if (!next || next->vm_start != vm_end)
			return -ENOMEM;
	}
}

/* No more than half of all memory, counting what is locked already: once more if it is the same
 * memory. The kernel calls its own test bogus. */
static bool too_much(const struct mm_struct *mm, u32 len)
{
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
