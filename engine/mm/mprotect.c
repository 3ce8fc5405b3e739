/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mprotect: new access rights for a range, vma by vma, then pte by pte.
 *
 *	|  rw  |   rw   |   r   |   hole           mprotect(r) over all of it:
 *	   |<-------- r ------------>|
 *	|rw| r          |   r   |                  what lies before the hole has changed when
 *	                                           ENOMEM says that there is one
 *
 * A pte keeps its frame, its A and its D bit; everything else comes from the vma. A private page
 * becomes read-only even if the new rights allow writing: the next store faults and finds out
 * whether the page is shared (COW). A pte that is not present has no rights to change: a swap entry
 * stays as it is.
 *
 * The vmas of 2.5.27 are here; mprotect_2003.c has those of later kernels.
 *
 * Source: 2.5.26 mm/mprotect.c.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

/* -- page-table entries ---------------------------------------------------------------------- */

/* [address, end) lies in one page table. Between get-and-clear and set the processor finds
 * nothing, so no D bit that another cpu sets meanwhile is lost. */
static void change_pte_range(struct mm_struct *mm, u32 address, u32 end, pgprot_t newprot)
{
	FN;
	pte_t *pte = pte_offset_map(mm, address);
	u32 stride = pte_stride();

	for (; address < end; address += PAGE_SIZE, pte = pte_step(pte, stride)) {
		if (pte_present(ptep_get(pte))) {
			pteval_t entry = ptep_get_and_clear(pte);

			set_pte(pte, pte_modify(entry, newprot));
		}
	}
}

/* The tables one after the other, each under its lock; who runs in between finds the old rights. */
static void change_tables(struct mm_struct *mm, u32 start, u32 end, pgprot_t newprot)
{
	u32 address, next;

	for (address = start; address < end; address = next) {
		spinlock_t *ptl;

		next = pgd_end(address, end);
		if (pgd_none_or_bad(pgd_offset(mm, address)))
			continue;
		ptl = pte_lockptr(mm, pte_offset(mm, address));
		spin_lock(ptl);
		change_pte_range(mm, address, next, newprot);
		spin_unlock(ptl);
	}
}

void change_protection(struct vm_area_struct *vma, u32 start, u32 end, pgprot_t newprot)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	u32 address, next;

	BUG_ON(start >= end);
	if (mmap_since(MMAP_2_6_16)) {
		change_tables(mm, start, end, newprot);
		flush_tlb_range(vma, start, end);
		return;
	}
	spin_lock(&mm->page_table_lock);
	for (address = start; address < end; address = next) {
		next = pgd_end(address, end);
		if (!pgd_none_or_bad(pgd_offset(mm, address)))
			change_pte_range(mm, address, next, newprot);
	}
	flush_tlb_range(vma, start, end);
	spin_unlock(&mm->page_table_lock);
}

/* -- vmas ------------------------------------------------------------------------------------ */

/* May prev, which ends where vma begins, take over pages of vma that now have these flags? */
static bool can_grow(const struct vm_area_struct *prev, const struct vm_area_struct *vma,
		     u32 newflags)
{
	return can_vma_merge(prev, newflags) && prev->vm_end == vma->vm_start && !vma->vm_file &&
	       !(vma->vm_flags & VM_SHARED);
}

/* prev grows over all of vma, which lies behind it. */
static void merge_behind(struct vm_area_struct *prev, struct vm_area_struct *vma)
{
	struct mm_struct *mm = prev->vm_mm;

	spin_lock(&mm->page_table_lock);
	prev->vm_end = vma->vm_end;
	__vma_unlink(mm, vma, prev);
	spin_unlock(&mm->page_table_lock);
	kmem_cache_free(VM->vm_area_cachep, vma);
	EV(VMA_MERGE, prev->vm_start, prev->vm_end);
}

static int mprotect_fixup_all(struct vm_area_struct *vma, struct vm_area_struct **pprev,
			      u32 newflags)
{
	FN;

	if (can_grow(*pprev, vma, newflags)) {
		merge_behind(*pprev, vma);
		return 0;
	}
	fixup_all(vma, newflags);
	*pprev = vma;
	return 0;
}

