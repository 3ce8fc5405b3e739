/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of one page table, as fork copies and munmap and exit clear them, in 2.6.16 and 4.0.
 * See mm/ptes.h for who includes this; memory_2006.c goes from table to table.
 *
 * Source: kernel-late.md C (2.6.16 by its neighbours 2.6.14 and 2.6.18; 4.0 mm/memory.c).
 */
#ifndef MM_PTES_2006_H
#define MM_PTES_2006_H

#include "mm/ptes.h"
#include "mm/rss.h"

/* For mm/ptes_quiet.h. The last word on whether a page of a file is dirty, or was used, is a pte
 * that goes. */
#define zap_flags(pte) ((void)(pte), 0)

static inline bool zaps_plainly(const struct page *page, u32 pte)
{
	return PageAnon(page) || (!pte_young(pte) && (!pte_dirty(pte) || PageDirty(page)));
}

#define RSS_BY_KIND true
#include "mm/ptes_quiet.h"

/* -- fork ------------------------------------------------------------------------------------ */

/* Only who has something in swap is on mmlist, behind its parent: swapoff must not miss it. */
static void mmlist_follow(struct mm_struct *dst, struct mm_struct *src)
{
	if (!VM->kernel->mmlist_swapped || !list_empty(&dst->mmlist))
		return;
	spin_lock(&VM->mmlist_lock);
	if (list_empty(&dst->mmlist)) {
		list_add(&dst->mmlist, &src->mmlist);
		VM->mmlist_nr++;
	}
	spin_unlock(&VM->mmlist_lock);
}

/* false: the slot cannot be counted once more under the locks (c->full). */
static bool copy_absent_pte(struct pte_copy *c, pte_t *dst_pte, pteval_t pte)
{
	if (!pte_file(pte)) {
		swp_entry_t entry = pte_to_swp_entry(pte);

		if (!MUTANT_fork_no_swap_duplicate && swap_duplicate(entry) < 0) {
			c->full = entry;
			return false;
		}
		mmlist_follow(c->dst, c->src);
	}
	set_pte(dst_pte, pte);
	return true;
}

/* Both locks are held. false: not copied, see c->full. */
static bool copy_one_pte(struct pte_copy *c, u32 address, pte_t *dst_pte, pte_t *src_pte)
{
	struct page *page;
	pteval_t pte = ptep_get(src_pte);

	count(ptes_copied);
	if (!pte_present(pte))
		return copy_absent_pte(c, dst_pte, pte);
	if (c->cow) {
		ptep_set_wrprotect(src_pte);
		pte = ptep_get(src_pte);
	}
	if (c->shared)
		pte = pte_mkclean(pte);
	page = vm_normal_page(pte);
	if (page) {
		charge_copy(address);
		get_page(page);
		page_dup_rmap(page, c->vma, address, dst_pte, &c->ready);
		if (PageAnon(page))
			c->anon_rss++;
		else
			c->file_rss++;
	}
	set_pte(dst_pte, pte_mkold(pte));
	return true;
}

/* The plain ones among the next; how many. */
static u32 copy_run(struct pte_copy *c, u32 address, pte_t *dst_pte, pte_t *src_pte, u32 nr)
{
	struct plain_run run = copy_plain_ptes(c, dst_pte, src_pte, nr);

	charge_copies(address, run.nr);
	c->anon_rss += run.anon;
	c->file_rss += run.nr - run.anon;
	return run.nr;
}

static void add_mm_rss(struct pte_copy *c)
{
	if (c->file_rss)
		add_mm_counter(c->dst, file_rss, c->file_rss);
	if (c->anon_rss)
		add_mm_counter(c->dst, anon_rss, c->anon_rss);
	c->file_rss = c->anon_rss = 0;
}

/*
 * Copy until end, or until somebody waits for the cpu; that is asked every 32 steps, where a pte
 * that was copied counts for eight. Returns how far it came.
 */
static ALL_IN_ONE u32 copy_ptes(struct pte_copy *c, u32 address, u32 end)
{
	pte_t *dst_pte = pte_offset_map(c->dst, address);
	pte_t *src_pte = pte_offset_map_nested(c->src, address);
	spinlock_t *dst_ptl = pte_lockptr(c->dst, dst_pte), *src_ptl = pte_lockptr(c->src, src_pte);
	u32 nr, progress = 0, stride = pte_stride();

	spin_lock(dst_ptl);
	spin_lock_nested(src_ptl);
	for (; address < end; address += PAGE_SIZE, dst_pte = pte_step(dst_pte, stride),
			      src_pte = pte_step(src_pte, stride)) {
		nr = copy_run(c, address, dst_pte, src_pte, (end - address) >> PAGE_SHIFT);
		address += nr << PAGE_SHIFT;
		if (address == end)
			break;
		dst_pte = pte_step(dst_pte, nr * stride);
		src_pte = pte_step(src_pte, nr * stride);
		if (progress >= 32) {
			progress = 0;
			if (current->need_resched)
				break;
		}
		progress++;
		if (pte_none(ptep_get(src_pte)))
			continue;
		if (!copy_one_pte(c, address, dst_pte, src_pte))
			break;
		progress += 7;
	}
	spin_unlock(src_ptl);
	add_mm_rss(c);
	spin_unlock(dst_ptl);
	return address;
}

