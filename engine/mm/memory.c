/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables, table by table: made on the first fault, copied by fork, cleared by munmap and exit.
 * What is done with the entries of one table is drawn and done in ptes_2002.h; what a fault does
 * with a single one is in memory_fault.c.
 *
 * Source: 2.5.26 mm/memory.c with seed 000.
 */
#define MEMORY_GENERATION
#include "mm/ptes.h"

#include <errno.h>

/* -- page tables ----------------------------------------------------------------------------- */

static struct page *pgd_page(pgdval_t pgd)
{
	return pfn_to_page(pgd_pfn(pgd));
}

/* pmd_populate; the pmd is folded into the pgd. */
static void pgd_populate(struct mm_struct *mm, pgd_t *pgd, struct page *table, u32 address)
{
	entry_set(pgd, pfn_pte(page_to_pfn(table), _PAGE_TABLE));
	mm->nr_ptes++;
	EV(PT_ALLOC, page_to_pfn(table), mm->pid, address & pmd_mask());
}

pte_t *pte_alloc_map(struct mm_struct *mm, pgd_t *pgd, u32 address)
{
	FN;
	struct page *new;

	if (pgd_none_or_bad(pgd)) {
		spin_unlock(&mm->page_table_lock);
		new = pte_alloc_one();
		spin_lock(&mm->page_table_lock);
		if (!new)
			return NULL;
		/* The lock was dropped: somebody else may have filled the entry. */
		if (!pgd_none(pgd_get(pgd))) {
			pte_free(new);
		} else {
			pgtable_add_rmap(new, mm, address);
			pgd_populate(mm, pgd, new, address);
		}
	}
	return pte_offset_map(mm, address);
}

/* From 2.6.15 on tables are allocated without the lock, which is only taken to hook them up. */
int __pte_alloc(struct mm_struct *mm, pgd_t *pgd, u32 address)
{
	FN;
	struct page *new = pte_alloc_one();

	if (!new)
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (!pgd_none(pgd_get(pgd))) {
		pte_free(new); /* somebody else was faster */
	} else {
		pgtable_add_rmap(new, mm, address);
		pgd_populate(mm, pgd, new, address);
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/* The page table behind a directory entry. */
static void free_one_pmd(struct mmu_gather *tlb, pgd_t *dir)
{
	struct page *page;

	if (pgd_none_or_bad(dir))
		return;
	page = pgd_page(pgd_get(dir));
	entry_set(dir, 0);
	tlb->mm->nr_ptes--;
	EV(PT_FREE, page_to_pfn(page), tlb->mm->pid);
	pgtable_remove_rmap(page);
	tlb_remove_page(tlb, page);
}

void clear_page_tables(struct mmu_gather *tlb, u32 first, u32 nr)
{
	FN;
	const struct machine *m = current->machine;
	u32 i, n = ptrs_per_pte(m), stride = entry_bytes(m);
	char *dir = NULL;

	for (i = first; i < first + nr; i++, dir += stride) {
		if (!dir || (i & (n - 1)) == 0)
			dir = (char *)table_slot(m, mm_cr3(tlb->mm), i);
		if (!pgd_none(entry_get(m, dir)))
			free_one_pmd(tlb, (pgd_t *)dir);
	}
}

/* -- fork ------------------------------------------------------------------------------------ */

/* The part of a vma that one page table covers: [address, end). */
static int copy_pte_range(struct pte_copy *c, u32 address, u32 end)
{
	if (!pte_alloc_map(c->dst, pgd_offset(c->dst, address), address))
		return -ENOMEM;
	spin_lock_nested(&c->src->page_table_lock);
	pte_loops()->copy_ptes(c, address, end);
	spin_unlock(&c->src->page_table_lock);
	return 0;
}

static int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	FN;
	struct pte_copy c = pte_copy_of(dst, src, vma);
	u32 address, next;

	for (address = vma->vm_start; address < vma->vm_end; address = next) {
		next = pgd_end(address, vma->vm_end);
		if (pgd_none_or_bad(pgd_offset(src, address)))
			continue;
		if (copy_pte_range(&c, address, next))
			return -ENOMEM;
	}
	return 0;
}

/* -- munmap and exit ------------------------------------------------------------------------- */

static void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
			     const struct zap_details *details)
{
	FN;
	struct pte_zap z = { .tlb = tlb, .vma = vma };
	u32 address, next;

	(void)details;
	BUG_ON(start >= end);
	for (address = start; address < end; address = next) {
		next = pgd_end(address, end);
		if (!pgd_none_or_bad(pgd_offset(vma->vm_mm, address)))
			pte_loops()->zap_ptes(&z, address, next);
	}
}

static void zap_page_range(struct vm_area_struct *vma, u32 start, u32 end,
			   const struct zap_details *details)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_gather *tlb;

	spin_lock(&mm->page_table_lock);
	tlb = tlb_gather_mmu(mm);
	unmap_page_range(tlb, vma, start, end, details);
	tlb_finish_mmu(tlb, start, end);
	spin_unlock(&mm->page_table_lock);
}

/* -- truncation ------------------------------------------------------------------------------ */

/* i_shared_lock held. */
static void vmtruncate_list(struct list_head *head, u32 pgoff)
{
	FN;
	struct list_head *curr;

	list_for_each(curr, head) {
		struct vm_area_struct *vma = list_entry(curr, struct vm_area_struct, shared);
		u32 pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT, keep;

		keep = vma->vm_pgoff < pgoff ? pgoff - vma->vm_pgoff : 0;
		if (keep < pages)
			zap_page_range(vma, vma->vm_start + (keep << PAGE_SHIFT), vma->vm_end,
				       NULL);
	}
}

/* Up to 2.5.66 there is only truncation, which takes everything from first on from everybody. */
static void unmap_behind(struct address_space *mapping, u32 first, u32 last, bool even_cows)
{
	(void)last, (void)even_cows;
	spin_lock(&mapping->i_shared_lock);
	vmtruncate_list(&mapping->i_mmap, first);
	vmtruncate_list(&mapping->i_mmap_shared, first);
	spin_unlock(&mapping->i_shared_lock);
}

const struct memory_ops memory_2002 = {
	.name = "2002",
	.handle_mm_fault = handle_mm_fault_2002,
	.copy_page_range = copy_page_range,
	.unmap_page_range = unmap_page_range,
	.zap_page_range = zap_page_range,
	.unmap_mapping_range = unmap_behind,
};
