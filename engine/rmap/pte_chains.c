/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packed chains: what is asked of them. What they are and how they grow and shrink is in
 * pte_chains.h.
 *
 * Source: 2.6.0 and 2.6.5 mm/rmap.c; seed 002 shows most of it as context.
 */
#define RMAP_GENERATION
#include "rmap/pte_chains.h"

#include <errno.h>
#include "mm/pgtable.h"
#include "mm/vm.h"

/* -- nodes ------------------------------------------------------------------------------------ */

bool pte_chain_init(void)
{
	VM->pte_chain_cachep = kmem_cache_create_in_frames("pte_chain", L1_CACHE_BYTES);
	return VM->pte_chain_cachep != NULL;
}

void pte_chain_free(struct pte_chain *pte_chain)
{
	if (pte_chain)
		__pte_chain_free(pte_chain);
}

int pte_chain_prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask)
{
	(void)vma;
	if (!ready->pte_chain)
		ready->pte_chain = to_kaddr(pte_chain_alloc(gfp_mask));
	return ready->pte_chain ? 0 : -ENOMEM;
}

void pte_chain_release(struct rmap_ready *ready)
{
	pte_chain_free(pte_chain_at(ready->pte_chain));
	ready->pte_chain = 0;
}

/* -- walking ---------------------------------------------------------------------------------- */

/* The pte a slot names is another one. */
static pte_t *visit_pte(const struct page *page, pte_addr_t pte_paddr)
{
	pte_t *ptep = rmap_ptep_map(pte_paddr);

	count(ptes_visited);
	charge(CACHE_LINE);
	EV(RMAP_WALK, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep));
	return ptep;
}

/* -- asking ----------------------------------------------------------------------------------- */

/* The only pte of a chain; its node is freed. */
static void chain_to_direct(struct page *page)
{
	struct pte_chain *pc = pte_chain_at(page->pte.chain);

	set_pte_direct(page, pte_slot(current->machine, pc, NRPTE - 1));
	SetPageDirect(page);
	set_pte_slot(pc, NRPTE - 1, 0);
	__pte_chain_free(pc);
	EV(CHAIN_COLLAPSE, page_to_pfn(page), to_kaddr(pc));
}

/* Each node from its last slot down, as 2.6.0 does it; try_to_unmap goes the other way. */
int pte_chain_referenced(struct page *page)
{
	int referenced = 0, nr_chains = 0;
	const struct machine *m = current->machine;
	struct pte_chain *pc;
	u32 i;

	if (PageDirect(page))
		return ptep_test_and_clear_young(visit_pte(page, pte_direct(m, page)));
	for (pc = pte_chain_at(page->pte.chain); pc; pc = pte_chain_next(pc)) {
		visit_node();
		for (i = NRPTE; i-- > pte_chain_idx(pc); nr_chains++)
			if (ptep_test_and_clear_young(visit_pte(page, pte_slot(m, pc, i))))
				referenced++;
	}
	if (nr_chains == 1)
		chain_to_direct(page);
	return referenced;
}

/* -- unmapping -------------------------------------------------------------------------------- */

/* Take the page table from its process, if it can be had at once. */
static bool lock_page_table(struct mm_struct *mm)
{
	if (!MUTANT_unmap_waits)
		return spin_trylock(&mm->page_table_lock);
	spin_lock_nested(&mm->page_table_lock); /* plain spin_lock would report the order */
	return true;
}

/* May this mapping go? In the middle of mremap it may lie in no vma. NULL: it must stay. */
static struct vm_area_struct *vma_to_unmap(struct page *page, struct mm_struct *mm, u32 address,
					   u32 vm_flags)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	count(vmas_visited);
	if (vma && !(vma->vm_flags & vm_flags))
		return vma;
	EV(UNMAP_FAIL, page_to_pfn(page), mm->pid, address, vma != NULL);
	return NULL;
}

