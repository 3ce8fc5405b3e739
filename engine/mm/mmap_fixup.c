/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * New flags for a part of a vma: what mprotect, mlock and madvise have in common.
 *
 *	all       |######|        the flags change, and that is all
 *	start     |##|   |        [start, end) is a new vma, the old one begins later
 *	end       |   |##|        a new vma, and the old one ends earlier
 *	middle    |  |##|  |      new ones to the left and right, the old one keeps the middle
 *
 * 2.5.26 writes the four out three times, as mprotect_fixup_*, mlock_fixup_* and madvise_fixup_*,
 * which differ in an error number and in a flag. Here they are once.
 *
 * Swapping out looks vmas up under page_table_lock alone: it sees all of such a change or nothing.
 * The file's list of mappings is locked too, as truncation reads vm_start and vm_pgoff there;
 * 2.5.26 moves vm_pgoff before it takes that lock.
 *
 * From 2.6.0 on all this is two calls of split_vma, and mprotect goes its own ways.
 *
 * Source: 2.5.26 mm/mprotect.c, mm/mlock.c, mm/filemap.c; 2.6.0 and 2.6.14 mm/mlock.c,
 * mm/madvise.c.
 */
#include "mm/mmap_private.h"
#include "mm/vm.h"

#include <errno.h>

static void lock_vma_mappings(const struct vm_area_struct *vma)
{
	if (vma->vm_file)
		spin_lock(&vma->vm_file->i_data.i_shared_lock);
}

static void unlock_vma_mappings(const struct vm_area_struct *vma)
{
	if (vma->vm_file)
		spin_unlock(&vma->vm_file->i_data.i_shared_lock);
}

static void set_flags(struct vm_area_struct *vma, u32 flags)
{
	vma->vm_flags = flags;
	vma->vm_page_prot = protection_map[flags & 0x0f];
}

/* [start, end) of vma as a vma of its own, not in any list yet. NULL: no memory. */
static struct vm_area_struct *vma_part(const struct vm_area_struct *vma, u32 start, u32 end)
{
	struct vm_area_struct *new = vma_alloc(vma->vm_mm);
	u32 id;

	if (!new)
		return NULL;
	id = new->id;
	*new = *vma;
	new->id = id;
	new->vm_start = start;
	new->vm_end = end;
	new->vm_pgoff += (start - vma->vm_start) >> PAGE_SHIFT;
	INIT_LIST_HEAD(&new->shared);
	return new;
}

/* Both locks held: what new takes is already out of the vma it was part of. */
static void __insert_vm_struct(struct vm_area_struct *new)
{
	__vma_link(new->vm_mm, new);
	if (!new->vm_file)
		return;
	igrab(new->vm_file);
	__vma_link_file(new);
}

void fixup_all(struct vm_area_struct *vma, u32 newflags)
{
	spin_lock(&vma->vm_mm->page_table_lock);
	set_flags(vma, newflags);
	spin_unlock(&vma->vm_mm->page_table_lock);
}

int fixup_start(struct vm_area_struct *vma, u32 end, u32 newflags)
{
	FN;
	struct vm_area_struct *n = vma_part(vma, vma->vm_start, end);

	if (!n)
		return -ENOMEM;
	set_flags(n, newflags);
	lock_vma_mappings(vma);
	spin_lock(&vma->vm_mm->page_table_lock);
	vma->vm_pgoff += (end - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_start = end;
	__insert_vm_struct(n);
	spin_unlock(&vma->vm_mm->page_table_lock);
	unlock_vma_mappings(vma);
	EV(VMA_SPLIT, end);
	return 0;
}

struct vm_area_struct *fixup_end(struct vm_area_struct *vma, u32 start, u32 newflags)
{
	FN;
	struct vm_area_struct *n = vma_part(vma, start, vma->vm_end);

	if (!n)
		return NULL;
	set_flags(n, newflags);
	lock_vma_mappings(vma);
	spin_lock(&vma->vm_mm->page_table_lock);
	vma->vm_end = start;
	__insert_vm_struct(n);
	spin_unlock(&vma->vm_mm->page_table_lock);
	unlock_vma_mappings(vma);
	EV(VMA_SPLIT, start);
	return n;
}

int fixup_middle(struct vm_area_struct *vma, u32 start, u32 end, u32 newflags)
{
	FN;
	struct vm_area_struct *left, *right;

	left = vma_part(vma, vma->vm_start, start);
	if (!left)
		return -ENOMEM;
	right = vma_part(vma, end, vma->vm_end);
	if (!right) {
		kmem_cache_free(VM->vm_area_cachep, left);
		return -ENOMEM;
	}
	lock_vma_mappings(vma);
	spin_lock(&vma->vm_mm->page_table_lock);
	vma->vm_pgoff += (start - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_start = start;
	vma->vm_end = end;
	set_flags(vma, newflags);
	__insert_vm_struct(left);
	__insert_vm_struct(right);
	spin_unlock(&vma->vm_mm->page_table_lock);
	unlock_vma_mappings(vma);
	EV(VMA_SPLIT, start);
	EV(VMA_SPLIT, end);
	return 0;
}

int vma_fixup_2002(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start, u32 end,
		   u32 newflags)
{
	struct vm_area_struct *part = *vma;

	(void)prev;
	if (start != part->vm_start && end != part->vm_end)
		return fixup_middle(part, start, end, newflags);
	if (start != part->vm_start) {
		*vma = fixup_end(part, start, newflags);
		return *vma ? 0 : -ENOMEM;
	}
	if (end != part->vm_end) {
		int err = fixup_start(part, end, newflags);

		*vma = find_vma(part->vm_mm, start);
		return err;
	}
	fixup_all(part, newflags);
	return 0;
}

/* -- from 2.6.0 on --------------------------------------------------------------------------- */

/* 2.6.13: mlock and madvise merge as well, what mprotect did before. */
static struct vm_area_struct *try_merge(struct vm_area_struct *vma, struct vm_area_struct *prev,
					u32 start, u32 end, u32 newflags)
{
	struct vma_request r = {
		.addr = start, .end = end, .vm_flags = newflags, .file = vma->vm_file,
		.pgoff = linear_page_index(vma, start), .anon_vma = vma->anon_vma,
	};

	if (!mmap_since(MMAP_2_6_16))
		return NULL;
	return vma_merge(vma->vm_mm, start > vma->vm_start ? vma : prev, &r);
}

int vma_fixup_2003(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start, u32 end,
		   u32 newflags)
{
	struct mm_struct *mm = (*vma)->vm_mm;
	struct vm_area_struct *merged = try_merge(*vma, prev, start, end, newflags);

	if (merged) {
		*vma = merged;
	} else {
		if (start != (*vma)->vm_start && split_vma(mm, *vma, start, true))
			return -ENOMEM;
		if (end != (*vma)->vm_end && split_vma(mm, *vma, end, false))
			return -ENOMEM;
	}
	if (mmap_since(MMAP_2_6_7)) {
		(*vma)->vm_flags = newflags; /* mmap_sem is enough */
		return 0;
	}
	spin_lock(&mm->page_table_lock);
	(*vma)->vm_flags = newflags;
	spin_unlock(&mm->page_table_lock);
	return 0;
}
