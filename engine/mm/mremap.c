/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mremap: a mapping shrinks, grows where it is, or moves.
 *
 *	page table of old         page table of new       the rmap of the page
 *	| ... | pte | ... |       | ... |     | ... |      (old)
 *	         |                                         ()         page_remove_rmap(page, src)
 *	        none                                                  get and clear src
 *	                                   pte                        set dst
 *	                                                   (new)      page_add_rmap(page, dst)
 *
 * Only ptes move; pages stay where they are, and so do swap entries, which no rmap knows. Page
 * after page moves from the end of the range to its beginning. If there is no memory for a new page
 * table everything is moved back: the old tables are still there.
 *
 * While it goes on, ptes may lie where no vma is yet. try_to_unmap, which needs a vma, fails then.
 *
 * Source: 2.5.26 mm/mremap.c with seed 000. Not modelled: resource limits, overcommit.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

/* -- page-table entries ---------------------------------------------------------------------- */

static pte_t *get_one_pte(struct mm_struct *mm, u32 address)
{
	pte_t *pte;

	if (pgd_none_or_bad(pgd_offset(mm, address)))
		return NULL;
	pte = pte_offset_map_nested(mm, address);
	return pte_none(ptep_get(pte)) ? NULL : pte;
}

/* src is looked at anew: the lock was dropped if a page table had to be allocated for dst, and the
 * page may have been swapped out meanwhile. 0, or -ENOMEM: there is no dst, all is as it was. */
static int copy_one_pte(pte_t *src, pte_t *dst)
{
	struct page *page = NULL;
	int error = 0;
	pteval_t pte;

	if (pte_none(ptep_get(src)))
		return 0;
	if (pte_present(ptep_get(src)) && pfn_valid(pte_pfn(ptep_get(src))))
		page = pte_page(ptep_get(src));
	if (page)
		page_remove_rmap(page, src);
	pte = ptep_get_and_clear(src);
	if (!dst) {
		/* Nowhere to go: put it back. */
		dst = src;
		error = -ENOMEM;
	}
	set_pte(dst, pte);
	if (page)
		page_add_rmap(page, dst);
	return error;
}

static int move_one_page(struct vm_area_struct *vma, u32 old_addr, u32 new_addr)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	pte_t *src;
	int error = 0;

	spin_lock(&mm->page_table_lock);
	src = get_one_pte(mm, old_addr);
	if (src)
		error = copy_one_pte(src, pte_alloc_map(mm, pgd_offset(mm, new_addr), new_addr));
	flush_tlb_page(vma, old_addr);
	spin_unlock(&mm->page_table_lock);
	return error;
}

static int move_page_tables(struct vm_area_struct *vma, u32 new_addr, u32 old_addr, u32 len)
{
	FN;
	u32 offset = len;

	while (offset) {
		offset -= PAGE_SIZE;
		if (move_one_page(vma, old_addr + offset, new_addr + offset))
			goto oops_we_failed;
	}
	return 0;

oops_we_failed:
	while ((offset += PAGE_SIZE) < len)
		move_one_page(vma, new_addr + offset, old_addr + offset);
	zap_page_range(vma, new_addr, new_addr + len, NULL);
	return -ENOMEM;
}

/* -- the vma at the new place ---------------------------------------------------------------- */

/* Take the place by growing a neighbour that is like vma, if there is one. */
static void grow_neighbour(struct mm_struct *mm, const struct vm_area_struct *vma, struct place *p)
{
	struct vm_area_struct *prev = find_vma_before(mm, p->start);
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	if (vma->vm_file || vma->vm_flags & VM_SHARED)
		return;
	spin_lock(&mm->page_table_lock);
	if (can_vma_merge(prev, vma->vm_flags) && prev->vm_end == p->start) {
		p->vma = prev;
		p->below = true;
		prev->vm_end = p->end;
		if (can_vma_merge(next, vma->vm_flags) && next->vm_start == p->end) {
			p->absorbed = next;
			prev->vm_end = next->vm_end;
			__vma_unlink(mm, next, prev);
		}
	} else if (can_vma_merge(next, vma->vm_flags) && next->vm_start == p->end) {
		p->vma = next;
		next->vm_start = p->start;
	}
	spin_unlock(&mm->page_table_lock);
	if (p->vma)
		EV(VMA_MERGE, p->vma->vm_start, p->vma->vm_end);
}

