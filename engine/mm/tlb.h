/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes into an mmu_gather, which is declared in mm/mm.h (2.5.26 asm-generic/tlb.h). */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "mm/vm.h"

/* With one cpu nobody can use a stale entry before the flush: pages are freed at once. */
static inline bool tlb_fast_mode(void)
{
	return !SMP;
}

/* An entry was cleared, even if no page goes with it. */
static inline void tlb_remove_tlb_entry(struct mmu_gather *tlb)
{
	tlb->need_flush = true;
}

/* mm/tlb.c: the page waits for the flush, which is now if there is no more room. */
void tlb_gather_page(struct mmu_gather *tlb, struct page *page);

static inline void tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	tlb->need_flush = true;
	if (tlb_fast_mode())
		free_page_and_swap_cache(page);
	else
		tlb_gather_page(tlb, page);
}

#endif
