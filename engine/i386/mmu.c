/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a linear address to a frame:
 *
 *	              hit, and the entry allows it
 *	TLB set  ------------------------------------> pfn      (nothing but this set is touched)
 *	   |
 *	   | no entry, or a write and D is not set yet
 *	   v
 *	CR3 --> pde --> pte --> A in both, D in the pte --> fill the TLB --> pfn
 *	         |       |
 *	         |       +-- P clear, or the access is not allowed --> page fault
 *	         +---------- P clear                               --> page fault
 *
 * An entry in the TLB is believed whatever the page table says meanwhile. One that forbids the
 * access faults too, although the table may allow it by now; the fault drops it, so the kernel
 * needs to flush only when it takes rights away.
 */
#include "i386/mmu.h"

/* -- the TLB --------------------------------------------------------------------------------- */

u32 tlb_lookup(const struct cpu *cpu, u32 addr)
{
	return tlb_find(&cpu->tlb[TLB_SET(addr)], addr);
}

void tlb_invlpg(struct cpu *cpu, u32 addr)
{
	struct tlb_set *set = &cpu->tlb[TLB_SET(addr)];
	u32 way;

	for (way = 0; way < TLB_WAYS; way++)
		if (set->tag[way] == TLB_TAG(addr))
			set->tag[way] = set->entry[way] = 0;
}

void tlb_flush_all(struct cpu *cpu)
{
	u32 i, way;

	for (i = 0; i < TLB_SETS; i++)
		for (way = 0; way < TLB_WAYS; way++)
			if (!(cpu->tlb[i].entry[way] & _PAGE_GLOBAL))
				cpu->tlb[i].tag[way] = cpu->tlb[i].entry[way] = 0;
}

void load_cr3(struct cpu *cpu, u32 pgd_pfn)
{
	cpu->cr3 = pgd_pfn << PAGE_SHIFT;
	tlb_flush_all(cpu);
}

/* The way for a new entry: where the address is already, else an empty one, else the next victim
 * of this set (each set has two bits of cpu->victim). */
static u32 tlb_way(struct cpu *cpu, u32 addr)
{
	const struct tlb_set *set = &cpu->tlb[TLB_SET(addr)];
	u32 way, shift = 2 * TLB_SET(addr);

	for (way = 0; way < TLB_WAYS; way++)
		if (set->tag[way] == TLB_TAG(addr))
			return way;
	for (way = 0; way < TLB_WAYS; way++)
		if (!set->tag[way])
			return way;
	way = cpu->victim >> shift & 3;
	cpu->victim = (cpu->victim & ~(3u << shift)) | ((way + 1) & 3) << shift;
	return way;
}

static void tlb_fill(struct cpu *cpu, u32 addr, u32 entry)
{
	struct tlb_set *set = &cpu->tlb[TLB_SET(addr)];
	u32 way = tlb_way(cpu, addr);

	set->tag[way] = TLB_TAG(addr);
	set->entry[way] = entry;
	EV(TLB_FILL, addr, pte_pfn(entry));
}

/* -- the walk -------------------------------------------------------------------------------- */

static s64 page_fault(struct cpu *cpu, u32 addr, bool present, bool write, bool user)
{
	cpu->cr2 = addr;
	cpu->error_code = (present ? PF_PROT : 0) | (write ? PF_WRITE : 0) | (user ? PF_USER : 0);
	tlb_invlpg(cpu, addr);
	return -1;
}

/* A table in a frame. Where no table can be (a wild CR3 or pde), nothing is present. */
static u32 *table_at(const struct machine *m, u32 pfn)
{
	return pfn < m->nr_frames && region_frame_real(m->region, pfn) ? machine_ram(m, pfn) : NULL;
}

/* One look at the tables. leaf is the entry that names the frame: the pte, or the pde of a 4 MiB
 * page; entry is what the TLB will keep of it. */
struct walk {
	u32 *pde, *leaf;
	u32 pde_seen, leaf_seen;
	u32 entry;
};

static void walk_large(struct walk *w, u32 addr)
{
	w->leaf = w->pde;
	w->leaf_seen = w->pde_seen;
	w->entry = (w->pde_seen & ~_PAGE_PSE & ~PAGE_MASK) |
		   (w->pde_seen & PGDIR_MASK) | pte_index(addr) << PAGE_SHIFT;
}

/* false: something on the way is not present. */
static bool walk(const struct machine *m, const struct cpu *cpu, u32 addr, struct walk *w)
{
	u32 *pgd = table_at(m, cpu->cr3 >> PAGE_SHIFT), *table;

	if (!pgd)
		return false;
	w->pde = &pgd[pgd_index(addr)];
	w->pde_seen = *w->pde;
	if (!(w->pde_seen & _PAGE_PRESENT))
		return false;
	if (w->pde_seen & _PAGE_PSE) {
		walk_large(w, addr);
		return true;
	}
	table = table_at(m, pgd_pfn(w->pde_seen));
	if (!table)
		return false;
	w->leaf = &table[pte_index(addr)];
	w->leaf_seen = *w->leaf;
	w->entry = w->leaf_seen & (w->pde_seen | ~(_PAGE_RW | _PAGE_USER));
	return w->leaf_seen & _PAGE_PRESENT;
}

/*
 * Set A in what was used and D in the leaf. The processor does this with locked read-modify-write
 * cycles and walks again when an entry is no longer what it saw: false. Somebody else may change
 * the tables before each of the cycles.
 */
static bool set_accessed_dirty(struct machine *m, const struct cpu *cpu, u32 addr, struct walk *w,
			       bool write)
{
	u32 bits = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0), missing = bits & ~w->leaf_seen;
	struct walk again;

	if ((w->pde_seen & _PAGE_ACCESSED) && !missing)
		return true;
	sched_point(SP_TLB, w->leaf);
	if (!walk(m, cpu, addr, &again) || again.leaf != w->leaf ||
	    again.pde_seen != w->pde_seen || again.leaf_seen != w->leaf_seen)
		return false;
	if (w->pde != w->leaf && !(w->pde_seen & _PAGE_ACCESSED)) {
		*w->pde |= _PAGE_ACCESSED;
		EV(PTE_ACCESSED, addr, 0);
	}
	*w->leaf |= bits;
	w->entry |= bits;
	if (missing & _PAGE_ACCESSED)
		EV(PTE_ACCESSED, addr, w->pde != w->leaf);
	if (missing & _PAGE_DIRTY)
		EV(PTE_DIRTIED, addr);
	return true;
}

s64 mmu_walk(struct machine *m, struct cpu *cpu, u32 addr, bool write, bool user)
{
	u32 need = rights_needed(cpu, write, user), entry = tlb_lookup(cpu, addr);
	struct walk w;

	cpu->walks++;
	if (entry && (entry & need) != need)
		return page_fault(cpu, addr, true, write, user);
	m->counters.tlb_misses++;
	m->now += COST_NS_TLB_MISS;
	do {
		if (!walk(m, cpu, addr, &w))
			return page_fault(cpu, addr, false, write, user);
		if ((w.entry & need) != need)
			return page_fault(cpu, addr, true, write, user);
	} while (!set_accessed_dirty(m, cpu, addr, &w, write));
	tlb_fill(cpu, addr, w.entry);
	return pte_pfn(w.entry);
}