void place_take(struct mm_struct *mm, const struct vm_area_struct *vma, struct place *p)
{
	grow_neighbour(mm, vma, p);
	if (p->vma)
		return;
	p->vma = vma_alloc(mm);
	p->allocated = true;
}

/* 2.5.26 leaves a neighbour that grew as large as it is. */
void place_give_back(struct mm_struct *mm, const struct place *p)
{
	if (p->allocated) {
		kmem_cache_free(VM->vm_area_cachep, p->vma);
		return;
	}
	spin_lock(&mm->page_table_lock);
	if (p->below)
		p->vma->vm_end = p->start;
	else
		p->vma->vm_start = p->end;
	if (p->absorbed)
		__vma_link(mm, p->absorbed);
	spin_unlock(&mm->page_table_lock);
}

void place_insert_copy(struct mm_struct *mm, const struct vm_area_struct *vma, u32 addr,
			const struct place *p)
{
	struct vm_area_struct *new_vma = p->vma;
	u32 id = new_vma->id;

	*new_vma = *vma;
	new_vma->id = id;
	new_vma->vm_start = p->start;
	new_vma->vm_end = p->end;
	new_vma->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	INIT_LIST_HEAD(&new_vma->shared);
	if (new_vma->vm_file)
		igrab(new_vma->vm_file);
	insert_vm_struct(mm, new_vma);
}

/*
 * The old range goes, which has no ptes any more. If there is no memory to split the vma it is in,
 * it stays, empty. 2.5.26 asks the new vma whether it is locked after that; but if that is a
 * neighbour that grew it may be the old one, and gone.
 */
static void finish_move(struct mm_struct *mm, u32 addr, u32 old_len, const struct place *p)
{
	bool locked = p->vma->vm_flags & VM_LOCKED;

	do_munmap(mm, addr, old_len);
	mm->total_vm += (p->end - p->start) >> PAGE_SHIFT;
	if (!locked)
		return;
	mm->locked_vm += (p->end - p->start) >> PAGE_SHIFT;
	make_pages_present(find_vma(mm, p->start), p->start, p->end);
}

static s64 move_vma(struct vm_area_struct *vma, u32 addr, u32 old_len, u32 new_len, u32 new_addr)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	struct place p = { .start = new_addr, .end = new_addr + new_len };

	place_take(mm, vma, &p);
	if (!p.vma)
		return -ENOMEM;
	if (move_page_tables(vma, new_addr, addr, old_len)) {
		place_give_back(mm, &p);
		return -ENOMEM;
	}
	if (p.allocated)
		place_insert_copy(mm, vma, addr, &p);
	if (p.absorbed)
		kmem_cache_free(VM->vm_area_cachep, p.absorbed);
	EV(VMA_MOVE, addr, addr + old_len, new_addr);
	finish_move(mm, addr, old_len, &p);
	return new_addr;
}

/* -- the call -------------------------------------------------------------------------------- */

