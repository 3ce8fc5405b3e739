/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way: fork and exit over a run of plain entries while nobody watches (sim/machine.h).
 *
 *	| plain | plain | plain | swap | plain | ...
 *	'--- a run, in one go --'      '---- the next
 *	                        '------' as ptes_2002.h, 2004.h, 2006.h have it, entry by entry
 *
 * An entry is plain if nothing comes of it but numbers: its page is there, is counted, has other
 * users and stays as it is. Then neither a function that can sleep is called nor can a BUG_ON come
 * true, so that nobody can tell in which order the steps were made, or whether each of them was
 * counted, charged and entered into the call stack by itself. What they come to is added up at the
 * end of a run by each era. Any other entry ends the run, untouched.
 *
 * A generation says in its own words what such an entry is to it, with two functions beside its
 * page_add_rmap and page_remove_rmap; false: not plain, nothing was done.
 *
 *	add_plain(page, ptep, ready)  *ptep will map page, which another pte does already
 *	remove_plain(page, ptep)      *ptep maps page, and is not the last
 *	count_plain_adds(nr), count_plain_removes(nr)      what so many of them count and charge
 *
 * or, if it keeps nothing but a count in the page, where that is and what it is for one mapping:
 *
 *	PLAIN_COUNT(page), PLAIN_ONE
 */
#ifndef MM_PTES_QUIET_H
#define MM_PTES_QUIET_H

#include "mm/ptes.h"

/* So many entries, and how many of them were of anonymous pages, where the era wants to know. */
struct plain_run {
	u32 nr, anon;
};

#ifndef RSS_BY_KIND
#define RSS_BY_KIND false
#endif

#ifdef QUIET

#ifdef PLAIN_COUNT
static inline bool add_plain(struct page *page, const pte_t *ptep, struct rmap_ready *ready)
{
	(void)ptep, (void)ready;
	PLAIN_COUNT(page)++;
	return true;
}

static inline bool remove_plain(struct page *page, const pte_t *ptep)
{
	(void)ptep;
	if (PLAIN_COUNT(page) <= PLAIN_ONE)
		return false;
	PLAIN_COUNT(page)--;
	return true;
}

#define count_plain_adds(nr) ((void)(nr))
#define count_plain_removes(nr) ((void)(nr))
#endif

/* NULL: not plain. */
static inline struct page *plain_page(pteval_t pte)
{
	struct page *page;

	if (!pte_present(pte) || !pfn_valid(pte_pfn(pte)))
		return NULL;
	page = pte_page(pte);
	return PageReserved(page) ? NULL : page;
}

/* At most nr entries from src_pte on, all in one table. */
static APART struct plain_run copy_plain_ptes(struct pte_copy *c, pte_t *dst_pte,
					      pte_t *src_pte, u32 nr)
{
	u32 parent = c->cow ? ~_PAGE_RW : ~0u;
	u32 child = (c->shared ? parent & ~_PAGE_DIRTY : parent) & ~_PAGE_ACCESSED;
	struct plain_run run = { 0 };
	pteval_t pte;

	for (; run.nr < nr; run.nr++, dst_pte = pte_step(dst_pte, pte_stride()),
			    src_pte = pte_step(src_pte, pte_stride())) {
		struct page *page = plain_page(pte = ptep_get(src_pte));

		if (!page || !add_plain(page, dst_pte, &c->ready))
			break;
		entry_set(src_pte, pte & parent);
		entry_set(dst_pte, pte & child);
		get_page(page);
		run.anon += RSS_BY_KIND && PageAnon(page);
	}
	count_n(ptes_copied, run.nr);
	count_plain_adds(run.nr);
	return run;
}

/* The same for entries that go. zaps_plainly is the era's: do D and A bits say nothing new? */
static APART struct plain_run zap_plain_ptes(struct mmu_gather *tlb, pte_t *ptep, u32 nr)
{
	struct plain_run run = { 0 };
	pteval_t pte;

	for (; !MUTANT_zap_keeps_rmap && run.nr < nr;
	       run.nr++, ptep = pte_step(ptep, pte_stride())) {
		struct page *page = plain_page(pte = ptep_get(ptep));

		if (!page || page_count(page) < 2 || PageSwapCache(page) ||
		    !zaps_plainly(page, pte) || !remove_plain(page, ptep))
			break;
		entry_set(ptep, 0);
		atomic_dec(&page->count);
		run.anon += RSS_BY_KIND && PageAnon(page);
	}
	count_n(ptes_zapped, run.nr);
	count_plain_removes(run.nr);
	tlb->need_flush |= run.nr > 0;
	return run;
}

#else

static inline struct plain_run copy_plain_ptes(struct pte_copy *c, pte_t *dst_pte,
					       pte_t *src_pte, u32 nr)
{
	(void)c, (void)dst_pte, (void)src_pte, (void)nr;
	return (struct plain_run){ 0 };
}

static inline struct plain_run zap_plain_ptes(struct mmu_gather *tlb, pte_t *ptep, u32 nr)
{
	(void)tlb, (void)ptep, (void)nr;
	return (struct plain_run){ 0 };
}

#endif
#endif
