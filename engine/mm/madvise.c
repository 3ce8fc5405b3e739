/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * madvise: what a process expects to do with a range.
 *
 *	normal, random, sequential    how much to read ahead: a flag of the vma. Files of this
 *	                              model are not read ahead; but vmas are split for it
 *	willneed                      start to read the pages of a file, wait for none
 *	dontneed                      throw the pages away now: written or not, the next access
 *	                              finds what the file has, or zeros
 *	dontfork, dofork              whether a child gets it, from 2.6.16 on: a flag of the vma
 *
 * Holes are passed over, and ENOMEM says so at the end.
 *
 * Source: 2.5.26 mm/filemap.c, which has all of this; the file of its own came later. 2.6.0, 2.6.9,
 * 2.6.14, 4.0 mm/madvise.c.
 */
#include "kernels.h"
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

static u32 advised_flags(u32 vm_flags, u32 behavior)
{
	if (behavior == MADV_DONTFORK)
		return vm_flags | VM_DONTCOPY;
	return behavior == MADV_DOFORK ? vm_flags & ~VM_DONTCOPY :
					 setup_read_behavior(vm_flags, behavior);
}

/* Unlike mprotect and mlock it splits a vma even if the flags are the same, up to 2.6.11; later it
 * merges, too. *vma becomes the one that end is part of. */
static int madvise_behavior(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start,
			    u32 end, u32 behavior)
{
	FN;
	u32 newflags = advised_flags((*vma)->vm_flags, behavior);

	if ((*vma)->vm_mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	if (mmap_since(MMAP_2_6_16) && newflags == (*vma)->vm_flags)
		return 0;
	if (VM->kernel->mmap->vma_fixup(vma, prev, start, end, newflags))
		return -EAGAIN;
	EV(VMA_ADVICE, start, end, behavior);
	return 0;
}

static int madvise_willneed(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;
	u32 pgoff = ((start - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;

	if (!vma->vm_file) /* 4.0 could read it from swap, and does not wait for that either */
		return mmap_since(MMAP_4_0) ? 0 : -EBADF;
	EV(VMA_ADVICE, start, end, MADV_WILLNEED);
	do_page_cache_readahead(vma->vm_file, pgoff, (end - start) >> PAGE_SHIFT);
	return 0;
}

/* Unlike the munmap that it resembles it leaves the vma; and what is locked stays. */
static int madvise_dontneed(struct vm_area_struct *vma, u32 start, u32 end)
{
	FN;
	struct zap_details details = { .nonlinear_vma = vma, .last_index = UINT32_MAX };
	bool nonlinear = vma->vm_flags & VM_NONLINEAR && mmap_since(MMAP_2_6_7);

	if (vma->vm_flags & VM_LOCKED)
		return -EINVAL;
	EV(VMA_ADVICE, start, end, MADV_DONTNEED);
	/* A nonlinear vma keeps the entries that say which page of the file belongs there. */
	zap_page_range(vma, start, end, nonlinear ? &details : NULL);
	return 0;
}

static bool behavior_valid(u32 behavior)
{
	if (behavior == MADV_DONTFORK || behavior == MADV_DOFORK)
		return mmap_since(MMAP_2_6_16);
	return behavior <= MADV_DONTNEED;
}

static int madvise_vma(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start, u32 end,
		       u32 behavior)
{
	if (!behavior_valid(behavior))
		return -EINVAL;
	if (behavior == MADV_WILLNEED)
		return madvise_willneed(*vma, start, end);
	if (behavior == MADV_DONTNEED)
		return madvise_dontneed(*vma, start, end);
	return madvise_behavior(vma, prev, start, end, behavior);
}

/* A range that ends in a hole answers -ENOMEM like any other with a hole. So does a nonsensical
 * behavior where nothing is mapped, up to 2.6.30: nobody has looked at it. */
static int do_madvise(struct mm_struct *mm, u32 start, u32 end, u32 behavior)
{
	FN;
	struct vm_area_struct *prev, *vma = find_vma_prev(mm, start, &prev);
	int error, unmapped_error = 0;
	u32 stop;

	for (; vma; start = stop, prev = vma, vma = vma->vm_next) {
		if (start < vma->vm_start) {
			unmapped_error = -ENOMEM;
			start = vma->vm_start;
		}
		if (start >= end)
			return unmapped_error;
		stop = vma->vm_end < end ? vma->vm_end : end;
		error = madvise_vma(&vma, prev, start, stop, behavior);
		if (error)
			return error;
		if (stop < vma->vm_end)
			stop = vma->vm_end; /* it merged with what is behind it */
		if (stop >= end)
			return unmapped_error;
	}
	return -ENOMEM;
}

int sys_madvise(u32 start, u32 len, u32 behavior)
{
	FN;
	u32 end = start + PAGE_ALIGN(len);
	int error = 0;

	if (mmap_since(MMAP_4_0) && !behavior_valid(behavior))
		return -EINVAL;
	if (start & ~PAGE_MASK || end < start)
		return -EINVAL;
	if (mmap_since(MMAP_2_6_7) && len && end == start)
		return -EINVAL; /* a small negative length */
	down_write(&current->mm->mmap_sem);
	if (end != start)
		error = do_madvise(current->mm, start, end, behavior);
	up_write(&current->mm->mmap_sem);
	return error;
}
