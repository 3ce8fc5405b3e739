/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a mapping goes that did not ask for a place.
 *
 *	0          40000000                    b8000000   c0000000
 *	| program  | first gap from here on >    .          |        up to 2.6.8: bottom-up
 *	|          .           < last gap below  |  stack   |        from 2.6.9 on: top-down
 *
 * The gap below the stack that top-down leaves is as large as the stack may become (RLIMIT_STACK),
 * but 128 MiB at least; the limit is 8 MiB, so mmap_base is 0xc0000000 - 0x08000000 = 0xb8000000.
 * Where the address was taken at random (2.6.12) that is switched off here.
 *
 *	2.5.27          looks from TASK_UNMAPPED_BASE on, every time
 *	2.6.0           goes on where the last search ended (free_area_cache), and begins anew
 *	                when it reaches the end; munmap of something lower moves the mark down
 *	2.6.9           the same, downwards
 *	2.6.16          also knows the largest hole it has passed over (cached_hole_size): a
 *	                request that fits there begins anew
 *	4.0             finds the gap in a tree, without a mark: the highest that is large enough
 *
 * Source: 2.5.26, 2.6.0, 2.6.9, 2.6.14, 4.0 mm/mmap.c, 2.6.9 arch/i386/mm/mmap.c.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/vm.h"

#include <errno.h>

#define MIN_GAP (128u << 20)
#define UNKNOWN_HOLE UINT32_MAX

void arch_pick_mmap_layout(struct mm_struct *mm)
{
	u32 gap = STACK_LIMIT < MIN_GAP ? MIN_GAP : STACK_LIMIT;

	mm->mmap_base = VM->kernel->top_down_mmap ? TASK_SIZE - gap : TASK_UNMAPPED_BASE;
	mm->free_area_cache = mm->mmap_base;
	mm->cached_hole_size = UNKNOWN_HOLE;
}

/* -- from below ------------------------------------------------------------------------------ */

/* The first gap of len bytes at or above addr. *hole grows to the largest that was too small. */
static s64 first_gap(struct mm_struct *mm, u32 addr, u32 len, u32 *hole)
{
	const struct vm_area_struct *vma = find_vma(mm, addr);

	for (;; vma = vma->vm_next) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		if (!vma || addr + len <= vma->vm_start)
			return addr;
		if (hole && addr < vma->vm_start && vma->vm_start - addr > *hole)
			*hole = vma->vm_start - addr;
		addr = vma->vm_end;
	}
}

s64 lowest_gap_2002(struct mm_struct *mm, u32 len)
{
	return first_gap(mm, TASK_UNMAPPED_BASE, len, NULL);
}

/* From the mark on, then from the base, if the mark was somewhere else. */
static s64 gap_from_mark(struct mm_struct *mm, u32 start, u32 len, u32 *hole)
{
	s64 addr = first_gap(mm, start, len, hole);

	if (addr < 0 && start != TASK_UNMAPPED_BASE) {
		if (hole)
			*hole = 0;
		addr = first_gap(mm, TASK_UNMAPPED_BASE, len, hole);
	}
	if (addr >= 0)
		mm->free_area_cache = (u32)addr + len;
	return addr;
}

s64 lowest_gap_2003(struct mm_struct *mm, u32 len)
{
	FN_AS("arch_get_unmapped_area");

	return gap_from_mark(mm, mm->free_area_cache, len, NULL);
}

s64 lowest_gap_2006(struct mm_struct *mm, u32 len)
{
	FN_AS("arch_get_unmapped_area");
	u32 start = mm->free_area_cache;

	if (len <= mm->cached_hole_size) {
		start = TASK_UNMAPPED_BASE;
		mm->cached_hole_size = 0;
	}
	return gap_from_mark(mm, start, len, &mm->cached_hole_size);
}

s64 lowest_gap_2015(struct mm_struct *mm, u32 len)
{
	FN_AS("arch_get_unmapped_area");

	return first_gap(mm, TASK_UNMAPPED_BASE, len, NULL);
}

/* -- from above ------------------------------------------------------------------------------ */

/*
 * Is there room for len bytes that end at, or below, the mark? On the way down the mark moves below
 * what directly touches it: the next search need not look there again.
 */
static s64 gap_below_mark(struct mm_struct *mm, u32 len)
{
	struct vm_area_struct *vma, *prev;
	u32 addr;

	if (mm->free_area_cache < len)
		return -ENOMEM;
	addr = mm->free_area_cache - len;
	do {
		vma = find_vma_prev(mm, addr, &prev);
		if (!vma)
			return addr;
		if (addr + len <= vma->vm_start && (!prev || addr >= prev->vm_end))
			return mm->free_area_cache = addr;
		if (mm->free_area_cache == vma->vm_end)
			mm->free_area_cache = vma->vm_start;
		addr = vma->vm_start - len;
	} while (len <= vma->vm_start);
	return -ENOMEM;
}

