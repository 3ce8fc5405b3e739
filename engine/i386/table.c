/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way down from CR3, for onlookers and for the kernel. The processor's own walk is in mmu.c.
 *
 *	cr3 (PAE) --> | pgd 0 | 1 | 2 | 3 |     32 bytes
 *	                  |
 *	                  +--> | pmd 0 | ... | pmd i & 511 | ... |   <-- table_slot
 *	cr3 ---------------------------> | ... | pgd i | ... |       <-- table_slot
 */
#include "i386/table.h"

void *pmd_at(const struct machine *m, u32 cr3, u32 nr)
{
	const char *frame = table_at(m, cr3 >> PAGE_SHIFT);
	pgdval_t pgd;

	if (!frame)
		return NULL;
	pgd = entry_get(m, frame + (cr3 & ~PAGE_MASK & ~31u) + 8 * nr);
	return pgd & _PAGE_PRESENT ? table_at(m, pgd_pfn(pgd)) : NULL;
}

bool table_next(struct table_iter *it)
{
	const struct machine *m = it->m;
	u32 n = ptrs_per_pte(m), i, at;

	for (i = it->next; i < nr_directories(m) * n; i = (i / n + 1) * n) {
		if (i % n == 0)
			it->directory = directory_at(m, it->cr3, i / n);
		at = it->directory ? entry_next(m, it->directory, i % n) : n;
		if (at == n)
			continue;
		i += at - i % n;
		it->pde = entry_get(m, entry_at(m, it->directory, at));
		it->base = i << pmd_shift(m);
		it->next = i + 1;
		return true;
	}
	return false;
}

pgdval_t table_pde(const struct machine *m, u32 cr3, u32 i)
{
	const pgd_t *slot = table_slot(m, cr3, i);

	return slot ? entry_get(m, slot) : 0;
}

pte_t *table_of(const struct machine *m, pgdval_t pgd)
{
	return pgd_none(pgd) ? NULL : table_at(m, pgd_pfn(pgd));
}

pte_t *table_pte(const struct machine *m, u32 cr3, u32 address)
{
	const pte_t *table = table_of(m, table_pde(m, cr3, table_index_of(m, address)));

	return table ? entry_at(m, table, pte_index_of(m, address)) : NULL;
}

pteval_t table_says(const struct machine *m, u32 cr3, u32 address)
{
	pgdval_t pgd = table_pde(m, cr3, table_index_of(m, address));
	const pte_t *table = table_of(m, pgd);

	if (!table)
		return 0;
	return entry_get(m, entry_at(m, table, pte_index_of(m, address))) &
	       (pgd | ~(pteval_t)(_PAGE_RW | _PAGE_USER));
}