/*
 * What the pte says from now on: the slot in swap; which page of the file belongs there, if it is
 * not the one a fault would look for; nothing. Returns the slot, or 0.
 */
static u32 leave_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	swp_entry_t entry = page_swap_entry(page);

	if (PageSwapCache(page)) {
		swap_duplicate(entry);
		set_pte(ptep, swp_entry_to_pte(entry));
		BUG_ON(pte_file(ptep_get(ptep)));
		return entry.val;
	}
	if (page->index != linear_page_index(vma, address)) {
		set_pte(ptep, pgoff_to_pte(page->index));
		BUG_ON(!pte_file(ptep_get(ptep)));
	}
	return 0;
}

/* Nuke one pte. page_table_lock of mm held. */
static void unmap_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	struct mm_struct *mm = vma->vm_mm;
	pteval_t pte = ptep_get_and_clear(ptep);
	u32 slot;

	flush_tlb_page(vma, address);
	slot = leave_pte(page, vma, address, ptep);

	/* The last word on whether the page is dirty is the pte that is gone now. */
	if (!MUTANT_unmap_drops_dirty && pte_dirty(pte))
		set_page_dirty(page);

	mm->rss--;
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), mm->pid, address, slot, !pte_none(ptep_get(ptep)));
	page_cache_release(page);
}

static int try_to_unmap_one(struct page *page, pte_addr_t pte_paddr, u32 vm_flags)
{
	FN;
	pte_t *ptep = visit_pte(page, pte_paddr);
	u32 address = ptep_to_address(ptep);
	struct mm_struct *mm = ptep_to_mm(ptep);
	struct vm_area_struct *vma;

	BUG_ON(!mm);

	/* page_table_lock keeps faults, munmap and fork away from the pte. */
	if (!lock_page_table(mm)) {
		count(rmap_trylock_failed);
		EV(UNMAP_AGAIN, page_to_pfn(page), mm->pid, address);
		return SWAP_AGAIN;
	}
	vma = vma_to_unmap(page, mm, address, vm_flags);
	if (vma)
		unmap_pte(page, vma, address, ptep);
	spin_unlock(&mm->page_table_lock);
	return vma ? SWAP_SUCCESS : SWAP_FAIL;
}

static int unmap_direct(struct page *page, u32 vm_flags)
{
	int ret = try_to_unmap_one(page, pte_direct(current->machine, page), vm_flags);

	if (ret == SWAP_SUCCESS) {
		page->pte.direct = 0;
		ClearPageDirect(page);
	}
	return ret;
}

/*
 * The ptes of one node, from slot idx on. A hole is filled with the lowest pte of the head, which
 * was tried already, or is the one that is gone. When the head runs empty it is a node that lies
 * behind this walk, or pc itself after its last slot. *ret says what was missed.
 */
static bool unmap_node(struct page *page, struct pte_chain *pc, u32 vm_flags, int *ret)
{
	u32 i;

	for (i = pte_chain_idx(pc); i < NRPTE; i++) {
		switch (try_to_unmap_one(page, pte_slot(current->machine, pc, i), vm_flags)) {
		case SWAP_SUCCESS:
			fill_hole(page, pc, i);
			break;
		case SWAP_AGAIN:
			*ret = SWAP_AGAIN;
			break;
		case SWAP_FAIL:
			*ret = SWAP_FAIL;
			return false;
		}
	}
	return true;
}

int pte_chain_unmap(struct page *page, u32 vm_flags)
{
	struct pte_chain *pc, *next_pc;
	int ret = SWAP_SUCCESS;

	if (PageDirect(page))
		return unmap_direct(page, vm_flags);
	for (pc = pte_chain_at(page->pte.chain); pc; pc = next_pc) {
		next_pc = pte_chain_next(pc);
		visit_node();
		if (!unmap_node(page, pc, vm_flags, &ret))
			break;
	}
	return ret;
}

void pte_chain_unmapped(struct page *page)
{
	BUG_ON(page->pte.direct);
	VM->nr_mapped--;
}