/* -- munmap and exit ------------------------------------------------------------------------- */

/* Does the caller want to spare this page? */
static bool is_spared(const struct pte_zap *z, const struct page *page)
{
	const struct zap_details *d = z->details;

	if (likely(!d) || !page)
		return false;
	/* Invalidation, which is no truncation, leaves private copies alone. */
	if (d->check_mapping && d->check_mapping != page->mapping)
		return true;
	/* In a nonlinear vma any page may be at any place. */
	return d->nonlinear_vma && (page->index < d->first_index || page->index > d->last_index);
}

/* A page goes, and what its entry knew of it is noted. */
static void zap_page(struct pte_zap *z, struct page *page, pteval_t pte, pte_t *ptep)
{
	if (PageAnon(page)) {
		z->anon_rss++;
	} else {
		if (pte_dirty(pte))
			set_page_dirty(page);
		if (pte_young(pte))
			mark_page_accessed(page);
		z->file_rss++;
	}
	if (!MUTANT_zap_keeps_rmap)
		page_remove_rmap(page, ptep);
	tlb_remove_page(z->tlb, page);
}

static void zap_present_pte(struct pte_zap *z, u32 address, pte_t *ptep)
{
	struct page *page = vm_normal_page(ptep_get(ptep));
	pteval_t pte;

	if (is_spared(z, page))
		return;
	count(ptes_zapped);
	pte = ptep_get_and_clear(ptep);
	tlb_remove_tlb_entry(z->tlb);
	if (!page)
		return;
	charge(CACHE_LINE); /* struct page, by now no longer in the cache */
	if (unlikely(z->details) && z->details->nonlinear_vma &&
	    linear_page_index(z->vma, address) != page->index)
		set_pte(ptep, pgoff_to_pte(page->index));
	zap_page(z, page, pte, ptep);
}

/* A place in swap or in a file. Whoever only invalidates or has other pages in mind leaves it. */
static void zap_absent_pte(const struct pte_zap *z, pte_t *ptep)
{
	if (z->details)
		return;
	count(ptes_zapped);
	if (!pte_file(ptep_get(ptep)))
		free_swap_and_cache(pte_to_swp_entry(ptep_get(ptep)));
	pte_clear(ptep);
}

static void take_off_rss(struct pte_zap *z)
{
	struct mm_struct *mm = z->vma->vm_mm;

	if (z->file_rss)
		add_mm_counter(mm, file_rss, -(s32)z->file_rss);
	if (z->anon_rss)
		add_mm_counter(mm, anon_rss, -(s32)z->anon_rss);
	z->file_rss = z->anon_rss = 0;
}

/* The plain ones among the next; how many. Whoever wants pages spared looks at each. */
static u32 zap_run(struct pte_zap *z, pte_t *ptep, u32 nr)
{
	u32 until = (u32)((z->work + PAGE_SIZE - 1) >> PAGE_SHIFT);
	struct plain_run run = zap_plain_ptes(z->tlb, ptep, z->details ? 0 :
						       nr < until ? nr : until);

	charge_n(CACHE_LINE, run.nr);
	z->work -= (s64)run.nr * PAGE_SIZE;
	z->anon_rss += run.anon;
	z->file_rss += run.nr - run.anon;
	return run.nr;
}

/* [address, end) lies in one page table. Returns how far it came. */
static ALL_IN_ONE u32 zap_pte_range(struct pte_zap *z, u32 address, u32 end)
{
	FN;
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(z->vma->vm_mm, address, &ptl);
	u32 nr, stride = pte_stride();
	pteval_t pte;

	for (; address < end && z->work > 0; address += PAGE_SIZE, ptep = pte_step(ptep, stride)) {
		nr = zap_run(z, ptep, (end - address) >> PAGE_SHIFT);
		address += nr << PAGE_SHIFT;
		if (address == end || z->work <= 0)
			break;
		ptep = pte_step(ptep, nr * stride);
		pte = ptep_get(ptep);
		if (pte_none(pte)) {
			z->work--;
			continue;
		}
		z->work -= PAGE_SIZE;
		if (likely(pte_present(pte)))
			zap_present_pte(z, address, ptep);
		else
			zap_absent_pte(z, ptep);
	}
	take_off_rss(z);
	spin_unlock(ptl);
	return address;
}

#endif
