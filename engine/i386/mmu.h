/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor: control registers, the walk, the TLB. It knows nothing of the kernel; it reads
 * and writes page-table frames in the machine's ram and reports faults.
 */
#ifndef I386_MMU_H
#define I386_MMU_H

#include "i386/table.h"
#include "sim/machine.h"

/* page fault error code */
#define PF_PROT 1u   /* 0: the page was not present, 1: protection */
#define PF_WRITE 2u
#define PF_USER 4u

#define TLB_SETS 16
#define TLB_WAYS 4   /* 64 entries, as on a Pentium III */

#define CR0_WP (1u << 16)

/*
 * One TLB set keeps tags and entries apart so that the four tags are compared at once. A tag is
 * the virtual page number + 1 (0: empty). An entry is the pte as it was when it was loaded, with
 * RW and US already ANDed with the pde's, and packed: 24 bits of frame number, G, and bits 0 to 6.
 * It stays until it is flushed or replaced, whatever happens to the page table meanwhile: stale
 * entries really are stale.
 */
struct tlb_set {
	u32 tag[TLB_WAYS];
	u32 entry[TLB_WAYS];
} __attribute__((aligned(16)));

struct cpu {
	u32 id;
	u32 cr0, cr2, cr3;        /* cr3: where the page directory begins, a physical address */
	u32 victim;               /* round robin replacement: two bits for each set */
	u32 error_code;           /* of the last fault */
	struct task_struct *curr; /* the thread on this cpu; NULL: idle */
	struct mm_struct *active_mm;
	struct tlb_set tlb[TLB_SETS];
	u64 hits, walks;          /* accesses that the TLB answered, and the others */
};

#define TLB_PFN_SHIFT 8
#define TLB_FLAGS 0x7fu
#define TLB_GLOBAL 0x80u
#define TLB_TAG(addr) (((addr) >> PAGE_SHIFT) + 1)
#define TLB_SET(addr) ((addr) >> PAGE_SHIFT & (TLB_SETS - 1))

typedef u32 tags_t __attribute__((vector_size(16), may_alias));
typedef u64 halves_t __attribute__((vector_size(16), may_alias));

/* The entry of addr, 0 when there is none: all four tags are compared at once, and since an empty
 * way holds 0, the entries under the matching tags can simply be ORed. */
static inline u32 tlb_find(const struct tlb_set *set, u32 addr)
{
	u32 tag = TLB_TAG(addr);
	tags_t tags = *(const tags_t *)set->tag;
	tags_t entries = *(const tags_t *)set->entry;
	halves_t found = (halves_t)((tags_t)(tags == (tags_t){ tag, tag, tag, tag }) & entries);
	u64 both = found[0] | found[1];

	return (u32)(both | both >> 32);
}

/* What an entry must have for this access, D aside. The supervisor may write to read-only pages
 * unless CR0.WP is set (a 386 has no such bit). */
static inline u32 rights_needed(const struct cpu *cpu, bool write, bool user)
{
	u32 need = _PAGE_PRESENT;

	if (user)
		need |= _PAGE_USER;
	if (write && (user || cpu->cr0 & CR0_WP))
		need |= _PAGE_RW;
	return need;
}

/* The rest of mmu_translate, where the TLB does not answer. */
s64 mmu_walk(struct machine *m, struct cpu *cpu, u32 addr, bool write, bool user);

/*
 * Translate one access of user code (or of the kernel on its behalf: user false).
 * Returns the pfn, or -1: a page fault; cr2 and error_code are set, and what the TLB had for the
 * address is dropped. Sets A in pde and pte, D in the pte on a write; a write through an entry
 * whose D is clear walks again. Never sleeps, but the update of A and D is a scheduling point.
 * A hit touches one set of the TLB and one counter, and makes no event.
 */
static inline s64 mmu_translate(struct machine *m, struct cpu *cpu, u32 addr, bool write,
				bool user)
{
	u32 entry = tlb_find(&cpu->tlb[TLB_SET(addr)], addr);
	u32 need = rights_needed(cpu, write, user) | (write ? _PAGE_DIRTY : 0);

	if (unlikely((entry & need) != need))
		return mmu_walk(m, cpu, addr, write, user);
	cpu->hits++;
	return entry >> TLB_PFN_SHIFT;
}

/* INVLPG, and what loading CR3 does: drop every entry that is not global. */
void tlb_invlpg(struct cpu *cpu, u32 addr);
void tlb_flush_all(struct cpu *cpu);
void load_cr3(struct cpu *cpu, u32 cr3);
/* The entry for addr as a pte, or 0; and what one way of a set holds. For the tlb pane and the
 * checker. */
pteval_t tlb_lookup(const struct cpu *cpu, u32 addr);
pteval_t tlb_entry(const struct tlb_set *set, u32 way);

#endif
