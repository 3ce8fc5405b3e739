/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmas of 2.5.27: anonymous ones of the same flags merge when mmap or brk puts one beside the
 * other, and that is all. vm_pgoff of an anonymous vma means nothing.
 *
 *	prev      request      next
 *	|######|//////////////|######|     prev grows, and takes in next
 *	|######|//////////////|            prev grows
 *	       |//////////////|######|     next begins earlier
 *
 * Source: 2.5.26 mm/mmap.c.
 */
#define MMAP_GENERATION
#include "mm/mmap_private.h"
#include "mm/vm.h"

#include <errno.h>

void __vma_link_file(struct vm_area_struct *vma)
{
	struct address_space *mapping = &vma->vm_file->i_data;

	list_add_tail(&vma->shared, vma->vm_flags & VM_SHARED ? &mapping->i_mmap_shared :
								&mapping->i_mmap);
}

/*
 * Into the list and onto the file's list of mappings. Split also shortens the vma that the new one
 * was cut from, at the same moment.
 */
static void link_or_split(struct mm_struct *mm, struct vm_area_struct *vma,
			  struct vm_area_struct *split)
{
	struct address_space *mapping = vma->vm_file ? &vma->vm_file->i_data : NULL;

	if (mapping)
		spin_lock(&mapping->i_shared_lock);
	spin_lock(&mm->page_table_lock);
	if (split)
		split->vm_end = vma->vm_start;
	__vma_link(mm, vma);
	if (mapping)
		__vma_link_file(vma);
	spin_unlock(&mm->page_table_lock);
	if (mapping)
		spin_unlock(&mapping->i_shared_lock);
}

static int vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *from)
{
	(void)from;
	link_or_split(mm, vma, NULL);
	return 0;
}

/*
 * [vma->vm_start, addr) stays, [addr, vma->vm_end) becomes a vma of its own. Here and in vma_link
 * 2.5.26 takes page_table_lock before i_shared_lock, but truncation takes them the other way round:
 * two cpus could wait for each other. There is one order here, that of truncation.
 */
static int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, bool new_below)
{
	FN;
	struct vm_area_struct *new;

	BUG_ON(new_below); /* this kernel has no such parameter */
	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	new = vma_copy(vma);
	if (!new)
		return -ENOMEM;
	new->vm_start = addr;
	new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	if (new->vm_file)
		igrab(new->vm_file);
	link_or_split(mm, new, vma);
	EV(VMA_SPLIT, addr);
	return 0;
}

bool can_vma_merge(const struct vm_area_struct *vma, u32 vm_flags)
{
	return vma && !vma->vm_file && vma->vm_flags == vm_flags;
}

/* prev grows to end, and takes in what comes next if the two meet now. page_table_lock held.
 * Returns the vma that is no longer needed, or NULL. */
static struct vm_area_struct *grow_up(struct mm_struct *mm, struct vm_area_struct *prev, u32 end,
				      u32 vm_flags)
{
	struct vm_area_struct *next = prev->vm_next;

	prev->vm_end = end;
	if (!can_vma_merge(next, vm_flags) || next->vm_start != end)
		return NULL;
	prev->vm_end = next->vm_end;
	__vma_unlink(mm, next, prev);
	return next;
}

/* Can an anonymous mapping [addr, end) be had by expanding what is before or behind it? The one it
 * became part of, or NULL. */
static struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
					const struct vma_request *r)
{
	FN;
	struct vm_area_struct *vma = prev ? prev->vm_next : mm->mmap, *unused = NULL;
	u32 addr = r->addr, end = r->end, vm_flags = r->vm_flags;

	if (can_vma_merge(prev, vm_flags) && prev->vm_end == addr) {
		vma = prev;
		spin_lock(&mm->page_table_lock);
		unused = grow_up(mm, prev, end, vm_flags);
		spin_unlock(&mm->page_table_lock);
	} else if (can_vma_merge(vma, vm_flags) && vma->vm_start == end) {
		spin_lock(&mm->page_table_lock);
		vma->vm_start = addr;
		spin_unlock(&mm->page_table_lock);
	} else {
		return NULL;
	}
	if (unused)
		kmem_cache_free(VM->vm_area_cachep, unused);
	EV(VMA_MERGE, vma->vm_start, vma->vm_end);
	return vma;
}

const struct mmap_ops mmap_2002 = {
	.name = "2002",
	.version = MMAP_2_5_27,
	.arch_get_unmapped_area = lowest_gap_2002,
	.vma_merge = vma_merge,
	.vma_link = vma_link,
	.split_vma = split_vma,
	.do_munmap = do_munmap_2002,
	.exit_mmap = exit_mmap_2002,
	.vma_fixup = vma_fixup_2002,
	.do_mprotect = do_mprotect_2002,
	.do_mremap = do_mremap_2002,
};
