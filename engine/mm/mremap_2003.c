/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mremap from 2.6.0 on: what may be asked for, and how a range moves in 2.6.0 to 2.6.5, where each
 * moved pte is told to the rmap. mremap_2004.c moves from 2.6.7 on.
 *
 * Over the years more and more of what could go wrong is looked at:
 *
 *	2.6.0    MREMAP_FIXED and a shorter length do work together
 *	2.6.1    a new length of 0 is refused (2.6.0 leaves an empty vma; here it refuses, too)
 *	2.6.4    whatever do_munmap says is listened to
 *	4.0      checks everything before the first munmap but the vma itself
 *
 * Source: 2.6.0, 2.6.5, 2.6.9, 2.6.14, 4.0 mm/mremap.c.
 */
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

/* -- 2.6.0 and 2.6.5: moving ----------------------------------------------------------------- */

static pte_t *get_one_pte_map_nested(struct mm_struct *mm, u32 address)
{
	pte_t *pte;

	if (pgd_none_or_bad(pgd_offset(mm, address)))
		return NULL;
	pte = pte_offset_map_nested(mm, address);
	return pte_none(ptep_get(pte)) ? NULL : pte;
}

static void add_rmap(struct page *page, bool anon, struct vm_area_struct *vma, u32 address,
		     pte_t *ptep, struct rmap_ready *ready)
{
	if (anon)
		page_add_anon_rmap(page, vma, address, ptep, ready);
	else
		page_add_file_rmap(page, vma, address, ptep, ready);
}

/* From src, which is not empty, to dst; if there is none all stays as it was. 0 or -ENOMEM. */
static int copy_one_pte(struct vm_area_struct *vma, u32 old_addr, u32 new_addr, pte_t *src,
			pte_t *dst, struct rmap_ready *ready)
{
	struct page *page = NULL;
	bool anon = false;
	pteval_t pte;

	if (pte_present(ptep_get(src)) && pfn_valid(pte_pfn(ptep_get(src))))
		page = pte_page(ptep_get(src));
	if (page) {
		anon = PageAnon(page);
		page_remove_rmap(page, src);
	}
	pte = ptep_clear_flush(vma, old_addr, src);
	set_pte(dst ? dst : src, pte);
	if (page)
		add_rmap(page, anon, vma, dst ? new_addr : old_addr, dst ? dst : src, ready);
	return dst ? 0 : -ENOMEM;
}

/* A node for the chain comes first. The lock is dropped if dst needs a page table: src is looked
 * for once more then. */
static int move_one_page(struct vm_area_struct *vma, u32 old_addr, u32 new_addr)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	struct rmap_ready ready = { 0 };
	pte_t *src, *dst;
	int error = 0;

	if (rmap_prepare(&ready, vma, GFP_KERNEL))
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	src = get_one_pte_map_nested(mm, old_addr);
	if (src) {
		dst = pte_alloc_map(mm, pgd_offset(mm, new_addr), new_addr);
		src = get_one_pte_map_nested(mm, old_addr);
		if (src)
			error = copy_one_pte(vma, old_addr, new_addr, src, dst, &ready);
	}
	spin_unlock(&mm->page_table_lock);
	rmap_release(&ready);
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

/* The old range goes; its vma may be gone before, merged with what it was moved beside. */
static void finish_move(struct mm_struct *mm, u32 addr, u32 old_len, u32 new_len, u32 new_addr,
			bool locked)
{
	do_munmap(mm, addr, old_len);
	mm->total_vm += new_len >> PAGE_SHIFT;
	if (!locked)
		return;
	mm->locked_vm += new_len >> PAGE_SHIFT;
	if (new_len > old_len)
		make_pages_present(find_vma(mm, new_addr), new_addr + old_len, new_addr + new_len);
}

/* What is moved into a neighbour that grew may be that neighbour's own: all is done with vma while
 * it is sure to be there. */
s64 move_vma_2003(struct vm_area_struct *vma, u32 addr, u32 old_len, u32 new_len, u32 new_addr)
{
	FN_AS("move_vma");
	struct mm_struct *mm = vma->vm_mm;
	struct place p = { .start = new_addr, .end = new_addr + new_len };
	bool locked = vma->vm_flags & VM_LOCKED;

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
	finish_move(mm, addr, old_len, new_len, new_addr, locked);
	return new_addr;
}

/* -- the call -------------------------------------------------------------------------------- */

static s64 move_vma(struct vm_area_struct *vma, const struct remap *r, u32 new_addr)
{
	if (mmap_since(MMAP_2_6_7))
		return move_vma_2004(vma, r->addr, r->old_len, r->new_len, new_addr);
	return move_vma_2003(vma, r->addr, r->old_len, r->new_len, new_addr);
}

static s64 expand(struct vm_area_struct *vma, const struct remap *r)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	u32 end = r->addr + r->new_len, pages = (r->new_len - r->old_len) >> PAGE_SHIFT;

	if (mmap_since(MMAP_2_6_7)) {
		if (vma_adjust(vma, vma->vm_start, end, vma->vm_pgoff, NULL))
			return -ENOMEM;
	} else {
		spin_lock(&mm->page_table_lock);
		vma->vm_end = end;
		spin_unlock(&mm->page_table_lock);
	}
	mm->total_vm += pages;
	EV(VMA_GROW, vma->vm_start, end);
	if (vma->vm_flags & VM_LOCKED) {
		mm->locked_vm += pages;
		if (pages)
			make_pages_present(vma, r->addr + r->old_len, end);
	}
	return r->addr;
}

