/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of one page table, as fork copies and munmap and exit clear them, in 2.6.0 to 2.6.9.
 * See mm/ptes.h for who includes this; memory_2004.c goes from table to table.
 *
 * Source: 2.6.0, 2.6.5, 2.6.8 and 2.6.9 mm/memory.c.
 */
#ifndef MM_PTES_2004_H
#define MM_PTES_2004_H

#include "mm/ptes.h"

/* Was it of the page cache, so that a use of it counts? */
static inline bool is_file_page(const struct page *page)
{
	if (wants_chain_nodes())
		return page->mapping && !PageSwapCache(page);
	return !PageAnon(page);
}

/* For mm/ptes_quiet.h. The last word on whether a page is dirty, or was used, is a pte that
 * goes. */
static inline u32 zap_flags(u32 pte)
{
	return pte_dirty(pte) ? 1u << PG_dirty : 0;
}

static inline bool zaps_plainly(const struct page *page, u32 pte)
{
	return !pte_young(pte) || !is_file_page(page);
}

#include "mm/ptes_quiet.h"

/* -- fork ------------------------------------------------------------------------------------ */

/* A page of the parent has one more user. Both page_table_locks held. */
static void copy_page_pte(struct pte_copy *c, struct page *page, u32 address, pte_t *dst_pte,
			  pte_t *src_pte)
{
	pteval_t pte = ptep_get(src_pte);

	if (c->cow) {
		ptep_set_wrprotect(src_pte);
		pte = ptep_get(src_pte);
	}
	if (c->shared)
		pte = pte_mkclean(pte);
	charge_copy(address);
	get_page(page);
	c->dst->rss++;
	set_pte(dst_pte, pte_mkold(pte));
	page_dup_rmap(page, c->vma, address, dst_pte, &c->ready);
}

/* true: it is a page, and a node may have been used up. */
static bool copy_one_pte(struct pte_copy *c, u32 address, pte_t *dst_pte, pte_t *src_pte)
{
	pteval_t pte = ptep_get(src_pte);
	struct page *page;

	if (pte_none(pte))
		return false;
	count(ptes_copied);
	if (!pte_present(pte)) {
		/* A place in swap has one more user, a place in a file has not. */
		if (!pte_file(pte) && !MUTANT_fork_no_swap_duplicate)
			swap_duplicate(pte_to_swp_entry(pte));
		set_pte(dst_pte, pte);
		return false;
	}
	page = vm_normal_page(pte);
	if (!page) {
		set_pte(dst_pte, pte);
		return false;
	}
	copy_page_pte(c, page, address, dst_pte, src_pte);
	return true;
}

/* The plain ones among the next; how many. */
static u32 copy_run(struct pte_copy *c, u32 address, pte_t *dst_pte, pte_t *src_pte, u32 nr)
{
	struct plain_run run = copy_plain_ptes(c, dst_pte, src_pte, nr);

	charge_copies(address, run.nr);
	c->dst->rss += run.nr;
	return run.nr;
}

/* Until end, or until the next page wants a node that cannot be had without waiting. */
static ALL_IN_ONE u32 copy_ptes(struct pte_copy *c, u32 address, u32 end)
{
	pte_t *dst_pte = pte_offset(c->dst, address);
	pte_t *src_pte = pte_offset_map_nested(c->src, address);
	u32 nr, stride = pte_stride();
	bool more = true;

	for (; more && address < end; address += PAGE_SIZE) {
		nr = copy_run(c, address, dst_pte, src_pte, (end - address) >> PAGE_SHIFT);
		address += nr << PAGE_SHIFT;
		if (address == end)
			break;
		dst_pte = pte_step(dst_pte, nr * stride);
		src_pte = pte_step(src_pte, nr * stride);
		if (copy_one_pte(c, address, dst_pte, src_pte))
			more = node_at_hand(c);
		dst_pte = pte_step(dst_pte, stride);
		src_pte = pte_step(src_pte, stride);
	}
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
	if (pte_dirty(pte))
		set_page_dirty(page);
	if (pte_young(pte) && is_file_page(page))
		mark_page_accessed(page);
	z->tlb->freed++;
	if (!MUTANT_zap_keeps_rmap)
		page_remove_rmap(page, ptep);
	tlb_remove_page(z->tlb, page);
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

/* The plain ones among the next; how many. Whoever wants pages spared looks at each. */
static u32 zap_run(struct pte_zap *z, pte_t *ptep, u32 nr)
{
	struct plain_run run = zap_plain_ptes(z->tlb, ptep, z->details ? 0 : nr);

	charge_n(CACHE_LINE, run.nr);
	z->tlb->freed += run.nr;
	return run.nr;
}

/* [address, end) lies in one page table. */
static ALL_IN_ONE u32 zap_pte_range(struct pte_zap *z, u32 address, u32 end)
{
	FN;
	pte_t *ptep = pte_offset_map(z->vma->vm_mm, address);
	u32 nr, stride = pte_stride();
	pteval_t pte;

	for (; address < end; address += PAGE_SIZE, ptep = pte_step(ptep, stride)) {
		nr = zap_run(z, ptep, (end - address) >> PAGE_SHIFT);
		address += nr << PAGE_SHIFT;
		if (address == end)
			break;
		ptep = pte_step(ptep, nr * stride);
		pte = ptep_get(ptep);
		if (pte_none(pte))
			continue;
		if (likely(pte_present(pte)))
			zap_present_pte(z, address, ptep);
		else
			zap_absent_pte(z, ptep);
	}
	return address;
}

#endif
