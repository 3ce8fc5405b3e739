/* SPDX-License-Identifier: GPL-2.0-only */
/* What 2.6.16 and 4.0 share: a pte looked up under the lock of its own page table. */
#ifndef RMAP_CHECK_ADDRESS_H
#define RMAP_CHECK_ADDRESS_H

#include "rmap/rmap.h"

/*
 * The entry of address if it maps the page: with its lock held, which the caller drops. NULL: it
 * does not, or there is no page table. A present pte is looked for without the lock first, as most
 * vmas that are asked do not map the page. Source: seed 004, and 4.0 mm/rmap.c.
 */
pte_t *page_check_address(struct page *page, struct mm_struct *mm, u32 address,
			  spinlock_t **ptlp);
/* Where an anonymous page is to be found from now on: *ptep names its slot, which is returned. mm
 * goes on the list of those that swapoff has to search. 0, and nothing was done: 4.0 has no memory
 * to count one more user of the slot. Lock of the pte held. */
u32 leave_swap_entry(struct page *page, struct mm_struct *mm, pte_t *ptep);

#endif