static s64 relocate(struct vm_area_struct *vma, const struct remap *r)
{
	s64 new_addr = r->new_addr;

	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	if (!r->new_len)
		return -EINVAL;
	if (!(r->flags & MREMAP_FIXED))
		new_addr = get_unmapped_area(vma->vm_mm, 0, r->new_len, 0);
	if (new_addr < 0)
		return new_addr;
	return move_vma(vma, r, (u32)new_addr);
}

/* What is in the way goes. 2.6.0 does not ask whether it did; that hole is not left open here. */
static int unmap_target(struct mm_struct *mm, u32 addr, u32 len)
{
	int ret = do_munmap(mm, addr, len);

	return mmap_since(MMAP_2_6_5) || ret == -ENOMEM ? ret : 0;
}

/* The end goes. A length of 0 is no error. */
static int unmap_tail(struct mm_struct *mm, const struct remap *r)
{
	int ret = do_munmap(mm, r->addr + r->new_len, r->old_len - r->new_len);

	if (r->old_len == r->new_len)
		return 0;
	return mmap_since(MMAP_2_6_5) || ret == -ENOMEM ? ret : 0;
}

static bool may_not_expand(const struct vm_area_struct *vma, const struct remap *r)
{
	return vma->vm_flags & VM_DONTEXPAND && r->new_len > r->old_len;
}

s64 do_mremap_2003(struct mm_struct *mm, const struct remap *r)
{
	FN_AS("do_mremap");
	struct vm_area_struct *vma;
	struct remap rest = *r;
	int ret;

	if (r->flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE) || r->addr & ~PAGE_MASK)
		return -EINVAL;
	if (!r->new_len && mmap_since(MMAP_2_6_5))
		return -EINVAL;
	if (r->flags & MREMAP_FIXED) {
		if (remap_check_fixed(r))
			return -EINVAL;
		ret = unmap_target(mm, r->new_addr, r->new_len);
		if (ret)
			return ret;
	}
	if (r->old_len >= r->new_len) {
		ret = unmap_tail(mm, r);
		if (ret)
			return ret;
		if (!(r->flags & MREMAP_FIXED) || r->new_addr == r->addr)
			return r->addr;
		rest.old_len = r->new_len;
	}
	vma = vma_to_remap(mm, &rest);
	if (!vma || may_not_expand(vma, &rest))
		return -EFAULT;
	return remap_can_expand(vma, &rest) ? expand(vma, &rest) : relocate(vma, &rest);
}

/* -- 4.0 ------------------------------------------------------------------------------------- */

/* Would the file's page numbers, or the anonymous ones, wrap round? */
static bool pgoff_wraps(const struct vm_area_struct *vma, const struct remap *r)
{
	u32 pgoff = linear_page_index(vma, r->addr);

	return r->new_len > r->old_len && pgoff + (r->new_len >> PAGE_SHIFT) < pgoff;
}

/* *vma, or -errno. */
static int vma_to_resize(struct mm_struct *mm, const struct remap *r, struct vm_area_struct **vma)
{
	*vma = vma_to_remap(mm, r);
	if (!*vma || may_not_expand(*vma, r))
		return -EFAULT;
	return pgoff_wraps(*vma, r) ? -EINVAL : 0;
}

static s64 mremap_to(struct mm_struct *mm, const struct remap *r)
{
	FN;
	struct remap rest = *r;
	struct vm_area_struct *vma;
	int ret;

	if (remap_check_fixed(r))
		return -EINVAL;
	ret = do_munmap(mm, r->new_addr, r->new_len);
	if (ret)
		return ret;
	if (r->old_len >= r->new_len) {
		ret = unmap_tail(mm, r);
		if (ret)
			return ret;
		rest.old_len = r->new_len;
	}
	ret = vma_to_resize(mm, &rest, &vma);
	return ret ? ret : move_vma(vma, &rest, r->new_addr);
}

static bool vma_expandable(const struct vm_area_struct *vma, u32 delta)
{
	u32 end = vma->vm_end + delta, limit = vma->vm_next ? vma->vm_next->vm_start : TASK_SIZE;

	return end >= vma->vm_end && end <= limit;
}

s64 do_mremap_2015(struct mm_struct *mm, const struct remap *r)
{
	FN_AS("do_mremap");
	struct vm_area_struct *vma;
	int ret;

	if (r->flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE))
		return -EINVAL;
	if (r->flags & MREMAP_FIXED && !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (r->addr & ~PAGE_MASK || !r->new_len)
		return -EINVAL;
	if (r->flags & MREMAP_FIXED)
		return mremap_to(mm, r);
	if (r->old_len >= r->new_len) {
		ret = unmap_tail(mm, r);
		return ret ? ret : (s64)r->addr;
	}
	ret = vma_to_resize(mm, r, &vma);
	if (ret)
		return ret;
	if (r->old_len == vma->vm_end - r->addr && vma_expandable(vma, r->new_len - r->old_len))
		return expand(vma, r);
	return relocate(vma, r);
}
