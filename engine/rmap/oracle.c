/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: who maps a frame, found by looking at every present entry of every page table of
 * every process. Slow, dumb and right: each generation of rmap is compared with it.
 */
#include "i386/table.h"
#include "rmap/rmap.h"
#include "mm/vm.h"

struct search {
	const struct machine *m;
	u32 pfn;
	struct mapping *out;
	u32 max, found;
};

static void search_table(struct search *s, u16 pid, u32 address, const pte_t *table)
{
	u32 i, n = ptrs_per_pte(s->m);

	for (i = entry_next(s->m, table, 0); i < n; i = entry_next(s->m, table, i + 1)) {
		pte_t *ptep = entry_at(s->m, table, i);
		pteval_t pte = entry_get(s->m, ptep);

		if (!pte_present(pte) || pte_pfn(pte) != s->pfn)
			continue;
		if (s->found < s->max)
			s->out[s->found] = (struct mapping){
				.pid = pid,
				.address = address + (i << PAGE_SHIFT),
				.ptep = ptep,
			};
		s->found++;
	}
}

static void search_mm(struct search *s, const struct mm_struct *mm)
{
	struct table_iter it;

	table_foreach(&it, s->m, mm_cr3(mm)) {
		const pte_t *table = table_of(s->m, it.pde);

		if (table)
			search_table(s, mm->pid, it.base, table);
	}
}

/* By pid: insert each process's finds behind those of smaller pids. A find moves at most once for
 * each later process, and there are few. */
static void sort_by_pid(struct mapping *out, u32 n)
{
	u32 i, j;

	for (i = 1; i < n; i++) {
		struct mapping x = out[i];

		for (j = i; j > 0 && out[j - 1].pid > x.pid; j--)
			out[j] = out[j - 1];
		out[j] = x;
	}
}

u32 oracle_mappers(const struct machine *m, u32 pfn, struct mapping *out, u32 max)
{
	struct search s = { .m = m, .pfn = pfn, .out = out, .max = max };
	const struct list_head *pos;

	list_for_each(pos, &m->vm->mms)
		search_mm(&s, list_entry(pos, struct mm_struct, mms));
	sort_by_pid(out, s.found < max ? s.found : max);
	return s.found;
}
