/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on mappings: the calls themselves judge their arguments, as the kernel's do, and here
 * the content truth is told what came of them. A call that fails halfway has done something: the
 * truth then asks the vmas how far it came, and only then.
 */
#include "op_impl.h"
#include <errno.h>
#include "kernels.h"
#include "mm/dcache.h"
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
		if (list_entry(pos, struct inode, inodes)->i_ino == op->arg[0] &&
		    !list_entry(pos, struct inode, inodes)->unlinked)
			return op->arg[1] > (u64)INT32_MAX << PAGE_SHIFT ? EFBIG : 0;
	return EBADF;
}

/* -- locked memory ---------------------------------------------------------------------------- */

/* Is what the pte maps, or names in swap, no page of the file? */
static bool is_copy(const struct vm_area_struct *vma, u32 at)
{
	const pte_t *pte = pte_offset(current->mm, at);

	if (!pte || pte_none(ptep_get(pte)))
		return false;
	return !pte_present(ptep_get(pte)) ||
	       pte_page(ptep_get(pte))->mapping != &vma->vm_file->i_data;
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

	if (len && at + len > at && (!vma || vma->vm_start >= at + len))
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

	if (!TRUTH)
		return ret;
	/* From 2.6.4 on EINVAL may come after that: when the end that is too much cannot be. */
	if (flags & MREMAP_FIXED && to % PAGE_SIZE == 0)
		perhaps_gone(to, new);
	if (ret == -EINVAL)
		return ret;
	if (old > new) {
		perhaps_gone(at + new, old - new); /* not if it is more than there can be: 2.6.0 */
		old = new;
	}
	if (ret >= 0 && ret != at)
		moved(at, old, (u32)ret, new);
	else if (ret >= 0 && new > old)
		truth_grow(TRUTH, current->pid, at, old, new);
	if (ret >= 0)
		settle_copies((u32)ret, new);
	return ret;
}

/* -- remap_file_pages and what undoes it ------------------------------------------------------ */

/* Is the page of the file that is wanted the one that is there, or noted? */
static bool shows(const struct vm_area_struct *vma, u32 at, u32 pgoff)
{
	const pte_t *pte = pte_offset(current->mm, at);

	if (!pte || pte_none(ptep_get(pte)))
		return false;
	if (!pte_present(ptep_get(pte)))
		return pte_file(ptep_get(pte)) && pte_to_pgoff(ptep_get(pte)) == pgoff;
	return pte_page(ptep_get(pte))->mapping == vma_mapping(vma) &&
	       pte_page(ptep_get(pte))->index == pgoff;
}

/* It failed, or was not to wait for anything: page by page. */
static void remapped_here_and_there(u32 at, u32 len, u32 pgoff)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);

	for (; vma && vma->vm_start <= at && vma->vm_file && len; len -= PAGE_SIZE) {
		if (at < vma->vm_end && shows(vma, at, pgoff))
			truth_remap(TRUTH, current->pid, at, PAGE_SIZE, pgoff);
		at += PAGE_SIZE;
		pgoff++;
	}
}

/* 4.0 maps anew. Without memory the old mapping may be gone. */
static void mapped_anew(u32 at, u32 len, u32 pgoff, int err)
{
	const struct vm_area_struct *vma = find_vma(current->mm, at);

	if (err)
		perhaps_gone(at, len);
	else
		truth_map(TRUTH, current->pid, at, len, truth_flags(TRUTH, current->pid, at),
			  vma->vm_file->i_ino, pgoff);
}

s64 remap_file_pages_op(struct op *op)
{
	const struct fremap_ops *fremap = VM->kernel->fremap;
	u32 at = (u32)op->arg[0], len = (u32)op->arg[1], pgoff = (u32)op->arg[3];
	int err = sys_remap_file_pages(at, len, (u32)op->arg[2], pgoff, (u32)op->arg[4]);

	at &= PAGE_MASK;
	len &= PAGE_MASK;
	if (!TRUTH || !fremap || at + len <= at)
		return err;
	if (fremap->by_vma && err != -EINVAL)
		mapped_anew(at, len, pgoff, err);
	else if (!fremap->by_vma && (err || op->arg[4] & MAP_NONBLOCK))
		remapped_here_and_there(at, len, pgoff);
	else if (!err)
		truth_remap(TRUTH, current->pid, at, len, pgoff);
	return err;
}

/* Does this kernel empty the file ptes of what is unmapped here and stays mapped? */
static bool zap_forgets(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_NONLINEAR && VM->kernel->fremap->zap_forgets;
}

