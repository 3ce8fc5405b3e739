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
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <string.h>

#define PT_TRIES 11
#define HZ_NS 1000000000ull /* the second that pte_alloc_one sleeps after a try that failed */

/* -- entries --------------------------------------------------------------------------------- */

void pte_event(enum event_kind kind, const struct site *site, const pte_t *ptep, u32 n,
	       pteval_t a, pteval_t b)
{
	const struct mm_struct *mm = ptep_to_mm(ptep);
	const u32 operands[] = {
		mm ? mm->pid : 0, ptep_to_address(ptep), (u32)a, (u32)b,
		(u32)(a >> 32), (u32)(b >> 32)
	};

	event_emit_as(kind, site, operands, n && (a | b) >> 32 ? 6 : 2 + n);
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
	pte_t *ptep = pte_offset_map(mm, address);

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
	u32 tries, high = current->machine->highpte ? __GFP_HIGHMEM : 0;

	for (tries = 0; tries < PT_TRIES; tries++) {
		struct page *page = alloc_page(GFP_KERNEL | high);

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

/* PAE: the pmds of pgd entries 0 to n - 1. */
static void free_pmds(const pgd_t *pgd, u32 n)
{
	while (n--) {
		u32 pfn = pgd_pfn(pgd_get((pgd_t *)((const char *)pgd + 8 * n)));

		EV(PMD_FREE, pfn);
		__free_page(pfn_to_page(pfn));
	}
}

/* A pmd for the n-th GiB. */
static bool alloc_pmd(struct mm_struct *mm, pgd_t *pgd, u32 n)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return false;
	table_init(page, PGD_TABLE_PAGE);
	page->index = n << DIRECTORY_SHIFT;
	entry_set((char *)pgd + 8 * n, pfn_pte(page_to_pfn(page), _PAGE_PRESENT));
	EV(PMD_ALLOC, page_to_pfn(page), mm->pid, n << DIRECTORY_SHIFT);
	return true;
}

/*
 * PAE: the pgd is 32 bytes of a slab, and all its pmds come with it. The processor reads the four
 * entries when CR3 is loaded and never again (erratum A13 of the Pentium II: TLBs stay as they are
 * if one is changed), so that nobody may change them later: pmd_alloc is a BUG, pgd_clear does
 * nothing. Kernel space has no pmd here, as it has no page tables.
 */
static bool pgd_alloc_pae(struct mm_struct *mm)
{
	pgd_t *pgd = kmem_cache_alloc(VM->pae_pgd_cachep, GFP_KERNEL);
	u32 n;

	if (!pgd)
		return false;
	for (n = 0; n < USER_PTRS_PER_PAE_PGD; n++)
		if (!alloc_pmd(mm, pgd, n)) {
			free_pmds(pgd, n);
			memset(pgd, 0, PAE_PGD_SIZE);
			kmem_cache_free(VM->pae_pgd_cachep, pgd);
			return false;
		}
	mm->pgd_pfn = page_to_pfn(virt_to_page(pgd));
	mm->pgd_at = (u32)ram_offset(pgd) & ~PAGE_MASK;
	return true;
}

static void pgd_free_pae(struct mm_struct *mm)
{
	pgd_t *pgd = (pgd_t *)((char *)machine_ram(current->machine, mm->pgd_pfn) + mm->pgd_at);

	free_pmds(pgd, USER_PTRS_PER_PAE_PGD);
	memset(pgd, 0, PAE_PGD_SIZE);
	kmem_cache_free(VM->pae_pgd_cachep, pgd);
}

bool pgd_alloc(struct mm_struct *mm)
{
	FN;
	struct page *page;

	if (current->machine->pae)
		return pgd_alloc_pae(mm);
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return false;
	table_init(page, PGD_TABLE_PAGE);
	mm->pgd_pfn = page_to_pfn(page);
	EV(PGD_ALLOC, mm->pgd_pfn, mm->pid);
	return true;
}

void pgd_free(struct mm_struct *mm)
{
	FN;

	if (current->machine->pae) {
		pgd_free_pae(mm);
		return;
	}
	EV(PGD_FREE, mm->pgd_pfn);
	__free_page(pfn_to_page(mm->pgd_pfn));
}

bool pgtable_init(void)
{
	if (!current->machine->pae)
		return true;
	VM->swap_in_high_word = VM->kernel->pae_swap_in_high_word;
	VM->pae_pgd_cachep = kmem_cache_create_in_frames("pae_pgd", PAE_PGD_SIZE);
	return VM->pae_pgd_cachep != NULL;
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
	const struct machine *m = current->machine;

	if (PAE(m))
		return table_slot(m, mm_cr3(mm), table_index(address));
	return entry_at(m, machine_ram(m, mm->pgd_pfn), table_index(address));
}

pte_t *pte_offset(const struct mm_struct *mm, u32 address)
{
	const struct machine *m = current->machine;
	pgdval_t pgd = pgd_get(pgd_offset(mm, address));

	if (pgd_none(pgd))
		return NULL;
	return entry_at(m, machine_ram(m, pgd_pfn(pgd)), pte_index_of(m, address));
}

/* -- page tables in high memory --------------------------------------------------------------- */

/* Low memory has its address anyway. Else a pte of the fixmap is set, and its address flushed. */
void kmap_atomic_pte(const pte_t *ptep, enum km_type type)
{
	const struct page *page = virt_to_page(ptep);

	if (page_zone_index(page) != ZONE_HIGHMEM)
		return;
	count(kmap_atomics);
	charge(INVLPG);
	EV(KMAP_ATOMIC, page_to_pfn(page), type);
}

pte_t *pte_offset_map(const struct mm_struct *mm, u32 address)
{
	pte_t *ptep = pte_offset(mm, address);

	if (HIGHPTE(current->machine) && ptep)
		kmap_atomic_pte(ptep, KM_PTE0);
	return ptep;
}

pte_t *pte_offset_map_nested(const struct mm_struct *mm, u32 address)
{
	pte_t *ptep = pte_offset(mm, address);

	if (HIGHPTE(current->machine) && ptep)
		kmap_atomic_pte(ptep, KM_PTE1);
	return ptep;
}
