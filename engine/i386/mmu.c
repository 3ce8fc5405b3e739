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
 *	 (PAE: CR3 --> pgd --> pmd, which is the pde)
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

static u32 pack(pteval_t pte)
{
	return pte_pfn(pte) << TLB_PFN_SHIFT | (pte & _PAGE_GLOBAL ? TLB_GLOBAL : 0) |
	       ((u32)pte & TLB_FLAGS);
}

static pteval_t unpack(u32 entry)
{
	return (pteval_t)(entry >> TLB_PFN_SHIFT) << PAGE_SHIFT |
	       (entry & TLB_GLOBAL ? _PAGE_GLOBAL : 0) | (entry & TLB_FLAGS);
}

pteval_t tlb_lookup(const struct cpu *cpu, u32 addr)
{
	return unpack(tlb_find(&cpu->tlb[TLB_SET(addr)], addr));
}

pteval_t tlb_entry(const struct tlb_set *set, u32 way)
{
	return unpack(set->entry[way]);
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
			if (!(cpu->tlb[i].entry[way] & TLB_GLOBAL))
				cpu->tlb[i].tag[way] = cpu->tlb[i].entry[way] = 0;
}

void load_cr3(struct cpu *cpu, u32 cr3)
{
	cpu->cr3 = cr3;
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

static void tlb_fill(struct cpu *cpu, u32 addr, pteval_t entry)
{
	struct tlb_set *set = &cpu->tlb[TLB_SET(addr)];
	u32 way = tlb_way(cpu, addr);

	set->tag[way] = TLB_TAG(addr);
	set->entry[way] = pack(entry);
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

/* One look at the tables. leaf is the entry that names the frame: the pte, or the pde of a 4 MiB
 * page; entry is what the TLB will keep of it. */
struct walk {
	u32 *pde, *leaf; /* their low words, which have all the bits that the processor sets */
	pteval_t pde_seen, leaf_seen;
	pteval_t entry;
};

static void walk_large(const struct machine *m, struct walk *w, u32 addr)
{
	pteval_t page = w->pde_seen & PTE_FRAME_MASK & ~(pteval_t)(pmd_size(m) - 1);

	w->leaf = w->pde;
	w->leaf_seen = w->pde_seen;
	w->entry = (w->pde_seen & ~(pteval_t)_PAGE_PSE & 0xfff) | page |
		   pte_index_of(m, addr) << PAGE_SHIFT;
}

/* false: something on the way is not present. Inline: each miss of the TLB comes here. */
static inline __attribute__((always_inline)) bool walk(const struct machine *m,
						       const struct cpu *cpu, u32 addr,
						       struct walk *w)
{
	pgd_t *pde = table_slot(m, cpu->cr3, table_index_of(m, addr));
	void *table;

	if (!pde)
		return false;
	w->pde = (u32 *)pde;
	w->pde_seen = entry_get(m, pde);
	if (!(w->pde_seen & _PAGE_PRESENT))
		return false;
	if (w->pde_seen & _PAGE_PSE) {
		walk_large(m, w, addr);
		return true;
	}
	table = table_at(m, pgd_pfn(w->pde_seen));
	if (!table)
		return false;
	w->leaf = entry_at(m, table, pte_index_of(m, addr));
	w->leaf_seen = entry_get(m, w->leaf);
	w->entry = w->leaf_seen & (w->pde_seen | ~(pteval_t)(_PAGE_RW | _PAGE_USER));
	return w->leaf_seen & _PAGE_PRESENT;
}

/* Is all of it as it was? */
static __attribute__((noinline)) bool walk_still_good(const struct machine *m,
						       const struct cpu *cpu, u32 addr,
						       const struct walk *w)
{
	struct walk again;

	return walk(m, cpu, addr, &again) && again.leaf == w->leaf &&
	       again.pde_seen == w->pde_seen && again.leaf_seen == w->leaf_seen;
}

/*
 * Set A in what was used and D in the leaf. The processor does this with locked read-modify-write
 * cycles and walks again when an entry is no longer what it saw: false. Somebody else may change
 * the tables before each of the cycles; but for stress, nobody runs here.
 */
static bool set_accessed_dirty(struct machine *m, const struct cpu *cpu, u32 addr, struct walk *w,
			       bool write)
{
	u32 bits = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0), missing = bits & ~(u32)w->leaf_seen;

	if ((w->pde_seen & _PAGE_ACCESSED) && !missing)
		return true;
	sched_point(SP_TLB, w->leaf);
	if (unlikely(m->stress) && !walk_still_good(m, cpu, addr, w))
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
	u32 need = rights_needed(cpu, write, user);
	u32 entry = tlb_find(&cpu->tlb[TLB_SET(addr)], addr);
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