/* Pages of a nonlinear vma that truncation did not look for have lost their file. */
static void orphaned(const struct vm_area_struct *vma)
{
	u32 at = vma->vm_start;

	for (; at < vma->vm_end; at += PAGE_SIZE) {
		const pte_t *pte = pte_offset(vma->vm_mm, at);

		if (pte && pte_present(ptep_get(pte)) &&
		    pte_page(ptep_get(pte))->mapping != vma_mapping(vma))
			truth_orphan(TRUTH, vma->vm_mm->pid, at);
	}
}

/* The file ends after nr_pages pages. What lies behind that in a vma, by its place, was emptied. */
static void truncated_vma(const struct vm_area_struct *vma, u32 nr_pages)
{
	u32 keep = nr_pages > vma->vm_pgoff ? nr_pages - vma->vm_pgoff : 0;
	u32 pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;

	if (keep < pages)
		truth_linear(TRUTH, vma->vm_mm->pid, vma->vm_start + (keep << PAGE_SHIFT),
			     (pages - keep) << PAGE_SHIFT);
	orphaned(vma);
}

static void truncated(const struct inode *inode)
{
	const struct vm_area_struct *vma;
	const struct list_head *pos;

	list_for_each(pos, &VM->mms)
		for (vma = list_entry(pos, struct mm_struct, mms)->mmap; vma; vma = vma->vm_next)
			if (vma->vm_file == inode && zap_forgets(vma))
				truncated_vma(vma, inode_pages(inode));
}

s64 truncate_op(struct op *op)
{
	struct inode *inode = open_file((u32)op->arg[0]);
	bool longer;
	s64 ret;

	if (!inode)
		return -ENOMEM;
	longer = op->arg[1] > inode->i_size; /* as long as it is: what is behind goes, too */
	ret = do_truncate(inode, op->arg[1]);
	if (TRUTH && !longer)
		truncated(inode);
	close_file(inode);
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
		if (zap_forgets(vma))
			truth_linear(TRUTH, current->pid, start, stop - start);
	}
}

s64 madvise_op(struct op *op)
{
	u32 at = (u32)op->arg[0], len = PAGE_ALIGN((u32)op->arg[1]);
	int err = sys_madvise(at, (u32)op->arg[1], (u32)op->arg[2]);

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

/* What a child does not get (MADV_DONTFORK). */
void settle_child(u32 pid)
{
	const struct vm_area_struct *vma;

	for (vma = current->mm->mmap; TRUTH && vma; vma = vma->vm_next)
		if (vma->vm_flags & VM_DONTCOPY)
			truth_unmap(TRUTH, pid, vma->vm_start, vma->vm_end - vma->vm_start);
}

/* -- exec and the stack ----------------------------------------------------------------------- */

/* What is below what the truth knows of the stack has never been written to. */
void settle_stack(u32 address)
{
	const struct vm_area_struct *vma;
	u32 end;

	if (!TRUTH || truth_mapped(TRUTH, current->pid, address))
		return;
	vma = find_vma(current->mm, address);
	if (!vma || vma->vm_start > address || !(vma->vm_flags & VM_GROWSDOWN))
		return;
	for (end = vma->vm_start; end < vma->vm_end; end += PAGE_SIZE)
		if (truth_mapped(TRUTH, current->pid, end))
			break;
	truth_map(TRUTH, current->pid, vma->vm_start, end - vma->vm_start,
		  access_of(vma->vm_flags), 0, 0);
}

/* The stack, and on its last pages the arguments. */
static void new_program(const struct linux_binprm *bprm)
{
	const struct vm_area_struct *vma = find_vma(current->mm, TASK_SIZE - 1);
	u32 i, pid = current->pid;

	truth_space_exit(TRUTH, pid);
	truth_space_new(TRUTH, pid);
	truth_map(TRUTH, pid, vma->vm_start, vma->vm_end - vma->vm_start,
		  access_of(vma->vm_flags), 0, 0);
	for (i = bprm->p >> PAGE_SHIFT; i < MAX_ARG_PAGES; i++)
		truth_store(TRUTH, pid, vma->vm_end - (MAX_ARG_PAGES - i) * PAGE_SIZE, false, 0,
			    bprm->tag[i]);
}

s64 exec_op(struct op *op)
{
	struct linux_binprm bprm;
	int err = do_execve(&bprm, op->text[0] ? op->text : current->comm, (u32)op->arg[0]);

	if (TRUTH && !err)
		new_program(&bprm);
	return err;
}
