/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory*.c and fault*.c of all eras share: what a page contains, what an entry is made of,
 * who shares what. Small, and the same in every kernel from 2.5.27 to 4.0.
 */
#ifndef MM_MEMORY_PRIVATE_H
#define MM_MEMORY_PRIVATE_H

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/tlb.h"
#include "mm/vm.h"
#include "sim/content.h"

#define ZERO_PAGE() pfn_to_page(VM->zero_pfn)

/* -- contents -------------------------------------------------------------------------------- */

static inline void clear_user_highpage(struct page *page)
{
	u32 pfn = page_to_pfn(page);

	content_clear(current->machine, pfn);
	charge(PAGE_CLEAR);
	EV(PAGE_CLEAR, pfn);
}

static inline void copy_user_highpage(struct page *to, struct page *from)
{
	content_copy(current->machine, page_to_pfn(to), page_to_pfn(from));
	charge(PAGE_COPY);
	EV(PAGE_COPY, page_to_pfn(to), page_to_pfn(from));
}

static inline void cow_user_page(struct page *to, struct page *from)
{
	if (from == ZERO_PAGE())
		clear_user_highpage(to);
	else
		copy_user_highpage(to, from);
}

/* -- entries --------------------------------------------------------------------------------- */

/* A new value for an entry that was present: a TLB may hold the old one. */
static inline void establish_pte(struct vm_area_struct *vma, u32 address, pte_t *page_table,
				 pteval_t entry)
{
	set_pte(page_table, entry);
	flush_tlb_page(vma, address);
}

/* 2.6: somebody may fault for writing on behalf of a process that must not write itself. */
static inline pteval_t maybe_mkwrite(pteval_t pte, const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

/* Shall a page of this vma become two when one of its users writes? */
static inline bool is_cow_mapping(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* The page of a present entry that is counted and tracked; NULL: it is reserved, or no page at all.
 * To 2.6.16 the zero page is like any other. */
static inline struct page *vm_normal_page(pteval_t pte)
{
	struct page *page;

	if (unlikely(!pfn_valid(pte_pfn(pte))))
		return NULL;
	page = pte_page(pte);
	return unlikely(PageReserved(page)) && !VM->page_rules.reserved_counted ? NULL : page;
}

/* The page could not be read from swap, and this kernel asks: SIGBUS. Up to 2.6.11 nobody asks, and
 * whatever the frame held is mapped. Page locked, so that nobody is still reading. */
static inline bool swap_read_failed(const struct page *page)
{
	return !PageUptodate(page) && !own_erratum(READ_ERROR_MAPPED);
}

/* What a page that fork copies takes from memory, from 2.6 on: its struct page and, as eight ptes
 * are a cache line, an eighth of two lines. */
static inline void charge_copy(u32 address)
{
	charge(CACHE_LINE);
	if (!(address >> PAGE_SHIFT & 7)) {
		charge(CACHE_LINE);
		charge(CACHE_LINE);
	}
}

/* The same for nr pages from address on. */
static inline void charge_copies(u32 address, u32 nr)
{
	u32 first = (address >> PAGE_SHIFT) + 7;

	charge_n(CACHE_LINE, nr);
	charge_n(CACHE_LINE, 2 * (((first + nr) >> 3) - (first >> 3)));
}

/* -- what an era has ------------------------------------------------------------------------- */

/* Up to 2.6.6 the rmap wants a node for each pte, allocated before the locks are taken; later it is
 * enough that the vma is prepared, once. */
static inline bool wants_chain_nodes(void)
{
	return VM->page_rules.chain_nodes;
}

/* Let others run, if somebody waits: lock is held, dropped and retaken. */
static inline void cond_resched_lock(spinlock_t *lock)
{
	if (!current->need_resched)
		return;
	spin_unlock(lock);
	schedule();
	spin_lock(lock);
}

static inline void cond_resched(void)
{
	if (current->need_resched)
		schedule();
}

/* memory.c: a page table for address, if there is none yet; 0 or -ENOMEM. mmap_sem held, no
 * spinlock (2.6.15). */
int __pte_alloc(struct mm_struct *mm, pgd_t *pgd, u32 address);

/* fault_2004.c and fault_2006.c, for the tables of memory_2004.c and memory_2006.c. */
int handle_mm_fault_2004(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			 bool write);
int handle_mm_fault_2006(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			 bool write);

#endif
