/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmas of 2.6.7 to 4.0. A file keeps its vmas in a tree by the pages they cover, and anonymous
 * pages are found through the vmas of an anon_vma. So borders only move under the locks of both,
 * and there is one function that moves them, vma_adjust:
 *
 *	insert         |   vma   |  ->  | vma | insert |         split_vma; or insert | vma
 *	remove_next    | vma | next | ->  |    vma     |         once more for the one behind it
 *	adjust_next    | vma | next | ->  |  vma  |next|         the border between the two moves
 *
 * vma_merge finds out which of the eight cases a request is. P, N: the vmas before and behind it;
 * X: a vma that the request (//) lies in, for mprotect.
 *
 *	1  |P|//|N|  ->  | P        |          5  |P|//X |  ->  | P  |X |     X loses its beginning
 *	2  |P|//     ->  | P  |                6  |P|/X/|N| ->  | P       |
 *	3    |//|N|  ->    | N   |             7  |P|/X/|  ->   | P     |
 *	4  |P //|N|  ->  |P| N   |             8    |/X/|N| ->    |  X    |   N vanishes in X
 *	(4: the request is the end of P)
 *
 * Two vmas may only become one if their pages go on in the same numbers: vm_pgoff of an anonymous
 * vma is its first page number, as if address 0 were page 0, and mremap keeps it. And their
 * anonymous pages must hang on the same anon_vma, or one of them has none yet: then it gets the
 * other's, for the pages that it takes over (importer).
 *
 * Source: 2.6.7, 2.6.9, 2.6.14 and 4.0 mm/mmap.c.
 */
#define MMAP_GENERATION
#include "mm/mmap_private.h"
#include "mm/pagemap.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

/* -- locks ----------------------------------------------------------------------------------- */

/* With anonmm reclaim still looks for the vma of an address, under page_table_lock alone. */
static void lock_list(struct mm_struct *mm)
{
	if (!mmap_since(MMAP_2_6_8))
		spin_lock(&mm->page_table_lock);
}

static void unlock_list(struct mm_struct *mm)
{
	if (!mmap_since(MMAP_2_6_8))
		spin_unlock(&mm->page_table_lock);
}

int vma_link_2004(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *from)
{
	FN_AS("vma_link");
	struct address_space *mapping = vma->vm_file ? vma_mapping(vma) : NULL;

	if (from && anon_vma_clones() && anon_vma_link(vma, from))
		return -ENOMEM;
	if (mapping) {
		i_mmap_lock(mapping);
		vma->vm_truncate_count = mapping->truncate_count;
	}
	lock_list(mm);
	anon_vma_lock(vma);
	__vma_link(mm, vma);
	if (from && !anon_vma_clones())
		anon_vma_link(vma, from);
	if (mapping)
		i_mmap_insert(vma, NULL);
	anon_vma_unlock(vma);
	unlock_list(mm);
	if (mapping)
		i_mmap_unlock(mapping);
	return 0;
}

/* -- borders --------------------------------------------------------------------------------- */

struct adjust {
	struct vm_area_struct *vma, *next, *insert;
	struct vm_area_struct *importer, *exporter; /* who takes over pages, and whose */
	struct vm_area_struct *locked;              /* the vma whose anon_vma is locked */
	struct address_space *mapping;              /* NULL: no file */
	bool linear;                                /* in the tree, which depends on the borders */
	u32 start, end, pgoff;
	s32 adjust_next;                            /* pages that next loses at its beginning */
	bool remove_next, more;                     /* more: the one behind next goes, too */
};

/* What is to become of next? */
static void classify(struct adjust *a)
{
	struct vm_area_struct *vma = a->vma, *next = a->next;

	if (!next || a->insert)
		return;
	if (a->end >= next->vm_end) {
		a->remove_next = true;
		a->more = a->end > next->vm_end;
		a->end = next->vm_end;
		a->exporter = next;
		/* To 2.6.11 the merge itself sees to it. */
		a->importer = mmap_since(MMAP_2_6_16) ? vma : NULL;
	} else if (a->end > next->vm_start) {
		a->adjust_next = (s32)((a->end - next->vm_start) >> PAGE_SHIFT);
		a->exporter = next;
		a->importer = vma;
	} else if (a->end < vma->vm_end) {
		a->adjust_next = -(s32)((vma->vm_end - a->end) >> PAGE_SHIFT);
		a->exporter = vma;
		a->importer = next;
	}
}

static bool must_import(const struct adjust *a)
{
	return a->importer && !a->importer->anon_vma && a->exporter->anon_vma;
}

static void lock_adjust(struct adjust *a)
{
	struct vm_area_struct *vma = a->vma;

	if (a->mapping) {
		i_mmap_lock(a->mapping);
		if (a->importer && vma->vm_truncate_count != a->next->vm_truncate_count)
			a->importer->vm_truncate_count = 0; /* a truncation is on its way: again */
		if (a->insert) {
			a->insert->vm_truncate_count = vma->vm_truncate_count;
			i_mmap_insert(a->insert, NULL);
		}
	}
	lock_list(vma->vm_mm);
	a->locked = !vma->anon_vma && a->exporter ? a->next : vma;
	anon_vma_lock(a->locked);
	if (must_import(a)) /* before any page can be in the wrong vma */
		anon_vma_import(a->importer, a->exporter);
}

static void unlock_adjust(struct adjust *a)
{
	/* When next is gone vma has its anon_vma. */
	anon_vma_unlock(a->remove_next ? a->vma : a->locked);
	unlock_list(a->vma->vm_mm);
	if (a->mapping)
		i_mmap_unlock(a->mapping);
}

/* Out of every index that depends on the borders, and in again. */
static void take_out(struct adjust *a)
{
	vma_pre_update(a->vma);
	if (a->adjust_next)
		vma_pre_update(a->next);
	if (!a->linear)
		return;
	i_mmap_remove(a->vma);
	if (a->adjust_next)
		i_mmap_remove(a->next);
}

static void put_back(struct adjust *a)
{
	if (a->linear) {
		if (a->adjust_next)
			i_mmap_insert(a->next, NULL);
		i_mmap_insert(a->vma, NULL);
	}
	vma_post_update(a->vma);
	if (a->adjust_next)
		vma_post_update(a->next);
}

static void move_borders(struct adjust *a)
{
	struct vm_area_struct *vma = a->vma, *next = a->next;

	vma->vm_start = a->start;
	vma->vm_end = a->end;
	vma->vm_pgoff = a->pgoff;
	if (a->adjust_next) {
		next->vm_start += (u32)a->adjust_next << PAGE_SHIFT;
		next->vm_pgoff += (u32)a->adjust_next;
	}
}

/* Locks held. */
static void adjust_list(struct adjust *a)
{
	struct mm_struct *mm = a->vma->vm_mm;

	if (a->remove_next) {
		__vma_unlink(mm, a->next, a->vma);
		if (a->mapping)
			i_mmap_remove(a->next);
		if (a->next->anon_vma && !anon_vma_clones())
			anon_vma_merge(a->vma, a->next);
	} else if (a->insert) {
		__vma_link(mm, a->insert);
		if (!anon_vma_clones())
			anon_vma_link(a->insert, a->vma);
	}
}

static void free_next(struct adjust *a)
{
	if (a->next->anon_vma && anon_vma_clones())
		anon_vma_merge(a->vma, a->next);
	if (a->next->vm_file)
		iput(a->next->vm_file);
	kmem_cache_free(VM->vm_area_cachep, a->next);
}

/* One change: 0, -ENOMEM, or 1: end lies behind what was next, once more. */
static int adjust_once(struct vm_area_struct *vma, u32 start, u32 end, u32 pgoff,
		       struct vm_area_struct *insert)
{
	struct adjust a = {
		.vma = vma, .next = vma->vm_next, .insert = insert,
		.start = start, .end = end, .pgoff = pgoff,
		.mapping = vma->vm_file ? vma_mapping(vma) : NULL,
		.linear = vma->vm_file && !(vma->vm_flags & VM_NONLINEAR),
	};

	classify(&a);
	if (anon_vma_clones() && must_import(&a) && anon_vma_import(a.importer, a.exporter))
		return -ENOMEM;
	lock_adjust(&a);
	take_out(&a);
	move_borders(&a);
	put_back(&a);
	adjust_list(&a);
	unlock_adjust(&a);
	if (a.remove_next)
		free_next(&a);
	return a.more;
}

int vma_adjust(struct vm_area_struct *vma, u32 start, u32 end, u32 pgoff,
	       struct vm_area_struct *insert)
{
	FN;
	int ret;

	do {
		ret = adjust_once(vma, start, end, pgoff, insert);
	} while (ret > 0);
	return ret;
}

int split_vma_2004(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, bool new_below)
{
	FN_AS("split_vma");
	struct vm_area_struct *new;
	u32 pages = (addr - vma->vm_start) >> PAGE_SHIFT;

	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	new = vma_copy(vma);
	if (!new)
		return -ENOMEM;
	if (new_below) {
		new->vm_end = addr;
	} else {
		new->vm_start = addr;
		new->vm_pgoff += pages;
	}
	if (anon_vma_clones() && anon_vma_link(new, vma)) {
		kmem_cache_free(VM->vm_area_cachep, new);
		return -ENOMEM;
	}
	if (new->vm_file)
		igrab(new->vm_file);
	if (new_below)
		vma_adjust(vma, addr, vma->vm_end, vma->vm_pgoff + pages, new);
	else
		vma_adjust(vma, vma->vm_start, addr, vma->vm_pgoff, new);
	EV(VMA_SPLIT, addr);
	return 0;
}

/* -- merging --------------------------------------------------------------------------------- */

/* These stay vmas of their own; what a child does not get may merge from 2.6.16 on. */
static u32 vm_special(void)
{
	u32 special = VM_DONTEXPAND | VM_RESERVED;

	return mmap_since(MMAP_2_6_16) ? special : special | VM_DONTCOPY;
}

static bool is_mergeable_vma(const struct vm_area_struct *vma, const struct vma_request *r)
{
	return vma->vm_flags == r->vm_flags && vma->vm_file == r->file &&
	       is_mergeable_anon_vma(r->anon_vma, vma->anon_vma, vma);
}

/* Do the page numbers go on? With anonmm anonymous pages are known by their address. */
static bool pgoff_fits(const struct vma_request *r, u32 a, u32 b)
{
	return a == b || (!r->file && !mmap_since(MMAP_2_6_8));
}

/* Does r fit in front of vma, and does it behind vma? */
static bool can_vma_merge_before(const struct vm_area_struct *vma, const struct vma_request *r)
{
	return is_mergeable_vma(vma, r) &&
	       pgoff_fits(r, vma->vm_pgoff, r->pgoff + ((r->end - r->addr) >> PAGE_SHIFT));
}

static bool can_vma_merge_after(const struct vm_area_struct *vma, const struct vma_request *r)
{
	return is_mergeable_vma(vma, r) &&
	       pgoff_fits(r, vma->vm_pgoff + vma_pages(vma), r->pgoff);
}

/* Cases 1 and 6, else 2, 5 and 7. next: NULL, or the vma that begins where r ends. */
static int merge_with_prev(struct vm_area_struct *prev, struct vm_area_struct *next,
			   const struct vma_request *r)
{
	u32 end = r->end;

	if (next && can_vma_merge_before(next, r) &&
	    is_mergeable_anon_vma(prev->anon_vma, next->anon_vma, NULL))
		end = next->vm_end;
	return vma_adjust(prev, prev->vm_start, end, prev->vm_pgoff, NULL);
}

/* Case 4, else 3 and 8. area: the vma behind prev. */
static int merge_with_next(struct vm_area_struct *prev, struct vm_area_struct *area,
			   struct vm_area_struct *next, const struct vma_request *r)
{
	u32 pages = (r->end - r->addr) >> PAGE_SHIFT;

	if (prev && r->addr < prev->vm_end)
		return vma_adjust(prev, prev->vm_start, r->addr, prev->vm_pgoff, NULL);
	return vma_adjust(area, r->addr, next->vm_end, next->vm_pgoff - pages, NULL);
}

struct vm_area_struct *vma_merge_2004(struct mm_struct *mm, struct vm_area_struct *prev,
				      const struct vma_request *r)
{
	FN_AS("vma_merge");
	struct vm_area_struct *area = prev ? prev->vm_next : mm->mmap, *next = area, *vma;

	if (r->vm_flags & vm_special())
		return NULL;
	if (next && next->vm_end == r->end) /* cases 6, 7, 8 */
		next = next->vm_next;
	if (next && next->vm_start != r->end)
		next = NULL;
	if (prev && prev->vm_end == r->addr && can_vma_merge_after(prev, r)) {
		vma = prev;
		if (merge_with_prev(prev, next, r))
			return NULL;
	} else if (next && can_vma_merge_before(next, r)) {
		vma = area;
		if (merge_with_next(prev, area, next, r))
			return NULL;
	} else {
		return NULL;
	}
	EV(VMA_MERGE, vma->vm_start, vma->vm_end);
	return vma;
}

/* -- whose anon_vma to take ------------------------------------------------------------------ */

/* Could near and vma, which touch, be one if somebody made their access rights the same? */
static struct anon_vma *mergeable_anon_vma(const struct vm_area_struct *near,
					   const struct vm_area_struct *vma, bool behind)
{
	u32 access = VM_READ | VM_WRITE | VM_EXEC;
	struct vma_request r = {
		.addr = vma->vm_start, .end = vma->vm_end, .pgoff = vma->vm_pgoff,
		.file = vma->vm_file,
		.vm_flags = (vma->vm_flags & ~access) | (near->vm_flags & access),
	};

	if (!near->anon_vma)
		return NULL;
	if (behind ? can_vma_merge_before(near, &r) : can_vma_merge_after(near, &r))
		return near->anon_vma;
	return NULL;
}

struct anon_vma *find_mergeable_anon_vma(struct vm_area_struct *vma)
{
	FN;
	struct vm_area_struct *near = vma->vm_next;
	struct anon_vma *found = NULL;

	if (near && near->vm_start == vma->vm_end)
		found = mergeable_anon_vma(near, vma, true);
	if (found)
		return found;
	near = find_vma_before(vma->vm_mm, vma->vm_start);
	if (near && near->vm_end == vma->vm_start)
		found = mergeable_anon_vma(near, vma, false);
	return found;
}

/* -- the kernels ----------------------------------------------------------------------------- */

#define SHAPE_OF_2004 \
	.vma_merge = vma_merge_2004, .vma_link = vma_link_2004, .split_vma = split_vma_2004, \
	.do_munmap = do_munmap_2003, .exit_mmap = exit_mmap_2003, .vma_fixup = vma_fixup_2003, \
	.do_mprotect = do_mprotect_2004

const struct mmap_ops mmap_2004b = {
	.name = "2.6.7",
	.version = MMAP_2_6_7,
	.arch_get_unmapped_area = lowest_gap_2003,
	.do_mremap = do_mremap_2003,
	SHAPE_OF_2004,
};

const struct mmap_ops mmap_2004c = {
	.name = "2.6.8",
	.version = MMAP_2_6_8,
	.arch_get_unmapped_area = lowest_gap_2003,
	.do_mremap = do_mremap_2003,
	SHAPE_OF_2004,
};

const struct mmap_ops mmap_2004d = {
	.name = "2.6.9",
	.version = MMAP_2_6_9,
	.arch_get_unmapped_area = lowest_gap_2003,
	.arch_get_unmapped_area_topdown = highest_gap_2004,
	.do_mremap = do_mremap_2003,
	SHAPE_OF_2004,
};

const struct mmap_ops mmap_2006 = {
	.name = "2.6.16",
	.version = MMAP_2_6_16,
	.arch_get_unmapped_area = lowest_gap_2006,
	.arch_get_unmapped_area_topdown = highest_gap_2006,
	.do_mremap = do_mremap_2003,
	SHAPE_OF_2004,
};

const struct mmap_ops mmap_2015 = {
	.name = "4.0",
	.version = MMAP_4_0,
	.arch_get_unmapped_area = lowest_gap_2015,
	.arch_get_unmapped_area_topdown = highest_gap_2015,
	.do_mremap = do_mremap_2015,
	SHAPE_OF_2004,
};
