/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generations of reverse mapping, and the kernel's way to the one of its row. To add one:
 * write engine/rmap/YEAR_name.c with a table at its foot and list the table here; the contract
 * test runs over it from then on.
 */
#include "rmap/rmap.h"
#include "kernels.h"
#include "mm/vm.h"

extern const struct rmap_ops rmap_2002b_pte_chain;

const struct rmap_ops *const rmap_generations[] = {
	&rmap_2002b_pte_chain,
	NULL
};

static inline const struct rmap_ops *rmap(void)
{
	return rmap_of(VM);
}

void rmap_init(void)
{
	rmap()->init();
}

void page_add_rmap(struct page *page, pte_t *ptep)
{
	rmap()->page_add_rmap(page, ptep);
}

void page_remove_rmap(struct page *page, pte_t *ptep)
{
	rmap()->page_remove_rmap(page, ptep);
}

int page_referenced(struct page *page)
{
	return rmap()->page_referenced(page);
}

int try_to_unmap(struct page *page)
{
	return rmap()->try_to_unmap(page);
}

bool page_mapped(const struct page *page)
{
	return rmap()->page_mapped(page);
}
