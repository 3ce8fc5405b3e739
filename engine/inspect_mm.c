/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces as plain values: page tables, mappings both ways, vmas, the TLB. */
#include "inspect_impl.h"
#include <stdlib.h>
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

/* The process, if it has a directory; NULL: no. */
static const struct mm_struct *mm_with_tables(const struct machine *m, u32 pid)
{
	const struct mm_struct *mm = inspect_mm(m, pid);

	return mm && table_at(m, mm->pgd_pfn) ? mm : NULL;
}

static void view_pte(u32 pid, u32 address, u32 table_pfn, pteval_t pte, struct pte_view *out)
{
	swp_entry_t entry = pte_to_swp_entry(pte);

	*out = (struct pte_view){
		.raw = pte,
		.address = address & PAGE_MASK,
		.pid = pid,
		.table_pfn = table_pfn,
		.present = pte_present(pte),
		.swap = !pte_none(pte) && !pte_present(pte) && !pte_file(pte),
		.file = pte_file(pte),
	};
	if (out->present) {
		out->pfn = pte_pfn(pte);
		out->rw = pte_write(pte);
		out->user = pte & _PAGE_USER;
		out->accessed = pte_young(pte);
		out->dirty = pte_dirty(pte);
	} else if (out->file) {
		out->pgoff = pte_to_pgoff(pte);
	} else if (out->swap) {
		out->swap_type = SWP_TYPE(entry);
		out->swap_offset = SWP_OFFSET(entry);
	}
}

bool inspect_directory(const struct machine *m, u32 pid, struct directory_view *out)
{
	const struct mm_struct *mm = mm_with_tables(m, pid);
	u32 i;

	if (!mm)
		return false;
	*out = (struct directory_view){
		.pae = m->pae, .pgd_pfn = mm->pgd_pfn, .pgd_at = mm->pgd_at,
	};
	for (i = 0; m->pae && i < nr_directories(m); i++) {
		const char *pmd = directory_at(m, mm_cr3(mm), i);

		out->pmd_pfn[i] = pmd ? (u32)((pmd - m->ram) >> PAGE_SHIFT) : 0;
	}
	return true;
}

u32 inspect_table_shift(const struct machine *m)
{
	return pmd_shift(m);
}

bool inspect_pde(const struct machine *m, u32 pid, u32 address, u64 *raw, u32 *pgd_pfn)
{
	const struct mm_struct *mm = mm_with_tables(m, pid);

	if (!mm)
		return false;
	*pgd_pfn = mm->pgd_pfn;
	*raw = table_pde(m, mm_cr3(mm), table_index_of(m, address));
	return true;
}

bool inspect_pte(const struct machine *m, u32 pid, u32 address, struct pte_view *out)
{
	u64 raw;
	u32 pgd_pfn;
	const pte_t *table;

	if (!inspect_pde(m, pid, address, &raw, &pgd_pfn))
		return false;
	table = table_of(m, raw);
	if (!table)
		return false;
	view_pte(pid, address, pgd_pfn(raw),
		 entry_get(m, entry_at(m, table, pte_index_of(m, address))), out);
	return true;
}

/* The first entry at or behind j of a table that is not 0; ptrs_per_pte: none. */
static u32 next_entry(const struct machine *m, const pte_t *table, u32 j)
{
	while (j < ptrs_per_pte(m) && pte_none(entry_get(m, entry_at(m, table, j))))
		j++;
	return j;
}

bool inspect_next_pte(const struct machine *m, u32 pid, u32 *address, struct pte_view *out)
{
	const struct mm_struct *mm = mm_with_tables(m, pid);
	u32 i, j = pte_index_of(m, *address);

	if (!mm)
		return false;
	for (i = table_index_of(m, *address); i < user_tables(m); i++, j = 0) {
		pgdval_t pgd = table_pde(m, mm_cr3(mm), i);
		const pte_t *table = table_of(m, pgd);

		if (!table)
			continue;
		j = next_entry(m, table, j);
		if (j == ptrs_per_pte(m))
			continue;
		*address = i << pmd_shift(m) | j << PAGE_SHIFT;
		view_pte(pid, *address, pgd_pfn(pgd), entry_get(m, entry_at(m, table, j)), out);
		return true;
	}
	return false;
}

static void view_mappings(const struct machine *m, const struct mapping *in,
			  struct mapping_view *out, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		out[i] = (struct mapping_view){
			.pid = in[i].pid,
			.address = in[i].address,
			.raw = entry_get(m, in[i].ptep),
			.node = in[i].node,
		};
}

typedef u32 (*find_mappings)(const struct machine *m, u32 pfn, struct mapping *out, u32 max);

