/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries, page tables and page directories as the kernel handles them.
 *
 *	pgd frame                 page-table frame          struct page of that frame
 *	+------+                  +------+                  +---------------------------+
 *	|      |             ,--->| pte  | ptep_to_mm() --> | mapping  the mm           |
 *	| pde  |------------'     |      |                  | index    4 MiB of address |
 *	+------+                  +------+                  +---------------------------+
 *
 * An entry alone says whose it is and which address it maps: its frame is the page table, whose
 * struct page names the owner, and its place in the frame is the rest of the address. That is what
 * lets a chain of bare pte pointers find processes (seed 000).
 *
 * Source: 2.5.26 include/asm-i386/pgtable.h, arch/i386/mm/init.c; seed 000 asm-generic/rmap.h.
 */
#include "mm/pgtable.h"
#include "mm/vm.h"

#define PT_TRIES 11
#define HZ_NS 1000000000ull /* the second that pte_alloc_one sleeps after a try that failed */

/* -- entries --------------------------------------------------------------------------------- */

void pte_event(enum event_kind kind, const struct site *site, const pte_t *ptep, u32 n, u32 a,
	       u32 b)
{
	const struct mm_struct *mm = ptep_to_mm(ptep);
	const u32 operands[] = { mm ? mm->pid : 0, ptep_to_address(ptep), a, b };

	event_emit_as(kind, site, operands, 2 + n);
}

pteval_t swp_entry_to_pte(swp_entry_t entry)
{
	return swp_entry_pte(VM->swap_in_high_word, entry);
}

/* -- whose page table ------------------------------------------------------------------------ */

void pgtable_add_rmap(struct page *page, struct mm_struct *mm, u32 address)
{
	page->mapping = (struct address_space *)mm;
	page->index = address & pmd_mask();
	if (VM->split_ptlock)
		spin_lock_init(&page->ptl, LC_PTE_LOCK, page_to_pfn(page));
}

spinlock_t *pte_lockptr(struct mm_struct *mm, const pte_t *ptep)
{
	return VM->split_ptlock ? &virt_to_page(ptep)->ptl : &mm->page_table_lock;
}

pte_t *pte_offset_map_lock(struct mm_struct *mm, u32 address, spinlock_t **ptlp)
{
	pte_t *ptep = pte_offset(mm, address);

	if (!ptep)
		return NULL;
	*ptlp = pte_lockptr(mm, ptep);
	spin_lock(*ptlp);
	return ptep;
}

void pgtable_remove_rmap(struct page *page)
{
	page->mapping = NULL;
	page->index = 0;
}

struct mm_struct *ptep_to_mm(const pte_t *ptep)
{
	return (struct mm_struct *)virt_to_page(ptep)->mapping;
}

/* A pte is four bytes and maps 4 KiB: a byte of its place in the table is 1 KiB of address; with
 * eight bytes half of that. */
u32 ptep_to_address(const pte_t *ptep)
{
	u32 low_bits = ((u32)ram_offset(ptep) & ~PAGE_MASK) * ptrs_per_pte(current->machine);

	return virt_to_page(ptep)->index + low_bits;
}

/* -- tables and directories ------------------------------------------------------------------ */

/* Make a fresh frame a zeroed table. */
static void table_init(struct page *page, u32 mark)
{
	u32 pfn = page_to_pfn(page);

	region_frame_make(current->machine->region, pfn);
	page->private = mark;
	charge(PAGE_CLEAR);
	EV(PAGE_CLEAR, pfn);
}

struct page *pte_alloc_one(void)
{
	FN;
	u32 tries;

	for (tries = 0; tries < PT_TRIES; tries++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (page) {
			table_init(page, PTE_TABLE_PAGE);
			return page;
		}
		sleep_on_timeout(NULL, HZ_NS); /* after the last try too */
	}
	return NULL;
}

void pte_free(struct page *page)
{
	__free_page(page);
}

u32 pgd_alloc(struct mm_struct *mm)
{
	FN;
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return 0;
	table_init(page, PGD_TABLE_PAGE);
	EV(PGD_ALLOC, page_to_pfn(page), mm->pid);
	return page_to_pfn(page);
}

void pgd_free(u32 pgd_pfn)
{
	FN;

	EV(PGD_FREE, pgd_pfn);
	__free_page(pfn_to_page(pgd_pfn));
}

bool pgd_none_or_bad(const pgd_t *pgd)
{
	if (pgd_none(pgd_get(pgd)))
		return true;
	if (pgd_bad(pgd_get(pgd)))
		BUG_TEXT("a page directory entry is bad");
	return false;
}

u32 pgd_end(u32 address, u32 end)
{
	u32 next = (address & pmd_mask()) - pmd_mask();

	return next && next < end ? next : end;
}

pgd_t *pgd_offset(const struct mm_struct *mm, u32 address)
{
	return table_slot(current->machine, mm_cr3(mm), table_index(address));
}

pte_t *pte_offset(const struct mm_struct *mm, u32 address)
{
	const struct machine *m = current->machine;
	pgdval_t pgd = pgd_get(pgd_offset(mm, address));

	if (pgd_none(pgd))
		return NULL;
	return entry_at(m, machine_ram(m, pgd_pfn(pgd)), pte_index_of(m, address));
}
