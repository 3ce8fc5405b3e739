/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * madvise: what a process expects to do with a range.
 *
 *	normal, random, sequential    how much to read ahead: a flag of the vma. Files of this
 *	                              model are not read ahead; but vmas are split for it
 *	willneed                      start to read the pages of a file, wait for none
 *	dontneed                      throw the pages away now: written or not, the next access
 *	                              finds what the file has, or zeros
 *
 * Holes are passed over, and ENOMEM says so at the end.
 *
 * Source: 2.5.26 mm/filemap.c, which has all of this; the file of its own came later.
 */
#include "mm/mmap_private.h"
#include "mm/vm.h"

#include <errno.h>

static u32 setup_read_behavior(u32 vm_flags, u32 behavior)
{
	vm_flags &= ~(VM_SEQ_READ | VM_RAND_READ);
	if (behavior == MADV_SEQUENTIAL)
		return vm_flags | VM_SEQ_READ;
	return behavior == MADV_RANDOM ? vm_flags | VM_RAND_READ : vm_flags;
}

/* Unlike mprotect and mlock it splits a vma even if the flags are the same. */
static int madvise_behavior(struct vm_area_struct *vma, u32 start, u32 end, u32 behavior)
{
	FN;

	if (vma->vm_mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	if (vma_fixup(vma, start, end, setup_read_behavior(vma->vm_flags, behavior)))
		return -EAGAIN;
	EV(VMA_ADVICE, start, end, behavior);
	return 0;
}

static int madvise_willneed(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;
	u32 pgoff = ((start - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;

	if (!vma->vm_file)
		return -EBADF;
	EV(VMA_ADVICE, start, end, MADV_WILLNEED);
	do_page_cache_readahead(vma->vm_file, pgoff, (end - start) >> PAGE_SHIFT);
	return 0;
}

/* Unlike the munmap that it resembles it leaves the vma; and what is locked stays. */
static int madvise_dontneed(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;

	if (vma->vm_flags & VM_LOCKED)
		return -EINVAL;
	EV(VMA_ADVICE, start, end, MADV_DONTNEED);
	zap_page_range(vma, start, end, NULL);
	return 0;
}

static int madvise_vma(struct vm_area_struct *vma, u32 start, u32 end, u32 behavior)
{
	switch (behavior) {
	case MADV_NORMAL:
	case MADV_SEQUENTIAL:
	case MADV_RANDOM:
		return madvise_behavior(vma, start, end, behavior);
	case MADV_WILLNEED:
		return madvise_willneed(vma, start, end);
	case MADV_DONTNEED:
		return madvise_dontneed(vma, start, end);
	default:
		return -EINVAL;
	}
}

/* A range that ends in a hole answers -ENOMEM like any other with a hole. So does a nonsensical
 * behavior where nothing is mapped: nobody has looked at it. */
static int do_madvise(struct mm_struct *mm, u32 start, u32 end, u32 behavior)
{
	FN;
	struct vm_area_struct *vma = find_vma(mm, start), *next;
	int error, unmapped_error = 0;
	u32 vm_end;

	for (; vma; start = vm_end, vma = next) {
		if (start < vma->vm_start) {
			unmapped_error = -ENOMEM;
			start = vma->vm_start;
		}
		if (start >= end)
			return unmapped_error;
		vm_end = vma->vm_end;
		next = vma->vm_next;
		error = madvise_vma(vma, start, vm_end < end ? vm_end : end, behavior);
		if (error || vm_end >= end)
			return error ? error : unmapped_error;
	}
	return -ENOMEM;
}

int sys_madvise(u32 start, u32 len, u32 behavior)
{
	FN;
	u32 end = start + PAGE_ALIGN(len);
	int error = 0;

	if (start & ~PAGE_MASK || end < start)
		return -EINVAL;
	down_write(&current->mm->mmap_sem);
	if (end != start)
		error = do_madvise(current->mm, start, end, behavior);
	up_write(&current->mm->mmap_sem);
	return error;
}