/* The finders write their own form; a few at a time on this stack, all when there are more. */
static u32 mappings(find_mappings find, const struct machine *m, u32 pfn,
		    struct mapping_view *out, u32 max)
{
	struct mapping few[64];
	u32 n, fit = max < ARRAY_SIZE(few) ? max : ARRAY_SIZE(few);

	n = find(m, pfn, few, fit);
	view_mappings(m, few, out, n < fit ? n : fit);
	if (n > fit && max > fit) {
		struct mapping *many = malloc(n * sizeof(*many));

		if (many) {
			fit = max < n ? max : n;
			find(m, pfn, many, n);
			view_mappings(m, many, out, fit);
			free(many);
		}
	}
	return n;
}

static u32 find_by_rmap(const struct machine *m, u32 pfn, struct mapping *out, u32 max)
{
	return rmap_of(m->vm)->walk(m, &m->vm->mem_map[pfn], out, max);
}

u32 inspect_rmap(const struct machine *m, u32 pfn, struct mapping_view *out, u32 max)
{
	return inspect_frame(m, pfn) ? mappings(find_by_rmap, m, pfn, out, max) : 0;
}

u32 inspect_mappers(const struct machine *m, u32 pfn, struct mapping_view *out, u32 max)
{
	return inspect_frame(m, pfn) ? mappings(oracle_mappers, m, pfn, out, max) : 0;
}

bool inspect_has_rmap(const struct machine *m)
{
	return m->vm && !rmap_of(m->vm)->blind;
}

static bool found_by(const struct mapping *all, u32 n, const struct mapping *one)
{
	u32 i;

	for (i = 0; i < n && all[i].ptep != one->ptep; i++)
		;
	return i < n;
}

u32 inspect_missed(const struct machine *m, u32 pfn)
{
	const struct rmap_ops *ops = rmap_of(m->vm);
	struct mapping there[64], found[64];
	u32 i, n, nr_found, missed = 0;

	if (!inspect_frame(m, pfn) || !ops->misses)
		return 0;
	n = oracle_mappers(m, pfn, there, ARRAY_SIZE(there));
	nr_found = ops->walk(m, &m->vm->mem_map[pfn], found, ARRAY_SIZE(found));
	if (n > ARRAY_SIZE(there) || nr_found > ARRAY_SIZE(found))
		return 0; /* too many to tell them apart here */
	for (i = 0; i < n; i++)
		missed += !found_by(found, nr_found, &there[i]) &&
			  ops->misses(m, &m->vm->mem_map[pfn], &there[i]);
	return missed;
}

u32 inspect_trail(const struct machine *m, u32 pfn, struct rmap_step *out, u32 max)
{
	const struct rmap_ops *ops = rmap_of(m->vm);

	if (!inspect_frame(m, pfn) || !ops->trail)
		return 0;
	return ops->trail(m, &m->vm->mem_map[pfn], out, max);
}

u32 inspect_vmas(const struct machine *m, u32 pid, struct vma_view *out, u32 max)
{
	const struct mm_struct *mm = inspect_mm(m, pid);
	const struct vm_area_struct *vma;
	u32 n = 0;

	for (vma = mm ? mm->mmap : NULL; vma; vma = vma->vm_next, n++)
		if (n < max)
			out[n] = (struct vma_view){
				.id = vma->id,
				.start = vma->vm_start,
				.end = vma->vm_end,
				.flags = vma->vm_flags,
				.pgoff = vma->vm_pgoff,
				.inode = vma->vm_file ? vma->vm_file->i_ino : 0,
				.anon_vma = inspect_place(m, vma->anon_vma),
				.cursor = vma->vm_private_data,
			};
	return n;
}

u32 inspect_tlb(const struct machine *m, u32 cpu, struct tlb_view *out, u32 max)
{
	const struct cpu *c = cpu < m->config.cpus ? m->cpus[cpu] : NULL;
	u32 set, way, n = 0;

	for (set = 0; c && set < TLB_SETS; set++)
		for (way = 0; way < TLB_WAYS; way++) {
			pteval_t raw = tlb_entry(&c->tlb[set], way);
			u32 tag = c->tlb[set].tag[way];
			u32 address = (tag - 1) << PAGE_SHIFT;

			if (!tag)
				continue;
			if (n < max)
				out[n] = (struct tlb_view){
					.address = address, .raw = raw,
					.set = (u8)set, .way = (u8)way,
					.stale = table_says(m, c->cr3, address) != raw,
				};
			n++;
		}
	return n;
}

void inspect_cpu(const struct machine *m, u32 cpu, u32 *pid, u32 *cr3_pfn, u32 *cr2)
{
	const struct cpu *c = cpu < m->config.cpus ? m->cpus[cpu] : NULL;

	*pid = c && c->curr ? c->curr->pid : 0;
	*cr3_pfn = c ? c->cr3 >> PAGE_SHIFT : 0;
	*cr2 = c ? c->cr2 : 0;
}
