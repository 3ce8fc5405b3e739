/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmas of 2.6.0 to 2.6.5. mmap merges vmas of files too, where the pages go on; and split_vma
 * is told which half the new vma is to be:
 *
 *	|            vma              |      munmap cuts the lower end with the new vma above,
 *	| vma |          new          |      the upper end with the new one below: what goes is a
 *	| vma |   new'  |     new     |      new one, as far as it can be
 *
 * Both locks are taken for a change, that of the file's lists (a semaphore now) outside
 * page_table_lock.
 *
 * Source: 2.6.0 and 2.6.5 mm/mmap.c.
 */
#define MMAP_GENERATION
#include "mm/mmap_private.h"
#include "mm/pagemap.h"
#include "mm/vm.h"

#include <errno.h>

/* These stay vmas of their own. */
#define VM_SPECIAL (VM_DONTCOPY | VM_DONTEXPAND | VM_RESERVED)

static void lock_vma(struct mm_struct *mm, struct inode *file)
{
	if (file)
		i_mmap_lock(&file->i_data);
	spin_lock(&mm->page_table_lock);
}

static void unlock_vma(struct mm_struct *mm, struct inode *file)
{
	spin_unlock(&mm->page_table_lock);
	if (file)
		i_mmap_unlock(&file->i_data);
}

static void __insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	__vma_link(mm, vma);
	if (vma->vm_file)
		i_mmap_insert(vma, NULL);
}

static int vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *from)
{
	(void)from;
	lock_vma(mm, vma->vm_file);
	__insert_vm_struct(mm, vma);
	unlock_vma(mm, vma->vm_file);
	return 0;
}

static int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, bool new_below)
{
	FN;
	struct vm_area_struct *new;
	u32 pages = (addr - vma->vm_start) >> PAGE_SHIFT;

	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	new = vma_copy(vma);
	if (!new)
		return -ENOMEM;
	if (new->vm_file)
		igrab(new->vm_file);
	lock_vma(mm, vma->vm_file);
	if (new_below) {
		new->vm_end = vma->vm_start = addr;
		vma->vm_pgoff += pages;
	} else {
		new->vm_start = vma->vm_end = addr;
		new->vm_pgoff += pages;
	}
	__insert_vm_struct(mm, new);
	unlock_vma(mm, vma->vm_file);
	EV(VMA_SPLIT, addr);
	return 0;
}

/* -- merging --------------------------------------------------------------------------------- */

static bool is_mergeable_vma(const struct vm_area_struct *vma, const struct vma_request *r)
{
	return vma && vma->vm_file == r->file && vma->vm_flags == r->vm_flags &&
	       !vma->vm_private_data;
}

/* Does r fit in front of vma, and does it behind vma? Anonymous pages have no numbers yet. */
static bool can_vma_merge_before(const struct vm_area_struct *vma, const struct vma_request *r)
{
	u32 pages = (r->end - r->addr) >> PAGE_SHIFT;

	return is_mergeable_vma(vma, r) && (!r->file || vma->vm_pgoff == r->pgoff + pages);
}

static bool can_vma_merge_after(const struct vm_area_struct *vma, const struct vma_request *r)
{
	return is_mergeable_vma(vma, r) &&
	       (!r->file || vma->vm_pgoff + vma_pages(vma) == r->pgoff);
}

/* prev grows over r, and over next if r fills the hole between them: next is free then. */
static struct vm_area_struct *merge_after(struct mm_struct *mm, struct vm_area_struct *prev,
					  const struct vma_request *r)
{
	struct vm_area_struct *next = prev->vm_next;

	prev->vm_end = r->end;
	if (!next || next->vm_start != r->end || !can_vma_merge_before(next, r))
		return NULL;
	prev->vm_end = next->vm_end;
	__vma_unlink(mm, next, prev);
	if (next->vm_file)
		i_mmap_remove(next);
	return next;
}

static void merge_before(struct vm_area_struct *next, const struct vma_request *r)
{
	next->vm_pgoff -= (next->vm_start - r->addr) >> PAGE_SHIFT;
	next->vm_start = r->addr;
}

static struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
					const struct vma_request *r)
{
	FN;
	struct vm_area_struct *vma = prev, *unused = NULL, *next = prev ? prev->vm_next : mm->mmap;

	if (r->vm_flags & VM_SPECIAL)
		return NULL;
	if (prev && prev->vm_end == r->addr && can_vma_merge_after(prev, r)) {
		lock_vma(mm, r->file);
		unused = merge_after(mm, prev, r);
		unlock_vma(mm, r->file);
	} else if (next && next->vm_start == r->end && can_vma_merge_before(next, r)) {
		vma = next;
		lock_vma(mm, r->file);
		merge_before(next, r);
		unlock_vma(mm, r->file);
	} else {
		return NULL;
	}
	if (unused) {
		if (unused->vm_file)
			iput(unused->vm_file);
		kmem_cache_free(VM->vm_area_cachep, unused);
	}
	EV(VMA_MERGE, vma->vm_start, vma->vm_end);
	return vma;
}

const struct mmap_ops mmap_2003 = {
	.name = "2.6.0",
	.version = MMAP_2_6_0,
	.arch_get_unmapped_area = lowest_gap_2003,
	.vma_merge = vma_merge,
	.vma_link = vma_link,
	.split_vma = split_vma,
	.do_munmap = do_munmap_2003,
	.exit_mmap = exit_mmap_2003,
	.vma_fixup = vma_fixup_2003,
	.do_mprotect = do_mprotect_2003,
	.do_mremap = do_mremap_2003,
};

const struct mmap_ops mmap_2004a = {
	.name = "2.6.5",
	.version = MMAP_2_6_5,
	.arch_get_unmapped_area = lowest_gap_2003,
	.vma_merge = vma_merge,
	.vma_link = vma_link,
	.split_vma = split_vma,
	.do_munmap = do_munmap_2003,
	.exit_mmap = exit_mmap_2003,
	.vma_fixup = vma_fixup_2003,
	.do_mprotect = do_mprotect_2003,
	.do_mremap = do_mremap_2003,
};
