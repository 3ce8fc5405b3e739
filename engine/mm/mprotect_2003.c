/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mprotect from 2.6.0 on, vma by vma. The ptes are changed as ever, in mprotect.c.
 *
 *	2.6.0, 2.6.5   a whole vma, or its beginning, becomes part of an anonymous one before it
 *	               that has these rights already (mprotect_attempt_merge); else it is split,
 *	               the new vmas are what stays as it was
 *	2.6.7 to 4.0   vma_merge is asked first, files and neighbours at both sides included;
 *	               then it is split
 *
 * Source: 2.6.0, 2.6.5, 2.6.7, 2.6.9, 4.0 mm/mprotect.c.
 */
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

/* May these rights be had of this vma? The flags above say what may be; VM_SHARED is a right, too.
 * */
static int check_rights(u32 newflags)
{
	u32 rights = mmap_since(MMAP_4_0) ? PROT_ALL : PROT_ALL | VM_SHARED;

	return newflags & ~(newflags >> 4) & rights ? -EACCES : 0;
}

static u32 flags_with(const struct vm_area_struct *vma, u32 prot)
{
	return prot | (vma->vm_flags & ~PROT_ALL);
}

static void tell(u32 start, u32 end, u32 newflags)
{
	EV(VMA_PROT, start, end, (newflags & VM_READ) != 0, (newflags & VM_WRITE) != 0);
}

/* What is not to change on either side becomes a vma of its own: 0 or -ENOMEM. */
static int split_off(struct vm_area_struct *vma, struct vm_area_struct **pprev, u32 start, u32 end)
{
	struct mm_struct *mm = vma->vm_mm;

	if (start != vma->vm_start && split_vma(mm, vma, start, true))
		return -ENOMEM;
	*pprev = vma;
	if (end != vma->vm_end && split_vma(mm, vma, end, false))
		return -ENOMEM;
	return 0;
}

/* -- 2.6.0 and 2.6.5 ------------------------------------------------------------------------- */

/* Can prev, which has these flags, take over [.., end) of vma, which begins where it ends? */
static bool mprotect_attempt_merge(struct vm_area_struct *vma, struct vm_area_struct *prev, u32 end,
				   u32 newflags)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	bool all = end == vma->vm_end;

	if (!prev || prev->vm_end != vma->vm_start || !can_vma_merge(prev, newflags))
		return false;
	if (vma->vm_file || vma->vm_flags & VM_SHARED)
		return false;
	spin_lock(&mm->page_table_lock);
	prev->vm_end = end;
	if (all)
		__vma_unlink(mm, vma, prev);
	else
		vma->vm_start = end;
	spin_unlock(&mm->page_table_lock);
	if (all)
		kmem_cache_free(VM->vm_area_cachep, vma);
	EV(VMA_MERGE, prev->vm_start, prev->vm_end);
	return true;
}

static int mprotect_fixup_2003(struct vm_area_struct *vma, struct vm_area_struct **pprev,
			       u32 start, u32 end, u32 newflags)
{
	FN_AS("mprotect_fixup");
	struct mm_struct *mm = vma->vm_mm;

	if (newflags == vma->vm_flags) {
		*pprev = vma;
		return 0;
	}
	newflags |= account_flag(newflags, vma->vm_flags);
	if (start != vma->vm_start || !mprotect_attempt_merge(vma, *pprev, end, newflags)) {
		if (split_off(vma, pprev, start, end))
			return -ENOMEM;
		spin_lock(&mm->page_table_lock);
		vma->vm_flags = newflags;
		vma->vm_page_prot = protection_map[newflags & 0x0f];
		spin_unlock(&mm->page_table_lock);
	}
	change_protection(*pprev, start, end, protection_map[newflags & 0x0f]);
	tell(start, end, newflags);
	return 0;
}

/* The last vma that changed ends where next begins: perhaps they are alike now. */
static void merge_last(struct vm_area_struct *prev, struct vm_area_struct *next)
{
	struct mm_struct *mm = prev->vm_mm;

	if (!next || prev->vm_end != next->vm_start || !can_vma_merge(next, prev->vm_flags) ||
	    prev->vm_file || prev->vm_flags & VM_SHARED)
		return;
	spin_lock(&mm->page_table_lock);
	prev->vm_end = next->vm_end;
	__vma_unlink(mm, next, prev);
	spin_unlock(&mm->page_table_lock);
	kmem_cache_free(VM->vm_area_cachep, next);
	EV(VMA_MERGE, prev->vm_start, prev->vm_end);
}

int do_mprotect_2003(struct mm_struct *mm, u32 start, u32 end, u32 prot)
{
	FN_AS("do_mprotect");
	struct vm_area_struct *vma, *prev, *next;
	int error;

	vma = find_vma_prev(mm, start, &prev);
	if (!vma || vma->vm_start > start)
		return -ENOMEM;
	for (;; start = next->vm_start, vma = next) {
		u32 newflags = flags_with(vma, prot), vm_end = vma->vm_end;

		error = check_rights(newflags);
		if (error)
			return error;
		next = vma->vm_next;
		error = mprotect_fixup_2003(vma, &prev, start, vm_end < end ? vm_end : end,
					    newflags);
		if (error || vm_end > end)
			return error;
		if (vm_end == end)
			break;
		if (!next || next->vm_start != vm_end)
			return -ENOMEM;
	}
	merge_last(prev, next);
	return 0;
}

/* -- 2.6.7 to 4.0 ---------------------------------------------------------------------------- */

/* *pprev: the vma before, or vma itself when start lies inside; then the vma that end is part of.
 * */
static int mprotect_fixup_2004(struct vm_area_struct *vma, struct vm_area_struct **pprev,
			       u32 start, u32 end, u32 newflags)
{
	FN_AS("mprotect_fixup");
	struct vma_request r = {
		.addr = start, .end = end, .file = vma->vm_file,
		.pgoff = linear_page_index(vma, start), .anon_vma = vma->anon_vma,
	};

	if (newflags == vma->vm_flags) {
		*pprev = vma;
		return 0;
	}
	newflags |= account_flag(newflags, vma->vm_flags);
	r.vm_flags = newflags;
	*pprev = vma_merge(vma->vm_mm, *pprev, &r);
	if (*pprev)
		vma = *pprev;
	else if (split_off(vma, pprev, start, end))
		return -ENOMEM;
	vma->vm_flags = newflags;
	vma->vm_page_prot = protection_map[newflags & 0x0f];
	change_protection(vma, start, end, vma->vm_page_prot);
	tell(start, end, newflags);
	return 0;
}

int do_mprotect_2004(struct mm_struct *mm, u32 start, u32 end, u32 prot)
{
	FN_AS("do_mprotect");
	struct vm_area_struct *vma, *prev;
	int error;

	vma = find_vma_prev(mm, start, &prev);
	if (!vma || vma->vm_start > start)
		return -ENOMEM;
	if (start > vma->vm_start)
		prev = vma;
	for (;;) {
		u32 newflags = flags_with(vma, prot), tmp = vma->vm_end < end ? vma->vm_end : end;

		error = check_rights(newflags);
		if (error)
			return error;
		error = mprotect_fixup_2004(vma, &prev, start, tmp, newflags);
		if (error)
			return error;
		start = tmp < prev->vm_end ? prev->vm_end : tmp;
		if (start >= end)
			return 0;
		vma = prev->vm_next;
		if (!vma || vma->vm_start != start)
			return -ENOMEM;
	}
}
