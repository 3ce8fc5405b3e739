/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One vma, one pte, as 2.6.8 and seed 001 went about it. A fault takes page_table_lock first and
 * the locks of rmap inside; these functions come with the locks of rmap held, so they only try it.
 * A page table that somebody has locked answers "not used" or "again".
 *
 * Source: 2.6.8 mm/rmap.c, seed 001; has_swap_token: 2.6.9.
 */
#include "rmap/objrmap.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

int page_referenced_one_2004(struct page *page, struct vm_area_struct *vma,
			     struct rmap_search *search, const struct file_rmap *how)
{
	FN_AS("page_referenced_one");
	struct mm_struct *mm = vma->vm_mm;
	int referenced = 0;
	u32 address;
	pte_t *pte;

	if (mm_idle(mm))
		return 0;
	address = vma_address(page, vma);
	if (address == NOT_IN_VMA)
		return 0;
	if (!trylock_page_table(page, mm, address)) {
		search->failed++;
		return 0;
	}
	pte = page_pte(page, mm, address);
	if (pte) {
		referenced += clear_young(vma, address, pte, how);
		referenced += spared_by_token(mm);
		search->mapcount--;
	}
	spin_unlock(&mm->page_table_lock);
	return referenced;
}

/*
 * Is somebody at work on the page who has no pte of it? get_user_pages has broken the sharing of an
 * anonymous page and counted itself. Unmap it now, and the next write fault would find a count too
 * high to keep the page, and copy it. So a page of the swap cache may have its ptes, the cache and
 * the reclaimer as users, nobody else.
 */
static bool held_by_others(const struct page *page, const struct file_rmap *how)
{
	return PageSwapCache(page) && page_count(page) != (s32)how->page_mapcount(page) + 2;
}

/* page_table_lock held, the pte maps the page. */
static int unmap_one(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *pte,
		     const struct file_rmap *how)
{
	if (must_stay(page, vma, address, pte, how))
		return SWAP_FAIL;
	if (held_by_others(page, how)) {
		EV(UNMAP_SPARE, page_to_pfn(page), vma->vm_mm->pid, address, 1);
		return SWAP_FAIL;
	}
	unmap_pte(page, vma, address, pte);
	if (how->unmapped)
		how->unmapped(page, pte);
	else
		how->page_remove_rmap(page, pte);
	page_cache_release(page);
	return SWAP_AGAIN;
}

int try_to_unmap_one_2004(struct page *page, struct vm_area_struct *vma,
			  const struct file_rmap *how)
{
	FN_AS("try_to_unmap_one");
	struct mm_struct *mm = vma->vm_mm;
	int ret = SWAP_AGAIN;
	u32 address;
	pte_t *pte;

	if (mm_idle(mm))
		return ret;
	address = vma_address(page, vma);
	if (address == NOT_IN_VMA)
		return ret;
	/* It keeps faults, munmap and fork away from the pte. */
	if (!trylock_page_table(page, mm, address))
		return ret;
	pte = page_pte(page, mm, address);
	if (pte)
		ret = unmap_one(page, vma, address, pte, how);
	spin_unlock(&mm->page_table_lock);
	return ret;
}
