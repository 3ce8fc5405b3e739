/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stack: the one vma that grows by itself. An access below it makes it begin lower, if nothing
 * lies between the two and the stack does not become larger than its limit.
 *
 *	        vm_start                  c0000000
 *	   x ......|         stack         |        x: a fault: vm_start, and vm_pgoff with it, move
 *	   |<-- size <= RLIMIT_STACK ----->|        down to its page
 *
 * mmap_sem is held for reading only, by whoever faults. So page_table_lock guards the move, and
 * from 2.6.8 on the lock of the anon_vma, which the vma is given for that purpose.
 *
 * The kernels refuse an access more than a few bytes below the stack pointer. A process of this
 * model has no registers: every access is taken for a push.
 *
 * Source: 2.5.26 include/linux/mm.h, 2.6.0, 2.6.9, 2.6.14, 4.0 mm/mmap.c. Not modelled: the guard
 * page of 2.6.36.
 */
#include "mm/mmap_private.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

/* What the growth is guarded by. */
static void lock_stack(struct vm_area_struct *vma)
{
	if (!mmap_since(MMAP_2_6_8)) {
		spin_lock(&vma->vm_mm->page_table_lock);
		return;
	}
	anon_vma_lock(vma);
	if (mmap_since(MMAP_4_0))
		spin_lock(&vma->vm_mm->page_table_lock);
}

static void unlock_stack(struct vm_area_struct *vma)
{
	if (!mmap_since(MMAP_2_6_8) || mmap_since(MMAP_4_0))
		spin_unlock(&vma->vm_mm->page_table_lock);
	if (mmap_since(MMAP_2_6_8))
		anon_vma_unlock(vma);
}

/* May it become that large? */
static int acct_stack_growth(struct vm_area_struct *vma, u32 size, u32 grow)
{
	struct mm_struct *mm = vma->vm_mm;

	if (size > STACK_LIMIT)
		return -ENOMEM;
	mm->total_vm += grow;
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += grow;
	return 0;
}

/* Locked. Somebody else may have been faster. */
static int grow_down(struct vm_area_struct *vma, u32 address)
{
	u32 grow = (vma->vm_start - address) >> PAGE_SHIFT;

	if (address >= vma->vm_start)
		return 0;
	if (acct_stack_growth(vma, vma->vm_end - address, grow))
		return -ENOMEM;
	vma_pre_update(vma);
	vma->vm_start = address;
	vma->vm_pgoff -= grow;
	vma_post_update(vma);
	return 0;
}

int expand_stack(struct vm_area_struct *vma, u32 address)
{
	FN;
	struct rmap_ready ready = { 0 };
	int error;

	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	/* Without an anon_vma its lock would be none. */
	if (mmap_since(MMAP_2_6_8)) {
		if (rmap_prepare(&ready, vma, GFP_KERNEL))
			return -ENOMEM;
		rmap_release(&ready);
	}
	lock_stack(vma);
	error = grow_down(vma, address & PAGE_MASK);
	unlock_stack(vma);
	if (!error)
		EV(STACK_GROW, vma->vm_start);
	return error;
}