/* Nothing below the stack: before it fails, mmap looks from below. */
static s64 bottomup(struct mm_struct *mm, u32 len, s64 (*from_below)(struct mm_struct *, u32))
{
	s64 addr;

	mm->cached_hole_size = UNKNOWN_HOLE;
	mm->free_area_cache = TASK_UNMAPPED_BASE;
	addr = from_below(mm, len);
	mm->free_area_cache = mm->mmap_base;
	mm->cached_hole_size = UNKNOWN_HOLE;
	return addr;
}

s64 highest_gap_2004(struct mm_struct *mm, u32 len)
{
	FN_AS("arch_get_unmapped_area_topdown");
	s64 addr;

	if (mm->free_area_cache > mm->mmap_base)
		mm->free_area_cache = mm->mmap_base;
	addr = gap_below_mark(mm, len);
	if (addr < 0) {
		mm->free_area_cache = mm->mmap_base;
		addr = gap_below_mark(mm, len);
	}
	return addr < 0 ? bottomup(mm, len, lowest_gap_2003) : addr;
}

s64 highest_gap_2006(struct mm_struct *mm, u32 len)
{
	FN_AS("arch_get_unmapped_area_topdown");
	const struct vm_area_struct *vma;
	u32 addr;

	if (len <= mm->cached_hole_size) {
		mm->cached_hole_size = 0;
		mm->free_area_cache = mm->mmap_base;
	}
	addr = mm->free_area_cache;
	if (addr > len) {
		vma = find_vma(mm, addr - len);
		if (!vma || addr <= vma->vm_start)
			return mm->free_area_cache = addr - len;
	}
	if (mm->mmap_base < len)
		return bottomup(mm, len, lowest_gap_2006);
	addr = mm->mmap_base - len;
	do {
		vma = find_vma(mm, addr);
		if (!vma || addr + len <= vma->vm_start)
			return mm->free_area_cache = addr;
		if (addr < vma->vm_start && vma->vm_start - addr > mm->cached_hole_size)
			mm->cached_hole_size = vma->vm_start - addr;
		addr = vma->vm_start - len;
	} while (len < vma->vm_start);
	return bottomup(mm, len, lowest_gap_2006);
}

/* unmapped_area_topdown. 4.0 keeps the gap before each vma in its tree of vmas and so finds the
 * same place without looking at all of them. The first page stays free. */
s64 highest_gap_2015(struct mm_struct *mm, u32 len)
{
	FN_AS("arch_get_unmapped_area_topdown");
	const struct vm_area_struct *vma;
	u32 start = PAGE_SIZE, end;
	s64 addr = -ENOMEM;

	for (vma = mm->mmap; start < mm->mmap_base; vma = vma->vm_next) {
		end = vma && vma->vm_start < mm->mmap_base ? vma->vm_start : mm->mmap_base;
		if (start < end && end - start >= len)
			addr = end - len;
		if (!vma)
			break;
		start = vma->vm_end;
	}
	return addr < 0 ? first_gap(mm, TASK_UNMAPPED_BASE, len, NULL) : addr;
}

/* -- what munmap leaves behind --------------------------------------------------------------- */

void unmap_area(struct mm_struct *mm, const struct vm_area_struct *vma)
{
	if (VM->kernel->top_down_mmap) {
		if (vma->vm_end > mm->free_area_cache)
			mm->free_area_cache = vma->vm_end;
	} else if (vma->vm_start >= TASK_UNMAPPED_BASE && vma->vm_start < mm->free_area_cache) {
		mm->free_area_cache = vma->vm_start;
	}
}

void unmap_area_between(struct mm_struct *mm, const struct vm_area_struct *prev,
			const struct vm_area_struct *next)
{
	u32 addr;

	if (VM->kernel->top_down_mmap) {
		addr = next ? next->vm_start : mm->mmap_base;
		if (addr > mm->free_area_cache)
			mm->free_area_cache = addr;
		if (mm->free_area_cache > mm->mmap_base)
			mm->free_area_cache = mm->mmap_base;
		return;
	}
	addr = prev ? prev->vm_end : mm->mmap_base;
	if (addr >= TASK_UNMAPPED_BASE && addr < mm->free_area_cache) {
		mm->free_area_cache = addr;
		mm->cached_hole_size = UNKNOWN_HOLE;
	}
}
