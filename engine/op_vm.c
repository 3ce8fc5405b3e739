/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on mappings: the calls themselves judge their arguments, as the kernel's do, and here
 * the content truth is told what came of them. A call that fails halfway has done something: the
 * truth then asks the vmas how far it came, and only then.
 */
#include "op_impl.h"
#include <errno.h>
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/truth.h"

#define TRUTH (current->machine->truth)
#define MINCORE_PAGES 256u

/* -- validation, on the caller's stack -------------------------------------------------------- */

s32 valid_numbers(struct machine *m, const struct op *op)
{
	u32 i;

	(void)m;
	for (i = 0; i < 5; i++)
		if (op->arg[i] > UINT32_MAX)
			return EINVAL;
	return 0;
}

s32 valid_mincore(struct machine *m, const struct op *op)
{
	(void)m;
	return op->arg[0] > UINT32_MAX || op->arg[1] > MINCORE_PAGES << PAGE_SHIFT ? EINVAL : 0;
}

s32 valid_truncate(struct machine *m, const struct op *op)
{
	const struct list_head *pos;

	list_for_each(pos, &m->vm->inodes)
		if (list_entry(pos, struct inode, inodes)->i_ino == op->arg[0])
			return op->arg[1] > (u64)INT32_MAX << PAGE_SHIFT ? EFBIG : 0;
	return EBADF;
}

/* -- locked memory ---------------------------------------------------------------------------- */

/* Is what the pte maps, or names in swap, no page of the file? */
static bool is_copy(const struct vm_area_struct *vma, u32 at)
{
	const pte_t *pte = pte_offset(current->mm, at);

	if (!pte || pte_none(*pte))
		return false;
	return !pte_present(*pte) || pte_page(*pte)->mapping != &vma->vm_file->i_data;
}

void settle_copies(u32 at, u32 len)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);
	u32 end = at + len;

	for (; TRUTH && vma && vma->vm_start < end; vma = vma->vm_next)
		for (at = vma->vm_start > at ? vma->vm_start : at; at < end && at < vma->vm_end;
		     at += PAGE_SIZE)
			if (vma->vm_flags & VM_LOCKED && vma->vm_file && is_copy(vma, at))
				truth_copy(TRUTH, current->pid, at);
}

/* -- mprotect --------------------------------------------------------------------------------- */

static u32 access_of(u32 prot)
{
	return (prot & (PROT_READ | PROT_WRITE | PROT_EXEC) ? TRUTH_READ : 0) |
	       (prot & PROT_WRITE ? TRUTH_WRITE : 0);
}

/* How far did it come? Up to the first vma that is not as it should be. */
static void protected_up_to(u32 at, u32 end, u32 prot)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);

	for (; vma && vma->vm_start <= at && at < end; vma = vma->vm_next) {
		u32 stop = vma->vm_end < end ? vma->vm_end : end;

		if ((vma->vm_flags ^ prot) & (VM_READ | VM_WRITE | VM_EXEC))
			break;
		truth_protect(TRUTH, current->pid, at, stop - at, access_of(prot));
		at = stop;
	}
}

s64 mprotect_op(struct op *op)
{
	u32 at = (u32)op->arg[0], len = (u32)op->arg[1], prot = (u32)op->arg[2];
	int err = sys_mprotect(at, len, prot);

	if (TRUTH && !err)
		truth_protect(TRUTH, current->pid, at, PAGE_ALIGN(len), access_of(prot));
	else if (TRUTH && err != -EINVAL)
		protected_up_to(at, at + PAGE_ALIGN(len), prot);
	return err;
}

/* -- mremap ----------------------------------------------------------------------------------- */

/* What a call may have unmapped on its way. Where there still is something it did not. */
static void perhaps_gone(u32 at, u32 len)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);

	if (len && (!vma || vma->vm_start - at >= len) && at + len > at)
		truth_unmap(TRUTH, current->pid, at, len);
}

/* The old range is still there when there was no memory to cut it out, and nothing is in it. */
static void moved(u32 at, u32 old, u32 to, u32 new)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);

	truth_move(TRUTH, current->pid, at, old, to, new);
	if (!old || !vma || vma->vm_start > at)
		return;
	truth_map(TRUTH, current->pid, at, old,
		  access_of(vma->vm_flags) | (vma->vm_flags & VM_SHARED ? TRUTH_SHARED : 0) |
			  (vma->vm_file ? TRUTH_FILE : 0),
		  vma->vm_file ? vma->vm_file->i_ino : 0,
		  vma->vm_pgoff + ((at - vma->vm_start) >> PAGE_SHIFT));
}

s64 mremap_op(struct op *op)
{
	u32 at = (u32)op->arg[0], to = (u32)op->arg[4], flags = (u32)op->arg[3];
	u32 old = PAGE_ALIGN((u32)op->arg[1]), new = PAGE_ALIGN((u32)op->arg[2]);
	s64 ret = sys_mremap(at, old, new, flags, to);

	if (!TRUTH || ret == -EINVAL)
		return ret;
	if (flags & MREMAP_FIXED)
		perhaps_gone(to, new);
	if (old > new)
		perhaps_gone(at + new, old - new);
	if (ret >= 0 && ret != at)
		moved(at, old, (u32)ret, new);
	else if (ret >= 0 && new > old)
		truth_grow(TRUTH, current->pid, at, old, new);
	if (ret >= 0)
		settle_copies((u32)ret, new);
	return ret;
}

/* -- the others ------------------------------------------------------------------------------- */

s64 mlock_op(struct op *op)
{
	u32 at = (u32)op->arg[0] & PAGE_MASK;
	int err = sys_mlock((u32)op->arg[0], (u32)op->arg[1]);

	settle_copies(at, PAGE_ALIGN((u32)op->arg[0] + (u32)op->arg[1]) - at);
	return err;
}

s64 munlock_op(struct op *op)
{
	return sys_munlock((u32)op->arg[0], (u32)op->arg[1]);
}

/* Everything up to the first locked vma, holes or not. */
static void thrown_away(u32 at, u32 end)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);

	for (; vma && vma->vm_start < end && !(vma->vm_flags & VM_LOCKED); vma = vma->vm_next) {
		u32 start = vma->vm_start > at ? vma->vm_start : at;
		u32 stop = vma->vm_end < end ? vma->vm_end : end;

		truth_forget(TRUTH, current->pid, start, stop - start);
	}
}

s64 madvise_op(struct op *op)
{
	u32 at = (u32)op->arg[0], len = PAGE_ALIGN((u32)op->arg[1]);
	int err = sys_madvise(at, len, (u32)op->arg[2]);

	if (TRUTH && op->arg[2] == MADV_DONTNEED && at % PAGE_SIZE == 0 && at + len > at)
		thrown_away(at, at + len);
	return err;
}

s64 msync_op(struct op *op)
{
	return sys_msync((u32)op->arg[0], (u32)op->arg[1], (u32)op->arg[2]);
}

s64 mincore_op(struct op *op)
{
	u64 vec[MINCORE_PAGES / 64] = { 0 };
	int err = sys_mincore((u32)op->arg[0], (u32)op->arg[1], vec);
	u32 i, found = 0;

	for (i = 0; i < ARRAY_SIZE(vec); i++) {
		op->arg[2 + i] = vec[i];
		found += (u32)__builtin_popcountll(vec[i]);
	}
	return err ? err : (s64)found;
}

s64 truncate_op(struct op *op)
{
	return do_truncate(inode_by_number((u32)op->arg[0]), op->arg[1]);
}
