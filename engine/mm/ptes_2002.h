/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of one page table, as fork copies and munmap and exit clear them, in 2.5. See
 * mm/ptes.h for who includes this; memory.c goes from table to table.
 *
 *	parent   | pte 1 | pte 2 | swap | none | ...      entry by entry, in one pass:
 *	            |       |       |                     what can be written by one of them only
 *	            v       v       v                     becomes read-only in both (COW), a page
 *	child    | pte 1 | pte 2 | swap | none | ...      or slot has one more user, and the rmap
 *	                                                  learns of the child's entry
 *
 * Every entry that is set or cleared tells the rmap, and these calls are what seed 000 added here.
 * It also made fork protect every pte of a COW mapping; a generation that defines FORK_ASKS_WRITE
 * as true protects those that can be written, and no others (2.5.26).
 *
 * Source: 2.5.26 mm/memory.c with seed 000.
 */
#ifndef MM_PTES_2002_H
#define MM_PTES_2002_H

#include "mm/ptes.h"

/* For mm/ptes_quiet.h. The last word on whether a page is dirty is a pte that goes. */
static inline u32 zap_flags(u32 pte)
{
	return pte_dirty(pte) ? 1u << PG_dirty : 0;
}
#define zaps_plainly(page, pte) ((void)(page), (void)(pte), true)

#include "mm/ptes_quiet.h"

#ifndef FORK_ASKS_WRITE
#define FORK_ASKS_WRITE false
#endif

/* -- fork ------------------------------------------------------------------------------------ */

/* A pte of the parent into the child. Both page_table_locks held. */
static void copy_one_pte(struct pte_copy *c, pte_t *dst_pte, pte_t *src_pte)
{
	pteval_t pte = ptep_get(src_pte);
	struct page *page;

	if (pte_none(pte))
		return;
	count(ptes_copied);
	/* A place in swap has one more user. */
	if (!pte_present(pte)) {
		if (!MUTANT_fork_no_swap_duplicate)
			swap_duplicate(pte_to_swp_entry(pte));
		set_pte(dst_pte, pte);
		return;
	}
	page = pte_page(pte);
	if (pfn_valid(pte_pfn(pte)) && !PageReserved(page)) {
		if (c->cow && (!FORK_ASKS_WRITE || pte_write(pte))) {
			ptep_set_wrprotect(src_pte);
			pte = ptep_get(src_pte);
		}
		if (c->shared)
			pte = pte_mkclean(pte);
		pte = pte_mkold(pte);
		get_page(page);
		c->dst->rss++;
	}
	set_pte(dst_pte, pte);
	page_add_rmap(page, dst_pte); /* passes over what is reserved or no page */
}

/* The plain ones among the next; how many. */
static u32 copy_run(struct pte_copy *c, pte_t *dst_pte, pte_t *src_pte, u32 nr)
{
	struct plain_run run = copy_plain_ptes(c, dst_pte, src_pte, nr);

	c->dst->rss += run.nr;
	return run.nr;
}

static ALL_IN_ONE u32 copy_ptes(struct pte_copy *c, u32 address, u32 end)
{
	pte_t *dst_pte = pte_offset(c->dst, address);
	pte_t *src_pte = pte_offset_map_nested(c->src, address);
	u32 nr, stride = pte_stride();

	for (; address < end; address += PAGE_SIZE) {
		nr = copy_run(c, dst_pte, src_pte, (end - address) >> PAGE_SHIFT);
		address += nr << PAGE_SHIFT;
		if (address == end)
			break;
		dst_pte = pte_step(dst_pte, nr * stride);
		src_pte = pte_step(src_pte, nr * stride);
		copy_one_pte(c, dst_pte, src_pte);
		dst_pte = pte_step(dst_pte, stride);
		src_pte = pte_step(src_pte, stride);
	}
	return address;
}

/* -- munmap and exit ------------------------------------------------------------------------- */

static void zap_present_pte(struct mmu_gather *tlb, pte_t *ptep)
{
	pteval_t pte = ptep_get_and_clear(ptep);
	struct page *page;

	if (!pfn_valid(pte_pfn(pte)))
		return;
	page = pte_page(pte);
	if (PageReserved(page))
		return;
	if (pte_dirty(pte))
		set_page_dirty(page);
	tlb->freed++;
	if (!MUTANT_zap_keeps_rmap)
		page_remove_rmap(page, ptep);
	tlb_remove_page(tlb, page);
}

/* The plain ones among the next; how many. */
static u32 zap_run(struct mmu_gather *tlb, pte_t *ptep, u32 nr)
{
	struct plain_run run = zap_plain_ptes(tlb, ptep, nr);

	tlb->freed += run.nr;
	return run.nr;
}

/* [address, end) lies in one page table. */
static ALL_IN_ONE u32 zap_pte_range(struct pte_zap *z, u32 address, u32 end)
{
	FN;
	struct mmu_gather *tlb = z->tlb;
	pte_t *ptep = pte_offset_map(tlb->mm, address);
	u32 nr, stride = pte_stride();
	pteval_t pte;

	for (; address < end; address += PAGE_SIZE, ptep = pte_step(ptep, stride)) {
		nr = zap_run(tlb, ptep, (end - address) >> PAGE_SHIFT);
		address += nr << PAGE_SHIFT;
		if (address == end)
			break;
		ptep = pte_step(ptep, nr * stride);
		pte = ptep_get(ptep);
		if (pte_none(pte))
			continue;
		count(ptes_zapped);
		if (likely(pte_present(pte))) {
			zap_present_pte(tlb, ptep);
		} else {
			free_swap_and_cache(pte_to_swp_entry(pte));
			pte_clear(ptep);
		}
	}
	return address;
}

#endif
