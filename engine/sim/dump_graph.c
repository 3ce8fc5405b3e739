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

static void graph_entry(struct dump *d, u32 table_pfn, u32 address, pteval_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);

	if (pte_present(pte))
		put(d, "  table%u -> page%u [label=\"%08x %s%s%s\"];\n", table_pfn, pte_pfn(pte),
		    address, pte_write(pte) ? "rw" : "r-", pte_young(pte) ? " A" : "",
		    pte_dirty(pte) ? " D" : "");
	else if (!pte_none(pte))
		put(d, "  table%u -> slot%u_%u [label=\"%08x\"];\n", table_pfn, SWP_TYPE(entry),
		    SWP_OFFSET(entry), address);
}

static void graph_table(struct dump *d, u32 base, pgdval_t pgd)
{
	const pte_t *table = table_of(d->m, pgd);
	u32 i;

	for (i = 0; i < ptrs_per_pte(d->m); i++)
		graph_entry(d, pgd_pfn(pgd), base + (i << PAGE_SHIFT),
			    entry_get(d->m, entry_at(d->m, table, i)));
}

/* PAE: the page middle directories between a process and its tables. */
static void graph_pmds(struct dump *d, const struct mm_struct *mm)
{
	u32 nr;

	for (nr = 0; nr < nr_directories(d->m); nr++)
		if (directory_at(d->m, mm_cr3(mm), nr)) {
			put(d, "  pmd%u_%u [shape=box, style=rounded, label=\"pmd %u\"];\n",
			    mm->pid, nr, nr);
			put(d, "  task%u -> pmd%u_%u [label=\"%08x\"];\n", mm->pid, mm->pid, nr,
			    nr << DIRECTORY_SHIFT);
		}
}

static void graph_mm(struct dump *d, const struct mm_struct *mm)
{
	struct table_iter it;

	put(d, "  task%u [shape=box, label=\"%s\\npid %u, rss %u\"];\n", mm->pid,
	    thread_name(d->m, mm->pid), mm->pid, mm_rss(mm));
	if (d->m->pae)
		graph_pmds(d, mm);
	table_foreach(&it, d->m, mm_cr3(mm)) {
		u32 pfn = pgd_pfn(it.pde);

		if (!table_of(d->m, it.pde))
			continue;
		put(d, "  table%u [shape=box, style=rounded, label=\"page table %u\"];\n", pfn,
		    pfn);
		if (d->m->pae)
			put(d, "  pmd%u_%u", mm->pid, it.base >> DIRECTORY_SHIFT);
		else
			put(d, "  task%u", mm->pid);
		put(d, " -> table%u [label=\"%08x\"];\n", pfn, it.base);
		graph_table(d, it.base, it.pde);
	}
}

static u32 frame_of(const struct dump *d, const pte_t *ptep)
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
		    frame_of(d, found[i].ptep), i + 1);
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