static int mprotect_fixup_start(struct vm_area_struct *vma, struct vm_area_struct **pprev, u32 end,
				u32 newflags)
{
	FN;
	struct vm_area_struct *prev = *pprev;

	*pprev = vma;
	if (!can_grow(prev, vma, newflags))
		return fixup_start(vma, end, newflags);
	spin_lock(&vma->vm_mm->page_table_lock);
	prev->vm_end = end;
	vma->vm_start = end;
	spin_unlock(&vma->vm_mm->page_table_lock);
	EV(VMA_MERGE, prev->vm_start, prev->vm_end);
	return 0;
}

static int mprotect_fixup_end(struct vm_area_struct *vma, struct vm_area_struct **pprev, u32 start,
			      u32 newflags)
{
	FN;
	struct vm_area_struct *n = fixup_end(vma, start, newflags);

	if (!n)
		return -ENOMEM;
	*pprev = n;
	return 0;
}

/* What is to the right of the middle is not looked at again: *pprev may stay. */
static int mprotect_fixup_middle(struct vm_area_struct *vma, struct vm_area_struct **pprev,
				 u32 start, u32 end, u32 newflags)
{
	FN;

	*pprev = vma;
	return fixup_middle(vma, start, end, newflags);
}

/*
 * [start, end) of one vma. *pprev is the vma before it, and then the one that [start, end) is part
 * of or ends with. The flush at the end of change_protection needs a vma of this mm: 2.5.26 gives
 * it vma, which a merge has freed by then.
 */
static int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, u32 start,
			  u32 end, u32 newflags)
{
	FN;
	int error;

	if (newflags == vma->vm_flags) {
		*pprev = vma;
		return 0;
	}
	if (start == vma->vm_start && end == vma->vm_end)
		error = mprotect_fixup_all(vma, pprev, newflags);
	else if (start == vma->vm_start)
		error = mprotect_fixup_start(vma, pprev, end, newflags);
	else if (end == vma->vm_end)
		error = mprotect_fixup_end(vma, pprev, start, newflags);
	else
		error = mprotect_fixup_middle(vma, pprev, start, end, newflags);
	if (error)
		return error;
	change_protection(*pprev, start, end, protection_map[newflags & 0x0f]);
	EV(VMA_PROT, start, end, (newflags & VM_READ) != 0, (newflags & VM_WRITE) != 0);
	return 0;
}

/* -- the call -------------------------------------------------------------------------------- */

/*
 * Every vma of [start, end), from the first on; the first that cannot be changed ends it. When the
 * last one ended exactly at end, it may now be like the one behind it.
 *
 * PROT_SEM has the number of VM_SHARED. A private mapping does not have the VM_MAYSHARE above it,
 * and answers EACCES.
 */
int do_mprotect_2002(struct mm_struct *mm, u32 start, u32 end, u32 prot)
{
	FN_AS("do_mprotect");
	struct vm_area_struct *vma = find_vma(mm, start), *prev = find_vma_before(mm, start), *next;
	int error;

	if (!vma || vma->vm_start > start)
		return -ENOMEM;
	for (;; start = next->vm_start, vma = next) {
		u32 newflags = prot | (vma->vm_flags & ~PROT_ALL), vm_end = vma->vm_end;

		if (newflags & ~(newflags >> 4) & 0x0f)
			return -EACCES;
		next = vma->vm_next;
		error = mprotect_fixup(vma, &prev, start, vm_end < end ? vm_end : end, newflags);
		if (error || vm_end > end)
			return error;
		if (vm_end == end)
			break;
		if (!next || next->vm_start != vm_end)
			return -ENOMEM;
	}
	if (next && can_grow(prev, next, next->vm_flags))
		merge_behind(prev, next);
	return 0;
}

/* An end that lies behind the end of all addresses is a hole since 2.6.1. */
int sys_mprotect(u32 start, u32 len, u32 prot)
{
	FN;
	u32 end = start + PAGE_ALIGN(len);
	int error;

	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (mmap_since(MMAP_4_0) && (!len || end <= start))
		return len ? -ENOMEM : 0;
	if (end < start)
		return mmap_since(MMAP_2_6_5) ? -ENOMEM : -EINVAL;
	if (prot & ~(PROT_ALL | PROT_SEM))
		return -EINVAL;
	if (end == start)
		return 0;
	if (mmap_since(MMAP_2_6_0))
		prot &= PROT_ALL; /* PROT_SEM says nothing to vmas any more */
	down_write(&current->mm->mmap_sem);
	error = VM->kernel->mmap->do_mprotect(current->mm, start, end, prot);
	up_write(&current->mm->mmap_sem);
	return error;
}