int remap_check_fixed(const struct remap *r)
{
	if (r->new_addr & ~PAGE_MASK || !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (r->new_len > TASK_SIZE || r->new_addr > TASK_SIZE - r->new_len)
		return -EINVAL;
	/* The old and the new range must not overlap. */
	if (r->new_addr <= r->addr && r->new_addr + r->new_len > r->addr)
		return -EINVAL;
	if (r->addr <= r->new_addr && r->addr + r->old_len > r->new_addr)
		return -EINVAL;
	return 0;
}

/* Unmap what is in the way or too much. A bad range is passed over, as by the kernel. It passes
 * over the want of memory, too, and maps over what is still there: the hole that was found in
 * February 2004 and is not left open here. */
static int unmap_silently(struct mm_struct *mm, u32 addr, u32 len)
{
	return do_munmap(mm, addr, len) == -ENOMEM ? -ENOMEM : 0;
}

struct vm_area_struct *vma_to_remap(struct mm_struct *mm, const struct remap *r)
{
	struct vm_area_struct *vma = find_vma(mm, r->addr);

	if (!vma || vma->vm_start > r->addr || r->old_len > vma->vm_end - r->addr)
		return NULL;
	return vma;
}

bool remap_can_expand(const struct vm_area_struct *vma, const struct remap *r)
{
	u32 max_addr = vma->vm_next ? vma->vm_next->vm_start : TASK_SIZE;

	if (r->old_len != vma->vm_end - r->addr)
		return false;
	if (r->flags & MREMAP_FIXED && r->addr != r->new_addr)
		return false;
	if (r->old_len == r->new_len && r->flags & MREMAP_MAYMOVE)
		return false;
	return max_addr - r->addr >= r->new_len;
}

static s64 expand(struct vm_area_struct *vma, const struct remap *r)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	u32 end = r->addr + r->new_len, pages = (r->new_len - r->old_len) >> PAGE_SHIFT;

	spin_lock(&mm->page_table_lock);
	vma->vm_end = end;
	spin_unlock(&mm->page_table_lock);
	mm->total_vm += pages;
	EV(VMA_GROW, vma->vm_start, end);
	if (vma->vm_flags & VM_LOCKED) {
		mm->locked_vm += pages;
		make_pages_present(vma, r->addr + r->old_len, end);
	}
	return r->addr;
}

/* 2.5.26 also moves to a new length of 0, and leaves a vma without pages behind: the hole that was
 * found in January 2004. */
static s64 relocate(struct vm_area_struct *vma, const struct remap *r)
{
	s64 new_addr = r->new_addr;

	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	if (!r->new_len)
		return -EINVAL;
	if (!(r->flags & MREMAP_FIXED)) {
		if (r->new_len > TASK_SIZE)
			return -ENOMEM;
		new_addr = get_unmapped_area(vma->vm_mm, 0, r->new_len, 0);
	}
	if (new_addr < 0)
		return new_addr;
	return move_vma(vma, r->addr, r->old_len, r->new_len, (u32)new_addr);
}

/*
 * Shrinking comes first and is always allowed, wherever: without MREMAP_FIXED nobody asks whether
 * anything is mapped. With MREMAP_FIXED the call goes on with the old length, which the vma does
 * not have any more, and fails with EFAULT: both ranges are gone by then. Later kernels correct the
 * length.
 */
s64 do_mremap_2002(struct mm_struct *mm, const struct remap *r)
{
	FN_AS("do_mremap");
	struct vm_area_struct *vma;

	if (r->flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE) || r->addr & ~PAGE_MASK)
		return -EINVAL;
	if (r->flags & MREMAP_FIXED) {
		if (remap_check_fixed(r))
			return -EINVAL;
		if (unmap_silently(mm, r->new_addr, r->new_len))
			return -ENOMEM;
	}
	if (r->old_len >= r->new_len) {
		if (unmap_silently(mm, r->addr + r->new_len, r->old_len - r->new_len))
			return -ENOMEM;
		if (!(r->flags & MREMAP_FIXED) || r->new_addr == r->addr)
			return r->addr;
	}
	vma = vma_to_remap(mm, r);
	if (!vma)
		return -EFAULT;
	return remap_can_expand(vma, r) ? expand(vma, r) : relocate(vma, r);
}

s64 sys_mremap(u32 addr, u32 old_len, u32 new_len, u32 flags, u32 new_addr)
{
	FN;
	struct mm_struct *mm = current->mm;
	struct remap r = { addr, PAGE_ALIGN(old_len), PAGE_ALIGN(new_len), flags, new_addr };
	s64 ret;

	down_write(&mm->mmap_sem);
	ret = VM->kernel->mmap->do_mremap(mm, &r);
	up_write(&mm->mmap_sem);
	return ret;
}
