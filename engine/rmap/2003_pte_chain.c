/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packed chains for every page, as in 2.6.0: mapped once, the page names its pte itself; mapped
 * more often, it has a chain of nodes of one cache line each. pte_chains.c has the chain and the
 * drawing; here is when the kernel touches it.
 *
 *	page_add_rmap(page, ptep, pte_chain)        gives pte_chain back, or NULL if it was used
 *
 * The caller brings the node: page_add_rmap runs under page_table_lock, and 2.5.27, which took its
 * nodes there, had to panic when there was none. The entry points of rmap.h hand on what
 * rmap_prepare got.
 *
 * Locking, outermost first: page_table_lock, page lock ... as everywhere, and PG_chainlock, which
 * guards page->pte, inside them. try_to_unmap comes from the chain lock and only tries
 * page_table_lock.
 *
 * Source: 2.6.0 mm/rmap.c; context lines of seed 002.
 */
#define RMAP_GENERATION
#include "rmap/pte_chains.h"

#include "mm/pgtable.h"
#include "mm/vm.h"

/* -- adding and removing ---------------------------------------------------------------------- */

static struct pte_chain *page_add_rmap(struct page *page, pte_t *ptep, struct pte_chain *pte_chain)
{
	FN;

	if (PageReserved(page))
		return pte_chain;
	pte_chain_lock(page);
	pte_chain = pte_chain_add(page, ptep, pte_chain);
	pte_chain_unlock(page);
	return pte_chain;
}

static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;

	if (!pfn_valid(page_to_pfn(page)) || PageReserved(page))
		return;
	pte_chain_lock(page);
	if (page->pte.direct) { /* not so: a driver's page, remap_page_range() */
		pte_chain_remove(page, ptep);
		if (!page->pte.direct)
			pte_chain_unmapped(page);
	}
	pte_chain_unlock(page);
}

/* -- reclaim ---------------------------------------------------------------------------------- */

static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	(void)is_locked;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag;

	if (page->pte.direct)
		referenced += pte_chain_referenced(page);
	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

static int try_to_unmap(struct page *page)
{
	FN;
	int ret;

	/* A reserved page is on no list that leads here. */
	BUG_ON(PageReserved(page));
	BUG_ON(!PageLocked(page));
	/* What is unmapped must be found again: in its file or in swap. */
	BUG_ON(!page->mapping);

	ret = pte_chain_unmap(page, VM_LOCKED);
	if (!page->pte.direct)
		pte_chain_unmapped(page);
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

static bool page_mapped(const struct page *page)
{
	return page->pte.direct != 0;
}

/* -- the contract ----------------------------------------------------------------------------- */

/* The first pte or one more: no difference. Who maps the page, and where, this generation reads off
 * the page table. */
static void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			  struct rmap_ready *ready)
{
	struct pte_chain *pte_chain = from_kaddr(ready->pte_chain);

	(void)vma, (void)address;
	ready->pte_chain = to_kaddr(page_add_rmap(page, ptep, pte_chain));
}

static bool in_chain(const struct machine *m, const struct page *page)
{
	(void)m;
	return !PageReserved(page);
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	(void)mappings;
	return pte_chain_check_all(m, in_chain, in_flight, flaw);
}

/* What mm/ptes_quiet.h wants to know. */
#define PLAIN_ASKED (1u << PG_reserved | 1u << PG_direct)
#define PLAIN_FLAGS 0u
#define begin_plain(way) begin_plain_chains(way)
#define add_plain(way, page, ptep, ready) add_plain_to_chain(way, page, ptep, ready)
#define remove_plain(way, page, ptep) remove_plain_from_chain(way, page, ptep)
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2004.h"

const struct rmap_ops RMAP_TABLE(2003_pte_chain) = {
	.name = "pte_chain, packed",
	.file = "engine/rmap/2003_pte_chain.c",
	.idea = "seven ptes to a cache line, and none for a page that is mapped once",
	.bytes_per_mapping = (L1_CACHE_BYTES + 6) / 7,
	.init = pte_chain_init,
	.prepare = pte_chain_prepare,
	.release = pte_chain_release,
	.page_add_anon_rmap = page_dup_rmap,
	.page_add_file_rmap = page_dup_rmap,
	.page_dup_rmap = page_dup_rmap,
	.page_remove_rmap = page_remove_rmap,
	.copy_ptes = copy_ptes,
	.zap_ptes = zap_pte_range,
	.page_referenced = page_referenced,
	.try_to_unmap = try_to_unmap,
	.page_mapped = page_mapped,
	.has_map_lock = true,
	.walk = pte_chain_walk,
	.mapcount = pte_chain_mapcount,
	.check = pte_chain_check,
	.check_all = check_all,
	.trail = pte_chain_trail,
};
