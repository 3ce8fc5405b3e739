/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as a Graphviz picture: processes, their page tables, the pages these map, and the
 * way back that rmap knows. Frames that nobody maps are left out: a picture is for looking at.
 *
 *	process --> page table --(address)--> page --(rmap, dashed)--> page table
 */
#include "dump_impl.h"

#include <stdlib.h>

#include "kernels.h"
#include "machine.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

static void graph_table(struct dump *d, u32 base, u32 table_pfn)
{
	const pte_t *table = machine_ram(d->m, table_pfn);
	u32 i;

	for (i = 0; i < PTRS_PER_PTE; i++) {
		swp_entry_t entry = pte_to_swp_entry(table[i]);
		u32 address = base + (i << PAGE_SHIFT);

		if (pte_present(table[i]))
			put(d, "  table%u -> page%u [label=\"%08x %s%s%s\"];\n", table_pfn,
			    pte_pfn(table[i]), address, pte_write(table[i]) ? "rw" : "r-",
			    pte_young(table[i]) ? " A" : "", pte_dirty(table[i]) ? " D" : "");
		else if (!pte_none(table[i]))
			put(d, "  table%u -> slot%u_%u [label=\"%08x\"];\n", table_pfn,
			    SWP_TYPE(entry), SWP_OFFSET(entry), address);
	}
}

static void graph_mm(struct dump *d, const struct mm_struct *mm)
{
	const pgd_t *pgd = machine_ram(d->m, mm->pgd_pfn);
	u32 i;

	put(d, "  task%u [shape=box, label=\"%s\\npid %u, rss %u\"];\n", mm->pid,
	    thread_name(d->m, mm->pid), mm->pid, mm_rss(mm));
	for (i = 0; i < USER_PTRS_PER_PGD; i++) {
		if (pgd_none(pgd[i]) || pgd_pfn(pgd[i]) >= d->m->nr_frames)
			continue;
		put(d, "  table%u [shape=box, style=rounded, label=\"page table %u\"];\n",
		    pgd_pfn(pgd[i]), pgd_pfn(pgd[i]));
		put(d, "  task%u -> table%u [label=\"%08x\"];\n", mm->pid, pgd_pfn(pgd[i]),
		    i << PGDIR_SHIFT);
		graph_table(d, i << PGDIR_SHIFT, pgd_pfn(pgd[i]));
	}
}

static u32 table_of(const struct dump *d, const pte_t *ptep)
{
	return (u32)(((const char *)ptep - (const char *)machine_ram(d->m, 0)) >> PAGE_SHIFT);
}

static void graph_rmap(struct dump *d, u32 pfn, const struct page *page)
{
	const struct rmap_ops *ops = rmap_of(d->m->vm);
	swp_entry_t entry = page_swap_entry_of(d->m->vm, page);
	u32 i, n = ops->walk(d->m, page, NULL, 0);
	struct mapping *found = n ? malloc(n * sizeof(*found)) : NULL;

	if (!n)
		return;
	if (!found) {
		d->no_memory = true;
		return;
	}
	n = ops->walk(d->m, page, found, n);
	put(d, "  page%u [label=\"page %u\\ncount %d\"];\n", pfn, pfn, page_count(page));
	for (i = 0; i < n; i++)
		put(d, "  page%u -> table%u [style=dashed, label=\"%u\"];\n", pfn,
		    table_of(d, found[i].ptep), i + 1);
	if (page_swapcache_of(d->m->vm, page))
		put(d, "  page%u -> slot%u_%u [style=dotted];\n", pfn, SWP_TYPE(entry),
		    SWP_OFFSET(entry));
	free(found);
}

static void graph_kernel(struct dump *d)
{
	const struct list_head *pos;
	u32 pfn;

	put(d, "  page%u [label=\"zero page\"];\n", d->m->vm->zero_pfn);
	list_for_each(pos, &d->m->vm->mms)
		graph_mm(d, list_entry(pos, struct mm_struct, mms));
	for (pfn = 0; pfn < d->m->nr_frames; pfn++)
		graph_rmap(d, pfn, &d->m->vm->mem_map[pfn]);
}

char *dump_graph(const struct machine *m)
{
	struct dump d = { .m = m, .want_text = true };

	put(&d, "digraph machine {\n  rankdir=LR;\n  node [shape=ellipse];\n");
	if (m->vm && m->booted)
		graph_kernel(&d);
	put(&d, "}\n");
	if (d.no_memory) {
		free(d.text);
		return NULL;
	}
	return d.text;
}
